"""Every number of a card explained: a formula that gives it, its inputs, and the clause it comes from."""

from decimal import Decimal
from fractions import Fraction

import pytest

from kpi_cms.foundation.engine import CardInputs, Deduction, ManagedPeople, TaskInput, compile_set, formulas
from tests.foundation.engine import specs
from tests.foundation.engine.cards import LEADER, PARTY, STAFF, free_formulas, full

TASKS = [
    TaskInput(
        Decimal(2),
        Decimal(4),
        Decimal(4),
        accepted=Decimal(3),
        faults=[Deduction(1), Deduction(1), Deduction(2, excused=True), Deduction(4)],
        delays=[Deduction(4)],
        label="Dự thảo kế hoạch",
    ),
    TaskInput(Decimal("1.5"), Decimal(10), Decimal(8), handed_over=Decimal(3)),
    TaskInput(Decimal(1), Decimal(0), Decimal("0.5"), extra=True, delays=[Deduction(1)]),
]
HALF = Fraction(1, 2)
PEOPLE = ManagedPeople([Decimal(90), Decimal(49)], without_result=2)


def rows(compiled, inputs):
    """The trace by code of step, as people read it."""
    return [
        (step.code, step.name_template % step.params, step.formula, step.value, step.clause)
        for step in compiled.trace(inputs)
    ]


def test_the_tasks_are_counted_step_by_step():
    assert rows(STAFF, CardInputs({}, TASKS))[:16] == [
        ("task1", "Dự thảo kế hoạch: converted quantity assigned", "coefficient * assigned", 8, "Đ14.1"),
        ("task1", "Dự thảo kế hoạch: converted quantity completed", "coefficient * completed", 8, "Đ14.2.a"),
        (
            "task1",
            "Dự thảo kế hoạch: converted quantity that met quality, less deductions for major errors",
            "coefficient * (accepted - 1 * MIN(1, 2 * penalty))",
            5,
            "Đ14.2.b",
        ),
        (
            "task1",
            "Dự thảo kế hoạch: converted quantity on time, less deductions for delays",
            "coefficient * (completed - 1 * MIN(1, 1 * penalty))",
            Fraction("7.5"),
            "Đ14.2.c",
        ),
        ("task2", "2: converted quantity assigned", "coefficient * assigned", 15, "Đ14.1"),
        (
            "task2",
            "2: converted quantity completed",
            "coefficient * MIN(completed, MAX(assigned - handed_over, 0))",
            Fraction("10.5"),
            "Đ18.1.d",
        ),
        (
            "task2",
            "2: converted quantity that met quality, less deductions for major errors",
            "coefficient * accepted",
            Fraction("10.5"),
            "Đ14.2.b",
        ),
        (
            "task2",
            "2: converted quantity on time, less deductions for delays",
            "coefficient * completed",
            Fraction("10.5"),
            "Đ14.2.c",
        ),
        ("task3", "3: converted quantity completed", "coefficient * completed", Fraction("0.5"), "Đ18.1.d"),
        (
            "task3",
            "3: converted quantity that met quality, less deductions for major errors",
            "coefficient * accepted",
            Fraction("0.5"),
            "Đ14.2.b",
        ),
        (
            "task3",
            "3: converted quantity on time, less deductions for delays",
            "coefficient * (completed - 0.5 * MIN(1, 1 * penalty))",
            Fraction("0.375"),
            "Đ14.2.c",
        ),
        ("assigned", "Converted quantity assigned, all tasks", "task1 + task2", 23, "Đ14.1"),
        ("quantity", "Converted quantity completed, all tasks", "task1 + task2 + task3", 19, "Đ14.2.a"),
        ("quality", "Converted quantity that met quality, all tasks", "task1 + task2 + task3", 16, "Đ14.2.b"),
        (
            "progress",
            "Converted quantity on time, all tasks",
            "task1 + task2 + task3",
            Fraction("18.375"),
            "Đ14.2.c",
        ),
        (
            "extras",
            "Converted quantity of extra tasks completed, outside the assigned total",
            "task3",
            Fraction("0.5"),
            "Đ18.1.d",
        ),
    ]


