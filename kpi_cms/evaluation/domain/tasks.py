"""Tasks: assign, report, confirm; errors, delays and objective causes; hand over, take over, move (Đ14, Đ18).

Every verb shares the period's lock and locks the task. What a decided card was computed from stands still, so a task
changes only while no card of its person in the period is decided; each change computes the person's open results anew.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale, WrongState
from snippets.models import Period, Person, Product, Unit

from .. import rules
from ..enums import DECIDED, WITH_THE_PERSON, TaskKind, TaskState
from ..models import CataloguePin, Delay, Fault, ObjectiveCause, Scorecard, Task
from . import locks, scoring

ONE = Decimal(1)
D = TypeVar("D", Fault, Delay)


@dataclass(frozen=True)
class Part:
    """A concrete output of a larger product, for one person: its share of the product and its due date (Đ18.1c)."""

    person: Person
    share: Decimal
    due_on: date
    label: str


# --- Assigning -----------------------------------------------------------------------------------------------------
@business_verb
def assign_task(
    *,
    actor: User,
    moment: datetime,
    period: Period,
    person: Person,
    product: Product,
    quantity: Decimal,
    due_on: date,
    sudden: bool = False,
    note: str = "",
) -> Task:
    """Give a person a product of the period's catalogues. Code, name and coefficient are frozen on the task.

    `sudden` marks work outside the plan, given by the head: it stays outside the assigned total (Đ18.1d).
    """
    unit = _unit_of(person, period)
    period = _share(period.pk)
    _may_assign(actor, period, person, unit).require()
    task = _new_task(
        period=period,
        person=person,
        unit=unit,
        product=product,
        quantity=quantity,
        due_on=due_on,
        kind=TaskKind.SUDDEN if sudden else TaskKind.PLANNED,
        note=note,
    )
    return _stored(task, Act.TASK_ASSIGNED, moment)


@business_verb
def assign_parts(
    *,
    actor: User,
    moment: datetime,
    period: Period,
    product: Product,
    parts: Sequence[Part],
) -> list[Task]:
    """Split one large or group product into concrete outputs; the shares sum to at most the product (Đ18.1c).

    A part's coefficient is the product's, its quantity the share: a fault falls on its own part.
    """
    if not parts:
        raise Invalid(_("Name at least one part."))
    total = sum((part.share for part in parts), Decimal(0))
    if any(part.share <= 0 for part in parts) or total > ONE:
        raise Invalid(
            _("The shares of the parts add up to %(total)s. Each is above 0 and together they are at most 1.")
            % {"total": total}
        )
    period = _share(period.pk)
    group = uuid.uuid4()
    tasks = []
    for part in parts:
        unit = _unit_of(part.person, period)
        _may_assign(actor, period, part.person, unit).require()
        task = _new_task(
            period=period,
            person=part.person,
            unit=unit,
            product=product,
            quantity=part.share,
            due_on=part.due_on,
            kind=TaskKind.PLANNED,
            note="",
        )
        task.part_label, task.share, task.group_key = part.label.strip(), part.share, group
        tasks.append(_stored(task, Act.TASK_ASSIGNED, moment))
    return tasks


@business_verb
def change_task(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    expected: int,
    quantity: Decimal,
    due_on: date,
    reason: str,
) -> Task:
    """Change quantity or due date before the person has reported, with a reason."""
    task = _lock(task)
    _may_assign(actor, task.period, task.person, task.unit).require()
    _check_fresh(task, expected, {"assigned": quantity, "due_on": due_on})
    _require_state(task, TaskState.ASSIGNED)
    _require_reason(reason)
    _require_quantity(quantity)
    before = _facts(task)
    task.assigned, task.due_on = quantity, due_on
    return _stored(task, Act.TASK_CHANGED, moment, before=before, reason=reason)


def _new_task(
    *,
    period: Period,
    person: Person,
    unit: Unit,
    product: Product,
    quantity: Decimal,
    due_on: date,
    kind: TaskKind,
    note: str,
) -> Task:
    _require_quantity(quantity)
    _require_in_period(period, due_on)
    _require_pinned(period, product, unit)
    return Task(
        period=period,
        person=person,
        unit=unit,
        product=product,
        kind=kind,
        code=product.code,
        name=product.duty,
        coefficient=product.coefficient,
        catalogue_version=f"{product.catalogue.title} ({product.catalogue.number})",
        assigned=quantity,
        due_on=due_on,
        note=note.strip(),
        note_key=texts.keep(TextKind.COMMENT, note.strip(), person_code=person.staff_code),
    )


# --- Reporting -------------------------------------------------------------------------------------------------------
@business_verb
def report_task(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    expected: int,
    completed: Decimal,
    completed_on: date | None,
    evidence_number: str,
    note: str = "",
) -> Task:
    """The person says how much is completed, when, and under which document number (Đ18.2)."""
    task = _lock(task)
    rules.report_task(Scope.of(actor), task.person, task.unit).require()
    _check_fresh(task, expected, {"completed": completed, "completed_on": completed_on})
    _require_state(task, TaskState.ASSIGNED, TaskState.REPORTED)
    _require_with_person(task)
    problems: dict[str, list[str]] = {}
    if completed < 0 or completed > task.assigned - task.handed_over:
        problems["completed"] = [
            _("At most %(most)s can be completed of this task.") % {"most": task.assigned - task.handed_over}
        ]
    if completed > 0 and completed_on is None:
        problems["completed_on"] = [_("Say when it was completed.")]
    if completed > 0 and not evidence_number.strip():
        problems["evidence_number"] = [_("Give the number of the document that shows the product.")]
    if completed_on is not None and completed_on > timezone.localdate(moment):
        problems["completed_on"] = [_("The day of completion lies in the future.")]
    if problems:
        raise Invalid(_("The report is not complete. Correct it and save again."), problems=problems)
    before = _facts(task)
    task.completed, task.completed_on = completed, completed_on if completed > 0 else None
    task.evidence_number = evidence_number.strip()
    if note.strip() != task.note:
        task.note = note.strip()
        task.note_key = texts.keep(TextKind.COMMENT, task.note, person_code=task.person.staff_code)
    task.state = TaskState.REPORTED
    return _stored(task, Act.TASK_REPORTED, moment, before=before)


@business_verb
def propose_task(
    *,
    actor: User,
    moment: datetime,
    period: Period,
    person: Person,
    name: str,
    product: Product | None,
    quantity: Decimal,
    due_on: date,
    note: str = "",
) -> Task:
    """The person proposes a sudden task; it counts once the head has accepted it.

    Without a product of the catalogue it stays unscored until one is decided (Đ13.3).
    """
    unit = _unit_of(person, period)
    period = _share(period.pk)
    rules.report_task(Scope.of(actor), person, unit).require()
    if not name.strip() and product is None:
        raise Invalid(_("Say what the task is."), problems={"name": [_("Say what the task is.")]})
    _require_quantity(quantity)
    _require_in_period(period, due_on)
    if product is not None:
        _require_pinned(period, product, unit)
    task = Task(
        period=period,
        person=person,
        unit=unit,
        product=product,
        kind=TaskKind.SUDDEN,
        state=TaskState.PROPOSED,
        code=product.code if product else "",
        name=name.strip() or (product.duty if product else ""),
        coefficient=product.coefficient if product else None,
        catalogue_version=f"{product.catalogue.title} ({product.catalogue.number})" if product else "",
        assigned=quantity,
        due_on=due_on,
        note=note.strip(),
        note_key=texts.keep(TextKind.COMMENT, note.strip(), person_code=person.staff_code),
    )
    return _stored(task, Act.TASK_PROPOSED, moment)


@business_verb
def decide_proposal(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    accepted: bool,
    product: Product | None = None,
    reason: str = "",
) -> Task:
    """The head accepts a proposed task as an extra, naming its product, or declines it with a reason."""
    task = _lock(task)
    _may_confirm(actor, task).require()
    _require_state(task, TaskState.PROPOSED)
    before = _facts(task)
    if not accepted:
        _require_reason(reason)
        task.state = TaskState.DECLINED
        return _stored(task, Act.TASK_CHANGED, moment, before=before, reason=reason)
    if product is not None:
        _require_pinned(task.period, product, task.unit)
        task.product, task.code, task.coefficient = product, product.code, product.coefficient
        task.catalogue_version = f"{product.catalogue.title} ({product.catalogue.number})"
    task.state = TaskState.ASSIGNED
    return _stored(task, Act.TASK_ASSIGNED, moment, before=before, reason=reason)


# --- Confirming --------------------------------------------------------------------------------------------------------
@business_verb
def confirm_task(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    expected: int,
    accepted: Decimal,
    delayed: bool = False,
    reason: str = "",
) -> Task:
    """The head confirms a report: how much met quality, and whether a late completion counts as a delay.

    A late completion only *proposes* a delay: `delayed` records one on each completed unit, with its reason.
    """
    task = _lock(task)
    _may_confirm(actor, task).require()
    _check_fresh(task, expected, {"accepted": accepted})
    _require_state(task, TaskState.REPORTED, TaskState.CONFIRMED)
    if accepted < 0 or accepted > task.completed:
        raise Invalid(
            _("At most the %(completed)s completed can be accepted.") % {"completed": task.completed},
            problems={"accepted": [_("This is more than was completed.")]},
        )
    before = _facts(task)
    task.accepted = accepted
    task.state = TaskState.CONFIRMED
    if delayed:
        _require_reason(reason)
        for number in range(1, _pieces(task.completed) + 1):
            _record(Delay, task, number, reason, moment)
    return _stored(task, Act.TASK_CONFIRMED, moment, before=before, reason=reason)


def proposes_delay(task: Task) -> bool:
    """Completed after its due date: the head is asked to record a delay, or not."""
    return task.completed > 0 and task.completed_on is not None and task.completed_on > task.due_on


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
    task = _lock(task)
    _may_confirm(actor, task).require()
    _require_state(task, TaskState.ASSIGNED, TaskState.REPORTED, TaskState.CONFIRMED)
    _require_reason(reason)
    if not 1 <= unit_number <= _pieces(task.assigned):
        raise Invalid(
            _("This task has units 1 to %(last)s; choose one of them.") % {"last": _pieces(task.assigned)},
            problems={"unit_number": [_("There is no such unit of quantity.")]},
        )
    recorded = _record(model, task, unit_number, reason, moment)
    _after_change(task, moment)
    return recorded


def _record(model: type[D], task: Task, unit_number: int, reason: str, moment: datetime) -> D:
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
    _enter(
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
    task = _lock(deduction.task)
    _may_confirm(actor, task).require()
    _require_reason(reason)
    locked = type(deduction)._default_manager.select_for_update().get(pk=deduction.pk)
    if locked.withdrawn_at is not None:
        raise WrongState(_("This deduction was withdrawn already."))
    locked.withdrawn_at = moment
    save_tracked(locked, reason=reason.strip(), person_code=task.person.staff_code)
    _enter(Act.DEDUCTION_RECORDED, task, locked, after={"withdrawn": True}, reason=reason.strip())
    _after_change(task, moment)


@business_verb
def confirm_cause(*, actor: User, moment: datetime, deduction: Fault | Delay, reason: str) -> ObjectiveCause:
    """The competent person confirms an objective cause: the deduction is lifted while it stands (Đ14.2.b, c)."""
    task = _lock(deduction.task)
    _may_confirm(actor, task).require()
    _require_reason(reason)
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
    _enter(Act.CAUSE_CONFIRMED, task, cause, after={"deduction": str(deduction.pk)}, reason_key=reason_key)
    _after_change(task, moment)
    return cause


@business_verb
def revoke_cause(*, actor: User, moment: datetime, cause: ObjectiveCause, reason: str) -> None:
    """Take back the confirmation of an objective cause: the deduction counts again."""
    deduction = cause.fault or cause.delay
    assert deduction is not None  # the database keeps exactly one of the two
    task = _lock(deduction.task)
    _may_confirm(actor, task).require()
    _require_reason(reason)
    locked = ObjectiveCause.objects.select_for_update().get(pk=cause.pk)
    if locked.revoked_at is not None:
        raise WrongState(_("This objective cause was revoked already."))
    locked.revoked_at = moment
    save_tracked(locked, reason=reason.strip(), person_code=task.person.staff_code)
    _enter(Act.CAUSE_CONFIRMED, task, locked, after={"revoked": True}, reason=reason.strip())
    _after_change(task, moment)


# --- Work that changes hands (rules.md §4) -----------------------------------------------------------------------------
@business_verb
def hand_over(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    expected: int,
    quantity: Decimal,
    taker: Person,
    due_on: date,
    reason: str,
) -> Task:
    """The person cannot do it: the head gives it to somebody else (Đ18.1d).

    It stays in the total of the person who had it and leaves their numerators; the taker gets it as an extra.
    """
    task = _lock(task)
    _may_confirm(actor, task).require()
    _check_fresh(task, expected, {"handed_over": quantity})
    _require_state(task, TaskState.ASSIGNED, TaskState.REPORTED)
    _require_reason(reason)
    _require_movable(task, quantity)
    before = _facts(task)
    task.handed_over += quantity
    follower = _follower(actor, task, quantity, taker, due_on)
    _stored(task, Act.TASK_HANDED_OVER, moment, before=before, reason=reason)
    return _stored(follower, Act.TASK_ASSIGNED, moment, reason=reason)


@business_verb
def move_task(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    expected: int,
    quantity: Decimal,
    taker: Person,
    due_on: date,
    reason: str,
) -> Task:
    """The head moves work for leave or balance, before its due date (rules.md §4, open).

    By default it leaves the total of the person who had it; a set may say that it stays there. The taker gets it as
    an extra, outside the assigned total.
    """
    task = _lock(task)
    _may_confirm(actor, task).require()
    _check_fresh(task, expected, {"assigned": task.assigned - quantity})
    _require_state(task, TaskState.ASSIGNED)
    _require_reason(reason)
    if timezone.localdate(moment) > task.due_on:
        raise WrongState(
            _("The due date has passed. Work is moved before its due date; after it, hand it over.")
        )
    _require_movable(task, quantity)
    before = _facts(task)
    follower = _follower(actor, task, quantity, taker, due_on)
    if not _moved_leaves_total(task):
        task.handed_over += quantity
    elif quantity == task.assigned:
        task.state = TaskState.WITHDRAWN
    else:
        task.assigned -= quantity
    _stored(task, Act.TASK_MOVED, moment, before=before, reason=reason)
    return _stored(follower, Act.TASK_ASSIGNED, moment, reason=reason)


def _follower(actor: User, task: Task, quantity: Decimal, taker: Person, due_on: date) -> Task:
    if taker.pk == task.person_id:
        raise Invalid(_("Choose another person: this one has the task already."))
    unit = _unit_of(taker, task.period)
    _may_assign(actor, task.period, taker, unit).require()
    _require_in_period(task.period, due_on)
    return Task(
        period=task.period,
        person=taker,
        unit=unit,
        product=task.product,
        kind=TaskKind.TAKEN_OVER,
        code=task.code,
        name=task.name,
        coefficient=task.coefficient,
        catalogue_version=task.catalogue_version,
        part_label=task.part_label,
        share=task.share,
        group_key=task.group_key,
        assigned=quantity,
        due_on=due_on,
        source=task,
    )


def _moved_leaves_total(task: Task) -> bool:
    card = (
        Scorecard.objects.filter(period_id=task.period_id, person_id=task.person_id)
        .select_related("version")
        .first()
    )
    return card is None or card.version.compiled().specification.settings.moved_leaves_total


# --- Reading ---------------------------------------------------------------------------------------------------------------
def people_without_tasks(period: Period, unit: Unit) -> QuerySet[Person]:
    """People with a card and no task in the period: the head's omission (Đ18.1d), in name order."""
    with_card = Scorecard.objects.filter(period=period, unit__path__startswith=unit.path).values("person_id")
    with_task = Task.objects.filter(period=period).exclude(state=TaskState.DECLINED).values("person_id")
    return (
        Person.objects.filter(pk__in=with_card).exclude(pk__in=with_task).order_by("sort_key", "staff_code")
    )


