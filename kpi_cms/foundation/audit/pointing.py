"""Which columns of sealed rows point at a text of the erasable side table, and since when."""

import uuid
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Min

from . import layouts

NOT_TEXTS = {"group_key"}  # what parts of one product share; no text
# The moment of a row: of history, of the ledger, of a grant.
MOMENTS = ("history_date", "at", "given_at")


def columns() -> Iterator[tuple[Any, str, str]]:
    """(Model, field, its column) of every key of a text in a sealed table, history's reasons included."""
    for model in layouts.sealed_models().values():
        for field in text_keys(model):
            yield model, field.name, str(field.column)


def text_keys(model: Any) -> Iterator[Any]:
    """The fields of a model that hold the key of a text."""
    for field in model._meta.concrete_fields:
        names_a_text = field.name.endswith("_key") or field.name == "history_change_reason"
        if field.get_internal_type() == "UUIDField" and names_a_text and field.name not in NOT_TEXTS:
            yield field


def written_at(keys: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When each text was written: the moment of the first row of history or of the ledger that points at it.

    Reads every such table from end to end, since none is looked up by its texts: for the rare act of an operator.
    """
    wanted = sorted(keys)
    found: dict[uuid.UUID, datetime] = {}
    for model, field, _column in columns():
        names = {each.name for each in model._meta.fields}
        dated = next(name for name in MOMENTS if name in names)
        for first in range(0, len(wanted), layouts.PART):
            rows = model._base_manager.filter(**{f"{field}__in": wanted[first : first + layouts.PART]})
            for key, moment in rows.order_by().values_list(field).annotate(Min(dated)):
                found[key] = min(moment, found.get(key, moment))
    return found
