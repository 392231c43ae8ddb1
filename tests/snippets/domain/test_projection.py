"""What is in force is what the grants say, on any day and after any end; the night looks before it mends."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError
from snippets.domain import delegation, grants, people, projection
from snippets.domain.nightly import turn_the_day
from snippets.enums import Capability, GrantSource, PostRole
from snippets.management.commands import check_grants
from snippets.models import Grant, UnitUserObjectPermission
from tests.factories.snippets import (
    AppointmentFactory,
    DelegationFactory,
    GrantFactory,
    PersonFactory,
    PositionFactory,
    UnitFactory,
    UserFactory,
    hold,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 7, 15)
DAYS = [TODAY + timedelta(days=number) for number in range(-4, 8)]
SOURCES = [GrantSource.DECISION, GrantSource.APPOINTMENT]


def at_noon(day):
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def in_force():
    """(account, capability, unit, on whose behalf) of every row that access reads."""
    return set(
        UnitUserObjectPermission.objects.values_list(
            "user_id", "permission__codename", "content_object_id", "on_behalf_of_id"
        )
    )


def naive(day):
    """The same, read off the grants one by one with plain comparisons."""
    every = {grant.pk: grant for grant in Grant.objects.select_related("user", "unit")}

    def lasts(grant):
        return (
            grant.starts_on <= day
            and (grant.ends_on is None or day <= grant.ends_on)
            and grant.ended_at is None
            and grant.user.is_active
        )

    found = set()
    for grant in every.values():
        giver = every.get(grant.delegated_from_id)
        if lasts(grant) and (
            giver is None
            or (
                lasts(giver)
                and giver.delegated_from_id is None
                and grant.unit.path.startswith(giver.unit.path)
            )
        ):
            found.add((grant.user_id, grant.capability, grant.unit_id, giver.user_id if giver else None))
    return found


ROW = st.fixed_dictionaries(
    {
        "who": st.integers(0, 2),
        "where": st.integers(0, 2),
        "capability": st.sampled_from(["evaluate", "view_cards"]),
        "source": st.integers(0, 1),
        "start": st.integers(-3, 3),
        "length": st.one_of(st.none(), st.integers(0, 5)),
    }
)
DELEGATED = st.fixed_dictionaries(
    {
        "of": st.integers(0, 9),
        "who": st.integers(0, 2),
        "start": st.integers(-3, 3),
        "length": st.integers(0, 5),
    }
)


@settings(max_examples=60)
@given(
    rows=st.lists(ROW, min_size=1, max_size=10),
    delegations=st.lists(DELEGATED, max_size=5),
    ends=st.lists(st.integers(0, 14), max_size=4),
)
def test_on_any_day_what_is_in_force_is_what_the_grants_say(rows, delegations, ends):
    """Several intervals and sources of one capability on one unit, and delegations, before and after some end."""
    with transaction.atomic():
        system, moment = UserFactory(inactive=True, username="he-thong"), at_noon(TODAY)
        root = UnitFactory(grouping=True)
        units = [root, UnitFactory(parent=root), UnitFactory(parent=root)]
        persons = [PersonFactory(unit=units[number], with_account=True) for number in range(3)]
        made = []
        for row in rows:
            start = TODAY + timedelta(days=row["start"])
            source = SOURCES[row["source"]]
            person = persons[row["who"]]
            made.append(
                GrantFactory(
                    user=person.user,
                    unit=units[row["where"]],
                    capability=row["capability"],
                    source=source,
                    starts_on=start,
                    ends_on=None if row["length"] is None else start + timedelta(days=row["length"]),
                    appointment=(
                        AppointmentFactory(
                            person=person, unit=units[row["where"]], acting_head=True, is_main=False
                        )
                        if source == GrantSource.APPOINTMENT
                        else None
                    ),
                )
            )
        for row in delegations:
            giver, receiver = made[row["of"] % len(made)], persons[row["who"]].user
            if receiver.pk != giver.user_id and giver.delegated_from_id is None:
                start = TODAY + timedelta(days=row["start"])
                made.append(
                    DelegationFactory(
                        user=receiver, delegated_from=giver, starts_on=start,
                        ends_on=start + timedelta(days=row["length"]),
                    )
                )  # fmt: skip

        for day in DAYS:
            projection.project_all(actor=system, moment=at_noon(day))
            assert in_force() == naive(day), day
            assert projection.differences(day) == []

        projection.project_all(actor=system, moment=moment)
        for number in ends:
            with suppress(DomainError):
                grants.end_grant(actor=system, moment=moment, grant=made[number % len(made)], reason="x")
            assert in_force() == naive(TODAY)
        for person in persons:
            scope = Scope.of(person.user)
            for unit in units:
                said = any(
                    row[0] == person.user_id and row[1] == "evaluate" and unit.path.startswith(above.path)
                    for row in naive(TODAY)
                    for above in units
                    if above.pk == row[2]
                )
                assert scope.covers("evaluate", unit) == said
        transaction.set_rollback(True)


def test_two_intervals_and_two_sources_at_once_and_one_of_them_ends(system, moment):
    """A head who also holds it by two decisions keeps it until the last of the three is over."""
    person = PersonFactory(with_account=True)
    user, unit = person.user, person.unit
    appointment = people.appoint(
        actor=system, moment=moment, person=person, unit=unit, position=PositionFactory(head=True),
        role=PostRole.HEAD, starts_on=date(2026, 7, 1),
    )  # fmt: skip
    common = {"actor": system, "moment": moment, "user": user, "unit": unit, "reason": "QĐ"}
    short = grants.give(capability="evaluate", starts_on=TODAY, ends_on=date(2026, 7, 31), **common)
    grants.give(capability="evaluate", starts_on=date(2026, 7, 10), ends_on=date(2026, 8, 31), **common)
    assert Grant.objects.filter(user=user, unit=unit, capability="evaluate").count() == 3

    people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 7, 14))
    assert Scope.of(user).covers("evaluate", unit)
    grants.end_grant(actor=system, moment=moment, grant=short, reason="x")
    assert Scope.of(user).covers("evaluate", unit)
    turn_the_day(actor=system, moment=at_noon(date(2026, 9, 1)))
    assert not Scope.of(user).covers("evaluate", unit)


# --- The night looks before it mends -------------------------------------------------------------------------
@pytest.fixture
def holder(moment):
    person = PersonFactory(staff_code="NV-A", unit=UnitFactory(code="DV-A"), with_account=True)
    hold(person.user, person.unit, "audit", on=moment)
    return person


def tampered(holder):
    """A right taken away and one planted, past the domain."""
    row = UnitUserObjectPermission.objects.get(user=holder.user)
    intruder = PersonFactory(staff_code="NV-B", unit=holder.unit, with_account=True)
    UnitUserObjectPermission.objects.create(
        user=intruder.user, content_object=row.content_object, permission=row.permission
    )
    row.delete()
    return intruder


def entries(act):
    return LedgerEntry.objects.filter(act=act).order_by("pk")


def test_a_quiet_night_leaves_one_entry_that_says_so(system, moment, holder):
    turn_the_day(actor=system, moment=moment)
    assert [entry.after for entry in entries(Act.GRANTS_CHECKED)] == [
        {"day": "2026-07-15", "lacking": 0, "surplus": 0}
    ]
    assert not entries(Act.GRANTS_DIFFERED).exists()


def test_what_nothing_explains_is_in_the_ledger_before_it_is_mended(
    system, moment, holder, monkeypatch, caplog
):
    turn_the_day(actor=system, moment=moment)
    intruder = tampered(holder)

    def broken(**options):
        raise ZeroDivisionError

    monkeypatch.setattr("snippets.domain.nightly.project_all", broken)
    with pytest.raises(ZeroDivisionError):
        turn_the_day(actor=system, moment=moment + timedelta(days=1))

    found = [
        (entry.subject_label, entry.unit_code, entry.before, entry.after)
        for entry in entries(Act.GRANTS_DIFFERED)
    ]
    assert found == [
        (holder.user.username, "DV-A", {"surplus": []}, {"lacking": ["audit"]}),
        (intruder.user.username, "DV-A", {"surplus": ["audit"]}, {"lacking": []}),
    ]
    assert entries(Act.GRANTS_CHECKED).last().after == {"day": "2026-07-16", "lacking": 1, "surplus": 1}
    assert "differed from the grants in 2 places" in caplog.text
    monkeypatch.undo()
    assert turn_the_day(actor=system, moment=moment + timedelta(days=1))[1] == projection.Projection(
        1, 1, 0, 0
    )
    assert projection.differences(TODAY + timedelta(days=1)) == []


def test_what_begins_or_ends_by_date_is_the_nights_ordinary_work(system, moment, holder):
    """Also where the scheduler stood still for days, and a grant began and ended meanwhile."""
    turn_the_day(actor=system, moment=moment)
    for starts_on, ends_on in (
        (date(2026, 7, 16), None), (date(2026, 7, 1), date(2026, 7, 16)), (date(2026, 7, 16), date(2026, 7, 17)),
    ):  # fmt: skip
        GrantFactory(unit=holder.unit, starts_on=starts_on, ends_on=ends_on)
    projection.project_all(actor=system, moment=moment)

    turn_the_day(actor=system, moment=moment + timedelta(days=4))

    assert not entries(Act.GRANTS_DIFFERED).exists()
    assert projection.differences(date(2026, 7, 19)) == []


def test_a_right_lost_before_an_ordinary_change_is_found_all_the_same(system, moment, holder):
    turn_the_day(actor=system, moment=moment)
    UnitUserObjectPermission.objects.all().delete()
    GrantFactory(user=holder.user, unit=holder.unit, starts_on=date(2026, 7, 16))
    turn_the_day(actor=system, moment=moment + timedelta(days=1))
    assert [entry.after for entry in entries(Act.GRANTS_DIFFERED)] == [{"lacking": ["audit"]}]


def test_a_scheduler_that_stood_still_for_months_looks_a_month_back(system, moment, holder):
    turn_the_day(actor=system, moment=moment)
    turn_the_day(actor=system, moment=moment + timedelta(days=300))
    assert not entries(Act.GRANTS_DIFFERED).exists()


def test_a_planted_member_of_the_authors_group_is_found(system, moment, holder):
    turn_the_day(actor=system, moment=moment)
    holder.user.groups.add(projection.authors_group())
    turn_the_day(actor=system, moment=moment + timedelta(days=1))
    assert [
        (entry.subject_label, entry.unit_code, entry.before) for entry in entries(Act.GRANTS_DIFFERED)
    ] == [(holder.user.username, "", {"surplus": ["Soạn bộ tiêu chí"]})]
    assert not Group.objects.get(name=projection.AUTHORS_GROUP).user_set.exists()


# --- The command ---------------------------------------------------------------------------------------------
@pytest.fixture
def clock(monkeypatch, moment):
    monkeypatch.setattr(check_grants, "database_now", lambda: moment)


def checked(*arguments):
    """(exit code, lines) of the command."""
    out = StringIO()
    try:
        call_command("check_grants", *arguments, stdout=out)
    except SystemExit as stopped:
        return stopped.code, out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def test_the_command_says_that_all_is_well(clock, holder):
    assert checked() == (0, ["What is in force agrees with the grants."])


def test_the_command_names_what_differs_and_changes_nothing(system, clock, holder):
    tampered(holder)
    before = in_force(), LedgerEntry.objects.count()

    assert checked() == (
        1,
        [
            "NV-A DV-A granted and not in force: Read history",
            "NV-B DV-A in force without a grant: Read history",
            "2 differences. Nothing was changed; --repair puts them right.",
        ],
    )
    assert (in_force(), LedgerEntry.objects.count()) == before


def test_the_command_repairs_when_asked_and_records_first(system, clock, holder):
    tampered(holder)
    code, lines = checked("--repair")
    assert (code, lines[-1]) == (0, "2 differences were put right.")
    assert entries(Act.GRANTS_DIFFERED).count() == 2
    assert in_force() == naive(TODAY)
    assert checked() == (0, ["What is in force agrees with the grants."])


def test_the_command_names_who_is_acted_for_and_accounts_without_a_person(system, clock, moment, holder):
    hold(holder.user, holder.unit, "evaluate", on=moment)
    deputy = PersonFactory(staff_code="NV-P", unit=holder.unit, with_account=True)
    delegation.delegate(
        actor=holder.user, moment=moment, to=deputy, capabilities=["evaluate"], unit=holder.unit, starts_on=TODAY,
        ends_on=TODAY, reason="x",
    )  # fmt: skip
    UnitUserObjectPermission.objects.filter(user=deputy.user).delete()
    nameless = UserFactory(username="tai-khoan")
    nameless.groups.add(projection.registers_group())

    code, lines = checked()

    assert (code, lines[:2]) == (
        1,
        [
            "NV-P DV-A granted and not in force: Evaluate on behalf of NV-A",
            "tai-khoan - in force without a grant: Giữ sổ đăng ký",
        ],
    )


def test_every_capability_reads_as_words_on_the_command_line():
    assert set(check_grants.LABELS) == {str(capability) for capability in Capability}
