"""Tasks: assign, report, propose, confirm (Đ14, Đ18). Deductions and work that changes hands have rooms of their own.

Every verb shares the period's lock and locks the task. What a decided card was computed from stands still, so a task
changes only while no card of its person in the period is decided; each change computes the person's open results anew.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import EXTRA_KINDS, TaskKind, TaskState
from kpi_cms.evaluation.models import Delay, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid
from snippets.models import Period, Person, Product, Unit

from .deductions import record
from .task_support import (
    check_fresh,
    facts,
    lock_task,
    pieces,
    require_assigner,
    require_head,
    require_in_period,
    require_pinned,
    require_quantity,
    require_reason,
    require_time,
    require_undecided,
    require_with_person,
    share_period,
    store,
    unit_of,
)

ONE = Decimal(1)


@dataclass(frozen=True)
class Part:
    """A concrete output of a larger product, for one person: its share of the product and its due date (Đ18.1c)."""

    person: Person
    share: Decimal
    due_on: date
    label: str


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

    `sudden` marks work outside the plan, which only the head gives: it stays outside the assigned total (Đ18.1d).
    """
    unit = unit_of(person, period)
    period = share_period(period.pk)
    require_assigner(actor, period, person, unit, extra=sudden)
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
    return store(task, Act.TASK_ASSIGNED, moment)


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
    period = share_period(period.pk)
    units = [unit_of(part.person, period) for part in parts]
    for part, unit in zip(parts, units, strict=True):
        require_assigner(actor, period, part.person, unit, extra=False)
    require_undecided(period.pk, *(part.person.pk for part in parts))
    group = uuid.uuid4()
    tasks = []
    for part, unit in zip(parts, units, strict=True):
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
        tasks.append(store(task, Act.TASK_ASSIGNED, moment))
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
    task = lock_task(task)
    require_assigner(actor, task.period, task.person, task.unit, extra=task.kind in EXTRA_KINDS)
    check_fresh(task, expected, {"assigned": quantity, "due_on": due_on})
    require_time(table.CHANGE_TASK, task)
    require_reason(reason)
    require_quantity(quantity)
    before = facts(task)
    task.assigned, task.due_on = quantity, due_on
    return store(task, Act.TASK_CHANGED, moment, before=before, reason=reason)


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
    require_quantity(quantity)
    require_in_period(period, due_on)
    require_pinned(period, product, unit)
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
    task = lock_task(task)
    rules.report_task(Scope.of(actor), task.person, task.unit).require()
    rules.require_open(task.period)
    check_fresh(task, expected, {"completed": completed, "completed_on": completed_on})
    require_time(table.REPORT_TASK, task)
    require_with_person(task)
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
    before = facts(task)
    task.completed, task.completed_on = completed, completed_on if completed > 0 else None
    task.evidence_number = evidence_number.strip()
    if note.strip() != task.note:
        task.note = note.strip()
        task.note_key = texts.keep(TextKind.COMMENT, task.note, person_code=task.person.staff_code)
    task.state = TaskState.REPORTED
    return store(task, Act.TASK_REPORTED, moment, before=before)


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
    unit = unit_of(person, period)
    period = share_period(period.pk)
    rules.report_task(Scope.of(actor), person, unit).require()
    rules.require_open(period)
    if not name.strip() and product is None:
        raise Invalid(_("Say what the task is."), problems={"name": [_("Say what the task is.")]})
    require_quantity(quantity)
    require_in_period(period, due_on)
    if product is not None:
        require_pinned(period, product, unit)
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
    return store(task, Act.TASK_PROPOSED, moment)


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
    task = lock_task(task)
    require_head(actor, task)
    require_time(table.DECIDE_PROPOSAL, task)
    before = facts(task)
    if not accepted:
        require_reason(reason)
        task.state = TaskState.DECLINED
        return store(task, Act.TASK_CHANGED, moment, before=before, reason=reason)
    if product is not None:
        require_pinned(task.period, product, task.unit)
        task.product, task.code, task.coefficient = product, product.code, product.coefficient
        task.catalogue_version = f"{product.catalogue.title} ({product.catalogue.number})"
    task.state = TaskState.ASSIGNED
    return store(task, Act.TASK_ASSIGNED, moment, before=before, reason=reason)


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
    task = lock_task(task)
    require_head(actor, task)
    check_fresh(task, expected, {"accepted": accepted})
    require_time(table.CONFIRM_TASK, task)
    if accepted < 0 or accepted > task.completed:
        raise Invalid(
            _("At most the %(completed)s completed can be accepted.") % {"completed": task.completed},
            problems={"accepted": [_("This is more than was completed.")]},
        )
    before = facts(task)
    task.accepted = accepted
    task.state = TaskState.CONFIRMED
    if delayed:
        require_reason(reason)
        for number in range(1, pieces(task.completed) + 1):
            record(Delay, task, number, reason, moment)
    return store(task, Act.TASK_CONFIRMED, moment, before=before, reason=reason)


def proposes_delay(task: Task) -> bool:
    """Completed after its due date: the head is asked to record a delay, or not."""
    return task.completed > 0 and task.completed_on is not None and task.completed_on > task.due_on
