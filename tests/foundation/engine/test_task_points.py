"""Points of tasks, tasks of others, results of others: what each is worth, and when it waits."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from kpi_cms.foundation.engine import Asked, Calendar, CardInputs, PointTask, ScoringError, TaskInput
from kpi_cms.foundation.engine.calendars import days_late
from kpi_cms.foundation.engine.reading import Reader
from kpi_cms.foundation.engine.task_points import TaskPointsKind, asked_by
from tests.foundation.engine.later import AT, KEY, lines, one, problems, worth

POINTS = {
    "type": "task_points", "max": "10",
    "coefficients": [
        {"attribute": "group", "values": [{"code": "A", "label": "Khó", "value": "2"}, {"code": "B",
         "label": "Dễ", "value": "0.5"}]},
        {"attribute": "role", "default": "1", "values": [{"code": "phoi_hop", "label": "Phối hợp", "value": "0.4"}]},
    ],
    "time": {"count": "calendar", "unfinished": "0.1", "early": [{"days": 2, "value": "1.1"}],
             "late": [{"days": 1, "value": "0.9"}, {"days": 5, "value": "0.5"}]},
    "quality": [{"code": "tot", "label": "Tốt", "value": "1"}, {"code": "dat", "label": "Đạt", "value": "0.8"}],
}  # fmt: skip
DUE = date(2026, 7, 10)  # a Friday


def task(points="2", group="A", done=DUE, quality="tot", **more):
    attributes = {"group": group} | more.pop("attributes", {})
    return PointTask(
        Decimal(points), attributes=attributes, due=more.pop("due", DUE), done=done, quality=quality, **more
    )


def test_task_points_multiply_and_add_up_to_the_maximum():
    assert worth(POINTS, work=[task()]) == 4
    assert worth(POINTS, work=[task(group="B", quality="dat")]) == Fraction("0.8")
    assert worth(POINTS, work=[task(attributes={"role": "phoi_hop"})]) == Fraction("1.6")
    assert worth(POINTS, work=[task(attributes={"role": "khac"})]) == 4  # as a task that says none
    assert worth(POINTS, work=[task(), task(quantity=Decimal("0.5"))]) == 6
    assert worth(POINTS, work=[task()] * 3) == 10
    assert worth(POINTS) == 0
    assert worth(POINTS, work=[task(done=None, quality=None)]) == Fraction("0.4")
    assert worth({**POINTS, "time": {}}, work=[task(done=None)]) == 0
    assert worth({**POINTS, "quality": []}, work=[task(quality=None)]) == 4


@pytest.mark.parametrize(
    ("day", "factor"),
    [(1, "1.1"), (8, "1.1"), (9, "1"), (10, "1"), (11, "0.9"), (14, "0.9"), (15, "0.5"), (31, "0.5")],
)
def test_days_early_and_late_are_steps(day, factor):
    assert worth(POINTS, work=[task(done=date(2026, 7, day))]) == 4 * Fraction(factor)
    assert worth(POINTS, work=[task(done=date(2026, 7, day), due=None)]) == 4


def test_working_days_are_those_of_the_calendar():
    monday = date(2026, 7, 13)
    calendar = Calendar(holidays=frozenset({monday}), worked_instead=frozenset({date(2026, 7, 11)}))
    plain = Calendar()
    assert days_late(DUE, monday, None) == 3
    assert days_late(DUE, monday, plain) == 1
    assert days_late(monday, DUE, plain) == -1
    assert days_late(DUE, monday, calendar) == 1
    assert days_late(DUE, date(2026, 7, 12), calendar) == 1
    assert days_late(DUE, date(2026, 7, 12), plain) == 0
    assert days_late(DUE, DUE, plain) == 0
    assert days_late(DUE, date(2026, 7, 12), Calendar(weekend=frozenset())) == 2
    assert days_late(date(2016, 7, 10), date(2026, 7, 10), None) == 3652
    assert days_late(date(2016, 7, 2), date(2026, 7, 10), None) == 3660
    with pytest.raises(ScoringError) as error:
        days_late(date(2016, 7, 1), date(2026, 7, 10), None)
    assert (
        str(error.value) == "The dates 2016-07-01 and 2026-07-10 are more than ten years apart: correct them."
    )
    with pytest.raises(ScoringError):
        days_late(date(2026, 7, 10), date(2016, 7, 1), None)


def test_a_set_names_its_calendar_and_the_caller_gives_it():
    kind = {**POINTS, "time": {**POINTS["time"], "count": "working", "calendar": "vn"}}
    late = [task(done=date(2026, 7, 16))]
    assert worth(kind, work=late, calendars={"vn": Calendar()}) == Fraction("3.6")
    assert worth(POINTS, work=late) == 2
    with pytest.raises(ScoringError) as error:
        worth(kind, work=late)
    assert (str(error.value), error.value.problem.key) == (
        "The calendar “vn” of working days is not there: add it for this period.", KEY,
    )  # fmt: skip
    assert error.value.problem.code == "calendar"
    kind["time"]["calendar"] = " "
    assert problems(kind) == [
        ("calendar_missing", "Working days need a calendar: choose one, or count calendar days.", AT)
    ]


def test_task_points_are_normalised_to_the_maximum():
    full = {**POINTS, "normalise": {"to": "full", "full": "16"}}
    assert worth(full, work=[task()]) == Fraction(5, 2)
    assert worth(full, work=[task()] * 5) == 10
    possible = {**POINTS, "normalise": {"to": "possible"}}
    assert worth(possible, work=[task(), task(quality="dat")]) == 9
    assert worth(possible, work=[task(done=date(2026, 7, 1))]) == 10
    assert lines(full, work=[task(label="Báo cáo"), task(done=None)]) == [
        ("x: task1", "Báo cáo: points of the task", "points * quantity * group * role * time * quality", 4),
        ("x: task2", "2: points of the task", "points * quantity * group * role * time", Fraction("0.4")),
        ("x", "x. Tiêu chí x: points of all tasks, as a share of the full points",
         "MIN((t1 + t2) / full * cap, cap)", Fraction("2.75")),
    ]  # fmt: skip
    assert lines(possible, work=[task(quality="dat")])[-1][3] == 8
    assert lines(POINTS, work=[task()] * 3)[-1][1:] == (
        "x. Tiêu chí x: points of all tasks",
        "MIN(t1 + t2 + t3, cap)",
        10,
    )


def test_a_share_of_nothing_possible_is_no_result_unless_the_set_counts_it_as_0():
    kind = {**POINTS, "normalise": {"to": "possible"}}
    outcome = one(kind).score(CardInputs({}))
    assert (outcome.insufficient, outcome.total) == (True, None)
    zero = one(kind).score(CardInputs({}, settings={"nothing_assigned": "zero"}))
    assert (zero.insufficient, zero.total) == (False, 0)
    step = next(
        step
        for step in one(kind).trace(CardInputs({}, settings={"nothing_assigned": "zero"}))
        if step.code == "x"
    )
    assert (step.formula, step.value) == ("0", 0)
    assert (
        step.name_template % step.params == "x. Tiêu chí x: nothing was assigned, which this set counts as 0"
    )
    skipped = one(kind).score(CardInputs({}, part_totals={"common": Decimal(3)}))
    assert (skipped.insufficient, skipped.total) == (False, 3)


def test_a_finished_task_waits_for_its_quality_and_any_task_for_what_has_no_default():
    unsaid = PointTask(Decimal(1), done=DUE, quality="tot")
    for waiting in (task(quality=None), unsaid, unsaid._replace(done=None)):
        outcome = one(POINTS).score(CardInputs({}, work=[task(), waiting]))
        assert (outcome.pending, outcome.total) == (("x",), None)
    assert worth(POINTS, work=[task(done=None, quality=None)]) == Fraction("0.4")
    assert one(POINTS).criteria[0].must_be_said == ("group", "quality")
    assert one(POINTS).score(CardInputs({}, work=[task(quality=None)], given={"x": Decimal(1)})).total == 1


def test_a_set_says_what_it_asks_of_a_task_and_offers_no_code_that_a_criterion_in_need_does_not_know():
    assert one(POINTS).asks == {
        "role": Asked({"phoi_hop": "Phối hợp"}, required=False),
        "quality": Asked({"tot": "Tốt", "dat": "Đạt"}, required=True),
    }
    assert one({**POINTS, "coefficients": [], "quality": []}).asks == {}

    def kind(default, *codes):
        values = [{"code": code, "label": code.upper(), "value": "1"} for code in codes]
        read = {"attribute": "priority", "values": values, **default}
        return TaskPointsKind.read(Reader(), {**POINTS, "coefficients": [read], "quality": []}, KEY)

    needed, other, free = kind({}, "a", "b"), kind({}, "b", "c"), kind({"default": "1"}, "b", "d")
    assert asked_by([needed, free]) == {"priority": Asked({"a": "A", "b": "B"}, required=True)}
    assert asked_by([free, needed, other]) == {"priority": Asked({"b": "B"}, required=True)}
    assert asked_by([free]) == {"priority": Asked({"b": "B", "d": "D"}, required=False)}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (task("-1"), "The task T has a quantity or coefficient below zero: correct it."),
        (task(quantity=Decimal(-1)), "The task T has a quantity or coefficient below zero: correct it."),
        (task(group="C"), "The task T has “C” as group, which this set does not know: correct it."),
        (task(quality="x"), "The task T has “x” as quality, which this set does not know: correct it."),
        (task("1E-90", quantity=Decimal("7E-90")),
         "The numbers of this criterion cannot be multiplied exactly: write shorter ones."),
        (task("1E900", quantity=Decimal("7E900")),
         "The numbers of this criterion cannot be multiplied exactly: write shorter ones."),
    ],
)  # fmt: skip
def test_a_task_that_cannot_be_counted_is_refused(wrong, sentence):
    long = "cannot be multiplied" in sentence
    work = [wrong._replace(label="T"), task("1E99")] if long else [wrong._replace(label="T")]
    with pytest.raises(ScoringError) as error:
        worth(POINTS, work=work)
    assert (str(error.value), error.value.problem.key) == (sentence, KEY)
    codes = {"below zero": "task_negative", "does not know": "task_attribute", "multiplied": "entry_long"}
    assert error.value.problem.code == next(code for words, code in codes.items() if words in sentence)


@pytest.mark.parametrize(
    ("change", "inside", "code", "sentence"),
    [
        ({"max": "0"}, "", "maximum", "The maximum is 0 points: give the criterion a maximum above 0."),
        ({"normalise": {"to": "full", "full": "0"}}, "", "full",
         "The points that make the maximum are 0: give a number above 0."),
        ({"coefficients": [POINTS["coefficients"][0]] * 2}, ".coefficients[1]", "coefficient_twice",
         "There are two coefficients for “group”: remove one."),
        ({"time": {"late": [{"days": 5, "value": "1"}, {"days": 1, "value": "1"}]}}, ".late", "time_steps",
         "The steps of days early or late must rise: put them in order, each number of days once."),
        ({"time": {"early": [{"days": 5, "value": "1"}, {"days": 5, "value": "1"}]}}, ".early", "time_steps",
         "The steps of days early or late must rise: put them in order, each number of days once."),
    ],
)  # fmt: skip
def test_wrong_task_points_are_said(change, inside, code, sentence):
    assert problems({**POINTS, **change}) == [(code, sentence, AT + inside)]


def test_forms_of_task_points_are_said_at_their_place():
    assert problems(POINTS) == []
    twice = {**POINTS, "quality": [POINTS["quality"][0]] * 2}
    assert problems(twice) == [
        ("code_again", "The value “tot” stands twice in one list: remove one.", f"{AT}.kind.quality[1]")
    ]
    days = {**POINTS, "time": {"late": [{"days": 0, "value": "1"}]}}
    assert problems(days)[0] == (
        "field", "“days” is not a whole number from 1 to 3660: correct it.", f"{AT}.kind.late[0]",
    )  # fmt: skip
    assert problems({**POINTS, "normalise": {"to": "full"}})[0][1] == "“full” is missing: fill it in."
    other = {**POINTS, "coefficients": [{"attribute": "x", "values": []}] * 2}
    assert {item[1] for item in problems(other)} == {
        "“attribute” is not one of the possible values (group, position, role, priority, difficulty): choose one."
    }


ROLL_UP = {"type": "roll_up", "scope": "units", "measure": "quality"}
TASKS = [
    TaskInput(Decimal(2), Decimal(4), Decimal(4), accepted=Decimal(3)),
    TaskInput(Decimal(1), Decimal(2), Decimal(1)),
]


def test_a_roll_up_is_a_ratio_over_the_tasks_of_others():
    assert worth(ROLL_UP, others={"units": TASKS}) == Fraction(7, 10)
    assert worth({**ROLL_UP, "measure": "quantity"}, others={"units": TASKS}) == Fraction(9, 10)
    assert worth({**ROLL_UP, "measure": "progress"}, others={"units": TASKS}) == Fraction(9, 10)
    assert worth({**ROLL_UP, "scope": "own"}, tasks=TASKS) == Fraction(7, 10)
    extra = [TaskInput(Decimal(1), Decimal(1), Decimal(2))]
    assert worth(ROLL_UP, others={"units": extra}) == 1
    assert worth(ROLL_UP, others={"units": extra}, settings={"ratio_cap": None}) == 2
    assert lines(ROLL_UP, others={"units": TASKS}) == [
        (
            "x",
            "x. Tiêu chí x: ratio to the quantity assigned, over 2 tasks",
            "MIN(counted / assigned, cap)",
            Fraction(7, 10),
        )
    ]
    assert lines(ROLL_UP, others={"units": extra})[0][3] == 1
    assert lines(ROLL_UP, others={"units": extra}, settings={"ratio_cap": None})[0][2:] == (
        "counted / assigned",
        2,
    )
    assert lines({**ROLL_UP, "scope": "own"}, tasks=TASKS)[0][3] == Fraction(7, 10)


def test_a_roll_up_without_tasks_is_pending_and_of_nothing_is_insufficient():
    assert one(ROLL_UP).score(CardInputs({})).pending == ("x",)
    assert one(ROLL_UP).score(CardInputs({}, others={"field": TASKS})).pending == ("x",)
    outcome = one(ROLL_UP).score(CardInputs({}, others={"units": []}))
    assert (outcome.insufficient, outcome.pending) == (True, ())
    assert problems({**ROLL_UP, "scope": "x"})[0] == (
        "field", "“scope” is not one of the possible values (own, approved, field, units): choose one.", f"{AT}.kind",
    )  # fmt: skip


RESULT = {"type": "result_of", "of": "subordinates", "threshold": "50"}


def test_results_of_others_are_a_mean_the_lowest_or_a_share():
    def of(results, **changes):
        return worth({**RESULT, **changes}, results={"subordinates": results})

    points = [Fraction(100, 3), Decimal("80.5"), Decimal(50)]
    assert of(points) == (Fraction(100, 3) + Fraction("130.5")) / 300
    assert of(points, how="minimum") == Fraction(1, 3)
    assert of(points, how="share_reaching") == Fraction(2, 3)
    assert of(points, how="minimum", out_of="200") == Fraction(1, 6)
    assert of([]) == 1
    assert of([], nobody="0.5") == Fraction(1, 2)
    assert worth({**RESULT, "of": "unit"}, results={"unit": [Decimal(90)]}) == Fraction(9, 10)


def test_results_of_others_explain_themselves():
    given = {"results": {"subordinates": [Decimal(40), Decimal(80)]}}
    texts = {
        "mean": ("the mean of 2 results", "sum / count / full", Fraction(3, 5)),
        "minimum": ("the lowest of 2 results", "lowest / full", Fraction(2, 5)),
        "share_reaching": (
            "share of 2 results that have 50 points or more",
            "reaching / count",
            Fraction(1, 2),
        ),
    }
    for how, (name, formula, value) in texts.items():
        assert lines({**RESULT, "how": how}, **given) == [("x", f"x. Tiêu chí x: {name}", formula, value)]
    assert lines(RESULT, results={"subordinates": []}) == [
        ("x", "x. Tiêu chí x: nobody's result counts", "nobody", 1)
    ]


def test_results_of_others_wait_and_stay_within_their_points():
    assert one(RESULT).score(CardInputs({})).pending == ("x",)
    assert worth(RESULT, results={"subordinates": [Decimal("120.5"), Decimal(50)]}) == Fraction(3, 4)
    with pytest.raises(ScoringError) as error:
        worth(RESULT, results={"subordinates": [Decimal(-1)]})
    assert str(error.value) == "A result of -1 points is outside the range: give 0 to 100."
    assert error.value.problem.key == KEY
    assert problems({**RESULT, "out_of": "0"}) == [
        ("out_of", "The points that results are out of are 0: give a number above 0, such as 100.", AT)
    ]
    assert problems({**RESULT, "nobody": "1.1"}) == [
        ("share", "The share 1.1 is above 1 (100%): lower it.", AT)
    ]
    assert problems({"type": "result_of", "of": "unit", "how": "share_reaching"})[0][1] == (
        "“threshold” is missing: fill it in."
    )
    assert one(RESULT).score(CardInputs({}, given={"x": Decimal(1)})).values["x"] == 1
    with pytest.raises(ScoringError):
        one(RESULT).score(CardInputs({}, given={"x": Decimal("1.1")}))
