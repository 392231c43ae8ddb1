"""How criteria fitted: what closing publishes, what is told of it, and that nothing told is about fewer than five."""

import uuid
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.fit_queries import fit_of, periods_of_fit, versions_of_fit
from kpi_cms.evaluation.models import Assessment, CardResult, PublishedSpread, Score, Scorecard
from kpi_cms.evaluation.small_numbers import may_be_told, merged_cells
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import Block, Capability, PeriodState, Role, StaffKind
from snippets.models import Unit
from tests.factories.snippets import hold, holder, in_role
from tests.helpers.results import close, more_people
from tests.helpers.world import MOMENT, World

# --- Every division of people into cells --------------------------------------------------------------------
PEOPLE = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz")), st.integers(0, 12), max_size=9
)


def groups() -> list[frozenset[tuple[str, str]]]:
    """Everything a page may be asked for: all, a block, a kind, one cell."""
    cells = [(block, kind) for block in "ABC" for kind in "xyz"]
    return [
        frozenset(cell for cell in cells if block in ("", cell[0]) and kind in ("", cell[1]))
        for block in ("", *"ABC")
        for kind in ("", *"xyz")
    ]


@given(PEOPLE, st.integers(1, 8))
def test_whatever_is_told_is_made_of_parts_of_at_least_so_many_people(
    people: dict[tuple[str, str], int], least: int
) -> None:
    """Parts: people whom no question tells apart. Each is empty or large enough, so each difference is."""
    told = [group for group in groups() if may_be_told(group, people, least)]
    parts: dict[tuple[bool, ...], int] = {}
    for cell, number in people.items():
        signature = tuple(cell in group for group in told)
        if any(signature):
            parts[signature] = parts.get(signature, 0) + number
    assert all(number == 0 or number >= least for number in parts.values())
    for one, other in combinations(told, 2):
        apart = sum(people.get(cell, 0) for cell in one ^ other)
        assert apart == 0 or apart >= least


@given(PEOPLE)
def test_where_every_cell_is_large_everything_with_people_is_told(people: dict[tuple[str, str], int]) -> None:
    large = {cell: number + 5 for cell, number in people.items() if number}
    assert merged_cells(large, 5) == frozenset()
    for group in groups():
        assert may_be_told(group, large, 5) == any(cell in large for cell in group)


def test_a_small_cell_takes_the_next_smallest_with_it() -> None:
    people = {"a": 2, "b": 6, "c": 9}
    assert merged_cells(people, 5) == {"a", "b"}
    assert [may_be_told(chosen, people, 5) for chosen in ("a", "b", "c", "ab", "ac", "abc", "")] == [
        False, False, True, True, False, True, False,
    ]  # fmt: skip


def test_too_few_altogether_are_not_told_even_together() -> None:
    assert not may_be_told("ab", {"a": 2, "b": 2}, 5)


# --- What closing publishes ---------------------------------------------------------------------------------
pytestmark = pytest.mark.django_db


def scored(card: Scorecard, points: str, own: str | None = None, state: str = CardState.CONFIRMED) -> None:
    """A decided card with so many points for I.1, of five."""
    Scorecard.objects.filter(pk=card.pk).update(
        state=state, evaluated_at=MOMENT, confirmed_at=MOMENT, result_final_at=MOMENT, notified_at=MOMENT
    )
    for stage, value in (("self", own), ("evaluator", points)):
        if value is not None:
            CardResult.objects.update_or_create(
                card=card,
                stage=stage,
                defaults={
                    "period": card.period, "unit": card.unit, "person": card.person, "rounded": Decimal(80),
                    "shown": "80,00", "band": "good", "computed_at": MOMENT, "values": {"I.1": value, "I": "9"},
                },
            )  # fmt: skip


def criterion(world: World, code: str = "I.1") -> FrozenCriterion:
    return FrozenCriterion.objects.get(version=world.staff, code=code)


def policy(world: World) -> Scope:
    return Scope.of(in_role(world.root, Role.POLICY))


def fit(world: World, scope: Scope, **asked: str):
    """Of I.1."""
    return next(
        each for each in fit_of(scope, world.period, world.staff, **asked) if each.criterion.code == "I.1"
    )


