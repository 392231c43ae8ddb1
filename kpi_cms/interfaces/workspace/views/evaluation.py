"""Evaluate a card beside the person's own scores, and the list of cards to evaluate."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation.domain import saving, stages
from kpi_cms.evaluation.enums import CardState, StageKey
from kpi_cms.evaluation.rule_table import SAVE_EVALUATION
from kpi_cms.interfaces.workspace.forms.scores import ScoreForm
from kpi_cms.interfaces.workspace.navigation import waiting
from kpi_cms.interfaces.workspace.presentation.card import (
    CardReading,
    figures_of,
    page_of,
    read_card,
    state_of_result,
)
from kpi_cms.interfaces.workspace.presentation.evidence import add_evidence
from kpi_cms.interfaces.workspace.presentation.lists import card_rows, page_links
from kpi_cms.interfaces.workspace.presentation.sheet import sheet_of

from .cards import draw_again, keep_scores, open_scores
from .shared import chosen_period, number_in, periods_offered, scope_of

PAGE = 50
TEMPLATE = "workspace/evaluate.html"


@login_required
@require_http_methods(["GET", "POST"])
def evaluate(request: HttpRequest, pk: int) -> HttpResponse:
    """The evaluator's scores beside the person's; POST saves them, or puts one of the person's into its field."""
    if request.method == "POST":
        if "take" in request.POST:
            return _take_over(request, pk)
        return _save(request, pk)
    return open_scores(request, pk, StageKey.EVALUATOR, SAVE_EVALUATION, TEMPLATE, _page)


def _save(request: HttpRequest, pk: int) -> HttpResponse:
    form, error = keep_scores(request, pk, StageKey.EVALUATOR, SAVE_EVALUATION, stages.save_evaluation)
    if error is not None:
        return draw_again(request, TEMPLATE, pk, form, error, _page)
    messages.success(request, _("The evaluation is saved. It is not confirmed yet."))
    return redirect("workspace:confirm" if "review" in request.POST else "workspace:evaluate", pk)


def _take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Without script: the page again with one more field filled. Nothing is saved, everything typed stays."""
    scope = scope_of(request)
    card = queries.card_for(scope, pk)
    rules.evaluate(scope, card).require()
    reading = read_card(scope, card)
    form = ScoreForm.sent(card, StageKey.EVALUATOR, request.POST)
    form.take_over(request.POST["take"], reading.records.get(StageKey.SELF))
    return TemplateResponse(request, TEMPLATE, add_evidence(_page(reading, form)) | {"unsaved": True})


def _page(reading: CardReading, form: ScoreForm) -> dict[str, Any]:
    columns = [column for column in reading.columns() if column.stage != StageKey.EVALUATOR]
    own_column = next((column for column in columns if column.stage == StageKey.SELF), None)
    own_result = reading.results.get(StageKey.SELF)
    result = reading.results.get(StageKey.EVALUATOR)
    record = reading.records.get(StageKey.EVALUATOR)
    own = own_column.record if own_column is not None else None
    return page_of(reading) | {
        "form": form,
        "columns": columns,
        "sheet": sheet_of(reading.card, columns, form, record=own, result=result),
        "figures": figures_of(reading.card, result),
        "self_figures": figures_of(reading.card, own_result) if own_column is not None else [],
        "result_note": state_of_result(reading.card, result),
        "asks_reason": record is not None and record.submitted_at is not None,
        "own_comments": [
            {"heading": saving.comment_label(name), "text": getattr(own, name)}
            for name in ("strengths", "weaknesses")
            if own is not None and getattr(own, name)
        ],
        "evaluator_result": result,
    }


@login_required
@require_GET
def evaluations(request: HttpRequest) -> HttpResponse:
    """The cards of one period that the account evaluates or endorses, by name."""
    scope, me = scope_of(request), waiting(request)
    periods = periods_offered()
    period = chosen_period(request, periods)
    state = request.GET.get("trang-thai", "")
    state = state if state in CardState.values else ""
    text = request.GET.get("q", "")[:100].strip()
    page = queries.Slice([], None, None)
    if period is not None and me.person_id is not None:
        cards = queries.evaluated_or_endorsed(scope, me.person_id, period)
        if state:
            cards = cards.filter(state=state)
        if text:
            cards = queries.find_by_name(cards, text)
        page = queries.in_name_order(
            queries.with_task_counts(
                queries.with_results(cards).select_related(
                    "person", "unit", "evaluator", "decided_by", "endorser", "secretary"
                )
            ),
            size=PAGE,
            after=number_in(request, "sau"),
            before=number_in(request, "truoc"),
        )
    context = {
        "periods": periods,
        "period": period,
        "state": state,
        "states": [{"value": value, "label": label, "count": None} for value, label in CardState.choices],
        "q": text,
        "rows": card_rows(page.cards, scope),
        **page_links(request, page),
    }
    return TemplateResponse(request, "workspace/evaluations.html", context)
