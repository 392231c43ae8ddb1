"""Criteria that one stage alone scores: what the person alone gives counts at the decision, and is never overruled."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from kpi_cms.evaluation.domain import basis, reopening, scoring, stages
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.domain.spreads import publish_spreads
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import CardResult, PublishedSpread, Score, Scorecard
from kpi_cms.evaluation.queries import results_of, stage_records
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.interfaces.workspace.forms.scores import ScoreForm
from kpi_cms.interfaces.workspace.presentation.card import state_of_result
from kpi_cms.interfaces.workspace.presentation.sheet import Column, sheet_of
from snippets.models import Person
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import seen_by
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

LATE = datetime(2026, 8, 5, 17, tzinfo=UTC)
OWN, JUDGED = "key-I.1", "key-I.2"
NOT_HERE = ["This criterion is not scored at this stage."]


@pytest.fixture
def world(draft_world: World) -> World:
    """I.1 is the person's alone, I.2 the evaluator's alone; the head of the agency endorses."""
    world = draft_world
    spec = worlds.staff_spec(law="")
    spec["sections"][0]["criteria"] = [
        specs.number("I.1", "5", stages=["self"]), specs.number("I.2", "5", stages=["evaluator"])
    ]  # fmt: skip
    stage = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
    version = worlds.version(spec | {"stages": [*spec["stages"], stage]}, "NV-RIENG")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


def step(verb: Any, who: Person, card: Scorecard, **more: Any) -> Scorecard:
    number = Scorecard.objects.get(pk=card.pk).version_number
    done = verb(
        actor=who.user, moment=more.pop("moment", MOMENT), card=card, expected=number,
        **seen_by(verb, card), **more,
    )  # fmt: skip
    return done.card if isinstance(done, stages.Saved) else done


def save(verb: Any, who: Person, card: Scorecard, **points: str) -> Scorecard:
    entries = {f"key-{code.replace('_', '.')}": Entry(Decimal(text)) for code, text in points.items()}
    return step(verb, who, card, entries=entries)


def result(card: Scorecard, stage: str = "evaluator") -> tuple[int, Decimal | None, str | None]:
    found = CardResult.objects.get(card=card, stage=stage)
    return found.missing, found.rounded, found.values.get("I.1")


def no_row_differs(world: World) -> None:
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert (report.differing, report.computed) == ([], Scorecard.objects.count())


def test_nothing_is_decided_without_points_because_another_stage_would_give_them(draft_world: World) -> None:
    """Such a set is not issued; one that was frozen with it says so at the card, and decides nothing."""
    world = draft_world
    spec = worlds.staff_spec(law="")
    spec["sections"][0]["criteria"] = [
        specs.number("I.1", "5", stages=["endorsement"]), specs.number("I.2", "5")
    ]  # fmt: skip
    own, evaluator = spec["stages"]
    decides = {"key": "endorsement", "label": "Xác nhận", "decides": True, "optional": False}
    version = worlds.version(spec | {"stages": [own, evaluator | {"decides": False}, decides]}, "NV-XN-QD")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    card = month.evaluated(world, world.lan)
    assert result(card) == (1, None, None)
    with pytest.raises(WrongState) as raised:
        step(stages.confirm, world.head, card)
    assert str(raised.value.sentence) == (
        "The result has no points, for these criteria are scored at another stage than the competent person's: I.1. "
        f"Tell whoever keeps the criteria set {version}."
    )
    card = world.card(world.lan)
    assert (card.state, card.evaluated_at, card.confirmed_at) == ("submitted", None, None)


def test_nobody_scores_for_another_stage(world: World) -> None:
    card = month.submitted(world, world.lan)
    with pytest.raises(Invalid) as raised:
        save(stages.save_evaluation, world.head, card, I_1="0", I_2="5")
    assert raised.value.problems == {OWN: NOT_HERE}
    assert list(Score.objects.filter(assessment__stage="evaluator")) == []
    step(stages.return_to_person, world.head, card, reason="Bổ sung")
    with pytest.raises(Invalid) as raised:
        save(stages.save_self, world.lan, card, I_1="4", I_2="5")
    assert raised.value.problems == {JUDGED: NOT_HERE}
    assert Score.objects.get(criterion__key=OWN).value == Decimal(5)


def test_what_the_person_alone_gave_counts_at_the_decision(world: World) -> None:
    card = world.card(world.lan)
    own = {key: entry for key, entry in month.entries(card, "self").items() if key != OWN}
    step(stages.save_self, world.lan, card, entries={**own, OWN: Entry(Decimal("3.5"))})
    card = step(stages.submit_self, world.lan, card)
    assert result(card, "self") == (1, None, "7/2")
    card = step(stages.save_evaluation, world.head, card, entries=month.entries(card, "evaluator"))
    assert result(card) == (0, Decimal("98.50"), "7/2")
    card = step(stages.confirm, world.head, card)
    card = step(stages.endorse, world.chair, card)
    assert (card.state, result(card)) == ("confirmed", (0, Decimal("98.50"), "7/2"))
    assert {s.code: s.value for s in scoring.trace_of(card, "evaluator")}["I.1"] == Fraction(7, 2)
    no_row_differs(world)


def test_what_is_edited_after_a_return_reaches_no_result_of_the_evaluator(world: World) -> None:
    card = month.evaluated(world, world.lan)
    assert result(card)[1] == Decimal("100.00")
    card = step(stages.return_to_person, world.head, card, reason="Bổ sung")
    changed = {OWN: Entry(Decimal(1))}
    step(stages.save_self, world.lan, card, entries=changed, reason="Tự xem lại")
    basis.follow_tasks(world.period.pk, world.lan.pk, MOMENT)
    assert result(card) == (1, None, None)
    no_row_differs(world)
    card = step(stages.submit_self, world.lan, world.card(world.lan))
    assert result(card) == (0, Decimal("96.00"), "1")


def test_without_a_self_assessment_the_evaluator_scores_everything(world: World) -> None:
    card = world.card(world.lan)
    save(stages.save_self, world.lan, card, I_1="5")  # a draft: never sent
    card = step(stages.evaluate_without_self, world.head, card, moment=LATE, reason="Không nộp")
    others = month.entries(card, "evaluator")
    card = step(stages.save_evaluation, world.head, card, moment=LATE, entries=others)
    with pytest.raises(Invalid) as raised:
        step(stages.confirm, world.head, card, moment=LATE)
    assert raised.value.problems == {OWN: ["Give this criterion a score."]}
    card = save(stages.save_evaluation, world.head, card, I_1="2")
    assert result(card) == (0, Decimal("97.00"), "2")
    no_row_differs(world)


def test_what_the_person_alone_gave_is_not_reopened(world: World) -> None:
    card = month.confirmed(world, world.lan)
    scored = {
        each.code for each in card.version.compiled().criteria if card.is_scored(each, StageKey.EVALUATOR)
    }
    assert ("I.1" in scored, "I.2" in scored) == (False, True)
    assert reopening._problems(card, [OWN], MOMENT, MOMENT, "Sai")["criteria"]


def test_between_the_person_and_themselves_there_is_no_distance(world: World) -> None:
    card = month.confirmed(world, world.lan)
    step(stages.endorse, world.chair, card)
    publish_spreads(world.period)
    rows = PublishedSpread.objects.filter(criterion__code__in=["I.1", "I.2", "II.1"]).order_by(
        "criterion__code"
    )
    told = [(row.criterion.code, row.values, row.distances) for row in rows]
    assert told == [("I.1", {"1": 1}, {}), ("I.2", {"1": 1}, {}), ("II.1", {"1": 1}, {"0": 1})]


def test_in_the_place_of_a_field_stands_who_scores_it(world: World) -> None:
    card = month.submitted(world, world.lan)
    texts = {}
    for stage in (StageKey.SELF, StageKey.EVALUATOR):
        rows = sheet_of(card, [], ScoreForm.stored(card, stage, None))[0].sections[0].rows
        texts[stage] = [(row.code, row.field is not None, row.elsewhere) for row in rows]
    assert texts == {
        "self": [("I.1", True, ""), ("I.2", False, "Not scored by you at this stage")],
        "evaluator": [("I.1", False, "Scored by the person only; their score counts"), ("I.2", True, "")],
    }
    column = Column(
        StageKey.EVALUATOR, "", stage_records(card).get("evaluator"), results_of(card)["evaluator"]
    )
    assert sheet_of(card, [column])[0].sections[0].rows[0].cells[0].text == "5.00"


def test_a_stage_that_does_not_score_everything_says_so_and_asks_for_nothing(world: World) -> None:
    card = month.self_saved(world, world.lan)
    own = CardResult.objects.get(card=card, stage="self")
    assert state_of_result(card, own) == (
        "1 criteria are not scored at this stage. The total follows with those who score them."
    )
    save(stages.save_self, world.lan, card, I_1="5")
    step(stages.save_self, world.lan, card, entries={OWN: Entry(None)})
    own.refresh_from_db()
    assert state_of_result(card, own) == (
        "1 criteria have no score yet. The total follows once all have one."
    )
