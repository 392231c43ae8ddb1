"""Points for tasks: points × quantity × coefficients × time × quality, added up and normalised to a maximum.

    {type: "task_points", max,
     coefficients [{attribute, default, values [{code, label, value}]}],
     time {count: "calendar" | "working", calendar, unfinished, early [{days, value}], late [{days, value}]},
     quality [{code, label, value}],
     normalise {to: "cap" | "full" | "possible", full}}

attribute   what a task is: its group, its priority, its difficulty, the person's position or role in it;
            `default` where it is none of the values; without one every task must say it, and the criterion waits
time        a step function: the value of the highest step that is reached; on time, or without a due date, 1
            (`unfinished`, 0, when it is not done)
quality     the step the task was accepted at; a finished task that has none yet makes the criterion wait
normalise   "cap": the sum, at most the maximum · "full": `full` points are the maximum · "possible": what the
            same tasks would give in time and at quality 1 is the maximum
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, DecimalException
from fractions import Fraction
from typing import ClassVar, NamedTuple

from kpi_cms.foundation.engine.calendars import Calendar, days_late, named
from kpi_cms.foundation.engine.combination import clamp
from kpi_cms.foundation.engine.exact import EXACT, Pair, pair_of
from kpi_cms.foundation.engine.explained import Line, sum_of, too_long
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.reading import Node, Reader

ATTRIBUTES = ("group", "position", "role", "priority", "difficulty")
SAID = ATTRIBUTES[2:]  # a task has none of these by itself: somebody says it
QUALITY = "quality"
CALENDAR_DAYS, WORKING_DAYS = COUNTS = ("calendar", "working")
CAP, FULL, POSSIBLE = NORMALISE = ("cap", "full", "possible")
_ZERO, _ONE = Decimal(0), Decimal(1)


class PointTask(NamedTuple):
    """One task: points of one unit, how many, what it is, when it was due and done, how it was accepted."""

    points: Decimal
    quantity: Decimal = _ONE
    attributes: Mapping[str, str] = {}
    due: date | None = None
    done: date | None = None
    quality: str | None = None
    label: str = ""


@dataclass(frozen=True)
class Asked:
    """What a set asks of its tasks by one name: the codes it knows, with their names, and whether each must say one."""

    values: Mapping[str, str]
    required: bool


@dataclass(frozen=True)
class Coefficient:
    """The coefficient of an attribute by its codes; `default` for a task that says none of them."""

    attribute: str
    values: Mapping[str, Decimal]
    default: Decimal | None
    labels: Mapping[str, str] = field(compare=False)


@dataclass(frozen=True)
class TimeRule:
    """Factors for days early and late: (days, factor) pairs in rising order of days."""

    count: str
    calendar: str
    unfinished: Decimal
    early: tuple[tuple[int, Decimal], ...]
    late: tuple[tuple[int, Decimal], ...]

    def factor(self, days: int) -> Decimal:
        """The factor for days late, negative when early."""
        steps, found = (self.late if days > 0 else self.early), _ONE
        for start, value in steps:
            if start <= abs(days):
                found = value
        return found


@dataclass(frozen=True)
class TaskPointsKind:
    """Points of tasks, from 0 to the maximum."""

    max: Decimal | None
    coefficients: tuple[Coefficient, ...]
    time: TimeRule
    quality: Mapping[str, Decimal]
    normalise: str
    full: Decimal | None
    quality_labels: Mapping[str, str] = field(compare=False)

    type: ClassVar[str] = "task_points"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = False
    share: ClassVar[bool] = False

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "TaskPointsKind":
        time = reader.mapping(node, "time", key)
        normalise = reader.mapping(node, "normalise", key)
        to = reader.choice(normalise, "to", key, NORMALISE, CAP)
        count = reader.choice(time, "count", key, COUNTS, CALENDAR_DAYS)
        quality, quality_labels = _by_code(reader, node, QUALITY, key)
        return cls(
            reader.decimal(node, "max", key, required=True),
            tuple(_coefficient(reader, item, key) for item in reader.each(node, "coefficients", key)),
            TimeRule(
                count,
                reader.text(time, "calendar", key, required=False),
                reader.decimal(time, "unfinished", key) or _ZERO,
                _steps(reader, time, "early", key),
                _steps(reader, time, "late", key),
            ),
            quality,
            to,
            reader.decimal(normalise, "full", key, required=to == FULL),
            quality_labels,
        )

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        if self.max == 0:
            reader.add("maximum", key, _NO_MAXIMUM)
        if self.normalise == FULL and self.full == 0:
            reader.add("full", key, _NO_FULL)
        if self.time.count == WORKING_DAYS and not self.time.calendar.strip():
            reader.add("calendar_missing", key, _NO_CALENDAR)
        attributes = [coefficient.attribute for coefficient in self.coefficients]
        for index, attribute in enumerate(attributes):
            if attribute and attribute in attributes[:index]:
                with reader.inside(f"coefficients[{index}]"):
                    reader.add("coefficient_twice", key, _TWICE, attribute=attribute)
        for name, steps in (("early", self.time.early), ("late", self.time.late)):
            days = [start for start, _ in steps]
            if days != sorted(set(days)):
                with reader.inside(name):
                    reader.add("time_steps", key, _STEPS)

    def points(self) -> Decimal | None:
        return self.max

    def asked(self) -> Iterator[tuple[str, Asked]]:
        """What it asks of tasks that they do not have by themselves, by name."""
        for each in self.coefficients:
            if each.attribute in SAID and each.labels:
                yield each.attribute, Asked(each.labels, each.default is None)
        if self.quality:
            yield QUALITY, Asked(self.quality_labels, required=True)

    def must_be_said(self) -> tuple[str, ...]:
        """What every task must say, a finished one its quality; until then the criterion waits."""
        needed = tuple(each.attribute for each in self.coefficients if each.default is None)
        return (*needed, QUALITY) if self.quality else needed

    def waits(self, tasks: Sequence[PointTask]) -> bool:
        """Whether a task does not say yet what it is counted by."""
        needed = self.must_be_said()
        return bool(needed) and any(_unsaid(task, name) for task in tasks for name in needed)

    def value(self, key: str, tasks: Sequence[PointTask], calendars: Mapping[str, Calendar]) -> Pair | None:
        """The criterion's points; None when they are a share of what is possible and nothing is."""
        total, possible = _ZERO, _ZERO
        try:
            for task in tasks:
                plain, earned = self._factors(key, task, calendars)
                worth = _product(plain.values())
                possible = EXACT.add(possible, worth)
                total = EXACT.fma(worth, _product(earned.values()), total)
        except DecimalException as error:
            raise too_long(key) from error
        cap = pair_of(self.max or _ZERO)
        if self.normalise == CAP:
            return clamp(pair_of(total), cap)
        full = possible if self.normalise == POSSIBLE else self.full
        if not full:
            return None
        (a, b), (c, d) = pair_of(total), pair_of(full)
        return clamp((a * d * cap[0], b * c * cap[1]), cap)

    def explain(self, key: str, tasks: Sequence[PointTask], calendars: Mapping[str, Calendar]) -> list[Line]:
        """A line for each task, and one for the criterion."""
        lines, possible = [], Fraction(0)
        for number, task in enumerate(tasks, start=1):
            plain, earned = self._factors(key, task, calendars)
            possible += Fraction(_product(plain.values()))
            factors = {**plain, **earned}
            inputs = tuple((name, Fraction(value)) for name, value in factors.items())
            value = Fraction(_product(plain.values())) * Fraction(_product(earned.values()))
            about = {"task": task.label or str(number)}
            lines.append(Line(_TASK, about, " * ".join(factors), inputs, value, f"task{number}"))
        text, inputs = sum_of(lines, "t")
        cap, total = Fraction(self.max or 0), sum((line.value for line in lines), Fraction(0))
        inputs = (*inputs, ("cap", cap))
        if self.normalise == CAP:
            return [*lines, Line(_SUM, {}, f"MIN({text}, cap)", inputs, min(total, cap))]
        full = possible if self.normalise == POSSIBLE else Fraction(self.full or 0)
        formula, inputs = f"MIN(({text}) / full * cap, cap)", (*inputs, ("full", full))
        return [*lines, Line(_SHARE, {}, formula, inputs, min(total / full * cap, cap))]

    def _factors(
        self, key: str, task: PointTask, calendars: Mapping[str, Calendar]
    ) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
        """What a task is worth, and what was earned of it; by name."""
        if task.points < 0 or task.quantity < 0:
            raise ScoringError(Problem("task_negative", key, _NEGATIVE, {"task": task.label}))
        plain = {"points": task.points, "quantity": task.quantity}
        for coefficient in self.coefficients:
            code = task.attributes.get(coefficient.attribute)
            value = coefficient.default if code is None else coefficient.values.get(code, coefficient.default)
            if value is None:
                params = {"task": task.label, "attribute": coefficient.attribute, "value": code or ""}
                raise ScoringError(Problem("task_attribute", key, _NO_VALUE, params))
            plain[coefficient.attribute] = value
        earned = {"time": self._time(key, task, calendars)}
        if self.quality and task.done is not None:
            quality = self.quality.get(task.quality or "")
            if quality is None:
                params = {"task": task.label, "attribute": "quality", "value": task.quality or ""}
                raise ScoringError(Problem("task_attribute", key, _NO_VALUE, params))
            earned["quality"] = quality
        return plain, earned

    def _time(self, key: str, task: PointTask, calendars: Mapping[str, Calendar]) -> Decimal:
        if task.done is None:
            return self.time.unfinished
        if task.due is None:
            return _ONE
        working = self.time.count == WORKING_DAYS
        calendar = named(calendars, self.time.calendar, key) if working else None
        return self.time.factor(days_late(task.due, task.done, calendar))


