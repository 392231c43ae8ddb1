"""A model field that the rulebook's pages need and Django does not bring for every database."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
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
