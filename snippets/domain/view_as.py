"""An access administrator looks at the product as another account does: for a while, with a reason, changing nothing.

Each page is recorded under both names. Nobody steps into an account that holds anything where they give no grants, nor
into one that gives grants or reads history itself: that would be a way round what they were not given.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.rules import somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState

from .. import rule_table as table
from ..models import Grant, Unit
from ..rules import explain_account, may_on_all, not_the_same


@business_verb
def begin(*, actor: User, moment: datetime, user: User, reason: str) -> datetime:
    """Begin to look as `user`; returns when it ends by itself. Raises NotFound, Refused, WrongState, Invalid."""
    units = units_of(user)
    explain_account(Scope.of(actor), user, units).require()
    may_on_all(actor, table.VIEW_AS, units).require()
    not_the_same(actor, user).require()
    if not user.is_active:
        raise WrongState(_("This account is deactivated. Choose an account that is in use."))
    if _explains_others(user):
        raise WrongState(
            _("This account gives grants or reads history itself. Nobody looks at the product as it does.")
        )
    if not reason.strip():
        sentence = _("Say why: the reason stands in the record.")
        raise Invalid(sentence, problems={"reason": [sentence]})
    until = moment + timedelta(minutes=settings.VIEW_AS_MINUTES)
    ledger.record(
        Act.VIEW_AS_BEGUN,
        subject=user,
        label=user.get_username(),
        unit=units[0] if units else None,
        after={"account": user.get_username(), "until": until.isoformat()},
        reason=reason,
    )
    return until


def _explains_others(user: User) -> bool:
    """The account gives grants or reads history on some unit itself."""
    return somewhere(table.EXPLAIN_ACCOUNT, Scope.of(user))


def may_go_on(actor: User, user: User) -> bool:
    """Asked at each request: both accounts are in use, and the actor still gives grants wherever the other holds."""
    if not (actor.is_active and user.is_active):
        return False
    units = units_of(user)
    return bool(may_on_all(actor, table.VIEW_AS, units)) and not _explains_others(user)


@business_verb
def record_page(*, actor: User, moment: datetime, user: User, path: str) -> None:
    """One page that `actor` saw as `user`."""
    ledger.record(
        Act.VIEW_AS_PAGE,
        subject=user,
        label=path,
        after={"account": user.get_username(), "path": path[:400]},
    )


@business_verb
def end(*, actor: User, moment: datetime, user: User) -> None:
    """Stop, by hand or because the time is over."""
    ledger.record(
        Act.VIEW_AS_ENDED, subject=user, label=user.get_username(), after={"account": user.get_username()}
    )


def units_of(user: User) -> list[Unit]:
    """Every unit that says something about an account: its person's, and those on which it holds anything."""
    held = Grant.objects.filter(user=user, ended_at__isnull=True).values("unit_id")
    return list(Unit.objects.filter(Q(pk__in=held) | Q(people__user=user)).distinct())
