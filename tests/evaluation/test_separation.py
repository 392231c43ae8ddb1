"""Of two people who decide about each other in one period the second needs somebody else, however they decide."""

import pytest

from kpi_cms.evaluation.domain.collective import save_collective, send_collective
from kpi_cms.evaluation.domain.separation import refuse_each_other
from kpi_cms.evaluation.enums import AssessmentState, CardState, StageKey
from kpi_cms.evaluation.models import Assessment, Scorecard
from kpi_cms.foundation.core.errors import Refused, WrongState
from snippets.enums import Capability
from snippets.models import Person
from tests.evaluation import test_collective as collective
from tests.factories.snippets import holder
from tests.helpers import month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

DECIDED = {"confirmed_at": MOMENT, "result_final_at": MOMENT}


def stands(world: World, who: object, state: CardState, **named: object) -> None:
    """Put somebody's card into a state, evaluated and endorsed by these people."""
    moments = DECIDED if state == CardState.CONFIRMED else {}
    if hasattr(Scorecard, "evaluated_at") and state != CardState.SUBMITTED:
        moments = {**moments, "evaluated_at": MOMENT}
    Scorecard.objects.filter(person=who).update(state=state, **moments, **named)
    if "endorser" in named and state == CardState.CONFIRMED:
        card = world.card(who)
        Assessment.objects.create(
            card=card, stage=StageKey.ENDORSEMENT, rater=named["endorser"], person=who, unit=card.unit,
            state=AssessmentState.SUBMITTED, submitted_at=MOMENT,
        )  # fmt: skip


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


# --- A collective -----------------------------------------------------------------------------------------------
def evaluated_by(world: World, evaluator: Person) -> None:
    """Minh's own card names this person."""
    Scorecard.objects.filter(person=world.minh).update(evaluator=evaluator)


def test_t02_nobody_scores_with_a_weight_whoever_decides_about_them(draft_world: World) -> None:
    world = collective.staged(draft_world, raters=collective.RATERS)
    clerk = holder(world.agency, Capability.MANAGE_PEOPLE)
    evaluated_by(world, world.lan)
    with pytest.raises(WrongState):
        collective.named(world, clerk, world.minh)
    evaluated_by(world, world.head)
    card = month.evaluated(world, world.lan)
    collective.named(world, clerk, world.minh)
    collective.step(save_collective, world.minh, card, entries=collective.points(card, "1"))
    evaluated_by(world, world.lan)  # named since
    for verb, more in ((save_collective, {"entries": collective.points(card, "0")}), (send_collective, {})):
        with pytest.raises(Refused, match="decides about your own result"):
            collective.step(verb, world.minh, card, **more)
    refuse_each_other(world.card(world.minh), world.lan)  # a draft counts for nothing
    evaluated_by(world, world.head)
    collective.step(send_collective, world.minh, card)
    with pytest.raises(Refused, match="has sent scores of a collective that count"):
        refuse_each_other(world.card(world.minh), world.head, world.lan)
    refuse_each_other(world.card(world.minh), world.head)


def test_what_is_heard_without_a_weight_parts_nobody(draft_world: World) -> None:
    world = collective.staged(draft_world)
    clerk = holder(world.agency, Capability.MANAGE_PEOPLE)
    evaluated_by(world, world.lan)
    card = month.evaluated(world, world.lan)
    collective.named(world, clerk, world.minh)
    collective.step(save_collective, world.minh, card, entries=collective.points(card, "1"))
    collective.step(send_collective, world.minh, card)
    refuse_each_other(world.card(world.minh), world.lan)
