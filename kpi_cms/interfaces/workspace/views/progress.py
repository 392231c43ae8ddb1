"""How a period stands, unit by unit: cards by state, means and bands; down the tree step by step."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpi_cms.evaluation.enums import WITH_THE_PERSON, CardState
from kpi_cms.evaluation.progress_queries import (
    FOLLOWING_CAPABILITIES,
    Figures,
    PeriodProgress,
    Totals,
    bands_of,
    followed_periods,
    followed_unit,
    frames_of,
    units_above,
)
from kpi_cms.evaluation.rule_table import FOLLOW_PROGRESS
from kpi_cms.foundation.access.wall import shown_within
from snippets.enums import Frame, PeriodState
from snippets.models import Period, Unit

from .asking import require_somewhere
from .shared import PERIODS_OFFERED, chosen_period, scope_of

by_whoever_follows = shown_within("progress is followed in totals, without a card", *FOLLOWING_CAPABILITIES)
# Column → the states it counts.
COLUMNS: tuple[tuple[Any, tuple[str, ...], str], ...] = (
    ("self", WITH_THE_PERSON, "warning"),
    ("evaluation", (CardState.SUBMITTED, CardState.EVALUATED), ""),
    ("confirmed", (CardState.CONFIRMED,), ""),
    ("notified", (CardState.NOTIFIED,), "good"),
)


@login_required
@require_GET
@by_whoever_follows
def index(request: HttpRequest) -> HttpResponse:
    """The highest units that the reader follows; with one of them, its own page."""
    scope = scope_of(request)
    require_somewhere(FOLLOW_PROGRESS, scope)
    tops = list(Unit.objects.filter(path__in=scope.paths(*FOLLOWING_CAPABILITIES)).order_by("path"))
    if len(tops) == 1:
        return HttpResponseRedirect(_address(request, tops[0]))
    return _page(request, None, tops)


@login_required
@require_GET
@by_whoever_follows
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit: its own cards, the units directly below it, and all of it together."""
    found = followed_unit(scope_of(request), code)
    below = Unit.objects.filter(path__startswith=found.path, depth=found.depth + 1).order_by("path")
    return _page(request, found, list(below))


def _page(request: HttpRequest, found: Unit | None, below: list[Unit]) -> HttpResponse:
    scope = scope_of(request)
    periods = list(followed_periods(scope)[:PERIODS_OFFERED])
    period = chosen_period(request, periods)
    context: dict[str, Any] = {"unit": found, "periods": periods, "period": period}
    if found is not None:
        context["trail"] = [
            {"label": above.name, "url": _address(request, above)}
            for above in units_above(scope, found, *FOLLOWING_CAPABILITIES)
        ]
    if period is not None:
        frames = frames_of(period)
        frame = request.GET.get("khung", "")
        frame = frame if frame in frames else (frames[0] if frames else Frame.STATE)
        context |= {
            "frame": frame,
            "frames": [{"value": each, "label": Frame(each).label} for each in frames],
            **_tables(request, period, frame, found, below),
        }
    return TemplateResponse(request, "workspace/progress/unit.html", context)


def _tables(
    request: HttpRequest, period: Period, frame: str, found: Unit | None, below: list[Unit]
) -> dict[str, Any]:
    progress = PeriodProgress(period, frame, scope_of(request))
    bands = bands_of(period, frame)
    lines: list[tuple[dict[str, Any], Figures, Totals | None]] = []
    if found is not None and progress.directly_at(found.path).cards:
        first = {"text": _("Directly in this unit")} if below else {"text": found.name}
        lines.append((first, progress.directly_at(found.path), progress.told(found.path, directly=True)))
    for each in below:
        figures = progress.below_and_at(each.path)
        if figures.cards or each.closed_on is None:
            cell = {"text": each.name, "url": _address(request, each)}
            lines.append((cell, figures, progress.told(each.path)))
    told = [totals for _cell, _figures, totals in lines]
    context: dict[str, Any] = {
        "state_columns": _state_columns(),
        "state_rows": [{"cells": [cell, *_state_cells(figures)]} for cell, figures, _totals in lines],
        "result_columns": _result_columns(bands),
        "result_rows": [{"cells": [cell, *_result_cells(totals, bands)]} for cell, _figures, totals in lines],
    }
    if found is not None:
        whole, totals = progress.below_and_at(found.path), progress.told(found.path)
        told.append(totals)
        together = {"text": _("Together")}
        context |= {
            "state_foot": [together, *_state_cells(whole)],
            "result_foot": [together, *_result_cells(totals, bands)],
            "cards": whole.cards,
        }
    not_told = None in told
    return context | {
        "any_suppressed": not_told and period.state == PeriodState.CLOSED,
        "told_when_closed": not_told and period.state != PeriodState.CLOSED,
    }


def _state_columns() -> list[dict[str, Any]]:
    labels = {
        "self": _("With the person"),
        "evaluation": _("Being evaluated"),
        "confirmed": _("Confirmed"),
        "notified": _("Notified"),
    }
    return [
        {"label": _("Unit")},
        {"label": _("Cards"), "number": True},
        *({"label": labels[key]} for key, _states, _kind in COLUMNS),
    ]


def _state_cells(figures: Figures) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = [{"text": figures.cards}]
    for _key, states, kind in COLUMNS:
        count = sum(figures.states[state] for state in states)
        cells.append(
            {"bar": {"value": count, "maximum": figures.cards or 1, "text": str(count), "kind": kind}}
        )
    return cells


def _result_columns(bands: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"label": _("Unit")},
        {"label": _("Results"), "number": True},
        {"label": _("Mean points"), "number": True},
        *({"label": label} for label in bands.values()),
    ]


def _result_cells(totals: Totals | None, bands: dict[str, str]) -> list[dict[str, Any]]:
    if totals is None:
        few = _("not shown")
        return [{"text": few}, {"text": few}, *({"text": few} for _band in bands)]
    if not totals.results:
        return [{"text": 0}, {"text": ""}, *({"text": ""} for _band in bands)]
    return [
        {"text": totals.results},
        {"points": totals.mean},
        *(
            {"bar": {"value": totals.bands[code], "maximum": totals.results, "text": str(totals.bands[code])}}
            for code in bands
        ),
    ]


def _address(request: HttpRequest, unit: Unit) -> str:
    """The unit's page with the period and frame that the reader looks at."""
    kept = {name: request.GET[name] for name in ("ky", "khung") if name in request.GET}
    query = request.GET.copy()
    query.clear()
    query.update(kept)
    address = reverse("workspace:progress_unit", args=[unit.code])
    return f"{address}?{query.urlencode()}" if kept else address
