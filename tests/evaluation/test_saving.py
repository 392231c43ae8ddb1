"""The corners of saving, computing and history that a whole month does not reach."""

from decimal import Decimal
from typing import Any

import pytest

from kpi_cms.evaluation.domain import locks, scoring, stages
from kpi_cms.evaluation.domain.opening import _make_batch
from kpi_cms.evaluation.domain.others import basis_of
from kpi_cms.evaluation.domain.planning import plan_opening
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import (
    Assessment,
    CardResult,
    CataloguePin,
    Delay,
    Fault,
    ObjectiveCause,
    Score,
    Scorecard,
    Task,
    VersionPin,
)
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, Stale, WrongState
from snippets.enums import Capability, PeriodState
from snippets.models import Period
from tests.evaluation.test_stages import first_key, hold
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.roles import acting_as_the_application
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


def save(
    card: Scorecard,
    entries: dict[str, Entry],
    comments: dict[str, str] | None = None,
    reason: str = "",
    expected: int | None = None,
) -> stages.Saved:
    return stages.save_self(
        actor=card.person.user, moment=MOMENT, card=card, entries=entries, comments=comments, reason=reason,
        expected=card.version_number if expected is None else expected,
    )  # fmt: skip


# --- Saving ----------------------------------------------------------------------------------------------------------
def test_a_remark_after_submitting_leaves_the_submitted_result(world: World) -> None:
    card = month.submitted(world, world.lan)
    stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Xem lại"
    )
    before = CardResult.objects.values().get(card=card, stage="self")
    card = world.card(world.lan)
    saved = save(card, {}, {"comment": "Đã xem lại"})
    assert (saved.changed, saved.card.version_number) == ((), card.version_number + 1)
    assert CardResult.objects.values().get(card=card, stage="self") == before


def test_a_stale_save_says_only_what_differs(world: World) -> None:
    card = world.card(world.lan)
    save(card, {}, {"strengths": "Bản chung", "comment": "Một"}, expected=0)
    with pytest.raises(Stale) as raised:
        save(card, {}, {"strengths": " Bản chung ", "comment": "Hai", "unknown": "x"}, expected=0)
    assert (raised.value.mine, raised.value.theirs) == ({"Comment": "Hai"}, {"Comment": "Một"})


def test_an_empty_score_against_a_stored_one_is_a_difference_too(world: World) -> None:
    card = world.card(world.lan)
    key = first_key(card)
    save(card, {key: Entry(Decimal("2.50"))}, expected=0)
    with pytest.raises(Stale) as raised:
        save(card, {key: Entry(None)}, expected=0)
    assert list(raised.value.mine.values()) == [""]
    assert list(raised.value.theirs.values()) == ["2.5"]


def test_grounds_alone_are_kept_and_out_of_history(world: World) -> None:
    """The person may give their grounds before they have decided on the points."""
    card = world.card(world.lan)
    key = first_key(card)
    save(card, {key: Entry(None, " Sẽ bổ sung ")}, expected=0)
    score = Score.objects.get()
    assert (score.value, score.grounds) == (None, "Sẽ bổ sung")
    assert texts.read([score.grounds_key]) == {score.grounds_key: "Sẽ bổ sung"}
    assert "Sẽ bổ sung" not in str(list(Score.history.values()))
    kept = score.grounds_key
    save(world.card(world.lan), {key: Entry(Decimal(3), "Sẽ bổ sung")})
    assert Score.objects.get().grounds_key == kept


def test_a_criterion_of_the_evaluator_is_not_the_persons_to_score(draft_world: World) -> None:
    world = draft_world
    spec = worlds.staff_spec()
    only = specs.number("I.2", "5", stages=["evaluator"])
    spec["sections"][0]["criteria"][1] = only
    version = worlds.version(spec, "NV-CQ")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    card = world.card(world.lan)
    with pytest.raises(Invalid) as raised:
        save(card, {only["key"]: Entry(Decimal(1))}, expected=0)
    assert raised.value.problems == {only["key"]: ["This criterion is not scored at this stage."]}
    month.worked(world, world.lan)
    card = month.confirmed(world, world.lan)
    assert card.state == CardState.CONFIRMED
    own, final = CardResult.objects.filter(card=card).order_by("-stage")
    assert (own.missing, own.rounded, final.missing, final.rounded) == (1, None, 0, Decimal("100.00"))


