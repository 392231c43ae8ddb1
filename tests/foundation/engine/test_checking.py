"""Every mistake an author can make has its own message, at its block, and all of them come at once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    SpecificationError,
    check_authored,
    check_specification,
    compile_set,
    zero_divisions,
)
from tests.foundation.engine import specs


def found(spec):
    """Every problem as (code, block key, English sentence)."""
    return [(problem.code, problem.key, str(problem)) for problem in check_specification(spec)]


def free(spec=None):
    """A set that follows no law, so that only general rules apply to it."""
    spec = specs.staff() if spec is None else spec
    spec["law"] = ""
    return spec


def results(spec):
    return spec["sections"][-1]


@pytest.mark.parametrize("spec", [specs.staff(), specs.leader(), specs.party()])
def test_a_sound_set_has_no_problem(spec):
    assert found(spec) == []


def test_points_are_counted_at_every_level():
    spec = free()
    spec["sections"][0]["criteria"][0]["kind"]["max"] = "4"
    spec["sections"][1]["max"] = "9"
    spec["sections"][1]["criteria"][0]["kind"]["max"] = "1.5"
    spec["parts"][1]["max"] = "71"
    assert found(spec) == [
        (
            "parts_sum",
            "",
            "The parts add up to 101 points, not to the set's maximum of 100: correct their maximums.",
        ),
        (
            "sections_sum",
            "key-common",
            (
                "The sections of this part add up to 29 points, not to its maximum of 30: correct their "
                "maximums."
            ),
        ),
        (
            "sections_sum",
            "key-results",
            (
                "The sections of this part add up to 70 points, not to its maximum of 71: correct their "
                "maximums."
            ),
        ),
        (
            "criteria_sum",
            "key-I",
            (
                "The criteria of this section add up to 9 points, not to its maximum of 10: correct their "
                "maximums."
            ),
        ),
    ]


def test_a_total_by_formula_need_not_be_the_sum_of_the_parts():
    spec = free()
    spec["total"] = {"kind": "formula", "expression": "common / 30 * 50 + results / 70 * 60", "max": "110"}
    assert found(spec) == []


def test_a_set_without_anything_says_everything_that_is_missing():
    assert [(code, key) for code, key, _ in found({})] == [
        ("field", ""),
        ("field", ""),
        ("field", ""),
        ("parts_none", ""),
        ("bands_none", ""),
        ("stages_self", ""),
        ("stages_decide", ""),
    ]


def test_a_section_needs_criteria_and_a_part():
    spec = free()
    spec["sections"].append(specs.section("IV", "0", "bonus", []))
    assert found(spec) == [
        ("section_part", "key-IV", "There is no part “bonus”: choose one of the set's parts."),
        ("section_empty", "key-IV", "This section has no criteria: add one."),
    ]


def test_codes_and_keys_are_used_once():
    spec = free()
    criteria = spec["sections"][0]["criteria"]
    criteria[1]["code"] = "II"
    criteria[0]["key"] = "key-common"
    assert found(spec) == [
        (
            "key_twice",
            "key-common",
            "The block key key-common is used twice: remove one of the two blocks and add it again.",
        ),
        (
            "code_twice",
            "key-I.2",
            "The code “II” is used more than once: give each section and criterion its own.",
        ),
        (
            "code_twice",
            "key-II",
            "The code “II” is used more than once: give each section and criterion its own.",
        ),
    ]


@pytest.mark.parametrize("code", ["[1]", " 1", "1]", "a\nb", "x" * 41])
def test_a_code_must_be_one_that_formulas_can_name(code):
    spec = free()
    spec["sections"][0]["criteria"][0]["code"] = code
    assert [(problem, key) for problem, key, _ in found(spec)] == [("code_form", "key-I.1")]


def test_a_code_may_be_forty_characters():
    spec = free()
    spec["sections"][0]["criteria"][0]["code"] = "x" * 40
    assert found(spec) == []


def test_a_code_may_not_be_the_name_of_a_function():
    spec = free()
    spec["sections"][0]["criteria"][0]["code"] = "Sum"
    sentence = "The code “Sum” is the name of a function: choose another code."
    assert found(spec) == [("code_function", "key-I.1", sentence)]


def test_the_number_of_criteria_is_bounded():
    spec = free()
    many = [specs.number(f"x{index}", "0.1", "0.1") for index in range(300)]
    spec["sections"][0] = specs.section("I", "30", "common", many)
    del spec["sections"][1:3]
    assert found(spec) == [("criteria_many", "", "The set has more than 300 criteria: remove some.")]


@pytest.mark.parametrize("step", ["0.3", "0", "6"])
def test_a_step_divides_the_maximum(step):
    spec = free()
    spec["sections"][0]["criteria"][0]["kind"]["step"] = step
    sentence = f"The step {step} does not divide the maximum 5 into equal parts: choose another step."
    assert found(spec) == [("step", "key-I.1", sentence)]


def test_a_step_equal_to_the_maximum_makes_a_criterion_met_or_not():
    spec = free()
    spec["sections"][0]["criteria"][0]["kind"]["step"] = "5"
    assert found(spec) == []


def test_a_number_needs_a_maximum_above_zero_and_only_one():
    spec = free()
    first, second = spec["sections"][0]["criteria"]
    first["kind"]["max"] = "0"
    second["max"] = "6"
    spec["sections"][1]["criteria"][0]["kind"]["max"] = None
    assert found(spec) == [
        (
            "criteria_sum",
            "key-I",
            (
                "The criteria of this section add up to 6 points, not to its maximum of 10: correct their "
                "maximums."
            ),
        ),
        ("maximum", "key-I.1", "The maximum is 0 points: give the criterion a maximum above 0."),
        ("criterion_maximum", "key-I.2", "The criterion has two different maximums, 5 and 6: keep one."),
        ("criterion_maximum", "key-II.1", "The criterion II.1 has no maximum: give it one above 0."),
    ]


def test_the_maximum_may_stand_on_the_criterion_instead_of_its_kind():
    spec = free()
    criterion = spec["sections"][0]["criteria"][0]
    criterion["max"], criterion["kind"]["max"] = "5", None
    assert found(spec) == []
    assert compile_set(spec).criteria[0].max == Decimal(5)


def test_a_share_in_a_sum_needs_points():
    spec = free(specs.leader())
    spec["sections"][0]["criteria"][0] = specs.choice("I.1")
    assert found(spec) == [
        ("criterion_maximum", "key-I.1", "The criterion I.1 has no maximum: give it one above 0.")
    ]


def test_a_choice_has_at_least_two_values_none_twice_none_too_high():
    spec = free(specs.leader())
    options = results(spec)["criteria"][4]["kind"]["options"]
    options[1]["value"] = "100.0"
    results(spec)["criteria"][5]["kind"]["options"] = [{"value": "101", "label": "Vượt"}]
    assert found(spec) == [
        ("options", "key-đ", "The value 100 stands twice among the choices: remove one."),
        ("options", "key-e", "A choice needs at least two values: add one."),
        ("options", "key-e", "The value 101 is above the highest possible value 100: lower it."),
    ]


def test_a_choice_of_points_reaches_the_criterions_maximum_exactly():
    spec = free()
    options = [{"value": "3", "label": "Tốt"}, {"value": "1", "label": "Khá"}]
    kind = {"type": "choice", "unit": "points", "options": options}
    spec["sections"][0]["criteria"][0] = specs.computed("I.1", kind, max="2")
    assert found(spec) == [
        (
            "criteria_sum",
            "key-I",
            (
                "The criteria of this section add up to 7 points, not to its maximum of 10: correct their "
                "maximums."
            ),
        ),
        ("criterion_maximum", "key-I.1", "The criterion has two different maximums, 3 and 2: keep one."),
        ("options", "key-I.1", "The value 3 is above the highest possible value 2: lower it."),
    ]


def test_a_choice_without_values_has_no_maximum_either():
    spec = free()
    spec["sections"][0]["criteria"][0] = specs.computed(
        "I.1", {"type": "choice", "unit": "points", "options": []}
    )
    assert [(code, key) for code, key, _ in found(spec)] == [
        ("criterion_maximum", "key-I.1"),
        ("options", "key-I.1"),
    ]


def test_the_share_of_the_people_managed_is_at_most_one():
    spec = free(specs.leader())
    results(spec)["criteria"][3]["kind"]["reached"] = "1.5"
    assert found(spec) == [("share", "key-d", "The share 1.5 is above 1 (100%): lower it.")]


def test_each_measure_is_used_by_one_criterion():
    spec = free(specs.leader())
    criteria = results(spec)["criteria"]
    criteria[1]["kind"]["measure"] = "quantity"
    criteria[4]["kind"] = criteria[3]["kind"]
    assert found(spec) == [
        ("measure_twice", "key-b", "The criteria a and b measure the same: keep one of them."),
        ("measure_twice", "key-đ", "The criteria d and đ measure the same: keep one of them."),
    ]


def test_a_criterion_is_scored_at_stages_the_set_has():
    spec = free()
    first, second = spec["sections"][0]["criteria"]
    first["stages"] = ["self", "jury"]
    second["stages"] = []
    results(spec)["criteria"][0]["stages"] = []
    assert found(spec) == [
        ("criterion_stage", "key-I.1", "There is no stage “jury” in this set: choose one of its stages."),
        ("criterion_stage", "key-I.2", "No stage may score the criterion I.2: choose at least one."),
    ]


def test_what_makes_the_total_is_scored_where_it_is_decided():
    spec = free()
    first, second = spec["sections"][0]["criteria"]
    spec["stages"].append({"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": True})
    first["stages"] = ["self", "endorsement"]
    second["stages"] = ["evaluator"]
    refused = [
        (
            "criterion_stage",
            "key-I.1",
            "The criterion I.1 is not scored at the stage that decides the result: choose that stage too.",
        )
    ]
    assert found(spec) == refused
    first["stages"] = ["self"]  # what the person alone gives counts where it is decided
    assert found(spec) == []
    decree = specs.staff()
    decree["sections"][0]["criteria"][0]["stages"] = ["self"]
    assert found(decree) == refused  # one competent person confirms every score (Đ17.2)


def blind(spec, **unseen):
    """`unseen`: what each stage does not see. A collective scores after the person, the agency's head endorses."""
    own, decides = spec["stages"]
    more = {"decides": False, "optional": False}
    spec["stages"] = [
        own, more | {"key": "collective", "label": "Tập thể"}, decides,
        more | {"key": "endorsement", "label": "Xác nhận"},
    ]  # fmt: skip
    for stage in spec["stages"]:
        if stage["key"] in unseen:
            stage["blind_to"] = unseen[stage["key"]]
    return spec | {"schema_version": 2}


