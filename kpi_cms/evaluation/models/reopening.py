"""A keyhole in a decided card: chosen criteria, a reason, a second person, an end (Đ21.3)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import ReopeningState
from kpi_cms.foundation.audit.history import tracked
from snippets.models import Period, Person, Unit

from .scorecard import Scorecard


class Reopening(models.Model):
    """Asked for, approved, and used once, by `domain.reopening` only. The card itself stays decided all the while.

    `criteria` are keys of the card's version. `before` and `after` keep the result and the scores of these criteria
    as they were decided and as they were decided anew; what was decided first stays readable for ever.

    Where the head of the agency endorses, `proposal` keeps until then what the evaluator decided: values, and keys of
    the texts in the side table (`domain.proposed_decision`). The card knows nothing of it; its result stays.

    Where somebody else than whoever decided is named to decide anew, `naming` says by which decision:
    {"evaluator": person, "former": person, "decision": number, "on": day}.
    """

    card = models.ForeignKey(
        Scorecard, verbose_name=_("card"), on_delete=models.PROTECT, related_name="reopenings"
    )
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    criteria = models.JSONField(_("criteria"))
    state = models.CharField(_("state"), max_length=10, choices=ReopeningState, default=ReopeningState.ASKED)
    reason_key = models.UUIDField(_("reason"))
    asked_by = models.BigIntegerField(_("asked by"))
    asked_at = models.DateTimeField(_("asked at"))
    expires_at = models.DateTimeField(_("open until"))
    answered_by = models.BigIntegerField(_("answered by"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    decided_at = models.DateTimeField(_("decided anew at"), null=True)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    proposal = models.JSONField(_("proposed decision"), null=True)
    naming = models.JSONField(_("who is named to decide anew"), null=True)
    return_reason_key = models.UUIDField(_("why the proposal was returned"), null=True)

    history = tracked()

    class Meta:
        verbose_name = _("reopening")
        verbose_name_plural = _("reopenings")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
                name="evaluation_reopening_two_people",
                violation_error_message=_("Whoever asks for a reopening does not approve it."),
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")),
                name="evaluation_reopening_ends",
                violation_error_message=_("A reopening ends after it was asked for."),
            ),
            models.CheckConstraint(
                condition=Q(state="asked") | Q(answered_by__isnull=False, answered_at__isnull=False),
                name="evaluation_reopening_answered",
                violation_error_message=_("An answered reopening says by whom and when."),
            ),
            models.CheckConstraint(
                condition=~Q(state="used")
                | Q(decided_at__isnull=False, decided_at__lte=F("expires_at"), after__isnull=False),
                name="evaluation_reopening_used_in_time",
                violation_error_message=_("A reopening is used before it ends."),
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", proposal__isnull=False)
                | ~Q(state="proposed") & Q(proposal__isnull=True),
                name="evaluation_reopening_proposal",
                violation_error_message=_("A reopening keeps a proposal for as long as it waits."),
            ),
        ]
        indexes = [
            models.Index(fields=["card", "-id"], name="evaluation_reopening_card"),
            # Asked by every page of whoever endorses: what waits is few rows of all that there ever were.
            models.Index(fields=["card"], condition=Q(state="proposed"), name="evaluation_reopening_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.state}"
