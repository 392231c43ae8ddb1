"""Three pages beside the editor: start from a template, confirm what will be issued, and what was issued.

To those who are no authors they do not exist: `admin_door` asks for every route about pages.
"""

from itertools import zip_longest
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError, Invalid

from . import queries, rules
from .domain import pins
from .domain.authors import last_author
from .domain.publishing import publish, summary_of
from .domain.starting import start_from_template
from .domain.templates import TEMPLATES
from .models import CriteriaSetPage
from .start_form import StartForm


def trail(page: CriteriaSetPage, label: str) -> list[dict[str, Any]]:
    index = page.get_parent()
    return [
        {"url": reverse("wagtailadmin_explore", args=[index.pk]), "label": index.title},
        {"url": reverse("wagtailadmin_pages:edit", args=[page.pk]), "label": page.get_admin_display_title()},
        {"url": "", "label": label},
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The templates; a POST makes a draft of the chosen one and opens it in the editor."""
    form = StartForm(request.POST) if request.method == "POST" else StartForm()
    if form.is_bound and form.is_valid():
        try:
            page = start_from_template(
                actor=actor_of(request),
                moment=database_now(),
                **form.cleaned_data,
            )
        except Invalid as error:
            messages.error(request, str(error.sentence))
            form.mark(error.problems)
        else:
            messages.success(request, _("The draft was made. Adapt it here; nothing was issued."))
            return redirect("wagtailadmin_pages:edit", page.pk)
    context = {
        "page_title": _("Start from a template"),
        "header_title": _("Start from a template"),
        "header_icon": "doc-full-inverse",
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_explore_root"), "label": _("Criteria sets")},
            {"url": "", "label": _("Start from a template")},
        ],
        "form": form,
        "templates": TEMPLATES,
    }
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "criteria_pages/admin/start.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, page_id: int) -> HttpResponse:
    """What the present draft would become; a POST issues it, if it is still the draft that was shown."""
    page = get_object_or_404(CriteriaSetPage, pk=page_id)
    status = 200
    if request.method == "POST":
        try:
            version = publish(
                actor=actor_of(request),
                moment=database_now(),
                page=page,
                expected_sha256=request.POST.get("sha256", ""),
            )
        except DomainError as error:
            messages.error(request, str(error.sentence))
            status = error.status
        else:
            text = _("Version %(number)s of %(code)s was issued.")
            messages.success(request, text % {"number": version.number, "code": version.set_code})
            return redirect("criteria_sets:versions", page.pk)
    context = {
        "page_title": _("Issue the criteria set"),
        "header_title": _("Issue the criteria set"),
        "header_icon": "upload",
        "breadcrumbs_items": trail(page, _("Issue")),
        "page": page,
        "summary": summary_of(page),
        "edit_url": reverse("wagtailadmin_pages:edit", args=[page.pk]),
        "may_issue": rules.issue(actor_of(request), request.scope, author=last_author(page)),  # type: ignore[attr-defined]  # set by ScopeMiddleware
    }
    return TemplateResponse(request, "criteria_pages/admin/issue.html", context, status=status)


@require_safe
def versions(request: HttpRequest, page_id: int) -> HttpResponse:
    """Every version issued from a set: number, dates, digest, legal basis, who wrote and who issued it, and the periods
    that use it. A version is compared with the one before it."""
    page = get_object_or_404(CriteriaSetPage, pk=page_id)
    found = list(queries.versions_of_page(page.pk))
    names = queries.names_of(
        pk for version in found for pk in (version.published_by, version.authored_by) if pk is not None
    )
    uses = pins.uses([version.pk for version in found])
    rows = [
        {
            "version": version,
            "author": names.get(version.authored_by or 0, ""),
            "issuer": names.get(version.published_by, ""),
            "periods": uses.get(version.pk, []),
            "previous": previous,
        }
        for version, previous in zip_longest(found, found[1:])
    ]
    context = {
        "page_title": _("Issued versions"),
        "header_title": _("Issued versions"),
        "header_icon": "history",
        "breadcrumbs_items": trail(page, _("Issued versions")),
        "page": page,
        "rows": rows,
    }
    return TemplateResponse(request, "criteria_pages/admin/versions.html", context)
