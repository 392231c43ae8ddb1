"""Periods for policy staff: who gets which version, opening, deadlines, closing. They see names here, and no points."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from criteria_pages.queries import in_force_for_people
from kpi_cms.evaluation import period_queries
from kpi_cms.evaluation.domain import closing, opening
from kpi_cms.evaluation.domain.planning import catalogues_since
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.rule_table import OPEN_PERIOD
from kpi_cms.foundation.access.wall import shown_within
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, WrongState
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.interfaces.workspace import exporting
from kpi_cms.interfaces.workspace.forms.periods import ClosingForm, DeadlinesForm, VersionsForm
from kpi_cms.interfaces.workspace.presentation.opening import first_keys, name_of, plan_of, show_first
from snippets.domain import periods as registers
from snippets.enums import DayKind, PeriodState
from snippets.models import Period, Unit

from .asking import require_somewhere
from .shared import link_with, number_in, scope_of

NAMES_ON_A_PAGE = 100
MOST_CATALOGUES = 200  # added at once; the others stay offered
by_whoever_opens = shown_within(
    "cards of a period are counted by whoever opens and closes it", *OPEN_PERIOD.capabilities
)


@login_required
@require_GET
@by_whoever_opens
def index(request: HttpRequest) -> HttpResponse:
    """Every period that the reader keeps, the newest first."""
    scope = scope_of(request)
    require_somewhere(OPEN_PERIOD, scope)
    rows = [
        {
            "cells": [
                {"text": str(period), "url": reverse("workspace:period", args=[period.pk])},
                {"tag": {"label": period.get_state_display(), "state": period.state}},
                {"text": period.units_count},
                {"text": period.cards_count},
                {"text": period.self_due_at},
                {"text": period.evaluation_due_at},
            ]
        }
        for period in period_queries.with_sizes(period_queries.managed_periods(scope))
    ]
    columns = [
        {"label": _("Period")},
        {"label": _("State")},
        {"label": _("Units that take part"), "number": True},
        {"label": _("Cards"), "number": True},
        {"label": _("Self-assessment due before")},
        {"label": _("Evaluation due before")},
    ]
    return TemplateResponse(request, "workspace/periods/index.html", {"rows": rows, "columns": columns})


@login_required
@require_GET
@by_whoever_opens
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One period: before opening the plan, while it opens its job, after that what can be done."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    context: dict[str, Any] = {"period": period, "facts": _facts(period)}
    if period.state == PeriodState.DRAFT:
        context |= _plan_context(period)
    else:
        context["facts"] += _days_kept(period)
    if period.state == PeriodState.OPEN:
        context["catalogues_since"] = bool(catalogues_since(period))
    if period.state in (PeriodState.OPENING, PeriodState.OPEN):
        context["job"] = period_queries.latest_job(opening.JOB_NAME, f"{opening.JOB_NAME}:{period.pk}")
    return TemplateResponse(request, "workspace/periods/show.html", context)


@login_required
@require_GET
@by_whoever_opens
def missing(request: HttpRequest, pk: int) -> HttpResponse:
    """Of an open period: who would get a card now and has none, and everybody the plan lists."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    if period.state != PeriodState.OPEN:
        raise NotFound
    context = {"period": period, **_plan_context(period)}
    return TemplateResponse(request, "workspace/periods/missing.html", context)


@login_required
@require_GET
@by_whoever_opens
def names(request: HttpRequest, pk: int, group: str) -> HttpResponse:
    """One list of the plan with every name in it, a hundred on a page."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    if period.state not in (PeriodState.DRAFT, PeriodState.OPEN):
        raise NotFound
    chosen = next((each for each in plan_of(period)[0] if each.key == group), None)
    if chosen is None:
        raise NotFound
    agencies = period_queries.agencies_of(chosen.people)
    text, unit = request.GET.get("q", "")[:100].strip(), request.GET.get("don-vi", "")
    path = next((agency.path for agency, _number in agencies if agency.code == unit), "")
    found = period_queries.found_among(chosen.people, text=text, path=path)
    page = max(number_in(request, "trang") or 1, 1)
    first = (page - 1) * NAMES_ON_A_PAGE
    people = period_queries.people_in_order(found[first : first + NAMES_ON_A_PAGE])
    context = {
        "period": period,
        "group": chosen,
        "people": [name_of(chosen, person) for person in people],
        "agencies": agencies,
        "q": text,
        "unit": unit if path else "",
        "back_url": _back_to_plan(period),
        "previous_url": link_with(request, trang=str(page - 1)) if page > 1 else "",
        "next_url": link_with(request, trang=str(page + 1)) if first + NAMES_ON_A_PAGE < len(found) else "",
        "summary": _("%(first)s–%(last)s of %(count)s people")
        % {"first": first + 1, "last": first + len(people), "count": len(found)}
        if people
        else "",
    }
    return TemplateResponse(request, "workspace/periods/names.html", context)


@login_required
@require_POST
def export_names(request: HttpRequest, pk: int, group: str) -> HttpResponse:
    """The whole list as a workbook; a POST, because taking a list away is recorded."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    content = exporting.export_opening_list(
        actor=actor_of(request), moment=database_now(), period=period, group=group
    )
    return workbook_response(content, f"{group}.xlsx")


