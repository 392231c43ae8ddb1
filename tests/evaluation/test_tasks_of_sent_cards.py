"""Once the self-assessment is sent: what may still be given, changed and proposed, and what waits for a return."""

from collections.abc import Callable
from datetime import date

import pytest

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.enums import TaskState
from kpi_cms.evaluation.models import Task
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import WrongState
from tests.evaluation.test_tasks import change, parts, propose
from tests.helpers import month
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

SENT = "has sent the self-assessment and could not report on more work of the plan. Have the card returned first."


def returned(world: World) -> None:
    card = world.card(world.lan)
    stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Thêm việc"
    )


def test_no_planned_work_is_given_to_whoever_can_no_longer_report_on_it(world: World) -> None:
    """Each of these would lower a, b and c of somebody who could not do anything about it."""
    task = month.assign(world, world.lan)
    month.submitted(world, world.lan)
    attempts: list[Callable[[], object]] = [
        lambda: month.assign(world, world.lan),
        lambda: parts(world, "0.5", "0.3"),
        lambda: change(world, task, quantity="4.001"),
    ]
    before = LedgerEntry.objects.count()
    for attempt in attempts:
        with pytest.raises(WrongState) as raised:
            attempt()
        assert str(raised.value.sentence) == f"{world.lan.full_name} {SENT}"
    assert (list(Task.objects.values_list("assigned")), LedgerEntry.objects.count()) == ([(4,)], before)
    returned(world)
    assert [change(world, task, quantity="5").assigned, len(parts(world, "0.5", "0.3"))] == [5, 2]


def test_less_another_day_and_work_outside_the_plan_are_given_until_the_result_is_decided(
    world: World,
) -> None:
    task = month.assign(world, world.lan)
    month.submitted(world, world.lan)
    changed = change(world, task, quantity="3")
    assert (changed.assigned, changed.due_on) == (3, date(2026, 7, 25))
    assert change(world, changed, quantity="3", due_on=date(2026, 7, 26)).due_on == date(2026, 7, 26)
    sudden = month.assign(world, world.lan, sudden=True)
    assert change(world, sudden, quantity="9").assigned == 9


def test_nobody_proposes_work_while_their_card_is_away(world: World) -> None:
    """A proposal waits for a decision and holds the result up, for ever where it is made again and again."""
    month.submitted(world, world.lan)
    with pytest.raises(WrongState, match="You have submitted your self-assessment"):
        propose(world)
    assert not Task.objects.exists()
    returned(world)
    assert propose(world).state == TaskState.PROPOSED
