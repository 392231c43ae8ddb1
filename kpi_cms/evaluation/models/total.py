"""Totals of a closed period, published once: what is told to those who do not read its results one by one."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from criteria_pages.models import FrozenCriterion
from snippets.enums import Block, StaffKind
from snippets.models import Period, Unit


class PublishedTotals(models.Model):
    """Results of the cards directly at one unit, as they stood when the period was closed; never changed again.

    Written by `domain.closing` alone. `path` is the unit's place in the tree on that day. A unit above others has its
    row too, so that its total can be found when it has moved. A number that is told once cannot be compared with the
    one before or after a single result (security.md T47).
    """

    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="published_totals"
    )
    frame = models.CharField(_("frame"), max_length=6)
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+")
    path = models.CharField(_("place in the tree"), max_length=255)
    results = models.PositiveIntegerField(_("results"))
    points = models.DecimalField(_("sum of points"), max_digits=12, decimal_places=2)
    bands = models.JSONField(_("results by band"), default=dict)

    class Meta:
        verbose_name = _("published totals")
        verbose_name_plural = _("published totals")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "frame", "unit"],
                name="evaluation_totals_once",
                violation_error_message=_("The totals of this unit and period are published already."),
            ),
            models.CheckConstraint(
                condition=Q(results__gt=0) | Q(points=0),
                name="evaluation_totals_points_of_results",
                violation_error_message=_("There are no points without a result."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_id}/{self.unit_id}/{self.frame}"


class PublishedSpread(models.Model):
    """How one criterion was scored in a closed period by block and kind of staff, as it stood when that was closed.

    Written by `domain.closing` alone, once, and never changed: a result that is decided anew later changes nothing here
    (security.md T47). `values` counts people by the value that counts, `distances` by evaluator less self: "n/d" as a
    share of the maximum → people. `comments`: how many of their scores have grounds or a comment.
    """

    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="published_spreads"
    )
    criterion = models.ForeignKey(
        FrozenCriterion, verbose_name=_("criterion"), on_delete=models.PROTECT, related_name="+"
    )
    block = models.CharField(_("block"), max_length=12, choices=Block, blank=True)
    staff_kind = models.CharField(_("kind of staff"), max_length=12, choices=StaffKind)
    values = models.JSONField(_("people by value"), default=dict)
    distances = models.JSONField(_("people by distance"), default=dict)
    comments = models.PositiveIntegerField(_("comments"), default=0)

    class Meta:
        verbose_name = _("published spread")
        verbose_name_plural = _("published spreads")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "criterion", "block", "staff_kind"],
                name="evaluation_spread_once",
                violation_error_message=_("The spread of this criterion and period is published already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_id}/{self.criterion_id}/{self.block}/{self.staff_kind}"
