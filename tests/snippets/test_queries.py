"""Who heads what, where somebody belongs, and the tree; one by one and for thousands."""

from datetime import date

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.foundation.access.scope import Scope
from snippets import queries
from snippets.enums import Capability, UnitLevel
from snippets.models import EvaluatorDecision, FieldAssignment, Person, Unit
from tests.factories.snippets import AppointmentFactory, PersonFactory, UnitFactory, holder

pytestmark = pytest.mark.django_db

DAY = date(2026, 7, 31)


def test_the_using_agency_is_the_nearest_above_or_the_unit_itself():
    root = UnitFactory(grouping=True)
    agency = UnitFactory(parent=root, using=True)
    department = UnitFactory(parent=agency)
    team = UnitFactory(parent=department)
    inner = UnitFactory(parent=department, using=True)

    found = {unit: queries.using_agency(unit) for unit in (root, agency, department, team, inner)}

    assert found == {root: None, agency: agency, department: agency, team: agency, inner: inner}
    assert queries.agencies_by_unit() == {
        unit.pk: found_agency.pk if found_agency else None for unit, found_agency in found.items()
    }
    assert queries.agencies_by_unit(Unit.objects.filter(pk=team.pk)) == {team.pk: agency.pk}


def test_a_regular_head_comes_before_an_acting_one():
    unit = UnitFactory()
    acting = AppointmentFactory(person=PersonFactory(unit=unit), acting_head=True, starts_on=date(2026, 7, 1))
    assert queries.head_of(unit, DAY) == queries.Head(unit.pk, acting.person_id, True, acting.pk)

    regular = AppointmentFactory(person=PersonFactory(unit=unit), head=True)
    assert queries.head_of(unit, DAY) == queries.Head(unit.pk, regular.person_id, False, regular.pk)


def test_among_several_heads_the_main_then_the_later_then_the_first_registered():
    unit = UnitFactory()
    secondary = AppointmentFactory(person=PersonFactory(unit=unit), head=True, secondary=True)
    early = AppointmentFactory(person=PersonFactory(unit=unit), head=True, starts_on=date(2025, 8, 1))
    late = AppointmentFactory(person=PersonFactory(unit=unit), head=True, starts_on=date(2026, 1, 1))
    same_day = AppointmentFactory(person=PersonFactory(unit=unit), head=True, starts_on=date(2026, 1, 1))

    for expected in (late, same_day, early, secondary):
        assert queries.head_of(unit, DAY).appointment_id == expected.pk
        expected.delete()
    assert queries.head_of(unit, DAY) is None


def test_nobody_heads_a_unit_outside_the_dates():
    unit = UnitFactory()
    AppointmentFactory(
        person=PersonFactory(unit=unit), head=True, starts_on=date(2026, 8, 1), ends_on=date(2026, 8, 31)
    )
    AppointmentFactory(person=PersonFactory(unit=unit), deputy=True)

    assert queries.head_of(unit, DAY) is None
    assert queries.head_of(unit, date(2026, 8, 1)) is not None
    assert queries.head_of(unit, date(2026, 8, 31)) is not None
    assert queries.head_of(unit, date(2026, 9, 1)) is None


def test_the_managing_head_is_the_stored_agencys_never_the_parents():
    root = UnitFactory(grouping=True)
    committee = UnitFactory(parent=root)
    unit = UnitFactory(parent=root, managing_unit=committee)
    AppointmentFactory(person=PersonFactory(unit=root), head=True)
    head = AppointmentFactory(person=PersonFactory(unit=committee), head=True)

    assert queries.managing_head(unit, DAY).person_id == head.person_id
    assert queries.managing_head(committee, DAY) is None


def test_the_members_of_a_unit_stand_in_the_order_of_names():
    unit = UnitFactory()
    below = UnitFactory(parent=unit)
    people = {}
    for name, where in (("Trần Ân", unit), ("Lê An", unit), ("Đỗ Bình", below)):
        person = PersonFactory(full_name=name, unit=where)
        people[name] = AppointmentFactory(person=person)
    AppointmentFactory(person=PersonFactory(unit=unit), unit=unit, secondary=True)

    assert list(queries.members_of(unit, DAY)) == [people["Lê An"], people["Trần Ân"]]
    assert [row.person.full_name for row in queries.members_of(unit, DAY, below=True)] == [
        "Lê An",
        "Trần Ân",
        "Đỗ Bình",
    ]


