"""People through their domain: registered, changed, appointed, transferred, given accounts."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.domain import people
from snippets.enums import Capability, PostRole, StaffKind
from snippets.models import Appointment, EvaluatorDecision, FieldAssignment, Person
from tests.factories.snippets import (
    AppointmentFactory,
    PersonFactory,
    PositionFactory,
    UnitFactory,
    hold,
    holder,
)

pytestmark = pytest.mark.django_db

FIRST = date(2026, 7, 1)


def register(actor, moment, unit, **changes):
    values = {"staff_code": "nv-001", "full_name": "Đặng  Thị Nguyệt", "kind": StaffKind.CIVIL_SERVANT}
    return people.register_person(actor=actor, moment=moment, unit=unit, **{**values, **changes})


def appoint(actor, moment, person, **changes):
    values = {"unit": person.unit, "role": PostRole.MEMBER, "starts_on": FIRST}
    values = {**values, **changes}
    if "position" not in values:
        values["position"] = PositionFactory()
    return people.appoint(actor=actor, moment=moment, person=person, **values)


# --- Records ------------------------------------------------------------------------------------------------
def test_a_clerk_registers_somebody_of_their_own_unit(moment):
    unit = UnitFactory()
    clerk = holder(unit, Capability.MANAGE_PEOPLE)

    person = register(clerk, moment, unit, email="nguyet@example.vn", reason="Tuyển dụng")

    assert (person.staff_code, person.full_name, person.search_text) == (
        "NV-001",
        "Đặng Thị Nguyệt",
        "dang thi nguyet nv-001",
    )
    assert texts.read([person.name_key]) == {person.name_key: "Đặng Thị Nguyệt"}
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.person_code, entry.subject_label) == (Act.PERSON_CREATED, "NV-001", "NV-001")
    assert entry.after == {"kind": "cong_chuc", "unit": unit.code, "name": str(person.name_key)}


def test_no_name_address_or_reason_stands_in_history_or_ledger(moment):
    unit = UnitFactory()
    clerk = holder(unit, Capability.MANAGE_PEOPLE)
    person = register(
        clerk, moment, unit, email="nguyet@example.vn", phone="0912345678", reason="Lý do riêng"
    )
    people.change_person(
        actor=clerk,
        moment=moment,
        person=person,
        full_name="Đặng Thị Minh Nguyệt",
        phone="0987654321",
        reason="Cải chính",
    )

    stored = "".join(
        str(values) for values in [*person.history.values(), *LedgerEntry.objects.all().values()]
    )
    for secret in ("Nguyệt", "nguyet", "example.vn", "0912345678", "0987654321", "Lý do", "Cải chính"):
        assert secret not in stored
    assert person.history.count() == 2


def test_a_clerk_registers_nobody_elsewhere(moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    clerk = holder(own, Capability.MANAGE_PEOPLE)

    with pytest.raises(NotFound):
        register(clerk, moment, next_door)
    with pytest.raises(Refused):
        register(holder(own, Capability.MANAGE_CATALOGUE), moment, own)
    assert Person.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"staff_code": ""}, "staff_code"),
        ({"staff_code": "NV 1"}, "staff_code"),
        ({"staff_code": "cb-9"}, "staff_code"),
        ({"full_name": " "}, "full_name"),
    ],
)
def test_a_record_needs_a_code_of_its_own_and_a_name(system, moment, changes, field):
    unit = UnitFactory()
    PersonFactory(staff_code="CB-9", unit=unit)

    with pytest.raises(Invalid) as refused:
        register(system, moment, unit, **changes)

    assert list(refused.value.problems) == [field]
    assert Person.objects.count() == 1


def test_nobody_is_registered_in_a_closed_unit(system, moment):
    with pytest.raises(Invalid) as refused:
        register(system, moment, UnitFactory(closed=True))
    assert list(refused.value.problems) == ["unit"]


def test_a_new_name_reaches_search_sort_order_and_account(system, moment):
    person = PersonFactory(staff_code="NV1", full_name="Trần Văn An", with_account=True)

    changed = people.change_person(
        actor=system, moment=moment, person=person, full_name="Trần Văn Ân", kind=StaffKind.OFFICIAL
    )

    assert changed.search_text == "tran van an nv1"
    assert changed.sort_key > person.sort_key  # ân after an
    assert User.objects.get(pk=person.user_id).display_name == "Trần Văn Ân"
    entry = LedgerEntry.objects.get()
    assert entry.before == {"kind": "cong_chuc", "name": "None"}
    assert entry.after == {"kind": "can_bo", "name": str(changed.name_key), "fields": ["full_name", "kind"]}


def test_changing_nothing_writes_nothing(system, moment):
    person = PersonFactory()

    people.change_person(actor=system, moment=moment, person=person, full_name=person.full_name, email="")

    assert person.history.count() == 1
    assert LedgerEntry.objects.count() == 0


def test_the_unit_is_no_field_to_change(system, moment):
    with pytest.raises(TypeError):
        people.change_person(actor=system, moment=moment, person=PersonFactory(), unit=UnitFactory())
    with pytest.raises(Invalid):
        people.change_person(actor=system, moment=moment, person=PersonFactory(), full_name=" ")


# --- Appointments -------------------------------------------------------------------------------------------
def test_a_new_main_appointment_ends_the_one_before_on_the_day_before(system, moment):
    person = PersonFactory()
    before = AppointmentFactory(person=person)

    after = appoint(system, moment, person, role=PostRole.DEPUTY, decision_number="QĐ 5")

    before.refresh_from_db()
    assert before.ends_on == date(2026, 6, 30)
    assert (after.is_main, after.ends_on) == (True, None)
    assert list(LedgerEntry.objects.order_by("pk").values_list("act", flat=True)) == [
        Act.APPOINTMENT_ENDED,
        Act.APPOINTED,
    ]


def test_a_later_main_appointment_is_in_the_way(system, moment):
    person = PersonFactory()
    AppointmentFactory(person=person, starts_on=FIRST)

    with pytest.raises(WrongState) as refused:
        appoint(system, moment, person)

    assert "01/07/2026" in str(refused.value)
    assert Appointment.objects.count() == 1


def test_a_main_appointment_may_stand_before_one_that_is_known_for_later(system, moment):
    person = PersonFactory()
    AppointmentFactory(person=person, starts_on=date(2026, 9, 1))

    appoint(system, moment, person, ends_on=date(2026, 8, 31))

    assert Appointment.objects.count() == 2


def test_a_second_appointment_leaves_the_main_one_alone(system, moment):
    person = PersonFactory()
    main = AppointmentFactory(person=person)

    appoint(system, moment, person, unit=UnitFactory(), is_main=False)

    main.refresh_from_db()
    person.refresh_from_db()
    assert main.ends_on is None
    assert person.unit_id == main.unit_id


def test_the_person_follows_the_main_appointment_on_its_first_day(system, moment):
    person = PersonFactory()
    AppointmentFactory(person=person)
    new = UnitFactory()

    appoint(system, moment, person, unit=new, starts_on=date(2026, 8, 1))
    person.refresh_from_db()
    assert person.unit_id != new.pk

    night = datetime(2026, 7, 31, 17, 10, tzinfo=UTC)  # 00:10 on 01/08 in Hà Nội
    assert people.settle_units(actor=system, moment=night) == 1
    person.refresh_from_db()
    assert person.unit_id == new.pk
    assert person.history.order_by("-history_id").first().unit_id == new.pk
    assert people.settle_units(actor=system, moment=night) == 0


def test_a_clerk_appoints_within_their_units_only(moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root), UnitFactory(parent=root)
    clerk = holder(own, Capability.MANAGE_PEOPLE)
    mine, theirs = PersonFactory(unit=own), PersonFactory(unit=next_door)

    appoint(clerk, moment, mine)
    with pytest.raises(NotFound):
        appoint(clerk, moment, mine, unit=next_door, starts_on=date(2026, 8, 1))
    with pytest.raises(NotFound):
        appoint(clerk, moment, theirs, unit=own)
    assert Appointment.objects.count() == 1


def test_nobody_makes_themselves_a_head(moment):
    person = PersonFactory(with_account=True)
    hold(person.user, person.unit, Capability.MANAGE_PEOPLE)

    with pytest.raises(Refused):
        appoint(person.user, moment, person, role=PostRole.HEAD)
    appoint(person.user, moment, person, role=PostRole.MEMBER)
    assert list(Appointment.objects.values_list("role", flat=True)) == ["member"]


def test_a_unit_that_has_a_head_gets_no_second_one(system, moment):
    unit = UnitFactory(name="Phòng Kinh tế")
    head = PersonFactory(unit=unit, staff_code="NV1", full_name="Lê Văn Tám")
    first = AppointmentFactory(person=head, head=True)
    ghost = PersonFactory(unit=unit)

    for starts_on, ends_on in ((date(2000, 1, 1), None), (FIRST, None), (FIRST, date(2026, 7, 31))):
        with pytest.raises(WrongState) as refused:
            appoint(system, moment, ghost, role=PostRole.HEAD, starts_on=starts_on, ends_on=ends_on)
        assert str(refused.value.sentence) == (
            "Lê Văn Tám (NV1) heads “Phòng Kinh tế” from 01/07/2025. End that appointment on an earlier day first, or "
            "record this one as acting."
        )
    assert list(Appointment.objects.all()) == [first]
    people.end_appointment(actor=system, moment=moment, appointment=first, on=date(2026, 7, 31))
    with pytest.raises(WrongState, match="heads “Phòng Kinh tế” from 01/07/2025 to 31/07/2026"):
        appoint(system, moment, ghost, role=PostRole.HEAD, starts_on=date(2026, 7, 31))
    appoint(system, moment, ghost, role=PostRole.HEAD, starts_on=date(2026, 8, 1))


@pytest.mark.parametrize("kind", ["acting", "seconded"])
def test_beside_a_head_somebody_may_act_or_be_seconded(system, moment, kind):
    unit = UnitFactory()
    AppointmentFactory(person=PersonFactory(unit=unit), head=True)

    appoint(system, moment, PersonFactory(unit=unit), role=PostRole.HEAD, **{kind: True})

    assert Appointment.objects.heads().count() == 2


def test_the_database_keeps_one_open_head_of_a_unit():
    unit = UnitFactory()
    AppointmentFactory(person=PersonFactory(unit=unit), head=True)

    AppointmentFactory(person=PersonFactory(unit=unit), acting_head=True)
    AppointmentFactory(person=PersonFactory(unit=unit), head=True, ends_on=date(2026, 6, 30))
    with pytest.raises(
        IntegrityError, match=r"snippets_appointment_one_open_head|snippets_appointment\.unit_id"
    ):
        AppointmentFactory(person=PersonFactory(unit=unit), head=True)


def test_no_appointment_in_a_closed_unit_after_leaving_or_backwards(system, moment):
    person = PersonFactory()
    gone = PersonFactory(left_on=date(2026, 6, 1))

    with pytest.raises(WrongState):
        appoint(system, moment, person, unit=UnitFactory(closed=True))
    with pytest.raises(WrongState):
        appoint(system, moment, gone)
    with pytest.raises(Invalid) as refused:
        appoint(system, moment, person, ends_on=date(2026, 6, 30))
    assert list(refused.value.problems) == ["ends_on"]


def test_an_appointment_ends_once_and_not_before_it_began(system, moment):
    appointment = AppointmentFactory(starts_on=FIRST)

    with pytest.raises(Invalid):
        people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 6, 30))
    ended = people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 7, 31))
    assert ended.ends_on == date(2026, 7, 31)
    with pytest.raises(WrongState):
        people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 8, 31))
    people.end_appointment(actor=system, moment=moment, appointment=appointment, on=date(2026, 7, 20))
    assert Appointment.objects.get().ends_on == date(2026, 7, 20)


def test_a_transfer_takes_the_person_and_leaves_nothing_behind(system, moment):
    person = PersonFactory()
    main = AppointmentFactory(person=person)
    beside = AppointmentFactory(person=person, secondary=True)
    elsewhere = AppointmentFactory(person=person, secondary=True, unit=UnitFactory())
    new = UnitFactory()

    people.transfer(
        actor=system,
        moment=moment,
        person=person,
        unit=new,
        position=PositionFactory(),
        role=PostRole.MEMBER,
        starts_on=FIRST,
        reason="Điều động",
    )

    person.refresh_from_db()
    assert person.unit_id == new.pk
    assert dict(Appointment.objects.values_list("pk", "ends_on")) == {
        main.pk: date(2026, 6, 30),
        beside.pk: date(2026, 6, 30),
        elsewhere.pk: None,
        person.appointments.get(unit=new).pk: None,
    }


def test_a_transfer_goes_somewhere_else(system, moment):
    person = PersonFactory()

    with pytest.raises(WrongState):
        people.transfer(
            actor=system,
            moment=moment,
            person=person,
            unit=person.unit,
            position=PositionFactory(),
            role=PostRole.MEMBER,
            starts_on=FIRST,
        )


# --- Dated decisions ----------------------------------------------------------------------------------------
def test_a_field_is_put_into_a_deputys_charge_and_taken_out_again(system, moment):
    person, unit = PersonFactory(), UnitFactory()

    field = people.assign_field(
        actor=system,
        moment=moment,
        person=person,
        unit=unit,
        starts_on=FIRST,
        decision_number=" QĐ 7 ",
    )
    ended = people.end_field(actor=system, moment=moment, field=field, on=date(2026, 12, 31))

    assert (ended.decision_number, ended.ends_on) == ("QĐ 7", date(2026, 12, 31))
    assert field.history.count() == 2
    with pytest.raises(WrongState):
        people.end_field(actor=system, moment=moment, field=field, on=date(2026, 12, 31))
    with pytest.raises(Invalid):
        people.end_field(actor=system, moment=moment, field=field, on=date(2026, 6, 1))


def test_nobody_chooses_what_their_own_d_is_taken_from(system, moment):
    unit, weak = UnitFactory(), UnitFactory()
    deputy = PersonFactory(unit=unit, with_account=True)
    AppointmentFactory(person=deputy, deputy=True)
    hold(deputy.user, unit, Capability.MANAGE_PEOPLE)
    hold(deputy.user, weak, Capability.MANAGE_PEOPLE)
    values = {"unit": weak, "starts_on": FIRST, "decision_number": "QĐ 7"}
    field = people.assign_field(actor=system, moment=moment, person=deputy, **values)

    with pytest.raises(Refused, match="Somebody else must decide this about you"):
        people.assign_field(actor=deputy.user, moment=moment, person=deputy, **values)
    with pytest.raises(Refused):
        people.end_field(actor=deputy.user, moment=moment, field=field, on=date(2026, 7, 31))
    field.refresh_from_db()
    assert (FieldAssignment.objects.count(), field.ends_on) == (1, None)
    people.assign_field(actor=deputy.user, moment=moment, person=PersonFactory(unit=unit), **values)


def test_a_decision_has_a_number_and_ends_after_it_starts(system, moment):
    person, unit = PersonFactory(), UnitFactory()

    for changes, field in (
        ({"decision_number": " "}, "decision_number"),
        ({"decision_number": "QĐ", "ends_on": date(2026, 6, 1)}, "ends_on"),
    ):
        with pytest.raises(Invalid) as refused:
            people.assign_field(
                actor=system, moment=moment, person=person, unit=unit, starts_on=FIRST, **changes
            )
        assert list(refused.value.problems) == [field]


def decide(actor, moment, person, evaluator, **changes):
    values = {"starts_on": FIRST, "decision_number": "QĐ 8"}
    return people.decide_evaluator(
        actor=actor, moment=moment, person=person, evaluator=evaluator, **{**values, **changes}
    )


def test_a_decision_names_the_evaluator_until_it_ends(system, moment):
    person, evaluator = PersonFactory(), PersonFactory()

    decision = decide(system, moment, person, evaluator, ends_on=date(2026, 12, 31))
    people.end_evaluator_decision(actor=system, moment=moment, decision=decision, on=date(2026, 9, 30))

    decision.refresh_from_db()
    assert decision.ends_on == date(2026, 9, 30)
    assert [entry.after for entry in LedgerEntry.objects.order_by("pk")] == [
        {
            "evaluator": evaluator.staff_code,
            "starts_on": "2026-07-01",
            "decision_number": "QĐ 8",
            "ends_on": "2026-12-31",
        },
        {"ends_on": "2026-09-30"},
    ]


def test_nobody_evaluates_themselves_or_chooses_their_own_evaluator(system, moment):
    person = PersonFactory(with_account=True)
    hold(person.user, person.unit, Capability.MANAGE_PEOPLE)

    with pytest.raises(Invalid) as refused:
        decide(system, moment, person, person)
    assert list(refused.value.problems) == ["evaluator"]
    with pytest.raises(Refused):
        decide(person.user, moment, person, PersonFactory())
    with pytest.raises(WrongState):
        decide(system, moment, person, PersonFactory(left_on=date(2026, 6, 1)))


def test_nobody_names_themselves_the_evaluator_of_somebody_else(moment):
    unit = UnitFactory()
    clerk, colleague = PersonFactory(unit=unit, with_account=True), PersonFactory(unit=unit)
    hold(clerk.user, unit, Capability.MANAGE_PEOPLE)

    with pytest.raises(Refused, match="Somebody else must decide this about you"):
        decide(clerk.user, moment, colleague, clerk)
    assert EvaluatorDecision.objects.count() == 0
    decide(clerk.user, moment, colleague, PersonFactory(unit=unit))


def test_whoever_a_decision_names_does_not_end_it(system, moment):
    unit = UnitFactory()
    clerk, colleague = PersonFactory(unit=unit, with_account=True), PersonFactory(unit=unit)
    hold(clerk.user, unit, Capability.MANAGE_PEOPLE)
    decision = decide(system, moment, colleague, clerk)

    with pytest.raises(Refused):
        people.end_evaluator_decision(
            actor=clerk.user, moment=moment, decision=decision, on=date(2026, 9, 30)
        )
    decision.refresh_from_db()
    assert decision.ends_on is None


def test_a_head_does_not_end_the_decision_that_keeps_somebody_from_them(system, moment):
    agency = UnitFactory(using=True)
    unit, beside = UnitFactory(parent=agency), UnitFactory(parent=agency)
    person, evaluator = PersonFactory(unit=unit), PersonFactory(unit=unit)
    decision = decide(system, moment, person, evaluator)
    heads = {}
    for at in (agency, unit, beside):
        heads[at.pk] = AppointmentFactory(person=PersonFactory(unit=at, with_account=True), head=True).person
        hold(heads[at.pk].user, agency, Capability.MANAGE_PEOPLE)

    for head in (heads[agency.pk], heads[unit.pk]):
        with pytest.raises(Refused):
            people.end_evaluator_decision(
                actor=head.user, moment=moment, decision=decision, on=date(2026, 9, 30)
            )
    decision.refresh_from_db()
    assert decision.ends_on is None
    people.end_evaluator_decision(
        actor=heads[beside.pk].user, moment=moment, decision=decision, on=date(2026, 9, 30)
    )
