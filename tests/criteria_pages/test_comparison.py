"""Two specifications compared by the stable keys of their blocks."""

from typing import Any

import pytest

from criteria_pages.demonstration import ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.comparison import Change, differences
from criteria_pages.domain.publishing import specification_of
from criteria_pages.enums import Difference
from criteria_pages.models import CriteriaSetPage
from tests.factories.criteria_pages import parts_with


def spec(**by_code: dict[str, Any]) -> dict[str, Any]:
    page = draft_of(ND335_NV)
    page.parts = parts_with(**by_code)
    return specification_of(page)


def brief(changes: list[Change]) -> list[tuple[Difference, str]]:
    return [(change.kind, change.code) for change in changes]


def test_the_same_set_differs_in_nothing() -> None:
    assert differences(spec(), spec()) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"I_1": {"label": "Khác"}}, [(Difference.REWORDED, "I.1")]),
        ({"I_1": {"guidance": []}}, [(Difference.REWORDED, "I.1")]),
        ({"I_1": {"step": "0.5"}}, [(Difference.SCORING, "I.1")]),
        ({"KQ": {"expression": "(a+b+c)/3*70"}}, [(Difference.SCORING, "KQ")]),
        ({"common": {"maximum": "29"}}, [(Difference.SCORING, "common")]),
        (
            {"I_2": {"label": "Khác", "maximum": "4"}},
            [(Difference.REWORDED, "I.2"), (Difference.SCORING, "I.2")],
        ),
    ],
)
def test_a_change_is_named_by_its_kind(
    changes: dict[str, dict[str, Any]], found: list[tuple[Difference, str]]
) -> None:
    assert brief(differences(spec(), spec(**changes))) == found


def test_the_former_wording_is_kept() -> None:
    change = differences(spec(), spec(I_1={"label": "Khác"}))[0]

    assert (change.label, change.before) == (
        "Khác",
        "Phẩm chất chính trị, phẩm chất đạo đức, văn hóa thực thi công vụ",
    )


def test_added_and_removed_are_told_apart_from_moved() -> None:
    before, after = spec(), spec()
    taken = after["sections"][0]["criteria"].pop(0)
    after["sections"][1]["criteria"].append(taken)
    gone = after["sections"][2]["criteria"].pop()
    after["sections"][2]["criteria"].append(gone | {"key": "moi", "code": "III.5"})

    assert brief(differences(before, after)) == [
        (Difference.MOVED, "I.1"),
        (Difference.ADDED, "III.5"),
        (Difference.REMOVED, "III.4"),
    ]


def test_another_order_is_a_move() -> None:
    after = spec()
    after["sections"][1]["criteria"].reverse()

    assert brief(differences(spec(), after)) == [(Difference.MOVED, "II")]


def test_rules_of_the_whole_set_are_one_difference() -> None:
    page: CriteriaSetPage = draft_of(ND335_NV)
    page.means_of = "exact"

    assert brief(differences(spec(), specification_of(page))) == [(Difference.RULES, "")]


def test_an_open_point_that_goes_back_to_its_default_is_a_difference_too() -> None:
    page: CriteriaSetPage = draft_of(ND335_NV)
    page.nothing_assigned = "zero"

    assert brief(differences(specification_of(page), spec())) == [(Difference.RULES, "")]


def test_two_sets_share_no_block() -> None:
    changes = differences(spec(), specification_of(draft_of(ND335_LD)))

    assert {change.kind for change in changes} == {Difference.ADDED, Difference.REMOVED, Difference.RULES}