def test_a_persons_main_appointment_on_a_day():
    person = PersonFactory()
    old = AppointmentFactory(person=person, ends_on=date(2026, 7, 15))
    new = AppointmentFactory(person=person, starts_on=date(2026, 7, 16))
    AppointmentFactory(person=person, secondary=True, unit=UnitFactory())

    assert queries.main_appointment(person, date(2026, 7, 15)) == old
    assert queries.main_appointment(person, DAY) == new
    assert queries.main_appointment(person, date(2025, 1, 1)) is None
    assert queries.main_appointments(DAY) == {person.pk: new}
    assert queries.main_appointments(DAY, [person.pk]) == {person.pk: new}
    assert queries.main_appointments(DAY, []) == {}


def test_dated_decisions_on_a_day():
    person, first, second, unit = PersonFactory(), PersonFactory(), PersonFactory(), UnitFactory()
    EvaluatorDecision.objects.create(
        person=person, evaluator=first, starts_on=date(2026, 1, 1), decision_number="1"
    )
    later = EvaluatorDecision.objects.create(
        person=person, evaluator=second, starts_on=date(2026, 7, 1), decision_number="2"
    )
    FieldAssignment.objects.create(
        person=person, unit=unit, starts_on=date(2026, 7, 1), ends_on=DAY, decision_number="3"
    )

    assert queries.decided_evaluators(DAY) == {person.pk: later}
    assert queries.decided_evaluators(DAY, [first.pk]) == {}
    assert queries.deputies_fields(DAY) == {person.pk: [unit.pk]}
    assert queries.deputies_fields(date(2026, 8, 1)) == {}


def test_the_top_units_of_a_reader_and_those_directly_below():
    root = UnitFactory(grouping=True)
    commune = UnitFactory(parent=root)
    block = UnitFactory(parent=commune)
    UnitFactory(parent=block)
    other = UnitFactory(parent=root)
    UnitFactory(parent=other)

    everything = Scope.of(holder(root, Capability.MANAGE_PERIODS))
    assert list(queries.top_units(everything, Capability.MANAGE_PERIODS)) == [root, commune, other]
    one = Scope.of(holder(commune, Capability.MANAGE_PERIODS))
    assert list(queries.top_units(one, Capability.MANAGE_PERIODS)) == [commune, block]
    assert list(queries.top_units(Scope(), Capability.MANAGE_PERIODS)) == []


@pytest.mark.parametrize("text", ["nguyet", "NGUYỆT", "dang nguyet", "nguyet dang", "nv77"])
def test_people_are_found_without_marks_in_any_order(text):
    found = PersonFactory(full_name="Đặng Thị Nguyệt", staff_code="NV77")
    PersonFactory(full_name="Lê Văn Tám", staff_code="NV78")

    assert list(queries.find_people(Person.objects.all(), text)) == [found]


def test_units_are_found_by_name_and_code():
    unit = UnitFactory(code="KT", name="Phòng Kế hoạch")
    UnitFactory(code="VP", name="Văn phòng")

    assert list(queries.find_units(Unit.objects.all(), "ke hoach")) == [unit]
    assert list(queries.find_units(Unit.objects.all(), "kt phong")) == [unit]


LEVELS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(UnitLevel.values)), min_size=1, max_size=6)


@settings(max_examples=30)
@given(shape=LEVELS)
def test_one_by_one_and_set_based_agree_on_any_tree(shape):
    with transaction.atomic():
        units = [UnitFactory(level=shape[0][1])]
        for above, level in shape[1:]:
            units.append(UnitFactory(parent=units[above % len(units)], level=level))
        units = list(Unit.objects.filter(pk__in=[unit.pk for unit in units]))
        one_by_one = {unit.pk: getattr(queries.using_agency(unit), "pk", None) for unit in units}

        found = queries.agencies_by_unit()

        assert {unit.pk: found[unit.pk] for unit in units} == one_by_one
        for unit in units:
            assert list(queries.ancestors_or_self(unit)) == [*unit.get_ancestors(), unit]
            assert list(queries.below_or_self(unit)) == [unit, *unit.get_descendants()]
        transaction.set_rollback(True)
