"""Tasks: assign, change, report, confirm (Đ14, Đ18). Proposals, deductions and work that changes hands stand beside it.

Every verb shares the period's lock and locks the task. What a decided card was computed from stands still, so a task
changes only while no card of its person in the period is decided; each change computes the person's open results anew.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.asked_queries import asked_about
from kpi_cms.evaluation.enums import COUNTED_TASK_STATES, EXTRA_KINDS, TaskKind, TaskState
from kpi_cms.evaluation.models import Delay, Task
from kpi_cms.foundation.access.rules import in_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from snippets.models import Period, Person, Product

from .deductions import last_deducted_unit, record
from .task_support import (
    Place,
    check_fresh,
    facts,
    lock_task,
    pieces,
    place_of,
    quantity_text,
    require_answerable,
    require_assigner,
    require_head,
    require_in_period,
    require_length,
    require_quantity,
    require_reason,
    require_storable,
    require_time,
    require_undecided,
    require_with_person,
    share_period,
    store,
    take_product,
    type_text,
)
from .task_words import NOTHING_SAID, accept_at, describe

ONE = Decimal(1)


@dataclass(frozen=True)
class Part:
    """A concrete output of a larger product, for one person: its share of the product and its due date (Đ18.1c)."""

    person: Person
    share: Decimal
    due_on: date
    label: str
    attributes: Mapping[str, str] = field(default_factory=dict)


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
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """Give a person a product of the period's catalogues. Code, name and coefficient are frozen on the task.

    `sudden` marks work outside the plan, which only the head gives: it stays outside the assigned total (Đ18.1d). Work
    of the plan is given while the person can still report on it.
    `attributes`: name → code of what the person's sets count by, such as its difficulty.
    """
    place = place_of(person, period)
    period = share_period(period.pk)
    require_assigner(actor, period, person, place.unit, extra=sudden)
    task = _new_task(
        period=period,
        person=person,
        place=place,
        product=product,
        quantity=quantity,
        due_on=due_on,
        kind=TaskKind.SUDDEN if sudden else TaskKind.PLANNED,
        note=note,
        attributes=attributes,
    )
    return store(task, Act.TASK_ASSIGNED, moment, require=require_undecided if sudden else require_answerable)


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
    for part in parts:
        require_storable(part.share, "share")
        require_length(part.label.strip(), "part_label")
    total = sum((part.share for part in parts), Decimal(0))
    if any(part.share <= 0 for part in parts) or total > ONE:
        raise Invalid(
            _("The shares of the parts add up to %(total)s. Each is above 0 and together they are at most 1.")
            % {"total": quantity_text(total)}
        )
    period = share_period(period.pk)
    places = [place_of(part.person, period) for part in parts]
    for part, place in zip(parts, places, strict=True):
        require_assigner(actor, period, part.person, place.unit, extra=False)
    require_answerable(period.pk, *(part.person.pk for part in parts))
    group = uuid.uuid4()
    tasks = []
    for part, place in zip(parts, places, strict=True):
        task = _new_task(
            period=period,
            person=part.person,
            place=place,
            product=product,
            quantity=part.share,
            due_on=part.due_on,
            kind=TaskKind.PLANNED,
            note="",
            attributes=part.attributes,
        )
        type_text(task, "part_label", part.label)
        task.share, task.group_key = part.share, group
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
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """Change quantity, due date or what is said of it before the person has reported, with a reason.

    More of the plan only while they still can; less of it, another day and extras until the result is decided.
    A part's share follows its quantity, within what the other parts leave of the product (Đ18.1.c). The quantity of
    work taken over is what changed hands, and stays.
    """
    task = lock_task(task, with_parts=True)
    require_assigner(actor, task.period, task.person, task.unit, extra=task.kind in EXTRA_KINDS)
    check_fresh(task, expected, {"assigned": quantity, "due_on": due_on})
    require_time(table.CHANGE_TASK, task)
    require_reason(reason)
    require_quantity(quantity)
    require_in_period(task.period, due_on)
    _require_room(task, quantity)
    more = task.kind == TaskKind.PLANNED and quantity > task.assigned
    before = facts(task)
    describe(task, attributes, asked_about(task))
    task.assigned, task.due_on = quantity, due_on
    if task.group_key is not None:
        task.share = quantity
    require = require_answerable if more else require_undecided
    return store(task, Act.TASK_CHANGED, moment, before=before, reason=reason, require=require)


def _require_room(task: Task, quantity: Decimal) -> None:
    """Nothing that was handed over or deducted already stands outside the new quantity, nor a part outside its product.

    The caller holds the locks of the other parts; what they add up to is read after that.
    """
    if task.kind == TaskKind.TAKEN_OVER and quantity != task.assigned:
        raise _refused(
            _("This work was taken over: its quantity is what changed hands. Only the due date can change.")
        )
    if quantity < task.handed_over:
        raise _refused(
            _("%(quantity)s of this task are handed over already. Its quantity cannot be less.")
            % {"quantity": quantity_text(task.handed_over)}
        )
    if (last := last_deducted_unit(task)) > pieces(quantity):
        raise _refused(
            _(
                "An error or a delay is recorded on unit %(unit)s. Ask the head to take it back before that unit goes."
            )
            % {"unit": last}
        )
    if task.group_key is not None:
        others = Task.objects.filter(group_key=task.group_key, state__in=COUNTED_TASK_STATES).exclude(
            pk=task.pk
        )
        given = sum((other.assigned - other.handed_over for other in others), Decimal(0))
        most = ONE - given + task.handed_over
        if quantity > most:
            raise _refused(
                _(
                    "The parts of a product are together at most the product: this one can be at most %(most)s."
                )
                % {"most": quantity_text(most)}
            )


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, problems={"quantity": [sentence]})


def _new_task(
    *,
    period: Period,
    person: Person,
    place: Place,
    product: Product,
    quantity: Decimal,
    due_on: date,
    kind: TaskKind,
    note: str,
    attributes: Mapping[str, str],
) -> Task:
    require_quantity(quantity)
    require_in_period(period, due_on)
    task = Task(period=period, person=person, unit=place.unit, kind=kind, assigned=quantity, due_on=due_on)
    describe(task, attributes, place.asked)
    take_product(task, product)
    type_text(task, "note", note)
    return task


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
    """The person says how much is completed in all, when, and under which document number (Đ18.2).

    What the head has confirmed of it stays confirmed: more of the same task is reported on top of it, and waits for
    them again.
    """
    task = lock_task(task)
    rules.report_task(Scope.of(actor), task.person, task.unit).require()
    rules.require_open(task.period)
    check_fresh(task, expected, {"completed": completed, "completed_on": completed_on})
    require_time(table.REPORT_TASK, task)
    require_with_person(task)
    if not rules.is_left(table.REPORT_TASK, task):
        raise WrongState(_("All of this task is reported and confirmed. There is nothing left to report."))
    require_storable(completed, "completed")
    require_length(evidence_number.strip(), "evidence_number")
    problems: dict[str, list[str]] = {}
    if (sentence := _out_of_range(task, completed)) is not None:
        problems["completed"] = [sentence]
    if completed > 0 and completed_on is None:
        problems["completed_on"] = [_("Say when it was completed.")]
    if completed > 0 and not evidence_number.strip():
        problems["evidence_number"] = [_("Give the number of the document that shows the product.")]
    if completed_on is not None and (sentence := _wrong_day(task.period, completed_on, moment)) is not None:
        problems["completed_on"] = [sentence]
    if problems:
        raise Invalid(_("The report is not complete. Correct it and save again."), problems=problems)
    before = facts(task)
    if task.state == TaskState.CONFIRMED:
        task.confirmed_before = task.completed
    task.in_time, task.in_time_on = _in_time(task, completed, completed_on)
    task.completed, task.completed_on = completed, completed_on if completed > 0 else None
    type_text(task, "evidence_number", evidence_number)
    type_text(task, "note", note)
    task.state = TaskState.REPORTED
    return store(task, Act.TASK_REPORTED, moment, before=before)


def _wrong_day(period: Period, day: date, moment: datetime) -> str | None:
    if day > timezone.localdate(moment):
        return _("The day of completion lies in the future.")
    if day < period.starts_on:
        return _("The day of completion lies before the period, which begins on %(first)s.") % {
            "first": period.starts_on.strftime("%d/%m/%Y")
        }
    return None


def _in_time(task: Task, completed: Decimal, day: date | None) -> tuple[Decimal, date | None]:
    """How much of what is reported now was completed by the due date, and on which day: what an earlier report said
    stays so when more is reported late.

    The same quantity or less on a late day, after a report in time, corrects that report: only what the head has
    confirmed of it stays.
    """
    if completed == 0 or day is None:
        return Decimal(0), None
    if day <= task.due_on:
        return completed, day
    kept = min(task.in_time, completed)
    if completed <= task.completed and not _is_late(task):
        kept = min(kept, task.confirmed_before)
    return kept, task.in_time_on if kept else None


def may_be_reported(task: Task) -> bool:
    """Assigned or reported; and confirmed in part, for the rest of it."""
    return in_state(table.REPORT_TASK, task.state) and rules.is_left(table.REPORT_TASK, task)


def _out_of_range(task: Task, completed: Decimal) -> str | None:
    most = task.assigned - task.handed_over
    if task.state == TaskState.CONFIRMED:
        confirmed, enough = task.completed, completed > task.completed
    else:
        confirmed, enough = task.confirmed_before, completed >= task.confirmed_before
    if enough and completed <= most:
        return None
    if confirmed == 0:
        return _("At most %(most)s can be completed of this task.") % {"most": quantity_text(most)}
    return _(
        "%(confirmed)s of this task are confirmed already. Report the whole quantity, more than that and at most "
        "%(most)s."
    ) % {"confirmed": quantity_text(confirmed), "most": quantity_text(most)}


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
    quality: str = "",
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """The head confirms a report: how much met quality, and whether a late completion counts as a delay.

    `quality` is the code of the step at which it is accepted, where a set of the person has such steps; `attributes`
    says what the task should have said before.

    A late completion only *proposes* a delay: `delayed` records one, with its reason, on each unit completed late on
    which none stands; what was reported in time before stays in time. Confirming again asks for nothing that is
    recorded already: one late day costs 25% once.
    """
    task = lock_task(task)
    require_head(actor, task)
    check_fresh(task, expected, {"accepted": accepted})
    require_time(table.CONFIRM_TASK, task)
    require_storable(accepted, "accepted")
    if accepted < 0 or accepted > task.completed:
        raise Invalid(
            _("At most the %(completed)s completed can be accepted.")
            % {"completed": quantity_text(task.completed)},
            problems={"accepted": [_("This is more than was completed.")]},
        )
    before = facts(task)
    asked = asked_about(task)
    describe(task, attributes, asked, settled=True)
    accept_at(task, quality, asked)
    task.accepted = accepted
    task.state = TaskState.CONFIRMED
    if delayed:
        require_reason(reason)
        for number in undelayed_units(task):
            record(Delay, task, number, reason, moment)
    return store(task, Act.TASK_CONFIRMED, moment, before=before, reason=reason)


def proposes_delay(task: Task) -> bool:
    """Something of it was completed after its due date: the head is asked to record a delay, or not."""
    return _is_late(task) and task.completed > task.in_time


def _is_late(task: Task) -> bool:
    """The latest report names a day after the due date."""
    return task.completed_on is not None and task.completed_on > task.due_on


def undelayed_units(task: Task) -> list[int]:
    """Units that the latest report completed, late where a delay is proposed, and on which no delay stands. The unit
    it began in counts as completed."""
    standing = set(task.delays.filter(withdrawn_at__isnull=True).values_list("unit_number", flat=True))
    before = max(task.confirmed_before, task.in_time) if proposes_delay(task) else task.confirmed_before
    latest = range(int(before) + 1, pieces(task.completed) + 1)
    return [number for number in latest if number not in standing]
