"""A stale save as the reader sees it."""

from typing import Any

from kpi_cms.foundation.core.errors import Stale

from .sheet import as_typed


def conflict_rows(error: Stale) -> list[dict[str, Any]]:
    """Field by field, what was typed beside what is stored now, for `includes/conflict.html`."""
    labels = list(dict.fromkeys([*error.mine, *error.theirs]))
    return [
        {
            "label": label,
            "mine": as_typed(error.mine.get(label)),
            "theirs": as_typed(error.theirs.get(label)),
            "differs": error.mine.get(label) != error.theirs.get(label),
        }
        for label in labels
    ]
