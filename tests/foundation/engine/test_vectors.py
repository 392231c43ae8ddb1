"""The reader of acceptance vectors: exact, and plain about what differs."""

import pytest

from kpi_cms.foundation.engine import check_period, check_quota, check_vector, compile_set
from tests.foundation.engine import specs
from tests.foundation.engine.cards import LEADER, PARTY, STAFF

FILE = {
    "ratio_cap": "1",
    "penalty_per_fault": "0.25",
    "penalty_scope": "unit",
    "rounding": "half_up_2",
    "common_max": "30",
    "results_max": "70",
    "means_of": "published",
}
TASK = {
    "coefficient": "2",
    "assigned": "4",
    "completed": "4",
    "faults": [{"unit": 1, "excused": False}, {"unit": 2}],
}
EXPECT = {"a": "1", "b": "0.875", "c": "1", "common": "27", "total": "94.08", "band": "excellent"}


def check(file_settings=FILE, **changes):
    vector = {"id": "T", "leader": False, "common": "27", "tasks": [TASK], "expect": EXPECT} | changes
    return check_vector(lambda card: LEADER if card["leader"] else STAFF, vector, file_settings)


def test_a_vector_that_agrees_has_no_differences():
    assert check() == []


def test_each_number_is_compared():
    expect = {
        "a": "0.9",
        "b": "0.88",
        "results": "67",
        "total": "94.1",
        "band": "good",
        "insufficient_data": False,
    }
    assert check(expect=expect) == [
        "a: expected 0.9, found 1",
        "b: expected 0.88, found 7/8",
        "results: expected 67, found 805/12",
        "total: expected 94.1, found 94.08",
        "band: expected good, found excellent",
    ]


def test_a_leaders_values_are_given_and_compared():
    expect = {"d": "0.5", "dd": "1", "e": "0.5", "total": "95.83"}
    card = {"leader": True, "common": "30", "tasks": [TASK | {"faults": []}], "d": "1", "dd": "1", "e": "0.5"}
    assert check(**card, expect=expect) == ["d: expected 0.5, found 1", "total: expected 95.83, found 94.17"]


def test_a_value_a_leader_cannot_have_is_a_difference():
    assert check(leader=True, d="0.7", dd="1", e="1") == [
        "0.7 is not a possible value of the criterion d: correct it."
    ]


def test_a_leader_without_d_has_no_total():
    assert check(leader=True, dd="1", e="1", expect={"total": "94.08"}) == [
        "total: expected 94.08, found None"
    ]


def test_the_settings_of_a_vector_override_the_files():
    batch = {"penalty_scope": "batch"}
    assert check(FILE | {"penalty_scope": "batch"}, expect={"b": "0.5"}) == []
    assert check(settings=batch, expect={"b": "0.5"}) == []
    assert check(FILE | batch, settings={"penalty_scope": "unit"}, expect={"b": "0.875"}) == []


def test_the_constants_of_the_set_must_be_the_files():
    constants = {"penalty_per_fault": "0.2", "common_max": "40", "results_max": "60", "rounding": "half_up_1"}
    assert check(FILE | constants) == [
        "penalty_per_fault: the set has 0.25, the vector 0.2",
        "rounding: the set has half_up_2, the vector half_up_1",
        "common_max: the set has 30, the vector 40",
        "results_max: the set has 70, the vector 60",
    ]


def test_a_constant_may_be_written_in_another_way():
    assert check(FILE | {"penalty_per_fault": "0.250", "common_max": 30}) == []


def test_a_setting_nobody_knows_is_a_difference():
    assert check(FILE | {"magic": "1"}) == ["magic: not a setting"]


def test_a_set_without_such_a_part_differs():
    spec = specs.party()
    spec["parts"][1]["code"] = spec["sections"][-1]["part"] = "work"
    compiled = compile_set(spec)
    vector = {"common": "27", "tasks": [TASK], "expect": {"results": "1"}}
    assert check_vector(lambda card: compiled, vector, {"results_max": "70"}) == [
        "results_max: the set has None, the vector 70",
        "results: expected 1, found None",
    ]


def test_insufficient_data_is_compared():
    assert check(tasks=[], expect={"insufficient_data": True}) == []
    assert check(expect={"insufficient_data": True}) == [
        "insufficient_data: expected, but the total is 94.08"
    ]
    assert check(tasks=[]) == ["insufficient_data: not expected, but nothing is assigned"]


