"""Days early or late, counted in calendar days or in the working days of a calendar that the caller gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError

MAX_DAYS = 3660
ONE = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: all but the weekend and holidays, and days worked instead of others.

    `weekend` counts Monday as 0.
    """

    holidays: frozenset[date] = frozenset()
    worked_instead: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})

    def is_worked(self, day: date) -> bool:
        """Whether a day is worked."""
        if day in self.worked_instead:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays


def days_late(due: date, done: date, calendar: Calendar | None) -> int:
    """Days from the due date to the day it was done, negative when early; `calendar` None: every day counts.

    The due date itself is never counted: due on Friday and done on Monday is one working day late. Raises
    ScoringError for dates more than ten years apart.
    """
    days = (done - due).days
    if abs(days) > MAX_DAYS:
        raise ScoringError(Problem("dates", "", _FAR, {"due": due.isoformat(), "done": done.isoformat()}))
    if calendar is None:
        return days
    first, last = (due, done) if days > 0 else (done, due)
    worked = sum(calendar.is_worked(first + ONE * number) for number in range(1, (last - first).days + 1))
    return worked if days > 0 else -worked


def named(calendars: Mapping[str, Calendar], name: str, key: str) -> Calendar:
    """The calendar a set names. Raises ScoringError when the caller did not give it."""
    if name not in calendars:
        raise ScoringError(Problem("calendar", key, _NO_CALENDAR, {"calendar": name}))
    return calendars[name]


_FAR = N_("The dates %(due)s and %(done)s are more than ten years apart: correct them.")
_NO_CALENDAR = N_("The calendar “%(calendar)s” of working days is not there: add it for this period.")
