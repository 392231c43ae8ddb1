"""T08 and T47: nothing that is told, on two pages or at two moments, tells about fewer than five people."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import NamedTuple

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import PublishedTotals, Scorecard
from kpi_cms.evaluation.progress_queries import PeriodProgress
from kpi_cms.evaluation.small_numbers import Behind, Figures, Published, PublishedRow, Totals, hidden_groups
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.enums import Capability, Role
from snippets.models import Unit
from snippets.queries import lineage
from tests.factories.snippets import hold, holder, in_role
from tests.helpers import world as worlds
from tests.helpers.results import close, decide, more_people
from tests.helpers.world import World

STEP = 4


# --- Every tree ------------------------------------------------------------------------------------------------------
class Cell(NamedTuple):
    """The cards directly at one unit: results, decided cards without one, and how many of either a reader reads."""

    results: int
    without: int
    read: int


def paths(shape: list[int]) -> list[str]:
    """A tree as paths: node n + 1 lies below node `shape[n] % (n + 1)`; node 0 is the top."""
    found = ["0001"]
    for number, parent in enumerate(shape):
        found.append(f"{found[parent % (number + 1)]}{number + 2:04d}")
    return found


NODES = 12
# Each is drawn by one number: thousands of trees are.
CELLS = st.lists(
    st.sampled_from([Cell(*each) for each in product(range(9), (0, 0, 0, 1, 4, 6), (0, 0, 0, 1, 9))]),
    min_size=NODES,
    max_size=NODES,
)
SHAPES = st.lists(st.integers(0, 20), max_size=NODES - 1)


def published(cells: dict[str, Cell]) -> Published:
    rows = [
        PublishedRow(path, path, Totals(Counter(good=cell.results), cell.results, Decimal(cell.results)))
        for path, cell in cells.items()
    ]
    now = {path: seen(cell) for path, cell in cells.items()}
    return Published(rows, now)


def seen(cell: Cell) -> Figures:
    """What the reader reads of a cell one by one, results first."""
    results = min(cell.read, cell.results)
    without = min(cell.read - results, cell.without)
    unread = cell.results + cell.without - results - without
    return Figures(read=Totals(Counter(good=results), results, Decimal(results)), unread=unread)


def told_groups(cells: dict[str, Cell]) -> Iterator[frozenset[str]]:
    """The cells behind each number that the reader is told, their own reading apart."""
    table = published(cells)
    for path in cells:
        if table.told(path, directly=False) is not None:
            yield frozenset(each for each in cells if each.startswith(path))
        if table.told(path, directly=True) is not None:
            yield frozenset({path})


@settings(max_examples=3000, deadline=None)
@given(SHAPES, CELLS)
def test_t47_no_combination_of_told_numbers_is_about_fewer_than_five(
    shape: list[int], drawn: list[Cell]
) -> None:
    """Sums and differences cannot part people whom every told number counts alike: each such class has five or none."""
    places = paths(shape)
    cells = dict(zip(places, drawn, strict=False))
    groups = list(told_groups(cells))
    classes: dict[frozenset[int], list[Cell]] = {}
    for path in places:
        signature = frozenset(number for number, group in enumerate(groups) if path in group)
        classes.setdefault(signature, []).append(cells[path])
    classes.pop(frozenset(), None)
    for members in classes.values():
        unread = [seen(cell) for cell in members]
        decided = sum(figures.unread for figures in unread)
        results = sum(cell.results for cell in members) - sum(figures.read.results for figures in unread)
        assert results == 0 or results >= 5
        assert results > 0 or decided == 0 or decided >= 5


@settings(max_examples=500, deadline=None)
@given(SHAPES, CELLS)
def test_what_is_told_is_the_sum_of_its_cells(shape: list[int], drawn: list[Cell]) -> None:
    cells = dict(zip(paths(shape), drawn, strict=False))
    table = published(cells)
    for path in cells:
        told = table.told(path, directly=False)
        expected = sum(cell.results for place, cell in cells.items() if place.startswith(path))
        assert told is None or (told.results, told.bands["good"], told.points) == (
            expected,
            expected,
            expected,
        )
        alone = table.told(path, directly=True)
        assert alone is None or alone.results == cells[path].results


def test_a_large_unit_alone_is_told() -> None:
    """The rule hides what must be hidden, not everything."""
    cells = {"0001": Cell(0, 0, 0), "00010002": Cell(9, 0, 0), "00010003": Cell(6, 0, 0)}
    table = published(cells)
    assert [table.told(path, directly=False) is not None for path in cells] == [True, True, True]
    assert len(lineage("00010003")) * STEP == len("00010003")


@pytest.mark.parametrize(
    ("groups", "hidden"),
    [
        ({"a": Behind(10, 10), "b": Behind(0, 3)}, {"a", "b"}),
        ({"a": Behind(10, 10), "b": Behind(0, 6)}, set()),
        ({"a": Behind(10, 10), "b": Behind(1, 1), "c": Behind(0, 6)}, {"a", "b"}),
        ({"a": Behind(10, 10), "b": Behind(1, 1), "c": Behind(0, 4)}, {"a", "b", "c"}),
        ({"a": Behind(10, 10), "b": Behind(0, 3), "c": Behind(0, 4)}, {"b", "c"}),
        ({"a": Behind(10, 10), "b": Behind(0, 1), "c": Behind(0, 6)}, {"b", "c"}),
        ({"a": Behind(10, 10), "b": Behind(0, 0)}, set()),
        ({"a": Behind(2, 9)}, {"a"}),
    ],
)
def test_that_nobody_has_a_result_is_told_about_fewer_than_five_as_little_as_a_mean(
    groups: dict[str, Behind], hidden: set[str]
) -> None:
    assert hidden_groups(groups) == hidden


# --- On the pages ----------------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


def results_on(client: Client, unit: Unit) -> str:
    """The table of results of a unit's progress page."""
    html = client.get(reverse("workspace:progress_unit", args=[unit.code])).content.decode()
    return html[html.index("Confirmed results") :]


