"""Rounding happens once, for display; the exact value stays beside it (rules §4, exactness)."""

from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine.exact import EXACT, Pair, pair_of

MODES = ("half_up",)


def round_half_up(value: Fraction | Decimal, places: int = 2) -> Decimal:
    """`value` to `places` decimals, halves away from zero: 92.625 gives 92.63."""
    return round_pair(pair_of(value), places)


def round_pair(value: Pair, places: int) -> Decimal:
    """The same for a numerator and denominator."""
    numerator, denominator = value
    scaled = (2 * abs(numerator) * 10**places + denominator) // (2 * denominator)
    return EXACT.scaleb(Decimal(-scaled if numerator < 0 else scaled), -places)
