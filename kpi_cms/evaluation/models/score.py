"""The points of one criterion at one stage."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from criteria_pages.models import FrozenCriterion
from kpi_cms.foundation.audit.history import tracked
from snippets.models import Person, Unit

from .assessment import Assessment


class Score(models.Model):
    """Assessment × criterion: points, or the value chosen, with its grounds where the criterion asks for them."""

    assessment = models.ForeignKey(
        Assessment, verbose_name=_("assessment"), on_delete=models.PROTECT, related_name="scores"
    )
    criterion = models.ForeignKey(
        FrozenCriterion, verbose_name=_("criterion"), on_delete=models.PROTECT, related_name="+"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(_("points"), max_digits=8, decimal_places=3, null=True, blank=True)
    choice = models.CharField(
        _("value chosen"),
        max_length=8000,
        blank=True,
        help_text=_(
            "The option's value, or the numbers of a criterion that is given item by item, as one text."
        ),
    )
    grounds = models.TextField(_("grounds"), blank=True)
    grounds_key = models.UUIDField(null=True, editable=False)

    history = tracked(excluded=["grounds"])

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "criterion"],
                name="evaluation_score_once",
                violation_error_message=_("This criterion has a score in this assessment already."),
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0, value__lte=10000),
                name="evaluation_score_range",
                violation_error_message=_("Points are not negative."),
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(choice=""),
                name="evaluation_score_points_or_choice",
                violation_error_message=_("A score is points or a chosen value, not both."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.criterion_id}"