def pages_of_policy_staff(world: World) -> list[str]:
    """Every page on which policy staff read numbers."""
    units = (world.root, world.agency, world.department, world.other_agency, world.other_department)
    return [
        reverse("workspace:home"),
        reverse("workspace:progress"),
        *(reverse("workspace:progress_unit", args=[unit.code]) for unit in units),
        reverse("workspace:periods"),
        reverse("workspace:period", args=[world.period.pk]),
        reverse("workspace:cards"),
        reverse("workspace:tasks"),
        reverse("workspace:evaluations"),
        reverse("workspace:units"),
    ]


@pytest.mark.parametrize("closed", [False, True])
def test_t08_the_numbers_of_two_people_stand_on_no_page(world: World, client: Client, closed: bool) -> None:
    """B1 has two results; A1 has six. With A1 beside the total, the two would follow from the difference."""
    decide(more_people(world, world.department, 6, "A"), "88.88")
    decide(more_people(world, world.other_department, 2, "B"), "41.41", "failed")
    if closed:
        close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    for page in pages_of_policy_staff(world):
        html = client.get(page, follow=True).content.decode()
        for points in ("41.41", "41,41", "88.88", "88,88"):
            assert points not in html, page
    expected = "77.01" if closed else "not shown"
    assert expected in results_on(client, world.root)


def test_t08_lists_count_what_their_reader_may_see_and_no_more(world: World, client: Client) -> None:
    """The number beside a state is the number of rows behind it, for each reader."""
    decide(more_people(world, world.department, 3, "A"), "88.88")
    for reader, unit, readable in (
        (in_role(world.department, Role.HEAD), world.department, 7),
        (in_role(world.agency, Role.AUDITOR), world.agency, 8),
        (world.head.user, world.department, 7),  # their own, and the six they evaluate
        (world.chair.user, world.agency, 2),  # their own, and the head's
        (world.chair.user, world.department, 1),
    ):
        client.force_login(reader)
        response = client.get(reverse("workspace:unit", args=[unit.code]))
        rows = response.context["rows"]
        counted = sum(state["count"] for state in response.context["states"])
        assert (response.context["all"], counted, len(rows)) == (readable, readable, readable)


def test_t47_before_and_after_one_confirmation_the_numbers_are_the_same(world: World, client: Client) -> None:
    """A mean of six and a mean of seven would be the seventh person's points."""
    people = more_people(world, world.department, 7, "A")
    decide(people[:6], "90.00", "excellent")
    client.force_login(in_role(world.root, Role.POLICY))
    units = (world.root, world.agency, world.department)
    before = [results_on(client, unit) for unit in units]
    decide(people[6:], "13.37", "failed")
    assert [results_on(client, unit) for unit in units] == before
    assert all("told once, when the period is closed" in page for page in before)
    assert not any("90.00" in page for page in before)


