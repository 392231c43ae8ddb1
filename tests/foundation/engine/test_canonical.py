"""One meaning, one text: what the hash of a criteria version stands on."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import canonical_json, decimal_text, digest, parse_decimal
from tests.foundation.engine import specs


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("2.50", "2.5"),
        ("-0", "0"),
        ("0.00", "0"),
        ("007", "7"),
        ("10", "10"),
        ("100.0", "100"),
        ("-1.20", "-1.2"),
    ],
)
def test_decimals_are_written_one_way(written, canonical):
    assert canonical_json({"max": written}) == f'{{"max":"{canonical}"}}'


def test_whole_numbers_and_decimal_objects_are_the_same_as_their_text():
    text = canonical_json({"max": "30", "step": "1000", "cap": "0.5"})
    assert canonical_json({"max": 30, "step": Decimal("1E+3"), "cap": Decimal("0.50")}) == text


def test_a_code_that_looks_like_a_number_keeps_its_zero():
    assert canonical_json({"code": "1.10", "max": "1.10"}) == '{"code":"1.10","max":"1.1"}'


def test_a_text_in_a_decimal_field_stays_for_the_check_to_refuse():
    assert canonical_json({"max": "1e5"}) == '{"max":"1e5"}'


def test_letters_are_composed_keys_sorted_and_nothing_spaced():
    decomposed = {"label": "Tie\u0302u chi\u0301", "a": [1, True, None], "key": "x"}
    assert canonical_json(decomposed) == '{"a":[1,true,null],"key":"x","label":"Tiêu chí"}'


@pytest.mark.parametrize("value", [0.5, float("nan"), Decimal("Infinity"), b"x", {1}, object()])
def test_what_json_cannot_hold_exactly_is_refused(value):
    with pytest.raises(TypeError):
        canonical_json({"max": value})


def test_keys_must_be_text():
    with pytest.raises(TypeError, match=r"^A specification's keys are text, not int\.$"):
        canonical_json({1: "x"})


def test_two_keys_that_are_the_same_letters_are_refused():
    with pytest.raises(ValueError, match="twice"):
        canonical_json({"ê": 1, "e\u0302": 2})


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ValueError, match=r"^A specification holds a text that is not valid Unicode\.$"):
        canonical_json({"label": "\ud800"})


def test_the_digest_is_the_sha256_of_the_text_and_moves_with_every_word():
    spec = specs.staff()
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    changed = specs.staff()
    changed["sections"][0]["criteria"][0]["label"] += "."
    assert digest(spec) == digest(specs.staff())
    assert digest(changed) != digest(spec)


def test_the_order_of_keys_and_the_way_of_writing_do_not_move_the_digest():
    spec = specs.staff()
    rewritten = dict(reversed(spec.items()))
    rewritten["total"] = {"max": 100, "expression": "", "kind": "sum"}
    assert digest(rewritten) == digest(spec)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["max", "from", "label", "value"]), inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["max", "step", "label", "code", "criteria"]), json_values))
def test_the_canonical_text_is_its_own_canonical_text(spec):
    text = canonical_json(spec)
    assert canonical_json(json.loads(text)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14), max_value=10**14, places=6))
def test_a_decimal_survives_being_written(value):
    assert parse_decimal(decimal_text(value)) == value


NO_DECIMALS = [
    "",
    " 1",
    "1,5",
    "1e3",
    "+1",
    ".5",
    "1.",
    "1" * 16,
    "0.12345678901",
    "NaN",
    "١",
    True,
    None,
    1.5,
]
NO_DECIMALS += [10**15, Decimal("NaN"), Decimal("1E+40"), Decimal("1E-40")]


@pytest.mark.parametrize("value", NO_DECIMALS)
def test_what_is_no_decimal_is_none(value):
    assert parse_decimal(value) is None
