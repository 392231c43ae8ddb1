"""The people import: everything seen first, then all of it or nothing."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid
from snippets.domain import people
from snippets.enums import Capability
from snippets.models import Appointment, Grant, Person, Position, Unit
from tests.factories.snippets import (
    AppointmentFactory,
    JobPositionFactory,
    PersonFactory,
    PositionFactory,
    UnitFactory,
    UserFactory,
    hold,
    holder,
)

pytestmark = pytest.mark.django_db

SHA = "a" * 64


@dataclass(frozen=True)
class Row:
    """What a workbook's row becomes (see `people.PersonRow`)."""

    staff_code: str = "NV1"
    full_name: str = "Đặng Thị Nguyệt"
    kind: str = "cong_chuc"
    unit_code: str = "KT"
    role: str = "member"
    starts_on: date = date(2026, 1, 1)
    date_of_birth: date | None = None
    email: str = ""
    phone: str = ""
    position_code: str = "CV"
    position_title: str = ""
    job_position: str = ""
    faces_citizens: bool = False
    acting: bool | None = None
    seconded: bool | None = None
    account: bool = False
    sheet: str = "Nhân sự"
    row: int = 2


@pytest.fixture
def world():
    """Two units of one agency, a position, a job position."""
    root = UnitFactory(code="XA", using=True)
    unit = UnitFactory(code="KT", name="Phòng Kinh tế", parent=root)
    UnitFactory(code="VP", name="Văn phòng", parent=root)
    PositionFactory(code="CV", title="Chuyên viên")
    PositionFactory(code="TP", title="Trưởng phòng", head=True)
    JobPositionFactory(code="KTOAN", title="Kế toán")
    return unit


def plan(actor, moment, *rows):
    return people.plan_people_import(actor=actor, moment=moment, rows=rows)


def apply(actor, moment, *rows):
    return people.apply_people_import(
        actor=actor, moment=moment, rows=rows, file_name="nhan-su.xlsx", file_sha256=SHA
    )


def changes(planned):
    return [(change.field, change.before, change.after) for change in planned.changes]


def test_a_plan_tells_what_would_happen_and_writes_nothing(system, moment, world):
    known = PersonFactory(staff_code="NV2", full_name="Lê Văn Tám", unit=world)
    AppointmentFactory(person=known, position=PositionFactory(code="PP", title="Phó phòng", deputy=True))

    found = plan(
        system,
        moment,
        Row(),
        Row(staff_code="NV2", full_name="Lê Văn Tám", position_code="CV", starts_on=date(2026, 3, 1), row=3),
    )

    assert found.counts == {"created": 1, "changed": 1, "unchanged": 0, "accounts": 0, "problems": 0}
    assert changes(found.created[0]) == [
        ("full_name", "", "Đặng Thị Nguyệt"),
        ("kind", "", "Civil servant"),
        ("unit", "", "Phòng Kinh tế"),
        ("position", "", "Chuyên viên"),
        ("role", "", "Member"),
        ("starts_on", "", "01/01/2026"),
    ]
    assert changes(found.changed[0]) == [
        ("position", "Phó phòng", "Chuyên viên"),
        ("starts_on", "01/07/2025", "01/03/2026"),
    ]
    assert Person.objects.count() == 1
    assert LedgerEntry.objects.count() == 0