def test_t47_after_closing_a_result_decided_anew_changes_no_number(world: World, client: Client) -> None:
    people = more_people(world, world.department, 7, "A")
    decide(people, "90.00", "excellent")
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    before = results_on(client, world.agency)
    people[0].results.filter(stage="evaluator").update(rounded=Decimal("13.37"), band="failed")
    assert "90.00" in before
    assert results_on(client, world.agency) == before


def test_t47_a_unit_that_moves_after_closing_takes_nothing_into_another_total(
    world: World, client: Client
) -> None:
    """A before and A after B1 of two people moved below it would be B1."""
    decide(more_people(world, world.department, 6, "A"), "90.00", "excellent")
    decide(more_people(world, world.other_department, 2, "B"), "13.37", "failed")
    decide(more_people(world, world.other_agency, 6, "C"), "70.00")
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    before = PeriodProgress(world.period, "state", Scope()).told(world.agency.path)
    Unit.objects.get(pk=world.other_department.pk).move(Unit.objects.get(pk=world.agency.pk), "last-child")
    agency = Unit.objects.get(pk=world.agency.pk)
    after = PeriodProgress(world.period, "state", Scope())
    assert before is not None
    assert (before.results, before.points) == (6, Decimal("540.00"))
    assert after.told(agency.path) == before
    assert after.told(Unit.objects.get(pk=world.other_department.pk).path) is None
    assert "13.37" not in results_on(client, agency)


def test_t47_whoever_reads_one_group_is_not_told_the_total_that_gives_the_other_away(
    world: World, client: Client
) -> None:
    """A1 is read card by card; the province's total would be B1's two people."""
    decide(more_people(world, world.department, 6, "A"), "90.00", "excellent")
    decide(more_people(world, world.other_department, 2, "B"), "13.37", "failed")
    reader = holder(world.root, Capability.PROGRESS)
    close(world)
    client.force_login(reader)
    assert "70.84" in results_on(client, world.root)
    hold(reader, world.department, Capability.VIEW)
    assert "70.84" not in results_on(client, world.root)
    assert "90.00" in results_on(client, world.department)


def test_ones_own_result_is_in_no_number_before_it_is_notified(world: World, client: Client) -> None:
    """A head who reads the unit would work it out from a mean of two."""
    decide([world.card(world.lan)], "60.00")
    decide([world.card(world.head)], "90.00", "excellent")
    hold(world.head.user, world.department, Capability.VIEW)
    client.force_login(world.head.user)
    page = results_on(client, world.department)
    assert "60.00" in page
    assert "75.00" not in page
    Scorecard.objects.filter(person=world.head).update(state=CardState.NOTIFIED)
    assert "75.00" in results_on(client, world.department)


# --- Publishing ------------------------------------------------------------------------------------------------------
def test_closing_publishes_each_unit_with_decided_cards_and_those_above(world: World) -> None:
    decide(more_people(world, world.department, 2, "A"), "90.00", "excellent")
    decide([world.card(world.minh)], "70.50")
    Scorecard.objects.filter(person=world.stranger).update(
        state=CardState.CONFIRMED,
        evaluated_at=worlds.MOMENT,
        confirmed_at=worlds.MOMENT,
        result_final_at=worlds.MOMENT,
    )
    close(world)
    rows = PublishedTotals.objects.order_by("path").values_list("unit__code", "results", "points", "bands")
    assert list(rows) == [
        ("TINH", 0, Decimal("0.00"), {}),
        ("A", 0, Decimal("0.00"), {}),
        ("A1", 3, Decimal("250.50"), {"excellent": 2, "good": 1}),
        ("B", 0, Decimal("0.00"), {}),
        ("B1", 0, Decimal("0.00"), {}),
    ]
    entry = LedgerEntry.objects.get(act=Act.PERIOD_CLOSED)
    assert entry.after["results_published"] == 3


def test_published_totals_never_change(world: World) -> None:
    decide([world.card(world.lan)], "90.00", "excellent")
    close(world)
    for change in (
        lambda: PublishedTotals.objects.update(points=1),
        lambda: PublishedTotals.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert PublishedTotals.objects.get(unit=world.department).points == Decimal("90.00")
