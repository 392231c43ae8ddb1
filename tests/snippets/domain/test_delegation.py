"""A head who is absent leaves some of what they hold to somebody: never more than they hold, never for longer."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from kpi_cms.foundation.access.scope import Delegated, Means, Scope
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, Refused, WrongState
from snippets.domain import delegation, grants, organisation, people, projection
from snippets.domain.nightly import turn_the_day
from snippets.enums import DELEGABLE, Capability, GrantSource, PostRole, Role
from snippets.models import Grant, UnitUserObjectPermission
from tests.factories.snippets import (
    DelegationFactory,
    GrantFactory,
    PersonFactory,
    PositionFactory,
    UnitFactory,
    UserFactory,
    hold,
    holder,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 7, 15)
LAST = date(2026, 7, 31)
ALL = [str(capability) for capability in DELEGABLE]


@pytest.fixture
def agency():
    return UnitFactory(grouping=True)


@pytest.fixture
def unit(agency):
    return UnitFactory(parent=agency)


@pytest.fixture
def head(system, moment, unit):
    """Head of the unit since the beginning of July, by appointment."""
    person = PersonFactory(unit=unit, with_account=True)
    people.appoint(
        actor=system, moment=moment, person=person, unit=unit, position=PositionFactory(head=True),
        role=PostRole.HEAD, starts_on=date(2026, 7, 1),
    )  # fmt: skip
    return person


@pytest.fixture
def deputy(unit):
    return PersonFactory(unit=unit, with_account=True)


def delegated(moment, head, deputy, unit, **changes):
    values = {
        "capabilities": ALL, "starts_on": TODAY, "ends_on": LAST, "reason": "Đi công tác", **changes,
    }  # fmt: skip
    return delegation.delegate(actor=head.user, moment=moment, to=deputy, unit=unit, **values)


def held(user):
    return sorted(Scope.of(user).delegated, key=lambda one: one.capability)


def unchanged():
    """What must stay as it is when something is refused."""
    return (
        list(Grant.objects.order_by("pk").values()), LedgerEntry.objects.count(), Grant.history.count(),
        set(UnitUserObjectPermission.objects.values_list("user_id", "permission_id", "on_behalf_of_id")),
    )  # fmt: skip


# --- Giving -------------------------------------------------------------------------------------------------
def test_a_delegate_holds_it_on_behalf_of_the_giver_at_once(moment, head, deputy, unit):
    given = delegated(moment, head, deputy, unit)

    assert held(deputy.user) == [Delegated(head.user.pk, capability, unit.path) for capability in sorted(ALL)]
    scope = Scope.of(deputy.user)
    assert (dict(scope.held), scope.covers("view_cards", unit)) == ({}, True)
    assert {(each.source, each.delegated_from.user, each.ends_on, each.given_at) for each in given} == {
        (GrantSource.DELEGATION, head.user, LAST, moment)
    }
    assert {each.delegated_from.capability == each.capability for each in given} == {True}
    entry = LedgerEntry.objects.get(act=Act.GRANT_DELEGATED)
    assert (entry.actor_code, entry.subject_label, entry.unit_code, entry.person_code) == (
        head.user.username, deputy.user.username, unit.code, deputy.staff_code,
    )  # fmt: skip
    assert (entry.after["capabilities"], entry.after["ends_on"]) == (ALL, "2026-07-31")
    assert deputy.user.has_perm("snippets.evaluate", unit)


def test_nothing_is_decided_about_the_giver_by_what_they_delegated(moment, head, deputy, unit):
    delegated(moment, head, deputy, unit)
    scope = Scope.of(deputy.user)
    assert scope.means("evaluate", unit, about=head.user.pk) is None
    assert scope.means("evaluate", unit, about=1) == Means(head.user.pk)
    assert scope.acts_for(head.user.pk, "evaluate", unit)
    assert not scope.acts_for(None, "evaluate", unit)


def test_an_own_right_comes_first(moment, head, deputy, unit):
    hold(deputy.user, unit, "evaluate")
    delegated(moment, head, deputy, unit)
    assert Scope.of(deputy.user).means("evaluate", unit, about=head.user.pk) == Means()
    assert UnitUserObjectPermission.objects.filter(user=deputy.user).count() == 4


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"starts_on": date(2026, 7, 14)}, "starts_on",
         "A delegation cannot begin in the past. Choose today or a later day."),
        ({"starts_on": LAST, "ends_on": TODAY}, "ends_on",
         "A delegation cannot end before it begins. Correct one of the two days."),
        ({"ends_on": TODAY + timedelta(days=90)}, "ends_on",
         "A delegation lasts at most 90 days. Choose an earlier last day; it can be given again."),
        ({"capabilities": []}, "capabilities", "Choose at least one thing to delegate."),
        ({"reason": "  "}, "reason", "Say why: the reason stands in the record of grants."),
    ],
)  # fmt: skip
def test_days_and_reason_make_sense(moment, head, deputy, unit, changes, field, sentence):
    before = unchanged()
    with pytest.raises(Invalid) as refused:
        delegated(moment, head, deputy, unit, **changes)
    assert (str(refused.value), list(refused.value.problems)) == (sentence, [field])
    assert unchanged() == before


def test_ninety_days_are_the_most_and_are_possible(moment, head, deputy, unit):
    given = delegated(moment, head, deputy, unit, ends_on=TODAY + timedelta(days=89))
    assert len(given) == 3


@pytest.mark.parametrize(
    "capability", [each for each in Capability if each not in DELEGABLE], ids=lambda each: each.name
)
def test_whatever_is_no_daily_work_of_a_head_stays_with_its_holder(moment, head, deputy, unit, capability):
    hold(head.user, unit, capability)
    before = unchanged()
    with pytest.raises(Refused) as refused:
        delegated(moment, head, deputy, unit, capabilities=[capability])
    assert str(refused.value) == f"“{capability.label}” cannot be delegated. It stays with whoever holds it."
    assert unchanged() == before


def test_nobody_delegates_to_themselves_or_outside_their_units(moment, head, agency, unit):
    stranger = PersonFactory(unit=UnitFactory(parent=agency), with_account=True)
    for who, sentence in (
        (head, "Nobody delegates to themselves. Choose another person."),
        (stranger, "There is nobody with this staff code in your units. Check the code."),
    ):
        with pytest.raises(Invalid) as refused:
            delegated(moment, head, who, unit)
        assert (str(refused.value), list(refused.value.problems)) == (sentence, ["to"])
    assert not Grant.objects.filter(source="delegation").exists()


def test_a_delegate_signs_in_and_serves(moment, head, unit):
    for who in (
        PersonFactory(unit=unit),
        PersonFactory(unit=unit, user=UserFactory(inactive=True)),
        PersonFactory(unit=unit, with_account=True, left_on=TODAY),
    ):
        with pytest.raises(WrongState, match="has no account in use"):
            delegated(moment, head, who, unit)


def test_a_delegation_never_exceeds_its_giver(system, moment, head, deputy, agency, unit):
    """Capability, unit and days: each alone is too much."""
    below, beside = UnitFactory(parent=unit), UnitFactory(parent=agency)
    clerk = PersonFactory(unit=unit, with_account=True)
    hold(clerk.user, unit, "view_cards")
    auditor = holder(agency, "audit")
    before = unchanged()
    for actor, at, error in (
        (head.user, beside, NotFound),  # not seen at all
        (head.user, agency, NotFound),  # above
        (clerk.user, unit, Refused),  # reads, and evaluates nobody
        (auditor, unit, Refused),  # holds nothing that can be delegated
    ):
        with pytest.raises(error):
            delegation.delegate(
                actor=actor, moment=moment, to=deputy, capabilities=["evaluate"], unit=at, starts_on=TODAY,
                ends_on=LAST, reason="x",
            )  # fmt: skip
    assert unchanged() == before
    assert len(delegated(moment, head, deputy, below, capabilities=["evaluate"])) == 1
    assert not Scope.of(deputy.user).covers("evaluate", unit)


@pytest.mark.parametrize("capability", ["view_cards", "assign_tasks"])
def test_whoever_evaluates_nobody_delegates_nothing(moment, unit, deputy, capability):
    """Personnel offices read and clerks assign far and wide: that is given by access administrators alone."""
    clerk = PersonFactory(unit=unit, with_account=True)
    hold(clerk.user, unit, capability)
    with pytest.raises(Refused, match="nothing on this unit that can be delegated"):
        delegated(moment, clerk, deputy, unit, capabilities=[capability])
    elsewhere = UnitFactory(parent=unit)
    hold(clerk.user, elsewhere, "evaluate")
    with pytest.raises(Refused):
        delegated(moment, clerk, deputy, unit, capabilities=[capability])
    assert len(delegated(moment, clerk, deputy, elsewhere, capabilities=[capability])) == 1


def test_a_delegation_lies_within_the_days_of_its_giver(system, moment, deputy, unit):
    giver = PersonFactory(unit=unit, with_account=True)
    grant = GrantFactory(
        user=giver.user, unit=unit, capability="evaluate", starts_on=TODAY, ends_on=date(2026, 7, 20)
    )
    projection.project(giver.user, moment=moment)
    before = unchanged()
    with pytest.raises(Invalid) as refused:
        delegated(moment, giver, deputy, unit, capabilities=["evaluate"])
    assert list(refused.value.problems) == ["ends_on"]
    assert "on all of these days" in str(refused.value)
    assert unchanged() == before
    [given] = delegated(moment, giver, deputy, unit, capabilities=["evaluate"], ends_on=date(2026, 7, 20))
    assert given.delegated_from == grant


def test_the_longest_of_the_givers_own_grants_carries_it(moment, head, deputy, unit):
    longest = GrantFactory(user=head.user, unit=unit, capability="evaluate", ends_on=None)
    GrantFactory(user=head.user, unit=unit, capability="evaluate", ends_on=date(2026, 8, 31))
    [given] = delegated(moment, head, deputy, unit, capabilities=["evaluate"])
    assert given.delegated_from == longest


def test_what_was_delegated_is_not_passed_on(moment, head, deputy, unit):
    third = PersonFactory(unit=unit, with_account=True)
    delegated(moment, head, deputy, unit)
    with pytest.raises(Invalid):
        delegated(moment, deputy, third, unit)
    hold(deputy.user, unit, "view_cards", on=moment)
    before = unchanged()
    with pytest.raises(Refused, match="What was delegated to you is not passed on"):
        delegated(moment, deputy, third, unit, capabilities=["evaluate"])
    assert unchanged() == before


def test_the_same_days_are_not_delegated_twice(moment, head, deputy, unit):
    delegated(moment, head, deputy, unit, capabilities=["evaluate"])
    before = unchanged()
    with pytest.raises(WrongState) as refused:
        delegated(moment, head, deputy, unit, starts_on=LAST, ends_on=date(2026, 8, 31))
    assert str(refused.value) == (
        "You delegated “Evaluate” on this unit to this person from 15/07/2026 to 31/07/2026 already. "
        "End that delegation first, or choose other days."
    )
    assert unchanged() == before
    assert (
        len(delegated(moment, head, deputy, unit, starts_on=date(2026, 8, 1), ends_on=date(2026, 8, 3))) == 3
    )


def test_a_closed_unit_is_not_delegated(moment, head, deputy, unit):
    below = UnitFactory(parent=unit, closed=True)
    with pytest.raises(WrongState, match="Choose its successor"):
        delegated(moment, head, deputy, below)


# --- What the database keeps --------------------------------------------------------------------------------
def test_the_database_refuses_a_delegation_that_names_nothing_or_the_wrong_thing(head, deputy, unit):
    own = Grant.objects.get(user=head.user, capability="evaluate")
    good = {"user": deputy.user, "delegated_from": own}
    for wrong in (
        {"delegated_from": None, "unit": unit, "capability": "evaluate", "given_by": head.user.pk},
        {"source": GrantSource.DECISION},
        {"ends_on": None},
        {"capability": "classify"},
        {"user": head.user},
        {"source": "somewhere"},
        {"ended_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            DelegationFactory(**{**good, **wrong})
    assert DelegationFactory(**good).pk


def test_a_row_passed_on_past_the_domain_is_never_in_force(moment, head, deputy, unit):
    third = UserFactory()
    [first] = delegated(moment, head, deputy, unit, capabilities=["evaluate"])
    DelegationFactory(user=third, delegated_from=first)
    projection.project_many([third.pk], moment=moment)
    assert held(third) == []


def test_a_row_whose_giver_ended_past_the_domain_is_not_in_force(moment, head, deputy, unit):
    delegated(moment, head, deputy, unit)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE snippets_grant SET ended_at = %s WHERE user_id = %s", [moment, head.user.pk])
    projection.project(deputy.user, moment=moment)
    assert held(deputy.user) == []


# --- Ending -------------------------------------------------------------------------------------------------
def test_the_giver_ends_everything_of_one_act_at_once(moment, head, deputy, unit):
    given = delegated(moment, head, deputy, unit)
    later = delegated(moment, head, deputy, unit, starts_on=date(2026, 8, 1), ends_on=date(2026, 8, 9))

    ended = delegation.end_delegation(actor=head.user, moment=moment, grant=given[1])

    assert ({each.pk for each in ended}, held(deputy.user)) == ({each.pk for each in given}, [])
    assert set(Grant.objects.filter(pk__in=[each.pk for each in later]).values_list("ended_at")) == {(None,)}
    entry = LedgerEntry.objects.get(act=Act.DELEGATION_ENDED)
    assert (entry.actor_code, entry.before["capabilities"]) == (head.user.username, ALL)
    with pytest.raises(WrongState, match="has ended already"):
        delegation.end_delegation(actor=head.user, moment=moment, grant=given[0])


def test_an_access_administrator_of_the_unit_ends_it_and_nobody_else(moment, head, deputy, agency, unit):
    given = delegated(moment, head, deputy, unit)
    administrator, stranger = holder(agency, "manage_grants"), UserFactory()
    colleague = holder(unit, "view_cards")
    for who, error in ((deputy.user, Refused), (colleague, Refused), (stranger, NotFound)):
        with pytest.raises(error):
            delegation.end_delegation(actor=who, moment=moment, grant=given[0])
    assert len(held(deputy.user)) == 3
    delegation.end_delegation(actor=administrator, moment=moment, grant=given[0], reason="Đã về")
    assert held(deputy.user) == []


def test_an_access_administrator_ends_one_capability_of_it_like_any_grant(moment, head, deputy, agency, unit):
    given = delegated(moment, head, deputy, unit)
    grants.end_grant(actor=holder(agency, "manage_grants"), moment=moment, grant=given[0], reason="x")
    assert [one.capability for one in held(deputy.user)] == ["assign_tasks", "evaluate"]


def test_what_is_no_delegation_is_not_ended_as_one(moment, head):
    own = Grant.objects.filter(user=head.user).first()
    with pytest.raises(NotFound):
        delegation.end_delegation(actor=head.user, moment=moment, grant=own)


def test_t38_a_delegation_is_over_after_its_last_day(system, moment, head, deputy, unit):
    delegated(moment, head, deputy, unit)
    for day, count in ((date(2026, 7, 30), 3), (LAST, 3), (date(2026, 8, 1), 0)):
        at = datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC) - timedelta(hours=7)
        turn_the_day(actor=system, moment=at)
        assert len(held(deputy.user)) == count, day


def test_t38_a_delegation_dies_with_the_givers_own_grant(system, moment, head, deputy, unit):
    delegated(moment, head, deputy, unit)
    appointment = head.appointments.get(role=PostRole.HEAD)

    people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 7, 20))
    assert set(Grant.objects.filter(source="delegation").values_list("ends_on", "ended_at")) == {
        (date(2026, 7, 20), None)
    }
    assert len(held(deputy.user)) == 3
    people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 7, 14))
    assert set(Grant.objects.filter(source="delegation").values_list("ended_at")) == {(moment,)}
    assert held(deputy.user) == []


def test_t38_one_that_lies_ahead_dies_when_the_giver_ends_before_it(system, moment, head, deputy, unit):
    delegated(moment, head, deputy, unit, starts_on=date(2026, 8, 10), ends_on=date(2026, 8, 20))
    appointment = head.appointments.get(role=PostRole.HEAD)
    people.end_appointment(actor=system, moment=moment, appointment=appointment, on=LAST)
    assert set(Grant.objects.filter(source="delegation").values_list("ended_at")) == {(moment,)}


def test_t38_a_delegation_is_nothing_while_the_givers_account_is_closed(system, moment, head, deputy, unit):
    delegated(moment, head, deputy, unit)
    people.deactivate_account(actor=system, moment=moment, person=head, reason="x")
    assert held(deputy.user) == []


def test_t38_a_delegation_ends_when_its_unit_leaves_the_givers(system, moment, head, deputy, agency, unit):
    below, beside = UnitFactory(parent=unit), UnitFactory(parent=agency)
    delegated(moment, head, deputy, below)
    organisation.move_unit(actor=system, moment=moment, unit=below, new_parent=beside, reason="x")
    assert held(deputy.user) == []
    assert set(Grant.objects.filter(source="delegation").values_list("ended_at")) == {(moment,)}
    organisation.move_unit(actor=system, moment=moment, unit=below, new_parent=unit, reason="x")
    assert held(deputy.user) == []


def test_a_delegation_goes_with_the_givers_unit(system, moment, head, deputy, unit):
    delegated(moment, head, deputy, unit)
    elsewhere = UnitFactory(grouping=True)
    organisation.move_unit(actor=system, moment=moment, unit=unit, new_parent=elsewhere, reason="x")
    unit.refresh_from_db()
    assert {one.path for one in held(deputy.user)} == {unit.path}
    assert len(held(deputy.user)) == 3


def test_a_delegate_who_goes_elsewhere_leaves_it_behind(system, moment, head, deputy, agency, unit):
    people.appoint(
        actor=system, moment=moment, person=deputy, unit=unit, position=PositionFactory(), role=PostRole.DEPUTY,
        starts_on=date(2026, 7, 1),
    )  # fmt: skip
    delegated(moment, head, deputy, unit)
    people.transfer(
        actor=system, moment=moment, person=deputy, unit=UnitFactory(parent=agency), position=PositionFactory(),
        role=PostRole.MEMBER, starts_on=TODAY,
    )  # fmt: skip
    assert held(deputy.user) == []


def test_a_refusal_names_no_other_unit(moment, head, deputy, agency):
    hidden = UnitFactory(parent=agency, name="Đơn vị kín")
    with pytest.raises(DomainError) as refused:
        delegated(moment, head, deputy, hidden)
    assert "kín" not in str(refused.value)


def test_roles_given_by_decision_are_the_givers_own_too(system, moment, deputy, unit):
    """Whoever was made head by decision, without an appointment, may be absent as well."""
    giver = PersonFactory(unit=unit, with_account=True)
    grants.give_role(
        actor=system, moment=moment, user=giver.user, role=Role.HEAD, unit=unit, starts_on=TODAY, reason="x"
    )
    assert len(delegated(moment, giver, deputy, unit)) == 3
