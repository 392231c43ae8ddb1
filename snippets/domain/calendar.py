"""The calendar of working days: days off, and days worked in the place of others, of the whole province."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.text import normal

from ..enums import DayKind
from ..models import CalendarDay
from ..rules import may_keep_calendar
from .periods import FIRST_YEAR, LAST_YEAR

SATURDAY = 5


@business_verb
def register_day(
    *, actor: User, moment: datetime, day: date, kind: str, name: str, reason: str = ""
) -> CalendarDay:
    """Add a day off, or a Saturday or Sunday that is worked; it counts for periods opened from now on."""
    may_keep_calendar(actor).require()
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _wrong(
            "day", _("Enter a year from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        )
    if CalendarDay.objects.filter(day=day).exists():
        raise _wrong("day", _("This day is in the calendar already. Change it there."))
    return _save(CalendarDay(day=day), kind=kind, name=name, reason=reason)


@business_verb
def change_day(
    *, actor: User, moment: datetime, entry: CalendarDay, kind: str, name: str, reason: str = ""
) -> CalendarDay:
    """Change what a day is; the day itself is for ever. Periods that were opened keep what it was then."""
    may_keep_calendar(actor).require()
    entry = CalendarDay.objects.select_for_update().get(pk=entry.pk)
    return _save(entry, kind=kind, name=name, reason=reason)


def _save(entry: CalendarDay, *, kind: str, name: str, reason: str) -> CalendarDay:
    name = normal(name)
    if not name:
        raise _wrong("name", _("Name the holiday, or the decision."))
    if kind not in DayKind.values:
        raise _wrong("kind", _("A day is off, worked, or as any other weekday."))
    if kind == DayKind.WORKED and entry.day.weekday() < SATURDAY:
        raise _wrong(
            "kind", _("Monday to Friday are worked anyway: choose a Saturday or Sunday, or enter a day off.")
        )
    before = _facts(entry) if entry.pk is not None else None
    entry.kind, entry.name = kind, name
    after = _facts(entry)
    if before == after:
        return entry
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(entry, reason_key=reason_key)
    ledger.record(
        Act.REGISTER_CHANGED,
        subject=entry,
        label=entry.day.isoformat(),
        before=before,
        after=after,
        reason_key=reason_key,
    )
    return entry


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, problems={field: [sentence]})


def _facts(entry: CalendarDay) -> dict[str, Any]:
    return {"day": entry.day.isoformat(), "kind": str(entry.kind), "name": entry.name}
