"""Numbered checks of this room."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from . import append_only


@register(Tags.database)
def append_only_triggers(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.E001: every append-only table carries its triggers (they can be lost in a table rebuild)."""
    return [
        Error(
            f"The append-only table {table} of database {alias} has lost its triggers.",
            hint="Run `manage.py migrate`, and find out who dropped them.",
            id="audit.E001",
        )
        for alias in databases or []
        for table in append_only.missing(alias)
    ]
