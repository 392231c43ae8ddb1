"""Writing workbooks: templates, exports, error lists. Every workbook that leaves the product is written here.

Text stays text: a string that starts with "=" is written as a string, and marked so that it stays one when
somebody edits the cell. Only a `Formula` is one; what people typed never is. Numbers are written as the exact decimals
they are.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula, without its "=". Made by the product out of cells and numbers, never out of somebody's text."""

    text: str


OutValue = str | Promise | int | Decimal | date | Formula | None

MAX_TEXT = 32_767
"""Excel's own limit for one cell, in characters."""

CHOICE_ROWS = 5_000
"""How far down a choice list reaches in a template."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
TITLE_FONT = Font(bold=True, size=14)
HEADER_FONT = Font(bold=True, color="FFFFFF")
HEADER_FILL = PatternFill("solid", fgColor="1D4F91")
WRAPPED = Alignment(wrap_text=True, vertical="top")
HEADER_ALIGNMENT = Alignment(wrap_text=True, vertical="center", horizontal="center")
FORBIDDEN_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


class Format(StrEnum):
    """How an empty cell of the column takes what is typed. Text keeps leading zeros."""

    TEXT = "@"
    NUMBER = "General"
    DATE = "dd/mm/yyyy"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutColumn:
    """A column: header, width in characters, format, and the values a list offers there."""

    header: Text
    width: float = 18
    format: Format = Format.TEXT
    choices: Sequence[Text] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutSheet:
    """A sheet: title lines, one header row, rows in the order of the columns."""

    title: Text
    columns: Sequence[OutColumn]
    rows: Iterable[Sequence[OutValue]] = ()
    headings: Sequence[Text] = field(default=())


def sheet_title(title: Text) -> str:
    """A title Excel accepts: at most 31 characters, without []:*?/\\."""
    return str(title).translate(FORBIDDEN_IN_TITLES).strip()[:31] or "1"


def write_workbook(sheets: Sequence[OutSheet], *, choices_title: Text = "Danh sách chọn") -> bytes:
    """The workbook's bytes. Choice lists stand in a visible last sheet, so that nothing in the file is
    hidden.
    """
    book = Workbook(write_only=True)
    lists = _Lists(sheet_title(choices_title))
    for sheet in sheets:
        _write_sheet(book, sheet, lists)
    lists.write(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


class _Lists:
    """The choice lists of all sheets, one column each, written once at the end."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.columns: list[tuple[str, list[str]]] = []

    def reference(self, column: OutColumn) -> str:
        """The range a validation points to."""
        entry = (str(column.header), [str(choice) for choice in column.choices])
        if entry not in self.columns:
            self.columns.append(entry)
        letter = get_column_letter(self.columns.index(entry) + 1)
        return f"{quote_sheetname(self.title)}!${letter}$2:${letter}${len(entry[1]) + 1}"

    def write(self, book: Any) -> None:
        if not self.columns:
            return
        depth = max(len(values) for _, values in self.columns)
        rows = [
            [values[at] if at < len(values) else None for _, values in self.columns] for at in range(depth)
        ]
        columns = [OutColumn(header=header, width=28) for header, _ in self.columns]
        _write_sheet(book, OutSheet(title=self.title, columns=columns, rows=rows), self)


def _write_sheet(book: Any, sheet: OutSheet, lists: _Lists) -> None:
    target = book.create_sheet(sheet_title(sheet.title))
    header_row = len(sheet.headings) + 1
    target.freeze_panes = f"A{header_row + 1}"
    for at, column in enumerate(sheet.columns, start=1):
        letter = get_column_letter(at)
        target.column_dimensions[letter].width = column.width
        target.column_dimensions[letter].number_format = column.format.value
        if column.choices:
            rule = DataValidation(
                type="list", formula1=lists.reference(column), allow_blank=True, errorStyle="warning"
            )
            rule.add(f"{letter}{header_row + 1}:{letter}{header_row + CHOICE_ROWS}")
            target.data_validations.append(rule)
    for heading in sheet.headings:
        cell = _text_cell(target, str(heading))
        cell.font = TITLE_FONT
        target.append([cell])
    target.append(list(_header(target, sheet.columns)))
    for row in sheet.rows:
        target.append([_cell(target, value) for value in row])


def _header(target: Any, columns: Sequence[OutColumn]) -> Iterator[Any]:
    for column in columns:
        cell = _text_cell(target, str(column.header))
        cell.font, cell.fill, cell.alignment = HEADER_FONT, HEADER_FILL, HEADER_ALIGNMENT
        yield cell


def _text_cell(target: Any, value: str) -> Any:
    """A cell that is text whatever its first character; Excel is told so, too (`quotePrefix`)."""
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell = WriteOnlyCell(target, value=text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…")
    cell.data_type = "s"
    cell.number_format = Format.TEXT.value
    if text.startswith(DANGEROUS):
        cell.quotePrefix = True
    return cell


def _cell(target: Any, value: OutValue) -> Any:
    if value is None:
        return None
    if isinstance(value, str | Promise):
        cell = _text_cell(target, str(value))
        if "\n" in str(value):
            cell.alignment = WRAPPED
        return cell
    if isinstance(value, Formula):
        return WriteOnlyCell(target, value=f"={value.text}")
    cell = WriteOnlyCell(target, value=value)
    if isinstance(value, date):
        cell.number_format = Format.DATE.value
    return cell