SELF_STAGE, DECIDING, ENDORSING = "Cá nhân tự chấm", "Cấp có thẩm quyền theo dõi, đánh giá", "Xác nhận"


def test_a_stage_is_kept_from_seeing_earlier_ones():
    both = ["self", "collective"]
    spec = blind(free(), collective=["self"], evaluator=both, endorsement=both)
    assert found(spec) == []
    assert [list(stage.blind_to) for stage in compile_set(spec).stages] == [[], ["self"], both, both]


@pytest.mark.parametrize(
    ("stage", "other", "name", "of"),
    [
        ("collective", "collective", "Tập thể", "Tập thể"),
        ("collective", "evaluator", "Tập thể", DECIDING),
        ("self", "collective", SELF_STAGE, "Tập thể"),
        ("evaluator", "jury", DECIDING, "jury"),
    ],
)
def test_what_does_not_come_before_a_stage_is_not_kept_from_it(stage, other, name, of):
    sentence = (
        f"The set has no stage “{of}” before “{name}”, so there is nothing to keep from it: "
        "choose earlier stages."
    )
    assert found(blind(free(), **{stage: [other]})) == [("stage_blind", "", sentence)]


def test_whoever_decides_or_endorses_sees_what_counts():
    """Nobody agrees to a result without seeing what it is made of."""
    spec = blind(free(), evaluator=["self", "collective"], endorsement=["self", "collective", "evaluator"])
    spec["raters"] = [
        {"key": f"r-{stage}", "label": stage, "stage": stage, "weight": weight}
        for stage, weight in (("self", "25"), ("collective", "25"), ("evaluator", "50"))
    ]
    sentence = "The points of “{}” count in the result that “{}” decides or endorses: let it see them."
    refused = [
        (f"stages[{place}]", sentence.format(other, stage))
        for place, stage, others in (
            (2, DECIDING, (SELF_STAGE, "Tập thể")),
            (3, ENDORSING, (SELF_STAGE, "Tập thể", DECIDING)),
        )
        for other in others
    ]
    assert [(problem.path, str(problem)) for problem in check_specification(spec)] == refused
    assert {problem.code for problem in check_specification(spec)} == {"stage_blind_counts"}


