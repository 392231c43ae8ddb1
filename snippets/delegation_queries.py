"""What somebody may delegate and to whom, and what was delegated by and to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from kpi_cms.foundation.access.scope import paths_q, shortest
from kpi_cms.foundation.accounts.models import User

from .enums import DELEGABLE, Capability
from .models import Grant, Person, Unit


@dataclass(frozen=True)
class Delegable:
    """What a head holds in their own right and may leave to others: the capabilities, and the paths they evaluate."""

    user_id: int
    day: date
    capabilities: tuple[Capability, ...]
    paths: tuple[str, ...]

    def units(self) -> QuerySet[Unit]:
        """The units concerned and those below them that still exist, in the order of the tree."""
        units: QuerySet[Unit] = Unit.objects.filter(paths_q(self.paths, "path"), Unit.open_on(self.day))
        return units

    def people(self) -> QuerySet[Person]:
        """Everybody of these units who can sign in, but the account's own person; by name."""
        own = Person.objects.serving(self.day).filter(paths_q(self.paths, "unit__path"))
        people: QuerySet[Person] = own.filter(user__is_active=True).exclude(user_id=self.user_id)
        return people.select_related("unit").order_by("sort_key", "staff_code")


def delegable_by(user: User, moment: datetime) -> Delegable:
    """In one query. Nothing that was delegated to the account itself."""
    today = timezone.localdate(moment)
    grants = Grant.objects.on(today).own().filter(user=user, capability__in=DELEGABLE)
    rows = list(grants.values_list("capability", "unit__path"))
    evaluated = shortest(path for capability, path in rows if capability == Capability.EVALUATE)
    # Reading or assigning counts where it reaches one of the units that the account evaluates.
    held = {
        capability
        for capability, path in rows
        if any(path.startswith(unit) or unit.startswith(path) for unit in evaluated)
    }
    return Delegable(
        user.pk, today, tuple(capability for capability in DELEGABLE if capability in held), evaluated
    )


@dataclass(frozen=True)
class Delegation:
    """What was delegated by one act: by whom to whom, what, where, from when to when; `grant` is one of its grants."""

    grant: Grant
    giver: User
    receiver: User
    unit: Unit
    capabilities: tuple[Capability, ...]
    starts_on: date
    ends_on: date
    ended_at: datetime | None
    reason_key: Any

    def lasts(self, moment: datetime) -> bool:
        """In force, or still to come."""
        return self.ended_at is None and self.ends_on >= timezone.localdate(moment)


def delegations_of(user: User, *, limit: int = 50) -> list[Delegation]:
    """By and to the account, the newest first: one query."""
    grants = (
        Grant.objects.filter(Q(user=user) | Q(delegated_from__user=user), delegated_from__isnull=False)
        .select_related("user", "unit", "delegated_from__user")
        .order_by("-given_at", "-pk")[: limit * len(DELEGABLE)]
    )
    return list(_acts(grants))[:limit]


def _acts(grants: Iterable[Grant]) -> Iterable[Delegation]:
    """Grants of one act have its reason, their account and their end in common."""
    together: dict[Any, list[Grant]] = {}
    for grant in grants:
        key = (grant.reason_key, grant.user_id, grant.unit_id, grant.ends_on, grant.ended_at)
        together.setdefault(key, []).append(grant)
    for group in together.values():
        first = group[0]
        assert first.delegated_from is not None  # the query asks for it
        assert first.ends_on is not None  # the database asks for it
        held = {grant.capability for grant in group}
        yield Delegation(
            grant=first,
            giver=first.delegated_from.user,
            receiver=first.user,
            unit=first.unit,
            capabilities=tuple(capability for capability in DELEGABLE if capability in held),
            starts_on=first.starts_on,
            ends_on=first.ends_on,
            ended_at=first.ended_at,
            reason_key=first.reason_key,
        )
