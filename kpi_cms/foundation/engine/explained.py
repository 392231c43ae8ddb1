"""How a criterion of a later kind came to its value: one line for each item, the last one for the criterion."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.steps import Inputs


class Line(NamedTuple):
    """A number with its formula over its inputs; `item` names what it belongs to within the criterion."""

    template: str
    params: Mapping[str, object]
    formula: str
    inputs: Inputs
    value: Fraction
    item: str = ""


def exact(**values: Decimal | Fraction | int) -> Inputs:
    """Inputs of a line by name."""
    return tuple((name, Fraction(value)) for name, value in values.items())


def sum_of(lines: list[Line], prefix: str) -> tuple[str, Inputs]:
    """The sum of lines as a formula over p1, p2 …"""
    inputs = tuple((f"{prefix}{number}", line.value) for number, line in enumerate(lines, start=1))
    return " + ".join(name for name, _ in inputs) or "0", inputs


def too_long(key: str) -> ScoringError:
    """What is said when exact decimals would need more digits than there are."""
    return ScoringError(Problem("entry_long", key, _TOO_LONG))


_TOO_LONG = N_("The numbers of this criterion cannot be multiplied exactly: write shorter ones.")
