"""What PostgreSQL is told about the work under way: transaction-local settings that row security reads.

`kpi.actor` and `kpi.request` come from `core.actor`, the others from `access.wall`. Only SET LOCAL is safe with pooled
connections (traps.md 35), so nothing is said outside a transaction and nothing outlives one. Other databases are told
nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections

# What each thread's connection was told last, so that a verb inside a request of the same account says nothing twice.
_told: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


@contextmanager
def telling(*, to_the_end: bool = False, **values: str) -> Iterator[None]:
    """Say `kpi.<name>` for each value until the block ends, inside a transaction.

    What was said before is said again afterwards, unless the transaction ends with the block (`to_the_end`) or is
    broken: then going back to a savepoint, which lies before this block, takes back what was said in it.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        yield
        return
    if not connection.in_atomic_block:
        raise RuntimeError("PostgreSQL forgets at once what it is told outside a transaction.")
    before = _told.get(connection, {})
    changed = {name: value for name, value in values.items() if before.get(name, "") != value}
    _say(changed)
    _told[connection] = before | values
    try:
        yield
    finally:
        _told[connection] = before
        if not to_the_end and not is_broken():
            _say({name: before.get(name, "") for name in changed})


def _say(values: Mapping[str, str]) -> None:
    """One statement, whatever the number of settings."""
    if not values:
        return
    calls = ", ".join(["set_config(%s, %s, true)"] * len(values))
    told = [part for name, value in values.items() for part in (f"kpi.{name}", value)]
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(f"SELECT {calls}", told)


def is_broken() -> bool:
    """The transaction under way can only be rolled back: PostgreSQL or Django refuses every further statement."""
    from psycopg.pq import TransactionStatus

    connection = connections[DEFAULT_DB_ALIAS]
    if connection.needs_rollback or connection.connection is None or connection.connection.closed:
        return True
    return bool(connection.connection.info.transaction_status != TransactionStatus.INTRANS)
