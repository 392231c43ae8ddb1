"""“Ai đã xem gì?”: the access log, for auditors.

Reading it stands in the log itself; taking it away stands in the ledger.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from kpi_cms.evaluation.access_search import search_access
from kpi_cms.evaluation.ledger_search import reads_the_province
from kpi_cms.evaluation.rule_table import READ_UNIT_HISTORY
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.interfaces.workspace import exporting
from kpi_cms.interfaces.workspace.forms.inspection import AccessForm
from kpi_cms.interfaces.workspace.presentation.accesses import access_columns, access_rows

from .asking import require_somewhere
from .shared import link_with, number_in, scope_of


@login_required
@require_GET
def accesses(request: HttpRequest) -> HttpResponse:
    """Who saw, listed, was refused and signed in, newest first."""
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    form = AccessForm(request.GET or None)
    asked = form.asked()
    wrong = form.is_bound and bool(form.errors)
    context = {
        "form": form,
        "of_the_province": reads_the_province(scope),
        "export_query": request.GET.urlencode(),
        "first_url": link_with(request, sau="") if request.GET.get("sau") else "",
    }
    if not wrong:
        found = search_access(scope, asked, after=number_in(request, "sau"))
        context |= {
            "columns": access_columns(),
            "rows": access_rows(found.entries),
            "next_url": link_with(request, sau=str(found.after)) if found.after is not None else "",
        }
    return TemplateResponse(request, "workspace/audit/accesses.html", context, status=422 if wrong else 200)


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """A POST, because taking a list away is recorded."""
    require_somewhere(READ_UNIT_HISTORY, scope_of(request))
    form = AccessForm(request.GET or None)
    if form.is_bound and not form.is_valid():
        raise NotFound
    content = exporting.export_accesses(actor=actor_of(request), moment=database_now(), asked=form.asked())
    return workbook_response(content, "nhat-ky-truy-cap.xlsx")
