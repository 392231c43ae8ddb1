"""Every act of the suite is watched: history moves with the rows, and says who, when and from where.

Whatever acts through `as_actor` in a test is compared: of each tracked table that it wrote, every row must afterwards
be what its newest row of history says, a row that is gone must have its “deleted” row, and each row of history written
meanwhile carries the act's actor, moment, request and address. So each test of a domain function, command or page is
a test of its history as well.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.utils.dateparse import parse_datetime

from kpi_cms.foundation.audit.history import HistoryRow
from kpi_cms.foundation.core import actor as acting

WRITES = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
ORIGIN = ("history_user_id", "history_date", "history_request_id", "history_address")
FEW = 500  # named one by one; beyond, a table is read whole
Rows = dict[Any, tuple[Any, ...]]


@cache
def tracked() -> dict[str, type[models.Model]]:
    """Table → tracked model."""
    return {
        model._meta.db_table: model
        for model in apps.get_models()
        if hasattr(model, "history") and issubclass(model.history.model, HistoryRow)
    }


@cache
def _columns(model: type[models.Model]) -> str:
    """The key and what both tables have, as SQL: asked at every act, and each time the same."""
    rows: Any = model.history.model
    kept = {field.attname for field in rows._meta.concrete_fields}
    fields = [model._meta.pk, *(field for field in model._meta.concrete_fields if field.attname in kept)]
    return ", ".join(f'"{field.column}"' for field in fields)


@cache
def _newest(model: type[models.Model]) -> str:
    return f'SELECT max(history_id) FROM "{model.history.model._meta.db_table}"'


@cache
def _origins(model: type[models.Model]) -> str:
    """The record's key and where a row of its history says that it comes from, of the rows behind a key."""
    rows: Any = model.history.model._meta
    columns = ", ".join(f'"{rows.get_field(name).column}"' for name in ORIGIN)
    return f'SELECT "{model._meta.pk.column}", {columns} FROM "{rows.db_table}" WHERE history_id > %s'


def _as_written(model: type[models.Model], action: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where an act comes from, as the database's own rows give it back: SQLite keeps a UUID as text, and no zone."""
    if connection.vendor == "postgresql":
        return action
    rows: Any = model.history.model._meta
    fields = [rows.get_field(name) for name in ORIGIN]
    values = [field.get_db_prep_save(value, connection) for field, value in zip(fields, action, strict=True)]
    return tuple(
        parse_datetime(value) if name == "history_date" else value
        for name, value in zip(ORIGIN, values, strict=True)
    )


def _asked(sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _live(model: type[models.Model]) -> Rows:
    return {row[0]: row[1:] for row in _asked(f'SELECT {_columns(model)} FROM "{model._meta.db_table}"')}


def _told(model: type[models.Model], keys: set[Any]) -> tuple[Rows, set[Any]]:
    """What history says of these records now, and which of them it says are gone."""
    table = model.history.model._meta.db_table
    few = list(keys) if len(keys) <= FEW else []
    where = f'WHERE "{model._meta.pk.column}" IN ({", ".join(["%s"] * len(few))})' if few else ""
    rows = _asked(f'SELECT history_type, {_columns(model)} FROM "{table}" {where} ORDER BY history_id', few)
    latest = {row[1]: row for row in rows}
    gone = {key for key, row in latest.items() if row[0] == "-"}
    return {key: row[2:] for key, row in latest.items()}, gone


class Watch:
    """What one act writes. `before` holds, of each table written, the rows and the newest key of its history."""

    def __init__(self, tables: dict[str, type[models.Model]]) -> None:
        self.tables = tables
        self.before: dict[str, tuple[Rows, int]] = {}
        self.looking = False
        self.actions: list[tuple[Any, ...]] = []

    def note(self, action: acting.Action) -> None:
        self.actions.append((action.actor.pk, action.moment, action.origin.request_id, action.origin.address))

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        match = WRITES.match(sql)
        table = match[1] if match else ""
        if table in self.tables and table not in self.before and not self.looking:
            with self.aside():
                model = self.tables[table]
                self.before[table] = (_live(model), _asked(_newest(model))[0][0] or 0)
        return execute(sql, params, many, context)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Our own questions are no queries of the product."""
        counted, self.looking, connection.force_debug_cursor = connection.force_debug_cursor, True, False
        try:
            yield
        finally:
            self.looking, connection.force_debug_cursor = False, counted

    def check(self) -> None:
        with self.aside():
            for table, (before, newest) in self.before.items():
                model = self.tables[table]
                now = _live(model)
                changed = {key for key, row in now.items() if row != before.get(key)}
                lost = before.keys() - now.keys()
                told, gone = _told(model, changed | lost) if changed or lost else ({}, set())
                for key in changed:
                    assert told.get(key) == now[key], (
                        f"{model.__name__} {key} was changed and its history was not."
                    )
                for key in lost:
                    assert key in gone, f"{model.__name__} {key} was deleted and its history does not say so."
                self._check_origin(model, newest)

    def _check_origin(self, model: type[models.Model], newest: int) -> None:
        actions = {_as_written(model, action) for action in self.actions}
        for key, *said in _asked(_origins(model), [newest]):
            assert tuple(said) in actions, f"History of {model.__name__} {key} says {said}, not {actions}."


@contextmanager
def watched() -> Iterator[None]:
    """Until the block ends, the outermost `as_actor` of this thread's connection is checked at its end."""
    original, action_class, tables = acting._transaction_of, acting.Action, tracked()
    under_way: list[Watch] = []
    made: list[acting.Action] = []

    def action_of(**values: Any) -> acting.Action:
        action = action_class(**values)
        made[:] = [action]
        for watch in under_way:
            watch.note(action)
        return action

    @contextmanager
    def transaction_of(actor: Any, origin: Any, *, savepoint: bool) -> Iterator[None]:
        # A reader asks, and does not act; the second wall hides rows from whoever acts; a test without a transaction
        # of its own has threads, whose rows come in between.
        alone = connection.in_atomic_block and not os.environ.get("KPI_TEST_ROLE")
        with original(actor, origin, savepoint=savepoint):
            if not savepoint or under_way or not alone:
                yield
                return
            watch = Watch(tables)
            watch.note(made[0])
            under_way.append(watch)
            try:
                with connection.execute_wrapper(watch):
                    yield
                watch.check()
            finally:
                under_way.remove(watch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(acting, "_transaction_of", transaction_of)
        patch.setattr(acting, "Action", action_of)
        yield