def test_what_the_person_alone_gives_is_seen_where_it_counts():
    spec = blind(free(), collective=["self"], evaluator=["self"])
    spec["sections"][0]["criteria"][0]["stages"] = ["self"]
    sentence = (
        f"The points of “{SELF_STAGE}” count in the result that “{DECIDING}” decides or endorses: "
        "let it see them."
    )
    assert found(spec) == [("stage_blind_counts", "", sentence)]


def test_a_collective_may_be_kept_from_what_counts():
    spec = blind(free(), collective=["self"])
    spec["raters"] = [
        {"key": f"r-{stage}", "label": stage, "stage": stage, "weight": weight}
        for stage, weight in (("self", "25"), ("collective", "25"), ("evaluator", "50"))
    ]
    assert found(spec) == []


def test_decree_335_sends_the_self_assessment_to_whoever_confirms():
    spec = blind(specs.staff(), collective=["self"], evaluator=["self", "collective"], endorsement=["self"])
    sentence = (
        "Under Decree 335/2025 the self-assessment is sent to whoever comments on and confirms the result (Đ17.2): let "
        f"“{{}}” see “{SELF_STAGE}”."
    )
    assert found(spec) == [
        ("stage_blind_nd335", "", sentence.format(stage)) for stage in (DECIDING, ENDORSING)
    ]


