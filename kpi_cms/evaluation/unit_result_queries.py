"""Organisations of a period as a reader sees them: whose result they read, and whose they may record."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.utils import timezone

from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import UnitLevel
from snippets.models import Appointment, Period, Person, Unit
from snippets.queries import Tree

from . import rules
from .models import Scorecard, UnitResult


class Organisations(Tree):
    """The tree, and where an account belongs: read once for a page or an act, four queries."""

    def __init__(self, scope: Scope, period: Period, day: date) -> None:
        super().__init__()
        self.scope, self.period = scope, period
        self._own = _paths_of(scope.user_id, period, day)
        taking_part = period.units.values_list("path", flat=True)
        self._taking_part = tuple(taking_part)

    def take_part(self) -> list[Unit]:
        """Organisations that are part of the period, down the tree; what only groups others is none."""
        return [unit for unit in self.units.values() if self.takes_part(unit)]

    def takes_part(self, unit: Unit) -> bool:
        return (
            unit.level != UnitLevel.GROUPING
            and unit.opened_on <= self.period.ends_on
            and not unit.closed_by(self.period.starts_on)
            and unit.path.startswith(self._taking_part)
        )

    def sees(self, unit: Unit) -> bool:
        return rules.see_unit_result(self.scope, unit, self.superior(unit))

    def may_record(self, unit: Unit) -> Decision:
        belongs = any(path.startswith(unit.path) for path in self._own)
        return rules.record_unit_result(self.scope, unit, self.superior(unit), belongs=belongs)


def _paths_of(user_id: int | None, period: Period, day: date) -> set[str]:
    """Where an account's person works today, by any appointment, and by their cards of the period."""
    if user_id is None:
        return set()
    return {
        *Person.objects.filter(user_id=user_id).values_list("unit__path", flat=True),
        *Appointment.objects.on(day).filter(person__user_id=user_id).values_list("unit__path", flat=True),
        *Scorecard.objects.filter(period=period, person__user_id=user_id).values_list(
            "unit__path", flat=True
        ),
    }


class Row(NamedTuple):
    """An organisation with its result in the period, None where none is recorded; whether the reader may record it, and
    what was withdrawn, the newest first."""

    unit: Unit
    result: UnitResult | None
    may_record: bool
    withdrawn: tuple[UnitResult, ...] = ()


def results_of_period(scope: Scope, period: Period, moment: datetime) -> list[Row]:
    """Every organisation of the period that the reader sees, down the tree."""
    organisations = Organisations(scope, period, timezone.localdate(moment))
    seen = [unit for unit in organisations.take_part() if organisations.sees(unit)]
    standing: dict[int, UnitResult] = {}
    withdrawn: dict[int, tuple[UnitResult, ...]] = {}
    every = UnitResult.objects.filter(period=period, unit__in=[unit.pk for unit in seen])
    for result in every.order_by("-withdrawn_at", "-pk"):
        if result.withdrawn_at is None:
            standing[result.unit_id] = result
        else:
            withdrawn[result.unit_id] = (*withdrawn.get(result.unit_id, ()), result)
    return [
        Row(
            unit,
            standing.get(unit.pk),
            organisations.may_record(unit).allowed,
            withdrawn.get(unit.pk, ()),
        )
        for unit in seen
    ]


def result_for(scope: Scope, pk: int, moment: datetime) -> tuple[UnitResult, Organisations]:
    """A result that the reader sees. Raises NotFound."""
    result = UnitResult.objects.select_related("period", "unit").filter(pk=pk).first()
    if result is None:
        raise NotFound
    organisations = Organisations(scope, result.period, timezone.localdate(moment))
    if not organisations.sees(result.unit):
        raise NotFound
    return result, organisations


class Change(NamedTuple):
    """What stood in a result from a moment on: who wrote it, and why where that had to be said."""

    at: datetime
    by: str
    result: UnitResult
    reason: str


def changes_of(result: UnitResult) -> list[Change]:
    """Everything that ever stood in it, the newest first: three queries."""
    rows = list(result.history.order_by("-history_date", "-history_id"))
    names = account_names({row.recorded_by for row in rows})
    reasons = texts.shown(row.history_change_reason for row in rows)
    return [
        Change(
            row.history_date, names.get(row.recorded_by, ""), row, reasons.get(row.history_change_reason, "")
        )
        for row in rows
    ]


def account_names(keys: set[int]) -> Mapping[int, str]:
    return dict(User.objects.filter(pk__in=keys).values_list("pk", "display_name"))
