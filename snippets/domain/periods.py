"""Periods are prepared here; opening and closing them is `evaluation.domain`."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.rules import in_state
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState

from .. import rule_table as table
from ..enums import PeriodKind, PeriodState
from ..models import ParticipatingUnit, Period, Unit
from ..rules import may_on_all

MONTHS: dict[str, int] = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}
FIRST_YEAR, LAST_YEAR = 2025, 2100
DEADLINES = ("self_due_at", "evaluation_due_at", "collective_due_at", "endorsement_due_at")


def span(kind: str, year: int, number: int) -> tuple[date, date]:
    """First and last day: month 2 of 2026 → 01/02 to 28/02. Raises Invalid for a number the year has not."""
    months = MONTHS[kind]
    problems: dict[str, list[str]] = {}
    if not FIRST_YEAR <= year <= LAST_YEAR:
        problems["year"] = [
            _("Enter a year from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        ]
    if not 1 <= number <= 12 // months:
        problems["number"] = [_("Enter a number from 1 to %(last)d.") % {"last": 12 // months}]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    last_month = number * months
    return date(year, last_month - months + 1, 1), date(year, last_month, monthrange(year, last_month)[1])


@business_verb
def create_period(
    *,
    actor: User,
    moment: datetime,
    kind: str,
    year: int,
    number: int,
    self_due_at: datetime,
    evaluation_due_at: datetime,
    units: Sequence[Unit],
    collective_due_at: datetime | None = None,
    endorsement_due_at: datetime | None = None,
    reason: str = "",
) -> Period:
    """A period being prepared, for the given units with everything below them.

    Its days follow from kind, year and number. Deadlines are moments and exclusive; those of a collective and of the
    endorsement may be left out (`Period`). The actor manages periods on every one of the units. Raises Invalid,
    Refused, NotFound.
    """
    may_on_all(actor, table.CREATE_PERIOD, units).require()
    starts_on, ends_on = span(kind, year, number)
    chosen = _topmost(units)
    period = Period(
        kind=kind,
        year=year,
        number=number,
        starts_on=starts_on,
        ends_on=ends_on,
        self_due_at=self_due_at,
        evaluation_due_at=evaluation_due_at,
        collective_due_at=collective_due_at,
        endorsement_due_at=endorsement_due_at,
    )
    _check_deadlines(period)
    if Period.objects.filter(kind=kind, year=year, number=number).exists():
        sentence = _("This period exists already. Open it from the list and add the units to it.")
        raise Invalid(sentence, problems={"number": [sentence]})
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(period, reason_key=reason_key)
    ParticipatingUnit.objects.bulk_create([ParticipatingUnit(period=period, unit=unit) for unit in chosen])
    ledger.record(
        Act.PERIOD_CREATED,
        subject=period,
        label=label(period),
        period_id=period.pk,
        after=_facts(period, [unit.code for unit in chosen]),
        reason_key=reason_key,
    )
    return period


@business_verb
def change_period(
    *,
    actor: User,
    moment: datetime,
    period: Period,
    self_due_at: datetime,
    evaluation_due_at: datetime,
    collective_due_at: datetime | None = None,
    endorsement_due_at: datetime | None = None,
    units: Sequence[Unit] | None = None,
    reason: str = "",
) -> Period:
    """Change deadlines and units while it is prepared; once it is open the deadlines only, and with a reason.

    `units` None leaves them; a stage whose deadline is left out has none of its own from now on. Kind, year and number
    never change: they are what the period is.
    """
    period = Period.objects.select_for_update().get(pk=period.pk)
    present = list(Unit.objects.filter(participations__period=period))
    may_on_all(actor, table.CHANGE_PERIOD, present).require()
    chosen = present if units is None else _topmost(units)
    may_on_all(actor, table.CHANGE_PERIOD, chosen).require()
    same_units = {unit.pk for unit in chosen} == {unit.pk for unit in present}
    wanted = dict(
        zip(DEADLINES, (self_due_at, evaluation_due_at, collective_due_at, endorsement_due_at), strict=True)
    )
    same_deadlines = all(getattr(period, name) == due_at for name, due_at in wanted.items())
    if same_units and same_deadlines:
        return period
    if not in_state(table.CHANGE_PERIOD, period.state):
        raise WrongState(
            _("The period is being opened. Wait until that is done.")
            if period.state == PeriodState.OPENING
            else _("The period is closed. Nothing in it changes any more.")
        )
    if period.state == PeriodState.OPEN:
        if not same_units:
            raise WrongState(_("The period is open: its units can no longer change. Only the deadlines can."))
        if not reason.strip():
            sentence = _("The period is open: say why its deadlines change.")
            raise Invalid(sentence, problems={"reason": [sentence]})
    before = _facts(period, [unit.code for unit in present])
    for name, due_at in wanted.items():
        setattr(period, name, due_at)
    _check_deadlines(period)
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(period, reason_key=reason_key, update_fields=[*DEADLINES])
    if not same_units:
        kept = {unit.pk for unit in chosen}
        ParticipatingUnit.objects.filter(period=period).exclude(unit__in=kept).delete()
        known = {unit.pk for unit in present}
        ParticipatingUnit.objects.bulk_create(
            [ParticipatingUnit(period=period, unit=unit) for unit in chosen if unit.pk not in known]
        )
    ledger.record(
        Act.PERIOD_CHANGED,
        subject=period,
        label=label(period),
        period_id=period.pk,
        before=before,
        after=_facts(period, [unit.code for unit in chosen]),
        reason_key=reason_key,
    )
    return period


def label(period: Period) -> str:
    """Kind, number and year in codes: the ledger's words do not depend on the language."""
    return f"{period.kind} {period.number}/{period.year}"


