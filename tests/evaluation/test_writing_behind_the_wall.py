"""What row security takes where every rule of the application is forgotten: raw updates, as the application's role.

A row out of sight is not there to be changed; one in sight that is not theirs to change is refused with an error.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.models import Assessment, Score, Scorecard, Task
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Walled
from snippets.models import Person
from tests.helpers import month
from tests.helpers.delegating import delegated, made_head
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]

CHANGED, REFUSED, UNSEEN = "changed", "refused", "unseen"


@pytest.fixture(autouse=True)
def _behind_the_wall() -> Iterator[None]:
    require_roles()
    with acting_as_the_application():
        yield


class Undone(Exception):
    """Takes back what was changed: nothing of it has a history."""


def update(who: Person, rows: Callable[[], Any], **values: Any) -> str:
    """What becomes of a raw UPDATE by this person's account; it is taken back."""
    changed = 0
    try:
        with as_actor(who.user, MOMENT):
            changed = rows().update(**values)
            raise Undone
    except Walled:
        return REFUSED
    except Undone:
        return CHANGED if changed else UNSEEN


def scores_of(who: Person, stage: str) -> Callable[[], Any]:
    def rows() -> Any:
        first = (
            Score.objects.filter(person_id=who.pk, assessment__stage=stage).order_by("pk").values("pk")[:1]
        )
        return Score.objects.filter(pk__in=first)

    return rows


@pytest.fixture
def evaluated(world: World) -> World:
    """Lan's card, evaluated by Hà and not decided; Hà's and Dũng's own, sent."""
    made_head(world.head)
    month.worked(world, world.lan)
    month.evaluated(world, world.lan)
    month.submitted(world, world.head)
    return world


@pytest.mark.parametrize(
    ("who", "own", "evaluation"),
    [
        ("lan", CHANGED, REFUSED),
        ("head", REFUSED, CHANGED),
        ("minh", UNSEEN, UNSEEN),
        ("deputy", UNSEEN, UNSEEN),
        ("chair", UNSEEN, UNSEEN),
        ("other_head", UNSEEN, UNSEEN),
    ],
)
def test_scores_are_changed_by_whose_stage_they_are(
    evaluated: World, who: str, own: str, evaluation: str
) -> None:
    person = getattr(evaluated, who)
    assert update(person, scores_of(evaluated.lan, "self"), value=0) == own
    assert update(person, scores_of(evaluated.lan, "evaluator"), value=0) == evaluation


def test_whoever_stands_in_for_the_evaluator_changes_what_they_would(evaluated: World) -> None:
    world = evaluated
    delegated(world.head, world.minh, world.department)
    assert update(world.minh, scores_of(world.lan, "evaluator"), value=0) == CHANGED
    assert update(world.minh, scores_of(world.lan, "self"), value=0) == REFUSED
    # Over the head's own card the head has no say, and leaves none to others.
    assert update(world.minh, scores_of(world.head, "self"), value=0) == UNSEEN


def test_nobody_changes_their_own_evaluation_in_the_place_of_their_evaluator(evaluated: World) -> None:
    world = evaluated
    delegated(world.head, world.lan, world.department)
    assert update(world.lan, scores_of(world.lan, "evaluator"), value=0) == REFUSED
    assert update(world.lan, scores_of(world.lan, "self"), value=0) == CHANGED


@pytest.mark.parametrize(
    ("who", "assessment", "card", "task"),
    [
        ("lan", REFUSED, CHANGED, REFUSED),
        ("head", CHANGED, CHANGED, CHANGED),
        ("minh", UNSEEN, UNSEEN, UNSEEN),
        ("other_head", UNSEEN, UNSEEN, UNSEEN),
    ],
)
def test_an_evaluation_its_card_and_a_task_are_changed_by_those_whose_work_it_is(
    evaluated: World, who: str, assessment: str, card: str, task: str
) -> None:
    world, person = evaluated, getattr(evaluated, who)
    said = Assessment.objects.filter(person=world.lan, stage="evaluator")
    assert update(person, said.all, comment="Khác") == assessment
    assert update(person, Scorecard.objects.filter(person=world.lan).all, version_number=99) == card
    assert update(person, Task.objects.filter(person=world.lan).all, note="Khác") == task


def test_nobody_notifies_themselves_of_their_own_decided_card(evaluated: World) -> None:
    world = evaluated
    card = world.card(world.lan)
    stages.confirm(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    rows = Scorecard.objects.filter(person=world.lan).all
    notified = {"state": "notified", "notified_at": MOMENT}
    assert update(world.lan, rows, **notified) == REFUSED
    assert update(world.head, rows, **notified) == CHANGED
