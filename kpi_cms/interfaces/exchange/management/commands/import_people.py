"""`manage.py import_people FILE`: the people import from the shell."""

import hashlib
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError
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
            help="write the first passwords of new accounts into this new workbook; without it they are printed",
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
            wanted = bool(reading.plan.counts["accounts"])
            target = _reserved(options["passwords"]) if wanted and options["passwords"] else None
            try:
                result = apply_people_import(
                    actor=actor,
                    moment=moment,
                    rows=reading.parsed.rows,
                    file_name=options["file"].name,
                    file_sha256=hashlib.sha256(data).hexdigest(),
                )
            except BaseException as error:
                if target is not None:
                    target.unlink()
                if isinstance(error, DomainError):
                    raise CommandError(str(error.sentence)) from error
                raise
            passwords = self._hand_over(dict(result.passwords), target)
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
        """Write them into the reserved file; what is returned is printed: all of them where that fails, because nobody
        can ask for them again."""
        if target is None:
            return passwords
        if not passwords:  # somebody else made the accounts since the file was read
            target.unlink()
            return {}
        try:
            target.write_bytes(passwords_workbook(passwords))
        except OSError as error:
            self.stderr.write(
                _(
                    "The first passwords could not be written into %(path)s (%(error)s). They are printed instead."
                )
                % {"path": target, "error": error}
            )
            return passwords
        return {}


def _reserved(target: Path) -> Path:
    """The file of the first passwords, made before anything is applied: a new one that its owner alone reads."""
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError as error:
        raise CommandError(
            _("The file %(path)s exists already. Choose another one; nothing was written.") % {"path": target}
        ) from error
    except OSError as error:
        raise CommandError(
            _("The file %(path)s cannot be made (%(error)s). Choose another one; nothing was written.")
            % {"path": target, "error": error.strerror}
        ) from error
    return target


def _lines(reading: PeopleReading) -> list[str]:
    counts = reading.plan.counts
    lines = [
        _("Created: %(count)s") % {"count": counts["created"]},
        _("Changed: %(count)s") % {"count": counts["changed"]},
        _("Unchanged: %(count)s") % {"count": counts["unchanged"]},
        _("Accounts: %(count)s") % {"count": counts["accounts"]},
    ]
    return lines + [f"{notice.place}: {notice.sentence}" for notice in reading.parsed.notices]
