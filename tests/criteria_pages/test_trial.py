"""One card by hand: every kind takes what it needs, every mistake has its sentence at its place."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from criteria_pages.demonstration import ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.examples import Example
from criteria_pages.domain.publishing import specification_of
from criteria_pages.domain.trial import ROWS, Trial, TrialCard, read_lines, try_card, written
from criteria_pages.models import CriteriaSetPage
from criteria_pages.trial_form import TrialForm
from kpi_cms.foundation.engine import Calendar, CompiledSet, compile_set
from tests.factories.authored import (
    bands,
    block_of_rule,
    coded,
    fields,
    item,
    of_kind,
    one_kind,
    part,
    section,
)

pytestmark = pytest.mark.django_db  # a page asks for its type

FULL = {"I.1": "5", "I.2": "5", **{f"{group}.{n}": "2,5" for group in ("II", "III") for n in range(1, 5)}}
LEVEL = "7.8 is in none of the levels (Tốt: 8–10; Khá: 5–7.5; Yếu: 0): give a value of one of them."
COUNT = "k: “%s” cannot be counted for “Mục 1”: give a whole number from 0 to %s."
TASK = {"coefficient": "1", "assigned": "10", "completed": "10"}


def compiled(values: dict[str, Any]) -> CompiledSet:
    return compile_set(specification_of(CriteriaSetPage(live=False, **values)))


def tried(kind: str, values: dict[str, str], *, tasks: Any = (), work: Any = (), **own: Any) -> Trial:
    return try_card(compiled(one_kind(kind, **own)), TrialCard(values, tasks, work))


def staff() -> CompiledSet:
    return compile_set(specification_of(draft_of(ND335_NV)))


def leaders() -> CompiledSet:
    return compile_set(specification_of(draft_of(ND335_LD)))


@pytest.mark.parametrize(
    ("kind", "values", "total"),
    [
        ("number", {"k": "7,5"}, "7.5"),
        ("choice", {"k": "4"}, "4"),
        ("levels", {"k": "8.5"}, "8.5"),
        ("checklist", {"k: 1": "1", "k: 2": "0"}, "6"),
        ("deduction", {"k:1": "9", "k : 2": "1"}, "5"),
        ("bonus", {"k: 1": "4"}, "6"),
        ("penalty", {"k: 1": "4"}, "4"),
        ("bonus", {}, "0"),
        ("indicator", {"k: actual": "16"}, "7.5"),
        ("formula", {"k: nhan": "8", "k: xong": "6"}, "7.5"),
        ("formula", {"k: nhan": "800000000000000", "k: xong": "600000000000000"}, "7.5"),
        ("task_ratio", {"k": "92,5%"}, "9.25"),
        ("task_ratio", {"k": "92,5"}, "9.25"),
        ("task_points", {"k": "5,5"}, "5.5"),
        ("roll_up", {"k": "80 %"}, "8"),
        ("people_managed", {"k": "50%"}, "5"),
        ("people_managed", {"k": "50; 99,5"}, "10"),
        ("people_managed", {"k": "49,9; 99,5"}, "5"),
        ("result_of", {"k": "90%"}, "9"),
        ("result_of", {"k": "49; 50; 51; 52"}, "7.5"),
    ],
)
def test_each_kind_takes_its_values(kind: str, values: dict[str, str], total: str) -> None:
    trial = tried(kind, values)

    assert trial.mistakes == ()
    assert trial.outcome is not None
    assert trial.outcome.total == Decimal(total)
    assert trial.steps[-1].code == "band"


def test_ratios_come_out_of_tasks_with_faults_delays_handing_over_and_extras() -> None:
    tasks = [
        {**TASK, "delays": "1", "label": "Văn bản"},
        {"coefficient": "2", "assigned": "5", "completed": "4", "accepted": "4", "faults": "1"},
        {"coefficient": "1", "assigned": "", "completed": "", "label": " "},
    ]

    trial = try_card(staff(), TrialCard(FULL, tasks))

    assert trial.outcome is not None
    assert {code: trial.outcome.values[code] for code in "abc"} == {
        "a": Decimal("0.9"),
        "b": Decimal("0.875"),
        "c": Decimal("0.8875"),
    }
    assert trial.result == (Decimal("92.13"), "excellent")
    more = [*tasks, {"coefficient": "1", "assigned": "", "completed": "1", "extra": "1", "handed_over": "0"}]
    assert exact(try_card(staff(), TrialCard(FULL, more))) == Decimal(30) + 70 * Decimal("2.8125") / 3


def exact(trial: Trial) -> Any:
    """The total of a card that has one."""
    assert trial.outcome is not None
    return trial.outcome.total


def test_points_of_tasks_count_working_days_without_holidays() -> None:
    work = {
        "label": "Báo cáo", "points": "80", "quantity": "1", "difficulty": "kho",
        "due": "2026-07-03", "done": "2026-07-06", "quality": "dat",
    }  # fmt: skip

    late = tried("task_points", {}, work=[work])
    unfinished = tried("task_points", {}, work=[{**work, "done": ""}])

    assert (exact(late), exact(unfinished)) == (
        Decimal(80) * Decimal("1.5") * Decimal("0.8") * Decimal("0.8") / 20,  # Friday to Monday: one day late
        0,
    )


def test_a_day_off_is_no_day_late_and_a_saturday_worked_in_its_place_is_one() -> None:
    """Due on a Friday and done on the Monday after: the same day late without a calendar and with the exchange."""
    work = {"points": "80", "quantity": "1", "difficulty": "kho", "due": "2026-07-03", "done": "2026-07-06"}
    card, found = TrialCard({}, (), [{**work, "quality": "dat"}]), compiled(one_kind("task_points"))
    monday, saturday = frozenset({date(2026, 7, 6)}), frozenset({date(2026, 7, 4)})
    calendars = (None, Calendar(holidays=monday), Calendar(holidays=monday, worked_instead=saturday))

    late, in_time = Decimal("3.84"), Decimal("4.8")
    assert [exact(try_card(found, card, calendar)) for calendar in calendars] == [late, in_time, late]


def test_a_figure_from_outside_needs_no_task() -> None:
    trial = try_card(staff(), TrialCard({**FULL, "a": "100", "b": "90", "c": "80%"}))

    assert trial.result == (Decimal(93), "excellent")
    assert "value given from outside" in next(step.name_template for step in trial.steps if step.code == "a")


def test_a_total_just_below_a_band_keeps_its_digits() -> None:
    trial = tried("number", {"k": "4.9990"}, step="0.001")

    assert trial.outcome is not None
    assert (trial.outcome.rounded, trial.result) == (Decimal("5.00"), (Decimal("4.999"), "yeu"))


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        (TrialCard(), "There is no result: nothing is assigned. Fill in a task, or the ratios themselves."),
        (
            TrialCard({**FULL, "I.1": "", "III.4": " "}, [TASK]),
            "There is no total yet: I.1, III.4 have no value.",
        ),
    ],
)
def test_what_is_missing_is_said(card: TrialCard, sentence: str) -> None:
    trial = try_card(staff(), card)

    assert (trial.mistakes, trial.result, trial.unfinished) == ((), None, sentence)


def test_what_waits_for_other_people_is_said() -> None:
    trial = try_card(leaders(), TrialCard({**FULL, "đ": "100", "e": "50"}, [TASK]))

    assert trial.unfinished == "There is no total yet: d have no value."


def test_a_checklist_waits_until_every_item_is_answered() -> None:
    assert tried("checklist", {"k: 1": "1"}).unfinished == "There is no total yet: k have no value."


def test_points_of_tasks_wait_for_what_every_task_must_say() -> None:
    needed = {"attribute": "difficulty", "values": [coded("kho", "1.5")], "default": None}
    work = {"label": "Báo cáo", "points": "10", "quantity": "1", "done": "2026-07-10", "quality": "tot"}
    trial = tried("task_points", {}, work=[work], coefficients=[needed])
    assert (trial.mistakes, trial.unfinished) == (
        (),
        "There is no total yet: every task must say this, a finished one its quality: Difficulty, Step of quality.",
    )
    said = tried("task_points", {}, work=[{**work, "difficulty": "kho"}], coefficients=[needed])
    assert said.unfinished == ""


@pytest.mark.parametrize(
    ("kind", "values", "place", "sentence"),
    [
        ("number", {"x": "1"}, "x", "“x” is no criterion of this set: remove its value, or name another one."),
        ("number", {"x: 1": "1"}, "x: 1", "“x: 1” is no criterion of this set: remove its value, or name another one."),
        ("number", {"k": "1000000"}, "k", "“1000000” is no number: write one such as 4,5."),
        ("number", {"k": "viii"}, "k", "“viii” is no number: write one such as 4,5."),
        ("number", {"k": "1.000,5"}, "k", "“1.000,5” is no number: write one such as 4,5."),
        ("number", {"k": "1.000"}, "k", "“1.000” can be read in two ways. Write 1000 or 1."),
        ("number", {"k": "5%"}, "k", "“5%” is no number: write one such as 4,5."),
        ("number", {"k": "11"}, "k", "11 points are outside the range of this criterion: give 0 to 10."),
        ("number", {"k": "0,3"}, "k", "0.3 points do not fit the step: give a multiple of 0.5."),
        ("number", {"k: 1": "1"}, "k: 1", "k has no items: give it one value."),
        ("choice", {"k": "7"}, "k", "“7” is not one of the choices (10, 4): choose one of them."),
        ("levels", {"k": "7,8"}, "k", LEVEL),
        ("checklist", {"k": "1"}, "k", "k has items: give each of 1, 2 its number."),
        ("checklist", {"k: 3": "1"}, "k: 3", "k has no item “3”: name one of 1, 2."),
        ("checklist", {"k: 1": "2", "k: 2": "0"}, "k", COUNT % ("2", 1)),
        ("deduction", {"k: 1": "0,5"}, "k", COUNT % ("0.5", 10_000)),
        ("formula", {"k: nhan": "8"}, "k: xong", "Fill in “Số đơn xong” too."),
        ("task_points", {"k": "10,5"}, "k", "“10,5” is no possible value of k: correct it."),
        ("people_managed", {"k": "70%"}, "k", "“70%” is no possible value of k: correct it."),
        ("people_managed", {"k": "70; năm"}, "k", "“năm” is no number: write one such as 4,5."),
        ("result_of", {"k": "101%"}, "k", "“101%” is no possible value of k: correct it."),
    ],
)  # fmt: skip
def test_each_mistake_in_a_value_has_its_sentence(
    kind: str, values: dict[str, str], place: str, sentence: str
) -> None:
    trial = tried(kind, values)

    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [
        (("values", place), sentence)
    ]
    assert (trial.outcome, trial.result, trial.unfinished) == (None, None, "")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1,5", "1.5 points are outside the range of this criterion: give 2 to 10."),
        ("3", "3 points do not fit the step: count from 2 in steps of 4."),
    ],
)
def test_a_minimum_is_kept(typed: str, sentence: str) -> None:
    trial = tried("number", {"k": typed}, minimum="2", step="4")

    assert [mistake.sentence for mistake in trial.mistakes] == [sentence]
    assert tried("number", {"k": "6"}, minimum="2", step="4").result == (Decimal(6), "dat")


def test_a_target_of_the_card_is_asked_for_with_what_was_reached() -> None:
    trial = tried("indicator", {"k: actual": "16"}, target=None)

    assert [mistake.sentence for mistake in trial.mistakes] == ["Fill in “Target” too."]


def test_a_criterion_computed_from_others_takes_no_value() -> None:
    trial = tried("formula", {"k": "3"}, expression="1 + 1", inputs=[])

    assert [mistake.sentence for mistake in trial.mistakes] == [
        "The criterion k is computed by its formula: leave it empty."
    ]


def test_the_same_people_have_the_same_points_wherever_they_count() -> None:
    people = [of_kind("result_of", code) for code in ("x", "y")]
    both = compiled(
        fields(
            "HAI",
            [part("common", "20", section("S", "20", *people))],
            bands=bands(("dat", "0")),
            total_max=Decimal(20),
        )
    )

    same = try_card(both, TrialCard({"x": "60; 70", "y": "60;70"}))
    other = try_card(both, TrialCard({"x": "60; 70", "y": "60"}))

    assert same.result == (Decimal(20), "dat")
    assert [mistake.sentence for mistake in other.mistakes] == [
        "y counts people that another criterion counts with other points: write the same."
    ]


@pytest.mark.parametrize(
    ("row", "field", "sentence"),
    [
        ({**TASK, "completed": ""}, "completed", "Fill in this number too; 0 where there is nothing."),
        ({**TASK, "assigned": ""}, "assigned", "Fill in this number too; 0 where there is nothing."),
        ({**TASK, "coefficient": "-1"}, "coefficient", "“-1” is no number: write one such as 4,5."),
        ({**TASK, "faults": "0"}, "faults", "Write units by their number, from 1, such as 1; 1; 3."),
        ({**TASK, "delays": "một"}, "delays", "Write units by their number, from 1, such as 1; 1; 3."),
    ],
)
def test_each_mistake_in_a_task_has_its_sentence(row: dict[str, str], field: str, sentence: str) -> None:
    trial = try_card(staff(), TrialCard(FULL, [TASK, row]))

    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [
        (("tasks", 1, field), sentence)
    ]


@pytest.mark.parametrize(
    ("changed", "place", "sentence"),
    [
        ({"done": "6/7/2026"}, ("work", 0, "done"), "“6/7/2026” is no day: write it as 2026-07-31."),
        ({"points": ""}, ("work", 0, "points"), "Fill in this number too; 0 where there is nothing."),
        (
            {"due": "2006-07-01"},
            (),
            "The dates 2006-07-01 and 2026-07-06 are more than ten years apart: correct them.",
        ),
    ],
)
def test_each_mistake_in_a_task_with_points_has_its_sentence(
    changed: dict[str, str], place: tuple[Any, ...], sentence: str
) -> None:
    work = {
        "label": "Việc",
        "points": "5",
        "quantity": "1",
        "done": "2026-07-06",
        "quality": "tot",
        **changed,
    }

    trial = tried("task_points", {}, work=[work])

    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [(place, sentence)]


def test_a_card_by_hand_has_a_bounded_number_of_tasks() -> None:
    trial = try_card(staff(), TrialCard(FULL, [TASK] * (ROWS + 1)))

    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [
        (("tasks",), "A card by hand has at most 50 tasks: remove some.")
    ]


def test_a_division_by_zero_that_only_this_card_reaches_is_one_sentence() -> None:
    own = {"expression": "xong / nhan * 10"}

    assert tried("formula", {"k: nhan": "8", "k: xong": "6"}, **own).result == (Decimal("7.5"), "dat")
    trial = tried("formula", {"k: nhan": "0", "k: xong": "0"}, **own)

    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [
        (("values", "k"), "k: The division at character 6 is by zero: guard it with IF.")
    ]


def test_a_division_by_zero_in_a_section_names_the_section() -> None:
    by_section = section(
        "S", "10", of_kind("number", "x"), of_kind("number", "y"), combination="formula", expression="x / y"
    )
    values = fields(
        "CHIA", [part("common", "10", by_section)], total_max=Decimal(10), bands=bands(("dat", "0"))
    )

    trial = try_card(compiled(values), TrialCard({"x": "1", "y": "0"}))

    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [
        ((), "S: The division at character 3 is by zero: guard it with IF.")
    ]


def test_a_mistake_is_said_in_vietnamese_with_its_decimal_mark() -> None:
    with translation.override("vi"):
        trial = tried("number", {"k": "0.3"})

    assert [mistake.sentence for mistake in trial.mistakes] == [
        "0,3 điểm không khớp bước điểm: hãy cho điểm là bội số của 0,5."
    ]


def test_lines_are_read_as_they_are_written() -> None:
    values = {"I.1": "4,5", "k: a=b": "2", "d": "60; 75,5"}

    assert read_lines(written(values)) == (values, [])
    assert read_lines("\n  \n") == ({}, [])


def test_a_line_that_says_nothing_and_a_name_said_twice_are_named() -> None:
    values, mistakes = read_lines("I.1 = 4\nI.2 5\n = 3\nI.1 = 5")

    assert values == {"I.1": "4"}
    assert [(mistake.place, mistake.sentence) for mistake in mistakes] == [
        (("values",), "“I.2 5” says no value: write “code = number”."),
        (("values",), "“= 3” says no value: write “code = number”."),
        (("values", "I.1"), "“I.1” has two values: remove one."),
    ]


def test_a_code_with_a_colon_is_still_a_code() -> None:
    inside = of_kind("deduction", "a: b", items=[item("c: d", "1")])
    values = fields(
        "DAU",
        [part("common", "10", section("S", "10", inside))],
        bands=bands(("dat", "0")),
        total_max=Decimal(10),
    )

    assert try_card(compiled(values), TrialCard({"a: b: c: d": "3"})).result == (Decimal(7), "dat")


# --- Gates -------------------------------------------------------------------------------------------------
def gated() -> CompiledSet:
    gate = {
        "effect": "limit",
        "band": "yeu",
        "reason": "Chưa đạt.",
        "citation": "",
        "condition": "ky_luat = 1",
    }
    values = one_kind("number") | {
        "facts": [
            {
                "type": "fact",
                "id": "f1",
                "value": {"code": "ky_luat", "label": "Bị kỷ luật", "answer": "yes_no"},
            },
            {"type": "fact", "id": "f2", "value": {"code": "vuot", "label": "Vượt", "answer": "share"}},
        ],
        "gates": [
            {"type": "gate", "id": "g1", "value": gate | {"label": "Kỷ luật", "periods": []}},
            {
                "type": "gate",
                "id": "g2",
                "value": gate | {"label": "V", "condition": "vuot < 50%", "periods": ["year"]},
            },
        ],
    }
    return compiled(values)


def test_an_example_says_what_gates_ask_and_its_kind_of_period() -> None:
    def band(**values: str) -> str:
        trial = try_card(gated(), TrialCard({"k": "10", **values}))
        assert trial.mistakes == ()
        return trial.unfinished if trial.result is None else trial.result[1]

    assert band(ky_luat="0", period="month") == "dat"
    assert band(ky_luat="1", period="month") == "yeu"
    assert band(ky_luat="0", period="year", vuot="49,5%") == "yeu"
    assert band(ky_luat="0", vuot="50") == "dat"
    assert band(period="month") == ("The points are known, the band is not: it depends on “Bị kỷ luật”.")
    assert band(ky_luat="0") == "The points are known, the band is not: it depends on “Vượt”."


def test_a_wrong_answer_is_named_at_its_place() -> None:
    card = TrialCard({"k": "10", "ky_luat": "2", "period": "week"})
    assert [(mistake.place, mistake.sentence) for mistake in try_card(gated(), card).mistakes] == [
        (("values", "ky_luat"), "“Bị kỷ luật” is answered with yes or no: choose one."),
        (("values", "period"), "“week” is no kind of period: write one of month, quarter, half_year, year."),
    ]


# --- Several raters ---------------------------------------------------------------------------------------------
RATERS = (
    ("self", "Cá nhân", "20"), ("collective", "Cấp phó", "20"), ("collective", "Cấp phó", "10"),
    ("evaluator", "Thủ trưởng", "50"),
)  # fmt: skip


def weighted() -> dict[str, Any]:
    """Two criteria by hand, the second of them not for the person alone, and four raters of whom two have one name."""
    parts = [part("common", "20", section("S", "20", of_kind("number"), of_kind("checklist", "m")))]
    stages = [
        block_of_rule("stage", {"name": n, "label": n, "decides": n == "evaluator", "optional": False}, n)
        for n in ("self", "collective", "evaluator")
    ]
    raters = [
        block_of_rule("rater", {"label": label, "stage": stage, "weight": weight}, str(number))
        for number, (stage, label, weight) in enumerate(RATERS)
    ]
    return fields(
        "NHIEU-NGUOI", parts, stages=stages, raters=raters, total_max=Decimal(20),
        bands=bands(("dat", "10"), ("yeu", "0")),
    )  # fmt: skip


ALL = {
    "k": "8", "m: 1": "1", "m: 2": "1",
    "Cá nhân | k": "10", "Cá nhân | m: 1": "1", "Cá nhân | m: 2": "1",
    "Cấp phó | k": "6", "Cấp phó | m: 1": "1", "Cấp phó | m: 2": "0",
    "Cấp phó (2) | k": "4", "Cấp phó (2) | m: 1": "0", "Cấp phó (2) | m: 2": "0",
}  # fmt: skip


def test_what_every_rater_gives_makes_the_total_that_counts() -> None:
    lines, mistakes = read_lines(written(ALL))
    assert (lines, mistakes) == (ALL, [])
    trial = try_card(compiled(weighted()), TrialCard(lines))
    # 20% of 20, 20% of 12, 10% of 4, 50% of 18
    assert (trial.mistakes, trial.result) == ((), (Decimal("15.8"), "dat"))


def test_the_points_of_whoever_decides_alone_are_theirs_and_nothing_more() -> None:
    own = {name: text for name, text in ALL.items() if "|" not in name}
    trial = try_card(compiled(weighted()), TrialCard(own | {"Cá nhân | k": " "}))
    assert trial.result == (Decimal(18), "dat")


def test_a_rater_who_is_missing_leaves_the_card_without_a_total() -> None:
    one_less = {name: text for name, text in ALL.items() if name != "Cấp phó (2) | m: 2"}
    trial = try_card(compiled(weighted()), TrialCard(one_less))
    assert (trial.result, trial.unfinished) == (
        None, "There is no total yet: not everything that counts is filled in for “Cấp phó”.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("Cá nhân | k", "11", "11 points are outside the range of this criterion: give 0 to 10."),
        ("Cá nhân | x", "1", "“x” is no criterion of this set: remove its value, or name another one."),
        ("Ai đó | k", "1", "“Ai đó | k” is no criterion of this set: remove its value, or name another one."),
        (
            "Thủ trưởng | k",
            "1",
            "“Thủ trưởng | k” is no criterion of this set: remove its value, or name another one.",
        ),
    ],
)
def test_what_a_rater_cannot_give_is_told_at_its_value(name: str, text: str, sentence: str) -> None:
    trial = try_card(compiled(weighted()), TrialCard(ALL | {name: text}))
    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [(("values", name), sentence)]


def test_what_is_computed_is_given_by_no_rater() -> None:
    values = weighted()
    criteria = [of_kind("number"), of_kind("task_ratio", "b")]
    trial = try_card(
        compiled(values | {"parts": [part("common", "20", section("S", "20", *criteria))]}),
        TrialCard({"k": "8", "b": "100", "Cá nhân | b": "50", "Cá nhân | k": "3"}),
    )
    assert [(mistake.place, mistake.sentence) for mistake in trial.mistakes] == [
        (("values", "Cá nhân | b"), "“Cá nhân” gives no points for b: remove the value.")
    ]


def test_the_form_asks_every_rater_and_keeps_what_was_filled_in() -> None:
    specification = specification_of(CriteriaSetPage(live=False, **weighted()))
    sound = compile_set(specification)
    empty = TrialForm.sent(sound, specification, {})
    assert [each["label"] for each in empty.beside] == ["Cá nhân", "Cấp phó", "Cấp phó (2)"]
    names = [field["name"] for each in empty.beside for one in each["criteria"] for field in one["fields"]]
    assert len(set(names)) == len(names) == 9
    k, met = (criterion.key for criterion in sound.criteria)
    data = {f"v-{k}": "8", f"v-{met}-0": "1", f"v-{met}-1": "1"}
    for number, given in enumerate((("10", "1", "1"), ("6", "1", "0"), ("4", "0", "0"))):
        data |= dict(zip((f"r{number}-{k}", f"r{number}-{met}-0", f"r{number}-{met}-1"), given, strict=True))
    assert TrialForm.sent(sound, specification, data).card.values == ALL
    kept = Example("e", "Đủ", "", "", TrialCard(ALL), Decimal("15.8"), "dat")
    assert TrialForm.of_example(sound, specification, kept).card.values == ALL
    wrong = TrialForm.sent(sound, specification, data | {f"r1-{k}": "60"})
    wrong.add_mistakes(try_card(sound, wrong.card).mistakes)
    assert [each["target"] for each in wrong.summary] == [f"r1-{k}"]
