"""Screens of the workspace."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me."""
    return TemplateResponse(request, "workspace/home.html", {})
