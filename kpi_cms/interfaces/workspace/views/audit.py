"""The history: of one card for everybody who sees it, of a unit's period for its auditor."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import audit_queries, queries, rules
from kpi_cms.evaluation.audit_filters import Filters
from kpi_cms.evaluation.audit_queries import Cursor, HistoryPage
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.progress_queries import units_above
from kpi_cms.evaluation.rule_table import READ_CARD_HISTORY, READ_UNIT_HISTORY
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.interfaces.workspace.forms.history import CardHistoryFilterForm, HistoryFilterForm
from kpi_cms.interfaces.workspace.presentation.history import act_rows, change_rows
from snippets.models import Period, Unit
from snippets.queries import find_units, top_units

from .asking import require_somewhere
from .shared import PERIODS_OFFERED, chosen_period, number_in, scope_of

UNITS_SHOWN = 100
ACTS = "viec"


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The units whose history the auditor reads: the highest, or those found by name."""
    scope = scope_of(request)
    require_somewhere(READ_UNIT_HISTORY, scope)
    text = request.GET.get("q", "")[:100].strip()
    held = READ_UNIT_HISTORY.capabilities
    found = find_units(scope.units(*held), text) if text else top_units(scope, *held)
    rows = [
        {"unit": unit, "url": reverse("workspace:unit_history", args=[unit.code])}
        for unit in found.order_by("path")[:UNITS_SHOWN]
    ]
    return TemplateResponse(
        request, "workspace/audit/index.html", {"rows": rows, "q": text, "most": UNITS_SHOWN}
    )


@login_required
@require_GET
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes and acts of one card."""
    scope = scope_of(request)
    found = queries.card_for(scope, pk)
    rules.may(READ_CARD_HISTORY, scope, found).require()
    seen = audit_queries.sight(scope, found)
    form = CardHistoryFilterForm(request.GET or None)
    filters = form.filters()
    context: dict[str, Any] = {
        "card": found,
        "form": form,
        "acts": _shows_acts(request),
        "back_url": reverse("workspace:card", args=[found.pk]),
        "bundle": bool(rules.take_card_bundle(scope, found)),
        **_views(request),
    }
    if context["acts"]:
        entries, following = _acts_page(request, audit_queries.card_acts(found, seen, filters=filters))
        context |= {"rows": act_rows(entries, {}), **_pages(request, following)}
    else:
        page = audit_queries.card_changes(found, seen, filters=filters, after=_cursor(request))
        context |= {"rows": change_rows(page, [found.version], seen=seen), **_pages(request, page.next)}
    return _answer(request, "workspace/audit/card.html", context)


@login_required
@require_GET
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """Changes and acts of a unit and all below it in one period."""
    scope = scope_of(request)
    found = audit_queries.audited_unit(scope, code)
    periods = list(audit_queries.audited_periods(scope)[:PERIODS_OFFERED])
    period = chosen_period(request, periods)
    form = HistoryFilterForm(request.GET or None)
    context: dict[str, Any] = {
        "unit": found,
        "periods": periods,
        "period": period,
        "form": form,
        "acts": _shows_acts(request),
        "rows": [],
        "trail": _trail(request, found),
        **_views(request),
    }
    if period is not None:
        context |= _unit_rows(request, found, period, form.filters())
    return _answer(request, "workspace/audit/unit.html", context)


def _unit_rows(request: HttpRequest, found: Unit, period: Period, filters: Filters) -> dict[str, Any]:
    scope = scope_of(request)
    if _shows_acts(request):
        entries, following = _acts_page(
            request, audit_queries.unit_acts(scope, found, period, filters=filters)
        )
        people = {entry.person_id for entry in entries if entry.person_id is not None}
        cards = Scorecard.objects.filter(period=period, person_id__in=people).order_by("-frame", "pk")
        return {
            "rows": act_rows(entries, dict(cards.values_list("person_id", "pk"))),
            **_pages(request, following),
        }
    page: HistoryPage = audit_queries.unit_changes(
        scope, found, period, filters=filters, after=_cursor(request)
    )
    versions = CriteriaVersion.objects.filter(pins__period=period)
    return {"rows": change_rows(page, versions), **_pages(request, page.next)}


def _trail(request: HttpRequest, found: Unit) -> list[dict[str, str]]:
    above = units_above(scope_of(request), found, *READ_UNIT_HISTORY.capabilities)
    return [
        {"label": _("History"), "url": reverse("workspace:history")},
        *({"label": each.name, "url": reverse("workspace:unit_history", args=[each.code])} for each in above),
    ]


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context["form"]
    return TemplateResponse(request, template, context, status=422 if form.is_bound and form.errors else 200)


def _shows_acts(request: HttpRequest) -> bool:
    return request.GET.get("xem") == ACTS


def _cursor(request: HttpRequest) -> Cursor | None:
    return Cursor.read(request.GET.get("sau", ""))


def _acts_page(request: HttpRequest, entries: QuerySet[LedgerEntry]) -> tuple[list[LedgerEntry], str]:
    """One page of acts, and where the next begins."""
    after = number_in(request, "sau")
    if after is not None:
        entries = entries.filter(pk__lt=after)
    found = list(entries[: audit_queries.PAGE + 1])
    more = len(found) > audit_queries.PAGE
    found = found[: audit_queries.PAGE]
    return found, str(found[-1].pk) if more else ""


def _link(request: HttpRequest, **changes: str) -> str:
    """This page with the same filters and something changed; an empty value is taken out."""
    query = request.GET.copy()
    query.pop("sau", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _views(request: HttpRequest) -> dict[str, str]:
    return {"changes_url": _link(request, xem="", field=""), "acts_url": _link(request, xem=ACTS, field="")}


def _pages(request: HttpRequest, following: str) -> dict[str, str]:
    return {
        "first_url": _link(request) if request.GET.get("sau") else "",
        "next_url": _link(request, sau=following) if following else "",
    }
