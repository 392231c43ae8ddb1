"""An indicator: what was reached against a target, as a share with a cap.

    {type: "indicator", direction: "higher" | "lower", target, cap}

"higher": actual / target. "lower" (less is better): target / actual, the cap when the actual is 0. A target that
the set does not give is entered with the actual: {"target": …, "actual": …}.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from kpi_cms.foundation.engine.combination import clamp
from kpi_cms.foundation.engine.exact import Pair, pair_of, parse_decimal
from kpi_cms.foundation.engine.explained import Line, exact
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Node, Reader

Entry = Mapping[str, object]
HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True)
class IndicatorKind:
    """A share of the maximum: how far the target was reached, at most `cap`."""

    direction: str
    target: Decimal | None
    cap: Decimal

    type: ClassVar[str] = "indicator"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = True
    share: ClassVar[bool] = True
    required: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "IndicatorKind":
        cap = reader.decimal(node, "cap", key)
        return cls(
            reader.choice(node, "direction", key, (HIGHER, LOWER), HIGHER),
            reader.decimal(node, "target", key),
            Decimal(1) if cap is None else cap,
        )

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        if self.target == 0:
            reader.add("target", key, _NO_TARGET)
        if not self.cap:
            reader.add("indicator_cap", key, _NO_CAP)

    def points(self) -> Decimal | None:
        return None

    def refuse(self, key: str, entry: Entry) -> Problem | None:
        names = ("actual",) if self.target is not None else ("actual", "target")
        for name in entry:
            if name not in names:
                return Problem("entry_name", key, _NO_NAME, {"name": name})
        for name in names:
            number = parse_decimal(entry.get(name))
            if number is None or number < 0 or (name == "target" and not number):
                params = {"name": name, "value": str(entry.get(name, ""))}
                return Problem("entry_indicator", key, _NOT_A_NUMBER, params)
        return None

    def value(self, key: str, entry: Entry) -> Pair:
        actual, target = self._numbers(entry)
        over, under = (actual, target) if self.direction == HIGHER else (target, actual)
        if not under:
            return pair_of(self.cap)
        (a, b), (c, d) = pair_of(over), pair_of(under)
        return clamp((a * d, b * c), pair_of(self.cap))

    def explain(self, entry: Entry) -> list[Line]:
        actual, target = self._numbers(entry)
        formula = "MIN(actual / target, cap)"
        if self.direction == LOWER:
            formula = "IF(actual = 0, cap, MIN(target / actual, cap))"
        inputs = exact(actual=actual, target=target, cap=self.cap)
        return [Line(_REACHED, {}, formula, inputs, Fraction(*self.value("", entry)))]

    def _numbers(self, entry: Entry) -> tuple[Decimal, Decimal]:
        target = parse_decimal(entry.get("target")) if self.target is None else self.target
        return parse_decimal(entry["actual"]) or Decimal(0), target or Decimal(0)


_NO_TARGET = N_("The target is 0: give one above 0, or leave it empty to enter it on each card.")
_NO_CAP = N_("The cap of the indicator is 0: raise it; 1 is 100%%.")
_NO_NAME = N_("“%(name)s” is not asked for here: give the target and what was reached.")
_NOT_A_NUMBER = N_("“%(value)s” cannot be used as %(name)s: give a number, for the target one above 0.")
_REACHED = N_("%(criterion)s. %(label)s: how far the target was reached")
