"""Formulas as Excel writes them, formulas in order, and formulas that grow without end."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import FormulaError, formulas
from kpi_cms.foundation.engine.formula_excel import excel
from kpi_cms.foundation.engine.formula_graph import circles, in_order

CELLS = {"a": "B2", "b": "B3", "c": "B4", "I.1": "B5"}


def written(text):
    return excel(formulas.parse(text), CELLS.__getitem__)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("(a + b + c) / 3 * 70", "(B2+B3+B4)/3*70"),
        ("a - (b - c)", "B2-(B3-B4)"),
        ("a - b - c", "B2-B3-B4"),
        ("a / (b * c)", "B2/(B3*B4)"),
        ("a * (b + 1)", "B2*(B3+1)"),
        ("a * b + c", "B2*B3+B4"),
        ("-a * 2", "(-B2)*2"),
        ("-(a + 1)", "(-(B2+1))"),
        ("[I.1] + 0.05", "B5+0.05"),
        ("I.1 * 12.50", "B5*12.5"),
        ("100 * 90%", "100*0.9"),
        ("12.5% + 1000", "0.125+1000"),
        ("sum(a; b, c)", "SUM(B2,B3,B4)"),
        ("AVERAGE(a;b)", "AVERAGE(B2,B3)"),
        ("ROUND(a / 3; 2)", "ROUND(ROUND(B2/3,9),2)"),
        ("RoundUp(2.25; 1)", "ROUNDUP(2.25,1)"),
        ("IF(a >= 0.5; b; 0)", "IF(ROUND(B2,9)>=0.5,B3,0)"),
        ("IF(a <> b; 1; 2)", "IF(ROUND(B2,9)<>ROUND(B3,9),1,2)"),
        ("IF(AND(a > 1; b < 2; c = 3); 1; 0)", "IF(AND(ROUND(B2,9)>1,ROUND(B3,9)<2,ROUND(B4,9)=3),1,0)"),
        ("IF(OR(a / 2 > 1; b > 1); 1; 0)", "IF(OR(ROUND(B2/2,9)>1,ROUND(B3,9)>1),1,0)"),
        ("IF(AND(a > 0; 1 / a > 2); 1; 0)", "IF(IF(ROUND(B2,9)>0,ROUND(1/B2,9)>2,FALSE),1,0)"),
        ("IF(OR(a = 0; -SUM(1 / a; 1) > 2); 1; 0)",
         "IF(IF(ROUND(B2,9)=0,TRUE,ROUND((-SUM(1/B2,1)),9)>2),1,0)"),
        ("IF(OR(a = 0; b > 0; 1 > c / a); 1; 0)",
         "IF(IF(ROUND(B2,9)=0,TRUE,IF(ROUND(B3,9)>0,TRUE,1>ROUND(B4/B2,9))),1,0)"),
        ("IF(AND(a > 0; b + 1 > 2 * c); 1; 0)", "IF(AND(ROUND(B2,9)>0,ROUND(B3+1,9)>ROUND(2*B4,9)),1,0)"),
        ("IF(AND(a > 0; (1 / a + 1) * 2 > 2); 1; 0)",
         "IF(IF(ROUND(B2,9)>0,ROUND((1/B2+1)*2,9)>2,FALSE),1,0)"),
    ],
)  # fmt: skip
def test_a_formula_is_written_as_excel_stores_it(text, wanted):
    assert written(text) == wanted


def test_a_formula_too_long_for_excel_is_refused():
    tree = formulas.parse("+".join(["a"] * 100))
    assert len(excel(tree, lambda code: "C" * 79)) == 7999
    with pytest.raises(FormulaError, match="longer in Excel than 8000 characters"):
        excel(tree, lambda code: "C" * 80)


names = st.sampled_from(sorted(CELLS))
texts = st.recursive(
    names.map(lambda code: f"[{code}]")
    | st.integers(0, 9).map(str)
    | st.sampled_from(["0.5", "2.25", "50%"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        st.tuples(st.sampled_from(["SUM", "MIN", "MAX", "AVERAGE"]), inner, inner).map(
            lambda part: f"{part[0]}({part[1]}; {part[2]})"
        ),
        inner.map(lambda text: f"-{text}"),
        st.tuples(inner, st.sampled_from(["ROUND", "ROUNDUP", "ROUNDDOWN"])).map(
            lambda part: f"{part[1]}({part[0]}; 2)"
        ),
        st.tuples(inner, st.sampled_from(["<", "<=", "=", "<>", ">", ">="]), inner, inner).map(
            lambda part: f"IF({part[0]} {part[1]} {part[2]}; {part[3]}; 1)"
        ),
    ),
    max_leaves=6,
)


@given(texts, st.fixed_dictionaries({code: st.integers(0, 12).map(Fraction) for code in CELLS}))
def test_what_excel_gets_means_the_same(text, values):
    """Read back by our own reader, with cells as names: the same number, or a division by zero in both."""
    try:
        tree = formulas.parse(text)
        wanted = formulas.evaluate(tree, values.__getitem__)
    except FormulaError:
        return
    again = formulas.parse(excel(tree, CELLS.__getitem__))
    of_cells = {cell: values[code] for code, cell in CELLS.items()}
    assert formulas.evaluate(again, of_cells.__getitem__) == wanted


def test_a_condition_stands_alone_where_one_is_wanted():
    tree = formulas.parse_condition("AND(a >= 50%; b < 2)")
    assert formulas.holds(tree, {"a": Fraction(1, 2), "b": Fraction(1)}.__getitem__)
    assert not formulas.holds(tree, {"a": Fraction(49, 100), "b": Fraction(1)}.__getitem__)
    assert excel(tree, CELLS.__getitem__) == "AND(ROUND(B2,9)>=0.5,ROUND(B3,9)<2)"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a + 1", "A comparison is needed at character 3, such as a >= 0.5: write one."),
        ("a > 1 2", "“2” at character 7 is not expected here: check what stands before it."),
        ("a > 1; 2", "“;” at character 6 stands outside a function: write decimals with a point, like 2.5."),
    ],
)
def test_a_condition_that_is_none_is_refused(text, sentence):
    with pytest.raises(FormulaError) as error:
        formulas.parse_condition(text)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("50%", Fraction(1, 2)),
        ("7.5 % * 200", Fraction(15)),
        ("ROUNDUP(2.341; 2)", Fraction("2.35")),
        ("ROUNDUP(2.34; 2)", Fraction("2.34")),
        ("ROUNDUP(-2.341; 2)", Fraction("-2.35")),
        ("ROUNDDOWN(2.349; 2)", Fraction("2.34")),
        ("ROUNDDOWN(-2.349; 2)", Fraction("-2.34")),
    ],
)
def test_percentages_and_roundings_are_excel_s(text, result):
    assert formulas.evaluate(formulas.parse(text), {}.__getitem__) == result


@pytest.mark.parametrize("text", ["%", "a%", "5%%"])
def test_a_percent_sign_follows_a_number(text):
    with pytest.raises(FormulaError, match="“%” at character"):
        formulas.parse(text)


def test_a_number_stops_growing():
    big = Fraction(2**4096)
    assert formulas.evaluate(formulas.parse("x * x / 2"), lambda _: Fraction(2**4095)) == 2**8189
    with pytest.raises(FormulaError, match="computed at character 3 is too large"):
        formulas.evaluate(formulas.parse("x * x"), lambda _: big)
    with pytest.raises(FormulaError, match="computed at character 7 is too large"):
        formulas.evaluate(formulas.parse("1 - 1 / x * 3"), lambda _: big * big)
    with pytest.raises(FormulaError, match="computed at character 1 is too large"):
        formulas.evaluate(formulas.parse("SUM(x; x)"), lambda _: Fraction(2**8191))


def test_formulas_are_put_into_order():
    uses = {"a": ["b", "x"], "b": ["c"], "c": [], "d": ["a", "b"], "e": []}
    assert in_order(uses) == ["c", "b", "a", "d", "e"]
    assert circles(uses) == []
    assert circles({**uses, "c": ["a"]}) == ["a", "b", "c"]
    assert circles({"a": ["a"], "b": ["a"]}) == ["a"]
    assert circles({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["b"]}) == ["b", "d"]
