"""What one rater says at one stage of a card."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import AssessmentState, StageKey
from kpi_cms.foundation.audit.history import tracked
from snippets.models import Person, Unit

from .scorecard import RATERS, Scorecard


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def that_count(self) -> "AssessmentQuerySet":
        """Of the rater whom the card names for the stage now; those of an earlier evaluator stay and do not count.

        An endorsement that was given stands, whoever is named since to endorse a new decision.
        """
        counts = Q(stage=StageKey.ENDORSEMENT, state=AssessmentState.SUBMITTED)
        for stage, rater in RATERS.items():
            if stage != StageKey.ENDORSEMENT:
                counts |= Q(stage=stage, rater=F(f"card__{rater}"))
        return self.filter(counts)


class Assessment(models.Model):
    """Card × stage × rater: scores and comments of their own, never overwritten by a later stage or another rater.

    `delegate` confirmed it in the place of the rater, who was absent and stays the competent person. Comments are not
    in history; history tracks `comments_key`, the key of the text in the erasable side table. While a card is
    returned, `returned_copy` keeps what had been submitted: the person may edit it and never send it.
    """

    card = models.ForeignKey(
        Scorecard, verbose_name=_("card"), on_delete=models.PROTECT, related_name="assessments"
    )
    stage = models.CharField(_("stage"), max_length=12, choices=StageKey)
    rater = models.ForeignKey(Person, verbose_name=_("rater"), on_delete=models.PROTECT, related_name="+")
    delegate = models.ForeignKey(
        Person,
        verbose_name=_("confirmed in the rater's place by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
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
    returned_copy = models.JSONField(null=True, editable=False)

    history = tracked(excluded=["strengths", "weaknesses", "comment", "returned_copy"])
    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["card", "stage", "rater"],
                name="evaluation_assessment_once",
                violation_error_message=_(
                    "This person has an assessment of this card at this stage already."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(state="submitted") | Q(submitted_at__isnull=False),
                name="evaluation_assessment_submitted_has_moment",
                violation_error_message=_("A submitted assessment says when it was submitted."),
            ),
            models.CheckConstraint(
                condition=Q(delegate__isnull=True)
                | (Q(stage="evaluator") & ~Q(delegate=F("person")) & ~Q(delegate=F("rater"))),
                name="evaluation_assessment_delegate_is_somebody_else",
                violation_error_message=_(
                    "In an evaluator's place somebody else confirms, never the person."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.stage}"
