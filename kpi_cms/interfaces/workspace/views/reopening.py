"""The keyhole: ask that a decided card be reopened, answer for it, decide anew on the open criteria, endorse that."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from kpi_cms.evaluation import queries, rules, seen
from kpi_cms.evaluation.domain import deciding_anew, naming_anew, reopening, stages
from kpi_cms.evaluation.domain.entries import entered_at
from kpi_cms.evaluation.enums import ReopeningState, StageKey
from kpi_cms.evaluation.models import Reopening, Scorecard
from kpi_cms.evaluation.rule_table import (
    APPROVE_REOPENING,
    ASK_REOPENING,
    DECIDE_ANEW,
    ENDORSE_ANEW,
    NAME_ENDORSER,
    NAME_EVALUATOR,
    RETURN_ANEW,
)
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import shown_within
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale
from kpi_cms.foundation.core.numbers import format_moment
from kpi_cms.interfaces.workspace.forms.reopening import (
    AnswerForm,
    AskForm,
    EndorserForm,
    EvaluatorForm,
    NamingForm,
)
from kpi_cms.interfaces.workspace.forms.scores import ScoreForm
from kpi_cms.interfaces.workspace.forms.steps import EndorseAnewForm, ReasonForm, StepForm
from kpi_cms.interfaces.workspace.presentation.anew import before_and_after
from kpi_cms.interfaces.workspace.presentation.card import CardReading, read_card
from kpi_cms.interfaces.workspace.presentation.facts import field_of
from snippets.models import Person

from .asking import require_somewhere
from .shared import add_problems, refused, scope_of
from .steps import CardStep

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
    entered = entered_at(card, StageKey.EVALUATOR)
    codes = [f"{each.code} {each.label}" for each in entered if each.key in found.criteria]
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
    """The open criteria alone, with a reason; the new decision replaces the old one, or is proposed to the head."""
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
                "may_not_apply": each.may_not_apply,
                "problems": form.problems.get(each.key, []),
            }
            for each in form.criteria
            if each.key in keys
        ],
        "facts": [
            {"key": fact.key, "label": fact.label, "field": field_of(fact, form)}
            for fact in form.facts
            if fact.key in keys
        ],
        "expected": card.version_number,
        "seen": seen.token(card, digest, database_now()),
        "is_endorsed": stages.needs_endorsement(card),
        "back_url": reverse("workspace:card", args=[pk]),
    }
    if request.method == "GET":
        return TemplateResponse(request, "workspace/reopening/decide.html", context)
    entries = {key: entry for key, entry in form.entries().items() if f"s-{key}" in request.POST}
    error: Invalid | Stale = Invalid("", problems=form.problems)
    if not form.problems:
        try:
            deciding_anew.decide_anew(
                actor=actor_of(request), moment=database_now(), card=card, expected=form.expected, entries=entries,
                reason=form.reason, seen=request.POST.get("seen", ""),
            )  # fmt: skip
        except (Invalid, Stale) as caught:
            error = caught
        else:
            messages.success(request, _decided(card))
            return redirect("workspace:card", pk)
    found = getattr(error, "problems", {})
    errors = [{"text": str(text), "href": f"#s-{key}"} for key, texts_ in found.items() for text in texts_]
    return refused(
        request, "workspace/reopening/decide.html", {**context, "form": None}, error, errors=errors
    )


def _decided(card: Scorecard) -> str:
    if stages.needs_endorsement(card):
        return _(
            "The new decision is proposed. The former result stands until the head of the agency endorses it."
        )
    return _("The result is decided anew. The former one stays readable.")


class _Waiting(CardStep):
    """A step that the head of the agency takes on a new decision which waits: before and after are shown."""

    template = "workspace/reopening/endorse.html"

    def is_time(self, scope: Scope, card: Scorecard) -> bool:
        return super().is_time(scope, card) and reopening.waiting_proposal(card, database_now()) is not None

    def more(self, reading: CardReading) -> dict[str, Any]:
        waits = reopening.waiting_proposal(reading.card, database_now())
        return {"anew": before_and_after(reading, waits) if waits is not None else None}


class EndorseAnew(_Waiting):
    """The head of the agency endorses the new decision, which is the result then."""

    form_class = EndorseAnewForm
    rule = ENDORSE_ANEW
    title = gettext_lazy("Endorse anew")
    lead = gettext_lazy(
        "Endorsing makes the new decision the result, which has to be notified again. Until then the former result "
        "stands. If you do not agree, return it to the evaluator with a reason."
    )
    button = gettext_lazy("Endorse anew")
    done = gettext_lazy("The new decision is endorsed: it is the result now. The former one stays readable.")

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return deciding_anew.endorse_anew(
            **common, seen=form.cleaned_data["seen"], comment=form.cleaned_data["comment"]
        )

    def more(self, reading: CardReading) -> dict[str, Any]:
        return super().more(reading) | {
            "return_url": reverse("workspace:return_anew", args=[reading.card.pk])
        }


class ReturnAnew(_Waiting):
    """The head of the agency does not endorse it; the former result stands."""

    form_class = ReasonForm
    rule = RETURN_ANEW
    title = gettext_lazy("Return the new decision")
    lead = gettext_lazy(
        "The evaluator reads the reason and may propose again before the reopening ends. The former result stands."
    )
    button = gettext_lazy("Return to the evaluator")
    done = gettext_lazy("The new decision is returned. The evaluator sees your reason.")
    warning = True

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return deciding_anew.return_anew(**common, reason=form.cleaned_data["reason"])


class _NamingAnew(CardStep):
    """The personnel office names another one for somebody who has left or is away, while the card is reopened."""

    template = "workspace/reopening/name.html"

    def is_time(self, scope: Scope, card: Scorecard) -> bool:
        return super().is_time(scope, card) and reopening.standing_keyhole(card, database_now()) is not None

    def said(self, form: StepForm) -> dict[str, Any]:
        assert isinstance(form, NamingForm)
        return {"decision": form.decision(), "reason": form.cleaned_data["reason"]}


def _by_the_registers(label: str, person: Person | None) -> list[dict[str, str]]:
    if person is None:
        return []
    return [{"key": label, "value": person.full_name, "hint": person.staff_code}]


class NameEvaluator(_NamingAnew):
    """Somebody else decides anew than whoever decided before."""

    form_class = EvaluatorForm
    rule = NAME_EVALUATOR
    title = gettext_lazy("Name who decides anew")
    lead = gettext_lazy(
        "Whoever is named here, by a decision, decides the reopened criteria anew; the other scores are taken over. "
        "Until then the former result stands, with the name of whoever decided it. A new decision that waits for the "
        "head of the agency is withdrawn."
    )
    button = gettext_lazy("Name who decides")
    done = gettext_lazy("Named. The reopened criteria wait for them.")

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return naming_anew.name_evaluator(
            **common, evaluator=form.cleaned_data["evaluator"], **self.said(form)
        )

    def more(self, reading: CardReading) -> dict[str, Any]:
        card = reading.card
        found = naming_anew.competent_today(card, timezone.localdate(database_now()))
        return {
            "named": [
                {"key": _("Decides anew now"), "value": str(card.evaluator or "")},
                *_by_the_registers(_("Evaluates by the registers"), found),
            ]
        }


class NameEndorser(_NamingAnew):
    """Somebody else endorses than the head whom the card names."""

    form_class = EndorserForm
    rule = NAME_ENDORSER
    title = gettext_lazy("Name another endorser")
    lead = gettext_lazy(
        "Whoever is named here, by a decision, endorses or returns what is decided anew on this card. Until then the "
        "former result stands, with the endorsement it has."
    )
    button = gettext_lazy("Name the endorser")
    done = gettext_lazy("The endorser is named. The new decision waits for them.")

    def is_time(self, scope: Scope, card: Scorecard) -> bool:
        return stages.needs_endorsement(card) and super().is_time(scope, card)

    def take(self, card: Scorecard, common: dict[str, Any], form: StepForm) -> Any:
        return naming_anew.name_endorser(**common, endorser=form.cleaned_data["endorser"], **self.said(form))

    def more(self, reading: CardReading) -> dict[str, Any]:
        card = reading.card
        head = naming_anew.head_today(card, timezone.localdate(database_now()))
        return {
            "named": [
                {"key": _("Endorses now"), "value": str(card.endorser or "")},
                *_by_the_registers(_("Heads the agency by the registers"), head),
            ]
        }
