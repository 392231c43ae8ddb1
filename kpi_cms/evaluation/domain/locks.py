"""A save shares the period, closing takes it alone: a save is wholly before or wholly refused (security.md T21)."""

from collections.abc import Iterable

from django.db import connection

from snippets.models import Period

# Whoever locks several cards locks them from below: staff before the deputies and heads above them. A confirmation
# locks its own card first and then the leaders whose d it changes, so two transactions never wait for each other.
LOCK_ORDER = ("-unit__depth", "is_leader", "role", "pk")

_SPACE = 335  # one advisory-lock space for periods


def share_period(period_id: int) -> None:
    """Held to the end of the transaction by every write inside a period."""
    _lock("pg_advisory_xact_lock_shared", period_id)


def hold_pairs(period_id: int, person_id: int, deciders: Iterable[int | None]) -> None:
    """Held to the end of the transaction by whoever decides about a person, before any card is locked: the person with
    each of those who decide.

    Two decisions that answer each other hold the same pair: the second waits, and sees the first. Decisions about
    others, by the same people too, do not wait.
    """
    pairs = {tuple(sorted((person_id, decider))) for decider in deciders if decider is not None}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for pair in sorted(pairs):
                key = f"{period_id}:{pair[0]}:{pair[1]}"
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [key, _SPACE])


def take_period(period_id: int) -> Period:
    """Held to the end of the transaction by opening and closing; returns the period, re-read under the lock."""
    _lock("pg_advisory_xact_lock", period_id)
    return Period.objects.select_for_update().get(pk=period_id)


def _lock(function: str, period_id: int) -> None:
    # SQLite's IMMEDIATE transactions have one writer at a time already.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [_SPACE, period_id])