def test_the_way_from_the_ratios_to_the_band_is_shown():
    inputs = CardInputs(full(LEADER, e="50"), [TaskInput(Decimal(1), Decimal(2), Decimal(1))], PEOPLE)
    shown = [
        row for row in rows(LEADER, inputs) if row[0] in ("a", "d", "đ", "e", "I.1", "KQ", "R", "results")
    ]
    assert shown == [
        ("I.1", "I.1. Tiêu chí I.1: points given", "", 5, ""),
        (
            "a",
            "a. Tiêu chí a: ratio to the quantity assigned",
            "MIN(counted / assigned, cap)",
            Fraction(1, 2),
            "Đ14.2.a",
        ),
        (
            "d",
            "d. Tiêu chí d: whether all people managed have 50 points or more (2 without a result left out)",
            "IF(counted = 0, nobody, IF(below = 0, reached, failed))",
            Fraction(1, 2),
            "Đ15.3.a",
        ),
        ("đ", "đ. Tiêu chí đ: value chosen", "", 1, "Đ15.3.b"),
        ("e", "e. Tiêu chí e: value chosen", "", Fraction(1, 2), "Đ15.3.c"),
        (
            "KQ",
            "KQ. Nhóm KQ: points of the section",
            "(a + b + c + d + đ + e) / 6 * 70",
            Fraction(245, 6),
            "Đ16.2",
        ),
        (
            "R",
            "Điểm kết quả: share of 70 points, before the cap",
            "MAX(0, ((a + b + c + d + đ + e) / 6 * 70)) / 70",
            Fraction(7, 12),
            "Đ12.3",
        ),
        ("results", "Điểm kết quả: points", "[KQ]", Fraction(245, 6), "Đ12.3"),
    ]
    total, band = LEADER.trace(inputs)[-2:]
    assert (total.code, total.name_template % total.params) == ("total", "Total, rounded once to 2 places")
    assert (total.formula, total.value, total.rounding) == (
        "[common] + [results]",
        Fraction(425, 6),
        Decimal("70.83"),
    )
    assert (total.clause, band.clause) == ("Đ17.1", "Đ20")
    assert band.name_template % band.params == (
        "Point band, read from the exact total: Hoàn thành tốt nhiệm vụ (from 70 points)"
    )


def test_the_people_managed_are_counted():
    people = ManagedPeople([Decimal(90), Decimal(49), Decimal("49.99"), Decimal(50)])
    step = next(step for step in LEADER.trace(CardInputs({}, TASKS, people)) if step.code == "d")
    assert dict(step.inputs) == {"counted": 4, "below": 2, "nobody": 1, "reached": 1, "failed": HALF}


def test_whoever_counts_without_points_is_said():
    people = ManagedPeople([Decimal(90)], pending=1, without_result=2)
    settings = {"managed_without_result": "failing", "managed_unconfirmed": "left_out"}
    inputs = CardInputs({}, TASKS, people, settings=settings)
    step = next(step for step in LEADER.trace(inputs) if step.code == "d")
    assert step.name_template % step.params == (
        "d. Tiêu chí d: whether all people managed have 50 points or more "
        "(2 without a result counted as having less, 1 left out)"
    )
    assert (dict(step.inputs), step.value) == (
        {"counted": 3, "below": 2, "nobody": 1, "reached": 1, "failed": HALF}, HALF,
    )  # fmt: skip
    assert [step for step in LEADER.trace(CardInputs({}, TASKS, people)) if step.code == "d"] == []


def test_nothing_assigned_that_counts_as_nothing_is_said():
    shown = {row[0]: row for row in rows(STAFF, CardInputs({}, [], settings={"nothing_assigned": "zero"}))}
    assert shown["a"] == (
        "a", "a. Tiêu chí a: nothing was assigned, which this set counts as 0", "0", 0, "Đ14.2.a",
    )  # fmt: skip
    assert shown["KQ"][2:] == ("(a + b + c) / 3 * 70", 0, "Đ16.1")


def test_a_band_that_is_read_from_the_rounded_total_says_so():
    inputs = CardInputs(
        {}, [TaskInput(Decimal(1), Decimal(1), Decimal(1))], part_totals={"common": Decimal("19.995")},
        settings={"band_from": "rounded"},
    )  # fmt: skip
    assert rows(STAFF, inputs)[-1] == (
        "band",
        "Point band, read from the rounded total: Hoàn thành xuất sắc nhiệm vụ (from 90 points)",
        "ROUND(total, 2)",
        90,
        "Đ20",
    )


def test_what_was_given_from_outside_is_called_so():
    inputs = CardInputs({}, TASKS, part_totals={"common": Decimal(27)}, given={"d": Decimal(1)})
    shown = {code: (name, formula) for code, name, formula, _, _ in rows(LEADER, inputs)}
    assert shown["d"] == ("d. Tiêu chí d: value given from outside", "")
    assert shown["common"] == ("Điểm tiêu chí chung: points given from outside", "")
    assert "I" not in shown
    inputs = CardInputs({}, TASKS, part_totals={"results": Decimal(35)})
    ratio = next(step for step in STAFF.trace(inputs) if step.code == "R")
    assert (ratio.formula, ratio.inputs, ratio.value) == (
        "MAX(0, [results]) / 70",
        (("results", 35),),
        Fraction(1, 2),
    )


