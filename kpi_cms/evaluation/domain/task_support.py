"""What the verbs on tasks share: locks, checks with their sentences, and how a task is stored."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.asked_queries import Questions, asked_about, is_asked
from kpi_cms.evaluation.models import CataloguePin, Scorecard, Task
from kpi_cms.foundation.access.rules import Rule, in_card_state, in_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale, WrongState
from kpi_cms.foundation.core.numbers import format_quantity
from kpi_cms.foundation.engine import QUALITY, SAID
from snippets.models import Period, Person, Product, Unit

from . import basis, locks
from .acting import in_place_of_the_absent, require_in_service

# What the columns of a quantity hold: more would be rounded unseen, or refused by the database without a sentence.
SMALLEST, LARGEST = Decimal("0.001"), Decimal(999_999)
# Text that people type → the column of its key in the erasable side table, which alone is in history.
TYPED = {
    "name": "name_key",
    "part_label": "part_key",
    "evidence_number": "evidence_key",
    "note": "note_key",
}


def share_period(period_id: int) -> Period:
    """The period, read under its shared lock. Whether it is open is asked after who may."""
    locks.share_period(period_id)
    return Period.objects.get(pk=period_id)


def lock_task(task: Task, *, with_parts: bool = False) -> Task:
    """The task, read again under its lock. Whether its period is open is asked after who may.

    `with_parts` locks the other parts of its product too, in the order of their keys: what they add up to stands
    still. Work that changes hands adds a part and locks the one it comes from, so it is counted or has to wait.
    """
    locks.share_period(task.period_id)
    wanted = Q(pk=task.pk)
    if with_parts and task.group_key is not None:
        wanted |= Q(group_key=task.group_key)
    locked: dict[int, Task] = {
        found.pk: found
        for found in Task.objects.select_for_update(of=("self",))
        .select_related("period", "person", "unit", "product")
        .annotate(is_asked=is_asked())
        .filter(wanted)
        .order_by("pk")
    }
    if task.pk not in locked:
        raise NotFound
    return locked[task.pk]


@dataclass(frozen=True)
class Place:
    """Where a person's work of a period belongs: the unit of their card; and what their sets ask of a task."""

    unit: Unit
    asked: Questions


@beyond_the_wall("whoever assigns work sees the tasks of a unit, and no card")
def place_of(person: Person, period: Period) -> Place:
    """The place of a person's work. One query where no set asks anything. Raises Invalid without a card."""
    card = (
        Scorecard.objects.filter(period=period, person=person)
        .select_related("unit")
        .annotate(is_asked=is_asked())
        .order_by("frame")
        .first()
    )
    if card is None:
        raise Invalid(_("This person has no card in this period, so no task can be given to them."))
    return Place(card.unit, asked_about(card))


def _require(rule: Rule, actor: User, period: Period, person: Person, unit: Unit) -> None:
    """Who may; then whether the period is open. What a delegation allows is recorded on behalf of the absent."""
    scope = Scope.of(actor)
    standing = queries.standing(scope, period.pk, person.pk)
    decision = rules.may_with_tasks(
        rule, scope, person, unit, evaluates=standing.evaluates, stands_in_for=standing.stands_in_for
    )
    decision.require()
    if standing.evaluates:
        require_in_service(actor)
    in_place_of_the_absent(decision, actor, period.pk, person)
    rules.require_open(period)


def require_assigner(actor: User, period: Period, person: Person, unit: Unit, *, extra: bool) -> None:
    """Whoever gives this person work, in an open period; extras are the head's to give (Đ18.1.d)."""
    _require(table.GIVE_EXTRAS if extra else table.ASSIGN_TASK, actor, period, person, unit)


def require_head(actor: User, task: Task) -> None:
    """Whoever confirms this person's tasks, in an open period."""
    _require(table.CONFIRM_TASK, actor, task.period, task.person, task.unit)


@beyond_the_wall("a decided result stands still, whether one sees it or not")
def require_undecided(period_id: int, *person_ids: int) -> None:
    """Lock the people's cards, in the one order, and refuse where one is decided.

    A confirmation under way is wholly before the change, which is then refused, or wholly after it and counts it.
    """
    _undecided_states(period_id, person_ids)


