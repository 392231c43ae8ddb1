"""The scoring kinds: what a criterion accepts, and what its value is.

A kind is entered (somebody gives one score), detailed (somebody gives numbers by name) or computed (from tasks,
from other people, from other criteria). The first four are here, each later one in its own module. Its value is
points, or a share of 1 (100 % is 1) that a sum multiplies by the criterion's maximum and a formula uses as it
is. A new kind is a new class here with its reader in `READERS`, and, when it is computed, its place in
`scoring.py` or `further.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from kpi_cms.foundation.engine.exact import decimal_text, parse_decimal, plain
from kpi_cms.foundation.engine.formula_kind import FormulaKind
from kpi_cms.foundation.engine.indicator import IndicatorKind
from kpi_cms.foundation.engine.itemised import BonusKind, ChecklistKind, DeductionKind, PenaltyKind
from kpi_cms.foundation.engine.levels import LevelsKind
from kpi_cms.foundation.engine.others import ResultOfKind, RollUpKind
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Node, Reader
from kpi_cms.foundation.engine.task_points import TaskPointsKind
from kpi_cms.foundation.engine.tasks import MEASURES

_MAX_LISTED = 1000


@dataclass(frozen=True)
class NumberKind:
    """A number of points from `min` to `max` in steps from `min`; a step equal to the maximum makes it met-or-not."""

    max: Decimal | None
    step: Decimal | None
    min: Decimal = Decimal(0)

    type: ClassVar[str] = "number"
    entered: ClassVar[bool] = True
    detailed: ClassVar[bool] = False
    share: ClassVar[bool] = False

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "NumberKind":
        return cls(
            reader.decimal(node, "max", key),
            reader.decimal(node, "step", key, required=True),
            reader.decimal(node, "min", key) or Decimal(0),
        )

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        if maximum is None or self.step is None:
            return
        if maximum == 0:
            reader.add("maximum", key, _NO_MAXIMUM)
        elif self.min >= maximum:
            reader.add("minimum", key, _MINIMUM, min=plain(self.min), max=plain(maximum))
        elif self.step == 0 or (Fraction(maximum) - Fraction(self.min)) % Fraction(self.step):
            params = {"step": plain(self.step), "max": plain(maximum)}
            if self.min:
                reader.add("step", key, _STEP_BETWEEN, min=plain(self.min), **params)
            else:
                reader.add("step", key, _STEP, **params)

    def points(self) -> Decimal | None:
        return self.max

    def values(self, maximum: Decimal) -> tuple[Fraction, ...]:
        """Every value a person may enter, or () when there are too many to list."""
        assert self.step is not None  # checked before anything is compiled
        step, least = Fraction(self.step), Fraction(self.min)
        count = int((Fraction(maximum) - least) / step)
        return tuple(least + step * index for index in range(count + 1)) if count <= _MAX_LISTED else ()

    def refuse(self, key: str, value: object, maximum: Decimal) -> Problem | Fraction:
        number = parse_decimal(value)
        if number is None:
            return Problem("entry_number", key, _ENTRY_NUMBER, {"value": str(value)})
        number = plain(number)
        if not self.min <= number <= maximum:
            params = {"value": number, "min": plain(self.min), "max": plain(maximum)}
            return Problem("entry_range", key, _ENTRY_BETWEEN if self.min else _ENTRY_RANGE, params)
        assert self.step is not None
        if (Fraction(number) - Fraction(self.min)) % Fraction(self.step):
            params = {"value": number, "min": plain(self.min), "step": plain(self.step)}
            return Problem("entry_step", key, _ENTRY_STEP_FROM if self.min else _ENTRY_STEP, params)
        return Fraction(number)


@dataclass(frozen=True)
class Option:
    """One value of a choice, a percentage or points; some need grounds."""

    value: Decimal | None
    label: str
    grounds_required: bool


@dataclass(frozen=True)
class ChoiceKind:
    """One of several values, none preselected: percentages of 1 (`unit` "percent"), or points."""

    options: tuple[Option, ...]
    unit: str

    type: ClassVar[str] = "choice"
    entered: ClassVar[bool] = True
    detailed: ClassVar[bool] = False

    @property
    def share(self) -> bool:
        return self.unit == "percent"

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "ChoiceKind":
        options = tuple(
            Option(
                reader.decimal(option, "value", key, required=True),
                reader.text(option, "label", key),
                reader.flag(option, "grounds_required", key),
            )
            for option in reader.each(node, "options", key)
        )
        return cls(options, reader.choice(node, "unit", key, ("percent", "points"), "percent"))

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        values = [option.value for option in self.options if option.value is not None]
        if len(self.options) < 2:
            reader.add("options", key, _TOO_FEW_OPTIONS)
        for value in sorted({value for value in values if values.count(value) > 1}):
            reader.add("options", key, _OPTION_TWICE, value=plain(value))
        highest = Decimal(100) if self.share else maximum
        for index, option in enumerate(self.options):
            if highest is not None and option.value is not None and option.value > highest:
                with reader.inside(f"options[{index}]"):
                    params = {"value": plain(option.value), "max": plain(highest)}
                    reader.add("options", key, _OPTION_HIGH, **params)

    def points(self) -> Decimal | None:
        return (
            None if self.share else max((option.value or Decimal(0) for option in self.options), default=None)
        )

    def values(self, maximum: Decimal) -> tuple[Fraction, ...]:
        return tuple(self._worth(option.value) for option in self.options if option.value is not None)

    def refuse(self, key: str, value: object, maximum: Decimal) -> Problem | Fraction:
        number = parse_decimal(value)
        allowed = [option.value for option in self.options if option.value is not None]
        if number is None or number not in allowed:
            texts = ", ".join(decimal_text(option) for option in allowed)
            return Problem("entry_option", key, _ENTRY_OPTION, {"value": str(value), "options": texts})
        return self._worth(number)

    def _worth(self, value: Decimal) -> Fraction:
        return Fraction(value) / 100 if self.share else Fraction(value)


@dataclass(frozen=True)
class TaskRatioKind:
    """One of the three ratios of the tasks (Đ14.2)."""

    measure: str

    type: ClassVar[str] = "task_ratio"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = False
    share: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "TaskRatioKind":
        return cls(reader.choice(node, "measure", key, MEASURES))

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        """Nothing more: that each measure is used once is a rule of the whole set."""

    def points(self) -> Decimal | None:
        return None


@dataclass(frozen=True)
class PeopleManagedKind:
    """The people managed (Đ15.3.a): `reached` when all have `threshold` points or more, else `failed`."""

    threshold: Decimal | None
    reached: Decimal | None
    failed: Decimal | None

    type: ClassVar[str] = "people_managed"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = False
    share: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "PeopleManagedKind":
        return cls(
            reader.decimal(node, "threshold", key, required=True),
            reader.decimal(node, "reached", key, required=True),
            reader.decimal(node, "failed", key, required=True),
        )

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        for value in (self.reached, self.failed):
            if value is not None and value > 1:
                reader.add("share", key, _SHARE_HIGH, value=plain(value))

    def points(self) -> Decimal | None:
        return None


DetailedKind = ChecklistKind | DeductionKind | BonusKind | IndicatorKind | FormulaKind
"""Entered as a mapping of names to numbers (a formula only when it has inputs of its own)."""

LaterKind = DetailedKind | TaskPointsKind | RollUpKind | ResultOfKind
"""Worked out in `further.py`."""

Kind = NumberKind | ChoiceKind | TaskRatioKind | PeopleManagedKind | LevelsKind | LaterKind

READERS: Mapping[str, Callable[[Reader, Node, str], Kind]] = {
    NumberKind.type: NumberKind.read,
    ChoiceKind.type: ChoiceKind.read,
    TaskRatioKind.type: TaskRatioKind.read,
    PeopleManagedKind.type: PeopleManagedKind.read,
    LevelsKind.type: LevelsKind.read,
    ChecklistKind.type: ChecklistKind.read,
    DeductionKind.type: DeductionKind.read,
    BonusKind.type: BonusKind.read,
    PenaltyKind.type: PenaltyKind.read,
    IndicatorKind.type: IndicatorKind.read,
    TaskPointsKind.type: TaskPointsKind.read,
    RollUpKind.type: RollUpKind.read,
    ResultOfKind.type: ResultOfKind.read,
    FormulaKind.type: FormulaKind.read,
}


def read_kind(reader: Reader, node: Node, key: str) -> Kind:
    """The kind a mapping describes; an unknown one is a problem and is read as a number."""
    name = reader.choice(node, "type", key, tuple(READERS))
    with reader.inside("kind"):
        return READERS[name](reader, node, key) if name else NumberKind(None, None)


_NO_MAXIMUM = N_("The maximum is 0 points: give the criterion a maximum above 0.")
_STEP = N_("The step %(step)s does not divide the maximum %(max)s into equal parts: choose another step.")
_MINIMUM = N_("The least of %(min)s points is not below the maximum of %(max)s: lower it.")
_STEP_BETWEEN = N_(
    "The step %(step)s does not divide what lies between %(min)s and %(max)s into equal parts: choose another step."
)
_TOO_FEW_OPTIONS = N_("A choice needs at least two values: add one.")
_OPTION_TWICE = N_("The value %(value)s stands twice among the choices: remove one.")
_OPTION_HIGH = N_("The value %(value)s is above the highest possible value %(max)s: lower it.")
_SHARE_HIGH = N_("The share %(value)s is above 1 (100%%): lower it.")
_ENTRY_NUMBER = N_("“%(value)s” is not a number of points: write it with digits, like 2.5.")
_ENTRY_RANGE = N_("%(value)s points are outside the range of this criterion: give 0 to %(max)s.")
_ENTRY_BETWEEN = N_("%(value)s points are outside the range of this criterion: give %(min)s to %(max)s.")
_ENTRY_STEP_FROM = N_("%(value)s points do not fit the step: count from %(min)s in steps of %(step)s.")
_ENTRY_STEP = N_("%(value)s points do not fit the step: give a multiple of %(step)s.")
_ENTRY_OPTION = N_("“%(value)s” is not one of the choices (%(options)s): choose one of them.")
