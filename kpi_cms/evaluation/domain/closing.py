"""Close a period: who is not notified yet, and then nothing in it changes any more."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.rules import in_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import WrongState
from snippets.enums import PeriodState
from snippets.models import Period

from . import locks
from .spreads import publish_spreads
from .totals import publish_totals


@dataclass(frozen=True)
class Unfinished:
    """Cards of a period that are not notified yet: how many, and by unit and state."""

    count: int
    by_unit: tuple[tuple[str, str, int], ...]


def unfinished_cards(period: Period) -> QuerySet[Scorecard]:
    """Cards whose result was not notified yet."""
    return Scorecard.objects.filter(period=period).exclude(state=CardState.NOTIFIED)


@beyond_the_wall("closing asks how many are not notified, of units that policy staff do not read")
def unfinished(period: Period) -> Unfinished:
    """For the question before closing: (unit name, state, cards), in the order of the tree."""
    rows = (
        unfinished_cards(period)
        .values_list("unit__path", "unit_name", "state")
        .annotate(cards=Count("pk"))
        .order_by("unit__path", "state")
    )
    by_unit = tuple((name, CardState(state).label, cards) for _path, name, state, cards in rows)
    return Unfinished(
        sum(cards for _name, _state, cards in by_unit), tuple((n, str(s), c) for n, s, c in by_unit)
    )


@business_verb
def close_period(*, actor: User, moment: datetime, period: Period, unfinished_seen: int) -> Period:
    """Close a period for ever. `unfinished_seen` is the number the actor was shown and agreed to.

    Takes the period alone: a save under way is wholly before the closing, every later one is refused. Its totals and
    the spread of each criterion are published with it, and never again.
    """
    rules.manage_periods(Scope.of(actor), period.units.all()).require()
    period = locks.take_period(period.pk)
    if not in_state(table.CLOSE_PERIOD, period.state):
        raise WrongState(_("Only an open period can be closed."))
    count = unfinished(period).count
    if count != unfinished_seen:
        raise WrongState(
            _("%(count)s people are not notified now, not the %(seen)s you saw. Look at the list again.")
            % {"count": count, "seen": unfinished_seen}
        )
    period.state = PeriodState.CLOSED
    period.closed_at = moment
    save_tracked(period)
    published = publish_totals(period)
    publish_spreads(period)
    ledger.record(
        Act.PERIOD_CLOSED,
        subject=period,
        label=str(period),
        period_id=period.pk,
        before={"state": PeriodState.OPEN},
        after={"state": PeriodState.CLOSED, "not_notified": count, "results_published": published},
    )
    return period
