"""What narrows a history."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.audit_filters import Filters
from kpi_cms.evaluation.audit_tables import field_choices

from .fields import DayField


def _offered() -> list[Any]:
    return [("", _("Everything")), *field_choices()]


class HistoryFilterForm(forms.Form):
    """Person, account, days, and which kind of record or field; each may be left empty."""

    person = forms.CharField(
        label=_("Person"),
        required=False,
        max_length=100,
        help_text=_("Name or staff code, marks not needed."),
    )
    actor = forms.CharField(
        label=_("Changed by"), required=False, max_length=100, help_text=_("Name or account.")
    )
    since = DayField(label=_("From"), required=False, help_text="")
    until = DayField(label=_("To"), required=False, help_text="")
    field = forms.ChoiceField(label=_("What was changed"), required=False, choices=_offered)

    def filters(self) -> Filters:
        """What was asked for, as far as it could be read."""
        if not self.is_bound or not self.is_valid():
            return Filters()
        given = self.cleaned_data
        return Filters(
            person=given["person"].strip(),
            actor=given["actor"].strip(),
            since=given["since"],
            until=given["until"],
            field=given["field"],
        )


class CardHistoryFilterForm(HistoryFilterForm):
    """Without the person: one card is one person's."""

    person = None  # type: ignore[assignment]  # Django's way to take a field away
    actor = forms.CharField(
        label=_("Changed by"), required=False, max_length=100, help_text=_("Name or account.")
    )

    def filters(self) -> Filters:
        if not self.is_bound or not self.is_valid():
            return Filters()
        given = self.cleaned_data
        return Filters(
            actor=given["actor"].strip(), since=given["since"], until=given["until"], field=given["field"]
        )
