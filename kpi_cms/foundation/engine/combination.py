"""From criteria to sections, parts and the total: sums of integers wherever a set allows it.

A sum, a weighted mean and every linear formula are one shape, constant + Σ coefficient × value, compiled once
to whole coefficients over one denominator. Only formulas that are not linear (MIN, IF, a product of two
codes) are evaluated as trees of fractions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from kpi_cms.foundation.engine import formulas
from kpi_cms.foundation.engine.exact import Pair


class Unknown(Exception):
    """A formula needs a value that the card does not have yet."""


@dataclass(frozen=True)
class LinearPlan:
    """(constant + Σ coefficient × value) / denominator; terms are (criterion index, coefficient)."""

    constant: int
    terms: tuple[tuple[int, int], ...]
    denominator: int

    def value(self, values: Sequence[Pair | None]) -> Pair | None:
        """The sum over the criterion values, or None while one of them is missing."""
        total, scale = self.constant, 1
        for index, coefficient in self.terms:
            pair = values[index]
            if pair is None:
                return None
            numerator, denominator = pair
            if denominator == scale:
                total += coefficient * numerator
            else:
                total = total * denominator + coefficient * numerator * scale
                scale *= denominator
        return total, scale * self.denominator


@dataclass(frozen=True)
class TreePlan:
    """A formula that has to be evaluated as it is written."""

    tree: formulas.Node

    def value(self, value_of: Callable[[str], Fraction]) -> Pair | None:
        """The formula's value, or None while it needs a value the card does not have."""
        try:
            return formulas.evaluate(self.tree, value_of).as_integer_ratio()
        except Unknown:
            return None


Plan = LinearPlan | TreePlan


def linear_plan(constant: Fraction, coefficients: Mapping[int, Fraction]) -> LinearPlan:
    """Whole coefficients over their common denominator."""
    scale = lcm(constant.denominator, *(coefficient.denominator for coefficient in coefficients.values()))
    terms = tuple(
        (index, int(coefficient * scale)) for index, coefficient in coefficients.items() if coefficient
    )
    return LinearPlan(int(constant * scale), terms, scale)


def clamp(value: Pair, cap: Pair) -> Pair:
    """The value held between 0 and the cap."""
    if value[0] < 0:
        return 0, 1
    return cap if value[0] * cap[1] > cap[0] * value[1] else value


def add(values: Sequence[Pair | None]) -> Pair | None:
    """The exact sum, or None while one of the values is missing."""
    total, scale = 0, 1
    for pair in values:
        if pair is None:
            return None
        numerator, denominator = pair
        if denominator == scale:
            total += numerator
        else:
            total, scale = total * denominator + numerator * scale, scale * denominator
    return total, scale
