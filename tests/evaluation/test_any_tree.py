"""Whatever the tree: nobody evaluates themselves, and whoever evaluates heads a unit on the chain (rules.md §7)."""

import uuid
from datetime import date
from itertools import product as combinations
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_cms.evaluation.domain.evaluators import EvaluatorFound, Organisation
from kpi_cms.evaluation.enums import EvaluatorBasis
from snippets.enums import Block, PostRole, StaffKind, UnitLevel
from snippets.models import Appointment, EvaluatorDecision, Person, Position, Unit
from tests.helpers import month

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 31)


class Node(NamedTuple):
    """A unit by its number: parent and managing agency are numbers too; heads are people's numbers, acting or not."""

    parent: int | None
    level: str
    managing: int | None
    heads: list[tuple[int, bool]]


PEOPLE = 6


@st.composite
def trees(draw: st.DrawFn) -> list[Node]:
    count = draw(st.integers(1, 8))
    level = st.sampled_from([UnitLevel.GROUPING, UnitLevel.USING, UnitLevel.CONSTITUENT])
    heads = st.lists(
        st.tuples(st.integers(0, PEOPLE - 1), st.booleans()), max_size=2, unique_by=lambda h: h[0]
    ).filter(lambda found: sum(not acting for _person, acting in found) < 2)
    return [
        Node(
            draw(st.none() | st.integers(0, number - 1)) if number else None,
            draw(level),
            draw(st.sampled_from([None, *(other for other in range(count) if other != number)])),
            draw(heads),
        )
        for number in range(count)
    ]


def stored(nodes: list[Node], decision: tuple[int, int] | None) -> tuple[list[Unit], list[Person]]:
    """The tree as rows."""
    units: list[Unit] = []
    for number, node in enumerate(nodes):
        values: dict[str, Any] = {
            "code": f"U{number}", "name": f"U{number}", "search_text": "", "block": Block.GOVERNMENT,
            "level": node.level, "opened_on": date(2020, 1, 1),
        }  # fmt: skip
        if node.parent is None:
            units.append(Unit.add_root(**values))
        else:
            units.append(Unit.objects.get(pk=units[node.parent].pk).add_child(**values))
    for unit, node in zip(units, nodes, strict=True):
        if node.managing is not None:
            Unit.objects.filter(pk=unit.pk).update(managing_unit=units[node.managing])
    people = Person.objects.bulk_create(
        Person(
            staff_code=f"P{number}", full_name=f"P{number}", sort_key=f"{number}", search_text="",
            kind=StaffKind.CIVIL_SERVANT, unit=units[0], name_key=uuid.uuid4(),
        )
        for number in range(PEOPLE)
    )  # fmt: skip
    position = Position.objects.create(code="head", title="Trưởng", role=PostRole.HEAD)
    Appointment.objects.bulk_create(
        Appointment(
            person=people[person], unit=unit, position=position, role=PostRole.HEAD, acting=acting,
            is_main=False, starts_on=date(2020, 1, 1),
        )
        for unit, node in zip(units, nodes, strict=True)
        for person, acting in node.heads
    )  # fmt: skip
    if decision is not None and decision[0] != decision[1]:
        EvaluatorDecision.objects.create(
            person=people[decision[0]], evaluator=people[decision[1]], starts_on=DAY, decision_number="1/QĐ"
        )
    return list(Unit.objects.order_by("pk")), people


def agency(nodes: list[Node], unit: int) -> int:
    """The nearest using agency at or above; itself where there is none."""
    at: int | None = unit
    while at is not None:
        if nodes[at].level == UnitLevel.USING:
            return at
        at = nodes[at].parent
    return unit


def chain(nodes: list[Node], unit: int, role: str) -> list[int]:
    """Units whose heads are asked, in their order: a plain reading of the table, from numbers only."""

    def above(unit: int) -> int | None:
        own = agency(nodes, unit)
        return own if own != unit else nodes[unit].managing

    at = above(unit) if role == PostRole.HEAD else unit
    asked: list[int] = []
    while at is not None and at not in asked:
        asked.append(at)
        at = above(at)
    return asked


def head(node: Node) -> int | None:
    """A regular head before an acting one, the one appointed first before the other."""
    heads = sorted(node.heads, key=lambda entry: entry[1])
    return heads[0][0] if heads else None


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    nodes=trees(),
    decision=st.none() | st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)),
)
def test_the_evaluator_heads_the_first_unit_on_the_chain_that_somebody_else_heads(
    nodes: list[Node], decision: tuple[int, int] | None
) -> None:
    with month.undone():
        units, people = stored(nodes, decision)
        numbers = {person.pk: number for number, person in enumerate(people)}
        organisation, again = Organisation(DAY), Organisation(DAY)
        for person, (number, unit), role in combinations(people, list(enumerate(units)), PostRole):
            asked: dict[str, Any] = {"person_id": person.pk, "unit": unit, "role": role}
            found = organisation.evaluator_of(**asked)
            assert again.evaluator_of(**asked) == found
            assert found.person_id != person.pk
            check(nodes, decision, numbers[person.pk], number, role, found, numbers)


def check(
    nodes: list[Node],
    decision: tuple[int, int] | None,
    person: int,
    unit: int,
    role: str,
    found: EvaluatorFound,
    numbers: dict[int, int],
) -> None:
    if decision is not None and decision[0] == person != decision[1]:
        assert (found.basis, numbers[found.person_id or 0]) == (EvaluatorBasis.DECISION, decision[1])
        return
    asked = chain(nodes, unit, role)
    others = [(at, head(nodes[at])) for at in asked]
    usable = [(at, other) for at, other in others if other is not None and other != person]
    if not usable:
        assert (found.person_id, found.basis) == (None, EvaluatorBasis.NONE)
        assert found.details == {"vacant": [f"U{at}" for at in asked]}
        return
    first, evaluator = usable[0]
    passed = [f"U{at}" for at in asked[: asked.index(first)]]
    assert numbers[found.person_id or 0] == evaluator
    assert found.details == {"unit": f"U{first}"} | ({"vacant": passed} if passed else {})
    assert (found.basis == EvaluatorBasis.SUPERIOR) == bool(passed)
