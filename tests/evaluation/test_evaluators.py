"""Who evaluates whom: the table of rules.md §7, one sentence for each row."""

from datetime import date

import pytest

from kpi_cms.evaluation.domain.evaluators import EvaluatorFound, Organisation
from kpi_cms.evaluation.enums import EvaluatorBasis
from snippets.enums import PostRole
from snippets.models import Appointment, EvaluatorDecision, Person, Unit
from tests.helpers import world as worlds
from tests.helpers.world import LAST, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(draft_world: World) -> World:
    return draft_world


def found(
    who: Person, unit: Unit, role: PostRole, *, day: date = LAST, seconded: bool = False
) -> EvaluatorFound:
    return Organisation(day).evaluator_of(person_id=who.pk, unit=unit, role=role, seconded=seconded)


def test_staff_of_a_constituent_unit_are_evaluated_by_its_head(world: World) -> None:
    assert found(world.lan, world.department, PostRole.MEMBER) == EvaluatorFound(
        world.head.pk, EvaluatorBasis.UNIT_HEAD, {"unit": "A1"}
    )


def test_a_deputy_of_a_constituent_unit_is_evaluated_by_its_head(world: World) -> None:
    assert found(world.deputy, world.department, PostRole.DEPUTY).person_id == world.head.pk


def test_the_head_of_a_constituent_unit_is_evaluated_by_the_head_of_the_using_agency(world: World) -> None:
    assert found(world.head, world.department, PostRole.HEAD) == EvaluatorFound(
        world.chair.pk, EvaluatorBasis.AGENCY_HEAD, {"unit": "A"}
    )


def test_staff_directly_in_the_using_agency_are_evaluated_by_its_head(world: World) -> None:
    assert found(world.minh, world.agency, PostRole.MEMBER) == EvaluatorFound(
        world.chair.pk, EvaluatorBasis.AGENCY_HEAD, {"unit": "A"}
    )


def test_the_head_of_the_using_agency_is_evaluated_by_the_head_of_the_managing_agency(world: World) -> None:
    assert found(world.chair, world.agency, PostRole.HEAD) == EvaluatorFound(
        world.extra["boss"].pk, EvaluatorBasis.MANAGING_HEAD, {"unit": "QUAN-LY"}
    )


def test_the_managing_agency_is_stored_and_never_the_parent_in_the_tree(world: World) -> None:
    Unit.objects.filter(pk=world.agency.pk).update(managing_unit=world.other_agency)
    worlds.appoint(world.stranger, world.other_agency, role=PostRole.HEAD, main=False)
    assert found(world.chair, world.agency, PostRole.HEAD).person_id == world.stranger.pk


def test_without_a_head_the_acting_one_evaluates(world: World) -> None:
    Appointment.objects.filter(person=world.head).update(role=PostRole.MEMBER)
    Appointment.objects.filter(person=world.deputy).update(role=PostRole.HEAD, acting=True)
    assert found(world.lan, world.department, PostRole.MEMBER) == EvaluatorFound(
        world.deputy.pk, EvaluatorBasis.ACTING_HEAD, {"unit": "A1"}
    )


def test_a_head_comes_before_an_acting_one(world: World) -> None:
    worlds.appoint(world.deputy, world.department, role=PostRole.HEAD, main=False, acting=True)
    assert found(world.lan, world.department, PostRole.MEMBER).person_id == world.head.pk


def test_without_any_head_the_superior_evaluates_and_the_vacancy_is_named(world: World) -> None:
    Appointment.objects.filter(person=world.head).update(ends_on=date(2026, 7, 30))
    assert found(world.lan, world.department, PostRole.MEMBER) == EvaluatorFound(
        world.chair.pk, EvaluatorBasis.SUPERIOR, {"unit": "A", "vacant": ["A1"]}
    )


def test_nobody_evaluates_themselves_even_as_acting_head(world: World) -> None:
    Appointment.objects.filter(person=world.head).update(role=PostRole.MEMBER)
    worlds.appoint(world.deputy, world.department, role=PostRole.HEAD, main=False, acting=True)
    assert found(world.deputy, world.department, PostRole.DEPUTY).person_id == world.chair.pk


def test_whoever_received_a_secondment_evaluates(world: World) -> None:
    assert found(world.lan, world.other_department, PostRole.MEMBER, seconded=True) == EvaluatorFound(
        world.other_head.pk, EvaluatorBasis.RECEIVING_HEAD, {"unit": "B1"}
    )


def test_a_dated_decision_comes_before_every_rule(world: World) -> None:
    EvaluatorDecision.objects.create(
        person=world.lan,
        evaluator=world.other_head,
        starts_on=date(2026, 7, 1),
        ends_on=date(2026, 7, 31),
        decision_number="7/QĐ",
    )
    assert found(world.lan, world.department, PostRole.MEMBER) == EvaluatorFound(
        world.other_head.pk, EvaluatorBasis.DECISION, {"decision": "7/QĐ"}
    )


def test_a_decision_holds_on_its_days_only(world: World) -> None:
    EvaluatorDecision.objects.create(
        person=world.lan, evaluator=world.other_head, starts_on=date(2026, 8, 1), decision_number="7/QĐ"
    )
    assert found(world.lan, world.department, PostRole.MEMBER).person_id == world.head.pk


def test_where_nobody_can_be_found_the_card_says_which_posts_are_vacant(world: World) -> None:
    Appointment.objects.filter(role=PostRole.HEAD).update(ends_on=date(2026, 7, 1))
    assert found(world.lan, world.department, PostRole.MEMBER) == EvaluatorFound(
        None, EvaluatorBasis.NONE, {"vacant": ["A1", "A", "QUAN-LY"]}
    )


def test_agencies_that_manage_each_other_end_the_search(world: World) -> None:
    Appointment.objects.filter(role=PostRole.HEAD).update(ends_on=date(2026, 7, 1))
    Unit.objects.filter(code="QUAN-LY").update(managing_unit=world.agency)
    assert found(world.chair, world.agency, PostRole.HEAD) == EvaluatorFound(
        None, EvaluatorBasis.NONE, {"vacant": ["QUAN-LY", "A"]}
    )


def test_a_unit_without_a_using_agency_above_is_its_own(world: World) -> None:
    assert Organisation(LAST).using_agency(world.root).pk == world.root.pk
    assert Organisation(LAST).head_of(world.root) is None
