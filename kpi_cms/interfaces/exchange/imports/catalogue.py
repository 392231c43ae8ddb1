"""Reading a catalogue of products (Đ13): communes' own approved workbooks, as they are.

A catalogue's workbook has sheets with different columns, titles above the header, coefficients as formulas
and sheets that are no catalogue. The coefficient is computed here, from the points and the points of the
standard product, and compared with what the workbook says.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from kpi_cms.interfaces.exchange.imports.catalogue_columns import COLUMNS
from kpi_cms.interfaces.exchange.imports.columns import comma
from kpi_cms.interfaces.exchange.imports.problems import ImportProblem, at_cell, at_sheet
from kpi_cms.interfaces.exchange.imports.sheet import Header, ParsedRow, SheetParser
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind, Sheet, Workbook
from kpi_cms.interfaces.exchange.workbooks.limits import CATALOGUE
from kpi_cms.interfaces.exchange.workbooks.reader import read_workbook
from kpi_cms.interfaces.exchange.workbooks.text import fold
from snippets.enums import ProductScope

STANDARD_POINTS = Decimal(5)
"""Points of the standard product when the workbook does not say: drafting a simple document, coefficient
1,00.
"""

CENT = Decimal("0.01")
STANDARD_TEXT = re.compile(
    r"sản phẩm(?:/công việc)? chuẩn\s*=\s*([0-9]+(?:[.,][0-9]+)?)\s*điểm", re.IGNORECASE
)
ROUNDED = re.compile(r"=ROUND\(\$?([A-Z]{1,3})\$?([0-9]+)/([0-9]+(?:\.[0-9]+)?),2\)")
LEADERSHIP_PREFIXES = ("QL",)
SHARED_PREFIXES = ("DC",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """One product. `department` is the workbook's own name; `frame_low` and `frame_high` are None without a
    frame.

    `coefficient` is `points` over the points of the standard product, rounded half-up to 2 places.
    """

    sheet: str
    row: int
    code: str
    department: str | None
    scope: str
    duty: str
    work: str
    output: str
    group: str
    frame_low: int | None
    frame_high: int | None
    points: Decimal
    coefficient: Decimal
    note: str


@dataclass(frozen=True, slots=True)
class ParsedCatalogue:
    """The products that are right in themselves, every problem, and what else to tell. Import only without
    problems.
    """

    products: tuple[ProductRow, ...]
    problems: tuple[ImportProblem, ...]
    notices: tuple[ImportProblem, ...]
    standard_points: Decimal
    ignored_sheets: tuple[str, ...]


def parse_catalogue(data: bytes) -> ParsedCatalogue:
    """Read a catalogue's workbook; raises `WorkbookRefused` when it cannot be read at all."""
    book = read_workbook(data, limits=CATALOGUE, formulas="cached")
    reading = _Reading()
    parser = SheetParser(
        COLUMNS,
        anchors=("code", "output", "coefficient"),
        unique="code",
        build=reading.build,
        is_data=_is_product,
        check=reading.check,
    )
    found: list[tuple[Sheet, Header]] = []
    for sheet in book.sheets:
        header = parser.find_header(sheet)
        if header is None:
            reading.ignore(sheet)
        else:
            found.append((sheet, header))
    reading.standard(header for _sheet, header in found)
    products: list[ProductRow] = []
    for sheet, header in found:
        reading.enter(sheet, header)
        parsed = parser.parse(sheet, header)
        products.extend(parsed.rows)
        reading.problems.extend(parsed.problems)
        reading.notices.extend(parsed.notices)
    if not found:
        reading.problems.append(_no_sheet(book))
    return ParsedCatalogue(
        tuple(products),
        tuple(reading.problems),
        tuple(reading.notices),
        reading.standard_points,
        tuple(reading.ignored),
    )


def coefficient_of(points: Decimal, standard_points: Decimal) -> Decimal:
    """Đ13: points of the item over points of the standard product, rounded half-up to 2 places."""
    return (points / standard_points).quantize(CENT, ROUND_HALF_UP)


