"""Whom a leader's d counts, waits for and leaves out: everybody once, and as the set says (rules.md §4, open)."""

from datetime import date
from typing import Any

import pytest

from kpi_cms.evaluation.domain import scoring, stages
from kpi_cms.evaluation.domain.others import basis_of
from kpi_cms.evaluation.domain.people_managed import cards_managed, leaders_of
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.rescoring import _ManagedCards
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.impact_queries import Past
from kpi_cms.evaluation.models import CardResult, Scorecard, VersionPin
from kpi_cms.foundation.accounts.domain import system_user
from snippets.enums import PostRole, StaffKind
from snippets.models import Appointment, FieldAssignment, Person
from tests.evaluation.test_rescoring import run
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin, thawed
from tests.helpers.world import LAST, MOMENT, SINCE, World

pytestmark = pytest.mark.django_db


def codes(people: Any) -> list[str]:
    found = Person.objects.in_bulk(list(people))
    return [found[key].staff_code for key in people]


def d(world: World, who: Person) -> str:
    card = world.card(who)
    return basis_of(card.version.compiled(), scoring.outcome_of(card, "evaluator"))["d"]


def decide(world: World, **settings: Any) -> None:
    """Leaders' cards under a set that says otherwise; before anything is scored on them."""
    spec = worlds.leader_spec(settings={**specs.SETTINGS, **settings})
    version = worlds.version(spec, "LD-KHAC")
    with thawed():
        VersionPin.objects.create(period=world.period, version=version)
    assert Scorecard.objects.filter(is_leader=True).update(version=version) == 4


def confirm_all_of_the_department(world: World) -> None:
    for who in (world.lan, world.minh, world.deputy):
        month.worked(world, who)
        month.notified(world, who)


# --- Without a card ----------------------------------------------------------------------------------------
@pytest.fixture
def people(world: World) -> dict[str, Person]:
    """People without a card, some of whom the head of A1 manages."""
    made = {
        code: worlds.person(code, name, unit, kind=kind)
        for code, name, unit, kind in (
            ("K01", "Lê Mới", world.department, StaffKind.CIVIL_SERVANT),
            ("K02", "An Vô Chức", world.department, StaffKind.CIVIL_SERVANT),
            ("K03", "Bùi Đã Nghỉ", world.department, StaffKind.CIVIL_SERVANT),
            ("K04", "Cao Nơi Khác", world.other_department, StaffKind.CIVIL_SERVANT),
            ("K05", "Đỗ Viên Chức", world.department, StaffKind.PUBLIC_EMPLOYEE),
            ("K06", "Hà Chuyển Đi", world.department, StaffKind.CIVIL_SERVANT),
            ("K07", "Kiều Cấp Phó", world.department, StaffKind.CIVIL_SERVANT),
        )
    }
    Appointment.objects.filter(person=made["K02"]).delete()
    Person.objects.filter(pk=made["K03"].pk).update(left_on=LAST)
    Appointment.objects.filter(person=made["K06"]).update(unit=world.other_department)
    Appointment.objects.filter(person=made["K07"]).update(role=PostRole.DEPUTY)
    return made


def test_whoever_is_managed_and_has_no_card_is_listed_in_name_order(
    world: World, people: dict[str, Person]
) -> None:
    managed = scoring.managed(world.card(world.head))
    assert codes(managed.without_card) == ["K02", "K01", "K07"]
    assert codes(managed.pending) == ["CC003", "CC004", "CC005"]
    assert (managed.points, managed.without_result) == ((), ())
    assert codes(scoring.managed(world.card(world.chair)).without_card) == ["K02", "K01", "K07"]
    assert codes(scoring.managed(world.card(world.other_head)).without_card) == ["K06", "K04"]
    assert scoring.managed(world.card(world.lan)).without_card == ()


def test_a_deputy_is_told_who_has_no_card_in_their_fields(world: World, people: dict[str, Person]) -> None:
    card = world.card(world.deputy)
    assert scoring.managed(card).without_card == ()
    FieldAssignment.objects.create(
        person=world.deputy, unit=world.department, starts_on=SINCE, decision_number="3/QĐ"
    )
    assert codes(scoring.managed(card).without_card) == ["K02", "K01"]


