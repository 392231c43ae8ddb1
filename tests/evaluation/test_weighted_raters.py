"""The person's own total and the competent person's make the result by their weights: only once both exist."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from kpi_cms.evaluation.domain import basis, deductions, scoring, stages
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import CardResult, Scorecard, Task
from kpi_cms.evaluation.rescored import Result
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.errors import WrongState
from kpi_cms.interfaces.reporting.beside_form import beside_the_form
from kpi_cms.interfaces.reporting.card_form import build_form01
from kpi_cms.interfaces.workspace.presentation.card import figures_of, state_of_result
from snippets.models import Person
from tests.evaluation.test_rescoring import decided_anew, run
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.results import close
from tests.helpers.screens import seen_by
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

LATE = datetime(2026, 8, 5, 17, tzinfo=UTC)
RATERS = [
    {"key": "r-own", "label": "Cá nhân", "stage": "self", "weight": "25"},
    {"key": "r-head", "label": "Thủ trưởng", "stage": "evaluator", "weight": "75"},
]


@pytest.fixture
def world(draft_world: World) -> World:
    world = draft_world
    version = worlds.version(worlds.staff_spec(law="", schema_version=2, raters=RATERS), "NV-TS")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


def step(verb: Any, who: Person, card: Scorecard, moment: datetime = MOMENT, **more: Any) -> Scorecard:
    number = Scorecard.objects.get(pk=card.pk).version_number
    done = verb(actor=who.user, moment=moment, card=card, expected=number, **seen_by(verb, card), **more)
    return done.card if isinstance(done, stages.Saved) else done


def stored(card: Scorecard, stage: str = "evaluator") -> CardResult:
    return CardResult.objects.get(card=card, stage=stage)


def no_row_differs(world: World) -> None:
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert (report.differing, report.computed) == ([], Scorecard.objects.count())


def test_there_is_no_total_before_the_person_has_sent_theirs(world: World) -> None:
    """A draft counts nothing, and neither does what is edited after a return."""
    card = month.evaluated(world, world.lan, share="0.5")
    assert stored(card).shown == "88.75"
    card = step(stages.return_to_person, world.head, card, reason="Bổ sung")
    assert (stored(card).shown, stored(card).rounded, stored(card).values.get("r-own")) == ("", None, None)
    assert state_of_result(card, stored(card)) == (
        "The total also counts the points of: Cá nhân. It follows once there are any."
    )
    changed = {key: Entry(Decimal(0)) for key in month.entries(card, "self")}
    step(stages.save_self, world.lan, card, entries=changed, reason="Xem lại")
    basis.follow_tasks(world.period.pk, world.lan.pk, MOMENT)
    assert stored(card).shown == ""
    no_row_differs(world)
    card = step(stages.submit_self, world.lan, world.card(world.lan))
    assert stored(card).shown == "81.25"  # a quarter of 70, three quarters of 85


def test_without_a_self_assessment_nothing_is_decided(world: World) -> None:
    card = world.card(world.lan)
    entries = month.entries(card, "self")
    step(stages.save_self, world.lan, card, entries=entries)  # never sent
    card = step(stages.evaluate_without_self, world.head, card, LATE, reason="Không nộp")
    card = step(stages.save_evaluation, world.head, card, LATE, entries=month.entries(card, "evaluator"))
    assert stored(card).shown == ""
    with pytest.raises(WrongState) as raised:
        step(stages.confirm, world.head, card, LATE)
    assert str(raised.value.sentence) == (
        "The result also counts the points of: Cá nhân. There are none, so it has no total. Return the card to the "
        "person: it can still be sent until the evaluation is due."
    )
    card = step(stages.return_to_person, world.head, card, LATE, reason="Đề nghị tự chấm")
    card = step(stages.submit_self, world.lan, card, LATE)
    card = step(stages.confirm, world.head, card, LATE)
    assert (card.state, stored(card).shown) == ("confirmed", "100.00")


def test_a_collective_that_may_be_left_out_is_waited_for_where_its_points_count(draft_world: World) -> None:
    raters = [
        RATERS[0],
        {"key": "r-all", "label": "Tập thể", "stage": "collective", "weight": "25"},
        RATERS[1] | {"weight": "50"},
    ]
    spec = worlds.staff_spec(law="", schema_version=2, raters=raters)
    stage = {"key": "collective", "label": "Tập thể đơn vị", "decides": False, "optional": True}
    spec["stages"] = [spec["stages"][0], stage, spec["stages"][1]]
    repin(draft_world.period, draft_world.staff, worlds.version(spec, "NV-TT"))
    worlds.open_month(draft_world)
    month.worked(draft_world, draft_world.lan)
    card = month.evaluated(draft_world, draft_world.lan)
    with pytest.raises(WrongState) as raised:
        step(stages.confirm, draft_world.head, card)
    assert str(raised.value.sentence) == (
        "The result also counts the points of: Tập thể. They are not sent yet, so it has no total. Wait until they are."
    )
    assert (draft_world.card(draft_world.lan).state, stored(card).shown) == ("submitted", "")


def test_a_draft_with_other_weights_counts_what_the_person_sent(world: World) -> None:
    """A quarter of 100 and three quarters of 85 before; half of each in the draft."""
    month.notified(world, world.lan, share="0.5")
    halves = [rater | {"weight": "50"} for rater in RATERS]
    made = run(world, worlds.staff_spec(law="", schema_version=2, raters=halves), "NV-TS")[world.lan.pk]
    assert made.before is not None
    assert isinstance(made.after, Result)
    assert (made.before.total, made.after.total) == (Fraction("88.75"), Fraction("92.5"))
    same = run(world, world.card(world.lan).version.specification, "NV-TS")[world.lan.pk]
    assert (same.before, same.is_listed) == (same.after, False)


def test_what_a_closed_period_counted_keeps_the_weights_and_what_the_person_sent(world: World) -> None:
    month.notified(world, world.lan, share="0.5")
    close(world)
    halves = [rater | {"weight": "50"} for rater in RATERS]
    spec = worlds.staff_spec(law="", schema_version=2, raters=halves)
    closed = run(world, spec, "NV-TS")
    decided_anew(world, world.lan, Decimal("0.5"))
    assert stored(world.card(world.lan)).rounded == Decimal("87.25")  # two points of the evaluator fewer
    assert run(world, spec, "NV-TS") == closed
    before = closed[world.lan.pk].before
    assert before is not None
    assert before.total == Fraction("88.75")


def test_the_result_is_the_mean_by_weights_over_the_same_facts(world: World) -> None:
    """An error recorded after the self-assessment lowers the results part of both totals; scores are each rater's."""
    card = month.evaluated(world, world.lan, share="0.5")
    deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=Task.objects.get(), unit_number=1, reason="Sai số liệu"
    )
    b = Fraction(15, 16)
    results = (2 + b) / 3 * 70
    wanted = Fraction(1, 4) * (30 + results) + Fraction(3, 4) * (15 + results)
    card = step(stages.confirm, world.head, card)
    found = stored(card)
    assert Fraction(int(found.numerator), int(found.denominator)) == wanted
    assert found.rounded == Decimal("87.29")
    assert [Fraction(found.values[key]) for key in ("r-own", "r-head")] == [30 + results, 15 + results]
    assert stored(card, "self").shown == "100.00"  # as it was submitted
    assert {each.code: each.value for each in scoring.trace_of(card, "evaluator")}["total"] == wanted
    assert [each["value"] for each in figures_of(card, found)][:-1] == [
        "15.00",
        "68.54",
        "98.54",
        "83.54",
        "87.29",
    ]
    assert [each["label"] for each in figures_of(card, found)][2:5] == [
        "Cá nhân",
        "Thủ trưởng",
        "Total of all raters",
    ]
    form = build_form01(card, MOMENT, Scope.of(world.head.user))
    assert (form.common_points, form.result_points) == (Decimal(15), Decimal("68.54"))
    assert (form.own_label, form.own_points, form.total_points) == (
        "Thủ trưởng",
        Decimal("83.54"),  # the two parts above it, and nobody else's
        Decimal("87.29"),
    )
    assert form.weights.startswith("Cá nhân 98,54")
    note = next(iter(beside_the_form(card.version.compiled(), scoring.outcome_of(card, "evaluator"))))
    assert note.startswith("The total counts several raters by their weights: Cá nhân 98.54")
    no_row_differs(world)
