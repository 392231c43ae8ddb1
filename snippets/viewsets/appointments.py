"""Appointments and the dated decisions beside them: deputies' fields, evaluators other than the rule's."""

from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from kpi_cms.foundation.access.forms import GuardedForm, ReasonForm
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import Action, GuardedViewSet, Outcome

from .. import rule_table as table
from ..domain import people
from ..enums import PostRole
from ..models import Appointment, EvaluatorDecision, FieldAssignment, JobPosition, Person, Position
from ..rules import READS_PEOPLE, may_now
from .people import KEEPS, day_field, people_kept, units_kept
from .shared import RegisterFilterSet, WordsColumn, choice_filter, subtree_filter, words


def _positions(scope: Scope, instance: Any) -> QuerySet[Position]:
    return Position.objects.all()


def _job_positions(scope: Scope, instance: Any) -> QuerySet[JobPosition]:
    return JobPosition.objects.all()


# --- Appointments ------------------------------------------------------------------------------------------
class AppointmentAddForm(GuardedForm):
    narrowed = {
        "person": people_kept,
        "unit": units_kept,
        "position": _positions,
        "job_position": _job_positions,
    }

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        values = {
            name: data[name]
            for name in (
                "person",
                "unit",
                "position",
                "job_position",
                "role",
                "starts_on",
                "acting",
                "seconded",
                "decision_number",
                "reason",
            )
        }
        moving = data["is_main"] and data["ends_on"] is None and data["person"].unit_id != data["unit"].pk
        if moving:
            return people.transfer(actor=actor, moment=moment, **values)
        return people.appoint(
            actor=actor, moment=moment, is_main=data["is_main"], ends_on=data["ends_on"], **values
        )


class EndForm(ReasonForm):
    on = day_field(gettext_lazy("last day"))
    field_order = ["on", "reason"]


def _end_appointment(*, actor: Any, moment: datetime, instance: Appointment, data: dict[str, Any]) -> Outcome:
    people.end_appointment(
        actor=actor, moment=moment, appointment=instance, on=data["on"], reason=data["reason"]
    )
    return Outcome(_("The appointment ends on %(day)s.") % {"day": words(data["on"])})


def _lasts(scope: Scope, row: Any) -> bool:
    return row.ends_on is None or row.ends_on >= timezone.localdate()


def _may_end_appointment(scope: Scope, appointment: Appointment) -> bool:
    return _lasts(scope, appointment) and may_now(table.END_APPOINTMENT, scope, appointment.unit)


class AppointmentFilterSet(RegisterFilterSet):
    unit = subtree_filter(READS_PEOPLE)
    role = choice_filter(PostRole, gettext_lazy("role in the unit"))

    class Meta:
        model = Appointment
        fields = ["unit", "role"]


class AppointmentViewSet(GuardedViewSet):
    model = Appointment
    icon = "group"
    menu_order = 210
    reads = READS_PEOPLE
    adds = KEEPS
    related = ("unit", "person__unit", "position", "job_position")
    title_column = ("person.full_name", gettext_lazy("Full name"))
    list_display = [
        "position",
        "unit",
        "role",
        WordsColumn("starts_on", label=gettext_lazy("From")),
        WordsColumn("ends_on", label=gettext_lazy("To")),
    ]
    folded_search = False
    filterset_class = AppointmentFilterSet
    add_form = AppointmentAddForm
    add_panels = [
        MultiFieldPanel(
            [FieldPanel(name) for name in ("person", "unit", "position", "job_position", "role")],
            gettext_lazy("Appointment"),
        ),
        MultiFieldPanel(
            [
                FieldPanel(name)
                for name in ("is_main", "acting", "seconded", "starts_on", "ends_on", "decision_number")
            ],
            gettext_lazy("Kind, time and decision"),
        ),
        FieldPanel("reason"),
    ]
    prefill = ("person", "unit")
    actions = (
        Action(
            "end",
            gettext_lazy("End"),
            "cross",
            EndForm,
            _may_end_appointment,
            _end_appointment,
            gettext_lazy("What a head holds through this appointment ends with it."),
        ),
    )

    def title_of(self, instance: Appointment) -> str:
        return f"{instance.person.full_name}, {instance.position.title}"

    def details(self, scope: Scope, instance: Appointment) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Person"), f"{instance.person.full_name} ({instance.person.staff_code})"),
            (gettext_lazy("Unit"), instance.unit.name),
            (gettext_lazy("Position or title"), instance.position.title),
            (gettext_lazy("Job position"), instance.job_position.title if instance.job_position else ""),
            (gettext_lazy("Role"), str(instance.get_role_display())),
            (gettext_lazy("Main appointment"), words(instance.is_main)),
            (gettext_lazy("Acting"), words(instance.acting)),
            (gettext_lazy("Seconded"), words(instance.seconded)),
            (gettext_lazy("From"), words(instance.starts_on)),
            (gettext_lazy("To"), words(instance.ends_on)),
            (gettext_lazy("Decision number"), instance.decision_number),
        ]


