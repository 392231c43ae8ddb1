"""`manage.py import_catalogue FILE --unit CODE`: a unit's catalogue from the shell."""

import hashlib
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError
from kpi_cms.interfaces.exchange.management.shared import ImportCommand
from kpi_cms.interfaces.exchange.reading import CatalogueReading, read_catalogue
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import CATALOGUE
from snippets.domain.catalogue import apply_catalogue_import
from snippets.enums import ProductScope
from snippets.models import Unit


class Command(ImportCommand):
    help = "Import a unit's catalogue from a workbook as its next draft: all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--unit", required=True, metavar="CODE", help="whose catalogue it is")
        parser.add_argument("--title", default="", help="the catalogue's title")

    def handle(self, *args: Any, **options: Any) -> None:
        actor, moment = self.actor(options), database_now()
        unit = Unit.objects.filter(code=options["unit"]).first()
        if unit is None:
            raise CommandError(_("There is no unit with the code “%(code)s”.") % {"code": options["unit"]})
        try:
            data = self.content(options, CATALOGUE)
            reading = read_catalogue(data, actor=actor, moment=moment, unit=unit)
            applies = not options["dry_run"] and not reading.problems
            number = None
            if applies:
                result = apply_catalogue_import(
                    actor=actor,
                    moment=moment,
                    unit=unit,
                    title=options["title"] or _("Catalogue of products and work"),
                    rows=reading.parsed.products,
                    file_name=options["file"].name,
                    file_sha256=hashlib.sha256(data).hexdigest(),
                    standard_points=reading.parsed.standard_points,
                )
                number = result.catalogue.number
        except WorkbookRefused as refusal:
            return self.refuse(options, refusal)
        except DomainError as refusal:
            raise CommandError(str(refusal.sentence)) from refusal
        return self.answer(
            options,
            lines=_lines(reading, number),
            problems=reading.problems,
            applied=applies,
            version=number,
            counts={"products": len(reading.plan.products), **reading.plan.counts},
            unmatched=[unmatched._asdict() for unmatched in reading.plan.unmatched],
            notices=[notice.as_json() for notice in reading.parsed.notices],
        )


def _lines(reading: CatalogueReading, number: int | None) -> list[str]:
    counts = reading.plan.counts
    lines = [_("Products: %(count)s") % {"count": len(reading.plan.products)}]
    lines += [f"  {ProductScope(scope).label}: {counts[scope]}" for scope in ProductScope.values]
    lines += [
        _("Department “%(name)s” is no unit: %(count)s products")
        % {"name": unmatched.name, "count": unmatched.products}
        for unmatched in reading.plan.unmatched
    ]
    lines += [f"{notice.place}: {notice.sentence}" for notice in reading.parsed.notices]
    if number is not None:
        lines.append(_("Imported as version %(number)s, a draft.") % {"number": number})
    return lines
