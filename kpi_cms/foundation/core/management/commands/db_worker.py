"""The task backend's worker, with signs of life for the health page."""

from typing import Any

from django_tasks_db.management.commands.db_worker import Command as WorkerCommand

from kpi_cms.foundation.core import beats


class Command(WorkerCommand):
    def handle(self, **options: Any) -> None:
        with beats.beating(beats.WORKER):
            super().handle(**options)
