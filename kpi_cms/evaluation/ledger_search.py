"""The auditor's search over the ledger: every unit they are given, paged by key, first or last page alike.

Each entry carries its unit, person, actor, act, moment and the size of its change, and an index leads to the newest of
each (docs/audit.md). Days become bounds on the key, because keys grow with time. What a reader may not audit, and what
is about themselves, is never counted, listed or drawn. What belongs to no unit (a period, a version, an account) is
found by whoever audits the whole province, and by nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet

from kpi_cms.foundation.access.rules import Reach, reaches
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.access_log import notice_code, notice_list
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.audit.touched import touching
from kpi_cms.foundation.core.errors import NotFound
from snippets.models import Person, Unit
from snippets.queries import containing

from .audit_filters import Filters, accounts_named, days_q, moments
from .rule_table import READ_UNIT_HISTORY
from .visibility import not_audited_yet

PAGE = 50
PEOPLE_FOUND = 300  # more names than these are asked for by more letters
ONE_IN = 10  # auditors of fewer units than one in ten are answered unit by unit
FEW_FOR_A_FIELD = 200  # one unit in so many: their own entries are walked for a field, its index is not asked
SLACK = timedelta(hours=1)  # an act's moment is read when it begins, its key is given when it is written


@dataclass(frozen=True)
class Search:
    """What is asked for; everything may be left empty. `amount` is the least change of points, in either direction."""

    person: str = ""
    actor: str = ""
    unit: Unit | None = None
    acts: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    field: str = ""
    amount: Decimal | None = None
    more: Q | None = None

    @property
    def days(self) -> Filters:
        return Filters(since=self.since, until=self.until)

    @cached_property
    def accounts(self) -> list[int]:
        """Accounts that the name of an actor may mean, looked for once."""
        return list(accounts_named(self.actor).values_list("pk", flat=True)[:PEOPLE_FOUND])

    def described(self) -> dict[str, Any]:
        """For the ledger: what was asked, in codes; a name that was typed is not put down."""
        said = {
            "person": bool(self.person), "actor": bool(self.actor), "unit": self.unit.code if self.unit else "",
            "acts": list(self.acts), "since": str(self.since or ""), "until": str(self.until or ""),
            "field": self.field, "amount": str(self.amount) if self.amount is not None else "",
        }  # fmt: skip
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True)
class Found:
    """One page of entries, and the key that the next begins behind; None at the end."""

    entries: list[LedgerEntry]
    after: int | None


def audited_units(scope: Scope, unit: Unit | None = None) -> list[int]:
    """Keys of the units that the reader audits, at or below `unit`. Raises NotFound where that is not theirs."""
    units = scope.units(*READ_UNIT_HISTORY.capabilities)
    if unit is not None:
        if not units.filter(pk=unit.pk).exists():
            raise NotFound
        units = units.filter(path__startswith=unit.path)
    return list(units.order_by().values_list("pk", flat=True))


def reads_the_province(scope: Scope) -> bool:
    """Whether what belongs to no unit is the reader's to see."""
    return any(reaches(Reach.TOP, scope, capability) for capability in READ_UNIT_HISTORY.capabilities)


def read_units(scope: Scope, unit: Unit | None = None) -> list[int] | None:
    """Keys of the units whose rows the reader reads; None for every row, also of no unit: nothing narrows the province.

    Raises NotFound for a unit that is not the reader's to audit.
    """
    return None if unit is None and reads_the_province(scope) else audited_units(scope, unit)


def search(
    scope: Scope, asked: Search, *, after: int | None = None, oldest_first: bool = False, size: int = PAGE
) -> Found:
    """One page of what the reader audits, the newest first or the oldest; the same cost wherever it is."""
    notice_list("ledger", unit=asked.unit)
    units = read_units(scope, asked.unit)
    rows = narrowed(scope, asked)
    if rows is None or units == []:
        return Found([], None)
    if after is not None:
        rows = rows.filter(pk__gt=after) if oldest_first else rows.filter(pk__lt=after)
    order = "pk" if oldest_first else "-pk"
    named = bool(asked.person or asked.actor)
    share = 1 if named or units is None else one_unit_in(units)
    if asked.field and not named and share <= FEW_FOR_A_FIELD and connection.vendor == "postgresql":
        rows = _first_that_touch(scope, asked, units, rows, after, order, size + 1)
    elif units is not None:
        rows = of_units(units, rows, order, size + 1, share)
    if asked.actor:
        rows = _first_by_either(asked.accounts, rows, order, size + 1)
    entries = list(rows.order_by(order)[: size + 1])
    return Found(entries[:size], entries[size - 1].pk if len(entries) > size else None)


def entry_for(scope: Scope, pk: int) -> LedgerEntry:
    """One entry. Raises NotFound for a missing one and for one that is not the reader's to see."""
    rows = read_entries(scope, Search())
    assert rows is not None  # nothing narrows it
    found: LedgerEntry | None = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    if found.person_id is not None:
        notice_code(found, found.person_id, found.person_code, found.unit_id, found.unit_code)
    return found


def read_entries(scope: Scope, asked: Search) -> QuerySet[LedgerEntry] | None:
    """Everything that fits and is the reader's to read, in no order; None where nothing can fit."""
    units, rows = read_units(scope, asked.unit), narrowed(scope, asked)
    return rows if rows is None or units is None else rows.filter(unit_id__in=units)


def of_units(units: Sequence[int], rows: QuerySet[Any], order: str, size: int, share: float) -> QuerySet[Any]:
    """Rows of these units, at least the first `size`. They are one unit in `share`, which is 1 where somebody is named:
    their own index leads there."""
    if share > ONE_IN:
        return _first_of_each(units, rows, order, size)
    return rows.filter(unit_id__in=units)


