"""Who decides about whom: of two people who decide about each other in one period the second needs somebody else."""

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from kpi_cms.evaluation.enums import DECIDED, AssessmentState, CardState, StageKey
from kpi_cms.evaluation.models import Assessment, Scorecard
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.core.errors import Refused
from snippets.models import Person

CONFIRMED = (CardState.EVALUATED, *DECIDED)


@beyond_the_wall("whether two people decide about each other is asked of cards that one of them may not see")
def refuse_each_other(card: Scorecard, *deciders: Person | None) -> None:
    """Refuse where the card's person has decided about one of `deciders` in the period (security.md T02).

    Deciding is confirming an evaluation, also in the place of somebody absent, and endorsing one; sending the scores
    of a collective where they have a weight is as much. Whoever decides holds the pair (`locks.hold_pairs`), so that of
    two decisions at the same moment one sees the other.
    """
    people = {decider.pk for decider in deciders if decider is not None}
    confirmed = (
        (Q(evaluator=card.person_id) | Q(decided_by=card.person_id)) & Q(state__in=CONFIRMED)
        | Q(_endorsed(card.person), state__in=DECIDED)
        | Q(_stood_in(card.person), state__in=CONFIRMED)
    )
    theirs = list(
        Scorecard.objects.filter(period_id=card.period_id, person__in=people)
        .filter(confirmed | _spoke_for_a_collective(card.person))
        .annotate(is_confirmed=Case(When(confirmed, then=Value(True)), default=Value(False)))
        .select_related("version")
        .defer("version__specification")
    )
    if any(each.is_confirmed for each in theirs):
        raise Refused(
            _(
                "This person has confirmed your own result in this period, so you do not confirm theirs. "
                "Ask for a decision that names another evaluator."
            )
        )
    if any(weighs_a_collective(each) for each in theirs):
        raise Refused(
            _(
                "This person has sent scores of a collective that count for your own result in this period, so you do "
                "not confirm theirs. Ask for a decision that names another evaluator."
            )
        )


def weighs_a_collective(card: Scorecard) -> bool:
    """What a collective gives counts for the card's result; elsewhere it is heard alone."""
    return StageKey.COLLECTIVE in card.version.compiled().hears


@beyond_the_wall("whoever scores for a collective may not see the cards of those who decide about them")
def deciders_about(period_id: int, person: Person) -> set[int]:
    """The people whom a person's cards of the period name to evaluate or endorse them, or who decided them."""
    cards = Scorecard.objects.filter(period_id=period_id, person=person)
    named = cards.values_list("evaluator", "decided_by", "endorser")
    return {key for people in named for key in people if key is not None}


def _stood_in(person: Person) -> Exists:
    """The evaluation of the card was confirmed by this person, in the place of its evaluator."""
    return Exists(
        Assessment.objects.filter(
            card=OuterRef("pk"), stage=StageKey.EVALUATOR, state=AssessmentState.SUBMITTED, delegate=person
        )
    )


def _endorsed(person: Person) -> Exists:
    """Their endorsement stands, whoever is named since to endorse a new decision."""
    return Exists(
        Assessment.objects.filter(
            card=OuterRef("pk"), stage=StageKey.ENDORSEMENT, state=AssessmentState.SUBMITTED, rater=person
        )
    )


def _spoke_for_a_collective(person: Person) -> Q:
    """The scores of the card's collective were sent and count, entered by this person or theirs in one of its seats."""
    sent = Assessment.objects.that_count().filter(
        card=OuterRef("pk"), stage=StageKey.COLLECTIVE, state=AssessmentState.SUBMITTED
    )
    return Q(Exists(sent), secretary=person) | Q(Exists(sent.filter(rater=person)))
