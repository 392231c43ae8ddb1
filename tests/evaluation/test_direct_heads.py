"""Self, then the direct head, then the superior who decides: who acts is data of the set, and follows the registers."""

from datetime import date, timedelta
from typing import Any

import pytest

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.collective import Decision, name_collective, save_collective, send_collective
from kpi_cms.evaluation.domain.evaluators import Organisation
from kpi_cms.evaluation.domain.following import follow_by_night
from kpi_cms.evaluation.domain.naming import name_evaluators, namings
from kpi_cms.evaluation.domain.naming_anew import competent_today
from kpi_cms.evaluation.domain.planning import plan_opening
from kpi_cms.evaluation.enums import CardState, EvaluatorBasis, NamingNeed
from kpi_cms.evaluation.models import Assessment, CardResult, Scorecard
from kpi_cms.evaluation.waiting_queries import to_score_for_collective, waiting
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.enums import Capability, PostRole
from snippets.models import Appointment, EvaluatorDecision, Person
from tests.evaluation.test_collective import columns, points, step
from tests.factories.snippets import holder
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.thawed import repin
from tests.helpers.world import LAST, MOMENT, World

pytestmark = pytest.mark.django_db

HEADS = {
    "key": "collective",
    "label": "Trưởng phòng",
    "decides": False,
    "optional": False,
    "who": "direct_head",
}
A_DAY = timedelta(days=1)


def directed(spec: dict[str, Any]) -> dict[str, Any]:
    """The set with the chain: the direct head scores, the head of the agency decides."""
    own, decides = spec["stages"]
    return spec | {"schema_version": 2, "law": "", "stages": [own, HEADS, decides | {"who": "agency_head"}]}


@pytest.fixture
def draft(draft_world: World) -> World:
    """Everybody's set has the chain; the month is not open yet."""
    repin(draft_world.period, draft_world.staff, worlds.version(directed(worlds.staff_spec()), "NV-BA"))
    repin(draft_world.period, draft_world.leaders, worlds.version(directed(worlds.leader_spec()), "LD-BA"))
    return draft_world


@pytest.fixture
def world(draft: World) -> World:
    worlds.open_month(draft)
    month.worked(draft, draft.lan)
    return draft


def named(card: Scorecard) -> tuple[Person | None, Person | None, str]:
    return card.secretary, card.evaluator, card.evaluator_basis


def followed(moment: Any = MOMENT) -> int:
    return follow_by_night(actor=system_user(), moment=moment)


def replaced(world: World, *, by: Person | None) -> None:
    """Hà heads A1 no more; `by` does."""
    Appointment.objects.filter(person=world.head).update(role=PostRole.MEMBER)
    if by is not None:
        Appointment.objects.filter(person=by, unit=world.department).update(role=PostRole.HEAD)


def sent(world: World, who: Person, card: Scorecard, share: str = "0.5") -> None:
    step(save_collective, who, card, entries=points(card, share))
    step(send_collective, who, card)


# --- Opening ------------------------------------------------------------------------------------------------------
def test_each_card_names_its_direct_head_and_the_superior_without_any_decision(world: World) -> None:
    card = world.card(world.lan)
    assert named(card) == (world.head, world.chair, EvaluatorBasis.SET)
    assert (card.collective, card.evaluator_details) == (
        {"name": "Trưởng phòng", "head_of": "A1"}, {"unit": "A"},
    )  # fmt: skip
    assert named(world.card(world.deputy)) == (world.head, world.chair, EvaluatorBasis.SET)


def test_nobody_is_their_own_direct_head_and_nobody_scores_twice(world: World) -> None:
    """Hà heads the department, Chí the agency: both are scored without the stage."""
    assert named(world.card(world.head)) == (None, world.chair, EvaluatorBasis.SET)
    assert named(world.card(world.chair)) == (None, world.extra["boss"], EvaluatorBasis.MANAGING_HEAD)
    assert (world.card(world.head).collective, world.card(world.chair).collective) == ({}, {})


def test_a_set_that_says_nothing_names_whom_the_law_names(draft_world: World) -> None:
    worlds.open_month(draft_world)
    card = draft_world.card(draft_world.lan)
    assert (named(card), card.collective) == ((None, draft_world.head, EvaluatorBasis.UNIT_HEAD), {})


