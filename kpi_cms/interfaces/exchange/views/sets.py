"""A criteria set from Excel and to Excel: upload, every error or a draft in the editor; a version; the template."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from criteria_pages.domain import handbook
from criteria_pages.domain.importing import import_draft
from criteria_pages.rule_table import IMPORT_SET
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.interfaces.exchange.forms import UploadForm
from kpi_cms.interfaces.exchange.sets.reading import CRITERIA_SET, read_set
from kpi_cms.interfaces.exchange.sets.writing import about_version, set_workbook, template_workbook

from .shared import for_keepers, page

KEEPS = for_keepers(IMPORT_SET)


@require_GET
@KEEPS
def template(request: HttpRequest) -> HttpResponse:
    """An empty set for authors who start in Excel."""
    return workbook_response(template_workbook(), "mau-bo-tieu-chi.xlsx")


@require_GET
@KEEPS
def export(request: HttpRequest, set_code: str, number: int) -> HttpResponse:
    """An issued version, as a workbook that imports as the same set."""
    version = handbook.find(set_code, number)
    data = set_workbook(version.specification, about_version(version))
    return workbook_response(data, f"{set_code}-{number}.xlsx")


@require_http_methods(["GET", "POST"])
@KEEPS
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file: refuse it with everything that is wrong, or open it in the editor as a draft."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    context = {"form": form, "page_title": _("Import a criteria set from Excel"), "header_icon": "list-ol"}
    if form.is_bound and form.is_valid():
        try:
            reading = read_set(form.bytes_within(CRITERIA_SET))
            if reading.problems:
                told = {
                    "file_name": form.file_name,
                    "problems": reading.problems,
                    "notices": reading.notices,
                    "again_url": reverse("exchange:criteria_set"),
                }
                return page(request, "criteria_set_problems", context | told, status=422)
            draft = import_draft(
                actor=actor_of(request),
                moment=database_now(),
                specification=reading.specification,
                about=reading.about,
            )
        except DomainError as refusal:
            form.add_error("file", str(refusal.sentence))
        else:
            for notice in reading.notices:
                messages.warning(request, f"{notice.place}: {notice.sentence}")
            messages.success(
                request, _("The set was imported as a draft. Check it here; nothing was issued.")
            )
            return HttpResponseRedirect(reverse("wagtailadmin_pages:edit", args=[draft.pk]))
    return page(request, "criteria_set_upload", context, status=422 if form.is_bound else 200)
