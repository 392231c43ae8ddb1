"""Rounded once for display; the band read from the exact score."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import compile_set, round_half_up
from kpi_cms.foundation.engine.bands import Band, band_of, shown
from kpi_cms.foundation.engine.rounding import round_pair
from tests.foundation.engine import specs

BANDS = compile_set(specs.staff()).bands


@pytest.mark.parametrize(
    ("exact", "places", "rounded"),
    [
        (Fraction("92.625"), 2, "92.63"),
        (Fraction("92.624999"), 2, "92.62"),
        (Fraction(265, 3), 2, "88.33"),
        (Fraction(0), 2, "0.00"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Fraction(1, 2), 0, "1"),
        (Decimal("89.995"), 2, "90.00"),
    ],
)
def test_halves_go_away_from_zero(exact, places, rounded):
    assert str(round_half_up(exact, places)) == rounded


@given(st.fractions(min_value=-100, max_value=100), st.integers(0, 6))
def test_rounding_moves_a_score_by_at_most_half_a_step(value, places):
    assert abs(Fraction(round_half_up(value, places)) - value) <= Fraction(1, 2 * 10**places)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (Fraction(100), "excellent"),
        (Fraction(90), "excellent"),
        (Fraction(90) - Fraction(1, 10**12), "good"),
        (Fraction(70), "good"),
        (Fraction("69.999"), "completed"),
        (Fraction(50), "completed"),
        (Fraction("49.99"), "failed"),
        (Fraction(0), "failed"),
    ],
)
def test_a_band_starts_exactly_at_its_points(score, band):
    assert band_of(score.as_integer_ratio(), BANDS).code == band


def test_a_score_below_every_band_is_in_the_lowest():
    assert band_of((-1, 1), BANDS).code == "failed"


@pytest.mark.parametrize(
    ("exact", "text"),
    [
        (Fraction("89.995"), "89.995"),
        (Fraction("89.994"), "89.99"),
        (Fraction(89999999, 1000000), "89.999999"),
        (Fraction(90), "90.00"),
        (Fraction("49.9951"), "49.995"),
        (Fraction(265, 3), "88.33"),
    ],
)
def test_as_many_digits_are_shown_as_it_takes_to_show_the_right_band(exact, text):
    assert shown(exact.as_integer_ratio(), BANDS, 2) == text


@given(st.fractions(min_value=0, max_value=100, max_denominator=10**9))
def test_the_number_shown_always_lies_in_the_band_of_the_score(value):
    pair = value.as_integer_ratio()
    text = shown(pair, BANDS, 2)
    assert band_of(Decimal(text).as_integer_ratio(), BANDS) is band_of(pair, BANDS)
    assert abs(Fraction(text) - value) <= Fraction(1, 200)


def test_bands_may_start_between_the_places():
    fine = (Band("high", "", Decimal("89.994"), 89994, 1000), Band("low", "", Decimal(0), 0, 1))
    assert shown((89994, 1000), fine, 2) == "89.994"


def test_a_pair_need_not_be_in_lowest_terms():
    assert round_pair((185250, 2000), 2) == round_pair((741, 8), 2) == Decimal("92.63")
