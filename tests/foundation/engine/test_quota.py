"""The quota on the highest band: how many, and who when points are equal."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    Candidate,
    QuotaCounts,
    ScoringError,
    check_specification,
    choose,
    compile_set,
    formulas,
)
from tests.foundation.engine import specs
from tests.foundation.engine.cards import PARTY, STAFF

RULE = {"key": "q", "band": "excellent", "share": "0.2"}


def with_quotas(*rules, law=""):
    spec = specs.staff() if law else specs.party()
    return spec | {"schema_version": 2, "quotas": [*rules]}


def problems(*rules, law=""):
    return [(item.code, str(item), item.path) for item in check_specification(with_quotas(*rules, law=law))]


@pytest.mark.parametrize(
    ("base", "counts", "allowed", "granted"),
    [
        ("", (4, 8, 12), 2, 2),
        ("good", (4, 1, 5), 0, 0),
        ("good", (4, 2, 6), 1, 1),
        ("good_by_score", (4, 8, 12), 1, 1),
        ("good_by_score", (4, 10, 20), 2, 2),
        ("good_or_better", (4, 8, 12), 2, 2),
        ("good_or_better", (1, 9, 30), 2, 1),
        ("everyone", (4, 8, 30), 6, 4),
        ("everyone", (0, 0, 4), 0, 0),
    ],
)
def test_what_the_share_is_taken_of(base, counts, allowed, granted):
    found = STAFF.quota(QuotaCounts(*counts), base=base)
    assert (found.allowed, found.granted) == (allowed, granted)
    step = found.step
    assert formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__) == allowed


def test_the_decree_s_quota_is_by_final_rating_and_cites_it():
    found = STAFF.quota(QuotaCounts(4, 8, 12), exceptional=True)
    assert (found.allowed, found.step.clause, found.step.code) == (2, "Đ20.5", "quota")
    assert str(found.step.name_template % found.step.params) == (
        "How many may be in the band excellent: 25% of 12, rounded down"
    )
    assert STAFF.quota(QuotaCounts(3, 7, 10), exceptional=True).allowed == 2
    assert found.step.inputs == (("number", 12), ("share", Fraction(1, 4)))
    rule = STAFF.specification.quotas[0]
    assert (rule.key, rule.band, rule.scopes) == ("quota", "excellent", ("unit", "peer_group"))


def test_a_set_of_no_decree_has_no_quota_unless_it_says_so():
    assert PARTY.quota(QuotaCounts(4, 8, 12)) is None
    assert STAFF.quota(QuotaCounts(4, 8, 12), band="good") is None
    assert compile_set(with_quotas(law="nd335")).quota(QuotaCounts(4, 8, 12)) is None


def test_a_set_s_own_quota():
    own = RULE | {"band": "good", "share": "0.5", "base": "everyone", "citation": "HD 12"}
    compiled = compile_set(with_quotas(own))
    found = compiled.quota(QuotaCounts(9, 1, 11), band="good")
    assert (found.allowed, found.granted, found.step.clause) == (5, 5, "HD 12")
    assert compiled.specification.quotas[0].scopes == ("unit", "peer_group")


def test_a_small_group_has_what_the_set_gives_it():
    compiled = compile_set(with_quotas(RULE | {"small_below": 6, "small_allowed": 1}))
    found = compiled.quota(QuotaCounts(2, 3, 5))
    assert (found.allowed, found.granted, found.step.formula, found.step.inputs) == (1, 1, "", ())
    assert compiled.quota(QuotaCounts(0, 5, 5)).granted == 0
    assert compiled.quota(QuotaCounts(4, 2, 6)).allowed == 1
    assert compiled.quota(QuotaCounts(10, 2, 12)).allowed == 2


@pytest.mark.parametrize(
    ("counts", "more", "sentence"),
    [
        ((-1, 3, 3), {}, "The numbers of people rated contradict one another: count them again."),
        ((3, 3, 5), {}, "The numbers of people rated contradict one another: count them again."),
        ((1, 3, 5), {"exceptional": True}, "The set has no exceptional share: choose the ordinary one."),
        ((1, 3, 5), {"base": "x"}, "“x” is not a number that a quota can be taken of: choose another."),
    ],
)
def test_counts_that_cannot_be_are_refused(counts, more, sentence):
    with pytest.raises(ScoringError) as error:
        compile_set(with_quotas(RULE)).quota(QuotaCounts(*counts), **more)
    assert (str(error.value), error.value.problem.key) == (sentence, "q")


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"band": "failed"}, "quota_band",
         "The quota names “failed”: choose one of the set's bands but the lowest."),
        ({"band": "x"}, "quota_band", "The quota names “x”: choose one of the set's bands but the lowest."),
        ({"share": "0"}, "quota_share",
         "The share of the quota is 0: give a number above 0 and not above 1 (100%)."),
        ({"share": "1.5"}, "quota_share",
         "The share of the quota is 1.5: give a number above 0 and not above 1 (100%)."),
        ({"exception": "0.19"}, "quota_exception",
         "The exceptional share must lie between the share of 0.2 and 1 (100%): correct it."),
        ({"exception": "1.01"}, "quota_exception",
         "The exceptional share must lie between the share of 0.2 and 1 (100%): correct it."),
        ({"scopes": []}, "quota_scopes",
         "A quota holds within one or more of these: unit, peer_group. Choose at least one."),
        ({"scopes": ["unit", "x"]}, "quota_scopes",
         "A quota holds within one or more of these: unit, peer_group. Choose at least one."),
        ({"small_below": 3, "small_allowed": 3}, "quota_small",
         "A group of fewer than 3 people cannot have 3 in the band: lower the number."),
        ({"base": "x"}, "field",
         "“base” is not one of the possible values (good, good_by_score, good_or_better, everyone): choose one."),
    ],
)  # fmt: skip
def test_a_wrong_quota_is_said_at_its_place(change, code, sentence):
    assert problems(RULE | change) == [(code, sentence, "quotas[0]")]


@pytest.mark.parametrize(
    "change", [{}, {"share": "1", "exception": "1"}, {"exception": "0.2"}, {"scopes": ["unit"]},
               {"small_below": 4, "small_allowed": 3}, {"band": "completed"}],
)  # fmt: skip
def test_a_right_quota_is_taken(change):
    assert problems(RULE | change) == []


def test_a_band_has_one_quota():
    assert problems(RULE, RULE | {"key": "r"}) == [
        ("quota_twice", "There are two quotas on the band “excellent”: remove one.", "quotas[1]")
    ]
    assert problems(RULE, RULE | {"key": "r", "band": "good"}) == []


def test_the_decree_s_ceilings_are_no_setting():
    sentence = "Decree 335/2025 allows at most 20%, by decision 25%, in the highest band: lower the quota."
    for change in ({"share": "0.21"}, {"exception": "0.26"}):
        assert problems(RULE | change, law="nd335") == [("nd335_quota", sentence, "quotas[0]")]
    assert problems(RULE | {"exception": "0.25"}, law="nd335") == []


def people(*points, group="a"):
    return [Candidate(f"{group}{n}", Decimal(value), group) for n, value in enumerate(points)]


def test_the_best_by_points_are_chosen():
    assert choose(people(91, 95, 93), 2) == (("a1", "a2"), ())
    assert choose(people(91, 95, 93), 3) == (("a1", "a2", "a0"), ())
    assert choose(people(91, 95), 0) == ((), ())


def test_nobody_with_equal_points_is_told_apart():
    assert choose(people(91, 95, 91, 91), 2) == (("a1",), ("a0", "a2", "a3"))
    assert choose(people(91, 95, 91, 91), 1) == (("a1",), ())
    assert choose(people(91, 95, 91, 91, 90), 3) == (("a1",), ("a0", "a2", "a3"))


def test_a_group_has_its_own_limit():
    candidates = people(95, 94, 93) + people(92, 91, group="b")
    assert choose(candidates, 4, {"a": 1, "b": 1}) == (("a0", "b0"), ())
    assert choose(candidates, 4, {"a": 2}) == (("a0", "a1", "b0", "b1"), ())
    tie = people(95, 95) + people(95, 90, group="b")
    assert choose(tie, 3, {"a": 1}) == (("b0", "b1"), ("a0", "a1"))
    assert choose(tie, 1, {"a": 1}) == ((), ("a0", "a1", "b0"))
    assert choose(tie, 3, {"a": 0, "b": 1}) == (("b0",), ())


@given(
    st.lists(st.builds(Candidate, st.uuids(), st.integers(90, 95).map(Fraction), st.sampled_from("ab")), max_size=8),
    st.integers(0, 6),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 3)),
    st.randoms(),
)  # fmt: skip
def test_a_choice_keeps_every_limit_and_no_order(candidates, limit, groups, random):
    found = choose(candidates, limit, groups)
    assert len(found.inside) <= limit
    by_person = {candidate.person: candidate for candidate in candidates}
    for group, room in groups.items():
        assert sum(by_person[person].group == group for person in found.inside) <= room
    shuffled = random.sample(candidates, len(candidates))
    again = choose(shuffled, limit, groups)
    assert (set(again.inside), set(again.tied)) == (set(found.inside), set(found.tied))
    assert not set(found.inside) & set(found.tied)
