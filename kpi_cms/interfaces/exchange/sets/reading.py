"""A set's workbook read: its specification and what describes it, or every problem at its cell."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from criteria_pages.domain.problems import of_engine
from kpi_cms.foundation.engine import Problem, canonical_json, check_authored, digest
from kpi_cms.interfaces.exchange.imports.columns import BadValue
from kpi_cms.interfaces.exchange.imports.problems import ImportProblem, at_cell, at_row, at_sheet
from kpi_cms.interfaces.exchange.imports.sheet import Header, ParsedRow, SheetParser, find_header
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind, Sheet, Workbook
from kpi_cms.interfaces.exchange.workbooks.limits import Limits
from kpi_cms.interfaces.exchange.workbooks.reader import read_workbook
from kpi_cms.interfaces.exchange.workbooks.text import fold

from . import exact, examples, layout
from .building import Built, SetRow, build, place_of
from .columns import MAX_TEXT, spellings
from .layout import Table

CRITERIA_SET = Limits(rows=5_000, file_bytes=5 * 1024**2, sheets=40, text_length=MAX_TEXT, cpu_seconds=20)

Node = dict[str, Any]

# Where the engine says only what is wrong: the value it is about, by the start of the problem's code.
_ABOUT = (
    ("band_twice", "code"),
    ("band_value", "value"),
    ("band", "from"),
    ("calendar", "calendar"),
    ("code", "code"),
    ("criterion_maximum", "max"),
    ("floor", "floor"),
    ("formula", "expression"),
    ("full", "full"),
    ("gate_band", "band"),
    ("gate_limit", "band"),
    ("gate_period", "periods"),
    ("gate", "condition"),
    ("indicator_cap", "cap"),
    ("item_cap", "cap"),
    ("item_twice", "code"),
    ("item_value", "value"),
    ("items_sum", "max"),
    ("key", "key"),
    ("level_step", "step"),
    ("maximum", "max"),
    ("may_not_apply", "may_not_apply"),
    ("minimum", "min"),
    ("nd335_may_not_apply", "may_not_apply"),
    ("nd335_nothing", "nothing_assigned"),
    ("options", "value"),
    ("out_of", "out_of"),
    ("parts_sum", "max"),
    ("rater_stage", "stage"),
    ("rater_weight", "weight"),
    ("section_part", "part"),
    ("sections_sum", "max"),
    ("stage_blind", "blind_to"),
    ("stage_who", "who"),
    ("step", "step"),
    ("target", "target"),
    ("weight", "weight"),
)


@dataclass(frozen=True)
class SetReading:
    """What a workbook holds. With problems nothing of it may be used."""

    specification: Node
    about: Mapping[str, Any]
    problems: tuple[ImportProblem, ...]
    notices: tuple[ImportProblem, ...]

    @property
    def sha256(self) -> str:
        return digest(self.specification)


def read_set(data: bytes) -> SetReading:
    """Read a workbook of a criteria set. Raises WorkbookRefused when it cannot be read at all."""
    return interpret(read_workbook(data, limits=CRITERIA_SET))


def interpret(workbook: Workbook, *, checked: bool = True) -> SetReading:
    """The same, of a workbook that is open already; unchecked, what its sheets alone say, sound or not."""
    reader = _Reader(workbook)
    built = reader.built()
    # A code that cannot be read is missed wherever it is named: that would be told as well, and mean nothing.
    problems = reader.problems or built.problems
    if checked and not problems:
        exact.apply(built.specification, reader.exact())
        problems = [
            _at_its_cell(problem, built, reader.whole) for problem in check_authored(built.specification)
        ]
    specification = (
        built.specification if problems or not checked else json.loads(canonical_json(built.specification))
    )
    return SetReading(specification, built.about, tuple(problems), tuple(reader.notices))


class _Reader:
    """The rows of every sheet that is known, by the title of the sheet in any language."""

    def __init__(self, workbook: Workbook) -> None:
        self.problems: list[ImportProblem] = []
        self.notices: list[ImportProblem] = []
        self.sheets = {fold(sheet.title): sheet for sheet in workbook.sheets}
        self.whole = self._whole()
        self.tables = {
            table.name: self._rows(table)
            for table in examples.ALL
            if table not in examples.TABLES or self._sheet(table.title) is not None
        }
        self._unknown(workbook)

    def built(self) -> Built:
        return build(self.whole, self.tables)

    def exact(self) -> list[exact.Difference]:
        sheet = self._sheet(layout.EXACT)
        return [] if sheet is None else list(exact.read_rows(sheet))

    def _sheet(self, title: layout.Text) -> Sheet | None:
        return next((self.sheets[key] for key in titles_of(title) if key in self.sheets), None)

    def _unknown(self, workbook: Workbook) -> None:
        """Sheets that are not read are named: whoever mistyped a title has to see it."""
        known = {key for table in (layout.SET, *examples.ALL) for key in titles_of(table.title)}
        known |= {
            *titles_of(layout.EXACT),
            *titles_of(layout.CALCULATION),
            *titles_of(layout.GUIDE),
            *titles_of(layout.CHOICES),
        }
        for sheet in workbook.sheets:
            if fold(sheet.title) not in known:
                sentence = _("The sheet “%(sheet)s” is not part of a criteria set and is not read.")
                self.notices.append(
                    at_sheet(sheet.title, code="unknown_sheet", sentence=sentence % {"sheet": sheet.title})
                )

    def _whole(self) -> SetRow:
        """The sheet of the set itself: a name in the first column, its value in the second."""
        sheet = self._sheet(layout.SET.title)
        if sheet is None:
            title = str(layout.SET.title)
            sentence = _("The sheet “%(sheet)s” is missing: use the template, or an exported set.")
            self.problems.append(at_sheet(title, code="no_set", sentence=sentence % {"sheet": title}))
            return SetRow(layout.SET, title, 1, {})
        names = {key: field for field in layout.SET.fields for key in map(fold, field.column.aliases)}
        values: Node = {}
        cells: dict[str, Cell] = {}
        for row in sheet.rows():
            name, *rest = row.cells
            field = names.get(fold(name.display)) if name.column == "A" else None
            if field is None:
                continue
            cell = next((each for each in rest if each.column == "B"), Cell(sheet.title, row.number, "B"))
            if field.path in cells:
                sentence = _("“%(header)s” stands twice: delete one of the two rows.")
                sentence %= {"header": field.column.label}
                self.problems.append(
                    at_cell(cell, header=name.display, code="repeated_row", sentence=sentence)
                )
            cells[field.path] = cell
            try:
                values[field.path] = field.column.read(cell)
            except BadValue as bad:
                self.problems.append(at_cell(cell, header=name.display, code=bad.code, sentence=bad.sentence))
        return SetRow(layout.SET, sheet.title, 1, values, cells)

    def _rows(self, table: Table) -> list[SetRow]:
        sheet = self._sheet(table.title)
        if sheet is None:
            return []
        header = find_header(sheet, table.columns, anchors=table.anchors, least=2)
        if header is None:
            if len(sheet):
                sentence = _("The header of the sheet “%(sheet)s” was not found: copy it from the template.")
                self.problems.append(
                    at_sheet(sheet.title, code="no_header", sentence=sentence % {"sheet": sheet.title})
                )
            return []
        return self._below(table, sheet, header)

    def _below(self, table: Table, sheet: Sheet, header: Header) -> list[SetRow]:
        def row_of(parsed: ParsedRow) -> SetRow:
            return SetRow(table, sheet.title, parsed.row, parsed.values, parsed.cells)

        parsed = SheetParser(table.columns, anchors=table.anchors, build=row_of).parse(sheet, header)
        self.problems.extend(parsed.problems)
        self.notices.extend(parsed.notices)
        rows = [*parsed.rows, *(row_of(doubtful.row) for doubtful in parsed.doubtful)]
        return sorted(rows, key=lambda row: row.number)


def titles_of(title: layout.Text) -> list[str]:
    """A sheet's title in every language, folded and cut as Excel cuts it."""
    return [fold(text[:31]) for text in spellings(title)]


