"""a, b and c: what counts, what is deducted, and from what."""

from decimal import Decimal
from fractions import Fraction

import pytest

from kpi_cms.foundation.engine import Deduction, ScoringError, TaskInput, TaskTotals
from kpi_cms.foundation.engine.tasks import TaskRules, TaskUnits, task_totals, task_units
from tests.foundation.engine.cards import STAFF

UNIT, BATCH = TaskRules(Decimal("0.25"), batch=False), TaskRules(Decimal("0.25"), batch=True)


def ratios(*tasks, rules=UNIT):
    """a, b and c, uncapped."""
    totals = task_totals(tasks, rules)
    return tuple(Fraction(number, totals.assigned) for number in totals[1:4])


def on(*units):
    return [Deduction(unit) for unit in units]


def test_quantities_are_converted_by_the_coefficient():
    easy, hard = (
        TaskInput(Decimal("0.6"), Decimal(10), Decimal(10)),
        TaskInput(Decimal(12), Decimal(1), Decimal(0)),
    )
    assert task_totals([easy, hard], UNIT) == TaskTotals(18, 6, 6, 6, 0, 1)


def test_without_tasks_nothing_is_assigned():
    assert task_totals([], UNIT) == TaskTotals(0, 0, 0, 0, 0, 1)


def test_each_fault_costs_a_quarter_of_its_unit():
    assert ratios(TaskInput(Decimal(2), Decimal(4), Decimal(4), faults=on(1, 2), delays=on(1))) == (
        1,
        Fraction(7, 8),
        Fraction(15, 16),
    )


def test_faults_on_one_unit_add_up_down_to_nothing_of_that_unit():
    assert ratios(TaskInput(Decimal(1), Decimal(2), Decimal(2), faults=on(1, 1, 1))) == (1, Fraction(5, 8), 1)
    assert ratios(TaskInput(Decimal(1), Decimal(2), Decimal(2), faults=on(1, 1, 1, 1, 1, 1))) == (
        1,
        Fraction(1, 2),
        1,
    )


def test_a_confirmed_objective_cause_lifts_the_deduction():
    excused = [Deduction(1, excused=True), Deduction(2)]
    assert ratios(TaskInput(Decimal(1), Decimal(2), Decimal(2), faults=excused, delays=excused)) == (
        1,
        Fraction(7, 8),
        Fraction(7, 8),
    )


def test_only_excused_faults_cost_nothing_of_a_batch_either():
    task = TaskInput(Decimal(1), Decimal(2), Decimal(2), faults=[Deduction(1, excused=True)])
    assert ratios(task, rules=BATCH) == (1, 1, 1)


def test_a_fault_on_a_batch_costs_a_quarter_of_all_of_it():
    task = TaskInput(Decimal(1), Decimal(4), Decimal(4), faults=on(1, 2), delays=on(1, 1, 1, 1, 1))
    assert ratios(task, rules=BATCH) == (1, Fraction(1, 2), 0)


def test_units_not_completed_have_no_points_to_lose():
    assert ratios(TaskInput(Decimal(1), Decimal(5), Decimal(1), faults=on(1, 2, 5), delays=on(2))) == (
        Fraction(1, 5),
        Fraction(3, 20),
        Fraction(1, 5),
    )


def test_a_unit_never_accepted_counts_nothing_for_quality_whatever_its_faults():
    task = TaskInput(Decimal(1), Decimal(3), Decimal(3), accepted=Decimal(2), faults=on(1, 3, 3))
    assert ratios(task) == (1, Fraction(7, 12), 1)


def test_more_accepted_than_completed_is_no_more_than_completed():
    assert ratios(TaskInput(Decimal(1), Decimal(4), Decimal(2), accepted=Decimal(3))) == (
        Fraction(1, 2),
        Fraction(1, 2),
        Fraction(1, 2),
    )


def test_a_delay_counts_on_a_unit_that_was_never_accepted():
    assert ratios(TaskInput(Decimal(1), Decimal(2), Decimal(2), accepted=Decimal(1), delays=on(2))) == (
        1,
        Fraction(1, 2),
        Fraction(7, 8),
    )


def test_units_handed_over_stay_assigned_and_are_not_completed():
    assert (
        ratios(TaskInput(Decimal(1), Decimal(40), Decimal(30), handed_over=Decimal(10)))
        == (Fraction(3, 4),) * 3
    )
    assert (
        ratios(TaskInput(Decimal(1), Decimal(40), Decimal(40), handed_over=Decimal(10)))
        == (Fraction(3, 4),) * 3
    )
    assert ratios(TaskInput(Decimal(1), Decimal(4), Decimal(3), handed_over=Decimal(9))) == (0, 0, 0)


def test_extra_tasks_count_in_the_numerators_only_with_their_own_faults_and_delays():
    planned = TaskInput(Decimal(1), Decimal(10), Decimal(8))
    extra = TaskInput(
        Decimal(2), Decimal(7), Decimal(1), handed_over=Decimal(3), extra=True, faults=on(1), delays=on(1, 1)
    )
    assert ratios(planned, extra) == (1, Fraction(95, 100), Fraction(9, 10))
    assert task_totals([planned, extra], UNIT).extra == task_totals([planned, extra], UNIT).scale * 2


def test_extras_alone_leave_nothing_assigned():
    assert task_totals([TaskInput(Decimal(1), Decimal(5), Decimal(3), extra=True)], UNIT).assigned == 0


