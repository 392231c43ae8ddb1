"""What is in force today: guardian's rows and membership in the two groups, derived from the grants and nothing else.

`project` and `project_many` follow every act that changes what somebody holds, delegates included. `project_all` does
it for everybody each night, after `check_all` has looked: what no grant that begins or ends by date explains is a
defect or an intrusion, and goes into the ledger before it is put right.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.many import BATCH
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import business_verb

from ..enums import AUTHORING_CAPABILITIES, Capability
from ..models import Grant, Unit, UnitUserObjectPermission

__all__ = [
    "AUTHORS_GROUP",
    "REGISTERS_GROUP",
    "Difference",
    "Projection",
    "authors_group",
    "check_all",
    "differences",
    "project",
    "project_all",
    "project_many",
    "registers_group",
]

logger = logging.getLogger(__name__)

AUTHORS_GROUP = "Soạn bộ tiêu chí"
REGISTERS_GROUP = "Giữ sổ đăng ký"

_AUTHORS = (Capability.AUTHOR, Capability.PUBLISH)
_QUALIFYING = {
    AUTHORS_GROUP: frozenset(_AUTHORS),
    REGISTERS_GROUP: frozenset(AUTHORING_CAPABILITIES) - frozenset(_AUTHORS),
}
# A scheduler that stood still for longer is compared day by day for this many days back.
_DAYS_BACK = 31


@dataclass(frozen=True, order=True)
class Held:
    """One thing in force for an account: a capability on a unit (for somebody absent), or one of the two groups."""

    user_id: int
    unit_id: int = 0
    name: str = ""
    on_behalf_of: int = 0


@dataclass(frozen=True, order=True)
class Difference:
    """What is in force and should not be (`surplus`), or is not and should be."""

    held: Held
    surplus: bool


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


# --- Following what somebody holds -------------------------------------------------------------------------
def project(user: User, *, moment: datetime) -> Projection:
    """Rebuild today's rows of one account from its grants in force, and of whoever acts for it."""
    return project_many([user.pk], moment=moment)


def project_many(user_ids: Iterable[int], *, moment: datetime) -> Projection:
    """The same for several accounts, in as many queries as for one."""
    keys = set(user_ids)
    if not keys:
        return Projection(0, 0, 0, 0)
    delegates = Grant.objects.filter(delegated_from__user_id__in=keys).values_list("user_id", flat=True)
    return _project(sorted(keys.union(delegates)), moment)


@business_verb
def project_all(*, actor: User, moment: datetime) -> Projection:
    """Every account, each night: grants that begin or end by date take effect. Returns what differed."""
    return _project(None, moment)


def _project(user_ids: list[int] | None, moment: datetime) -> Projection:
    wanted = _wanted(timezone.localdate(moment), user_ids)
    present = _present(user_ids)
    surplus = [held for held in present if held not in wanted]
    lacking = sorted(wanted - present.keys())
    rows, members = [held for held in surplus if held.unit_id], [held for held in surplus if not held.unit_id]
    for start in range(0, len(rows), BATCH):
        keys = [present[held] for held in rows[start : start + BATCH]]
        UnitUserObjectPermission.objects.filter(pk__in=keys).delete()
    for start in range(0, len(members), BATCH):
        keys = [present[held] for held in members[start : start + BATCH]]
        User.groups.through.objects.filter(pk__in=keys).delete()
    added, joined = [held for held in lacking if held.unit_id], [held for held in lacking if not held.unit_id]
    _add_rows(added)
    _add_members(joined)
    return Projection(len(added), len(rows), len(joined), len(members))


def _add_rows(lacking: list[Held]) -> None:
    if not lacking:
        return
    permissions = _capability_permissions()
    UnitUserObjectPermission.objects.bulk_create(
        [
            UnitUserObjectPermission(
                user_id=held.user_id,
                content_object_id=held.unit_id,
                permission_id=permissions[held.name],
                on_behalf_of_id=held.on_behalf_of or None,
            )
            for held in lacking
        ],
        batch_size=BATCH,
    )


def _add_members(lacking: list[Held]) -> None:
    members = User.groups.through
    keys = {name: _group(name).pk for name in {held.name for held in lacking}}
    members.objects.bulk_create(
        [members(user_id=held.user_id, group_id=keys[held.name]) for held in lacking], batch_size=BATCH
    )


