"""The sheet that calculates one card: its formulas, read by a reader of Excel's own, say what the engine says."""

import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.specification import specification_of
from kpi_cms.foundation.core.workbooks import write_workbook
from kpi_cms.foundation.engine import compile_set
from kpi_cms.interfaces.exchange.sets.calculation import calculation
from tests.factories.specifications import everything
from tests.foundation.engine import later, specs
from tests.foundation.engine.test_absent import sets
from tests.foundation.engine.test_penalty import beside
from tests.helpers.calculated import Card, in_memory, variants
from tests.helpers.excel import Sheet


@settings(max_examples=100)
@given(variants(), st.data())
def test_a_card_is_worth_the_same_in_excel_and_in_the_engine(
    spec: dict[str, Any], data: st.DataObject
) -> None:
    Card(spec, data.draw).agrees()


@settings(max_examples=100)
@given(sets(), st.data())
def test_whole_sections_and_parts_that_do_not_apply_are_left_out_alike(
    drawn: tuple[dict[str, Any], Any], data: st.DataObject
) -> None:
    Card(drawn[0], data.draw).agrees()


def test_points_taken_off_stay_as_they_are_where_something_did_not_arise() -> None:
    sheet = Sheet(in_memory(calculation(beside())))
    rows = {sheet.worksheet.cell(row, 1).value: row for row in range(2, sheet.worksheet.max_row + 1)}
    shown = []
    for x in (5.0, "n/a"):
        sheet.known.clear()
        for code, typed in (("x", x), ("y", 4.0), ("off: 1", 2.0)):
            sheet.enter(f"C{rows[code]}", typed)
        shown.append((sheet.value(f"D{rows['off']}"), sheet.value(f"D{rows['total']}")))
    assert shown == [(2, 7), (2, 6)]


def test_a_target_is_asked_only_where_the_indicator_arose() -> None:
    indicator = later.criterion("x", {"type": "indicator"}, max="5", may_not_apply=True)
    combination = {"kind": "sum", "expression": "", "cap": None}
    sheet = Sheet(
        in_memory(calculation(later.whole(indicator, specs.number("y", "5"), combination=combination)))
    )
    rows = {sheet.worksheet.cell(row, 2).value: row for row in range(2, sheet.worksheet.max_row + 1)}
    missing, total = (f"D{rows[label]}" for label in ("Entries still missing", "Total, rounded"))

    shown = []
    for typed in ({}, {2: "n/a", 5: 2.0}, {2: 3.0}, {3: 4.0}):
        sheet.known.clear()
        for row, value in typed.items():
            sheet.enter(f"C{row}", value)
        shown.append((sheet.value(missing), sheet.value(total)))
    assert shown == [(3, ""), (0, 4), (1, ""), (0, 5.75)]


@pytest.mark.django_db
@pytest.mark.parametrize("entry", [ND335_NV, ND335_LD, DANG_17])
def test_cards_of_the_demonstration_are_worth_the_same(entry: Any) -> None:
    spec = specification_of(draft_of(entry))

    @settings(max_examples=30)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        Card(spec, data.draw).agrees()

    agree()


@settings(max_examples=20)
@given(st.sampled_from(["year", "month"]), st.data())
def test_a_gate_of_one_kind_of_period_is_asked_in_that_kind_only(period: str, data: st.DataObject) -> None:
    card = Card(everything(), data.draw)
    for row in range(2, card.sheet.worksheet.max_row + 1):
        if str(card.sheet.worksheet.cell(row, 2).value).startswith("Kind of period"):
            card.sheet.enter(f"C{row}", period)
    card.agrees(period)


def test_a_share_is_typed_in_per_cent_and_an_empty_fact_leaves_the_band_open() -> None:
    gate = {
        "key": "g", "label": "Vượt", "condition": "vuot < 50%", "effect": "limit", "band": "good", "reason": "Chưa đủ",
        "citation": "", "periods": [],
    }  # fmt: skip
    fact = {"key": "f", "code": "vuot", "label": "Tỷ lệ vượt", "answer": "share"}
    spec = specs.party() | {"schema_version": 2, "facts": [fact], "gates": [gate]}
    sheet = Sheet(in_memory(calculation(spec)))
    rows = {sheet.worksheet.cell(row, 1).value: row for row in range(2, sheet.worksheet.max_row + 1)}
    named = {sheet.worksheet.cell(row, 2).value: row for row in range(2, sheet.worksheet.max_row + 1)}
    for criterion in compile_set(spec).criteria:
        sheet.enter(f"C{rows[criterion.code]}", 1.0 if criterion.measure else float(criterion.max or 0))
    shown = []
    for typed in (None, 49.5, 50.0):
        if typed is not None:
            sheet.enter(f"C{rows['vuot']}", typed)
            sheet.known.clear()
        bands = ("Band by points", "Band after the gates")
        shown.append(tuple(sheet.value(f"D{named[label]}") for label in bands))
    best, good = "Hoàn thành xuất sắc nhiệm vụ", "Hoàn thành tốt nhiệm vụ"
    assert shown == [(best, ""), (best, good), (best, best)]


def test_without_every_entry_there_is_no_total_and_no_band() -> None:
    spec = everything()
    sheet = Sheet(openpyxl.load_workbook(io.BytesIO(write_workbook([calculation(spec)]))).worksheets[0])
    shown = {
        sheet.worksheet.cell(row, 2).value: sheet.value(f"D{row}")
        for row in range(2, sheet.worksheet.max_row + 1)
        if sheet.worksheet.cell(row, 2).value
        in ("Entries still missing", "Total, rounded", "Band by points", "Band after the gates")
    }

    assert shown == {
        "Entries still missing": 12,
        "Total, rounded": "",
        "Band by points": "",
        "Band after the gates": "",
    }


def test_no_wording_of_a_set_reaches_a_formula() -> None:
    spec = everything()
    for band in spec["bands"]:
        band["label"] = '=HYPERLINK("http://x")&"'
    for gate in spec["gates"]:
        gate["label"] = gate["reason"] = '"&cmd|x'
    sheet = openpyxl.load_workbook(io.BytesIO(write_workbook([calculation(spec)]))).worksheets[0]
    formulas = [cell.value for row in sheet for cell in row if cell.data_type == "f"]

    assert len(formulas) > 30
    assert [text for text in formulas if "HYPERLINK" in text or "cmd" in text] == []
