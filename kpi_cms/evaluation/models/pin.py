"""What a period is scored with: chosen before opening; after that only a catalogue is added, and none goes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from criteria_pages.models import CriteriaVersion
from snippets.enums import DayKind
from snippets.models import Catalogue, Period


class VersionPin(models.Model):
    """A criteria version that a period uses; its applicability says for whom."""

    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="version_pins"
    )
    version = models.ForeignKey(
        CriteriaVersion, verbose_name=_("version"), on_delete=models.PROTECT, related_name="pins"
    )

    class Meta:
        verbose_name = _("version used by a period")
        verbose_name_plural = _("versions used by periods")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "version"],
                name="evaluation_version_pin_once",
                violation_error_message=_("This period uses this version already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_id} {self.version_id}"


class CataloguePin(models.Model):
    """An approved catalogue that tasks of a period are taken from, for its unit and everything below."""

    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="catalogue_pins"
    )
    catalogue = models.ForeignKey(
        Catalogue, verbose_name=_("catalogue"), on_delete=models.PROTECT, related_name="pins"
    )

    class Meta:
        verbose_name = _("catalogue used by a period")
        verbose_name_plural = _("catalogues used by periods")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "catalogue"],
                name="evaluation_catalogue_pin_once",
                violation_error_message=_("This period uses this catalogue already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_id} {self.catalogue_id}"


class CalendarPin(models.Model):
    """A day of the working calendar as it was registered when the period was opened: what its cards count with.

    Copied and never referred to, so that the register can be corrected without moving a single card.
    """

    period = models.ForeignKey(
        Period, verbose_name=_("period"), on_delete=models.PROTECT, related_name="calendar_pins"
    )
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=8, choices=DayKind)

    class Meta:
        verbose_name = _("day of a period's working calendar")
        verbose_name_plural = _("days of periods' working calendars")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["period", "day"],
                name="evaluation_calendar_pin_once",
                violation_error_message=_("The calendar of this period has this day already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.period_id} {self.day} {self.kind}"
