"""What waits for one account: the counters that every page of the workspace shows, and the lists behind them."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import BigAutoField, DateTimeField, Exists, OuterRef, Q, QuerySet

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.prepared import Parameter, Prepared
from snippets.enums import PeriodState
from snippets.models import Person

from .enums import (
    DECIDED,
    WITH_THE_PERSON,
    AssessmentState,
    CardState,
    ReopeningState,
    StageKey,
    TaskState,
)
from .models import Assessment, Reopening, Scorecard, Task
from .queries import TO_DECIDE, evaluating, number_of, stands_in, without_tasks


@dataclass(frozen=True)
class Waiting:
    """How much of each kind waits for one account; all 0 for an account without a person. `has_cards` of any period,
    `evaluates` in an open one."""

    person_id: int | None = None
    has_cards: bool = False
    evaluates: bool = False
    to_self_assess: int = 0
    to_evaluate: int = 0
    to_score_for_collective: int = 0
    to_endorse: int = 0
    to_endorse_anew: int = 0
    to_notify: int = 0
    basis_changed: int = 0
    tasks_to_report: int = 0
    tasks_to_decide: int = 0

    @property
    def total(self) -> int:
        """What a counter beside “what waits for me” shows."""
        return (
            self.to_self_assess
            + self.to_evaluate
            + self.to_score_for_collective
            + self.to_endorse
            + self.to_endorse_anew
            + self.to_notify
            + self.basis_changed
            + self.tasks_to_decide
        )


def waiting(scope: Scope, now: datetime) -> Waiting:
    """Every counter of one account, what it does in somebody's place included, in one query."""
    if scope.user_id is None:
        return Waiting()
    # Whom one stands in for is part of the question's text.
    counters = Prepared(partial(_counters, scope)) if stands_in(scope) else _COUNTERS
    row = counters.first(user_id=scope.user_id, now=now)
    return Waiting(*row) if row is not None else Waiting()


def _counters(scope: Scope) -> QuerySet[Person, dict[str, Any]]:
    """One row: the fields of `Waiting` in their order."""
    current = Q(period__state=PeriodState.OPEN)
    mine, evaluated = Scorecard.objects.filter(person=OuterRef("pk")), _evaluated_by(scope, OuterRef("pk"))
    now = Parameter("now", DateTimeField())
    numbers = {
        "to_self_assess": mine.filter(current, state__in=WITH_THE_PERSON),
        "to_evaluate": evaluated.filter(state=CardState.SUBMITTED),
        "to_score_for_collective": to_score_for_collective(OuterRef("pk")),
        "to_endorse": Scorecard.objects.filter(current, endorser=OuterRef("pk"), state=CardState.EVALUATED),
        "to_endorse_anew": to_endorse_anew(OuterRef("pk"), now),
        "to_notify": evaluated.filter(state=CardState.CONFIRMED, basis_changed_at__isnull=True),
        "basis_changed": evaluated.filter(state__in=DECIDED, basis_changed_at__isnull=False),
        "tasks_to_report": Task.objects.filter(current, person=OuterRef("pk"), state=TaskState.ASSIGNED),
        "tasks_to_decide": _tasks_to_decide(scope, OuterRef(OuterRef("pk"))),
    }
    asked: dict[str, Any] = {name: number_of(rows) for name, rows in numbers.items()}
    asked |= {"has_cards": Exists(mine), "evaluates": Exists(evaluated)}
    names = [one.name for one in fields(Waiting)][1:]
    # The names stand apart from the person's own fields and relations.
    return (
        Person.objects.filter(user_id=Parameter("user_id", BigAutoField()))
        .annotate(**{f"n_{name}": asked[name] for name in names})
        .values("pk", *(f"n_{name}" for name in names))
    )


# Of everybody who stands in for nobody: a scope without rights asks the same of whoever is given.
_COUNTERS = Prepared(partial(_counters, Scope()))


def to_score_for_collective(person: Any) -> QuerySet[Scorecard]:
    """Submitted cards of open periods on which this person has not sent the collective's scores, of every seat, yet."""
    said = Assessment.objects.that_count().filter(card=OuterRef("pk"), stage=StageKey.COLLECTIVE)
    waits = Exists(said.seated().filter(state=AssessmentState.DRAFT)) | ~Exists(
        said.filter(state=AssessmentState.SUBMITTED)
    )
    return Scorecard.objects.filter(
        waits, period__state=PeriodState.OPEN, secretary=person, state=CardState.SUBMITTED
    )


def to_endorse_anew(person: Any, now: Any) -> QuerySet[Reopening]:
    """New decisions of reopened cards that wait for this person to endorse them, in closed periods as well."""
    return Reopening.objects.filter(
        card__endorser=person, state=ReopeningState.PROPOSED, expires_at__gt=now
    ).order_by("expires_at", "pk")


def _evaluated_by(scope: Scope, person: Any) -> QuerySet[Scorecard]:
    return Scorecard.objects.filter(evaluating(scope, person), period__state=PeriodState.OPEN)


def _tasks_to_decide(scope: Scope, person: Any) -> QuerySet[Task]:
    undecided = Scorecard.objects.filter(
        evaluating(scope, person), period=OuterRef("period"), person=OuterRef("person")
    ).exclude(state__in=DECIDED)
    return Task.objects.filter(Exists(undecided), period__state=PeriodState.OPEN, state__in=TO_DECIDE)


def tasks_to_decide(scope: Scope, person_id: int) -> QuerySet[Task]:
    """Reported and proposed tasks of the people whom the account evaluates, the longest waiting first."""
    waiting_tasks = _tasks_to_decide(scope, person_id)
    return waiting_tasks.select_related("person", "period", "unit").order_by("due_on", "pk")


def evaluated_without_tasks(scope: Scope, person_id: int) -> QuerySet[Scorecard]:
    """Cards to evaluate whose person has no task in the open period: the head's omission (Đ18.1d)."""
    return (
        without_tasks(_evaluated_by(scope, person_id).exclude(state__in=DECIDED))
        .select_related("person", "period", "unit")
        .order_by("person__sort_key", "pk")
    )
