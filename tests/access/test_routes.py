"""Every address has its rule and every rule its address; nothing is left out because it is hard to ask."""

import pytest
from django.urls import resolve

from tests.access import institution, rulebook
from tests.access.cells import Filling, all_cells, dimensions, pairwise_cells, route_of
from tests.access.institution import RELATIONS, ROLES, STATES
from tests.access.routes import METHODS, address, keys, programs, routes
from tests.access.rulebook import NO_METHOD, entries, groups, rules

ENTRIES = [(key, entry) for key, found in entries().items() for entry in found]


def test_every_address_has_a_rule_and_every_rule_an_address():
    """docs/access.md says how to add one."""
    assert sorted(set(keys()) - set(entries())) == []
    assert sorted(set(entries()) - set(keys())) == []


def test_no_two_patterns_go_by_one_key():
    assert len(keys()) == len(set(keys())) == len(routes())


def test_every_rule_that_an_address_names_exists_and_every_rule_is_named():
    named = {entry.rule_of(method) for _key, entry in ENTRIES for method in METHODS}
    named |= {entry.offers for _key, entry in ENTRIES if entry.offers}
    assert sorted(named - set(rules()) - {NO_METHOD}) == []
    built_on = {table["sees"] for table in rulebook._read("who.toml")["rule"].values() if "sees" in table}
    assert sorted(set(rules()) - named - built_on) == []


def test_no_address_takes_neither_method():
    assert [key for key, entry in ENTRIES if {entry.get, entry.post} == {NO_METHOD}] == []


def test_whoever_is_allowed_sees_it_too():
    assert [name for name, rule in rules().items() if not rule.allowed <= rule.seen] == []


def test_a_visitor_is_in_no_group():
    assert [name for name, members in groups().items() if "anonymous" in members] == ["anonymous"]


@pytest.mark.parametrize("role", ROLES)
def test_every_address_is_filled_in_and_leads_to_its_own_view(db, prober, role):
    """A view whose arguments cannot be built is a failure: nothing is skipped."""
    found = []
    for key, entry in ENTRIES:
        relations, states = dimensions(entry)
        for relation in relations:
            filling = Filling(prober.made, role, relation, states[0])
            path = address(route_of(key), {name: filling(word) for name, word in entry.args.items()})
            if resolve(path).func is not route_of(key).view:
                found.append((key, path))
            if len(relations) == 1:
                break
    assert found == []


def test_the_subset_asks_every_address_by_every_method_and_every_pair_of_the_rest():
    cells = set(pairwise_cells())
    assert cells <= set(all_cells())
    assert {(cell.key, cell.number, cell.method) for cell in cells} == {
        (key, number, method)
        for key, found in entries().items()
        for number in range(len(found))
        for method in METHODS
    }
    related = {(key, number) for key, found in entries().items() for number, entry in enumerate(found)
               if dimensions(entry)[0] == RELATIONS}  # fmt: skip
    asked = {(cell.key, cell.number, cell.relation) for cell in cells if (cell.key, cell.number) in related}
    assert asked == {(*one, relation) for one in related for relation in RELATIONS}
    for pair in (("role", "relation"), ("role", "state"), ("relation", "state")):
        values = {"role": ROLES, "relation": RELATIONS, "state": STATES}
        met = {tuple(getattr(cell, name) for name in pair) for cell in cells}
        assert met == {(one, two) for one in values[pair[0]] for two in values[pair[1]]}


def test_the_whole_is_what_the_design_asks_for():
    assert (len(ROLES), len(RELATIONS), len(STATES)) == (10, 6, 6)
    assert sum(1 for _cell in all_cells()) > 43_000


def test_an_address_that_nobody_knows_fails(monkeypatch):
    """So that the first test of this file is known to bite."""
    monkeypatch.delitem(entries(), "workspace:card")
    with pytest.raises(AssertionError, match="workspace:card"):
        test_every_address_has_a_rule_and_every_rule_an_address()


def test_an_argument_that_nobody_knows_fails(db, prober):
    filling = Filling(prober.made, "head", "same", "opened")
    with pytest.raises(LookupError, match="khong-co"):
        filling("khong-co")
    with pytest.raises(LookupError, match="pk"):
        address(route_of("workspace:card"), {})


# --- What runs without a browser ----------------------------------------------------------------------------
def test_every_command_job_and_daily_work_says_who_runs_it():
    """None of them asks for a sign-in: whoever may start programs on the machine may start them."""
    assert sorted(set(programs()) - set(rulebook.programs())) == []
    assert sorted(set(rulebook.programs()) - set(programs())) == []
    assert set(rulebook.programs().values()) <= {"operator", "scheduler", "worker"}


def test_every_role_of_the_matrix_stands_in_the_institution():
    assert tuple(institution.HOLDERS) == ROLES[1:]
