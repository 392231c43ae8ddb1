"""What both import commands share: whose file, who acts, and how the answer is written."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.interfaces.exchange.imports.problems import ImportProblem
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import Limits


class ImportCommand(BaseCommand):
    """Exit code 0: applied, or nothing wrong with it; 1: it has problems and nothing was written."""

    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the workbook (.xlsx)")
        parser.add_argument("--dry-run", action="store_true", help="show what would happen, write nothing")
        parser.add_argument("--json", action="store_true", help="write one JSON object instead of text")
        parser.add_argument(
            "--actor", metavar="USERNAME", help="the account that acts; without it the system account"
        )

    def actor(self, options: Mapping[str, Any]) -> User:
        """The named active account, or the system's."""
        name = options["actor"]
        if not name:
            return system_user()
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(_("There is no active account named “%(name)s”.") % {"name": name})
        return user

    def content(self, options: Mapping[str, Any], limits: Limits) -> bytes:
        """The file's bytes; one too large is not read at all."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": path})
        if path.stat().st_size > limits.file_bytes:
            raise WorkbookRefused("file_too_large", limit=limits.file_bytes // 1024**2)
        return path.read_bytes()

    def answer(
        self,
        options: Mapping[str, Any],
        *,
        lines: Iterable[str],
        problems: Iterable[ImportProblem],
        **values: Any,
    ) -> None:
        """Write text or JSON; raises CommandError (exit code 1) when there are problems."""
        found = list(problems)
        if options["json"]:
            report = {"ok": not found, **values, "problems": [problem.as_json() for problem in found]}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            for line in lines:
                self.stdout.write(line)
            for problem in found:
                self.stdout.write(f"{_place(problem)}: {problem.sentence}")
        if found:
            raise CommandError(_("The file has problems. Nothing was written."))

    def refuse(self, options: Mapping[str, Any], refusal: WorkbookRefused) -> None:
        """A workbook that cannot be read at all: one sentence."""
        if options["json"]:
            report = {"ok": False, "refused": refusal.code, "sentence": str(refusal.sentence), "problems": []}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        raise CommandError(str(refusal.sentence))


def _place(problem: ImportProblem) -> str:
    """Where it stands, with the column's heading and the value where they are known."""
    details = [part for part in (problem.header, f"“{problem.value}”" if problem.value else "") if part]
    return f"{problem.place} ({', '.join(details)})" if details else problem.place
