"""`manage.py import_criteria_set FILE`: a criteria set from a workbook, as a draft of the editor."""

from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from criteria_pages.domain.importing import filled, import_draft
from criteria_pages.domain.specification import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError
from kpi_cms.foundation.engine import digest
from kpi_cms.interfaces.exchange.management.shared import ImportCommand
from kpi_cms.interfaces.exchange.sets.reading import CRITERIA_SET, read_set
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused


class Command(ImportCommand):
    help = (
        "Import a criteria set from a workbook as a draft: all of it or nothing. It is never issued by this."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        actor, moment = self.actor(options), database_now()
        page: CriteriaSetPage | None = None
        sha256 = ""
        try:
            reading = read_set(self.content(options, CRITERIA_SET))
            if not reading.problems:
                sha256 = digest(specification_of(filled(reading.specification, reading.about)))
            applies = not options["dry_run"] and not reading.problems
            if applies:
                page = import_draft(
                    actor=actor, moment=moment, specification=reading.specification, about=reading.about
                )
        except WorkbookRefused as refusal:
            return self.refuse(options, refusal)
        except DomainError as refusal:
            raise CommandError(str(refusal.sentence)) from refusal
        code = str(reading.about.get("code") or "")
        lines = [f"{code} {sha256}".strip()] if sha256 else []
        lines += [f"{notice.place}: {notice.sentence}" for notice in reading.notices]
        if page is not None:
            lines.append(_("Imported as a draft of page %(page)s.") % {"page": page.pk})
        return self.answer(
            options,
            lines=lines,
            problems=reading.problems,
            applied=applies,
            code=code,
            sha256=sha256,
            page=None if page is None else page.pk,
            notices=[notice.as_json() for notice in reading.notices],
        )
