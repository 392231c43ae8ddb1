"""The auditor's workspace: search, questions ready to use, a sample, one entry, a card as it was. Nothing here writes
but the record that something was taken away."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpi_cms.evaluation import audit_queries, ledger_search, past_queries, queries, rules, saved_questions
from kpi_cms.evaluation.audit_queries import audited_periods
from kpi_cms.evaluation.domain import sampling
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.queries import in_name_order
from kpi_cms.evaluation.rule_table import READ_UNIT_HISTORY, READ_WHOLE_HISTORY
from kpi_cms.evaluation.saved_questions import QUESTIONS, Question, question_of
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.interfaces.workspace import exporting
from kpi_cms.interfaces.workspace.forms.inspection import MomentForm, SampleForm, SearchForm
from kpi_cms.interfaces.workspace.presentation.inspection import (
    card_rows,
    entry_page,
    entry_rows,
    group_rows,
    past_page,
    search_columns,
)
from snippets.models import Period

from .asking import require_somewhere
from .shared import PERIODS_OFFERED, chosen_period, link_with, number_in, scope_of


@login_required
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The ledger of all units that the reader audits; narrowed by a form, by a question, or by both."""
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    form = SearchForm(request.GET or None)
    asked, question = form.asked(), question_of(request.GET.get("hoi", ""))
    periods = list(audited_periods(scope)[:PERIODS_OFFERED])
    period = chosen_period(request, periods)
    context: dict[str, Any] = {
        "form": form,
        "question": question,
        "questions": _questions(request, question),
        "periods": periods if question is not None and question.of_a_period else [],
        "period": period,
        "oldest_first": request.GET.get("xep") == "cu",
        "order_url": link_with(request, xep="" if request.GET.get("xep") == "cu" else "cu", sau=""),
        "export_query": request.GET.urlencode(),
        "first_url": link_with(request, sau="") if request.GET.get("sau") else "",
    }
    wrong = form.is_bound and bool(form.errors)
    context |= {} if wrong else _findings(request, asked, question, period)
    return TemplateResponse(request, "workspace/audit/search.html", context, status=422 if wrong else 200)


def _findings(
    request: HttpRequest, asked: ledger_search.Search, question: Question | None, period: Period | None
) -> dict[str, Any]:
    scope, after = scope_of(request), number_in(request, "sau")
    if question is not None and question.groups is not None:
        columns, rows = group_rows(question.groups(scope, asked))
        return {"columns": columns, "rows": rows}
    if question is not None and question.cards is not None:
        cards = question.cards(scope, period) if period is not None else Scorecard.objects.none()
        page = in_name_order(cards.select_related("person", "unit"), size=ledger_search.PAGE, after=after)
        columns, rows = card_rows(page.cards)
        return {
            "columns": columns,
            "rows": rows,
            "next_url": link_with(request, sau=str(page.after)) if page.after is not None else "",
        }
    if question is not None and question.narrow is not None:
        asked = question.narrow(asked, period)
    found = ledger_search.search(scope, asked, after=after, oldest_first=request.GET.get("xep") == "cu")
    return {
        "columns": search_columns(),
        "rows": entry_rows(found.entries),
        "of_entries": True,
        "next_url": link_with(request, sau=str(found.after)) if found.after is not None else "",
    }


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """A POST, because taking a list away is recorded."""
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    form = SearchForm(request.GET or None)
    if form.is_bound and not form.is_valid():
        raise NotFound
    content = exporting.export_search(
        actor=actor_of(request),
        moment=database_now(),
        asked=form.asked(),
        question=question_of(request.GET.get("hoi", "")),
        period=chosen_period(request, list(audited_periods(scope)[:PERIODS_OFFERED])),
        oldest_first=request.GET.get("xep") == "cu",
    )
    return workbook_response(content, "so-cai-kiem-tra.xlsx")


