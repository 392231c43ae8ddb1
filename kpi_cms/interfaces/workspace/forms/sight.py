"""The day asked about, and why somebody looks as another account."""

from datetime import datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from snippets.past_queries import At

from .fields import DayField, text_area


class DayForm(forms.Form):
    """A past day; empty for now."""

    ngay = DayField(
        label=_("As of the end of the day"),
        required=False,
        help_text=_("Empty: now. For example 31/07/2026."),
    )

    def __init__(self, *args: object, now: datetime, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # Django's own arguments
        self.now = now

    def clean_ngay(self) -> object:
        day = self.cleaned_data["ngay"]
        if day is not None and day > timezone.localdate(self.now):
            raise ValidationError(_("This day is still to come. Choose an earlier one, or none for now."))
        return day

    def at(self) -> At:
        """The moment asked about: the end of the day chosen, or now."""
        day = self.cleaned_data.get("ngay") if self.is_bound and self.is_valid() else None
        if day is None or day == timezone.localdate(self.now):
            return At(self.now)
        midnight = datetime.combine(day + timedelta(days=1), time.min)
        return At(timezone.make_aware(midnight) - timedelta(microseconds=1), past=True)


class ViewAsForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the record beside both names."),
        max_length=4000,
        widget=text_area(3),
        error_messages={"required": _("Say why: the reason stands in the record.")},
    )
