"""What is wrong with a set's workbook is said at the cell it stands in."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from kpi_cms.foundation.core.workbooks import OutSheet
from kpi_cms.interfaces.exchange.sets import layout
from kpi_cms.interfaces.exchange.sets.layout import Table
from kpi_cms.interfaces.exchange.sets.reading import SetReading, interpret
from kpi_cms.interfaces.exchange.sets.writing import as_read, set_sheets
from tests.factories.specifications import everything

Told = tuple[str, int | None, str | None, str]


def edited(
    table: Table, edit: Callable[[list[list[Any]]], Any], spec: dict[str, Any] | None = None
) -> SetReading:
    """The set with everything, with the rows of one sheet changed."""
    sheets = set_sheets(spec or everything(), {"code": "BO-1"})
    changed: list[OutSheet] = []
    for sheet in sheets:
        if str(sheet.title) == str(table.title):
            rows = [list(row) for row in sheet.rows]
            edit(rows)
            sheet = replace(sheet, rows=rows)
        changed.append(sheet)
    return interpret(as_read(changed))


def put(table: Table, path: str, value: Any, row: int = 0) -> Callable[[list[list[Any]]], Any]:
    """Type a value into the column of a path."""
    place = 1 if table is layout.SET else [field.path for field in table.fields].index(path)
    line = [field.path for field in table.fields].index(path) if table is layout.SET else row
    return lambda rows: rows[line].__setitem__(place, value)


def told(reading: SetReading) -> list[Told]:
    return [(problem.sheet, problem.row, problem.column, problem.code) for problem in reading.problems]


@pytest.mark.parametrize(
    ("table", "path", "value", "row", "expected"),
    [
        (layout.SET, "frame", "Sai", 0, ("Criteria set", 7, "B", "choice")),
        (layout.SET, "total.max", "nhiều", 0, ("Criteria set", 22, "B", "number")),
        (layout.CRITERIA, "kind.type", "Sai", 0, ("Criteria", 2, "D", "choice")),
        (layout.CRITERIA, "section", "Z", 0, ("Criteria", 2, "A", "no_section")),
        (layout.CRITERIA, "kind.threshold", "5", 0, ("Criteria", 2, "N", "not_used")),
        (layout.CRITERIA, "kind.step", "0.7", 0, ("Criteria", 2, "F", "step")),
        (layout.CRITERIA, "weight", "99", 7, ("Sections", 4, None, "weights_sum")),
        (layout.CRITERIA, "code", "w1", 7, ("Criteria", 9, "B", "code_twice")),
        (
            layout.SECTIONS,
            "combination.expression",
            "viec + khong_co",
            4,
            ("Sections", 6, "F", "formula_name"),
        ),
        (
            layout.SECTIONS,
            "combination.expression",
            "MIN(viec; 0,5)",
            4,
            ("Sections", 6, "F", "formula_separator"),
        ),
        (layout.CRITERIA, "kind.expression", "MIN(x; 0,5)", 14, ("Criteria", 16, "V", "formula_separator")),
        (
            layout.GATES,
            "condition",
            "MIN(ky_luat; 0,5) > 0",
            0,
            ("Gates", 2, "B", "gate_condition_separator"),
        ),
        (layout.BANDS, "from", "5", 3, ("Point bands", 5, "C", "bands_gap")),
        (layout.BANDS, "from", "70", 2, ("Point bands", 4, "C", "bands_overlap")),
        (layout.BANDS, "from", "101", 0, ("Point bands", 2, "C", "band_high")),
        (layout.BANDS, "value", None, 2, ("Point bands", 4, "D", "band_value")),
        (layout.BANDS, "code", "excellent", 1, ("Point bands", 3, "A", "band_twice")),
        (layout.SECTIONS, "part", "khong_co", 0, ("Sections", 2, "A", "section_part")),
        (layout.BANDS, "from", None, 0, ("Point bands", 2, "C", "field")),
        (layout.GATES, "condition", "ky_luat", 0, ("Gates", 2, "B", "gate_condition")),
        (layout.GATES, "band", "khong_co", 1, ("Gates", 3, "D", "gate_band")),
        (layout.RATERS, "stage", "khong_co", 0, ("Raters", 2, "B", "rater_stage")),
        (layout.DETAILS[0], "criterion", "khong_co", 0, ("Values to choose", 2, "A", "no_criterion")),
        (layout.DETAILS[0], "criterion", "diem", 0, ("Values to choose", 2, "A", "not_this_way")),
        (layout.DETAILS[2], "code", "t1", 3, ("Items", 4, "B", "item_twice")),
        (layout.DETAILS[7], "days", 0, 0, ("Finished late", 2, "B", "field")),
        (layout.DETAILS[1], "to", "3.2", 1, ("Levels", 3, None, "level_step")),
    ],
)
def test_a_mistake_is_told_at_its_cell(table: Table, path: str, value: Any, row: int, expected: Told) -> None:
    reading = edited(table, put(table, path, value, row))

    assert expected in told(reading)
    assert all(problem.sentence for problem in reading.problems)


def test_a_code_that_excel_made_a_number_of_is_refused() -> None:
    assert told(edited(layout.SECTIONS, put(layout.SECTIONS, "code", Decimal("1.1")))) == [
        ("Sections", 2, "B", "code_reshaped"),
    ]


def test_a_name_that_stands_twice_in_the_sheet_of_the_set_is_refused() -> None:
    reading = edited(layout.SET, lambda rows: rows.append(["Frame", "State frame", None]))

    assert [code for _sheet, _row, _column, code in told(reading)] == ["repeated_row"]


def test_a_sheet_whose_header_is_lost_is_named() -> None:
    sheets = set_sheets(everything(), {})
    without = [
        replace(sheet, columns=[replace(column, header="x") for column in sheet.columns])
        if str(sheet.title) == "Raters" else sheet
        for sheet in sheets
    ]  # fmt: skip

    assert told(interpret(as_read(without))) == [("Raters", None, None, "no_header")]


def test_without_the_sheet_of_the_set_that_is_said() -> None:
    sheets = [sheet for sheet in set_sheets(everything(), {}) if str(sheet.title) != "Criteria set"]

    assert ("Criteria set", None, None, "no_set") in told(interpret(as_read(sheets)))


def test_a_sheet_that_is_no_part_of_a_set_is_named_and_left_alone() -> None:
    sheets = [*set_sheets(everything(), {}), OutSheet(title="Ghi chú", columns=[], rows=[["x"]])]
    reading = interpret(as_read(sheets))

    assert reading.problems == ()
    assert [(notice.sheet, notice.code) for notice in reading.notices] == [("Ghi chú", "unknown_sheet")]


def test_new_rows_without_a_key_get_the_same_one_every_time() -> None:
    def add(rows: list[list[Any]]) -> None:
        for code in ("them_1", "them_2"):
            rows.append([*rows[0]])
            rows[-1][1], rows[-1][-1] = code, None

    spec = everything()
    spec["sections"][0]["combination"] = {"kind": "capped_sum", "expression": "", "cap": "20"}
    spec["total"]["expression"] = "p1 + p2"
    first, second = edited(layout.CRITERIA, add, spec), edited(layout.CRITERIA, add, spec)
    keys = [node["key"] for node in first.specification["sections"][0]["criteria"]]

    assert first.problems == ()
    assert first.sha256 == second.sha256
    assert len(set(keys)) == len(keys) == 6
