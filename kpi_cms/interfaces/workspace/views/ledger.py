"""The ledger's proof, for auditors: a unit's chain recomputed from its rows, and codes of printed forms looked up."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from kpi_cms.evaluation import audit_queries
from kpi_cms.evaluation.rule_table import READ_UNIT_HISTORY
from kpi_cms.foundation.audit import anchors, sealing, verification
from kpi_cms.foundation.audit.models import Anchor
from kpi_cms.foundation.audit.wording import accepted_sentence, sentence
from snippets.queries import top_units

from .asking import require_somewhere
from .shared import scope_of

SHOWN = 50
UNITS_SHOWN = 100
CODE_LENGTH = 160


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """When the ledger was anchored last, whether a printed code is the ledger's, and the units to verify."""
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    text = request.GET.get("ma", "")[:CODE_LENGTH].strip()
    units = top_units(scope, *READ_UNIT_HISTORY.capabilities).order_by("path")[:UNITS_SHOWN]
    context: dict[str, Any] = {
        "code": text,
        "holds": anchors.code_holds(text) if text else None,
        "anchor": Anchor.objects.order_by("-number").first(),
        "units": [
            {"unit": unit, "url": reverse("workspace:ledger_unit", args=[unit.code])} for unit in units
        ],
    }
    return TemplateResponse(request, "workspace/ledger/index.html", context)


@login_required
@require_GET
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """The chain that a unit belongs to, and the unit's records, verified now. Names rows by their keys alone."""
    found = audit_queries.audited_unit(scope_of(request), code)
    part = verification.part_of(unit=found.code)
    outcome = verification.run(part)
    first = verification.first_named(outcome)
    context: dict[str, Any] = {
        "unit": found,
        "outcome": outcome,
        "first": sentence(first) if first is not None else "",
        "findings": [sentence(each) for each in outcome.findings[:SHOWN]],
        "more": max(0, len(outcome.findings) - SHOWN),
        "accepted": [accepted_sentence(each) for each in outcome.accepted],
        "code": anchors.printed_code(part.chain, sealing.head_of(part.chain)).short,
        "back_url": reverse("workspace:ledger"),
    }
    return TemplateResponse(request, "workspace/ledger/unit.html", context)
