"""Tables whose rows are written once: refused at the database, on PostgreSQL and SQLite.

`register` names a table and, where some columns may still change, those columns. Unless it says otherwise each new
row is also put down in `audit_sealwaiting` by a trigger, in the writer's own transaction, for the sealer to chain
(`sealing`). Triggers are put in place after every migrate and their presence is checked by `audit.E001`. `flush` of a
test database marks its connection (PostgreSQL: `kpi.maintenance`; SQLite: a temporary table), which nothing in the
product ever does.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, transaction

MESSAGE = "append-only"
# On PostgreSQL: a test database is being emptied. The application's role may say so and still has no right to delete.
FLUSHING = "coalesce(current_setting('kpi.maintenance', true), '') = 'flush'"
WAITING = "audit_sealwaiting"


@dataclass(frozen=True)
class Protected:
    """A table whose rows may not be deleted nor, but for `mutable` columns, updated."""

    table: str
    mutable: tuple[str, ...] = ()
    sealed: bool = True

    @property
    def prefix(self) -> str:
        return f"keep_{self.table}"[:50]


_protected: dict[str, Protected] = {}
_being_repaired: ContextVar[bool] = ContextVar("append_only_being_repaired", default=False)


def register(table: str, *, mutable: Sequence[str] = (), sealed: bool = True) -> None:
    """Protect `table` from the next migrate on. Called by the app that owns the table, from `ready()`.

    A sealed table has a whole number as its key, and its rows stand in the ledger's chain, `mutable` columns left out.
    """
    _protected[table] = Protected(table, tuple(mutable), sealed)


def protected_tables() -> list[Protected]:
    return sorted(_protected.values(), key=lambda entry: entry.table)


def suffixes(entry: Protected, vendor: str) -> tuple[str, ...]:
    """The triggers of a table, by the ends of their names."""
    keeping = ("_row", "_truncate") if vendor == "postgresql" else ("_delete", "_update")
    return (*keeping, "_seal") if entry.sealed else keeping


def _columns(connection: Any, table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


def _statements_sqlite(entry: Protected, columns: list[str]) -> Iterator[str]:
    quoted = f'"{entry.table}"'
    yield f'DROP TRIGGER IF EXISTS "{entry.prefix}_delete"'
    yield (
        f'CREATE TRIGGER "{entry.prefix}_delete" BEFORE DELETE ON {quoted} '
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {entry.table}'); END"
    )
    guarded = ", ".join(f'"{column}"' for column in columns if column not in entry.mutable)
    yield f'DROP TRIGGER IF EXISTS "{entry.prefix}_update"'
    yield (
        f'CREATE TRIGGER "{entry.prefix}_update" BEFORE UPDATE OF {guarded} ON {quoted} '
        f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {entry.table}'); END"
    )
    yield f'DROP TRIGGER IF EXISTS "{entry.prefix}_seal"'
    if entry.sealed:
        yield (
            f'CREATE TRIGGER "{entry.prefix}_seal" AFTER INSERT ON {quoted} BEGIN INSERT INTO "{WAITING}" '
            f"(source, row_id) VALUES ('{entry.table}', NEW.\"{key_column(entry.table)}\"); END"
        )


def _statements_postgresql(entry: Protected, columns: list[str]) -> Iterator[str]:
    quoted = f'"{entry.table}"'
    yield (
        "CREATE OR REPLACE FUNCTION kpi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {FLUSHING} THEN "
        "RETURN CASE TG_OP WHEN 'TRUNCATE' THEN NULL WHEN 'DELETE' THEN OLD ELSE NEW END; END IF; "
        f"RAISE EXCEPTION '{MESSAGE}: %', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    guarded = ", ".join(f'"{column}"' for column in columns if column not in entry.mutable)
    yield f'DROP TRIGGER IF EXISTS "{entry.prefix}_row" ON {quoted}'
    yield (
        f'CREATE TRIGGER "{entry.prefix}_row" BEFORE DELETE OR UPDATE OF {guarded} ON {quoted} '
        "FOR EACH ROW EXECUTE FUNCTION kpi_append_only()"
    )
    yield f'DROP TRIGGER IF EXISTS "{entry.prefix}_truncate" ON {quoted}'
    yield (
        f'CREATE TRIGGER "{entry.prefix}_truncate" BEFORE TRUNCATE ON {quoted} '
        "FOR EACH STATEMENT EXECUTE FUNCTION kpi_append_only()"
    )
    yield f'DROP TRIGGER IF EXISTS "{entry.prefix}_seal" ON {quoted}'
    if entry.sealed:
        # One statement for all rows of a statement: an opening inserts thousands.
        yield (
            "CREATE OR REPLACE FUNCTION kpi_wait_for_seal() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN EXECUTE format("
            f"'INSERT INTO {WAITING} (source, row_id) SELECT %L, %I FROM fresh ORDER BY 2', "
            "TG_TABLE_NAME, TG_ARGV[0]); RETURN NULL; END $$"
        )
        yield (
            f'CREATE TRIGGER "{entry.prefix}_seal" AFTER INSERT ON {quoted} REFERENCING NEW TABLE AS fresh '
            f"FOR EACH STATEMENT EXECUTE FUNCTION kpi_wait_for_seal('{key_column(entry.table)}')"
        )


def key_column(table: str) -> str:
    """The column of a table's key, by its model."""
    found = next(model for model in apps.get_models() if model._meta.db_table == table)
    key = found._meta.pk
    assert key is not None  # every model has one
    return str(key.column)


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make every trigger anew on the tables that exist: a column added since must be guarded too."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    build = _statements_postgresql if connection.vendor == "postgresql" else _statements_sqlite
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for entry in protected_tables():
            if entry.table in existing:
                for statement in build(entry, _columns(connection, entry.table)):
                    cursor.execute(statement)