def _at_its_cell(problem: Problem, built: Built, whole: SetRow) -> ImportProblem:
    """The engine's sentence at the cell it is about, or at the row or sheet where no cell is told."""
    sentence = str(of_engine(problem).sentence)
    row = _row_of(problem, built)
    name = str(problem.params.get("field") or "")
    name = name or next((value for start, value in _ABOUT if problem.code.startswith(start)), "")
    if row is None:
        return _of_the_set(problem, whole, name, sentence)
    field = row.table.field(name)
    if field is None or field.path not in row.cells:
        return at_row(row.sheet, row.number, code=problem.code, sentence=sentence)
    cell = row.cells[field.path]
    return at_cell(cell, header=str(field.column.label), code=problem.code, sentence=sentence)


def _row_of(problem: Problem, built: Built) -> SetRow | None:
    path = place_of(problem.path)
    while path:
        if path in built.places:
            return built.places[path]
        path = path.rpartition(".")[0]
    return built.places.get(problem.key) if problem.key else None


def _of_the_set(problem: Problem, whole: SetRow, name: str, sentence: str) -> ImportProblem:
    """A problem of no row: at the value of the set it is about, or at the sheet that is empty or incomplete."""
    path = next(
        (each for each in whole.cells if each.rpartition(".")[2] == name or each == f"total.{name}"), None
    )
    if path is not None and whole.cells[path].kind is not Kind.EMPTY:
        return at_cell(whole.cells[path], header=name, code=problem.code, sentence=sentence)
    table = next(
        (each for each in layout.TABLES if problem.code.startswith(each.name.rstrip("s"))), layout.SET
    )
    return at_sheet(str(table.title), code=problem.code, sentence=sentence)
