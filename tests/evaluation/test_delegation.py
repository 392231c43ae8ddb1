"""The evaluator is absent: whoever they delegated to acts in their place, under both names, and on nobody else's."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kpi_cms.evaluation import queries, waiting_queries
from kpi_cms.evaluation.domain import deductions, moving, notifying, proposals, stages, tasks
from kpi_cms.evaluation.enums import CardState, StageKey
from kpi_cms.evaluation.models import Assessment, Score, Scorecard, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, NotFound, Refused
from snippets.domain import delegation
from snippets.domain.nightly import turn_the_day
from snippets.models import Person
from tests.factories import evaluation as make
from tests.factories.snippets import hold
from tests.helpers.delegating import LAST, delegated, made_head
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def absent(world: World) -> World:
    """Hà, head of A1, is absent and has delegated evaluating to her deputy Dũng."""
    made_head(world.head)
    delegated(world.head, world.deputy, world.department)
    return world


def saved(world: World, who: Person, card: Scorecard) -> Any:
    return stages.save_evaluation(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=make.entries(card, StageKey.EVALUATOR), comments={"comment": "Đã làm tốt."},
    )  # fmt: skip


def confirmed(world: World, who: Person, card: Scorecard) -> Scorecard:
    saved(world, who, card)
    card = world.card(card.person)
    return stages.confirm(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )


# --- Acting in somebody's place -------------------------------------------------------------------------------
def test_the_delegate_evaluates_confirms_and_notifies_under_both_names(absent: World) -> None:
    card = make.submitted(absent, absent.lan)
    before = LedgerEntry.objects.order_by("-pk").first()

    confirmed(absent, absent.deputy, card)
    stages.notify(actor=absent.deputy.user, moment=MOMENT, card=absent.card(absent.lan))

    assert absent.card(absent.lan).state == CardState.NOTIFIED
    evaluation = Assessment.objects.get(card=card, stage=StageKey.EVALUATOR)
    assert (evaluation.rater, evaluation.delegate) == (absent.head, absent.deputy)
    entries = LedgerEntry.objects.filter(pk__gt=before.pk).order_by("pk")
    assert [(e.act, e.actor_code, e.on_behalf_of_id, e.on_behalf_of_code) for e in entries] == [
        (act, absent.deputy.user.username, absent.head.user_id, absent.head.user.username)
        for act in (Act.SCORE_CHANGED, Act.CARD_CONFIRMED, Act.CARD_NOTIFIED)
    ]
    for rows in (
        Scorecard.history.filter(id=card.pk, state__in=("confirmed", "notified")),
        Assessment.history.filter(id=evaluation.pk),
        Score.history.filter(assessment=evaluation.pk),
    ):
        written = set(rows.values_list("history_user_id", "history_on_behalf_of_id"))
        assert written == {(absent.deputy.user_id, absent.head.user_id)}


def test_what_the_evaluator_does_themselves_names_nobody_else(absent: World) -> None:
    card = make.confirmed(absent, absent.lan)
    evaluation = Assessment.objects.get(card=card, stage=StageKey.EVALUATOR)
    assert (evaluation.rater, evaluation.delegate) == (absent.head, None)
    assert set(LedgerEntry.objects.values_list("on_behalf_of_id", "on_behalf_of_code")) == {(None, "")}
    assert set(Score.history.values_list("history_on_behalf_of_id")) == {(None,)}


def test_the_evaluator_who_is_back_goes_on_where_the_delegate_stopped(absent: World) -> None:
    card = make.submitted(absent, absent.lan)
    saved(absent, absent.deputy, card)
    card = absent.card(absent.lan)
    stages.confirm(
        actor=absent.head.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert Assessment.objects.filter(card=card, stage=StageKey.EVALUATOR).get().delegate is None


STEPS: dict[str, Callable[[World, Any, Scorecard], Any]] = {
    "return": lambda world, actor, card: stages.return_to_person(
        actor=actor, moment=MOMENT, card=card, expected=card.version_number, reason="Bổ sung"
    ),
    "notify all": lambda world, actor, card: notifying.notify_confirmed(
        actor=actor, moment=MOMENT, period=world.period, unit=world.department
    ),
}


def test_the_delegate_returns_a_card(absent: World) -> None:
    card = make.submitted(absent, absent.lan)
    STEPS["return"](absent, absent.deputy.user, card)
    entry = LedgerEntry.objects.get(act=Act.CARD_RETURNED)
    assert (entry.actor_code, entry.on_behalf_of_code) == (
        absent.deputy.user.username, absent.head.user.username,
    )  # fmt: skip


def test_the_delegate_takes_up_a_card_that_did_not_come(absent: World) -> None:
    card = absent.card(absent.lan)
    after = absent.period.self_due_at
    stages.evaluate_without_self(
        actor=absent.deputy.user, moment=after, card=card, expected=card.version_number, reason="Nghỉ ốm"
    )
    assert Scorecard.history.filter(id=card.pk).latest().history_on_behalf_of_id == absent.head.user_id


def test_the_delegate_notifies_a_whole_unit(absent: World) -> None:
    for who in (absent.lan, absent.minh):
        make.confirmed(absent, who)
    notified = STEPS["notify all"](absent, absent.deputy.user, absent.card(absent.lan))
    assert len(notified) == 2
    assert set(LedgerEntry.objects.filter(act=Act.CARD_NOTIFIED).values_list("on_behalf_of_id")) == {
        (absent.head.user_id,)
    }


# --- Tasks ----------------------------------------------------------------------------------------------------
def test_the_delegate_decides_tasks_under_both_names(absent: World) -> None:
    deputy = absent.deputy.user
    reported, proposed = make.reported(absent, absent.lan), make.proposed(absent, absent.minh)
    before = LedgerEntry.objects.order_by("-pk").first()
    tasks.confirm_task(
        actor=deputy, moment=MOMENT, task=reported, expected=reported.version_number, accepted=Decimal(4)
    )
    fault = deductions.record_fault(
        actor=deputy, moment=MOMENT, task=reported, unit_number=1, reason="Sai số liệu"
    )
    deductions.confirm_cause(actor=deputy, moment=MOMENT, deduction=fault, reason="Mất điện")
    proposals.decide_proposal(actor=deputy, moment=MOMENT, task=proposed, accepted=False, reason="Không")
    given = tasks.assign_task(
        actor=deputy, moment=MOMENT, period=absent.period, person=absent.minh, product=absent.product,
        quantity=Decimal(2), due_on=make.DUE,
    )  # fmt: skip
    entries = LedgerEntry.objects.filter(pk__gt=before.pk)
    assert {(entry.actor_code, entry.on_behalf_of_code) for entry in entries} == {
        (deputy.username, absent.head.user.username)
    }
    assert Task.history.filter(id=given.pk).get().history_on_behalf_of_id == absent.head.user_id


def test_work_that_changes_hands_is_given_on_behalf_of_the_same_head(absent: World) -> None:
    task = make.assigned(absent, absent.lan)
    moving.hand_over(
        actor=absent.deputy.user, moment=MOMENT, task=task, expected=task.version_number, quantity=Decimal(4),
        taker=absent.minh, due_on=make.DUE, reason="Nghỉ",
    )  # fmt: skip
    assert set(Task.history.filter(person=absent.minh).values_list("history_on_behalf_of_id")) == {
        (absent.head.user_id,)
    }


def test_assigning_alone_may_be_delegated(world: World) -> None:
    made_head(world.head)
    delegated(world.head, world.deputy, world.department, "assign_tasks")
    task = tasks.assign_task(
        actor=world.deputy.user, moment=MOMENT, period=world.period, person=world.lan, product=world.product,
        quantity=Decimal(1), due_on=make.DUE,
    )  # fmt: skip
    assert LedgerEntry.objects.get(act=Act.TASK_ASSIGNED).on_behalf_of_id == world.head.user_id
    with pytest.raises(Refused):
        tasks.confirm_task(
            actor=world.deputy.user,
            moment=MOMENT,
            task=task,
            expected=task.version_number,
            accepted=Decimal(1),
        )


# --- Nobody else's matters, and not one's own -----------------------------------------------------------------
def unchanged() -> tuple[Any, ...]:
    return (
        list(Scorecard.objects.order_by("pk").values()), list(Score.objects.order_by("pk").values()),
        list(Task.objects.order_by("pk").values()), LedgerEntry.objects.count(), Scorecard.history.count(),
    )  # fmt: skip


def every_step(world: World, actor: Any, who: Person) -> list[Callable[[], Any]]:
    card = world.card(who)
    expected = card.version_number
    task = Task.objects.filter(person=who).first()
    assert task is not None
    return [
        lambda: stages.save_evaluation(
            actor=actor, moment=MOMENT, card=card, expected=expected,
            entries=make.entries(card, StageKey.EVALUATOR),
        ),
        lambda: stages.return_to_person(
            actor=actor, moment=MOMENT, card=card, expected=expected, reason="x"
        ),
        lambda: stages.confirm(actor=actor, moment=MOMENT, card=card, expected=expected, seen=on_screen(card)),
        lambda: stages.notify(actor=actor, moment=MOMENT, card=card),
        lambda: tasks.confirm_task(
            actor=actor, moment=MOMENT, task=task, expected=task.version_number, accepted=Decimal(1)
        ),
        lambda: tasks.assign_task(
            actor=actor, moment=MOMENT, period=world.period, person=who, product=world.product,
            quantity=Decimal(1), due_on=make.DUE,
        ),
    ]  # fmt: skip


def test_t38_a_delegate_never_acts_on_their_own_card(absent: World) -> None:
    make.submitted(absent, absent.deputy)
    before = unchanged()
    for step in every_step(absent, absent.deputy.user, absent.deputy):
        with pytest.raises(Refused, match="Nobody"):
            step()
    assert unchanged() == before


def test_t38_a_delegate_never_acts_on_the_givers_card(absent: World) -> None:
    """Everything a head holds is delegated; the head's own card and tasks stay their evaluator's."""
    delegated(absent.head, absent.deputy, absent.department, "view_cards", "assign_tasks")
    make.submitted(absent, absent.head)
    before = unchanged()
    for step in every_step(absent, absent.deputy.user, absent.head):
        with pytest.raises(Refused):
            step()
    assert unchanged() == before


def test_t38_a_delegate_acts_neither_beside_nor_for_another_evaluator(absent: World) -> None:
    """A card of the department that somebody else evaluates, and one of the head's outside what was delegated."""
    Scorecard.objects.filter(person=absent.minh).update(evaluator=absent.chair)
    Scorecard.objects.filter(person=absent.stranger).update(evaluator=absent.head)
    for who in (absent.minh, absent.stranger):
        make.submitted(absent, who)
    before = unchanged()
    for who in (absent.minh, absent.stranger):
        for step in every_step(absent, absent.deputy.user, who)[:4]:
            with pytest.raises(NotFound):
                step()
    assert unchanged() == before


