"""`manage.py export_criteria_set CODE FILE`: an issued criteria set as a workbook."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from criteria_pages.domain.publishing import last_version
from criteria_pages.models import CriteriaVersion
from kpi_cms.interfaces.exchange.sets.writing import about_version, set_workbook


class Command(BaseCommand):
    help = "Write the last issued version of a criteria set as a workbook that imports as the same set again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="the code of the set")
        parser.add_argument("file", type=Path, help="the workbook to write (.xlsx)")
        parser.add_argument("--number", type=int, help="another version than the last one")

    def handle(self, *args: Any, code: str, file: Path, number: int | None, **options: Any) -> None:
        version = (
            last_version(code)
            if number is None
            else CriteriaVersion.objects.filter(set_code=code, number=number).first()
        )
        if version is None:
            raise CommandError(_("No such version of %(code)s was issued.") % {"code": code})
        try:
            file.write_bytes(set_workbook(version.specification, about_version(version)))
        except OSError as error:
            raise CommandError(_("The file %(path)s cannot be written.") % {"path": file}) from error
        self.stdout.write(f"{version} {version.sha256}")
