"""Runs beside the worker: takes up jobs whose worker died, calls each day's work, and, beside both, what is often due.

What is often due (sealing the ledger, within a second) has a thread of its own: a night's work must not hold it up.
It may run in several schedulers at once; each of these works takes its own lock.
"""

import logging
import signal
import threading
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections, connection

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.actor import Origin, coming_from, database_now
from kpi_cms.foundation.core.jobs import requeue_abandoned
from kpi_cms.foundation.core.schedule import Calendar, Frequent, daily_work, frequent_work

logger = logging.getLogger(__name__)

LOCK = 7_336_001  # the product's own number among PostgreSQL's advisory locks


class Command(BaseCommand):
    help = "Requeue abandoned jobs and run the daily work until SIGTERM. A second scheduler waits in reserve."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="One round, then end.")

    def handle(self, *args: Any, **options: Any) -> None:
        ended = threading.Event()
        calendar = Calendar(daily_work(settings.DAILY_WORK))
        if not options["once"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: ended.set())
            often = threading.Thread(target=self._often, args=[ended], name="often", daemon=True)
            often.start()
        else:
            self._round_often(frequent_work(settings.FREQUENT_WORK))
        while not ended.is_set():
            close_old_connections()
            try:
                if self._is_first():
                    self._round(calendar)
            except OperationalError:
                logger.exception("the database did not answer; trying again")
            if options["once"]:
                return
            ended.wait(settings.SCHEDULER_SECONDS)

    @classmethod
    def _often(cls, ended: threading.Event) -> None:
        """Until the end: whatever is due, then to sleep until the next is."""
        works = frequent_work(settings.FREQUENT_WORK)
        next_at = dict.fromkeys(works, 0.0)
        while not ended.is_set():
            due = [work for work in works if next_at[work] <= time.monotonic()]
            close_old_connections()
            cls._round_often(due)
            for work in due:
                next_at[work] = time.monotonic() + work.seconds
            ended.wait(max(0.05, min(next_at.values(), default=1.0) - time.monotonic()))
        connection.close()

    @staticmethod
    def _round_often(works: Sequence[Frequent]) -> None:
        for work in works:
            try:
                with coming_from(Origin()):
                    work.run()(moment=database_now())
            except Exception:  # one work that fails must not stop the others, nor its own next time
                logger.exception("frequent work %s failed", work.name)

    @staticmethod
    def _is_first() -> bool:
        """Of several schedulers on one PostgreSQL database one works: the others wait for its connection to end."""
        if connection.vendor != "postgresql":
            return True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            row = cursor.fetchone()
        return bool(row and row[0])

    @staticmethod
    def _round(calendar: Calendar) -> None:
        requeued = requeue_abandoned()
        if requeued:
            logger.warning("%d abandoned jobs were enqueued again", requeued)
        moment = database_now()
        for work in calendar.due(moment):
            calendar.mark(work, moment)
            with coming_from(Origin()):
                try:
                    work.run()(actor=system_user(), moment=moment)
                except OperationalError:
                    raise
                except Exception:  # one day's work that fails must not stop the others
                    logger.exception("daily work %s failed", work.name)
