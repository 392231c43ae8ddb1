"""Periods of follow-up and evaluation. What a period pins (versions, catalogues) stands in `evaluation`."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kpi_cms.foundation.audit.history import tracked

from ..enums import PeriodKind, PeriodState
from .organisation import Unit


class Period(models.Model):
    """Kỳ theo dõi, đánh giá. Created in the registers; opened and closed by `evaluation.domain`.

    Deadlines are moments, exclusive: an act at exactly the deadline is late. The last two are for sets that have the
    stage: without one, a collective sends its scores before the evaluation is due, and an endorsement is never late.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=PeriodKind, default=PeriodKind.MONTH)
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveSmallIntegerField(_("number in the year"), help_text=_("1 to 12 for a month."))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    self_due_at = models.DateTimeField(_("self-assessment due"))
    evaluation_due_at = models.DateTimeField(_("evaluation due"))
    collective_due_at = models.DateTimeField(_("scores of a collective due"), null=True, blank=True)
    endorsement_due_at = models.DateTimeField(_("endorsement due"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=PeriodState, default=PeriodState.DRAFT)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    units = models.ManyToManyField(
        Unit,
        verbose_name=_("units that take part"),
        through="ParticipatingUnit",
        related_name="periods",
        help_text=_("Each with everything below it."),
    )

    history = tracked()

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = pgettext_lazy("register", "periods")
        default_permissions = ()
        ordering = ["-starts_on", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "year", "number"],
                name="snippets_period_once",
                violation_error_message=_("This period exists already."),
            ),
            models.CheckConstraint(
                condition=Q(starts_on__lt=F("ends_on")),
                name="snippets_period_starts_before_end",
                violation_error_message=_("A period ends after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(self_due_at__lt=F("evaluation_due_at")),
                name="snippets_period_deadlines_in_order",
                violation_error_message=_("Self-assessment is due before the evaluation."),
            ),
            models.CheckConstraint(
                condition=Q(collective_due_at__isnull=True)
                | Q(collective_due_at__gt=F("self_due_at"), collective_due_at__lte=F("evaluation_due_at")),
                name="snippets_period_collective_due_between",
                violation_error_message=_(
                    "The scores of a collective are due after the self-assessment and not after the evaluation."
                ),
            ),
            models.CheckConstraint(
                condition=Q(endorsement_due_at__isnull=True)
                | Q(endorsement_due_at__gt=F("evaluation_due_at")),
                name="snippets_period_endorsement_due_after",
                violation_error_message=_("The endorsement is due after the evaluation."),
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=12),
                name="snippets_period_number",
                violation_error_message=_("The number of a period lies between 1 and 12."),
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_at__isnull=True)),
                name="snippets_period_closed_when",
                violation_error_message=_("A closed period says when it was closed, and no other does."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}/{self.year}"

    @property
    def collective_is_due_at(self) -> datetime:
        """Until when a collective sends its scores."""
        return self.collective_due_at or self.evaluation_due_at

    @property
    def last_due_at(self) -> datetime:
        """The last of the deadlines."""
        return self.endorsement_due_at or self.evaluation_due_at

    @property
    def is_open(self) -> bool:
        return self.state == PeriodState.OPEN


class ParticipatingUnit(models.Model):
    """A unit that takes part in a period with everything below it."""

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="participations")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="participations")

    class Meta:
        verbose_name = _("unit that takes part")
        verbose_name_plural = _("units that take part")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "unit"],
                name="snippets_participation_once",
                violation_error_message=_("This unit takes part in the period already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_id} {self.unit_id}"
