"""Long lists of values on PostgreSQL: one array instead of one parameter for each.

A statement whose values are bound at the server takes 65,535 of them at most, and a period has more people.
"""

from typing import Any

from django.db.models import Field, ForeignKey
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In

LONG = 1_000


class _OneArray(In):
    """`x IN (…)`; where the list is long, `x = ANY (…)` with one array, which PostgreSQL answers alike."""

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        if not self.rhs_is_direct_value() or len(self.rhs) <= LONG:
            return self.as_sql(compiler, connection)
        lhs, before = self.process_lhs(compiler, connection)
        _placeholders, values = self.process_rhs(compiler, connection)
        return f"{lhs} = ANY (%s)", [*before, list(values)]


class OneArrayIn(_OneArray):
    """For values."""


class OneArrayRelatedIn(_OneArray, RelatedIn):
    """For records and their keys."""


def register() -> None:
    """From `ready()`."""
    Field.register_lookup(OneArrayIn)
    ForeignKey.register_lookup(OneArrayRelatedIn)
