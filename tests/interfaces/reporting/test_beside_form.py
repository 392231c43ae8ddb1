"""What a set has and Form 01 has no line for stands in its annex, in points."""

from decimal import Decimal
from typing import Any

import pytest

from criteria_pages.domain.publishing import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.foundation.engine import CardInputs, TaskInput, compile_set
from kpi_cms.interfaces.reporting.beside_form import (
    beside_the_form,
    points_of,
    ratio_code,
    results_formula,
)
from tests.factories.authored import bands, fields, of_kind, part, section
from tests.helpers.world import staff_spec

pytestmark = pytest.mark.django_db


def compiled(*results: dict[str, Any]) -> Any:
    """A set of a common part, these results of ten points each, and a part of bonus points."""
    most = str(10 * len(results))
    parts = [
        part("common", "10", section("S", "10", of_kind("number", "n"))),
        part("results", most, section("R", most, *results)),
        part("bonus", "10", section("T", "10", of_kind("bonus", "t"))),
    ]
    values = fields(
        "PHU-LUC", parts, total_max=Decimal(20 + 10 * len(results)), bands=bands(("dat", "5"), ("yeu", "0"))
    )
    return compile_set(specification_of(CriteriaSetPage(**values)))


def test_further_parts_and_results_that_are_no_ratio_are_said_in_points() -> None:
    made = compiled(of_kind("task_ratio", "q"), of_kind("indicator", "k"))
    keys = {criterion.code: criterion.key for criterion in made.criteria}
    outcome = made.score(
        CardInputs(
            entered={keys["n"]: Decimal(8)},
            details={keys["k"]: {"actual": 16}, keys["t"]: {"1": 2}},
            tasks=[TaskInput(Decimal(1), Decimal(4), Decimal(2))],
        )
    )

    assert list(beside_the_form(made, outcome)) == [
        "Phần bonus: 4 of 10 points.",
        "k. Tiêu chí k: 7.5.",
        "t. Tiêu chí t: 4.",
    ]
    assert points_of(made.criterion_by_code("q"), outcome.values["q"]) == 5
    assert points_of(made.criterion_by_code("n"), outcome.values["n"]) == 8
    assert points_of(made.criterion_by_code("n"), None) is None
    # The form's ratio b is this set's q, whatever its code; it has no a.
    assert (ratio_code(made, "quality"), ratio_code(made, "quantity")) == ("q", "")


def test_points_taken_off_are_said_so_and_what_did_not_arise_is_named() -> None:
    parts = [
        part("common", "10", section("S", "10", of_kind("number", "n", may_not_apply=True, maximum="5"),
                                     of_kind("number", "m", maximum="5"), of_kind("penalty", "p"))),
        part("deductions", "10", section("T", "10", of_kind("penalty", "t"))),
    ]  # fmt: skip
    values = fields(
        "TRU", parts, total_kind="formula", total_expression="common - deductions", total_max=Decimal(10),
        bands=bands(("dat", "5"), ("yeu", "0")),
    )  # fmt: skip
    made = compile_set(specification_of(CriteriaSetPage(**values)))
    keys = {criterion.code: criterion.key for criterion in made.criteria}
    outcome = made.score(
        CardInputs({keys["n"]: "n/a", keys["m"]: "5"}, details={keys["p"]: {"1": 1}, keys["t"]: {"1": 2}})
    )

    assert outcome.total == 4
    assert list(beside_the_form(made, outcome)) == [
        "Phần deductions: 4 points taken off, of at most 10.",
        "Did not arise, or nothing was assigned, so the others count for it: n.",
        "t. Tiêu chí t: -4.",
    ]
    assert points_of(made.criterion_by_code("p"), outcome.values["p"]) == -2


def test_what_waits_is_a_dash_and_not_nothing() -> None:
    made = compiled(of_kind("indicator", "k"))

    lines = list(beside_the_form(made, made.score(CardInputs(entered={}))))

    assert lines == ["Phần bonus: 0 of 10 points.", "k. Tiêu chí k: –.", "t. Tiêu chí t: 0."]


def test_the_share_is_written_by_the_sets_own_formula() -> None:
    """The decree's sets leave it to the form; nobody reads the decree's mean under a set that computes another."""
    own = staff_spec(law="")
    assert results_formula(compile_set(staff_spec())) == ""
    assert results_formula(compile_set(own)) == "(a + b + c) / 3"
    own["sections"][-1]["combination"] |= {"expression": "(2 * a + b + c) / 4 * 35 + 35 * c"}
    assert results_formula(compile_set(own)) == "((2 * a + b + c) / 4 * 35 + 35 * c) / 70"
    assert results_formula(compiled(of_kind("task_ratio", "q"))) == "(Phần results) / 10"
