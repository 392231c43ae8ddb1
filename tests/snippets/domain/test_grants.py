"""Grants: given, ended, following appointments; and their projection, which is what anybody holds today."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.domain import grants, people, projection
from snippets.domain.nightly import turn_the_day
from snippets.enums import ROLE_CAPABILITIES, Capability, PostRole, Role
from snippets.models import Grant, Unit, UnitUserObjectPermission
from tests.factories.snippets import (
    AppointmentFactory,
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


def held(user):
    """What an account holds today, as access reads it."""
    return {name: paths for name, paths in Scope.of(user).held.items() if paths}


def give(actor, moment, user, unit, **changes):
    values = {"role": Role.CLERK, "starts_on": TODAY, "reason": "QĐ 1"}
    return grants.give_role(actor=actor, moment=moment, user=user, unit=unit, **{**values, **changes})


def test_a_role_gives_exactly_its_capabilities_at_once(system, moment):
    unit, user = UnitFactory(), UserFactory()

    given_now = give(system, moment, user, unit)

    assert sorted(grant.capability for grant in given_now) == sorted(ROLE_CAPABILITIES[Role.CLERK])
    assert held(user) == dict.fromkeys(ROLE_CAPABILITIES[Role.CLERK], (unit.path,))
    assert user.has_perm("manage_people", unit)
    assert not user.has_perm("manage_units", unit)
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.unit_code, entry.after["capabilities"]) == (
        Act.GRANT_GIVEN,
        unit.code,
        [str(capability) for capability in ROLE_CAPABILITIES[Role.CLERK]],
    )
    assert {row.history_type for row in Grant.history.all()} == {"+"}
    assert Grant.history.count() == len(given_now)


def test_nobody_gives_themselves_a_grant(moment):
    unit = UnitFactory()
    administrator = holder(unit, Capability.MANAGE_GRANTS)

    with pytest.raises(Refused) as refused:
        give(administrator, moment, administrator, unit)

    assert str(refused.value) == "Nobody gives themselves a grant. Ask another access administrator."
    assert held(administrator) == {"manage_grants": (unit.path,)}


def test_an_administrator_gives_on_their_own_units_only(moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    administrator, user = holder(own, Capability.MANAGE_GRANTS), UserFactory()

    for unit in (next_door, root):
        with pytest.raises(NotFound):
            give(administrator, moment, user, unit)
    give(administrator, moment, user, UnitFactory(parent=own), role=Role.AUDITOR)
    assert list(held(user)) == ["audit"]


def test_whoever_only_sees_the_unit_is_refused_with_a_sentence(moment):
    unit = UnitFactory()

    with pytest.raises(Refused) as refused:
        give(holder(unit, Capability.MANAGE_PEOPLE), moment, UserFactory(), unit)

    assert str(refused.value) == "You cannot give or end grants on this unit. Ask the access administrator."


def test_a_grant_says_why_ends_after_it_starts_and_goes_to_an_account_in_use(system, moment):
    unit = UnitFactory()
    user = UserFactory()

    with pytest.raises(Invalid) as refused:
        give(system, moment, user, unit, reason=" ")
    assert list(refused.value.problems) == ["reason"]
    with pytest.raises(Invalid) as refused:
        give(system, moment, user, unit, ends_on=date(2026, 7, 14))
    assert list(refused.value.problems) == ["ends_on"]
    with pytest.raises(WrongState):
        give(system, moment, UserFactory(inactive=True), unit)
    with pytest.raises(WrongState):
        give(system, moment, user, UnitFactory(closed=True))
    assert Grant.objects.count() == 0


def test_what_is_held_is_not_given_twice(system, moment):
    unit, user = UnitFactory(), UserFactory()
    grants.give(
        actor=system,
        moment=moment,
        user=user,
        capability="manage_people",
        unit=unit,
        starts_on=TODAY,
        reason="x",
    )

    rest = give(system, moment, user, unit)

    assert "manage_people" not in {grant.capability for grant in rest}
    assert Grant.objects.count() == len(ROLE_CAPABILITIES[Role.CLERK])
    with pytest.raises(WrongState):
        give(system, moment, user, unit)


def test_a_grant_takes_effect_and_ends_by_date(system, moment):
    unit, user = UnitFactory(), UserFactory()
    grants.give(
        actor=system,
        moment=moment,
        user=user,
        capability="audit",
        unit=unit,
        starts_on=date(2026, 8, 1),
        ends_on=date(2026, 8, 31),
        reason="Đợt kiểm tra",
    )
    assert held(user) == {}

    def night(day):
        at = datetime(2026, day[0], day[1], 17, 30, tzinfo=UTC)  # 00:30 of the next day in Hà Nội
        return turn_the_day(actor=system, moment=at)[1]

    assert night((7, 31)) == projection.Projection(1, 0, 0, 0)
    assert held(user) == {"audit": (unit.path,)}
    assert not night((8, 30)).differs
    assert night((8, 31)) == projection.Projection(0, 1, 0, 0)
    assert held(user) == {}


def test_an_ended_grant_is_gone_at_once_and_stays_on_record(system, moment):
    unit, user = UnitFactory(), UserFactory()
    grant = grants.give(
        actor=system,
        moment=moment,
        user=user,
        capability="audit",
        unit=unit,
        starts_on=TODAY,
        reason="x",
    )

    grants.end_grant(actor=system, moment=moment, grant=grant, reason="Hết đợt")

    assert held(user) == {}
    assert Grant.objects.get().ended_at == moment
    assert LedgerEntry.objects.filter(act=Act.GRANT_ENDED).count() == 1
    with pytest.raises(WrongState):
        grants.end_grant(actor=system, moment=moment, grant=grant, reason="Hết đợt")


def test_ending_needs_a_reason_and_the_capability(system, moment):
    unit, user = UnitFactory(), UserFactory()
    grant = GrantFactory(user=user, unit=unit)

    with pytest.raises(Invalid):
        grants.end_grant(actor=system, moment=moment, grant=grant, reason="")
    with pytest.raises(NotFound):
        grants.end_grant(actor=UserFactory(), moment=moment, grant=grant, reason="x")
    assert Grant.objects.get().ended_at is None


def test_the_database_keeps_grants_append_only(system, moment):
    grant = GrantFactory()

    for statement in (
        "UPDATE snippets_grant SET unit_id = unit_id WHERE id = %s",
        "UPDATE snippets_grant SET capability = 'audit' WHERE id = %s",
        "DELETE FROM snippets_grant WHERE id = %s",
    ):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [grant.pk])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE snippets_grant SET ends_on = '2026-12-31' WHERE id = %s", [grant.pk])
    assert Grant.objects.get().ends_on == date(2026, 12, 31)


# --- Following appointments ---------------------------------------------------------------------------------
def appoint_head(actor, moment, person, **changes):
    return people.appoint(
        actor=actor,
        moment=moment,
        person=person,
        unit=person.unit,
        position=PositionFactory(head=True),
        role=PostRole.HEAD,
        **{"starts_on": date(2026, 7, 1), **changes},
    )


def test_a_new_head_holds_what_a_head_holds_until_the_appointment_ends(system, moment):
    person = PersonFactory(with_account=True)

    appointment = appoint_head(system, moment, person)

    assert held(person.user) == dict.fromkeys(ROLE_CAPABILITIES[Role.HEAD], (person.unit.path,))
    assert set(Grant.objects.values_list("source", "role", "appointment_id")) == {
        ("appointment", "head", appointment.pk)
    }
    grant = Grant.objects.first()
    with pytest.raises(WrongState):
        grants.end_grant(actor=system, moment=moment, grant=grant, reason="x")

    people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 7, 14))
    assert held(person.user) == {}
    assert set(Grant.objects.values_list("ended_at", flat=True)) == {moment}


def test_an_end_that_lies_ahead_ends_the_grants_on_that_day(system, moment):
    person = PersonFactory(with_account=True)
    appointment = appoint_head(system, moment, person)

    people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 7, 31))

    assert set(Grant.objects.values_list("ends_on", "ended_at")) == {(date(2026, 7, 31), None)}
    assert "evaluate" in held(person.user)
    projection.project_all(actor=system, moment=datetime(2026, 7, 31, 17, 30, tzinfo=UTC))
    assert held(person.user) == {}


@pytest.mark.parametrize("acting", [True, False])
def test_acting_gives_the_rights_of_the_role(system, moment, acting):
    person = PersonFactory(with_account=True)

    appoint_head(system, moment, person, acting=acting)

    assert "evaluate" in held(person.user)


def test_a_deputy_or_a_head_without_an_account_holds_nothing(system, moment):
    deputy, nameless = PersonFactory(with_account=True), PersonFactory()
    people.appoint(
        actor=system,
        moment=moment,
        person=deputy,
        unit=deputy.unit,
        position=PositionFactory(deputy=True),
        role=PostRole.DEPUTY,
        starts_on=TODAY,
    )
    appoint_head(system, moment, nameless)

    assert Grant.objects.count() == 0


def test_a_head_who_gets_an_account_later_holds_from_then_on(system, moment):
    person = PersonFactory()
    AppointmentFactory(person=person, head=True)

    people.create_account_for(actor=system, moment=moment, person=person)

    person.refresh_from_db()
    assert set(held(person.user)) == set(ROLE_CAPABILITIES[Role.HEAD])


# --- Projection ---------------------------------------------------------------------------------------------
def test_a_deactivated_account_is_projected_to_nothing(system, moment):
    user = hold(UserFactory(), UnitFactory(), "audit")
    user.is_active = False
    user.save()

    assert projection.project(user, moment=moment) == projection.Projection(0, 1, 0, 0)
    assert UnitUserObjectPermission.objects.count() == 0


def test_the_two_groups_follow_the_capabilities(system, moment):
    unit = UnitFactory()
    author, clerk, head = UserFactory(), UserFactory(), UserFactory()
    give(system, moment, author, unit, role=Role.POLICY)
    give(system, moment, clerk, unit, role=Role.CLERK)
    give(system, moment, head, unit, role=Role.HEAD)

    def members(name):
        return set(Group.objects.get(name=name).user_set.values_list("pk", flat=True))

    assert members(projection.AUTHORS_GROUP) == {author.pk}
    assert members(projection.REGISTERS_GROUP) == {author.pk, clerk.pk}  # policy staff also keep periods
    for group in (projection.authors_group(), projection.registers_group()):
        assert set(group.permissions.values_list("codename", flat=True)) == {"access_admin"}

    for grant in Grant.objects.filter(user=clerk):
        grants.end_grant(actor=system, moment=moment, grant=grant, reason="x")
    assert members(projection.REGISTERS_GROUP) == {author.pk}


def test_projecting_everybody_puts_right_what_was_tampered_with(system, moment):
    unit = UnitFactory()
    user = hold(UserFactory(), unit, "audit")
    row = UnitUserObjectPermission.objects.get()
    other = UserFactory()
    UnitUserObjectPermission.objects.create(user=other, content_object=unit, permission_id=row.permission_id)
    row.delete()

    assert projection.project_all(actor=system, moment=moment) == projection.Projection(1, 1, 0, 0)
    assert held(user) == {"audit": (unit.path,)}
    assert held(other) == {}
    assert not projection.project_all(actor=system, moment=moment).differs


GIVEN = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 3),
        st.sampled_from(["audit", "view_cards", "manage_people"]),
        st.integers(-3, 3),
        st.one_of(st.none(), st.integers(-3, 5)),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(rows=GIVEN)
def test_what_an_account_holds_is_what_its_grants_in_force_say(rows):
    """The scope that access reads, against a plain reading of the grants: any set, one day."""
    with transaction.atomic():
        moment = datetime(2026, 7, 15, 3, 0, tzinfo=UTC)
        root = UnitFactory(grouping=True)
        first = UnitFactory(parent=root)
        units = [root, first, UnitFactory(parent=first), UnitFactory(parent=root)]
        users = [UserFactory() for _ in range(3)]
        expected = {user.pk: set() for user in users}
        for who, where, capability, start, length, ended in rows:
            starts_on = date.fromordinal(TODAY.toordinal() + start)
            ends_on = None if length is None else date.fromordinal(starts_on.toordinal() + abs(length))
            GrantFactory(
                user=users[who],
                unit=units[where],
                capability=capability,
                starts_on=starts_on,
                ends_on=ends_on,
                ended_at=moment if ended else None,
            )
            if starts_on <= TODAY and (ends_on is None or ends_on >= TODAY) and not ended:
                expected[users[who].pk] |= {
                    (capability, unit.pk) for unit in units if unit.path.startswith(units[where].path)
                }
        projection.project_many([user.pk for user in users], moment=moment)

        for user in users:
            scope = Scope.of(user)
            covered = {
                (capability, unit.pk)
                for capability in ("audit", "view_cards", "manage_people")
                for unit in Unit.objects.filter(pk__in=[unit.pk for unit in units])
                if scope.covers(capability, unit)
            }
            listed = {
                (capability, key)
                for capability in ("audit", "view_cards", "manage_people")
                for key in scope.units(capability).values_list("pk", flat=True)
            }
            assert covered == listed == expected[user.pk]
        transaction.set_rollback(True)