def test_closing_counts_values_and_distances_as_shares_without_a_name(world: World) -> None:
    scored(world.card(world.lan), "4", own="5")
    scored(world.card(world.minh), "9/2", own="9/2")
    scored(world.card(world.stranger), "4")
    close(world)
    (row,) = PublishedSpread.objects.filter(period=world.period)
    assert (row.criterion, row.block, row.staff_kind) == (criterion(world), Block.GOVERNMENT, "cong_chuc")
    assert row.values == {"4/5": 2, "9/10": 1}
    assert row.distances == {"-1/5": 1, "0": 1}
    assert row.comments == 0


def test_what_is_not_decided_does_not_count(world: World) -> None:
    scored(world.card(world.lan), "4", own="5")
    scored(world.card(world.minh), "5", own="5", state=CardState.SUBMITTED)
    close(world)
    assert PublishedSpread.objects.get().values == {"4/5": 1}


def test_a_draft_of_somebody_evaluated_without_a_self_assessment_is_no_distance(world: World) -> None:
    card = world.card(world.lan)
    scored(card, "4", own="5")
    Scorecard.objects.filter(pk=card.pk).update(without_self=True)
    close(world)
    row = PublishedSpread.objects.get()
    assert (row.values, row.distances) == ({"4/5": 1}, {})


def test_grounds_are_counted_of_the_raters_whom_the_card_names(world: World) -> None:
    card = world.card(world.lan)
    scored(card, "4", own="5")
    key = uuid.uuid4()
    for stage, rater in (("self", world.lan), ("evaluator", world.head), ("evaluator", world.chair)):
        said = Assessment.objects.create(
            card=card, stage=stage, rater=rater, unit=card.unit, person=card.person
        )
        Score.objects.create(
            assessment=said, criterion=criterion(world), unit=card.unit, person=card.person, value=4,
            grounds_key=key,
        )  # fmt: skip
    close(world)
    assert PublishedSpread.objects.get().comments == 2


def test_people_of_other_blocks_and_kinds_stand_apart(world: World) -> None:
    Unit.objects.filter(pk=world.other_department.pk).update(block=Block.PARTY)
    scored(world.card(world.lan), "4")
    scored(world.card(world.stranger), "5")
    Scorecard.objects.filter(person=world.minh).update(staff_kind=StaffKind.PUBLIC_EMPLOYEE)
    scored(world.card(world.minh), "3")
    close(world)
    found = {(row.block, row.staff_kind): row.values for row in PublishedSpread.objects.all()}
    assert found == {
        ("government", "cong_chuc"): {"4/5": 1},
        ("party", "cong_chuc"): {"1": 1},
        ("government", "vien_chuc"): {"3/5": 1},
    }


