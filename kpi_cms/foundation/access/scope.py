"""What an account holds today: capability → paths of the unit tree.

One query reads the projection of the grants (guardian's direct-foreign-key rows) with the units' *present* paths;
paths change when a unit moves, so they are read afresh in each request and never cached beyond it. The same query
says what is held on behalf of somebody absent: that reads and lists like anything held, but it decides nothing about
the person who delegated it, who could not decide about themselves either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.db.models.lookups import In
from django.utils.functional import SimpleLazyObject
from guardian.utils import get_user_obj_perms_model

from kpi_cms.foundation.core.scope_model import scope_model

if TYPE_CHECKING:
    from kpi_cms.foundation.accounts.models import User


class ScopeNode(Protocol):
    """A node of the scope tree: a materialised path that is a prefix of its descendants' paths."""

    path: str


@dataclass(frozen=True)
class Delegated:
    """One capability on one path, held for the account `giver_id` while it is absent."""

    giver_id: int
    capability: str
    path: str


@dataclass(frozen=True)
class Means:
    """By what an account may do something: in its own right, or on behalf of the account named."""

    on_behalf_of: int | None = None


@dataclass(frozen=True)
class Scope:
    """The capabilities of one account: `held` in its own right, each with the shortest paths that carry it, and
    `delegated` to it. Every question counts both, unless it says otherwise.

    `Scope.of(user)` costs one query, at the first question about a capability: whoever is asked only about their own
    card pays nothing. An inactive or anonymous account holds nothing; a superuser gets nothing
    from being one, because whoever keeps the system running reads no card.
    """

    user_id: int | None = None
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delegated: Sequence[Delegated] = ()

    @classmethod
    def of(cls, user: User | Any) -> Scope:
        if not getattr(user, "is_active", False) or user.pk is None:
            return cls()
        read = cache(partial(_read, user.pk))
        return cls(
            user.pk,
            SimpleLazyObject(lambda: read()[0]),  # type: ignore[arg-type]  # a lazy mapping
            SimpleLazyObject(lambda: read()[1]),  # type: ignore[arg-type]  # a lazy sequence
        )

    def paths(self, *capabilities: str) -> tuple[str, ...]:
        """The shortest paths that carry any of the capabilities."""
        return shortest(path for capability in capabilities for path in self._paths(capability))

    def _paths(self, capability: str) -> Iterator[str]:
        yield from self.held.get(capability, ())
        yield from (one.path for one in self.delegated if one.capability == capability)

    def holds(self, *capabilities: str) -> bool:
        """Held anywhere at all."""
        return bool(self.paths(*capabilities))

    def covers(self, capability: str, unit: ScopeNode) -> bool:
        """Held on the unit or on a unit above it."""
        return any(unit.path.startswith(path) for path in self._paths(capability))

    def covers_any(self, capabilities: Iterable[str], unit: ScopeNode) -> bool:
        return any(self.covers(capability, unit) for capability in capabilities)

    def means(self, capability: str, unit: ScopeNode, *, about: int | None) -> Means | None:
        """By what the account may decide on the unit about the account `about`; None where it may not.

        Its own right comes first. What `about` delegated does not count: nobody decides their own matter through
        somebody else.
        """
        if any(unit.path.startswith(path) for path in self.held.get(capability, ())):
            return Means()
        for one in self.delegated:
            if one.capability == capability and one.giver_id != about and unit.path.startswith(one.path):
                return Means(one.giver_id)
        return None

    def acts_for(self, giver_id: int | None, capability: str, unit: ScopeNode) -> bool:
        """The account `giver_id` delegated the capability on the unit or above it."""
        paths = self.delegations(capability).get(giver_id, ()) if giver_id is not None else ()
        return any(unit.path.startswith(path) for path in paths)

    def delegations(self, capability: str) -> dict[int, tuple[str, ...]]:
        """Who delegated the capability → the shortest paths."""
        found: dict[int, list[str]] = {}
        for one in self.delegated:
            if one.capability == capability:
                found.setdefault(one.giver_id, []).append(one.path)
        return {giver_id: shortest(paths) for giver_id, paths in found.items()}

    def units(self, *capabilities: str) -> QuerySet[Any]:
        """The units that carry any of the capabilities; a subquery for `unit__in` filters (traps.md 4)."""
        return scope_model()._default_manager.filter(paths_q(self.paths(*capabilities), "path"))

    def q(self, *capabilities: str, path: str = "unit__path") -> Q:
        """A filter on rows whose unit carries any of the capabilities."""
        return paths_q(self.paths(*capabilities), path)


def _read(user_id: int) -> tuple[dict[str, tuple[str, ...]], tuple[Delegated, ...]]:
    """What an account holds in its own right, and what was delegated to it: one query."""
    model = scope_model()
    rows = get_user_obj_perms_model(model)._default_manager.filter(user_id=user_id)
    held: dict[str, list[str]] = {}
    delegated: list[Delegated] = []
    for capability, path, giver_id in rows.values_list(
        "permission__codename", "content_object__path", "on_behalf_of_id"
    ):
        if giver_id is None:
            held.setdefault(capability, []).append(path)
        else:
            delegated.append(Delegated(giver_id, capability, path))
    return (
        {capability: shortest(paths) for capability, paths in held.items()},
        tuple(sorted(delegated, key=lambda one: (one.giver_id, one.capability, one.path))),
    )


def shortest(paths: Iterable[str]) -> tuple[str, ...]:
    """Drop every path that lies below another one; sorted."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not (kept and path.startswith(kept[-1])):
            kept.append(path)
    return tuple(kept)


def paths_q(paths: Iterable[str], field_name: str) -> Q:
    """Rows at or below any of the paths; no path matches nothing.

    Many paths of one length are compared as one list of beginnings: an auditor of 500 units costs 3 ms where 500
    comparisons one by one cost 30 (docs/performance.md).
    """
    lengths: dict[int, list[str]] = {}
    for path in paths:
        lengths.setdefault(len(path), []).append(path)
    query = Q(pk__in=[])
    for length, alike in lengths.items():
        if len(alike) == 1:
            query |= Q(**{f"{field_name}__startswith": alike[0]})
        else:
            query |= Q(In(Left(field_name, length), alike))
    return query
