"""The half-yearly access review: who holds what in the reader's units, and the matrix of who may what."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.interfaces.workspace import exporting
from kpi_cms.interfaces.workspace.presentation.review import (
    matrix_page,
    review_page,
    rule_named,
    rule_page,
)
from snippets.review_queries import givers, grants_to_review, page_of_grants
from snippets.rule_table import REVIEW_GRANTS

from .asking import require_somewhere
from .shared import number_in, scope_of

PAGE = 100


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Accounts with what they hold in the reader's units; by account, paged by key."""
    scope = scope_of(request)
    require_somewhere(REVIEW_GRANTS, scope)
    text = request.GET.get("q", "")[:100].strip()
    found = grants_to_review(scope, timezone.localdate(database_now()), text=text)
    page = page_of_grants(found, size=PAGE, after=number_in(request, "sau"))
    query = request.GET.copy()
    query.pop("sau", None)
    first = f"{request.path}?{query.urlencode()}" if query else request.path
    query["sau"] = str(page.after)
    context = {
        "q": text,
        "first_url": first if number_in(request, "sau") is not None else "",
        "next_url": f"{request.path}?{query.urlencode()}" if page.after is not None else "",
        **review_page(page.grants, givers(page.grants)),
    }
    return TemplateResponse(request, "workspace/review/index.html", context)


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """A POST, because taking a list away is recorded."""
    content = exporting.export_review(actor=actor_of(request), moment=database_now())
    return workbook_response(content, "ra-soat-quyen.xlsx")


@login_required
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Every act and everybody's answer; printable."""
    require_somewhere(REVIEW_GRANTS, scope_of(request))
    return TemplateResponse(request, "workspace/review/rules.html", matrix_page())


@login_required
@require_GET
def rule(request: HttpRequest, act: str) -> HttpResponse:
    """One act: who may in which state, and what everybody else reads."""
    require_somewhere(REVIEW_GRANTS, scope_of(request))
    found = rule_named(act)
    if found is None:
        raise NotFound
    return TemplateResponse(request, "workspace/review/rule.html", rule_page(found))


@login_required
@require_POST
def export_rules(request: HttpRequest) -> HttpResponse:
    """The same as a workbook."""
    content = exporting.export_rules(actor=actor_of(request), moment=database_now())
    return workbook_response(content, "ma-tran-quyen.xlsx")