def test_a_cap_lies_within_the_section_and_within_reach():
    spec = free()
    spec["sections"][0]["combination"] = {"kind": "capped_sum", "cap": "11"}
    spec["sections"][1]["combination"] = {"kind": "capped_sum", "cap": "10"}
    spec["sections"][1]["criteria"][0]["kind"]["max"] = "2"
    spec["sections"][2]["combination"] = {"kind": "capped_sum", "cap": None}
    assert found(spec) == [
        ("field", "key-III", "“cap” is missing: fill it in."),
        ("section_cap", "key-I", "The cap of 11 points is above the section's maximum of 10: lower it."),
        (
            "criteria_sum",
            "key-I",
            "The criteria reach only 10 points, less than the cap of 11: lower the cap.",
        ),
        (
            "criteria_sum",
            "key-II",
            "The criteria reach only 9.5 points, less than the cap of 10: lower the cap.",
        ),
    ]


def test_a_capped_sum_may_hold_more_points_than_its_cap():
    spec = free()
    spec["sections"][0]["combination"] = {"kind": "capped_sum", "cap": "10"}
    spec["sections"][0]["criteria"].append(specs.number("I.3", "5"))
    assert found(spec) == []


def test_weights_make_a_hundred_per_cent():
    spec = free()
    section = spec["sections"][0]
    section["combination"] = {"kind": "weighted_mean"}
    section["criteria"][0]["weight"] = "60"
    assert found(spec) == [
        ("weight_missing", "key-I.2", "The criterion I.2 has no weight: give it one."),
    ]
    section["criteria"][1]["weight"] = "39"
    assert found(spec) == [
        ("weights_sum", "key-I", "The weights of this section add up to 99%, not to 100%: correct them."),
    ]
    section["criteria"][1]["weight"] = "40"
    assert found(spec) == []


def test_a_weighted_share_of_points_needs_a_maximum_above_zero():
    spec = free()
    section = spec["sections"][0]
    section["combination"] = {"kind": "weighted_mean"}
    options = [{"value": "0", "label": "Không"}, {"value": "0.0", "label": "Không"}]
    kind = {"type": "choice", "unit": "points", "options": options}
    section["criteria"] = [specs.computed("I.1", kind, weight="100")]
    assert [(code, key) for code, key, _ in found(spec)] == [
        ("criterion_maximum", "key-I.1"),
        ("options", "key-I.1"),
    ]


def test_a_formula_points_at_the_character_that_is_wrong():
    spec = free()
    results(spec)["combination"]["expression"] = "(a + b + c) / 3 * "
    assert found(spec) == [
        ("formula", "key-KQ", "The formula ends too early, at character 19: complete it."),
    ]


def test_every_name_of_a_formula_is_a_code_of_the_set():
    spec = free()
    results(spec)["combination"]["expression"] = "(a + x + c) / 3 * common"
    assert found(spec) == [
        ("formula_name", "key-KQ", "“x” at character 6 is not a code of this set: correct the formula."),
        (
            "formula_name",
            "key-KQ",
            "“common” at character 19 is not a code of this set: correct the formula.",
        ),
    ]


def test_the_formula_of_the_total_may_name_parts():
    spec = free()
    spec["total"] = {
        "kind": "formula",
        "expression": "common + results + I * 0 + a * 0 + bonus",
        "max": "100",
    }
    assert found(spec) == [
        ("formula_name", "", "“bonus” at character 36 is not a code of this set: correct the formula."),
    ]


