"""People and what they do: the clerk's and the personnel office's registers."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from kpi_cms.foundation.access.forms import ActionForm, DateInput, GuardedForm, ReasonForm
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import Action, Cell, GuardedViewSet, Outcome, RelatedTable

from ..domain import people
from ..enums import Capability, PostRole, StaffKind
from ..models import Appointment, EvaluatorDecision, FieldAssignment, JobPosition, Person, Position, Unit
from ..rules import READS_PEOPLE
from .shared import RegisterFilterSet, WordsColumn, choice_filter, span, subtree_filter, words

KEEPS = (Capability.MANAGE_PEOPLE,)


# --- What may be chosen ------------------------------------------------------------------------------------
def units_kept(scope: Scope, instance: Any) -> QuerySet[Unit]:
    """Units that exist and whose people the actor keeps."""
    kept: QuerySet[Unit] = scope.units(*KEEPS).filter(closed_on__isnull=True)
    return kept


def people_kept(scope: Scope, instance: Any) -> QuerySet[Person]:
    """People in service whom the actor keeps."""
    kept: QuerySet[Person] = Person.objects.within(scope, *KEEPS).filter(left_on__isnull=True)
    return kept


def _positions(scope: Scope, instance: Any) -> QuerySet[Position]:
    return Position.objects.all()


def _job_positions(scope: Scope, instance: Any) -> QuerySet[JobPosition]:
    return JobPosition.objects.all()


def _day(label: Promise, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DateInput(), **options)


# --- People ------------------------------------------------------------------------------------------------
class PersonAddForm(GuardedForm):
    narrowed = {"unit": units_kept}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return people.register_person(
            actor=actor, moment=moment, staff_code=data["staff_code"], full_name=data["full_name"],
            kind=data["kind"], unit=data["unit"], birth_date=data["birth_date"], email=data["email"],
            phone=data["phone"], is_party_member=data["is_party_member"], reason=data["reason"],
        )


class PersonEditForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        fields = ("full_name", "kind", "birth_date", "email", "phone", "is_party_member")
        return people.change_person(
            actor=actor, moment=moment, person=self.instance, reason=data["reason"],
            **{name: data[name] for name in fields},
        )


class LeaveForm(ReasonForm):
    on = _day(gettext_lazy("first day on which they no longer serve"))
    field_order = ["on", "reason"]


class NoQuestion(ActionForm):
    """Asks nothing: the page explains, the button acts."""


def _create_account(*, actor: Any, moment: datetime, instance: Person, data: dict[str, Any]) -> Outcome:
    password = people.create_account_for(actor=actor, moment=moment, person=instance)
    return Outcome(
        _("The account %(name)s was created. Its first password:") % {"name": instance.staff_code},
        shown_once=password,
    )


def _reset_account(*, actor: Any, moment: datetime, instance: Person, data: dict[str, Any]) -> Outcome:
    password = people.reset_account(actor=actor, moment=moment, person=instance, reason=data["reason"])
    return Outcome(_("The account has a new first password:"), shown_once=password)


def _unlock_account(*, actor: Any, moment: datetime, instance: Person, data: dict[str, Any]) -> Outcome:
    people.unlock_account(actor=actor, moment=moment, person=instance, reason=data["reason"])
    return Outcome(_("The account was unlocked."))


def _deactivate_account(*, actor: Any, moment: datetime, instance: Person, data: dict[str, Any]) -> Outcome:
    people.deactivate_account(actor=actor, moment=moment, person=instance, reason=data["reason"])
    return Outcome(_("The account was deactivated."))


def _leave(*, actor: Any, moment: datetime, instance: Person, data: dict[str, Any]) -> Outcome:
    people.leave_service(actor=actor, moment=moment, person=instance, on=data["on"], reason=data["reason"])
    return Outcome(_("The person has left the service; every appointment ends the day before."))


def _keeps(scope: Scope, person: Person) -> bool:
    return person.left_on is None and scope.covers(Capability.MANAGE_PEOPLE, person.unit)


def _keeps_accounts(scope: Scope, person: Person) -> bool:
    return scope.covers(Capability.MANAGE_ACCOUNTS, person.unit)


def _may_create_account(scope: Scope, person: Person) -> bool:
    return person.user is None and _keeps_accounts(scope, person)


def _may_reset_account(scope: Scope, person: Person) -> bool:
    active = person.user is not None and person.user.is_active and person.user_id != scope.user_id
    return active and _keeps_accounts(scope, person)


class PersonFilterSet(RegisterFilterSet):
    unit = subtree_filter(READS_PEOPLE)
    kind = choice_filter(StaffKind, gettext_lazy("kind of staff"))

    class Meta:
        model = Person
        fields = ["unit", "kind"]


class PersonViewSet(GuardedViewSet):
    model = Person
    icon = "user"
    menu_order = 200
    reads = READS_PEOPLE
    adds = changes = KEEPS
    related = ("unit", "user")
    ordering = ["sort_key", "staff_code"]
    title_column = ("full_name", gettext_lazy("Full name"))
    list_display = ["staff_code", "kind", "unit"]
    filterset_class = PersonFilterSet
    add_form = PersonAddForm
    edit_form = PersonEditForm
    add_panels = [
        MultiFieldPanel([FieldPanel(name) for name in ("staff_code", "full_name", "kind", "unit")], gettext_lazy("Person")),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("birth_date", "email", "phone", "is_party_member")], gettext_lazy("Details")
        ),
        FieldPanel("reason"),
    ]
    edit_panels = [
        MultiFieldPanel([FieldPanel(name) for name in ("full_name", "kind")], gettext_lazy("Person")),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("birth_date", "email", "phone", "is_party_member")], gettext_lazy("Details")
        ),
        FieldPanel("reason"),
    ]
    prefill = ("unit",)
    choice_columns = (("staff_code", gettext_lazy("Staff code")), ("unit", gettext_lazy("Unit")))
    refusal = gettext_lazy("You may read this record, not change it. Ask the clerk of the unit or the personnel office.")
    actions = (
        Action(
            "create-account", gettext_lazy("Create an account"), "key", NoQuestion, _may_create_account, _create_account,
            gettext_lazy("The account is named by the staff code. Its first password is shown once."),
        ),
        Action(
            "reset-account", gettext_lazy("New first password"), "key", ReasonForm, _may_reset_account, _reset_account,
            gettext_lazy("For somebody who lost theirs. The new password is shown once and must be changed at sign-in."),
        ),
        Action(
            "unlock-account", gettext_lazy("Unlock the account"), "unlock", ReasonForm, _may_reset_account, _unlock_account,
            gettext_lazy("Lifts the lockout after five wrong attempts."),
        ),
        Action(
            "deactivate-account", gettext_lazy("Deactivate the account"), "cross", ReasonForm, _may_reset_account,
            _deactivate_account,
            gettext_lazy("The account can no longer sign in. It is never deleted, because the history names it."),
        ),
        Action(
            "leave", gettext_lazy("Leave the service"), "logout", LeaveForm, _keeps, _leave,
            gettext_lazy("Every appointment ends on the day before; the record stays."),
        ),
    )

    def rows(self, scope: Scope) -> QuerySet[Person]:
        return super().rows(scope).order_by("sort_key", "staff_code")  # type: ignore[no-any-return]  # the host is untyped

    def choices(self, scope: Scope) -> QuerySet[Person]:
        return self.rows(scope).filter(left_on__isnull=True)

    def may_change(self, scope: Scope, instance: Person) -> bool:
        return instance.left_on is None and super().may_change(scope, instance)

    def title_of(self, instance: Person) -> str:
        return f"{instance.full_name} ({instance.staff_code})"

    def details(self, scope: Scope, instance: Person) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Staff code"), instance.staff_code),
            (gettext_lazy("Full name"), instance.full_name),
            (gettext_lazy("Kind of staff"), str(instance.get_kind_display())),
            (gettext_lazy("Unit"), instance.unit.name),
            (gettext_lazy("Date of birth"), words(instance.birth_date)),
            (gettext_lazy("E-mail address"), instance.email),
            (gettext_lazy("Telephone"), instance.phone),
            (gettext_lazy("Party member"), words(instance.is_party_member)),
            (gettext_lazy("Left the service on"), words(instance.left_on)),
            (gettext_lazy("Account"), _account_words(instance)),
        ]

    def tables(self, scope: Scope, instance: Person) -> list[RelatedTable]:
        add = f"?person={instance.pk}" if _keeps(scope, instance) else ""
        return [
            _appointments_table(scope, instance, add),
            _fields_table(scope, instance, add),
            _decisions_table(scope, instance, add),
        ]


def _account_words(person: Person) -> str:
    if person.user is None:
        return _("none")
    return person.user.username if person.user.is_active else _("%(name)s, deactivated") % {"name": person.user.username}


def _adding(model: type[Model], add: str) -> str:
    return f"{reverse(model.snippet_viewset.get_url_name('add'))}{add}" if add else ""  # type: ignore[attr-defined]  # set when registered


def _page(row: Any) -> str:
    url: str = type(row).snippet_viewset.page_url(row)
    return url


def _appointments_table(scope: Scope, person: Person, add: str) -> RelatedTable:
    """Those in the reader's units: where else somebody served is not told here."""
    rows = Appointment.objects.within(scope, *READS_PEOPLE).filter(person=person).select_related("unit", "position")
    return RelatedTable(
        gettext_lazy("Appointments"),
        (gettext_lazy("Position"), gettext_lazy("Unit"), gettext_lazy("Role"), gettext_lazy("Time"), gettext_lazy("Remarks")),
        [
            (
                Cell(row.position.title, _page(row)), Cell(row.unit.name), Cell(str(row.get_role_display())),
                Cell(span(row.starts_on, row.ends_on)), Cell(remarks(row)),
            )
            for row in rows
        ],
        gettext_lazy("No appointment is registered."),
        add_url=_adding(Appointment, add),
        add_label=gettext_lazy("Appoint or transfer"),
    )


