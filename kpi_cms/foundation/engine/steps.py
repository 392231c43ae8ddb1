"""One number explained: the unit a trace is made of, whatever computed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

Inputs = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True)
class Step:
    """One number explained.

    `name_template` % `params` is what the number is (an English message id); `formula` computes `value` from
    `inputs` (name, exact value), "" where the value was entered or given; `rounding` is the rounded number
    where this step rounds; `clause` is where the law says so. `code` names what the step belongs to: a task
    by its number, a criterion, section or part by its code, the total, the band.
    """

    name_template: str
    params: Mapping[str, object]
    formula: str
    inputs: Inputs
    value: Fraction | None
    rounding: Decimal | None
    clause: str
    code: str = field(default="")
