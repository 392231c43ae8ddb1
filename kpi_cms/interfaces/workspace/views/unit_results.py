"""Results of organisations in a period: read and entered down the tree, one corrected or withdrawn on its own page."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kpi_cms.evaluation.domain.unit_results import (
    correct_unit_result,
    record_unit_results,
    withdraw_unit_result,
)
from kpi_cms.evaluation.models import UnitResult
from kpi_cms.evaluation.rule_table import SEE_UNIT_RESULT
from kpi_cms.evaluation.unit_result_queries import (
    Organisations,
    Row,
    account_names,
    changes_of,
    result_for,
    results_of_period,
)
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale
from kpi_cms.foundation.core.numbers import format_day, format_moment, format_points
from kpi_cms.foundation.core.text import fold
from kpi_cms.interfaces.workspace.forms.unit_results import CorrectForm, RecordForm, WithdrawForm
from snippets.models import Period

from .asking import require_somewhere
from .shared import add_problems, chosen_period, link_with, number_in, periods_offered, refused, scope_of

PAGE = 50
LIST, ONE = "workspace/unit_results/list.html", "workspace/unit_results/result.html"


@login_required
@require_http_methods(["GET", "POST"])
def unit_results(request: HttpRequest) -> HttpResponse:
    """The organisations of a period, down the tree; POST records what one decision says of those on the page."""
    scope = scope_of(request)
    require_somewhere(SEE_UNIT_RESULT, scope)
    periods = periods_offered()
    period = chosen_period(request, periods)
    rows = results_of_period(scope, period, database_now()) if period is not None else []
    shown, context = _page(request, periods, period, rows)
    form = RecordForm(
        request.POST if request.method == "POST" else None,
        units=[row.unit for row in shown if row.result is None and row.may_record]
        if period is not None and period.is_open
        else [],
    )
    if request.method == "POST":
        if period is None:
            raise NotFound
        return _record(request, period, form, shown, context)
    return TemplateResponse(request, LIST, context | _drawn(shown, form))


def _record(
    request: HttpRequest, period: Period, form: RecordForm, shown: list[Row], context: dict[str, Any]
) -> HttpResponse:
    error = Invalid(_("Some entries need to be put right. Nothing was recorded."))
    errors: list[dict[str, str]] = []
    if form.is_valid():
        try:
            recorded = record_unit_results(
                actor=actor_of(request), moment=database_now(), period=period, given=form.given()
            )
        except Invalid as caught:
            caught.problems = form.at_my_fields(caught.problems)
            error, errors = caught, add_problems(form, caught)
        else:
            messages.success(
                request, _("%(count)s results of organisations are recorded.") % {"count": len(recorded)}
            )
            return redirect(link_with(request))
    return refused(request, LIST, context | _drawn(shown, form), error, errors=errors)


def _page(
    request: HttpRequest, periods: list[Period], period: Period | None, rows: list[Row]
) -> tuple[list[Row], dict[str, Any]]:
    """The rows of this page, and what the list says about itself."""
    text, only_missing = request.GET.get("q", "")[:100].strip(), "thieu" in request.GET
    words = fold(text).split()
    found = [
        row
        for row in rows
        if all(word in row.unit.search_text for word in words) and not (only_missing and row.result)
    ]
    first = min(number_in(request, "tu") or 0, len(found))
    shown = found[first : first + PAGE]
    before, after = max(0, first - PAGE), first + PAGE
    return shown, {
        "periods": periods,
        "period": period,
        "q": text,
        "only_missing": only_missing,
        "total": len(found),
        "missing": sum(row.result is None for row in found),
        "previous_url": link_with(request, tu=str(before) if before else "") if first else "",
        "next_url": link_with(request, tu=str(after)) if after < len(found) else "",
        "here_url": link_with(request),
    }


def _drawn(shown: list[Row], form: RecordForm) -> dict[str, Any]:
    entered = {unit.pk for unit in form.units}
    return {
        "form": form,
        "rows": [
            {
                "unit": row.unit,
                "result": row.result,
                "withdrawn": row.withdrawn,
                "fields": form.of(row.unit) if row.unit.pk in entered else None,
            }
            for row in shown
        ],
        "may_record": bool(entered),
    }


@login_required
@require_http_methods(["GET", "POST"])
def unit_result(request: HttpRequest, pk: int) -> HttpResponse:
    """What is recorded of one organisation, and everything that ever was; POST corrects it."""
    found = result_for(scope_of(request), pk, database_now())
    if request.method == "GET":
        result, _organisations = found
        return TemplateResponse(request, ONE, _one(found, CorrectForm.of(result), _withdraws(result)))
    form = CorrectForm(request.POST)

    def correct(result: UnitResult, **given: Any) -> None:
        correct_unit_result(result=result, said=form.said(), **given)

    answer = _change(request, found[0], form, correct)
    if answer is None:
        messages.success(request, _("The result is corrected. Cards that count it follow."))
        return redirect("workspace:unit_result", pk)
    result, _organisations = found = result_for(scope_of(request), pk, database_now())
    error, errors = answer
    return refused(request, ONE, _one(found, form, _withdraws(result)), error, errors=errors)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a result: it counts no more, and another one may be recorded."""
    result, _organisations = result_for(scope_of(request), pk, database_now())
    form = WithdrawForm(request.POST)
    answer = _change(request, result, form, withdraw_unit_result)
    if answer is None:
        messages.success(request, _("The result is withdrawn. Cards that counted it follow."))
        return redirect(_list_of(result))
    result, _organisations = found = result_for(scope_of(request), pk, database_now())
    error, errors = answer
    return refused(request, ONE, _one(found, CorrectForm.of(result), form), error, errors=errors)