def test_whoever_decides_by_a_dated_decision_is_not_asked_before_as_well(draft: World) -> None:
    EvaluatorDecision.objects.create(
        person=draft.lan, evaluator=draft.head, decision_number="7/QĐ", starts_on=date(2026, 7, 1)
    )
    worlds.open_month(draft)
    assert named(draft.card(draft.lan)) == (None, draft.head, EvaluatorBasis.DECISION)
    assert named(draft.card(draft.minh)) == (draft.head, draft.chair, EvaluatorBasis.SET)


def test_whoever_endorses_is_not_asked_before_as_well(draft: World) -> None:
    """Chí heads the department too, and endorses where a decision lets somebody else evaluate."""
    spec = directed(worlds.staff_spec())
    spec["stages"] = [
        *spec["stages"],
        {"key": "endorsement", "label": "X", "decides": False, "optional": True},
    ]
    repin(draft.period, CriteriaVersion.objects.get(set_code="NV-BA"), worlds.version(spec, "NV-BON"))
    replaced(draft, by=None)
    worlds.appoint(draft.chair, draft.department, role=PostRole.HEAD, main=False)
    EvaluatorDecision.objects.create(
        person=draft.lan, evaluator=draft.deputy, decision_number="7/QĐ", starts_on=date(2026, 7, 1)
    )
    worlds.open_month(draft)
    card = draft.card(draft.lan)
    assert (card.secretary, card.evaluator, card.endorser) == (None, draft.deputy, draft.chair)


def test_an_acting_head_scores_and_the_card_says_so(draft: World) -> None:
    Appointment.objects.filter(person=draft.head).update(role=PostRole.MEMBER)
    Appointment.objects.filter(person=draft.deputy).update(role=PostRole.HEAD, acting=True)
    worlds.open_month(draft)
    card = draft.card(draft.lan)
    assert (card.secretary, card.collective) == (
        draft.deputy, {"name": "Trưởng phòng", "head_of": "A1", "acting": True},
    )  # fmt: skip


def test_before_the_opening_it_is_known_whose_unit_has_no_head(draft: World) -> None:
    assert plan_opening(draft.period).without_direct_head == []
    replaced(draft, by=None)
    plan = plan_opening(draft.period)
    assert sorted(plan.without_direct_head) == sorted(
        who.pk for who in (draft.lan, draft.minh, draft.deputy, draft.head)
    )
    assert plan.without_evaluator == []


# --- The superior -------------------------------------------------------------------------------------------------
def superior(who: Person, unit: Any, role: PostRole, day: date = LAST) -> Any:
    return Organisation(day).evaluator_of(person_id=who.pk, unit=unit, role=role, who="agency_head")


def test_the_superior_of_everybody_in_an_agency_is_its_head(draft: World) -> None:
    for unit, role in (
        (draft.department, PostRole.MEMBER), (draft.department, PostRole.HEAD), (draft.agency, PostRole.DEPUTY),
    ):  # fmt: skip
        found = superior(draft.minh, unit, role)
        assert (found.person_id, found.basis, found.details) == (
            draft.chair.pk, EvaluatorBasis.SET, {"unit": "A"},
        )  # fmt: skip


def test_the_superior_of_the_head_of_an_agency_is_the_head_above(draft: World) -> None:
    boss, basis = draft.extra["boss"].pk, EvaluatorBasis.MANAGING_HEAD
    found = superior(draft.chair, draft.agency, PostRole.HEAD)
    assert (found.person_id, found.basis) == (boss, basis)
    # Whose card is opened in a department they belong to as well.
    found = superior(draft.chair, draft.department, PostRole.MEMBER)
    assert (found.person_id, found.basis) == (boss, basis)


def test_without_a_head_of_the_agency_the_one_above_decides_and_the_card_says_why(draft: World) -> None:
    Appointment.objects.filter(person=draft.chair).update(role=PostRole.MEMBER)
    found = superior(draft.lan, draft.department, PostRole.MEMBER)
    assert (found.person_id, found.basis, found.details["vacant"]) == (
        draft.extra["boss"].pk, EvaluatorBasis.SUPERIOR, ["A"],
    )  # fmt: skip


