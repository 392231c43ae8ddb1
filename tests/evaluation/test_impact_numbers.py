"""T08 and T47 for the effect of a draft: nothing that is told tells about fewer than five people."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.evaluation.impact_numbers import Behind, Cell, Tally, Told, hidden_groups, tally_of
from kpi_cms.evaluation.rescored import Reason, Result, Untold
from kpi_cms.evaluation.small_numbers import Totals

RANKS = {"failed": 0, "good": 1, "excellent": 2}
GOOD = Result(Fraction(80), Decimal("80.00"), "80.00", "good")
BEST = Result(Fraction(95), Decimal("95.00"), "95.00", "excellent")
WHY = Reason(Untold.MISSING, ("I.1",))


class Group(NamedTuple):
    """The cards directly at one unit: compared, not to be told, without a result before, and results of other sets;
    `read`: the reader reads them all."""

    compared: int
    untold: int = 0
    without: int = 0
    beside: int = 0
    read: bool = False

    @property
    def published(self) -> Totals:
        """Other sets' people had 70 points."""
        own = self.compared + self.untold
        bands = Counter({"good": own, "failed": self.beside})
        return Totals(+bands, own + self.beside, Decimal(80 * own + 70 * self.beside))


def tally(compared: int = 0, untold: int = 0, without: int = 0) -> Tally:
    found = Tally()
    for number, before, after in ((compared, GOOD, BEST), (untold, GOOD, WHY), (without, None, BEST)):
        for _card in range(number):
            found.take(before, after, RANKS)
    return found


def cell(group: Group) -> Cell:
    own = tally(group.compared, group.untold, group.without)
    return Cell(own, Tally()) if group.read else Cell(Tally(), own)


def run_of(groups: dict[str, Group], blocks: dict[str, str] | None = None) -> Told:
    cells = {path: cell(group) for path, group in groups.items()}
    return Told(cells, closed=True, blocks=blocks or dict.fromkeys(groups, "party"))


def paths(shape: list[int]) -> list[str]:
    """A tree as paths: node n + 1 lies below node `shape[n] % (n + 1)`; node 0 is the top."""
    found = ["0001"]
    for number, parent in enumerate(shape):
        found.append(f"{found[parent % (number + 1)]}{number + 2:04d}")
    return found


FEW = (0, 0, 0, 1, 3, 6)
# Each is drawn by one number: thousands of trees are.
GROUPS = st.sampled_from([Group(*each) for each in product(range(10), FEW, FEW, FEW, (False, False, True))])
NODES = 10
DRAWN = st.lists(GROUPS, min_size=NODES, max_size=NODES)
BLOCKS = st.lists(st.sampled_from(["party", "government", "front"]), min_size=NODES, max_size=NODES)
SHAPES = st.lists(st.integers(0, 20), max_size=NODES - 1)


def together(groups: dict[str, Group], path: str, *, directly: bool = False) -> Totals:
    found = Totals()
    for each, group in groups.items():
        if each == path or (not directly and each.startswith(path)):
            found.add(group.published)
    return found


@settings(max_examples=3000, deadline=None)
@given(SHAPES, DRAWN, BLOCKS)
def test_t47_no_combination_of_told_numbers_is_about_fewer_than_five(
    shape: list[int], drawn: list[Group], belonging: list[str]
) -> None:
    """Sums and differences cannot part people whom every told number counts alike: each such class has five or none."""
    groups = dict(zip(paths(shape), drawn, strict=False))
    blocks = dict(zip(groups, belonging, strict=False))
    run = run_of(groups, blocks)
    told: list[set[tuple[str, str]]] = []
    for block, shown in run.by_block().items():
        if shown is not None:
            places = [path for path in groups if blocks[path] == block]
            told.append({(each, "compared") for each in places})
            told.append(set() if run.few else {(each, "untold") for each in places})
    for path in groups:
        for directly in (False, True):
            if run.told(path, together(groups, path, directly=directly), directly=directly) is not None:
                places = [each for each in groups if each == path or (not directly and each.startswith(path))]
                told.append({(each, "compared") for each in places})
                told.append(set() if run.few else {(each, "untold") for each in places})
    classes: Counter[frozenset[int]] = Counter()
    for path, group in groups.items():
        for part in ("compared", "untold"):
            signature = frozenset(number for number, people in enumerate(told) if (path, part) in people)
            if not group.read:
                classes[signature] += getattr(group, part)
    classes.pop(frozenset(), None)
    assert [number for number in classes.values() if 0 < number < 5] == []


@settings(max_examples=500, deadline=None)
@given(SHAPES, DRAWN)
def test_what_is_told_is_the_published_total_with_its_own_cards_moved(
    shape: list[int], drawn: list[Group]
) -> None:
    groups = dict(zip(paths(shape), drawn, strict=False))
    run = run_of(groups)
    for path in groups:
        published = together(groups, path)
        told = run.told(path, published)
        below = [group for place, group in groups.items() if place.startswith(path)]
        if told is None:
            continue
        compared = sum(group.compared for group in below)
        assert (told.compared, told.up, told.down) == (compared, compared, 0)
        assert told.untold == sum(group.untold for group in below if group.read or not run.few)
        if told.mixed:
            assert told.before == published
            assert told.after.points == published.points + 15 * compared
            assert told.after.bands["excellent"] == compared
            assert sum(told.after.bands.values()) == told.after.results == published.results
            matrix = told.matrix(list(RANKS))
            assert [sum(row) for row in matrix] == [published.bands[band] for band in RANKS]
            assert [sum(column) for column in zip(*matrix, strict=True)] == [
                told.after.bands[band] for band in RANKS
            ]
        else:
            assert (told.before.points, told.after.points) == (80 * compared, 95 * compared)


