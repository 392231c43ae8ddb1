"""Schema versions, places of problems, and the ways a set may round."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    CardInputs,
    TaskInput,
    check_specification,
    compile_set,
    digest,
    formulas,
    needed_version,
)
from kpi_cms.foundation.engine.rounding import round_pair
from tests.foundation.engine import specs


@pytest.mark.parametrize("spec", [specs.staff(), specs.leader(), specs.party()])
def test_a_set_that_uses_nothing_later_stays_version_1(spec):
    assert needed_version(spec) == 1
    assert check_specification(spec | {"schema_version": 2}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"aggregation": []},
        {"facts": []},
        {"gates": []},
        {"quotas": []},
        {"raters": []},
        {"applicability": {"units": ["SNV"]}},
        {"applicability": {"job_positions": ["KT"]}},
        {"applicability": {"precedence": True}},
        {
            "bands": [{**band, "value": "1"} for band in specs.BANDS],
            "band_value": "Hệ số",
        },
        {"rounding": {"places": 2, "mode": "down"}},
        {"rounding": {"places": 2, "mode": "half_up", "when": "total"}},
    ],
)
def test_whoever_uses_what_came_later_says_so(change):
    spec = specs.staff() | change
    assert needed_version(spec) == 2
    assert [(item.code, str(item)) for item in check_specification(spec)] == [
        (
            "schema_version",
            "The set says schema version 1 but uses what came with version 2: write that one.",
        )
    ]
    assert check_specification(spec | {"schema_version": 2}) == []


def test_a_stage_that_does_not_see_another_needs_version_2():
    spec = specs.staff()
    spec["stages"][1]["blind_to"] = []
    assert needed_version(spec) == 1
    spec["stages"][1]["blind_to"] = ["self"]
    assert needed_version(spec) == 2


def test_nothing_is_not_something_later():
    spec = specs.staff() | {"gates": None, "quotas": None, "aggregation": None, "raters": None}
    spec["applicability"] = {"units": []}
    assert needed_version(spec) == 1
    assert check_specification(spec) == []
    assert len(compile_set(spec).specification.quotas) == 1


@pytest.mark.parametrize("broken", [{"sections": 1}, {"sections": [1]}, {"sections": [{"criteria": [{"kind": 1}]}]},
                                    {"sections": [{"criteria": [{"kind": {"type": 1}}]}]},
                                    {"rounding": 1}, {"applicability": 1}])  # fmt: skip
def test_what_is_no_set_needs_no_version(broken):
    assert needed_version(broken) == 1


def test_a_later_kind_of_criterion_needs_version_2():
    kind = {"kind": {"type": "levels"}}
    assert needed_version({"sections": [{"criteria": [{"kind": {"type": "number"}}, kind]}]}) == 2
    assert needed_version({"sections": ({}, {"criteria": (kind,)})}) == 2


def test_the_place_of_a_problem_is_said():
    spec = specs.staff()
    spec["sections"][1]["criteria"][2]["label"] = ""
    spec["parts"][1]["label"] = 3
    spec["bands"][2]["label"] = None
    spec["stages"][0]["label"] = ""
    spec["law"] = "x"
    assert {(item.params["field"], item.path) for item in check_specification(spec)} == {
        ("label", "sections[1].criteria[2]"),
        ("label", "parts[1]"),
        ("label", "bands[2]"),
        ("label", "stages[0]"),
        ("law", ""),
    }


def test_a_number_that_no_text_can_hold_is_a_problem_wherever_it_stands():
    spec = specs.staff() | {"remark": [0.5]}
    assert [(item.code, str(item)) for item in check_specification(spec)] == [
        ("text", "The set holds something that has no exact text: write numbers as decimals and texts in letters.")
    ]  # fmt: skip
    assert [item.code for item in check_specification(specs.staff() | {"remark": "\ud800"})] == ["text"]


@pytest.mark.parametrize(
    ("value", "mode", "wanted"),
    [
        ("92.625", "half_up", "92.63"),
        ("92.6249", "half_up", "92.62"),
        ("92.621", "up", "92.63"),
        ("92.62", "up", "92.62"),
        ("92.629", "down", "92.62"),
        ("-1.001", "up", "-1.01"),
        ("-1.009", "down", "-1.00"),
        ("0", "up", "0.00"),
    ],
)
def test_the_modes_of_rounding(value, mode, wanted):
    assert str(round_pair(Fraction(value).as_integer_ratio(), 2, mode)) == wanted


def rounding(mode, when, spec=None):
    spec = spec or specs.party()
    return compile_set(spec | {"schema_version": 2, "rounding": {"places": 1, "mode": mode, "when": when}})


def card(compiled, done):
    entered = {item.key: item.max for item in compiled.entered}
    return CardInputs(entered, [TaskInput(Decimal(1), Decimal(7), Decimal(done))])


@pytest.mark.parametrize(
    ("mode", "when", "exact", "rounded"),
    [
        ("half_up", "total", 30 + Fraction(70 * 5, 7), "80.0"),
        ("up", "total", 30 + Fraction(70 * 4, 7), "70.0"),
        ("half_up", "sections", 80, "80.0"),
    ],
)
def test_a_set_rounds_its_total_or_earlier(mode, when, exact, rounded):
    compiled = rounding(mode, when)
    outcome = compiled.score(card(compiled, 5 if rounded == "80.0" else 4))
    assert (outcome.total, str(outcome.rounded)) == (exact, rounded)


def eighths():
    """Two sections of results whose points have no end: 35 × n/6 each."""
    spec = specs.party()
    results = spec["sections"].pop()
    for number, measure in enumerate("ab"):
        combination = {"kind": "formula", "expression": f"{measure} * 35", "cap": None}
        criterion = results["criteria"][number]
        spec["sections"].append(specs.section(f"KQ{number}", "35", "results", [criterion], **combination))
    return spec


@pytest.mark.parametrize(
    ("mode", "when", "sections", "total"),
    [
        ("half_up", "total", Fraction(35, 3), 30 + Fraction(70, 3)),
        ("half_up", "parts", Fraction(35, 3), Fraction("53.3")),
        ("half_up", "sections", Fraction("11.7"), Fraction("53.4")),
        ("down", "parts", Fraction(35, 3), Fraction("53.3")),
        ("down", "sections", Fraction("11.6"), Fraction("53.2")),
        ("up", "parts", Fraction(35, 3), Fraction("53.4")),
        ("up", "sections", Fraction("11.7"), Fraction("53.4")),
    ],
)
def test_rounding_before_adding_changes_the_sum_as_the_set_says(mode, when, sections, total):
    compiled = rounding(mode, when, eighths())
    entered = {item.key: item.max for item in compiled.entered}
    inputs = CardInputs(entered, [TaskInput(Decimal(1), Decimal(3), Decimal(1))])
    outcome = compiled.score(inputs)
    assert (outcome.sections["KQ0"], outcome.total) == (sections, total)
    name = {"half_up": "ROUND", "up": "ROUNDUP", "down": "ROUNDDOWN"}[mode]
    steps = {step.code: step for step in compiled.trace(inputs)}
    assert (name in steps["KQ0"].formula, name in steps["results"].formula) == (
        when == "sections",
        when == "parts",
    )
    rounded = {code for code, step in steps.items() if step.rounding is not None}
    assert (
        rounded
        == {"total"}
        | {
            "total": set(),
            "parts": {"common", "results"},
            "sections": {"I", "II", "III", "KQ0", "KQ1"},
        }[when]
    )
    for step in steps.values():
        if step.formula:
            value = formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__)
            assert value == step.value
            assert step.rounding is None or step.code == "total" or step.rounding == value


def test_a_part_given_from_outside_is_rounded_too():
    compiled = rounding("down", "parts")
    inputs = card(compiled, 7)._replace(part_totals={"common": Decimal("27.19")})
    outcome = compiled.score(inputs)
    assert (outcome.total, outcome.parts["common"]) == (Fraction("97.1"), Fraction("27.1"))
    step = next(step for step in compiled.trace(inputs) if step.code == "common")
    assert (step.value, step.rounding, step.formula) == (Fraction("27.1"), Decimal("27.1"), "")


def test_a_band_read_from_rounded_points_is_read_in_the_set_s_mode():
    for mode, band in (("down", "good"), ("up", "excellent"), ("half_up", "excellent")):
        spec = specs.party()
        spec["settings"]["band_from"] = "rounded"
        compiled = rounding(mode, "total", spec)
        outcome = compiled.score(CardInputs({}, [TaskInput(Decimal(1), Decimal(1), Decimal(1))],
                                            part_totals={"common": Decimal("19.95")}))  # fmt: skip
        assert outcome.band == band
        step = compiled.trace(CardInputs({}, [TaskInput(Decimal(1), Decimal(1), Decimal(1))],
                                         part_totals={"common": Decimal("19.95")}))[-1]  # fmt: skip
        assert step.formula == {"down": "ROUNDDOWN", "up": "ROUNDUP", "half_up": "ROUND"}[mode] + "(total, 1)"


def test_more_digits_are_shown_in_any_mode():
    compiled = rounding("up", "total")
    inputs = CardInputs(
        {}, [TaskInput(Decimal(1), Decimal(1), Decimal(1))], part_totals={"common": Decimal("19.92")}
    )
    assert (compiled.score(inputs).shown, compiled.score(inputs).band) == ("89.92", "good")


@given(st.fractions(-100, 100, max_denominator=999), st.integers(0, 4))
def test_up_and_down_lie_around_the_value(value, places):
    pair = value.as_integer_ratio()
    low, high = (abs(Fraction(round_pair(pair, places, mode))) for mode in ("down", "up"))
    assert low <= abs(value) <= high
    assert high - low in (0, Fraction(1, 10**places))
    assert abs(Fraction(round_pair(pair, places))) in (low, high)


def test_decimals_of_later_fields_are_written_one_way():
    one = specs.party() | {
        "schema_version": 2,
        "quotas": [{"key": "q", "band": "good", "share": "0.20", "exception": "0.250"}],
    }
    other = one | {"quotas": [{"key": "q", "band": "good", "share": "0.2", "exception": "0.25"}]}
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("when", "places", "keys"),
    [
        ("sections", 1, ["key-I", "key-II"]),
        ("parts", 1, ["key-common"]),
        ("total", 1, []),
        ("sections", 2, []),
        ("parts", 2, []),
    ],
)
def test_nothing_is_rounded_past_its_maximum(when, places, keys):
    spec = specs.party() | {"schema_version": 2, "rounding": {"places": places, "mode": "up", "when": when}}
    first, second, third, _ = spec["sections"]
    spec["parts"][0]["max"], spec["total"]["max"] = "30.25", "100.25"
    first["max"], first["combination"]["kind"], first["combination"]["cap"] = "18.25", "capped_sum", "17.95"
    third["max"] = "8"
    second["max"], second["criteria"][0] = "4.00", specs.number("II.1", "1.0", "1")
    second["combination"] |= {"kind": "capped_sum", "cap": "3.99"}
    found = check_specification(spec)
    assert [item.key for item in found if item.code == "rounding_places"] == keys
    assert len(found) == len(keys)
    if keys == ["key-common"]:
        assert str(found[0]) == (
            "The maximum of 30.25 has more digits than the 1 places that are rounded to: shorten it."
        )


def test_a_value_of_a_band_alone_needs_version_2():
    spec = specs.staff()
    spec["bands"] = [{**band, "value": None} for band in spec["bands"]]
    assert needed_version(spec) == 1
    spec["bands"][0]["value"] = "0"
    assert needed_version(spec) == 2
