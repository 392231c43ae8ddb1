"""Tasks: my own, a person's, a unit's, and those that wait for my decision."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from kpi_cms.evaluation import evidence_queries, queries, rules, waiting_queries
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.asked_queries import asked_about, is_asked, words_of
from kpi_cms.evaluation.domain import scoring
from kpi_cms.evaluation.enums import EXTRA_KINDS, TaskState
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.audit.access_log import notice_list
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.numbers import format_day
from kpi_cms.interfaces.workspace.navigation import waiting
from kpi_cms.interfaces.workspace.presentation.evidence import evidence_lines
from kpi_cms.interfaces.workspace.presentation.lists import page_links
from kpi_cms.interfaces.workspace.presentation.task_words import put_words
from kpi_cms.interfaces.workspace.presentation.tasks import deductions_of, extras_share, task_rows
from snippets.models import Period, Unit

from .shared import by_whoever_assigns, chosen_period, number_in, periods_offered, scope_of

PAGE = 50


@login_required
@require_GET
def tasks(request: HttpRequest) -> HttpResponse:
    """My tasks of one period."""
    person_id = waiting(request).person_id
    if person_id is None:
        return TemplateResponse(request, "workspace/person_tasks.html", {"own": True})
    return _tasks_of(request, person_id, own=True)


@login_required
@require_GET
@by_whoever_assigns
def person_tasks(request: HttpRequest, person: int) -> HttpResponse:
    """The tasks of a person in one period, for those who give or confirm them."""
    return _tasks_of(request, person, own=False)


def _tasks_of(request: HttpRequest, person_id: int, *, own: bool) -> HttpResponse:
    scope = scope_of(request)
    periods = periods_offered()
    period = chosen_period(request, periods)
    card = card_of(request, person_id, period)
    if card is None and not own:
        raise NotFound
    context: dict[str, Any] = {"periods": periods, "period": period, "card": card, "own": own, "rows": []}
    if card is not None and period is not None:
        queries.notice_card(card)
        found = list(
            queries.tasks_visible_to(scope)
            .filter(period=period, person_id=person_id)
            .order_by("due_on", "pk")
        )
        counted = scoring.task_rows(period.pk, [person_id])[person_id]
        share, warning = extras_share(card, counted)
        standing = queries.standing(scope, period.pk, person_id)
        changeable = period.is_open and not standing.decided
        may_assign = changeable and any(
            standing.is_time(rule)
            and rules.may_with_tasks(rule, scope, card.person, card.unit, **standing.relation)
            for rule in (table.ASSIGN_TASK, table.GIVE_EXTRAS)
        )
        may_confirm = changeable and bool(
            rules.confirm_tasks(scope, card.person, card.unit, **standing.relation)
        )
        put_words(found, asked_about(card))
        context |= {
            "person": card.person,
            "rows": task_rows(found, counted),
            "extras_share": share,
            "extras_warning": warning and not own,
            "may_assign": may_assign,
            "may_confirm": may_confirm,
            "may_report": own and changeable and standing.is_time(table.REPORT_TASK),
            "may_propose": own and changeable and standing.is_time(table.PROPOSE_TASK),
        }
    return TemplateResponse(request, "workspace/person_tasks.html", context)


def card_of(request: HttpRequest, person_id: int, period: Period | None) -> Scorecard | None:
    """The person's card of the period, where the account may read the person's tasks."""
    if period is None:
        return None
    card: Scorecard | None = (
        queries.cards_with_tasks_visible_to(scope_of(request))
        .filter(person_id=person_id, period=period)
        .select_related("person", "unit", "version", "period")
        .annotate(is_asked=is_asked())
        .order_by("frame", "pk")
        .first()
    )
    return card


@login_required
@require_GET
@by_whoever_assigns
def unit_tasks(request: HttpRequest, code: str) -> HttpResponse:
    """People of a unit with their tasks in one period, and those without any: the head's omission (Đ18.1d)."""
    scope = scope_of(request)
    unit = readable_unit(request, code)
    periods = periods_offered()
    period = chosen_period(request, periods)
    text = request.GET.get("q", "")[:100].strip()
    only_without = request.GET.get("thieu") == "1"
    page = queries.Slice([], None, None)
    if period is not None:
        notice_list("tasks", unit=unit, period_id=period.pk)
        cards = _one_card_each(queries.cards_with_tasks_visible_to(scope)).filter(
            period=period, unit__path__startswith=unit.path
        )
        if text:
            cards = queries.find_by_name(cards, text)
        cards = queries.with_task_counts(cards)
        if only_without:
            cards = queries.without_tasks(cards)
        page = queries.in_name_order(
            cards.select_related("person", "unit"),
            size=PAGE,
            after=number_in(request, "sau"),
            before=number_in(request, "truoc"),
        )
    context = {
        "unit": unit,
        "periods": periods,
        "period": period,
        "q": text,
        "only_without": only_without,
        "rows": [
            {
                "card": card,
                "url": f"{reverse('workspace:person_tasks', args=[card.person_id])}?ky={card.period_id}",
            }
            for card in page.cards
        ],
        "may_split": period is not None
        and period.is_open
        and bool(rules.may_in_unit(table.ASSIGN_TASK, scope, unit)),
        **page_links(request, page),
    }
    return TemplateResponse(request, "workspace/unit_tasks.html", context)


