"""The result of the people a leader manages (Đ15.3.a, and for deputies Đ15.4)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class ManagedPeople(NamedTuple):
    """The points of those managed, as far as they are confirmed.

    `points` are exact period scores of people whose result counts; `pending` counts people not yet confirmed;
    `without_result` counts people who have none in the period: they are left out, and listed by the caller.
    """

    points: Sequence[Fraction | Decimal]
    pending: int = 0
    without_result: int = 0


def below(people: ManagedPeople, threshold: Decimal) -> int:
    """How many of them have fewer points than the threshold."""
    return sum(1 for points in people.points if points < threshold)
