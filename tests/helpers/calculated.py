"""Cards of a set drawn at random, the same for the engine and typed into the sheet that calculates them."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import openpyxl
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from kpi_cms.foundation.core.numbers import exact
from kpi_cms.foundation.core.workbooks import Formula, OutSheet
from kpi_cms.foundation.engine import (
    MAY_NOT_APPLY,
    NOT_ARISEN,
    CardInputs,
    Outcome,
    check_specification,
    compile_set,
)
from kpi_cms.interfaces.exchange.sets.calculation import calculation
from tests.factories.specifications import everything
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
        self.typed: dict[int, float | str] = {}
        self.entered: dict[str, Any] = {}
        self.details: dict[str, dict[str, Any]] = {}
        self.given: dict[str, Fraction] = {}
        self.facts: dict[str, int] = {}
        self.others: dict[str, tuple[()]] = {}
        for section in spec["sections"]:
            for criterion in section["criteria"]:
                self._enter(criterion)
        for fact in spec.get("facts") or ():
            self.facts[fact["code"]] = draw(st.integers(0, 1))
            self.type(fact["code"], self.facts[fact["code"]])

    def type(self, code: str, value: Any, which: int = 0) -> None:
        row = self.rows[code][which]
        self.typed[row] = float(value)
        self.sheet.enter(f"C{row}", float(value))

    def out(self, title: str) -> OutSheet:
        """The sheet with what was typed, for the product's own writer."""
        sheet = calculation(self.spec)
        rows = [list(row) for row in sheet.rows]
        for row, value in self.typed.items():
            rows[row - 2][2] = value if isinstance(value, str) else Decimal(repr(value))
        return OutSheet(title=title, columns=sheet.columns, rows=rows)

    def value(self, code: str) -> Any:
        return self.sheet.value(f"D{self.rows[code][-1]}")

    def labelled(self, label: str) -> Any:
        for row in range(2, self.sheet.worksheet.max_row + 1):
            if self.sheet.worksheet.cell(row, 2).value == label:
                return self.sheet.value(f"D{row}")
        raise LookupError(label)

    def _enter(self, criterion: dict[str, Any]) -> None:
        code, kind = criterion["code"], criterion["kind"]
        if criterion.get("may_not_apply") and self.draw(st.integers(0, 3)) == 0:
            self.entered[criterion["key"]] = NOT_ARISEN
            self.absent(code)
        elif kind["type"] in ("task_ratio", "roll_up") and self.leaves_tasks_out and self.draw(st.booleans()):
            self.others[kind.get("scope", "own")] = ()
            self.absent(code)
        elif kind["type"] in ENTERED:
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

    @property
    def leaves_tasks_out(self) -> bool:
        return bool(self.spec["settings"].get("nothing_assigned") == "left_out")

    def absent(self, code: str) -> None:
        """It does not apply: said in its first entry, or in the row before its items."""
        row = self.rows[code][0]
        self.typed[row] = NOT_ARISEN
        self.sheet.enter(f"C{row}", NOT_ARISEN)

    def _give(self, code: str, value: Fraction) -> None:
        self.given[code] = value
        self.type(code, value)

    def outcome(self, period: str = "") -> Outcome:
        keys = {fact.code: fact.key for fact in self.set.specification.facts}
        answered = {keys[code]: Decimal(answer) for code, answer in self.facts.items()}
        inputs = CardInputs(
            {**self.entered, **answered},
            details=self.details,
            given=self.given,
            others=self.others,
            period=period,
        )
        return self.set.score(inputs)

    def agrees(self, period: str = "") -> None:
        """What the sheet's reader comes to is what the engine says, in every cell that has a counterpart."""
        outcome = self.outcome(period)
        if outcome.total is None:
            assert outcome.insufficient
            waiting = ("Entries still missing", "Total, rounded", "Band by points", "Band after the gates")
            assert [self.labelled(label) for label in waiting] == [1, "", "", ""]
            return
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
    for section in spec["sections"]:
        for each in section["criteria"]:
            if each["kind"]["type"] in MAY_NOT_APPLY and draw(st.booleans()):
                each["may_not_apply"] = True
    if draw(st.booleans()):
        spec["settings"]["nothing_assigned"] = "left_out"
    if draw(st.booleans()):  # taken off a sum, not left to a formula
        spec["sections"][1]["criteria"].append(spec["sections"][4]["criteria"].pop())
    spec["sections"][4]["combination"]["expression"] = draw(
        st.sampled_from(
            [
                "MIN(10; (viec + [cap_duoi] * 5 + tinh) / 3)",
                "MIN(10; (viec + [cap_duoi] * 5 + tinh) / (2 + APPLIES(diem)) + APPLIES(C))",
            ]
        )
    )
    if draw(st.booleans()):
        spec["total"] = {"kind": "sum", "expression": "", "max": "90"}
    if draw(st.booleans()):
        spec["facts"], spec["gates"] = [], []
    for gate in spec["gates"]:
        gate["effect"] = draw(st.sampled_from(["force", "limit"]))
        gate["band"] = draw(st.sampled_from(["good", "completed", "failed"]))
        gate["periods"] = []
    return spec
