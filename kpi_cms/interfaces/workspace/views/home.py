"""Việc chờ tôi: what waits for the signed-in person, in the order of urgency."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpi_cms.evaluation import queries, rules, waiting_queries
from kpi_cms.evaluation.domain.direct_heads import by_direct_head
from kpi_cms.evaluation.enums import DECIDED, WITH_THE_PERSON, CardState, TaskState
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.evaluation.rule_table import RECEIVE_RESULTS
from kpi_cms.foundation.access.rules import somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.interfaces.workspace.navigation import waiting
from kpi_cms.interfaces.workspace.presentation.delegation import in_place_of
from snippets.enums import PeriodState
from snippets.models import Period

from .shared import scope_of

SHOWN = 10
READ = 300  # cards in hand read for the groups; whoever has more works from the list of evaluations


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me. The number of queries does not depend on how much waits."""
    scope, me, now = scope_of(request), waiting(request), timezone.now()
    context: dict[str, Any] = {"me": me, "periods": _periods(now), "own": [], "groups": []}
    if me.person_id is not None:
        cards = list(
            queries.cards_in_hand(scope, me.person_id)
            .select_related("period", "person", "unit", "evaluator", "endorser", "secretary")
            .order_by("period__starts_on", "person__sort_key", "pk")[:READ]
        )
        context |= {
            "own": _own(cards, me.person_id, now),
            "groups": [*_evaluating(cards, scope, me, now), *_anew(me, now), *_tasks(scope, me)],
        }
    context["results"] = _results_to_notify(request)
    context["nothing"] = not (context["own"] or context["groups"] or context["results"])
    return TemplateResponse(request, "workspace/home.html", context)


def _periods(now: datetime) -> list[dict[str, Any]]:
    """Deadlines of the open periods."""
    found = Period.objects.filter(state=PeriodState.OPEN).order_by("starts_on", "pk")
    return [
        {
            "period": period,
            "self_late": now >= period.self_due_at,
            "evaluation_late": now >= period.evaluation_due_at,
        }
        for period in found
    ]


def _own(cards: Iterable[Scorecard], person_id: int, now: datetime) -> list[dict[str, Any]]:
    """My cards of the open periods with what I can do with each."""
    mine = [card for card in cards if card.person_id == person_id]
    reasons = texts.shown([card.return_reason_key for card in mine if card.state == CardState.RETURNED])
    return [
        {
            "card": card,
            "url": reverse("workspace:card", args=[card.pk]),
            "writable": card.state in WITH_THE_PERSON,
            "due": rules.self_due_at(card),
            "late": card.state in WITH_THE_PERSON and now >= rules.self_due_at(card),
            "reason": reasons.get(card.return_reason_key, "") if card.return_reason_key else "",
        }
        for card in mine
    ]


def _evaluating(
    cards: Iterable[Scorecard], scope: Scope, me: waiting_queries.Waiting, now: datetime
) -> list[dict[str, Any]]:
    """Cards of others that wait for me, grouped by what is to be done."""
    theirs = [card for card in cards if card.person_id != me.person_id]
    before = _to_score_before(me)
    mine = [card for card in theirs if rules.evaluates(scope, card)]
    groups = (
        (
            _("Cards to evaluate"),
            "workspace:evaluate",
            [card for card in mine if card.state == CardState.SUBMITTED],
        ),
        (
            _("Cards to score as the direct head"),
            "workspace:collective",
            [card for card in before if by_direct_head(card)],
        ),
        (
            _("Cards to score for a collective"),
            "workspace:collective",
            [card for card in before if not by_direct_head(card)],
        ),
        (
            _("Cards to endorse"),
            "workspace:endorse",
            [
                card
                for card in theirs
                if card.endorser_id == me.person_id and card.state == CardState.EVALUATED
            ],
        ),
        (
            _("The basis of these results has changed"),
            "workspace:accept_basis",
            [card for card in mine if card.state in DECIDED and card.basis_changed_at],
        ),
        (
            _("Self-assessments that did not come in time"),
            "workspace:take_up",
            [card for card in mine if card.state in WITH_THE_PERSON and now >= card.period.self_due_at],
        ),
        (
            _("Confirmed results to notify"),
            "workspace:card",
            [card for card in mine if card.state == CardState.CONFIRMED and not card.basis_changed_at],
        ),
    )
    return [
        {
            "title": title,
            "count": len(found),
            "rows": [
                {
                    "text": card.person.full_name,
                    "url": reverse(page, args=[card.pk]),
                    "hint": _hint(card, scope),
                }
                for card in found[:SHOWN]
            ],
            "more_url": reverse("workspace:evaluations"),
        }
        for title, page, found in groups
        if found
    ]


