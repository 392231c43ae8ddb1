"""A decision is taken from what was on the screen: its save number, its points, and a digest of all of it (T15)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.evaluation import rules, seen
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.past_queries import card_at, differences
from kpi_cms.evaluation.visibility import sight_of
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Stale


def check_unchanged(card: Scorecard, expected: int) -> None:
    """A step is taken from the state that was on the screen."""
    if expected != card.version_number:
        raise _changed(
            {str(_("Save number you saw")): expected},
            {str(_("Save number now")): card.version_number},
        )


def check_seen(actor: User, card: Scorecard, expected: int, shown: str, moment: datetime) -> str:
    """The digest of what the decision is taken from. Raises Stale with the difference where something else was shown.

    `shown` is the page's `seen.token`. Nobody decides without one, not even who made up a form: the save number alone
    says nothing of tasks and of people's results.
    """
    if not shown:
        raise Stale(
            _("It is not said what was on the screen. Look at the card as it stands here, then decide."),
            mine={},
            theirs={},
        )
    scope = Scope.of(actor)
    now = seen.digest_now(card, rules.unseen_stages(scope, card))
    then, since = seen.read_token(card, shown)
    if then == now and expected == card.version_number:
        return now
    if since is not None:
        sight = sight_of(scope, card)
        before, after = card_at(card, since, sight), card_at(card, moment, sight)
        assert before is not None  # it was shown, so it was there
        assert after is not None
        changed = differences(before, after)
        if changed:
            raise _changed(
                {label: was for label, (was, _now) in changed.items()},
                {label: is_now for label, (_was, is_now) in changed.items()},
            )
    check_unchanged(card, expected)
    raise _changed({}, {})


def _changed(mine: dict[str, Any], theirs: dict[str, Any]) -> Stale:
    return Stale(
        _("This card changed after you opened it. Look at it again before you go on."),
        mine=mine,
        theirs=theirs,
    )
