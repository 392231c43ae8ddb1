"""Reading issued sets. Every version keeps its address for ever."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import NotFound

from ..domain import handbook
from ..models import CriteriaVersion
from ..queries import in_force


@login_required
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """What is in force today, then everything issued before or for later."""
    today = timezone.localdate(database_now())
    current = in_force(today)
    shown = {entry.pk for entry in current}
    others = [
        entry for entry in CriteriaVersion.objects.order_by("set_code", "-number") if entry.pk not in shown
    ]
    context = {"today": today, "current": current, "others": others}
    return TemplateResponse(request, "criteria_pages/handbook/list.html", context)


@login_required
@require_safe
def current(request: HttpRequest, set_code: str) -> HttpResponse:
    """A set's address without a number leads to its version in force."""
    today = timezone.localdate(database_now())
    for entry in in_force(today):
        if entry.set_code == set_code:
            return redirect("handbook:version", set_code, entry.number)
    raise NotFound


@login_required
@require_safe
def version(request: HttpRequest, set_code: str, number: int) -> HttpResponse:
    """One version, complete, as it was issued."""
    found = handbook.find(set_code, number)
    citations = [{**entry, "issued_on": handbook.issued_on(entry)} for entry in found.citations]
    context = {"handbook": handbook.read(found), "version": found, "citations": citations}
    return TemplateResponse(request, "criteria_pages/handbook/version.html", context)