def _to_score_before(me: waiting_queries.Waiting) -> list[Scorecard]:
    """Cards that wait for me before the competent person decides; asked only where there are some."""
    if not me.to_score_for_collective:
        return []
    cards = waiting_queries.to_score_for_collective(me.person_id)
    return list(cards.select_related("person", "period", "unit")[:READ])


def _anew(me: waiting_queries.Waiting, now: datetime) -> list[dict[str, Any]]:
    """Reopened results that wait for my endorsement, all of them: no other list has them, as periods may be closed."""
    if not me.to_endorse_anew:
        return []
    found = waiting_queries.to_endorse_anew(me.person_id, now).select_related("card__person", "card__period")
    return [
        {
            "title": _("Results decided anew to endorse"),
            "count": me.to_endorse_anew,
            "rows": [
                {
                    "text": each.card.person.full_name,
                    "url": reverse("workspace:endorse_anew", args=[each.card_id]),
                    "hint": f"{each.card.unit_name}, {each.card.period}",
                }
                for each in found
            ],
            "more_url": reverse("workspace:evaluations"),
        }
    ]


def _hint(card: Scorecard, scope: Scope) -> str:
    """Where the card belongs, and in whose place the account works on it."""
    absent = in_place_of(scope, card)
    return ", ".join(part for part in (card.unit_name, str(card.period), absent) if part)


def _tasks(scope: Scope, me: waiting_queries.Waiting) -> list[dict[str, Any]]:
    """My tasks to report, others' to decide, and the people I evaluate who have none: three queries."""
    assert me.person_id is not None  # the caller asked
    to_report = (
        Task.objects.filter(person_id=me.person_id, period__state=PeriodState.OPEN, state=TaskState.ASSIGNED)
        .select_related("period")
        .order_by("due_on", "pk")
    )
    without = list(waiting_queries.evaluated_without_tasks(scope, me.person_id)[:READ])
    groups = [
        {
            "title": _("Tasks to report"),
            "count": me.tasks_to_report,
            "rows": [_task_row(task, "workspace:report_task", "") for task in to_report[:SHOWN]],
            "more_url": reverse("workspace:tasks"),
        },
        {
            "title": _("Tasks to confirm or decide"),
            "count": me.tasks_to_decide,
            "rows": [
                _task_row(task, "workspace:task", task.person.full_name)
                for task in waiting_queries.tasks_to_decide(scope, me.person_id)[:SHOWN]
            ],
            "more_url": reverse("workspace:tasks_to_decide"),
        },
        {
            "title": _("People without any task in the period"),
            "note": _("Everybody gets tasks: a person without any shows the head's omission (Article 18)."),
            "count": len(without),
            "rows": [
                {
                    "text": card.person.full_name,
                    "url": f"{reverse('workspace:person_tasks', args=[card.person_id])}?ky={card.period_id}",
                    "hint": f"{card.unit_name}, {card.period}",
                }
                for card in without[:SHOWN]
            ],
            "more_url": reverse("workspace:evaluations"),
        },
    ]
    return [group for group in groups if group["rows"]]


def _task_row(task: Task, page: str, person: str) -> dict[str, str]:
    due = _("due %(day)s") % {"day": task.due_on.strftime("%d/%m/%Y")}
    return {
        "text": task.name,
        "url": reverse(page, args=[task.pk]),
        "hint": ", ".join(part for part in (person, task.code, due) if part),
    }


def _results_to_notify(request: HttpRequest) -> int:
    """For the personnel office: confirmed results of its units that nobody was notified of."""
    scope = scope_of(request)
    if not somewhere(RECEIVE_RESULTS, scope):
        return 0
    found: int = (
        Scorecard.objects.within(scope, *RECEIVE_RESULTS.capabilities)
        .filter(period__state=PeriodState.OPEN, state=CardState.CONFIRMED)
        .count()
    )
    return found
