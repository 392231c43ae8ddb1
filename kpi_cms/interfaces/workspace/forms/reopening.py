"""Asking for a keyhole, answering, and nothing else: the new decision is typed in the form of scores."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.domain.entries import entered_at
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard

from .fields import DayField, text_area
from .steps import StepForm


class AskForm(StepForm):
    """Which criteria, until when, why."""

    criteria = forms.MultipleChoiceField(
        label=_("Criteria to decide anew"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one criterion.")},
    )
    until = DayField(label=_("Open until the end of"), help_text=_("Within the next 14 days."))
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Whoever approves reads it."),
        max_length=4000,
        widget=text_area(4),
        error_messages={"required": _("Give a reason.")},
    )

    def __init__(self, *args: Any, card: Scorecard, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["criteria"].choices = [  # type: ignore[attr-defined]  # a choice field
            (each.key, f"{each.code} {each.label}") for each in entered_at(card, StageKey.EVALUATOR)
        ]

    def end(self) -> datetime:
        """The last moment of the day chosen, on the clock of Việt Nam."""
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


class AnswerForm(forms.Form):
    """Approved or declined; a refusal says why."""

    answer = forms.ChoiceField(choices=[("approve", _("Approve")), ("decline", _("Decline"))])
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed to decline."),
        required=False,
        max_length=4000,
        widget=text_area(3),
    )
