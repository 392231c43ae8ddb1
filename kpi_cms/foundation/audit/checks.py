"""Numbered checks of this room."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from . import append_only, guards


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


@register(Tags.database)
def guards_of_rows(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.E010: every guard of frozen rows carries its triggers (they can be lost in a table rebuild)."""
    return [
        Error(
            f"The guard {name} of database {alias} has lost its triggers.",
            hint="Run `manage.py migrate`, and find out who dropped them.",
            id="audit.E010",
        )
        for alias in databases or []
        for name in guards.missing(alias)
    ]
