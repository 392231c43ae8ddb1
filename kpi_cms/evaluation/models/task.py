"""A product assigned to a person in a period, what became of it, and what is deducted (Đ14, Đ18)."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from criteria_pages.blocks.shared import CODE_LENGTH
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.foundation.access.querysets import RestrictedQuerySet
from kpi_cms.foundation.audit.history import tracked
from snippets.models import Period, Person, Product, Unit

_UNITS_FROM_ONE = _("Units of quantity are numbered from 1.")
_ONE_CAUSE = _("An objective cause is confirmed for this deduction already.")


class Task(models.Model):
    """One product × person × period. Every change goes through `domain.tasks`.

    Code, name, coefficient, points, group and catalogue version are frozen when it is
    assigned. `assigned` stands in the total of
    the person who has it, unless it is an extra (sudden or taken over). `source` is the task it was taken over from.
    Tasks of one `group_key` are parts of one product: a part's `share` of it is the quantity assigned.

    `completed_on` is the day of the latest report; `in_time` of it was completed by the due date, lastly on
    `in_time_on`, and stays so when more is reported late.

    `role`, `priority`, `difficulty` and `quality` are codes of the criteria sets of the person's cards in the period,
    empty where none of these asks (`domain.task_words`): what the task is, and the step it was accepted at.

    What people type (a proposal's name, a part's label, a document's number, a note) is not in history, which tracks
    the key of each text in the erasable side table. A name taken from the catalogue has no key: `code` says it.
    """

    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="tasks"
    )
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="tasks"
    )
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="tasks")
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=TaskKind, default=TaskKind.PLANNED)
    state = models.CharField(_("state"), max_length=10, choices=TaskState, default=TaskState.ASSIGNED)
    code = models.CharField(_("code"), max_length=40, blank=True)
    name = models.TextField(_("product or task"))
    name_key = models.UUIDField(null=True, editable=False)
    coefficient = models.DecimalField(_("coefficient"), max_digits=8, decimal_places=2, null=True, blank=True)
    points = models.DecimalField(_("points"), max_digits=8, decimal_places=2, null=True, blank=True)
    product_group = models.PositiveSmallIntegerField(_("group of complexity"), null=True, blank=True)
    # A catalogue's title with its number.
    catalogue_version = models.CharField(_("catalogue version"), max_length=240, blank=True)
    part_label = models.CharField(_("part"), max_length=200, blank=True)
    part_key = models.UUIDField(null=True, editable=False)
    share = models.DecimalField(_("share of the product"), max_digits=6, decimal_places=4, default=1)
    group_key = models.UUIDField(_("parts of one product"), null=True, blank=True)
    assigned = models.DecimalField(_("quantity assigned"), max_digits=10, decimal_places=3)
    due_on = models.DateField(_("due on"))
    completed = models.DecimalField(_("quantity completed"), default=0, max_digits=10, decimal_places=3)
    completed_on = models.DateField(_("completed on"), null=True, blank=True)
    in_time = models.DecimalField(
        _("quantity completed by the due date"), default=0, max_digits=10, decimal_places=3
    )
    in_time_on = models.DateField(_("completed by the due date on"), null=True, blank=True)
    confirmed_before = models.DecimalField(
        _("quantity confirmed before the latest report"), default=0, max_digits=10, decimal_places=3
    )
    accepted = models.DecimalField(
        _("quantity accepted"), null=True, blank=True, max_digits=10, decimal_places=3
    )
    handed_over = models.DecimalField(_("quantity handed over"), default=0, max_digits=10, decimal_places=3)
    role = models.CharField(_("role in the task"), max_length=CODE_LENGTH, blank=True)
    priority = models.CharField(_("priority"), max_length=CODE_LENGTH, blank=True)
    difficulty = models.CharField(_("difficulty"), max_length=CODE_LENGTH, blank=True)
    quality = models.CharField(_("step of quality"), max_length=CODE_LENGTH, blank=True)
    evidence_number = models.CharField(_("document number"), max_length=120, blank=True)
    evidence_key = models.UUIDField(null=True, editable=False)
    note = models.TextField(_("note"), blank=True)
    note_key = models.UUIDField(null=True, editable=False)
    source = models.ForeignKey(
        "self",
        verbose_name=_("taken over from"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followers",
    )
    version_number = models.PositiveIntegerField(_("save number"), default=0)

    history = tracked(excluded=["name", "part_label", "evidence_number", "note", "version_number"])
    objects = RestrictedQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        default_permissions = ()
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(assigned__gt=0),
                name="evaluation_task_assigned_positive",
                violation_error_message=_("The quantity assigned is more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(completed__gte=0, handed_over__gte=0)
                & Q(completed__lte=F("assigned") - F("handed_over")),
                name="evaluation_task_completed_within_assigned",
                violation_error_message=_("No more can be completed than was assigned and not handed over."),
            ),
            models.CheckConstraint(
                condition=Q(accepted__isnull=True) | Q(accepted__gte=0, accepted__lte=F("completed")),
                name="evaluation_task_accepted_within_completed",
                violation_error_message=_("No more can be accepted than was completed."),
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1),
                name="evaluation_task_share",
                violation_error_message=_("A share lies above 0 and not above 1."),
            ),
            models.CheckConstraint(
                condition=Q(group_key__isnull=True, share=1)
                | Q(group_key__isnull=False, share=F("assigned")),
                name="evaluation_task_share_is_quantity",
                violation_error_message=_("The quantity of a part is its share of the product."),
            ),
            models.CheckConstraint(
                condition=Q(completed=0) | Q(completed_on__isnull=False),
                name="evaluation_task_completed_on_a_day",
                violation_error_message=_("Say when it was completed."),
            ),
            models.CheckConstraint(
                condition=Q(in_time__gte=0, in_time__lte=F("completed"))
                & (Q(in_time=0) | Q(in_time_on__isnull=False)),
                name="evaluation_task_in_time_within_completed",
                violation_error_message=_(
                    "No more can be completed in time than was completed, each on a day."
                ),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_before__gte=0, confirmed_before__lte=F("completed")),
                name="evaluation_task_confirmed_within_completed",
                violation_error_message=_("No less can be completed than was confirmed before."),
            ),
            models.CheckConstraint(
                condition=Q(kind=TaskKind.TAKEN_OVER, source__isnull=False)
                | (~Q(kind=TaskKind.TAKEN_OVER) & Q(source__isnull=True)),
                name="evaluation_task_taken_over_from_another",
                violation_error_message=_(
                    "A task that was taken over, and no other, names the task it comes from."
                ),
            ),
            models.CheckConstraint(
                condition=Q(coefficient__isnull=True) | Q(coefficient__gt=0),
                name="evaluation_task_coefficient",
                violation_error_message=_("A coefficient is more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(quality="") | Q(accepted__isnull=False, completed__gt=0),
                name="evaluation_task_quality_of_what_is_accepted",
                violation_error_message=_("A step of quality is that of something completed and decided on."),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "period"], name="evaluation_task_person"),
            models.Index(fields=["unit", "period", "state"], name="evaluation_task_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def rest(self) -> Decimal:
        """What is still to be done of it by the person who has it."""
        return self.assigned - self.handed_over - self.completed


class Deduction(models.Model):
    """A fault or a delay of one unit of quantity: minus 25% of that unit's points, each time (Đ14.2)."""

    unit_number = models.PositiveIntegerField(_("unit of quantity"), help_text=_("1 is the first piece."))
    reason_key = models.UUIDField(_("reason"))
    recorded_at = models.DateTimeField(_("recorded at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    class Meta:
        abstract = True
        default_permissions = ()


class Fault(Deduction):
    """Sai sót lớn: a product judged not met for a major error."""

    task = models.ForeignKey(Task, verbose_name=_("task"), on_delete=models.PROTECT, related_name="faults")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    history = tracked()

    class Meta(Deduction.Meta):
        verbose_name = _("major error")
        verbose_name_plural = _("major errors")
        constraints = [
            models.CheckConstraint(
                condition=Q(unit_number__gte=1),
                name="evaluation_fault_unit_number",
                violation_error_message=_UNITS_FROM_ONE,
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_id} #{self.unit_number}"


class Delay(Deduction):
    """Chậm tiến độ: proposed by a late completion, recorded by the head."""

    task = models.ForeignKey(Task, verbose_name=_("task"), on_delete=models.PROTECT, related_name="delays")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    history = tracked()

    class Meta(Deduction.Meta):
        verbose_name = _("delay")
        verbose_name_plural = _("delays")
        constraints = [
            models.CheckConstraint(
                condition=Q(unit_number__gte=1),
                name="evaluation_delay_unit_number",
                violation_error_message=_UNITS_FROM_ONE,
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_id} #{self.unit_number}"


class ObjectiveCause(models.Model):
    """Nguyên nhân khách quan, confirmed by the competent person: lifts the deduction for as long as it stands."""

    fault = models.ForeignKey(Fault, on_delete=models.PROTECT, null=True, blank=True, related_name="causes")
    delay = models.ForeignKey(Delay, on_delete=models.PROTECT, null=True, blank=True, related_name="causes")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason_key = models.UUIDField(_("cause"))
    confirmed_at = models.DateTimeField(_("confirmed at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    history = tracked()

    class Meta:
        verbose_name = _("objective cause")
        verbose_name_plural = _("objective causes")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(fault__isnull=False, delay__isnull=True)
                | Q(fault__isnull=True, delay__isnull=False),
                name="evaluation_cause_of_one_deduction",
                violation_error_message=_("An objective cause lifts one major error or one delay."),
            ),
            models.UniqueConstraint(
                fields=["fault"],
                condition=Q(revoked_at__isnull=True),
                name="evaluation_cause_one_standing_of_a_fault",
                violation_error_message=_ONE_CAUSE,
            ),
            models.UniqueConstraint(
                fields=["delay"],
                condition=Q(revoked_at__isnull=True),
                name="evaluation_cause_one_standing_of_a_delay",
                violation_error_message=_ONE_CAUSE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fault_id or self.delay_id}"
