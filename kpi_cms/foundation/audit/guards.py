"""Changes of single rows that the database itself refuses, on PostgreSQL and SQLite, whoever asks and by whatever way.

`append_only` keeps whole tables; a guard keeps rows that stand in some state, or columns that never change again. The
app that owns the table says so from `ready()`; the triggers are put in place after every migrate, and `audit.E010`
says when one is gone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from .append_only import FLUSHING, is_being_repaired, triggers_of

MESSAGE = "frozen"
ROW = {"INSERT": "NEW", "UPDATE": "OLD", "DELETE": "OLD"}


@dataclass(frozen=True)
class Guard:
    """`events` on rows of `table` are refused unless the SQL condition holds; `ROW` in it is the row concerned.

    `on_sqlite` stands in its place where the two databases say it differently.
    """

    name: str
    table: str
    events: tuple[str, ...]
    unless: str
    on_sqlite: str = ""

    def triggers(self) -> Iterator[tuple[str, str]]:
        for event in self.events:
            yield f"guard_{self.name}_{event.lower()}", event

    def condition(self, event: str, vendor: str) -> str:
        said = self.on_sqlite if self.on_sqlite and vendor == "sqlite" else self.unless
        return re.sub(r"\bROW\b", ROW[event], said)


_guards: dict[str, Guard] = {}


def guard(name: str, table: str, *events: str, unless: str = "false", on_sqlite: str = "") -> None:
    """Refuse `events` ("INSERT", "UPDATE", "DELETE") on rows of `table` from the next migrate on."""
    _guards[name] = Guard(name, table, events, unless, on_sqlite)


def guarded() -> list[Guard]:
    return sorted(_guards.values(), key=lambda entry: entry.name)


def _statements(entry: Guard, vendor: str) -> Iterator[str]:
    refused = f"{MESSAGE}: {entry.table}"
    for trigger, event in entry.triggers():
        unless = entry.condition(event, vendor)
        if vendor == "postgresql":
            returned = "OLD" if event == "DELETE" else "NEW"
            yield (
                f'CREATE OR REPLACE FUNCTION "{trigger}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
                f"IF NOT ({FLUSHING}) AND ({unless}) IS NOT TRUE THEN "
                f"RAISE EXCEPTION '{refused}' USING ERRCODE = 'restrict_violation'; "
                f"END IF; RETURN {returned}; END $$"
            )
            yield f'DROP TRIGGER IF EXISTS "{trigger}" ON "{entry.table}"'
            yield (
                f'CREATE TRIGGER "{trigger}" BEFORE {event} ON "{entry.table}" '
                f'FOR EACH ROW EXECUTE FUNCTION "{trigger}"()'
            )
        else:
            yield f'DROP TRIGGER IF EXISTS "{trigger}"'
            yield (
                f'CREATE TRIGGER "{trigger}" BEFORE {event} ON "{entry.table}" FOR EACH ROW '
                f"WHEN ({unless}) IS NOT TRUE BEGIN SELECT RAISE(ABORT, '{refused}'); END"
            )


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make every trigger anew on the tables that exist."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for entry in guarded():
            if entry.table in existing:
                for statement in _statements(entry, connection.vendor):
                    cursor.execute(statement)


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Guards of this database whose triggers are not all there; none while they are being repaired."""
    if is_being_repaired():
        return []
    connection = connections[using]
    existing, triggers = set(connection.introspection.table_names()), triggers_of(connection)
    return [
        entry.name
        for entry in guarded()
        if entry.table in existing and any(name not in triggers for name, _event in entry.triggers())
    ]


def install_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """What `post_migrate` calls."""
    install(using)
