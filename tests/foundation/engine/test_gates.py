"""Gates: a condition forces a band or limits it, whatever the order, and waits for what is not known."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    CardInputs,
    EntryError,
    Fact,
    ScoringError,
    TaskInput,
    check_specification,
    compile_set,
    formulas,
)
from tests.foundation.engine import specs

DONE = [TaskInput(Decimal(1), Decimal(1), Decimal(1))]
FACTS = [
    {"key": "fact-1", "code": "ky_luat", "label": "Bị kỷ luật trong năm"},
    {"key": "fact-2", "code": "vuot", "label": "Tỷ lệ nhiệm vụ vượt yêu cầu"},
]
FORCED = {
    "key": "gate-1", "label": "Kỷ luật", "condition": "ky_luat = 1", "effect": "force", "band": "failed",
    "reason": "Bị kỷ luật do vi phạm trong công vụ.", "citation": "Đ20.4.c",
}  # fmt: skip
LIMITED = {
    "key": "gate-2", "label": "Vượt yêu cầu", "condition": "AND(total >= 90; vuot < 50%)", "effect": "limit",
    "band": "good", "reason": "Chưa đủ 50% nhiệm vụ vượt yêu cầu.", "periods": ["year", "quarter"],
}  # fmt: skip


OUTSIDE = "“x” is answered with a number from 0 to 10000 with at most 3 decimals: correct it."


def with_gates(*gates, facts=FACTS):
    return specs.party() | {"schema_version": 2, "facts": [*facts], "gates": [*gates]}


def rate(points, *gates, period="", **facts):
    return compile_set(with_gates(*gates)).rate(points, facts, period)


def test_a_forced_band_stands_instead_of_the_points():
    found = rate(Fraction(95), FORCED, LIMITED, ky_luat=1, vuot=1)
    assert (found.band, found.by_points) == ("failed", "excellent")
    assert [gate.key for gate in found.applied] == ["gate-1"]
    assert found.undecided == ()
    first, second = found.steps
    assert first.name_template % first.params == (
        "Kỷ luật: the condition holds, the band is Không hoàn thành nhiệm vụ. Bị kỷ luật do vi phạm trong công vụ."
    )
    assert (first.formula, first.inputs, first.value) == ("IF(ky_luat = 1; 1; 0)", (("ky_luat", 1),), 1)
    assert (first.clause, first.code, first.rounding) == ("Đ20.4.c", "gate-1", None)
    assert second.name_template % second.params == "Vượt yêu cầu: the condition does not hold"
    assert (second.value, second.inputs) == (0, (("total", 95), ("vuot", 1)))
    assert formulas.evaluate(formulas.parse(second.formula), dict(second.inputs).__getitem__) == 0


def test_a_limit_lowers_and_never_raises():
    assert rate(Fraction(95), LIMITED, vuot=Decimal("0.4")).band == "good"
    step = rate(Fraction(95), LIMITED, vuot=Decimal("0.4")).steps[0]
    assert step.name_template % step.params == (
        "Vượt yêu cầu: the condition holds, the band is Hoàn thành tốt nhiệm vụ at most. "
        "Chưa đủ 50% nhiệm vụ vượt yêu cầu."
    )
    assert rate(Fraction(95), LIMITED, vuot=Decimal("0.5")).band == "excellent"
    always = LIMITED | {"condition": "total >= 0"}
    assert rate(Fraction(55), always).band == "completed"
    assert rate(Decimal("75.5"), always | {"band": "failed"}).band == "failed"


def test_the_lowest_of_several_stands():
    raising = FORCED | {"key": "up", "band": "good", "condition": "total < 50"}
    assert rate(Fraction(10), raising, ky_luat=0).band == "good"
    assert rate(Fraction(10), raising, FORCED, ky_luat=1).band == "failed"
    assert (
        rate(Fraction(10), raising, LIMITED | {"condition": "total < 50", "band": "completed"}).band
        == "completed"
    )


def test_a_gate_holds_in_its_kinds_of_period():
    for period, band in (("", "good"), ("year", "good"), ("quarter", "good"), ("month", "excellent")):
        assert rate(Fraction(95), LIMITED, period=period, vuot=0).band == band
    assert rate(Fraction(95), FORCED, period="month", ky_luat=1).band == "failed"


def test_a_band_waits_for_a_fact_that_could_change_it():
    found = rate(Fraction(95), FORCED, LIMITED, vuot=1)
    assert (found.band, found.by_points) == (None, "excellent")
    assert [gate.key for gate in found.undecided] == ["gate-1"]
    assert [(step.code, step.value) for step in found.steps] == [("gate-1", None), ("gate-2", 0)]
    assert found.steps[0].name_template % found.steps[0].params == (
        "Kỷ luật: not known yet, because what it asks is not recorded"
    )
    assert rate(Fraction(95), LIMITED, vuot=None).band is None
    assert rate(Fraction(75), LIMITED | {"condition": "vuot < 1"}).band == "good"
    assert rate(Fraction(75), LIMITED | {"condition": "vuot < 1", "band": "completed"}).band is None
    assert rate(Fraction(10), FORCED).band == "failed"
    assert rate(Fraction(10), FORCED | {"band": "good"}).band is None
    both = rate(
        Fraction(95), FORCED, FORCED | {"key": "other", "condition": "vuot < 1", "band": "good"}, ky_luat=1
    )
    assert (both.band, len(both.undecided)) == ("failed", 1)
    two = rate(Fraction(95), LIMITED | {"key": "l", "condition": "ky_luat = 0", "band": "completed"},
               LIMITED | {"condition": "vuot < 1"}, ky_luat=0)  # fmt: skip
    assert two.band == "completed"


def test_without_points_only_a_forced_band_is_known():
    assert rate(None, FORCED, ky_luat=1).band == "failed"
    assert rate(None, FORCED, ky_luat=0).band is None
    assert rate(None, FORCED, LIMITED, ky_luat=1, vuot=0).band == "failed"
    assert [gate.key for gate in rate(None, LIMITED, vuot=0).undecided] == ["gate-2"]


def test_a_condition_may_ask_a_criterion_a_section_and_a_part():
    gate = LIMITED | {"condition": "AND([I.1] = 0; I < 18; common < 30; total > 90)"}
    compiled = compile_set(with_gates(gate))
    entered = {item.key: item.max for item in compiled.entered}
    assert compiled.rate(compiled.score(CardInputs(entered, DONE))).band == "excellent"
    lower = compiled.score(CardInputs(entered | {"key-I.1": Decimal(0)}, DONE))
    assert (lower.band_by_points, lower.band, compiled.rate(lower).band) == ("excellent", "good", "good")
    assert compiled.rate(compiled.score(CardInputs({}, DONE))).band is None


# --- On a card -----------------------------------------------------------------------------------------------
def on_card(*gates, period="quarter", facts=FACTS, missing=(), **answers):
    """A card with every point, and answers by the facts' codes."""
    compiled = compile_set(with_gates(*gates, facts=facts))
    keys = {fact["code"]: fact["key"] for fact in facts}
    entered = {item.key: item.max for item in compiled.entered if item.key not in missing}
    answered = {keys[code]: answer for code, answer in answers.items()}
    inputs = CardInputs({**entered, **answered}, DONE, period=period)
    return compiled.score(inputs), compiled.trace(inputs)


