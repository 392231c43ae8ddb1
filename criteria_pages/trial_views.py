"""“Try it”: a page beside the editor where an author fills in a card of the latest draft and sees what it comes to.

Trying writes nothing. To those who are no authors the page does not exist: `admin_door` asks.
"""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError
from kpi_cms.foundation.core.numbers import format_points, format_quantity
from kpi_cms.foundation.engine import CompiledSet, canonical_json, compile_set

from .domain.examples import examples_of, failing
from .domain.explaining import part_names, trace_rows
from .domain.keeping import keep_example, result_text
from .domain.publishing import check_sound, latest_draft
from .domain.specification import specification_of
from .domain.trial import Trial, try_card
from .domain.working_days import registered
from .models import CriteriaSetPage
from .trial_form import TrialForm
from .views import trail


@require_http_methods(["GET", "HEAD", "POST"])
def try_set(request: HttpRequest, page_id: int) -> HttpResponse:
    """A trial card; a POST computes it, and with “Keep as an example” stores it in a new draft."""
    page = get_object_or_404(CriteriaSetPage, pk=page_id)
    draft = latest_draft(page)
    context: dict[str, Any] = {
        "page_title": _("Try it"),
        "header_title": _("Try it"),
        "header_icon": "clipboard-list",
        "breadcrumbs_items": trail(page, _("Try it")),
        "page": page,
        "draft": draft,
        "edit_url": reverse("wagtailadmin_pages:edit", args=[page.pk]),
        "problems": check_sound(draft),
    }
    if context["problems"]:
        return TemplateResponse(request, "criteria_pages/admin/trial.html", context)
    specification = json.loads(canonical_json(specification_of(draft)))
    compiled = compile_set(specification)
    examples = examples_of(draft)
    status = 200
    if request.method == "POST":
        form = TrialForm.sent(compiled, specification, request.POST)
        if "keep" in request.POST:
            try:
                replaced = keep_example(
                    actor=actor_of(request),
                    moment=database_now(),
                    page_id=page.pk,
                    name=form.name,
                    note=form.note,
                    card=form.card,
                    shown=form.shown,
                )
            except DomainError as error:
                messages.error(request, str(error.sentence))
                status = error.status
            else:
                text = (
                    _(
                        "The example “%(name)s” was replaced. Reload the editor where it is open in another tab."
                    )
                    if replaced
                    else _(
                        "The example “%(name)s” was kept. Reload the editor where it is open in another tab."
                    )
                )
                messages.success(request, text % {"name": form.name})
                return redirect(f"{request.path}?{urlencode({'vi-du': form.name})}")
    else:
        chosen = request.GET.get("vi-du", "")
        form = TrialForm.of_example(
            compiled, specification, next((entry for entry in examples if entry.name == chosen), None)
        )
    trial = try_card(compiled, form.card, registered(compiled))
    form.add_mistakes(trial.mistakes)
    wrong = {problem.key for problem in failing(draft, compiled)}
    context |= {
        "form": form,
        "trial": trial,
        "shown": result_text(trial),
        "keeping": "keep" in request.POST,
        "result": _result(compiled, trial),
        "steps": trace_rows(trial.steps, part_names(compiled)),
        "examples": [
            {
                "name": entry.name,
                "note": entry.note,
                "query": urlencode({"vi-du": entry.name}),
                "fails": entry.key in wrong,
            }
            for entry in examples
        ],
    }
    return TemplateResponse(request, "criteria_pages/admin/trial.html", context, status=status)


def _result(compiled: CompiledSet, trial: Trial) -> dict[str, Any]:
    """Total, band and the points of each part, as far as there are any."""
    language = get_language() or "vi"
    outcome = trial.outcome
    parts = dict(outcome.parts) if outcome is not None else {}
    bands = {band.code: band.label for band in compiled.bands}
    return {
        "total": ""
        if trial.result is None
        else format_quantity(trial.result[0], language=language, places=10),
        "band": "" if trial.result is None else bands[trial.result[1]],
        "alone": outcome is None or not (outcome.raters or outcome.unsaid),
        "raters": ", ".join(
            f"{rater.label} {format_quantity(rater.weight, language=language)}%" for rater in compiled.raters
        ),
        "parts": [
            (
                part.label,
                format_points(parts.get(part.code), language=language, places=compiled.places),
                part.max,
            )
            for part in compiled.parts
        ],
    }
