"""Signs of life of the processes that nobody talks to: the background worker and the scheduler (docs/operations.md).

A thread of theirs writes one row every ten seconds; the health page says whether the last is younger than a minute.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from .actor import database_now
from .models import Heartbeat

logger = logging.getLogger(__name__)

WORKER, SCHEDULER = "worker", "scheduler"
VERIFIED = "ledger verified"  # a night found nothing; the beginning of time where it found something
SECONDS = 10.0
LATE = timedelta(seconds=60)


def beat(name: str, moment: datetime) -> None:
    """One statement: several workers write the same row, and the youngest sign counts."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=moment)], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
    )


def beat_of_the_scheduler(*, moment: datetime) -> None:
    """Among the scheduler's frequent work: it has a thread of its own, which a long night's work does not hold up."""
    beat(SCHEDULER, moment)


def last_beat(name: str) -> datetime | None:
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


def is_alive(name: str) -> bool:
    at = last_beat(name)
    return at is not None and at > database_now() - LATE


def worker_is_alive() -> bool:
    """At least one worker gave a sign of life in the last minute."""
    return is_alive(WORKER)


def scheduler_is_alive() -> bool:
    """At least one scheduler did."""
    return is_alive(SCHEDULER)


@contextmanager
def beating(name: str) -> Iterator[None]:
    """Give signs of life from a thread until the block ends."""
    ended = threading.Event()

    def until_the_end() -> None:
        while True:
            try:
                beat(name, database_now())
            except DatabaseError:
                # SQLite has one writer, and the work is writing; or the database is away: the next beat will pass.
                logger.debug("a sign of life of the %s was missed", name)
            finally:
                connection.close()
            if ended.wait(SECONDS):
                return

    thread = threading.Thread(target=until_the_end, name=f"heartbeat of the {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
