"""The people import where it names heads and moves people: what appointing one by one would do or refuse."""

from dataclasses import replace
from datetime import date

import pytest

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.interfaces.exchange.reading import change_label
from snippets.domain import people
from snippets.enums import Capability
from snippets.models import Appointment, Person, Position
from tests.factories.snippets import AppointmentFactory, PersonFactory
from tests.snippets.domain.test_people_import import Row, apply, changes, plan, world

__all__ = ["world"]  # a fixture

pytestmark = pytest.mark.django_db

HEAD = {"role": "head", "position_code": "TP"}


def test_no_file_gives_a_unit_a_second_head(system, moment, world):
    apply(system, moment, Row(**HEAD))

    (problem,) = plan(
        system, moment, Row(staff_code="NV2", starts_on=date(2000, 1, 1), row=3, **HEAD)
    ).problems

    assert (problem.row, problem.column) == (3, "role")
    assert problem.sentence == (
        "Đặng Thị Nguyệt (NV1) heads “Phòng Kinh tế” from 01/01/2026. End that appointment on an earlier day first, or "
        "record this one as acting."
    )
    beside = Row(staff_code="NV2", acting=True, row=3, **HEAD)
    lent = Row(staff_code="NV3", seconded=True, row=4, **HEAD)
    assert plan(system, moment, beside, lent).problems == []


def test_no_file_names_two_heads_of_one_unit(system, moment, world):
    found = plan(system, moment, Row(**HEAD), Row(staff_code="NV2", row=3, **HEAD))

    assert [(problem.row, problem.column) for problem in found.problems] == [(3, "role")]
    with pytest.raises(Invalid):
        apply(system, moment, Row(**HEAD), Row(staff_code="NV2", row=3, **HEAD))
    assert Person.objects.count() == 0


@pytest.mark.parametrize("first", [0, 1])
def test_a_new_head_follows_the_one_whom_the_same_file_moves(system, moment, world, first):
    apply(system, moment, Row(**HEAD), Row(staff_code="NV2", row=3))
    rows = [
        Row(unit_code="VP", starts_on=date(2026, 7, 1)),
        Row(staff_code="NV2", starts_on=date(2026, 7, 1), row=3, **HEAD),
    ]

    apply(system, moment, rows[first], rows[1 - first])

    heads = Appointment.objects.heads().filter(unit=world).order_by("starts_on")
    assert [(each.person.staff_code, each.ends_on) for each in heads] == [
        ("NV1", date(2026, 6, 30)),
        ("NV2", None),
    ]


def test_heads_may_be_exchanged_by_a_correction(system, moment, world):
    rows = Row(**HEAD), Row(staff_code="NV2", unit_code="VP", row=3, **HEAD), Row(staff_code="NV3", row=4)
    apply(system, moment, *rows)

    apply(system, moment, replace(rows[0], unit_code="VP"), replace(rows[1], unit_code="KT"), rows[2])
    apply(system, moment, replace(rows[0], role="member"), replace(rows[2], unit_code="VP", **HEAD))

    assert dict(Appointment.objects.heads().values_list("unit__code", "person__staff_code")) == {
        "KT": "NV2",
        "VP": "NV3",
    }
    assert not Appointment.history.filter(acting=True).exists()


def test_a_file_that_moves_somebody_ends_what_a_transfer_by_hand_would_end(system, moment, world):
    apply(system, moment, Row(account=True))
    person = Person.objects.get()
    headed = people.appoint(
        actor=system, moment=moment, person=person, unit=world, position=Position.objects.get(code="TP"),
        role="head", starts_on=date(2026, 2, 1), is_main=False,
    )  # fmt: skip
    later = AppointmentFactory(person=person, secondary=True, unit=world, starts_on=date(2026, 9, 1))
    assert Scope.of(person.user).covers(Capability.EVALUATE, world)
    moving = Row(unit_code="VP", starts_on=date(2026, 7, 1))

    assert ("left_behind", "", "30/06/2026") in changes(plan(system, moment, moving).changed[0])
    assert change_label("left_behind") == "last day of a further appointment in the unit left"
    apply(system, moment, moving)

    headed.refresh_from_db()
    later.refresh_from_db()
    assert (headed.ends_on, later.ends_on) == (date(2026, 6, 30), None)
    assert Scope.of(person.user).held == {}
    assert apply(system, moment, moving).plan.counts["unchanged"] == 1


def test_a_file_that_brings_somebody_back_ends_what_was_left_in_the_unit_before(system, moment, world):
    person = PersonFactory(staff_code="NV1", full_name=Row.full_name, unit=world)
    AppointmentFactory(person=person, ends_on=date(2026, 3, 31))
    beside = AppointmentFactory(person=person, secondary=True)

    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 7, 1)))

    beside.refresh_from_db()
    assert beside.ends_on == date(2026, 6, 30)
