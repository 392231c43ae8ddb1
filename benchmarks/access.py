"""What the access filter adds to a unit's list and to one card: a person, a head of 5 units, an auditor of 500."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from benchmarks.measure import Figure, queries_of, timed
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope
from snippets.enums import Capability, UnitLevel
from snippets.models import Period, Person, Unit

AUDITED, HEADED = 500, 5


def readers(people: int) -> Iterator[tuple[str, Scope]]:
    """The three readers. What they hold is given here: reading it is the one query that the filter may add."""
    user_id = Person.objects.order_by("pk")[people // 2].user_id
    units = Unit.objects.filter(level=UnitLevel.CONSTITUENT).order_by("path").values_list("path", flat=True)
    held = list(units)
    headed = tuple(islice(held, 0, None, max(1, len(held) // HEADED)))[:HEADED]
    yield "a person", Scope(user_id, {})
    yield f"a head of {HEADED} units", Scope(user_id, {Capability.VIEW: headed})
    yield f"an auditor of {AUDITED} units", Scope(user_id, {Capability.AUDIT: tuple(held[:AUDITED])})


def figures(period: Period, people: int) -> list[Figure]:
    """The first page of a unit and the check of one card, each beside the same query without the filter."""
    found: list[Figure] = []
    for who, scope in readers(people):
        seen = Scorecard.objects.visible_to(scope)
        unit = (seen.filter(period=period).select_related("unit").first() or _any(period)).unit
        pairs = (
            ("unit page", _page(seen, period, unit), _page(Scorecard.objects.all(), period, unit)),
            ("one card", seen.filter(pk=_any(period).pk), Scorecard.objects.filter(pk=_any(period).pk)),
        )
        for what, restricted, free in pairs:
            found.append(_compare(f"access, {who}: {what}", restricted, free))
    return found


def _any(period: Period) -> Any:
    return Scorecard.objects.filter(period=period).select_related("unit").order_by("pk")[0]


def _page(cards: QuerySet[Any], period: Period, unit: Unit) -> QuerySet[Any]:
    below = cards.filter(period=period, unit__path__startswith=unit.path)
    return below.order_by("person__sort_key", "pk").values_list("pk", flat=True)[:50]


def _compare(name: str, restricted: QuerySet[Any], free: QuerySet[Any]) -> Figure:
    times, cpu = timed(lambda: list(restricted.all()))
    floor = statistics.median(timed(lambda: list(free.all()))[0])
    median = statistics.median(times)
    p95 = sorted(times)[int(len(times) * 0.95)]
    queries = queries_of(lambda: list(restricted.all()))
    return Figure(
        name, median, p95, queries, cpu, floor, median / floor, note="the difference is the filter's"
    )
