"""Points that begin above 0: their steps count from there, everywhere."""

from decimal import Decimal

import pytest

from kpi_cms.foundation.engine import (
    CardInputs,
    ScoringError,
    canonical_json,
    check_specification,
    compile_set,
    needed_version,
    zero_divisions,
)
from tests.foundation.engine import specs
from tests.foundation.engine.later import criterion, whole


def ranged(least, most="5", step="2", **more):
    return whole(
        criterion("x", {"type": "number", "min": least, "max": most, "step": step}, max=most),
        maximum=most,
        **more,
    )


def test_points_rise_from_the_minimum():
    compiled = compile_set(ranged("1"))

    assert [value for value in compiled.criteria[0].table if not isinstance(value, str)] == [1, 3, 5]
    assert [grade.value for grade in compiled.criteria[0].grades] == [1, 3, 5]
    assert compiled.criteria[0].least == 1
    assert compiled.score(CardInputs({"key-x": "3"})).total == 3


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("0", "0 points are outside the range of this criterion: give 1 to 5."),
        ("5.5", "5.5 points are outside the range of this criterion: give 1 to 5."),
        ("2", "2 points do not fit the step: count from 1 in steps of 2."),
    ],
)
def test_what_lies_below_or_between_is_refused(value, sentence):
    assert str(compile_set(ranged("1")).check_entry("key-x", value)) == sentence


def test_a_minimum_of_many_steps_is_still_exact():
    compiled = compile_set(ranged("0.005", "70.005", "0.01"))

    assert compiled.criteria[0].table == {}
    assert compiled.criteria[0].grades == ()
    assert compiled.score(CardInputs({"key-x": "69.995"})).total == Decimal("69.995")
    assert compiled.check_entry("key-x", "69.99") is not None


@pytest.mark.parametrize(
    ("least", "code", "sentence"),
    [
        ("5", "minimum", "The least of 5 points is not below the maximum of 5: lower it."),
        ("6", "minimum", "The least of 6 points is not below the maximum of 5: lower it."),
        (
            "2", "step",
            "The step 2 does not divide what lies between 2 and 5 into equal parts: choose another step.",
        ),
        ("-1", "field", "“min” must be a decimal of at least 0, such as 2.5: correct it."),
    ],
)  # fmt: skip
def test_a_minimum_that_has_no_meaning_is_said(least, code, sentence):
    found = check_specification(ranged(least))

    assert [(item.code, item.key) for item in found][:1] == [(code, "key-x")]
    assert str(found[0]) == sentence or code == "field"


def test_a_value_from_outside_keeps_to_it():
    compiled = compile_set(ranged("1"))

    assert compiled.score(CardInputs({}, given={"x": Decimal(1)})).total == 1
    with pytest.raises(ScoringError):
        compiled.score(CardInputs({}, given={"x": Decimal("0.5")}))


def test_what_is_never_0_may_be_divided_by():
    combination = {"kind": "formula", "expression": "5 / x", "cap": None}

    assert zero_divisions(ranged("1", combination=combination)) == []
    assert [item.code for item in zero_divisions(ranged("0", step="1", combination=combination))] == [
        "formula_zero"
    ]


def test_a_set_that_says_no_minimum_stays_as_it_was():
    assert needed_version(specs.party()) == 1
    assert needed_version(specs.party() | {"sections": ranged("1")["sections"]}) == 2
    assert '"min":"1.5"' in canonical_json(ranged("1.50", "5.5"))
