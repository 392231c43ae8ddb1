"""Threats of the design's list that this room withstands, by their numbers (security.md). Races: test_races.py."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.evaluation.domain import scoring, stages
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import CardResult, Score, Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Refused, Stale, WrongState
from tests.evaluation.test_leaders import everybody_of_the_department, reopened
from tests.evaluation.test_stages import first_key
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [CardState.CONFIRMED, CardState.NOTIFIED])
def test_t01_nobody_raises_a_decided_score_not_even_its_evaluator(world: World, state: CardState) -> None:
    month.worked(world, world.lan, completed="3")
    card = {CardState.CONFIRMED: month.confirmed, CardState.NOTIFIED: month.notified}[state](world, world.lan)
    key = first_key(card)
    before = (
        list(Score.objects.order_by("pk").values()), Score.history.count(), list(CardResult.objects.values()),
        LedgerEntry.objects.count(),
    )  # fmt: skip
    for save, who in ((stages.save_self, world.lan), (stages.save_evaluation, world.head)):
        with pytest.raises(WrongState) as raised:
            save(
                actor=who.user, moment=MOMENT, card=card, expected=card.version_number,
                entries={key: Entry(Decimal(5))}, reason="Nâng điểm",
            )  # fmt: skip
        assert raised.value.status == 409
    after = (
        list(Score.objects.order_by("pk").values()), Score.history.count(), list(CardResult.objects.values()),
        LedgerEntry.objects.count(),
    )  # fmt: skip
    assert after == before


def test_t02_nobody_evaluates_their_own_card(world: World) -> None:
    card = month.submitted(world, world.head)
    for step in (
        lambda: stages.confirm(
            actor=world.head.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        ),
        lambda: stages.notify(actor=world.head.user, moment=MOMENT, card=card),
    ):
        with pytest.raises(Refused) as raised:
            step()
        assert raised.value.status == 403


def test_t02_the_database_refuses_a_card_that_its_person_evaluates(world: World) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Scorecard.objects.filter(person=world.lan).update(evaluator=world.lan)


def test_t02_two_people_do_not_confirm_each_other(world: World) -> None:
    for who in (world.lan, world.minh):
        month.worked(world, who)
    Scorecard.objects.filter(person=world.lan).update(evaluator=world.minh)
    Scorecard.objects.filter(person=world.minh).update(evaluator=world.lan)
    month.confirmed(world, world.lan)
    with pytest.raises(Refused, match="has confirmed your own result"):
        month.confirmed(world, world.minh)
    assert world.card(world.minh).state == CardState.SUBMITTED


def test_t15_what_changed_after_the_screen_was_opened_is_not_confirmed(world: World) -> None:
    month.worked(world, world.lan)
    opened = month.evaluated(world, world.lan)
    stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=opened, expected=opened.version_number,
        entries={first_key(opened): Entry(Decimal(1))},
    )  # fmt: skip
    with pytest.raises(Stale) as raised:
        stages.confirm(
            actor=world.head.user,
            moment=MOMENT,
            card=opened,
            expected=opened.version_number,
            seen=on_screen(opened),
        )
    assert (raised.value.status, list(raised.value.mine.values()), list(raised.value.theirs.values())) == (
        409, [opened.version_number], [opened.version_number + 1],
    )  # fmt: skip
    assert world.card(world.lan).state == CardState.SUBMITTED


def test_t16_a_version_that_cards_refer_to_cannot_be_changed_or_deleted(world: World) -> None:
    rows: list[models.QuerySet[models.Model]] = [
        CriteriaVersion.objects.filter(pk=world.staff.pk), FrozenCriterion.objects.filter(version=world.staff),
    ]  # fmt: skip
    for queryset in rows:
        table = queryset.model._meta.db_table
        for sql in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        assert queryset.exists()


def test_t16_a_version_issued_since_leaves_every_old_total(world: World) -> None:
    month.worked(world, world.lan, completed="3")
    card = month.confirmed(world, world.lan)
    spec = worlds.staff_spec()
    spec["settings"] = spec["settings"] | {"penalty_scope": "batch"}
    worlds.version(spec, "NV", number=2)
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert (report.differing, world.card(world.lan).version) == ([], world.staff)
    assert CardResult.objects.get(card=card, stage="evaluator").rounded == Decimal("82.50")


def test_t17_a_decided_leader_is_explained_and_computed_with_the_d_they_were_confirmed_with(
    world: World,
) -> None:
    """Whatever their people's results say since: nothing alters a decided card but a new confirmation."""
    everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    before = CardResult.objects.values().get(person=world.head, stage="evaluator")
    reopened(world, "49")
    card = world.card(world.head)
    assert (card.confirmed_basis, card.proposed_basis) == ({"d": "1"}, {"d": "1/2"})
    assert scoring.outcome_of(card, "evaluator").rounded == Decimal("100.00")
    assert scoring.outcome_of(card, "evaluator", proposed=True).rounded == Decimal("94.17")
    assert scoring.outcome_of(card, "evaluator").total in [
        step.value for step in scoring.trace_of(card, "evaluator")
    ]
    # Lan's own result was altered by hand here; it is the only one that is put right.
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert report.differing == [world.card(world.lan).pk]
    assert CardResult.objects.values().get(person=world.head, stage="evaluator") == before


@pytest.mark.parametrize("skew", [timedelta(minutes=10), timedelta(minutes=-10)])
def test_t22_the_web_servers_clock_decides_and_dates_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, skew: timedelta
) -> None:
    """Ten minutes fast it is past the deadline, ten minutes slow long before it: the same happens either way."""
    deadline = world.period.self_due_at
    moment = deadline - timedelta(microseconds=1)
    monkeypatch.setattr(timezone, "now", lambda: moment + skew)
    month.worked(world, world.lan)
    card = world.card(world.lan)
    saved = stages.save_self(
        actor=world.lan.user, moment=moment, card=card, expected=0, entries=month.entries(card, "self")
    )
    with pytest.raises(WrongState, match="was due before"):
        stages.submit_self(actor=world.lan.user, moment=deadline, card=saved.card, expected=1)
    card = stages.submit_self(actor=world.lan.user, moment=moment, card=saved.card, expected=1)
    dated: set[datetime] = {row.history_date for row in Scorecard.history.filter(state="submitted")}
    assert (card.submitted_at, dated) == (moment, {moment})
    assert LedgerEntry.objects.get(act="card.submitted").at == moment


def test_what_is_refused_in_the_middle_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb is one transaction: an error behind the last write takes all of them back."""
    card = world.card(world.lan)

    def broken(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(scoring, "store_result", broken)
    with pytest.raises(ZeroDivisionError), as_actor(world.lan.user, MOMENT):
        stages.save_self(
            actor=world.lan.user, moment=MOMENT, card=card, expected=0,
            entries={first_key(card): Entry(Decimal(1))},
        )  # fmt: skip
    assert (Score.objects.count(), Score.history.count(), world.card(world.lan).version_number) == (0, 0, 0)
    assert not LedgerEntry.objects.filter(act="score.changed").exists()
