"""What the screens share: the period asked about, and how an answer that was refused is drawn again."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse

from kpi_cms.evaluation.rule_table import SEE_TASK
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import shown_within
from kpi_cms.foundation.core.errors import Invalid, Stale
from kpi_cms.interfaces.workspace.presentation.conflicts import conflict_rows
from snippets.enums import PeriodState
from snippets.models import Period

PERIODS_OFFERED = 24
by_whoever_assigns = shown_within(
    "whoever gives tasks sees by name whom they have, and no card", *SEE_TASK.capabilities
)


def scope_of(request: HttpRequest) -> Scope:
    """What the account holds, read once for each request."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by ScopeMiddleware
    return scope


def number_in(request: HttpRequest, name: str) -> int | None:
    """A whole number of the address; None for anything else."""
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def link_with(request: HttpRequest, **changes: str) -> str:
    """This page with the same question and something changed; an empty value is taken out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def periods_offered() -> list[Period]:
    """The periods that cards exist for, the newest first."""
    return list(
        Period.objects.filter(state__in=(PeriodState.OPEN, PeriodState.CLOSED)).order_by("-starts_on", "pk")[
            :PERIODS_OFFERED
        ]
    )


def chosen_period(request: HttpRequest, periods: list[Period]) -> Period | None:
    """The period that `?ky=` names, else the newest open one, else the newest."""
    wanted = number_in(request, "ky")
    for period in periods:
        if period.pk == wanted:
            return period
    return next((period for period in periods if period.is_open), periods[0] if periods else None)


def add_problems(form: forms.Form, error: Invalid) -> list[dict[str, str]]:
    """Put the domain's sentences at the form's fields; what belongs to no field is returned for the summary."""
    elsewhere: list[dict[str, str]] = []
    for name, sentences in error.problems.items():
        for sentence in sentences:
            if name in form.fields:
                form.add_error(name, str(sentence))
            else:
                elsewhere.append({"text": str(sentence), "href": ""})
    return elsewhere


def with_expected(form: forms.Form, number: int, **seen: str) -> None:
    """After a stale step: everything stays as typed, and is agreed to again from the state shown now."""
    data = QueryDict(mutable=True)
    data.update(form.data)
    data["expected"] = str(number)
    for name, value in seen.items():
        data[name] = value
    form.data = data


def refused(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    error: Invalid | Stale | None,
    *,
    errors: list[dict[str, str]] | None = None,
) -> HttpResponse:
    """The page again with everything typed: 422 for what cannot be used, 409 beside what was saved in between."""
    context |= {"errors": errors or [], "refused": True}
    if isinstance(error, Stale):
        return TemplateResponse(
            request,
            template,
            {**context, "conflict": conflict_rows(error), "conflict_sentence": error.sentence},
            status=409,
        )
    if error is not None:
        context["sentence"] = error.sentence
    return TemplateResponse(request, template, context, status=422)
