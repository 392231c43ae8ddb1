"""People and what they do: the clerk's and the personnel office's registers."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from kpi_cms.foundation.access.forms import ActionForm, DateInput, GuardedForm, ReasonForm
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import (
    Action,
    Cell,
    GuardedViewSet,
    Outcome,
    RelatedTable,
    register_of,
)

from .. import rule_table as table
from ..domain import people
from ..enums import StaffKind
from ..models import Appointment, EvaluatorDecision, FieldAssignment, Person, Unit
from ..rules import READS_PEOPLE, may_now
from .shared import RegisterFilterSet, choice_filter, span, subtree_filter, words

KEEPS = table.CHANGE_PERSON.capabilities


# --- What may be chosen ------------------------------------------------------------------------------------
def units_kept(scope: Scope, instance: Any) -> QuerySet[Unit]:
    """Units that exist and whose people the actor keeps."""
    kept: QuerySet[Unit] = scope.units(*KEEPS).filter(Unit.open_on(timezone.localdate()))
    return kept


def people_kept(scope: Scope, instance: Any) -> QuerySet[Person]:
    """People in service whom the actor keeps."""
    kept: QuerySet[Person] = Person.objects.within(scope, *KEEPS).serving(timezone.localdate())
    return kept


def day_field(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=DateInput(), **options)


# --- People ------------------------------------------------------------------------------------------------
class PersonAddForm(GuardedForm):
    narrowed = {"unit": units_kept}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return people.register_person(
            actor=actor,
            moment=moment,
            staff_code=data["staff_code"],
            full_name=data["full_name"],
            kind=data["kind"],
            unit=data["unit"],
            birth_date=data["birth_date"],
            email=data["email"],
            phone=data["phone"],
            is_party_member=data["is_party_member"],
            reason=data["reason"],
        )


class PersonEditForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        fields = ("full_name", "kind", "birth_date", "email", "phone", "is_party_member")
        return people.change_person(
            actor=actor,
            moment=moment,
            person=self.instance,
            reason=data["reason"],
            **{name: data[name] for name in fields},
        )


class LeaveForm(ReasonForm):
    on = day_field(gettext_lazy("first day on which they no longer serve"))
    field_order = ["on", "reason"]


class CorrectLeavingForm(ReasonForm):
    on = day_field(
        gettext_lazy("first day on which they no longer serve"),
        required=False,
        help_text=gettext_lazy("Empty where they do not leave at all."),
    )
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


def _correct_leaving(*, actor: Any, moment: datetime, instance: Person, data: dict[str, Any]) -> Outcome:
    person = people.correct_leaving(
        actor=actor, moment=moment, person=instance, on=data["on"], reason=data["reason"]
    )
    if person.left_on is None:
        return Outcome(_("The person is in service again. Check their appointments and what they hold."))
    return Outcome(_("The person leaves the service on %(day)s.") % {"day": words(person.left_on)})


def keeps(scope: Scope, person: Person) -> bool:
    return not person.left_by(timezone.localdate()) and may_now(table.CHANGE_PERSON, scope, person.unit)


def _may_leave(scope: Scope, person: Person) -> bool:
    return person.left_on is None and may_now(table.LEAVE_SERVICE, scope, person.unit)


def _may_correct_leaving(scope: Scope, person: Person) -> bool:
    return person.left_on is not None and may_now(table.CORRECT_LEAVING, scope, person.unit)


def _may_create_account(scope: Scope, person: Person) -> bool:
    return person.user is None and may_now(table.CREATE_ACCOUNT, scope, person.unit)


def _may_reset_account(scope: Scope, person: Person) -> bool:
    active = person.user is not None and person.user.is_active and person.user_id != scope.user_id
    return active and may_now(table.KEEP_ACCOUNT, scope, person.unit)


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
        MultiFieldPanel(
            [FieldPanel(name) for name in ("staff_code", "full_name", "kind", "unit")], gettext_lazy("Person")
        ),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("birth_date", "email", "phone", "is_party_member")],
            gettext_lazy("Details"),
        ),
        FieldPanel("reason"),
    ]
    edit_panels = [
        MultiFieldPanel([FieldPanel(name) for name in ("full_name", "kind")], gettext_lazy("Person")),
        MultiFieldPanel(
            [FieldPanel(name) for name in ("birth_date", "email", "phone", "is_party_member")],
            gettext_lazy("Details"),
        ),
        FieldPanel("reason"),
    ]
    prefill = ("unit",)
    choice_columns = (("staff_code", gettext_lazy("Staff code")), ("unit", gettext_lazy("Unit")))
    refusal = gettext_lazy(
        "You may read this record, not change it. Ask the clerk of the unit or the personnel office."
    )
    actions = (
        Action(
            "create-account",
            gettext_lazy("Create an account"),
            "key",
            NoQuestion,
            _may_create_account,
            _create_account,
            gettext_lazy("The account is named by the staff code. Its first password is shown once."),
        ),
        Action(
            "reset-account",
            gettext_lazy("New first password"),
            "key",
            ReasonForm,
            _may_reset_account,
            _reset_account,
            gettext_lazy(
                "For somebody who lost theirs. The new password is shown once and must be changed at sign-in."
            ),
        ),
        Action(
            "unlock-account",
            gettext_lazy("Unlock the account"),
            "lock-open",
            ReasonForm,
            _may_reset_account,
            _unlock_account,
            gettext_lazy("Lifts the lockout after five wrong attempts."),
        ),
        Action(
            "deactivate-account",
            gettext_lazy("Deactivate the account"),
            "cross",
            ReasonForm,
            _may_reset_account,
            _deactivate_account,
            gettext_lazy(
                "The account can no longer sign in. It is never deleted, because the history names it."
            ),
        ),
        Action(
            "leave",
            gettext_lazy("Leave the service"),
            "logout",
            LeaveForm,
            _may_leave,
            _leave,
            gettext_lazy("Every appointment ends on the day before; the record stays."),
        ),
        Action(
            "correct-leaving",
            gettext_lazy("Correct the leaving"),
            "undo",
            CorrectLeavingForm,
            _may_correct_leaving,
            _correct_leaving,
            gettext_lazy(
                "Posts that ended with it last again as before. What was given to the person by decision or delegation "
                "is given anew by the access administrator."
            ),
        ),
    )

    def person_of(self, instance: Any) -> Person:
        return instance

    def rows(self, scope: Scope) -> QuerySet[Person]:
        return super().rows(scope).order_by("sort_key", "staff_code")

    def choices(self, scope: Scope) -> QuerySet[Person]:
        serving: QuerySet[Person] = self.rows(scope).filter(
            pk__in=Person.objects.serving(timezone.localdate())
        )
        return serving

    def may_change(self, scope: Scope, instance: Person) -> bool:
        return not instance.left_by(timezone.localdate()) and super().may_change(scope, instance)

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
        adding = keeps(scope, instance)
        return [
            _appointments_table(scope, instance, adding),
            _fields_table(scope, instance, adding),
            _decisions_table(scope, instance, adding),
        ]


def _account_words(person: Person) -> str:
    if person.user is None:
        return _("none")
    return (
        person.user.username
        if person.user.is_active
        else _("%(name)s, deactivated") % {"name": person.user.username}
    )


def _appointments_table(scope: Scope, person: Person, adding: bool) -> RelatedTable:
    """Those in the reader's units: where else somebody served is not told here."""
    register = register_of(Appointment)
    rows = (
        Appointment.objects.within(scope, *READS_PEOPLE)
        .filter(person=person)
        .select_related("unit", "position")
    )
    return RelatedTable(
        gettext_lazy("Appointments"),
        (
            gettext_lazy("Position or title"),
            gettext_lazy("Unit"),
            gettext_lazy("Role"),
            gettext_lazy("Time"),
            gettext_lazy("Remarks"),
        ),
        [
            (
                Cell(row.position.title, register.page_url(row)),
                Cell(row.unit.name),
                Cell(str(row.get_role_display())),
                Cell(span(row.starts_on, row.ends_on)),
                Cell(remarks(row)),
            )
            for row in rows
        ],
        gettext_lazy("No appointment is registered."),
        add_url=register.add_url(person=person.pk) if adding else "",
        add_label=gettext_lazy("Appoint or transfer"),
    )