def _change(
    request: HttpRequest, result: UnitResult, form: CorrectForm | WithdrawForm, verb: Callable[..., Any]
) -> tuple[Invalid | Stale, list[dict[str, str]]] | None:
    """One domain call with what both forms have; what is wrong with it, None where it was done."""
    if not form.is_valid():
        return Invalid(_("Some entries need to be put right. Nothing was changed.")), []
    try:
        verb(
            actor=actor_of(request),
            moment=database_now(),
            result=result,
            expected=form.cleaned_data["expected"],
            reason=form.cleaned_data["reason"],
        )
    except Invalid as caught:
        return caught, add_problems(form, caught)
    except Stale as caught:
        return caught, []
    return None


def _list_of(result: UnitResult) -> str:
    return f"{reverse('workspace:unit_results')}?ky={result.period_id}"


def _withdraws(result: UnitResult) -> WithdrawForm:
    return WithdrawForm(initial={"expected": result.version_number})


def _one(
    found: tuple[UnitResult, Organisations], form: CorrectForm, withdraw_form: WithdrawForm
) -> dict[str, Any]:
    result, organisations = found
    stands = result.withdrawn_at is None
    return {
        "result": result,
        "form": form,
        "withdraw_form": withdraw_form,
        "back_url": _list_of(result),
        "may_change": stands and result.period.is_open and organisations.may_record(result.unit).allowed,
        "facts": _facts(result),
        "columns": [
            {"label": _("When")},
            {"label": _("By")},
            {"label": _("Points"), "number": True},
            {"label": _("Rating")},
            {"label": _("Decision")},
            {"label": _("Reason")},
        ],
        "changes": [
            {
                "cells": [
                    {"text": format_moment(change.at)},
                    {"text": change.by},
                    {"text": _("Withdrawn") if change.result.withdrawn_at else _points(change.result)},
                    {"text": change.result.band},
                    {"text": _decision(change.result)},
                    {"text": change.reason},
                ]
            }
            for change in changes_of(result)
        ],
    }


def _facts(result: UnitResult) -> list[dict[str, Any]]:
    names = account_names({result.recorded_by})
    by = {"value": names.get(result.recorded_by, ""), "hint": format_moment(result.recorded_at)}
    return [
        {"key": _("Points"), "value": _points(result)},
        {"key": _("Rating"), "value": result.band or "–"},
        {"key": _("Decision"), "value": _decision(result)},
        {"key": _("Withdrawn by") if result.withdrawn_at else _("Recorded by"), **by},
    ]


def _points(result: UnitResult) -> str:
    return format_points(result.points, language=get_language() or "vi")


def _decision(result: UnitResult) -> str:
    return _("%(number)s of %(day)s") % {
        "number": result.decision_number, "day": format_day(result.decided_on)
    }  # fmt: skip