def test_a_block_is_told_where_no_difference_to_the_units_is_about_few() -> None:
    groups = {"0001": Group(0), "00010002": Group(9), "00010003": Group(6), "00010004": Group(7)}
    apart = run_of(groups, dict(zip(groups, ("party", "party", "front", "party"), strict=True))).by_block()
    assert {block: shown and (shown.compared, shown.up, shown.before.results) for block, shown in apart.items()} == {
        "party": (16, 16, 0), "front": (6, 6, 0),
    }  # fmt: skip
    few = {"0001": Group(3), "00010002": Group(9), "00010003": Group(6), "00010004": Group(7)}
    beside = run_of(few, dict(zip(few, ("front", "party", "party", "government"), strict=True))).by_block()
    assert beside["front"] is None
    read = {path: group._replace(read=True) for path, group in few.items()}
    (front, *_rest) = run_of(read, dict.fromkeys(read, "front")).by_block().values()
    assert front is not None
    assert (front.before.points, front.matrix(list(RANKS))) == (
        Decimal(80 * 25),
        [[0, 0, 0], [0, 0, 25], [0, 0, 0]],
    )
    opened = Told({"0001": cell(Group(9))}, closed=False, blocks={"0001": "party"})
    assert opened.by_block() == {"party": None}


def test_a_large_unit_alone_is_told() -> None:
    """The rule hides what must be hidden, not everything: three people of other sets beside it hide nothing."""
    groups = {"0001": Group(0), "00010002": Group(9, beside=3), "00010003": Group(6)}
    run = run_of(groups)
    assert [run.told(path, together(groups, path)) is not None for path in groups] == [True, True, True]
    assert (run.tops, run.below("0001"), run.below("00010003")) == (["0001"], ["00010002", "00010003"], [])
    assert run.has("0001")
    assert not run.has("0002")


def test_what_the_published_total_does_not_tell_is_not_told_either() -> None:
    assert run_of({"0001": Group(9)}).told("0001", None) is None


def test_of_an_open_period_nothing_is_told_about_others() -> None:
    """A mean of nine and a mean of ten, before and after one confirmation, would be the tenth person's points."""
    groups = {"0001": Group(90), "00010002": Group(2, read=True)}
    run = Told({path: cell(group) for path, group in groups.items()}, closed=False)
    assert run.told("0001", together(groups, "0001")) is None
    assert run.told("0001", together(groups, "0001", directly=True), directly=True) is None
    mine, read = run.read("0001"), run.told("00010002", None)
    assert mine is not None
    assert read == mine
    assert (read.compared, read.before.mean, read.after.mean, read.mixed) == (2, 80, 95, False)
    assert Told({"0001": cell(Group(90))}, closed=False).read("0001") is None


def test_how_many_cannot_be_told_is_not_said_of_three_people() -> None:
    groups = {"0001": Group(20, 3), "00010002": Group(0, 2, read=True)}
    run = run_of(groups)
    told = run.told("0001", together(groups, "0001"))
    assert told is not None
    assert run.few
    assert run.few_reasons == [WHY]
    assert (told.compared, told.up, told.untold, told.mixed) == (20, 20, 2, True)
    assert (told.before.bands, told.after.bands) == (Counter(good=25), Counter(excellent=20, good=5))
    assert told.reasons == Counter({WHY: 2})  # those that the reader reads one by one


def test_five_who_cannot_be_told_are_counted() -> None:
    groups = {"0001": Group(20, 5, 1)}
    run = run_of(groups)
    told = run.told("0001", together(groups, "0001"))
    assert told is not None
    assert not run.few
    assert (told.compared, told.untold, told.reasons) == (20, 5, Counter({WHY: 5}))


@pytest.mark.parametrize(
    ("groups", "hidden"),
    [
        ({"a": Behind(10), "b": Behind(3)}, {"a", "b"}),
        ({"a": Behind(10), "b": Behind(3), "c": Behind(2)}, {"b", "c"}),
        ({"a": Behind(10), "b": Behind(10, 2)}, {"b"}),
        ({"a": Behind(10, 5), "b": Behind(10, 2)}, {"a", "b"}),
        ({"a": Behind(10, 2), "b": Behind(10, 3), "c": Behind(7)}, {"a", "b"}),
        ({"a": Behind(10), "b": Behind()}, set()),
        ({"a": Behind(4)}, {"a"}),
    ],
)
def test_hidden_groups_are_five_together_in_every_part(groups: dict[str, Behind], hidden: set[str]) -> None:
    assert hidden_groups(groups) == hidden


def test_a_band_that_is_lost_and_one_that_is_won() -> None:
    found = Tally()
    for before, after in ((GOOD, BEST), (BEST, GOOD), (GOOD, GOOD)):
        found.take(before, after, RANKS)
    assert (found.compared, found.up, found.down) == (3, 1, 1)
    assert (found.before.mean, found.after.mean) == (Fraction(85), Fraction(85))


def test_what_is_kept_is_read_again() -> None:
    found = tally(2, 3, 1)
    assert tally_of(found.kept()) == found