def test_t38_nobody_is_evaluated_through_somebody_whom_they_evaluate(absent: World) -> None:
    """Chí, absent too, delegates to Lan; Hà, whom Chí evaluates, is Lan's own evaluator."""
    made_head(absent.chair)
    delegated(absent.chair, absent.lan, absent.agency)
    make.submitted(absent, absent.head)
    before = unchanged()
    for step in every_step(absent, absent.lan.user, absent.head):
        with pytest.raises(Refused, match="This person evaluates you in this period"):
            step()
    assert unchanged() == before
    assert waiting_queries.waiting(Scope.of(absent.lan.user), MOMENT).to_evaluate == 0


def test_t02_two_people_do_not_confirm_each_other_through_delegations(absent: World) -> None:
    """Dũng confirms Minh's card in Hà's place; Minh, in Chí's place, then confirms nothing of Dũng's."""
    Scorecard.objects.filter(person=absent.deputy).update(evaluator=absent.chair)
    made_head(absent.chair)
    delegated(absent.chair, absent.minh, absent.department)
    for who in (absent.minh, absent.deputy):
        make.submitted(absent, who)
    confirmed(absent, absent.deputy, absent.card(absent.minh))
    with pytest.raises(Refused, match="has confirmed your own result"):
        confirmed(absent, absent.minh, absent.card(absent.deputy))
    assert absent.card(absent.deputy).state == CardState.SUBMITTED


