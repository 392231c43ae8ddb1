"""Model fields that the rulebook's pages need and Django does not bring for every database."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

Options = Callable[[], Iterable[tuple[str, Any]]]


def no_options() -> Iterable[tuple[str, Any]]:
    """What a field of an old migration offers."""
    return ()


class ChoiceListField(models.JSONField):
    """Several values of a fixed or growing list, stored as a JSON list of texts on both databases.

    `options` is called each time a form is made, so that a list of records may grow. It is no part of migrations.
    """

    def __init__(self, *args: Any, options: Options = no_options, many: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("default", list)
        self.options = options
        self.many = many
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        widget = forms.SelectMultiple(attrs={"size": 8}) if self.many else forms.CheckboxSelectMultiple()
        return forms.MultipleChoiceField(
            choices=self.options,
            widget=widget,
            required=not self.blank,
            label=kwargs.get("label", self.verbose_name),
            help_text=self.help_text,
        )


Unknown = Callable[[Iterable[str]], str]


def all_known(codes: Iterable[str]) -> str:
    """What a field of an old migration says of its codes: nothing."""
    return ""


class CodeListField(models.JSONField):
    """Codes of records that are too many to choose from a list: written one a line, stored as a JSON list in order.

    `unknown` answers with the sentence that names the codes nobody has, or with "". It is no part of migrations.
    """

    def __init__(self, *args: Any, unknown: Unknown = all_known, **kwargs: Any) -> None:
        kwargs.setdefault("default", list)
        self.unknown = unknown
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        return CodesField(
            unknown=self.unknown,
            required=not self.blank,
            label=kwargs.get("label", self.verbose_name),
            help_text=self.help_text,
        )


class CodesField(forms.CharField):
    """A text area with one code a line; spaces and commas part them too."""

    def __init__(self, *, unknown: Unknown, **kwargs: Any) -> None:
        self.unknown = unknown
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return sorted(set(str(value or "").replace(",", " ").replace(";", " ").split()))

    def validate(self, value: Any) -> None:
        super().validate(value)
        sentence = self.unknown(value)
        if sentence:
            raise ValidationError(sentence)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))