# --- Shared ----------------------------------------------------------------------------------------------------------------
def _share(period_id: int) -> Period:
    locks.share_period(period_id)
    period = Period.objects.get(pk=period_id)
    rules.require_open(period)
    return period


def _lock(task: Task) -> Task:
    locks.share_period(task.period_id)
    locked: Task | None = (
        Task.objects.select_for_update(of=("self",))
        .select_related("period", "person", "unit", "product")
        .filter(pk=task.pk)
        .first()
    )
    if locked is None:
        raise NotFound
    rules.require_open(locked.period)
    return locked


def _unit_of(person: Person, period: Period) -> Unit:
    """Where the person's work of this period belongs: the unit of their card. Raises Invalid without a card."""
    card = (
        Scorecard.objects.filter(period=period, person=person)
        .select_related("unit")
        .order_by("frame")
        .first()
    )
    if card is None:
        raise Invalid(_("This person has no card in this period, so no task can be given to them."))
    return card.unit


def _evaluates(actor: User, period: Period, person: Person) -> bool:
    return Scorecard.objects.filter(period=period, person=person, evaluator__user_id=actor.pk).exists()


def _may_assign(actor: User, period: Period, person: Person, unit: Unit) -> Decision:
    return rules.assign_tasks(Scope.of(actor), person, unit, evaluates=_evaluates(actor, period, person))


