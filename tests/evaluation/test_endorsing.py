"""The endorsement as an act of its own: its assessment, its moment, and everything asked again before it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kpi_cms.evaluation.domain import proposals, stages
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import Assessment, Score, Scorecard, Task
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, Refused, Stale, WrongState
from snippets.models import Period, Person
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen, seen_by
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

LATER = datetime(2026, 8, 4, 2, tzinfo=UTC)


@pytest.fixture
def endorsed_world(draft_world: World) -> World:
    """Lan's card goes through all three stages; one task of four is done and confirmed."""
    world = draft_world
    spec = worlds.staff_spec()
    stage = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
    version = worlds.version(spec | {"stages": [*spec["stages"], stage]}, "NV-XN")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


def step(verb: Any, who: Person, card: Scorecard, moment: datetime = LATER, **more: Any) -> Scorecard:
    number = Scorecard.objects.get(pk=card.pk).version_number
    done: Scorecard = verb(
        actor=who.user, moment=moment, card=card, expected=number, **seen_by(verb, card), **more
    )
    return done


def test_a_task_reported_after_the_evaluation_holds_the_endorsement_back(endorsed_world: World) -> None:
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    # By somebody with a second card, which was still with them.
    proposed = Task.objects.create(
        period=world.period, person=world.lan, unit=world.department, kind=TaskKind.SUDDEN, state=TaskState.PROPOSED,
        name="Việc mới", assigned=Decimal(1), due_on=date(2026, 7, 30),
    )  # fmt: skip
    with pytest.raises(WrongState) as raised:
        step(stages.endorse, world.chair, card)
    assert str(raised.value.sentence) == (
        "1 tasks were reported or proposed after the evaluation. Return it, so that the evaluator decides on them."
    )
    proposals.decide_proposal(
        actor=world.head.user, moment=MOMENT, task=proposed, accepted=False, reason="Trùng"
    )
    assert step(stages.endorse, world.chair, card).state == "confirmed"


def test_a_score_changed_since_the_endorser_looked_is_refused_with_both_values(endorsed_world: World) -> None:
    """T15: returned, given another score and confirmed again meanwhile; the old screen endorses nothing."""
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    shown = on_screen(card)
    key, entry = next(iter(month.entries(card, "evaluator").items()))
    criterion = card.version.compiled().criterion(key)
    assert criterion is not None
    step(stages.return_to_evaluator, world.chair, card, MOMENT + timedelta(minutes=1), reason="Xem lại")
    step(
        stages.save_evaluation, world.head, card, MOMENT + timedelta(minutes=2), entries={key: Entry(Decimal(1))},
        reason="Theo biên bản",
    )  # fmt: skip
    step(stages.confirm, world.head, card, MOMENT + timedelta(minutes=3))
    before = Scorecard.objects.get(pk=card.pk)
    for expected in (card.version_number, before.version_number):
        with pytest.raises(Stale) as raised:
            stages.endorse(actor=world.chair.user, moment=LATER, card=card, expected=expected, seen=shown)
        label = f"{criterion.code} {criterion.label} (Competent person)"
        assert (raised.value.mine[label], raised.value.theirs[label]) == (f"{entry.value:f}", "1")
    assert Scorecard.objects.values().get(pk=card.pk) == {
        field.attname: getattr(before, field.attname) for field in Scorecard._meta.concrete_fields
    }
    assert step(stages.endorse, world.chair, card).state == "confirmed"


def test_whoever_has_left_endorses_and_returns_nothing(endorsed_world: World) -> None:
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    Person.objects.filter(pk=world.chair.pk).update(left_on=LATER.date())
    with pytest.raises(Refused, match="You have left the service"):
        step(stages.endorse, world.chair, card)
    with pytest.raises(Refused, match="You have left the service"):
        stages.return_to_evaluator(
            actor=world.chair.user, moment=LATER, card=card, expected=card.version_number, reason="Xem lại"
        )
    assert Scorecard.objects.get(pk=card.pk).state == "evaluated"
    Person.objects.filter(pk=world.chair.pk).update(left_on=date(2026, 8, 5))
    assert step(stages.endorse, world.chair, card).state == "confirmed"


def test_an_endorsement_at_its_deadline_is_late(endorsed_world: World) -> None:
    """Judged by the moment of the act, said on the clock of Việt Nam; one second earlier it is in time."""
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    due = datetime(2026, 8, 12, 17, tzinfo=UTC)
    Period.objects.filter(pk=world.period.pk).update(endorsement_due_at=due)
    with pytest.raises(WrongState) as raised:
        step(stages.endorse, world.chair, card, moment=due)
    assert str(raised.value.sentence) == (
        "The endorsement was due before 13/08/2026 00:00. Ask the Organisation Commission to extend the deadline."
    )
    assert Scorecard.objects.get(pk=card.pk).state == "evaluated"
    assert step(stages.endorse, world.chair, card, moment=due - timedelta(seconds=1)).state == "confirmed"


