"""Of two people who decide about each other in one period the second needs somebody else, however they decide."""

import pytest

from kpi_cms.evaluation.domain.separation import refuse_each_other
from kpi_cms.evaluation.enums import AssessmentState, CardState, StageKey
from kpi_cms.evaluation.models import Assessment, Scorecard
from kpi_cms.foundation.core.errors import Refused
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

DECIDED = {"confirmed_at": MOMENT, "result_final_at": MOMENT}


def stands(world: World, who: object, state: CardState, **named: object) -> None:
    """Put somebody's card into a state, evaluated and endorsed by these people."""
    moments = DECIDED if state == CardState.CONFIRMED else {}
    if hasattr(Scorecard, "evaluated_at") and state != CardState.SUBMITTED:
        moments = {**moments, "evaluated_at": MOMENT}
    Scorecard.objects.filter(person=who).update(state=state, **moments, **named)


@pytest.mark.parametrize(
    ("state", "role", "refused"),
    [
        (CardState.SUBMITTED, "evaluator", False),
        (CardState.EVALUATED, "evaluator", True),
        (CardState.CONFIRMED, "evaluator", True),
        (CardState.EVALUATED, "endorser", False),
        (CardState.CONFIRMED, "endorser", True),
        (CardState.CONFIRMED, "nobody", False),
    ],
)
def test_t02_whoever_decided_about_the_decider_is_not_decided_about_by_them(
    world: World, state: CardState, role: str, refused: bool
) -> None:
    """Lan is to be decided about by Minh; Lan has, or has not, decided about Minh."""
    named = {} if role == "nobody" else {role: world.lan}
    stands(world, world.minh, state, **named)
    card = world.card(world.lan)
    if refused:
        with pytest.raises(Refused, match="has confirmed your own result in this period"):
            refuse_each_other(card, world.minh)
    else:
        refuse_each_other(card, world.minh)
    refuse_each_other(card, world.deputy)


@pytest.mark.parametrize("said", [AssessmentState.DRAFT, AssessmentState.SUBMITTED])
def test_t02_deciding_in_somebodys_place_is_deciding(world: World, said: AssessmentState) -> None:
    stands(world, world.minh, CardState.CONFIRMED)
    theirs = world.card(world.minh)
    Assessment.objects.create(
        card=theirs, stage=StageKey.EVALUATOR, rater=world.head, person=world.minh, unit=theirs.unit, state=said,
        delegate=world.lan, submitted_at=MOMENT,
    )  # fmt: skip
    card = world.card(world.lan)
    for deciders in ((world.minh,), (world.minh, world.deputy), (world.deputy, world.minh)):
        if said == AssessmentState.SUBMITTED:
            with pytest.raises(Refused):
                refuse_each_other(card, *deciders)
        else:
            refuse_each_other(card, *deciders)
    refuse_each_other(card, world.head, None)


def test_t02_another_period_is_another_matter(world: World) -> None:
    stands(world, world.minh, CardState.CONFIRMED, evaluator=world.lan)
    card = world.card(world.lan)
    card.period_id = world.period.pk + 1
    refuse_each_other(card, world.minh)
