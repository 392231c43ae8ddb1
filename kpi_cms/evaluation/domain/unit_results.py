"""The result of an organisation in a period: recorded, corrected, withdrawn by its superior's personnel office (Đ5).

It lifts the points of the organisation's own people, so nobody who belongs to it records it. Cards that count it
follow at once: an undecided one is computed anew, a decided one is marked and never altered (`basis`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.models import UnitResult
from kpi_cms.evaluation.models.unit_result import HIGHEST, LONGEST, LOWEST
from kpi_cms.evaluation.unit_result_queries import Organisations
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale, WrongState
from snippets.models import Period, Unit

from . import locks
from .basis import follow_unit_result

PLACES = 2


@dataclass(frozen=True)
class Recognised:
    """What a decision says of an organisation: points of 100 with two decimals at most, its number and day, and the
    rating in its own words, "" where it gives none."""

    points: Decimal | None
    number: str
    on: date | None
    band: str = ""


@business_verb
def record_unit_results(
    *, actor: User, moment: datetime, period: Period, given: Mapping[int, Recognised]
) -> list[UnitResult]:
    """Record the results of several organisations, by their keys: all of them, or none.

    Raises Invalid with a sentence at `KEY-points`, `KEY-number`, `KEY-on` and `KEY-band`; NotFound, Refused; WrongState
    for a period that is not open or an organisation that has its result already.
    """
    locks.share_period(period.pk)
    period = Period.objects.get(pk=period.pk)
    organisations = Organisations(Scope.of(actor), period, timezone.localdate(moment))
    units = [organisations.units.get(pk) for pk in given]
    for unit in units:
        if unit is None:
            raise NotFound
        organisations.may_record(unit).require()
        if not organisations.takes_part(unit):
            raise NotFound
    rules.require_open(period)
    if not given:
        raise Invalid(_("Nothing was entered. Enter the result of at least one organisation."))
    problems: dict[str, list[str]] = {}
    for pk, said in given.items():
        problems |= {f"{pk}-{name}": sentences for name, sentences in _problems(said, moment).items()}
    if problems:
        raise Invalid(_("Some entries need to be put right. Nothing was recorded."), problems=problems)
    # Two windows that record the same organisation write one after the other: the second reads that it is recorded.
    held = list(Unit.objects.select_for_update(no_key=True).filter(pk__in=given).order_by("pk"))
    known = UnitResult.objects.standing().filter(period=period, unit__in=held).select_related("unit").first()
    if known is not None:
        raise WrongState(
            _("%(unit)s has a result in this period already. Open it to correct it.") % {"unit": known.unit}
        )
    return [_record(actor, moment, period, unit, given[unit.pk]) for unit in held]


def _record(actor: User, moment: datetime, period: Period, unit: Unit, said: Recognised) -> UnitResult:
    result = UnitResult(period=period, unit=unit)
    _write(result, said, actor, moment)
    save_tracked(result)
    _enter(Act.UNIT_RESULT_RECORDED, result, None)
    follow_unit_result(period.pk, unit.pk, moment)
    return result


@business_verb
def correct_unit_result(
    *, actor: User, moment: datetime, result: UnitResult, expected: int, said: Recognised, reason: str
) -> UnitResult:
    """Put other values in their place, with a reason. `expected` is the number of changes that was on the screen.

    Raises Invalid with a sentence at `points`, `number`, `on`, `band`, `reason`; NotFound, Refused, Stale, WrongState.
    """
    result = _to_change(actor, moment, result)
    _unchanged(result, expected, _labelled(said))
    problems = _problems(said, moment) | _reason_missing(reason)
    if problems:
        raise Invalid(_("Some entries need to be put right. Nothing was changed."), problems=problems)
    if said == _said(result):
        raise Invalid(_("Nothing differs from what is recorded. Change a value, or leave the page."))
    before = _standing(result)
    _write(result, said, actor, moment)
    return _changed(Act.UNIT_RESULT_CORRECTED, result, before, reason, moment)


@business_verb
def withdraw_unit_result(
    *, actor: User, moment: datetime, result: UnitResult, expected: int, reason: str
) -> UnitResult:
    """Withdraw it, with a reason: it counts no more, stays readable, and another one may be recorded.

    Raises Invalid with a sentence at `reason`, NotFound, Refused, Stale, WrongState.
    """
    result = _to_change(actor, moment, result)
    _unchanged(result, expected, {})
    if problems := _reason_missing(reason):
        raise Invalid(_("Some entries need to be put right. Nothing was changed."), problems=problems)
    before = _standing(result)
    result.withdrawn_at, result.recorded_by, result.recorded_at = moment, actor.pk, moment
    return _changed(Act.UNIT_RESULT_WITHDRAWN, result, before, reason, moment)


def _to_change(actor: User, moment: datetime, result: UnitResult) -> UnitResult:
    """The result, locked and read again, where the actor may change it now."""
    locks.share_period(result.period_id)
    found = (
        UnitResult.objects.select_for_update(of=("self",))
        .select_related("period", "unit")
        .filter(pk=result.pk)
        .first()
    )
    if found is None:
        raise NotFound
    organisations = Organisations(Scope.of(actor), found.period, timezone.localdate(moment))
    organisations.may_record(found.unit).require()
    rules.require_open(found.period)
    if found.withdrawn_at is not None:
        raise WrongState(_("This result was withdrawn. Record another one if there is one."))
    return found


def _unchanged(result: UnitResult, expected: int, mine: Mapping[str, Any]) -> None:
    if expected != result.version_number:
        raise Stale(
            _("Somebody changed this result after you opened it. Look at it again before you go on."),
            mine=mine,
            theirs=_labelled(_said(result)),
        )


def _changed(
    act: Act, result: UnitResult, before: Mapping[str, Any], reason: str, moment: datetime
) -> UnitResult:
    result.version_number += 1
    reason = reason.strip()
    save_tracked(result, reason=reason)
    _enter(act, result, before, reason)
    follow_unit_result(result.period_id, result.unit_id, moment)
    return result


def _write(result: UnitResult, said: Recognised, actor: User, moment: datetime) -> None:
    assert said.points is not None  # `_problems` asked before
    assert said.on is not None
    result.points = said.points.quantize(Decimal(1).scaleb(-PLACES))
    result.band, result.decision_number = said.band.strip(), said.number.strip()
    result.decided_on = said.on
    result.recorded_by, result.recorded_at = actor.pk, moment


def _enter(act: Act, result: UnitResult, before: Mapping[str, Any] | None, reason: str = "") -> None:
    ledger.record(
        act,
        subject=result,
        label=f"{result.unit.code} {result.period}",
        unit=result.unit,
        period_id=result.period_id,
        before=before,
        after=_standing(result),
        reason=reason,
    )


def _standing(result: UnitResult) -> dict[str, str | None]:
    withdrawn = result.withdrawn_at
    return {
        "points": str(result.points),
        "rating": result.band,
        "decision": result.decision_number,
        "decided_on": result.decided_on.isoformat(),
        "withdrawn_at": withdrawn.isoformat() if withdrawn is not None else None,
    }


def _said(result: UnitResult) -> Recognised:
    return Recognised(result.points, result.decision_number, result.decided_on, result.band)


def _labelled(said: Recognised) -> dict[str, Any]:
    return {
        str(_("Points")): said.points,
        str(_("Rating")): said.band,
        str(_("Number of the decision")): said.number,
        str(_("Day of the decision")): said.on,
    }


def _problems(said: Recognised, moment: datetime) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    points = said.points
    if points is None or not LOWEST <= points <= HIGHEST or round(points, PLACES) != points:
        found["points"] = [_("Give 0 to 100 points with at most two decimals.")]
    if not said.number.strip():
        found["number"] = [_("Give the number of the decision that recognises the result.")]
    for name, text in (("number", said.number), ("band", said.band)):
        if len(text.strip()) > LONGEST:
            found[name] = [_("Write at most %(most)s characters.") % {"most": LONGEST}]
    if said.on is None:
        found["on"] = [_("Give the day of the decision.")]
    elif said.on > timezone.localdate(moment):
        found["on"] = [_("The day of a decision is not in the future.")]
    return found


def _reason_missing(reason: str) -> dict[str, list[str]]:
    return {} if reason.strip() else {"reason": [_("Give a reason.")]}
