"""Questions that every page, or every save, asks: their SQL is written once for a process.

The ORM writes the text of a query anew each time it is asked, which for the twelve counters of the header takes
longer than the answer. A queryset whose changing values are `Parameter`s always has the same text.
"""

from collections.abc import Callable
from copy import copy
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)
R = TypeVar("R")


class Parameter(Expression):
    """Stands in a queryset for a value that is given when it is asked."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Prepared:
    """`build` gives a queryset of `values()`; its text is made at the first question on each kind of database.

    Rows come as the database gives them: ask for numbers and text only.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, dict[str, Any]]]) -> None:
        self._build = build
        self._made: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def first(self, **values: Any) -> tuple[Any, ...] | None:
        """The first row in the order of `values()`, or None. One query. Raises KeyError for a value that is missing."""
        if connection.vendor not in self._made:
            self._made[connection.vendor] = self._build()[:1].query.sql_with_params()
        sql, params = self._made[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(sql, _filled(params, values))
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row


class PreparedRows(Generic[M, R]):
    """The same for everything that a queryset gives, be it records with `select_related` or rows of `values_list()`.

    The ORM makes them of the answer, as ever; what it needs to know for that is kept beside the text.
    """

    def __init__(self, build: Callable[[], QuerySet[M, R]]) -> None:
        self._build = build
        self._made: dict[str, tuple[QuerySet[M, R], SQLCompiler, str, tuple[Any, ...]]] = {}

    def all(self, **values: Any) -> list[R]:
        """Every row. One query. Raises KeyError for a value that is missing, and TransactionManagementError where rows
        are to be locked outside a transaction."""
        if connection.vendor not in self._made:
            self._made[connection.vendor] = self._written()
        rows, compiler, sql, params = self._made[connection.vendor]
        if rows.query.select_for_update and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("Rows are locked inside a transaction.")
        given = tuple(_filled(params, values))
        once = copy(compiler)
        once.connection = connection  # each thread has its own
        once.as_sql = lambda *args, **kwargs: (sql, given)  # type: ignore[method-assign]  # written already
        asked = rows.all()
        asked.query.get_compiler = lambda *args, **kwargs: once  # type: ignore[method-assign]  # and of this text
        return list(asked)

    def _written(self) -> tuple[QuerySet[M, R], SQLCompiler, str, tuple[Any, ...]]:
        rows = self._build()
        compiler = rows.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        return rows, compiler, sql, tuple(params)


def _filled(params: tuple[Any, ...], values: dict[str, Any]) -> list[Any]:
    return [_value(one, values) if isinstance(one, Parameter) else one for one in params]


def _value(parameter: Parameter, values: dict[str, Any]) -> Any:
    return parameter.output_field.get_db_prep_value(values[parameter.name], connection)
