"""What an account holds today: capability → paths of the unit tree.

One query reads the projection of the grants (guardian's direct-foreign-key rows) with the units' *present* paths;
paths change when a unit moves, so they are read afresh in each request and never cached beyond it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from django.apps import apps
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Left
from django.db.models.lookups import In
from django.utils.functional import SimpleLazyObject
from guardian.utils import get_user_obj_perms_model

if TYPE_CHECKING:
    from kpi_cms.foundation.accounts.models import User


class ScopeNode(Protocol):
    """A node of the scope tree: a materialised path that is a prefix of its descendants' paths."""

    path: str


def scope_model() -> type[Model]:
    """The model that capabilities are held on."""
    model: type[Model] = apps.get_model(settings.ACCESS_SCOPE_MODEL)
    return model


@dataclass(frozen=True)
class Scope:
    """The capabilities of one account, each with the shortest paths that carry it.

    `Scope.of(user)` costs one query, at the first question about a capability: whoever is asked only about their own
    card pays nothing. An inactive or anonymous account holds nothing; a superuser gets nothing
    from being one, because whoever keeps the system running reads no card.
    """

    user_id: int | None = None
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User | Any) -> Scope:
        if not getattr(user, "is_active", False) or user.pk is None:
            return cls()
        return cls(user.pk, SimpleLazyObject(partial(_held_by, user.pk)))  # type: ignore[arg-type]  # a lazy mapping

    def paths(self, *capabilities: str) -> tuple[str, ...]:
        """The shortest paths that carry any of the capabilities."""
        return shortest(path for capability in capabilities for path in self.held.get(capability, ()))

    def holds(self, *capabilities: str) -> bool:
        """Held anywhere at all."""
        return any(self.held.get(capability) for capability in capabilities)

    def covers(self, capability: str, unit: ScopeNode) -> bool:
        """Held on the unit or on a unit above it."""
        return any(unit.path.startswith(path) for path in self.held.get(capability, ()))

    def covers_any(self, capabilities: Iterable[str], unit: ScopeNode) -> bool:
        return any(self.covers(capability, unit) for capability in capabilities)

    def units(self, *capabilities: str) -> QuerySet[Any]:
        """The units that carry any of the capabilities; a subquery for `unit__in` filters (traps.md 4)."""
        return scope_model()._default_manager.filter(paths_q(self.paths(*capabilities), "path"))

    def q(self, *capabilities: str, path: str = "unit__path") -> Q:
        """A filter on rows whose unit carries any of the capabilities."""
        return paths_q(self.paths(*capabilities), path)


def _held_by(user_id: int) -> dict[str, tuple[str, ...]]:
    model: Any = scope_model()
    rows = get_user_obj_perms_model(model)._default_manager.filter(user_id=user_id)
    held: dict[str, list[str]] = {}
    for codename, path in rows.values_list("permission__codename", "content_object__path"):
        held.setdefault(codename, []).append(path)
    return {codename: shortest(paths) for codename, paths in held.items()}


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
