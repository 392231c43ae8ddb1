"""The result of an organisation in a period, as its superior recognised it (Đ5, Đ8): what cards of its people count."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.audit.history import tracked
from snippets.models import Period, Unit

HIGHEST, LOWEST = Decimal(100), Decimal(0)
LONGEST = 80


class UnitResultQuerySet(models.QuerySet["UnitResult"]):
    def standing(self) -> "UnitResultQuerySet":
        """Those that count: at most one of a unit in a period."""
        return self.filter(withdrawn_at__isnull=True)


class UnitResult(models.Model):
    """Recorded, corrected and withdrawn by `domain.unit_results` only, while the period is open; never deleted.

    `points` of 100, `band` the rating as the decision words it or "", `recorded_by` the account that recorded what
    stands now. `version_number` counts changes: a change that names an older one is stale (409). A withdrawn row stays
    readable, and another may be recorded beside it.
    """

    period = models.ForeignKey(Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+")
    points = models.DecimalField(_("points"), max_digits=5, decimal_places=2)
    band = models.CharField(_("rating"), max_length=LONGEST, blank=True)
    decision_number = models.CharField(_("number of the decision"), max_length=LONGEST)
    decided_on = models.DateField(_("day of the decision"))
    recorded_by = models.BigIntegerField(_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    version_number = models.PositiveIntegerField(_("changes"), default=1)

    history = tracked()
    objects = UnitResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("result of an organisation")
        verbose_name_plural = _("results of organisations")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "unit"],
                condition=Q(withdrawn_at__isnull=True),
                name="evaluation_unit_result_once",
                violation_error_message=_("This organisation has a result in this period already."),
            ),
            models.CheckConstraint(
                condition=Q(points__gte=LOWEST, points__lte=HIGHEST),
                name="evaluation_unit_result_points",
                violation_error_message=_("Points lie between 0 and 100."),
            ),
            models.CheckConstraint(
                condition=~Q(decision_number=""),
                name="evaluation_unit_result_decision",
                violation_error_message=_("A result says by which decision it was recognised."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_id}/{self.unit_id} {self.points}"
