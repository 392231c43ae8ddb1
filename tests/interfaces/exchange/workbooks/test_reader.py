"""What comes out of a workbook: typed cells, exact numbers, clean text; and how the reading process may end."""

import io
import json
import os
import sys
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as OpenpyxlWorkbook

from kpi_cms.interfaces.exchange.workbooks import child, reader
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind, Trouble
from kpi_cms.interfaces.exchange.workbooks.errors import SENTENCES, WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import GRID, Limits
from kpi_cms.interfaces.exchange.workbooks.reader import read_workbook
from tests.interfaces.exchange.workbooks import hostile
from tests.interfaces.exchange.workbooks.hostile import (
    formula_cell,
    number_cell,
    row,
    sheet,
    text_cell,
    workbook,
)
from tests.interfaces.exchange.workbooks.inprocess import read_here


@pytest.fixture
def in_process(monkeypatch):
    monkeypatch.setattr(reader, "_read_in_child", read_here)


def cells(*xml, **options):
    """The cells of a one-row sheet, by column."""
    book = read_workbook(workbook(sheet(row(1, *xml))), limits=GRID, **options)
    return {cell.column: cell for line in book.sheets[0].rows() for cell in line.cells}


def test_the_separate_process_reads_a_workbook():
    book = read_workbook(workbook())
    assert [sheet.title for sheet in book.sheets] == ["Nhân sự"]
    assert [(line.number, [cell.value for cell in line.cells]) for line in book.sheets[0].rows()] == [
        (1, ["Mã", "Tên"]),
        (2, ["007"]),
    ]
    assert len(book.sheets[0]) == 2
    assert book.sheet("Nhân sự") is book.sheets[0]
    assert book.sheet("Khác") is None


def test_the_process_gets_nothing_of_the_environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert reader._environment() == {
        "PYTHONPATH": os.pathsep.join([reader.ROOT, "/somewhere"]),
        "PYTHONUTF8": "1",
        "OPENPYXL_LXML": "False",
    }


def test_a_process_that_runs_out_of_memory_ends_in_one_sentence():
    with pytest.raises(WorkbookRefused) as refused:
        read_workbook(workbook(), limits=Limits(rows=10, memory_bytes=8 * 1024**2))
    assert refused.value.code == "too_heavy"
    assert str(refused.value.sentence) == (
        "The file takes too long or too much memory to read. Copy only the data into a new workbook and send that."
    )


def test_a_process_that_writes_too_much_is_stopped():
    with pytest.raises(WorkbookRefused) as refused:
        read_workbook(workbook(), limits=Limits(rows=10, output_bytes=20))
    assert refused.value.code == "too_heavy"


def test_a_process_without_output_is_too_heavy():
    with pytest.raises(WorkbookRefused) as refused:
        reader._collect(None, 100)
    assert refused.value.code == "too_heavy"


