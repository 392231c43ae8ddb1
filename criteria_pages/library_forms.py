"""The forms of the library: an item of the register, and the two pages beside the editor."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import StreamValue
from wagtail.blocks.base import BlockField

from kpi_cms.foundation.access.forms import GuardedForm, Spoken

from .blocks.wording import words_of
from .domain import library
from .domain.taking import Place
from .enums import ItemKind
from .models import LibraryItem
from .start_form import ToldForm


class OneBlockField(BlockField):
    """One block of the library, written as in the editor of a set; its value is the block's plain values."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(block=library.LIBRARY, **kwargs)

    def prepare_value(self, value: Any) -> StreamValue:
        if isinstance(value, StreamValue):
            return value
        return self.block.to_python([value] if value else [])

    def clean(self, value: StreamValue) -> Any:
        return library.plain_of(super().clean(value))

    def has_changed(self, initial: Any, data: StreamValue) -> bool:
        before = library.plain_values(self.block.get_prep_value(self.prepare_value(initial)))
        return bool(before != library.plain_values(self.block.get_prep_value(data)))


def content_in_words(content: Any) -> str:
    """What an item holds, for its history: its kind of block, and each field that says something."""
    block = library.LIBRARY.to_python([content])[0]
    return f"{block.block.label}: {words_of(block.block, block.value)}"


SPOKEN: Mapping[str, Spoken] = {"content": content_in_words}


class _ItemForm(GuardedForm):
    content = OneBlockField(label=_("Content"))
    spoken: ClassVar[Mapping[str, Spoken]] = SPOKEN


class ItemAddForm(_ItemForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return library.add_item(
            actor=actor, moment=moment, name=data["name"], content=data["content"], reason=data["reason"]
        )


class ItemEditForm(_ItemForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return library.change_item(
            actor=actor,
            moment=moment,
            item=self.instance,
            name=data["name"],
            content=data["content"],
            retired=data["retired"],
            reason=data["reason"],
        )


CHOOSE = ("", _("Choose"))


class TakeForm(ToldForm):
    """Where an item goes and, for a criterion, under which code. `shown` is the draft that its author looks at."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, item: LibraryItem, places: Iterable[Place] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if places is not None:
            label = _("Section of criteria") if item.kind == ItemKind.CRITERION else _("Criterion")
            self.fields["into"] = forms.CharField(
                label=label, required=False, widget=forms.Select(choices=[CHOOSE, *places])
            )
        if item.kind == ItemKind.CRITERION:
            self.fields["code"] = forms.CharField(
                label=_("Code"),
                required=False,
                help_text=_("Unique in the set. Formulas name criteria by it."),
                initial=item.content["value"]["code"],
            )


class KeepForm(ToldForm):
    """What of the draft is kept, and under which name."""

    source = forms.CharField(label=_("What to keep"), required=False)
    name = forms.CharField(
        label=_("Name"), required=False, help_text=_("How authors find it, for example Five levels, 2 to 10.")
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sources: Mapping[ItemKind, list[Place]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [(kind.label, [tuple(place) for place in places]) for kind, places in sources.items()]
        self.fields["source"].widget = forms.Select(choices=[CHOOSE, *groups])
