"""Point bands (Đ20): read from the exact value, unless a set reads them from the rounded one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine.exact import Pair
from kpi_cms.foundation.engine.rounding import HALF_UP, round_pair


@dataclass(frozen=True, slots=True)
class Band:
    """One band: from `start` points (included) up to the start of the band above it; `value` bears on no points."""

    code: str
    label: str
    start: Decimal
    numerator: int
    denominator: int
    value: Decimal | None = None


class Standing(NamedTuple):
    """Points as they stand: exact, rounded, as text that shows no other band's number, and their band's code."""

    points: Fraction
    rounded: Decimal
    shown: str
    band: str


def band_of(value: Pair, bands: Sequence[Band]) -> Band:
    """The band of an exact value; `bands` run from the highest to the lowest, which starts at 0."""
    numerator, denominator = value
    for band in bands:
        if numerator * band.denominator >= band.numerator * denominator:
            return band
    return bands[-1]


def shown(value: Pair, bands: Sequence[Band], places: int, mode: str = HALF_UP) -> str:
    """The rounded value as text, with as many more digits as it takes not to show another band's number.

    89.995 with 90 as a boundary is "89.995", not "90.00". The decimal mark is a point; doors localise it.
    """
    band = band_of(value, bands)
    while True:
        rounded = round_pair(value, places, mode)
        if band_of(rounded.as_integer_ratio(), bands) is band:
            return str(rounded)
        places += 1
