"""Three questions and a remark for each criterion of a card's version."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation.enums import Opinion
from kpi_cms.evaluation.models.feedback import LONGEST_REMARK, QUESTIONS, Said

from .fields import text_area


class FeedbackForm(forms.Form):
    """Fields are named KEY-clear, KEY-measurable, KEY-fits and KEY-remark; every one may stay empty."""

    def __init__(self, *args: Any, criteria: Sequence[FrozenCriterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        labels = {
            "clear": _("Is it clear?"),
            "measurable": _("Can it be measured?"),
            "fits": _("Does it fit the job?"),
        }
        for criterion in criteria:
            for question in QUESTIONS:
                self.fields[f"{criterion.key}-{question}"] = forms.ChoiceField(
                    label=labels[question], required=False, choices=[("", "–"), *Opinion.choices]
                )
            self.fields[f"{criterion.key}-remark"] = forms.CharField(
                label=_("Remark"), required=False, max_length=LONGEST_REMARK, widget=text_area(2)
            )

    @classmethod
    def initial_of(cls, known: Mapping[str, Said]) -> dict[str, str]:
        """What was said before, as the form names it."""
        return {
            f"{key}-{name}": getattr(said, name)
            for key, said in known.items()
            for name in (*QUESTIONS, "remark")
        }

    def groups(self) -> list[dict[str, Any]]:
        """Criterion by criterion: its row and its fields."""
        return [
            {
                "criterion": criterion,
                "fields": [self[f"{criterion.key}-{name}"] for name in QUESTIONS],
                "remark": self[f"{criterion.key}-remark"],
            }
            for criterion in self.criteria
        ]

    def said(self) -> dict[str, Said]:
        """By the criterion's key; of a valid form."""
        data = self.cleaned_data
        return {
            criterion.key: Said(*(data[f"{criterion.key}-{name}"] for name in (*QUESTIONS, "remark")))
            for criterion in self.criteria
        }