def _undecided_states(period_id: int, person_ids: Collection[int]) -> dict[int, set[str]]:
    """Where the cards of each person stand, under their locks."""
    cards = (
        Scorecard.objects.select_for_update(of=("self",))
        .filter(period_id=period_id, person_id__in=person_ids)
        .order_by(*locks.LOCK_ORDER)
        .only("state", "person_id")
    )
    states: dict[int, set[str]] = defaultdict(set)
    for card in cards:
        states[card.person_id].add(card.state)
    if not all(in_card_state(table.CHANGE_TASK, state) for found in states.values() for state in found):
        raise WrongState(
            _("This person's result is confirmed. The tasks it was computed from can no longer change.")
        )
    return states


@beyond_the_wall("who can still report is asked of every card, whether one sees it or not")
def require_answerable(period_id: int, *person_ids: int) -> None:
    """The same, for more work of the plan: it is given to people who can still report on it, with one card at least.

    Otherwise it would lower their result, and they could do nothing about it.
    """
    for person_id, states in _undecided_states(period_id, person_ids).items():
        if not any(in_card_state(table.ASSIGN_TASK, state) for state in states):
            raise WrongState(
                _(
                    "%(person)s has sent the self-assessment and could not report on more work of the plan. Have the "
                    "card returned first."
                )
                % {"person": Person.objects.get(pk=person_id).full_name}
            )


@beyond_the_wall("one's own cards, whether one sees them or not")
def require_still_theirs(period_id: int, *person_ids: int) -> None:
    """The same, for what people say of their own work: until they have submitted, and again on a returned card."""
    for states in _undecided_states(period_id, person_ids).values():
        _refuse_submitted(states)


def require_with_person(task: Task) -> None:
    """The person reports until they have submitted, and again when a card came back to them."""
    cards = Scorecard.objects.filter(period_id=task.period_id, person_id=task.person_id).select_related(
        "person"
    )
    _refuse_submitted({card.state for card in cards})


def _refuse_submitted(states: Collection[str]) -> None:
    if states and not any(in_card_state(table.REPORT_TASK, state) for state in states):
        raise WrongState(
            _("You have submitted your self-assessment. Ask your evaluator to return the card first.")
        )


def require_pinned(period: Period, product: Product, unit: Unit) -> None:
    """The product stands in a catalogue that the period uses for this unit, and is meant for it."""
    pinned = CataloguePin.objects.filter(period=period, catalogue_id=product.catalogue_id).select_related(
        "catalogue__unit"
    )
    if not any(unit.path.startswith(pin.catalogue.unit.path) for pin in pinned):
        raise Invalid(_("This product stands in no catalogue that the period uses for this unit."))
    if product.unit is not None and not unit.path.startswith(product.unit.path):
        raise Invalid(_("This product belongs to another unit's list."))


def require_storable(number: Decimal, field: str) -> None:
    """At most three decimals, and no more than the columns hold."""
    storable = number.is_finite() and abs(number) <= LARGEST and number == number.quantize(SMALLEST)
    if not storable:
        sentence = _("Write a quantity of at most %(most)s, with at most 3 decimals.") % {
            "most": quantity_text(LARGEST)
        }
        raise Invalid(sentence, problems={field: [sentence]})


def require_length(text: str, field: str) -> None:
    """No longer than the column."""
    most: Any = Task._meta.get_field(field).max_length  # type: ignore[union-attr]  # a column of text
    if len(text) > most:
        sentence = _("Write at most %(most)s characters.") % {"most": most}
        raise Invalid(sentence, problems={field: [sentence]})


def require_quantity(quantity: Decimal) -> None:
    require_storable(quantity, "quantity")
    if quantity <= 0:
        raise Invalid(
            _("The quantity is more than 0."), problems={"quantity": [_("Give a quantity above 0.")]}
        )


def require_in_period(period: Period, due_on: date) -> None:
    if not period.starts_on <= due_on <= period.ends_on:
        raise Invalid(
            _("The due date lies in the period, from %(first)s to %(last)s.")
            % {"first": period.starts_on.strftime("%d/%m/%Y"), "last": period.ends_on.strftime("%d/%m/%Y")},
            problems={"due_on": [_("Choose a day in the period.")]},
        )