def test_a_gate_is_not_passed_over_when_its_fact_is_not_recorded():
    outcome, steps = on_card(FORCED)
    assert (outcome.total, outcome.band_by_points, outcome.band) == (100, "excellent", None)
    assert [fact.code for fact in outcome.unanswered] == ["ky_luat"]
    assert [gate.key for gate in outcome.undecided] == ["gate-1"]
    assert [step.name_template % step.params for step in steps[-2:]] == [
        "Kỷ luật: not known yet, because what it asks is not recorded",
        "Band after the gates: not known until every gate that could change it is",
    ]


def test_a_card_has_the_band_after_its_gates_and_says_why():
    outcome, steps = on_card(FORCED, LIMITED, ky_luat=Decimal(1), vuot=Decimal(1))
    assert (outcome.total, outcome.shown) == (100, "100.00")
    assert (outcome.band_by_points, outcome.band) == ("excellent", "failed")
    assert [gate.key for gate in outcome.applied] == ["gate-1"]
    assert (outcome.undecided, outcome.unanswered) == ((), ())
    assert [(step.code, step.value, step.clause) for step in steps[-3:]] == [
        ("gate-1", 1, "Đ20.4.c"), ("gate-2", 0, ""), ("rating", None, ""),
    ]  # fmt: skip
    assert steps[-1].name_template % steps[-1].params == "Band after the gates: Không hoàn thành nhiệm vụ"
    assert on_card(FORCED, ky_luat=Decimal(0))[0].band == "excellent"


