"""Grants are the truth, guardian's rows their projection for today.

`give`, `give_role` and `end_grant` are decisions; grants from an appointment follow it (`follow_appointment`,
`unfollow_appointment`, called by `snippets.domain.people`). Rows are never deleted; only `ends_on` and `ended_at`
of a row change, which the database enforces. Whoever holds an authoring capability is also a member of one of two
Django groups, because Wagtail asks its own permission at the admin's door.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState

from .. import rule_table as table
from ..enums import AUTHORING_CAPABILITIES, ROLE_CAPABILITIES, Capability, GrantSource, PostRole, Role
from ..models import Appointment, Grant, Unit, UnitUserObjectPermission
from ..rules import is_system, may
from .tracking import BATCH, create_many, write_history

__all__ = [
    "AUTHORS_GROUP",
    "REGISTERS_GROUP",
    "Projection",
    "authors_group",
    "end_grant",
    "follow_appointments",
    "follow_changed",
    "give",
    "give_role",
    "is_system",
    "project",
    "project_all",
    "project_many",
    "registers_group",
    "unfollow_appointments",
]

AUTHORS_GROUP = "Soạn bộ tiêu chí"
REGISTERS_GROUP = "Giữ sổ đăng ký"

_AUTHORS = (Capability.AUTHOR, Capability.PUBLISH)


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
    if unit.closed_on is not None and unit.closed_on <= starts_on:
        raise WrongState(_("The unit “%(name)s” is closed. Choose its successor.") % {"name": unit.name})
    if ends_on is not None and ends_on < starts_on:
        sentence = _("A grant cannot end before it starts. Correct one of the two dates.")
        raise Invalid(sentence, problems={"ends_on": [sentence]})
    if not reason.strip():
        sentence = _("Say why: the reason stands in the record of grants.")
        raise Invalid(sentence, problems={"reason": [sentence]})
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
        )
        for capability in wanted
    ]
    create_many(Grant, grants, reason_key=reason_key)
    ledger.record(
        Act.GRANT_GIVEN,
        subject=grants[0],
        label=user.get_username(),
        unit=unit,
        after=_facts(grants),
        reason_key=reason_key,
    )
    project(user, moment=moment)
    return grants


@business_verb
def end_grant(*, actor: User, moment: datetime, grant: Grant, reason: str) -> Grant:
    """End a grant at once. One that follows an appointment ends with it, not here."""
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    may(actor, table.END_GRANT, grant.unit).require()
    if grant.source == GrantSource.APPOINTMENT:
        raise WrongState(
            _("This grant follows an appointment. End the appointment, and the grant ends with it.")
        )
    if grant.ended_at is not None or (
        grant.ends_on is not None and grant.ends_on < timezone.localdate(moment)
    ):
        raise WrongState(_("This grant has ended already."))
    if not reason.strip():
        sentence = _("Say why: the reason stands in the record of grants.")
        raise Invalid(sentence, problems={"reason": [sentence]})
    reason_key = texts.keep(TextKind.REASON, reason)
    grant.ended_at = moment
    save_tracked(grant, reason_key=reason_key, update_fields=["ended_at"])
    ledger.record(
        Act.GRANT_ENDED,
        subject=grant,
        label=grant.user.get_username(),
        unit=grant.unit,
        before=_facts([grant]),
        reason_key=reason_key,
    )
    project(grant.user, moment=moment)
    return grant


def _facts(grants: Sequence[Grant]) -> dict[str, object]:
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
        )
        for item, user_id in heads
        if item.pk not in followed
        for capability in ROLE_CAPABILITIES[Role.HEAD]
    ]
    create_many(Grant, grants)
    return {grant.user_id for grant in grants}


def unfollow_appointments(appointments: Iterable[Appointment], *, actor: User, moment: datetime) -> set[int]:
    """Let the grants of appointments end with them: at once when the last day has passed; returns the accounts."""
    today = timezone.localdate(moment)
    by_key = {item.pk: item for item in appointments}
    open_grants = list(
        Grant.objects.select_for_update().filter(appointment__in=list(by_key), ended_at__isnull=True)
    )
    for grant in open_grants:
        item = by_key[grant.appointment_id]
        if item.ends_on is not None and item.ends_on < max(today, grant.starts_on):
            grant.ended_at = moment
        else:
            grant.ends_on = item.ends_on
    Grant.objects.bulk_update(open_grants, ["ended_at", "ends_on"], batch_size=BATCH)
    write_history(Grant, open_grants)
    return {grant.user_id for grant in open_grants}


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
    Grant.objects.bulk_update(stale, ["ended_at"], batch_size=BATCH)
    write_history(Grant, stale)
    return {grant.user_id for grant in stale}


# --- Projection --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Projection:
    """How many rows today's projection differed from the grants in force by, before it was put right."""

    added: int
    removed: int
    members_added: int
    members_removed: int

    @property
    def differs(self) -> bool:
        return bool(self.added or self.removed or self.members_added or self.members_removed)


