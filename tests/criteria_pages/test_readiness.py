"""What its author reads of a set that decides no card, that would be misread, or that is not applied whole."""

from typing import Any

import pytest
from wagtail.blocks import StreamBlockValidationError, StructBlockValidationError

from criteria_pages.domain.publishing import check, check_sound
from criteria_pages.domain.readiness import to_know
from criteria_pages.forms import errors_of
from criteria_pages.models import CriteriaSetPage
from tests.factories.authored import block_of_rule, of_kind, one_kind, part, section

pytestmark = pytest.mark.django_db


def page_of(values: dict[str, Any]) -> CriteriaSetPage:
    return CriteriaSetPage(live=False, **values)


# --- Who decides ------------------------------------------------------------------------------------------------
def stages_of(*names: str, decides: str) -> list[dict[str, Any]]:
    return [
        block_of_rule(
            "stage",
            {"name": name, "label": f"Bước {name}", "decides": name == decides, "optional": False},
            name,
        )
        for name in names
    ]


@pytest.mark.parametrize(
    ("names", "decides"),
    [
        (("self", "collective"), "collective"),
        (("self", "collective", "evaluator"), "collective"),
        (("self", "evaluator", "endorsement"), "endorsement"),
    ],
)
def test_a_set_that_another_than_the_competent_person_decides_stays_a_draft(
    names: tuple[str, ...], decides: str
) -> None:
    stages = stages_of(*names, decides=decides)
    parts = [part("common", "10", section("S", "10", of_kind("number", stages=[decides])))]
    page = page_of({**one_kind("number"), "parts": parts, "stages": stages})
    (problem,) = check(page)
    assert (problem.code, problem.key, problem.inside) == (
        "stage_decides", stages[names.index(decides)]["id"], ("decides",),
    )  # fmt: skip
    assert str(problem.sentence) == (
        "On a card the competent person decides: the points of another stage would never become the result. Tick "
        "this at the stage “The competent person” instead."
    )
    assert (
        dict(errors_of(page, [problem]))["stages"].block_errors[names.index(decides)].block_errors["decides"]
    )
    page.stages = stages_of("self", "evaluator", "endorsement", decides="evaluator")
    assert [each.code for each in check(page)] == ["criterion_stage"]  # it is still scored there alone


@pytest.mark.parametrize(("name", "refused"), [("self", True), ("collective", False), ("endorsement", True)])
def test_only_a_collective_may_be_left_out(name: str, refused: bool) -> None:
    """On a card an endorsement is waited for, and a person who sends nothing needs no tick."""
    stages = stages_of("self", "collective", "evaluator", "endorsement", decides="evaluator")
    for stage in stages:
        stage["value"]["optional"] = stage["value"]["name"] == name
    page = page_of({**one_kind("number"), "stages": stages})
    found = check(page)
    assert [(each.code, each.inside) for each in found] == (
        [("stage_optional", ("optional",))] if refused else []
    )
    if refused:
        at = [stage["value"]["name"] for stage in stages].index(name)
        assert dict(errors_of(page, found))["stages"].block_errors[at].block_errors["optional"]
    page.evaluates = "organisations"
    assert "stage_optional" not in {each.code for each in check(page)}


def test_points_that_count_are_not_left_out() -> None:
    """Nobody named for such a stage: the card would wait for ever, without a word to its author."""
    stages = stages_of("self", "collective", "evaluator", decides="evaluator")
    raters = [
        block_of_rule("rater", {"label": f"Người chấm {stage}", "stage": stage, "weight": "50"}, stage)
        for stage in ("collective", "evaluator")
    ]
    page = page_of({**one_kind("number"), "stages": stages, "raters": raters})
    assert check(page) == []
    stages[1]["value"]["optional"] = True
    page = page_of({**one_kind("number"), "stages": stages, "raters": raters})
    (problem,) = check(page)
    assert (problem.code, problem.key, problem.inside) == ("rater_optional", raters[0]["id"], ("stage",))
    assert str(problem.sentence).startswith(
        "The stage “Bước collective” may be left out, but its points count here"
    )
    assert dict(errors_of(page, [problem]))["raters"].block_errors[0].block_errors["stage"]


@pytest.mark.parametrize(
    ("names", "wrong", "code", "sentence"),
    [
        (
            ("self", "evaluator", "endorsement", "collective"), 3, "stage_after",
            ("“Bước collective” scores after the stage that decides, when nothing counts any more: move it before that "
            "stage."),
        ),
        (
            ("self", "endorsement", "collective", "evaluator"), 1, "stage_before",
            "“Bước endorsement” endorses what is not decided yet: move it after the stage that decides.",
        ),
    ],
)  # fmt: skip
def test_stages_stand_in_the_order_of_a_card(
    names: tuple[str, ...], wrong: int, code: str, sentence: str
) -> None:
    stages = stages_of(*names, decides="evaluator")
    page = page_of({**one_kind("number"), "stages": stages})
    (problem,) = check(page)
    assert (problem.code, problem.key, problem.inside, str(problem.sentence)) == (
        code, stages[wrong]["id"], ("name",), sentence,
    )  # fmt: skip
    page.stages = stages_of("self", "collective", "evaluator", "endorsement", decides="evaluator")
    assert check(page) == []


