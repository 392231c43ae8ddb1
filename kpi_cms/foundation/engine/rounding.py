"""Rounding happens once, for display; the exact value stays beside it (rules §4, exactness).

A set may round otherwise: away from or toward zero, and already its sections or parts before they are added.
"""

from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine.exact import EXACT, Pair, pair_of

HALF_UP, UP, DOWN = "half_up", "up", "down"
MODES = (HALF_UP, UP, DOWN)
FUNCTIONS = {HALF_UP: "ROUND", UP: "ROUNDUP", DOWN: "ROUNDDOWN"}
"""What each mode is called in formulas and in Excel."""

TOTAL, PARTS, SECTIONS = "total", "parts", "sections"
WHEN = (TOTAL, PARTS, SECTIONS)


def round_half_up(value: Fraction | Decimal, places: int = 2) -> Decimal:
    """`value` to `places` decimals, halves away from zero: 92.625 gives 92.63."""
    return round_pair(pair_of(value), places)


def round_pair(value: Pair, places: int, mode: str = HALF_UP) -> Decimal:
    """The same for a numerator and denominator, in any mode."""
    numerator, denominator = value
    size = abs(numerator) * 10**places
    if mode == HALF_UP:
        scaled = (2 * size + denominator) // (2 * denominator)
    else:
        scaled = (size + (denominator - 1 if mode == UP else 0)) // denominator
    return EXACT.scaleb(Decimal(-scaled if numerator < 0 else scaled), -places)
