"""The calendar of working days: days off, and days worked in the place of others."""

from datetime import date

import pytest

from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, Refused
from snippets.domain import calendar
from snippets.enums import Capability
from snippets.models import CalendarDay
from tests.factories.snippets import UnitFactory, holder

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2026, 9, 2)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": " "}, "name", "Name the holiday"),
        ({"kind": "half"}, "kind", "off, worked, or as any other"),
        ({"kind": "worked"}, "kind", "Monday to Friday are worked anyway"),
        ({"day": date(2026, 4, 30)}, "day", "in the calendar already"),
        ({"day": date(1026, 9, 2)}, "day", "2025 to 2100"),
    ],
)
def test_a_day_that_says_nothing_is_not_registered(system, moment, changes, field, sentence):
    kept = CalendarDay.objects.create(day=date(2026, 4, 30), name="Ngày Giải phóng miền Nam")

    with pytest.raises(Invalid, match=sentence) as refused:
        calendar.register_day(
            actor=system, moment=moment, **{"day": WEDNESDAY, "kind": "off", "name": "Quốc khánh", **changes}
        )

    assert list(refused.value.problems) == [field]
    assert list(CalendarDay.objects.all()) == [kept]
    assert not LedgerEntry.objects.exists()


def test_it_is_kept_at_the_top_by_those_who_keep_periods_or_people(moment):
    root = UnitFactory(grouping=True)
    unit = UnitFactory(parent=root)
    day = calendar.register_day(
        actor=holder(root, Capability.MANAGE_PERIODS),
        moment=moment,
        day=WEDNESDAY,
        kind="off",
        name="Quốc khánh",
    )

    for keeper in (holder(unit, Capability.MANAGE_PERIODS), holder(root, Capability.MANAGE_CATALOGUE)):
        with pytest.raises(Refused):
            calendar.change_day(actor=keeper, moment=moment, entry=day, kind="ordinary", name="Nhầm")
    calendar.change_day(
        actor=holder(root, Capability.MANAGE_PEOPLE),
        moment=moment,
        entry=day,
        kind="ordinary",
        name=" Nhầm  ngày ",
    )
    calendar.change_day(
        actor=holder(root, Capability.MANAGE_PEOPLE),
        moment=moment,
        entry=day,
        kind="ordinary",
        name="Nhầm ngày",
    )

    assert CalendarDay.objects.values("day", "kind", "name").get() == {
        "day": WEDNESDAY, "kind": "ordinary", "name": "Nhầm ngày",
    }  # fmt: skip
    assert day.history.count() == 2  # the last change changed nothing
    assert [(entry.before, entry.after) for entry in LedgerEntry.objects.order_by("pk")] == [
        (None, {"day": "2026-09-02", "kind": "off", "name": "Quốc khánh"}),
        (
            {"day": "2026-09-02", "kind": "off", "name": "Quốc khánh"},
            {"day": "2026-09-02", "kind": "ordinary", "name": "Nhầm ngày"},
        ),
    ]