def test_a_card_that_is_not_complete_is_explained_as_far_as_it_goes():
    codes = [row[0] for row in rows(LEADER, CardInputs({"key-I.1": Decimal(5)}, [], None))]
    assert codes == ["assigned", "quantity", "quality", "progress", "I.1"]
    assert rows(STAFF, CardInputs({}))[0] == (
        "assigned",
        "Converted quantity assigned, all tasks",
        "0",
        0,
        "Đ14.1",
    )


def test_a_set_without_parts_called_results_has_no_ratio():
    spec = specs.party()
    spec["parts"][1]["code"] = "work"
    spec["sections"][-1]["part"] = "work"
    compiled = compile_set(spec)
    inputs = CardInputs(full(compiled), TASKS)
    assert compiled.score(inputs).ratio is None
    assert "R" not in [row[0] for row in rows(compiled, inputs)]


def test_a_set_without_task_ratios_explains_no_tasks():
    spec = specs.party()
    spec["sections"][-1] = specs.section("KQ", "70", "results", [specs.number("r", "70", "1")])
    compiled = compile_set(spec)
    assert rows(compiled, CardInputs(full(compiled), TASKS))[0][0] == "I.1"


def test_the_sets_own_citations_come_first_and_without_a_law_there_are_no_others():
    spec = specs.staff()
    spec["citations"] = {"total": "HD 02, mục 3", "quality": ""}
    spec["sections"][0]["citation"] = "Phụ lục I"
    clauses = {row[0]: row[4] for row in rows(compile_set(spec), CardInputs(full(STAFF), TASKS))}
    found = [clauses[code] for code in ("total", "I", "II", "KQ")]
    assert found == [
        "HD 02, mục 3",
        "Phụ lục I",
        "Đ12.2",
        "Đ16.1",
    ]
    assert clauses["quality"] == "Đ14.2.b"
    assert {row[4] for row in rows(PARTY, CardInputs(full(PARTY), TASKS))} == {""}


def _weighted():
    spec = specs.party()
    criteria = [specs.number("w1", "10", "1", weight="30"), specs.choice("w2") | {"weight": "70"}]
    spec["sections"][0] = specs.section("I", "18", "common", criteria, kind="weighted_mean")
    spec["sections"][1]["combination"] = {"kind": "capped_sum", "cap": "3"}
    spec["settings"]["penalty_scope"] = "batch"
    return compile_set(spec)


FREE = free_formulas()
CARDS = [
    (STAFF, CardInputs(full(STAFF), TASKS)),
    (STAFF, CardInputs(full(STAFF), TASKS, settings={"ratio_cap": None})),
    (LEADER, CardInputs(full(LEADER, đ="50"), TASKS, PEOPLE)),
    (LEADER, CardInputs(full(LEADER), TASKS, ManagedPeople([]))),
    (LEADER, CardInputs({}, TASKS, PEOPLE, {"common": Decimal(3)}, {}, {"đ": Decimal(1), "e": Decimal(1)})),
    (
        PARTY,
        CardInputs(
            full(PARTY), [TaskInput(Decimal(1), Decimal(1), Decimal(5))], settings={"ratio_cap": None}
        ),
    ),
    (FREE, CardInputs(full(FREE), TASKS)),
    (FREE, CardInputs(full(FREE, **{f"III.{index}": Decimal(0) for index in (1, 2, 3, 4)}), TASKS)),
    (_weighted(), CardInputs(full(_weighted(), w2="50"), TASKS)),
]


@pytest.mark.parametrize(("compiled", "inputs"), CARDS)
def test_every_formula_of_a_trace_gives_its_number_from_its_inputs(compiled, inputs):
    outcome = compiled.score(inputs)
    computed = {}
    for step in compiled.trace(inputs):
        if step.formula:
            assert (
                formulas.evaluate(formulas.parse(step.formula), dict(step.inputs).__getitem__) == step.value
            )
        else:
            assert step.inputs == ()
        computed[step.code] = step.value
        assert step.name_template % step.params
    assert computed["total"] == outcome.total
    assert {code: computed[code] for code in outcome.values} == outcome.values
    assert {code: computed[code] for code in outcome.parts} == outcome.parts
    assert computed["R"] == outcome.ratio
    given = {step.code for step in compiled.trace(inputs) if step.code in outcome.sections}
    assert {code: computed[code] for code in given} == {code: outcome.sections[code] for code in given}
