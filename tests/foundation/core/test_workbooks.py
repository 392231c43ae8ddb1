"""Text stays text, lists stand in sight, and what was written can be read again."""

import io
from datetime import date
from decimal import Decimal

import openpyxl

from kpi_cms.foundation.core.workbooks import (
    Format,
    OutColumn,
    OutSheet,
    sheet_title,
    write_workbook,
)
from kpi_cms.interfaces.exchange.workbooks.cells import Kind
from kpi_cms.interfaces.exchange.workbooks.reader import read_workbook

DANGEROUS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "#REF!", "='x'!A1"]


def written(*sheets, **options):
    data = write_workbook(sheets, **options)
    return data, openpyxl.load_workbook(io.BytesIO(data))


def test_no_string_becomes_a_formula():
    columns = [OutColumn(header="=A1")]
    data, book = written(OutSheet(title="S", columns=columns, rows=[[text] for text in DANGEROUS]))
    read = [cell for line in read_workbook(data).sheets[0].rows() for cell in line.cells]
    assert [(cell.kind, cell.value) for cell in read] == [(Kind.TEXT, text) for text in ["=A1", *DANGEROUS]]
    marked = [book["S"].cell(at, 1).quotePrefix for at in range(1, 9)]
    assert marked == [True, True, True, True, True, True, False, True]


def test_numbers_and_dates_keep_their_kind():
    columns = [OutColumn(header=name) for name in "abcd"]
    data, book = written(
        OutSheet(title="S", columns=columns, rows=[[Decimal("-5.25"), 3, date(2026, 7, 1), None]])
    )
    line = list(read_workbook(data).sheets[0].rows())[1]
    assert [(cell.column, cell.kind, cell.value) for cell in line.cells] == [
        ("A", Kind.NUMBER, Decimal("-5.25")),
        ("B", Kind.NUMBER, Decimal(3)),
        ("C", Kind.DATE, date(2026, 7, 1)),
    ]
    assert book["S"]["C2"].number_format == "dd/mm/yyyy"


def test_forbidden_characters_and_endless_text_are_cut():
    _data, book = written(
        OutSheet(title="S", columns=[OutColumn(header="x")], rows=[["a\x00b\nc"], ["y" * 40_000]])
    )
    assert book["S"]["A2"].value == "ab\nc"
    assert book["S"]["A2"].alignment.wrap_text is True
    assert (len(book["S"]["A3"].value), book["S"]["A3"].value[-1]) == (32_767, "…")


def test_the_header_stands_below_the_titles_and_stays_in_sight():
    columns = [OutColumn(header="Mã", width=12), OutColumn(header="Điểm", format=Format.NUMBER)]
    _data, book = written(OutSheet(title="Bảng: [1]/2", columns=columns, headings=["Tiêu đề", "Phụ đề"]))
    target = book["Bảng   1  2"]
    assert [target["A1"].value, target["A2"].value, target["A3"].value] == ["Tiêu đề", "Phụ đề", "Mã"]
    assert (target.freeze_panes, target["A3"].font.bold, target["A3"].fill.fgColor.rgb) == (
        "A4",
        True,
        "001D4F91",
    )
    assert target.column_dimensions["A"].width == 12
    assert target.column_dimensions["A"].number_format == "@"


def test_choice_lists_stand_in_a_visible_sheet_once():
    kinds = OutColumn(header="Loại", choices=["cán bộ", "công chức"])
    roles = OutColumn(header="Vai trò", choices=["trưởng"])
    data, book = written(
        OutSheet(title="A", columns=[kinds, roles]),
        OutSheet(title="B", columns=[kinds]),
        choices_title="Danh sách",
    )
    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [
        ("A", "visible"),
        ("B", "visible"),
        ("Danh sách", "visible"),
    ]
    assert [[cell.value for cell in line] for line in book["Danh sách"].iter_rows()] == [
        ["Loại", "Vai trò"],
        ["cán bộ", "trưởng"],
        ["công chức", None],
    ]
    rules = [(str(rule.sqref), rule.formula1) for rule in book["A"].data_validations.dataValidation]
    assert rules == [("A2:A5001", "'Danh sách'!$A$2:$A$3"), ("B2:B5001", "'Danh sách'!$B$2:$B$2")]
    assert [rule.formula1 for rule in book["B"].data_validations.dataValidation] == ["'Danh sách'!$A$2:$A$3"]
    assert len(read_workbook(data).sheets) == 3


def test_a_sheet_title_is_what_excel_accepts():
    assert sheet_title("x" * 40) == "x" * 31
    assert sheet_title("[]") == "1"