def _topmost(units: Sequence[Unit]) -> list[Unit]:
    """Without those that lie below another one: each takes part with everything below it."""
    if not units:
        sentence = _("Choose at least one unit that takes part.")
        raise Invalid(sentence, problems={"units": [sentence]})
    kept: list[Unit] = []
    for unit in sorted(units, key=lambda unit: unit.path):
        if not (kept and unit.path.startswith(kept[-1].path)):
            kept.append(unit)
    return kept


def _check_deadlines(period: Period) -> None:
    """Self-assessment, collective, evaluation, endorsement: in this order, and none before the period begins."""
    first, last = period.self_due_at, period.evaluation_due_at
    if first >= last:
        sentence = _("Self-assessment is due before the evaluation. Correct one of the two deadlines.")
        raise Invalid(sentence, problems={"evaluation_due_at": [sentence]})
    if timezone.localdate(first) < period.starts_on:
        sentence = _("The deadline lies before the first day of the period, %(day)s.") % {
            "day": f"{period.starts_on:%d/%m/%Y}"
        }
        raise Invalid(sentence, problems={"self_due_at": [sentence]})
    if period.collective_due_at is not None and not first < period.collective_due_at <= last:
        sentence = _(
            "The scores of a collective are due after the self-assessment and not after the evaluation. Correct "
            "their deadline, or leave it empty."
        )
        raise Invalid(sentence, problems={"collective_due_at": [sentence]})
    if period.endorsement_due_at is not None and period.endorsement_due_at <= last:
        sentence = _(
            "The endorsement is due after the evaluation. Correct its deadline, or leave it empty: an endorsement is "
            "then never late."
        )
        raise Invalid(sentence, problems={"endorsement_due_at": [sentence]})


def _facts(period: Period, units: list[str]) -> dict[str, Any]:
    """The deadlines that the period has, and its units."""
    deadlines = {name: getattr(period, name) for name in DEADLINES}
    said = {name: due_at.isoformat() for name, due_at in deadlines.items() if due_at is not None}
    return {**said, "units": sorted(units)}
