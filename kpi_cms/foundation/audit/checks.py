"""Numbered checks of this room."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS

from . import append_only, guards, restores


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


@register(Tags.database)
def restore_is_signed_off(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.E011: the database knows every anchor that its folder holds, or somebody signed off what it lost."""
    if DEFAULT_DB_ALIAS not in (databases or []) or append_only.is_being_repaired():
        return []
    restores.look_again()
    if not restores.is_read_only():
        return []
    return [
        Error(
            "The database is older than its anchors: a backup was restored, and nobody can act.",
            hint="See what was lost with `manage.py accept_restore`, and sign it off there.",
            id="audit.E011",
        )
    ]


@register(Tags.security, deploy=True)
def anchors_are_evidence(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.W002: anchors are written; W003: they are signed; W004: away from the data that they are to prove."""
    if not settings.LEDGER_ANCHOR_FOLDER:
        return [
            checks.Warning(
                "No anchors of the ledger are written: whoever keeps the database can rebuild its chains unseen.",
                hint="KPI_ANCHOR_FOLDER names a place that they cannot rewrite (docs/ledger.md).",
                id="audit.W002",
            )
        ]
    found: list[CheckMessage] = []
    if not settings.LEDGER_SIGNING_KEY or not Path(settings.LEDGER_SIGNING_KEY).is_file():
        found.append(
            checks.Warning(
                "The ledger's anchors are not signed: there is no signing key.",
                hint="Run `manage.py anchor_ledger --make-key`; KPI_SIGNING_KEY names the file.",
                id="audit.W003",
            )
        )
    if Path(settings.LEDGER_ANCHOR_FOLDER).resolve().is_relative_to(Path(settings.DATA_DIR).resolve()):
        found.append(
            checks.Warning(
                "The ledger's anchors lie beside the data that they are to prove.",
                hint="KPI_ANCHOR_FOLDER names a place that whoever keeps this machine cannot rewrite.",
                id="audit.W004",
            )
        )
    return found
