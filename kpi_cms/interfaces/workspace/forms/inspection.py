"""What an auditor asks: a search of the ledger, a sample, a moment."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.access_search import AccessSearch, kind_choices
from kpi_cms.evaluation.ledger_search import Search, act_choices
from snippets.models import Unit

from .fields import DayField, QuantityField

LARGEST_SAMPLE = 200


def _acts() -> list[Any]:
    return [("", _("Everything")), *act_choices()]


def _kinds() -> list[Any]:
    return [("", _("Everything")), *kind_choices()]


class InUnits(forms.Form):
    """A unit by its code."""

    donvi = forms.CharField(
        label=_("Unit"), required=False, max_length=60, help_text=_("Unit code; with everything below it.")
    )

    def clean_donvi(self) -> Unit | None:
        """A unit that is not the reader's to audit is refused where the search is made, as if it were missing."""
        code = self.cleaned_data["donvi"].strip()
        found: Unit | None = Unit.objects.filter(code=code).first() if code else None
        if code and found is None:
            raise ValidationError(
                _("There is no unit with this code. Write the code as it stands in the list.")
            )
        return found


class AccessForm(InUnits):
    """Who saw what. Everything may be left empty."""

    nguoi = forms.CharField(
        label=_("Whose data"),
        required=False,
        max_length=100,
        help_text=_("Name or staff code, marks not needed."),
    )
    boi = forms.CharField(label=_("Seen by"), required=False, max_length=100, help_text=_("Name or account."))
    loai = forms.ChoiceField(label=_("Kind of access"), required=False, choices=_kinds)
    since = DayField(label=_("From"), required=False, help_text="")
    until = DayField(label=_("To"), required=False, help_text="")

    def asked(self) -> AccessSearch:
        """What was asked for, as far as it could be read."""
        if not self.is_bound or not self.is_valid():
            return AccessSearch()
        given: dict[str, Any] = self.cleaned_data
        return AccessSearch(
            person=given["nguoi"].strip(),
            account=given["boi"].strip(),
            unit=given["donvi"],
            kind=given["loai"],
            since=given["since"],
            until=given["until"],
        )


class SearchForm(InUnits):
    """Everything may be left empty."""

    nguoi = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=100,
        help_text=_("Name or staff code, marks not needed."),
    )
    boi = forms.CharField(
        label=_("Changed by"), required=False, max_length=100, help_text=_("Name or account.")
    )
    viec = forms.ChoiceField(label=_("Kind of act"), required=False, choices=_acts)
    truong = forms.CharField(
        label=_("Criterion or field"), required=False, max_length=40, help_text=_("For example I.1 or state.")
    )
    muc = QuantityField(
        label=_("Change of points, at least"), required=False, help_text=_("For example 2 or 0,5.")
    )
    since = DayField(label=_("From"), required=False, help_text="")
    until = DayField(label=_("To"), required=False, help_text="")

    def clean_muc(self) -> Decimal | None:
        amount: Decimal | None = self.cleaned_data["muc"]
        if amount is not None and amount < 0:
            raise ValidationError(_("Write a number above 0: raised and lowered are both found."))
        return amount or None

    def asked(self) -> Search:
        """What was asked for, as far as it could be read."""
        if not self.is_bound or not self.is_valid():
            return Search()
        given: dict[str, Any] = self.cleaned_data
        return Search(
            person=given["nguoi"].strip(),
            actor=given["boi"].strip(),
            unit=given["donvi"],
            acts=(given["viec"],) if given["viec"] else (),
            since=given["since"],
            until=given["until"],
            field=given["truong"].strip(),
            amount=given["muc"],
        )


class SampleForm(forms.Form):
    """How many cards, and by which seed."""

    so = forms.IntegerField(label=_("Cards"), min_value=1, max_value=LARGEST_SAMPLE)
    hat = forms.IntegerField(
        label=_("Seed"), min_value=0, max_value=10**9, help_text=_("The same seed draws the same cards.")
    )


class MomentForm(forms.Form):
    """A moment on the clock of Việt Nam."""

    luc = forms.DateTimeField(
        label=_("As it was at"),
        help_text=_("For example 31/07/2026 17:00."),
        input_formats=["%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y"],
        widget=forms.DateTimeInput(format="%d/%m/%Y %H:%M:%S", attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("Write the moment as 31/07/2026 17:00.")},
    )

    def moment(self, now: datetime) -> datetime:
        """What was asked for; now where it could not be read."""
        if not self.is_bound or not self.is_valid():
            return now
        asked: datetime = self.cleaned_data["luc"]
        # What is written to the second means all of it.
        return min(now, asked.replace(microsecond=999_999) if timezone.is_aware(asked) else now)
