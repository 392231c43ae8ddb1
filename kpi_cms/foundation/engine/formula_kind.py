"""A criterion computed by a formula over the codes of other criteria, and over inputs of its own.

    {type: "formula", expression, max, inputs [{code, label, max}]}

Its value is held between 0 and the maximum. Criteria whose formulas name one another are computed in order; a
circle is refused. With inputs of its own it is entered: input code → number of at least 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from kpi_cms.foundation.engine.exact import parse_decimal, plain
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Node, Reader

MAX_INPUTS = 30
Entry = Mapping[str, object]


@dataclass(frozen=True)
class FormulaInput:
    """A number that the formula needs and nobody else gives."""

    code: str
    label: str
    max: Decimal | None


@dataclass(frozen=True)
class FormulaKind:
    """Points by a formula; what is wrong with the formula is found where all codes are known (`checking.py`)."""

    expression: str
    max: Decimal | None
    inputs: tuple[FormulaInput, ...]

    type: ClassVar[str] = "formula"
    entered: ClassVar[bool] = False
    share: ClassVar[bool] = False
    required: ClassVar[bool] = True

    @property
    def detailed(self) -> bool:
        return bool(self.inputs)

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "FormulaKind":
        return cls(
            reader.text(node, "expression", key),
            reader.decimal(node, "max", key, required=True),
            tuple(
                FormulaInput(
                    reader.text(item, "code", key),
                    reader.text(item, "label", key),
                    reader.decimal(item, "max", key),
                )
                for item in reader.each(node, "inputs", key)
            ),
        )

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        if self.max == 0:
            reader.add("maximum", key, _NO_MAXIMUM)
        if len(self.inputs) > MAX_INPUTS:
            reader.add("inputs_many", key, _MANY, limit=MAX_INPUTS)

    def points(self) -> Decimal | None:
        return self.max

    def refuse(self, key: str, entry: Entry) -> Problem | None:
        known = {item.code: item for item in self.inputs}
        for code in entry:
            if code not in known:
                return Problem("entry_item", key, _NO_INPUT, {"item": code})
        for item in self.inputs:
            number = parse_decimal(entry.get(item.code))
            if number is None or number < 0 or (item.max is not None and number > item.max):
                params = {"item": item.label, "value": str(entry.get(item.code, ""))}
                if item.max is None:
                    return Problem("entry_input", key, _NOT_A_NUMBER, params)
                return Problem("entry_input", key, _NOT_IN_RANGE, {**params, "max": plain(item.max)})
        return None


NAME = N_("%(criterion)s. %(label)s: computed by the formula of the set")
_NO_MAXIMUM = N_("The maximum is 0 points: give the criterion a maximum above 0.")
_MANY = N_("The formula has more than %(limit)s inputs of its own: remove some.")
_NO_INPUT = N_("There is no item “%(item)s” in this criterion: choose one of its items.")
_NOT_A_NUMBER = N_("“%(value)s” cannot be used for “%(item)s”: give a number of at least 0.")
_NOT_IN_RANGE = N_("“%(value)s” cannot be used for “%(item)s”: give a number from 0 to %(max)s.")
