"""Who decides about whom: of two people who decide about each other in one period the second needs somebody else."""

from django.db.models import Exists, OuterRef, Q
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

    Deciding is confirming an evaluation, also in the place of somebody absent, and endorsing one. Whoever decides holds
    the pair (`locks.hold_pairs`), so that of two decisions at the same moment one sees the other.
    """
    people = {decider.pk for decider in deciders if decider is not None}
    decided = Scorecard.objects.filter(period_id=card.period_id, person__in=people).filter(
        Q(evaluator=card.person_id, state__in=CONFIRMED)
        | Q(endorser=card.person_id, state__in=DECIDED)
        | Q(_stood_in(card.person), state__in=CONFIRMED)
    )
    if decided.exists():
        raise Refused(
            _(
                "This person has confirmed your own result in this period, so you do not confirm theirs. "
                "Ask for a decision that names another evaluator."
            )
        )


def _stood_in(person: Person) -> Exists:
    """The evaluation of the card was confirmed by this person, in the place of its evaluator."""
    return Exists(
        Assessment.objects.filter(
            card=OuterRef("pk"), stage=StageKey.EVALUATOR, state=AssessmentState.SUBMITTED, delegate=person
        )
    )