# --- Scoring ------------------------------------------------------------------------------------------------------
def test_self_then_the_direct_head_then_the_superior_decides(world: World) -> None:
    card = month.submitted(world, world.lan)
    assert (waiting(Scope.of(world.head.user), MOMENT).to_score_for_collective) == 1
    step(stages.save_evaluation, world.chair, card, entries=month.entries(card, "evaluator"))
    with pytest.raises(WrongState) as raised:
        step(stages.confirm, world.chair, card)
    assert str(raised.value.sentence) == (
        "“Trưởng phòng” has not sent its scores yet: Nguyễn Thị Hà enters them. Where this person is absent, your "
        "personnel office may name somebody else by a decision."
    )
    sent(world, world.head, card)
    assert not to_score_for_collective(world.head.pk).exists()
    assert columns(world.chair, card) == ["self", "collective", "evaluator"]
    step(stages.confirm, world.chair, card)
    card = world.card(world.lan)
    assert card.state == CardState.CONFIRMED
    # What the direct head gave is shown, and has no weight.
    shown = dict(CardResult.objects.filter(card=card).values_list("stage", "shown"))
    assert (shown["evaluator"], shown["collective"]) == ("100.00", "85.00")


def test_nobody_but_the_direct_head_scores_there(world: World) -> None:
    card = month.submitted(world, world.lan)
    for who in (world.minh, world.deputy, world.chair, world.lan, world.stranger):
        with pytest.raises((Refused, NotFound)):
            step(save_collective, who, card, entries=points(card, "1"))
    with pytest.raises(Refused):
        step(stages.save_evaluation, world.head, card, entries=month.entries(card, "evaluator"))
    assert not Assessment.objects.filter(stage__in=["collective", "evaluator"]).exists()


def test_where_the_stage_is_left_out_nothing_waits_for_it(draft: World) -> None:
    replaced(draft, by=None)
    worlds.open_month(draft)
    month.worked(draft, draft.lan)
    card = month.submitted(draft, draft.lan)
    step(stages.save_evaluation, draft.chair, card, entries=month.entries(card, "evaluator"))
    step(stages.confirm, draft.chair, card)
    assert draft.card(draft.lan).state == CardState.CONFIRMED


def test_a_dated_decision_comes_before_the_rule_where_the_direct_head_is_absent(world: World) -> None:
    clerk = holder(world.agency, Capability.MANAGE_PEOPLE)
    name_collective(
        actor=clerk, moment=MOMENT, period=world.period, unit=world.department, secretary=world.deputy,
        decision=Decision("Phó Trưởng phòng", "15/QĐ", date(2026, 7, 30)), reason="Trưởng phòng đi học",
    )  # fmt: skip
    assert followed() == 0
    card = month.submitted(world, world.lan)
    assert named(card) == (world.deputy, world.chair, EvaluatorBasis.SET)
    sent(world, world.deputy, card)
    assert world.card(world.deputy).secretary == world.head  # nobody scores themselves
    # Whoever decides in the end speaks for nobody else: the direct head does again.
    EvaluatorDecision.objects.create(
        person=world.lan, evaluator=world.deputy, decision_number="9/QĐ", starts_on=date(2026, 7, 1)
    )
    followed()
    assert named(world.card(world.lan)) == (world.head, world.deputy, EvaluatorBasis.DECISION)


# --- Registers ----------------------------------------------------------------------------------------------------
def test_an_undecided_card_follows_to_the_next_direct_head(world: World) -> None:
    card = month.submitted(world, world.lan)
    step(save_collective, world.head, card, entries=points(card, "1"))  # a draft
    replaced(world, by=world.deputy)
    assert followed() == 4  # Lan, Minh and Hà have a direct head now, and Dũng has none
    assert named(world.card(world.lan)) == (world.deputy, world.chair, EvaluatorBasis.SET)
    assert named(world.card(world.head))[0] == world.deputy
    assert named(world.card(world.deputy))[0] is None
    entry = LedgerEntry.objects.get(act="evaluator.changed", subject_id=str(card.pk))
    assert (entry.before["direct_head"], entry.after["direct_head"]) == ("CC002", "CC003")
    with pytest.raises(NotFound):
        step(save_collective, world.head, card, entries=points(card, "1"))
    # The draft of the one before stays theirs and counts no more.
    assert CardResult.objects.get(card=card, stage="collective").shown == ""
    sent(world, world.deputy, card)
    assert Assessment.objects.filter(card=card, stage="collective").count() == 2
    assert followed() == 0


def test_what_a_direct_head_sent_stands_when_another_one_comes(world: World) -> None:
    card = month.submitted(world, world.lan)
    sent(world, world.head, card)
    replaced(world, by=world.deputy)
    followed()
    assert world.card(world.lan).secretary == world.head
    assert world.card(world.minh).secretary == world.deputy
    step(stages.save_evaluation, world.chair, card, entries=month.entries(card, "evaluator"))
    step(stages.confirm, world.chair, card)