# --- Why this number -------------------------------------------------------------------------------------------------
def test_the_trace_ends_with_the_stored_total(world: World) -> None:
    month.worked(world, world.lan, completed="3")
    card = month.confirmed(world, world.lan)
    result = CardResult.objects.get(card=card, stage="evaluator")
    values = [step.value for step in scoring.trace_of(card, "evaluator")]
    assert (result.numerator, result.denominator) == ("165", "2")
    assert scoring.outcome_of(card, "evaluator").total in values


# --- Leaders without d -----------------------------------------------------------------------------------------------
def test_a_leader_whose_set_has_no_d_is_left_alone_by_their_peoples_results(world: World) -> None:
    Scorecard.objects.filter(person=world.head).update(version=world.staff)
    month.worked(world, world.lan)
    month.notified(world, world.lan)
    head = world.card(world.head)
    assert not CardResult.objects.filter(card=head, stage="evaluator").exists()
    assert basis_of(head.version.compiled(), scoring.outcome_of(head, "evaluator")) == {}


def test_a_member_with_a_leaders_set_manages_nobody(world: World) -> None:
    card = world.card(world.lan)
    assert scoring.managed(card) == scoring.Managed((), (), ())


def test_a_card_added_after_a_leader_was_evaluated_holds_the_decision_back(draft_world: World) -> None:
    """People registered since get their cards later: a leader is decided after all of their people."""
    world = draft_world
    endorsed = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
    spec = worlds.leader_spec()
    version = worlds.version(spec | {"stages": [*spec["stages"], endorsed]}, "LD-XN")
    repin(world.period, world.leaders, version)
    worlds.open_month(world)
    for who in (world.lan, world.minh):
        month.worked(world, who)
        month.notified(world, who)
    Scorecard.objects.filter(person=world.head).update(endorser=world.other_head)
    Scorecard.objects.filter(person=world.deputy).update(endorser=None, staff_kind="vien_chuc")
    month.worked(world, world.head)
    card = month.confirmed(world, world.head)
    assert card.state == CardState.EVALUATED
    Scorecard.objects.filter(person=world.deputy).update(staff_kind="cong_chuc")
    with pytest.raises(WrongState, match="d is pending"):
        stages.endorse(
            actor=world.other_head.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )


# --- Opening ---------------------------------------------------------------------------------------------------------
def test_a_period_closed_meanwhile_gets_no_more_cards(draft_world: World) -> None:
    from kpi_cms.evaluation.domain.evaluators import Organisation
    from kpi_cms.foundation.core.actor import as_actor

    plan = plan_opening(draft_world.period)
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    with as_actor(system_user(), MOMENT), pytest.raises(WrongState, match="closed meanwhile"):
        _make_batch(draft_world.period, Organisation(draft_world.period.ends_on), plan.cards)
    assert Scorecard.objects.count() == 0


def test_versions_may_be_tried_before_they_are_pinned(draft_world: World) -> None:
    plan = plan_opening(draft_world.period, [draft_world.staff])
    assert plan.by_version() == {draft_world.staff.pk: 3}
    assert len(plan.without_version) == 4


# --- Computing a period anew -----------------------------------------------------------------------------------------
def test_leaders_are_computed_from_below(world: World) -> None:
    """The chair's d counts the head's result, which itself counts the staff's: one run puts all of them right."""
    for who in (world.lan, world.minh, world.deputy, world.head, world.chair):
        month.worked(world, who)
    for who in (world.lan, world.minh, world.deputy, world.head):
        month.notified(world, who)
    month.evaluated(world, world.chair)
    before = list(CardResult.objects.filter(stage="evaluator").order_by("pk").values())
    CardResult.objects.filter(person=world.head, stage="evaluator").update(numerator="1", denominator="1")
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert report.differing == [world.card(world.head).pk]
    after = list(CardResult.objects.filter(stage="evaluator").order_by("pk").values())
    assert after[: len(before)] == before