def _fields_table(scope: Scope, person: Person, add: str) -> RelatedTable:
    rows = FieldAssignment.objects.within(scope, *READS_PEOPLE).filter(person=person).select_related("unit")
    return RelatedTable(
        gettext_lazy("Fields in charge"),
        (gettext_lazy("Unit"), gettext_lazy("Time"), gettext_lazy("Decision")),
        [
            (Cell(row.unit.name, _page(row)), Cell(span(row.starts_on, row.ends_on)), Cell(row.decision_number))
            for row in rows.order_by("-starts_on", "pk")
        ],
        gettext_lazy("No field is assigned."),
        add_url=_adding(FieldAssignment, add),
        add_label=gettext_lazy("Assign a field"),
    )


def _decisions_table(scope: Scope, person: Person, add: str) -> RelatedTable:
    rows = EvaluatorDecision.objects.filter(person=person).select_related("evaluator")
    return RelatedTable(
        gettext_lazy("Decisions on the evaluator"),
        (gettext_lazy("Evaluator"), gettext_lazy("Time"), gettext_lazy("Decision")),
        [
            (Cell(row.evaluator.full_name, _page(row)), Cell(span(row.starts_on, row.ends_on)), Cell(row.decision_number))
            for row in rows.order_by("-starts_on", "pk")
        ],
        gettext_lazy("The evaluator follows from the rule of Article 10."),
        add_url=_adding(EvaluatorDecision, add),
        add_label=gettext_lazy("Decide the evaluator"),
    )


