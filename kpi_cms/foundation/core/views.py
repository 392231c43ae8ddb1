"""Answers that belong to no room of the product."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from .health import states

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook_response(content: bytes, name: str) -> HttpResponse:
    """A workbook as an attachment, never kept by a cache."""
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{get_valid_filename(name)}"'
    response["Cache-Control"] = "no-store, private"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or old: nothing was saved."""
    sentence = _(
        "This form is too old or was not sent from this site. Go back, reload the page and send it again."
    )
    return TemplateResponse(request, "403.html", {"sentence": sentence}, status=403).render()


def health(request: HttpRequest) -> JsonResponse:
    """Alive, for a supervisor or a proxy, and what the rooms above say about themselves. Nothing about the data."""
    return JsonResponse({"status": "ok", **states()})
