"""Later kinds one by one: what each is worth, what it refuses, and how it explains itself."""

from decimal import Decimal
from fractions import Fraction

import pytest

from kpi_cms.foundation.engine import (
    CardInputs,
    ScoringError,
    compile_set,
)
from tests.foundation.engine.later import (
    AT,
    KEY,
    criterion,
    detailed,
    items,
    lines,
    one,
    problems,
    refused,
    whole,
    worth,
)

RESULT = {"type": "result_of", "of": "subordinates"}
CHECKLIST = {"type": "checklist", "items": items(("a", "2", {}), ("b", "2.5", {}), ("c", "5.5", {}))}
DEDUCTION = {"type": "deduction", "max": "10", "floor": "2",
             "items": items(("a", "0.5", {"limit": 3}), ("b", "4", {}))}  # fmt: skip
BONUS = {"type": "bonus", "max": "5", "items": items(("a", "1.5", {"cap": "2"}), ("b", "2", {}))}


def test_a_checklist_counts_the_points_of_what_is_met():
    assert detailed(CHECKLIST, a=1, c="1") == Fraction("7.5")
    assert detailed(CHECKLIST, a=0) == 0
    assert one(CHECKLIST).criteria[0].max == 10
    assert lines(CHECKLIST, details={KEY: {"a": 1, "b": 0, "c": 1}}) == [
        ("x: a", "Mục a: points counted", "count * points", 2),
        ("x: c", "Mục c: points counted", "count * points", Fraction("5.5")),
        ("x", "x. Tiêu chí x: points of the items met", "i1 + i2", Fraction("7.5")),
    ]
    assert lines(CHECKLIST, details={KEY: {}})[-1][2:] == ("0", 0)
    steps = one(CHECKLIST).trace(CardInputs({}, details={KEY: {"a": 1}}))
    assert steps[0].inputs == (("count", 1), ("points", 2))
    compiled = one(CHECKLIST)
    assert compiled.criteria[0].details == {"a": "Mục a", "b": "Mục b", "c": "Mục c"}
    assert (compiled.criteria[0].entered, compiled.criteria[0].detailed) == (False, True)
    assert compiled.criteria[0].stages == ("self", "evaluator")


def test_a_checklist_that_was_not_entered_is_missing():
    outcome = one(CHECKLIST).score(CardInputs({}))
    assert (outcome.missing, outcome.total, outcome.pending) == ((KEY,), None, ())
    given = one(CHECKLIST).score(CardInputs({}, given={"x": Decimal(4)}))
    assert (given.total, given.missing) == (4, ())


@pytest.mark.parametrize(
    ("entry", "code", "sentence"),
    [
        ({"z": 1}, "entry_item", "There is no item “z” in this criterion: choose one of its items."),
        ({"a": 2}, "entry_count", "“2” cannot be counted for “Mục a”: give a whole number from 0 to 1."),
        ({"a": -1}, "entry_count", "“-1” cannot be counted for “Mục a”: give a whole number from 0 to 1."),
        (
            {"a": "0.5"},
            "entry_count",
            "“0.5” cannot be counted for “Mục a”: give a whole number from 0 to 1.",
        ),
        ({"a": 0.5}, "entry_count", "“0.5” cannot be counted for “Mục a”: give a whole number from 0 to 1."),
    ],
)
def test_a_checklist_refuses_what_is_not_met_or_not(entry, code, sentence):
    assert refused(CHECKLIST, entry) == (code, sentence)


def test_a_maximum_must_be_that_of_the_items():
    assert problems(CHECKLIST, max="9") == [
        ("items_sum", "The items add up to 10 points, not to the maximum of 9: correct one of them.", AT)
    ]
    assert problems(CHECKLIST, max="10") == []


def test_items_have_codes_and_points():
    twice = {"type": "checklist", "items": items(("a", "2", {}), ("a", "8", {}), ("b", "0", {}))}
    assert problems(twice) == [
        ("item_twice", "The item code “a” is used twice: give each item its own.", f"{AT}.items[0]"),
        ("item_value", "The item “Mục b” has no points: give it some, above 0.", f"{AT}.items[2]"),
    ]
    for number, code in ((0, ["items"]), (101, ["items"]), (100, [])):
        many = {"type": "checklist", "items": items(*((f"i{n}", "0.1", {}) for n in range(number)))}
        assert [item[0] for item in problems(many)] == code
    assert problems({"type": "checklist", "items": []})[0][1] == (
        "This criterion needs from 1 to 100 items: add or remove some."
    )
    nameless = {"type": "checklist", "items": [{"label": "x", "value": "1"}]}
    assert problems(nameless) == [("field", "“code” is missing: fill it in.", f"{AT}.kind.items[0]")]
    for limit in (0, 10001, "x"):
        wrong = {"type": "checklist", "items": items(("a", "1", {"limit": limit}))}
        assert problems(wrong) == [
            ("field", "“limit” is not a whole number from 1 to 10000: correct it.", f"{AT}.kind.items[0]")
        ]
    for limit in (1, 10000):
        assert problems({"type": "checklist", "items": items(("a", "1", {"limit": limit}))}) == []


