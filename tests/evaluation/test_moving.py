"""Work that changes hands: where it counts, who gives it, and until when it is moved (Đ18.1.d; rules.md §4)."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kpi_cms.evaluation.domain import moving, scoring
from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState
from snippets.enums import Capability
from snippets.models import Person
from tests.evaluation.test_stages import hold
from tests.evaluation.test_tasks import ratios
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.thawed import repin, thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


def hand_over(
    world: World, task: Task, quantity: str, *, taker: object = None, reason: str = "Không kịp"
) -> Task:
    return moving.hand_over(
        actor=world.head.user, moment=MOMENT, task=task, expected=task.version_number, quantity=Decimal(quantity),
        taker=taker or world.minh, due_on=date(2026, 7, 30), reason=reason,
    )  # fmt: skip


def test_handed_over_work_stays_in_the_total_of_whoever_had_it(world: World) -> None:
    task = month.report(month.assign(world, world.lan, quantity="40"), completed="30")
    follower = hand_over(world, task, "10")
    task.refresh_from_db()
    month.confirm_report(task)
    assert ratios(world) == {"a": "3/4", "b": "3/4", "c": "3/4"}
    assert (follower.person, follower.kind, follower.source, follower.assigned) == (
        world.minh, TaskKind.TAKEN_OVER, task, 10,
    )  # fmt: skip


def test_taken_over_work_counts_outside_the_takers_total(world: World) -> None:
    month.worked(world, world.minh, completed="2")
    follower = hand_over(world, month.assign(world, world.lan), "1")
    month.confirm_report(month.report(follower, completed="1"))
    outcome = scoring.outcome_of(world.card(world.minh), "evaluator")
    assert str(outcome.values["a"]) == "3/4"


@pytest.mark.parametrize("quantity", ["0", "-1", "4.5"])
def test_only_what_is_still_to_be_done_changes_hands(world: World, quantity: str) -> None:
    task = month.assign(world, world.lan)
    with pytest.raises(Invalid):
        hand_over(world, task, quantity)
    with pytest.raises(Invalid):
        hand_over(world, task, "1", taker=world.lan)
    with pytest.raises(Invalid):
        hand_over(world, task, "1", reason="")
    assert Task.objects.count() == 1


def move(world: World, task: Task, quantity: str, *, moment: datetime, taker: Person | None = None) -> Task:
    return moving.move_task(
        actor=world.head.user, moment=moment, task=task, expected=task.version_number, quantity=Decimal(quantity),
        taker=taker or world.minh, due_on=date(2026, 7, 30), reason="Nghỉ phép",
    )  # fmt: skip


def test_moved_work_leaves_the_total_of_whoever_had_it(world: World) -> None:
    early = datetime(2026, 7, 19, 16, 59, tzinfo=UTC)  # the last minute of the 19th in Vietnam
    part = month.assign(world, world.lan)
    move(world, part, "1", moment=early)
    part.refresh_from_db()
    assert (part.assigned, part.state) == (3, TaskState.ASSIGNED)
    whole = month.assign(world, world.lan)
    move(world, whole, "4", moment=early)
    whole.refresh_from_db()
    assert whole.state == TaskState.WITHDRAWN
    month.confirm_report(month.report(part, completed="3"))
    assert ratios(world) == {"a": "1", "b": "1", "c": "1"}


@pytest.mark.parametrize(
    "moment", [datetime(2026, 7, 19, 17, tzinfo=UTC), datetime(2026, 7, 20, 17, tzinfo=UTC)]
)
def test_from_its_due_date_on_work_is_handed_over_and_not_moved(world: World, moment: datetime) -> None:
    """ "Before its due date" (rules.md §4): the day itself, which begins at 17:00 UTC in Vietnam, is too late."""
    task = month.assign(world, world.lan)
    with pytest.raises(WrongState, match="before its due date"):
        move(world, task, "1", moment=moment)
    assert Task.objects.count() == 1


def test_a_set_may_keep_moved_work_in_the_total(draft_world: World) -> None:
    world = draft_world
    spec = worlds.staff_spec()
    keeps = worlds.version(spec | {"settings": spec["settings"] | {"moved_leaves_total": False}}, "NV-GIU")
    repin(world.period, world.staff, keeps)
    worlds.open_month(world)
    task = month.assign(world, world.lan)
    move(world, task, "1", moment=datetime(2026, 7, 10, tzinfo=UTC))
    task.refresh_from_db()
    assert (task.assigned, task.handed_over) == (4, 1)


@pytest.mark.parametrize("made_last", ["state", "party"])
def test_of_two_sets_that_disagree_one_decides_whichever_card_was_made_first(
    world: World, made_last: str
) -> None:
    spec = worlds.staff_spec()
    keeps = worlds.version(spec | {"settings": spec["settings"] | {"moved_leaves_total": False}}, "NV-GIU")
    card = world.card(world.lan)
    of_party, of_state = (keeps.pk, card.version_id)
    with thawed():
        if made_last == "state":
            Scorecard.objects.filter(pk=card.pk).update(frame="party", version_id=of_party)
            card.pk, card.frame, card.version_id = None, "state", of_state
        else:
            card.pk, card.frame, card.version_id = None, "party", of_party
        card.save(force_insert=True)
    task = month.assign(world, world.lan, by=world.head)
    move(world, task, "1", moment=datetime(2026, 7, 10, tzinfo=UTC))
    task.refresh_from_db()
    assert (task.assigned, task.handed_over) == (4, 1)


@pytest.mark.parametrize("capability", [Capability.EVALUATE, None])
def test_work_goes_to_people_whose_head_one_is(world: World, capability: Capability | None) -> None:
    """Hà heads Lan, not somebody of B1: taken-over work is given by the taker's head."""
    hold(world.head, Capability.ASSIGN, world, unit=world.root)
    task = month.assign(world, world.lan)
    if capability is None:
        with pytest.raises(Refused, match="Only the head gives work outside the plan"):
            hand_over(world, task, "1", taker=world.stranger)
        assert Task.objects.count() == 1
        return
    hold(world.head, capability, world, unit=world.root)
    assert hand_over(world, task, "1", taker=world.stranger).kind == TaskKind.TAKEN_OVER