def test_who_is_left_without_the_direct_heads_stage_is_known_before_the_set_is_issued() -> None:
    stages = stages_of("self", "collective", "evaluator", decides="evaluator")
    stages[1]["value"]["who"], stages[2]["value"]["who"] = "direct_head", "agency_head"
    page = page_of({**one_kind("number"), "stages": stages})
    assert check(page) == []
    assert list(to_know(page)) == [
        (
            "“Bước collective”: the head of the person's constituent unit scores here, found when a period is opened. "
            "Heads, staff directly in the agency and people of a unit without a head are scored without this stage, "
            "and their cards wait for nobody there. The page of the period lists units without a head."
        )
    ]


# --- A comma in a formula ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "field", "shown"),
    [
        (
            {"parts": [part("common", "10", section(
                "S", "10", of_kind("formula", inputs=[], expression="MIN(10; 7,5)")))]},
            ("parts", "expression"), "Here: MIN(10; 7▸,5)",
        ),
        (
            {"parts": [part("common", "10", section(
                "S", "10", of_kind("number"), combination="formula", expression="MIN(k; 7,5)"))]},
            ("parts", "expression"), "Here: MIN(k; 7▸,5)",
        ),
        (
            {"total_kind": "formula", "total_expression": "MIN(common; 7,5)"},
            ("total_expression",), "Here: MIN(common; 7▸,5)",
        ),
        (
            {"gates": [block_of_rule("gate", {
                "label": "Sàn", "condition": "MIN(k; 7,5) < 5", "effect": "limit", "band": "yeu",
                "reason": "Chưa đạt.", "citation": "", "periods": [],
            })]},
            ("gates", "condition"), "Here: MIN(k; 7▸,5) < 5",
        ),
    ],
)  # fmt: skip
def test_a_decimal_comma_inside_a_function_is_refused_at_its_character(
    changes: dict[str, Any], field: tuple[str, ...], shown: str
) -> None:
    page = page_of({**one_kind("number"), **changes})
    found = check(page)
    assert [(problem.sentence, check_sound(page) == found) for problem in found] == [
        (
            "“7,5” can be one number or two (the comma at character %s): write a decimal with a point, like 0.5, and "
            "“;” between two values." % (shown.index(",5") - len("Here: ")),
            True,
        )
    ]
    (name, error), = errors_of(page, found)  # fmt: skip
    while isinstance(error, (StreamBlockValidationError, StructBlockValidationError)):
        errors = error.block_errors
        error = next(iter(errors.values()))
    assert name == field[0]
    assert field[-1] in (errors if len(field) > 1 else [name])
    assert error.messages[0].endswith(shown)


# --- What keeps nobody from issuing --------------------------------------------------------------------------------
def test_its_author_is_told_before_of_a_card_that_a_division_would_refuse() -> None:
    page = page_of(one_kind("formula", expression="xong / nhan * 10"))
    total = page_of({**one_kind("number"), "total_kind": "formula", "total_expression": "common * 2 / k"})
    assert (check(page), check(total)) == ([], [])
    guard = "Nobody can save that on a card. Guard it with IF, such as IF(x = 0; 0; y / x)."
    assert [*to_know(page), *to_know(total), *to_know(page_of(one_kind("formula")))] == [
        f"The formula of “k” divides, at character 6, by what is 0 when nhan is 0. {guard}",
        f"The formula of the total divides, at character 12, by what is 0 when k is 0. {guard}",
    ]


NOT_APPLIED = (
    "The quotas and longer periods of this set are frozen as they are written: they are shown, compared, and computed "
    "by the command check_vectors. They are not applied yet to the cards of a real period."
)


def test_its_author_is_told_that_quotas_and_longer_periods_bear_on_no_card_yet() -> None:
    quota = {"band": "dat", "share": "20", "base": "everyone", "scopes": ["unit"], "citation": ""}
    longer = {"period": "quarter", "of": "month", "count": 3, "how": "mean", "missing": "waits", "minimum": 2}
    for rules in (
        {"quotas": [block_of_rule("quota", quota)]},
        {"aggregation": [block_of_rule("rule", longer)]},
    ):
        page = page_of({**one_kind("number"), **rules})
        assert (check(page), list(to_know(page))) == ([], [NOT_APPLIED])
    assert list(to_know(page_of(one_kind("number")))) == []


def test_its_author_is_told_whose_points_stand_beside_a_total_of_several_raters() -> None:
    values = one_kind("number")
    raters = [
        block_of_rule("rater", {"label": name, "stage": stage, "weight": weight}, stage)
        for name, stage, weight in (("Cá nhân", "self", "25"), ("Thủ trưởng", "evaluator", "75"))
    ]
    page = page_of({**values, "raters": raters})
    assert check(page) == []
    (note,) = to_know(page)
    assert note.startswith("The total counts several raters by their weights; the points of parts")


@pytest.mark.parametrize("kind", ["task_ratio", "task_points", "roll_up"])
def test_its_author_is_told_which_tasks_count_in_longer_periods(kind: str) -> None:
    values = one_kind(kind)
    assert list(to_know(page_of(values))) == []  # of months alone
    assert list(to_know(page_of({**one_kind("number"), "period_kinds": ["month", "quarter"]}))) == []
    (note,) = to_know(page_of({**values, "period_kinds": ["month", "quarter", "year"]}))
    assert note == (
        "In these periods the tasks count that are assigned in that very period, not those of the months within it: "
        "Quarter, Year. Whoever is evaluated so has to be given tasks there."
    )