def _may_confirm(actor: User, task: Task) -> Decision:
    evaluates = _evaluates(actor, task.period, task.person)
    return rules.confirm_tasks(Scope.of(actor), task.person, task.unit, evaluates=evaluates)


def _require_undecided(period_id: int, person_id: int) -> None:
    if Scorecard.objects.filter(period_id=period_id, person_id=person_id, state__in=DECIDED).exists():
        raise WrongState(
            _("This person's result is confirmed. The tasks it was computed from can no longer change.")
        )


def _require_with_person(task: Task) -> None:
    """The person reports until they have submitted, and again when a card came back to them."""
    cards = Scorecard.objects.filter(period_id=task.period_id, person_id=task.person_id).select_related(
        "person"
    )
    states = {card.state for card in cards}
    if states and not states & set(WITH_THE_PERSON):
        raise WrongState(
            _("You have submitted your self-assessment. Ask your evaluator to return the card first.")
        )


def _require_pinned(period: Period, product: Product, unit: Unit) -> None:
    """The product stands in a catalogue that the period uses for this unit, and is meant for it."""
    pinned = CataloguePin.objects.filter(period=period, catalogue_id=product.catalogue_id).select_related(
        "catalogue__unit"
    )
    if not any(unit.path.startswith(pin.catalogue.unit.path) for pin in pinned):
        raise Invalid(_("This product stands in no catalogue that the period uses for this unit."))
    if product.unit is not None and not unit.path.startswith(product.unit.path):
        raise Invalid(_("This product belongs to another unit's list."))