def test_units_that_take_no_part_have_no_cards_to_miss(world: World, people: dict[str, Person]) -> None:
    world.period.units.set([world.other_agency])
    assert scoring.managed(world.card(world.head)).without_card == ()


def test_people_without_a_card_are_left_out_of_d_and_counted_where_it_is_explained(
    world: World, people: dict[str, Person]
) -> None:
    confirm_all_of_the_department(world)
    assert d(world, world.head) == "1"
    step = next(step for step in scoring.trace_of(world.card(world.head), "evaluator") if step.code == "d")
    assert (step.value, step.params["left_out"], step.params["failing"]) == (1, 3, 0)


def test_people_without_a_card_or_a_result_count_as_failing_where_the_set_says_so(
    world: World, people: dict[str, Person]
) -> None:
    decide(world, managed_without_result="failing")
    confirm_all_of_the_department(world)
    assert d(world, world.head) == "1/2"
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert CardResult.objects.get(person=world.head, stage="evaluator").values["d"] == "1/2"
    assert report.computed == 7
    Person.objects.filter(pk__in=[person.pk for person in people.values()]).update(left_on=date(2026, 7, 1))
    assert d(world, world.head) == "1"


# --- Kinds of staff ----------------------------------------------------------------------------------------
def test_the_set_says_which_kinds_of_staff_count(world: World) -> None:
    decide(world, managed_kinds=["cong_chuc", "vien_chuc"])
    Scorecard.objects.filter(person=world.lan).update(staff_kind="vien_chuc")
    Scorecard.objects.filter(person=world.minh).update(staff_kind="hop_dong")
    assert codes(scoring.managed(world.card(world.head)).pending) == ["CC003", "CC004"]
    above = [world.card(world.head).pk, world.card(world.chair).pk]
    assert [leader.pk for leader in leaders_of(world.card(world.lan))] == above
    assert leaders_of(world.card(world.minh)) == []
    month.worked(world, world.head)
    month.evaluated(world, world.head)
    for who in (world.lan, world.deputy):
        month.worked(world, who)
        month.notified(world, who)
    result = CardResult.objects.get(person=world.head, stage="evaluator")
    assert (result.pending, result.values["d"]) == (False, "1")


def test_a_kind_that_does_not_count_changes_no_leader(world: World) -> None:
    decide(world, managed_kinds=["vien_chuc"])
    month.worked(world, world.head)
    month.evaluated(world, world.head)
    before = CardResult.objects.values().get(person=world.head, stage="evaluator")
    assert before["values"]["d"] == "1"
    month.worked(world, world.lan, completed="0")
    month.notified(world, world.lan, share="0")
    assert CardResult.objects.values().get(person=world.head, stage="evaluator") == before