def _one_card_each(cards: Any) -> Any:
    """A person with a card of each frame is listed once."""
    earlier = Scorecard.objects.filter(
        person=OuterRef("person"), period=OuterRef("period"), pk__lt=OuterRef("pk")
    )
    return cards.filter(~Exists(earlier))


def readable_unit(request: HttpRequest, code: str) -> Unit:
    """A unit whose tasks the account may read, or below which it evaluates. Raises NotFound for every other."""
    scope = scope_of(request)
    unit: Unit | None = Unit.objects.filter(code=code).first()
    if unit is None:
        raise NotFound
    if not rules.may_in_unit(table.READ_UNIT_TASKS, scope, unit):
        concerned = Scorecard.objects.filter(queries.worked_on_by(scope), unit__path__startswith=unit.path)
        if scope.user_id is None or not concerned.exists():
            raise NotFound
    return unit


@login_required
@require_GET
def tasks_to_decide(request: HttpRequest) -> HttpResponse:
    """Reported and proposed tasks of the people I evaluate, the longest waiting first."""
    scope, person_id = scope_of(request), waiting(request).person_id
    notice_list("tasks to decide")
    found = waiting_queries.tasks_to_decide(scope, person_id)[: PAGE + 1] if person_id is not None else []
    rows = [
        {
            "task": task,
            "url": reverse(
                "workspace:decide_task" if task.state == TaskState.PROPOSED else "workspace:confirm_task",
                args=[task.pk],
            ),
        }
        for task in found
    ]
    context = {"rows": rows[:PAGE], "more": len(rows) > PAGE, "most": PAGE}
    return TemplateResponse(request, "workspace/tasks_to_decide.html", context)


