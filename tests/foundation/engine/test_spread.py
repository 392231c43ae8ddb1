"""How the values of a criterion spread: exact, and the same as a plain reading of every person's value."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from statistics import mean, median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import Distance, Grade, Spread, compile_set, distance_of, spread_of, unused
from kpi_cms.foundation.engine.spread import quantile, share_of
from tests.factories.specifications import everything
from tests.foundation.engine import specs

SHARES = st.fractions(min_value=0, max_value=1, max_denominator=40)
MANY = st.lists(SHARES, min_size=2, max_size=40)


def at(text: str) -> Fraction:
    return Fraction(text)


def test_the_spread_of_a_few_people():
    counts = {at("1"): 2, at("1/2"): 1, at("4/5"): 2}
    assert spread_of(counts) == Spread(
        people=5, lower=at("4/5"), median=at("4/5"), upper=at("1"), mean=at("41/50"), at_maximum=at("2/5")
    )


def test_between_two_values_in_proportion():
    assert quantile({at("0"): 1, at("1"): 1}, at("1/4")) == at("1/4")
    assert quantile({at("1/3"): 1}, at("3/4")) == at("1/3")
    with pytest.raises(IndexError):
        quantile({}, at("1"))


def test_nobody_has_no_spread_and_no_distance():
    assert spread_of({}) is None
    assert spread_of({at("1"): 0}) is None
    assert distance_of({}) is None


def test_the_distance_has_a_sign_a_size_and_those_who_agree():
    counts = {at("-1/5"): 1, at("1/5"): 1, at("0"): 2}
    assert distance_of(counts) == Distance(people=4, mean=at("0"), absolute=at("1/10"), same=at("1/2"))


@given(MANY)
def test_the_spread_is_that_of_every_value_written_down(values):
    lower, middle, upper = quantiles(values, n=4, method="inclusive")
    found = spread_of(Counter(values))
    assert found == Spread(
        people=len(values),
        lower=lower,
        median=middle,
        upper=upper,
        mean=mean(values),
        at_maximum=Fraction(sum(value == 1 for value in values), len(values)),
    )
    assert found.median == median(values)
    assert min(values) <= found.lower <= found.median <= found.upper <= max(values)


@given(MANY, MANY)
def test_the_distance_is_that_of_every_pair_written_down(first, second):
    gaps = [one - other for one, other in zip(first, second, strict=False)]
    found = distance_of(Counter(gaps))
    assert found == Distance(
        people=len(gaps),
        mean=mean(gaps),
        absolute=mean(abs(gap) for gap in gaps),
        same=Fraction(gaps.count(0), len(gaps)),
    )
    assert abs(found.mean) <= found.absolute


@given(MANY)
def test_a_grade_is_unused_exactly_when_nobody_has_a_value_in_it(values):
    grades = tuple(
        Grade(f"{step}", None, Fraction(step, 10), Fraction(step, 10) + at("1/20")) for step in range(10)
    )
    found = unused(grades, Counter(values))
    for grade in grades:
        assert (grade in found) == (not any(grade.start <= value <= grade.end for value in values))


def test_a_value_without_a_maximum_is_a_share_already():
    assert share_of(at("3"), Decimal(4)) == at("3/4")
    assert share_of(at("3/4"), None) == at("3/4")


# --- What a rater may give ----------------------------------------------------------------------------------
CRITERIA = {each.code: each for each in compile_set(everything()).criteria}


def grades(code):
    return [(grade.label, grade.value, grade.start, grade.end) for grade in CRITERIA[code].grades]


def test_the_grades_of_levels_are_the_levels_and_of_a_choice_its_values():
    assert grades("bac") == [
        ("Yếu", None, at("0"), at("0")), ("Khá", None, at("2/5"), at("3/5")), ("Tốt", None, at("4/5"), at("1")),
    ]  # fmt: skip
    assert [(value, start) for _label, value, start, _end in grades("chon")] == [
        (Decimal(100), at("1")), (Decimal(50), at("1/2")),
    ]  # fmt: skip


def test_the_grades_of_a_number_are_its_steps_and_of_many_steps_none():
    staff = {each.code: each for each in compile_set(specs.staff()).criteria}
    steps = staff["II.1"].grades
    assert [grade.value for grade in steps] == [Decimal(step) / 4 for step in range(11)]
    assert (steps[0].start, steps[1].start, steps[-1].end) == (at("0"), at("1/10"), at("1"))
    spec = specs.staff() | {"law": ""}
    spec["sections"][0]["criteria"] = [specs.number("I.1", "10", "0.01")]
    fine = {each.code: each for each in compile_set(spec).criteria}
    assert fine["I.1"].grades == ()


def test_what_is_computed_has_no_grades():
    assert compile_set(specs.staff()).criteria[-1].grades == ()


def test_a_stored_value_is_a_share_of_the_maximum_or_one_already():
    staff = {each.code: each for each in compile_set(specs.staff()).criteria}
    assert staff["I.1"].as_share(at("4")) == at("4/5")
    assert staff["a"].as_share(at("9/10")) == at("9/10")
