"""What a draft does to groups of people, and what of it may be told (docs/decisions/0011).

Plain Python on numbers that were read elsewhere: the tests try it on thousands of trees.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from snippets.queries import lineage

from .rescored import Reason, Result, Untold
from .small_numbers import DIRECTLY, SMALL, Totals

Moves = Counter[tuple[str, str]]


@dataclass
class Tally:
    """Before and after of the same people; `untold` are the results before of those whose result after cannot be told,
    `without` the cards that had no result before. `up`, `down`: who changes band, and to which side; `moves`: from
    which band to which other."""

    before: Totals = field(default_factory=Totals)
    after: Totals = field(default_factory=Totals)
    untold: Totals = field(default_factory=Totals)
    reasons: Counter[Reason] = field(default_factory=Counter)
    without: int = 0
    up: int = 0
    down: int = 0
    moves: Moves = field(default_factory=Counter)

    @property
    def compared(self) -> int:
        return self.before.results

    @property
    def cards(self) -> int:
        return self.compared + self.untold.results + self.without

    def take(self, before: Result | None, after: Result | Reason, ranks: Mapping[str, int]) -> None:
        """Count one card. `ranks`: band → its place from below."""
        if before is None:
            self.without += 1
            return
        if isinstance(after, Reason):
            self.untold.add(_one(before))
            self.reasons[after] += 1
            return
        self.before.add(_one(before))
        self.after.add(_one(after))
        step = ranks[after.band] - ranks[before.band]
        self.up += step > 0
        self.down += step < 0
        if step:
            self.moves[before.band, after.band] += 1

    def add(self, other: "Tally") -> None:
        for mine, theirs in (
            (self.before, other.before),
            (self.after, other.after),
            (self.untold, other.untold),
        ):
            mine.add(theirs)
        self.reasons.update(other.reasons)
        self.without += other.without
        self.up += other.up
        self.down += other.down
        self.moves.update(other.moves)

    def with_few_left_out(self) -> "Tally":
        """The same without those who cannot be told."""
        return Tally(
            self.before, self.after, without=self.without, up=self.up, down=self.down, moves=self.moves
        )

    def kept(self) -> dict[str, Any]:
        """As JSON; `tally_of` reads it."""
        totals = (self.before, self.after, self.untold)
        return {
            "totals": [[each.results, str(each.points), dict(each.bands)] for each in totals],
            "reasons": [[reason.kind, list(reason.codes), number] for reason, number in self.reasons.items()],
            "steps": [self.without, self.up, self.down],
            "moves": [[before, after, number] for (before, after), number in self.moves.items()],
        }


def _one(result: Result) -> Totals:
    return Totals(Counter({result.band: 1}), 1, result.rounded)


def tally_of(kept: Mapping[str, Any]) -> Tally:
    before, after, untold = (
        Totals(Counter(bands), results, Decimal(points)) for results, points, bands in kept["totals"]
    )
    reasons = Counter({Reason(Untold(kind), tuple(codes)): number for kind, codes, number in kept["reasons"]})
    moves: Moves = Counter({(was, is_now): number for was, is_now, number in kept["moves"]})
    without, up, down = kept["steps"]
    return Tally(before, after, untold, reasons, without, up, down, moves)


@dataclass
class Cell:
    """The cards directly at one unit: those that the reader reads one by one, and the others."""

    read: Tally = field(default_factory=Tally)
    unread: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Shown:
    """What is told of a group. Where `mixed`, before is the published total of the whole frame and after is the same
    with the set's cards as the draft has them: everybody else, and whoever cannot be told, counts as they stand."""

    before: Totals
    after: Totals
    compared: int
    up: int
    down: int
    untold: int
    reasons: Mapping[Reason, int]
    moves: Mapping[tuple[str, str], int]
    mixed: bool = False

    def matrix(self, bands: Sequence[str]) -> list[list[int]]:
        """Band before × band after: rows add up to the bands before, columns to those after."""
        return [
            [self.moves.get((was, band), 0) if band != was else self._stays(was, bands) for band in bands]
            for was in bands
        ]

    def _stays(self, band: str, bands: Sequence[str]) -> int:
        return self.before.bands[band] - sum(self.moves.get((band, other), 0) for other in bands)


