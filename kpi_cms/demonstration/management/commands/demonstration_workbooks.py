from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kpi_cms.demonstration.workbooks import CATALOGUE_FILE, PEOPLE_FILE, catalogue_workbook, people_workbook


class Command(BaseCommand):
    help = "Writes the two workbooks of the demonstration: the next catalogue and new people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        directory: Path = options["directory"]
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in ((CATALOGUE_FILE, catalogue_workbook()), (PEOPLE_FILE, people_workbook())):
            (directory / name).write_bytes(content)
            self.stdout.write(str(directory / name))