@pytest.mark.usefixtures("in_process")
class TestCells:
    def test_kinds(self):
        read = cells(
            text_cell("A1", "An"),
            number_cell("B1", "12"),
            number_cell("C1", "46204", hostile.DATE_STYLE),
            '<c r="D1" t="b"><v>1</v></c>',
            '<c r="E1" t="e"><v>#REF!</v></c>',
            formula_cell("F1", "A1&amp;B1", "7"),
            '<c r="G1" s="1"/>',
            text_cell("H1", "   "),
        )
        assert {column: (cell.kind, cell.value) for column, cell in read.items()} == {
            "A": (Kind.TEXT, "An"),
            "B": (Kind.NUMBER, Decimal(12)),
            "C": (Kind.DATE, date(2026, 7, 1)),
            "D": (Kind.BOOL, True),
            "E": (Kind.ERROR, "#REF!"),
            "F": (Kind.FORMULA, "=A1&B1"),
        }
        assert read["F"].cached is None

    @pytest.mark.parametrize(
        ("stored", "exact"),
        [
            ("8.5", "8.5"),
            ("8.0999999999999996", "8.1"),
            ("0.30000000000000004", "0.3"),
            ("2.2000000000000002", "2.2"),
            ("123456789012345", "123456789012345"),
            ("1E+20", "1E+20"),
            ("-0.0", "0"),
            ("1e-3", "0.001"),
        ],
    )
    def test_numbers_are_the_decimals_that_excel_shows(self, stored, exact):
        assert cells(number_cell("A1", stored))["A"].value == Decimal(exact)

    def test_a_number_beyond_every_range_is_an_error_cell(self):
        assert cells(number_cell("A1", "1E309"))["A"][3:5] == (Kind.ERROR, "#NUM!")

    def test_a_format_of_zeros_is_what_the_author_sees(self):
        cell = cells(number_cell("A1", "42", hostile.ZEROS_STYLE))["A"]
        assert (cell.value, cell.shown, cell.display) == (Decimal(42), "00042", "00042")

    def test_dates_follow_the_workbooks_own_calendar(self):
        data = workbook(
            sheet(row(1, number_cell("A1", "44742", hostile.DATE_STYLE), number_cell("B1", "0.5", 1))),
            workbook_before='<workbookPr date1904="1"/>',
        )
        line = next(read_workbook(data).sheets[0].rows())
        assert [cell.value for cell in line.cells] == [date(2026, 7, 1), "12:00:00"]

    def test_a_date_with_a_time_keeps_it(self):
        assert cells(number_cell("A1", "46204.5", 1))["A"].value == datetime.fromisoformat("2026-07-01T12:00")

    def test_a_date_outside_the_calendar_is_an_error_cell(self):
        assert cells(number_cell("A1", "99999999", 1))["A"].kind is Kind.ERROR

    def test_the_cached_value_comes_only_when_asked_for(self):
        formula = formula_cell("A1", "ROUND(H5/5,2)", "14")
        assert cells(formula)["A"].cached is None
        cached = cells(formula, formulas="cached")["A"]
        assert (cached.value, cached.cached) == (
            "=ROUND(H5/5,2)",
            Cell("Nhân sự", 1, "A", Kind.NUMBER, Decimal(14)),
        )
        assert cells(formula_cell("A1", "B1"), formulas="cached")["A"].cached is None

    def test_text_that_looks_like_a_formula_is_text(self):
        assert cells(text_cell("A1", "=1+1"))["A"][3:5] == (Kind.TEXT, "=1+1")

    def test_array_formulas_are_formulas(self):
        cell = cells('<c r="A1"><f t="array" ref="A1">SUM(B1:B2)</f><v>3</v></c>')["A"]
        assert cell[3:5] == (Kind.FORMULA, "=SUM(B1:B2)")

    def test_text_is_normalised(self):
        read = cells(
            text_cell("A1", "Nguye\u0302\u0303n\u00a0Va\u0306n"),
            text_cell("B1", "a_x000D_\nb"),
            text_cell("C1", "Nguy\u200bễn"),
            text_cell("D1", "x_x0000_y"),
            text_cell("E1", "x" * 10_001),
            text_cell("F1", "NguyÔn V¨n"),
            text_cell("G1", "\u200b"),
        )
        assert {column: (cell.value[:20], cell.trouble) for column, cell in read.items()} == {
            "A": ("Nguyễn Văn", None),
            "B": ("a\nb", None),
            "C": ("Nguyễn", Trouble("invisible", "U+200B")),
            "D": ("xy", Trouble("control", "U+0000")),
            "E": ("x" * 20, Trouble("too_long", "10001")),
            "F": ("NguyÔn V¨n", Trouble("encoding", "yÔ")),
            "G": ("", Trouble("invisible", "U+200B")),
        }

    def test_the_strict_standard_reads_like_the_usual_one(self):
        line = next(read_workbook(hostile.strict()).sheets[0].rows())
        assert [cell.value for cell in line.cells] == ["Mã", date(2026, 7, 1)]

    def test_a_false_dimension_hides_nothing(self):
        data = workbook(
            sheet(row(1, text_cell("A1", "x"), text_cell("B1", "y")), before='<dimension ref="A1"/>')
        )
        assert [cell.value for cell in next(read_workbook(data).sheets[0].rows()).cells] == ["x", "y"]

    def test_columns_that_the_guard_did_not_see_are_refused_here(self):
        data = workbook(sheet(row(1, '<c r="&#88;FD1" t="str"><v>x</v></c>')))
        with pytest.raises(WorkbookRefused) as refused:
            read_workbook(data)
        assert (refused.value.code, refused.value.details["column"]) == ("too_many_columns", "XFD")

    def test_rows_that_the_guard_did_not_see_are_refused_here(self):
        data = workbook(sheet('<row><c r="A100051" t="str"><v>x</v></c></row>'))
        with pytest.raises(WorkbookRefused) as refused:
            read_workbook(data)
        assert (refused.value.code, refused.value.details["row"]) == ("too_many_rows", 100051)

    @given(
        cut=st.none() | st.integers(0, 2_000),
        flips=st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 255)), max_size=4),
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_a_damaged_file_is_read_or_refused_but_never_anything_else(self, cut, flips):
        data = bytearray(workbook()[:cut])
        for at, mask in flips:
            if at < len(data):
                data[at] ^= mask
        try:
            outcome = [sheet.title for sheet in read_workbook(bytes(data), limits=GRID).sheets]
        except WorkbookRefused as refused:
            outcome = refused.code
        assert outcome == ["Nhân sự"] or outcome in SENTENCES

    def test_whatever_the_parser_trips_over_is_damage(self):
        with pytest.raises(WorkbookRefused) as refused:
            read_workbook(workbook(sheet(row(1, '<c r="A1" t="s"><v>99</v></c>'))))
        assert refused.value.code == "damaged"


