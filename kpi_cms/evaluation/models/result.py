"""Derived numbers, stored in the transaction that changes what they come from. Untracked: they can be recomputed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.enums import StageKey
from snippets.models import Period, Person, Unit

from .scorecard import Scorecard


class CardResult(models.Model):
    """The result of a card at a stage, or of one seat of a collective: exact (numerator, denominator as decimal
    digits), rounded once, and its band.

    `band` is the one after the gates, "" without points and while a gate that could change it is not known;
    `band_by_points` the one before them. `gates`: the keys of those that are "applied" and "undecided".
    Empty `rounded` with `insufficient` means nothing was assigned, with `pending` that d waits for others, with
    neither that entries are missing. `values` maps each criterion's, section's and part's code to "n/d".
    """

    card = models.ForeignKey(
        Scorecard, verbose_name=_("card"), on_delete=models.CASCADE, related_name="results"
    )
    stage = models.CharField(_("stage"), max_length=12, choices=StageKey)
    seat = models.CharField(_("seat"), max_length=64, blank=True, default="")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    numerator = models.TextField(_("numerator"), blank=True)
    denominator = models.TextField(_("denominator"), blank=True)
    rounded = models.DecimalField(_("points"), max_digits=7, decimal_places=2, null=True)
    shown = models.CharField(_("points as shown"), max_length=24, blank=True)
    band = models.CharField(_("band"), max_length=20, blank=True)
    band_by_points = models.CharField(_("band by points"), max_length=20, blank=True)
    gates = models.JSONField(_("gates that hold or are not known"), default=dict)
    common = models.DecimalField(_("common criteria"), max_digits=7, decimal_places=2, null=True)
    results = models.DecimalField(_("task results"), max_digits=7, decimal_places=2, null=True)
    values = models.JSONField(_("values"), default=dict)
    missing = models.PositiveSmallIntegerField(_("entries missing"), default=0)
    insufficient = models.BooleanField(_("insufficient data"), default=False)
    pending = models.BooleanField(_("waits for others' results"), default=False)
    computed_at = models.DateTimeField(_("computed at"))

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["card", "stage", "seat"],
                name="evaluation_result_once",
                violation_error_message=_("This card has a result of this stage already."),
            )
        ]
        indexes = [
            models.Index(fields=["period", "unit", "stage"], name="evaluation_result_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.stage} {self.rounded}"