def test_formulas_may_not_run_in_a_circle():
    spec = free()
    first, second, third, fourth = spec["sections"]
    first["combination"] = {"kind": "formula", "expression": "II + [I.1]"}
    second["combination"] = {"kind": "formula", "expression": "III"}
    third["combination"] = {"kind": "formula", "expression": "MIN(I; II)"}
    fourth["combination"]["expression"] = "I + II + III"
    circle = "The formula of section {} depends on itself: break the circle."
    assert found(spec) == [
        ("formula_circle", "key-I", circle.format("I")),
        ("formula_circle", "key-II", circle.format("II")),
        ("formula_circle", "key-III", circle.format("III")),
    ]


def test_bands_run_from_the_highest_down_to_zero():
    spec = free()
    spec["bands"] = [
        {"code": "excellent", "label": "A", "from": "101"},
        {"code": "good", "label": "B", "from": "70"},
        {"code": "good", "label": "C", "from": "70"},
        {"code": "failed", "label": "D", "from": "1"},
    ]
    assert [(problem.code, problem.path, str(problem)) for problem in check_specification(spec)] == [
        (
            "band_high",
            "bands[0]",
            "The band “excellent” starts above the set's maximum of 100 points: lower it.",
        ),
        ("band_twice", "bands[2]", "The band “good” is used twice: give each band its own code."),
        (
            "bands_overlap",
            "bands[2]",
            "The band “good” must start above the band “good”: correct where they start.",
        ),
        (
            "bands_gap",
            "bands[3]",
            "The lowest band starts at 1: let it start at 0, so that every score has a band.",
        ),
    ]


def test_one_later_required_stage_decides():
    spec = free()
    spec["stages"] = [
        {"key": "evaluator", "label": "A", "decides": True, "optional": True},
        {"key": "self", "label": "B", "decides": True},
        {"key": "self", "label": "C"},
    ]
    assert found(spec) == [
        ("stage_twice", "", "The stage “self” is used twice: remove one."),
        ("stages_self", "", "The first stage must be the person's own: begin with “self”."),
        ("stages_decide", "", "Exactly one stage decides the result, not 2: mark one."),
        (
            "stages_decide_optional",
            "",
            "The deciding stage “evaluator” cannot be optional: make it required.",
        ),
        ("stages_decide_self", "", "The person's own stage cannot decide the result: mark a later one."),
    ]


def test_settings_are_the_open_points_and_lie_in_their_ranges():
    spec = free()
    spec["settings"] = {
        "ratio_cap": "0.9",
        "penalty_per_fault": "1.1",
        "nobody_managed": "2",
        "penalty_scope": "task",
        "extras_warning": None,
        "moved_leaves_total": "yes",
        "means_of": "median",
        "managed_kinds": "cong_chuc",
        "managed_without_result": "pending",
        "managed_unconfirmed": "confirmed",
        "nothing_assigned": "100",
        "band_from": "shown",
        "magic": "1",
    }
    assert found(spec) == [
        ("setting", "", "There is no setting “magic”: remove it."),
        ("setting", "", "The setting “ratio_cap” is below 1 (100%): raise it, or leave it empty for no cap."),
        ("field", "", "“managed_kinds” is not a list: write it as one."),
        ("managed_kinds", "", "No kind of staff counts for the people managed: choose at least one."),
        ("field", "", "“penalty_scope” is not one of the possible values (unit, batch): choose one."),
        ("setting", "", "The setting “penalty_per_fault” is above 1 (100%): lower it."),
        ("setting", "", "The setting “nobody_managed” is above 1 (100%): lower it."),
        ("field", "", "“extras_warning” is missing: fill it in."),
        ("field", "", "“moved_leaves_total” is neither yes nor no: choose one."),
        ("field", "", "“means_of” is not one of the possible values (published, exact): choose one."),
        (
            "field",
            "",
            "“managed_without_result” is not one of the possible values (left_out, failing): choose one.",
        ),
        (
            "field",
            "",
            "“managed_unconfirmed” is not one of the possible values (pending, left_out, failing): choose one.",
        ),
        (
            "field",
            "",
            "“nothing_assigned” is not one of the possible values (insufficient, zero, left_out): choose one.",
        ),
        ("field", "", "“band_from” is not one of the possible values (exact, rounded): choose one."),
    ]


def test_ratios_may_be_left_uncapped():
    spec = free()
    spec["settings"]["ratio_cap"] = None
    assert found(spec) == []
    assert compile_set(spec).rules.settings.ratio_cap is None


