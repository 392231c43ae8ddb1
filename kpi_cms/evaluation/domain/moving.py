"""Work that changes hands: handed over by somebody who cannot do it, or moved by the head (Đ18.1d; rules.md §4)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from snippets.models import Person

from .task_support import (
    check_fresh,
    facts,
    lock_task,
    place_of,
    require_assigner,
    require_head,
    require_in_period,
    require_movable,
    require_reason,
    require_time,
    require_undecided,
    store,
)
from .task_words import NOTHING_SAID, describe


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
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """The person cannot do it: the head gives it to somebody else (Đ18.1d).

    It stays in the total of the person who had it and leaves their numerators; the taker gets it as an extra. What
    was reported or confirmed already stays with the person: only the rest changes hands.
    """
    task = lock_task(task)
    require_head(actor, task)
    check_fresh(task, expected, {"handed_over": quantity})
    require_time(table.HAND_OVER_TASK, task)
    require_reason(reason)
    require_movable(task, quantity)
    before = facts(task)
    task.handed_over += quantity
    follower = _follower(actor, task, quantity, taker, due_on, attributes)
    require_undecided(task.period_id, task.person_id, taker.pk)
    store(task, Act.TASK_HANDED_OVER, moment, before=before, reason=reason)
    return store(follower, Act.TASK_ASSIGNED, moment, reason=reason)


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
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """The head moves work for leave or balance, before its due date (rules.md §4, open).

    By default it leaves the total of the person who had it; a set may say that it stays there. The taker gets it as
    an extra, outside the assigned total. What was reported or confirmed already stays with the person.
    """
    task = lock_task(task)
    require_head(actor, task)
    check_fresh(task, expected, {"assigned": task.assigned - quantity})
    require_time(table.MOVE_TASK, task)
    require_reason(reason)
    if timezone.localdate(moment) >= task.due_on:
        raise WrongState(_("Work is moved before its due date. From that day on, hand it over instead."))
    require_movable(task, quantity)
    before = facts(task)
    follower = _follower(actor, task, quantity, taker, due_on, attributes)
    require_undecided(task.period_id, task.person_id, taker.pk)
    if not _moved_leaves_total(task):
        task.handed_over += quantity
    elif quantity == task.assigned:
        task.state = TaskState.WITHDRAWN
    else:
        task.assigned -= quantity
        if task.group_key is not None:
            task.share = task.assigned
    store(task, Act.TASK_MOVED, moment, before=before, reason=reason)
    return store(follower, Act.TASK_ASSIGNED, moment, reason=reason)


def _follower(
    actor: User, task: Task, quantity: Decimal, taker: Person, due_on: date, attributes: Mapping[str, str]
) -> Task:
    """The same work for somebody else. It says what it said; `attributes` is for what the taker's sets count otherwise.

    It is not accepted at any quality yet.
    """
    if taker.pk == task.person_id:
        raise Invalid(_("Choose another person: this one has the task already."))
    place = place_of(taker, task.period)
    require_assigner(actor, task.period, taker, place.unit, extra=True)
    require_in_period(task.period, due_on)
    follower = Task(
        period=task.period,
        person=taker,
        unit=place.unit,
        product=task.product,
        kind=TaskKind.TAKEN_OVER,
        code=task.code,
        name=task.name,
        coefficient=task.coefficient,
        points=task.points,
        product_group=task.product_group,
        catalogue_version=task.catalogue_version,
        name_key=task.name_key,
        part_label=task.part_label,
        part_key=task.part_key,
        share=task.share if task.group_key is None else quantity,
        group_key=task.group_key,
        assigned=quantity,
        due_on=due_on,
        role=task.role,
        priority=task.priority,
        difficulty=task.difficulty,
        source=task,
    )
    describe(follower, attributes, place.asked)
    return follower


@beyond_the_wall("the set of the card says what becomes of moved work")
def _moved_leaves_total(task: Task) -> bool:
    """Of somebody with a card of each frame the one asks that says where their work belongs (`place_of`)."""
    card = (
        Scorecard.objects.filter(period_id=task.period_id, person_id=task.person_id)
        .select_related("version")
        .order_by("frame")
        .first()
    )
    return card is None or card.version.compiled().specification.settings.moved_leaves_total
