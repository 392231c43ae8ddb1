"""One sheet of an import: find its header, read every row, collect every problem at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from kpi_cms.interfaces.exchange.imports.columns import BadValue, Column, tidy
from kpi_cms.interfaces.exchange.imports.problems import ImportProblem, at_cell, at_row, at_sheet
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind, Row, Sheet
from kpi_cms.interfaces.exchange.workbooks.text import fold

HEADER_SEARCH = 50
"""The header is looked for among this many first rows with content; titles and legends may stand above it."""

T = TypeVar("T")

ORDINAL_HEADERS = ("stt", "tt", "sott", "sothutu", "no", "order")


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row without problems: its number, its values by column key, and the cells they came from."""

    row: int
    values: dict[str, Any]
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands and which letter holds which column. `above` is the text of the rows before it."""

    row: int
    columns: dict[str, Column]
    texts: dict[str, str]
    unknown: tuple[Cell, ...]
    repeated: tuple[Cell, ...]
    above: tuple[str, ...]

    def has(self, *keys: str) -> bool:
        """Whether one of the columns with these keys is there."""
        return any(column.key in keys for column in self.columns.values())


@dataclass(frozen=True, slots=True)
class DoubtfulRow:
    """A row with problems, as far as it could be read: what else is wrong with it can be told at once.

    `wrong` holds the keys of the columns that are named in a problem already.
    """

    row: ParsedRow
    wrong: frozenset[str]


@dataclass(frozen=True, slots=True)
class ParsedSheet(Generic[T]):
    """All of one sheet. `problems` forbid the import; `notices` only inform."""

    sheet: str
    header: Header | None
    rows: tuple[T, ...] = ()
    problems: tuple[ImportProblem, ...] = ()
    notices: tuple[ImportProblem, ...] = ()
    doubtful: tuple[DoubtfulRow, ...] = ()


def _text(cell: Cell) -> str:
    return tidy(str(cell.value)) if cell.kind is Kind.TEXT else ""


def _map(row: Row, columns: Sequence[Column], above: Sequence[str]) -> Header:
    mapped: dict[str, Column] = {}
    texts: dict[str, str] = {}
    unknown: list[Cell] = []
    repeated: list[Cell] = []
    for cell in row.cells:
        text = _text(cell)
        if not text:
            continue
        texts[cell.column] = text
        column = next((candidate for candidate in columns if candidate.matches(text)), None)
        if column is None:
            if fold(text) not in ORDINAL_HEADERS:
                unknown.append(cell)
        elif column in mapped.values():
            repeated.append(cell)
        else:
            mapped[cell.column] = column
    return Header(row.number, mapped, texts, tuple(unknown), tuple(repeated), tuple(above))


def find_header(
    sheet: Sheet, columns: Sequence[Column], *, anchors: Sequence[str], least: int = 3
) -> Header | None:
    """The row that names the most columns, if it names at least `least` and one of the keys in `anchors`;
    else None.
    """
    best: Header | None = None
    above: list[str] = []
    for row in islice(sheet.rows(), HEADER_SEARCH):
        header = _map(row, columns, above)
        named = len(header.columns)
        if named >= least and header.has(*anchors) and (best is None or named > len(best.columns)):
            best = header
        above.extend(filter(None, map(_text, row.cells)))
    return best


class SheetParser(Generic[T]):
    """Reads one sheet after another into what `build` makes of a row without problems.

    `anchors` are column keys of which a header must have one; `unique` is the key of a column that may not
    repeat, in any of the sheets (case does not distinguish); `is_data` tells data from section titles and
    signatures by the mapped cells; `check` finds what is wrong between the cells of a row whose cells are
    right in themselves.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        anchors: Sequence[str],
        build: Callable[[ParsedRow], T],
        unique: str | None = None,
        is_data: Callable[[Mapping[str, Cell]], bool] = lambda cells: True,
        check: Callable[[ParsedRow], Sequence[ImportProblem]] = lambda row: (),
    ) -> None:
        self.columns = columns
        self.anchors = anchors
        self.build = build
        self.unique = unique
        self.is_data = is_data
        self.check = check
        self.seen: dict[str, Cell] = {}
        self._start()

    def _start(self) -> None:
        self.rows: list[tuple[int, T]] = []
        self.partial: list[ParsedRow] = []
        self.problems: list[ImportProblem] = []
        self.notices: list[ImportProblem] = []
        self.for_review: dict[str, list[Cell]] = defaultdict(list)
        self.complete = True

    def find_header(self, sheet: Sheet) -> Header | None:
        return find_header(sheet, self.columns, anchors=self.anchors)

    def parse(self, sheet: Sheet, header: Header) -> ParsedSheet[T]:
        """Read every row below `header`; rows with any problem are left out of the result's `rows`.

        Without a required column no row is built, but its cells are still read, so that all is told at once.
        """
        self._start()
        self._judge_header(sheet.title, header)
        for row in sheet.rows():
            if row.number > header.row:
                self._row(row, header)
        self._review(header)
        problems = sorted(
            self.problems,
            key=lambda problem: (problem.row or 0, len(problem.column or ""), problem.column or ""),
        )
        wrong = {problem.row for problem in problems if problem.row is not None}
        rows = tuple(built for number, built in self.rows if number not in wrong)
        doubtful = tuple(_doubtful(row, problems, header) for row in self.partial)
        return ParsedSheet(sheet.title, header, rows, tuple(problems), tuple(self.notices), doubtful)

    def _judge_header(self, title: str, header: Header) -> None:
        for column in self.columns:
            if column.required and not header.has(column.key):
                self.complete = False
                sentence = _(
                    "The column “%(header)s” is missing. Add it in row %(row)s, or use the template."
                ) % {
                    "header": column.label,
                    "row": header.row,
                }
                self.problems.append(
                    at_sheet(title, code="missing_column", header=str(column.label), sentence=sentence)
                )
        for cell in header.repeated:
            text = _text(cell)
            sentence = _("The column “%(header)s” is there twice. Delete one of the two.") % {"header": text}
            self.problems.append(at_cell(cell, header=text, code="repeated_column", sentence=sentence))
        for cell in header.unknown:
            text = _text(cell)
            sentence = _("The column “%(header)s” is not known and is not read.") % {"header": text}
            self.notices.append(at_cell(cell, header=text, code="unknown_column", sentence=sentence))

    def _row(self, row: Row, header: Header) -> None:
        by_letter = {cell.column: cell for cell in row.cells}
        title = row.cells[0].sheet
        cells = {
            column.key: by_letter.get(letter) or Cell(title, row.number, letter)
            for letter, column in header.columns.items()
        }
        if all(cell.kind is Kind.EMPTY for cell in cells.values()):
            return
        if row.number == header.row + 1 and _is_numbering(row):
            return
        if _is_header_again(row, header):
            sentence = _("The header is repeated in this row. Delete the row.")
            self.problems.append(at_row(title, row.number, code="header_again", sentence=sentence))
        elif self.is_data(cells):
            self._data(row.number, cells, header)
        else:
            shown = row.cells[0].display
            sentence = _("The row “%(value)s” has no data of its own and is not read.") % {"value": shown}
            self.notices.append(at_row(title, row.number, code="row_ignored", value=shown, sentence=sentence))

    def _data(self, number: int, cells: dict[str, Cell], header: Header) -> None:
        values: dict[str, Any] = {}
        found = len(self.problems)
        for letter, column in header.columns.items():
            cell = cells[column.key]
            try:
                values[column.key] = column.read(cell)
            except BadValue as bad:
                self.problems.append(
                    at_cell(cell, header=header.texts[letter], code=bad.code, sentence=bad.sentence)
                )
                continue
            if column.reviewed and cell.kind is not Kind.EMPTY:
                self.for_review[letter].append(cell)
        if self.unique in values:
            first = self.seen.setdefault(str(values[self.unique]).casefold(), cells[self.unique])
            if first is not cells[self.unique]:
                self.problems.append(_duplicate(first, cells[self.unique], header))
        parsed = ParsedRow(number, values, cells)
        right = len(self.problems) == found and self.complete
        if right:
            self.problems.extend(self.check(parsed))
            right = len(self.problems) == found
        if right:
            self.rows.append((number, self.build(parsed)))
        else:
            self.partial.append(parsed)

    def _review(self, header: Header) -> None:
        """Let a column look at all its cells together."""
        for letter, cells in self.for_review.items():
            for cell, bad in header.columns[letter].review(cells):
                self.problems.append(
                    at_cell(cell, header=header.texts[letter], code=bad.code, sentence=bad.sentence)
                )