def test_what_is_not_of_the_right_form_is_said_by_field():
    spec = free()
    spec.update(
        schema_version=3,
        law="nd334",
        frame="union",
        rounding={"places": 7, "mode": "even"},
        citations={"total": 5},
        applicability={"staff_kinds": "cong_chuc", "leader": "no", "blocks": [1]},
        total={"kind": "product", "max": 100.0},
    )
    spec["parts"][0]["label"] = 3
    spec["sections"][0].update(max="-1", combination="sum", criteria={"I.1": {}})
    spec["sections"][1]["criteria"][0].update(guidance="x", label=" ", kind={"type": "magic"})
    spec["sections"][2]["criteria"][0] = "III.1"
    assert found(spec)[:20] == [
        ("field", "", "“schema_version” is not a whole number from 1 to 2: correct it."),
        ("field", "", "“kind” is not one of the possible values (sum, formula): choose one."),
        ("field", "", "“mode” is not one of the possible values (half_up, up, down): choose one."),
        ("field", "", "“staff_kinds” is not a list: write it as one."),
        ("field", "", "“blocks” is not a list of texts: write it as one."),
        ("field", "", "“leader” is neither yes nor no: choose one."),
        ("field", "", "“law” is not one of the possible values (, nd335): choose one."),
        ("field", "", "“frame” is not one of the possible values (state, party): choose one."),
        ("field", "key-common", "“label” is not a text: write it as one."),
        ("field", "key-I", "“combination” does not have the expected parts: fill it in again."),
        ("field", "key-I", "“max” is not a number of at least 0: write it like 2.5."),
        ("field", "key-I", "“criteria” is not a list: write it as one."),
        (
            "field",
            "key-II.1",
            (
                "“type” is not one of the possible values (number, choice, task_ratio, people_managed, "
                "levels, checklist, deduction, bonus, penalty, indicator, task_points, roll_up, result_of, formula): "
                "choose one."
            ),
        ),
        ("field", "key-II.1", "“label” is missing: fill it in."),
        ("field", "key-II.1", "“guidance” is not a list: write it as one."),
        ("field", "key-III", "“criteria” does not have the expected parts: fill it in again."),
        ("field", "key-III", "“key” is missing: fill it in."),
        (
            "field",
            "key-III",
            (
                "“type” is not one of the possible values (number, choice, task_ratio, people_managed, "
                "levels, checklist, deduction, bonus, penalty, indicator, task_points, roll_up, result_of, formula): "
                "choose one."
            ),
        ),
        ("field", "key-III", "“code” is missing: fill it in."),
        ("field", "key-III", "“label” is missing: fill it in."),
    ]


def _without(spec, *path):
    *way, last = path
    node = spec
    for step in way:
        node = node[step]
    del node[last]
    return spec


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (("frame",), ""),
        (("parts", 0, "key"), ""),
        (("parts", 0, "code"), "key-common"),
        (("parts", 0, "label"), "key-common"),
        (("parts", 0, "max"), "key-common"),
        (("sections", 0, "key"), ""),
        (("sections", 0, "code"), "key-I"),
        (("sections", 0, "label"), "key-I"),
        (("sections", 0, "max"), "key-I"),
        (("sections", 0, "part"), "key-I"),
        (("sections", 3, "combination", "expression"), "key-KQ"),
        (("sections", 0, "criteria", 0, "key"), "key-I"),
        (("sections", 0, "criteria", 0, "code"), "key-I.1"),
        (("sections", 0, "criteria", 0, "label"), "key-I.1"),
        (("sections", 0, "criteria", 0, "kind"), "key-I.1"),
        (("sections", 0, "criteria", 0, "kind", "step"), "key-I.1"),
        (("sections", 1, "criteria", 3, "alternatives", 0, "condition"), "key-II.4"),
        (("sections", 1, "criteria", 3, "alternatives", 0, "label"), "key-II.4"),
        (("sections", 3, "criteria", 0, "kind", "measure"), "key-a"),
        (("sections", 3, "criteria", 3, "kind", "threshold"), "key-d"),
        (("sections", 3, "criteria", 3, "kind", "reached"), "key-d"),
        (("sections", 3, "criteria", 3, "kind", "failed"), "key-d"),
        (("sections", 3, "criteria", 4, "kind", "options", 0, "value"), "key-đ"),
        (("sections", 3, "criteria", 4, "kind", "options", 0, "label"), "key-đ"),
        (("total", "max"), ""),
        (("bands", 0, "code"), ""),
        (("bands", 0, "label"), ""),
        (("bands", 0, "from"), ""),
        (("stages", 1, "key"), ""),
        (("stages", 1, "label"), ""),
        (("schema_version",), ""),
    ],
)
def test_what_a_set_needs_is_missed_at_its_block(path, key):
    problems = [
        (problem.code, problem.key) for problem in check_specification(_without(specs.leader(), *path))
    ]
    assert ("field", key) in problems