def remarks(appointment: Appointment) -> str:
    """What is unusual about an appointment."""
    found = []
    if not appointment.is_main:
        found.append(_("besides the main one"))
    if appointment.acting:
        found.append(_("acting"))
    if appointment.seconded:
        found.append(_("seconded"))
    return ", ".join(found)


# --- Appointments ------------------------------------------------------------------------------------------
class AppointmentAddForm(GuardedForm):
    narrowed = {"person": people_kept, "unit": units_kept, "position": _positions, "job_position": _job_positions}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        values = {
            name: data[name]
            for name in (
                "person", "unit", "position", "job_position", "role", "starts_on", "acting", "seconded",
                "decision_number", "reason",
            )
        }
        moving = data["is_main"] and data["ends_on"] is None and data["person"].unit_id != data["unit"].pk
        if moving:
            return people.transfer(actor=actor, moment=moment, **values)
        return people.appoint(
            actor=actor, moment=moment, is_main=data["is_main"], ends_on=data["ends_on"], **values
        )


class EndForm(ReasonForm):
    on = _day(gettext_lazy("last day"))
    field_order = ["on", "reason"]


def _end_appointment(*, actor: Any, moment: datetime, instance: Appointment, data: dict[str, Any]) -> Outcome:
    people.end_appointment(actor=actor, moment=moment, appointment=instance, on=data["on"], reason=data["reason"])
    return Outcome(_("The appointment ends on %(day)s.") % {"day": words(data["on"])})


