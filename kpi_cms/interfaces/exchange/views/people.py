"""People from Excel: template, upload, every error or the plan, apply, first passwords once."""

import uuid
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.interfaces.exchange import domain
from kpi_cms.interfaces.exchange.enums import ImportKind
from kpi_cms.interfaces.exchange.forms import UploadForm
from kpi_cms.interfaces.exchange.imports.people import people_template
from kpi_cms.interfaces.exchange.models import ImportUpload
from kpi_cms.interfaces.exchange.passwords import passwords_workbook
from kpi_cms.interfaces.exchange.queries import codes_in_use, own_upload
from kpi_cms.interfaces.exchange.reading import PeopleReading, change_label, people_problems, read_people
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE
from snippets.domain.people import PeopleImportResult, PlannedPerson
from snippets.rule_table import IMPORT_PEOPLE

from .shared import SHOWN, for_keepers, page, scope_of

KEEPS = for_keepers(IMPORT_PEOPLE)
SEALED_FOR = 30 * 60  # seconds that the first passwords can be downloaded after they were made
SALT = "exchange.first_passwords"


@require_GET
@KEEPS
def template(request: HttpRequest) -> HttpResponse:
    """The empty template with the codes that the reader may enter."""
    units, positions = codes_in_use(scope_of(request))
    return workbook_response(people_template(units=units, positions=positions), "mau-nhan-su.xlsx")


@require_http_methods(["GET", "POST"])
@KEEPS
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file: refuse it with everything that is wrong, or keep it and show what it would change."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_bound and form.is_valid():
        actor, moment = actor_of(request), database_now()
        try:
            data = form.bytes_within(PEOPLE)
            reading = read_people(data, actor=actor, moment=moment)
        except WorkbookRefused as refusal:
            form.add_error("file", str(refusal.sentence))
        else:
            if reading.problems:
                return page(request, "people_problems", _problems(form.file_name, reading), status=422)
            kept = domain.keep_upload(
                actor=actor, moment=moment, kind=ImportKind.PEOPLE, file_name=form.file_name, content=data
            )
            return HttpResponseRedirect(reverse("exchange:people_plan", args=[kept.pk]))
    context = {"form": form, "page_title": _("Import people from Excel"), "header_icon": "group"}
    return page(request, "people_upload", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@KEEPS
def plan(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a kept file would change, and its application."""
    actor, moment = actor_of(request), database_now()
    kept = own_upload(actor, moment, ImportKind.PEOPLE, pk)
    if kept.applied_at is not None:
        return page(request, "applied_before", {"upload": kept, "page_title": _("Import people from Excel")})
    reading = read_people(bytes(kept.content), actor=actor, moment=moment)
    if request.method == "POST" and not reading.parsed.problems:
        try:
            result = domain.apply_people_upload(
                actor=actor, moment=moment, upload=kept, rows=reading.parsed.rows
            )
        except Invalid as refusal:
            problems = people_problems(reading.parsed, refusal.details["plan"])
            reading = PeopleReading(reading.parsed, refusal.details["plan"], problems)
        else:
            return page(request, "people_applied", _applied(kept, result))
    if reading.problems:
        return page(request, "people_problems", _problems(kept.file_name, reading), status=422)
    return page(request, "people_plan", _plan(kept, reading))


@require_POST
@KEEPS
def passwords(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The first passwords of the accounts an import made, once, as a workbook."""
    actor, moment = actor_of(request), database_now()
    kept = own_upload(actor, moment, ImportKind.PEOPLE, pk)
    try:
        sealed = signing.loads(request.POST.get("sealed", ""), salt=SALT, max_age=SEALED_FOR)
    except signing.BadSignature:
        sealed = {"upload": ""}
    if sealed["upload"] != str(kept.pk):
        raise Invalid(
            _("These passwords can no longer be downloaded. Reset them in the register of people instead.")
        )
    domain.take_passwords(actor=actor, moment=moment, upload=kept, count=len(sealed["passwords"]))
    return workbook_response(passwords_workbook(sealed["passwords"]), "mat-khau-lan-dau.xlsx")


def _problems(file_name: str, reading: PeopleReading) -> dict[str, Any]:
    return {
        "page_title": _("Import people from Excel"),
        "header_icon": "group",
        "file_name": file_name,
        "problems": reading.problems,
        "again_url": reverse("exchange:people"),
    }


def _plan(kept: ImportUpload, reading: PeopleReading) -> dict[str, Any]:
    plan = reading.plan
    return {
        "page_title": _("Import people from Excel"),
        "header_icon": "group",
        "upload": kept,
        "counts": plan.counts,
        "notices": reading.parsed.notices,
        "created": [_row(person) for person in plan.created[:SHOWN]],
        "changed": [_row(person) for person in plan.changed[:SHOWN]],
        "unchanged": [_row(person) for person in plan.unchanged[:SHOWN]],
        "shown": SHOWN,
        "nothing": not (plan.created or plan.changed),
        "again_url": reverse("exchange:people"),
    }


def _row(person: PlannedPerson) -> dict[str, Any]:
    return {
        "sheet": person.row.sheet,
        "row": person.row.row,
        "code": person.staff_code,
        "name": person.full_name,
        "changes": [
            {"label": change_label(change.field), "before": change.before, "after": change.after}
            for change in person.changes
        ],
    }


def _applied(kept: ImportUpload, result: PeopleImportResult) -> dict[str, Any]:
    sealed = ""
    if result.passwords:
        content = {"upload": str(kept.pk), "passwords": dict(result.passwords)}
        sealed = signing.dumps(content, salt=SALT, compress=True)
    return {
        "page_title": _("Import people from Excel"),
        "header_icon": "group",
        "upload": kept,
        "counts": result.plan.counts,
        "accounts": len(result.passwords),
        "sealed": sealed,
        "minutes": SEALED_FOR // 60,
        "again_url": reverse("exchange:people"),
    }