def test_a_sheet_hidden_from_the_guard_is_refused_by_the_process():
    source = io.BytesIO()
    book = OpenpyxlWorkbook()
    book.active["A1"] = "x"
    book.create_sheet("Ẩn").sheet_state = "hidden"
    book.save(source)
    target = io.StringIO()
    child.run(source, target, rows=10, limit=10, length=10, cached=False)
    assert json.loads(target.getvalue().splitlines()[-1]) == ["x", "hidden_sheet", {"sheet": "Ẩn"}]


def test_running_out_of_memory_inside_is_said(monkeypatch):
    def exhausted(source, **options):
        raise MemoryError
        yield

    monkeypatch.setattr(child, "extract", exhausted)
    target = io.StringIO()
    child.run(io.BytesIO(), target)
    assert json.loads(target.getvalue()) == ["x", "too_heavy", {}]


def test_nothing_is_parsed_without_the_defused_parser(monkeypatch):
    monkeypatch.setattr("openpyxl.DEFUSEDXML", False)
    with pytest.raises(RuntimeError, match="defusedxml"):
        next(child.extract(io.BytesIO(workbook()), rows=10, limit=10, length=10, cached=False))


def test_the_process_caps_itself_and_survives_a_system_without_a_limit(monkeypatch):
    import resource

    asked = []

    def setrlimit(name, value):
        asked.append((name, value))
        if name == resource.RLIMIT_AS:
            raise ValueError("not here")

    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    child.limit_process(1024, 5)
    assert asked == [
        (resource.RLIMIT_AS, (1024, 1024)),
        (resource.RLIMIT_CPU, (5, 5)),
        (resource.RLIMIT_FSIZE, (0, 0)),
        (resource.RLIMIT_CORE, (0, 0)),
    ]


def test_the_process_reads_standard_input_and_writes_lines(monkeypatch, tmp_path):
    limits = []
    monkeypatch.setattr(child, "limit_process", lambda *caps: limits.append(caps))
    path = tmp_path / "lines"
    options = {"rows": 10, "limit": 10, "length": 100, "cached": False, "memory_bytes": 7, "cpu_seconds": 8}
    with path.open("w") as target:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(workbook())))
        monkeypatch.setattr(sys, "stdout", target)
        child.main(json.dumps(options))
    assert limits == [(7, 8)]
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
        ["s", "Nhân sự"],
        [1, [["A", "t", "Mã"], ["B", "t", "Tên"]]],
        [2, [["A", "t", "007"]]],
        ["z"],
    ]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (Cell("S", 1, "A"), ""),
        (Cell("S", 1, "A", Kind.BOOL, True), "TRUE"),
        (Cell("S", 1, "A", Kind.BOOL, False), "FALSE"),
        (Cell("S", 1, "A", Kind.NUMBER, Decimal("8.50")), "8,50"),
        (Cell("S", 1, "A", Kind.DATE, date(2026, 7, 1)), "01/07/2026"),
        (Cell("S", 1, "A", Kind.TEXT, "a \n b"), "a b"),
        (Cell("S", 1, "A", Kind.TEXT, "x" * 81), "x" * 79 + "…"),
    ],
)
def test_a_cell_is_quoted_as_its_author_sees_it(cell, shown):
    assert cell.display == shown
