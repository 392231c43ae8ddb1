"""Who a leader manages, asked from above and from below: the two answers are one, whatever the cards are like."""

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpi_cms.evaluation.domain import people_managed
from kpi_cms.evaluation.models import CardResult, Scorecard
from snippets.enums import Frame, PostRole, StaffKind, UnitLevel
from snippets.models import FieldAssignment, Unit
from tests.helpers import month
from tests.helpers.world import SINCE, World

pytestmark = pytest.mark.django_db

KINDS = [StaffKind.CIVIL_SERVANT, StaffKind.CIVIL_SERVANT, StaffKind.CONTRACT, StaffKind.PUBLIC_EMPLOYEE]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_who_counts_somebody_is_told_of_them_and_nobody_else(world: World, data: st.DataObject) -> None:
    units = [world.root, world.agency, world.department, world.other_agency, world.other_department]
    with month.undone():
        for card in Scorecard.objects.order_by("pk"):
            values = {
                "unit": data.draw(st.sampled_from(units)),
                "role": data.draw(st.sampled_from(PostRole.values)),
                "staff_kind": data.draw(st.sampled_from(KINDS)),
                "frame": data.draw(st.sampled_from([Frame.STATE, Frame.STATE, Frame.PARTY])),
            }
            Scorecard.objects.filter(pk=card.pk).update(**values)
            for unit in data.draw(st.lists(st.sampled_from(units), max_size=2)):
                FieldAssignment.objects.create(
                    person_id=card.person_id, unit=unit, starts_on=SINCE, decision_number="1/QĐ"
                )
        for unit in units:
            level = data.draw(st.sampled_from(UnitLevel.values))
            Unit.objects.filter(pk=unit.pk).update(level=level)
        cards = list(Scorecard.objects.with_context())
        from_above = {card.pk: people_managed.managed(card) for card in cards}
        from_below = {card.pk: {leader.pk for leader in people_managed.leaders_of(card)} for card in cards}
        for leader, other in permutations(cards, 2):
            counted = other.person_id in from_above[leader.pk].pending
            assert counted == (leader.pk in from_below[other.pk]), (leader.role, other.role)
        assert not any(card.pk in from_below[card.pk] for card in cards)


def test_the_head_of_a_grouping_unit_counts_everybody_below_and_is_told_of_them(world: World) -> None:
    """Whatever a unit is for: whoever heads it answers for it (Đ15.3.a)."""
    Unit.objects.filter(pk=world.agency.pk).update(level=UnitLevel.GROUPING)
    chair, lan = world.card(world.chair), world.card(world.lan)
    assert lan.person_id in people_managed.managed(chair).pending
    assert [leader.pk for leader in people_managed.leaders_of(lan)] == [world.card(world.head).pk, chair.pk]


def test_leaders_are_locked_from_below(world: World) -> None:
    FieldAssignment.objects.create(
        person=world.deputy, unit=world.department, starts_on=SINCE, decision_number="3/QĐ"
    )
    leaders = people_managed.leaders_of(world.card(world.lan))
    assert [leader.person for leader in leaders] == [world.deputy, world.head, world.chair]


def decided(world: World) -> None:
    for who in (world.lan, world.minh, world.deputy):
        month.worked(world, who)
        month.notified(world, who)


def test_a_leaders_own_share_follows_their_people_while_the_card_is_with_them(world: World) -> None:
    month.worked(world, world.head)
    card = world.card(world.head)
    assert CardResult.objects.get(card=card, stage="self").pending is True
    decided(world)
    own = CardResult.objects.get(card=card, stage="self")
    assert (own.pending, own.values["d"]) == (False, "1")
    assert not CardResult.objects.filter(card=card, stage="evaluator").exists()


def test_what_a_leader_submitted_stands_when_their_people_are_decided(world: World) -> None:
    """Decision 0004: two numbers side by side are worth something when each is what its author said."""
    month.worked(world, world.head)
    card = month.submitted(world, world.head)
    sent = CardResult.objects.values().get(card=card, stage="self")
    decided(world)
    assert CardResult.objects.values().get(card=card, stage="self") == sent
    assert (sent["pending"], CardResult.objects.get(card=card, stage="evaluator").pending) == (True, False)