def test_deductions_fall_from_the_maximum_to_the_floor():
    assert detailed(DEDUCTION) == 10
    assert detailed(DEDUCTION, a=2) == 9
    assert detailed(DEDUCTION, a=9) == Fraction("8.5")
    assert detailed(DEDUCTION, a=1, b=1) == Fraction("5.5")
    assert detailed(DEDUCTION, b=3) == 2
    assert lines(DEDUCTION, details={KEY: {"a": 9, "b": 1}}) == [
        ("x: a", "Mục a: points counted", "MIN(count, limit) * points", Fraction("1.5")),
        ("x: b", "Mục b: points counted", "count * points", 4),
        ("x", "x. Tiêu chí x: the maximum less deductions", "MAX(max - (i1 + i2), floor)", Fraction("4.5")),
    ]
    assert detailed({**DEDUCTION, "floor": None}, b=9) == 0
    assert lines(DEDUCTION, details={KEY: {"b": 9}})[-1][3] == 2
    assert refused(DEDUCTION, {"a": 10001}) == (
        "entry_count", "“10001” cannot be counted for “Mục a”: give a whole number from 0 to 10000.",
    )  # fmt: skip
    assert detailed(DEDUCTION, a=10000) == Fraction("8.5")
    assert one(DEDUCTION).score(CardInputs({})).missing == (KEY,)


def test_a_floor_is_not_above_the_maximum():
    assert problems({**DEDUCTION, "floor": "10.5"}) == [
        ("floor", "The floor of 10.5 points is above the maximum of 10: lower it.", AT)
    ]
    assert problems({**DEDUCTION, "floor": "10"}) == []
    assert problems({**DEDUCTION, "items": []})[0][0] == "items"


def test_a_bonus_is_capped_by_item_and_by_period_and_may_be_nothing():
    assert worth(BONUS) == 0
    assert detailed(BONUS, a=1) == Fraction("1.5")
    assert detailed(BONUS, a=2) == 2
    assert detailed(BONUS, a=2, b=1) == 4
    assert detailed(BONUS, a=2, b=2) == 5
    assert lines(BONUS, details={KEY: {"a": 2, "b": 2}}) == [
        ("x: a", "Mục a: points counted", "MIN(count * points, cap)", 2),
        ("x: b", "Mục b: points counted", "count * points", 4),
        ("x", "x. Tiêu chí x: bonus points", "MIN(i1 + i2, cap)", 5),
    ]
    assert lines(BONUS)[-1][2:] == ("MIN(0, cap)", 0)
    assert problems({**BONUS, "items": items(("a", "1", {"cap": "5.5"}))}) == [
        (
            "item_cap",
            "The item “Mục a” may give 5.5 points, more than the 5 of the whole period: lower it.",
            f"{AT}.items[0]",
        )
    ]
    assert problems({**BONUS, "items": items(("a", "1", {"cap": "5"}))}) == []
    assert problems({**BONUS, "items": []})[0][0] == "items"
    assert refused(BONUS, {"q": 1})[0] == "entry_item"


LEVELS = {"type": "levels", "unit": "points", "step": "0.5", "levels": [
    {"label": "Tốt", "from": "8", "to": "10", "guidance": "Vượt yêu cầu."},
    {"label": "Khá", "from": "5.25", "to": "7.25"},
    {"label": "Không đạt", "from": "0"},
]}  # fmt: skip
PERCENT = {
    "type": "levels",
    "unit": "percent",
    "levels": [{"label": "Đạt", "from": "100"}, {"label": "Chưa", "from": "37.5"}],
}


def level(kind, value):
    return (
        one(kind, **({"max": "10"} if kind["unit"] == "percent" else {}))
        .score(CardInputs({KEY: value}))
        .values.get("x")
    )


