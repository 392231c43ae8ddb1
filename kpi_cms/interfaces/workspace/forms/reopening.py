"""Asking for a keyhole, answering, naming who endorses: the new decision is typed in the form of scores."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.domain.entries import entered_at
from kpi_cms.evaluation.domain.naming_anew import LONGEST, NamingDecision
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from snippets.models import Person

from .fields import DayField, person_with, text_area
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


class NamingForm(StepForm):
    """By which decision somebody is named for a new decision, and why."""

    number = forms.CharField(
        label=_("Number of the decision"), max_length=LONGEST, error_messages={"required": _("Fill this in.")}
    )
    on = DayField(label=_("Day of the decision"))
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It stands in the history of the card."),
        max_length=4000,
        widget=text_area(3),
        error_messages={"required": _("Give a reason.")},
    )

    def decision(self) -> NamingDecision:
        return NamingDecision(self.cleaned_data["number"], self.cleaned_data["on"])


class EvaluatorForm(NamingForm):
    """Who decides anew instead. Typed by the code, with the register beside it."""

    evaluator = forms.CharField(
        label=_("Staff code of whoever decides anew"),
        help_text=_(
            "Nobody who has another part in the card, and nobody whose own result its person decides."
        ),
        max_length=40,
        error_messages={"required": _("Fill this in.")},
    )
    field_order = ("evaluator", "number", "on", "reason")

    def clean_evaluator(self) -> Person:
        return person_with(self.cleaned_data["evaluator"])


class EndorserForm(NamingForm):
    """Who endorses a new decision instead. Typed by the code, with the register beside it."""

    endorser = forms.CharField(
        label=_("Staff code of whoever endorses"),
        help_text=_("Nobody who has another part in the card, and nobody whom its evaluator evaluates."),
        max_length=40,
        error_messages={"required": _("Fill this in.")},
    )
    field_order = ("endorser", "number", "on", "reason")

    def clean_endorser(self) -> Person:
        return person_with(self.cleaned_data["endorser"])
