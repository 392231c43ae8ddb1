"""Points taken off: counted as a bonus is, taken off what stands beside them, and called so."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    NOT_ARISEN,
    CardInputs,
    check_specification,
    compile_set,
    formulas,
    needed_version,
)
from tests.foundation.engine import specs
from tests.foundation.engine.later import criterion, items, whole

OFF = {"type": "penalty", "max": "4", "items": items(("1", "1", {"cap": "3"}), ("2", "2", {}))}
ADDED = {"kind": "sum", "expression": "", "cap": None}


def beside(**combination):
    """Two criteria of 5 points that may not arise, and what is taken off."""
    points = [specs.number(code, "5", may_not_apply=True) for code in ("x", "y")]
    return whole(*points, criterion("off", OFF), combination={**ADDED, **combination})


def scored(spec, counts=None, **entered):
    assert check_specification(spec) == []
    details = {} if counts is None else {"key-off": counts}
    given_ = {f"key-{code}": value for code, value in entered.items()}
    return compile_set(spec).score(CardInputs(given_, details=details))


@pytest.mark.parametrize(
    ("counts", "off"),
    [(None, 0), ({}, 0), ({"1": 2}, 2), ({"1": 9}, 3), ({"2": 1, "1": 1}, 3), ({"1": 9, "2": 9}, 4)],
)
def test_a_section_takes_it_off_up_to_its_caps(counts, off):
    outcome = scored(beside(), counts, x="5", y="4")

    assert outcome.values["off"] == off
    assert outcome.total == 9 - off
    assert outcome.missing == ()


def test_nothing_falls_below_0():
    assert scored(beside(), {"2": 2}, x="1", y="2").total == 0
    assert scored(beside(kind="capped_sum", cap="8"), {"1": 1}, x="5", y="5").total == 8


def test_what_is_taken_off_stays_as_it_is_where_something_did_not_arise():
    spec = beside()

    assert scored(spec, {"1": 2}, x=NOT_ARISEN, y="4").total == 6  # 4 of 5 count for 10, less 2
    assert scored(spec, {"1": 2}, x=NOT_ARISEN, y=NOT_ARISEN).insufficient
    steps = {step.code: step for step in compile_set(spec).trace(
        CardInputs({"key-x": NOT_ARISEN, "key-y": "4"}, details={"key-off": {"1": 2}})
    )}  # fmt: skip
    assert (steps["S"].formula, steps["S"].value) == ("([y]) * 10 / 5 - [off]", 6)


def test_it_is_called_what_it_is():
    inputs = CardInputs({"key-x": "5", "key-y": "4"}, details={"key-off": {"1": 2}})
    compiled = compile_set(beside())
    steps = {step.code: step for step in compiled.trace(inputs)}

    assert [steps[code].name_template % steps[code].params for code in ("off: 1", "off")] == [
        "Mục 1: points taken off", "off. Tiêu chí off: points taken off",
    ]  # fmt: skip
    assert (steps["S"].formula, steps["S"].value) == ("[x] + [y] - [off]", 7)
    assert [each.is_penalty for each in compiled.criteria] == [False, False, True]
    assert compiled.takes_off(compiled.parts[0]) is False


def test_a_formula_writes_the_minus_itself():
    spec = beside(kind="formula", expression="x + y - off / 2")

    assert scored(spec, {"1": 2}, x="5", y="4").total == 8


def apart(total="formula"):
    """What is taken off, in a part of its own."""
    spec = whole(specs.number("x", "10"))
    spec["sections"].append(specs.section("T", "4", "deductions", [criterion("off", OFF)]))
    spec["parts"].append({"key": "key-deductions", "code": "deductions", "label": "Điểm trừ", "max": "4"})
    expression = "MAX(0; common - deductions)" if total == "formula" else ""
    spec["total"] = {"kind": total, "expression": expression, "max": "10" if total == "formula" else "14"}
    return spec


def test_in_a_part_of_its_own_the_total_takes_it_off():
    spec = apart()

    assert scored(spec, {"1": 2}, x="9").total == 7
    assert scored(spec, {"1": 2}, x="1").total == 0
    compiled = compile_set(spec)
    assert [compiled.takes_off(part) for part in compiled.parts] == [False, True]


def test_what_nothing_takes_off_is_said():
    total = check_specification(apart("sum"))
    assert [(item.code, item.key) for item in total] == [("penalty_total", "key-T")]
    assert "such as MAX(0; common + results - deductions)" in str(total[0])

    mixed = apart()
    mixed["sections"][1]["part"] = "common"
    mixed["parts"] = [{**mixed["parts"][0], "max": "14"}]
    mixed["total"] = {"kind": "formula", "expression": "common", "max": "14"}
    assert [(item.code, item.key) for item in check_specification(mixed)] == [("penalty_part", "key-T")]

    weighted = beside(kind="weighted_mean")
    for node, weight in zip(weighted["sections"][0]["criteria"], ("50", "50", "0"), strict=True):
        node["weight"] = weight
    assert [(item.code, item.key) for item in check_specification(weighted)] == [
        ("penalty_weighted", "key-off")
    ]


def test_the_maximum_of_a_section_is_what_can_be_given():
    spec = beside()
    spec["sections"][0]["max"] = "14"

    assert "criteria_sum" in [item.code for item in check_specification(spec)]
    assert needed_version(beside()) == 2


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 5), st.integers(0, 5), st.booleans())
def test_any_card_stays_within_its_bounds_and_explains_itself(x, y, one, two, absent):
    spec = beside()
    compiled = compile_set(spec)
    entered = {"key-x": NOT_ARISEN if absent else Decimal(x) / 4, "key-y": Decimal(y) / 4}
    inputs = CardInputs(entered, details={"key-off": {"1": one, "2": two}})
    given_ = Fraction(y, 2) if absent else Fraction(x + y, 4)

    assert compiled.score(inputs).total == max(0, given_ - min(min(one, 3) + 2 * two, 4))
    for step in compiled.trace(inputs):
        if step.formula:
            assert (
                formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__) == step.value
            )