@pytest.mark.parametrize(
    "path",
    [
        ("law",),
        ("rounding",),
        ("settings",),
        ("applicability",),
        ("citations",),
        ("sections", 0, "combination"),
        ("sections", 1, "criteria", 3, "guidance"),
        ("sections", 1, "criteria", 3, "alternatives"),
        ("sections", 3, "criteria", 4, "kind", "options", 1, "grounds_required"),
        ("stages", 0, "decides"),
        ("stages", 0, "optional"),
    ],
)
def test_what_a_set_may_leave_out_is_not_missed(path):
    assert found(_without(specs.leader(), *path)) == []


def test_decree_335_fixes_what_it_fixes():
    spec = specs.leader()
    spec["parts"][0]["max"], spec["parts"][1]["max"] = "40", "60"
    for section in spec["sections"][:3]:
        section["max"] = "40"
    spec["bands"][0]["from"] = "85"
    spec["settings"].update(penalty_per_fault="0.2", nobody_managed="0.7")
    results(spec)["combination"]["cap"] = "60"
    kinds = [criterion["kind"] for criterion in results(spec)["criteria"]]
    kinds[3]["failed"] = "0.4"
    kinds[4]["options"][1]["value"] = "60"
    kinds[5]["unit"] = "points"
    laws = [(code, key) for code, key, _ in found(spec) if code.startswith("nd335")]
    assert laws == [
        ("nd335_parts", ""),
        ("nd335_bands", ""),
        ("nd335_penalty", ""),
        ("nd335_managed", ""),
        ("nd335_cap", "key-KQ"),
        ("nd335_managed", "key-d"),
        ("nd335_choice", "key-đ"),
        ("nd335_choice", "key-e"),
    ]


@pytest.mark.parametrize(
    "expression",
    ["(a + b + c) / 3 * 70", "AVERAGE(a; b; c) * 70", "70 * a / 3 + b * 70 / 3 + SUM(c) * (70 / 3)"],
)
def test_the_formula_of_the_decree_may_be_written_in_any_way(expression):
    spec = specs.staff()
    results(spec)["combination"].update(expression=expression, cap=None)
    assert found(spec) == []


@pytest.mark.parametrize(
    "expression",
    ["(a + b) / 2 * 70", "(a + b + c) / 3 * 69", "(a + b + c) / 3 * 70 + 1", "MIN(a; b; c) * 70"],
)
def test_another_formula_is_not_the_decrees(expression):
    spec = specs.staff()
    results(spec)["combination"]["expression"] = expression
    sentence = "Decree 335/2025 fixes the formula of the task results: write (a + b + c)/3*70."
    assert found(spec) == [("nd335_formula", "key-KQ", sentence)]


def test_an_unreadable_formula_of_the_decree_has_one_message():
    spec = specs.staff()
    results(spec)["combination"]["expression"] = "(a"
    assert [code for code, _, _ in found(spec)] == ["formula"]
    results(spec)["combination"]["expression"] = ""
    assert [code for code, _, _ in found(spec)] == ["field"]


def test_the_decree_has_three_criteria_of_results_for_staff_and_six_for_leaders():
    spec = specs.leader()
    del results(spec)["criteria"][5]
    results(spec)["combination"]["expression"] = "(a + b + c + d + đ) / 5 * 70"
    assert [(code, key) for code, key, _ in found(spec)] == [("nd335_criteria", "key-KQ")]
    spec = specs.staff()
    results(spec)["criteria"].append(specs.number("x", "10"))
    assert [(code, key) for code, key, _ in found(spec)] == [("nd335_criteria", "key-KQ")]


def test_the_decree_has_one_section_of_results_by_formula():
    spec = specs.staff()
    results(spec)["combination"]["kind"] = "sum"
    for criterion, points in zip(results(spec)["criteria"], ("30", "20", "20"), strict=True):
        criterion["max"] = points
    assert [(code, key) for code, key, _ in found(spec)] == [("nd335_results", "")]


def test_the_total_of_the_decree_is_a_sum():
    spec = specs.staff()
    spec["total"] = {"kind": "formula", "expression": "common + results", "max": "100"}
    assert [(code, key) for code, key, _ in found(spec)] == [("nd335_parts", "")]


