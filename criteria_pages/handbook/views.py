"""Reading issued sets. Every version keeps its address for ever."""

from collections import Counter
from itertools import zip_longest
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import NotFound

from .. import rules
from ..domain import handbook
from ..domain.comparison import differences
from ..domain.publishing import NotReady, latest_draft, unissued
from ..enums import Difference
from ..models import CriteriaSetPage, CriteriaVersion
from ..queries import in_force, versions_of_set

MAX_DIGITS = 9  # of a version's number: what every database holds


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
    return TemplateResponse(request, "criteria_pages/handbook/version.html", _reading(found))


@login_required
@require_safe
def preview(request: HttpRequest, page_id: int) -> HttpResponse:
    """The latest draft of a set as it would be read once it is issued, for those who read it in the editor; while
    nothing can be computed with it, what is wrong. To everybody else it does not exist."""
    page = CriteriaSetPage.objects.filter(pk=page_id).first()
    if page is None or not rules.write(request.scope):  # type: ignore[attr-defined]  # set by ScopeMiddleware
        raise NotFound
    draft = latest_draft(page)
    context: dict[str, Any] = {"draft": draft, "edit_url": reverse("wagtailadmin_pages:edit", args=[page.pk])}
    try:
        context |= _reading(unissued(draft))
    except NotReady as error:
        context["problems"] = error.found
    return TemplateResponse(request, "criteria_pages/handbook/preview.html", context)


def _reading(found: CriteriaVersion) -> dict[str, Any]:
    citations = [{**entry, "issued_on": handbook.issued_on(entry)} for entry in found.citations]
    return {"handbook": handbook.read(found), "version": found, "citations": citations}


@login_required
@require_safe
def history(request: HttpRequest, set_code: str) -> HttpResponse:
    """Every version of a set, newest first, each beside the one before it."""
    found = list(versions_of_set(set_code))
    if not found:
        raise NotFound
    rows = [{"version": entry, "previous": before} for entry, before in zip_longest(found, found[1:])]
    context = {"set_code": set_code, "title": found[0].title, "rows": rows}
    return TemplateResponse(request, "criteria_pages/handbook/history.html", context)


@login_required
@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """What changed between two versions, of one set or of two; first the question which."""
    chosen = [request.GET.get(name, "") for name in ("truoc", "sau")]
    context: dict[str, Any] = {
        "versions": list(CriteriaVersion.objects.order_by("set_code", "-number")),
        "chosen": chosen,
    }
    if all(chosen):
        before, after = (handbook.find(*_address(text)) for text in chosen)
        changes = differences(before.specification, after.specification)
        counts = Counter(change.kind for change in changes)
        context |= {
            "before": before,
            "after": after,
            "changes": changes,
            "counts": [(kind.label, counts[kind]) for kind in Difference if counts[kind]],
        }
    return TemplateResponse(request, "criteria_pages/handbook/comparison.html", context)


def _address(text: str) -> tuple[str, int]:
    """The code and the number of a version, as the form sends them."""
    code, _mark, number = text.rpartition("/")
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS):
        raise NotFound
    return code, int(number)