def asked_by(kinds: Iterable[TaskPointsKind]) -> dict[str, Asked]:
    """What the criteria of a set ask of a task together, by name, in the order of `SAID`, quality last.

    Where a criterion needs a value, no code is offered that it does not know.
    """
    found: dict[str, list[Asked]] = {name: [] for name in (*SAID, QUALITY)}
    for kind in kinds:
        for name, asked in kind.asked():
            found[name].append(asked)
    return {name: _together(each) for name, each in found.items() if each}


def _together(found: Sequence[Asked]) -> Asked:
    needing = [asked.values for asked in found if asked.required]
    values = {
        code: label
        for asked in found
        for code, label in asked.values.items()
        if all(code in known for known in needing)
    }
    return Asked(values, bool(needing))


def _unsaid(task: PointTask, name: str) -> bool:
    if name == QUALITY:
        return task.done is not None and task.quality is None
    return task.attributes.get(name) is None


def _product(values: Iterable[Decimal]) -> Decimal:
    product = _ONE
    for value in values:
        product = EXACT.multiply(product, value)
    return product


def _coefficient(reader: Reader, node: Node, key: str) -> Coefficient:
    attribute = reader.choice(node, "attribute", key, ATTRIBUTES)
    values, labels = _by_code(reader, node, "values", key)
    return Coefficient(attribute, values, reader.decimal(node, "default", key), labels)