def test_applying_writes_people_appointments_and_history(system, moment, world):
    result = apply(
        system, moment, Row(email="nguyet@example.vn", job_position="ke toan"), Row(staff_code="nv2", row=3)
    )

    assert result.plan.counts["created"] == 2
    person = Person.objects.get(staff_code="NV1")
    assert (person.unit_id, person.search_text, person.email) == (
        world.pk,
        "dang thi nguyet nv1",
        "nguyet@example.vn",
    )
    assert texts.read([person.name_key]) == {person.name_key: "Đặng Thị Nguyệt"}
    appointment = Appointment.objects.get(person=person)
    assert (appointment.unit_id, appointment.role, appointment.is_main, appointment.job_position.title) == (
        world.pk,
        "member",
        True,
        "Kế toán",
    )
    rows = [*person.history.all(), *appointment.history.all()]
    assert [(row.history_type, row.history_user_id, row.history_date) for row in rows] == [
        ("+", system.pk, moment),
        ("+", system.pk, moment),
    ]
    reasons = texts.read(row.history_change_reason for row in rows)
    assert list(reasons.values()) == ["Import of the file nhan-su.xlsx"]
    entry = LedgerEntry.objects.get()
    assert (entry.act, entry.subject_label) == (Act.IMPORT_APPLIED, SHA)
    written = entry.after.pop("rows")
    assert {table: said["count"] for table, said in written.items()} == {
        "snippets_historicalperson": 2,
        "snippets_historicalappointment": 2,
    }
    assert entry.after == {
        "file_sha256": SHA,
        "created": 2,
        "changed": 0,
        "unchanged": 0,
        "accounts": 0,
        "problems": 0,
        "units": ["KT"],
    }


def test_the_ledger_says_which_units_a_file_touched(system, moment, world):
    """Where somebody comes to, and where they leave."""
    apply(system, moment, Row(), Row(staff_code="NV2", unit_code="VP", row=3))
    assert LedgerEntry.objects.latest("pk").after["units"] == ["KT", "VP"]
    apply(system, moment, Row(), Row(staff_code="NV2", unit_code="XA", starts_on=date(2026, 3, 1), row=3))
    assert LedgerEntry.objects.latest("pk").after["units"] == ["VP", "XA"]


def test_the_same_file_twice_changes_nothing(system, moment, world):
    rows = (
        Row(email="nguyet@example.vn", account=True),
        Row(staff_code="NV2", role="head", position_code="TP", account=True, row=3),
        Row(staff_code="NV3", acting=True, seconded=True, phone="0912 345 678", row=4),
    )
    apply(system, moment, *rows)
    before = (
        Person.history.count(),
        Appointment.history.count(),
        Grant.history.count(),
        LedgerEntry.objects.count(),
        User.objects.count(),
    )

    again = apply(system, moment, *rows)

    assert again.plan.counts == {"created": 0, "changed": 0, "unchanged": 3, "accounts": 0, "problems": 0}
    assert again.passwords == {}
    assert before == (
        Person.history.count(),
        Appointment.history.count(),
        Grant.history.count(),
        LedgerEntry.objects.count(),
        User.objects.count(),
    )


def test_every_problem_is_seen_at_once_with_its_place(system, moment, world):
    UnitFactory(code="CU", closed=True)
    PersonFactory(staff_code="NV8", unit=world, left_on=date(2026, 2, 1))

    found = plan(
        system,
        moment,
        Row(unit_code="KHONG-CO", position_code="KHONG-CO", row=2),
        Row(staff_code="NV2", unit_code="CU", row=3),
        Row(staff_code="NV3", position_code="", position_title="Chức lạ", job_position="Việc lạ", row=4),
        Row(staff_code="NV4", job_position="Kế toán", faces_citizens=True, row=5),
        Row(staff_code="NV5", row=6),
        Row(staff_code="nv5", row=7),
        Row(staff_code="NV8", row=8),
    )

    assert [(problem.row, problem.column) for problem in found.problems] == [
        (2, "unit_code"),
        (2, "position_code"),
        (3, "unit_code"),
        (4, "position_title"),
        (4, "job_position"),
        (5, "faces_citizens"),
        (7, "staff_code"),
        (8, "staff_code"),
    ]
    assert {problem.sheet for problem in found.problems} == {"Nhân sự"}
    assert "“KHONG-CO”" in found.problems[0].sentence
    assert "row 6" in found.problems[6].sentence
    assert found.counts["created"] == 1


def test_a_unit_that_closes_on_a_day_to_come_is_filled_until_then(system, moment, world):
    Unit.objects.filter(pk=world.pk).update(closed_on=date(2026, 8, 1))

    assert plan(system, moment, Row()).problems == []
    (problem,) = plan(system, moment, Row(starts_on=date(2026, 8, 1))).problems
    assert (problem.column, "is closed" in problem.sentence) == ("unit_code", True)


