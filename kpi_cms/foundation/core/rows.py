"""Changes that reach every row they were meant for, or none.

Row security makes an UPDATE of an unreadable row affect no row, without a word (traps.md 35); so does a row that is
gone. Whoever changes rows past `save()` counts them here.
"""

from collections.abc import Sequence
from typing import Any

from django.db import models

from .errors import NotWritten


def update_each(rows: "models.QuerySet[Any]", number: int = 1, **values: Any) -> None:
    """`rows.update(**values)`. Raises NotWritten unless exactly `number` rows were there to be changed."""
    if rows.update(**values) != number:
        raise NotWritten


def bulk_update_each(
    model: type[models.Model], rows: Sequence[Any], fields: Sequence[str], batch_size: int | None = None
) -> None:
    """`bulk_update`. Raises NotWritten unless every one of the rows was there to be changed.

    One row is updated plainly: a CASE for each of its fields would cost three times as much.
    """
    manager = model._default_manager
    if len(rows) == 1:
        changed = manager.filter(pk=rows[0].pk).update(**{name: getattr(rows[0], name) for name in fields})
    else:
        changed = manager.bulk_update(rows, fields, batch_size=batch_size)
    if changed != len(rows):
        raise NotWritten