def test_t02_whom_the_delegate_confirmed_does_not_confirm_the_absent_evaluator_either(absent: World) -> None:
    """Lan and Minh evaluate each other; Minh is absent and has delegated to Dũng."""
    hold(absent.minh.user, absent.department, "evaluate")
    delegated(absent.minh, absent.deputy, absent.department)
    Scorecard.objects.filter(person=absent.lan).update(evaluator=absent.minh)
    Scorecard.objects.filter(person=absent.minh).update(evaluator=absent.lan)
    for who in (absent.lan, absent.minh):
        make.submitted(absent, who)
    confirmed(absent, absent.deputy, absent.card(absent.lan))
    with pytest.raises(Refused, match="has confirmed your own result"):
        confirmed(absent, absent.lan, absent.card(absent.minh))


def test_the_database_keeps_the_person_and_the_rater_out_of_the_delegates_place(absent: World) -> None:
    card = make.confirmed(absent, absent.lan)
    evaluation = Assessment.objects.filter(card=card, stage=StageKey.EVALUATOR)
    for who in (absent.lan, absent.head):
        with pytest.raises(DatabaseError), transaction.atomic():
            evaluation.update(delegate=who)
    with pytest.raises(DatabaseError), transaction.atomic():
        Assessment.objects.filter(card=card, stage=StageKey.SELF).update(delegate=absent.minh)