def _require_quantity(quantity: Decimal) -> None:
    if quantity <= 0:
        raise Invalid(
            _("The quantity is more than 0."), problems={"quantity": [_("Give a quantity above 0.")]}
        )


def _require_in_period(period: Period, due_on: date) -> None:
    if not period.starts_on <= due_on <= period.ends_on:
        raise Invalid(
            _("The due date lies in the period, from %(first)s to %(last)s.")
            % {"first": period.starts_on.strftime("%d/%m/%Y"), "last": period.ends_on.strftime("%d/%m/%Y")},
            problems={"due_on": [_("Choose a day in the period.")]},
        )


def _require_movable(task: Task, quantity: Decimal) -> None:
    rest = task.assigned - task.handed_over - task.completed
    if quantity <= 0 or quantity > rest:
        raise Invalid(
            _("Between 0 and %(rest)s of this task is still to be done and can change hands.")
            % {"rest": rest},
            problems={"quantity": [_("Give a quantity that is still to be done.")]},
        )


def _require_state(task: Task, *states: TaskState) -> None:
    if task.state not in states:
        raise WrongState(
            _("This step is not possible now: the task is “%(state)s”.") % {"state": task.get_state_display()}
        )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(
            _("Give a reason that the person can read."), problems={"reason": [_("Give a reason.")]}
        )


