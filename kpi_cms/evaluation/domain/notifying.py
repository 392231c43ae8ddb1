"""Notify everybody of a unit at once (Đ17.3): the same step as for one card, taken for each confirmed one."""

from datetime import datetime

from django.utils.translation import gettext as _

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import NotFound, WrongState
from snippets.models import Period, Unit

from . import locks, stages


@business_verb
def notify_confirmed(*, actor: User, moment: datetime, period: Period, unit: Unit) -> list[Scorecard]:
    """Notify every confirmed result of the unit and below it that the actor may notify; all of them or none.

    Results that wait for a new basis to be looked at are left out. Raises NotFound where the actor sees no card of
    the unit, WrongState when nothing is there to notify or the period is closed.
    """
    locks.share_period(period.pk)
    scope = Scope.of(actor)
    seen = Scorecard.objects.visible_to(scope).filter(period=period, unit__path__startswith=unit.path)
    if not seen.exists():
        raise NotFound
    confirmed = (
        seen.filter(state=CardState.CONFIRMED, basis_changed_at__isnull=True).with_context().order_by("pk")
    )
    cards = [card for card in confirmed if rules.notify(scope, card)]
    if not cards:
        raise WrongState(_("No confirmed result of this unit waits for you to notify it."))
    return [stages.notify(actor=actor, moment=moment, card=card) for card in cards]