def _lasts(scope: Scope, row: Any) -> bool:
    return row.ends_on is None or row.ends_on >= timezone.localdate()


def _may_end_appointment(scope: Scope, appointment: Appointment) -> bool:
    return _lasts(scope, appointment) and scope.covers(Capability.MANAGE_PEOPLE, appointment.unit)


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
        "position", "unit", "role", WordsColumn("starts_on", label=gettext_lazy("From")),
        WordsColumn("ends_on", label=gettext_lazy("To")),
    ]
    folded_search = False
    filterset_class = AppointmentFilterSet
    add_form = AppointmentAddForm
    add_panels = [
        MultiFieldPanel(
            [FieldPanel(name) for name in ("person", "unit", "position", "job_position", "role")], gettext_lazy("Appointment")
        ),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("is_main", "acting", "seconded", "starts_on", "ends_on", "decision_number")],
            gettext_lazy("Kind, time and decision"),
        ),
        FieldPanel("reason"),
    ]
    prefill = ("person", "unit")
    actions = (
        Action(
            "end", gettext_lazy("End"), "cross", EndForm, _may_end_appointment, _end_appointment,
            gettext_lazy("What a head holds through this appointment ends with it."),
        ),
    )

    def title_of(self, instance: Appointment) -> str:
        return f"{instance.person.full_name}, {instance.position.title}"

    def details(self, scope: Scope, instance: Appointment) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Person"), f"{instance.person.full_name} ({instance.person.staff_code})"),
            (gettext_lazy("Unit"), instance.unit.name),
            (gettext_lazy("Position"), instance.position.title),
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
class FieldAddForm(GuardedForm):
    narrowed = {"person": people_kept, "unit": units_kept}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return people.assign_field(
            actor=actor, moment=moment, person=data["person"], unit=data["unit"], starts_on=data["starts_on"],
            ends_on=data["ends_on"], decision_number=data["decision_number"], reason=data["reason"],
        )


def _end_field(*, actor: Any, moment: datetime, instance: FieldAssignment, data: dict[str, Any]) -> Outcome:
    people.end_field(actor=actor, moment=moment, field=instance, on=data["on"], reason=data["reason"])
    return Outcome(_("The field is no longer in their charge after %(day)s.") % {"day": words(data["on"])})


def _may_end_field(scope: Scope, row: FieldAssignment) -> bool:
    return _lasts(scope, row) and scope.covers(Capability.MANAGE_PEOPLE, row.person.unit)


class FieldAssignmentViewSet(GuardedViewSet):
    model = FieldAssignment
    icon = "folder-open-inverse"
    menu_order = 220
    reads = READS_PEOPLE
    adds = KEEPS
    related = ("unit", "person__unit")
    title_column = ("person.full_name", gettext_lazy("Deputy"))
    list_display = [
        "unit", WordsColumn("starts_on", label=gettext_lazy("From")), WordsColumn("ends_on", label=gettext_lazy("To")),
        "decision_number",
    ]
    folded_search = False
    add_form = FieldAddForm
    add_panels = [FieldPanel(name) for name in ("person", "unit", "starts_on", "ends_on", "decision_number", "reason")]
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
    narrowed = {"person": people_kept, "evaluator": people_kept}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return people.decide_evaluator(
            actor=actor, moment=moment, person=data["person"], evaluator=data["evaluator"],
            starts_on=data["starts_on"], ends_on=data["ends_on"], decision_number=data["decision_number"],
            reason=data["reason"],
        )


def _end_decision(*, actor: Any, moment: datetime, instance: EvaluatorDecision, data: dict[str, Any]) -> Outcome:
    people.end_evaluator_decision(
        actor=actor, moment=moment, decision=instance, on=data["on"], reason=data["reason"]
    )
    return Outcome(_("After %(day)s the rule of Article 10 applies again.") % {"day": words(data["on"])})


def _may_end_decision(scope: Scope, row: EvaluatorDecision) -> bool:
    return _lasts(scope, row) and scope.covers(Capability.MANAGE_PEOPLE, row.person.unit)


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
        "evaluator", WordsColumn("starts_on", label=gettext_lazy("From")),
        WordsColumn("ends_on", label=gettext_lazy("To")), "decision_number",
    ]
    folded_search = False
    add_form = EvaluatorAddForm
    add_panels = [FieldPanel(name) for name in ("person", "evaluator", "starts_on", "ends_on", "decision_number", "reason")]
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
