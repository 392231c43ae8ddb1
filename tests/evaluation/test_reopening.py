"""Keyhole reopening (Đ21.3): chosen criteria of one decided card, a second person, an end; everything else locked."""

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django.plugin import DjangoDbBlocker

from kpi_cms.evaluation.domain import deciding_anew, reopening, stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import CardResult, Reopening, Score, Scorecard, Task
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, Refused, Stale, WrongState
from snippets.models import Period
from tests.factories.snippets import hold, holder
from tests.helpers import month
from tests.helpers.once import written_once
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

SOON = MOMENT + timedelta(hours=1)
UNTIL = MOMENT + timedelta(days=3)
REASON = "Chấm nhầm dòng"


@pytest.fixture(scope="module")
def notified_once(opened_once: World, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    def notified() -> World:
        world = copy.deepcopy(opened_once)
        month.worked(world, world.lan)
        month.notified(world, world.lan)
        return world

    with written_once(django_db_blocker, notified) as made:
        yield made


@pytest.fixture
def world(notified_once: World, db: None) -> World:
    return copy.deepcopy(notified_once)


@pytest.fixture
def card(world: World) -> Scorecard:
    return world.card(world.lan)


@pytest.fixture
def policy(world: World) -> User:
    return holder(world.root, "manage_periods", username="CS01")


def keys(card: Scorecard) -> list[str]:
    return [
        key for key, entry in month.entries(card, "evaluator").items() if isinstance(entry.value, Decimal)
    ]


def ask(world: World, card: Scorecard, **more: Any) -> Reopening:
    values: dict[str, Any] = {
        "actor": world.head.user, "moment": MOMENT, "card": card, "expected": card.version_number,
        "criteria": keys(card)[:1], "until": UNTIL, "reason": REASON,
    }  # fmt: skip
    return reopening.ask_reopening(**values | more)


def answer(
    asked: Reopening, actor: User, *, approved: bool = True, moment: datetime = SOON, reason: str = ""
) -> Reopening:
    return reopening.answer_reopening(
        actor=actor, moment=moment, reopening=asked, approved=approved, reason=reason
    )


def decide(world: World, card: Scorecard, **more: Any) -> Scorecard:
    values: dict[str, Any] = {
        "actor": world.head.user, "moment": SOON + timedelta(hours=1), "card": card, "expected": card.version_number,
        "entries": {keys(card)[0]: Entry(Decimal(1))}, "reason": REASON, "seen": on_screen(card),
    }  # fmt: skip
    return deciding_anew.decide_anew(**values | more)


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Scorecard, Score, CardResult, Task)]


def locked(
    world: World, card: Scorecard, refusal: type[DomainError] = WrongState, **more: Any
) -> DomainError:
    before = rows()
    with pytest.raises(refusal) as raised:
        decide(world, card, **more)
    assert rows() == before
    return raised.value


# --- The way through ----------------------------------------------------------------------------------------
def test_a_decided_result_is_replaced_and_stays_readable(world: World, card: Scorecard, policy: User) -> None:
    asked = ask(world, card)
    answer(asked, policy)
    decided = decide(world, card)
    assert (decided.state, decided.notified_at) == ("confirmed", None)
    asked.refresh_from_db()
    assert asked.before is not None
    assert asked.after is not None
    code = next(iter(asked.before["scores"]))
    assert (asked.state, asked.after["scores"]) == ("used", {code: "1"})
    assert asked.before["shown"] != asked.after["shown"]
    assert asked.after["shown"] == CardResult.objects.get(card=card, stage="evaluator").shown
    acts = (
        LedgerEntry.objects.filter(subject_id=str(card.pk)).order_by("-pk").values_list("act", flat=True)[:4]
    )
    assert list(acts) == ["card.decided_anew", "score.changed", "reopening.approved", "reopening.asked"]
    old = Score.history.filter(assessment__stage="evaluator", value=Decimal(asked.before["scores"][code]))
    assert old.exists()
    stages.notify(actor=world.head.user, moment=SOON, card=decided)
    locked(world, world.card(world.lan))  # used once


def test_in_a_closed_period_a_decision_is_notified_with_itself(
    world: World, card: Scorecard, policy: User
) -> None:
    Period.objects.update(state="closed", closed_at=MOMENT)
    answer(ask(world, card), policy)
    decided = decide(world, world.card(world.lan))
    assert (decided.state, decided.notified_at) == ("notified", SOON + timedelta(hours=1))
    with pytest.raises(WrongState, match="closed"):
        stages.save_evaluation(
            actor=world.head.user, moment=SOON, card=decided, expected=decided.version_number, entries={}
        )


# --- What must not happen -----------------------------------------------------------------------------------
def test_nothing_is_open_before_the_approval_nor_after_a_refusal(
    world: World, card: Scorecard, policy: User
) -> None:
    locked(world, card)
    asked = ask(world, card)
    locked(world, card)
    answer(asked, policy, approved=False, reason="Không đủ căn cứ")
    locked(world, card)
    with pytest.raises(WrongState, match="answered already"):
        answer(asked, policy)


def test_other_criteria_stay_as_they_were_decided(world: World, card: Scorecard, policy: User) -> None:
    answer(ask(world, card), policy)
    first, second = keys(card)[:2]
    for entries in ({second: Entry(Decimal(1))}, {first: Entry(Decimal(1)), second: Entry(Decimal(1))}):
        error = locked(world, card, Invalid, entries=entries)
        assert isinstance(error, Invalid)
        assert list(error.problems) == [second]