def test_levels_are_points_or_per_cent_within_a_band():
    assert [level(LEVELS, value) for value in ("10", "8.5", "5.25", "6.75", "0", Decimal("8.50"))] == [
        10, Fraction("8.5"), Fraction("5.25"), Fraction("6.75"), 0, Fraction("8.5"),
    ]  # fmt: skip
    assert [level(PERCENT, value) for value in ("100", "37.5")] == [1, Fraction(3, 8)]
    found = one(LEVELS).criteria[0]
    assert (found.max, found.entered, found.detailed, found.options, found.step) == (
        10,
        True,
        False,
        (),
        Decimal("0.5"),
    )
    options = one(PERCENT, max="10").criteria[0].options
    assert [(option.value, option.label, option.grounds_required) for option in options] == [
        (100, "Đạt", False), (Decimal("37.5"), "Chưa", False),
    ]  # fmt: skip
    assert compile_set(whole(criterion("x", LEVELS))).specification.sections[0].criteria[0].kind.levels[
        0
    ].guidance == ("Vượt yêu cầu.")


@pytest.mark.parametrize(
    ("value", "code", "sentence"),
    [
        ("7.5", "entry_level",
         "7.5 is in none of the levels (Tốt: 8–10; Khá: 5.25–7.25; Không đạt: 0): give a value of one of them."),
        ("8.25", "entry_level",
         "8.25 is in none of the levels (Tốt: 8–10; Khá: 5.25–7.25; Không đạt: 0): give a value of one of them."),
        ("10.5", "entry_level",
         "10.5 is in none of the levels (Tốt: 8–10; Khá: 5.25–7.25; Không đạt: 0): give a value of one of them."),
        ("x", "entry_number", "“x” is not a number of points: write it with digits, like 2.5."),
    ],
)  # fmt: skip
def test_a_value_in_no_level_is_refused(value, code, sentence):
    problem = one(LEVELS).check_entry(KEY, value)
    assert (problem.code, problem.key, str(problem)) == (code, KEY, sentence)


def test_levels_with_many_values_are_not_listed_and_still_read():
    long = {**LEVELS, "step": "0.0001"}
    compiled = one(long)
    assert compiled.criteria[0].table == {}
    assert level(long, "8.1234") == Fraction("8.1234")
    listed = {**LEVELS, "step": "0.002", "levels": LEVELS["levels"][:1] + LEVELS["levels"][2:]}
    assert len(one(listed).criteria[0].table) == 2 * 1002


def test_levels_given_from_outside_lie_in_a_level():
    assert one(LEVELS).score(CardInputs({}, given={"x": Decimal("8.5")})).total == Fraction("8.5")
    assert one(PERCENT, max="10").score(CardInputs({}, given={"x": Fraction(3, 8)})).values["x"] == Fraction(
        3, 8
    )
    for compiled, wrong in ((one(LEVELS), Decimal(3)), (one(PERCENT, max="10"), Decimal("0.5"))):
        with pytest.raises(ScoringError):
            compiled.score(CardInputs({}, given={"x": wrong}))


@pytest.mark.parametrize(
    ("change", "inside", "code", "sentence"),
    [
        ({"levels": LEVELS["levels"][:1]}, "", "levels", "Levels need at least two: add one."),
        ({"step": "0.3"}, ".levels[0]", "level_step",
         "The step 0.3 does not divide the level “Tốt” into equal parts: choose another step."),
        ({"step": None}, ".levels[0]", "level_step",
         "The level “Tốt” is a range: give the step its points are entered in."),
        ({"step": "0"}, ".levels[0]", "level_step",
         "The level “Tốt” is a range: give the step its points are entered in."),
        ({"levels": [{"label": "A", "from": "5", "to": "4"}, {"label": "B", "from": "6"}]}, ".levels[0]", "level_range",
         "The level “A” ends below where it starts: correct it."),
        ({"levels": [{"label": "A", "from": "6"}, {"label": "B", "from": "2", "to": "6"}]}, "", "levels_overlap",
         "The levels “B” and “A” overlap: let each value be in one level."),
    ],
)  # fmt: skip
def test_wrong_levels_are_said(change, inside, code, sentence):
    assert problems({**LEVELS, **change})[0] == (code, sentence, AT + inside)


def test_levels_fit_their_maximum():
    found = problems(
        {**PERCENT, "levels": [{"label": "A", "from": "101"}, {"label": "B", "from": "0"}]}, max="10"
    )
    assert found == [
        ("levels_high", "The highest level is worth 101, more than the maximum of 100: lower it.", AT)
    ]
    found = problems(LEVELS, max="9")
    assert found == [
        ("criterion_maximum", "The criterion has two different maximums, 10 and 9: keep one.", AT),
        ("levels_high", "The highest level is worth 10, more than the maximum of 9: lower it.", AT),
    ]
    assert problems(LEVELS) == problems(PERCENT, max="10") == []
    assert [item[0] for item in problems({**LEVELS, "levels": []})] == ["levels"]


