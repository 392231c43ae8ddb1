"""The cards of a unit and everything below it in one period."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.interfaces.workspace.presentation.lists import card_rows, page_links
from snippets.models import Period, Unit
from snippets.queries import find_units, lineage, top_units

from .shared import chosen_period, number_in, periods_offered, scope_of

PAGE = 50
UNITS_SHOWN = 100


@login_required
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The units whose cards or tasks the account may read: the highest of them, or those found by name."""
    scope = scope_of(request)
    text = request.GET.get("q", "")[:100].strip()
    if text:
        found = find_units(scope.units(*queries.TASK_CAPABILITIES), text)
    else:
        found = top_units(scope, *queries.TASK_CAPABILITIES)
    rows = [
        {
            "unit": unit,
            "url": reverse("workspace:unit", args=[unit.code])
            if rules.may_in_unit(table.READ_UNIT_CARDS, scope, unit)
            else reverse("workspace:unit_tasks", args=[unit.code]),
        }
        for unit in found.order_by("path")[:UNITS_SHOWN]
    ]
    return TemplateResponse(request, "workspace/units.html", {"rows": rows, "q": text, "most": UNITS_SHOWN})


@login_required
@require_GET
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """Cards with state, points, band and evaluator; by state, by name, paged by key."""
    scope = scope_of(request)
    found = readable_unit(request, code)
    periods = periods_offered()
    period = chosen_period(request, periods)
    state = request.GET.get("trang-thai", "")
    state = state if state in CardState.values else ""
    text = request.GET.get("q", "")[:100].strip()
    page, counts = queries.Slice([], None, None), dict.fromkeys(CardState.values, 0)
    if period is not None:
        cards = queries.cards_of_unit(scope, found, period)
        counts |= dict(cards.order_by().values_list("state").annotate(cards=Count("pk")))
        if state:
            cards = cards.filter(state=state)
        if text:
            cards = queries.find_by_name(cards, text)
        page = queries.in_name_order(
            queries.with_results(cards).select_related(
                "person", "unit", "evaluator", "decided_by", "endorser", "secretary"
            ),
            size=PAGE,
            after=number_in(request, "sau"),
            before=number_in(request, "truoc"),
        )
    rows = card_rows(page.cards, scope)
    context = {
        "unit": found,
        "periods": periods,
        "period": period,
        "rows": rows,
        "state": state,
        "states": [
            {"value": value, "label": label, "count": counts[value]} for value, label in CardState.choices
        ],
        "all": sum(counts.values()),
        "q": text,
        "below": _below(request, found, period),
        "can_notify": _can_notify(request, found, rows, counts),
        "tasks_url": _with_period(reverse("workspace:unit_tasks", args=[found.code]), period),
        **page_links(request, page),
    }
    return TemplateResponse(request, "workspace/unit.html", context)


def readable_unit(request: HttpRequest, code: str) -> Unit:
    """A unit whose cards the account may read, or below which it evaluates. Raises NotFound for every other."""
    scope = scope_of(request)
    found: Unit | None = Unit.objects.filter(code=code).first()
    if found is None:
        raise NotFound
    if not rules.may_in_unit(table.READ_UNIT_CARDS, scope, found):
        concerned = Scorecard.objects.filter(queries.worked_on_by(scope), unit__path__startswith=found.path)
        if scope.user_id is None or not concerned.exists():
            raise NotFound
    return found


def _below(request: HttpRequest, found: Unit, period: Period | None) -> list[dict[str, Any]]:
    """The units directly below and the one above, where the account may read them."""
    scope = scope_of(request)
    above = lineage(found.path)[:-1]
    near = Unit.objects.filter(
        Q(path__startswith=found.path, depth=found.depth + 1) | Q(path__in=above[-1:])
    ).order_by("path")
    return [
        {
            "label": _("Up: %(unit)s") % {"unit": other.name} if other.depth < found.depth else other.name,
            "url": _with_period(reverse("workspace:unit", args=[other.code]), period),
        }
        for other in near
        if rules.may_in_unit(table.READ_UNIT_CARDS, scope, other)
    ]


def _can_notify(
    request: HttpRequest, found: Unit, rows: list[dict[str, Any]], counts: dict[str, int]
) -> bool:
    scope = scope_of(request)
    if not counts[CardState.CONFIRMED]:
        return False
    if rules.may_in_unit(table.RECEIVE_RESULTS, scope, found):
        return True
    return any(rules.evaluates(scope, row["card"]) for row in rows)


def _with_period(url: str, period: Period | None) -> str:
    return f"{url}?ky={period.pk}" if period is not None else url
