"""Runs beside the worker: takes up jobs whose worker died, and calls each day's work."""

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import OperationalError, close_old_connections, connection

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.actor import Origin, coming_from, database_now
from kpi_cms.foundation.core.jobs import requeue_abandoned
from kpi_cms.foundation.core.schedule import Calendar, daily_work

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
