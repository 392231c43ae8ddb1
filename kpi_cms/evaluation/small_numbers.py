"""What may be told about groups of people, so that nothing is told about fewer than five (docs/decisions/0008).

Plain Python on numbers that were read elsewhere: the tests try it on thousands of trees.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from snippets.queries import lineage

Key = TypeVar("Key")
SMALLEST_GROUP = 5
SMALL = range(1, SMALLEST_GROUP)
# Behind the path of a unit: its own cards, without those of the units below it.
DIRECTLY = "~"


@dataclass
class Totals:
    """Stored results of decided cards of one group of people. `points` is their sum."""

    bands: Counter[str] = field(default_factory=Counter)
    results: int = 0
    points: Decimal = Decimal(0)

    @property
    def mean(self) -> Fraction | None:
        """Of the rounded points; None without a result."""
        return Fraction(self.points) / self.results if self.results else None

    def add(self, other: "Totals") -> None:
        self.bands.update(other.bands)
        self.results += other.results
        self.points += other.points


@dataclass
class Figures:
    """Of the cards at one unit: by state, the results that the reader reads one by one, and other decided cards.

    The reader's own card is in neither before its result is notified to them (Đ17.3).
    """

    states: Counter[str] = field(default_factory=Counter)
    read: Totals = field(default_factory=Totals)
    unread: int = 0

    @property
    def cards(self) -> int:
        return self.states.total()

    def add(self, other: "Figures") -> None:
        self.states.update(other.states)
        self.read.add(other.read)
        self.unread += other.unread


@dataclass(frozen=True)
class Behind:
    """The people behind a number whose results this reader does not read one by one."""

    results: int = 0
    decided: int = 0

    def __add__(self, other: "Behind") -> "Behind":
        return Behind(self.results + other.results, self.decided + other.decided)

    @property
    def too_few(self) -> bool:
        """The number would tell about fewer than five: their results, or that none of them has one."""
        return (self.results or self.decided) in SMALL


@dataclass(frozen=True)
class PublishedRow:
    """Of the cards directly at one unit: its path on the day of closing, and its path today."""

    path: str
    present: str
    totals: Totals


class Published:
    """The totals that closing published, suppressed where fewer than five people stand behind them.

    Before a period is closed nothing is published, so nobody can look before and after a single result.
    """

    def __init__(self, rows: Iterable[PublishedRow], now: Mapping[str, Figures]) -> None:
        self._totals: dict[str, Totals] = {}
        self._behind: dict[str, Behind] = {}
        self._then: dict[str, str] = {}
        self._below: dict[str, set[str]] = {}
        self._hidden: dict[str, frozenset[str]] = {}
        for row in rows:
            figures = now.get(row.present, Figures())
            self._totals[row.path] = row.totals
            unread = max(row.totals.results - figures.read.results, 0)
            self._behind[row.path] = Behind(unread, figures.unread)
            self._then[row.present] = row.path
            for upper, lower in pairwise(lineage(row.path)):
                self._below.setdefault(upper, set()).add(lower)

    def told(self, present: str, *, directly: bool) -> Totals | None:
        """Of the unit whose path is `present` today; None where it must not be told."""
        path = self._then.get(present)
        if path is None or not self._shows(path, directly=directly):
            return None
        if directly:
            return self._totals[path]
        totals = Totals()
        for own, each in self._totals.items():
            if own.startswith(path):
                totals.add(each)
        return totals

    def _shows(self, path: str, *, directly: bool) -> bool:
        line = lineage(path)
        if self._behind_all(line[0]).too_few:
            return False
        for upper, lower in pairwise(line):
            if lower in self._hidden_below(upper):
                return False
        return not directly or path + DIRECTLY not in self._hidden_below(path)

    def _hidden_below(self, path: str) -> frozenset[str]:
        """The groups of a unit that stay hidden: small ones, and enough others that no difference shows a small one."""
        known = self._hidden.get(path)
        if known is None:
            groups = {child: self._behind_all(child) for child in self._below.get(path, ())}
            groups[path + DIRECTLY] = self._behind[path]
            known = self._hidden[path] = hidden_groups(groups)
        return known

    def _behind_all(self, path: str) -> Behind:
        """A unit and everything below it."""
        return sum((each for own, each in self._behind.items() if own.startswith(path)), Behind())


def merged_cells(people: Mapping[Key, int], least: int) -> frozenset[Key]:
    """Of cells that people are parted into: those that are told only all together, so that each part told has `least`.

    Cells of fewer people, and the next smallest beside them until `least` people stand together; none where no cell is
    small. Whatever is told is put together from the other cells and from this one heap: no difference of anything told
    tells about fewer.
    """
    order = sorted((key for key in people if people[key]), key=lambda key: (people[key], str(key)))
    heap = [key for key in order if people[key] < least]
    together = sum(people[key] for key in heap)
    for key in order[len(heap) :]:
        if not heap or together >= least:
            break
        heap.append(key)
        together += people[key]
    return frozenset(heap)


def may_be_told(chosen: Iterable[Key], people: Mapping[Key, int], least: int) -> bool:
    """Whether something may be told about the people of `chosen` cells together; see `merged_cells`."""
    cells = {key for key in chosen if people.get(key)}
    heap = merged_cells(people, least)
    if not cells or cells & heap not in (frozenset(), heap):
        return False
    return sum(people[key] for key in cells) >= least


def hidden_groups(groups: Mapping[str, Behind]) -> frozenset[str]:
    """Of groups whose total is told: those that must not be, so that no difference tells about fewer than five.

    What is hidden can be worked out together, from the total and the groups beside it: the next smallest group joins
    until that is about five people. A unit below a hidden one is hidden with it.
    """
    order = sorted(groups, key=lambda key: (groups[key].results, groups[key].decided, key))
    hidden = [key for key in order if groups[key].too_few]
    together = sum((groups[key] for key in hidden), Behind())
    for key in order:
        if not together.too_few:
            break
        # A group without a result does not make others' results more.
        helps = groups[key].results if together.results else groups[key].decided
        if key not in hidden and helps:
            hidden.append(key)
            together += groups[key]
    return frozenset(hidden)
