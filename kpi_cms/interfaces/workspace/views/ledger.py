"""The ledger's proof, for auditors: a unit's chain or a card recomputed from its rows, also against an anchor that
somebody brings; everything, by the background worker; codes of printed forms looked up."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpi_cms.evaluation import audit_queries, queries, rules
from kpi_cms.evaluation.ledger_search import reads_the_province
from kpi_cms.evaluation.rule_table import READ_UNIT_HISTORY, READ_WHOLE_HISTORY
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.audit import anchors, sealing, verification
from kpi_cms.foundation.audit.models import Anchor
from kpi_cms.foundation.audit.source import Part
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.models import JobState
from kpi_cms.interfaces.workspace import verifying
from kpi_cms.interfaces.workspace.forms.verifying import AnchorForm, CardForm
from snippets.queries import top_units

from .asking import require_somewhere
from .shared import scope_of

UNITS_SHOWN = 100
CODE_LENGTH = 160


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """When the ledger was anchored last, whether a printed code is the ledger's, and what can be verified."""
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    text = request.GET.get("ma", "")[:CODE_LENGTH].strip()
    form = CardForm(request.GET if "phieu" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("workspace:ledger_card", form.cleaned_data["phieu"])
    units = top_units(scope, *READ_UNIT_HISTORY.capabilities).order_by("path")[:UNITS_SHOWN]
    context: dict[str, Any] = {
        "code": text,
        "holds": anchors.code_holds(text) if text else None,
        "anchor": Anchor.objects.order_by("-number").first(),
        "form": form,
        "units": [
            {"unit": unit, "url": reverse("workspace:ledger_unit", args=[unit.code])} for unit in units
        ],
    }
    if reads_the_province(scope):
        last, done = verifying.last_job(), verifying.last_job(done=True)
        context |= {
            "of_the_province": True,
            "running": last is not None and last.state in (JobState.QUEUED, JobState.RUNNING),
            "failed": last.message if last is not None and last.state == JobState.FAILED else "",
            "done": done,
            "told": verifying.told(done.cursor) if done is not None else None,
        }
    return TemplateResponse(
        request, "workspace/ledger/index.html", context, status=422 if form.errors else 200
    )


@login_required
@require_POST
def everything(request: HttpRequest) -> HttpResponse:
    """Begin to verify everything; leads to the page of the work, which leads back."""
    job = verifying.start_verification(actor=actor_of(request), moment=database_now())
    return redirect("workspace:job", job.pk)


@login_required
@require_http_methods(["GET", "POST"])
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """The chain that a unit belongs to, and the unit's records, verified now. Names rows by their keys alone."""
    found = audit_queries.audited_unit(scope_of(request), code)
    return _verified(request, verification.part_of(unit=found.code), found.name)


@login_required
@require_http_methods(["GET", "POST"])
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The chain that a card belongs to, and the card's own records."""
    scope = scope_of(request)
    found = queries.card_for(scope, pk)
    rules.may(READ_WHOLE_HISTORY, scope, found).require()
    return _verified(request, verification.part_of(card=found.code), found.code)


def _verified(request: HttpRequest, part: Part, name: str) -> HttpResponse:
    """Compared with all anchors; a POST brings the file of one, and everything is compared with it alone."""
    form = AnchorForm(request.POST, request.FILES) if request.method == "POST" else AnchorForm()
    context: dict[str, Any] = {
        "name": name, "form": form, "back_url": reverse("workspace:ledger"), "of_a_card": part.records is not None,
    }  # fmt: skip
    outcome = None
    if not form.is_bound:
        outcome = verification.run(part)
    elif form.is_valid():
        file = form.cleaned_data["neo"]
        try:
            outcome, context["signed"] = verifying.against(part, file.read())
        except ValueError:
            form.add_error("neo", _("This is no anchor of the ledger. Choose the file as it was written."))
        else:
            context["file"] = file.name
    if outcome is not None:
        context |= {
            "told": verifying.told(verifying.kept(outcome)),
            "code": anchors.printed_code(part.chain, sealing.head_of(part.chain)).short,
        }
    return TemplateResponse(
        request, "workspace/ledger/verified.html", context, status=422 if form.errors else 200
    )