HIGHER = {"type": "indicator", "direction": "higher", "cap": "1.2"}
LOWER = {"type": "indicator", "direction": "lower", "target": "30"}


def test_an_indicator_is_how_far_the_target_was_reached():
    assert detailed(HIGHER, actual="45", target="60") == Fraction(3, 4)
    assert detailed(HIGHER, actual=90, target="60") == Fraction(6, 5)
    assert detailed(HIGHER, actual="0", target="60") == 0
    assert detailed(LOWER, actual="40") == Fraction(3, 4)
    assert detailed(LOWER, actual="15") == 1
    assert detailed(LOWER, actual="0") == 1
    assert detailed({**LOWER, "cap": "1.5"}, actual="0") == Fraction(3, 2)
    assert detailed({**LOWER, "cap": "1.5"}, actual="25") == Fraction(6, 5)
    assert lines(HIGHER, details={KEY: {"actual": 45, "target": 60}}) == [
        ("x", "x. Tiêu chí x: how far the target was reached", "MIN(actual / target, cap)", Fraction(3, 4))
    ]
    for actual in ("0", "40"):
        assert (
            lines(LOWER, details={KEY: {"actual": actual}})[0][2]
            == "IF(actual = 0, cap, MIN(target / actual, cap))"
        )
    assert one(HIGHER).criteria[0].details == {"actual": "", "target": ""}
    assert one(LOWER).criteria[0].details == {"actual": ""}
    assert one(HIGHER).score(CardInputs({}, given={"x": Decimal("1.2")})).values["x"] == Fraction(6, 5)
    with pytest.raises(ScoringError):
        one(HIGHER).score(CardInputs({}, given={"x": Decimal("1.21")}))


def test_an_indicator_s_share_counts_of_its_maximum_up_to_the_section_s():
    combination = {"kind": "sum", "expression": "", "cap": None}
    compiled = compile_set(whole(criterion("x", HIGHER, max="10"), combination=combination))

    def total(actual):
        return compiled.score(CardInputs({}, details={KEY: {"actual": actual, "target": 8}})).total

    assert (total(4), total(8), total(16)) == (5, 10, 10)


@pytest.mark.parametrize(
    ("kind", "entry", "code", "sentence"),
    [
        (LOWER, {"actual": 1, "target": 2}, "entry_name",
         "“target” is not asked for here: give the target and what was reached."),
        (HIGHER, {"actual": 1}, "entry_indicator",
         "“” cannot be used as target: give a number, for the target one above 0."),
        (HIGHER, {"actual": 1, "target": 0}, "entry_indicator",
         "“0” cannot be used as target: give a number, for the target one above 0."),
        (HIGHER, {"actual": -1, "target": 1}, "entry_indicator",
         "“-1” cannot be used as actual: give a number, for the target one above 0."),
        (LOWER, {"actual": "x"}, "entry_indicator",
         "“x” cannot be used as actual: give a number, for the target one above 0."),
    ],
)  # fmt: skip
def test_an_indicator_refuses_what_is_no_number(kind, entry, code, sentence):
    assert refused(kind, entry) == (code, sentence)


def test_an_indicator_has_a_target_and_a_cap_above_0():
    assert problems({**LOWER, "target": "0"}) == [
        ("target", "The target is 0: give one above 0, or leave it empty to enter it on each card.", AT)
    ]
    assert problems({**LOWER, "cap": "0"}) == [
        ("indicator_cap", "The cap of the indicator is 0: raise it; 1 is 100%.", AT)
    ]


def test_a_computed_criterion_is_not_entered():
    assert str(one(RESULT).check_details(KEY, {})) == "The criterion x is computed: nobody enters it."
    assert str(one(RESULT).check_entry(KEY, "1")) == "The criterion x is computed: nobody enters it."
    assert str(one(RESULT).check_details("z", {})).startswith("There is no criterion “z” in this set")
    assert one(CHECKLIST).check_details(KEY, {"a": 1}) is None


def test_a_detailed_criterion_may_be_the_persons_alone_and_is_nobodys_at_no_stage():
    assert problems(CHECKLIST, stages=["self"]) == []
    assert problems(CHECKLIST, stages=[])[0][:2] == (
        "criterion_stage", "No stage may score the criterion x: choose at least one.",
    )  # fmt: skip
    assert problems(RESULT, stages=[]) == []
