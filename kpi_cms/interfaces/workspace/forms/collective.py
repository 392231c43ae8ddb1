"""The decision by which a collective is named: for whom, who enters its scores, why."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.domain.collective import SEAT, Decision
from snippets.enums import PeriodState
from snippets.models import Period, Person, Unit

from .fields import DayField, person_with, text_area


class CollectiveForm(forms.Form):
    """Unit and person are typed by their codes: whoever names them has the register beside it."""

    period = forms.ModelChoiceField(Period.objects.none(), label=_("Period"), empty_label=None)
    unit = forms.CharField(
        label=_("Code of the unit"), help_text=_("Its cards and those of everything below it."), max_length=40
    )
    name = forms.CharField(label=_("Name of the group or collective"), max_length=200)
    secretary = forms.CharField(
        label=_("Staff code of whoever enters its scores"),
        help_text=_("On cards where this person is scored or decides, somebody else has to be named."),
        max_length=40,
    )
    number = forms.CharField(label=_("Number of the decision"), max_length=80)
    on = DayField(label=_("Day of the decision"))
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the history of each of these cards."),
        max_length=4000,
        widget=text_area(3),
        error_messages={"required": _("Give a reason.")},
    )

    def __init__(self, *args: Any, seats: Mapping[str, tuple[str, str]], **more: Any) -> None:
        """`seats`: rater's key → its name and the sets that have it; a field for each."""
        super().__init__(*args, **more)
        self.seats, self.sitting = tuple(seats), dict[str, Person]()
        for key, (label, sets) in seats.items():
            self.fields[SEAT + key] = forms.CharField(
                label=_("Staff code of whoever sits for: %(seat)s") % {"seat": label},
                help_text=_(
                    "For cards of the set %(sets)s. Leave it empty where these cards have no such seat."
                )
                % {"sets": sets},
                max_length=40,
                required=False,
            )
        self.order_fields(["period", "unit", "name", "secretary", *(SEAT + key for key in seats)])
        open_now = Period.objects.filter(state=PeriodState.OPEN).order_by("-starts_on", "pk")
        self.fields["period"].queryset = open_now  # type: ignore[attr-defined]  # a choice of records

    def clean_unit(self) -> Unit:
        unit = Unit.objects.filter(code=self.cleaned_data["unit"].strip()).first()
        if unit is None:
            raise ValidationError(_("There is no unit with this code. Correct it."))
        return unit

    def clean_secretary(self) -> Person:
        return person_with(self.cleaned_data["secretary"])

    def clean(self) -> dict[str, Any]:
        """The people of the seats, as far as these are filled."""
        for key in self.seats:
            try:
                if code := self.cleaned_data.get(SEAT + key, "").strip():
                    self.sitting[key] = person_with(code)
            except ValidationError as error:
                self.add_error(SEAT + key, error)
        return self.cleaned_data

    def named(self) -> dict[str, Any]:
        """What the domain takes."""
        data = self.cleaned_data
        return {
            "period": data["period"],
            "unit": data["unit"],
            "secretary": data["secretary"],
            "seats": self.sitting,
            "decision": Decision(data["name"], data["number"], data["on"]),
        }
