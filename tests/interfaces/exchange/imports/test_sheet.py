"""Finding the header, reading every row, collecting every problem at once."""

import pytest

from kpi_cms.interfaces.exchange.imports.columns import CodeColumn, DecimalColumn, TextColumn
from kpi_cms.interfaces.exchange.imports.problems import at_row, at_sheet
from kpi_cms.interfaces.exchange.imports.sheet import SheetParser
from kpi_cms.interfaces.exchange.workbooks.cells import Kind
from kpi_cms.interfaces.exchange.workbooks.reader import read_workbook
from tests.interfaces.exchange.imports.sheets import book, told

pytestmark = pytest.mark.usefixtures("in_process")

COLUMNS = (
    CodeColumn(key="code", label="Code", aliases=("Mã", "Code")),
    TextColumn(key="name", label="Name", aliases=("Tên", "Name")),
    DecimalColumn(key="points", label="Points", aliases=("Điểm", "Points")),
    TextColumn(key="class", label="Class", aliases=("Lớp",), required=False, blank=True),
)


def parser(**options):
    return SheetParser(COLUMNS, anchors=("code",), unique="code", build=lambda row: row.values, **options)


def parse(*rows, **options):
    reading = parser(**options)
    sheet = read_workbook(book(S=rows)).sheets[0]
    return reading.parse(sheet, reading.find_header(sheet))


def test_titles_above_and_columns_in_any_order():
    parsed = parse(
        ["DANH SÁCH"], [None, "(kèm theo Quyết định)"], [], ["TT", "Điểm", "Tên", "Mã"], [1, 5, "An", "A1"]
    )
    assert parsed.rows == ({"points": 5, "name": "An", "code": "A1"},)
    assert (parsed.header.row, parsed.header.above) == (4, ("DANH SÁCH", "(kèm theo Quyết định)"))
    assert (parsed.problems, parsed.notices) == ((), ())


def test_every_problem_is_found_in_one_pass():
    parsed = parse(
        ["Mã", "Tên", "Điểm"],
        ["A1", "An", "năm"],
        ["A 2", None, "=1+1"],
        ["A3", "Bình", 5],
        ["a1", "Chi", 7],
    )
    assert told(parsed.problems) == [
        (2, "C", "number"),
        (3, "A", "code"),
        (3, "B", "missing_value"),
        (3, "C", "formula"),
        (5, "A", "duplicate"),
    ]
    assert [row["code"] for row in parsed.rows] == ["A3"]
    first, *_rest, last = parsed.problems
    assert (first.sheet, first.header, first.value) == ("S", "Điểm", "năm")
    assert first.sentence.startswith("“năm” is not a number.")
    assert first.place == "Sheet “S”, row 2, column C"
    assert last.sentence == "“a1” stands in row 2 and in row 5. Keep one of the two rows."
    assert first.as_json() == {
        "sheet": "S",
        "row": 2,
        "column": "C",
        "header": "Điểm",
        "value": "năm",
        "code": "number",
        "sentence": first.sentence,
    }


def test_places_of_rows_and_sheets():
    assert at_row("S", 3, code="x", sentence="y").place == "Sheet “S”, row 3"
    assert at_sheet("S", code="x", sentence="y").place == "Sheet “S”"


def test_missing_repeated_and_unknown_columns():
    parsed = parse(
        ["Mã", "Tên", "Name", "Ghi chú", "STT", "Code", "Lớp"], ["A 1", "An", "x", "y", 1, "B1", "z"]
    )
    assert told(parsed.problems) == [
        (None, None, "missing_column"),
        (1, "C", "repeated_column"),
        (1, "F", "repeated_column"),
        (2, "A", "code"),
    ]
    assert parsed.rows == ()
    assert (
        parsed.problems[0].sentence == "The column “Points” is missing. Add it in row 1, or use the template."
    )
    assert told(parsed.notices) == [(1, "D", "unknown_column")]
    assert parsed.notices[0].sentence == "The column “Ghi chú” is not known and is not read."


def test_a_sheet_without_the_header_has_none():
    reading = parser()
    sheet = read_workbook(book(S=[["Tên", "Điểm", "Lớp"], ["An", 5, 1]])).sheets[0]
    assert reading.find_header(sheet) is None


def test_the_row_that_names_most_is_the_header():
    parsed = parse(["Mã", "Tên", "Điểm", "Khác"], ["A1", "An", 5])
    assert parsed.header.row == 1
    assert parse(["Mã", 1], ["Mã", "Tên", "Điểm"], ["A1", "An", 5]).header.row == 2


def test_numbering_empty_rows_and_foreign_columns_are_passed_over():
    parsed = parse(
        ["Mã", "Tên", "Điểm", "Ghi chú"],
        ["(1)", "(2)", "(3)", "(4)"],
        [None, None, None, "x"],
        ["A1", "An", 5],
    )
    assert [row["code"] for row in parsed.rows] == ["A1"]
    assert parsed.problems == ()


def test_a_header_repeated_below_is_a_problem():
    parsed = parse(["Mã", "Tên", "Điểm"], ["A1", "An", 5], ["MÃ", "Tên", "Điểm"])
    assert told(parsed.problems) == [(3, None, "header_again")]
    assert parsed.problems[0].sentence == "The header is repeated in this row. Delete the row."


def test_rows_that_are_no_data_are_told_of():
    parsed = parse(
        ["Mã", "Tên", "Điểm"],
        [None, "I. Văn phòng"],
        ["A1", "An", 5],
        is_data=lambda cells: cells["code"].kind is not Kind.EMPTY,
    )
    assert len(parsed.rows) == 1
    assert told(parsed.notices) == [(2, None, "row_ignored")]
    assert parsed.notices[0].sentence == "The row “I. Văn phòng” has no data of its own and is not read."


def test_a_check_between_cells_takes_its_row_out():
    def check(row):
        return [at_row("S", row.row, code="odd", sentence="Odd.")] if row.values["points"] > 5 else []

    parsed = parse(["Mã", "Tên", "Điểm"], ["A1", "An", 5], ["A2", "Bình", 6], check=check)
    assert [row["code"] for row in parsed.rows] == ["A1"]
    assert told(parsed.problems) == [(3, None, "odd")]


def test_zeros_lost_in_part_of_a_column_are_found():
    parsed = parse(["Mã", "Tên", "Điểm"], ["007", "An", 5], [8, "Bình", 5])
    assert told(parsed.problems) == [(3, "A", "code_reshaped")]
    assert [row["code"] for row in parsed.rows] == ["007"]


def test_a_key_repeated_in_another_sheet_names_both_places():
    reading = parser()
    sheets = read_workbook(
        book(A=[["Mã", "Tên", "Điểm"], ["A1", "An", 5]], B=[["Mã", "Tên", "Điểm"], ["A1", "An", 5]])
    ).sheets
    first, second = (reading.parse(sheet, reading.find_header(sheet)) for sheet in sheets)
    assert first.problems == ()
    assert second.problems[0].sentence == (
        "“A1” stands in sheet “A”, row 2 and in sheet “B”, row 2. Keep one of the two rows."
    )
