"""What a task's numbers may become: changed, split, reported in steps, delayed once; refused with a sentence."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from kpi_cms.evaluation.domain import deductions, moving, proposals, tasks
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.tasks import Part
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import Delay, Fault, ObjectiveCause, Task
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, Refused, WrongState
from snippets.enums import Capability
from snippets.models import Catalogue
from tests.evaluation.test_moving import hand_over, move
from tests.evaluation.test_stages import hold
from tests.evaluation.test_tasks import DUE, change, parts, propose, ratios
from tests.helpers import month
from tests.helpers.scratch import together
from tests.helpers.screens import on_screen
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

EARLY = datetime(2026, 7, 10, tzinfo=UTC)
LATE = date(2026, 7, 25)


def number(text: str) -> Decimal:
    return Decimal(text)


def shares(world: World) -> list[tuple[str, str]]:
    """Quantity and share of every task that is a part, in order."""
    found = Task.objects.filter(group_key__isnull=False).order_by("pk")
    return [(str(task.assigned.normalize()), str(task.share.normalize())) for task in found]


def rewritten(task: Task) -> tuple[Decimal, date, int]:
    task.refresh_from_db()
    return task.assigned, task.due_on, task.version_number


# --- Changing --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("quantity", ["0.5", "0.999"])
def test_no_less_stays_assigned_than_was_handed_over(world: World, quantity: str) -> None:
    task = month.assign(world, world.lan)
    hand_over(world, task, "1")
    task.refresh_from_db()
    with pytest.raises(Invalid, match="1 of this task are handed over already") as raised:
        change(world, task, quantity=quantity)
    assert set(raised.value.problems) == {"quantity"}
    assert rewritten(task) == (4, DUE, 2)
    assert change(world, task, quantity="1").assigned == 1


@pytest.mark.parametrize("due", [date(2026, 6, 30), date(2026, 8, 1)])
def test_a_changed_due_date_lies_in_the_period_too(world: World, due: date) -> None:
    task = month.assign(world, world.lan)
    with pytest.raises(Invalid, match="01/07/2026 to 31/07/2026"):
        change(world, task, due_on=due)
    assert rewritten(task) == (4, DUE, 1)


def test_a_part_never_grows_beyond_its_product(world: World) -> None:
    first, _second, _third = parts(world, "0.5", "0.3", "0.1")
    for quantity in ("10", "0.601"):
        with pytest.raises(Invalid, match=r"this one can be at most 0\.6"):
            change(world, first, quantity=quantity)
    assert shares(world) == [("0.5", "0.5"), ("0.3", "0.3"), ("0.1", "0.1")]
    change(world, first, quantity="0.6")
    assert shares(world) == [("0.6", "0.6"), ("0.3", "0.3"), ("0.1", "0.1")]


def test_a_part_that_changes_hands_is_counted_once(world: World) -> None:
    """Handed over, it stays assigned where it was; moved, it leaves: both ways the product is given once."""
    first, second = parts(world, "0.5", "0.5")
    hand_over(world, first, "0.2", taker=world.deputy)
    move(world, second, "0.1", moment=EARLY, taker=world.deputy)
    assert shares(world) == [("0.5", "0.5"), ("0.4", "0.4"), ("0.2", "0.2"), ("0.1", "0.1")]
    first.refresh_from_db()
    with pytest.raises(Invalid, match=r"at most 0\.5"):
        change(world, first, quantity="0.501")
    assert change(world, first, quantity="0.3").share == Decimal("0.3")


def test_a_part_that_was_moved_whole_is_no_part_any_more(world: World) -> None:
    first, second = parts(world, "0.5", "0.4")
    move(world, first, "0.5", moment=EARLY, taker=world.deputy)
    with pytest.raises(Invalid, match=r"at most 0\.5"):
        change(world, second, quantity="0.6")


def test_work_taken_over_keeps_the_quantity_that_changed_hands(world: World) -> None:
    follower = hand_over(world, month.assign(world, world.lan), "1")
    for quantity in ("5", "0.5"):
        with pytest.raises(Invalid, match="its quantity is what changed hands"):
            change(world, follower, quantity=quantity)
    changed = change(world, follower, quantity="1", due_on=date(2026, 7, 31))
    assert (changed.assigned, changed.due_on) == (1, date(2026, 7, 31))


def test_a_unit_with_an_error_is_not_changed_away(world: World) -> None:
    """A clerk who assigns would lift what the head recorded."""
    hold(world.stranger, Capability.ASSIGN, world, unit=world.department)
    task = month.assign(world, world.lan)
    fault = deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=3, reason="Sai"
    )
    with pytest.raises(Invalid, match="recorded on unit 3"):
        change(world, task, quantity="2", by=world.stranger)
    assert change(world, task, quantity="2.5", by=world.stranger).assigned == Decimal("2.5")
    deductions.withdraw_deduction(actor=world.head.user, moment=MOMENT, deduction=fault, reason="Nhầm")
    assert change(world, Task.objects.get(pk=task.pk), quantity="1").assigned == 1


def test_parts_changed_at_once_stay_within_their_product(committed_world: World) -> None:
    """Each sees room for itself; together they would be 1.2 of one product."""
    world = committed_world
    made = parts(world, "0.4", "0.4")
    results = together([partial(change, world, task, quantity="0.6") for task in made])
    assert sorted(type(result).__name__ for result in results) == ["Invalid", "Task"]
    assert sorted(shares(world)) == [("0.4", "0.4"), ("0.6", "0.6")]


# --- Numbers and texts that no column holds --------------------------------------------------------------------------
UNSTORABLE = ["0.0004", "1.2345", "1000000", "1E+30", "NaN", "Infinity", "-Infinity"]


def attempts(world: World) -> dict[str, Callable[[str], object]]:
    task = month.assign(world, world.lan)
    done = month.report(month.assign(world, world.lan))
    common = {"actor": world.head.user, "moment": MOMENT}
    new = {"period": world.period, "product": world.product, "due_on": DUE}
    other = {"taker": world.minh, "due_on": DUE, "reason": "x"}
    return {
        "assign": lambda text: tasks.assign_task(**common, **new, person=world.lan, quantity=number(text)),
        "part": lambda text: tasks.assign_parts(
            **common, period=world.period, product=world.product,
            parts=[Part(world.lan, number(text), DUE, "Phần 1")],
        ),
        "change": lambda text: change(world, task, quantity=text),
        "report": lambda text: month.report(task, completed=text),
        "propose": lambda text: proposals.propose_task(
            actor=world.lan.user, moment=MOMENT, person=world.lan, name="Việc", quantity=number(text), **new
        ),
        "confirm": lambda text: month.confirm_report(done, accepted=text),
        "hand over": lambda text: moving.hand_over(
            **common, task=task, expected=1, quantity=number(text), **other
        ),
        "move": lambda text: moving.move_task(
            actor=world.head.user, moment=EARLY, task=task, expected=1, quantity=number(text), **other
        ),
    }  # fmt: skip


@pytest.mark.parametrize("text", UNSTORABLE)
def test_a_number_that_no_column_holds_is_refused_with_a_sentence(world: World, text: str) -> None:
    verbs = attempts(world)
    before = LedgerEntry.objects.count()
    refusals = {}
    for name, attempt in verbs.items():
        with pytest.raises(Invalid) as raised:
            attempt(text)
        refusals[name] = str(raised.value.sentence)
    assert refusals == dict.fromkeys(verbs, "Write a quantity of at most 999999, with at most 3 decimals.")
    assert LedgerEntry.objects.count() == before


def test_shares_of_three_decimals_are_kept_as_they_are(world: World) -> None:
    parts(world, "0.333", "0.333", "0.001")
    assert shares(world) == [("0.333", "0.333"), ("0.333", "0.333"), ("0.001", "0.001")]


def test_a_text_longer_than_its_column_is_refused_with_a_sentence(world: World) -> None:
    with pytest.raises(Invalid, match=r"Write at most 200 characters\.") as label:
        tasks.assign_parts(
            actor=world.head.user, moment=MOMENT, period=world.period, product=world.product,
            parts=[Part(world.lan, Decimal("0.5"), DUE, "x" * 201)],
        )  # fmt: skip
    task = month.assign(world, world.lan)
    with pytest.raises(Invalid, match=r"Write at most 120 characters\.") as document:
        tasks.report_task(
            actor=world.lan.user, moment=MOMENT, task=task, expected=1, completed=Decimal(1), completed_on=DUE,
            evidence_number="x" * 121,
        )  # fmt: skip
    assert [set(found.value.problems) for found in (label, document)] == [{"part_label"}, {"evidence_number"}]


def test_the_longest_title_of_a_catalogue_fits_on_a_task(world: World) -> None:
    Catalogue.objects.update(title="D" * 200, number=2_147_483_647)
    world.product.refresh_from_db()
    assert month.assign(world, world.lan).catalogue_version == f"{'D' * 200} (2147483647)"


def test_a_sentence_shows_quantities_as_its_reader_writes_them(world: World) -> None:
    task = month.assign(world, world.lan, quantity="1.5")
    with translation.override("vi"), pytest.raises(Invalid) as raised:
        month.report(task, completed="2")
    assert raised.value.problems["completed"] == ["Nhiệm vụ này chỉ có thể hoàn thành tối đa 1,5."]


# --- Reporting in steps ----------------------------------------------------------------------------------------------
@pytest.fixture
def half_done(world: World) -> Task:
    """Two of five, one of them accepted, confirmed in the middle of the month."""
    task = month.report(
        month.assign(world, world.lan, quantity="5"), completed="2", on=date(2026, 7, 10), moment=MOMENT
    )
    return month.confirm_report(task, accepted="1")


def test_what_was_confirmed_is_not_reported_away(world: World, half_done: Task) -> None:
    for completed in ("0", "1", "2", "5.5"):
        with pytest.raises(Invalid) as raised:
            month.report(half_done, completed=completed)
        assert raised.value.problems == {
            "completed": [
                "2 of this task are confirmed already. Report the whole quantity, more than that and at most 5."
            ]
        }
    half_done.refresh_from_db()
    assert (half_done.state, half_done.completed, half_done.accepted) == (TaskState.CONFIRMED, 2, 1)


def test_the_rest_of_a_confirmed_task_is_reported_and_confirmed_in_turn(
    world: World, half_done: Task
) -> None:
    assert ratios(world) == {"a": "2/5", "b": "1/5", "c": "2/5"}
    more = month.report(half_done, completed="5")
    assert (more.state, more.completed, more.confirmed_before, more.accepted) == (TaskState.REPORTED, 5, 2, 1)
    # What is reported counts as good until the head decides on it, as with every first report.
    assert ratios(world) == {"a": "1", "b": "4/5", "c": "1"}
    assert (
        recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False).differing == []
    )
    with pytest.raises(Invalid, match="not complete"):
        month.report(more, completed="1.5")
    corrected = month.report(more, completed="4")
    assert (corrected.completed, corrected.confirmed_before) == (4, 2)
    done = month.confirm_report(corrected, accepted="2")
    assert (done.state, done.accepted) == (TaskState.CONFIRMED, 2)
    assert ratios(world) == {"a": "4/5", "b": "2/5", "c": "4/5"}
    last = month.report(done, completed="5")
    assert (last.confirmed_before, last.accepted) == (4, 2)


def test_a_report_on_top_can_be_taken_back(world: World, half_done: Task) -> None:
    more = month.report(half_done, completed="5")
    back = month.report(more, completed="2")
    assert (back.state, back.completed, back.confirmed_before) == (TaskState.REPORTED, 2, 2)


def test_a_task_that_is_done_is_not_reported_again(world: World) -> None:
    task = month.worked(world, world.lan)
    assert not tasks.may_be_reported(task)
    with pytest.raises(WrongState, match="nothing left to report"):
        month.report(task)
    declined = proposals.decide_proposal(
        actor=world.head.user, moment=MOMENT, task=propose(world), accepted=False, reason="Trùng"
    )
    assert not tasks.may_be_reported(declined)


def test_a_rest_waits_for_the_head_before_the_card_is_confirmed(world: World, half_done: Task) -> None:
    month.report(half_done, completed="5")
    card = month.evaluated(world, world.lan)
    with pytest.raises(DomainError, match="tasks"):
        month.stages.confirm(
            actor=world.head.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )


def test_the_rest_of_a_confirmed_task_changes_hands(world: World, half_done: Task) -> None:
    with pytest.raises(Invalid, match="Between 0 and 3"):
        hand_over(world, half_done, "3.5")
    hand_over(world, half_done, "1")
    half_done.refresh_from_db()
    assert (half_done.state, half_done.handed_over, half_done.rest) == (TaskState.CONFIRMED, 1, 2)
    move(world, half_done, "2", moment=EARLY)
    half_done.refresh_from_db()
    assert (half_done.state, half_done.assigned, half_done.rest) == (TaskState.CONFIRMED, 3, 0)
    assert ratios(world) == {"a": "2/3", "b": "1/3", "c": "2/3"}


# --- One late day, one delay -----------------------------------------------------------------------------------------
def confirm(world: World, task: Task, *, delayed: bool = True, reason: str = "Nộp chậm") -> Task:
    return tasks.confirm_task(
        actor=world.head.user, moment=MOMENT, task=task, expected=task.version_number, accepted=task.completed,
        delayed=delayed, reason=reason,
    )  # fmt: skip


def delayed_units() -> list[int]:
    return list(Delay.objects.order_by("unit_number", "pk").values_list("unit_number", flat=True))


def test_confirming_again_records_no_delay_twice(world: World) -> None:
    task = confirm(world, month.report(month.assign(world, world.lan), on=LATE))
    assert (delayed_units(), ratios(world)["c"]) == ([1, 2, 3, 4], "3/4")
    again = confirm(world, task)
    assert (tasks.undelayed_units(again), delayed_units(), ratios(world)["c"]) == ([], [1, 2, 3, 4], "3/4")


def test_only_a_delay_that_stands_keeps_another_away(world: World) -> None:
    task = confirm(world, month.report(month.assign(world, world.lan), completed="2", on=LATE), delayed=False)
    assert (delayed_units(), tasks.undelayed_units(task)) == ([], [1, 2])
    first = deductions.record_delay(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Chậm"
    )
    deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=first, reason="Lũ")
    assert tasks.undelayed_units(task) == [2]
    deductions.withdraw_deduction(actor=world.head.user, moment=MOMENT, deduction=first, reason="Nhầm")
    assert tasks.undelayed_units(task) == [1, 2]
    confirm(world, task)
    assert delayed_units() == [1, 1, 2]


def test_a_late_rest_delays_only_the_rest(world: World, half_done: Task) -> None:
    """Two units were in time; the other three are late, once."""
    more = month.report(half_done, completed="5", on=LATE)
    assert tasks.proposes_delay(more)
    confirm(world, more)
    assert delayed_units() == [3, 4, 5]


def test_a_unit_that_was_begun_in_time_and_ended_late_is_late(world: World) -> None:
    task = confirm(
        world, month.report(month.assign(world, world.lan, quantity="3"), completed="1.5"), delayed=False
    )
    confirm(world, month.report(task, completed="2.5", on=LATE))
    assert delayed_units() == [2, 3]


IN_TIME = date(2026, 7, 10)


def test_what_was_reported_in_time_stays_in_time_when_more_is_reported_late(world: World) -> None:
    """Not confirmed in between: three on the 10th, the last two after the 20th."""
    task = month.assign(world, world.lan, quantity="5")
    month.report(task, completed="3", on=IN_TIME)
    task.refresh_from_db()
    more = month.report(task, completed="5", on=LATE)
    assert (more.in_time, more.in_time_on, more.completed, more.completed_on) == (3, IN_TIME, 5, LATE)
    assert (tasks.proposes_delay(more), tasks.undelayed_units(more)) == (True, [4, 5])
    confirm(world, more)
    assert (delayed_units(), ratios(world)["c"]) == ([4, 5], "9/10")
    entry = LedgerEntry.objects.filter(act="task.reported").order_by("pk").last()
    assert entry is not None
    said = [entry.before["in_time"], entry.after["in_time"], entry.after["in_time_on"]]
    assert said == ["3.000", "3.000", "2026-07-10"]


def test_three_reports_keep_what_each_of_them_finished_in_time(world: World) -> None:
    task = month.report(month.assign(world, world.lan, quantity="5"), completed="1", on=IN_TIME)
    task = month.report(task, completed="2.5", on=DUE)
    task = month.report(task, completed="3", on=LATE)
    task = month.report(task, completed="5", on=date(2026, 7, 28))
    assert (task.in_time, task.in_time_on, tasks.undelayed_units(task)) == (Decimal("2.5"), DUE, [3, 4, 5])


def test_a_day_that_is_corrected_takes_what_stood_on_it_along(world: World) -> None:
    """The same quantity on another day is no more work: nothing of it is known to have been in time."""
    task = month.report(month.assign(world, world.lan), on=IN_TIME)
    assert (task.in_time, task.in_time_on) == (4, IN_TIME)
    late = month.report(task, on=LATE)
    assert (late.in_time, late.in_time_on, tasks.undelayed_units(late)) == (0, None, [1, 2, 3, 4])
    back = month.report(late, on=DUE)
    assert (back.in_time, back.in_time_on, tasks.proposes_delay(back)) == (4, DUE, False)


def test_what_the_head_confirmed_in_time_is_not_corrected_away(world: World, half_done: Task) -> None:
    more = month.report(month.report(half_done, completed="5", on=IN_TIME), completed="5", on=LATE)
    assert (more.confirmed_before, more.in_time, tasks.undelayed_units(more)) == (2, 2, [3, 4, 5])


def test_less_than_was_in_time_is_all_in_time(world: World) -> None:
    task = month.report(month.assign(world, world.lan), completed="3", on=IN_TIME)
    task = month.report(task, completed="4", on=LATE)
    fewer = month.report(task, completed="2", on=LATE)
    assert (fewer.in_time, fewer.in_time_on, tasks.proposes_delay(fewer)) == (2, IN_TIME, False)
    none = month.report(fewer, completed="0", on=LATE)
    assert (none.in_time, none.in_time_on) == (0, None)


@pytest.mark.parametrize("values", [{"in_time": 5}, {"in_time": -1}, {"in_time": 1, "in_time_on": None}])
def test_no_row_says_more_was_in_time_than_was_completed(world: World, values: dict[str, Any]) -> None:
    task = month.report(month.assign(world, world.lan), on=IN_TIME)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**values)


def test_nothing_is_completed_before_the_period_begins(world: World) -> None:
    """An early day would hide a delay, and raise the coefficient of what is done early."""
    task = month.assign(world, world.lan)
    with pytest.raises(Invalid) as raised:
        month.report(task, on=date(2026, 6, 30))
    assert raised.value.problems == {
        "completed_on": ["The day of completion lies before the period, which begins on 01/07/2026."]
    }
    assert month.report(task, on=date(2026, 7, 1)).completed_on == date(2026, 7, 1)


# --- A product named later -------------------------------------------------------------------------------------------
def test_an_accepted_task_is_scored_once_its_product_is_named(world: World) -> None:
    month.worked(world, world.lan, completed="3")
    task = proposals.decide_proposal(actor=world.head.user, moment=MOMENT, task=propose(world), accepted=True)
    month.confirm_report(month.report(task, completed="1"))
    assert ratios(world)["a"] == "3/4"
    for who, error in ((world.lan, Refused), (world.stranger, NotFound)):
        with pytest.raises(error):
            proposals.name_product(actor=who.user, moment=MOMENT, task=task, product=world.product)
    named = proposals.name_product(actor=world.head.user, moment=MOMENT, task=task, product=world.product)
    assert (named.code, named.coefficient, named.catalogue_version, named.name, named.state) == (
        "DC.01", 2, "Danh mục (1)", "Tiếp đoàn đột xuất", TaskState.CONFIRMED,
    )  # fmt: skip
    assert ratios(world)["a"] == "1"
    entry = LedgerEntry.objects.latest("id")
    assert (entry.act, entry.before["product"], entry.after["product"]) == ("task.changed", "", "DC.01")


def test_a_product_is_named_once_and_only_where_the_period_uses_it(world: World) -> None:
    task = propose(world)
    name = partial(proposals.name_product, actor=world.head.user, moment=MOMENT, task=task)
    with pytest.raises(WrongState):
        name(product=world.product)
    proposals.decide_proposal(actor=world.head.user, moment=MOMENT, task=task, accepted=True)
    with thawed():
        world.period.catalogue_pins.all().delete()
    with pytest.raises(Invalid, match="no catalogue"):
        name(product=world.product)
    with thawed():
        world.period.catalogue_pins.create(catalogue=world.product.catalogue)
    name(product=world.product)
    with pytest.raises(WrongState, match="named already"):
        name(product=world.product)


def test_a_name_from_the_catalogue_follows_the_product_the_head_names(world: World) -> None:
    catalogue = world.product.catalogue
    other = catalogue.products.create(
        code="DC.02", scope=world.product.scope, duty="Tham mưu kế hoạch", group=1, frame_low=1, frame_high=10,
        points=5, coefficient=1,
    )  # fmt: skip
    for typed, expected in (("", "Tham mưu kế hoạch"), ("Đón đoàn", "Đón đoàn")):
        task = propose(world, product=world.product, name=typed)
        decided = proposals.decide_proposal(
            actor=world.head.user, moment=MOMENT, task=task, accepted=True, product=other
        )
        assert (decided.code, decided.name) == ("DC.02", expected)


# --- Causes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("record", [deductions.record_fault, deductions.record_delay])
def test_no_cause_lifts_what_was_taken_back(world: World, record: Callable[..., Fault | Delay]) -> None:
    task = month.worked(world, world.lan)
    found = record(actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai")
    deductions.withdraw_deduction(actor=world.head.user, moment=MOMENT, deduction=found, reason="Nhầm")
    with pytest.raises(WrongState, match="withdrawn already"):
        deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=found, reason="Lũ")
    assert ObjectiveCause.objects.count() == 0


# --- The database keeps it too ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "values",
    [
        {"confirmed_before": 1},
        {"confirmed_before": -1},
        {"completed": 1},
        {"kind": TaskKind.TAKEN_OVER},
        {"share": Decimal("0.5")},
        {"share": Decimal("1.5")},
        {"group_key": "00000000-0000-0000-0000-000000000001"},
    ],
)
def test_the_database_refuses_what_cannot_be(world: World, values: dict[str, object]) -> None:
    task = month.assign(world, world.lan)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**values)


def test_the_database_refuses_a_source_of_what_was_not_taken_over(world: World) -> None:
    task, other = month.assign(world, world.lan), month.assign(world, world.lan)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(source=other)


@pytest.mark.parametrize("record", [deductions.record_fault, deductions.record_delay])
def test_one_cause_stands_for_a_deduction(world: World, record: Callable[..., Fault | Delay]) -> None:
    task = month.worked(world, world.lan)
    found = record(actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai")
    cause = deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=found, reason="Lũ")
    cause.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        ObjectiveCause.objects.bulk_create([cause])
    deductions.revoke_cause(
        actor=world.head.user, moment=MOMENT, cause=ObjectiveCause.objects.get(), reason="Nhầm"
    )
    ObjectiveCause.objects.bulk_create([cause])
    assert ObjectiveCause.objects.count() == 2


def test_every_constraint_of_tasks_and_deductions_says_what_is_wrong() -> None:
    said = {
        constraint.name: str(constraint.violation_error_message)
        for model in (Task, Fault, Delay, ObjectiveCause)
        for constraint in model._meta.constraints
    }
    assert len(said) == 16
    assert [name for name, sentence in said.items() if name in sentence or not sentence.endswith(".")] == []
