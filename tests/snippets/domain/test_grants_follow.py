"""Grants follow people and the tree: a new head holds them, whoever goes leaves them behind, units take them along."""

from datetime import date, timedelta

import pytest

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, WrongState
from snippets.domain import grants, organisation, people
from snippets.domain.nightly import turn_the_day
from snippets.enums import ROLE_CAPABILITIES, PostRole, Role
from snippets.models import Grant, Unit
from tests.factories.snippets import (
    AppointmentFactory,
    GrantFactory,
    PersonFactory,
    PositionFactory,
    UnitFactory,
    hold,
)
from tests.snippets.domain.test_people_import import Row

pytestmark = pytest.mark.django_db

TODAY = date(2026, 7, 15)


@pytest.fixture
def province():
    return UnitFactory(grouping=True, code="TINH")


@pytest.fixture
def commune(province):
    return UnitFactory(parent=province, using=True, code="XA")


@pytest.fixture
def office(commune):
    return UnitFactory(parent=commune, code="XA-VP")


@pytest.fixture
def elsewhere(province):
    return UnitFactory(parent=province, using=True, code="PHUONG")


@pytest.fixture
def person(office):
    """Somebody of the office of the commune, with an account."""
    made = PersonFactory(unit=office, with_account=True, staff_code="NV-A")
    AppointmentFactory(person=made, unit=office)
    return made


def moved(system, moment, person, unit, starts_on=TODAY):
    return people.transfer(
        actor=system, moment=moment, person=person, unit=unit, position=PositionFactory(), role=PostRole.MEMBER,
        starts_on=starts_on,
    )  # fmt: skip


def held(person):
    scope = Scope.of(person.user)
    return {(capability, path) for capability, paths in scope.held.items() for path in paths}


# --- People --------------------------------------------------------------------------------------------------
def test_whoever_goes_elsewhere_leaves_behind_what_they_held_for_the_old_place(
    system, moment, person, commune, office, elsewhere
):
    """A clerk of the commune, above the own office; what was given on other units stays."""
    hold(person.user, commune, "manage_people", on=moment)
    hold(person.user, office, "audit", on=moment)
    hold(person.user, elsewhere, "audit", on=moment)

    moved(system, moment, person, elsewhere)

    assert held(person) == {("audit", elsewhere.path)}
    assert set(Grant.objects.filter(ended_at=moment).values_list("capability", "unit__code")) == {
        ("manage_people", "XA"), ("audit", "XA-VP"),
    }  # fmt: skip
    assert {
        (entry.unit_code, tuple(entry.before["capabilities"]), entry.actor_code)
        for entry in LedgerEntry.objects.filter(act=Act.GRANT_ENDED)
    } == {("XA", ("manage_people",), "he-thong"), ("XA-VP", ("audit",), "he-thong")}


def test_what_covers_the_new_place_too_stays(system, moment, person, province, commune, office):
    hold(person.user, commune, "manage_people", on=moment)
    hold(person.user, province, "see_progress", on=moment)
    moved(system, moment, person, UnitFactory(parent=commune))
    assert held(person) == {("manage_people", commune.path), ("see_progress", province.path)}


def test_a_move_that_lies_ahead_takes_it_on_its_day(system, moment, person, commune, elsewhere):
    hold(person.user, commune, "manage_people", on=moment)
    moved(system, moment, person, elsewhere, starts_on=date(2026, 8, 1))
    assert held(person) == {("manage_people", commune.path)}
    assert set(Grant.objects.values_list("ends_on", "ended_at")) == {(date(2026, 7, 31), None)}
    turn_the_day(actor=system, moment=moment + timedelta(days=17))
    assert held(person) == set()


def test_an_end_agreed_before_stays_the_end(system, moment, person, commune, elsewhere):
    GrantFactory(user=person.user, unit=commune, ends_on=date(2026, 7, 20))
    moved(system, moment, person, elsewhere, starts_on=date(2026, 8, 1))
    assert set(Grant.objects.values_list("ends_on", "ended_at")) == {(date(2026, 7, 20), None)}
    assert not LedgerEntry.objects.filter(act=Act.GRANT_ENDED).exists()


def test_whoever_leaves_the_service_keeps_nothing(system, moment, person, commune, elsewhere):
    hold(person.user, commune, "manage_people", on=moment)
    hold(person.user, elsewhere, "audit", on=moment)
    people.leave_service(actor=system, moment=moment, person=person, on=TODAY, reason="Nghỉ hưu")
    assert held(person) == set()
    assert set(Grant.objects.values_list("ended_at", flat=True)) == {moment}


def test_another_appointment_beside_the_main_one_moves_nobody(system, moment, person, commune, elsewhere):
    hold(person.user, commune, "manage_people", on=moment)
    people.appoint(
        actor=system, moment=moment, person=person, unit=elsewhere, position=PositionFactory(),
        role=PostRole.MEMBER, starts_on=TODAY, is_main=False,
    )  # fmt: skip
    assert held(person) == {("manage_people", commune.path)}


def test_an_import_that_moves_somebody_takes_it_too(system, moment, person, commune, elsewhere):
    """Whoever stays and whoever has no account lose and cost nothing."""
    hold(person.user, commune, "manage_people", on=moment)
    staying = PersonFactory(unit=commune, with_account=True, staff_code="NV-B")
    AppointmentFactory(person=staying, unit=commune)
    hold(staying.user, commune, "manage_catalogue", on=moment)
    nameless = PersonFactory(unit=commune, staff_code="NV-C")
    AppointmentFactory(person=nameless, unit=commune)
    position = PositionFactory(code="CV")
    people.apply_people_import(
        actor=system, moment=moment, file_name="a.xlsx", file_sha256="0" * 64,
        rows=[
            Row(
                row=number, staff_code=who.staff_code, full_name=who.full_name, unit_code=code,
                position_code=position.code, starts_on=TODAY,
            )
            for number, (who, code) in enumerate(
                ((person, "PHUONG"), (staying, "XA"), (nameless, "PHUONG")), start=2
            )
        ],
    )  # fmt: skip
    person.refresh_from_db()
    assert (person.unit, held(person)) == (elsewhere, set())
    assert held(staying) == {("manage_catalogue", commune.path)}


