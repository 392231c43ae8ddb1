"""“Ai xem được phiếu này, vì sao?” answers what every account's own doors answer, today and on a past day."""

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from kpi_cms.evaluation import rules, sight_queries
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.rules import ask
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import deactivate, system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import NotFound
from snippets.domain.grants import end_grant
from snippets.domain.organisation import move_unit
from snippets.domain.projection import project_all
from snippets.enums import DELEGABLE, Capability, GrantSource
from snippets.models import Grant, Person, Unit
from snippets.past_queries import At
from tests.factories import evaluation as make
from tests.factories.snippets import GrantFactory, UserFactory, hold
from tests.helpers import world as worlds
from tests.helpers.world import MOMENT

THEN = MOMENT + timedelta(hours=1)
LATER = MOMENT + timedelta(days=10)


@pytest.fixture
def world(db, monkeypatch):
    """Everything is written at MOMENT, history and accounts included."""
    monkeypatch.setattr(timezone, "now", lambda: MOMENT)
    made = worlds.build()
    worlds.open_month(made)
    with as_actor(system_user(), MOMENT):
        save_tracked(made.period)  # the helper opens it past its history
    return made


def give_at_random(world, *, accounts=12, grants=60):
    """Accounts with grants here and there: in force, ended, to come, of a deactivated account."""
    chance = random.Random(335)
    units = list(Unit.objects.order_by("path"))
    users = [UserFactory() for _number in range(accounts - 1)] + [UserFactory(is_active=False)]
    users += [person.user for person in Person.objects.select_related("user")]
    today = timezone.localdate(MOMENT)
    for _number in range(grants):
        kind = chance.choice(["in force", "in force", "ended", "over", "to come"])
        GrantFactory(
            user=chance.choice(users),
            unit=chance.choice(units),
            capability=chance.choice(Capability.values),
            starts_on=today + timedelta(days=1) if kind == "to come" else today - timedelta(days=30),
            ends_on=today - timedelta(days=1) if kind == "over" else None,
            ended_at=MOMENT - timedelta(days=2) if kind == "ended" else None,
        )
    own = list(Grant.objects.filter(capability__in=DELEGABLE).select_related("unit"))
    for grant in chance.sample(own, min(len(own), 8)):
        below = Unit.objects.filter(path__startswith=grant.unit.path)
        to = chance.choice([user for user in users if user.pk != grant.user_id])
        GrantFactory(
            user=to, unit=chance.choice(list(below)), capability=grant.capability, source=GrantSource.DELEGATION,
            delegated_from=grant, starts_on=today, ends_on=today + timedelta(days=60),
        )  # fmt: skip
    project_all(actor=system_user(), moment=MOMENT)
    return users


def asked_one_by_one():
    """Card → account → the acts that the rules allow it there, every account asked as a door asks."""
    cards = list(Scorecard.objects.with_context())
    answers = {card.pk: {} for card in cards}
    for user in User.objects.filter(is_active=True):
        scope = Scope.of(user)
        for card in cards:
            relations = rules.relations_of(scope, card)
            acts = {
                rule.act
                for rule in sight_queries.OF_A_CARD
                if sight_queries._allows(rule, scope, relations, card)
            }
            if acts:
                answers[card.pk][user.pk] = acts
    return answers


def explained(at):
    return {
        pk: {
            reader.user.pk: {rule.act for rule in (*reader.sees, *reader.does)}
            for reader in sight_queries.readers_of(pk, at).readers
        }
        for pk in Scorecard.objects.values_list("pk", flat=True)
    }


def lists():
    """Account → the cards of its lists."""
    return {
        user.pk: set(Scorecard.objects.visible_to(Scope.of(user)).values_list("pk", flat=True))
        for user in User.objects.all()
    }


def told(at):
    return {
        user.pk: sight_queries.cards_seen(user, sight_queries.grants_of(user, at), at)
        for user in User.objects.all()
    }


def test_nobody_is_told_of_who_sees_nothing_and_everybody_else_is(world):
    give_at_random(world)
    make.submitted(world, world.lan)
    make.confirmed(world, world.minh)
    assert explained(At(MOMENT)) == asked_one_by_one()


def test_a_delegation_is_told_while_the_giver_holds_it(world):
    giver, delegate = hold(UserFactory(), world.agency, Capability.VIEW), UserFactory()
    source = Grant.objects.get(user=giver)
    GrantFactory(
        user=delegate, unit=world.department, capability=Capability.VIEW, source=GrantSource.DELEGATION,
        delegated_from=source, ends_on=timezone.localdate(MOMENT),
    )  # fmt: skip
    project_all(actor=system_user(), moment=MOMENT)
    pk = world.card(world.lan).pk

    def readers():
        return {reader.user for reader in sight_queries.readers_of(pk, At(MOMENT)).readers}

    assert {giver, delegate} <= readers()
    Grant.objects.filter(pk=source.pk).update(ended_at=MOMENT)
    assert not {giver, delegate} & readers()


def test_an_account_is_told_exactly_the_cards_of_its_lists(world):
    give_at_random(world)
    assert told(At(MOMENT)) == lists()


