"""People, what they do and where: every fact dated."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.access.querysets import RestrictedQuerySet
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.history import tracked

from ..enums import Block, PostRole, StaffKind
from .organisation import Unit


class Position(models.Model):
    """Chức vụ, chức danh: a title and the role it has as a rule."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=160)
    role = models.CharField(_("role as a rule"), max_length=8, choices=PostRole)
    block = models.CharField(_("block"), max_length=12, choices=Block, blank=True)
    search_text = models.CharField(max_length=220, editable=False, db_index=True, default="")

    history = tracked(excluded=["search_text"])

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        default_permissions = ()
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class JobPosition(models.Model):
    """Vị trí việc làm. Posts that face citizens are scored by the first text of criterion II.4."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=160)
    faces_citizens = models.BooleanField(_("faces citizens and businesses"), default=False)
    search_text = models.CharField(max_length=220, editable=False, db_index=True, default="")

    history = tracked(excluded=["search_text"])

    class Meta:
        verbose_name = _("job position")
        verbose_name_plural = _("job positions")
        default_permissions = ()
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class PersonQuerySet(RestrictedQuerySet):
    def serving(self, day: object) -> "PersonQuerySet":
        """In service on a day: `left_on` is the first day on which somebody no longer serves."""
        return self.filter(Q(left_on__isnull=True) | Q(left_on__gt=day))


class Person(models.Model):
    """A member of staff. Registered and changed by `snippets.domain.people` only.

    `unit` is where the person belongs today (the main appointment's unit, kept by the domain). The name is not in
    history: history tracks `name_key`, the key of this name in the erasable side table.
    """

    staff_code = models.CharField(
        _("staff code"),
        max_length=40,
        unique=True,
        error_messages={"unique": _("A person with this staff code exists already.")},
    )
    full_name = models.CharField(_("full name"), max_length=120)
    name_key = models.UUIDField(editable=False, null=True)
    sort_key = models.CharField(max_length=600, editable=False, db_index=True)
    search_text = models.CharField(max_length=180, editable=False, db_index=True)
    kind = models.CharField(_("kind of staff"), max_length=12, choices=StaffKind)
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="people")
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    is_party_member = models.BooleanField(_("Party member"), default=False)
    left_on = models.DateField(_("left the service on"), null=True, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="person",
    )

    history = tracked(excluded=["full_name", "sort_key", "search_text", "birth_date", "email", "phone"])
    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        default_permissions = ()
        indexes = [models.Index(fields=["unit", "sort_key"], name="snippets_person_unit_name")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def ledger_code(self) -> str:
        return self.staff_code

    def left_by(self, day: date) -> bool:
        """No longer in service on that day."""
        return self.left_on is not None and self.left_on <= day

    def account_on(self, day: date) -> User | None:
        """The account with which they sign in; None where they have none, it is shut, or they have left by then."""
        return self.user if self.user is not None and self.user.is_active and not self.left_by(day) else None


class AppointmentQuerySet(RestrictedQuerySet):
    def on(self, day: object) -> "AppointmentQuerySet":
        """Appointments in force on a day (`ends_on` is the last day)."""
        return self.filter(starts_on__lte=day).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))

    def lasting(self, day: object) -> "AppointmentQuerySet":
        """Appointments that are not over on a day, those that lie ahead included."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))

    def heads(self) -> "AppointmentQuerySet":
        """Heads, those acting included."""
        return self.filter(role=PostRole.HEAD)

    def only_heads(self) -> "AppointmentQuerySet":
        """Heads who neither act for somebody nor are seconded: a unit has one at a time."""
        return self.heads().filter(acting=False, seconded=False)

    def with_names(self) -> "AppointmentQuerySet":
        """With whose they are, the earliest first."""
        return self.select_related("person").order_by("starts_on", "pk")


class Appointment(models.Model):
    """Person × position × unit, from – to. Made and ended by `snippets.domain.people` only.

    More than one at a time is possible; one of them is the main one. A dated acting decision gives the rights of
    the role (`acting`); `seconded` marks a secondment, whose receiving unit evaluates (rules.md §7).
    """

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="appointments"
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="appointments"
    )
    position = models.ForeignKey(Position, verbose_name=_("position"), on_delete=models.PROTECT)
    job_position = models.ForeignKey(
        JobPosition, verbose_name=_("job position"), on_delete=models.PROTECT, null=True, blank=True
    )
    role = models.CharField(_("role in the unit"), max_length=8, choices=PostRole)
    is_main = models.BooleanField(_("main appointment"), default=True)
    acting = models.BooleanField(_("acting"), default=False)
    seconded = models.BooleanField(_("seconded"), default=False)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(
        _("to"), null=True, blank=True, help_text=_("The last day; empty while it lasts.")
    )
    decision_number = models.CharField(_("decision number"), max_length=60, blank=True)

    history = tracked()
    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        default_permissions = ()
        ordering = ["-starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="snippets_appointment_ends_after_start",
                violation_error_message=_("An appointment cannot end before it starts."),
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(is_main=True, ends_on__isnull=True),
                name="snippets_appointment_one_open_main",
                violation_error_message=_("This person has a main appointment already; end it first."),
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(role="head", acting=False, seconded=False, ends_on__isnull=True),
                name="snippets_appointment_one_open_head",
                violation_error_message=_("This unit has a head already; end that appointment first."),
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "role", "starts_on"], name="snippets_appointment_unit"),
            models.Index(fields=["person", "starts_on"], name="snippets_appointment_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.position_id} {self.unit_id}"


class FieldAssignment(models.Model):
    """A unit or field put into a deputy's charge by a dated decision: the base of the deputy's d (Đ15.4)."""

    person = models.ForeignKey(
        Person, verbose_name=_("deputy"), on_delete=models.PROTECT, related_name="fields"
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit in charge of"), on_delete=models.PROTECT, related_name="+"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    decision_number = models.CharField(_("decision number"), max_length=60)

    history = tracked()
    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("field in a deputy's charge")
        verbose_name_plural = _("fields in deputies' charge")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="snippets_field_ends_after_start",
                violation_error_message=_("The end cannot lie before the start."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.unit_id}"


class EvaluatorDecision(models.Model):
    """A dated decision that names a person's evaluator instead of the rule of Đ10 (rules.md §7)."""

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="evaluator_decisions"
    )
    evaluator = models.ForeignKey(
        Person, verbose_name=_("evaluator"), on_delete=models.PROTECT, related_name="+"
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), null=True, blank=True)
    decision_number = models.CharField(_("decision number"), max_length=60)

    history = tracked()
    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision on an evaluator")
        verbose_name_plural = _("decisions on evaluators")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~Q(person=F("evaluator")),
                name="snippets_evaluator_not_oneself",
                violation_error_message=_("Nobody evaluates themselves."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="snippets_evaluator_ends_after_start",
                violation_error_message=_("The end cannot lie before the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.evaluator_id}"