@pytest.mark.parametrize("endorsement_due", [None, datetime(2026, 8, 12, 17, tzinfo=UTC)])
def test_an_evaluation_returned_after_its_deadline_is_confirmed_again_while_it_can_be_endorsed(
    endorsed_world: World, endorsement_due: datetime | None
) -> None:
    """It was confirmed in time; an evaluator who never confirmed is late on the same day."""
    world = endorsed_world
    Period.objects.filter(pk=world.period.pk).update(endorsement_due_at=endorsement_due)
    card, never = month.confirmed(world, world.lan), month.evaluated(world, world.minh)
    returned = world.period.evaluation_due_at + timedelta(hours=1)
    step(stages.return_to_evaluator, world.chair, card, returned, reason="Xem lại tiêu chí 2")
    with pytest.raises(WrongState) as raised:
        step(stages.confirm, world.head, never, returned)
    assert str(raised.value.sentence) == (
        "The evaluation was due before 11/08/2026 00:00. Ask the Organisation Commission to extend the deadline."
    )
    if endorsement_due is not None:
        with pytest.raises(WrongState) as raised:
            step(stages.confirm, world.head, card, endorsement_due)
        assert str(raised.value.sentence) == (
            "The evaluation was due before 13/08/2026 00:00. Ask the Organisation Commission to extend the deadline."
        )
    card = step(stages.confirm, world.head, card, returned + timedelta(minutes=1))
    assert (card.state, card.evaluated_at) == ("evaluated", returned + timedelta(minutes=1))


def test_an_evaluation_that_is_not_complete_any_more_is_not_endorsed(endorsed_world: World) -> None:
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    gone = Score.objects.filter(assessment__stage="evaluator").first()
    assert gone is not None
    Score.objects.filter(pk=gone.pk).update(value=None)
    with pytest.raises(Invalid) as raised:
        step(stages.endorse, world.chair, card)
    assert list(raised.value.problems) == [gone.criterion.key]
    assert not Assessment.objects.filter(stage="endorsement").exists()


def test_the_evaluators_confirmation_and_the_decision_have_each_their_moment(endorsed_world: World) -> None:
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    assert (card.evaluated_at, card.confirmed_at) == (MOMENT, None)
    card = step(stages.endorse, world.chair, card)
    assert (card.evaluated_at, card.confirmed_at, card.result_final_at) == (MOMENT, LATER, LATER)


def test_without_an_endorsement_both_are_one_moment(world: World) -> None:
    card = month.confirmed(world, world.lan)
    assert (card.evaluated_at, card.confirmed_at) == (MOMENT, MOMENT)
    assert not Assessment.objects.filter(stage="endorsement").exists()


def test_an_endorsement_is_an_assessment_with_its_own_comment(endorsed_world: World) -> None:
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    step(stages.endorse, world.chair, card, comment=" Nhất trí ")
    endorsement = Assessment.objects.get(stage="endorsement")
    assert (endorsement.rater, endorsement.state, endorsement.submitted_at, endorsement.comment) == (
        world.chair, "submitted", LATER, "Nhất trí",
    )  # fmt: skip
    key = endorsement.comments_key
    assert texts.read([key]) == {key: "Comment: Nhất trí"}
    assert "Nhất trí" not in str(list(Assessment.history.values())) + str(list(LedgerEntry.objects.values()))


def test_an_endorsement_needs_no_comment(endorsed_world: World) -> None:
    world = endorsed_world
    step(stages.endorse, world.chair, month.confirmed(world, world.lan))
    endorsement = Assessment.objects.get(stage="endorsement")
    assert (endorsement.comment, endorsement.comments_key) == ("", None)


def test_an_evaluation_that_went_back_is_a_draft_that_nobody_has_confirmed(endorsed_world: World) -> None:
    world = endorsed_world
    card = month.confirmed(world, world.lan)
    card = step(stages.return_to_evaluator, world.chair, card, reason="Xem lại II.2")
    evaluation = Assessment.objects.get(stage="evaluator")
    assert (card.state, card.evaluated_at) == ("submitted", None)
    assert (evaluation.state, evaluation.submitted_at) == ("draft", MOMENT)
    card = step(stages.confirm, world.head, card)
    evaluation.refresh_from_db()
    assert (card.evaluated_at, evaluation.state, evaluation.submitted_at) == (LATER, "submitted", LATER)


# --- What the database keeps -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "name", "sentence"),
    [
        ({"endorser": "lan"}, "evaluation_card_endorser_not_oneself", "Nobody endorses their own card."),
        ({"evaluator": "lan"}, "evaluation_card_evaluator_not_oneself", "Nobody evaluates themselves."),
        (
            {"endorser": "head"}, "evaluation_card_endorser_not_evaluator",
            "Whoever evaluates a card does not endorse it as well.",
        ),
        (
            {"state": "evaluated"}, "evaluation_card_evaluated_has_moment",
            "An evaluated card says when the evaluator confirmed it.",
        ),
        (
            {"state": "confirmed", "evaluated_at": MOMENT}, "evaluation_card_confirmed_has_moment",
            "A confirmed card says when its result was confirmed and final.",
        ),
        (
            {"state": "notified", "evaluated_at": MOMENT, "confirmed_at": MOMENT, "result_final_at": MOMENT},
            "evaluation_card_notified_has_moment", "A notified card says when the person was notified.",
        ),
        (
            {"without_self": True, "submitted_at": MOMENT}, "evaluation_card_without_self_never_submitted",
            "A card whose self-assessment was submitted is not without one.",
        ),
    ],
)  # fmt: skip
def test_no_row_says_of_a_card_what_cannot_be(
    world: World, changes: dict[str, Any], name: str, sentence: str
) -> None:
    values = {
        key: getattr(world, who) if key in ("evaluator", "endorser") else who for key, who in changes.items()
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Scorecard.objects.filter(person=world.lan).update(**values)
    card = world.card(world.lan)
    for key, value in values.items():
        setattr(card, key, value)
    with pytest.raises(ValidationError) as raised:
        card.validate_constraints()
    assert raised.value.messages == [sentence]


def test_a_submitted_assessment_has_its_moment(world: World) -> None:
    month.submitted(world, world.lan)
    with (
        pytest.raises(IntegrityError, match="evaluation_assessment_submitted_has_moment"),
        transaction.atomic(),
    ):
        Assessment.objects.update(submitted_at=None)