@login_required
@require_GET
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One act with both sides."""
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    found = ledger_search.entry_for(scope, pk)
    context = entry_page(found)
    if found.subject_type == Scorecard._meta.label:
        address = reverse("workspace:card_then", args=[int(found.subject_id)])
        context["then_url"] = f"{address}?luc={timezone.localtime(found.at).strftime('%d/%m/%Y %H:%M:%S')}"
        context["history_url"] = reverse("workspace:card_history", args=[int(found.subject_id)])
    return TemplateResponse(request, "workspace/audit/entry.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def sample(request: HttpRequest) -> HttpResponse:
    """Cards of a period drawn at random, by a seed that is shown and draws the same ones again.

    Drawing is a POST, because it is recorded; what was drawn stays at the address it leads to.
    """
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    periods = list(audited_periods(scope)[:PERIODS_OFFERED])
    form = SampleForm(request.POST or None, initial={"so": 20, "hat": _fresh_seed()})
    if request.method == "POST":
        period = next((each for each in periods if str(each.pk) == request.POST.get("ky")), None)
        if period is None:
            raise NotFound
        if form.is_valid():
            entry = sampling.draw_sample(
                actor=actor_of(request),
                moment=database_now(),
                period=period,
                number=form.cleaned_data["so"],
                seed=form.cleaned_data["hat"],
            )
            return redirect(f"{request.path}?lan={entry.pk}")
    else:
        period = chosen_period(request, periods)
    context: dict[str, Any] = {"form": form, "periods": periods, "period": period}
    drawing = number_in(request, "lan")
    if drawing is not None:
        drawn = saved_questions.sample_drawn(scope, drawing)
        columns, rows = card_rows(drawn.cards)
        context |= {"drawn": drawn, "columns": columns, "rows": rows}
    return TemplateResponse(
        request, "workspace/audit/sample.html", context, status=422 if form.errors else 200
    )


@login_required
@require_POST
def export_sample(request: HttpRequest) -> HttpResponse:
    """A POST, because taking a sample away is recorded."""
    require_somewhere(READ_UNIT_HISTORY, scope_of(request))
    drawing = number_in(request, "lan")
    if drawing is None:
        raise NotFound
    content = exporting.export_sample(actor=actor_of(request), moment=database_now(), drawing=drawing)
    return workbook_response(content, "mau-ngau-nhien.xlsx")


def _fresh_seed() -> int:
    """Nobody chooses it to get the cards they like: the clock does, and it is shown."""
    return int(database_now().timestamp()) % 10**9


@login_required
@require_GET
def card_then(request: HttpRequest, pk: int) -> HttpResponse:
    """The card as it was at a moment, beside the card as it is; for whoever audits its unit."""
    scope = scope_of(request)
    card = queries.card_for(scope, pk)
    rules.may(READ_WHOLE_HISTORY, scope, card).require()
    now = database_now()
    asked = "luc" in request.GET
    form = MomentForm(request.GET if asked else None, initial={"luc": now})
    seen = audit_queries.sight(scope, card)
    past, present = (past_queries.card_at(card, moment, seen) for moment in (form.moment(now), now))
    context: dict[str, Any] = {"card": card, "form": form, "past": past}
    if past is not None and present is not None:
        context |= past_page(past, present, past_queries.differences(past, present))
    context["history_url"] = reverse("workspace:card_history", args=[card.pk])
    return TemplateResponse(
        request, "workspace/audit/then.html", context, status=422 if asked and form.errors else 200
    )


def _questions(request: HttpRequest, chosen: Question | None) -> list[dict[str, Any]]:
    return [
        {"label": _("Search of the ledger"), "url": request.path, "current": chosen is None},
        *(
            {"label": each.label, "url": f"{request.path}?{_asking(each)}", "current": each is chosen}
            for each in QUESTIONS
        ),
    ]


def _asking(question: Question) -> str:
    """The form filled in for it; the days stand there, to be changed."""
    first = timezone.localdate(database_now()) - question.recent if question.recent is not None else None
    return urlencode({"hoi": question.key} | ({"since": f"{first:%d/%m/%Y}"} if first is not None else {}))
