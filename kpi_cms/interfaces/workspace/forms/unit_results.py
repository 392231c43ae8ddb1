"""What a decision says of organisations: of many at once, and of one that is corrected or withdrawn."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.domain.unit_results import Recognised
from kpi_cms.evaluation.models import UnitResult
from kpi_cms.evaluation.models.unit_result import LONGEST
from snippets.models import Unit

from .fields import DayField, QuantityField, text_area

POINTS, BAND = "points", "band"


class RecordForm(forms.Form):
    """One decision and the organisations it recognises: KEY-points and KEY-band stand in the rows of the table."""

    number = forms.CharField(label=_("Number of the decision"), max_length=LONGEST, required=False)
    on = DayField(label=_("Day of the decision"), required=False)

    def __init__(self, *args: Any, units: Sequence[Unit], **more: Any) -> None:
        super().__init__(*args, **more)
        self.units = units
        for unit in units:
            self.fields[f"{unit.pk}-{POINTS}"] = QuantityField(
                label=_("Points of %(unit)s") % {"unit": unit.name}, places=2, required=False
            )
            self.fields[f"{unit.pk}-{BAND}"] = forms.CharField(
                label=_("Rating of %(unit)s") % {"unit": unit.name}, max_length=LONGEST, required=False
            )

    def of(self, unit: Unit) -> dict[str, Any]:
        """The fields of a row."""
        return {name: self[f"{unit.pk}-{name}"] for name in (POINTS, BAND)}

    def given(self) -> dict[int, Recognised]:
        """By the unit's key, where anything was entered; of a valid form."""
        data = self.cleaned_data
        found: dict[int, Recognised] = {}
        for unit in self.units:
            points, band = (data[f"{unit.pk}-{name}"] for name in (POINTS, BAND))
            if points is not None or band:
                found[unit.pk] = Recognised(points, data["number"], data["on"], band)
        return found

    def at_my_fields(self, problems: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
        """The domain's sentences by the fields of this form: number and day are the same for every row."""
        found: dict[str, list[Any]] = {}
        for name, sentences in problems.items():
            field = name if name in self.fields else name.partition("-")[2]
            found[field] = list(dict.fromkeys([*found.get(field, ()), *sentences]))
        return found


class CorrectForm(forms.Form):
    """Every value again, and why."""

    points = QuantityField(label=_("Points"), places=2, required=False)
    band = forms.CharField(label=_("Rating"), max_length=LONGEST, required=False)
    number = forms.CharField(label=_("Number of the decision"), max_length=LONGEST, required=False)
    on = DayField(label=_("Day of the decision"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=4000, widget=text_area(2), required=False)
    expected = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, result: UnitResult) -> "CorrectForm":
        return cls(
            initial={
                "points": result.points,
                "band": result.band,
                "number": result.decision_number,
                "on": result.decided_on,
                "expected": result.version_number,
            }
        )

    def said(self) -> Recognised:
        data = self.cleaned_data
        return Recognised(data["points"], data["number"], data["on"], data["band"])


class WithdrawForm(forms.Form):
    """Why it is withdrawn. Beside the other form on its page, hence the prefix."""

    reason = forms.CharField(label=_("Reason"), max_length=4000, widget=text_area(2), required=False)
    expected = forms.IntegerField(widget=forms.HiddenInput)

    prefix = "withdraw"