def lift(table: str, connection: Any) -> None:
    """Take the triggers off one table, in a migration that alters a column of it: neither database allows that while
    a trigger names the column. `install` puts them back when `migrate` ends."""
    entry = Protected(table)
    on_table = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for suffix in ("row", "truncate", "delete", "update", "seal"):
            cursor.execute(f'DROP TRIGGER IF EXISTS "{entry.prefix}_{suffix}"{on_table}')


@contextmanager
def being_repaired() -> Iterator[None]:
    """Around `migrate`: what is missing now will be there when it ends."""
    token = _being_repaired.set(True)
    try:
        yield
    finally:
        _being_repaired.reset(token)


def is_being_repaired() -> bool:
    return _being_repaired.get()


def triggers_of(connection: Any) -> set[str]:
    """The names of the triggers that are in force: those that fire where the application writes, not on a replica."""
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {row[0] for row in cursor.fetchall()}


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Protected tables of this database whose triggers are not all there; none while they are being repaired."""
    if _being_repaired.get():
        return []
    connection = connections[using]
    existing, triggers = set(connection.introspection.table_names()), triggers_of(connection)
    return [
        entry.table
        for entry in protected_tables()
        if entry.table in existing
        and not all(entry.prefix + suffix in triggers for suffix in suffixes(entry, connection.vendor))
    ]


def install_after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """What `post_migrate` calls."""
    install(using)


@contextmanager
def flush_allowed(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """For test databases only: lift the triggers of this connection while tables are emptied."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('kpi.maintenance', 'flush', false)")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('kpi.maintenance', '', false)")
        return
    with connection.cursor() as cursor:
        for entry in protected_tables():
            cursor.execute(f'DROP TRIGGER IF EXISTS "{entry.prefix}_delete"')
            cursor.execute(f'DROP TRIGGER IF EXISTS "{entry.prefix}_update"')
    try:
        yield
    finally:
        install(using)
