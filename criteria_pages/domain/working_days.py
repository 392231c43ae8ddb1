"""The working days that a card by hand and an example count by: those of the registers, as they are today."""

from datetime import date

from kpi_cms.foundation.engine import Calendar, CompiledSet
from snippets.enums import CALENDAR, DayKind
from snippets.models import CalendarDay


def registered(compiled: CompiledSet) -> Calendar:
    """What a period opened now would keep; asked only where the set counts by it. One query."""
    if CALENDAR not in compiled.calendars:
        return Calendar()
    days: dict[str, set[date]] = {kind: set() for kind in DayKind.values}
    for day, kind in CalendarDay.objects.values_list("day", "kind"):
        days[kind].add(day)
    return Calendar(frozenset(days[DayKind.OFF]), frozenset(days[DayKind.WORKED]))