def test_only_the_gates_of_the_period_bear_on_a_card_and_ask_their_facts():
    compiled = compile_set(with_gates(FORCED | {"periods": ["year"]}, LIMITED))
    asked = [[fact.code for fact in compiled.facts_asked(period)] for period in ("month", "quarter", "year")]
    assert asked == [[], ["vuot"], ["ky_luat", "vuot"]]
    month, steps = on_card(FORCED | {"periods": ["year"]}, LIMITED, period="month")
    assert (month.band, month.undecided, steps[-1].code) == ("excellent", (), "band")
    unsaid, _steps = on_card(FORCED | {"periods": ["year"]}, period="", ky_luat=Decimal(1))
    assert unsaid.band == "failed"


def test_without_points_a_card_has_no_band_whatever_is_known_of_the_person():
    outcome, _steps = on_card(FORCED, missing=("key-I.1",), ky_luat=Decimal(1))
    assert (outcome.band, outcome.band_by_points, outcome.applied, outcome.unanswered) == (None, None, (), ())


@pytest.mark.parametrize(
    ("answer", "value", "worth"),
    [
        ("yes_no", Decimal(1), 1),
        ("yes_no", "0", 0),
        ("share", Decimal("92.5"), Fraction(37, 40)),
        ("number", Decimal("12.125"), Fraction(97, 8)),
        ("yes_no", Decimal("0.5"), "“x” is answered with yes or no: choose one."),
        ("yes_no", "yes", "“x” is answered with yes or no: choose one."),
        ("number", Decimal("0.0001"), OUTSIDE),
        ("share", Decimal(-1), OUTSIDE),
    ],
)
def test_an_answer_is_read_as_its_fact_asks(answer, value, worth):
    read = Fact("f", "x", "x", answer).read(value)
    assert (str(read) if isinstance(worth, str) else read) == worth


def test_a_wrong_answer_is_refused_where_it_counts():
    with pytest.raises(EntryError) as error:
        on_card(FORCED, ky_luat=Decimal(2))
    assert error.value.problem.key == "fact-1"
    wrong = check_specification(with_gates(FORCED, facts=[FACTS[0] | {"answer": "text"}, FACTS[1]]))
    assert [(item.code, item.key) for item in wrong] == [("field", "fact-1")]


