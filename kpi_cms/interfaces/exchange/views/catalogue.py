"""A unit's catalogue from Excel: upload, every error or what it holds, apply as the next draft."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.interfaces.exchange import domain
from kpi_cms.interfaces.exchange.enums import ImportKind
from kpi_cms.interfaces.exchange.forms import CatalogueUploadForm
from kpi_cms.interfaces.exchange.models import ImportUpload
from kpi_cms.interfaces.exchange.queries import own_upload, units_for
from kpi_cms.interfaces.exchange.reading import CatalogueReading, catalogue_problems, read_catalogue
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import CATALOGUE
from snippets.enums import ProductScope
from snippets.models import Unit
from snippets.rule_table import IMPORT_CATALOGUE

from .shared import SHOWN, for_keepers, page, scope_of

KEEPS = for_keepers(IMPORT_CATALOGUE)


@require_http_methods(["GET", "POST"])
@KEEPS
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file: refuse it with everything that is wrong, or keep it and show what it holds."""
    units = units_for(IMPORT_CATALOGUE, scope_of(request))
    if request.method == "POST":
        form = CatalogueUploadForm(request.POST, request.FILES, units=units)
    else:
        form = CatalogueUploadForm(units=units, initial={"title": _("Catalogue of products and work")})
    if form.is_bound and form.is_valid():
        unit: Unit = form.cleaned_data["unit"]
        actor, moment = actor_of(request), database_now()
        try:
            data = form.bytes_within(CATALOGUE)
            reading = read_catalogue(data, actor=actor, moment=moment, unit=unit)
        except WorkbookRefused as refusal:
            form.add_error("file", str(refusal.sentence))
        else:
            if reading.problems or not reading.plan.products:
                return page(request, "catalogue_problems", _problems(form.file_name, reading), status=422)
            kept = domain.keep_upload(
                actor=actor,
                moment=moment,
                kind=ImportKind.CATALOGUE,
                file_name=form.file_name,
                content=data,
                unit=unit,
                title=form.cleaned_data["title"],
            )
            return HttpResponseRedirect(reverse("exchange:catalogue_plan", args=[kept.pk]))
    context = {"form": form, "page_title": _("Import a catalogue from Excel"), "header_icon": "table"}
    return page(request, "catalogue_upload", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@KEEPS
def plan(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a kept file holds, and its application."""
    actor, moment = actor_of(request), database_now()
    kept = own_upload(actor, moment, ImportKind.CATALOGUE, pk)
    if kept.applied_at is not None:
        return page(
            request, "applied_before", {"upload": kept, "page_title": _("Import a catalogue from Excel")}
        )
    assert kept.unit is not None  # the database keeps a catalogue's upload with its unit
    reading = read_catalogue(bytes(kept.content), actor=actor, moment=moment, unit=kept.unit)
    if request.method == "POST" and not reading.parsed.problems:
        try:
            result = domain.apply_catalogue_upload(
                actor=actor,
                moment=moment,
                upload=kept,
                rows=reading.parsed.products,
                standard_points=reading.parsed.standard_points,
            )
        except Invalid as refusal:
            if "plan" not in refusal.details:
                raise  # about the catalogue itself, such as a unit that was closed meanwhile
            problems = catalogue_problems(reading.parsed, refusal.details["plan"])
            reading = CatalogueReading(reading.parsed, refusal.details["plan"], problems)
        else:
            sentence = _(
                "%(count)s products were imported as version %(number)s, a draft. Check it, then send it."
            )
            messages.success(
                request, sentence % {"count": len(result.plan.products), "number": result.catalogue.number}
            )
            return HttpResponseRedirect(reverse("exchange:catalogue"))
    if reading.problems:
        return page(request, "catalogue_problems", _problems(kept.file_name, reading), status=422)
    return page(request, "catalogue_plan", _plan(kept, reading))


def _problems(file_name: str, reading: CatalogueReading) -> dict[str, Any]:
    return {
        "page_title": _("Import a catalogue from Excel"),
        "header_icon": "table",
        "file_name": file_name,
        "problems": reading.problems,
        "notices": reading.parsed.notices,
        "again_url": reverse("exchange:catalogue"),
    }


def _plan(kept: ImportUpload, reading: CatalogueReading) -> dict[str, Any]:
    counts = reading.plan.counts
    return {
        "page_title": _("Import a catalogue from Excel"),
        "header_icon": "table",
        "upload": kept,
        "total": len(reading.plan.products),
        "counts": [(ProductScope(scope).label, counts[scope]) for scope in ProductScope.values],
        "standard_points": reading.parsed.standard_points,
        "notices": reading.parsed.notices,
        "unmatched": reading.plan.unmatched,
        "products": reading.plan.products[:SHOWN],
        "shown": SHOWN,
        "again_url": reverse("exchange:catalogue"),
    }