# --- When it is over ------------------------------------------------------------------------------------------
def test_t38_after_the_last_day_nothing_is_seen_any_more(absent: World) -> None:
    card = make.submitted(absent, absent.lan)
    assert Scorecard.objects.visible_to(Scope.of(absent.deputy.user)).filter(pk=card.pk).exists()

    turn_the_day(actor=system_user(), moment=MOMENT + timedelta(days=(LAST - MOMENT.date()).days + 1))

    scope = Scope.of(absent.deputy.user)
    assert not Scorecard.objects.visible_to(scope).filter(pk=card.pk).exists()
    for step in every_step(absent, absent.deputy.user, absent.lan)[:4]:
        with pytest.raises(NotFound):
            step()


def test_t38_what_the_giver_ends_is_over_at_once(absent: World) -> None:
    card = make.submitted(absent, absent.lan)
    given = absent.deputy.user.grants.get(source="delegation")
    delegation.end_delegation(actor=absent.head.user, moment=MOMENT, grant=given)
    with pytest.raises(DomainError):
        saved(absent, absent.deputy, card)


# --- What waits -----------------------------------------------------------------------------------------------
def test_what_waits_for_the_delegate_is_what_waits_for_the_absent(
    absent: World, django_assert_num_queries: Any
) -> None:
    """Without the delegate's own card, at the same number of queries as for anybody."""
    make.reported(absent, absent.lan)
    make.submitted(absent, absent.lan)
    make.confirmed(absent, absent.minh)
    make.submitted(absent, absent.deputy)
    scope = Scope.of(absent.deputy.user)
    assert scope.delegations("evaluate") == {absent.head.user_id: (absent.department.path,)}
    with django_assert_num_queries(1):
        counts = waiting_queries.waiting(scope, MOMENT)
    assert (counts.evaluates, counts.to_evaluate, counts.to_notify, counts.tasks_to_decide) == (True, 1, 1, 1)
    me = absent.deputy.pk
    assert [task.person for task in waiting_queries.tasks_to_decide(scope, me)] == [absent.lan]
    assert set(queries.evaluated_or_endorsed(scope, me, absent.period).values_list("person", flat=True)) == {
        absent.lan.pk, absent.minh.pk,
    }  # fmt: skip
    assert set(queries.cards_in_hand(scope, me).values_list("person", flat=True)) == {
        absent.lan.pk, absent.minh.pk, absent.deputy.pk,
    }  # fmt: skip


def test_what_waits_for_an_endorser_is_not_evaluated_by_them_in_somebodys_place(absent: World) -> None:
    Scorecard.objects.filter(person=absent.lan).update(endorser=absent.deputy)
    make.submitted(absent, absent.lan)
    assert waiting_queries.waiting(Scope.of(absent.deputy.user), MOMENT).to_evaluate == 0


def test_people_evaluated_in_somebodys_place_are_given_work_and_seen_with_their_tasks(absent: World) -> None:
    Scorecard.objects.filter(person=absent.deputy).update(unit=absent.other_department)
    task = make.assigned(absent, absent.lan)
    scope = Scope.of(absent.deputy.user)
    given = queries.people_to_give_work_to(scope, absent.period, absent.other_department)
    assert {absent.lan, absent.minh} <= set(given)
    assert absent.deputy not in given
    assert queries.tasks_visible_to(scope).filter(pk=task.pk).exists()
    assert queries.cards_with_tasks_visible_to(scope).filter(person=absent.lan).exists()


def test_a_delegation_of_reading_alone_gives_nothing_to_do(world: World) -> None:
    made_head(world.head)
    delegated(world.head, world.deputy, world.department, "view_cards")
    card = make.submitted(world, world.lan)
    scope = Scope.of(world.deputy.user)
    assert Scorecard.objects.visible_to(scope).filter(pk=card.pk).exists()
    assert not waiting_queries.waiting(scope, MOMENT).evaluates
    with pytest.raises(Refused, match="Only the evaluator named on the card"):
        saved(world, world.deputy, card)
