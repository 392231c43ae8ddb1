"""Formulas: exact, bounded, closed, and wrong ones point at the character."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import FormulaError, formulas

VALUES = {
    "a": Fraction(1),
    "b": Fraction(7, 8),
    "c": Fraction(15, 16),
    "đ": Fraction(1, 2),
    "I.1": Fraction(5),
    "1.10": Fraction(3),
    "điểm_chung": Fraction(30),
}


def value(text):
    return formulas.evaluate(formulas.parse(text), VALUES.__getitem__)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("(a + b + c) / 3 * 70", Fraction("65.625")),
        ("2 + 3 * 4 - 6 / 4", Fraction("12.5")),
        ("8 - 3 - 2", Fraction(3)),
        ("16 / 4 / 2", Fraction(2)),
        ("-a + 2", Fraction(1)),
        ("--a", Fraction(1)),
        ("-2 * -3", Fraction(6)),
        ("0.1 + 0.2", Fraction("0.3")),
        ("SUM(a; b, c)", Fraction(45, 16)),
        ("sum(a)", Fraction(1)),
        ("Min(a; b; c)", Fraction(7, 8)),
        ("MAX(a; b; c)", Fraction(1)),
        ("AVERAGE(a; b; c)", Fraction(15, 16)),
        ("ROUND(2.345; 2)", Fraction("2.35")),
        ("ROUND(-2.345; 2)", Fraction("-2.35")),
        ("ROUND(2.5; 0)", Fraction(3)),
        ("IF(a > b; 1; 2)", Fraction(1)),
        ("IF(a < b; 1; 2)", Fraction(2)),
        ("IF(a = 1; 1; 2)", Fraction(1)),
        ("IF(a <> 1; 1; 2)", Fraction(2)),
        ("IF(a <= 1; 1; 2)", Fraction(1)),
        ("IF(b >= 0.875; 1; 2)", Fraction(1)),
        ("IF(AND(a = 1; b > 1); 1; 2)", Fraction(2)),
        ("IF(OR(a = 1; b > 1); 1; 2)", Fraction(1)),
        ("IF(AND(OR(a = 2; a = 1); b < 1); 1; 2)", Fraction(1)),
        ("IF(đ = 0; 0; a / đ)", Fraction(2)),
        ("IF(a = 1; 5; 1 / (a - 1))", Fraction(5)),
        ("I.1 + [1.10] + [ I.1 ]", Fraction(13)),
        ("điểm_chung / 2", Fraction(15)),
        ("điểm_chung", Fraction(30)),
        ("\t a\n+\u00a0b ", Fraction(15, 8)),
    ],
)
def test_a_formula_gives_its_exact_value(text, result):
    assert value(text) == result


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("", 0, "The formula ends too early, at character 1: complete it."),
        ("a +", 3, "The formula ends too early, at character 4: complete it."),
        ("(a + b", 6, "The formula ends too early, at character 7: complete it."),
        ("a b", 2, "“b” at character 3 is not expected here: check what stands before it."),
        ("a + * b", 4, "“*” at character 5 is not expected here: check what stands before it."),
        ("a)", 1, "“)” at character 2 is not expected here: check what stands before it."),
        ("SUM(a", 5, "The formula ends too early, at character 6: complete it."),
        ("SUM(a b)", 6, "“b” at character 7 is not expected here: check what stands before it."),
        ("SUM()", 4, "“)” at character 5 is not expected here: check what stands before it."),
        ("IF(a < b < c; 1; 2)", 9, "“<” at character 10 is not expected here: check what stands before it."),
        ("1,5", 1, "“,” at character 2 stands outside a function: write decimals with a point, like 2.5."),
        ("(1,5)", 2, "“,” at character 3 is not expected here: check what stands before it."),
        ("1.2.3", 0, "“1.2.3” at character 1 is not a number: write it like 2.5."),
        ("a + 1.", 4, "“1.” at character 5 is not a number: write it like 2.5."),
        ("1234567890.123456", 0, "The number at character 1 has more than 15 digits: shorten it."),
        ("a $ b", 2, "The sign “$” at character 3 has no meaning in a formula: remove it."),
        ("__import__('os')", 11, "The sign “'” at character 12 has no meaning in a formula: remove it."),
        ("a ** b", 3, "“*” at character 4 is not expected here: check what stands before it."),
        ("[a", 0, "The bracket [ at character 1 is never closed: add a ]."),
        ("a > b", 2, "A number is needed at character 3, not a comparison: put it into IF."),
        ("AND(a > b)", 0, "A number is needed at character 1, not a comparison: put it into IF."),
        ("1 + (a > b)", 7, "A number is needed at character 8, not a comparison: put it into IF."),
        ("-(a > b)", 4, "A number is needed at character 5, not a comparison: put it into IF."),
        ("(a > b) * 2", 3, "A number is needed at character 4, not a comparison: put it into IF."),
        ("SUM(a > b)", 6, "A number is needed at character 7, not a comparison: put it into IF."),
        ("IF(a > b; a > b; 2)", 12, "A number is needed at character 13, not a comparison: put it into IF."),
        ("IF(a; 1; 2)", 3, "A comparison is needed at character 4, such as a >= 0.5: write one."),
        ("IF(SUM(a); 1; 2)", 3, "A comparison is needed at character 4, such as a >= 0.5: write one."),
        ("IF(a + b; 1; 2)", 5, "A comparison is needed at character 6, such as a >= 0.5: write one."),
        ("IF(OR(a; b > 1); 1; 2)", 6, "A comparison is needed at character 7, such as a >= 0.5: write one."),
        ("IF(a > b; 1)", 0, "IF at character 1 takes 3 values, not 2: correct it."),
        ("2 * round(a)", 4, "round at character 5 takes 2 values, not 1: correct it."),
        ("ROUND(a; b)", 9, "ROUND at character 10 needs a whole number of places from 0 to 9."),
        ("ROUND(a; 1.5)", 9, "ROUND at character 10 needs a whole number of places from 0 to 9."),
        ("ROUND(a; 10)", 9, "ROUND at character 10 needs a whole number of places from 0 to 9."),
        ("eval(a)", 0, "There is no function “eval” (character 1): "),
        ("a / 0", 2, "The division at character 3 is by zero: guard it with IF."),
        ("a / (b - b)", 2, "The division at character 3 is by zero: guard it with IF."),
    ],
)
def test_a_formula_that_cannot_be_read_points_at_the_character(text, position, sentence):
    with pytest.raises(FormulaError) as caught:
        formulas.parse(text)
    assert caught.value.position == position
    assert str(caught.value).startswith(sentence)
    assert caught.value.template % caught.value.params == str(caught.value)


def test_a_division_that_turns_out_to_be_by_zero_points_at_the_sign():
    tree = formulas.parse("b / (a - 1)")
    with pytest.raises(FormulaError) as caught:
        formulas.evaluate(tree, VALUES.__getitem__)
    assert caught.value.position == 2


def test_letters_may_come_decomposed():
    assert list(formulas.names(formulas.parse("Tie\u0302\u0301n"))) == [formulas.Name("Tiến", 0)]


def test_names_are_found_from_left_to_right():
    tree = formulas.parse("IF(a > 1; -b; MAX(c; 2))")
    assert [(name.code, name.position) for name in formulas.names(tree)] == [("a", 3), ("b", 11), ("c", 18)]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("1" + "+1" * 500, 1000),
        ("(" * 31 + "1" + ")" * 31, 30),
        ("-" * 31 + "1", 29),
        ("(a)+-a+" * 5 + "(" * 31 + "1" + ")" * 31, 65),
        ("+".join(["a"] * 151), 300),
    ],
)
def test_a_formula_has_bounds(text, position):
    with pytest.raises(FormulaError) as caught:
        formulas.parse(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "text",
    ["1" + "+1" * 149, "(" * 29 + "1" + ")" * 29, "-" * 29 + "1", "a" * 1000],
)
def test_a_formula_may_reach_its_bounds(text):
    formulas.parse(text)


@pytest.mark.parametrize(
    ("text", "constant", "coefficients"),
    [
        ("(a + b) / 2 * 70", 0, {"a": 35, "b": 35}),
        ("1 - -a * 3", 1, {"a": 3}),
        ("2 * a + a - 4", -4, {"a": 3}),
        ("AVERAGE(a; 4; b * 2)", Fraction(4, 3), {"a": Fraction(1, 3), "b": Fraction(2, 3)}),
        ("SUM(a; b)", 0, {"a": 1, "b": 1}),
        ("a * 2", 0, {"a": 2}),
        ("5", 5, {}),
    ],
)
def test_a_sum_of_multiples_is_recognised(text, constant, coefficients):
    form = formulas.linear(formulas.parse(text))
    assert form == formulas.LinearForm(Fraction(constant), coefficients)


@pytest.mark.parametrize(
    "text",
    [
        "a * b",
        "1 / a",
        "MIN(a; b)",
        "IF(a > b; a; b)",
        "-MAX(a; 1)",
        "1 + ROUND(a; 1)",
        "SUM(a; a * a)",
        "a * b + 1",
    ],
)
def test_what_is_no_sum_of_multiples_is_not_taken_for_one(text):
    assert formulas.linear(formulas.parse(text)) is None


def _texts(children):
    two = st.tuples(children, children)
    function = st.sampled_from(["SUM", "MIN", "MAX", "AVERAGE"])
    return (
        st.tuples(two, st.sampled_from("+-*")).map(lambda t: f"({t[0][0]} {t[1]} {t[0][1]})")
        | children.map(lambda text: f"(-{text})")
        | st.tuples(children, st.integers(1, 9)).map(lambda t: f"{t[0]} / {t[1]}")
        | st.tuples(function, st.lists(children, min_size=1, max_size=3)).map(
            lambda t: f"{t[0]}({'; '.join(t[1])})"
        )
        | st.tuples(two, two, st.sampled_from(["=", "<>", "<", ">="])).map(
            lambda t: f"IF({t[0][0]} {t[2]} {t[0][1]}; {t[1][0]}; {t[1][1]})"
        )
    )


NAMES = {"a": Fraction(1, 3), "b": Fraction(5, 2), "đ": Fraction(0)}
PYTHON = {
    "SUM": lambda *values: sum(values, Fraction(0)),
    "MIN": lambda *values: min(values),
    "MAX": lambda *values: max(values),
    "AVERAGE": lambda *values: sum(values, Fraction(0)) / len(values),
    "IF": lambda condition, then, otherwise: then if condition else otherwise,
}
texts = st.recursive(st.sampled_from(list(NAMES)) | st.integers(0, 99).map(str), _texts, max_leaves=8)


def _python(text):
    """The same formula for Python's own evaluator, over fractions."""
    text = text.replace(";", ",").replace("<>", "!=").replace(" = ", " == ")
    exact = re.sub(r"\d+", lambda match: f"Fraction({match[0]})", text)
    return eval(exact, {"__builtins__": {}, "Fraction": Fraction, **PYTHON, **NAMES})  # noqa: S307 - our own text