def test_what_was_published_is_never_changed(world: World) -> None:
    scored(world.card(world.lan), "4")
    close(world)
    for change in (
        lambda: PublishedSpread.objects.update(values={}),
        lambda: PublishedSpread.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert PublishedSpread.objects.get().values == {"4/5": 1}


# --- What is told -------------------------------------------------------------------------------------------
def five(world: World) -> list[Scorecard]:
    cards = more_people(world, world.other_department, 5, "B")
    for card, points in zip(cards, ("5", "5", "4", "3", "2"), strict=True):
        scored(card, points, own="5")
    return cards


def test_policy_staff_are_told_of_five_people(world: World) -> None:
    five(world)
    close(world)
    found = fit(world, policy(world))
    assert (found.spread.people, found.spread.lower, found.spread.median, found.spread.upper) == (
        5, Fraction(3, 5), Fraction(4, 5), Fraction(1),
    )  # fmt: skip
    assert (found.spread.mean, found.spread.at_maximum) == (Fraction(19, 25), Fraction(2, 5))
    assert (found.distance.people, found.distance.mean, found.distance.same) == (
        5, Fraction(-6, 25), Fraction(2, 5),
    )  # fmt: skip
    assert [grade.value for grade in found.nobody_given[:3]] == [Decimal(0), Decimal("0.25"), Decimal("0.5")]
    assert found.comments == 0


def test_of_four_nothing_is_told_and_nobody_given_says_nothing_either(world: World) -> None:
    five(world)
    Scorecard.objects.filter(person__staff_code="B0").update(state=CardState.SUBMITTED)
    close(world)
    found = fit(world, policy(world))
    assert (found.spread, found.distance, found.nobody_given, found.comments) == (None, None, (), 0)


def test_of_five_with_four_who_scored_themselves_no_distance_is_told(world: World) -> None:
    cards = five(world)
    CardResult.objects.filter(card=cards[0], stage="self").delete()
    close(world)
    found = fit(world, policy(world))
    assert found.spread.people == 5
    assert found.distance is None


def test_a_block_whose_difference_from_all_is_small_is_not_told(world: World) -> None:
    five(world)
    Unit.objects.filter(pk=world.department.pk).update(block=Block.PARTY)
    scored(world.card(world.lan), "1")
    close(world)
    scope = policy(world)
    assert fit(world, scope).spread.people == 6
    assert fit(world, scope, block=Block.GOVERNMENT).spread is None
    assert fit(world, scope, block=Block.PARTY).spread is None
    assert fit(world, scope, kind=StaffKind.CIVIL_SERVANT).spread.people == 6
    assert fit(world, scope, kind=StaffKind.PUBLIC_EMPLOYEE).spread is None


def test_a_result_decided_anew_after_the_closing_changes_nothing_that_is_told(world: World) -> None:
    """T47: before and after one decision, the difference would be that person's points."""
    cards = five(world)
    close(world)
    scope = policy(world)
    before = fit(world, scope)
    scored(cards[0], "0", own="5")
    assert fit(world, scope) == before


def test_whoever_reads_some_results_needs_as_many_people_more(world: World) -> None:
    """Policy staff who are one of the five know one of the values: four others would be left."""
    cards = five(world)
    account = in_role(world.root, Role.POLICY)
    own = cards[0].person
    own.user = account
    own.save()
    Scorecard.objects.filter(pk=cards[0].pk).update(state=CardState.NOTIFIED)
    close(world)
    assert fit(world, Scope.of(account)).spread is None
    assert fit(world, policy(world)).spread.people == 5


def test_one_s_own_result_that_was_never_notified_is_not_worked_out(world: World) -> None:
    """Đ17.3: an auditor who reads everybody else's four would find their own in the total."""
    cards = five(world)
    account = in_role(world.root, Role.AUDITOR)
    own = cards[0].person
    own.user = account
    own.save()
    close(world)
    assert fit(world, Scope.of(account)).spread is None


def test_whoever_reads_every_result_is_told_of_few_people_too(world: World) -> None:
    scored(world.card(world.lan), "4")
    scored(world.card(world.minh), "5")
    close(world)
    found = fit(world, Scope.of(in_role(world.root, Role.AUDITOR)))
    assert (found.spread.people, found.spread.median) == (2, Fraction(9, 10))


# --- Who ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.HEAD, Role.CLERK, Role.ACCESS])
def test_to_others_the_period_is_missing(world: World, role: str) -> None:
    five(world)
    close(world)
    scope = Scope.of(in_role(world.root, role))
    assert periods_of_fit(scope) == []
    with pytest.raises(NotFound):
        fit_of(scope, world.period, world.staff)


def test_nobody_is_told_of_half_a_period(world: World) -> None:
    five(world)
    close(world)
    half = Scope.of(holder(world.other_agency, Capability.PROGRESS, Capability.AUDIT))
    assert periods_of_fit(half) == []
    both = holder(world.other_agency, Capability.PROGRESS)
    hold(both, world.agency, Capability.PROGRESS)
    assert periods_of_fit(Scope.of(both)) == [world.period]


@pytest.mark.parametrize("state", [PeriodState.DRAFT, PeriodState.OPENING, PeriodState.OPEN])
def test_before_it_is_closed_nothing_is_told(world: World, state: str) -> None:
    five(world)
    world.period.state = state
    scope = policy(world)
    assert periods_of_fit(scope) == []
    with pytest.raises(NotFound):
        fit_of(scope, world.period, world.staff)


def test_the_versions_are_those_that_something_was_published_of(world: World) -> None:
    scored(world.card(world.lan), "4")
    close(world)
    assert versions_of_fit(world.period) == [world.staff]
