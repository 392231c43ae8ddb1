"""`manage.py import_people FILE`: the people import from the shell."""

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.interfaces.exchange.management.shared import ImportCommand
from kpi_cms.interfaces.exchange.passwords import passwords_workbook
from kpi_cms.interfaces.exchange.reading import PeopleReading, read_people
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE
from snippets.domain.people import apply_people_import


class Command(ImportCommand):
    help = "Import people from a workbook: all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--passwords",
            type=Path,
            metavar="FILE",
            help="write the first passwords of new accounts into this workbook; without it they are printed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor, moment = self.actor(options), database_now()
        try:
            data = self.content(options, PEOPLE)
            reading = read_people(data, actor=actor, moment=moment)
        except WorkbookRefused as refusal:
            return self.refuse(options, refusal)
        passwords: dict[str, str] = {}
        applies = not options["dry_run"] and not reading.problems
        if applies:
            result = apply_people_import(
                actor=actor,
                moment=moment,
                rows=reading.parsed.rows,
                file_name=options["file"].name,
                file_sha256=hashlib.sha256(data).hexdigest(),
            )
            passwords = self._hand_over(dict(result.passwords), options["passwords"])
        counts = {name: count for name, count in reading.plan.counts.items() if name != "problems"}
        return self.answer(
            options,
            lines=[*_lines(reading), *(f"{code}\t{password}" for code, password in passwords.items())],
            problems=reading.problems,
            applied=applies,
            counts=counts,
            notices=[notice.as_json() for notice in reading.parsed.notices],
            **({"passwords": passwords} if passwords else {}),
        )

    def _hand_over(self, passwords: dict[str, str], target: Path | None) -> dict[str, str]:
        """Write them into the workbook, readable by its owner only; what is returned is printed."""
        if not passwords or target is None:
            return passwords
        target.touch(mode=0o600)
        target.chmod(0o600)
        target.write_bytes(passwords_workbook(passwords))
        return {}


def _lines(reading: PeopleReading) -> list[str]:
    counts = reading.plan.counts
    lines = [
        _("Created: %(count)s") % {"count": counts["created"]},
        _("Changed: %(count)s") % {"count": counts["changed"]},
        _("Unchanged: %(count)s") % {"count": counts["unchanged"]},
        _("Accounts: %(count)s") % {"count": counts["accounts"]},
    ]
    return lines + [f"{notice.place}: {notice.sentence}" for notice in reading.parsed.notices]