def _fields_table(scope: Scope, person: Person, adding: bool) -> RelatedTable:
    register = register_of(FieldAssignment)
    rows = FieldAssignment.objects.within(scope, *READS_PEOPLE).filter(person=person).select_related("unit")
    return RelatedTable(
        gettext_lazy("Fields in charge"),
        (gettext_lazy("Unit"), gettext_lazy("Time"), gettext_lazy("Decision")),
        [
            (
                Cell(row.unit.name, register.page_url(row)),
                Cell(span(row.starts_on, row.ends_on)),
                Cell(row.decision_number),
            )
            for row in rows.order_by("-starts_on", "pk")
        ],
        gettext_lazy("No field is assigned."),
        add_url=register.add_url(person=person.pk) if adding else "",
        add_label=gettext_lazy("Assign a field"),
    )


def _decisions_table(scope: Scope, person: Person, adding: bool) -> RelatedTable:
    register = register_of(EvaluatorDecision)
    rows = EvaluatorDecision.objects.filter(person=person).select_related("evaluator")
    return RelatedTable(
        gettext_lazy("Decisions on the evaluator"),
        (gettext_lazy("Evaluator"), gettext_lazy("Time"), gettext_lazy("Decision")),
        [
            (
                Cell(row.evaluator.full_name, register.page_url(row)),
                Cell(span(row.starts_on, row.ends_on)),
                Cell(row.decision_number),
            )
            for row in rows.order_by("-starts_on", "pk")
        ],
        gettext_lazy("The evaluator follows from the rule of Article 10."),
        add_url=register.add_url(person=person.pk) if adding else "",
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