def test_the_last_part_of_a_fractional_quantity_weighs_as_much_as_it_is():
    whole = TaskInput(Decimal(1), Decimal("2.5"), Decimal("2.5"), faults=on(3), delays=on(1))
    assert ratios(whole) == (1, Fraction(19, 20), Fraction(9, 10))
    part = TaskInput(Decimal(8), Decimal("0.5"), Decimal("0.5"), faults=on(1), delays=on(2))
    assert ratios(part) == (1, Fraction(3, 4), 1)


def test_a_fractional_share_of_a_batch_is_reduced_as_a_whole():
    task = TaskInput(Decimal(1), Decimal("0.4"), Decimal("0.4"), faults=on(1))
    assert ratios(task, rules=BATCH) == (1, Fraction(3, 4), 1)


def test_exactly_a_whole_number_of_units_has_no_part_left():
    assert ratios(TaskInput(Decimal(1), Decimal(2), Decimal("2.0"), faults=on(3))) == (1, 1, 1)


def test_a_zero_with_a_sign_is_zero():
    assert ratios(TaskInput(Decimal(1), Decimal(2), Decimal("-0"))) == (0, 0, 0)


def test_sums_of_many_places_stay_exact():
    tasks = [
        TaskInput(Decimal("0.0000000001"), Decimal("0.0000000003"), Decimal("0.0000000001")),
        TaskInput(Decimal(10) ** 14, Decimal(1), Decimal(1)),
    ]
    totals = task_totals(tasks, UNIT)
    assert Fraction(totals.assigned, totals.scale) == 10**14 + Fraction(3, 10**20)


@pytest.mark.parametrize(
    "task",
    [
        TaskInput(Decimal(-1), Decimal(1), Decimal(1)),
        TaskInput(Decimal(1), Decimal(-1), Decimal(1)),
        TaskInput(Decimal(1), Decimal(1), Decimal(-1)),
        TaskInput(Decimal(1), Decimal(1), Decimal(1), accepted=Decimal(-1)),
        TaskInput(Decimal(1), Decimal(1), Decimal(1), handed_over=Decimal(-1)),
    ],
)
def test_a_quantity_below_zero_is_refused_by_name(task):
    with pytest.raises(ScoringError) as caught:
        task_totals([task._replace(label="Soạn thảo")], UNIT)
    assert caught.value.problem.code == "task_negative"
    assert str(caught.value) == "The task Soạn thảo has a quantity or coefficient below zero: correct it."


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity"])
@pytest.mark.parametrize("field", ["coefficient", "assigned", "completed"])
def test_a_quantity_that_is_no_number_is_refused_by_name(field, number):
    task = TaskInput(Decimal(1), Decimal(1), Decimal(1), label="Soạn thảo")._replace(
        **{field: Decimal(number)}
    )
    with pytest.raises(ScoringError) as caught:
        task_totals([task], UNIT)
    assert caught.value.problem.code == "task_number"
    assert "Soạn thảo" in str(caught.value)


@pytest.mark.parametrize("field", ["accepted", "handed_over"])
def test_the_rarer_quantities_are_numbers_too(field):
    with pytest.raises(ScoringError) as caught:
        task_totals([TaskInput(Decimal(1), Decimal(1), Decimal(1))._replace(**{field: Decimal("NaN")})], UNIT)
    assert caught.value.problem.code == "task_number"


def test_a_sum_too_long_to_keep_exact_is_refused_not_rounded():
    tasks = [
        TaskInput(Decimal("1E+100"), Decimal(1), Decimal(1)),
        TaskInput(Decimal("1E-100"), Decimal(1), Decimal(1), label="Soạn thảo"),
    ]
    with pytest.raises(ScoringError) as caught:
        task_totals(tasks, UNIT)
    assert str(caught.value) == (
        "The task Soạn thảo has a quantity or coefficient that cannot be used: write a shorter number."
    )


def test_units_are_numbered_from_one():
    with pytest.raises(ScoringError) as caught:
        task_totals([TaskInput(Decimal(1), Decimal(1), Decimal(1), faults=on(0), label="Soạn thảo")], UNIT)
    assert (
        str(caught.value) == "The task Soạn thảo has an error or delay on unit 0: units are numbered from 1."
    )


# --- A task's own line ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("completed", "delays", "on_time"),
    [
        ("3", (), "3"),
        ("3", on(2), "2"),
        ("3", on(2, 2), "2"),
        ("3", [Deduction(2, excused=True)], "3"),
        ("2.5", on(3), "2.0"),
        ("2.5", on(1), "1.5"),
        ("2", on(3), "2"),
    ],
)
def test_a_unit_is_late_once_however_often_it_was_delayed(completed, delays, on_time):
    task = TaskInput(Decimal(4), Decimal(4), Decimal(completed), delays=delays)
    assert task_units(task, UNIT) == TaskUnits(Decimal(completed), Decimal(completed), Decimal(on_time))


def test_a_delayed_batch_is_late_as_a_whole():
    assert task_units(TaskInput(Decimal(1), Decimal(3), Decimal(3), delays=on(1)), BATCH).on_time == 0


def test_what_was_handed_over_or_never_accepted_is_in_no_line():
    task = TaskInput(Decimal(1), Decimal(4), Decimal(4), Decimal(2), handed_over=Decimal(1), delays=on(3))
    assert task_units(task, UNIT) == TaskUnits(Decimal(3), Decimal(2), Decimal(2))


def test_a_set_counts_a_task_s_units_by_its_own_rules():
    task = TaskInput(Decimal(3), Decimal(4), Decimal("2.5"), delays=on(1))
    assert STAFF.units_of(task) == TaskUnits(Decimal("2.5"), Decimal("2.5"), Decimal("1.5"))
