"""Questions that every page asks: their SQL is written once for a process.

The ORM writes the text of a query anew each time it is asked, which for the twelve counters of the header takes
longer than the answer. A queryset whose changing values are `Parameter`s always has the same text.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Expression, Field, QuerySet


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
        given = [_value(one, values) if isinstance(one, Parameter) else one for one in params]
        with connection.cursor() as cursor:
            cursor.execute(sql, given)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row


def _value(parameter: Parameter, values: dict[str, Any]) -> Any:
    return parameter.output_field.get_db_prep_value(values[parameter.name], connection)
