"""What an account holds: a capability on a unit covers the unit's subtree, and nothing else does."""

import random

import pytest
from django.contrib.auth.models import AnonymousUser
from guardian.shortcuts import get_objects_for_user
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.access.scope import Scope, paths_q, shortest
from kpi_cms.foundation.core.scope_model import scope_model
from snippets.models import Person, Unit
from tests.factories.snippets import PersonFactory, UnitFactory, UserFactory, hold, holder

steps = st.sampled_from(["0001", "0002", "0003", "000A"])
paths = st.lists(steps, min_size=1, max_size=5).map("".join)
held = st.dictionaries(
    st.sampled_from(["view_cards", "audit", "evaluate"]), st.lists(paths, max_size=4).map(tuple)
)


class Node:
    """A unit, as far as the scope asks one."""

    def __init__(self, path):
        self.path = path


def above(path):
    """The path and all paths above it: a walk, step by step."""
    return {path[:end] for end in range(4, len(path) + 1, 4)}


@given(held, paths, st.sampled_from(["view_cards", "audit", "manage_people"]))
def test_covering_is_walking_up_the_tree(capabilities, path, capability):
    scope = Scope(1, capabilities)
    assert scope.covers(capability, Node(path)) == bool(above(path) & set(capabilities.get(capability, ())))


@given(held, paths)
def test_any_of_several_capabilities_is_enough(capabilities, path):
    scope = Scope(1, capabilities)
    wanted = ("view_cards", "audit")
    assert scope.covers_any(wanted, Node(path)) == any(scope.covers(one, Node(path)) for one in wanted)


@given(st.lists(paths))
def test_the_shortest_paths_cover_the_same_units_and_none_lies_below_another(some):
    kept = shortest(some)
    assert list(kept) == sorted(set(kept))
    assert all(any(path.startswith(one) for one in kept) for path in some)
    assert set(kept) <= set(some)
    assert not [(one, other) for one in kept for other in kept if one != other and other.startswith(one)]


def test_a_path_that_begins_like_another_is_not_below_it():
    assert shortest(["00010002", "0001", "00020001"]) == ("0001", "00020001")


def test_holding_anywhere_is_holding():
    scope = Scope(1, {"audit": ("0001",), "evaluate": ()})
    assert scope.holds("audit")
    assert scope.holds("view_cards", "audit")
    assert not scope.holds("evaluate")
    assert not scope.holds()
    assert not Scope().holds("audit")


def test_several_capabilities_are_held_on_their_paths_together():
    scope = Scope(1, {"audit": ("00010001", "0002"), "view_cards": ("0001",)})
    assert scope.paths("audit", "view_cards", "evaluate") == ("0001", "0002")
    assert scope.paths() == ()


@pytest.mark.django_db
def test_the_unit_comes_from_settings():
    assert scope_model() is Unit


@pytest.mark.django_db
def test_a_scope_costs_one_query(django_assert_num_queries):
    user = hold(UserFactory(), UnitFactory(), "view_cards", "audit")
    hold(user, UnitFactory(), "view_cards")
    with django_assert_num_queries(1):
        scope = Scope.of(user)
        assert len(scope.paths("view_cards")) == 2
    assert scope.user_id == user.pk


@pytest.mark.django_db
def test_an_account_holds_what_it_was_given_on_the_unit_and_below():
    top = UnitFactory()
    below, beside = UnitFactory(parent=top), UnitFactory()
    scope = Scope.of(holder(top, "view_cards"))
    assert [scope.covers("view_cards", unit) for unit in (top, below, beside)] == [True, True, False]
    assert not scope.covers("audit", top)
    assert list(scope.units("view_cards").order_by("path")) == [top, below]


@pytest.mark.django_db
def test_a_unit_that_moved_is_covered_where_it_stands_now():
    top, other = UnitFactory(), UnitFactory()
    moving = UnitFactory(parent=top)
    user = holder(top, "view_cards")
    Unit.objects.get(pk=moving.pk).move(Unit.objects.get(pk=other.pk), "last-child")
    moving.refresh_from_db()
    assert not Scope.of(user).covers("view_cards", moving)


@pytest.mark.django_db
def test_nobody_inactive_anonymous_or_unsaved_holds_anything(django_assert_num_queries):
    user = holder(UnitFactory(), "view_cards", inactive=True)
    with django_assert_num_queries(0):
        for nobody in (user, AnonymousUser(), type(user)(username="NEW"), None):
            assert Scope.of(nobody) == Scope()


@pytest.mark.django_db
def test_being_a_superuser_gives_nothing():
    unit = UnitFactory()
    PersonFactory(unit=unit)
    root = UserFactory(is_superuser=True, is_staff=True)
    scope = Scope.of(root)
    assert not scope.holds("view_cards", "audit", "evaluate")
    assert not scope.covers("view_cards", unit)
    assert list(Person.objects.within(scope, "view_cards")) == []


@pytest.mark.django_db
def test_a_scope_without_paths_matches_no_row():
    UnitFactory()
    assert list(Unit.objects.filter(paths_q((), "path"))) == []
    assert list(Scope().units("view_cards")) == []


@pytest.mark.django_db
def test_many_paths_of_one_length_match_what_lies_below_each_and_nothing_beside():
    top = [UnitFactory() for _number in range(4)]
    below = [UnitFactory(parent=unit) for unit in top]
    deeper = [UnitFactory(parent=unit) for unit in below]
    chosen = [top[0].path, top[2].path, deeper[1].path, deeper[3].path]
    found = Unit.objects.filter(paths_q(chosen, "path"))
    expected = {top[0], top[2], below[0], below[2], *deeper}
    assert set(found) == expected
    people = {unit: PersonFactory(unit=unit) for unit in (*top, *below, *deeper)}
    listed = Person.objects.filter(paths_q(chosen, "unit__path"))
    assert set(listed) == {people[unit] for unit in expected}


@pytest.mark.django_db
def test_every_list_agrees_with_the_walk_up_the_tree():
    """300 pairs of account and unit: rules, lists, related rows and has_perm say the same."""
    choice = random.Random(335)
    units = [UnitFactory()]
    for _number in range(29):
        units.append(UnitFactory(parent=choice.choice([None, *units])))
    people = {unit.pk: PersonFactory(unit=unit) for unit in units}
    units = list(Unit.objects.all())
    for _number in range(10):
        user = UserFactory()
        given_on = choice.sample(units, choice.randint(0, 3))
        for unit in given_on:
            hold(user, unit, choice.choice(["view_cards", "audit"]))
        scope = Scope.of(user)
        tops = set(user.grants.filter(capability="view_cards").values_list("unit__path", flat=True))
        wanted = {unit.pk for unit in units if above(unit.path) & tops}
        assert {unit.pk for unit in units if scope.covers("view_cards", unit)} == wanted
        assert set(scope.units("view_cards").values_list("pk", flat=True)) == wanted
        assert set(Unit.objects.within(scope, "view_cards").values_list("pk", flat=True)) == wanted
        assert set(Person.objects.within(scope, "view_cards").values_list("unit_id", flat=True)) == wanted
        assert set(Person.objects.filter(scope.q("view_cards")).values_list("pk", flat=True)) == {
            people[key].pk for key in wanted
        }
        direct = get_objects_for_user(user, "snippets.view_cards", accept_global_perms=False)
        assert {unit.path for unit in direct} == tops
        assert {unit.path for unit in units if user.has_perm("snippets.view_cards", unit)} == tops