def _wanted(day: date, user_ids: list[int] | None) -> set[Held]:
    """What the grants say is in force on a day."""
    grants = Grant.objects.on(day).filter(user__is_active=True)
    if user_ids is not None:
        grants = grants.filter(user_id__in=user_ids)
    rows = {
        Held(user_id, unit_id, capability, giver_id or 0)
        for user_id, unit_id, capability, giver_id in grants.values_list(
            "user_id", "unit_id", "capability", "delegated_from__user_id"
        )
    }
    members = {
        Held(held.user_id, name=group)
        for held in rows
        for group, qualifying in _QUALIFYING.items()
        if held.name in qualifying
    }
    return rows | members


def _present(user_ids: list[int] | None) -> dict[Held, int]:
    """What is in force now → the key of its row."""
    rows = UnitUserObjectPermission.objects.all()
    members = User.groups.through.objects.filter(group__name__in=_QUALIFYING)
    if user_ids is not None:
        rows, members = rows.filter(user_id__in=user_ids), members.filter(user_id__in=user_ids)
    found = {
        Held(user_id, unit_id, name, giver_id or 0): key
        for key, user_id, unit_id, name, giver_id in rows.values_list(
            "pk", "user_id", "content_object_id", "permission__codename", "on_behalf_of_id"
        )
    }
    for key, user_id, name in members.values_list("pk", "user_id", "group__name"):
        found[Held(user_id, name=name)] = key
    return found


# --- Checking ----------------------------------------------------------------------------------------------
def differences(day: date, *, since: date | None = None) -> list[Difference]:
    """Where what is in force differs from what the grants say of `day`.

    With `since`, the day of the last nightly run, only what no day from then on explains: a grant that began or
    ended by date in between is the night's ordinary work.
    """
    present = _present(None).keys()
    if since is None or since >= day:
        always = ever = _wanted(day, None)
    else:
        first = max(since, day - timedelta(days=_DAYS_BACK))
        days = [_wanted(first + timedelta(days=number), None) for number in range((day - first).days + 1)]
        always, ever = set.intersection(*days), set.union(*days)
    surplus = [Difference(held, surplus=True) for held in present - ever]
    return sorted([*surplus, *(Difference(held, surplus=False) for held in always - present)])


@business_verb
def check_all(*, actor: User, moment: datetime) -> list[Difference]:
    """Look before the nightly rebuild, and put what nothing explains into the ledger: each account and unit by name.

    The entry of the check itself is written every night, so that a night without one shows.
    """
    day = timezone.localdate(moment)
    last = (
        LedgerEntry.objects.filter(
            subject_type=User._meta.label, subject_id=str(actor.pk), act=Act.GRANTS_CHECKED
        )
        .order_by("-id")
        .values_list("at", flat=True)
        .first()
    )
    found = differences(day, since=timezone.localdate(last) if last is not None else None)
    _record(found)
    ledger.record(
        Act.GRANTS_CHECKED,
        subject=actor,
        label=actor.get_username(),
        after={
            "day": day.isoformat(),
            "lacking": sum(not each.surplus for each in found),
            "surplus": sum(each.surplus for each in found),
        },
    )
    if found:
        logger.error("What is in force differed from the grants in %d places; see the ledger.", len(found))
    return found


def _record(found: list[Difference]) -> None:
    """One entry for each account and unit."""
    grouped: dict[tuple[int, int], list[Difference]] = defaultdict(list)
    for each in found:
        grouped[each.held.user_id, each.held.unit_id].append(each)
    accounts = User.objects.in_bulk({user_id for user_id, _unit in grouped})
    units = Unit.objects.in_bulk({unit_id for _user, unit_id in grouped})
    for (user_id, unit_id), group in sorted(grouped.items()):
        ledger.record(
            Act.GRANTS_DIFFERED,
            subject=accounts[user_id],
            label=accounts[user_id].get_username(),
            unit=units.get(unit_id),
            before={"surplus": [_named(each.held) for each in group if each.surplus]},
            after={"lacking": [_named(each.held) for each in group if not each.surplus]},
        )


def _named(held: Held) -> str:
    return f"{held.name} ({held.on_behalf_of})" if held.on_behalf_of else held.name


# --- The two groups ----------------------------------------------------------------------------------------
def _capability_permissions() -> dict[str, int]:
    content_type = ContentType.objects.get_for_model(Unit)
    return dict(
        Permission.objects.filter(content_type=content_type, codename__in=Capability.values).values_list(
            "codename", "pk"
        )
    )


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
