"""Which tables are sealed, by which columns, and their rows as canonical lines, read from either database."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models

from . import append_only
from .canonical import Form
from .history import HistoryRow
from .models import SealForm

KINDS = {
    "AutoField": "int",
    "BigAutoField": "int",
    "BigIntegerField": "int",
    "BooleanField": "bool",
    "CharField": "text",
    "DateField": "date",
    "DateTimeField": "time",
    "GenericIPAddressField": "inet",
    "IntegerField": "int",
    "JSONField": "json",
    "PositiveBigIntegerField": "int",
    "PositiveIntegerField": "int",
    "PositiveSmallIntegerField": "int",
    "SmallAutoField": "int",
    "SmallIntegerField": "int",
    "TextField": "text",
    "UUIDField": "uuid",
}
# Lists of thousands of keys are read in parts: SQLite takes a limited number of parameters.
PART = 900
# So many rows are looked at together: lists are quicker than turns of a loop while the processor's cache holds them. Of
# 1,000 rows a verification took a third longer.
BLOCK = 100


def kind_of(field: "models.Field[Any, Any]") -> str:
    """How a column is written. Raises TypeError for a type whose canonical text nobody has fixed yet."""
    while field.remote_field is not None:
        field = field.target_field  # type: ignore[attr-defined]  # a relation's own
    name = field.get_internal_type()
    if name == "DecimalField":
        return f"decimal.{field.decimal_places}"  # type: ignore[attr-defined]  # a decimal's own
    if name not in KINDS:
        raise TypeError(f"{field} is a {name}: say in audit.layouts how the ledger writes it.")
    return KINDS[name]


def sealed_models() -> dict[str, type[models.Model]]:
    """Table → model of everything whose rows stand in the chain."""
    return dict(
        _sealed_models(tuple(entry.table for entry in append_only.protected_tables() if entry.sealed))
    )


@cache
def _sealed_models(tables: tuple[str, ...]) -> dict[str, type[models.Model]]:
    every = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    return {table: every[table] for table in tables}


def histories() -> list[Any]:
    """Every model of history rows; `instance_type` is the model it is of."""
    return [model for model in apps.get_models() if issubclass(model, HistoryRow)]


def present_form(table: str) -> Form:
    """The columns of a sealed table as its model has them now; those that may change are left out."""
    mutable = next(entry.mutable for entry in append_only.protected_tables() if entry.table == table)
    return form_of(sealed_models()[table], leaving_out=mutable)


def form_of(
    model: type[models.Model], *, leaving_out: Sequence[str] = (), only: Sequence[str] | None = None
) -> Form:
    columns = [
        (str(field.column), kind_of(field))
        for field in model._meta.concrete_fields
        if field.column not in leaving_out and (only is None or field.column in only)
    ]
    return Form(model._meta.db_table, tuple(columns))


def stored_forms() -> list[Form]:
    """Every form that something was sealed by."""
    return [
        Form.read(columns, pk) for pk, columns in SealForm.objects.order_by("pk").values_list("pk", "columns")
    ]


def forms_for_sealing(tables: Sequence[str]) -> dict[str, Form]:
    """Table → its present form with its number; new ones are stored. Called by the sealer under its lock."""
    stored = {(form.table, form.header): form for form in stored_forms()}
    found = {}
    for table in tables:
        present = present_form(table)
        known = stored.get((table, present.header))
        if known is None:
            pk = SealForm.objects.create(source=table, columns=present.header).pk
            known = Form(table, present.columns, pk)
        found[table] = known
    return found


def lines_of(form: Form, ids: Sequence[int]) -> dict[int, bytes]:
    """Key → canonical line of these rows of the form's table, where they are there."""
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        key = append_only.key_column(form.table)
        rows = copied(
            f'SELECT "{key}", {quoted(form)} FROM "{form.table}" WHERE "{key}" = ANY (%s)', [list(ids)]
        )
        return {int(pk): line for pk, line in (row.split(b"\t", 1) for row in rows)}
    found: dict[int, bytes] = {}
    for first in range(0, len(ids), PART):
        found |= dict(lines_by_model(form, ids=ids[first : first + PART]))
    return found


def quoted(form: Form, prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name, _kind in form.columns)


def lines_by_model(form: Form, *, ids: Sequence[int] | None = None) -> Iterator[tuple[int, bytes]]:
    """(Key, line) in the order of the keys, read through the model: for databases without COPY."""
    model = sealed_models()[form.table]
    rows = model._base_manager.order_by("pk")
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return model_lines(form, rows)


def model_lines(form: Form, rows: "models.QuerySet[Any]", *, key: str = "pk") -> Iterator[tuple[int, bytes]]:
    """(Key, line) of a queryset's rows, in its order."""
    by_column = {field.column: field.attname for field in rows.model._meta.concrete_fields}
    names = [by_column[name] for name, _kind in form.columns]
    for number, *values in rows.values_list(key, *names).iterator(chunk_size=2_000):
        yield number, form.line(values)


def copied(sql: str, parameters: Sequence[Any] = ()) -> Iterator[bytes]:
    """The rows of a plain SELECT on PostgreSQL as lines of text, without their ends; UTC and ISO dates are set.

    Nothing else can be asked on the connection until they are read.
    """
    for block in copied_in_blocks(sql, parameters):
        yield from block


def copied_in_blocks(sql: str, parameters: Sequence[Any] = ()) -> Iterator[list[bytes]]:
    """The same, up to `BLOCK` rows at a time.

    They are taken from libpq itself: psycopg's own loop asks for each row whether it has come, which takes as long as
    everything else that becomes of a row.
    """
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true)"
        )
        with cursor.copy(f"COPY ({sql}) TO STDOUT", parameters):
            server = connection.connection.pgconn
            take, block, size = server.get_copy_data, [], 1
            while size > 0:
                size, row = take(0)  # waits for it; -1 behind the last one
                if size > 0:
                    block.append(bytes(row[:-1]))
                if block and (size < 0 or len(block) == BLOCK):
                    yield block
                    block = []
            for result in list(iter(server.get_result, None)):
                if result.status != ExecStatus.COMMAND_OK:
                    raise error_from_result(result)