@login_required
@require_GET
@by_whoever_assigns
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task: what was given, what became of it, what is deducted and why."""
    scope = scope_of(request)
    found = queries.task_for(scope, pk)
    standing = queries.standing(scope, found.period_id, found.person_id)
    is_open = found.period.is_open
    may = partial(rules.may_with_tasks, scope=scope, person=found.person, unit=found.unit)
    held = {
        rule: is_open
        and standing.is_time(rule)
        and rules.is_task_time(rule, found)
        and bool(may(asked, **standing.relation))
        for rule, asked in _asked(found)
    }
    own = bool(rules.report_task(scope, found.person, found.unit))
    attached = evidence_queries.attached_to_task(scope, found)
    followers = Task.objects.filter(source=found).select_related("person").order_by("pk")
    context = {
        "task": found,
        "own": own,
        "facts": [*_facts(found), *_words(found)],
        "evidence": evidence_lines(attached, withdrawable=held[table.ATTACH_TO_TASK]),
        "deductions": deductions_of(found),
        "followers": list(followers),
        "may_confirm": is_open
        and standing.is_time(table.CONFIRM_CAUSE)
        and bool(may(table.CONFIRM_CAUSE, **standing.relation)),
        "actions": _actions(found, held),
        "back_url": reverse("workspace:tasks")
        if own
        else f"{reverse('workspace:person_tasks', args=[found.person_id])}?ky={found.period_id}",
    }
    return TemplateResponse(request, "workspace/task.html", context)


def _facts(found: Task) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"key": _("Person"), "value": found.person.full_name, "hint": found.unit.name},
        {"key": _("Period"), "value": str(found.period)},
        {"key": _("Kind"), "value": found.get_kind_display()},
        {"key": _("State"), "tag": {"label": found.get_state_display(), "state": found.state}},
        {"key": _("Product code"), "value": found.code, "hint": found.catalogue_version},
        {
            "key": _("Coefficient"),
            "value": found.coefficient if found.coefficient is not None else _("Not decided yet: unscored"),
        },
        {"key": _("Quantity assigned"), "value": found.assigned},
        {"key": _("Due on"), "value": found.due_on},
        {"key": _("Quantity completed"), "value": found.completed},
        {"key": _("Completed on"), "value": found.completed_on},
        {"key": _("Document number"), "value": found.evidence_number},
        {"key": _("Quantity that met quality"), "value": found.accepted},
    ]
    if 0 < found.in_time < found.completed:
        rows.insert(-2, _in_time(found))
    if found.confirmed_before:
        rows.insert(-1, {"key": _("Confirmed before the latest report"), "value": found.confirmed_before})
    if found.part_label:
        rows.insert(3, {"key": _("Part of a larger product"), "value": found.part_label})
    if found.handed_over:
        rows.append({"key": _("Quantity handed over"), "value": found.handed_over})
    if found.source is not None:
        rows.append({"key": _("Taken over from"), "value": found.source.person.full_name})
    if found.note:
        rows.append({"key": _("Note"), "value": found.note})
    return rows


def _in_time(found: Task) -> dict[str, Any]:
    return {
        "key": _("Of these by the due date"),
        "value": found.in_time,
        "hint": _("Reported for %(day)s") % {"day": format_day(found.in_time_on)},
    }


def _words(found: Task) -> list[dict[str, Any]]:
    """What is said of it, as the sets of the person call it."""
    return [{"key": name, "value": value} for name, value in words_of(found, asked_about(found))]


def _asked(found: Task) -> list[tuple[Rule, Rule]]:
    """Each act that is offered, and the rule that says who may: an extra is changed by the head alone."""
    changing = table.GIVE_EXTRAS if found.kind in EXTRA_KINDS else table.CHANGE_TASK
    return [(rule, changing if rule is table.CHANGE_TASK else rule) for rule, _name, _label in ACTIONS]


ACTIONS = (
    (table.REPORT_TASK, "report_task", gettext_lazy("Report")),
    (table.ATTACH_TO_TASK, "attach_to_task", gettext_lazy("Attach evidence")),
    (table.DECIDE_PROPOSAL, "decide_task", gettext_lazy("Decide on the proposal")),
    (table.CONFIRM_TASK, "confirm_task", gettext_lazy("Confirm")),
    (table.CHANGE_TASK, "change_task", gettext_lazy("Change quantity or due date")),
    (table.NAME_PRODUCT, "name_product", gettext_lazy("Name the product")),
    (table.RECORD_DEDUCTION, "record_fault", gettext_lazy("Record a major error")),
    (table.RECORD_DEDUCTION, "record_delay", gettext_lazy("Record a delay")),
    (table.HAND_OVER_TASK, "hand_over_task", gettext_lazy("Hand over to somebody else")),
    (table.MOVE_TASK, "move_task", gettext_lazy("Move for leave or balance")),
)


def _actions(found: Task, held: Mapping[Rule, bool]) -> list[dict[str, str]]:
    """What this reader can do with the task now, the main thing first."""
    again = {
        table.CONFIRM_TASK: gettext_lazy("Confirm again"),
        table.REPORT_TASK: gettext_lazy("Report the rest"),
    }
    return [
        {
            "label": str(again.get(rule, label) if found.state == TaskState.CONFIRMED else label),
            "url": reverse(f"workspace:{name}", args=[found.pk]),
        }
        for rule, name, label in ACTIONS
        if held[rule]
    ]
