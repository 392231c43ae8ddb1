"""Criteria by formula: in order, without circles, with inputs of their own, within their maximum."""

from decimal import Decimal
from fractions import Fraction

import pytest

from kpi_cms.foundation.engine import (
    CardInputs,
    EntryError,
    ScoringError,
    check_specification,
    compile_set,
    formulas,
)
from kpi_cms.foundation.engine.combination import LinearPlan, TreePlan
from tests.foundation.engine import specs
from tests.foundation.engine.later import AT, criterion, whole


def by_formula(code, expression, maximum="10", **more):
    return criterion(code, {"type": "formula", "expression": expression, "max": maximum, **more})


NUMBERS = [specs.number("n", "10", "0.5"), specs.number("m", "10", "0.5")]
INPUTS = [{"code": "dat", "label": "Đã đạt"}, {"code": "giao", "label": "Được giao", "max": "100"}]


def values(*criteria, given=None, details=None, **entered):
    compiled = compile_set(whole(*criteria, *NUMBERS))
    entries = {f"key-{code}": value for code, value in entered.items()}
    return compiled.score(CardInputs(entries, given=given or {}, details=details or {}))


def problems(*criteria):
    found = check_specification(whole(*criteria, *NUMBERS))
    return [(item.code, item.key, str(item), item.path) for item in found]


def test_a_formula_uses_other_criteria_in_any_order():
    chain = [by_formula("x", "y + 1"), by_formula("y", "MIN(z; 4) * 2"), by_formula("z", "n / 2 + m")]
    outcome = values(*chain, n="3", m="2")
    assert {code: outcome.values[code] for code in "xyz"} == {"x": 8, "y": 7, "z": Fraction("3.5")}
    assert outcome.total == 8
    plans = {item.code: item.plan for item in compile_set(whole(*chain, *NUMBERS)).criteria}
    assert isinstance(plans["x"], LinearPlan)
    assert isinstance(plans["z"], LinearPlan)
    assert isinstance(plans["y"], TreePlan)
    assert plans["n"] is None


def test_a_formula_is_held_between_0_and_its_maximum():
    assert values(by_formula("x", "n * 3"), n="5", m="0").values["x"] == 10
    assert values(by_formula("x", "n - 8"), n="5", m="0").values["x"] == 0
    assert values(by_formula("x", "n * m"), n="5", m="3").values["x"] == 10
    for expression, value in (("n * 3", 10), ("n - 8", 0), ("n * m", 5)):
        compiled = compile_set(whole(by_formula("x", expression), *NUMBERS))
        step = next(s for s in compiled.trace(CardInputs({"key-n": "5", "key-m": "1"})) if s.code == "x")
        assert step.value == value
        assert formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__) == value
        assert step.formula == (expression if value == 5 else f"MAX(0, MIN({expression}, 10))")
        assert step.name_template % step.params == "x. Tiêu chí x: computed by the formula of the set"


def test_a_formula_waits_for_what_it_needs():
    outcome = values(by_formula("x", "n + m"), n="5")
    assert (outcome.total, outcome.missing, outcome.pending) == (None, ("key-m",), ())
    assert "x" not in outcome.values
    tree = values(by_formula("x", "IF(n > 1; n; m)"), n="5", given={"m": Decimal(1)})
    assert tree.total == 5
    pending = criterion("p", {"type": "result_of", "of": "unit"})
    assert values(by_formula("x", "p * n"), pending, n="5", m="1").pending == ("p",)


def test_a_formula_takes_what_is_given_from_outside():
    assert values(by_formula("x", "n + m"), n="5", given={"m": Decimal(2)}).total == 7
    assert values(by_formula("x", "n + m"), n="5", m="1", given={"x": Decimal("2.5")}).total == Fraction(
        "2.5"
    )


def test_a_formula_over_a_part_given_from_outside_is_pending():
    spec = whole(by_formula("x", "n"), maximum="10")
    spec["parts"].append({"key": "key-results", "code": "results", "label": "Kết quả", "max": "10"})
    spec["sections"].append(specs.section("T", "10", "results", [NUMBERS[0]]))
    spec["total"]["max"] = "20"
    outcome = compile_set(spec).score(CardInputs({}, part_totals={"results": Decimal(3)}))
    assert (outcome.missing, outcome.pending, outcome.total) == ((), ("x",), None)


def test_a_branch_not_taken_needs_no_value():
    compiled = compile_set(whole(by_formula("x", "IF(n > 1; n; m)"), *NUMBERS, combination={
        "kind": "formula", "expression": "x", "cap": None}))  # fmt: skip
    inputs = CardInputs({"key-n": "5"}, given={"x": Decimal(5)})
    assert compiled.score(inputs).values["x"] == 5
    steps = [step for step in compiled.trace(CardInputs({"key-n": "5"})) if step.code == "x"]
    assert [(step.value, step.inputs) for step in steps] == [(5, (("n", 5),))]


def test_a_formula_may_ask_for_numbers_of_its_own():
    own = by_formula("x", "dat / giao * 10", inputs=INPUTS)
    outcome = values(own, n="1", m="1", details={"key-x": {"dat": "3", "giao": 4}})
    assert outcome.total == Fraction("7.5")
    assert values(own, n="1", m="1").missing == ("key-x",)
    compiled = compile_set(whole(own, *NUMBERS))
    found = compiled.criteria[0]
    assert (found.detailed, found.details) == (True, {"dat": "Đã đạt", "giao": "Được giao"})
    assert compile_set(whole(by_formula("x", "n"), *NUMBERS)).criteria[0].detailed is False
    with pytest.raises(ScoringError) as error:
        values(own, n="1", m="1", details={"key-x": {"dat": "3", "giao": 0}})
    assert str(error.value) == "The division at character 5 is by zero: guard it with IF."
    assert (error.value.problem.key, error.value.problem.code) == ("key-x", "formula")


