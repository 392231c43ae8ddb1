"""What the header of every workspace page offers its reader."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import waiting_queries
from kpi_cms.foundation.access.rules import somewhere
from kpi_cms.foundation.access.scope import Scope
from snippets.enums import Capability
from snippets.rule_table import ENTER_ADMIN, REVIEW_GRANTS

from .presentation.links import optional_url


def waiting(request: HttpRequest) -> waiting_queries.Waiting:
    """The counters of the signed-in account, read once for each request."""
    known: waiting_queries.Waiting | None = getattr(request, "workspace_waiting", None)
    if known is None:
        scope = _scope(request) if request.user.is_authenticated else Scope()
        known = waiting_queries.waiting(scope, timezone.now())
        request.workspace_waiting = known  # type: ignore[attr-defined]  # our own attribute
    return known


def workspace(request: HttpRequest) -> dict[str, Any]:
    """Context of every template. Two queries for somebody signed in, none for a visitor."""
    context = {
        "workspace_navigation": [],
        "is_demonstration": settings.DEMONSTRATION,
        "product_version": _product_version(),
        "province_name": "",
        "help_url": "",
    }
    user = getattr(request, "user", None)
    # The Wagtail admin has its own menu: its pages pay no query for this one.
    in_workspace = not request.path.startswith("/admin/")
    if in_workspace and user is not None and user.is_authenticated and not user.must_change_password:
        context["workspace_navigation"] = _items(request)
    return context


def _product_version() -> str:
    try:
        return version("kpi-cms")
    except PackageNotFoundError:
        return ""


def _items(request: HttpRequest) -> list[dict[str, Any]]:
    counts, scope = waiting(request), _scope(request)
    offered = [
        (True, _("What waits for me"), ("workspace:home",), counts.total),
        (counts.has_cards, _("My cards"), ("workspace:cards", "workspace:card"), counts.to_self_assess),
        (counts.has_cards, _("My tasks"), ("workspace:tasks",), counts.tasks_to_report),
        (
            counts.evaluates or counts.to_endorse > 0,
            _("Evaluation"),
            ("workspace:evaluations", "workspace:evaluate"),
            counts.to_evaluate + counts.to_endorse,
        ),
        (
            counts.evaluates,
            _("Tasks to decide"),
            ("workspace:tasks_to_decide",),
            counts.tasks_to_decide,
        ),
        (
            bool(scope.held.get(Capability.EVALUATE)) or bool(scope.delegated),
            _("Delegation"),
            ("workspace:delegations", "workspace:delegate"),
            0,
        ),
        (
            somewhere(table.READ_UNIT_TASKS, scope),
            _("Units"),
            ("workspace:units", "workspace:unit", "workspace:unit_tasks"),
            0,
        ),
        (somewhere(table.NAME_EVALUATORS, scope), _("Evaluators to name"), ("workspace:evaluators",), 0),
        (
            somewhere(table.SEE_UNIT_RESULT, scope),
            _("Results of organisations"),
            ("workspace:unit_results", "workspace:unit_result"),
            0,
        ),
        (somewhere(table.OPEN_PERIOD, scope), _("Periods"), ("workspace:periods", "workspace:period"), 0),
        (
            somewhere(table.APPROVE_REOPENING, scope),
            _("Reopenings"),
            ("workspace:reopenings", "workspace:reopening"),
            0,
        ),
        (
            somewhere(table.FOLLOW_PROGRESS, scope),
            _("Progress"),
            ("workspace:progress", "workspace:progress_unit"),
            0,
        ),
        (somewhere(table.SEE_FIT, scope), _("Fit of the criteria"), ("workspace:fit",), 0),
        (
            somewhere(table.READ_UNIT_HISTORY, scope),
            _("History"),
            ("workspace:history", "workspace:unit_history"),
            0,
        ),
        (
            somewhere(table.READ_UNIT_HISTORY, scope),
            _("Inspection"),
            (
                "workspace:inspection",
                "workspace:inspection_sample",
                "workspace:ledger_entry",
                "workspace:accesses",
            ),
            0,
        ),
        (
            somewhere(REVIEW_GRANTS, scope),
            _("Access review"),
            ("workspace:review", "workspace:rules", "workspace:rule"),
            0,
        ),
        (True, _("Handbook"), ("handbook:list",), 0),
        (somewhere(ENTER_ADMIN, scope), _("Registers and criteria"), ("wagtailadmin_home",), 0),
    ]
    here = request.resolver_match.view_name if request.resolver_match else ""
    items = []
    for shown, label, names, count in offered:
        url = optional_url(names[0]) if shown else ""
        if url:
            items.append({"label": label, "url": url, "current": here in names, "count": count})
    return items


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by ScopeMiddleware
    return scope
