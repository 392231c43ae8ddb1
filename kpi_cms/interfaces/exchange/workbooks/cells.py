"""What a workbook is once it is read: sheets of rows of typed cells. Plain data, no Django."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What the file says a cell is. `formula` stands alone: its cached value is never mistaken for an entry."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOL = "bool"
    ERROR = "error"
    FORMULA = "formula"
    EMPTY = "empty"


class Trouble(NamedTuple):
    """Something wrong with a cell's text, found while reading: a code of `text.py` and what was seen."""

    code: str
    detail: str


CellValue = str | Decimal | date | datetime | bool | None


class Cell(NamedTuple):
    """One cell. A number is the exact decimal Excel shows; text is NFC, without invisible characters.

    `shown` is set when the number format pads with zeros ("00012"); `cached` holds the last calculated value
    of a formula, when the reader was asked for it.
    """

    sheet: str
    row: int
    column: str
    kind: Kind = Kind.EMPTY
    value: CellValue = None
    shown: str | None = None
    trouble: Trouble | None = None
    cached: "Cell | None" = None

    @property
    def display(self) -> str:
        """The value as its author sees it, for quoting it back: decimal comma, dd/mm/yyyy, at most 80
        characters.
        """
        if self.shown is not None:
            return self.shown
        if self.value is None:
            return ""
        if isinstance(self.value, bool):
            return "TRUE" if self.value else "FALSE"
        if isinstance(self.value, Decimal):
            return f"{self.value:f}".replace(".", ",")
        if isinstance(self.value, date):
            return f"{self.value:%d/%m/%Y}"
        text = " ".join(self.value.split())
        return text if len(text) <= 80 else f"{text[:79]}…"


class Row(NamedTuple):
    """One row: its number in the sheet and its cells that are not empty, from left to right."""

    number: int
    cells: tuple[Cell, ...]


CODES = {"t": Kind.TEXT, "n": Kind.NUMBER, "d": Kind.DATE, "b": Kind.BOOL, "e": Kind.ERROR, "f": Kind.FORMULA}


def _value(kind: Kind, raw: object) -> CellValue:
    if kind is Kind.NUMBER:
        return Decimal(str(raw))
    if kind is Kind.DATE:
        text = str(raw)
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    if kind is Kind.BOOL:
        return bool(raw)
    return str(raw)


def _cell(sheet: str, row: int, packed: list[Any]) -> Cell:
    """A cell from its line form: column, kind, value, then shown, trouble and cached value where there are
    any.
    """
    column, kind = str(packed[0]), CODES[str(packed[1])]
    shown = trouble = cached = None
    if len(packed) > 3:
        shown = None if packed[3] is None else str(packed[3])
        if packed[4] is not None:
            trouble = Trouble(*packed[4])
        if packed[5] is not None:
            cached = _cell(sheet, row, [column, *packed[5]])
    return Cell(sheet, row, column, kind, _value(kind, packed[2]), shown, trouble, cached)


@dataclass(slots=True)
class Sheet:
    """One sheet. Rows are kept in their compact line form and unpacked on each pass, so that 70,000 fit in
    memory.
    """

    title: str
    lines: list[bytes] = field(default_factory=list, repr=False)

    def rows(self) -> Iterator[Row]:
        """The rows that have any content, in order."""
        for line in self.lines:
            number, cells = json.loads(line)
            yield Row(number, tuple(_cell(self.title, number, packed) for packed in cells))

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of a workbook, in the file's order."""

    sheets: tuple[Sheet, ...]

    def sheet(self, title: str) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.title == title), None)