# --- Not confirmed yet -------------------------------------------------------------------------------------
def test_d_need_not_wait_where_the_set_leaves_the_unconfirmed_out(world: World) -> None:
    decide(world, managed_unconfirmed="left_out")
    month.worked(world, world.head)
    card = month.evaluated(world, world.head)
    assert d(world, world.head) == "1"
    card = stages.confirm(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert (card.state, card.confirmed_basis) == (CardState.CONFIRMED, {"d": "1"})
    month.worked(world, world.lan, completed="1")
    month.notified(world, world.lan, share="0")
    card = world.card(world.head)
    assert (card.confirmed_basis, card.proposed_basis) == ({"d": "1"}, {"d": "1/2"})


def test_the_unconfirmed_count_as_failing_where_the_set_says_so(world: World) -> None:
    decide(world, managed_unconfirmed="failing")
    assert d(world, world.head) == "1/2"
    confirm_all_of_the_department(world)
    assert d(world, world.head) == "1"


# --- Nothing assigned --------------------------------------------------------------------------------------
def test_nothing_assigned_is_no_result_or_nothing_done_as_the_set_says(world: World) -> None:
    spec = worlds.staff_spec(settings={**specs.SETTINGS, "nothing_assigned": "zero"})
    version = worlds.version(spec, "NV-KHAC")
    Scorecard.objects.filter(person=world.lan).update(version=version)
    for who in (world.lan, world.minh):
        month.notified(world, who)
    results = dict(
        CardResult.objects.filter(stage="evaluator", person__in=[world.lan, world.minh]).values_list(
            "person__staff_code", "shown"
        )
    )
    assert results == {"CC004": "30.00", "CC005": ""}
    managed = scoring.managed(world.card(world.head))
    assert (codes([person for person, _points in managed.points]), codes(managed.without_result)) == (
        ["CC004"], ["CC005"],
    )  # fmt: skip


# --- Two frames ---------------------------------------------------------------------------------------------
def in_frames(world: World, leaders: str, *people: str) -> None:
    """Open the month with leaders in one frame and their people in these; d asks for 80 points of everybody."""
    spec = worlds.leader_spec(law="", frame=leaders)
    next(item for item in spec["sections"][-1]["criteria"] if item["code"] == "d")["kind"]["threshold"] = "80"
    repin(world.period, world.leaders, worlds.version(spec, "LD-HK", frame=leaders))
    state, *more = [
        worlds.version(worlds.staff_spec(law="", frame=frame), f"NV-{frame}", frame=frame) for frame in people
    ]
    repin(world.period, world.staff, state)
    VersionPin.objects.bulk_create(VersionPin(period=world.period, version=each) for each in more)
    worlds.open_month(world)


def decided(world: World, who: Person, frame: str, share: str) -> None:
    """That person's card of the frame: 70 points of tasks, and this share of the 30 of common criteria."""
    month.worked(world, who)
    month.notified(world, who, share=share)
    assert Scorecard.objects.get(person=who, period=world.period, state=CardState.NOTIFIED).frame == frame


@pytest.mark.parametrize("leaders", ["party", "state"])
def test_people_with_cards_of_the_partys_frame_alone_count_by_these(draft_world: World, leaders: str) -> None:
    """Nobody found in the State frame is not nobody managed: that was 100 %, whatever the people had."""
    world = draft_world
    in_frames(world, leaders, "party")
    managed = scoring.managed(world.card(world.head))
    assert (codes(managed.pending), managed.without_card) == (["CC003", "CC004", "CC005"], ())
    assert d(world, world.head) == "pending"
    decided(world, world.lan, "party", "1")
    decided(world, world.minh, "party", "0")  # 70 points, ten fewer than d asks for
    month.worked(world, world.deputy)
    month.notified(world, world.deputy)
    assert leaders_of(Scorecard.objects.get(person=world.minh)) == [
        world.card(world.head),
        world.card(world.chair),
    ]
    assert d(world, world.head) == "1/2"
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert report.differing == []
    month.worked(world, world.head)
    head = month.notified(world, world.head)
    assert CardResult.objects.get(card=head, stage="evaluator").values["d"] == "1/2"
    made = run(world, head.version.specification, "LD-HK")[world.head.pk]  # the same rule, in memory
    assert (made.before, made.is_listed) == (made.after, False)


def test_whoever_has_cards_of_both_frames_counts_once_by_the_states(draft_world: World) -> None:
    world = draft_world
    in_frames(world, "party", "state", "party")
    managed = cards_managed(world.card(world.head)).order_by("person__staff_code")
    assert [(card.person.staff_code, card.frame) for card in managed] == [
        ("CC003", "party"),  # who leads has none of the State's here
        ("CC004", "state"),
        ("CC005", "state"),
    ]
    partys = Scorecard.objects.get(person=world.lan, frame="party")
    assert leaders_of(partys) == []
    counted = _ManagedCards(Past(world.period, "LD-HK"), world.card(world.head).version.compiled())
    assert partys.pk not in {card.pk for card in counted.cards}
    assert {card.person_id for card in counted.cards} >= {world.lan.pk, world.minh.pk, world.deputy.pk}
