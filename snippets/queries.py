"""Reads of the registers that more than one door uses: the tree, and search without marks.

Who heads what on a day, and who evaluates whom, is `evaluation.domain.evaluators.Organisation`: one reading of it.
"""

from typing import Any

from django.db.models import Q

from kpi_cms.foundation.core.text import fold

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
