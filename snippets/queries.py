"""Reads of the registers that more than one door uses: the tree, and search without marks.

Who heads what on a day, and who evaluates whom, is `evaluation.domain.evaluators.Organisation`: one reading of it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q

from kpi_cms.foundation.core.text import fold

from .enums import UnitLevel
from .models import Unit


# --- The tree ----------------------------------------------------------------------------------------------
def lineage(path: str) -> list[str]:
    """The paths from the top of the tree down to `path` itself."""
    return [path[:end] for end in range(Unit.steplen, len(path) + 1, Unit.steplen)]


def top_units(scope: Any, *capabilities: str) -> Any:
    """The highest units that carry the capabilities for a reader, and the units directly below them."""
    query = Q(pk__in=[])
    for path in scope.paths(*capabilities):
        query |= Q(path__startswith=path, depth__lte=len(path) // Unit.steplen + 1)
    return Unit.objects.filter(query)


class Tree:
    """All units in memory, and which one stands above another in evaluating (rules.md §7): one query."""

    def __init__(self) -> None:
        self.units = {unit.pk: unit for unit in Unit.objects.all()}
        self._by_path = {unit.path: unit for unit in self.units.values()}

    def ancestors(self, unit: Unit) -> Iterable[Unit]:
        """The unit itself, then its parents up to the root."""
        return (self._by_path[path] for path in reversed(lineage(unit.path)))

    def using_agency(self, unit: Unit) -> Unit:
        """The nearest unit at or above that is a using agency; the unit itself where there is none."""
        for candidate in self.ancestors(unit):
            if candidate.level == UnitLevel.USING:
                return candidate
        return unit

    def superior(self, unit: Unit) -> Unit | None:
        """Whose head stands above the head of `unit`: the using agency above it, else the managing agency."""
        agency = self.using_agency(unit)
        if agency.pk != unit.pk:
            return agency
        return self.units[unit.managing_unit_id] if unit.managing_unit_id else None

    def superiors(self, unit: Unit) -> Iterator[Unit]:
        """Everything above the unit, nearest first; in a circle each unit once, the unit itself the last."""
        passed: set[int] = set()
        above = self.superior(unit)
        while above is not None and above.pk not in passed:
            yield above
            passed.add(above.pk)
            above = self.superior(above) if above.pk != unit.pk else None

    def in_circles(self, path: str) -> list[Unit]:
        """Units at or below `path` that stand above themselves."""
        return [
            unit
            for unit in self.units.values()
            if unit.path.startswith(path) and unit in self.superiors(unit)
        ]


# --- Search ------------------------------------------------------------------------------------------------
def containing(text: str, *, field: str = "search_text") -> Q:
    """Rows whose folded column contains every word of `text`, in any order: `nguyen`, `dang`, `ke hoach`."""
    query = Q()
    for word in fold(text).split():
        query &= Q(**{f"{field}__contains": word})
    return query


def find_units(units: Any, text: str) -> Any:
    """Units of a queryset found by name or code, without marks."""
    return units.filter(containing(text))
