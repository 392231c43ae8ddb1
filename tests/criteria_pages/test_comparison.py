"""Two specifications compared by the stable keys of their blocks."""

from collections.abc import Callable
from typing import Any

import pytest

from criteria_pages.demonstration import ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.comparison import Change, differences
from criteria_pages.domain.publishing import specification_of
from criteria_pages.domain.wording import Piece
from criteria_pages.enums import Difference
from criteria_pages.models import CriteriaSetPage
from tests.factories.criteria_pages import parts_with
from tests.factories.specifications import everything

pytestmark = pytest.mark.django_db


def spec(**by_code: dict[str, Any]) -> dict[str, Any]:
    page = draft_of(ND335_NV)
    page.parts = parts_with(**by_code)
    return specification_of(page)


def brief(changes: list[Change]) -> list[tuple[Difference, str]]:
    return [(change.kind, change.code) for change in changes]


def detailed(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, old and new value of every detail, in English."""
    found = differences(before, after)
    return [(detail.name, detail.old, detail.new) for change in found for detail in change.details]


def test_the_same_set_differs_in_nothing() -> None:
    assert differences(spec(), spec()) == []
    assert differences(everything(), everything()) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"I_1": {"label": "Khác"}}, [(Difference.REWORDED, "I.1")]),
        ({"I_1": {"guidance": []}}, [(Difference.REWORDED, "I.1")]),
        ({"I_1": {"step": "0.5"}}, [(Difference.SCORING, "I.1")]),
        ({"I_1": {"weight": "12.5"}}, [(Difference.POINTS, "I.1")]),
        ({"KQ": {"expression": "(a+b+c)/3*70"}}, [(Difference.SCORING, "KQ")]),
        ({"common": {"maximum": "29"}}, [(Difference.POINTS, "common")]),
        (
            {"I_2": {"label": "Khác", "maximum": "4"}},
            [(Difference.REWORDED, "I.2"), (Difference.POINTS, "I.2")],
        ),
    ],
)
def test_a_change_is_named_by_its_kind(
    changes: dict[str, dict[str, Any]], found: list[tuple[Difference, str]]
) -> None:
    assert brief(differences(spec(), spec(**changes))) == found


def test_points_are_told_once_and_as_they_are_read() -> None:
    assert detailed(spec(), spec(I_1={"maximum": "4.5"})) == [("Maximum", "5", "4.5")]


def test_a_new_wording_is_shown_word_by_word() -> None:
    (change,) = differences(
        spec(I_1={"label": "Phẩm chất chính trị, đạo đức"}),
        spec(I_1={"label": "Phẩm chất đạo đức, lối sống"}),
    )

    assert change.details[0].pieces == [
        Piece("same", "Phẩm chất "),
        Piece("removed", "chính trị, "),
        Piece("same", "đạo đức"),
        Piece("added", ", lối sống"),
    ]


def test_a_wording_too_long_to_compare_is_shown_whole() -> None:
    long = "từ " * 2000
    (change,) = differences(spec(I_1={"label": long}), spec(I_1={"label": "ngắn"}))

    assert change.details[0].pieces == [Piece("removed", long.strip()), Piece("added", "ngắn")]


def test_words_that_went_together_are_struck_through_together() -> None:
    (change,) = differences(
        spec(I_1={"label": "Nêu gương tốt"}), spec(I_1={"label": "Nêu cao tinh thần tốt"})
    )

    assert change.details[0].pieces == [
        Piece("same", "Nêu "),
        Piece("removed", "gương"),
        Piece("added", "cao tinh thần"),
        Piece("same", " tốt"),
    ]


def test_another_wording_altogether_is_not_picked_apart() -> None:
    (change,) = differences(
        spec(I_1={"label": "Học và làm"}), spec(I_1={"label": "Kỷ luật, kỷ cương, giờ giấc"})
    )

    assert [piece.kind for piece in change.details[0].pieces] == ["removed", "added"]


def test_a_wording_that_is_new_altogether_has_nothing_to_compare() -> None:
    (change,) = differences(spec(I_1={"citation": ""}), spec(I_1={"citation": "Điều 3"}))

    assert change.details[0].pieces == []
    assert (change.details[0].old, change.details[0].new) == ("–", "Điều 3")


def test_added_and_removed_are_told_apart_from_moved() -> None:
    before, after = spec(), spec()
    taken = after["sections"][0]["criteria"].pop(0)
    after["sections"][1]["criteria"].append(taken)
    gone = after["sections"][2]["criteria"].pop()
    after["sections"][2]["criteria"].append(gone | {"key": "moi", "code": "III.5"})
    changes = differences(before, after)

    assert brief(changes) == [
        (Difference.MOVED, "I.1"),
        (Difference.ADDED, "III.5"),
        (Difference.REMOVED, "III.4"),
    ]
    (place,) = changes[0].details
    assert place.name == "Place"
    assert place.old.startswith("I · ")
    assert place.new.startswith("II · ")


def test_of_another_order_the_fewest_that_can_have_moved_are_named() -> None:
    after = spec()
    criteria = after["sections"][1]["criteria"]
    criteria.append(criteria.pop(0))

    assert brief(differences(spec(), after)) == [(Difference.MOVED, "II.1")]


def test_a_section_stays_in_its_part_when_the_part_has_a_new_code() -> None:
    after = spec()
    after["parts"][0]["code"] = "chung"
    for section in after["sections"]:
        section["part"] = section["part"].replace("common", "chung")

    assert brief(differences(spec(), after)) == [(Difference.REWORDED, "chung")]


def test_rules_of_the_whole_set_are_one_difference() -> None:
    page: CriteriaSetPage = draft_of(ND335_NV)
    page.means_of = "exact"

    changes = differences(spec(), specification_of(page))

    assert brief(changes) == [(Difference.RULES, "")]
    assert [(detail.name, detail.old, detail.new) for detail in changes[0].details] == [
        ("quarter and year are the mean of", "Published months, at two places", "Exact months")
    ]


def test_an_open_point_that_goes_back_to_its_default_is_a_difference_too() -> None:
    page: CriteriaSetPage = draft_of(ND335_NV)
    page.nothing_assigned = "zero"

    assert brief(differences(specification_of(page), spec())) == [(Difference.RULES, "")]


def test_a_setting_that_a_version_does_not_have_is_the_default_it_computes_with() -> None:
    after = spec()
    after["settings"]["band_from"] = "exact"
    after["settings"]["managed_kinds"] = ["cong_chuc"]

    assert differences(spec(), after) == []


def test_two_sets_share_no_block() -> None:
    changes = differences(spec(), specification_of(draft_of(ND335_LD)))

    assert {change.kind for change in changes} == {Difference.ADDED, Difference.REMOVED, Difference.RULES}


@pytest.mark.parametrize(
    ("code", "edit", "found"),
    [
        (
            "chon",
            lambda kind: kind["options"][0].update(label="Đạt cả"),
            [("Values: 100: Wording", "Đạt đủ", "Đạt cả")],
        ),
        ("chon", lambda kind: kind["options"][1].update(value="60"), [("Values: 60: Value", "50", "60")]),
        (
            "chon",
            lambda kind: kind["options"].append({"value": "0", "label": "Không", "grounds_required": True}),
            [("Values: 0", "–", "Value: 0; Wording: Không; Grounds must be given: Yes")],
        ),
        (
            "chon",
            lambda kind: kind["options"].pop(),
            [("Values: 50", "Grounds must be given: Yes; Wording: Đạt một nửa; Value: 50", "–")],
        ),
        ("chon", lambda kind: kind["options"].reverse(), [("Values: Order", "100, 50", "50, 100")]),
        ("chon", lambda kind: kind.update(unit="points"), [("Values are", "Per cent", "Points")]),
        ("tru", lambda kind: kind["items"][0].pop("limit"), [("Items: t1: Counted at most", "3", "–")]),
        (
            "viec",
            lambda kind: kind["time"]["late"].pop(),
            [("Time: Days late: 5", "Days: 5; Value: 0.5", "–")],
        ),
        (
            "viec",
            lambda kind: kind["coefficients"][0]["values"][0].update(value="2"),
            [("Coefficients: difficulty: Values: kho: Value", "1.5", "2")],
        ),
        (
            "viec",
            lambda kind: kind["normalise"].update(to="possible"),
            [("What makes the maximum: To", "A number of points", "What the same tasks could give")],
        ),
        (
            "diem",
            lambda kind: (kind.clear(), kind.update(type="levels", max="5", levels=[])),
            [("How it is scored", "Points", "Levels")],
        ),
    ],
)
def test_what_is_inside_a_criterion_is_told_by_its_name(
    code: str, edit: Callable[[dict[str, Any]], Any], found: list[tuple[str, str, str]]
) -> None:
    after = everything()
    (node,) = [item for part in after["sections"] for item in part["criteria"] if item["code"] == code]
    edit(node["kind"])

    assert detailed(everything(), after) == found


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (
            lambda spec: spec["bands"][0].update({"from": "88"}),
            (Difference.POINTS, "From, points", "90", "88"),
        ),
        (
            lambda spec: spec["gates"][0].update(effect="limit"),
            (Difference.SCORING, "Effect", "The band is", "The band is at most"),
        ),
        (
            lambda spec: spec["gates"][0].update(reason="Khác"),
            (Difference.REWORDED, "Reason", "Bị kỷ luật trong kỳ", "Khác"),
        ),
        (
            lambda spec: spec["stages"][3].update(optional=False),
            (Difference.SCORING, "May be left out", "Yes", "No"),
        ),
        (
            lambda spec: spec["stages"][3].update(blind_to=["self", "collective"]),
            (Difference.SCORING, "Does not see yet", "The person", "The person, A group or collective"),
        ),
        (
            lambda spec: spec["stages"][2].pop("who"),
            (Difference.SCORING, "Which person", "The superior: the head of the using agency", "–"),
        ),
        (lambda spec: spec["quotas"][0].update(share="0.25"), (Difference.POINTS, "Share", "0.2", "0.25")),
        (
            lambda spec: spec["raters"][0].update(stage="self"),
            (Difference.SCORING, "Stage", "evaluator", "self"),
        ),
        (
            lambda spec: spec["aggregation"][1].update(how="last"),
            (Difference.SCORING, "How", "Mean by the time worked", "The last one"),
        ),
        (
            lambda spec: spec["facts"][0].update(label="Kỷ luật"),
            (Difference.REWORDED, "Wording", "Bị kỷ luật", "Kỷ luật"),
        ),
        (
            lambda spec: spec["rounding"].update(mode="down"),
            (Difference.RULES, "Rounding", "Always up", "Always down"),
        ),
        (
            lambda spec: spec["total"].update(kind="sum"),
            (Difference.RULES, "Total", "Formula", "Sum of the parts"),
        ),
        (
            lambda spec: spec["citations"].update(band=""),
            (Difference.RULES, "Clause: Point bands", "Điều 5", "–"),
        ),
        (
            lambda spec: spec["applicability"].update(leader=False),
            (Difference.RULES, "Posts of leadership", "Yes", "No"),
        ),
        (
            lambda spec: spec["applicability"].update(blocks=["party", "mass"]),
            (Difference.RULES, "Blocks", "Party bodies", "Party bodies, Socio-political organisations"),
        ),
        (
            lambda spec: spec["applicability"].update(units=["A", "B"]),
            (Difference.RULES, "Units", "A", "A, B"),
        ),
        (
            lambda spec: spec["applicability"].pop("units"),
            (Difference.RULES, "Units", "A", "–"),
        ),
        (
            lambda spec: spec.update(band_value="Hệ số khác"),
            (Difference.RULES, "What a band stands for", "Hệ số thu nhập tăng thêm", "Hệ số khác"),
        ),
        (
            lambda spec: spec["applicability"].update(job_positions=["VT-01", "VT-02"]),
            (Difference.RULES, "Job positions", "VT-01", "VT-01, VT-02"),
        ),
        (
            lambda spec: spec["applicability"].pop("precedence"),
            (Difference.RULES, "Takes precedence", "Yes", "–"),
        ),
        (lambda spec: spec.update(frame="state"), (Difference.RULES, "Frame", "Party frame", "State frame")),
        (
            lambda spec: spec["sections"][1]["combination"].update(kind="sum"),
            (
                Difference.SCORING,
                "Points of the section",
                "Sum of the criteria, capped",
                "Sum of the criteria",
            ),
        ),
    ],
)
def test_every_other_construct_is_compared_too(
    edit: Callable[[dict[str, Any]], Any], found: tuple[Difference, str, str, str]
) -> None:
    after = everything()
    edit(after)
    (change,) = differences(everything(), after)
    (detail,) = change.details

    assert (change.kind, detail.name, detail.old, detail.new) == found


def test_two_bands_of_one_code_in_a_draft_end_in_no_error() -> None:
    after = everything()
    for band in after["bands"]:
        band["code"] = ""

    assert brief(differences(everything(), after))[:1] == [(Difference.ADDED, "")]
