"""Every part of the interface on one page, for those who build pages and for the tests that look at them."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from kpi_cms.interfaces.workspace import gallery


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Invented data only. `kpi_cms.urls` gives it an address in development and in tests."""
    return TemplateResponse(request, "workspace/gallery.html", gallery.context())