def _by_code(reader: Reader, node: Node, name: str, key: str) -> tuple[dict[str, Decimal], dict[str, str]]:
    """The coefficients of a list by their codes, and what the codes are called."""
    values: dict[str, Decimal] = {}
    labels: dict[str, str] = {}
    for item in reader.each(node, name, key):
        code = reader.text(item, "code", key)
        labels[code] = reader.text(item, "label", key)
        if code in values:
            reader.add("code_again", key, _CODE_TWICE, value=code)
        values[code] = reader.decimal(item, "value", key, required=True) or _ZERO
    return values, labels


def _steps(reader: Reader, node: Node, name: str, key: str) -> tuple[tuple[int, Decimal], ...]:
    return tuple(
        (
            reader.whole(item, "days", key, range(1, 3661)),
            reader.decimal(item, "value", key, required=True) or _ZERO,
        )
        for item in reader.each(node, name, key)
    )


_NO_MAXIMUM = N_("The maximum is 0 points: give the criterion a maximum above 0.")
_NO_FULL = N_("The points that make the maximum are 0: give a number above 0.")
_NO_CALENDAR = N_("Working days need a calendar: choose one, or count calendar days.")
_TWICE = N_("There are two coefficients for “%(attribute)s”: remove one.")
_STEPS = N_("The steps of days early or late must rise: put them in order, each number of days once.")
_CODE_TWICE = N_("The value “%(value)s” stands twice in one list: remove one.")
_NEGATIVE = N_("The task %(task)s has a quantity or coefficient below zero: correct it.")
_NO_VALUE = N_(
    "The task %(task)s has “%(value)s” as %(attribute)s, which this set does not know: correct it."
)
_TASK = N_("%(task)s: points of the task")
_SUM = N_("%(criterion)s. %(label)s: points of all tasks")
_SHARE = N_("%(criterion)s. %(label)s: points of all tasks, as a share of the full points")