def test_without_a_common_total_the_criteria_are_missing():
    assert check(common=None, expect={"common": "27"}) == ["common: expected 27, found None"]


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"expect": None}, "expect: not an object"),
        ({"settings": []}, "settings: not an object"),
        ({"tasks": {}}, "tasks: not a list"),
        ({"tasks": ["x"]}, "task: not an object"),
        ({"tasks": [{}]}, "coefficient: None is not a decimal written as text"),
        ({"tasks": [TASK | {"completed": 4.5}]}, "completed: 4.5 is not a decimal written as text"),
        ({"tasks": [TASK | {"faults": 1}]}, "faults: not a list"),
        ({"tasks": [TASK | {"delays": [{"unit": "1"}]}]}, "delays: a unit is a whole number, not '1'"),
        ({"tasks": [TASK | {"delays": [{"unit": True}]}]}, "delays: a unit is a whole number, not True"),
        (
            {"tasks": [TASK | {"accepted": "-1"}]},
            "The task  has a quantity or coefficient below zero: correct it.",
        ),
        ({"common": "31"}, "31 points are outside the range of the part common: give 0 to 30."),
        ({"expect": {"b": "x"}}, "b: 'x' is not a decimal written as text"),
        ({"expect": {"bonus": "1"}}, "bonus: expected 1, found nothing by that name"),
    ],
)
def test_a_vector_that_cannot_be_read_says_why(changes, difference):
    assert check(**changes) == [difference]


def test_all_that_a_task_may_carry_is_read():
    task = TASK | {
        "accepted": "3",
        "handed_over": "0",
        "label": "Soạn thảo",
        "delays": [{"unit": 4, "excused": False}],
    }
    extra = {"coefficient": "1", "assigned": "0", "completed": "1", "extra": True}
    expect = {"a": "1", "b": "0.75", "c": "1"}
    assert check(tasks=[task, extra], expect=expect) == []
    uncapped = {"a": "1.125", "b": "0.75", "c": "1.0625"}
    assert check(tasks=[task, extra], settings={"ratio_cap": None}, expect=uncapped) == []


def period(**changes):
    vector = {
        "kind": "quarter",
        "months": ["92", "88", "90"],
        "expect": {"score": "90.00", "band": "excellent"},
    }
    return check_period(lambda _: STAFF, vector | changes, {"means_of": "published"})


def quota(compiled=STAFF, **changes):
    vector = {
        "at_least_good": 12,
        "excellent_by_score": 4,
        "base": "good",
        "share": "0.20",
        "expect_excellent": 2,
    }
    return check_quota(lambda _: compiled, vector | changes)


def test_a_period_s_vector_says_its_differences():
    assert period() == []
    assert period(expect={"score": "89.00", "band": "good", "not_rated": True, "x": 1}) == [
        "score: expected 89.00, found 90.00",
        "band: expected good, found excellent",
        "not_rated: expected True, found False",
        "x: expected 1, found nothing by that name",
    ]
    assert period(months=[None] * 3, expect={"not_rated": True, "score": None}) == []
    assert period(months=["89.995", "90", "90"]) == []
    exact = {"score": "90.00", "band": "good"}
    assert period(months=["89.995", "90", "90"], settings={"means_of": "exact"}, expect=exact) == []


def test_a_period_s_absence_may_be_excused():
    months = ["95", *[None] * 11]
    excused = {"score": "95.00", "band": "excellent", "not_rated": False}
    assert period(kind="year", months=months, absent_reason="sick_leave", expect=excused) == []
    assert period(kind="year", months=months, expect={"not_rated": True}) == []


def test_a_year_may_be_made_of_quarters():
    quarters = ["91", "92", "90", "90"]
    assert period(kind="year", quarters=quarters, expect={"score": "90.75", "band": "excellent"}) == []
    assert period(kind="year", quarters=quarters[:3]) == [
        "4 periods are needed, not 3: give each of them, empty where there is no score."
    ]
    assert period(kind="quarter", quarters=quarters) == [
        "The set has no rule that makes “quarter” out of “quarter”: choose another period."
    ]


def test_a_period_s_vector_that_cannot_be_read_is_a_difference():
    assert period(months=["92"]) == [
        "3 periods are needed, not 1: give each of them, empty where there is no score."
    ]
    assert period(months=[92.5]) == ["months: 92.5 is not a decimal written as text"]
    assert period(kind="week") == [
        "The set has no rule that makes “week” out of “month”: choose another period."
    ]
    assert period(expect=1) == ["expect: not an object"]
    assert period(settings={"results_max": "60"}) == ["results_max: the set has 70, the vector 60"]


def test_a_quota_s_vector_says_its_differences():
    assert quota() == []
    assert quota(expect_excellent=3) == ["expect_excellent: expected 3, found 2"]
    assert quota(share="0.25") == ["share: the set has 0.2, the vector 0.25"]
    assert quota(base="everyone", rated=30, expect_excellent=4) == []
    assert quota(base="everyone", expect_excellent=2) == []
    assert quota(PARTY) == ["quota: the set has none"]


def test_a_quota_s_vector_that_cannot_be_read_is_a_difference():
    for value in ("12", True, -1):
        assert quota(at_least_good=value) == [f"at_least_good: {value!r} is not a number of people"]
    assert quota(excellent_by_score=None) == ["excellent_by_score: None is not a number of people"]
    assert quota(base="x") == ["“x” is not a number that a quota can be taken of: choose another."]
    assert quota(rated=3) == ["The numbers of people rated contradict one another: count them again."]
