"""What one rater says at one stage of a card."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import AssessmentState, StageKey
from kpi_cms.foundation.audit.history import tracked
from snippets.models import Person, Unit

from .scorecard import Scorecard


class Assessment(models.Model):
    """Card × stage × rater: scores and comments of their own, never overwritten by a later stage.

    Comments are not in history; history tracks `comments_key`, the key of the text in the erasable side table.
    """

    card = models.ForeignKey(
        Scorecard, verbose_name=_("card"), on_delete=models.PROTECT, related_name="assessments"
    )
    stage = models.CharField(_("stage"), max_length=12, choices=StageKey)
    rater = models.ForeignKey(Person, verbose_name=_("rater"), on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        _("state"), max_length=10, choices=AssessmentState, default=AssessmentState.DRAFT
    )
    strengths = models.TextField(_("strengths"), blank=True)
    weaknesses = models.TextField(_("weaknesses"), blank=True)
    comment = models.TextField(_("comment"), blank=True)
    comments_key = models.UUIDField(null=True, editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)

    history = tracked(excluded=["strengths", "weaknesses", "comment"])

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["card", "stage", "rater"], name="evaluation_assessment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.stage}"
