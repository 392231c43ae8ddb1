"""The sheet that calculates one card: its formulas, read by a reader of Excel's own, say what the engine says."""

import io
from decimal import Decimal
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.specification import specification_of
from kpi_cms.foundation.core.numbers import exact
from kpi_cms.foundation.core.workbooks import Formula, OutSheet, write_workbook
from kpi_cms.foundation.engine import CardInputs, check_specification, compile_set
from kpi_cms.interfaces.exchange.sets.calculation import calculation
from tests.factories.specifications import everything
from tests.foundation.engine import specs
from tests.helpers.excel import Sheet

ENTERED = {"number": 5, "choice": 100, "levels": 5}


def in_memory(sheet: OutSheet) -> Worksheet:
    """The sheet without a file between: the cells that the writer would write."""
    target = openpyxl.Workbook().active
    assert isinstance(target, Worksheet)
    target.append([str(column.header) for column in sheet.columns])
    for row in sheet.rows:
        target.append([f"={value.text}" if isinstance(value, Formula) else value for value in row])
    return target


class Card:
    """One card of a set: entries drawn for the engine, and the same typed into the sheet."""

    def __init__(self, spec: dict[str, Any], draw: Any) -> None:
        assert check_specification(spec) == []
        self.set = compile_set(spec)
        self.spec = spec
        self.sheet = Sheet(in_memory(calculation(spec)))
        self.rows: dict[str, list[int]] = {}
        for row in range(2, self.sheet.worksheet.max_row + 1):
            self.rows.setdefault(str(self.sheet.worksheet.cell(row, 1).value), []).append(row)
        self.draw = draw
        self.entered: dict[str, Any] = {}
        self.details: dict[str, dict[str, Any]] = {}
        self.given: dict[str, Fraction] = {}
        self.facts: dict[str, int] = {}
        for section in spec["sections"]:
            for criterion in section["criteria"]:
                self._enter(criterion)
        for fact in spec.get("facts") or ():
            self.facts[fact["code"]] = draw(st.integers(0, 1))
            self.type(fact["code"], self.facts[fact["code"]])

    def type(self, code: str, value: Any, which: int = 0) -> None:
        self.sheet.enter(f"C{self.rows[code][which]}", float(value))

    def value(self, code: str) -> Any:
        return self.sheet.value(f"D{self.rows[code][-1]}")

    def labelled(self, label: str) -> Any:
        for row in range(2, self.sheet.worksheet.max_row + 1):
            if self.sheet.worksheet.cell(row, 2).value == label:
                return self.sheet.value(f"D{row}")
        raise LookupError(label)

    def _enter(self, criterion: dict[str, Any]) -> None:
        code, kind = criterion["code"], criterion["kind"]
        if kind["type"] in ENTERED:
            compiled = self.set.criteria[self.set.keys[criterion["key"]]]
            value = self.draw(
                st.sampled_from([entry for entry in compiled.table if not isinstance(entry, str)])
            )
            self.entered[criterion["key"]] = value
            self.type(code, value)
        elif "items" in kind:
            highest = 1 if kind["type"] == "checklist" else 9
            counts = {item["code"]: self.draw(st.integers(0, highest)) for item in kind["items"]}
            self.details[criterion["key"]] = {name: str(count) for name, count in counts.items()}
            for name, count in counts.items():
                if count or self.draw(st.booleans()):
                    self.type(f"{code}: {name}", count)
        elif kind["type"] == "indicator":
            actual = self.draw(st.integers(0, 200))
            self.details[criterion["key"]] = {"actual": str(actual)}
            self.type(code, actual)
        elif kind["type"] == "formula":
            number = self.draw(st.integers(0, 10))
            self.details[criterion["key"]] = {"x": str(number)}
            self.type(f"{code}: x", number)
        elif kind["type"] == "people_managed":
            self._give(
                code, self.draw(st.sampled_from([Fraction(kind["reached"]), Fraction(kind["failed"])]))
            )
        else:
            highest = int(kind["max"]) if kind["type"] == "task_points" else 1
            self._give(code, self.draw(st.fractions(0, highest, max_denominator=60)))

    def _give(self, code: str, value: Fraction) -> None:
        self.given[code] = value
        self.type(code, value)

    def agrees(self, period: str = "") -> None:
        keys = {fact.code: fact.key for fact in self.set.specification.facts}
        answered = {keys[code]: Decimal(answer) for code, answer in self.facts.items()}
        inputs = CardInputs(
            {**self.entered, **answered}, details=self.details, given=self.given, period=period
        )
        outcome = self.set.score(inputs)
        assert outcome.total is not None
        assert self.labelled("Entries still missing") == 0
        assert abs(self.labelled("Total, exact") - float(outcome.total)) < 1e-9
        assert exact(f"{self.labelled('Total, rounded'):.6f}") == exact(outcome.rounded or 0)
        names = {band.code: band.label for band in self.set.bands}
        assert self.labelled("Band by points") == names[str(outcome.band_by_points)]
        assert self.labelled("Band after the gates") == names[str(outcome.band)]
        for criterion, value in outcome.values.items():
            assert abs(self.value(criterion) - float(value)) < 1e-9


@st.composite
def variants(draw: st.DrawFn) -> dict[str, Any]:
    """The set with everything, rounded, added up and cut into bands in every way there is."""
    spec = everything()
    spec["rounding"] = {
        "places": 2,
        "mode": draw(st.sampled_from(["half_up", "up", "down"])),
        "when": draw(st.sampled_from(["total", "parts", "sections"])),
    }
    spec["settings"]["band_from"] = draw(st.sampled_from(["exact", "rounded"]))
    spec["settings"]["ratio_cap"] = draw(st.sampled_from(["1", None, "1.5"]))
    if draw(st.booleans()):
        spec["total"] = {"kind": "sum", "expression": "", "max": "90"}
    if draw(st.booleans()):
        spec["facts"], spec["gates"] = [], []
    for gate in spec["gates"]:
        gate["effect"] = draw(st.sampled_from(["force", "limit"]))
        gate["band"] = draw(st.sampled_from(["good", "completed", "failed"]))
        gate["periods"] = []
    return spec


@settings(max_examples=300)
@given(variants(), st.data())
def test_a_card_is_worth_the_same_in_excel_and_in_the_engine(
    spec: dict[str, Any], data: st.DataObject
) -> None:
    Card(spec, data.draw).agrees()


@pytest.mark.django_db
@pytest.mark.parametrize("entry", [ND335_NV, ND335_LD, DANG_17])
def test_cards_of_the_demonstration_are_worth_the_same(entry: Any) -> None:
    spec = specification_of(draft_of(entry))

    @settings(max_examples=100)
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
