"""History for many rows at once: the one place that writes it past `save()` (traps.md 22, 23)."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import models

from kpi_cms.foundation.audit.history import stamp
from kpi_cms.foundation.core.actor import current_action


def record_created(
    model: type[models.Model], rows: Sequence[Any], *, reason_key: uuid.UUID | None = None
) -> None:
    """One “created” history row for each row, in one INSERT."""
    _record(model, rows, update=False, reason_key=reason_key)


def record_changed(
    model: type[models.Model], rows: Sequence[Any], *, reason_key: uuid.UUID | None = None
) -> None:
    """One “changed” history row for each row, in one INSERT."""
    _record(model, rows, update=True, reason_key=reason_key)


def _record(
    model: type[models.Model], rows: Sequence[Any], *, update: bool, reason_key: uuid.UUID | None
) -> None:
    action = current_action()
    if action is None:
        raise RuntimeError("History needs an actor: call the domain function inside as_actor.")
    if not rows:
        return
    model.history.bulk_history_create(  # type: ignore[attr-defined]  # simple-history adds the manager
        rows,
        batch_size=500,
        update=update,
        default_user=action.actor,
        default_change_reason=reason_key,
        default_date=action.moment,
        custom_historical_attrs=stamp(action),
    )