# --- Dated decisions ---------------------------------------------------------------------------------------
def _others_kept(scope: Scope, instance: Any) -> QuerySet[Person]:
    """People in service whom the actor keeps, but the actor: nobody decides these about themselves."""
    return people_kept(scope, instance).exclude(user=scope.user_id)


class FieldAddForm(GuardedForm):
    narrowed = {"person": _others_kept, "unit": units_kept}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return people.assign_field(
            actor=actor,
            moment=moment,
            person=data["person"],
            unit=data["unit"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            decision_number=data["decision_number"],
            reason=data["reason"],
        )


def _end_field(*, actor: Any, moment: datetime, instance: FieldAssignment, data: dict[str, Any]) -> Outcome:
    people.end_field(actor=actor, moment=moment, field=instance, on=data["on"], reason=data["reason"])
    return Outcome(_("The field is no longer in their charge after %(day)s.") % {"day": words(data["on"])})


def _may_end_field(scope: Scope, row: FieldAssignment) -> bool:
    return _lasts(scope, row) and may_now(table.ASSIGN_FIELD, scope, row.person.unit)


class FieldAssignmentViewSet(GuardedViewSet):
    model = FieldAssignment
    icon = "folder-open-inverse"
    menu_order = 220
    reads = READS_PEOPLE
    adds = KEEPS
    related = ("unit", "person__unit")
    title_column = ("person.full_name", gettext_lazy("Deputy"))
    list_display = [
        "unit",
        WordsColumn("starts_on", label=gettext_lazy("From")),
        WordsColumn("ends_on", label=gettext_lazy("To")),
        "decision_number",
    ]
    folded_search = False
    add_form = FieldAddForm
    add_panels = [
        FieldPanel(name) for name in ("person", "unit", "starts_on", "ends_on", "decision_number", "reason")
    ]
    prefill = ("person",)
    actions = (Action("end", gettext_lazy("End"), "cross", EndForm, _may_end_field, _end_field),)

    def title_of(self, instance: FieldAssignment) -> str:
        return f"{instance.person.full_name}, {instance.unit.name}"

    def details(self, scope: Scope, instance: FieldAssignment) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Deputy"), f"{instance.person.full_name} ({instance.person.staff_code})"),
            (gettext_lazy("Unit in charge of"), instance.unit.name),
            (gettext_lazy("From"), words(instance.starts_on)),
            (gettext_lazy("To"), words(instance.ends_on)),
            (gettext_lazy("Decision number"), instance.decision_number),
        ]


class EvaluatorAddForm(GuardedForm):
    narrowed = {"person": _others_kept, "evaluator": _others_kept}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return people.decide_evaluator(
            actor=actor,
            moment=moment,
            person=data["person"],
            evaluator=data["evaluator"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            decision_number=data["decision_number"],
            reason=data["reason"],
        )


def _end_decision(
    *, actor: Any, moment: datetime, instance: EvaluatorDecision, data: dict[str, Any]
) -> Outcome:
    people.end_evaluator_decision(
        actor=actor, moment=moment, decision=instance, on=data["on"], reason=data["reason"]
    )
    return Outcome(_("After %(day)s the rule of Article 10 applies again.") % {"day": words(data["on"])})


def _may_end_decision(scope: Scope, row: EvaluatorDecision) -> bool:
    return _lasts(scope, row) and may_now(table.DECIDE_EVALUATOR, scope, row.person.unit)


class EvaluatorDecisionViewSet(GuardedViewSet):
    model = EvaluatorDecision
    icon = "user"
    menu_order = 230
    reads = READS_PEOPLE
    adds = KEEPS
    unit_path = "person__unit__path"
    related = ("person__unit", "evaluator")
    title_column = ("person.full_name", gettext_lazy("Person"))
    list_display = [
        "evaluator",
        WordsColumn("starts_on", label=gettext_lazy("From")),
        WordsColumn("ends_on", label=gettext_lazy("To")),
        "decision_number",
    ]
    folded_search = False
    add_form = EvaluatorAddForm
    add_panels = [
        FieldPanel(name)
        for name in ("person", "evaluator", "starts_on", "ends_on", "decision_number", "reason")
    ]
    prefill = ("person",)
    actions = (Action("end", gettext_lazy("End"), "cross", EndForm, _may_end_decision, _end_decision),)

    def title_of(self, instance: EvaluatorDecision) -> str:
        return instance.person.full_name

    def details(self, scope: Scope, instance: EvaluatorDecision) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Person"), f"{instance.person.full_name} ({instance.person.staff_code})"),
            (gettext_lazy("Evaluator"), f"{instance.evaluator.full_name} ({instance.evaluator.staff_code})"),
            (gettext_lazy("From"), words(instance.starts_on)),
            (gettext_lazy("To"), words(instance.ends_on)),
            (gettext_lazy("Decision number"), instance.decision_number),
        ]
