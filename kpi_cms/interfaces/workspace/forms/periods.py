"""What policy staff say about a period: its versions, its deadlines, that it is closed."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.enums import StageKey
from snippets.domain.periods import DEADLINES
from snippets.models import Period

from .fields import text_area

SHOWN = "%d/%m/%Y %H:%M"


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else timezone.localtime(moment)


class MomentField(forms.DateTimeField):
    """A moment as dd/mm/yyyy hh:mm on the clock of Việt Nam."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("Day and time, for example 05/08/2026 17:00."))
        options.setdefault(
            "widget", forms.DateTimeInput(format=SHOWN, attrs={"inputmode": "numeric", "autocomplete": "off"})
        )
        options.setdefault("error_messages", {"invalid": _("Write day and time as 05/08/2026 17:00.")})
        super().__init__(input_formats=[SHOWN, "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M"], **options)


class VersionChoice(forms.ModelMultipleChoiceField):
    """Versions by their title, number and first day in effect."""

    def label_from_instance(self, obj: CriteriaVersion) -> str:
        return str(
            _("%(title)s, version %(number)s, in effect from %(day)s")
            % {"title": obj.title, "number": obj.number, "day": f"{obj.effective_on:%d/%m/%Y}"}
        )


class VersionsForm(forms.Form):
    """Which versions a period is scored with."""

    versions = VersionChoice(
        label=_("Criteria versions"),
        queryset=CriteriaVersion.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody is scored with the one version that applies to them in each frame."),
        error_messages={"required": _("Choose at least one version.")},
    )

    def __init__(self, *args: Any, offered: Iterable[CriteriaVersion], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["versions"].queryset = offered  # type: ignore[attr-defined]  # a model choice field


class DeadlinesForm(forms.Form):
    """The deadlines, and why they change once the period is open.

    `stages`: keys of the stages that cards of the period have. The deadline of another stage is not asked for, unless
    the period says one: it can then be taken away.
    """

    self_due_at = MomentField(label=_("Self-assessment due before"))
    collective_due_at = MomentField(
        label=_("Scores of a collective or direct head due before"),
        required=False,
        help_text=_("Empty: until the evaluation is due."),
    )
    evaluation_due_at = MomentField(label=_("Evaluation due before"))
    endorsement_due_at = MomentField(
        label=_("Endorsement due before"),
        required=False,
        help_text=_("Empty: an endorsement is never late."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        widget=text_area(2),
        help_text=_("Needed once the period is open. It stands in the history."),
    )

    OF_A_STAGE = {"collective_due_at": StageKey.COLLECTIVE, "endorsement_due_at": StageKey.ENDORSEMENT}

    def __init__(self, data: Any = None, *, period: Period, stages: Collection[str]) -> None:
        super().__init__(data, initial={name: _local(getattr(period, name)) for name in DEADLINES})
        for name, stage in self.OF_A_STAGE.items():
            if stage not in stages and getattr(period, name) is None:
                del self.fields[name]

    def refuse(self, problems: dict[str, list[Any]], sentence: Any) -> None:
        """Put what the domain refused beside its field."""
        placed = False
        for name, sentences in problems.items():
            if name in self.fields:
                placed = True
                for each in sentences:
                    self.add_error(name, ValidationError(str(each)))
        if not placed:
            self.add_error(None, ValidationError(str(sentence)))


class ClosingForm(forms.Form):
    """The number of people not notified that the reader saw, and that they agree."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    agreed = forms.BooleanField(
        label=_("I have seen this list. Close the period for ever."),
        error_messages={"required": _("Tick the box: closing cannot be undone.")},
    )