def require_movable(task: Task, quantity: Decimal) -> None:
    require_storable(quantity, "quantity")
    if quantity <= 0 or quantity > task.rest:
        raise Invalid(
            _("Between 0 and %(rest)s of this task is still to be done and can change hands.")
            % {"rest": quantity_text(task.rest)},
            problems={"quantity": [_("Give a quantity that is still to be done.")]},
        )


def require_time(rule: Rule, task: Task) -> None:
    """The task stands where the act is taken from."""
    if not in_state(rule, task.state):
        raise WrongState(
            _("This step is not possible now: the task is “%(state)s”.") % {"state": task.get_state_display()}
        )


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(
            _("Give a reason that the person can read."), problems={"reason": [_("Give a reason.")]}
        )


def check_fresh(task: Task, expected: int, mine: Mapping[str, Any]) -> None:
    if expected == task.version_number:
        return
    labels = {name: str(Task._meta.get_field(name).verbose_name) for name in mine}  # type: ignore[union-attr]  # plain fields
    raise Stale(
        _("This task was saved somewhere else while you worked on it. Compare both values and save again."),
        mine={labels[name]: str(value) for name, value in mine.items()},
        theirs={labels[name]: str(getattr(task, name)) for name in mine},
    )


def quantity_text(quantity: Decimal) -> str:
    """A quantity as the reader of a sentence writes it."""
    return format_quantity(quantity, language=get_language() or "vi")


def take_product(task: Task, product: Product) -> None:
    """Freeze what the product says on the task: code, numbers, catalogue; its name, unless somebody typed one."""
    require_pinned(task.period, product, task.unit)
    task.product, task.code, task.coefficient = product, product.code, product.coefficient
    task.points, task.product_group = product.points, product.group
    task.catalogue_version = f"{product.catalogue.title} ({product.catalogue.number})"
    if task.name_key is None:
        task.name = product.duty


def type_text(task: Task, field: str, text: str) -> None:
    """What somebody typed, in its column and, where it changed, in the erasable side table (`TYPED`)."""
    text = text.strip()
    if text != getattr(task, field):
        setattr(task, field, text)
        setattr(task, TYPED[field], texts.keep(TextKind.COMMENT, text, person_code=task.person.staff_code))


def pieces(quantity: Decimal) -> int:
    """Units of a quantity; the last piece of a fractional one counts as a unit (2.5 has three)."""
    return int(quantity.to_integral_value(rounding="ROUND_CEILING"))


def facts(task: Task) -> dict[str, str]:
    """What the ledger says about a task: codes, numbers and dates, no text somebody wrote."""
    said = {name: code for name in (*SAID, QUALITY) if (code := getattr(task, name))}
    return {
        **said,
        "state": task.state,
        "assigned": str(task.assigned),
        "completed": str(task.completed),
        "in_time": str(task.in_time),
        "in_time_on": task.in_time_on.isoformat() if task.in_time_on else "",
        "confirmed_before": str(task.confirmed_before),
        "accepted": "" if task.accepted is None else str(task.accepted),
        "handed_over": str(task.handed_over),
        "due_on": task.due_on.isoformat(),
        "completed_on": task.completed_on.isoformat() if task.completed_on else "",
        "product": task.code,
    }


def store(
    task: Task,
    act: Act,
    moment: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    reason: str = "",
    require: Callable[..., None] = require_undecided,
) -> Task:
    """`require`: what is asked of the person's cards under their locks."""
    require(task.period_id, task.person_id)
    task.version_number += 1
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=task.person.staff_code)
    save_tracked(task, reason_key=reason_key)
    enter_ledger(act, task, task, before=before, after=facts(task), reason_key=reason_key)
    basis.follow_tasks(task.period_id, task.person_id, moment)
    return task


def after_change(task: Task, moment: datetime) -> None:
    require_undecided(task.period_id, task.person_id)
    basis.follow_tasks(task.period_id, task.person_id, moment)


def enter_ledger(
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
