"""Periods being prepared."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.domain import periods
from snippets.enums import Capability, PeriodKind, PeriodState
from snippets.models import Period
from tests.factories.snippets import PeriodFactory, UnitFactory, holder

pytestmark = pytest.mark.django_db

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SELF_DUE = datetime(2026, 8, 1, 17, 0, tzinfo=HANOI)
EVALUATION_DUE = datetime(2026, 8, 6, 17, 0, tzinfo=HANOI)
A_SECOND = timedelta(seconds=1)


def create(actor, moment, *units, **changes):
    values = {
        "kind": PeriodKind.MONTH,
        "year": 2026,
        "number": 7,
        "self_due_at": SELF_DUE,
        "evaluation_due_at": EVALUATION_DUE,
    }
    return periods.create_period(actor=actor, moment=moment, units=list(units), **{**values, **changes})


def units_of(period):
    return set(period.units.values_list("code", flat=True))


@pytest.mark.parametrize(
    ("kind", "number", "first", "last"),
    [
        ("month", 2, date(2028, 2, 1), date(2028, 2, 29)),
        ("month", 12, date(2028, 12, 1), date(2028, 12, 31)),
        ("quarter", 3, date(2028, 7, 1), date(2028, 9, 30)),
        ("half", 2, date(2028, 7, 1), date(2028, 12, 31)),
        ("year", 1, date(2028, 1, 1), date(2028, 12, 31)),
    ],
)
def test_a_periods_days_follow_from_what_it_is(kind, number, first, last):
    assert periods.span(kind, 2028, number) == (first, last)


@pytest.mark.parametrize(
    ("kind", "year", "number", "field"),
    [
        ("month", 2026, 13, "number"),
        ("month", 2026, 0, "number"),
        ("quarter", 2026, 5, "number"),
        ("half", 2026, 3, "number"),
        ("year", 2026, 2, "number"),
        ("month", 2024, 1, "year"),
        ("month", 2101, 1, "year"),
    ],
)
def test_a_period_that_the_year_does_not_have(kind, year, number, field):
    with pytest.raises(Invalid) as refused:
        periods.span(kind, year, number)
    assert list(refused.value.problems) == [field]


def test_policy_staff_prepare_a_month_for_the_topmost_units_chosen(moment):
    root = UnitFactory(code="TINH", grouping=True)
    commune = UnitFactory(code="XA", parent=root)
    department = UnitFactory(code="XA-KT", parent=commune)
    other = UnitFactory(code="SO", parent=root)
    policy = holder(root, Capability.MANAGE_PERIODS)

    period = create(policy, moment, department, commune, other)

    assert (period.starts_on, period.ends_on, period.state) == (
        date(2026, 7, 1),
        date(2026, 7, 31),
        PeriodState.DRAFT,
    )
    assert units_of(period) == {"XA", "SO"}
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.period_id, entry.subject_label, entry.after["units"]) == (
        Act.PERIOD_CREATED,
        period.pk,
        "month 7/2026",
        ["SO", "XA"],
    )


def test_a_period_needs_every_one_of_its_units(moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    policy = holder(own, Capability.MANAGE_PERIODS)

    with pytest.raises(NotFound):
        create(policy, moment, own, next_door)
    with pytest.raises(Refused):
        create(holder(own, Capability.PROGRESS), moment, own)
    assert Period.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"evaluation_due_at": SELF_DUE}, "evaluation_due_at"),
        ({"self_due_at": datetime(2026, 6, 30, 17, 0, tzinfo=HANOI)}, "self_due_at"),
        ({"collective_due_at": SELF_DUE}, "collective_due_at"),
        ({"collective_due_at": EVALUATION_DUE + A_SECOND}, "collective_due_at"),
        ({"endorsement_due_at": EVALUATION_DUE}, "endorsement_due_at"),
    ],
)
def test_deadlines_stand_in_order(system, moment, changes, field):
    with pytest.raises(Invalid) as refused:
        create(system, moment, UnitFactory(), **changes)
    assert list(refused.value.problems) == [field]


def test_a_collective_and_the_endorsement_have_deadlines_of_their_own_and_lose_them_again(system, moment):
    unit = UnitFactory()
    own = {"collective_due_at": EVALUATION_DUE, "endorsement_due_at": EVALUATION_DUE + A_SECOND}
    period = create(system, moment, unit, **own)
    period.refresh_from_db()
    assert (period.collective_due_at, period.endorsement_due_at) == tuple(own.values())
    change(system, moment, period)
    period.refresh_from_db()
    assert (period.collective_due_at, period.endorsement_due_at) == (None, None)
    created, changed = LedgerEntry.objects.order_by("pk")
    assert created.after["endorsement_due_at"] == "2026-08-06T17:00:01+07:00"
    assert {"collective_due_at", "endorsement_due_at"} & changed.after.keys() == set()
    assert changed.before["collective_due_at"] == "2026-08-06T10:00:00+00:00"
    assert [row.collective_due_at for row in period.history.order_by("history_id")] == [EVALUATION_DUE, None]


def test_a_period_has_units_and_exists_once(system, moment):
    with pytest.raises(Invalid) as refused:
        create(system, moment)
    assert list(refused.value.problems) == ["units"]
    unit = UnitFactory()
    create(system, moment, unit)
    with pytest.raises(Invalid) as refused:
        create(system, moment, unit)
    assert list(refused.value.problems) == ["number"]


def change(actor, moment, period, **changes):
    values = {"self_due_at": period.self_due_at, "evaluation_due_at": period.evaluation_due_at}
    return periods.change_period(actor=actor, moment=moment, period=period, **{**values, **changes})


def test_a_draft_changes_units_and_deadlines(system, moment):
    first, second = UnitFactory(code="A"), UnitFactory(code="B")
    period = PeriodFactory(units=[first])

    change(system, moment, period, units=[second], self_due_at=SELF_DUE)

    period.refresh_from_db()
    assert units_of(period) == {"B"}
    assert period.self_due_at == SELF_DUE
    entry = LedgerEntry.objects.get()
    assert (entry.before["units"], entry.after["units"]) == (["A"], ["B"])


def test_saying_the_same_again_writes_nothing(system, moment):
    unit = UnitFactory()
    period = PeriodFactory(units=[unit])

    change(system, moment, period, units=[unit])

    assert period.history.count() == 1
    assert LedgerEntry.objects.count() == 0


def test_an_open_period_changes_its_deadlines_with_a_reason_and_nothing_else(system, moment):
    unit = UnitFactory()
    period = PeriodFactory(units=[unit], state=PeriodState.OPEN)

    with pytest.raises(Invalid) as refused:
        change(system, moment, period, self_due_at=SELF_DUE)
    assert list(refused.value.problems) == ["reason"]
    with pytest.raises(WrongState):
        change(system, moment, period, units=[UnitFactory()], reason="x")
    assert change(system, moment, period, self_due_at=SELF_DUE, reason="Bão").self_due_at == SELF_DUE


@pytest.mark.parametrize("state", [PeriodState.OPENING, PeriodState.CLOSED])
def test_a_period_under_way_to_open_or_closed_does_not_change(system, moment, state):
    period = PeriodFactory(units=[UnitFactory()], state=state)

    with pytest.raises(WrongState):
        change(system, moment, period, self_due_at=SELF_DUE, reason="x")


def test_a_period_is_changed_by_whoever_manages_all_of_its_units(moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    period = PeriodFactory(units=[own, next_door])
    policy = holder(own, Capability.MANAGE_PERIODS)

    with pytest.raises(NotFound):
        change(policy, moment, period, self_due_at=SELF_DUE)
    with pytest.raises(NotFound):
        change(policy, moment, PeriodFactory(units=[own], number=8), units=[next_door])
