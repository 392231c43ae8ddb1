"""A head who is absent leaves some of what they hold to somebody of their own units, for a time, and takes it back.

What is delegated never exceeds the giver: each delegated grant hangs on one grant that the giver holds in their own
right (`delegated_from`), lies within its unit and its days, ends with it, and cannot be passed on. A head delegates:
evaluating, and reading and assigning where the giver evaluates (`enums.DELEGABLE`); a person's own matter is never
decided through somebody else (`Scope.means`).
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.many import create_many
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState

from .. import rule_table as table
from ..enums import DELEGABLE, Capability, GrantSource
from ..models import Grant, Person, Unit
from ..rules import may, may_end_delegation
from .grants import facts, locked, require_lasting, require_reason
from .projection import project


@business_verb
def delegate(
    *,
    actor: User,
    moment: datetime,
    to: Person,
    capabilities: Sequence[str],
    unit: Unit,
    starts_on: date,
    ends_on: date,
    reason: str,
) -> list[Grant]:
    """Leave capabilities on a unit to a person of one's own units, from–to, as one act.

    Raises Invalid with the sentence at each field (days, person, capabilities, reason), NotFound for a unit the actor
    does not see, Refused for what the actor does not hold there in their own right, WrongState for an account that is
    not in use, a closed unit or days that a delegation to the same person covers already.
    """
    # Both accounts' rows are locks, taken in one order: decisions about either come one after the other.
    list(User.objects.select_for_update().filter(pk__in=[actor.pk, to.user_id]).order_by("pk"))
    to = Person.objects.select_related("unit", "user").get(pk=to.pk)
    own = list(
        Grant.objects.select_for_update(of=("self",))
        .own()
        .filter(user=actor, ended_at__isnull=True, capability__in=DELEGABLE)
        .select_related("unit")
        .order_by("pk")
    )
    may(actor, table.DELEGATE, unit).require()
    _require_days(moment, starts_on, ends_on)
    receiver = _receiver(actor, to, own, timezone.localdate(moment))
    wanted = _wanted(capabilities)
    require_reason(reason)
    if unit.closed_by(starts_on):
        raise WrongState(_("The unit “%(name)s” is closed. Choose its successor.") % {"name": unit.name})
    _giver(own, Capability.EVALUATE, unit, starts_on, ends_on)  # reading or assigning alone is no head's
    givers = [_giver(own, capability, unit, starts_on, ends_on) for capability in wanted]
    _require_not_delegated(receiver, givers, unit, starts_on, ends_on)
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=to.staff_code)
    grants = [
        Grant(
            user=receiver,
            capability=giver.capability,
            unit=unit,
            starts_on=starts_on,
            ends_on=ends_on,
            source=GrantSource.DELEGATION,
            delegated_from=giver,
            reason_key=reason_key,
            given_by=actor.pk,
            given_at=moment,
        )
        for giver in givers
    ]
    create_many(Grant, grants, reason_key=reason_key)
    ledger.record(
        Act.GRANT_DELEGATED,
        subject=grants[0],
        label=receiver.get_username(),
        unit=unit,
        person=to,
        after=facts(grants),
        reason_key=reason_key,
    )
    project(receiver, moment=moment)
    return grants


@business_verb
def end_delegation(*, actor: User, moment: datetime, grant: Grant, reason: str = "") -> list[Grant]:
    """End a delegation at once, with everything that was delegated by the same act.

    The giver may, without a reason, and so may whoever gives and ends grants on its unit. Raises NotFound for a grant
    that is no delegation or not the actor's to see, Refused, WrongState for one that has ended already.
    """
    grant = locked(grant)
    if grant.source != GrantSource.DELEGATION:
        raise NotFound
    may_end_delegation(actor, grant).require()
    require_lasting(grant, moment)
    together = list(
        Grant.objects.select_for_update(of=("self",))
        .select_related("unit", "user")
        .filter(
            reason_key=grant.reason_key, user=grant.user, delegated_from__isnull=False, ended_at__isnull=True
        )
        .order_by("pk")
    )
    reason_key = texts.keep(TextKind.REASON, reason.strip())
    for each in together:
        each.ended_at = moment
        save_tracked(each, reason_key=reason_key, update_fields=["ended_at"])
    ledger.record(
        Act.DELEGATION_ENDED,
        subject=grant,
        label=grant.user.get_username(),
        unit=grant.unit,
        before=facts(together),
        reason_key=reason_key,
    )
    project(grant.user, moment=moment)
    return together


# --- What is asked ------------------------------------------------------------------------------------------
def _require_days(moment: datetime, starts_on: date, ends_on: date) -> None:
    today, most = timezone.localdate(moment), settings.DELEGATION_MAX_DAYS
    if starts_on < today:
        raise _at("starts_on", _("A delegation cannot begin in the past. Choose today or a later day."))
    if ends_on < starts_on:
        raise _at("ends_on", _("A delegation cannot end before it begins. Correct one of the two days."))
    if (ends_on - starts_on).days >= most:
        raise _at(
            "ends_on",
            _("A delegation lasts at most %(days)d days. Choose an earlier last day; it can be given again.")
            % {"days": most},
        )


def _receiver(actor: User, to: Person, own: Sequence[Grant], today: date) -> User:
    """The account of somebody else who serves in one of the giver's units."""
    if to.user_id == actor.pk:
        raise _at("to", _("Nobody delegates to themselves. Choose another person."))
    if not any(to.unit.path.startswith(grant.unit.path) for grant in own):
        raise _at("to", _("There is nobody with this staff code in your units. Check the code."))
    account = to.account_on(today)
    if account is None:
        raise WrongState(_("This person has no account in use. Choose somebody who signs in."))
    return account


