"""What those who scored with a criterion say of it: whether it is clear, can be measured and fits the job."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation.enums import Opinion
from kpi_cms.foundation.audit.history import tracked
from snippets.enums import Block, StaffKind
from snippets.models import Period, Person, Unit

LONGEST_REMARK = 500
QUESTIONS = ("clear", "measurable", "fits")


@dataclass(frozen=True)
class Said:
    """About one criterion: an `Opinion` to each question, or "" for none, and a remark."""

    clear: str = ""
    measurable: str = ""
    fits: str = ""
    remark: str = ""


class CriterionFeedback(models.Model):
    """One person about one criterion of a version in one period; written by `domain.feedback` only, until that closes.

    `person` is who says it, `unit`, `block` and `staff_kind` where they stood. A remark is not in history; history
    tracks `remark_key`, the key of the text in the erasable side table. Nobody else reads a row with its person: what
    is told of many is counted (`fit_queries`).
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    criterion = models.ForeignKey(
        FrozenCriterion, verbose_name=_("criterion"), on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    block = models.CharField(_("block"), max_length=12, choices=Block)
    staff_kind = models.CharField(_("kind of staff"), max_length=12, choices=StaffKind)
    clear = models.CharField(_("is it clear?"), max_length=6, choices=Opinion, blank=True)
    measurable = models.CharField(_("can it be measured?"), max_length=6, choices=Opinion, blank=True)
    fits = models.CharField(_("does it fit the job?"), max_length=6, choices=Opinion, blank=True)
    remark = models.CharField(_("remark"), max_length=LONGEST_REMARK, blank=True)
    remark_key = models.UUIDField(null=True, editable=False)
    said_at = models.DateTimeField(_("said at"))

    history = tracked(excluded=["remark"])

    class Meta:
        verbose_name = _("feedback on a criterion")
        verbose_name_plural = _("feedback on criteria")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "criterion", "person"],
                name="evaluation_feedback_once",
                violation_error_message=_("This person has said something about this criterion already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_id}/{self.criterion_id}"
