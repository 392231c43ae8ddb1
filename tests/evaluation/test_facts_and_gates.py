"""Gates on cards: a condition beyond the points forces the band or limits it, by facts that the evaluator records."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpi_cms.evaluation import past_queries
from kpi_cms.evaluation.domain import deciding_anew, reopening, scoring, stages
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import CardResult, Score, Scorecard
from kpi_cms.evaluation.rescored import Reason, Untold
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, Refused, Stale, WrongState
from tests.evaluation.test_leaders import everybody_of_the_department, reopened
from tests.evaluation.test_rescoring import run
from tests.factories.snippets import holder
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

DISCIPLINED, ABOVE = "fact-1", "fact-2"
FACTS = [
    {"key": DISCIPLINED, "code": "ky_luat", "label": "Bị kỷ luật trong kỳ"},
    {"key": ABOVE, "code": "vuot", "label": "Tỷ lệ nhiệm vụ vượt yêu cầu", "answer": "share"},
]
FORCED = {
    "key": "gate-1", "label": "Kỷ luật", "condition": "ky_luat = 1", "effect": "force", "band": "failed",
    "reason": "Bị kỷ luật do vi phạm.", "citation": "QĐ 366, Điều 8", "periods": [],
}  # fmt: skip
LIMITED = {
    "key": "gate-2", "label": "Vượt yêu cầu", "condition": "vuot < 50%", "effect": "limit", "band": "good",
    "reason": "Chưa đủ 50% nhiệm vụ vượt yêu cầu.", "citation": "", "periods": ["month", "quarter"],
}  # fmt: skip
OF_THE_YEAR = FORCED | {"key": "gate-3", "label": "Năm", "condition": "nam = 1", "periods": ["year"]}
YEARLY = {"key": "fact-3", "code": "nam", "label": "Cả năm"}
OUTSIDE = "is answered with a number from 0 to 10000 with at most 3 decimals: correct it."
NO, YES = Entry(Decimal(0)), Entry(Decimal(1), "Quyết định 12-QĐ/TU")
MOST = Entry(Decimal("62.5"), "Báo cáo 7")


def gated(**more: Any) -> dict[str, Any]:
    """A set of its own law with the three gates."""
    gates = {"schema_version": 2, "facts": [*FACTS, YEARLY], "gates": [FORCED, LIMITED, OF_THE_YEAR]}
    return worlds.staff_spec(law="") | gates | more


@pytest.fixture
def gated_world(draft_world: World) -> World:
    """Lan has done all of her work, by a set whose band depends on two facts in a month."""
    version = worlds.version(gated(), "NV-G")
    repin(draft_world.period, draft_world.staff, version)
    worlds.open_month(draft_world)
    month.worked(draft_world, draft_world.lan)
    return draft_world


def record(world: World, card: Scorecard, by: Any = None, **answers: Entry) -> Scorecard:
    named = {"disciplined": DISCIPLINED, "above": ABOVE}
    return stages.save_evaluation(
        actor=(by or world.head).user, moment=MOMENT, card=card, expected=card.version_number,
        entries={named[name]: answer for name, answer in answers.items()}, reason="Bổ sung",
    ).card  # fmt: skip


def confirm(world: World, card: Scorecard) -> Scorecard:
    return stages.confirm(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )


def result(card: Scorecard, stage: str = "evaluator") -> tuple[str, str, str, dict[str, list[str]]]:
    found = CardResult.objects.get(card=card, stage=stage)
    return found.shown, found.band_by_points, found.band, found.gates


# --- What must not happen -------------------------------------------------------------------------------------
def test_nobody_confirms_while_a_gate_that_could_change_the_band_is_not_known(gated_world: World) -> None:
    card = month.evaluated(gated_world, gated_world.lan)
    assert result(card) == ("100.00", "excellent", "", {"undecided": ["gate-1", "gate-2"]})
    with pytest.raises(Invalid) as raised:
        confirm(gated_world, card)
    assert str(raised.value.sentence) == (
        "The band depends on what is not recorded yet: “Bị kỷ luật trong kỳ”; “Tỷ lệ nhiệm vụ vượt yêu cầu”. "
        "Record it in the evaluation first."
    )
    assert list(raised.value.problems) == [DISCIPLINED, ABOVE]
    card = record(gated_world, gated_world.card(gated_world.lan), disciplined=NO)
    with pytest.raises(Invalid) as raised:
        confirm(gated_world, card)
    assert list(raised.value.problems) == [ABOVE]
    assert gated_world.card(gated_world.lan).state == "submitted"


def test_a_fact_that_cannot_change_the_band_any_more_is_not_waited_for(gated_world: World) -> None:
    card = record(gated_world, month.evaluated(gated_world, gated_world.lan), disciplined=YES)
    assert confirm(gated_world, card).state == "confirmed"
    applied = {"applied": ["gate-1"], "undecided": ["gate-2"]}
    assert result(card) == ("100.00", "excellent", "failed", applied)


def test_a_new_basis_is_not_accepted_where_it_makes_a_gate_matter_that_nobody_answered(
    draft_world: World,
) -> None:
    """With d at 50% the head is good by points, which the gate cannot lower; with d at 100% it could."""
    world = draft_world
    spec = worlds.leader_spec(law="") | {"schema_version": 2, "facts": FACTS[1:], "gates": [LIMITED]}
    repin(world.period, world.leaders, worlds.version(spec, "LD-G"))
    worlds.open_month(world)
    everybody_of_the_department(world, share="0.5")
    reopened(world, "49")
    month.worked(world, world.head)
    card = month.notified(world, world.head, share="0.7")
    assert result(card) == ("85.17", "good", "good", {"undecided": ["gate-2"]})
    reopened(world, "80")
    card = world.card(world.head)
    assert card.basis_changed_at == MOMENT
    with pytest.raises(Invalid) as raised:
        stages.accept_new_basis(
            actor=world.chair.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )
    assert list(raised.value.problems) == [ABOVE]
    assert result(card) == ("85.17", "good", "good", {"undecided": ["gate-2"]})


def test_nobody_but_the_evaluator_records_facts(gated_world: World) -> None:
    world = gated_world
    card = world.card(world.lan)
    with pytest.raises(Invalid) as raised:
        stages.save_self(
            actor=world.lan.user, moment=MOMENT, card=card, expected=0, entries={DISCIPLINED: NO}
        )
    assert raised.value.problems == {
        DISCIPLINED: ["This is recorded by the competent person, with the evaluation."]
    }
    card = month.evaluated(world, world.lan)
    for who in (world.lan, world.minh, world.chair, world.other_head):
        with pytest.raises((Refused, NotFound)):
            record(world, card, by=who, disciplined=NO)
    assert not Score.objects.filter(criterion__is_fact=True).exists()


def test_a_fact_cannot_change_under_a_decided_card(gated_world: World) -> None:
    card = record(gated_world, month.evaluated(gated_world, gated_world.lan), disciplined=NO, above=MOST)
    card = confirm(gated_world, card)
    with pytest.raises(DomainError) as raised:
        record(gated_world, card, disciplined=YES)
    assert isinstance(raised.value, WrongState)
    assert Score.objects.get(criterion__key=DISCIPLINED).value == 0
    assert result(card) == ("100.00", "excellent", "excellent", {})


@pytest.mark.parametrize(
    ("key", "entry", "sentence"),
    [
        (DISCIPLINED, Entry(Decimal(2)), "“Bị kỷ luật trong kỳ” is answered with yes or no: choose one."),
        (DISCIPLINED, Entry("1"), "“Bị kỷ luật trong kỳ” is answered with yes or no: choose one."),
        (ABOVE, Entry(Decimal(-1)), f"“{FACTS[1]['label']}” {OUTSIDE}"),
        (YEARLY["key"], NO, "No gate asks this in this kind of period, so it is not recorded."),
    ],
)  # fmt: skip
def test_what_a_fact_is_not_answered_with_is_refused(
    gated_world: World, key: str, entry: Entry, sentence: str
) -> None:
    card = month.submitted(gated_world, gated_world.lan)
    with pytest.raises(Invalid) as raised:
        stages.save_evaluation(
            actor=gated_world.head.user, moment=MOMENT, card=card, expected=card.version_number,
            entries={key: entry},
        )  # fmt: skip
    assert raised.value.problems == {key: [sentence]}


def test_whoever_answers_a_fact_on_an_older_page_is_shown_both_answers(gated_world: World) -> None:
    world = gated_world
    card = month.evaluated(world, world.lan)
    record(world, card, above=MOST)
    with pytest.raises(Stale) as raised:
        record(world, card, disciplined=YES, above=Entry(Decimal(40), "Sổ"))
    assert raised.value.mine == {
        "ky_luat Bị kỷ luật trong kỳ": "Yes", "vuot Tỷ lệ nhiệm vụ vượt yêu cầu": "40%",
    }  # fmt: skip
    assert raised.value.theirs == {
        "ky_luat Bị kỷ luật trong kỳ": "", "vuot Tỷ lệ nhiệm vụ vượt yêu cầu": "62.5%",
    }  # fmt: skip
    assert Score.objects.get(criterion__is_fact=True).value == Decimal("62.5")


def test_an_answer_that_is_taken_back_is_waited_for_again(gated_world: World) -> None:
    world = gated_world
    card = record(world, month.evaluated(world, world.lan), disciplined=NO, above=MOST)
    assert result(card)[2:] == ("excellent", {})
    card = record(world, card, above=Entry(None))
    assert result(card)[2:] == ("", {"undecided": ["gate-2"]})
    with pytest.raises(Invalid) as raised:
        confirm(world, card)
    assert list(raised.value.problems) == [ABOVE]


def test_whoever_says_yes_or_a_number_says_what_it_rests_on(gated_world: World) -> None:
    bare = {"disciplined": Entry(Decimal(1)), "above": Entry(Decimal(80))}
    card = record(gated_world, month.evaluated(gated_world, gated_world.lan), **bare)
    with pytest.raises(Invalid) as raised:
        confirm(gated_world, card)
    assert list(raised.value.problems) == [DISCIPLINED, ABOVE]
    assert str(raised.value.sentence) == (
        "2 facts are recorded without saying what they rest on. Say it and try again."
    )


# --- What it comes to -----------------------------------------------------------------------------------------
def test_the_band_after_the_gates_is_the_result_with_history_and_ledger(gated_world: World) -> None:
    world = gated_world
    card = record(world, month.evaluated(world, world.lan), disciplined=NO, above=Entry(Decimal(40), "Sổ"))
    entry = LedgerEntry.objects.filter(act=Act.SCORE_CHANGED).latest("pk")
    assert (entry.before, entry.after, entry.amount) == (
        {"stage": "evaluator", "ky_luat": "", "vuot": ""},
        {"stage": "evaluator", "ky_luat": "0", "vuot": "40"},
        None,
    )
    card = record(world, card, above=Entry(Decimal("49.5"), "Sổ"))
    entry = LedgerEntry.objects.filter(act=Act.SCORE_CHANGED).latest("pk")
    assert (entry.before["vuot"], entry.after["vuot"], entry.amount) == ("40", "49.5", None)
    decided = confirm(world, card)
    assert result(decided) == ("100.00", "excellent", "good", {"applied": ["gate-2"]})
    assert LedgerEntry.objects.filter(act=Act.CARD_CONFIRMED).latest("pk").after["band"] == "good"
    values = Score.history.filter(criterion__key=ABOVE).order_by("history_id").values_list("value", flat=True)
    assert list(values) == [Decimal(40), Decimal("49.5")]
    last = scoring.trace_of(decided, "evaluator")[-1]
    assert last.name_template % last.params == "Band after the gates: Hoàn thành tốt nhiệm vụ"
    then = past_queries.card_at(decided, MOMENT)
    assert then is not None
    assert [(each.label, each.value, each.grounds) for each in then.scores[-2:]] == [
        ("Bị kỷ luật trong kỳ", "No", ""), ("Tỷ lệ nhiệm vụ vượt yêu cầu", "49.5%", "Sổ"),
    ]  # fmt: skip


def test_a_decided_band_is_computed_anew_as_it_was(gated_world: World) -> None:
    world = gated_world
    card = record(world, month.evaluated(world, world.lan), disciplined=YES)
    confirm(world, card)
    again = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert again.differing == []
    CardResult.objects.filter(card=card).update(band="excellent")
    wrong = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert wrong.differing == [card.pk]
    assert result(card)[2] == "failed"


def test_a_fact_that_is_known_later_is_decided_anew(gated_world: World) -> None:
    world = gated_world
    card = record(world, month.evaluated(world, world.lan), disciplined=NO, above=MOST)
    card = stages.notify(actor=world.head.user, moment=MOMENT, card=confirm(world, card))
    asked = reopening.ask_reopening(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, criteria=[DISCIPLINED],
        until=MOMENT.replace(day=6), reason="Có quyết định kỷ luật",
    )  # fmt: skip
    policy = holder(world.root, "manage_periods", username="CS01")
    reopening.answer_reopening(actor=policy, moment=MOMENT, reopening=asked, approved=True)
    card = world.card(world.lan)
    deciding_anew.decide_anew(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, entries={DISCIPLINED: YES},
        reason="Có quyết định kỷ luật", seen=on_screen(card),
    )  # fmt: skip
    assert result(card) == ("100.00", "excellent", "failed", {"applied": ["gate-1"]})
    asked.refresh_from_db()
    assert asked.after is not None
    assert (asked.after["band"], asked.after["scores"]) == ("failed", {"ky_luat": "1"})


def test_a_draft_is_tried_with_the_facts_that_are_recorded_and_says_which_are_not(gated_world: World) -> None:
    world = gated_world
    card = record(world, month.evaluated(world, world.lan), disciplined=NO, above=Entry(Decimal(40), "Sổ"))
    confirm(world, card)
    same = run(world, gated(), "NV-G")[world.lan.pk]
    assert same.before == same.after
    stricter = run(world, gated(gates=[LIMITED | {"band": "completed"}]), "NV-G")[world.lan.pk].after
    assert not isinstance(stricter, Reason)
    assert stricter.band == "completed"
    more = {"key": "fact-9", "code": "sang_kien", "label": "Có sáng kiến"}
    asking = LIMITED | {"condition": "sang_kien = 0", "band": "completed"}
    unknown = run(world, gated(facts=[*FACTS, YEARLY, more], gates=[asking]), "NV-G")[world.lan.pk].after
    assert unknown == Reason(Untold.GATE, ("sang_kien",))


def test_a_set_without_gates_asks_nothing_more_of_the_database(world: World) -> None:
    month.worked(world, world.lan)
    card = month.evaluated(world, world.lan)
    card = Scorecard.objects.select_related("version").get(pk=card.pk)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        scoring.outcome_of(card, "evaluator")
    assert len(captured) == 3
    assert "snippets_period" not in " ".join(query["sql"] for query in captured.captured_queries)
