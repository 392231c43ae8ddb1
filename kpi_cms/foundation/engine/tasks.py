"""Task results as three ratios (Đ14.2): a quantity, b quality, c progress, each over the quantity assigned.

Quantities are converted: quantity × coefficient. A deduction falls on one unit of quantity, 25 % of that unit's
points for each recorded fault or delay, down to 0, unless an objective cause is confirmed. The last unit of a
fractional quantity is a part of a unit and weighs as much: of 2.5 units the third weighs a half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from kpi_cms.foundation.engine.exact import EXACT
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError

MEASURES = ("quantity", "quality", "progress")

_ZERO = Decimal(0)
_ONE = Decimal(1)


class Deduction(NamedTuple):
    """A major error or a delay, on one unit of the task's quantity (1 is the first). Excused: it costs nothing."""

    unit: int
    excused: bool = False


class TaskInput(NamedTuple):
    """One task of a card. Quantities are in products, not converted; `coefficient` converts them.

    `accepted` counts the units that met quality in the end (None: all completed ones). They are the units
    numbered first; a unit above that number was never accepted and counts 0 for quality, whatever its faults.
    `handed_over` units were given to somebody else: they stay assigned and cannot be completed here. `extra`
    tasks (taken over or sudden, given by the head) count in the numerators only, whatever `assigned` says.
    """

    coefficient: Decimal
    assigned: Decimal
    completed: Decimal
    accepted: Decimal | None = None
    handed_over: Decimal = _ZERO
    extra: bool = False
    faults: Sequence[Deduction] = ()
    delays: Sequence[Deduction] = ()
    label: str = ""


class TaskPoints(NamedTuple):
    """What one task brings, converted: into the assigned total and into the three numerators."""

    assigned: Decimal
    completed: Decimal
    quality: Decimal
    progress: Decimal
    extra: Decimal


@dataclass(frozen=True, slots=True)
class TaskRules:
    """How tasks are counted: points lost for each fault (a share of 1) and whether of a unit or of the batch."""

    penalty: Decimal
    batch: bool


class TaskTotals(NamedTuple):
    """The converted totals of a card over one denominator: the five numbers divided by `scale`."""

    assigned: int
    completed: int
    quality: int
    progress: int
    extra: int
    scale: int

    def ratio(self, measure: str) -> Fraction | None:
        """The uncapped ratio of a measure, a fraction of 1; None when nothing is assigned."""
        if not self.assigned:
            return None
        return Fraction(self[1 + MEASURES.index(measure)], self.assigned)


def task_points(task: TaskInput, rules: TaskRules) -> TaskPoints:
    """One task's converted quantities. Raises ScoringError when the task contradicts itself."""
    try:
        return _task_points(task, rules)
    except DecimalException as error:
        raise _unreadable(task) from error


def task_totals(tasks: Sequence[TaskInput], rules: TaskRules) -> TaskTotals:
    """The converted totals of a card, exact."""
    fma = EXACT.fma
    assigned = completed = quality = progress = extra = _ZERO
    plain = True
    for task in tasks:
        coefficient, given, done, accepted, handed_over, is_extra, faults, delays, _ = task
        try:
            if accepted is None and not (faults or delays or handed_over or is_extra):
                if coefficient.is_signed() or given.is_signed() or done.is_signed():
                    _refuse_negative(task)
                assigned = fma(coefficient, given, assigned)
                completed = fma(coefficient, done, completed)
                if not plain:
                    quality = fma(coefficient, done, quality)
                    progress = fma(coefficient, done, progress)
            else:
                if plain:
                    plain, quality, progress = False, completed, completed
                points = _task_points(task, rules)
                assigned = EXACT.add(assigned, points.assigned)
                completed = EXACT.add(completed, points.completed)
                quality = EXACT.add(quality, points.quality)
                progress = EXACT.add(progress, points.progress)
                extra = EXACT.add(extra, points.extra)
        except DecimalException as error:
            raise _unreadable(task) from error
    try:
        return _totals(
            assigned, completed, completed if plain else quality, completed if plain else progress, extra
        )
    except (ValueError, OverflowError) as error:
        raise ScoringError(Problem("task_number", "", _NOT_A_NUMBER, {"task": ""})) from error


def _totals(
    assigned: Decimal, completed: Decimal, quality: Decimal, progress: Decimal, extra: Decimal
) -> TaskTotals:
    a, a_scale = assigned.as_integer_ratio()
    n, n_scale = completed.as_integer_ratio()
    q, q_scale = (n, n_scale) if quality is completed else quality.as_integer_ratio()
    p, p_scale = (n, n_scale) if progress is completed else progress.as_integer_ratio()
    x, x_scale = extra.as_integer_ratio()
    scale = lcm(a_scale, n_scale, q_scale, p_scale, x_scale)
    return TaskTotals(
        a * (scale // a_scale),
        n * (scale // n_scale),
        q * (scale // q_scale),
        p * (scale // p_scale),
        x * (scale // x_scale),
        scale,
    )


def _task_points(task: TaskInput, rules: TaskRules) -> TaskPoints:
    coefficient, given, done, accepted, handed_over, is_extra, faults, delays, _ = task
    _refuse_negative(task)
    if handed_over and not is_extra:
        # Đ18.1.d: a unit handed over stays assigned but is never completed by the one who had it.
        done = min(done, max(EXACT.subtract(given, handed_over), _ZERO))
    good = done if accepted is None else min(accepted, done)
    completed = EXACT.multiply(coefficient, done)
    return TaskPoints(
        _ZERO if is_extra else EXACT.multiply(coefficient, given),
        completed,
        EXACT.multiply(coefficient, EXACT.subtract(good, _lost(task, good, faults, rules))),
        EXACT.multiply(coefficient, EXACT.subtract(done, _lost(task, done, delays, rules))),
        completed if is_extra else _ZERO,
    )


def _lost(task: TaskInput, quantity: Decimal, deductions: Sequence[Deduction], rules: TaskRules) -> Decimal:
    """How much of `quantity` its deductions take away."""
    counts: dict[int, int] = {}
    for unit, excused in deductions:
        if unit < 1:
            raise ScoringError(Problem("task_unit", "", _NO_SUCH_UNIT, {"task": task.label, "unit": unit}))
        if not excused:
            counts[unit] = counts.get(unit, 0) + 1
    if rules.batch:
        return EXACT.multiply(
            quantity, min(_ONE, EXACT.multiply(rules.penalty, Decimal(sum(counts.values()))))
        )
    lost = _ZERO
    for unit, count in counts.items():
        size = min(_ONE, max(_ZERO, EXACT.subtract(quantity, Decimal(unit - 1))))
        lost = EXACT.fma(size, min(_ONE, EXACT.multiply(rules.penalty, Decimal(count))), lost)
    return lost


_NOT_A_NUMBER = N_(
    "The task %(task)s has a quantity or coefficient that cannot be used: write a shorter number."
)
_NEGATIVE = N_("The task %(task)s has a quantity or coefficient below zero: correct it.")
_NO_SUCH_UNIT = N_("The task %(task)s has an error or delay on unit %(unit)s: units are numbered from 1.")


def _unreadable(task: TaskInput) -> ScoringError:
    return ScoringError(Problem("task_number", "", _NOT_A_NUMBER, {"task": task.label}))


def _refuse_negative(task: TaskInput) -> None:
    accepted = task.accepted if task.accepted is not None else _ZERO
    if min(task.coefficient, task.assigned, task.completed, accepted, task.handed_over) < 0:
        raise ScoringError(Problem("task_negative", "", _NEGATIVE, {"task": task.label}))
