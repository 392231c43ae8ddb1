"""What of a card its reader may read now: one answer for screens, lists, paper and history.

Whoever shows a stage asks here and nowhere else, so that paper never says what the screen hides.
"""

from dataclasses import dataclass

from kpi_cms.foundation.access.scope import Scope
from snippets.enums import PeriodState

from . import rules
from .enums import UNDECIDED
from .models import Scorecard
from .models.scorecard import concerned_with


@dataclass(frozen=True)
class Sight:
    """The person's own stage, the evaluation with its endorsement, a new basis or decision only proposed, and what a
    collective sent; `of_unsent`: what it only drafts, too."""

    of_self: bool
    of_evaluation: bool
    of_new_basis: bool
    of_collective: bool = False
    of_unsent: bool = False


EVERYTHING = Sight(True, True, True, True, True)


def sight_of(scope: Scope, card: Scorecard) -> Sight:
    """For a reader who sees the card.

    A draft, and what is edited after a return, is the person's alone. An evaluation is its evaluator's until it is
    decided, and the person's once notified; while the card is with the person there is none. A proposed d is no
    result yet: it never reaches the person as one. What the set keeps from whoever acts at a stage is theirs to see
    once they have sent their own (`rules.unseen_stages`).
    """
    return Sight(
        of_self=rules.see_self_assessment(scope, card, submitted=card.self_is_submitted),
        of_evaluation=rules.see_evaluation(scope, card),
        of_new_basis=not rules.is_own(scope.user_id, card),
        of_collective=rules.see_collective(scope, card),
        of_unsent=rules.is_secretary(scope.user_id, card),
    )


def not_audited_yet(scope: Scope) -> list[tuple[int, int]]:
    """(period, person) of the cards on which the account scores and does not see everything yet, in one query.

    Until it has sent its own it does not audit them either: an auditor's pages show every stage.
    """
    if scope.user_id is None:
        return []
    cards = Scorecard.objects.with_context().filter(
        concerned_with(scope),
        state__in=UNDECIDED,
        period__state=PeriodState.OPEN,
        version__hides_stages=True,
    )
    return [(card.period_id, card.person_id) for card in cards if rules.unseen_stages(scope, card)]