def _doubtful(row: ParsedRow, problems: Sequence[ImportProblem], header: Header) -> DoubtfulRow:
    named = {problem.column for problem in problems if problem.row == row.row}
    return DoubtfulRow(
        row, frozenset(column.key for letter, column in header.columns.items() if letter in named)
    )


def _is_numbering(row: Row) -> bool:
    """The line (1) (2) (3) that forms put below their header."""
    marks = [cell.display.strip("() ") for cell in row.cells]
    return len(marks) > 2 and marks == [str(at) for at in range(1, len(marks) + 1)]


def _is_header_again(row: Row, header: Header) -> bool:
    texts = {cell.column: fold(_text(cell)) for cell in row.cells}
    return all(texts.get(letter) == fold(header.texts[letter]) for letter in header.columns)


def _duplicate(first: Cell, again: Cell, header: Header) -> ImportProblem:
    """The problem at a repetition of a key; it names the place of the first one, too."""
    if again.sheet == first.sheet:
        sentence = _(
            "“%(value)s” stands in row %(first)s and in row %(again)s. Keep one of the two rows."
        ) % {
            "value": again.display,
            "first": first.row,
            "again": again.row,
        }
    else:
        sentence = _(
            "“%(value)s” stands in sheet “%(first_sheet)s”, row %(first)s and in sheet “%(sheet)s”, row "
            "%(again)s. Keep one of the two rows."
        ) % {
            "value": again.display,
            "first_sheet": first.sheet,
            "first": first.row,
            "sheet": again.sheet,
            "again": again.row,
        }
    return at_cell(again, header=header.texts[again.column], code="duplicate", sentence=sentence)
