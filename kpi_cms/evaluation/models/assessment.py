"""What one rater says at one stage of a card."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import AssessmentState, StageKey
from kpi_cms.foundation.audit.history import tracked
from snippets.models import Person, Unit

from .scorecard import RATERS, Scorecard, rater_in

# Of whoever sits now for a collective that has several raters.
SEATED = Q(seat__gt="", vacated_at__isnull=True)


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def that_count(self) -> "AssessmentQuerySet":
        """Of the rater whom the card names for the stage, or seats there, now; those of an earlier one stay and do not
        count.

        A decision and an endorsement that were given stand, whoever is named since for a new decision.
        """
        counts = SEATED | Q(stage=StageKey.ENDORSEMENT, state=AssessmentState.SUBMITTED)
        for stage in RATERS:
            if stage != StageKey.ENDORSEMENT:
                counts |= Q(stage=stage, seat="", rater=rater_in(stage, "card__"))
        return self.filter(counts)

    def seated(self) -> "AssessmentQuerySet":
        return self.filter(SEATED)


class Assessment(models.Model):
    """Card × stage × rater: scores and comments of their own, never overwritten by a later stage or another rater.

    `seat`: for which of the set's raters this one sits, by its key, where a collective has several; the decision that
    seats them makes the row (`domain.seats`), and one that seats somebody else says since when it is vacated. What was
    given there stays readable and counts no more.

    `delegate` confirmed it in the place of the rater, who was absent and stays the competent person. Comments are not
    in history; history tracks `comments_key`, the key of the text in the erasable side table. While a card is
    returned, `returned_copy` keeps what had been submitted: the person may edit it and never send it.
    """

    card = models.ForeignKey(
        Scorecard, verbose_name=_("card"), on_delete=models.PROTECT, related_name="assessments"
    )
    stage = models.CharField(_("stage"), max_length=12, choices=StageKey)
    seat = models.CharField(_("seat"), max_length=64, blank=True, default="")
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
    vacated_at = models.DateTimeField(_("seat vacated at"), null=True, blank=True)
    returned_copy = models.JSONField(null=True, editable=False)

    history = tracked(excluded=["strengths", "weaknesses", "comment", "returned_copy"])
    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["card", "stage", "seat", "rater"],
                name="evaluation_assessment_once",
                violation_error_message=_(
                    "This person has an assessment of this card at this stage already."
                ),
            ),
            models.UniqueConstraint(
                fields=["card", "seat"],
                condition=SEATED,
                name="evaluation_assessment_one_in_a_seat",
                violation_error_message=_("Somebody else sits there already."),
            ),
            models.UniqueConstraint(
                fields=["card", "rater"],
                condition=SEATED,
                name="evaluation_assessment_nobody_sits_twice",
                violation_error_message=_("Nobody sits twice for a collective."),
            ),
            models.CheckConstraint(
                condition=Q(seat="", vacated_at__isnull=True)
                | Q(seat__gt="", stage="collective") & ~Q(rater=F("person")),
                name="evaluation_assessment_seat_of_a_collective",
                violation_error_message=_(
                    "A seat is one of a collective, and nobody sits on their own card."
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
