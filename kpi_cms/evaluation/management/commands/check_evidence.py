"""Read every file of evidence and name those that are missing or not what they were."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from kpi_cms.evaluation.domain import evidence_tidying
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.actor import database_now


class Command(BaseCommand):
    """Exit code 1 when a file is missing or damaged; the file's key stands in the ledger."""

    help = "Reads every file of evidence and names those that are missing or damaged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--tidy",
            action="store_true",
            help="First do the night's work: erase what is due, sweep what nobody names.",
        )

    def handle(self, *args: Any, tidy: bool, **options: Any) -> None:
        with override("en"):
            if tidy:
                evidence_tidying.tidy(actor=system_user(), moment=database_now())
            found = 0
            for evidence, sentence in evidence_tidying.damaged(actor=system_user()):
                found += 1
                self.stdout.write(f"{evidence.key}: {sentence}")
        if found:
            raise CommandError(f"{found} files of evidence are missing or damaged.")
        self.stdout.write("Every file of evidence is there and is what it was.")