def project(user: User, *, moment: datetime) -> Projection:
    """Rebuild today's permission rows and group membership of one account from its grants in force."""
    return _project([user.pk], moment)


def project_many(user_ids: Iterable[int], *, moment: datetime) -> Projection:
    """The same for several accounts, in as many queries as for one."""
    keys = sorted(set(user_ids))
    return _project(keys, moment) if keys else Projection(0, 0, 0, 0)


@business_verb
def project_all(*, actor: User, moment: datetime) -> Projection:
    """Every account, each night: grants that begin or end by date take effect. Returns what differed."""
    return _project(None, moment)


def _project(user_ids: list[int] | None, moment: datetime) -> Projection:
    today = timezone.localdate(moment)
    grants = Grant.objects.on(today).filter(user__is_active=True)
    rows = UnitUserObjectPermission.objects.all()
    if user_ids is not None:
        grants, rows = grants.filter(user_id__in=user_ids), rows.filter(user_id__in=user_ids)
    wanted = set(grants.values_list("user_id", "unit_id", "capability"))
    present = {
        (user_id, unit_id, codename): key
        for key, user_id, unit_id, codename in rows.values_list(
            "pk", "user_id", "content_object_id", "permission__codename"
        )
    }
    surplus = [key for row, key in present.items() if row not in wanted]
    lacking = sorted(wanted - present.keys())
    if surplus:
        for start in range(0, len(surplus), BATCH):
            UnitUserObjectPermission.objects.filter(pk__in=surplus[start : start + BATCH]).delete()
    if lacking:
        permissions = _capability_permissions()
        UnitUserObjectPermission.objects.bulk_create(
            [
                UnitUserObjectPermission(
                    user_id=user_id, content_object_id=unit_id, permission_id=permissions[name]
                )
                for user_id, unit_id, name in lacking
            ],
            batch_size=BATCH,
        )
    joined, left = _project_groups(wanted, user_ids)
    return Projection(len(lacking), len(surplus), joined, left)


def _capability_permissions() -> dict[str, int]:
    content_type = ContentType.objects.get_for_model(Unit)
    return dict(
        Permission.objects.filter(content_type=content_type, codename__in=Capability.values).values_list(
            "codename", "pk"
        )
    )


def _project_groups(held: set[tuple[int, int, str]], user_ids: list[int] | None) -> tuple[int, int]:
    """Membership in the two groups that open the Wagtail admin follows the capabilities held."""
    groups = {AUTHORS_GROUP: authors_group, REGISTERS_GROUP: registers_group}
    qualifying = {AUTHORS_GROUP: set(_AUTHORS), REGISTERS_GROUP: set(AUTHORING_CAPABILITIES) - set(_AUTHORS)}
    memberships = User.groups.through.objects.filter(group__name__in=groups)
    if user_ids is not None:
        memberships = memberships.filter(user_id__in=user_ids)
    present = {
        (user_id, name): key for key, user_id, name in memberships.values_list("pk", "user_id", "group__name")
    }
    wanted = {
        (user_id, name)
        for user_id, _unit, capability in held
        for name in groups
        if capability in qualifying[name]
    }
    surplus = [key for member, key in present.items() if member not in wanted]
    lacking = sorted(wanted - present.keys())
    if surplus:
        User.groups.through.objects.filter(pk__in=surplus).delete()
    if lacking:
        keys = {name: groups[name]().pk for name in {name for _user, name in lacking}}
        User.groups.through.objects.bulk_create(
            [User.groups.through(user_id=user_id, group_id=keys[name]) for user_id, name in lacking],
            batch_size=BATCH,
        )
    return len(lacking), len(surplus)


def authors_group() -> Group:
    """Those who write criteria pages: the admin's door. The criteria room attaches its page permissions to it."""
    return _group(AUTHORS_GROUP)


def registers_group() -> Group:
    """Those who keep registers: the admin's door and nothing else; what they see there comes from their grants."""
    return _group(REGISTERS_GROUP)


def _group(name: str) -> Group:
    group, created = Group.objects.get_or_create(name=name)
    if created:
        group.permissions.add(
            Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
        )
    return group