@pytest.mark.postgresql
def test_a_period_is_computed_anew_behind_the_wall(world: World) -> None:
    with acting_as_the_application():
        report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert (report.computed, report.added, report.differing) == (7, 7, [])


def test_cards_are_read_in_chunks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from kpi_cms.evaluation.domain import recompute

    monkeypatch.setattr(recompute, "CHUNK", 2)
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert (report.computed, report.added, report.differing) == (7, 7, [])
    again = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert (again.computed, again.added, again.differing) == (7, 0, [])


# --- Locks -----------------------------------------------------------------------------------------------------------
class Server:
    """A database connection that notes what it is asked."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.asked: list[tuple[str, list[int]]] = []

    def cursor(self) -> "Server":
        return self

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is held."""

    def execute(self, sql: str, params: list[int]) -> None:
        self.asked.append((sql, params))


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_a_save_shares_the_period_and_closing_takes_it_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    server = Server(vendor)
    monkeypatch.setattr(locks, "connection", server)
    locks.share_period(world.period.pk)
    assert locks.take_period(world.period.pk) == world.period
    key = [335, world.period.pk]
    expected = [
        ("SELECT pg_advisory_xact_lock_shared(%s, %s)", key), ("SELECT pg_advisory_xact_lock(%s, %s)", key),
    ]  # fmt: skip
    assert server.asked == (expected if vendor == "postgresql" else [])


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_a_decision_holds_the_person_with_each_of_those_who_decide(
    monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """In one order, whoever asks: two decisions that answer each other never wait for one another."""
    server = Server(vendor)
    monkeypatch.setattr(locks, "connection", server)
    locks.hold_pairs(7, 20, [30, None, 3, 30])
    statement = "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))"
    expected = [(statement, ["7:3:20", 335]), (statement, ["7:20:30", 335])]
    assert server.asked == (expected if vendor == "postgresql" else [])


# --- Names and lists -------------------------------------------------------------------------------------------------
def test_every_row_has_a_name_for_its_reader(world: World) -> None:
    from kpi_cms.evaluation.domain import deductions

    task = month.worked(world, world.lan)
    for record in (deductions.record_fault, deductions.record_delay):
        record(actor=world.head.user, moment=MOMENT, task=task, unit_number=2, reason="Sai")
    deductions.confirm_cause(
        actor=world.head.user, moment=MOMENT, deduction=Fault.objects.get(), reason="Mưa bão"
    )
    card = month.submitted(world, world.lan)
    score = Score.objects.order_by("pk").first()
    assert score is not None
    assessment, fault = Assessment.objects.get(), Fault.objects.get()
    named: list[tuple[Any, str]] = [
        (card, f"{world.period.pk}/{world.lan.pk}/state"),
        (assessment, f"{card.pk} self"),
        (score, f"{assessment.pk} {score.criterion_id}"),
        (CardResult.objects.get(card=card, stage="self"), f"{card.pk} self 98.54"),
        (VersionPin.objects.get(version=world.staff), f"{world.period.pk} {world.staff.pk}"),
        (CataloguePin.objects.get(), f"{world.period.pk} {world.product.catalogue_id}"),
        (Task.objects.get(), "DC.01 Soạn thảo văn bản"),
        (fault, f"{task.pk} #2"),
        (Delay.objects.get(), f"{task.pk} #2"),
        (ObjectiveCause.objects.get(), f"{fault.pk}"),
    ]
    assert [str(row) for row, _name in named] == [name for _row, name in named]


def test_the_list_of_cards_agrees_with_the_rule_for_one_card(world: World) -> None:
    """Who is in the list is who may open it (T06, T08): everybody here, with and without capabilities."""
    from kpi_cms.evaluation import rules
    from kpi_cms.foundation.access.scope import Scope

    hold(world.stranger, Capability.VIEW, world, unit=world.department)
    hold(world.other_head, Capability.AUDIT, world, unit=world.agency)
    hold(world.minh, Capability.ASSIGN, world)
    Scorecard.objects.filter(person=world.lan).update(endorser=world.chair)
    cards = list(Scorecard.objects.with_context())
    people = (world.lan, world.minh, world.head, world.chair, world.stranger, world.other_head)
    seen = {}
    for scope in [*(Scope.of(who.user) for who in people), Scope()]:
        listed = set(Scorecard.objects.visible_to(scope).values_list("person__staff_code", flat=True))
        assert listed == {card.person.staff_code for card in cards if rules.see_card(scope, card)}
        seen[scope.user_id] = listed
    assert seen[world.lan.user_id] == {"CC004"}
    assert seen[world.stranger.user_id] == {"CC002", "CC003", "CC004", "CC005", "CC102"}
    assert seen[None] == set()


# --- Every write leaves its act --------------------------------------------------------------------------------------
def test_a_remark_alone_is_an_act_with_keys_and_no_words(world: World) -> None:
    card = world.card(world.lan)
    save(card, {}, {"strengths": "Chủ động"}, expected=0)
    first = Assessment.objects.get().comments_key
    save(world.card(world.lan), {}, {"strengths": ""})
    acts = LedgerEntry.objects.filter(subject_type="evaluation.Scorecard").order_by("pk")
    assert [(entry.act, entry.before, entry.after) for entry in acts] == [
        ("comment.changed", {"stage": "self", "comments": ""}, {"stage": "self", "comments": str(first)}),
        ("comment.changed", {"stage": "self", "comments": str(first)}, {"stage": "self", "comments": ""}),
    ]


def test_scores_and_a_remark_are_one_act(world: World) -> None:
    card = world.card(world.lan)
    save(card, {first_key(card): Entry(Decimal(2))}, {"comment": "Kèm minh chứng"}, expected=0)
    entry = LedgerEntry.objects.get(subject_type="evaluation.Scorecard")
    key = str(Assessment.objects.get().comments_key)
    assert (entry.act, entry.before, entry.after) == (
        "score.changed", {"stage": "self", "I.1": "", "comments": ""},
        {"stage": "self", "I.1": "2", "comments": key},
    )  # fmt: skip


def test_nothing_is_written_into_a_closed_period_and_everything_can_still_be_compared(world: World) -> None:
    month.worked(world, world.lan)
    month.confirmed(world, world.lan)
    CardResult.objects.filter(person=world.lan, stage="evaluator").update(numerator="1", denominator="1")
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    before = LedgerEntry.objects.count(), list(CardResult.objects.order_by("pk").values())
    with pytest.raises(WrongState) as raised:
        recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert str(raised.value.sentence) == "This period is closed. Nothing in it can be changed any more."
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert report.differing == [world.card(world.lan).pk]
    assert (LedgerEntry.objects.count(), list(CardResult.objects.order_by("pk").values())) == before


def test_computing_a_period_anew_is_one_act_with_its_counts(world: World) -> None:
    month.worked(world, world.lan)
    month.confirmed(world, world.lan)
    CardResult.objects.filter(person=world.lan, stage="evaluator").update(numerator="1", denominator="1")
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    entry = LedgerEntry.objects.get(act="period.recomputed")
    assert (entry.subject_id, entry.period_id, entry.after) == (
        str(world.period.pk), world.period.pk,
        {"stage": "evaluator", "computed": 7, "added": 6, "changed": 1},
    )  # fmt: skip


@pytest.mark.unwatched
def test_a_closing_in_between_ends_the_run_and_what_was_written_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kpi_cms.evaluation.domain import recompute

    read = recompute.read_batch

    def close_behind(*args: Any) -> Any:
        batch = read(*args)
        Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
        return batch

    monkeypatch.setattr(recompute, "read_batch", close_behind)
    monkeypatch.setattr(recompute, "CHUNK", 2)
    with pytest.raises(WrongState, match="closed"):
        recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    entry = LedgerEntry.objects.get(act="period.recomputed")
    assert entry.after == {"stage": "evaluator", "computed": 2, "added": 2, "changed": 0}
    assert CardResult.objects.filter(stage="evaluator").count() == 2
