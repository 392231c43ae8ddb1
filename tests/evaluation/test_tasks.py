"""Tasks: who may do what with them, what is frozen, what is deducted, and where work that changes hands counts."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from kpi_cms.evaluation.domain import deductions, moving, proposals, scoring, stages, tasks
from kpi_cms.evaluation.domain.counted_tasks import deductions_of
from kpi_cms.evaluation.domain.tasks import Part
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import CardResult, CataloguePin, Delay, Fault, Task
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.engine import Deduction
from snippets.enums import Capability, PeriodState, ProductScope
from snippets.models import Catalogue, Period, Person, Product
from tests.evaluation.test_stages import hold
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.thawed import repin, thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

DUE = date(2026, 7, 20)


def ratios(world: World) -> dict[str, str]:
    """a, b and c of Lan's card as the evaluator's result has them."""
    outcome = scoring.outcome_of(world.card(world.lan), "evaluator")
    return {code: str(outcome.values[code]) for code in ("a", "b", "c")}


# --- Assigning -------------------------------------------------------------------------------------------------------
def test_product_and_coefficient_are_frozen_on_the_task(world: World) -> None:
    task = month.assign(world, world.lan)
    Product.objects.filter(pk=world.product.pk).update(coefficient=9, duty="Khác")
    task.refresh_from_db()
    assert (task.code, task.name, task.coefficient, task.catalogue_version) == (
        "DC.01", "Soạn thảo văn bản", Decimal(2), "Danh mục (1)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("relation", "error"),
    [("head", None), ("lan", Refused), ("minh", NotFound), ("stranger", NotFound), ("other_head", NotFound)],
)
def test_the_evaluator_assigns_and_nobody_else(
    world: World, relation: str, error: type[Exception] | None
) -> None:
    if error is None:
        assert month.assign(world, world.lan, by=getattr(world, relation)).person == world.lan
        return
    with pytest.raises(error):
        month.assign(world, world.lan, by=getattr(world, relation))
    assert Task.objects.count() == 0


def test_a_clerk_assigns_but_does_not_confirm(world: World) -> None:
    hold(world.stranger, Capability.ASSIGN, world, unit=world.department)
    task = month.report(month.assign(world, world.lan, by=world.stranger))
    with pytest.raises(Refused):
        month.confirm_report(task, by=world.stranger)
    task.refresh_from_db()
    assert task.state == TaskState.REPORTED


def test_extras_are_the_heads_to_give(world: World) -> None:
    """Whoever only assigns neither makes an extra nor lets one grow (rules.md §4: "given by the head")."""
    hold(world.stranger, Capability.ASSIGN, world, unit=world.department)
    with pytest.raises(Refused, match="Only the head gives work outside the plan"):
        month.assign(world, world.lan, by=world.stranger, sudden=True)
    assert Task.objects.count() == 0
    extra = month.assign(world, world.lan, sudden=True)
    with pytest.raises(Refused, match="Only the head gives work outside the plan"):
        change(world, extra, quantity="10", by=world.stranger)
    extra.refresh_from_db()
    assert (extra.kind, extra.assigned) == (TaskKind.SUDDEN, 4)
    assert change(world, extra, quantity="10").assigned == 10


def test_a_reader_of_the_unit_sees_tasks_and_changes_none(world: World) -> None:
    task = month.report(month.assign(world, world.lan))
    hold(world.stranger, Capability.VIEW, world, unit=world.department)
    with pytest.raises(Refused):
        month.assign(world, world.lan, by=world.stranger)
    with pytest.raises(Refused):
        month.confirm_report(task, by=world.stranger)
    with pytest.raises(Refused):
        tasks.report_task(
            actor=world.stranger.user, moment=MOMENT, task=task, expected=2, completed=Decimal(1),
            completed_on=DUE, evidence_number="1",
        )  # fmt: skip


def test_a_head_of_a_unit_above_confirms_too(world: World) -> None:
    task = month.report(month.assign(world, world.lan))
    for capability in (Capability.VIEW, Capability.EVALUATE):
        hold(world.chair, capability, world, unit=world.agency)
    assert month.confirm_report(task, by=world.chair).state == TaskState.CONFIRMED


def test_nobody_works_on_their_own_tasks_as_their_head(world: World) -> None:
    hold(world.lan, Capability.EVALUATE, world, unit=world.department)
    hold(world.lan, Capability.ASSIGN, world, unit=world.department)
    task = month.report(month.assign(world, world.lan))
    with pytest.raises(Refused):
        month.confirm_report(task, by=world.lan)
    with pytest.raises(Refused):
        month.assign(world, world.lan, by=world.lan)


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_a_quantity_is_above_zero(world: World, quantity: str) -> None:
    with pytest.raises(Invalid):
        month.assign(world, world.lan, quantity=quantity)


@pytest.mark.parametrize("due", [date(2026, 6, 30), date(2026, 8, 1)])
def test_a_due_date_lies_in_the_period(world: World, due: date) -> None:
    with pytest.raises(Invalid, match="01/07/2026 to 31/07/2026"):
        tasks.assign_task(
            actor=world.head.user, moment=MOMENT, period=world.period, person=world.lan, product=world.product,
            quantity=Decimal(1), due_on=due,
        )  # fmt: skip


def test_a_product_comes_from_a_catalogue_the_period_uses(world: World) -> None:
    with thawed():
        CataloguePin.objects.all().delete()
    with pytest.raises(Invalid, match="no catalogue"):
        month.assign(world, world.lan)


def test_another_units_product_is_not_assigned(world: World) -> None:
    catalogue = Catalogue.objects.get()
    world.product = Product.objects.create(
        catalogue=catalogue, code="B.01", scope=ProductScope.UNIT, unit=world.other_department, duty="Việc B", group=1,
        frame_low=1, frame_high=10, points=5, coefficient=1,
    )  # fmt: skip
    with pytest.raises(Invalid, match="another unit"):
        month.assign(world, world.lan)
    assert month.assign(world, world.stranger).code == "B.01"


def test_somebody_without_a_card_gets_no_task(world: World) -> None:
    newcomer = worlds.person("CC900", "Lê Mới", world.department)
    with pytest.raises(Invalid, match="no card"):
        month.assign(world, newcomer, by=world.head)


def test_nothing_is_assigned_in_a_closed_period(world: World) -> None:
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    with pytest.raises(WrongState, match="closed"):
        month.assign(world, world.lan)


# --- Parts -----------------------------------------------------------------------------------------------------------
def parts(world: World, *shares: str) -> list[Task]:
    people = (world.lan, world.minh, world.deputy)
    return tasks.assign_parts(
        actor=world.head.user, moment=MOMENT, period=world.period, product=world.product,
        parts=[
            Part(person, Decimal(share), DUE, f"Phần {number}")
            for number, (person, share) in enumerate(zip(people, shares, strict=False), start=1)
        ],
    )  # fmt: skip


def test_the_shares_of_a_product_sum_to_at_most_the_product(world: World) -> None:
    made = parts(world, "0.5", "0.3", "0.2")
    assert [(task.assigned, task.share, task.part_label) for task in made] == [
        (Decimal("0.5"), Decimal("0.5"), "Phần 1"),
        (Decimal("0.3"), Decimal("0.3"), "Phần 2"),
        (Decimal("0.2"), Decimal("0.2"), "Phần 3"),
    ]
    assert len({task.group_key for task in made}) == 1


@pytest.mark.parametrize("shares", [("0.5", "0.6"), ("1", "0"), ("0.5", "-0.1"), ()])
def test_shares_above_the_product_are_refused_whole(world: World, shares: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        parts(world, *shares)
    assert Task.objects.count() == 0


# --- Reporting -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("completed", "on", "evidence", "field"),
    [
        ("5", DUE, "1", "completed"),
        ("-1", DUE, "1", "completed"),
        ("1", None, "1", "completed_on"),
        ("1", date(2026, 8, 4), "1", "completed_on"),
        ("1", DUE, " ", "evidence_number"),
    ],
)
def test_a_report_that_does_not_hold_is_refused_at_its_field(
    world: World, completed: str, on: date | None, evidence: str, field: str
) -> None:
    task = month.assign(world, world.lan)
    with pytest.raises(Invalid) as raised:
        tasks.report_task(
            actor=world.lan.user, moment=MOMENT, task=task, expected=1, completed=Decimal(completed), completed_on=on,
            evidence_number=evidence,
        )  # fmt: skip
    assert set(raised.value.problems) == {field}
    task.refresh_from_db()
    assert (task.state, task.completed) == (TaskState.ASSIGNED, 0)


def test_the_day_of_completion_is_judged_in_vietnam(world: World) -> None:
    task = month.assign(world, world.lan)
    evening = datetime(2026, 8, 2, 17, 30, tzinfo=UTC)  # already the 3rd in Vietnam
    assert month.report(task, on=date(2026, 8, 3), moment=evening).completed_on == date(2026, 8, 3)


def test_a_note_is_kept_beside_history(world: World) -> None:
    task = tasks.report_task(
        actor=world.lan.user, moment=MOMENT, task=month.assign(world, world.lan), expected=1, completed=Decimal(0),
        completed_on=None, evidence_number="", note="Chờ Sở trả lời",
    )  # fmt: skip
    assert "Chờ Sở" not in str(list(Task.history.values()))
    assert texts.read([task.note_key]) == {task.note_key: "Chờ Sở trả lời"}


def test_after_submitting_the_person_reports_no_more(world: World) -> None:
    task = month.assign(world, world.lan)
    month.submitted(world, world.lan)
    with pytest.raises(WrongState, match="submitted your self-assessment"):
        month.report(task)


def test_a_stale_report_shows_both_values(world: World) -> None:
    task = month.assign(world, world.lan)
    month.report(task, completed="2")
    with pytest.raises(Stale) as raised:
        month.report(task, completed="3")
    assert next(iter(raised.value.mine.values())) == "3"
    assert next(iter(raised.value.theirs.values())) == "2.000"


def test_a_task_that_is_gone_is_missing(world: World) -> None:
    task = month.assign(world, world.lan)
    task.pk = 999_999
    with pytest.raises(NotFound):
        month.report(task)


# --- Proposals -------------------------------------------------------------------------------------------------------
def propose(world: World, *, product: Product | None = None, name: str = "Tiếp đoàn đột xuất") -> Task:
    return proposals.propose_task(
        actor=world.lan.user, moment=MOMENT, period=world.period, person=world.lan, name=name, product=product,
        quantity=Decimal(1), due_on=DUE,
    )  # fmt: skip


def test_a_proposed_task_counts_once_the_head_has_accepted_it(world: World) -> None:
    month.worked(world, world.lan, completed="3")
    proposed = propose(world)
    assert ratios(world) == {"a": "3/4", "b": "3/4", "c": "3/4"}
    accepted = proposals.decide_proposal(
        actor=world.head.user, moment=MOMENT, task=proposed, accepted=True, product=world.product
    )
    assert (accepted.kind, accepted.state, accepted.coefficient) == (TaskKind.SUDDEN, TaskState.ASSIGNED, 2)
    month.confirm_report(month.report(accepted, completed="1"))
    assert ratios(world) == {"a": "1", "b": "1", "c": "1"}


def test_a_proposal_without_a_product_stays_unscored(world: World) -> None:
    month.worked(world, world.lan, completed="3")
    accepted = proposals.decide_proposal(
        actor=world.head.user, moment=MOMENT, task=propose(world), accepted=True
    )
    month.confirm_report(month.report(accepted, completed="1"))
    assert ratios(world) == {"a": "3/4", "b": "3/4", "c": "3/4"}


def test_declining_needs_a_reason(world: World) -> None:
    task = propose(world, product=world.product, name="")
    assert task.name == "Soạn thảo văn bản"
    with pytest.raises(Invalid):
        proposals.decide_proposal(actor=world.head.user, moment=MOMENT, task=task, accepted=False)
    declined = proposals.decide_proposal(
        actor=world.head.user, moment=MOMENT, task=task, accepted=False, reason="Đã có trong kế hoạch"
    )
    assert declined.state == TaskState.DECLINED
    with pytest.raises(WrongState):
        proposals.decide_proposal(actor=world.head.user, moment=MOMENT, task=task, accepted=True)


def test_a_proposal_says_what_it_is(world: World) -> None:
    with pytest.raises(Invalid):
        propose(world, name=" ")
    hold(world.head, Capability.VIEW, world)
    with pytest.raises(Refused):
        proposals.propose_task(
            actor=world.head.user, moment=MOMENT, period=world.period, person=world.lan, name="x", product=None,
            quantity=Decimal(1), due_on=DUE,
        )  # fmt: skip


# --- Confirming and deductions ---------------------------------------------------------------------------------------
def test_no_more_is_accepted_than_was_completed(world: World) -> None:
    task = month.report(month.assign(world, world.lan), completed="2")
    for accepted in ("3", "-1"):
        with pytest.raises(Invalid):
            month.confirm_report(task, accepted=accepted)
    assert month.confirm_report(task, accepted="1").accepted == 1
    assert ratios(world) == {"a": "1/2", "b": "1/4", "c": "1/2"}


def test_a_late_completion_proposes_a_delay_and_the_head_decides(world: World) -> None:
    on_time = month.report(month.assign(world, world.lan), on=DUE)
    late = month.report(month.assign(world, world.lan), on=date(2026, 7, 21))
    assert (tasks.proposes_delay(on_time), tasks.proposes_delay(late)) == (False, True)
    month.confirm_report(late)
    assert Delay.objects.count() == 0
    with pytest.raises(Invalid):
        tasks.confirm_task(
            actor=world.head.user, moment=MOMENT, task=on_time, expected=2, accepted=Decimal(4), delayed=True
        )
    tasks.confirm_task(
        actor=world.head.user, moment=MOMENT, task=on_time, expected=2, accepted=Decimal(4), delayed=True,
        reason="Chậm một ngày",
    )  # fmt: skip
    assert [delay.unit_number for delay in Delay.objects.order_by("unit_number")] == [1, 2, 3, 4]
    assert ratios(world)["c"] == "7/8"


def test_an_error_costs_a_quarter_of_its_unit_until_a_cause_is_confirmed(world: World) -> None:
    task = month.worked(world, world.lan)
    month.submitted(world, world.lan)
    fault = deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai căn cứ pháp lý"
    )
    assert ratios(world) == {"a": "1", "b": "15/16", "c": "1"}
    cause = deductions.confirm_cause(
        actor=world.head.user, moment=MOMENT, deduction=fault, reason="Văn bản cấp trên thay đổi"
    )
    assert ratios(world)["b"] == "1"
    with pytest.raises(WrongState, match="already"):
        deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=fault, reason="x")
    deductions.revoke_cause(actor=world.head.user, moment=MOMENT, cause=cause, reason="Xác nhận nhầm")
    assert ratios(world)["b"] == "15/16"
    with pytest.raises(WrongState, match="revoked already"):
        deductions.revoke_cause(actor=world.head.user, moment=MOMENT, cause=cause, reason="x")
    deductions.withdraw_deduction(actor=world.head.user, moment=MOMENT, deduction=fault, reason="Ghi nhầm")
    assert ratios(world)["b"] == "1"
    with pytest.raises(WrongState, match="withdrawn already"):
        deductions.withdraw_deduction(actor=world.head.user, moment=MOMENT, deduction=fault, reason="x")


def test_a_cause_that_was_revoked_and_one_that_stands_excuse_together(world: World) -> None:
    task = month.worked(world, world.lan)
    delay = deductions.record_delay(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=2, reason="Nộp chậm"
    )
    first = deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=delay, reason="Bão")
    deductions.revoke_cause(actor=world.head.user, moment=MOMENT, cause=first, reason="Nhầm")
    deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=delay, reason="Lũ")
    assert deductions_of([task.pk])[1][task.pk] == [Deduction(2, True)]


@pytest.mark.parametrize("number", [0, 5])
def test_a_deduction_falls_on_a_unit_the_task_has(world: World, number: int) -> None:
    task = month.worked(world, world.lan)
    with pytest.raises(Invalid, match="units 1 to 4"):
        deductions.record_fault(
            actor=world.head.user, moment=MOMENT, task=task, unit_number=number, reason="Sai"
        )
    assert Fault.objects.count() == 0


def test_only_the_head_records_deductions_and_always_with_a_reason(world: World) -> None:
    task = month.worked(world, world.lan)
    with pytest.raises(Invalid):
        deductions.record_fault(actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason=" ")
    for who, error in ((world.lan, Refused), (world.stranger, NotFound)):
        with pytest.raises(error):
            deductions.record_fault(actor=who.user, moment=MOMENT, task=task, unit_number=1, reason="Sai")
    assert LedgerEntry.objects.filter(act="deduction.recorded").count() == 0


def test_what_a_decided_card_was_computed_from_stands_still(world: World) -> None:
    task = month.worked(world, world.lan)
    fault = deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai"
    )
    month.confirmed(world, world.lan)
    before = CardResult.objects.get(card=world.card(world.lan), stage="evaluator").values
    for attempt in (
        lambda: deductions.record_fault(
            actor=world.head.user, moment=MOMENT, task=task, unit_number=2, reason="Sai"
        ),
        lambda: deductions.confirm_cause(
            actor=world.head.user, moment=MOMENT, deduction=fault, reason="Khách quan"
        ),
        lambda: month.assign(world, world.lan),
        lambda: propose(world),
    ):
        with pytest.raises(WrongState, match="can no longer change"):
            attempt()
    assert CardResult.objects.get(card=world.card(world.lan), stage="evaluator").values == before
    assert (Fault.objects.count(), Task.objects.count()) == (1, 1)


# --- Changing --------------------------------------------------------------------------------------------------------
def change(
    world: World,
    task: Task,
    *,
    quantity: str = "2",
    reason: str = "Điều chỉnh kế hoạch",
    due_on: date = date(2026, 7, 25),
    by: Person | None = None,
) -> Task:
    return tasks.change_task(
        actor=(by or world.head).user, moment=MOMENT, task=task, expected=task.version_number,
        quantity=Decimal(quantity), due_on=due_on, reason=reason,
    )  # fmt: skip


def test_quantity_and_due_date_change_with_a_reason_before_the_report(world: World) -> None:
    task = month.assign(world, world.lan)
    with pytest.raises(Invalid):
        change(world, task, reason="")
    with pytest.raises(Invalid):
        change(world, task, quantity="0")
    changed = change(world, task)
    assert (changed.assigned, changed.due_on) == (2, date(2026, 7, 25))
    reported = month.report(changed, completed="2")
    with pytest.raises(WrongState):
        change(world, reported)


# --- The database keeps it too ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "values",
    [
        {"assigned": 0},
        {"completed": 5},
        {"completed": -1},
        {"accepted": 1},
        {"handed_over": 5},
        {"share": 0},
        {"coefficient": 0},
    ],
)
def test_the_database_refuses_quantities_that_cannot_be(world: World, values: dict[str, int]) -> None:
    task = month.assign(world, world.lan)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**values)


def test_a_persons_submitted_result_is_not_touched_by_later_deductions(world: World) -> None:
    task = month.report(month.assign(world, world.lan))
    month.submitted(world, world.lan)
    month.confirm_report(task)
    deductions.record_fault(actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai")
    results = dict(CardResult.objects.filter(person=world.lan).values_list("stage", "rounded"))
    assert results["self"] == Decimal("100.00")
    stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=world.card(world.lan),
        expected=world.card(world.lan).version_number, reason="Bổ sung",
    )  # fmt: skip
    deductions.record_fault(actor=world.head.user, moment=MOMENT, task=task, unit_number=2, reason="Sai")
    assert CardResult.objects.get(person=world.lan, stage="self").rounded == Decimal("97.08")


# --- Closed periods --------------------------------------------------------------------------------------------------
def test_a_closed_period_refuses_who_might_and_stays_unseen_by_everybody_else(world: World) -> None:
    """Whether a task exists is not told by a period's state: unseen comes before not now."""
    task = month.report(month.assign(world, world.lan))
    fault = deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai"
    )
    cause = deductions.confirm_cause(
        actor=world.head.user, moment=MOMENT, deduction=fault, reason="Khách quan"
    )
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    common = {"moment": MOMENT, "task": task}
    moved = {"expected": 2, "quantity": Decimal(1), "taker": world.minh, "due_on": DUE, "reason": "x"}
    new = {"moment": MOMENT, "period": world.period, "product": world.product}
    heads: list[Callable[[Person], object]] = [
        lambda who: tasks.assign_task(
            actor=who.user, person=world.lan, quantity=Decimal(1), due_on=DUE, **new
        ),
        lambda who: tasks.assign_parts(
            actor=who.user, parts=[Part(world.lan, Decimal("0.5"), DUE, "Phần 1")], **new
        ),
        lambda who: tasks.change_task(
            actor=who.user, expected=2, quantity=Decimal(1), due_on=DUE, reason="x", **common
        ),
        lambda who: tasks.confirm_task(actor=who.user, expected=2, accepted=Decimal(1), **common),
        lambda who: proposals.decide_proposal(actor=who.user, accepted=True, **common),
        lambda who: moving.hand_over(actor=who.user, **common, **moved),
        lambda who: moving.move_task(actor=who.user, **common, **moved),
        lambda who: deductions.record_fault(actor=who.user, unit_number=1, reason="x", **common),
        lambda who: deductions.record_delay(actor=who.user, unit_number=1, reason="x", **common),
        lambda who: deductions.withdraw_deduction(actor=who.user, moment=MOMENT, deduction=fault, reason="x"),
        lambda who: deductions.confirm_cause(actor=who.user, moment=MOMENT, deduction=fault, reason="x"),
        lambda who: deductions.revoke_cause(actor=who.user, moment=MOMENT, cause=cause, reason="x"),
    ]
    persons: list[Callable[[Person], object]] = [
        lambda who: tasks.report_task(
            actor=who.user, expected=2, completed=Decimal(1), completed_on=DUE, evidence_number="1", **common
        ),
        lambda who: proposals.propose_task(
            actor=who.user, person=world.lan, name="x", quantity=Decimal(1), due_on=DUE, **new
        ),
    ]
    before = LedgerEntry.objects.count()
    for actor, verbs in ((world.head, heads), (world.lan, persons)):
        for verb in verbs:
            with pytest.raises(WrongState, match="This period is closed"):
                verb(actor)
            with pytest.raises(NotFound):
                verb(world.stranger)
    assert LedgerEntry.objects.count() == before


