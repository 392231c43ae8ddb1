"""The columns of a set's workbook: those of the imports, and a few that a criteria set needs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from kpi_cms.foundation.core.workbooks import OutValue
from kpi_cms.foundation.engine import decimal_text
from kpi_cms.interfaces.exchange.imports.columns import (
    BadValue,
    BooleanColumn,
    Choice,
    ChoiceColumn,
    Column,
    DateColumn,
    DecimalColumn,
    TextColumn,
)
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind
from kpi_cms.interfaces.exchange.workbooks.text import clean, fold

Text = str | Promise

MAX_TEXT = 30_000
MAX_DIGITS = 15
"""What Excel keeps of a number; a longer one is written as text."""

_SPLIT = re.compile(r"[;\n]")


def spellings(text: Text) -> tuple[str, ...]:
    """A label in every language of the product: what one of them writes, all of them read."""
    found = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.append(str(text))
    return tuple(dict.fromkeys(found))


def choices_of(values: Mapping[str, Text]) -> tuple[Choice, ...]:
    """The choices of a field, recognised in every language."""
    return tuple(Choice(value, spellings(label)) for value, label in values.items())


@cache
def _by_spelling(choices: tuple[Choice, ...]) -> dict[str, str]:
    return {fold(text): choice.value for choice in choices for text in (choice.value, *choice.labels)}


@dataclass(frozen=True, slots=True, kw_only=True)
class WordColumn(TextColumn):
    """A text of one or more lines."""

    max_length: int = MAX_TEXT
    multiline: bool = True
    blank: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelColumn(WordColumn):
    """A code or a key: what Excel has turned into another number is refused, never guessed."""

    multiline: bool = False

    def parse(self, cell: Cell) -> str:
        if cell.kind is Kind.NUMBER and cell.shown is None and not cell.display.isdigit():
            raise BadValue(
                "code_reshaped",
                _(
                    "Excel has changed the form of this code (now %(value)s). Format the column as Text and type "
                    "the code again."
                )
                % {"value": cell.display},
            )
        return WordColumn.parse(self, cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumn(WordColumn):
    """Several texts: one a line, or apart by semicolons unless `lines`. Known choices are read by their labels."""

    choices: tuple[Choice, ...] = ()
    lines: bool = False

    @property
    def empty(self) -> Any:
        return []

    def parse(self, cell: Cell) -> Any:
        text = WordColumn.parse(self, cell)
        parts = text.split("\n") if self.lines else _SPLIT.split(text)
        return [self._code(part.strip()) for part in parts if part.strip()]

    def _code(self, text: str) -> str:
        return _by_spelling(self.choices).get(fold(text), text)

    def shown(self, value: Iterable[str]) -> str:
        labels = {choice.value: choice.labels for choice in self.choices}
        return ("\n" if self.lines else "; ").join(_label(labels.get(text), text) for text in value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameColumn(ListColumn):
    """One text that may be a known choice, as the stage of a set."""

    @property
    def empty(self) -> Any:
        return ""

    def parse(self, cell: Cell) -> Any:
        return self._code(LabelColumn.parse(self, cell))  # type: ignore[arg-type]  # reads the same cell

    def shown(self, value: Any) -> str:
        return ListColumn.shown(self, [value])


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberColumn(DecimalColumn):
    """A decimal as the specification writes it; `whole`: a whole number."""

    maximum: Decimal = Decimal(10) ** 30
    places: int = 60
    blank: bool = True
    whole: bool = False

    def parse(self, cell: Cell) -> Any:
        number = DecimalColumn.parse(self, cell)
        return int(number) if self.whole else decimal_text(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNoColumn(BooleanColumn):
    """Yes or no; `open`: an empty cell is neither; `only`: no says as little as an empty cell."""

    blank: bool = True
    open: bool = False
    only: bool = False

    @property
    def empty(self) -> Any:
        return None if self.open or self.only else False

    def parse(self, cell: Cell) -> Any:
        answer = BooleanColumn.parse(self, cell)
        return None if self.only and not answer else answer


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfColumn(ChoiceColumn):
    """One of the choices of the specification."""

    blank: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DayColumn(DateColumn):
    blank: bool = True


def _label(labels: tuple[str, ...] | None, text: str) -> str:
    """The label in the writer's language, found among all spellings of it."""
    if labels is None:
        return text
    from django.utils.translation import get_language

    languages = [code for code, _name in settings.LANGUAGES]
    place = languages.index(get_language() or languages[0]) if len(labels) == len(languages) else 0
    return labels[place]


def written(column: Column, value: Any) -> OutValue:
    """A value as a cell shows it; read again, the column gives the value back."""
    if value is None or value in ("", []):
        return None
    if isinstance(column, YesNoColumn):
        return _("Yes") if value else _("No")
    if isinstance(column, OneOfColumn):
        labels = {choice.value: choice.labels for choice in column.choices}
        return _label(labels.get(str(value)), str(value))
    if isinstance(column, ListColumn):
        return plain(column.shown(value))
    if isinstance(column, NumberColumn):
        return number(Decimal(str(value)))
    if isinstance(column, DayColumn):
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    return plain(str(value))


def number(value: Decimal) -> OutValue:
    """A number; one that Excel would shorten stays text, told apart from a thousand by a further zero."""
    if len(value.as_tuple().digits) <= MAX_DIGITS and abs(value) < Decimal(10) ** MAX_DIGITS:
        return value
    text = f"{value:f}"
    return f"{text}0" if "." in text else text


def plain(text: str) -> str:
    """The text without what a workbook cannot carry; what is lost stands in the sheet of exact values."""
    shown, trouble = clean(text, length=MAX_TEXT)
    if trouble is not None:
        shown, trouble = clean(shown, length=MAX_TEXT)
    return shown if trouble is None else re.sub(r"[^\n\x20-\x7e]", "?", shown)