def test_an_ended_reopening_opens_nothing(world: World, card: Scorecard, policy: User) -> None:
    asked = ask(world, card)
    with pytest.raises(WrongState, match="has ended"):
        answer(asked, policy, moment=UNTIL)
    answer(asked, policy)
    locked(world, card, moment=UNTIL)
    again = ask(world, card, moment=UNTIL, until=UNTIL + timedelta(days=1))
    assert again.state == "asked"


@pytest.mark.parametrize("who", ["lan", "minh", "chair", "stranger"])
def test_nobody_but_the_evaluator_asks_or_decides(
    world: World, card: Scorecard, policy: User, who: str
) -> None:
    actor = getattr(world, who).user
    with pytest.raises((Refused, NotFound)):
        ask(world, card, actor=actor)
    answer(ask(world, card), policy)
    with pytest.raises((Refused, NotFound)):
        decide(world, card, actor=actor)


@pytest.mark.parametrize("who", ["head", "lan"])
def test_neither_the_asker_nor_the_person_approves(world: World, card: Scorecard, who: str) -> None:
    asked = ask(world, card)
    actor = hold(getattr(world, who).user, world.root, "manage_periods")
    with pytest.raises(Refused):
        answer(asked, actor)


def test_the_personnel_office_may_ask_and_does_not_approve_itself(world: World, card: Scorecard) -> None:
    office = holder(world.root, "receive_results", "manage_periods", username="TC01")
    asked = ask(world, card, actor=office)
    with pytest.raises(Refused, match="Somebody else"):
        answer(asked, office)


@pytest.mark.parametrize("who", ["minh", "chair"])
def test_nobody_of_a_circle_approves(world: World, card: Scorecard, who: str) -> None:
    """Minh is evaluated by the asker; Chí evaluates the asker."""
    asked = ask(world, card)
    with pytest.raises(Refused, match="outside the circle"):
        answer(asked, hold(getattr(world, who).user, world.root, "manage_periods"))


def test_somebody_with_a_card_elsewhere_may_approve(world: World, card: Scorecard) -> None:
    asked = answer(ask(world, card), hold(world.stranger.user, world.root, "manage_periods"))
    assert asked.state == "approved"


def test_whoever_holds_nothing_on_the_unit_finds_no_request(world: World, card: Scorecard) -> None:
    asked = ask(world, card)
    for unit in (world.other_agency, None):
        actor = holder(unit, "manage_periods", username=f"X{unit}") if unit else world.stranger.user
        with pytest.raises(NotFound):
            answer(asked, actor)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"criteria": []}, "criteria"),
        ({"criteria": ["khong-co"]}, "criteria"),
        ({"until": MOMENT}, "until"),
        ({"until": MOMENT + timedelta(days=15)}, "until"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_request_needs_its_parts(world: World, card: Scorecard, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        ask(world, card, **wrong)
    assert list(raised.value.problems) == [field]


def test_requests_that_cannot_be(world: World, card: Scorecard, policy: User) -> None:
    with pytest.raises(Stale):
        ask(world, card, expected=0)
    asked = ask(world, card)
    with pytest.raises(WrongState, match="already"):
        ask(world, card)
    with pytest.raises(Invalid):
        answer(asked, policy, approved=False)
    with pytest.raises(WrongState, match="not decided"):
        ask(world, month.submitted(world, world.minh))
    with pytest.raises(NotFound):
        reopening.ask_reopening(
            actor=world.head.user, moment=MOMENT, card=Scorecard(pk=0), expected=0, criteria=["x"], until=UNTIL,
            reason=REASON,
        )  # fmt: skip


def test_a_new_decision_changes_something_and_says_why(world: World, card: Scorecard, policy: User) -> None:
    answer(ask(world, card), policy)
    locked(world, card, Invalid, reason=" ")
    locked(world, card, Stale, expected=0)
    same = month.entries(card, "evaluator")[keys(card)[0]]
    error = locked(world, card, Invalid, entries={keys(card)[0]: same})
    assert "Nothing differs" in str(error)
    locked(world, card, Invalid, entries={keys(card)[0]: Entry(None)})


def test_a_card_that_is_not_decided_any_more_is_not_approved(
    world: World, card: Scorecard, policy: User
) -> None:
    asked = ask(world, card)
    Scorecard.objects.filter(pk=card.pk).update(state="submitted")
    with pytest.raises(WrongState, match="not decided"):
        answer(asked, policy)


def test_tasks_and_other_steps_stay_locked_while_a_keyhole_is_open(
    world: World, card: Scorecard, policy: User
) -> None:
    answer(ask(world, card), policy)
    task = Task.objects.get(person=world.lan)
    with pytest.raises(WrongState):
        tasks.confirm_task(
            actor=world.head.user, moment=SOON, task=task, expected=task.version_number, accepted=Decimal(1)
        )
    with pytest.raises(WrongState):
        stages.save_evaluation(
            actor=world.head.user, moment=SOON, card=card, expected=card.version_number, entries={}
        )
    with pytest.raises(WrongState):
        stages.return_to_person(
            actor=world.head.user, moment=SOON, card=card, expected=card.version_number, reason="x"
        )


@pytest.mark.parametrize(
    "change",
    [
        {"answered_by": "asked_by"},
        {"state": "approved"},
        {"state": "used"},
        {"expires_at": MOMENT - timedelta(days=1)},
    ],
)
def test_the_database_keeps_two_people_and_the_end(
    world: World, card: Scorecard, change: dict[str, Any]
) -> None:
    asked = ask(world, card)
    values = {
        key: getattr(asked, value, value) if key == "answered_by" else value for key, value in change.items()
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        Reopening.objects.filter(pk=asked.pk).update(**values)
    assert str(asked) == f"{card.pk} asked"