@pytest.mark.parametrize(
    ("entry", "code", "sentence"),
    [
        ({"z": 1}, "entry_item", "There is no item “z” in this criterion: choose one of its items."),
        ({"dat": 1}, "entry_input", "“” cannot be used for “Được giao”: give a number from 0 to 100."),
        ({"dat": "x", "giao": 1}, "entry_input", "“x” cannot be used for “Đã đạt”: give a number of at least 0."),
        ({"dat": -1, "giao": 1}, "entry_input", "“-1” cannot be used for “Đã đạt”: give a number of at least 0."),
        ({"dat": 1, "giao": "100.5"}, "entry_input",
         "“100.5” cannot be used for “Được giao”: give a number from 0 to 100."),
    ],
)  # fmt: skip
def test_a_formula_refuses_numbers_it_cannot_use(entry, code, sentence):
    with pytest.raises(EntryError) as error:
        values(by_formula("x", "dat + giao", inputs=INPUTS), details={"key-x": entry})
    assert (error.value.problem.code, error.value.problem.key, str(error.value)) == (code, "key-x", sentence)
    assert values(by_formula("x", "dat / 10", inputs=INPUTS), n="1", m="1",
                  details={"key-x": {"dat": 0, "giao": 100}}).total == 0  # fmt: skip


def test_a_computed_formula_refuses_an_entry():
    compiled = compile_set(whole(by_formula("x", "n"), *NUMBERS))
    assert compiled.check_details("key-x", {"n": 1}).code == "entry_computed"
    with pytest.raises(EntryError):
        compiled.score(CardInputs({"key-n": "1", "key-m": "1"}, details={"key-x": {}}))


def test_circles_are_found_wherever_they_close():
    circle = [by_formula("x", "y"), by_formula("y", "z + n"), by_formula("z", "x"), by_formula("w", "x")]
    sentence = "The formula of criterion {} depends on itself: break the circle."
    assert problems(*circle) == [
        ("formula_circle", f"key-{code}", sentence.format(code), "") for code in "xyz"
    ]
    assert [item[:2] for item in problems(by_formula("x", "x + 1"))] == [("formula_circle", "key-x")]


def test_a_wrong_formula_points_at_its_character():
    assert problems(by_formula("x", "n + q")) == [
        ("formula_name", "key-x", "“q” at character 5 is not a code of this set: correct the formula.", "")
    ]
    assert problems(by_formula("x", "n + S"))[0][0] == "formula_name"
    assert problems(by_formula("x", "n + ")) == [
        ("formula", "key-x", "The formula ends too early, at character 5: complete it.", "")
    ]
    assert problems(by_formula("x", "n / (2 - 2)"))[0][2] == (
        "The division at character 3 is by zero: guard it with IF."
    )
    assert [item[0] for item in problems(by_formula("x", ""))] == ["field"]
    assert problems(by_formula("x", "n", "0")) == [
        ("maximum", "key-x", "The maximum is 0 points: give the criterion a maximum above 0.", AT)
    ]


def test_inputs_have_codes_of_their_own():
    def found(*codes, expression="n"):
        inputs = [{"code": code, "label": "x"} for code in codes]
        return [item[:3] for item in problems(by_formula("x", expression, inputs=inputs))]

    taken = "The input “{}” of the formula has a code that is already used: choose another."
    assert found("q") == []
    for code in ("n", "S", "common"):
        assert found(code) == [("input_code", "key-x", taken.format(code))]
    assert found("q", "q") == [("input_code", "key-x", taken.format("q"))]
    assert [item[:2] for item in found("SUM")] == [("code_function", "key-x")]
    assert [item[:2] for item in found("a[b")] == [("code_form", "key-x")]
    assert found(*(f"q{n}" for n in range(30))) == []
    assert found(*(f"q{n}" for n in range(31))) == [
        ("inputs_many", "key-x", "The formula has more than 30 inputs of its own: remove some.")
    ]
    fact = whole(by_formula("x", "n", inputs=[{"code": "q", "label": "x"}]), *NUMBERS,
                 facts=[{"key": "f", "code": "q", "label": "x"}])  # fmt: skip
    assert [item.code for item in check_specification(fact)] == ["input_code"]


def test_formulas_are_bounded_together():
    long = [by_formula(f"x{n}", "n" + " " * 997 + "+m") for n in range(20)]
    assert problems(*long) == []
    assert problems(*long, by_formula("y", "n")) == [
        ("formulas_long", "", "The formulas of all criteria are longer than 20000 characters together: shorten them.",
         "")
    ]  # fmt: skip


def test_formulas_that_square_one_another_stop():
    chain = [by_formula("x0", "n / 7 + 1", "1000")]
    chain += [by_formula(f"x{n}", f"x{n - 1} * x{n - 1} / 3", "1000") for n in range(1, 14)]
    with pytest.raises(ScoringError) as error:
        values(*reversed(chain), n="0.5", m="0")
    assert "is too large" in str(error.value)
