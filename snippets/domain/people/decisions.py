"""Dated decisions about a person that are not appointments: a deputy's fields, an evaluator other than the rule's."""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState
from kpi_cms.foundation.core.text import normal

from ... import rule_table as table
from ...models import Appointment, EvaluatorDecision, FieldAssignment, Person, Unit
from ...queries import Tree
from ...rules import may, not_oneself
from ..announcing import announce_fields, announce_posts
from .records import locked, require_in_service


def _checked_decision(decision_number: str, starts_on: date, ends_on: date | None) -> str:
    number = normal(decision_number)
    if not number:
        sentence = _("Give the number of the decision.")
        raise Invalid(sentence, problems={"decision_number": [sentence]})
    if ends_on is not None and ends_on < starts_on:
        sentence = _("The end cannot lie before the start. Correct one of the two dates.")
        raise Invalid(sentence, problems={"ends_on": [sentence]})
    return number


def _checked_end(on: date, starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on <= on:
        raise WrongState(_("This decision ends on %(day)s already.") % {"day": f"{ends_on:%d/%m/%Y}"})
    if on < starts_on:
        sentence = _("The last day cannot lie before the first day, %(day)s.") % {
            "day": f"{starts_on:%d/%m/%Y}"
        }
        raise Invalid(sentence, problems={"on": [sentence]})


@business_verb
def assign_field(
    *,
    actor: User,
    moment: datetime,
    person: Person,
    unit: Unit,
    starts_on: date,
    decision_number: str,
    ends_on: date | None = None,
    reason: str = "",
) -> FieldAssignment:
    """Put a unit into a deputy's charge: from then on it counts for the deputy's d (Đ15.4), on cards of open periods
    too. Nobody chooses what their own d is taken from. Raises Invalid, NotFound, Refused, WrongState.
    """
    person = locked(person)
    may(actor, table.ASSIGN_FIELD, person.unit).require()
    not_oneself(actor, person, table.ASSIGN_FIELD).require()
    may(actor, table.ASSIGN_FIELD, unit).require()
    require_in_service(person, starts_on)
    number = _checked_decision(decision_number, starts_on, ends_on)
    field = FieldAssignment(
        person=person, unit=unit, starts_on=starts_on, ends_on=ends_on, decision_number=number
    )
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    save_tracked(field, reason_key=reason_key)
    ledger.record(
        Act.REGISTER_CHANGED,
        subject=field,
        label=person.staff_code,
        unit=unit,
        person=person,
        after={"field": unit.code, "starts_on": starts_on.isoformat(), "decision_number": number},
        reason_key=reason_key,
    )
    announce_fields(person)
    return field


@business_verb
def end_field(
    *, actor: User, moment: datetime, field: FieldAssignment, on: date, reason: str = ""
) -> FieldAssignment:
    """Take a unit out of a deputy's charge; `on` is the last day. Never out of one's own."""
    person = locked(field.person)
    field = FieldAssignment.objects.select_for_update(of=("self",)).select_related("unit").get(pk=field.pk)
    may(actor, table.ASSIGN_FIELD, person.unit).require()
    not_oneself(actor, person, table.ASSIGN_FIELD).require()
    _checked_end(on, field.starts_on, field.ends_on)
    field.ends_on = on
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    save_tracked(field, reason_key=reason_key, update_fields=["ends_on"])
    ledger.record(
        Act.REGISTER_CHANGED,
        subject=field,
        label=person.staff_code,
        unit=field.unit,
        person=person,
        after={"field": field.unit.code, "ends_on": on.isoformat()},
        reason_key=reason_key,
    )
    announce_fields(person)
    return field


@business_verb
def decide_evaluator(
    *,
    actor: User,
    moment: datetime,
    person: Person,
    evaluator: Person,
    starts_on: date,
    decision_number: str,
    ends_on: date | None = None,
    reason: str = "",
) -> EvaluatorDecision:
    """Name a person's evaluator instead of the rule of Đ10. Open cards follow from the first day on.

    Nobody decides on their own evaluator, nor names themselves to evaluate somebody. Raises Invalid, NotFound, Refused,
    WrongState.
    """
    person = locked(person)
    may(actor, table.DECIDE_EVALUATOR, person.unit).require()
    not_oneself(actor, person, table.DECIDE_EVALUATOR).require()
    not_oneself(actor, evaluator, table.DECIDE_EVALUATOR).require()
    require_in_service(person, starts_on)
    require_in_service(evaluator, starts_on)
    if evaluator.pk == person.pk:
        sentence = _("Nobody evaluates themselves. Choose another person.")
        raise Invalid(sentence, problems={"evaluator": [sentence]})
    number = _checked_decision(decision_number, starts_on, ends_on)
    decision = EvaluatorDecision(
        person=person, evaluator=evaluator, starts_on=starts_on, ends_on=ends_on, decision_number=number
    )
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    save_tracked(decision, reason_key=reason_key)
    ledger.record(
        Act.EVALUATOR_CHANGED,
        subject=decision,
        label=person.staff_code,
        unit=person.unit,
        person=person,
        after={
            "evaluator": evaluator.staff_code,
            "starts_on": starts_on.isoformat(),
            "decision_number": number,
            "ends_on": ends_on.isoformat() if ends_on else None,
        },
        reason_key=reason_key,
    )
    announce_posts(people=[person.pk])
    return decision


def _would_evaluate(actor: User, person: Person, after: date) -> bool:
    """The actor heads a unit of the person's or one above it after that day: the rule may name them instead."""
    headed = set(
        Appointment.objects.lasting(after + timedelta(days=1))
        .heads()
        .filter(person__user=actor)
        .values_list("unit_id", flat=True)
    )
    if not headed:
        return False
    tree = Tree()
    posts = Appointment.objects.lasting(after).filter(person=person).values_list("unit_id", flat=True)
    return any(
        not headed.isdisjoint((key, *(above.pk for above in tree.superiors(tree.units[key]))))
        for key in {person.unit_id, *posts}
    )


@business_verb
def end_evaluator_decision(
    *, actor: User, moment: datetime, decision: EvaluatorDecision, on: date, reason: str = ""
) -> EvaluatorDecision:
    """Return to the rule of Đ10; `on` is the decision's last day.

    Not for whoever is named by it, nor for a head to whom the rule may return the person. Raises Invalid, NotFound,
    Refused, WrongState.
    """
    person = locked(decision.person)
    decision = (
        EvaluatorDecision.objects.select_for_update(of=("self",))
        .select_related("evaluator")
        .get(pk=decision.pk)
    )
    may(actor, table.DECIDE_EVALUATOR, person.unit).require()
    not_oneself(actor, person, table.DECIDE_EVALUATOR).require()
    not_oneself(actor, decision.evaluator, table.DECIDE_EVALUATOR).require()
    if _would_evaluate(actor, person, on):
        raise Refused(table.DECIDE_EVALUATOR.forbidden[table.ONESELF])
    _checked_end(on, decision.starts_on, decision.ends_on)
    decision.ends_on = on
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    save_tracked(decision, reason_key=reason_key, update_fields=["ends_on"])
    ledger.record(
        Act.EVALUATOR_CHANGED,
        subject=decision,
        label=person.staff_code,
        unit=person.unit,
        person=person,
        after={"ends_on": on.isoformat()},
        reason_key=reason_key,
    )
    announce_posts(people=[person.pk])
    return decision
