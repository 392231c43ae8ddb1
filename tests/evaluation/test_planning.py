"""Before a period opens: everybody in scope is sorted, nobody is dropped without a word."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from criteria_pages.models import CriteriaVersion
from criteria_pages.queries import in_force
from kpi_cms.evaluation.domain.opening import choose_versions
from kpi_cms.evaluation.domain.planning import (
    Context,
    WithoutPost,
    applies,
    before_others,
    candidate_catalogues,
    plan_opening,
    unmet,
)
from kpi_cms.evaluation.models import CataloguePin, VersionPin
from kpi_cms.evaluation.period_queries import offered_versions
from kpi_cms.foundation.core.errors import Invalid
from snippets.domain.people import register_person
from snippets.enums import Capability, Frame, PostRole, StaffKind
from snippets.models import Appointment, Catalogue, JobPosition, Period, Person
from tests.evaluation.test_stages import hold
from tests.foundation.engine import specs
from tests.helpers import world as worlds
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(draft_world: World) -> World:
    return draft_world


def codes(ids: list[int]) -> list[str]:
    by_id = {person.pk: person.staff_code for person in Person.objects.all()}
    return [by_id[pk] for pk in ids]


def test_everybody_in_scope_gets_the_version_of_their_kind(world: World) -> None:
    plan = plan_opening(world.period)
    assert plan.people == 7
    assert plan.by_version() == {world.staff.pk: 3, world.leaders.pk: 4}
    assert sorted(codes([card.context.person_id for card in plan.cards])) == [
        "CC001", "CC002", "CC003", "CC004", "CC005", "CC101", "CC102",
    ]  # fmt: skip


def test_a_set_for_organisations_opens_no_card_and_is_spoken_of_nowhere(world: World) -> None:
    spec = worlds.staff_spec(schema_version=2, law="", applicability={"evaluates": "organisations"})
    common = [section for section in spec["sections"] if section["part"] == "common"]
    of_organisations = worlds.version(
        spec
        | {
            "sections": common,
            "parts": [part for part in spec["parts"] if part["code"] == "common"],
            "total": {"kind": "sum", "expression": "", "max": "30"},
            "bands": [{"code": "all", "label": "Mọi điểm", "from": "0"}],
        },
        "TC",
    )
    before = plan_opening(world.period)
    world.period.version_pins.all().delete()
    assert of_organisations in in_force(world.period.ends_on)

    plan = plan_opening(world.period)

    assert (plan.by_version(), plan.two_versions) == (before.by_version(), [])
    assert sorted(version.set_code for version in offered_versions(world.period)) == ["LD", "NV"]
    pinned = plan_opening(world.period, [of_organisations])  # by whatever way it came among the versions
    assert (pinned.cards, len(pinned.without_version)) == ([], 7)
    hold(world.chair, Capability.MANAGE_PERIODS, world)
    with pytest.raises(Invalid, match="A set for organisations opens no card"):
        choose_versions(
            actor=world.chair.user,
            moment=MOMENT,
            period=world.period,
            versions=[of_organisations, world.staff],
        )
    assert not world.period.version_pins.exists()


def test_units_that_do_not_take_part_stay_out(world: World) -> None:
    world.period.units.remove(world.other_agency)
    plan = plan_opening(world.period)
    assert sorted(codes([card.context.person_id for card in plan.cards])) == [
        "CC001", "CC002", "CC003", "CC004", "CC005",
    ]  # fmt: skip


def test_whoever_has_no_set_is_listed_in_name_order(world: World) -> None:
    worlds.person("VC001", "Tạ Văn Viên", world.department, kind=StaffKind.PUBLIC_EMPLOYEE)
    worlds.person("HD001", "Cao Thị Đồng", world.department, kind=StaffKind.CONTRACT)
    plan = plan_opening(world.period)
    assert codes(plan.without_version) == ["HD001", "VC001"]


def test_whoever_would_get_two_sets_of_one_frame_gets_none_and_is_listed(world: World) -> None:
    second = worlds.version(worlds.staff_spec(), "NV-2")
    VersionPin.objects.create(period=world.period, version=second)
    plan = plan_opening(world.period)
    assert [(codes([person])[0], sets) for person, sets in plan.two_versions] == [
        ("CC004", ["NV v1", "NV-2 v1"]), ("CC005", ["NV v1", "NV-2 v1"]), ("CC102", ["NV v1", "NV-2 v1"]),
    ]  # fmt: skip
    assert plan.by_version() == {world.leaders.pk: 4}


def test_one_person_gets_a_card_in_each_frame(world: World) -> None:
    party = worlds.version(worlds.staff_spec(), "DANG", frame=Frame.PARTY)
    VersionPin.objects.create(period=world.period, version=party)
    plan = plan_opening(world.period)
    lan = [(card.frame, card.version_id) for card in plan.cards if card.context.person_id == world.lan.pk]
    assert lan == [("state", world.staff.pk), ("party", party.pk)]


def counting(code: str, frame: str, *codes: str, needed: bool = True) -> CriteriaVersion:
    """A set that counts tasks by their priority."""
    values = [{"code": each, "label": each.upper(), "value": "1"} for each in codes]
    priority = {"attribute": "priority", "values": values} | ({} if needed else {"default": "1"})
    counted = {"type": "task_points", "max": "70", "coefficients": [priority], "normalise": {"to": "cap"}}
    spec = worlds.staff_spec(schema_version=2, law="")
    spec["sections"][-1] = specs.section("KQ", "70", "results", [specs.computed("p", counted)])
    return worlds.version(spec, code, frame=frame)


def test_whoever_gets_two_sets_that_no_task_could_satisfy_is_listed(world: World) -> None:
    state = counting("NV-UT", "state", "gap", "thuong")
    party = counting("DANG-UT", "party", "khan")
    plan = plan_opening(world.period, [world.leaders, state, party])
    needed = (["NV-UT v1", "DANG-UT v1"], ["priority"])
    assert [(codes([person])[0], *said) for person, *said in plan.nothing_in_common] == [
        ("CC004", *needed), ("CC005", *needed), ("CC102", *needed),
    ]  # fmt: skip
    assert plan.by_version() == {world.leaders.pk: 4, state.pk: 3, party.pk: 3}


@pytest.mark.parametrize(("of_party", "needed"), [(("gap", "khan"), True), (("khan",), False)])
def test_sets_with_a_value_in_common_or_that_need_none_are_no_trouble(
    world: World, of_party: tuple[str, ...], needed: bool
) -> None:
    state, party = (
        counting("NV-UT", "state", "gap", "thuong"),
        counting("DANG-UT", "party", *of_party, needed=needed),
    )
    assert plan_opening(world.period, [world.leaders, state, party]).nothing_in_common == []


def test_whoever_has_no_evaluator_is_listed_and_keeps_a_card(world: World) -> None:
    Appointment.objects.filter(unit__code__in=["B1", "B", "QUAN-LY"], role=PostRole.HEAD).exclude(
        person=world.other_head
    ).update(ends_on=date(2026, 7, 30))
    plan = plan_opening(world.period)
    assert codes(plan.without_evaluator) == ["CC001", "CC101"]
    assert plan.people == 7


def test_agencies_without_a_catalogue_are_named(world: World) -> None:
    CataloguePin.objects.all().delete()
    Catalogue.objects.update(unit=world.other_agency)
    assert plan_opening(world.period).without_catalogue == ["A"]


def test_whoever_has_no_account_is_listed(world: World) -> None:
    Person.objects.filter(pk=world.minh.pk).update(user=None)
    assert codes(plan_opening(world.period).without_account) == ["CC005"]


def test_the_main_appointment_counts_and_the_others_are_listed(world: World) -> None:
    worlds.appoint(world.lan, world.other_department, role=PostRole.DEPUTY, main=False)
    (context,) = (c.context for c in plan_opening(world.period).cards if c.context.person_id == world.lan.pk)
    assert (context.unit_id, context.role, context.others) == (
        world.department.pk, PostRole.MEMBER, ({"unit": "B1", "position": "cv-deputy", "role": "deputy"},),
    )  # fmt: skip


def test_a_secondment_comes_before_the_main_appointment(world: World) -> None:
    worlds.appoint(world.lan, world.other_department, role=PostRole.MEMBER, main=False, seconded=True)
    (card,) = (card for card in plan_opening(world.period).cards if card.context.person_id == world.lan.pk)
    assert (card.context.unit_id, card.evaluator.person_id) == (
        world.other_department.pk,
        world.other_head.pk,
    )


def test_a_secondment_to_a_unit_that_takes_no_part_makes_no_card_with_the_head_at_home(world: World) -> None:
    world.period.units.remove(world.other_agency)
    worlds.appoint(world.lan, world.other_department, role=PostRole.MEMBER, main=False, seconded=True)
    worlds.appoint(
        world.minh, world.other_department, role=PostRole.MEMBER, main=False, seconded=True,
        ends_on=date(2026, 7, 30),
    )  # fmt: skip
    worlds.appoint(world.deputy, world.other_department, role=PostRole.MEMBER, main=False)
    plan = plan_opening(world.period)
    assert plan.seconded_away == [(world.lan.pk, "Đơn vị B1")]
    assert sorted(codes([card.context.person_id for card in plan.cards])) == [
        "CC001",
        "CC002",
        "CC003",
        "CC005",
    ]
    assert plan.people == 5


def test_a_second_secondment_within_the_scope_is_evaluated_there(world: World) -> None:
    worlds.appoint(world.lan, world.extra["manager"], role=PostRole.MEMBER, main=False, seconded=True)
    worlds.appoint(world.lan, world.other_department, role=PostRole.MEMBER, main=False, seconded=True)
    plan = plan_opening(world.period)
    (card,) = (card for card in plan.cards if card.context.person_id == world.lan.pk)
    assert (card.evaluator.person_id, plan.seconded_away) == (world.other_head.pk, [])


def test_whoever_heads_a_further_unit_is_listed_because_d_does_not_count_it(world: World) -> None:
    Appointment.objects.filter(person=world.other_head).update(role=PostRole.MEMBER)
    worlds.appoint(world.head, world.other_department, role=PostRole.HEAD, main=False)
    worlds.appoint(world.deputy, world.other_agency, role=PostRole.HEAD, main=False, acting=True)
    worlds.appoint(world.minh, world.other_agency, role=PostRole.DEPUTY, main=False)
    worlds.appoint(world.chair, world.department, role=PostRole.HEAD, main=False, acting=True)  # counted
    plan = plan_opening(world.period)
    assert plan.headed_besides == [(world.deputy.pk, ["Đơn vị B"]), (world.head.pk, ["Đơn vị B1"])]
    assert len(plan.cards) == 7


def test_whoever_left_before_the_last_day_has_no_card_and_is_listed(world: World) -> None:
    Person.objects.filter(pk=world.lan.pk).update(left_on=date(2026, 7, 31))
    plan = plan_opening(world.period)
    assert world.lan.pk not in {card.context.person_id for card in plan.cards}
    assert plan.without_appointment == [WithoutPost(world.lan.pk, date(2026, 7, 31), None, None)]
    assert plan.people == 7


def test_whoever_left_before_the_period_or_after_it_is_not_missed(world: World) -> None:
    Person.objects.filter(pk=world.lan.pk).update(left_on=date(2026, 7, 1))
    Person.objects.filter(pk=world.minh.pk).update(left_on=date(2026, 8, 1))
    plan = plan_opening(world.period)
    assert (plan.without_appointment, plan.people) == ([], 6)
    assert world.minh.pk in {card.context.person_id for card in plan.cards}


def test_whoever_is_registered_without_an_appointment_is_listed(world: World) -> None:
    """Exactly what `register_person` makes: a person of a unit, and nothing that says what they do there."""
    hold(world.head, Capability.MANAGE_PEOPLE, world)
    register_person(
        actor=world.head.user, moment=MOMENT, staff_code="CC099", full_name="Vũ Thị Chưa", kind="cong_chuc",
        unit=world.department,
    )  # fmt: skip
    worlds.person("XX001", "Lê Ngoài Phạm Vi", world.root)
    Appointment.objects.filter(person__staff_code="XX001").delete()
    plan = plan_opening(world.period)
    (someone,) = plan.without_appointment
    assert codes([someone.person_id]) == ["CC099"]
    assert (someone.left_on, someone.ended_on, someone.begins_on) == (None, None, None)
    assert (plan.people, len(plan.cards)) == (8, 7)


def test_an_appointment_that_does_not_reach_the_last_day_is_said(world: World) -> None:
    Appointment.objects.filter(person=world.lan).update(ends_on=date(2026, 7, 30))
    Appointment.objects.filter(person=world.minh).update(starts_on=date(2026, 8, 1))
    worlds.appoint(world.minh, world.department, role=PostRole.MEMBER, main=False, ends_on=date(2026, 6, 30))
    assert plan_opening(world.period).without_appointment == [
        WithoutPost(world.lan.pk, None, date(2026, 7, 30), None),
        WithoutPost(world.minh.pk, None, date(2026, 6, 30), date(2026, 8, 1)),
    ]


def test_whoever_holds_a_post_outside_the_scope_on_the_last_day_belongs_there(world: World) -> None:
    Appointment.objects.filter(person=world.lan).update(unit=world.extra["manager"])
    plan = plan_opening(world.period)
    assert (plan.without_appointment, plan.people) == ([], 6)


def test_of_each_set_the_version_that_took_effect_last_is_offered(world: World) -> None:
    newer = worlds.version(worlds.staff_spec(), "NV", number=2)
    later = worlds.version(worlds.staff_spec(), "LD", number=2)
    assert in_force(date(2026, 7, 31)) == [later, newer]
    assert in_force(date(2026, 6, 30)) == []


def test_without_pins_the_versions_in_effect_count(world: World) -> None:
    VersionPin.objects.all().delete()
    assert plan_opening(world.period).by_version() == {world.staff.pk: 3, world.leaders.pk: 4}


def test_the_newest_catalogue_in_force_is_taken(world: World) -> None:
    old = Catalogue.objects.get()
    newer = Catalogue.objects.create(
        unit=old.unit, number=2, title="Danh mục", state="approved", decision_number="2",
        decision_date=date(2026, 7, 10), effective_on=date(2026, 7, 10),
    )  # fmt: skip
    Catalogue.objects.create(
        unit=old.unit, number=3, title="Danh mục", state="approved", decision_number="3",
        decision_date=date(2026, 8, 1), effective_on=date(2026, 8, 1),
    )  # fmt: skip
    assert candidate_catalogues(world.period) == [newer]


CONTEXT = Context(
    person_id=1, staff_kind="cong_chuc", unit_id=1, role="head", is_leader=True, position_code="cv-head",
    position_title="", job_position_code="ke-toan", faces_citizens=False, block="party", seconded=False, others=(),
    units=("TINH", "A", "A1"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("applicability", "covered"),
    [
        ({}, True),
        ({"staff_kinds": []}, True),
        ({"staff_kinds": ["cong_chuc"]}, True),
        ({"staff_kinds": ["vien_chuc"]}, False),
        ({"leader": True}, True),
        ({"leader": False}, False),
        ({"leader": None}, True),
        ({"roles": ["deputy"]}, False),
        ({"positions": ["cv-head"]}, True),
        ({"positions": ["cv-khac"]}, False),
        ({"job_positions": ["van-thu", "ke-toan"]}, True),
        ({"job_positions": ["van-thu"]}, False),
        ({"blocks": ["party"]}, True),
        ({"blocks": ["front"]}, False),
        ({"units": ["A1"]}, True),
        ({"units": ["B", "A"]}, True),
        ({"units": ["B", "A2"]}, False),
        ({"period_kinds": ["month"]}, True),
        ({"period_kinds": ["quarter"]}, False),
    ],
)
def test_a_set_covers_whom_its_applicability_names(applicability: dict[str, object], covered: bool) -> None:
    assert applies(applicability, CONTEXT, "month") is covered


def test_a_post_without_a_job_position_is_in_no_set_that_names_some() -> None:
    assert unmet({"job_positions": ["ke-toan"]}, replace(CONTEXT, job_position_code=""), "month") == (
        "job_positions",
    )


def test_what_leaves_somebody_out_is_named() -> None:
    asked = {"leader": False, "units": ["B"], "staff_kinds": ["vien_chuc"], "blocks": ["party"]}
    assert unmet(asked, CONTEXT, "month") == ("leader", "staff_kinds", "units")
    assert unmet({"units": ["A"]}, CONTEXT, "month") == ()


def test_a_set_for_a_unit_is_for_everything_below_it_and_nobody_beside_it(world: World) -> None:
    VersionPin.objects.filter(version=world.staff).delete()
    for_one = worlds.staff_spec(applicability={"staff_kinds": ["cong_chuc"], "leader": False, "units": ["A"]})
    only_a = worlds.version(for_one | {"schema_version": 2}, "NV-A")
    VersionPin.objects.create(period=world.period, version=only_a)
    plan = plan_opening(world.period)
    given = [card.context.person_id for card in plan.cards if card.version_id == only_a.pk]
    assert codes(given) == ["CC004", "CC005"]
    assert codes(plan.without_version) == ["CC102"]
    assert plan.unmatched[world.stranger.pk].units == ("TINH", "B", "B1")


# --- Two sets for one person ------------------------------------------------------------------------------------
def audience(**named: Any) -> CriteriaVersion:
    """A version in memory for whoever it is."""
    return CriteriaVersion(specification={"applicability": {"staff_kinds": ["cong_chuc"], **named}})


GENERAL = audience()
NAMES_ONE = audience(units=["A"])
FIRST = audience(units=["A"], precedence=True)
FIRST_TOO = audience(job_positions=["ke-toan"], precedence=True)
FIRST_OF_TWO = audience(positions=["cv"], job_positions=["ke-toan"], precedence=True)


@pytest.mark.parametrize(
    ("found", "first"),
    [
        ([GENERAL, FIRST], FIRST),
        ([FIRST, GENERAL, audience(blocks=["party"])], FIRST),
        ([FIRST_TOO, FIRST_OF_TWO, GENERAL], FIRST_OF_TWO),
        ([GENERAL, NAMES_ONE], None),  # naming more is no rule by itself
        ([FIRST, NAMES_ONE], None),  # it takes precedence over sets that name none
        ([FIRST, FIRST_TOO, GENERAL], None),  # as many: a tie
        ([GENERAL, audience(precedence=True)], None),  # whatever says so without naming anything
        ([GENERAL, GENERAL], None),
    ],
)
def test_a_set_comes_first_only_where_it_says_so_and_names_more(
    found: list[CriteriaVersion], first: CriteriaVersion | None
) -> None:
    assert before_others(found) is first
    assert before_others(found[::-1]) is first


def test_a_general_and_a_special_set_give_one_card_where_the_special_takes_precedence(world: World) -> None:
    lan = Appointment.objects.get(person=world.lan)
    lan.job_position = JobPosition.objects.create(code="ke-toan", title="Kế toán")
    lan.save()
    asked = {"staff_kinds": ["cong_chuc"], "leader": False, "job_positions": ["ke-toan"]}
    spec = worlds.staff_spec(schema_version=2, applicability=asked)
    VersionPin.objects.create(period=world.period, version=worlds.version(spec, "NV-KT"))
    plan = plan_opening(world.period)
    assert plan.two_versions == [(world.lan.pk, ["NV v1", "NV-KT v1"])]
    assert (plan.preceded, world.lan.pk in {card.context.person_id for card in plan.cards}) == ([], False)

    VersionPin.objects.filter(version__set_code="NV-KT").delete()
    spec = worlds.staff_spec(schema_version=2, applicability={**asked, "precedence": True})
    accountants = worlds.version(spec, "NV-KT", number=2)
    VersionPin.objects.create(period=world.period, version=accountants)
    plan = plan_opening(world.period)
    assert (plan.two_versions, plan.preceded) == ([], [(world.lan.pk, "NV-KT v2", ["NV v1"])])
    given = {card.context.person_id: card.version_id for card in plan.cards}
    assert (given[world.lan.pk], given[world.minh.pk]) == (accountants.pk, world.staff.pk)


def test_planning_costs_the_same_whatever_the_number_of_people(
    world: World, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        worlds.person(f"X{number}", "Lê Thị Thêm", world.department)
    with django_assert_num_queries(11):
        plan_opening(Period.objects.get(pk=world.period.pk))
