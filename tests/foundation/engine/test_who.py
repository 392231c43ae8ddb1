"""Who acts at a stage, where a set says so itself: only where it can be, never where a total would wait for ever."""

import pytest

from kpi_cms.foundation.engine import check_specification, compile_set, digest, needed_version
from tests.foundation.engine import specs
from tests.foundation.engine.test_checking import DECIDING, blind, found, free

RATERS = [
    {"key": f"r-{stage}", "label": stage, "stage": stage, "weight": weight}
    for stage, weight in (("self", "25"), ("collective", "25"), ("evaluator", "50"))
]


def acting(spec=None, **who):
    """`who`: who acts at each stage; a collective scores after the person, the agency's head endorses."""
    spec = blind(free(spec))
    for stage in spec["stages"]:
        if stage["key"] in who:
            stage["who"] = who[stage["key"]]
    return spec


def test_the_direct_head_scores_before_the_head_of_the_agency_who_decides():
    spec = acting(collective="direct_head", evaluator="agency_head")
    assert found(spec) == []
    compiled = compile_set(spec)
    assert [compiled.who(stage) for stage in ("self", "collective", "evaluator", "none")] == [
        "", "direct_head", "agency_head", "",
    ]  # fmt: skip
    assert found(acting(evaluator="agency_head")) == []


@pytest.mark.parametrize(
    ("stage", "who", "name"),
    [
        ("self", "direct_head", "Cá nhân tự chấm"),
        ("evaluator", "direct_head", DECIDING),
        ("collective", "agency_head", "Tập thể"),
        ("endorsement", "agency_head", "Xác nhận"),
    ],
)
def test_a_stage_is_given_to_nobody_who_could_not_act_there(stage, who, name):
    sentence = (
        f"“{name}” cannot be given to this person: the direct head scores at the stage of the collective, the head of "
        "the agency decides at the stage of the competent person. Choose as usual."
    )
    assert found(acting(**{stage: who})) == [("stage_who", "", sentence)]
    assert [problem.code for problem in check_specification(acting(evaluator="anybody"))] == ["field"]


def test_on_the_set_of_an_organisation_nobody_acts():
    spec = acting(evaluator="agency_head")
    spec["applicability"] = {"evaluates": "organisations", "period_kinds": ["year"]}
    assert "stage_who" in [code for code, _key, _sentence in found(spec)]


def test_under_the_decree_the_competent_person_is_who_the_decree_names():
    """The sentence cites the clause; the direct head beside them is not a second problem."""
    spec = acting(collective="direct_head", evaluator="agency_head") | {"law": "nd335"}
    sentence = (
        "Decree 335/2025 itself says who the competent person is: for staff of a constituent unit its head, not the "
        f"head of the agency (Đ10.1). Choose as usual for “{DECIDING}”."
    )
    assert found(spec) == [("stage_who_nd335", "", sentence)]
    assert check_specification(spec)[0].path == "stages[2]"


def test_a_direct_head_who_decides_anyway_is_no_stage_of_its_own():
    sentence = (
        "As usual the direct head is also the competent person, so “Tập thể” would be left out on every card: let the "
        "head of the agency decide at the stage of the competent person, or have a collective named by decision."
    )
    assert found(acting(collective="direct_head")) == [("stage_who_same", "", sentence)]


def test_what_not_everybody_is_given_has_no_weight():
    spec = acting(collective="direct_head", evaluator="agency_head") | {"raters": RATERS}
    sentence = (
        "Not everybody has a direct head beside whoever decides, and their results would never have a total: remove "
        "the weight of “collective”. What the direct head gives is shown to whoever decides."
    )
    assert found(spec) == [("rater_stage", "r-collective", sentence)]
    assert found(acting(evaluator="agency_head") | {"raters": RATERS}) == []


def test_a_set_that_says_nothing_keeps_its_version_and_its_digest():
    spec = specs.staff()
    before = digest(spec)
    assert (needed_version(spec), before) == (1, digest(specs.staff()))
    spec["stages"][1]["who"] = "agency_head"
    assert needed_version(spec) == 2
    assert digest(spec) != before
