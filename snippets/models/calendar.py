"""The calendar of working days of the province. What a period copies of it stands in `evaluation`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.audit.history import tracked

from ..enums import DayKind


class CalendarDay(models.Model):
    """A day that is off or worked whatever its weekday. Kept by `snippets.domain.calendar` only.

    A day entered by mistake becomes an ordinary one again: nothing of a register is deleted.
    """

    day = models.DateField(
        _("day"),
        unique=True,
        error_messages={"unique": _("This day is in the calendar already. Change it there.")},
    )
    kind = models.CharField(
        _("kind"),
        max_length=8,
        choices=DayKind,
        default=DayKind.OFF,
        help_text=_(
            "A period counts with the days that are registered when it is opened; what is changed later counts for "
            "periods opened after that."
        ),
    )
    name = models.CharField(
        _("name"), max_length=160, help_text=_("The holiday, or the decision and the day that is worked for.")
    )

    history = tracked()

    class Meta:
        verbose_name = _("day of the working calendar")
        verbose_name_plural = _("days of the working calendar")
        default_permissions = ()
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=DayKind.values),
                name="snippets_calendar_day_kind",
                violation_error_message=_("A day is off, worked, or as any other weekday."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y}"
