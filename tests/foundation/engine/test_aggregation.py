"""From months to quarters and years, and from several raters to one total."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.engine import (
    CardInputs,
    PeriodScore,
    Said,
    ScoringError,
    TaskInput,
    check_specification,
    compile_set,
    formulas,
    stage_and_seat,
    voice_of,
)
from tests.foundation.engine import specs
from tests.foundation.engine.cards import STAFF

RULE = {"period": "quarter", "of": "month", "count": 3, "how": "mean"}


def with_rules(*rules):
    return specs.party() | {"schema_version": 2, "aggregation": [RULE | rule for rule in rules]}


def of(*points):
    return [None if value is None else PeriodScore(Fraction(str(value))) for value in points]


def quarter(rule, *scores, **more):
    return compile_set(with_rules(rule)).aggregate("quarter", "month", scores, **more)


def test_a_quarter_of_the_decree_is_the_mean_of_its_published_months():
    found = STAFF.aggregate("quarter", "month", of(92, 88, "89.98"))
    assert found.standing == (Fraction(26998, 300), Decimal("89.99"), "89.99", "good")
    assert (found.status, found.counted, found.complete) == ("scored", 3, True)
    step = found.step
    assert (step.formula, step.clause, step.code) == ("AVERAGE(p1; p2; p3)", "Đ17.3", "periods")
    assert step.inputs == (("p1", 92), ("p2", 88), ("p3", Fraction("89.98")))
    assert (step.value, step.rounding) == (Fraction(26998, 300), Decimal("89.99"))
    assert step.name_template % step.params == "Points of the 3 periods together"


def test_published_months_are_rounded_first_and_exact_ones_are_not():
    scores = of("89.995", "90", "90")
    assert STAFF.aggregate("quarter", "month", scores).standing.points == 90
    exact = STAFF.aggregate("quarter", "month", scores, means_of="exact").standing
    assert (exact.points, exact.shown, exact.band) == (Fraction("269.995") / 3, "89.998", "good")
    spec = specs.staff()
    spec["settings"]["means_of"] = "exact"
    assert compile_set(spec).aggregate("quarter", "month", scores).standing.points == Fraction("269.995") / 3


def test_a_year_worked_for_less_than_half_is_not_rated_unless_ill():
    five, six = of(*[95] * 5, *[None] * 7), of(*[95] * 6, *[None] * 6)
    found = STAFF.aggregate("year", "month", five, "unpaid_leave")
    assert (found.status, found.standing, found.counted, found.complete, found.step) == (
        "not_rated", None, 5, False, None,
    )  # fmt: skip
    assert STAFF.aggregate("year", "month", six, "unpaid_leave").standing.points == 95
    for reason in ("sick_leave", "maternity_leave"):
        assert STAFF.aggregate("year", "month", five, reason).standing.band == "excellent"
        assert STAFF.aggregate("year", "quarter", of(95, None, None, None), reason).status == "scored"
    assert STAFF.aggregate("year", "month", [None] * 12, "sick_leave").status == "not_rated"
    assert STAFF.aggregate("year", "quarter", of(95, None, None, None)).status == "not_rated"
    assert STAFF.aggregate("half_year", "month", of(80, *[None] * 5)).standing.points == 80


def test_a_period_may_be_the_lowest_or_the_last():
    assert quarter({"how": "minimum"}, *of(92, 88, 90)).standing.points == 88
    assert quarter({"how": "minimum"}, *of(92, 88, 90)).step.formula == "MIN(p1; p2; p3)"
    last = quarter({"how": "last"}, *of(92, 88, None))
    assert (last.standing.points, last.step.formula) == (88, "p2")


def test_a_missing_period_is_left_out_carried_over_or_waited_for():
    scores = of(80, None, 89)
    assert quarter({"missing": "left_out"}, *scores).standing.points == Fraction(169, 2)
    carried = quarter({"missing": "carried_over"}, *scores)
    assert (carried.standing.points, carried.step.formula) == (83, "AVERAGE(p1; p1; p3)")
    assert (carried.counted, carried.complete) == (2, False)
    assert quarter({"missing": "carried_over"}, *of(None, 80, 90)).standing.points == 85
    assert quarter({"missing": "carried_over", "minimum": 2}, *of(80, None, None)).status == "not_rated"
    waiting = quarter({"missing": "waits"}, *scores)
    assert (waiting.status, waiting.standing) == ("waiting", None)
    assert quarter({"missing": "waits"}, *of(1, 2, 3)).status == "scored"


def test_a_mean_may_weigh_the_time_worked():
    scores = [PeriodScore(Decimal(90)), PeriodScore(Decimal(60), Decimal("0.5")), None]
    found = quarter({"how": "worked_mean"}, *scores)
    assert (found.standing.points, found.step.formula) == (80, "(p1 * t1 + p2 * t2) / (t1 + t2)")
    assert found.step.inputs == (("p1", 90), ("p2", 60), ("t1", 1), ("t2", Fraction(1, 2)))
    nothing = [PeriodScore(Decimal(90), Decimal(0)), None, None]
    assert quarter({"how": "worked_mean"}, *nothing).status == "not_rated"
    assert quarter({}, *nothing).standing.points == 90


@pytest.mark.parametrize(
    ("period", "of_what", "scores", "sentence"),
    [
        ("quarter", "month", of(1, 2),
         "3 periods are needed, not 2: give each of them, empty where there is no score."),
        ("month", "quarter", of(1), "The set has no rule that makes “month” out of “quarter”: choose another period."),
        ("quarter", "month", [PeriodScore(Decimal(1), Decimal("1.1")), None, None],
         "The share of time worked is 1.1: give a number from 0 to 1."),
        ("quarter", "month", [PeriodScore(Decimal(1), Decimal("-0.1")), None, None],
         "The share of time worked is -0.1: give a number from 0 to 1."),
    ],
)  # fmt: skip
def test_what_cannot_be_put_together_is_refused(period, of_what, scores, sentence):
    with pytest.raises(ScoringError) as error:
        STAFF.aggregate(period, of_what, scores)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("rules", "code", "sentence"),
    [
        ([{"minimum": 4}], "aggregation_minimum",
         "At least 4 periods are asked for, but there are only 3: lower the number."),
        ([{"of": "quarter"}], "aggregation_period",
         "“quarter” is not longer than “quarter”: choose a shorter period to add up."),
        ([{"period": "half_year"}, {"period": "half_year", "of": "quarter", "count": 0}], "field",
         "“count” is not a whole number from 1 to 366: correct it."),
        ([{}, {"how": "last"}], "aggregation_twice",
         "There are two rules that make “quarter” out of “month”: remove one."),
        ([{"of": "x"}], "field",
         "“of” is not one of the possible values (month, quarter, half_year): choose one."),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_said_at_its_place(rules, code, sentence):
    found = check_specification(with_rules(*rules))
    assert [(item.code, str(item), item.path) for item in found] == [
        (code, sentence, f"aggregation[{len(rules) - 1}]")
    ]


def test_rules_for_different_periods_stand_side_by_side():
    rules = [
        {"minimum": 3},
        {"period": "half_year", "count": 6},
        {"period": "year", "of": "quarter", "count": 4},
    ]
    assert check_specification(with_rules(*rules)) == []


scores = st.lists(
    st.none() | st.builds(PeriodScore, st.fractions(0, 100, max_denominator=30), st.sampled_from(
        [Decimal(1), Decimal("0.5"), Decimal("0.25"), Decimal(0)])),
    min_size=3, max_size=3,
)  # fmt: skip


@given(scores, st.sampled_from(["mean", "worked_mean", "minimum", "last"]),
       st.sampled_from(["left_out", "carried_over", "waits"]))  # fmt: skip
def test_a_longer_period_is_the_plain_reading_of_its_rule(months, how, missing):
    found = quarter({"how": how, "missing": missing}, *months, means_of="exact")
    used, last = [], None
    for month in months:
        last = month or (last if missing == "carried_over" else None)
        if last is not None and (how != "worked_mean" or last.worked):
            used.append(last)
    if (missing == "waits" and None in months) or not used:
        assert found.standing is None
        return
    points = [Fraction(month.points) for month in used]
    worked = [Fraction(month.worked) for month in used]
    wanted = {
        "mean": sum(points) / len(points),
        "worked_mean": sum(p * w for p, w in zip(points, worked, strict=True)) / (sum(worked) or 1),
        "minimum": min(points),
        "last": points[-1],
    }[how]
    assert found.standing.points == wanted
    assert min(points) <= wanted <= max(points)
    inputs = dict(found.step.inputs)
    assert formulas.evaluate(formulas.parse(found.step.formula), inputs.__getitem__) == wanted


RATERS = [
    {"key": "peers", "label": "Tập thể", "stage": "self", "weight": "25"},
    {"key": "deputy", "label": "Cấp phó", "stage": "evaluator", "weight": "25"},
    {"key": "head", "label": "Người đứng đầu", "stage": "evaluator", "weight": "50"},
]


def with_raters(*changes):
    entries = [rater | change for rater, change in zip(RATERS, [*changes, {}, {}, {}], strict=False)]
    return specs.party() | {"schema_version": 2, "raters": entries}


def test_raters_count_a_quarter_a_quarter_and_a_half():
    compiled = compile_set(with_raters())
    found = compiled.combine({"peers": Fraction(80), "deputy": Decimal("90.5"), "head": Fraction(100, 3)})
    points = Fraction(80, 4) + Fraction("90.5") / 4 + Fraction(100, 6)
    assert (found.status, found.standing.points, found.counted, found.complete) == ("scored", points, 3, True)
    assert found.standing.rounded == Decimal("59.29")
    step = found.step
    assert step.formula == "r1 * 25% + r2 * 25% + r3 * 50%"
    assert step.inputs == (("r1", 80), ("r2", Fraction("90.5")), ("r3", Fraction(100, 3)))
    assert formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__) == points
    name = step.name_template % step.params
    assert name == "Total of the raters by their weights: Tập thể, Cấp phó, Người đứng đầu"
    assert (step.code, step.clause, step.rounding) == ("raters", "", None)


def test_there_is_no_total_until_all_raters_have_scored():
    compiled = compile_set(with_raters())
    for totals in ({"peers": Fraction(80), "head": Fraction(70)},
                   {"peers": Fraction(80), "head": Fraction(70), "deputy": None}):  # fmt: skip
        found = compiled.combine(totals)
        assert (found.status, found.standing, found.counted, found.complete, found.step) == (
            "waiting", None, 2, False, None,
        )  # fmt: skip
    assert STAFF.combine({}).status == "waiting"
    with pytest.raises(ScoringError) as error:
        compiled.combine({"other": Fraction(1)})
    assert str(error.value) == "There is no rater “other” in this set: choose one of its raters."


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ([{"weight": "24"}],
         [("raters_sum", "The weights of the raters add up to 99%, not to 100%: correct them.", "")]),
        ([{"stage": "x"}],
         [("rater_stage", "There is no stage “x” in this set: choose one of its stages.", "raters[0]")]),
        ([{}, {"key": "peers"}], [("rater_twice", "The rater “peers” is used twice: remove one.", "raters[1]")]),
        ([{"weight": "50"}, {"weight": "0"}],
         [("rater_weight", "The rater Cấp phó has no weight: give one above 0.", "raters[1]")]),
    ],
)  # fmt: skip
def test_wrong_raters_are_said_at_their_place(changes, problems):
    found = check_specification(with_raters(*changes))
    assert [(item.code, str(item), item.path) for item in found] == problems


TWO = [
    {"key": "own", "label": "Cá nhân", "stage": "self", "weight": "25"},
    {"key": "head", "label": "Thủ trưởng", "stage": "evaluator", "weight": "75"},
]


def of_two(**more):
    return specs.party() | {"schema_version": 2, "raters": TWO} | more


def scores(compiled, points):
    return {item.key: points * (item.max or 0) for item in compiled.entered}


def test_a_card_is_decided_with_the_totals_of_its_raters():
    """The same tasks for each, their own scores, weighed; rounded once."""
    compiled = compile_set(of_two())
    tasks = [TaskInput(Decimal(1), Decimal(4), Decimal(3), Decimal(3))]
    card = CardInputs(scores(compiled, 0), tasks, said={"self": Said(scores(compiled, 1))})
    found = compiled.score(card)
    assert found.raters == {"own": Fraction("82.5"), "head": Fraction("52.5")}
    assert (found.total, found.shown, found.band, found.unsaid) == (Fraction(60), "60.00", "completed", ())
    assert (found.parts["common"], found.parts["results"]) == (
        0,
        Fraction("52.5"),
    )  # the deciding stage's own
    steps = {step.code: step for step in compiled.trace(card)}
    assert [steps[code].value for code in ("own", "head", "total", "band")] == [82.5, 52.5, 60, 60]
    assert (steps["total"].formula, steps["total"].rounding) == ("r1 * 25% + r2 * 75%", Decimal("60.00"))


def test_one_stage_alone_has_its_own_total_whatever_the_raters():
    compiled = compile_set(of_two())
    tasks = [TaskInput(Decimal(1), Decimal(4), Decimal(4), Decimal(4))]
    found = compiled.score(CardInputs(scores(compiled, 1), tasks))
    assert (found.total, found.raters, found.unsaid) == (Fraction(100), {}, ())


def test_while_a_rater_has_no_total_there_is_none():
    compiled = compile_set(of_two())
    tasks = [TaskInput(Decimal(1), Decimal(4), Decimal(4), Decimal(4))]
    for said in ({}, {"self": Said({})}):
        card = CardInputs(scores(compiled, 1), tasks, said=said)
        found = compiled.score(card)
        assert (found.total, found.rounded, found.band, found.shown) == (None, None, None, "")
        assert (found.missing, found.unsaid, found.raters) == ((), ("Cá nhân",), {"head": Fraction(100)})
        assert {step.code for step in compiled.trace(card)} & {"total", "band"} == set()
    nothing = compiled.score(CardInputs({}, tasks, said={"self": Said(scores(compiled, 1))}))
    assert (nothing.total, nothing.unsaid, len(nothing.missing)) == (None, (), 17)


def test_several_raters_at_one_stage_sit_beside_one_another():
    """Each gives their own; nothing counts while one said nothing, whatever is said for the stage."""
    seats = [{"key": key, "label": key, "stage": "collective", "weight": "25"} for key in ("first", "second")]
    spec = of_two(raters=[*seats, TWO[1] | {"weight": "50"}])
    spec["stages"].insert(1, {"key": "collective", "label": "Tập thể", "decides": False, "optional": False})
    compiled = compile_set(spec)
    assert [seat.key for seat in compiled.seats("collective")] == ["first", "second"]
    assert (compiled.seats("evaluator"), compiled.hears) == ((), {"collective"})
    assert compiled.heard == {voice_of("collective", "first"), voice_of("collective", "second")}
    assert stage_and_seat(voice_of("collective", "first")) == ("collective", "first")
    tasks = [TaskInput(Decimal(1), Decimal(4), Decimal(4), Decimal(4))]
    all_of_it, nothing = Said(scores(compiled, 1)), Said(scores(compiled, 0))
    first = {voice_of("collective", "first"): all_of_it}
    for said in ({}, first, {"collective": all_of_it}, first | {"collective": all_of_it}):
        found = compiled.score(CardInputs(scores(compiled, 1), tasks, said=said))
        assert (found.total, found.unsaid[-1]) == (None, "second")
    both = first | {voice_of("collective", "second"): nothing}
    found = compiled.score(CardInputs(scores(compiled, 0), tasks, said=both))
    assert found.raters == {"first": 100, "second": 70, "head": 70}
    assert found.total == Fraction("77.5")


def test_weights_that_no_card_could_be_decided_with_are_refused():
    spec = of_two()
    spec["sections"][0]["criteria"][0]["stages"] = ["evaluator"]
    assert [(item.code, str(item)) for item in check_specification(spec)] == [
        (
            "rater_stage",
            "The rater Cá nhân never has a total, for their stage does not score: I.1. Let it score these too.",
        )
    ]
    spec["sections"][0]["criteria"][0]["stages"] = ["self"]  # what the person alone gives counts at both
    assert check_specification(spec) == []
    alone = of_two(raters=[TWO[0] | {"weight": "100"}])
    assert [item.code for item in check_specification(alone)] == ["raters_decide"]
    decree = specs.staff() | {"schema_version": 2, "raters": TWO}
    assert [str(item) for item in check_specification(decree)] == [
        "Under Decree 335/2025 one competent person confirms the points of a month or quarter: remove the raters."
    ]


@given(
    st.lists(st.fractions(0, 100, max_denominator=50), min_size=3, max_size=3),
    st.permutations(range(3)),
)
def test_the_order_of_raters_changes_nothing(totals, order):
    given_totals = dict(zip(["peers", "deputy", "head"], totals, strict=True))
    spec = with_raters()
    first = compile_set(spec).combine(given_totals).standing
    spec["raters"] = [spec["raters"][index] for index in order]
    assert compile_set(spec).combine(given_totals).standing == first
    assert min(totals) <= first.points <= max(totals)
