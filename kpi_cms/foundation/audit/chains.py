"""Which chain a row belongs to: one for each unit of the second level, and one for the province."""

from collections.abc import Iterable
from typing import Any

from kpi_cms.foundation.core.scope_model import scope_model

from .canonical import PROVINCE

LEVEL = 2


def chains_of(unit_ids: Iterable[int]) -> dict[int, str]:
    """Unit → code of the unit of the second level that it is, or stands below, today. The root's is the province's.

    Asked while a row is sealed, at most a second after it was written; the seal keeps the answer for ever, so a unit
    that moves takes nothing of its past with it.
    """
    model = scope_model()
    length = LEVEL * model.steplen
    paths = dict(model._default_manager.filter(pk__in=set(unit_ids)).values_list("pk", "path"))
    heads = {path[:length] for path in paths.values() if len(path) >= length}
    codes = dict(model._default_manager.filter(path__in=heads).values_list("path", "code"))
    return {pk: codes.get(path[:length], PROVINCE) for pk, path in paths.items()}


def chain_of(unit: Any) -> str:
    """The chain of one unit."""
    return chains_of([unit.pk]).get(unit.pk, PROVINCE)