def test_one_problem_keeps_the_whole_file_out(system, moment, world):
    with pytest.raises(Invalid) as refused:
        apply(system, moment, Row(), Row(staff_code="NV2", unit_code="KHONG-CO", row=3))

    assert refused.value.details["plan"].counts["problems"] == 1
    assert Person.objects.count() == 0
    assert LedgerEntry.objects.count() == 0


def test_a_foreign_unit_reads_like_one_that_does_not_exist(moment, world):
    clerk = holder(world, Capability.MANAGE_PEOPLE)

    foreign = plan(clerk, moment, Row(unit_code="VP")).problems
    missing = plan(clerk, moment, Row(unit_code="ZZ")).problems

    assert [problem.sentence.replace("VP", "ZZ") for problem in foreign] == [
        problem.sentence for problem in missing
    ]
    assert "Văn phòng" not in str(foreign)


def test_a_person_of_another_unit_is_not_pulled_in(moment, world):
    stranger = PersonFactory(staff_code="NV9", full_name="Người Khác", unit=UnitFactory())
    clerk = holder(world, Capability.MANAGE_PEOPLE)

    found = plan(clerk, moment, Row(staff_code="NV9"))

    assert [problem.column for problem in found.problems] == ["staff_code"]
    assert "Người Khác" not in str(found.problems)
    stranger.refresh_from_db()
    assert stranger.full_name == "Người Khác"


def test_nobody_makes_themselves_a_head_by_file(moment, world):
    clerk = PersonFactory(staff_code="NV1", unit=world, with_account=True)
    AppointmentFactory(person=clerk)
    hold(clerk.user, world, Capability.MANAGE_PEOPLE)

    found = plan(clerk.user, moment, Row(role="head", position_code="TP"))

    assert [problem.column for problem in found.problems] == ["role"]


def test_accounts_wanted_are_made_for_those_who_keep_accounts(system, moment, world):
    clerk = holder(world, Capability.MANAGE_PEOPLE)
    assert [problem.column for problem in plan(clerk, moment, Row(account=True)).problems] == ["account"]

    result = apply(system, moment, Row(account=True, role="head", position_code="TP"))

    person = Person.objects.get(staff_code="NV1")
    assert list(result.passwords) == ["NV1"]
    assert person.user.check_password(result.passwords["NV1"])
    assert person.user.must_change_password
    assert Scope.of(person.user).covers(Capability.EVALUATE, world)


def test_no_file_makes_the_account_of_somebody_who_heads_a_unit_elsewhere(moment, world):
    person = PersonFactory(staff_code="NV1", full_name=Row.full_name, unit=world)
    AppointmentFactory(person=person, position=Position.objects.get(code="CV"))
    AppointmentFactory(
        person=person,
        unit=UnitFactory(code="BEN-CANH"),
        head=True,
        secondary=True,
        starts_on=date(2027, 1, 1),
    )
    clerk = holder(world, Capability.MANAGE_PEOPLE, Capability.MANAGE_ACCOUNTS)

    (problem,) = plan(clerk, moment, Row(account=True, starts_on=date(2025, 7, 1))).problems

    assert (problem.row, problem.column) == (2, "account")
    assert "outside the units whose accounts you keep" in problem.sentence
    assert "BEN-CANH" not in problem.sentence
    apply(clerk, moment, Row(starts_on=date(2025, 7, 1)), Row(staff_code="NV2", account=True, row=3))
    assert User.objects.filter(username="NV1").count() == 0


def test_an_account_name_that_somebody_has_is_a_problem(system, moment, world):
    UserFactory(username="NV1")

    assert [problem.column for problem in plan(system, moment, Row(account=True)).problems] == ["account"]


def test_an_empty_cell_never_erases_what_is_known(system, moment, world):
    apply(system, moment, Row(email="nguyet@example.vn", phone="0912", date_of_birth=date(1990, 2, 3)))

    assert apply(system, moment, Row()).plan.counts["unchanged"] == 1
    person = Person.objects.get()
    assert (person.email, person.phone, person.birth_date) == ("nguyet@example.vn", "0912", date(1990, 2, 3))


