"""Leaving the service, and what is put right about it."""

from datetime import date

import pytest

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState
from snippets.domain import people
from snippets.domain.people.accounts import link_account
from snippets.enums import Capability, PostRole
from snippets.models import Appointment, Person, Unit
from tests.factories.snippets import AppointmentFactory, GrantFactory, PersonFactory, UnitFactory, hold
from tests.snippets.domain.test_people import FIRST, appoint

pytestmark = pytest.mark.django_db


def test_leaving_the_service_ends_every_appointment_the_day_before(system, moment):
    person = PersonFactory()
    AppointmentFactory(person=person)
    AppointmentFactory(person=person, secondary=True, unit=UnitFactory())

    left = people.leave_service(
        actor=system, moment=moment, person=person, on=date(2026, 8, 1), reason="Nghỉ hưu"
    )

    assert left.left_on == date(2026, 8, 1)
    assert set(Appointment.objects.values_list("ends_on", flat=True)) == {date(2026, 7, 31)}
    with pytest.raises(WrongState):
        people.leave_service(actor=system, moment=moment, person=person, on=date(2026, 9, 1), reason="x")


def test_nobody_leaves_before_an_appointment_that_is_known_for_later(system, moment):
    person = PersonFactory()
    AppointmentFactory(person=person, starts_on=date(2026, 9, 1))

    with pytest.raises(WrongState):
        people.leave_service(actor=system, moment=moment, person=person, on=date(2026, 8, 1), reason="x")
    person.refresh_from_db()
    assert person.left_on is None


def leaves(actor, moment, person, on, reason="Nghỉ hưu"):
    return people.leave_service(actor=actor, moment=moment, person=person, on=on, reason=reason)


def corrected(actor, moment, person, on, reason="Nhập nhầm"):
    return people.correct_leaving(actor=actor, moment=moment, person=person, on=on, reason=reason)


def last_days():
    return list(Appointment.objects.order_by("pk").values_list("ends_on", flat=True))


def test_leaving_that_is_withdrawn_leaves_everything_as_it_was(system, moment):
    person = PersonFactory(with_account=True)
    headed = AppointmentFactory(person=person, head=True)
    AppointmentFactory(person=person, secondary=True, ends_on=date(2026, 12, 31))
    over = AppointmentFactory(person=person, secondary=True, ends_on=date(2026, 5, 31))
    with as_actor(system, moment):
        link_account(person, person.user, actor=system, moment=moment)
    leaves(system, moment, person, date(2026, 6, 1))
    assert Scope.of(person.user).held == {}

    back = corrected(system, moment, person, None)

    assert (back.left_on, last_days()) == (None, [None, date(2026, 12, 31), over.ends_on])
    assert Scope.of(person.user).covers(Capability.EVALUATE, headed.unit)
    entry = LedgerEntry.objects.latest("pk")
    assert (entry.act, entry.before, entry.after["left_on"]) == (
        Act.PERSON_CHANGED,
        {"left_on": "2026-06-01"},
        None,
    )
    assert [post["ends_on"] for post in entry.after["appointments"]] == [None, "2026-12-31"]
    assert texts.read([entry.reason_key]) == {entry.reason_key: "Nhập nhầm"}
    assert person.history.order_by("-history_id").first().left_on is None
    with pytest.raises(WrongState, match="has not left the service"):
        corrected(system, moment, person, None)


def test_the_day_of_leaving_is_corrected_either_way(system, moment):
    person = PersonFactory(with_account=True)
    AppointmentFactory(person=person)
    AppointmentFactory(person=person, secondary=True, ends_on=date(2026, 9, 30))
    grant = GrantFactory(user=person.user, unit=person.unit, capability="audit")
    leaves(system, moment, person, date(2026, 8, 1))

    corrected(system, moment, person, date(2026, 11, 1))
    assert last_days() == [date(2026, 10, 31), date(2026, 9, 30)]
    corrected(system, moment, person, date(2026, 7, 15))
    assert last_days() == [date(2026, 7, 14), date(2026, 7, 14)]
    grant.refresh_from_db()
    assert grant.ended_at == moment or grant.ends_on == date(2026, 7, 14)
    corrected(system, moment, person, None)
    assert last_days() == [None, date(2026, 9, 30)]


def test_a_correction_says_why_is_another_day_and_is_never_ones_own(system, moment):
    person = PersonFactory(with_account=True)
    AppointmentFactory(person=person, starts_on=FIRST)
    hold(person.user, person.unit, Capability.MANAGE_PEOPLE)
    leaves(system, moment, person, date(2026, 8, 1))

    with pytest.raises(Invalid) as refused:
        corrected(system, moment, person, None, reason=" ")
    assert list(refused.value.problems) == ["reason"]
    for day in (date(2026, 8, 1), FIRST):
        with pytest.raises(WrongState):
            corrected(system, moment, person, day)
    with pytest.raises(Refused):
        corrected(person.user, moment, person, None)
    person.refresh_from_db()
    assert (person.left_on, last_days()) == (date(2026, 8, 1), [date(2026, 7, 31)])


def test_a_headship_that_somebody_else_has_meanwhile_does_not_come_back(system, moment):
    person = PersonFactory()
    AppointmentFactory(person=person, head=True)
    leaves(system, moment, person, date(2026, 6, 1))
    next_head = PersonFactory(unit=person.unit, staff_code="NV2")
    AppointmentFactory(person=next_head, head=True, starts_on=date(2026, 6, 1))

    with pytest.raises(WrongState, match="NV2"):
        corrected(system, moment, person, None)
    person.refresh_from_db()
    assert person.left_on == date(2026, 6, 1)


def test_a_post_whose_unit_is_closed_stays_over(system, moment):
    person = PersonFactory()
    post = AppointmentFactory(person=person)
    leaves(system, moment, person, date(2026, 6, 1))
    Unit.objects.filter(pk=post.unit_id).update(closed_on=date(2026, 6, 1))

    corrected(system, moment, person, None)

    assert last_days() == [date(2026, 5, 31)]


def test_leaving_on_a_day_to_come_does_not_count_before_it(system, moment):
    person = PersonFactory(with_account=True)
    AppointmentFactory(person=person)
    leaves(system, moment, person, date(2026, 12, 1))
    today = date(2026, 7, 10)

    assert (person.left_by(today), person.account_on(today)) == (False, person.user)
    person.refresh_from_db()
    assert (person.left_by(date(2026, 12, 1)), person.account_on(date(2026, 12, 1))) == (True, None)
    after = appoint(system, moment, person, role=PostRole.DEPUTY)
    assert after.ends_on == date(2026, 11, 30)
    with pytest.raises(WrongState):
        appoint(system, moment, person, starts_on=date(2026, 12, 1))
    assert set(Person.objects.serving(today)) == {person}
    assert not Person.objects.serving(date(2026, 12, 1)).exists()