def _wanted(capabilities: Sequence[str]) -> list[Capability]:
    wanted = [capability for capability in Capability if capability in set(capabilities)]
    if not wanted:
        raise _at("capabilities", _("Choose at least one thing to delegate."))
    for capability in wanted:
        if capability not in DELEGABLE:
            raise Refused(
                _("“%(capability)s” cannot be delegated. It stays with whoever holds it.")
                % {"capability": capability.label}
            )
    return wanted


def _giver(own: Sequence[Grant], capability: Capability, unit: Unit, starts_on: date, ends_on: date) -> Grant:
    """The grant of the giver's own that covers the unit and all of the days; the one that lasts longest."""
    covering = [
        grant for grant in own if grant.capability == capability and unit.path.startswith(grant.unit.path)
    ]
    lasting = [
        grant
        for grant in covering
        if grant.starts_on <= starts_on and (grant.ends_on is None or grant.ends_on >= ends_on)
    ]
    if lasting:
        return max(lasting, key=lambda grant: (grant.ends_on or date.max, grant.pk))
    values = {"capability": capability.label, "unit": unit.name}
    if covering:
        sentence = (
            _("You do not hold “%(capability)s” on “%(unit)s” on all of these days. Choose other days.")
            % values
        )
        raise _at("ends_on", sentence)
    raise Refused(
        _(
            "You do not hold “%(capability)s” on “%(unit)s” in your own right, so you cannot delegate it. "
            "What was delegated to you is not passed on."
        )
        % values
    )


def _require_not_delegated(
    receiver: User, givers: Sequence[Grant], unit: Unit, starts_on: date, ends_on: date
) -> None:
    overlapping = (
        Grant.objects.filter(
            Q(starts_on__lte=ends_on, ends_on__gte=starts_on),
            user=receiver,
            unit=unit,
            ended_at__isnull=True,
            delegated_from__user=givers[0].user_id,
            capability__in=[giver.capability for giver in givers],
        )
        .order_by("starts_on", "pk")
        .first()
    )
    if overlapping is not None:
        raise WrongState(
            _(
                "You delegated “%(capability)s” on this unit to this person from %(first)s to %(last)s already. "
                "End that delegation first, or choose other days."
            )
            % {
                "capability": overlapping.get_capability_display(),
                "first": f"{overlapping.starts_on:%d/%m/%Y}",
                "last": f"{overlapping.ends_on:%d/%m/%Y}",
            }
        )


def _at(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, problems={field: [sentence]})
