"""Tasks as the engine reads them, with the deductions that stand on them: of one person, of many, of a scope.

One rule for all of them: the same states and deductions count, whoever asks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BigAutoField, QuerySet, Value

from kpi_cms.evaluation.enums import COUNTED_TASK_STATES, EXTRA_KINDS, TaskState
from kpi_cms.evaluation.models import CalendarPin, Delay, Fault, Scorecard, Task
from kpi_cms.foundation.core.prepared import Parameter, PreparedRows
from kpi_cms.foundation.engine import QUALITY, Asked, Calendar, CompiledSet, Deduction, PointTask, TaskInput
from snippets.enums import CALENDAR, DayKind


@dataclass(frozen=True)
class TaskRow:
    """A task with the deductions recorded on it; `excused` where an objective cause stands."""

    task: Task
    faults: tuple[Deduction, ...]
    delays: tuple[Deduction, ...]


def task_rows(period_id: int, person_ids: Iterable[int]) -> dict[int, list[TaskRow]]:
    """Counted tasks of many people by person id, in two queries."""
    tasks = list(
        Task.objects.filter(
            period_id=period_id, person_id__in=list(person_ids), state__in=COUNTED_TASK_STATES
        )
    )
    found = deductions_of([task.pk for task in tasks])
    rows: dict[int, list[TaskRow]] = defaultdict(list)
    for task in tasks:
        rows[task.person_id].append(_row(task, found))
    return rows


Deductions = dict[int, list[Deduction]]


def rows_of(period_id: int, person_id: int) -> list[TaskRow]:
    """Counted tasks of one person, in two queries: what every save of a card asks."""
    tasks = _TASKS.all(period=period_id, person=person_id)
    found = _merged(_DEDUCTIONS.all(period=period_id, person=person_id) if tasks else ())
    return [_row(task, found) for task in tasks]


def _row(task: Task, found: tuple[Deductions, Deductions]) -> TaskRow:
    faults, delays = found
    return TaskRow(task, tuple(faults[task.pk]), tuple(delays[task.pk]))


def deductions_of(task_ids: Sequence[int]) -> tuple[Deductions, Deductions]:
    """Faults and delays that stand, each by task id, in one query; excused where an objective cause stands."""
    return _merged(_standing(task_id__in=task_ids) if task_ids else ())


def _merged(rows: Iterable[tuple[Any, ...]]) -> tuple[Deductions, Deductions]:
    found: tuple[Deductions, Deductions] = (defaultdict(list), defaultdict(list))
    merged: dict[tuple[int, int], tuple[int, int, bool]] = {}
    for kind, pk, task_id, unit_number, cause, revoked in rows:
        excused = cause is not None and revoked is None
        known = merged.get((kind, pk))
        merged[kind, pk] = (task_id, unit_number, excused or (known is not None and known[2]))
    for (kind, _pk), (task_id, unit_number, excused) in sorted(
        merged.items(), key=lambda item: (item[1][1], item[0])
    ):
        found[kind][task_id].append(Deduction(unit_number, excused))
    return found


def _standing(**whose: Any) -> QuerySet[Any, Any]:
    faults, delays = (
        model._default_manager.filter(withdrawn_at__isnull=True, **whose)
        .order_by()
        .annotate(_kind=Value(kind))
        .values_list("_kind", "pk", "task_id", "unit_number", "causes__pk", "causes__revoked_at")
        for kind, model in enumerate((Fault, Delay))
    )
    return faults.union(delays, all=True)


_PERIOD, _PERSON = Parameter("period", BigAutoField()), Parameter("person", BigAutoField())
_TASKS = PreparedRows(
    lambda: Task.objects.filter(period=_PERIOD, person=_PERSON, state__in=COUNTED_TASK_STATES)
)
_DEDUCTIONS = PreparedRows(lambda: _standing(task__period=_PERIOD, task__person=_PERSON))


def task_input(row: TaskRow) -> TaskInput | None:
    """A task as the engine reads it; None for one whose product is not decided yet: it stays unscored (Đ13.3)."""
    task = row.task
    if task.coefficient is None:
        return None
    return TaskInput(
        coefficient=task.coefficient,
        assigned=task.assigned,
        completed=task.completed,
        accepted=good_so_far(task.state, task.completed, task.accepted, task.confirmed_before),
        handed_over=task.handed_over,
        extra=task.kind in EXTRA_KINDS,
        faults=row.faults,
        delays=row.delays,
        label=_label(task),
    )


def work_of(rows: Iterable[TaskRow], position: str, compiled: CompiledSet) -> list[PointTask]:
    """Tasks as a set counts points of them, of a person in this position; none for a set that counts no points.

    A code that the set does not know, of another set of the same person, says nothing to it.
    What was completed by the due date has the day of the last report in time, the rest of what is completed the day of
    the last report, what is left of the assigned is not done; of an extra only what is completed counts, as in the
    ratios. A delay whose every record is excused by an objective cause is none.
    """
    if not compiled.counts_points:
        return []
    return [item for row in rows for item in _work(row, position, compiled.asks)]


def _work(row: TaskRow, position: str, asks: Mapping[str, Asked]) -> Iterator[PointTask]:
    task = row.task
    if task.points is None:
        return
    said = {name: code for name in asks if (code := getattr(task, name)) in asks[name].values}
    quality = said.pop(QUALITY, None)
    group = str(task.product_group)  # both are the product's: where it gives points, it gives a group
    whole = PointTask(
        points=task.points,
        attributes={**said, "group": group, "position": position},
        due=task.due_on,
        label=_label(task),
    )
    if task.completed:
        excused = bool(row.delays) and all(delay.excused for delay in row.delays)
        day = task.completed_on
        if excused and day is not None:
            day = min(day, task.due_on)
        if task.in_time:
            yield whole._replace(quantity=task.in_time, done=task.in_time_on, quality=quality)
        if late := task.completed - task.in_time:
            yield whole._replace(quantity=late, done=day, quality=quality)
    left = task.assigned - task.completed
    if left and task.kind not in EXTRA_KINDS:
        yield whole._replace(quantity=left)


def calendars_of(period_id: int, compiled: Iterable[CompiledSet]) -> dict[str, Calendar]:
    """The calendars that these sets count working days by, as they stood when the period was opened.

    One query where a set counts so, none elsewhere.
    """
    if not any(CALENDAR in each.calendars for each in compiled):
        return {}
    days: dict[str, set[date]] = {DayKind.OFF: set(), DayKind.WORKED: set()}
    for day, kind in CalendarPin.objects.filter(period_id=period_id).values_list("day", "kind"):
        days[kind].add(day)
    return {CALENDAR: Calendar(frozenset(days[DayKind.OFF]), frozenset(days[DayKind.WORKED]))}


def _label(task: Task) -> str:
    return " ".join(part for part in (task.code, task.name, task.part_label) if part)


def good_so_far(
    state: str, completed: Decimal, accepted: Decimal | None, confirmed_before: Decimal
) -> Decimal | None:
    """What met quality: as the head accepted it; what was reported since counts as good until they decide on it."""
    if accepted is None or state != TaskState.REPORTED:
        return accepted
    return accepted + completed - confirmed_before


# --- Of many people ------------------------------------------------------------------------------------------
People = Sequence[int] | QuerySet[Scorecard, Any]
"""Keys of people, or a query of cards that gives them."""


def tasks_of(period_id: int, people: People) -> Mapping[int, list[TaskInput]]:
    """Person → the tasks that count in the period and whose product is decided, with their deductions; two queries."""
    rows = list(
        Task.objects.filter(
            period_id=period_id,
            person_id__in=people,
            state__in=COUNTED_TASK_STATES,
            coefficient__isnull=False,
        )
        .order_by("pk")
        .values_list(
            "pk",
            "person_id",
            "coefficient",
            "assigned",
            "handed_over",
            "kind",
            "state",
            "completed",
            "accepted",
            "confirmed_before",
        )
    )
    faults, delays = deductions_of(_with_deductions(period_id, people) if rows else [])
    found: dict[int, list[TaskInput]] = defaultdict(list)
    for pk, person_id, coefficient, assigned, handed_over, kind, state, completed, accepted, before in rows:
        assert coefficient is not None  # the query leaves undecided products out
        found[person_id].append(
            TaskInput(
                coefficient, assigned, completed, good_so_far(state, completed, accepted, before),
                handed_over, kind in EXTRA_KINDS, faults.get(pk, ()), delays.get(pk, ()),
            )
        )  # fmt: skip
    return found


def _with_deductions(period_id: int, people: People) -> list[int]:
    """Tasks of these people that bear a fault or a delay: few among many."""
    bearing = [
        model._default_manager.filter(task__period_id=period_id, person_id__in=people)
        .order_by()
        .values_list("task_id", flat=True)
        for model in (Fault, Delay)
    ]
    return sorted(bearing[0].union(bearing[1]))