# --- Sets that cannot compute with what a task says ------------------------------------------------------------------
@pytest.fixture
def dividing_world(draft_world: World) -> World:
    """A set that divides by a − ½, which no check of it rules out: with half of the work done nothing computes."""
    spec = worlds.staff_spec(law="")
    spec["sections"][-1]["combination"]["expression"] = "70 / (a - 0.5)"
    repin(draft_world.period, draft_world.staff, worlds.version(spec, "NV-CHIA"))
    worlds.open_month(draft_world)
    return draft_world


def test_a_report_that_a_set_cannot_compute_with_is_refused_whole(dividing_world: World) -> None:
    world = dividing_world
    task = month.assign(world, world.lan)
    before = (Task.history.count(), LedgerEntry.objects.count(), CardResult.objects.values_list("shown")[0])
    with pytest.raises(Invalid) as refused:
        month.report(task, completed="2")
    assert str(refused.value) == (
        f"With this change card {world.card(world.lan).code} can no longer be computed: The division at character "
        "4 is by zero: guard it with IF. Nothing was saved. Tell whoever keeps the criteria set NV-CHIA v1."
    )
    task.refresh_from_db()
    assert (task.state, task.completed) == (TaskState.ASSIGNED, 0)
    assert before == (
        Task.history.count(), LedgerEntry.objects.count(), CardResult.objects.values_list("shown")[0],
    )  # fmt: skip
    assert month.report(task, completed="3").completed == 3