def test_a_set_with_problems_is_not_compiled():
    spec = specs.staff()
    spec["bands"][3]["from"] = "10"
    spec["stages"] = []
    with pytest.raises(SpecificationError) as caught:
        compile_set(spec)
    assert [problem.code for problem in caught.value.problems] == [
        problem.code for problem in check_specification(spec)
    ]
    assert "let it start at 0" in str(caught.value)


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def _paths(node, path=()):
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _paths(value, (*path, key))


PATHS = list(_paths(specs.leader()))


@given(st.lists(st.tuples(st.sampled_from(PATHS), junk), min_size=1, max_size=3))
def test_no_form_of_a_set_makes_the_check_fail_itself(changes):
    spec = specs.leader()
    for path, value in changes:
        node = spec
        for key in path[:-1]:
            if not isinstance(node, (dict, list)) or (isinstance(node, dict) and key not in node):
                break
            if isinstance(node, list) and (not isinstance(key, int) or key >= len(node)):
                break
            node = node[key]
        else:
            if isinstance(node, dict):
                node[path[-1]] = value
    problems = check_specification(spec)
    assert all(str(problem) for problem in problems)
    if not problems:
        compile_set(spec)


def test_an_author_is_refused_an_ambiguous_comma_and_an_old_set_still_computes():
    spec = free()
    spec["facts"] = [{"key": "f", "code": "vang", "label": "Vắng"}]
    gate = {"key": "g", "label": "Sàn", "condition": "MIN(vang; 0,5) > 0", "effect": "limit", "citation": ""}
    spec["gates"] = [gate | {"band": spec["bands"][-1]["code"], "reason": "Vắng.", "periods": []}]
    results(spec)["combination"] |= {"expression": "MIN(a; b, c) * 70", "kind": "formula"}
    spec["total"] = {"kind": "formula", "expression": "MIN(common + results; 99,5)", "max": "100"}
    spec["schema_version"] = 2
    assert check_specification(spec) == []
    compile_set(spec)
    assert [(problem.code, problem.key, problem.path) for problem in check_authored(spec)] == [
        ("formula_separator", results(spec)["key"], ""),
        ("formula_separator", "", ""),
        ("gate_condition_separator", "g", "gates[0]"),
    ]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("a / b * 70", [("KQ", 3, "b")]),
        ("(a + c) / (b + 2 * c) * 70", [("KQ", 9, "b, c")]),
        ("IF(c > 0; a / b; c / b) * 70", [("KQ", 13, "b"), ("KQ", 20, "b")]),
        ("IF(b = 0; 0; a / b) * 70", []),
        ("IF(b + c = 0; 0; a / (b + c)) * 70", []),
        ("a / (b + 1) * 70", []),
        ("a / (b - c) * 70", []),
        ("a / 3 * 70", []),
    ],
)
def test_a_division_by_what_can_be_nothing_is_known_before(expression, told):
    spec = free()
    results(spec)["combination"]["expression"] = expression
    assert check_authored(spec) == []
    notes = [note.params for note in zero_divisions(spec)]
    assert [(note["criterion"], note["position"], note["divisor"]) for note in notes] == told


def test_what_bands_stand_for_has_a_name_and_is_said_of_each():
    spec = free(specs.staff()) | {"schema_version": 2, "band_value": "Hệ số"}
    spec["bands"] = [{**band, "value": "1"} for band in spec["bands"]]
    assert found(spec) == []
    del spec["bands"][3]["value"]
    assert found(spec) == [
        ("band_value", "", "The band “failed” has no value for “Hệ số”: give it one, 0 included.")
    ]
    spec["bands"] = [{**band, "value": "0"} for band in spec["bands"][:1]] + spec["bands"][3:]
    del spec["band_value"]
    assert found(spec) == [
        ("band_value", "", "The band “excellent” has a value, but the set does not say what it is: name it.")
    ]


def test_what_a_band_stands_for_changes_no_points():
    spec = free(specs.staff()) | {"schema_version": 2, "band_value": "Hệ số"}
    plain = compile_set(free(specs.staff()))
    spec["bands"] = [
        {**band, "value": value} for band, value in zip(spec["bands"], ("1.2", "1", "0.8", "0"), strict=True)
    ]
    made = compile_set(spec)
    assert [(band.code, band.start) for band in made.bands] == [
        (band.code, band.start) for band in plain.bands
    ]
    assert [band.value for band in made.bands] == [Decimal("1.2"), Decimal(1), Decimal("0.8"), Decimal(0)]
    assert [band.value for band in plain.bands] == [None] * 4
