"""Major errors, delays and the objective causes that lift them (Đ14.2.b, c)."""

from datetime import datetime
from typing import TypeVar

from django.db.models import Max
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.models import Delay, Fault, ObjectiveCause, Task
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState

from .task_support import (
    after_change,
    enter_ledger,
    lock_task,
    pieces,
    require_head,
    require_reason,
    require_time,
)

D = TypeVar("D", Fault, Delay)


@business_verb
def record_fault(*, actor: User, moment: datetime, task: Task, unit_number: int, reason: str) -> Fault:
    """A major error on one unit of the quantity: minus 25% of its quality points (Đ14.2.b)."""
    return _record_checked(Fault, actor, moment, task, unit_number, reason)


@business_verb
def record_delay(*, actor: User, moment: datetime, task: Task, unit_number: int, reason: str) -> Delay:
    """A delay of one unit of the quantity: minus 25% of its progress points (Đ14.2.c)."""
    return _record_checked(Delay, actor, moment, task, unit_number, reason)


def _record_checked(
    model: type[D], actor: User, moment: datetime, task: Task, unit_number: int, reason: str
) -> D:
    task = lock_task(task)
    require_head(actor, task)
    require_time(table.RECORD_DEDUCTION, task)
    require_reason(reason)
    if not 1 <= unit_number <= pieces(task.assigned):
        raise Invalid(
            _("This task has units 1 to %(last)s; choose one of them.") % {"last": pieces(task.assigned)},
            problems={"unit_number": [_("There is no such unit of quantity.")]},
        )
    recorded = record(model, task, unit_number, reason, moment)
    after_change(task, moment)
    return recorded


def last_deducted_unit(task: Task) -> int:
    """The highest unit of the quantity with an error or a delay that was not taken back; 0 without any."""
    numbers = (
        model._default_manager.filter(task=task, withdrawn_at__isnull=True).aggregate(last=Max("unit_number"))
        for model in (Fault, Delay)
    )
    return max(found["last"] or 0 for found in numbers)


def record(model: type[D], task: Task, unit_number: int, reason: str, moment: datetime) -> D:
    reason_key = texts.keep_required(TextKind.REASON, reason.strip(), person_code=task.person.staff_code)
    recorded = model(
        task=task,
        unit_id=task.unit_id,
        person_id=task.person_id,
        unit_number=unit_number,
        reason_key=reason_key,
        recorded_at=moment,
    )
    save_tracked(recorded, reason_key=reason_key)
    enter_ledger(
        Act.DEDUCTION_RECORDED,
        task,
        recorded,
        after={"kind": model._meta.model_name, "unit_number": unit_number},
        reason_key=reason_key,
    )
    return recorded


@business_verb
def withdraw_deduction(*, actor: User, moment: datetime, deduction: Fault | Delay, reason: str) -> None:
    """Take back an error or a delay that was recorded wrongly; it stays readable in the history."""
    task = lock_task(deduction.task)
    require_head(actor, task)
    require_time(table.WITHDRAW_DEDUCTION, task)
    require_reason(reason)
    locked = _lock_standing(deduction)
    locked.withdrawn_at = moment
    save_tracked(locked, reason=reason.strip(), person_code=task.person.staff_code)
    enter_ledger(Act.DEDUCTION_RECORDED, task, locked, after={"withdrawn": True}, reason=reason.strip())
    after_change(task, moment)


def _lock_standing(deduction: Fault | Delay) -> Fault | Delay:
    """The deduction, read again under its lock; what was taken back is neither taken back again nor lifted."""
    locked: Fault | Delay = type(deduction)._default_manager.select_for_update().get(pk=deduction.pk)
    if locked.withdrawn_at is not None:
        raise WrongState(_("This deduction was withdrawn already."))
    return locked


@business_verb
def confirm_cause(*, actor: User, moment: datetime, deduction: Fault | Delay, reason: str) -> ObjectiveCause:
    """The competent person confirms an objective cause: the deduction is lifted while it stands (Đ14.2.b, c)."""
    task = lock_task(deduction.task)
    require_head(actor, task)
    require_time(table.CONFIRM_CAUSE, task)
    require_reason(reason)
    deduction = _lock_standing(deduction)
    if deduction.causes.filter(revoked_at__isnull=True).exists():
        raise WrongState(_("An objective cause is confirmed for this deduction already."))
    reason_key = texts.keep_required(TextKind.REASON, reason.strip(), person_code=task.person.staff_code)
    cause = ObjectiveCause(
        fault=deduction if isinstance(deduction, Fault) else None,
        delay=deduction if isinstance(deduction, Delay) else None,
        unit_id=task.unit_id,
        person_id=task.person_id,
        reason_key=reason_key,
        confirmed_at=moment,
    )
    save_tracked(cause, reason_key=reason_key)
    enter_ledger(
        Act.CAUSE_CONFIRMED, task, cause, after={"deduction": str(deduction.pk)}, reason_key=reason_key
    )
    after_change(task, moment)
    return cause


@business_verb
def revoke_cause(*, actor: User, moment: datetime, cause: ObjectiveCause, reason: str) -> None:
    """Take back the confirmation of an objective cause: the deduction counts again."""
    deduction = cause.fault or cause.delay
    assert deduction is not None  # the database keeps exactly one of the two
    task = lock_task(deduction.task)
    require_head(actor, task)
    require_time(table.CONFIRM_CAUSE, task)
    require_reason(reason)
    locked = ObjectiveCause.objects.select_for_update().get(pk=cause.pk)
    if locked.revoked_at is not None:
        raise WrongState(_("This objective cause was revoked already."))
    locked.revoked_at = moment
    save_tracked(locked, reason=reason.strip(), person_code=task.person.staff_code)
    enter_ledger(Act.CAUSE_CONFIRMED, task, locked, after={"revoked": True}, reason=reason.strip())
    after_change(task, moment)