def test_a_stranger_a_deactivated_account_and_an_ended_grant_are_not_among_the_readers(world):
    gone = hold(UserFactory(), world.agency, Capability.VIEW)
    deactivate(actor=system_user(), moment=MOMENT, user=gone, reason="Nghỉ việc")
    ended = UserFactory()
    GrantFactory(user=ended, unit=world.agency, capability=Capability.VIEW, ended_at=MOMENT)
    found = sight_queries.readers_of(world.card(world.lan).pk, At(MOMENT))
    assert [reader.user for reader in found.readers] == [world.lan.user, world.head.user]


def test_a_grant_is_told_with_its_way_down_the_tree(world):
    auditor = hold(UserFactory(username="KT01"), world.agency, Capability.AUDIT)
    found = sight_queries.readers_of(world.card(world.lan).pk, At(MOMENT))
    reader = next(reader for reader in found.readers if reader.user == auditor)
    assert [[unit.code for unit in held.way] for held in reader.held] == [["A", "A1"]]
    assert (reader.relations, [rule.act for rule in reader.does]) == ((), [])
    assert "see_card" in [rule.act for rule in reader.sees]


def change_everything(world):
    """The department moves, the evaluator changes, a grant ends, another begins, an account is closed."""
    boss = hold(world.extra["boss"].user, world.root, Capability.MANAGE_UNITS, Capability.MANAGE_GRANTS)
    move_unit(
        actor=boss, moment=LATER, unit=world.department, new_parent=world.other_agency, reason="Sắp xếp"
    )
    with as_actor(system_user(), LATER):
        card = world.card(world.lan)
        card.evaluator = world.chair
        save_tracked(card)
    first = Grant.objects.filter(user__is_active=True, ended_at=None).exclude(user=boss).order_by("pk")[0]
    end_grant(actor=boss, moment=LATER, grant=first, reason="Hết việc")
    closed = (
        User.objects.filter(grants__isnull=False, is_active=True)
        .exclude(pk__in=[boss.pk, first.user_id])
        .order_by("pk")[0]
    )
    deactivate(actor=boss, moment=LATER, user=closed, reason="Nghỉ việc")
    project_all(actor=system_user(), moment=LATER)


def test_a_past_day_is_answered_as_it_was_answered_then(world, monkeypatch):
    give_at_random(world)
    hold(world.extra["boss"].user, world.root, Capability.MANAGE_UNITS, Capability.MANAGE_GRANTS)
    make.submitted(world, world.lan)
    cards, accounts = asked_one_by_one(), lists()
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    change_everything(world)
    assert asked_one_by_one() != cards
    assert lists() != accounts
    assert explained(At(THEN, past=True)) == cards
    assert told(At(THEN, past=True)) == accounts
    now = At(LATER + timedelta(hours=1))
    assert explained(now) == asked_one_by_one()
    assert explained(At(now.moment, past=True)) == asked_one_by_one()
    assert told(At(now.moment, past=True)) == lists()


def test_a_card_that_was_not_there_yet_is_missing(world):
    pk = world.card(world.lan).pk
    with pytest.raises(NotFound):
        sight_queries.readers_of(pk, At(MOMENT - timedelta(days=1), past=True))
    with pytest.raises(NotFound):
        sight_queries.readers_of(0, At(MOMENT))


def test_the_answer_costs_the_same_for_one_reader_and_for_many(world, django_assert_num_queries):
    pk = world.card(world.lan).pk
    costs = {False: 9, True: 10}
    for past, number in costs.items():
        with django_assert_num_queries(number):
            sight_queries.readers_of(pk, At(THEN, past=past))
    for _number in range(3):
        hold(UserFactory(), world.agency, Capability.VIEW, Capability.AUDIT)
    for past, number in costs.items():
        with django_assert_num_queries(number):
            assert len(sight_queries.readers_of(pk, At(THEN, past=past)).readers) == 5


def test_the_person_the_auditor_and_who_gives_grants_may_ask_and_nobody_else(world):
    card = world.card(world.lan)
    auditor = hold(UserFactory(), world.agency, Capability.AUDIT)
    giver = hold(UserFactory(), world.root, Capability.MANAGE_GRANTS)
    elsewhere = hold(UserFactory(), world.other_agency, Capability.AUDIT, Capability.MANAGE_GRANTS)
    answers = {
        "own": rules.explain_card(Scope.of(world.lan.user), card),
        "auditor": rules.explain_card(Scope.of(auditor), card),
        "giver": rules.explain_card(Scope.of(giver), card),
        "evaluator": rules.explain_card(Scope.of(world.head.user), card),
        "elsewhere": rules.explain_card(Scope.of(elsewhere), card),
        "colleague": rules.explain_card(Scope.of(world.minh.user), card),
    }
    allowed = {name: (bool(answer), answer.seen) for name, answer in answers.items()}
    assert allowed == {
        "own": (True, True),
        "auditor": (True, True),
        "giver": (True, True),
        "evaluator": (False, True),
        "elsewhere": (False, False),
        "colleague": (False, False),
    }
    assert ask(sight_queries.table.SEE_CARD, Scope.of(giver), (), card.unit).allowed is False
