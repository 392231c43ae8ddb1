"""Many tracked rows at once: the one module that writes them past `save()`, with the history `save()` would write.

`QuerySet.update`, `bulk_create`, `bulk_update`, `delete` and the tree library write no history (traps.md 22); a test
bans them on tracked models everywhere else (`tests/architecture/test_silent_writes.py`).
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import models

from kpi_cms.foundation.core.actor import current_action
from kpi_cms.foundation.core.rows import bulk_update_each

from .history import stamp

M = TypeVar("M", bound=models.Model)
BATCH = 500


def create_many(
    model: type[models.Model], rows: Sequence[Any], *, reason_key: uuid.UUID | None = None
) -> None:
    """Insert rows and their first history rows; the rows have their keys afterwards."""
    if rows:
        model._default_manager.bulk_create(rows, batch_size=BATCH)
        write_history(model, rows, changed=False, reason_key=reason_key)


def update_many(
    model: type[models.Model],
    rows: Sequence[Any],
    fields: Sequence[str],
    *,
    reason_key: uuid.UUID | None = None,
    meanwhile: Mapping[str, Any] | None = None,
) -> None:
    """Update `fields` of rows that the caller has locked, and write their history rows.

    As an INSERT that meets each row's key and updates it: several times faster than Django's bulk update, which
    builds a CASE with a branch for every row. `meanwhile` is what the rows say between the two, so that they may
    exchange what is unique; some of `fields`, so nothing of it stays and history knows nothing of it.
    """
    if rows:
        if meanwhile is not None:
            assert set(meanwhile) <= set(fields)
            for start in range(0, len(rows), BATCH):
                keys = [row.pk for row in rows[start : start + BATCH]]
                model._default_manager.filter(pk__in=keys).update(**meanwhile)
        model._default_manager.bulk_create(
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=list(fields)
        )
        write_history(model, rows, changed=True, reason_key=reason_key)


def update_few(
    model: type[models.Model],
    rows: Sequence[Any],
    fields: Sequence[str],
    *,
    reason_key: uuid.UUID | None = None,
) -> None:
    """The same for a handful of rows, counted: raises NotWritten unless every one was there to be changed."""
    if rows:
        bulk_update_each(model, rows, fields, batch_size=BATCH)
        write_history(model, rows, changed=True, reason_key=reason_key)


def move_nodes(
    node: Any, new_parent: Any, moving: Sequence[M], *, reason_key: uuid.UUID | None = None
) -> list[M]:
    """Move a tree node with `moving`, itself and all below it; returns them as they stand now, each with history."""
    node.move(new_parent, pos="last-child")
    model = type(node)
    moved = list(model._default_manager.filter(pk__in=[each.pk for each in moving]))
    write_history(model, moved, changed=True, reason_key=reason_key)
    return moved


def write_history(
    model: type[models.Model],
    rows: Sequence[Any],
    *,
    changed: bool = True,
    reason_key: uuid.UUID | None = None,
) -> None:
    """One history row for each row as it stands now, stamped with the action under way."""
    action = current_action()
    if action is None:
        raise RuntimeError("History needs an actor: call the domain function inside as_actor.")
    model.history.bulk_history_create(  # type: ignore[attr-defined]  # simple-history adds the manager
        rows,
        batch_size=BATCH,
        update=changed,
        default_user=action.actor,
        default_change_reason=reason_key,
        default_date=action.moment,
        custom_historical_attrs=stamp(action),
    )
