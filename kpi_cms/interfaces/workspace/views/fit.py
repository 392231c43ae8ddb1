"""How the criteria of a closed period were scored: for policy staff and auditors, criterion by criterion."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from kpi_cms.evaluation.fit_queries import fit_of, opinions_of, periods_of_fit, versions_of_fit
from kpi_cms.evaluation.rule_table import SEE_FIT
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.interfaces.workspace import exporting
from kpi_cms.interfaces.workspace.presentation.fit import Asked, opinions_table, table_of
from snippets.enums import Block, StaffKind

from .asking import require_somewhere
from .shared import scope_of


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """One version in one closed period, of everybody or of a block and a kind of staff."""
    scope = scope_of(request)
    require_somewhere(SEE_FIT, scope)
    offered = _offered(scope, request.GET)
    asked = offered["asked"]
    if asked is not None:
        found = fit_of(scope, asked.period, asked.version, block=asked.block, kind=asked.kind)
        said = opinions_of(scope, asked.period, asked.version, block=asked.block, kind=asked.kind)
        offered |= table_of(found) | opinions_table(found, said)
        offered["any_suppressed"] = any(
            fit.spread is None or fit.distance is None or fit.criterion.pk not in said for fit in found
        )
    return TemplateResponse(request, "workspace/fit.html", offered)


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The same as a workbook; a POST, because taking it along is recorded."""
    asked = _offered(scope_of(request), request.POST)["asked"]
    if asked is None or str(asked.period.pk) != request.POST.get("ky"):
        raise NotFound
    content = exporting.export_fit(actor=actor_of(request), moment=database_now(), asked=asked)
    return workbook_response(content, "muc-do-phu-hop.xlsx")


def _offered(scope: Scope, query: Mapping[str, Any]) -> dict[str, Any]:
    """What may be chosen, and what is: the newest period and its first version where nothing else is named."""
    periods = periods_of_fit(scope)
    period = next(
        (each for each in periods if str(each.pk) == query.get("ky")), periods[0] if periods else None
    )
    versions = versions_of_fit(period) if period is not None else []
    named = query.get("bo")
    version = next((each for each in versions if each.address == named), versions[0] if versions else None)
    block, kind = str(query.get("khoi", "")), str(query.get("doi-tuong", ""))
    asked = None
    if period is not None and version is not None:
        asked = Asked(
            period,
            version,
            block if block in Block.values else "",
            kind if kind in StaffKind.values else "",
        )
    return {
        "periods": periods,
        "period": period,
        "versions": versions,
        "asked": asked,
        "blocks": Block.choices,
        "kinds": StaffKind.choices,
    }