def test_a_head_to_be_who_gets_an_account_meanwhile_begins_on_the_day(system, moment, office):
    person = PersonFactory(unit=office)
    people.appoint(
        actor=system, moment=moment, person=person, unit=office, position=PositionFactory(head=True),
        role=PostRole.HEAD, starts_on=date(2026, 7, 20),
    )  # fmt: skip
    people.create_account_for(actor=system, moment=moment, person=person)
    person.refresh_from_db()
    assert held(person) == set()
    turn_the_day(actor=system, moment=moment + timedelta(days=5))
    assert {capability for capability, _path in held(person)} == set(ROLE_CAPABILITIES[Role.HEAD])


def test_a_new_head_holds_what_the_old_one_lost_the_same_day(system, moment, office, elsewhere):
    old, new = (PersonFactory(unit=office, with_account=True) for _number in range(2))
    people.appoint(
        actor=system, moment=moment, person=old, unit=office, position=PositionFactory(head=True),
        role=PostRole.HEAD, starts_on=date(2026, 7, 1),
    )  # fmt: skip
    moved(system, moment, old, elsewhere)
    people.appoint(
        actor=system, moment=moment, person=new, unit=office, position=PositionFactory(head=True),
        role=PostRole.HEAD, starts_on=TODAY,
    )  # fmt: skip
    assert held(old) == set()
    assert held(new) == {(capability, office.path) for capability in ROLE_CAPABILITIES[Role.HEAD]}


# --- The tree -------------------------------------------------------------------------------------------------
def test_what_is_held_moves_with_its_unit(system, moment, person, office, elsewhere):
    hold(person.user, office, "audit", on=moment)
    organisation.move_unit(actor=system, moment=moment, unit=office, new_parent=elsewhere, reason="x")
    office.refresh_from_db()
    assert office.path.startswith(elsewhere.path)
    assert held(person) == {("audit", office.path)}


def test_a_unit_that_closed_is_reached_from_its_successor(system, moment, commune, elsewhere):
    """Its own holders keep what they were given on it; whoever holds something on the successor reaches it now."""
    closing = UnitFactory(parent=commune, code="CU")
    of_closing, of_successor, of_commune = (PersonFactory(with_account=True) for _number in range(3))
    for who, unit in ((of_closing, closing), (of_successor, elsewhere), (of_commune, commune)):
        hold(who.user, unit, "audit", on=moment)

    organisation.close_unit(
        actor=system, moment=moment, unit=closing, on=TODAY, successor=elsewhere, reason="Sáp nhập"
    )

    closing = Unit.objects.get(code="CU")
    seen = [Scope.of(who.user).covers("audit", closing) for who in (of_closing, of_successor, of_commune)]
    assert seen == [True, True, False]


@pytest.mark.parametrize("target", ["XA", "XA-VP"])
def test_a_unit_does_not_move_below_itself_and_nothing_changes(
    system, moment, person, commune, office, target
):
    hold(person.user, office, "audit", on=moment)
    before = list(Unit.objects.order_by("pk").values()), LedgerEntry.objects.count(), Unit.history.count()
    with pytest.raises(WrongState) as refused:
        organisation.move_unit(
            actor=system, moment=moment, unit=commune, new_parent=Unit.objects.get(code=target), reason="x"
        )
    assert str(refused.value) == (
        f"“{commune.name}” cannot move below itself or below a unit of its own. Choose a unit outside it."
    )
    after = list(Unit.objects.order_by("pk").values()), LedgerEntry.objects.count(), Unit.history.count()
    assert (after, held(person)) == (before, {("audit", office.path)})


def test_a_successor_is_not_the_unit_itself_nor_below_it(system, moment, office):
    for successor in (office, UnitFactory(parent=office, closed=True)):
        with pytest.raises(WrongState):
            organisation.close_unit(
                actor=system, moment=moment, unit=office, on=TODAY, successor=successor, reason="x"
            )
    assert Unit.objects.get(code="XA-VP").closed_on is None


# --- Nonsense -------------------------------------------------------------------------------------------------
def test_an_unknown_or_expired_grant_is_refused_in_one_sentence(system, moment, person, office):
    grant = GrantFactory(user=person.user, unit=office, ends_on=date(2026, 7, 14))
    with pytest.raises(WrongState) as refused:
        grants.end_grant(actor=system, moment=moment, grant=grant, reason="x")
    assert str(refused.value) == "This grant has ended already."
    with pytest.raises(NotFound) as missing:
        grants.end_grant(actor=system, moment=moment, grant=Grant(pk=10**9), reason="x")
    assert str(missing.value) == "There is nothing here that you can see."
    assert list(Grant.objects.values_list("ended_at", flat=True)) == [None]


def test_a_grant_that_would_never_be_in_force_is_refused(system, moment, person, office):
    with pytest.raises(Invalid) as refused:
        grants.give(
            actor=system, moment=moment, user=person.user, capability="audit", unit=office,
            starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 14), reason="x",
        )  # fmt: skip
    assert str(refused.value) == (
        "The last day has passed: this grant would never be in force. Choose a later one."
    )
    assert not Grant.objects.exists()
