"""d of a leader: the people they manage, pending results, and a result whose basis changed after it was confirmed."""

from datetime import date
from decimal import Decimal

import pytest

from kpi_cms.evaluation.domain import basis, scoring, stages
from kpi_cms.evaluation.domain.others import basis_of
from kpi_cms.evaluation.domain.people_managed import leaders_of
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Assessment, CardResult, Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Stale, WrongState
from snippets.models import FieldAssignment, Person
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.delegating import delegated, made_head
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, SINCE, World

pytestmark = pytest.mark.django_db


def everybody_of_the_department(world: World, *, share: str = "1", completed: str = "4") -> None:
    """Lan, Minh and the deputy notified; `completed` of four units each."""
    for who in (world.lan, world.minh, world.deputy):
        month.worked(world, who, completed=completed)
        month.notified(world, who, share=share)


def d(world: World, who: Person | None = None) -> str:
    card = world.card(who or world.head)
    return basis_of(card.version.compiled(), scoring.outcome_of(card, "evaluator"))["d"]


def test_d_is_pending_while_anybody_is_not_confirmed(world: World) -> None:
    assert d(world) == "pending"
    for who in (world.lan, world.minh):
        month.worked(world, who)
        month.notified(world, who)
    assert d(world) == "pending"
    card = world.card(world.head)
    assert [len(part) for part in (scoring.managed(card).points, scoring.managed(card).pending)] == [2, 1]


def test_a_leader_is_not_confirmed_before_their_people(world: World) -> None:
    month.worked(world, world.head)
    card = month.evaluated(world, world.head)
    with pytest.raises(WrongState, match="d is pending"):
        stages.confirm(
            actor=world.chair.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )


def test_d_is_whole_when_everybody_has_fifty(world: World) -> None:
    everybody_of_the_department(world)
    assert d(world) == "1"


def test_one_person_below_fifty_halves_d(world: World) -> None:
    for who in (world.minh, world.deputy):
        month.worked(world, who)
        month.notified(world, who)
    month.worked(world, world.lan, completed="1")
    month.notified(world, world.lan, share="1")
    assert CardResult.objects.get(person=world.lan, stage="evaluator").rounded == Decimal("47.50")
    assert d(world) == "1/2"


def test_people_without_a_result_are_left_out_and_listed(world: World) -> None:
    month.notified(world, world.lan)
    for who in (world.minh, world.deputy):
        month.worked(world, who)
        month.notified(world, who)
    managed = scoring.managed(world.card(world.head))
    assert managed.without_result == (world.lan.pk,)
    assert [person for person, _points in managed.points] == [world.deputy.pk, world.minh.pk]
    assert d(world) == "1"


def test_contract_staff_and_public_employees_do_not_count(world: World) -> None:
    everybody_of_the_department(world)
    Scorecard.objects.filter(person=world.lan).update(staff_kind="hop_dong", state=CardState.OPENED)
    Scorecard.objects.filter(person=world.minh).update(staff_kind="vien_chuc", state=CardState.OPENED)
    assert d(world) == "1"


def test_whoever_manages_nobody_has_the_sets_default(world: World) -> None:
    card = world.card(world.deputy)
    assert scoring.managed(card) == scoring.Managed((), (), ())
    assert d(world, world.deputy) == "1"


def test_a_deputy_answers_for_the_fields_assigned_to_them_only(world: World) -> None:
    FieldAssignment.objects.create(
        person=world.deputy, unit=world.other_department, starts_on=SINCE, decision_number="3/QĐ"
    )
    card = world.card(world.deputy)
    assert scoring.managed(card).pending == (world.other_head.pk, world.stranger.pk)
    FieldAssignment.objects.update(ends_on=date(2026, 7, 30))
    assert scoring.managed(card).pending == ()


def test_a_deputy_does_not_manage_the_leaders_of_their_own_unit(world: World) -> None:
    FieldAssignment.objects.create(
        person=world.deputy, unit=world.department, starts_on=SINCE, decision_number="3/QĐ"
    )
    card = world.card(world.deputy)
    assert scoring.managed(card).pending == (world.lan.pk, world.minh.pk)
    assert card.pk not in {leader.pk for leader in leaders_of(world.card(world.head))}
    assert card.pk in {leader.pk for leader in leaders_of(world.card(world.lan))}


def test_an_undecided_leaders_result_follows_their_people(world: World) -> None:
    month.worked(world, world.head)
    month.evaluated(world, world.head)
    head = world.card(world.head)
    assert CardResult.objects.get(card=head, stage="evaluator").pending is True
    everybody_of_the_department(world)
    result = CardResult.objects.get(card=head, stage="evaluator")
    assert (result.pending, result.rounded) == (False, Decimal("100.00"))


def reopened(world: World, points: str) -> None:
    """Lan's result replaced, as a later decision would, and looked at from above."""
    numerator, denominator = ([*points.split("/"), "1"])[:2]
    CardResult.objects.filter(person=world.lan, stage="evaluator").update(
        numerator=numerator, denominator=denominator
    )
    from kpi_cms.foundation.core.actor import as_actor

    with as_actor(world.head.user, MOMENT):
        basis.propose_to_leaders(world.card(world.lan), MOMENT)