def test_a_direct_head_who_decides_now_has_another_one_before_them(world: World) -> None:
    card = month.submitted(world, world.lan)
    sent(world, world.head, card)
    Appointment.objects.filter(person=world.chair).update(role=PostRole.MEMBER)
    Appointment.objects.filter(person=world.head).update(role=PostRole.HEAD, unit=world.agency)
    Appointment.objects.filter(person=world.deputy).update(role=PostRole.HEAD)
    followed()
    assert named(world.card(world.lan)) == (world.deputy, world.head, EvaluatorBasis.SET)
    with pytest.raises(WrongState):
        step(stages.confirm, world.head, world.card(world.lan))


def test_a_unit_that_loses_its_head_leaves_the_stage_out_until_it_has_one(world: World) -> None:
    card = month.submitted(world, world.lan)
    replaced(world, by=None)
    followed()
    card = world.card(world.lan)
    assert (card.secretary, card.collective) == (None, {})
    replaced(world, by=world.deputy)
    followed()
    assert world.card(world.lan).collective == {"name": "Trưởng phòng", "head_of": "A1"}


def test_the_direct_head_follows_where_nobody_can_be_found_to_decide(world: World) -> None:
    """The card keeps whoever it names to decide."""
    Appointment.objects.filter(person__in=[world.chair, world.extra["boss"]]).update(role=PostRole.MEMBER)
    assert followed() == 0
    replaced(world, by=world.deputy)
    followed()
    assert named(world.card(world.lan)) == (world.deputy, world.chair, EvaluatorBasis.SET)


def test_whoever_keeps_people_names_the_next_direct_head_by_hand(world: World) -> None:
    clerk = holder(world.agency, Capability.MANAGE_PEOPLE)
    replaced(world, by=world.deputy)
    needed = {each.card.person: each for each in namings(Scope.of(clerk), world.period, LAST, most=10).shown}
    assert {each.need for each in needed.values()} == {NamingNeed.DIRECT_HEAD}
    card = world.card(world.lan)
    seen = {card.pk: needed[world.lan].competent.pair}
    name_evaluators(actor=clerk, moment=MOMENT, period=world.period, seen=seen, reason="Thay trưởng phòng")
    assert named(world.card(world.lan)) == (world.deputy, world.chair, EvaluatorBasis.SET)
    assert named(world.card(world.minh))[0] == world.head
    with pytest.raises((WrongState, Invalid)):
        name_evaluators(actor=clerk, moment=MOMENT, period=world.period, seen=seen, reason="Lần nữa")


def test_a_confirmed_evaluation_asks_no_other_direct_head(world: World) -> None:
    card = month.submitted(world, world.lan)
    sent(world, world.head, card)
    step(stages.save_evaluation, world.chair, card, entries=month.entries(card, "evaluator"))
    step(stages.confirm, world.chair, card)
    replaced(world, by=world.deputy)
    followed(MOMENT + A_DAY)
    assert named(world.card(world.lan)) == (world.head, world.chair, EvaluatorBasis.SET)


def test_a_reopened_card_is_decided_by_todays_superior(world: World) -> None:
    Appointment.objects.filter(person=world.chair).update(role=PostRole.MEMBER)
    worlds.appoint(world.other_head, world.agency, role=PostRole.HEAD, main=False)
    assert competent_today(world.card(world.lan), LAST) == world.other_head


@pytest.mark.postgresql
def test_whoever_lists_namings_behind_the_wall_is_told_of_nobody_whose_head_has_sent(world: World) -> None:
    require_roles()
    clerk = holder(world.agency, Capability.MANAGE_PEOPLE)
    card = month.submitted(world, world.lan)
    with acting_as_the_application():
        sent(world, world.head, card)
        replaced(world, by=world.deputy)
        within = table.NAME_EVALUATORS.capabilities
        with as_actor(clerk, MOMENT), beyond_the_wall("a list by name", within=within):
            shown = namings(Scope.of(clerk), world.period, LAST, most=10).shown
        assert {each.card.person for each in shown} == {world.minh, world.deputy, world.head}
        assert followed() == 3
        with pytest.raises(NotFound):
            step(save_collective, world.head, world.card(world.minh), entries={})
    assert named(world.card(world.minh))[0] == world.deputy
    assert named(world.card(world.lan))[0] == world.head
