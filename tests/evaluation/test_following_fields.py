"""A deputy's card follows the fields in their charge: computed anew while undecided, marked once decided."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from kpi_cms.evaluation.domain import following
from kpi_cms.evaluation.models import CardResult
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.domain import people
from snippets.models import FieldAssignment, Period
from tests.helpers import month
from tests.helpers.world import FIRST, MOMENT, World

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(MOMENT)
Committed = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> Committed:
    """What happens inside is committed at its end, and announced."""
    monkeypatch.setattr(following, "database_now", lambda: MOMENT)
    return partial(django_capture_on_commit_callbacks, execute=True)


def assigned(world: World, on: date = TODAY) -> FieldAssignment:
    return people.assign_field(
        actor=system_user(), moment=MOMENT, person=world.deputy, unit=world.department, starts_on=on,
        decision_number="7/QĐ",
    )  # fmt: skip


def the_deputys(world: World) -> CardResult:
    return CardResult.objects.get(card=world.card(world.deputy), stage="evaluator")


def test_an_undecided_deputys_result_follows_the_fields(world: World, committed: Committed) -> None:
    month.worked(world, world.deputy)
    month.evaluated(world, world.deputy)
    assert the_deputys(world).pending is False
    with committed():
        field = assigned(world, FIRST)
    assert the_deputys(world).pending is True
    with committed():
        people.end_field(actor=system_user(), moment=MOMENT, field=field, on=date(2026, 7, 30))
    assert the_deputys(world).pending is False


def test_a_field_that_begins_after_the_period_counts_for_the_next_one(
    world: World, committed: Committed
) -> None:
    month.worked(world, world.deputy)
    month.evaluated(world, world.deputy)
    with committed():
        assigned(world, date(2026, 8, 1))
    assert the_deputys(world).pending is False


def test_a_decided_deputy_is_marked_when_the_fields_change_and_keeps_the_result(
    world: World, committed: Committed
) -> None:
    month.worked(world, world.deputy)
    month.notified(world, world.deputy)
    before = CardResult.objects.values().get(card=world.card(world.deputy), stage="evaluator")
    with committed():
        assigned(world, FIRST)
    card = world.card(world.deputy)
    assert (card.confirmed_basis, card.proposed_basis, card.basis_changed_at) == (
        {"d": "1"}, {"d": "pending"}, MOMENT,
    )  # fmt: skip
    assert CardResult.objects.values().get(card=card, stage="evaluator") == before
    entry = LedgerEntry.objects.get(act="card.basis_changed")
    assert (entry.actor_id, entry.person_code) == (system_user().pk, "CC003")


def test_the_fields_of_a_closed_period_are_counted_as_they_were(world: World, committed: Committed) -> None:
    month.worked(world, world.deputy)
    month.evaluated(world, world.deputy)
    Period.objects.filter(pk=world.period.pk).update(state="closed", closed_at=MOMENT)
    with committed():
        assigned(world, FIRST)
    following.follow_deputies(
        actor=system_user(), moment=MOMENT, period=world.period, people=[world.deputy.pk]
    )
    assert the_deputys(world).pending is False
