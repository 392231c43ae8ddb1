"""Sudden tasks that people propose: the head accepts them as extras or not, and names their product (Đ13.3, Đ18)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.asked_queries import asked_about
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from snippets.models import Period, Person, Product

from .task_support import (
    facts,
    lock_task,
    place_of,
    require_head,
    require_in_period,
    require_quantity,
    require_reason,
    require_still_theirs,
    require_time,
    share_period,
    store,
    take_product,
    type_text,
)
from .task_words import NOTHING_SAID, describe


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
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """The person proposes a sudden task while a card is with them; it counts once the head has accepted it.

    Without a product of the catalogue it stays unscored until one is named (Đ13.3). Its name may be about somebody:
    history tracks the key of it only. What a set counts it by may be left to the head, too.
    """
    place = place_of(person, period)
    period = share_period(period.pk)
    rules.may_with_tasks(table.PROPOSE_TASK, Scope.of(actor), person, place.unit, evaluates=False).require()
    rules.require_open(period)
    if not name.strip() and product is None:
        raise Invalid(_("Say what the task is."), problems={"name": [_("Say what the task is.")]})
    require_quantity(quantity)
    require_in_period(period, due_on)
    task = Task(
        period=period,
        person=person,
        unit=place.unit,
        kind=TaskKind.SUDDEN,
        state=TaskState.PROPOSED,
        assigned=quantity,
        due_on=due_on,
    )
    describe(task, attributes, place.asked, complete=False)
    type_text(task, "name", name)
    type_text(task, "note", note)
    if product is not None:
        take_product(task, product)
    return store(task, Act.TASK_PROPOSED, moment, require=require_still_theirs)


@business_verb
def decide_proposal(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    accepted: bool,
    product: Product | None = None,
    reason: str = "",
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """The head accepts a proposed task as an extra, naming its product, or declines it with a reason.

    An accepted task says all that the sets of the person need of it.
    """
    task = lock_task(task)
    require_head(actor, task)
    require_time(table.DECIDE_PROPOSAL, task)
    before = facts(task)
    if not accepted:
        require_reason(reason)
        task.state = TaskState.DECLINED
        return store(task, Act.TASK_CHANGED, moment, before=before, reason=reason)
    describe(task, attributes, asked_about(task))
    if product is not None:
        take_product(task, product)
    task.state = TaskState.ASSIGNED
    return store(task, Act.TASK_ASSIGNED, moment, before=before, reason=reason)


@business_verb
def name_product(
    *,
    actor: User,
    moment: datetime,
    task: Task,
    product: Product,
    reason: str = "",
    attributes: Mapping[str, str] = NOTHING_SAID,
) -> Task:
    """The head names the product of an accepted task that had none: from now on it is scored (Đ13.3).

    Named once: what a task is worth does not change under the person's hands.
    """
    task = lock_task(task)
    require_head(actor, task)
    require_time(table.NAME_PRODUCT, task)
    if not rules.is_left(table.NAME_PRODUCT, task):
        raise WrongState(_("The product of this task is named already and stays as it is."))
    before = facts(task)
    describe(task, attributes, asked_about(task), settled=True)
    take_product(task, product)
    return store(task, Act.TASK_CHANGED, moment, before=before, reason=reason)