def one_unit_in(units: Sequence[int]) -> float:
    """One unit in how many these are, counted once for a search. PostgreSQL walks the newest entries of everybody, or
    those of each unit: whichever meets fewer others. SQLite walks those of everybody."""
    return Unit.objects.count() / len(units) if connection.vendor == "postgresql" else 1


def _first_of_each(units: Sequence[int], rows: QuerySet[Any], order: str, size: int) -> QuerySet[Any]:
    """The first of each unit, each by its own index, and of these the first of all."""
    from django.contrib.postgres.expressions import ArraySubquery  # PostgreSQL's driver may be absent

    first = rows.filter(unit_id=OuterRef("pk")).order_by(order).values("pk")[:size]
    keys: list[int] = []
    for found in (
        Unit.objects.filter(pk__in=units).annotate(found=ArraySubquery(first)).values_list("found", flat=True)
    ):
        keys += found
    return rows.model._default_manager.filter(pk__in=sorted(keys, reverse=order == "-pk")[:size])


def _first_that_touch(
    scope: Scope,
    asked: Search,
    units: Sequence[int] | None,
    rows: QuerySet[LedgerEntry],
    after: int | None,
    order: str,
    size: int,
) -> QuerySet[LedgerEntry]:
    """The first in which the field changed, led to by its own index, which knows nothing of units.

    Nor of whom the reader still scores blind, nor of the end of a day, nor of a saved question: where those leave some
    out, the next are asked for, so that a page ends early only where nothing follows.
    """
    newest = order == "-pk"
    ends = key_ends(asked.days)
    assert ends is not None  # `narrowed` asked
    low, high = ends
    own, fitting = own_person(scope), list[int]()
    while True:
        if after is not None:
            low, high = (low, after - 1) if newest else (after + 1, high)
        keys = touching(
            asked.field, units, (low, high), newest=newest, size=size, acts=asked.acts, least=asked.amount,
            not_about=own,
        )  # fmt: skip
        fitting += rows.filter(pk__in=keys).values_list("pk", flat=True)
        if len(keys) < size or len(fitting) >= size:
            return LedgerEntry.objects.filter(pk__in=fitting)
        after = keys[-1]


def _first_by_either(
    accounts: Sequence[int], rows: QuerySet[LedgerEntry], order: str, size: int
) -> QuerySet[LedgerEntry]:
    """The first of what accounts did and of what was done in their place, each by its own index, and of both the first.

    Asked for with one OR, PostgreSQL walks the entries of everybody until a page is full.
    """
    keys: set[int] = set()
    for column in ("actor_id", "on_behalf_of_id"):
        keys.update(rows.filter(one_of(column, accounts)).order_by(order).values_list("pk", flat=True)[:size])
    return LedgerEntry.objects.filter(pk__in=sorted(keys, reverse=order == "-pk")[:size])


def narrowed(scope: Scope, asked: Search) -> QuerySet[LedgerEntry] | None:
    """Entries that fit, of whatever unit, never about the reader nor yet about whom they still score blind; None where
    nothing can fit."""
    rows = not_about_oneself(scope, LedgerEntry.objects.all())
    for period, person in not_audited_yet(scope):
        rows = rows.exclude(period_id=period, person_id=person)
    bounds = key_bounds(asked.days)
    if bounds is None:
        return None
    rows = rows.filter(bounds, days_q(asked.days, "at"))
    if asked.person:
        people = Person.objects.filter(containing(asked.person)).order_by().values_list("pk", flat=True)
        rows = rows.filter(one_of("person_id", list(people[:PEOPLE_FOUND])))
    if asked.actor:
        rows = rows.filter(one_of("actor_id", asked.accounts) | one_of("on_behalf_of_id", asked.accounts))
    if asked.acts:
        rows = rows.filter(one_of("act", asked.acts))
    if asked.field:
        rows = rows.filter(Q(after__has_key=asked.field) | Q(before__has_key=asked.field))
    if asked.amount is not None:
        rows = rows.filter(Q(amount__gte=asked.amount) | Q(amount__lte=-asked.amount))
    return rows.filter(asked.more) if asked.more is not None else rows


def not_about_oneself(scope: Scope, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Nobody audits what concerns themselves."""
    own = own_person(scope)
    return rows.exclude(person_id=own) if own is not None else rows


def own_person(scope: Scope) -> int | None:
    """The key of the reader's own person."""
    if scope.user_id is None:
        return None
    found: int | None = Person.objects.filter(user_id=scope.user_id).values_list("pk", flat=True).first()
    return found


def one_of(column: str, values: Sequence[Any]) -> Q:
    """One value is compared with, so that its index gives the order as well."""
    return Q(**{column: values[0]}) if len(values) == 1 else Q(**{f"{column}__in": list(values)})


def key_bounds(days: Filters) -> Q | None:
    """Whole days as bounds on the key, a little wider than the days; None where no entry stands in them."""
    ends = key_ends(days)
    if ends is None:
        return None
    low, high = ends
    return (Q(pk__gte=low) if low is not None else Q()) & (Q(pk__lte=high) if high is not None else Q())


def key_ends(days: Filters) -> tuple[int | None, int | None] | None:
    """The lowest and the highest key of whole days, None for an open end; None where no entry stands in them."""
    low = high = None
    begin, end = moments(days)
    if begin is not None:
        early = LedgerEntry.objects.filter(at__gte=begin - SLACK).order_by("at", "pk")
        low = early.values_list("pk", flat=True).first()
        if low is None:
            return None
    if end is not None:
        late = LedgerEntry.objects.filter(at__lt=end + SLACK).order_by("-at", "-pk")
        high = late.values_list("pk", flat=True).first()
        if high is None:
            return None
    return low, high


def act_choices() -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Act.choices]