class _Reading:
    """What holds for the whole workbook while its sheets are read one after another."""

    def __init__(self) -> None:
        self.problems: list[ImportProblem] = []
        self.notices: list[ImportProblem] = []
        self.ignored: list[str] = []
        self.standard_points = STANDARD_POINTS
        self.sheet_scope: str | None = None
        self.points_column: str | None = None

    def ignore(self, sheet: Sheet) -> None:
        """A sheet without a catalogue's header, such as the common criteria, is left alone and named."""
        self.ignored.append(sheet.title)
        sentence = _("Sheet “%(sheet)s” is not a catalogue and is not read.") % {"sheet": sheet.title}
        self.notices.append(at_sheet(sheet.title, code="sheet_ignored", sentence=sentence))

    def standard(self, headers: Iterable[Header]) -> None:
        """Take the standard product's points from a title or a header; two different statements are a
        problem.
        """
        stated: dict[Decimal, None] = {}
        for header in headers:
            for text in (*header.above, *header.texts.values()):
                if match := STANDARD_TEXT.search(text):
                    stated[Decimal(match.group(1).replace(",", "."))] = None
        values = [value for value in stated if value > 0]
        if values:
            self.standard_points = values[0]
        if len(values) > 1:
            sentence = _(
                "The workbook states different points for the standard product: %(values)s. Keep one."
            ) % {"values": "; ".join(comma(value) for value in values)}
            self.problems.append(at_sheet("", code="standard_points", sentence=sentence))

    def enter(self, sheet: Sheet, header: Header) -> None:
        """Note what the sheet says of all its rows: its scope, and the column that formulas must refer to."""
        self.sheet_scope = sheet_scope([sheet.title, *header.above], has_department=header.has("department"))
        self.points_column = next(
            (letter for letter, column in header.columns.items() if column.key == "points"), None
        )

    def check(self, row: ParsedRow) -> Sequence[ImportProblem]:
        problems = []
        frame, points = row.values.get("frame"), row.values.get("points")
        if frame and points is not None and not frame[0] <= points <= frame[1]:
            sentence = _(
                "%(points)s points are outside the frame %(frame)s. Correct the points or the frame."
            ) % {
                "points": comma(points),
                "frame": row.cells["frame"].display,
            }
            problems.append(
                at_cell(
                    row.cells["points"],
                    header=_label("points"),
                    code="points_outside_frame",
                    sentence=sentence,
                )
            )
        if points is not None:
            problems.extend(self._compare(row, points))
        if row.values.get("code") and self._scope(row) is None:
            sentence = _(
                "It is not clear whether “%(code)s” is for leaders, shared or of one department. Enter the "
                "department, or name the scope in the sheet's title."
            ) % {"code": row.values["code"]}
            problems.append(
                at_cell(row.cells["code"], header=_label("code"), code="scope_unknown", sentence=sentence)
            )
        return problems

    def _compare(self, row: ParsedRow, points: Decimal) -> list[ImportProblem]:
        """Whether the workbook's coefficient is the computed one: its number, and its formula where it is the
        usual one.
        """
        cell = row.cells.get("coefficient")
        if cell is None or cell.kind is Kind.EMPTY:
            return []
        computed = coefficient_of(points, self.standard_points)
        stated: list[Decimal] = []
        if row.values.get("coefficient") is not None:
            stated.append(row.values["coefficient"])
        if cell.kind is Kind.FORMULA:
            evaluated = self._evaluate(str(cell.value), row.row, points)
            if evaluated is not None:
                stated.append(evaluated)
            elif not stated:
                sentence = _(
                    "The coefficient's formula “%(formula)s” cannot be checked. Write "
                    "=ROUND(points/%(standard)s,2) with this row's points, or the number itself."
                ) % {"formula": cell.display, "standard": comma(self.standard_points)}
                return [
                    at_cell(cell, header=_label("coefficient"), code="coefficient_formula", sentence=sentence)
                ]
        different = next((value for value in stated if value != computed), None)
        if different is None:
            return []
        sentence = _(
            "The coefficient is %(stated)s, but %(points)s points over %(standard)s make %(computed)s. "
            "Correct the points or the coefficient."
        ) % {
            "stated": comma(different),
            "points": comma(points),
            "standard": comma(self.standard_points),
            "computed": comma(computed),
        }
        return [at_cell(cell, header=_label("coefficient"), code="coefficient_differs", sentence=sentence)]

    def _evaluate(self, formula: str, row: int, points: Decimal) -> Decimal | None:
        """The value of =ROUND(<this row's points>/<number>,2); None for every other formula."""
        match = ROUNDED.fullmatch(re.sub(r"\s", "", formula).upper())
        if match is None or match.group(1) != self.points_column or int(match.group(2)) != row:
            return None
        divisor = Decimal(match.group(3))
        return coefficient_of(points, divisor) if divisor else None

    def _scope(self, row: ParsedRow) -> str | None:
        """The scope of a row: its sheet's, else by its department, else by its code's prefix."""
        if self.sheet_scope in (ProductScope.LEADERSHIP.value, ProductScope.SHARED.value):
            return self.sheet_scope
        prefix = re.split(r"[.\-/_]", str(row.values["code"]).upper())[0]
        if row.values.get("department"):
            return ProductScope.UNIT.value
        if prefix in LEADERSHIP_PREFIXES:
            return ProductScope.LEADERSHIP.value
        if prefix in SHARED_PREFIXES:
            return ProductScope.SHARED.value
        return None

    def build(self, row: ParsedRow) -> ProductRow:
        values = row.values
        low, high = values.get("frame") or (None, None)
        scope = self._scope(row) or ProductScope.UNIT.value
        return ProductRow(
            sheet=row.cells["code"].sheet,
            row=row.row,
            code=values["code"],
            department=values.get("department") or None,
            scope=scope,
            duty=values["duty"],
            work=values.get("work", ""),
            output=values["output"],
            group=values["group"],
            frame_low=low,
            frame_high=high,
            points=values["points"],
            coefficient=coefficient_of(values["points"], self.standard_points),
            note=values.get("note", ""),
        )


def _label(key: str) -> str:
    return next(str(column.label) for column in COLUMNS if column.key == key)


def sheet_scope(texts: Sequence[str], *, has_department: bool) -> str | None:
    """The scope a sheet's title and the lines above its header speak of: leadership, shared, unit or None.

    "Riêng theo phòng" outweighs the rest, because such titles name leaders and shared duties in passing.
    """
    folded = " ".join(fold(text) for text in texts)
    if has_department and "rieng" in folded:
        return ProductScope.UNIT.value
    if "dungchung" in folded:
        return ProductScope.SHARED.value
    if "lanhdao" in folded:
        return ProductScope.LEADERSHIP.value
    return ProductScope.UNIT.value if has_department else None


def _is_product(cells: Mapping[str, Cell]) -> bool:
    """A section title or a signature has neither code nor group nor points."""
    return any(key in cells and cells[key].kind is not Kind.EMPTY for key in ("code", "group", "points"))


def _no_sheet(book: Workbook) -> ImportProblem:
    sentence = _(
        "No sheet has a catalogue's header (“Mã CV”, “Nhiệm vụ”, “Sản phẩm đầu ra”, “Nhóm”, “Điểm chấm”). "
        "Check that this is the right file."
    )
    return at_sheet(book.sheets[0].title if book.sheets else "", code="missing_sheet", sentence=sentence)
