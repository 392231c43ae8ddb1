"""The keyhole: ask that a decided card be reopened, answer for it, decide anew on the criteria that are open."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kpi_cms.evaluation import queries, rules, seen
from kpi_cms.evaluation.domain import reopening
from kpi_cms.evaluation.enums import ReopeningState, StageKey
from kpi_cms.evaluation.models import Reopening, Scorecard
from kpi_cms.evaluation.rule_table import APPROVE_REOPENING, ASK_REOPENING, DECIDE_ANEW
from kpi_cms.foundation.access.wall import shown_within
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale
from kpi_cms.foundation.core.numbers import format_moment
from kpi_cms.interfaces.workspace.forms.reopening import AnswerForm, AskForm
from kpi_cms.interfaces.workspace.forms.scores import ScoreForm
from kpi_cms.interfaces.workspace.presentation.card import read_card

from .asking import actor_of, require_somewhere
from .shared import add_problems, refused, scope_of

LISTED = 100
by_whoever_approves = shown_within(
    "a reopening is approved without reading the card", *APPROVE_REOPENING.capabilities
)


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Which criteria of a decided card, why, until when."""
    scope = scope_of(request)
    card = queries.card_for(scope, pk)
    rules.may(ASK_REOPENING, scope, card).require()
    form = AskForm(request.POST or None, card=card, initial={"expected": card.version_number})
    context = {"card": card, "form": form, "back_url": reverse("workspace:card", args=[pk])}
    if request.method == "GET":
        return TemplateResponse(request, "workspace/reopening/ask.html", context)
    error: Invalid | Stale = Invalid("")
    if form.is_valid():
        try:
            reopening.ask_reopening(
                actor=actor_of(request), moment=database_now(), card=card, expected=form.cleaned_data["expected"],
                criteria=form.cleaned_data["criteria"], until=form.end(), reason=form.cleaned_data["reason"],
            )  # fmt: skip
        except Invalid as caught:
            error = caught
            add_problems(form, caught)
        except Stale as caught:
            error = caught
        else:
            messages.success(request, _("The reopening is asked for. Somebody else decides on it."))
            return redirect("workspace:card", pk)
    return refused(request, "workspace/reopening/ask.html", context, error)


@login_required
@require_GET
@by_whoever_approves
def index(request: HttpRequest) -> HttpResponse:
    """What was asked for in the units of whoever approves, what waits first."""
    scope = scope_of(request)
    require_somewhere(APPROVE_REOPENING, scope)
    found = (
        Reopening.objects.filter(scope.q(*APPROVE_REOPENING.capabilities))
        .select_related("card", "unit", "period")
        .order_by("state", "-pk")[:LISTED]
    )
    rows = [
        {
            "cells": [
                {"text": each.card.code, "url": reverse("workspace:reopening", args=[each.pk])},
                {"text": str(each.period)},
                {"text": each.unit.name},
                {"text": format_moment(each.expires_at)},
                {"text": str(each.get_state_display())},
            ]
        }
        for each in found
    ]
    columns = [
        {"label": _("Card")}, {"label": _("Period")}, {"label": _("Unit")}, {"label": _("Open until")},
        {"label": _("State")},
    ]  # fmt: skip
    return TemplateResponse(request, "workspace/reopening/index.html", {"columns": columns, "rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
@by_whoever_approves
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: the criteria, the reason, and the answer of a second person."""
    scope = scope_of(request)
    found = (
        Reopening.objects.filter(pk=pk)
        .select_related("card__person", "card__version", "unit", "period")
        .first()
    )
    card = Scorecard.objects.with_context().filter(pk=found.card_id).first() if found is not None else None
    if found is None or card is None:
        raise NotFound
    queries.notice_card(card)
    rules.may(APPROVE_REOPENING, scope, card).require()
    form = AnswerForm(request.POST or None)
    compiled = card.version.compiled()
    codes = [f"{each.code} {each.label}" for each in compiled.criteria if each.key in found.criteria]
    context: dict[str, Any] = {
        "reopening": found,
        "form": form,
        "waits": found.state == ReopeningState.ASKED,
        "facts": [
            {"key": _("Person"), "value": str(card.person)},
            {"key": _("Unit"), "value": found.unit.name},
            {"key": _("Period"), "value": str(found.period)},
            {"key": _("Criteria"), "value": "; ".join(codes)},
            {"key": _("Reason"), "value": texts.shown([found.reason_key]).get(found.reason_key, "")},
            {"key": _("Open until"), "value": format_moment(found.expires_at)},
            {"key": _("State"), "value": str(found.get_state_display())},
        ],
    }
    if request.method == "GET":
        return TemplateResponse(request, "workspace/reopening/answer.html", context)
    error = Invalid("")
    if form.is_valid():
        try:
            reopening.answer_reopening(
                actor=actor_of(request), moment=database_now(), reopening=found,
                approved=form.cleaned_data["answer"] == "approve", reason=form.cleaned_data["reason"],
            )  # fmt: skip
        except Invalid as caught:
            error = caught
            add_problems(form, caught)
        else:
            messages.success(request, _("Your answer is recorded."))
            return redirect("workspace:reopenings")
    return refused(request, "workspace/reopening/answer.html", context, error)


@login_required
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The open criteria alone, with a reason; the new decision replaces the old one, which stays readable."""
    scope = scope_of(request)
    card = queries.card_for(scope, pk)
    rules.may(DECIDE_ANEW, scope, card).require()
    opened = reopening.open_keyhole(card, database_now())
    if request.method == "GET" and opened is None:
        return redirect("workspace:card", pk)
    keys = set(opened.criteria) if opened is not None else set()
    reading = read_card(scope, card)
    form = (
        ScoreForm.sent(card, StageKey.EVALUATOR, request.POST)
        if request.method == "POST"
        else ScoreForm.stored(card, StageKey.EVALUATOR, reading.records.get(StageKey.EVALUATOR))
    )
    digest = seen.content_digest(card, reading.records, reading.results, reading.tasks)
    context: dict[str, Any] = {
        "card": card,
        "form": form,
        "fields": [
            {
                "criterion": each,
                "name": f"s-{each.key}",
                "grounds_name": f"g-{each.key}",
                "typed": form.typed.get(each.key, ""),
                "grounds": form.grounds.get(each.key, ""),
                "problems": form.problems.get(each.key, []),
            }
            for each in form.criteria
            if each.key in keys
        ],
        "expected": card.version_number,
        "seen": seen.token(card, digest, database_now()),
        "back_url": reverse("workspace:card", args=[pk]),
    }
    if request.method == "GET":
        return TemplateResponse(request, "workspace/reopening/decide.html", context)
    entries = {key: entry for key, entry in form.entries().items() if f"s-{key}" in request.POST}
    error: Invalid | Stale = Invalid("", problems=form.problems)
    if not form.problems:
        try:
            reopening.decide_anew(
                actor=actor_of(request), moment=database_now(), card=card, expected=form.expected, entries=entries,
                reason=form.reason, seen=request.POST.get("seen", ""),
            )  # fmt: skip
        except (Invalid, Stale) as caught:
            error = caught
        else:
            messages.success(request, _("The result is decided anew. The former one stays readable."))
            return redirect("workspace:card", pk)
    found = getattr(error, "problems", {})
    errors = [{"text": str(text), "href": f"#s-{key}"} for key, texts_ in found.items() for text in texts_]
    return refused(
        request, "workspace/reopening/decide.html", {**context, "form": None}, error, errors=errors
    )