def test_an_answer_that_is_not_given_leaves_an_acting_head_acting(system, moment, world):
    given = Row(role="head", position_code="TP", acting=True, seconded=True)
    apply(system, moment, given)

    empty = replace(given, acting=None, seconded=None)
    assert apply(system, moment, empty).plan.counts["unchanged"] == 1
    apply(system, moment, replace(empty, position_code="CV"))
    appointment = Appointment.objects.get()
    assert (appointment.acting, appointment.seconded) == (True, True)
    apply(system, moment, replace(given, position_code="CV", acting=False, seconded=None))
    appointment.refresh_from_db()
    assert (appointment.acting, appointment.seconded) == (False, True)


def test_an_answer_that_is_not_given_is_no_for_a_new_appointment(system, moment, world):
    apply(system, moment, Row(role="head", position_code="TP", acting=True))

    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 7, 1)))

    assert list(Appointment.objects.order_by("starts_on").values_list("acting", "seconded")) == [
        (True, False),
        (False, False),
    ]


def test_a_later_first_day_begins_a_new_appointment(system, moment, world):
    apply(system, moment, Row(job_position="KTOAN"))

    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 7, 1)))

    person = Person.objects.get()
    assert person.unit.code == "VP"
    old, new = Appointment.objects.order_by("starts_on")
    assert (old.ends_on, new.starts_on, new.unit.code, new.job_position.code) == (
        date(2026, 6, 30),
        date(2026, 7, 1),
        "VP",
        "KTOAN",
    )


def test_an_appointment_that_lies_ahead_moves_nobody_yet(system, moment, world):
    apply(system, moment, Row())

    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 8, 1)))

    assert Person.objects.get().unit_id == world.pk
    assert Appointment.objects.count() == 2


def test_the_same_first_day_corrects_the_present_appointment(system, moment, world):
    apply(system, moment, Row(role="head", position_code="TP", account=True))
    person = Person.objects.get()

    apply(system, moment, Row(role="member", unit_code="VP"))

    appointment = Appointment.objects.get()
    assert (appointment.role, appointment.unit.code, appointment.starts_on) == (
        "member",
        "VP",
        date(2026, 1, 1),
    )
    assert Scope.of(person.user).held == {}
    assert set(Grant.objects.values_list("ended_at", flat=True)) == {moment}


def test_a_leaving_day_that_lies_ahead_keeps_nobody_out_of_a_file_and_bounds_the_post(system, moment, world):
    person = PersonFactory(staff_code="NV1", full_name=Row.full_name, unit=world, left_on=date(2026, 12, 1))

    apply(system, moment, Row())
    assert Appointment.objects.get().ends_on == date(2026, 11, 30)
    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 7, 1)))
    assert Appointment.objects.latest("starts_on").ends_on == date(2026, 11, 30)
    found = plan(system, moment, Row(starts_on=date(2026, 12, 1)))
    assert [problem.column for problem in found.problems] == ["staff_code"]
    Person.objects.filter(pk=person.pk).update(left_on=date(2026, 6, 1))
    assert [problem.column for problem in plan(system, moment, Row()).problems] == ["staff_code"]


def test_only_the_first_day_may_be_corrected_backwards(system, moment, world):
    apply(system, moment, Row())

    apply(system, moment, Row(starts_on=date(2025, 9, 1)))
    assert Appointment.objects.get().starts_on == date(2025, 9, 1)

    found = plan(system, moment, Row(unit_code="VP", starts_on=date(2025, 8, 1)))
    assert [problem.column for problem in found.problems] == ["starts_on"]


def test_no_correction_runs_into_the_appointment_before(system, moment, world):
    apply(system, moment, Row())
    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 7, 1)))

    found = plan(system, moment, Row(unit_code="VP", starts_on=date(2026, 6, 30)))

    assert [problem.column for problem in found.problems] == ["starts_on"]
    assert "30/06/2026" in found.problems[0].sentence