@dataclass(frozen=True)
class Behind:
    """The people whose results the reader does not read: those who are compared, and those who cannot be told."""

    compared: int = 0
    untold: int = 0

    def __add__(self, other: "Behind") -> "Behind":
        return Behind(self.compared + other.compared, self.untold + other.untold)

    @property
    def too_few(self) -> bool:
        return self.compared in SMALL or self.untold in SMALL

    def helps(self, together: "Behind") -> bool:
        """Whether this group makes what is too small in `together` more."""
        return bool(
            (self.compared and together.compared in SMALL) or (self.untold and together.untold in SMALL)
        )


class Told:
    """The numbers of one run for one reader, suppressed where fewer than five people stand behind one or a difference.

    `closed`: the period's totals were published. Before, nothing is told of people whose cards the reader does not
    read, so that nobody can look before and after a single result.

    Where fewer than five of all cannot be told, it is said nowhere how many (`few`).

    What the set alone had before is told to those alone who read it: beside the published total it would tell about the
    people of other sets, two or three in many units. The difference of before and after is about the set's people.
    """

    def __init__(
        self, cells: Mapping[str, Cell], *, closed: bool, blocks: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.closed = closed
        self._blocks = blocks
        unread = sum(cell.unread.untold.results for cell in cells.values())
        self.few = unread in SMALL
        self.few_reasons = sorted({reason for cell in cells.values() for reason in cell.unread.reasons})
        self._cells = {
            path: Cell(cell.read, cell.unread.with_few_left_out()) if self.few else cell
            for path, cell in cells.items()
        }
        self._trees: dict[str, Cell] = {}
        self._below: dict[str, set[str]] = {}
        for path, cell in self._cells.items():
            line = lineage(path)
            for above in line:
                tree = self._trees.setdefault(above, Cell())
                tree.read.add(cell.read)
                tree.unread.add(cell.unread)
            for upper, lower in pairwise(line):
                self._below.setdefault(upper, set()).add(lower)
        self._hidden: dict[str, frozenset[str]] = {}

    @property
    def tops(self) -> list[str]:
        return sorted({lineage(path)[0] for path in self._cells})

    def has(self, path: str) -> bool:
        """The unit has cards of its own."""
        return path in self._cells

    def below(self, path: str) -> list[str]:
        """The units directly below one that have cards, or units with cards below them."""
        return sorted(self._below.get(path, ()))

    def told(self, path: str, published: Totals | None, *, directly: bool = False) -> Shown | None:
        """Of a unit with everything below it, or of its own cards alone; None where it must not be told.

        `published`: the total of the frame that this reader is told of the same group.
        """
        cell = self._cell(path, directly=directly)
        if not cell.unread.cards:  # the reader reads every card behind the numbers
            return _shown(cell.read, cell.read.before, cell.read.after)
        if published is None or not (self.closed and self._shows(path, directly=directly)):
            return None
        tally = Tally()
        for each in (cell.read, cell.unread):
            tally.add(each)
        return _shown(tally, published, _moved(published, tally), mixed=True)

    def read(self, path: str) -> Shown | None:
        """Of a unit with everything below it, the cards that the reader reads one by one; None without any."""
        tally = self._cell(path, directly=False).read
        return _shown(tally, tally.before, tally.after) if tally.cards else None

    # --- Blocks -------------------------------------------------------------------------------------------
    def by_block(self) -> dict[str, Shown | None]:
        """Block of the unit → what is told of its cards in the whole run; None where it must not be.

        Bands and points only to whoever reads every card behind them: no total of a block was published.
        """
        cells: dict[str, Cell] = {}
        for path, own in self._cells.items():
            cell = cells.setdefault(self._blocks[path], Cell())
            cell.read.add(own.read)
            cell.unread.add(own.unread)
        hidden = self._hidden_blocks()
        found: dict[str, Shown | None] = {}
        for block, cell in sorted(cells.items()):
            if not cell.unread.cards:
                found[block] = _shown(cell.read, cell.read.before, cell.read.after)
            elif not self.closed or block in hidden:
                found[block] = None
            else:
                tally = Tally()
                for each in (cell.read, cell.unread):
                    tally.add(each)
                found[block] = _shown(tally, Totals(), Totals(), mixed=True)
        return found

    def _hidden_blocks(self) -> frozenset[str]:
        """Blocks that must not be told beside the units: both together part people into pieces, those of one block whom
        every number of units counts alike, and no piece may be small.

        What is hidden is a piece as well, so the next smallest block joins it until that is large enough.
        """
        pieces: dict[str, dict[str, Behind]] = {}
        for path, cell in self._cells.items():
            of_class = pieces.setdefault(self._told_alike(path), {})
            block = self._blocks[path]
            of_class[block] = of_class.get(block, Behind()) + _behind(cell)
        hidden = {block for found in pieces.values() for block, piece in found.items() if piece.too_few}
        while True:
            more: set[str] = set()
            for alike, found in pieces.items():
                together = _sum(piece for block, piece in found.items() if block in hidden)
                if not alike or not together.too_few:
                    continue
                helping = [block for block in found if block not in hidden and found[block].helps(together)]
                more.update(sorted(helping, key=lambda block: (_size(found[block]), block))[:1])
            if not more:
                return frozenset(hidden)
            hidden |= more

    def _told_alike(self, path: str) -> str:
        """The same for all units whom every told number of units counts together; "" where none counts them."""
        if self._shows(path, directly=True):
            return path + DIRECTLY
        told = [above for above in lineage(path) if self._shows(above, directly=False)]
        return told[-1] if told else ""

    def _cell(self, path: str, *, directly: bool) -> Cell:
        return (self._cells if directly else self._trees).get(path) or Cell()

    def _shows(self, path: str, *, directly: bool) -> bool:
        line = lineage(path)
        if self._behind_all(line[0]).too_few:
            return False
        if any(lower in self._hidden_below(upper) for upper, lower in pairwise(line)):
            return False
        return not directly or path + DIRECTLY not in self._hidden_below(path)

    def _hidden_below(self, path: str) -> frozenset[str]:
        known = self._hidden.get(path)
        if known is None:
            groups = {child: self._behind_all(child) for child in self._below.get(path, ())}
            groups[path + DIRECTLY] = _behind(self._cell(path, directly=True))
            known = self._hidden[path] = hidden_groups(groups)
        return known

    def _behind_all(self, path: str) -> Behind:
        return _behind(self._cell(path, directly=False))


def _shown(tally: Tally, before: Totals, after: Totals, *, mixed: bool = False) -> Shown:
    return Shown(
        before,
        after,
        tally.compared,
        tally.up,
        tally.down,
        tally.untold.results,
        tally.reasons,
        tally.moves,
        mixed,
    )


def _moved(published: Totals, tally: Tally) -> Totals:
    """The published total with those who are compared as they would be."""
    bands = Counter(published.bands)
    bands.subtract(tally.before.bands)
    bands.update(tally.after.bands)
    points = published.points - tally.before.points + tally.after.points
    return Totals(+bands, published.results, points)


def _behind(cell: Cell) -> Behind:
    return Behind(cell.unread.compared, cell.unread.untold.results)


def _size(piece: Behind) -> tuple[int, int]:
    return piece.compared, piece.untold


def _sum(groups: Iterable[Behind]) -> Behind:
    return sum(groups, Behind())


def hidden_groups(groups: Mapping[str, Behind]) -> frozenset[str]:
    """Of groups whose total is told: those that must not be, so that no difference tells about fewer than five.

    What is hidden can be worked out together, from the total and the groups beside it: the next smallest group that
    helps joins, until those who are compared, and those who cannot be told, are nobody or five.
    """
    order = sorted(groups, key=lambda key: (groups[key].compared, groups[key].untold, key))
    hidden = [key for key in order if groups[key].too_few]
    together = _sum(groups[key] for key in hidden)
    for key in order:
        if not together.too_few:
            break
        if key not in hidden and groups[key].helps(together):
            hidden.append(key)
            together += groups[key]
    return frozenset(hidden)