def _check_fresh(task: Task, expected: int, mine: Mapping[str, Any]) -> None:
    if expected == task.version_number:
        return
    labels = {name: str(Task._meta.get_field(name).verbose_name) for name in mine}  # type: ignore[union-attr]  # plain fields
    raise Stale(
        _("This task was saved somewhere else while you worked on it. Compare both values and save again."),
        mine={labels[name]: str(value) for name, value in mine.items()},
        theirs={labels[name]: str(getattr(task, name)) for name in mine},
    )


def _pieces(quantity: Decimal) -> int:
    """Units of a quantity; the last piece of a fractional one counts as a unit (2.5 has three)."""
    return int(quantity.to_integral_value(rounding="ROUND_CEILING"))


def _facts(task: Task) -> dict[str, str]:
    """What the ledger says about a task: codes, numbers and dates, no text somebody wrote."""
    return {
        "state": task.state,
        "assigned": str(task.assigned),
        "completed": str(task.completed),
        "accepted": "" if task.accepted is None else str(task.accepted),
        "handed_over": str(task.handed_over),
        "due_on": task.due_on.isoformat(),
        "completed_on": task.completed_on.isoformat() if task.completed_on else "",
        "product": task.code,
    }


def _stored(
    task: Task, act: Act, moment: datetime, *, before: Mapping[str, Any] | None = None, reason: str = ""
) -> Task:
    _require_undecided(task.period_id, task.person_id)
    task.version_number += 1
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=task.person.staff_code)
    save_tracked(task, reason_key=reason_key)
    _enter(act, task, task, before=before, after=_facts(task), reason_key=reason_key)
    scoring.refresh_person(task.period_id, task.person_id, moment)
    return task


def _after_change(task: Task, moment: datetime) -> None:
    _require_undecided(task.period_id, task.person_id)
    scoring.refresh_person(task.period_id, task.person_id, moment)


def _enter(
    act: Act,
    task: Task,
    subject: Any,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    reason_key: uuid.UUID | None = None,
) -> None:
    ledger.record(
        act,
        subject=subject,
        label=task.code,
        unit=task.unit,
        person=task.person,
        period_id=task.period_id,
        before=before,
        after=after,
        reason=reason,
        reason_key=reason_key,
    )
