"""Exact numbers: decimals as people write them, and arithmetic that refuses to lose a digit.

Scores and quantities are decimals, ratios are fractions. Binary floats never enter: 0.1 is not a tenth in
them.
"""

import re
from decimal import Clamped, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow
from fractions import Fraction

Pair = tuple[int, int]
"""A rational as numerator and positive denominator, not necessarily in lowest terms."""

EXACT = Context(
    prec=120,
    Emin=-999,
    Emax=999,
    traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, Underflow, Clamped],
)
"""Decimal arithmetic that raises instead of rounding."""

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")


def parse_decimal(value: object) -> Decimal | None:
    """The decimal that `value` writes, or None.

    Accepts text such as "2.5" (a point, no exponent, no spaces), whole numbers, and finite decimals of the
    same size: at most 15 digits before the point and 10 after it. Floats and booleans are never numbers here.
    """
    if isinstance(value, Decimal):
        value = decimal_text(value) if value.is_finite() and abs(value.adjusted()) < 30 else ""
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**15 else ""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    return None


def decimal_text(value: Decimal) -> str:
    """The one way to write a finite decimal: "2.50" gives "2.5", no exponent, no minus zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def plain(value: Decimal) -> Decimal:
    """The same number as its text writes it. Sentences carry decimals so, and doors give them their mark."""
    return Decimal(decimal_text(value))


def pair_of(value: Fraction | Decimal) -> Pair:
    """Numerator and denominator of an exact number."""
    return value.as_integer_ratio()
