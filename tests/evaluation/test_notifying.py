"""Notifying a unit at once is the step for one card, taken for each that may be."""

import pytest

from kpi_cms.evaluation.domain.notifying import notify_confirmed
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import NotFound, WrongState
from snippets.enums import Capability, PeriodState
from snippets.models import Period
from tests.factories import evaluation as make
from tests.factories.snippets import hold, holder


def notify(world, actor, unit=None):
    return notify_confirmed(
        actor=actor, moment=make.MOMENT, period=world.period, unit=unit or world.department
    )


def test_only_confirmed_results_that_the_actor_may_notify_are_notified(world):
    """Hà evaluates Lan; her own card, which Chí confirmed, is not hers to notify."""
    Scorecard.objects.filter(person__in=(world.minh, world.deputy)).delete()
    lan = make.confirmed(world, world.lan)
    make.confirmed(world, world.head)
    hold(world.head.user, world.department, Capability.VIEW)
    assert [card.pk for card in notify(world, world.head.user)] == [lan.pk]
    assert world.card(world.lan).notified_at == make.MOMENT
    assert world.card(world.head).state == CardState.CONFIRMED
    assert LedgerEntry.objects.filter(act="card.notified").count() == 1


def test_a_result_whose_basis_has_changed_waits(world):
    card = make.confirmed(world, world.lan)
    Scorecard.objects.filter(pk=card.pk).update(proposed_basis={"d": "1/2"}, basis_changed_at=make.MOMENT)
    with pytest.raises(WrongState, match="No confirmed result"):
        notify(world, world.head.user)


def test_nobody_notifies_what_they_do_not_see(world):
    make.confirmed(world, world.lan)
    with pytest.raises(NotFound):
        notify(world, world.other_head.user)
    reader = holder(world.department, Capability.VIEW)
    with pytest.raises(WrongState):
        notify(world, reader)
    assert world.card(world.lan).state == CardState.CONFIRMED


def test_a_closed_period_stands_still(world):
    make.confirmed(world, world.lan)
    Period.objects.update(state=PeriodState.CLOSED, closed_at=make.MOMENT)
    with pytest.raises(WrongState):
        notify(world, world.head.user)
    assert world.card(world.lan).state == CardState.CONFIRMED
