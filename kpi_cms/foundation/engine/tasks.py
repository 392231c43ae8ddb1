"""Task results as three ratios (Đ14.2): a quantity, b quality, c progress, each over the quantity assigned.

Quantities are converted: quantity × coefficient. A deduction falls on one unit of quantity, 25 % of that
unit's points for each recorded fault or delay, down to 0, unless an objective cause is confirmed. The last
unit of a fractional quantity is a part of a unit and weighs as much: of 2.5 units the third weighs a half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from math import lcm
from typing import NamedTuple

from kpi_cms.foundation.engine.exact import EXACT
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError

MEASURES = ("quantity", "quality", "progress")

_ZERO = Decimal(0)
_ONE = Decimal(1)


class Deduction(NamedTuple):
    """A major error or a delay on one unit of the quantity (1 is the first). Excused: it costs nothing."""

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


class Loss(NamedTuple):
    """`times` deductions on a unit (or batch) of this size."""

    size: Decimal
    times: int


@dataclass(frozen=True, slots=True)
class TaskRules:
    """How tasks are counted: the share lost for each fault, and whether of a unit or of the batch."""

    penalty: Decimal
    batch: bool


class TaskUnits(NamedTuple):
    """Units of a task's product, not converted: completed, of these accepted, of these without a delay that counts."""

    completed: Decimal
    accepted: Decimal
    on_time: Decimal


class TaskTotals(NamedTuple):
    """The converted totals of a card over one denominator: the five numbers divided by `scale`."""

    assigned: int
    completed: int
    quality: int
    progress: int
    extra: int
    scale: int


def task_totals(tasks: Sequence[TaskInput], rules: TaskRules) -> TaskTotals:
    """The converted totals of a card, exact. Raises ScoringError for a task that cannot be counted."""
    fma = EXACT.fma
    assigned = completed = not_good = not_timely = extra = _ZERO
    task = _NO_TASK
    try:
        for task in tasks:
            coefficient, given, done, accepted, handed_over, is_extra, faults, delays, _ = task
            if coefficient.is_signed() or given.is_signed() or done.is_signed():
                _refuse_negative(task)
            if handed_over:
                done = completed_quantity(task)
            if is_extra:
                extra = fma(coefficient, done, extra)
            else:
                assigned = fma(coefficient, given, assigned)
            completed = fma(coefficient, done, completed)
            good = done
            if accepted is not None:
                good = accepted_quantity(task)
                not_good = fma(coefficient, EXACT.subtract(done, good), not_good)
            if faults:
                not_good = fma(coefficient, _lost(counted(task, good, faults, rules), rules), not_good)
            if delays:
                not_timely = fma(coefficient, _lost(counted(task, done, delays, rules), rules), not_timely)
        return _totals(assigned, completed, not_good, not_timely, extra)
    except (DecimalException, ValueError, OverflowError) as error:
        raise ScoringError(Problem("task_number", "", _NOT_A_NUMBER, {"task": task.label})) from error


def completed_quantity(task: TaskInput) -> Decimal:
    """Units completed. Đ18.1.d: those handed over stay assigned, but who had them did not complete them."""
    if task.handed_over < 0:
        _refuse_negative(task)
    if task.handed_over and not task.extra:
        return min(task.completed, max(EXACT.subtract(task.assigned, task.handed_over), _ZERO))
    return task.completed


def accepted_quantity(task: TaskInput) -> Decimal:
    """Completed units that met quality in the end."""
    done = completed_quantity(task)
    if task.accepted is None:
        return done
    if task.accepted < 0:
        _refuse_negative(task)
    return min(task.accepted, done)


def counted(
    task: TaskInput, quantity: Decimal, deductions: Sequence[Deduction], rules: TaskRules
) -> list[Loss]:
    """What the deductions fall on, in order of unit: the size of the unit or batch, and how many count.

    Raises ScoringError for a unit below 1. Units above `quantity` have no size and are left out.
    """
    times: dict[int, int] = {}
    for unit, excused in deductions:
        if unit < 1:
            raise ScoringError(Problem("task_unit", "", _NO_SUCH_UNIT, {"task": task.label, "unit": unit}))
        if not excused:
            times[unit] = times.get(unit, 0) + 1
    if rules.batch:
        return [Loss(quantity, sum(times.values()))] if times else []
    return [
        Loss(_ONE if quantity >= unit else EXACT.subtract(quantity, Decimal(unit - 1)), times[unit])
        for unit in sorted(times)
        if quantity > unit - 1
    ]


def task_units(task: TaskInput, rules: TaskRules) -> TaskUnits:
    """How much of a task was completed, accepted and on time, for its line in a list.

    An excused delay leaves its unit on time; a delay on the last part of a fractional quantity takes that part.
    """
    done = completed_quantity(task)
    late = sum((size for size, _times in counted(task, done, task.delays, rules)), _ZERO)
    return TaskUnits(done, accepted_quantity(task), EXACT.subtract(done, late))


def _lost(losses: Sequence[Loss], rules: TaskRules) -> Decimal:
    lost = _ZERO
    for size, times in losses:
        lost = EXACT.fma(size, min(_ONE, EXACT.multiply(rules.penalty, Decimal(times))), lost)
    return lost


def _totals(
    assigned: Decimal, completed: Decimal, not_good: Decimal, not_timely: Decimal, extra: Decimal
) -> TaskTotals:
    a, a_scale = assigned.as_integer_ratio()
    n, n_scale = completed.as_integer_ratio()
    q, q_scale = not_good.as_integer_ratio()
    p, p_scale = not_timely.as_integer_ratio()
    x, x_scale = extra.as_integer_ratio()
    scale = lcm(a_scale, n_scale, q_scale, p_scale, x_scale)
    n *= scale // n_scale
    return TaskTotals(
        a * (scale // a_scale),
        n,
        n - q * (scale // q_scale),
        n - p * (scale // p_scale),
        x * (scale // x_scale),
        scale,
    )


def _refuse_negative(task: TaskInput) -> None:
    accepted = _ZERO if task.accepted is None else task.accepted
    if min(task.coefficient, task.assigned, task.completed, accepted, task.handed_over) < 0:
        raise ScoringError(Problem("task_negative", "", _NEGATIVE, {"task": task.label}))


_NO_TASK = TaskInput(_ZERO, _ZERO, _ZERO)
_NOT_A_NUMBER = N_(
    "The task %(task)s has a quantity or coefficient that cannot be used: write a shorter number."
)
_NEGATIVE = N_("The task %(task)s has a quantity or coefficient below zero: correct it.")
_NO_SUCH_UNIT = N_("The task %(task)s has an error or delay on unit %(unit)s: units are numbered from 1.")
