"""Reads that more than one door uses start from what their reader may see."""

from kpi_cms.evaluation import queries, rules, waiting_queries
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import Scope
from snippets.enums import Capability
from tests.factories import evaluation as make
from tests.factories.snippets import UserFactory, hold
from tests.helpers.world import MOMENT


def standing_in(state, *, evaluates=False, decided=False):
    """How an account stands to somebody with one card in this state."""
    return queries.Standing(evaluates, decided, states=frozenset({state}))


def test_an_account_that_is_nobody_sees_nothing(world):
    make.assigned(world, world.lan)
    nobody = Scope()
    assert queries.tasks_visible_to(nobody).count() == 0
    assert queries.cards_with_tasks_visible_to(nobody).count() == 0
    assert waiting_queries.waiting(Scope(), MOMENT) == waiting_queries.Waiting()
    assert waiting_queries.waiting(Scope.of(UserFactory()), MOMENT) == waiting_queries.Waiting()
    assert queries.standing(nobody, world.period.pk, world.lan.pk) == standing_in("opened")


def test_tasks_are_seen_by_their_person_their_evaluator_and_readers_of_the_unit(world):
    task = make.assigned(world, world.lan)
    readers = {"lan": True, "head": True, "minh": False, "other_head": False, "chair": False}
    seen = {
        name: queries.tasks_visible_to(Scope.of(getattr(world, name).user)).filter(pk=task.pk).exists()
        for name in readers
    }
    assert seen == readers
    hold(world.chair.user, world.agency, Capability.VIEW)
    assert queries.tasks_visible_to(Scope.of(world.chair.user)).get() == task


def test_a_decided_result_is_known_to_whoever_asks(world):
    make.confirmed(world, world.lan)
    head = Scope.of(world.head.user)
    asked = [queries.standing(scope, world.period.pk, world.lan.pk) for scope in (head, Scope())]
    assert asked == [
        standing_in("confirmed", evaluates=True, decided=True),
        standing_in("confirmed", decided=True),
    ]
    assert queries.standing(head, world.period.pk, world.minh.pk) == standing_in("opened", evaluates=True)


def test_every_counter_is_read_in_one_query(world, django_assert_num_queries):
    make.submitted(world, world.lan)
    make.confirmed(world, world.minh)
    make.proposed(world, world.deputy)
    make.assigned(world, world.head)
    scope = Scope.of(world.head.user)
    assert not scope.holds(Capability.AUDIT)  # read before, as on every page
    with django_assert_num_queries(1):
        counts = waiting_queries.waiting(scope, MOMENT)
    assert counts == waiting_queries.Waiting(
        person_id=world.head.pk,
        has_cards=True,
        to_self_assess=1,
        evaluates=True,
        to_evaluate=1,
        to_endorse=0,
        to_notify=1,
        basis_changed=0,
        tasks_to_report=1,
        tasks_to_decide=1,
    )
    assert counts.total == 4


def test_the_evaluators_scores_are_seen_at_each_state_by_those_who_may(world):
    """(own, evaluator, endorser, another reader) from evaluation to notification."""
    card = make.evaluated(world, world.lan)
    Scorecard.objects.filter(pk=card.pk).update(endorser=world.chair)
    hold(world.other_head.user, world.agency, Capability.VIEW)
    readers = [Scope.of(who.user) for who in (world.lan, world.head, world.chair, world.other_head)]
    found = {}
    for state in ("submitted", "evaluated", "confirmed", "notified"):
        card = world.card(world.lan)
        card.state = state
        found[state] = [rules.see_evaluation(scope, card) for scope in readers]
    assert found == {
        "submitted": [False, True, False, False],
        "evaluated": [False, True, True, False],
        "confirmed": [False, True, True, True],
        "notified": [True, True, True, True],
    }


def test_unsubmitted_self_scores_are_the_persons_alone(world):
    card = world.card(world.lan)
    scopes = Scope.of(world.lan.user), Scope.of(world.head.user)
    assert [rules.see_self_assessment(scope, card, submitted=False) for scope in scopes] == [True, False]
    assert [rules.see_self_assessment(scope, card, submitted=True) for scope in scopes] == [True, True]


def test_products_are_those_of_the_periods_catalogues_for_the_unit(world):
    found = queries.products_for(world.period, world.department)
    assert list(found) == [world.product]
    world.product.unit = world.other_department
    world.product.save()
    assert list(queries.products_for(world.period, world.department)) == []
    assert list(queries.products_for(world.period, world.other_department)) == [world.product]