@given(texts)
def test_any_formula_gives_what_python_gives_over_fractions(text):
    tree = formulas.parse(text)
    assert formulas.evaluate(tree, NAMES.__getitem__) == _python(text)


@given(texts)
def test_a_formula_recognised_as_a_sum_of_multiples_has_the_same_value(text):
    tree = formulas.parse(text)
    form = formulas.linear(tree)
    if form is not None:
        total = form.constant + sum(factor * NAMES[code] for code, factor in form.coefficients.items())
        assert total == formulas.evaluate(tree, NAMES.__getitem__)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_position_inside_it(text):
    position = 0
    try:
        formulas.parse(text)
    except FormulaError as error:
        position = error.position
    assert 0 <= position <= len(text)


# --- What an author may not write, and an old set may have -------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        (
            "MIN(a; 0,5)", 8,
            ("“0,5” can be one number or two (the comma at character 9): write a decimal with a point, like 0.5, and "
            "“;” between two values."),
        ),
        (
            "a + MAX(1,25%; b)", 9,
            ("“1,25” can be one number or two (the comma at character 10): write a decimal with a point, like 0.5, "
            "and “;” between two values."),
        ),
        (
            "SUM(a; b, c)", 8,
            ("The formula separates values with “,” (at character 9) and with “;”: write “;” between values, and "
            "decimals with a point, like 0.5."),
        ),
    ],
)  # fmt: skip
def test_a_comma_that_can_be_read_in_two_ways_is_refused_to_authors(text, position, sentence):
    with pytest.raises(formulas.FormulaError) as raised:
        formulas.check_separators(text)
    assert (raised.value.position, str(raised.value)) == (position, sentence)


@pytest.mark.parametrize(
    "text",
    [
        "MIN(a; 0.5)",
        "MIN(a,0.5)",
        "SUM(1, 2,a1,2)",
        "MAX([a;b], 3)",
        "IF(a > 0.5; 1; 0)",
        "a +",
        "MIN(a; $0,5",
    ],
)
def test_one_sign_between_values_and_a_point_in_decimals_is_accepted(text):
    formulas.check_separators(text)


def test_what_an_old_set_says_is_still_read_as_it_was():
    assert value("MIN(b; 0,5)") == Fraction(0)
