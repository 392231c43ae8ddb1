"""Grants are the truth, guardian's rows their projection for today (`snippets.domain.projection`).

`give`, `give_role` and `end_grant` are decisions; grants from an appointment follow it (`follow_appointments`,
`unfollow_appointments`, called by `snippets.domain.people`); what was delegated (`snippets.domain.delegation`) ends
with the giver's own grant. Rows are never deleted; only `ends_on` and `ended_at` of a row change, which the database
enforces.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.many import create_many, update_few
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState

from .. import rule_table as table
from ..enums import ROLE_CAPABILITIES, Capability, GrantSource, PostRole, Role
from ..models import Appointment, Grant, Unit
from ..rules import may
from .projection import project, project_many


# --- Decisions ---------------------------------------------------------------------------------------------
@business_verb
def give_role(
    *,
    actor: User,
    moment: datetime,
    user: User,
    role: str,
    unit: Unit,
    starts_on: date,
    ends_on: date | None = None,
    reason: str,
) -> list[Grant]:
    """Give every capability of a role on a unit, as one act. What the account holds already is not given twice.

    The actor may give grants on the unit and is never the receiver. Raises Refused, NotFound, Invalid, WrongState.
    """
    return _give(
        actor,
        moment,
        user=user,
        capabilities=ROLE_CAPABILITIES[role],
        role=role,
        unit=unit,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
    )


@business_verb
def give(
    *,
    actor: User,
    moment: datetime,
    user: User,
    capability: str,
    unit: Unit,
    starts_on: date,
    ends_on: date | None = None,
    reason: str,
) -> Grant:
    """Give one capability on a unit. Raises WrongState when it is in force there already."""
    given = _give(
        actor,
        moment,
        user=user,
        capabilities=[Capability(capability)],
        role="",
        unit=unit,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
    )
    return given[0]


def _give(
    actor: User,
    moment: datetime,
    *,
    user: User,
    capabilities: Sequence[Capability],
    role: str,
    unit: Unit,
    starts_on: date,
    ends_on: date | None,
    reason: str,
) -> list[Grant]:
    # The account's row is the lock: two decisions about one account come one after the other.
    user = User.objects.select_for_update().get(pk=user.pk)
    may(actor, table.GIVE_GRANT, unit).require()
    if user.pk == actor.pk:
        raise Refused(_("Nobody gives themselves a grant. Ask another access administrator."))
    if not user.is_active:
        raise WrongState(_("This account is deactivated. Choose an account that is in use."))
    if unit.closed_by(starts_on):
        raise WrongState(_("The unit “%(name)s” is closed. Choose its successor.") % {"name": unit.name})
    if ends_on is not None and ends_on < starts_on:
        sentence = _("A grant cannot end before it starts. Correct one of the two dates.")
        raise Invalid(sentence, problems={"ends_on": [sentence]})
    if ends_on is not None and ends_on < timezone.localdate(moment):
        sentence = _("The last day has passed: this grant would never be in force. Choose a later one.")
        raise Invalid(sentence, problems={"ends_on": [sentence]})
    require_reason(reason)
    held = set(
        Grant.objects.on(starts_on)
        .filter(user=user, unit=unit, source=GrantSource.DECISION, ends_on=ends_on)
        .values_list("capability", flat=True)
    )
    wanted = [capability for capability in capabilities if capability not in held]
    if not wanted:
        raise WrongState(_("The account holds this on this unit already. Nothing was given."))
    reason_key = texts.keep(TextKind.REASON, reason)
    grants = [
        Grant(
            user=user,
            capability=capability,
            role=role,
            unit=unit,
            starts_on=starts_on,
            ends_on=ends_on,
            source=GrantSource.DECISION,
            reason_key=reason_key,
            given_by=actor.pk,
            given_at=moment,
        )
        for capability in wanted
    ]
    create_many(Grant, grants, reason_key=reason_key)
    ledger.record(
        Act.GRANT_GIVEN,
        subject=grants[0],
        label=user.get_username(),
        unit=unit,
        after=facts(grants),
        reason_key=reason_key,
    )
    project(user, moment=moment)
    return grants


@business_verb
def end_grant(*, actor: User, moment: datetime, grant: Grant, reason: str) -> Grant:
    """End a grant at once, and what was delegated from it. One that follows an appointment ends with it, not here.

    Raises NotFound for one that is unknown or not the actor's to see, WrongState for one that has ended already.
    """
    grant = locked(grant)
    may(actor, table.END_GRANT, grant.unit).require()
    if grant.source == GrantSource.APPOINTMENT:
        raise WrongState(
            _("This grant follows an appointment. End the appointment, and the grant ends with it.")
        )
    require_lasting(grant, moment)
    require_reason(reason)
    reason_key = texts.keep(TextKind.REASON, reason)
    grant.ended_at = moment
    save_tracked(grant, reason_key=reason_key, update_fields=["ended_at"])
    end_delegations_of([grant], moment)
    ledger.record(
        Act.GRANT_ENDED,
        subject=grant,
        label=grant.user.get_username(),
        unit=grant.unit,
        before=facts([grant]),
        reason_key=reason_key,
    )
    project(grant.user, moment=moment)
    return grant


def locked(grant: Grant) -> Grant:
    """The grant read again under its lock. Raises NotFound."""
    fresh: Grant | None = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("unit", "user")
        .filter(pk=grant.pk)
        .first()
    )
    if fresh is None:
        raise NotFound
    return fresh


def require_lasting(grant: Grant, moment: datetime) -> None:
    """Raises WrongState for a grant that has ended, at once or by date."""
    if grant.ended_at is not None or (
        grant.ends_on is not None and grant.ends_on < timezone.localdate(moment)
    ):
        raise WrongState(_("This grant has ended already."))


def require_reason(reason: str) -> None:
    """Raises Invalid at the field of the reason."""
    if not reason.strip():
        sentence = _("Say why: the reason stands in the record of grants.")
        raise Invalid(sentence, problems={"reason": [sentence]})


def facts(grants: Sequence[Grant]) -> dict[str, object]:
    """What the ledger says of grants given or ended by one act: they differ in their capability only."""
    first = grants[0]
    return {
        "user": first.user_id,
        "capabilities": [str(grant.capability) for grant in grants],
        "role": str(first.role),
        "unit": first.unit_id,
        "starts_on": first.starts_on.isoformat(),
        "ends_on": first.ends_on.isoformat() if first.ends_on else None,
        "source": str(first.source),
    }


# --- Following appointments --------------------------------------------------------------------------------
def follow_appointments(appointments: Iterable[Appointment], *, actor: User, moment: datetime) -> set[int]:
    """Give heads with an account what a head holds; returns the accounts concerned, for `project_all`.

    Part of an act of `snippets.domain.people`, whose check of access covers it. What is held for the same
    appointment already is left alone, so it may be called again.
    """
    heads = [
        (item, item.person.user_id)
        for item in appointments
        if item.role == PostRole.HEAD and item.person.user_id is not None
    ]
    followed = set(
        Grant.objects.filter(
            appointment__in=[item.pk for item, _user in heads], ended_at__isnull=True
        ).values_list("appointment_id", flat=True)
    )
    grants = [
        Grant(
            user_id=user_id,
            capability=capability,
            role=Role.HEAD,
            unit_id=item.unit_id,
            starts_on=item.starts_on,
            ends_on=item.ends_on,
            source=GrantSource.APPOINTMENT,
            appointment=item,
            given_by=actor.pk,
            given_at=moment,
        )
        for item, user_id in heads
        if item.pk not in followed
        for capability in ROLE_CAPABILITIES[Role.HEAD]
    ]
    create_many(Grant, grants)
    return {grant.user_id for grant in grants}


def unfollow_appointments(appointments: Iterable[Appointment], *, actor: User, moment: datetime) -> set[int]:
    """Let the grants of appointments end with them: at once when the last day has passed; returns the accounts."""
    by_key = {item.pk: item for item in appointments}
    open_grants = list(
        Grant.objects.select_for_update().filter(appointment__in=list(by_key), ended_at__isnull=True)
    )
    for grant in open_grants:
        _set_last_day(grant, by_key[grant.appointment_id].ends_on, moment)
    _store_ends(open_grants, moment)
    return {grant.user_id for grant in open_grants}


def _set_last_day(grant: Grant, last_day: date | None, moment: datetime) -> None:
    """At once where that day has passed, or lies before the first one."""
    if last_day is not None and last_day < max(timezone.localdate(moment), grant.starts_on):
        grant.ended_at = moment
    else:
        grant.ends_on = last_day


def _store_ends(changed: Sequence[Grant], moment: datetime, *, reason_key: Any = None) -> None:
    """Write the ends with their history; what was delegated from these grants ends with them."""
    update_few(Grant, changed, ["ended_at", "ends_on"], reason_key=reason_key)
    end_delegations_of(changed, moment)


def follow_changed(
    *,
    ended: Sequence[Appointment],
    corrected: Sequence[Appointment],
    begun: Sequence[Appointment],
    actor: User,
    moment: datetime,
) -> set[int]:
    """Many appointments at once: what ended or no longer says the same loses its grants, what begins gives them."""
    concerned = unfollow_appointments(ended, actor=actor, moment=moment)
    concerned |= _withdraw(corrected, moment)
    return concerned | follow_appointments([*corrected, *begun], actor=actor, moment=moment)


def _withdraw(appointments: Iterable[Appointment], moment: datetime) -> set[int]:
    """End the grants of corrected appointments at once: they are given anew as the appointment stands now."""
    stale = [
        grant
        for grant in Grant.objects.select_for_update(of=("self",))
        .filter(appointment__in=[item.pk for item in appointments], ended_at__isnull=True)
        .select_related("appointment")
        if (grant.unit_id, grant.starts_on) != (grant.appointment.unit_id, grant.appointment.starts_on)
        or grant.appointment.role != PostRole.HEAD
    ]
    for grant in stale:
        grant.ended_at = moment
    _store_ends(stale, moment)
    return {grant.user_id for grant in stale}


@dataclass(frozen=True)
class Move:
    """Somebody with an account goes from one unit to another, or leaves the service; `last_day` is the last one."""

    user_id: int
    old: Unit
    new: Unit | None
    last_day: date


def follow_moves(moves: Iterable[Move], *, moment: datetime, reason_key: Any = None) -> set[int]:
    """Whoever goes elsewhere leaves behind what was given or delegated to them for where they were.

    That is every grant on the old unit, above or below it, that does not cover the new one; what was given on other
    units (an auditor's communes) stays, what follows an appointment ends with the appointment. Whoever leaves the
    service keeps nothing. Returns the accounts concerned, for `project_many`.
    """
    by_user = {move.user_id: move for move in moves}
    given = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("unit", "user")
        .filter(user__in=list(by_user), ended_at__isnull=True)
        .exclude(source=GrantSource.APPOINTMENT)
        .order_by("pk")
    )
    ending = [
        grant
        for grant in given
        if _left_behind(grant, by_user[grant.user_id])
        and (grant.ends_on is None or grant.ends_on > by_user[grant.user_id].last_day)
    ]
    for grant in ending:
        _set_last_day(grant, by_user[grant.user_id].last_day, moment)
    _store_ends(ending, moment, reason_key=reason_key)
    for together in _acts(ending):
        first = together[0]
        ledger.record(
            Act.GRANT_ENDED,
            subject=first,
            label=first.user.get_username(),
            unit=first.unit,
            before=facts(together),
            reason_key=reason_key,
        )
    return {grant.user_id for grant in ending}


def _left_behind(grant: Grant, move: Move) -> bool:
    path, old = grant.unit.path, move.old.path
    if move.new is None:
        return True
    return (old.startswith(path) or path.startswith(old)) and not move.new.path.startswith(path)


def _acts(grants: Iterable[Grant]) -> Iterable[list[Grant]]:
    """Grants of one account and unit that were given by one act, as the ledger names them."""
    together: dict[Any, list[Grant]] = {}
    for grant in grants:
        together.setdefault((grant.user_id, grant.unit_id, grant.reason_key), []).append(grant)
    return together.values()


# --- What ends with something else --------------------------------------------------------------------------
def end_delegations_of(givers: Sequence[Grant], moment: datetime) -> None:
    """What was delegated ends with the giver's own grant: at once with it, and on its last day at the latest."""
    by_key = {grant.pk: grant for grant in givers}
    delegations = Grant.objects.select_for_update().filter(
        delegated_from__in=list(by_key), ended_at__isnull=True
    )
    changed = []
    for delegation in delegations.order_by("pk"):
        giver = by_key[delegation.delegated_from_id]
        assert delegation.ends_on is not None  # the database refuses a delegation without a last day
        if giver.ended_at is not None or (giver.ends_on is not None and giver.ends_on < delegation.starts_on):
            delegation.ended_at = moment
        elif giver.ends_on is not None and giver.ends_on < delegation.ends_on:
            delegation.ends_on = giver.ends_on
        else:
            continue
        changed.append(delegation)
    update_few(Grant, changed, ["ended_at", "ends_on"])


def follow_tree(unit_ids: Iterable[int], *, moment: datetime) -> None:
    """Units have moved. What anybody holds moves with the paths; a delegation that now lies outside its giver's unit
    ends at once, because it would exceed the giver."""
    outside = (
        Grant.objects.select_for_update(of=("self",))
        .filter(unit__in=list(unit_ids), delegated_from__isnull=False, ended_at__isnull=True)
        .exclude(unit__path__startswith=F("delegated_from__unit__path"))
        .order_by("pk")
    )
    ended = list(outside)
    for grant in ended:
        grant.ended_at = moment
    update_few(Grant, ended, ["ended_at"])
    project_many({grant.user_id for grant in ended}, moment=moment)
