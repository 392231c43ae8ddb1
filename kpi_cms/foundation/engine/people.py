"""The result of the people a leader manages (Đ15.3.a, and for deputies Đ15.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine.rounding import round_half_up

LEFT_OUT, FAILING, PENDING = "left_out", "failing", "pending"
WITHOUT_RESULT = (LEFT_OUT, FAILING)
UNCONFIRMED = (PENDING, LEFT_OUT, FAILING)


class ManagedPeople(NamedTuple):
    """The points of those managed, as far as they are confirmed.

    `points` are exact period scores of people whose result counts; `pending` counts people not yet confirmed;
    `without_result` counts people who have none in the period, without a card or without a result on it. What
    becomes of both is the set's to say (`PeopleRules`); who they are is listed by the caller.
    """

    points: Sequence[Fraction | Decimal]
    pending: int = 0
    without_result: int = 0


@dataclass(frozen=True, slots=True)
class PeopleRules:
    """Open points of d (rules §4): what becomes of people without points, and how points are read.

    `places`: the points are read as rounded to this many places, None for exact ones.
    """

    without_result: str
    unconfirmed: str
    places: int | None


class Tally(NamedTuple):
    """Who counts: `counted` people, `below` of them under the threshold, `failing` of these without points."""

    counted: int
    below: int
    failing: int
    left_out: int


def waits(people: ManagedPeople, rules: PeopleRules) -> bool:
    """Whether d waits for somebody who is not confirmed yet."""
    return people.pending > 0 and rules.unconfirmed == PENDING


def tally(people: ManagedPeople, threshold: Decimal, rules: PeopleRules) -> Tally:
    """How many count, and how many of them fall short. Whoever d waits for is in none of the numbers."""
    unconfirmed = 0 if rules.unconfirmed == PENDING else people.pending
    failing = people.without_result if rules.without_result == FAILING else 0
    failing += unconfirmed if rules.unconfirmed == FAILING else 0
    low = sum(1 for points in people.points if _read(points, rules.places) < threshold)
    left_out = people.without_result + unconfirmed - failing
    return Tally(len(people.points) + failing, low + failing, failing, left_out)


def points_counted(people: ManagedPeople, rules: PeopleRules) -> list[Fraction | Decimal] | None:
    """The points that count, 0 for whoever counts as failing without any; None while somebody is waited for."""
    if waits(people, rules):
        return None
    return [*people.points, *[Decimal(0)] * tally(people, Decimal(0), rules).failing]


def _read(points: Fraction | Decimal, places: int | None) -> Fraction | Decimal:
    return points if places is None else round_half_up(points, places)