def test_a_confirmed_leader_is_marked_and_never_altered(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    before = CardResult.objects.values().get(person=world.head, stage="evaluator")
    reopened(world, "99/2")
    head = world.card(world.head)
    assert (head.state, head.confirmed_basis, head.proposed_basis, head.basis_changed_at) == (
        CardState.NOTIFIED, {"d": "1"}, {"d": "1/2"}, MOMENT,
    )  # fmt: skip
    assert CardResult.objects.values().get(person=world.head, stage="evaluator") == before
    entry = LedgerEntry.objects.get(act="card.basis_changed")
    assert (entry.before, entry.after, entry.person_code) == ({"d": "1"}, {"d": "1/2"}, "CC002")


def test_a_basis_that_went_back_takes_the_mark_off(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    reopened(world, "49")
    reopened(world, "49")
    assert LedgerEntry.objects.filter(act="card.basis_changed").count() == 1
    reopened(world, "80")
    head = world.card(world.head)
    assert (head.proposed_basis, head.basis_changed_at) == ({}, None)


def test_the_evaluator_confirms_the_new_basis_and_notifies_again(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    card = world.card(world.head)
    with pytest.raises(WrongState, match="has not changed"):
        stages.accept_new_basis(
            actor=world.chair.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )
    reopened(world, "49")
    card = world.card(world.head)
    accepted = stages.accept_new_basis(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert (accepted.state, accepted.notified_at, accepted.confirmed_basis, accepted.proposed_basis) == (
        CardState.CONFIRMED, None, {"d": "1/2"}, {},
    )  # fmt: skip
    assert CardResult.objects.get(card=card, stage="evaluator").rounded == Decimal("94.17")


def test_a_basis_that_changed_again_is_refused_with_both_values(world: World) -> None:
    """T15: the screen proposed 1/2; meanwhile Lan's result went back, and a colleague's fell."""
    everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    reopened(world, "49")
    card = world.card(world.head)
    shown, was = on_screen(card), card.version_number
    reopened(world, "80")
    with pytest.raises(Stale) as raised:
        stages.accept_new_basis(actor=world.chair.user, moment=MOMENT, card=card, expected=was, seen=shown)
    assert (raised.value.mine, raised.value.theirs) == ({}, {})
    now = world.card(world.head)
    assert (now.state, now.confirmed_basis, now.proposed_basis) == (CardState.NOTIFIED, {"d": "1"}, {})


def test_whoever_stands_in_for_the_evaluator_accepts_the_new_basis_under_their_own_name(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    reopened(world, "49")
    stands_in = worlds.person("CC009", "Ngô Văn Thay", world.agency)
    delegated(made_head(world.chair), stands_in, world.agency)
    card = world.card(world.head)
    stages.accept_new_basis(
        actor=stands_in.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    evaluation = Assessment.objects.get(card=card, stage="evaluator")
    assert (evaluation.rater, evaluation.delegate) == (world.chair, stands_in)


def test_a_basis_that_is_pending_cannot_be_accepted(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    Scorecard.objects.filter(person=world.lan).update(state=CardState.SUBMITTED)
    reopened(world, "80")
    card = world.card(world.head)
    assert card.proposed_basis == {"d": "pending"}
    with pytest.raises(WrongState, match="open again"):
        stages.accept_new_basis(
            actor=world.chair.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )


def test_a_card_outside_the_civil_service_has_no_leader_to_tell(world: World) -> None:
    Scorecard.objects.filter(person=world.lan).update(staff_kind="hop_dong")
    assert leaders_of(world.card(world.lan)) == []


# --- Computing a period anew -----------------------------------------------------------------------------------------
def test_a_period_computed_anew_gives_the_same_digits(world: World) -> None:
    everybody_of_the_department(world, share="0.5", completed="3")
    month.worked(world, world.head, completed="2")
    month.notified(world, world.head)
    before = list(CardResult.objects.filter(stage="evaluator").order_by("pk").values())
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert (report.computed, report.differing) == (7, [])
    assert list(CardResult.objects.filter(stage="evaluator").order_by("pk").values()) == before


def test_a_result_that_was_tampered_with_is_named_and_mended(world: World) -> None:
    everybody_of_the_department(world)
    lan = world.card(world.lan)
    CardResult.objects.filter(card=lan, stage="evaluator").update(numerator="1", rounded=1, band="failed")
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert report.differing == [lan.pk]
    result = CardResult.objects.get(card=lan, stage="evaluator")
    assert (result.rounded, result.band) == (Decimal("100.00"), "excellent")
    assert CardResult.objects.filter(stage="evaluator").count() == 7


def test_deductions_count_when_a_period_is_computed_anew(world: World) -> None:
    from kpi_cms.evaluation.domain import deductions

    task = month.worked(world, world.lan)
    fault = deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai"
    )
    deductions.record_delay(actor=world.head.user, moment=MOMENT, task=task, unit_number=2, reason="Chậm")
    deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=fault, reason="Khách quan")
    month.confirmed(world, world.lan)
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert report.differing == []
