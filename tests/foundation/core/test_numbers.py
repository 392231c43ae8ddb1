"""Numbers and days read the same on every page, and what is typed is read one way only."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.core.numbers import (
    DIGITS_OF_AMOUNT,
    TwoReadings,
    exact,
    format_count,
    format_day,
    format_moment,
    format_percent,
    format_points,
    format_quantity,
    format_typed,
    read_decimal,
)


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (Decimal("92.625"), "92,63", "92.63"),
        ("92,625", "92,63", "92.63"),
        (Fraction(185, 2), "92,50", "92.50"),
        (Fraction(200, 3), "66,67", "66.67"),
        (0, "0,00", "0.00"),
        (Decimal("-0.005"), "-0,01", "-0.01"),
        (Decimal("0.005"), "0,01", "0.01"),
        (None, "–", "–"),
        ("", "–", "–"),
    ],
)
def test_points_have_two_places_rounded_half_up(value: object, vietnamese: str, english: str) -> None:
    assert format_points(value) == vietnamese  # type: ignore[arg-type]  # the cases are of every accepted type
    assert format_points(value, language="en-gb") == english  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("89.995"), "89,995"),
        (Decimal("89.9949"), "89,99"),
        (Decimal(90), "90,00"),
        (Fraction(90 * 10**6 - 1, 10**6), "89,999999"),
        (Decimal("49.996"), "49,996"),
        (Decimal("99.999"), "100,00"),
    ],
)
def test_rounding_never_shows_a_band_the_score_does_not_reach(value: Decimal | Fraction, shown: str) -> None:
    assert format_points(value, bounds=[Decimal(90), 70, "50"]) == shown


@given(st.fractions(min_value=0, max_value=100))
def test_a_shown_score_stands_on_its_own_side_of_every_bound(value: Fraction) -> None:
    shown = exact(format_points(value, bounds=[50, 70, 90]))
    assert [shown >= bound for bound in (50, 70, 90)] == [value >= bound for bound in (50, 70, 90)]


def test_quantities_lose_their_needless_zeros_only() -> None:
    shown = [
        format_quantity(value) for value in ("1.50", "12.00", "100", Decimal("0.0500"), Fraction(1, 3), None)
    ]
    assert shown == ["1,5", "12", "100", "0,05", "0,3333", "–"]
    assert format_quantity("1200.50", language="en") == "1200.5"


def test_a_ratio_of_one_is_the_whole() -> None:
    assert [format_percent(value) for value in (Decimal("0.9375"), 1, 0, Fraction(2, 3), None)] == [
        "93,75%",
        "100%",
        "0%",
        "66,67%",
        "–",
    ]
    assert format_percent("0.9375", language="en") == "93.75%"


def test_counts_keep_their_thousands_apart() -> None:
    assert [
        format_count(70_000),
        format_count(70_000, language="en"),
        format_count(999),
        format_count(None),
    ] == [
        "70.000",
        "70,000",
        "999",
        "–",
    ]


def test_a_day_and_a_moment_are_those_of_viet_nam() -> None:
    late = datetime(2026, 7, 31, 17, 5, tzinfo=UTC)
    assert (format_day(late), format_moment(late)) == ("01/08/2026", "01/08/2026 00:05")
    assert (format_day(date(2026, 7, 1)), format_day(None)) == ("01/07/2026", "–")
    assert (
        format_moment(datetime(2026, 7, 1, 8, 3, tzinfo=UTC).replace(tzinfo=None)),
        format_moment(None),
    ) == ("01/07/2026 08:03", "–")


@pytest.mark.parametrize(
    ("typed", "value"), [("4,5", "4.5"), (" 4.25 ", "4.25"), ("5", "5"), ("0,0625", "0.0625")]
)
def test_a_comma_and_a_point_are_both_read(typed: str, value: str) -> None:
    assert read_decimal(typed) == Decimal(value)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1.234,5",
        "1,234.5",
        "-1",
        "+1",
        "1e3",
        "NaN",
        "4,5 điểm",
        "٤",
        "4,",
        ",5",
        "1234567",
        "1,23456",
        "4\n5",
    ],
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="is not a number of this form: 4,5"):
        read_decimal(typed)


def test_an_amount_has_more_digits_and_no_more_decimals() -> None:
    assert read_decimal("1250000,5", digits=DIGITS_OF_AMOUNT) == Decimal("1250000.5")
    assert read_decimal("9" * 15, digits=DIGITS_OF_AMOUNT) == Decimal("9" * 15)
    for typed in ("9" * 16, "1.250.000", "1250000,55555"):
        with pytest.raises(ValueError, match="is not a number of this form: 4,5"):
            read_decimal(typed, digits=DIGITS_OF_AMOUNT)


@pytest.mark.parametrize(
    ("typed", "whole", "decimal"),
    [
        ("1.000", "1000", "1"),
        ("1,000", "1000", "1"),
        ("12.500", "12500", "12,5"),
        (" 1,125 ", "1125", "1,1250"),
        ("1234.567", "1234567", "1234,5670"),
        ("010.125", "10125", "10,1250"),
    ],
)
def test_what_may_be_a_thousand_is_refused_with_both_ways_to_write_it(
    typed: str, whole: str, decimal: str
) -> None:
    with pytest.raises(TwoReadings) as raised:
        read_decimal(typed)
    assert (raised.value.text, raised.value.whole, raised.value.decimal("vi")) == (
        typed.strip(),
        whole,
        decimal,
    )
    assert raised.value.decimal("en") == decimal.replace(",", ".")


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("00,500", "0.5"),
        ("1,1250", "1.125"),
        ("1000", "1000"),
        ("1,00", "1"),
    ],
)
def test_what_can_be_read_in_one_way_only_is_read(typed: str, value: str) -> None:
    assert read_decimal(typed) == Decimal(value)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "value", ["1.125", "12.5", "0.125", "1000", "999999", "4.0625", "10.250", "100000.001", "0"]
)
def test_what_a_field_shows_is_read_again_as_the_same_number(value: str, language: str) -> None:
    shown = format_typed(Decimal(value), language=language)
    assert read_decimal(shown) == Decimal(value)


def test_a_field_shows_a_fourth_decimal_only_where_three_may_be_a_thousand() -> None:
    shown = [format_typed(Decimal(value)) for value in ("1.125", "0.125", "1.5", "12.000")]
    assert (shown, format_typed(None)) == (["1,1250", "0,125", "1,5", "12"], "")


@pytest.mark.parametrize("value", ["nhiều", "NaN", "Infinity", Decimal("NaN"), "1.234,5"])
def test_what_is_no_number_is_never_shown_as_one(value: str | Decimal) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        format_points(value)
