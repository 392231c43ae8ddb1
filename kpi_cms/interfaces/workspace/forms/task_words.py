"""Fields for what the criteria sets of a person ask of a task; none where no set asks anything."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kpi_cms.evaluation.asked_queries import Question, Questions
from kpi_cms.foundation.engine import SAID

NOTHING_ASKED: Questions = MappingProxyType({})


def word_field(question: Question, *, required: bool) -> forms.ChoiceField:
    """One value of those that the sets know."""
    nothing = _("Choose") if required else _("Not said")
    return forms.ChoiceField(
        label=str(question.label),
        choices=[("", nothing), *question.values.items()],
        required=required,
        error_messages={
            "required": _("Choose one of the list."),
            "invalid_choice": _("Choose one of the list."),
        },
    )


class WordsForm(forms.Form):
    """A form about a task, with a field for each word asked of it: what was chosen is `attributes` of its values.

    `asked` leaves out what need not be asked. A word is needed where a set needs it, unless somebody may say it later.
    """

    later = False
    concluding: Collection[str] = ()

    def __init__(self, *args: Any, asked: Questions = NOTHING_ASKED, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked = {name: asked[name] for name in SAID if name in asked}
        for name, question in self.asked.items():
            self.fields[name] = word_field(question, required=question.required and not self.later)
        if self.concluding:
            self.order_fields(self._order())

    def words(self) -> Iterator[forms.BoundField]:
        """The fields of the words, for a page that places them itself."""
        return (self[name] for name in self.asked)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        values["attributes"] = said_in(values)
        return values

    def _order(self) -> list[str]:
        """The words stand before what concludes the form."""
        first = [name for name in self.fields if name not in self.concluding and name not in self.asked]
        return [*first, *self.asked]


def said_in(values: dict[str, Any]) -> Mapping[str, str]:
    """The words among the values of a form, taken out of them."""
    return {name: values.pop(name) for name in SAID if name in values}