def test_somebody_whose_appointment_ended_begins_a_new_one_after_it(system, moment, world):
    person = PersonFactory(staff_code="NV1", full_name=Row.full_name, unit=world)
    AppointmentFactory(person=person, ends_on=date(2026, 3, 31))

    assert [p.column for p in plan(system, moment, Row(starts_on=date(2026, 3, 31))).problems] == [
        "starts_on"
    ]
    apply(system, moment, Row(starts_on=date(2026, 4, 1)))
    assert Appointment.objects.count() == 2


def test_a_second_appointment_is_left_alone(system, moment, world):
    apply(system, moment, Row())
    beside = AppointmentFactory(person=Person.objects.get(), secondary=True, unit=UnitFactory())

    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 7, 1)))

    beside.refresh_from_db()
    assert beside.ends_on is None


def test_titles_are_found_without_marks_and_the_fitting_role_is_chosen(system, moment, world):
    PositionFactory(code="BT", title="Bí thư", head=True)
    PositionFactory(code="PBT", title="Bí thư", deputy=True)

    apply(system, moment, Row(position_code="", position_title="bi thu", role="deputy"))

    assert Appointment.objects.get().position.code == "PBT"


def test_a_new_name_changes_the_account_too(system, moment, world):
    apply(system, moment, Row(account=True))

    apply(system, moment, Row(full_name="Đặng Thị Minh Nguyệt"))

    assert User.objects.get(username="NV1").display_name == "Đặng Thị Minh Nguyệt"
    assert Person.objects.get().search_text == "dang thi minh nguyet nv1"


def test_a_file_too_large_is_one_problem(system, moment, world, monkeypatch):
    monkeypatch.setattr("snippets.domain.people.plan.LARGEST", 1)

    assert len(plan(system, moment, Row(), Row(staff_code="NV2")).problems) == 1


def test_the_number_of_queries_does_not_grow_with_the_file(system, moment, world):
    def queries(start, count):
        rows = [replace(Row(), staff_code=f"X{start + n}", row=n + 2, account=True) for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            apply(system, moment, *rows)
        return len(captured)

    queries(0, 1)  # whatever is read once for each process is read by now
    assert queries(100, 3) == queries(200, 30)


def test_a_future_appointment_next_door_keeps_the_file_out(system, moment, world):
    apply(system, moment, Row())
    apply(system, moment, Row(unit_code="VP", starts_on=date(2026, 9, 1)))
    clerk = holder(world, Capability.MANAGE_PEOPLE)

    found = plan(clerk, moment, Row(starts_on=date(2026, 10, 1)))

    assert [problem.column for problem in found.problems] == ["unit_code"]
    assert "Văn phòng" not in str(found.problems)


def test_an_appointment_that_ends_by_itself_is_not_prolonged_by_the_next(system, moment, world):
    person = PersonFactory(staff_code="NV1", full_name=Row.full_name, unit=world)
    first = AppointmentFactory(person=person, ends_on=date(2026, 7, 31), position_id=position("CV"))

    apply(system, moment, Row(role="deputy", starts_on=date(2026, 9, 1)))

    first.refresh_from_db()
    assert first.ends_on == date(2026, 7, 31)
    assert Appointment.objects.count() == 2


def position(code):
    return Position.objects.get(code=code).pk


def test_nobody_begins_as_a_head_by_their_own_file(moment, world):
    clerk = PersonFactory(staff_code="NV1", unit=world, with_account=True)
    hold(clerk.user, world, Capability.MANAGE_PEOPLE)

    found = plan(clerk.user, moment, Row(role="head", position_code="TP"))

    assert [problem.column for problem in found.problems] == ["role"]


def test_what_becomes_known_later_is_told_field_by_field(system, moment, world):
    apply(system, moment, Row())

    found = plan(system, moment, Row(job_position="KTOAN", acting=True, date_of_birth=date(1990, 2, 3)))

    assert changes(found.changed[0]) == [
        ("birth_date", "", "03/02/1990"),
        ("acting", "no", "yes"),
        ("job_position", "", "Kế toán"),
    ]
    assert (found.changed[0].staff_code, found.changed[0].full_name) == ("NV1", "Đặng Thị Nguyệt")