def test_what_a_gate_cannot_be_asked_is_refused():
    with pytest.raises(ScoringError) as error:
        rate(Fraction(95), FORCED | {"condition": "1 / ky_luat > 2"}, ky_luat=0)
    assert str(error.value) == "The division at character 3 is by zero: guard it with IF."
    assert (error.value.problem.key, error.value.problem.code) == ("gate-1", "gate_condition")
    with pytest.raises(ScoringError) as error:
        rate(Fraction(95), FORCED, nothing=1)
    assert str(error.value) == "There is no fact “nothing” in this set: choose one of its facts."


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"band": "x"}, "gate_band",
         "The gate names the band “x”, which the set does not have: choose one of its bands."),
        ({"effect": "limit", "band": "excellent"}, "gate_limit",
         "The gate limits nothing, “excellent” is the highest band: choose a lower one."),
        ({"condition": "ky_luat + 1"}, "gate_condition",
         "A comparison is needed at character 9, such as a >= 0.5: write one."),
        ({"condition": "ky_luat = kl"}, "gate_name",
         "“kl” at character 11 is neither a code nor a fact of this set: correct it."),
        ({"periods": ["week"]}, "gate_period",
         "“week” is no kind of period: choose month, quarter, half-year or year."),
        ({"effect": "x"}, "field", "“effect” is not one of the possible values (force, limit): choose one."),
        ({"reason": ""}, "field", "“reason” is missing: fill it in."),
        ({"condition": ""}, "field", "“condition” is missing: fill it in."),
        ({"band": ""}, "field", "“band” is missing: fill it in."),
    ],
)  # fmt: skip
def test_a_wrong_gate_is_said_at_its_place(change, code, sentence):
    found = check_specification(with_gates(LIMITED, FORCED | change))
    assert [(item.code, item.key, str(item), item.path) for item in found] == [
        (code, "gate-1", sentence, "gates[1]")
    ]


def test_gates_and_facts_have_their_own_keys_and_codes():
    assert check_specification(with_gates(FORCED, LIMITED)) == []
    found = check_specification(with_gates(FORCED, LIMITED | {"key": "fact-1"}))
    assert [item.code for item in found] == ["key_twice"]
    facts = [*FACTS, {"key": "f", "code": "I.1", "label": "x"}]
    assert [item.code for item in check_specification(with_gates(FORCED, facts=facts))] == ["code_twice"] * 2
    many = [FORCED | {"key": f"gate-{n}"} for n in range(101)]
    assert [str(item) for item in check_specification(with_gates(*many))] == [
        "The set has more than 100 gates: remove some."
    ]
    assert check_specification(with_gates(*many[:100])) == []


def test_a_set_without_gates_keeps_the_band_of_its_points():
    found = compile_set(specs.staff()).rate(Fraction("89.995"))
    assert (found.band, found.by_points, found.steps) == ("good", "good", ())


@given(
    st.fractions(0, 100, max_denominator=20),
    st.lists(
        st.tuples(st.sampled_from(["force", "limit"]), st.sampled_from(["good", "completed", "failed"]),
                  st.sampled_from(["ky_luat = 1", "vuot < 50%", "total < 60"])),
        max_size=4,
    ),
    st.sampled_from([0, 1, None]),
    st.sampled_from([0, 1, None]),
    st.randoms(),
)  # fmt: skip
def test_the_band_is_the_plain_reading_of_its_gates_in_any_order(points, kinds, disciplined, above, random):
    gates = [
        FORCED | {"key": f"g{n}", "effect": effect, "band": band, "condition": condition}
        for n, (effect, band, condition) in enumerate(kinds)
    ]
    found = rate(points, *gates, ky_luat=disciplined, vuot=above)
    shuffled = rate(points, *random.sample(gates, len(gates)), ky_luat=disciplined, vuot=above)
    assert shuffled.band == found.band
    order = ["excellent", "good", "completed", "failed"]
    possible = set()
    for known in [disciplined] if disciplined is not None else [0, 1]:
        for share in [above] if above is not None else [0, 1]:
            answers = {"ky_luat = 1": known == 1, "vuot < 50%": share == 0, "total < 60": points < 60}
            forced = [
                order.index(band) for effect, band, text in kinds if effect == "force" and answers[text]
            ]
            limits = [
                order.index(band) for effect, band, text in kinds if effect == "limit" and answers[text]
            ]
            start = max(forced) if forced else order.index(found.by_points)
            possible.add(order[max([start, *limits])])
    if found.band is not None:
        assert possible == {found.band}
    elif len({text for _, _, text in kinds}) == len(kinds):
        assert len(possible) > 1 or (disciplined is None and above is None)