@login_required
@require_http_methods(["GET", "POST"])
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what a period is scored with."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    offered = period_queries.offered_versions(period)
    if request.method == "POST":
        form = VersionsForm(request.POST, offered=offered)
        if form.is_valid():
            opening.choose_versions(
                actor=actor_of(request),
                moment=database_now(),
                period=period,
                versions=list(form.cleaned_data["versions"]),
            )
            messages.success(request, _("The versions are chosen. See below who gets which."))
            return _to_period(period)
    else:
        chosen = period_queries.pinned_versions(period) or in_force_for_people(period.ends_on)
        form = VersionsForm(offered=offered, initial={"versions": [version.pk for version in chosen]})
    context = {"period": period, "form": form, "offered": bool(list(offered))}
    return TemplateResponse(
        request, "workspace/periods/versions.html", context, status=422 if form.is_bound else 200
    )


@login_required
@require_POST
def open_period(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the period, or the cards that are missing in an open one: a job makes them."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    job = opening.open_period(actor=actor_of(request), moment=database_now(), period=period)
    return HttpResponseRedirect(reverse("workspace:job", args=[job.pk]))


@login_required
@require_http_methods(["GET", "POST"])
def deadlines(request: HttpRequest, pk: int) -> HttpResponse:
    """Change when each stage is due."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    stages = period_queries.stages_of(period)
    form = DeadlinesForm(request.POST if request.method == "POST" else None, period=period, stages=stages)
    if form.is_bound and form.is_valid():
        try:
            registers.change_period(
                actor=actor_of(request), moment=database_now(), period=period, **form.cleaned_data
            )
        except Invalid as refusal:
            form.refuse(refusal.problems, refusal.sentence)
        else:
            messages.success(request, _("The deadlines are changed."))
            return _to_period(period)
    return TemplateResponse(
        request,
        "workspace/periods/deadlines.html",
        {"period": period, "form": form},
        status=422 if form.is_bound else 200,
    )


@login_required
@require_http_methods(["GET", "POST"])
def catalogues(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the catalogues approved since the period opened, ask, and let its tasks be taken from them too."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    if request.method == "POST":
        shown = request.POST.getlist("catalogue")[:MOST_CATALOGUES]
        added = opening.add_catalogues(
            actor=actor_of(request),
            moment=database_now(),
            period=period,
            catalogues=[
                int(key) for key in shown if key.isascii() and key.isdigit() and len(key) < len(str(2**63))
            ],
        )
        sentence = _("Catalogues added: %(count)s. Tasks of the period can be taken from them now.")
        messages.success(request, sentence % {"count": len(added)})
        return _to_period(period)
    if period.state != PeriodState.OPEN:
        raise WrongState(_("Catalogues are added to an open period. This one is not open."))
    context = {"period": period, "catalogues": catalogues_since(period)[:MOST_CATALOGUES]}
    return TemplateResponse(request, "workspace/periods/catalogues.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who is not notified yet, ask, and close."""
    period = period_queries.period_to_manage(scope_of(request), pk)
    refusal: DomainError | None = None
    form = ClosingForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            closing.close_period(
                actor=actor_of(request),
                moment=database_now(),
                period=period,
                unfinished_seen=form.cleaned_data["seen"],
            )
        except WrongState as error:
            refusal = error
        else:
            messages.success(request, _("The period is closed. Nothing in it changes any more."))
            return _to_period(period)
    if period.state != PeriodState.OPEN:
        raise refusal or WrongState(_("Only an open period can be closed."))
    return _ask_to_close(request, period, form, refusal)


def _ask_to_close(
    request: HttpRequest, period: Period, refused: ClosingForm | None, refusal: DomainError | None
) -> HttpResponse:
    unfinished = closing.unfinished(period)
    form = ClosingForm(initial={"seen": unfinished.count})
    status = 200
    if refusal is not None:
        status = refusal.status
    elif refused is not None:
        form, status = refused, 422
        # The number beside a box that was not ticked is the one shown now, whatever was sent.
        form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        form.data["seen"] = str(unfinished.count)  # type: ignore[index]  # a copy can be written
    context = {
        "period": period,
        "form": form,
        "unfinished": unfinished,
        "refusal": refusal.sentence if refusal is not None else "",
        "columns": [{"label": _("Unit")}, {"label": _("State")}, {"label": _("People"), "number": True}],
        "rows": [
            {"cells": [{"text": unit}, {"text": state}, {"text": cards}]}
            for unit, state, cards in unfinished.by_unit
        ],
    }
    return TemplateResponse(request, "workspace/periods/close.html", context, status=status)


# --- What the pages share -----------------------------------------------------------------------------------
def _plan_context(period: Period) -> dict[str, Any]:
    groups, plan = plan_of(period)
    people = {person.pk: person for person in period_queries.people_in_order(first_keys(groups))}
    show_first(groups, people)
    agencies = Unit.objects.filter(code__in=plan.without_catalogue).order_by("path")
    return {
        "groups": groups,
        "people_in_scope": plan.people,
        "cards_planned": len(plan.cards),
        "without_catalogue": list(agencies),
        "versions_chosen": bool(period_queries.pinned_versions(period)),
        "figures": [
            {"label": _("People in scope"), "value": plan.people},
            {"label": _("Cards planned"), "value": len(plan.cards)},
            {"label": _("Agencies without a catalogue"), "value": len(plan.without_catalogue)},
        ],
    }


def _facts(period: Period) -> list[dict[str, Any]]:
    units = ", ".join(unit.name for unit in period.units.order_by("path"))
    return [
        {"key": _("State"), "tag": {"label": period.get_state_display(), "state": period.state}},
        {"key": _("Days"), "value": f"{period.starts_on:%d/%m/%Y} – {period.ends_on:%d/%m/%Y}"},
        *_deadlines(period),
        {"key": _("Units that take part"), "value": units, "hint": _("Each with everything below it.")},
        {"key": _("Opened at"), "value": period.opened_at},
        {"key": _("Closed at"), "value": period.closed_at},
    ]


def _deadlines(period: Period) -> list[dict[str, Any]]:
    """One row for each deadline; those of a collective and of the endorsement where the period says one and its cards
    have the stage. What those stages are is asked only then."""
    own = {StageKey.COLLECTIVE: period.collective_due_at, StageKey.ENDORSEMENT: period.endorsement_due_at}
    stages = period_queries.stages_of(period) if any(own.values()) else frozenset()
    rows = (
        (_("Self-assessment due before"), period.self_due_at),
        (
            _("Scores of a collective or direct head due before"),
            own[StageKey.COLLECTIVE],
            StageKey.COLLECTIVE,
        ),
        (_("Evaluation due before"), period.evaluation_due_at),
        (_("Endorsement due before"), own[StageKey.ENDORSEMENT], StageKey.ENDORSEMENT),
    )
    return [
        {"key": key, "value": due_at}
        for key, due_at, *stage in rows
        if due_at is not None and stages.issuperset(stage)
    ]


def _days_kept(period: Period) -> list[dict[str, Any]]:
    """The calendar of working days as the period keeps it, where it says anything of its days."""
    rows = []
    for kind, key in (
        (DayKind.OFF, _("Days off in the calendar of the period")),
        (DayKind.WORKED, _("Days worked in the place of others")),
    ):
        days = ", ".join(f"{day:%d/%m/%Y}" for day in period_queries.days_kept(period, kind))
        if days:
            hint = _("Where a set counts working days, as registered when the period was opened.")
            rows.append({"key": key, "value": days, "hint": hint})
    return rows


def _back_to_plan(period: Period) -> str:
    name = "workspace:period" if period.state == PeriodState.DRAFT else "workspace:period_missing"
    return reverse(name, args=[period.pk])


def _to_period(period: Period) -> HttpResponse:
    return HttpResponseRedirect(reverse("workspace:period", args=[period.pk]))
