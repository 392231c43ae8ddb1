"""Points of tasks by working days: which days a period counts, and that they never move under a card."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from kpi_cms.evaluation.domain import scoring
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.rescoring import rescored
from kpi_cms.evaluation.impact_queries import Past
from kpi_cms.evaluation.models import CalendarPin, CardResult, Scorecard
from kpi_cms.evaluation.rescored import Result
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.engine import compile_set
from snippets.domain import calendar
from snippets.models import CalendarDay
from tests.evaluation.test_others import computes_the_same, points_of_tasks, under, value
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

# Due on Monday 20/7 and done on Saturday 25/7: four days late, as 22/7 is off and the Saturday is worked for it.
DAYS = {date(2026, 7, 22): "off", date(2026, 7, 25): "worked"}
LATE = date(2026, 7, 25)


def by_working_days() -> dict[str, Any]:
    steps = [{"days": 1, "value": "0.8"}, {"days": 4, "value": "0.5"}, {"days": 5, "value": "0.1"}]
    return points_of_tasks(time={"count": "working", "calendar": "vn", "late": steps})


@pytest.fixture
def counted(world: World) -> World:
    """The period as it was opened with these days in the register."""
    with thawed():
        CalendarPin.objects.bulk_create(
            CalendarPin(period=world.period, day=day, kind=kind) for day, kind in DAYS.items()
        )
    return world


def finished_late(world: World) -> None:
    month.confirm_report(month.report(month.assign(world, world.lan), on=LATE))


def test_a_day_registered_after_the_opening_alters_no_card_decided_or_not(counted: World) -> None:
    under(counted, by_working_days())
    finished_late(counted)
    month.notified(counted, counted.lan)
    month.confirm_report(month.report(month.assign(counted, counted.minh), on=LATE))
    month.evaluated(counted, counted.minh)
    before = list(CardResult.objects.order_by("pk").values())
    assert value(counted, counted.lan, "p") == str(Fraction(60, 240) * 70)  # 10 points × 4 × 1.5 × 2 × 0.5

    for day in (date(2026, 7, 21), date(2026, 7, 22), date(2026, 7, 23)):
        calendar.register_day(actor=system_user(), moment=MOMENT, day=day, kind="off", name="Sau khi mở kỳ")
    scoring.refresh(counted.card(counted.minh), "evaluator", MOMENT)

    assert value(counted, counted.minh, "p") == str(Fraction(60, 240) * 70)
    assert computes_the_same(counted)
    assert [row["values"] for row in before] == list(
        CardResult.objects.order_by("pk").values_list("values", flat=True)
    )


def test_a_period_opened_before_any_day_was_registered_counts_monday_to_friday(world: World) -> None:
    under(world, by_working_days())
    CalendarDay.objects.create(day=date(2026, 7, 22), name="Không kỳ nào được tính")
    finished_late(world)
    month.evaluated(world, world.lan)
    assert value(world, world.lan, "p") == str(Fraction(60, 240) * 70)  # 21, 22, 23 and 24/7
    assert computes_the_same(world)


def test_a_draft_by_working_days_makes_of_decided_cards_what_applying_it_makes(counted: World) -> None:
    finished_late(counted)
    month.notified(counted, counted.lan)
    batches = rescored(
        actor=system_user(), past=Past(counted.period, "NV"), draft=compile_set(by_working_days())
    )
    (made,) = [card.after for batch in batches for card in batch]
    issued = worlds.version(by_working_days(), "NV", number=2)
    with thawed():
        Scorecard.objects.filter(version=counted.staff).update(version=issued)
    recompute_period(actor=system_user(), moment=MOMENT, period=counted.period)

    result = CardResult.objects.get(person=counted.lan, stage="evaluator")
    assert isinstance(made, Result)
    assert (
        made.total == Fraction(int(result.numerator), int(result.denominator)) == 30 + Fraction(60, 240) * 70
    )


def test_the_calendar_is_read_where_a_set_counts_by_it_and_nowhere_else(
    counted: World, django_assert_num_queries: Any
) -> None:
    from kpi_cms.evaluation.domain.counted_tasks import calendars_of

    with django_assert_num_queries(0):
        assert calendars_of(counted.period.pk, [compile_set(points_of_tasks())]) == {}
    with django_assert_num_queries(1):
        found = calendars_of(counted.period.pk, [compile_set(by_working_days())])
    assert {day for day in DAYS if found["vn"].is_worked(day)} == {date(2026, 7, 25)}
