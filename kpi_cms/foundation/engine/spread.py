"""How the values of one criterion spread over many people: quartiles, share at the maximum, distances, unused grades.

Values are shares of the criterion's maximum (1 is all of it), exact, counted: value → how many people have it. Nothing
here names or orders people. The lowest and the highest value are left out on purpose: each is one person's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Counts = Mapping[Fraction, int]
HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Grade:
    """What a rater may give: one value as it is written, or a level with both its ends; shares of the maximum."""

    label: str
    value: Decimal | None
    start: Fraction
    end: Fraction


@dataclass(frozen=True)
class Spread:
    """Of `people` values: quartiles and mean as shares of the maximum, and the share of people at the maximum."""

    people: int
    lower: Fraction
    median: Fraction
    upper: Fraction
    mean: Fraction
    at_maximum: Fraction


@dataclass(frozen=True)
class Distance:
    """Evaluator less self of `people`, as shares of the maximum: mean with its sign, mean without it, and the share of
    people who differ not at all."""

    people: int
    mean: Fraction
    absolute: Fraction
    same: Fraction


def spread_of(counts: Counts) -> Spread | None:
    """None without a value."""
    people = sum(counts.values())
    if not people:
        return None
    return Spread(
        people,
        quantile(counts, Fraction(1, 4)),
        quantile(counts, HALF),
        quantile(counts, Fraction(3, 4)),
        _mean(counts),
        Fraction(sum(number for value, number in counts.items() if value >= 1), people),
    )


def distance_of(counts: Counts) -> Distance | None:
    """`counts`: evaluator's value less the person's own → people. None without anybody who has both."""
    people = sum(counts.values())
    if not people:
        return None
    sizes: dict[Fraction, int] = {}
    for value, number in counts.items():
        sizes[abs(value)] = sizes.get(abs(value), 0) + number
    return Distance(people, _mean(counts), _mean(sizes), Fraction(sizes.get(Fraction(0), 0), people))


def quantile(counts: Counts, part: Fraction) -> Fraction:
    """The value below which `part` of the people lie, between two values in proportion (Excel's QUARTILE.INC).

    `part` from 0 to 1; at least one value.
    """
    rank = (sum(counts.values()) - 1) * part
    below = rank.numerator // rank.denominator
    lower = _at(counts, below)
    rest = rank - below
    return lower if not rest else lower + rest * (_at(counts, below + 1) - lower)


def unused(grades: Iterable[Grade], counts: Counts) -> tuple[Grade, ...]:
    """The grades that nobody was given."""
    given = [value for value, number in counts.items() if number]
    return tuple(grade for grade in grades if not any(grade.start <= value <= grade.end for value in given))


def share_of(value: Fraction, maximum: Decimal | None) -> Fraction:
    """A value as a share of the maximum; without one it is a share already."""
    return value / Fraction(maximum) if maximum else value


def _mean(counts: Counts) -> Fraction:
    return sum((value * number for value, number in counts.items()), Fraction(0)) / sum(counts.values())


def _at(counts: Counts, index: int) -> Fraction:
    """The value at a place, from 0, when all are put in order."""
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if passed > index:
            return value
    raise IndexError(index)
