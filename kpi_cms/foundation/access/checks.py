"""Numbered checks of this room."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import connections
from wagtail import hooks

from . import wall_install


@register
def registers_are_guarded(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """access.E001: no unit-scoped model is in the Wagtail admin but behind a guarded viewset."""
    from wagtail.admin.viewsets import viewsets

    from .choosers import GuardedChooserViewSet
    from .viewsets import GuardedViewSet, is_unit_scoped

    hooks.search_for_hooks()
    return [
        Error(
            f"{viewset.model._meta.label} belongs to units and is registered with {type(viewset).__name__}.",
            hint="Register it with a GuardedViewSet: stock views ask about the model, never about the record.",
            obj=viewset.model,
            id="access.E001",
        )
        for viewset in viewsets.viewsets
        if isinstance(getattr(viewset, "model", None), type)
        and is_unit_scoped(viewset.model)
        and not isinstance(viewset, GuardedViewSet | GuardedChooserViewSet)
    ]


@register(Tags.database)
def the_second_wall_stands(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """access.E002: every table behind the second wall has its policies. access.E003: they are of this release.
    access.I001: this database has no such wall.
    """
    found: list[CheckMessage] = []
    for alias in databases or []:
        if connections[alias].vendor != "postgresql":
            found.append(
                Info(
                    f"Database {alias} has no row security: only the application keeps foreign rows out.",
                    hint="SQLite is for a trial or a small unit. PostgreSQL adds the second wall.",
                    id="access.I001",
                )
            )
        found += [
            Error(
                f"The table {table} of database {alias} stands open: its row-security policies are not all there.",
                hint="Run `manage.py migrate` as the owner of the tables, and find out who dropped them.",
                id="access.E002",
            )
            for table in wall_install.missing(alias)
        ]
        if not wall_install.is_of_this_release(alias):
            found.append(
                Error(
                    f"The second wall of database {alias} is not the one that this release makes.",
                    hint="Run `manage.py migrate` as the owner of the tables.",
                    id="access.E003",
                )
            )
    return found


@register(Tags.database, deploy=True)
def the_application_is_behind_the_wall(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """access.W001: the role of web and jobs neither owns the tables nor passes row security by being who it is."""
    return [
        checks.Warning(
            f"The role that database {alias} is used with sees past the second wall: it owns the tables, is a "
            "superuser or has BYPASSRLS.",
            hint="DATABASE_URL names the application's role, KPI_OWNER_DATABASE_URL the owner (docs/operations.md).",
            id="access.W001",
        )
        for alias in databases or []
        if connections[alias].vendor == "postgresql" and not wall_install.is_in_force(alias)
    ]
