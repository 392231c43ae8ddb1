"""Clerks, personnel, policy staff and access administrators at work in the admin, each step one domain call."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation
from wagtail.models import ModelLogEntry

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.domain import organisation, people
from snippets.enums import Capability, CatalogueState, PeriodState, PostRole, Role
from snippets.models import (
    Appointment,
    CalendarDay,
    Catalogue,
    EvaluatorDecision,
    FieldAssignment,
    Grant,
    JobPosition,
    Period,
    Person,
    Position,
    Product,
    Unit,
)
from snippets.viewsets.shared import words
from tests.factories.snippets import (
    LONG_AGO,
    AppointmentFactory,
    CatalogueFactory,
    JobPositionFactory,
    PeriodFactory,
    PersonFactory,
    PositionFactory,
    ProductFactory,
    UnitFactory,
    UserFactory,
    hold,
    holder,
    in_role,
)
from tests.snippets.viewsets.conftest import viewset

pytestmark = pytest.mark.django_db


def url(model, route, *keys):
    return reverse(viewset(model).get_url_name(route), args=keys)


def form_of(response):
    """What a browser would post back: the values of the form as it was shown."""
    form = response.context["form"]
    return {name: value for name in form.fields if (value := form[name].value()) not in (None, False, "")}


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- Units --------------------------------------------------------------------------------------------------
def test_an_access_administrator_keeps_the_tree(signed_in):
    root = UnitFactory(grouping=True, name="Tỉnh")
    target = UnitFactory(parent=root, name="Nơi đến")
    client = signed_in(in_role(root, Role.ACCESS))

    added = client.post(
        url(Unit, "add"),
        {
            "parent": root.pk,
            "code": "so-moi",
            "name": "Sở Mới",
            "block": "government",
            "level": "using",
            "managing_unit": target.pk,
            "opened_on": "01/07/2026",
            "reason": "Nghị quyết",
        },
    )
    unit = Unit.objects.get(code="SO-MOI")
    assert added.headers["Location"] == url(Unit, "inspect", unit.pk)
    assert (unit.opened_on, unit.managing_unit) == (date(2026, 7, 1), target)

    shown = client.get(url(Unit, "edit", unit.pk))
    assert (
        client.post(url(Unit, "edit", unit.pk), {**form_of(shown), "name": "Sở Rất Mới"}).status_code == 302
    )
    assert (
        client.post(
            url(Unit, "action_move", unit.pk), {"new_parent": target.pk, "reason": "Sắp xếp"}
        ).status_code
        == 302
    )
    assert (
        client.post(
            url(Unit, "action_close", unit.pk),
            {"on": "01/09/2026", "successor": root.pk, "reason": "Hợp nhất"},
        ).status_code
        == 302
    )
    unit.refresh_from_db()
    assert (unit.name, unit.closed_on, unit.successor, unit.get_parent()) == (
        "Sở Rất Mới",
        date(2026, 9, 1),
        root,
        root,
    )
    assert client.get(url(Unit, "edit", unit.pk)).status_code == 403


def test_a_move_that_the_domain_refuses_is_explained_in_the_form(signed_in):
    root = UnitFactory(grouping=True)
    unit = UnitFactory(parent=root)
    AppointmentFactory(person=PersonFactory(unit=unit))
    client = signed_in(in_role(root, Role.ACCESS))

    response = client.post(url(Unit, "action_close", unit.pk), {"on": "01/09/2026", "reason": "Hợp nhất"})

    assert response.status_code == 409
    assert "1 phân công" in text(response) or "1 appointment" in text(response)
    assert client.post(url(Unit, "action_move", unit.pk), {"reason": "x"}).status_code == 422


def test_a_clerk_reads_the_units_and_changes_none(signed_in):
    unit = UnitFactory(name="Xã Hưng Nguyên")
    UnitFactory(parent=unit, name="Phòng Kinh tế")
    client = signed_in(in_role(unit, Role.CLERK))

    page = client.get(url(Unit, "inspect", unit.pk))
    assert "Phòng Kinh tế" in text(page)
    assert url(Unit, "edit", unit.pk) not in page.content.decode()
    assert url(Unit, "action_move", unit.pk) not in page.content.decode()
    for route in ("edit", "action_move", "action_close"):
        assert client.post(url(Unit, route, unit.pk), {"name": "Khác", "reason": "x"}).status_code == 403
    assert client.post(url(Unit, "add"), {"parent": unit.pk}).status_code == 403
    assert Unit.objects.get(pk=unit.pk).name == "Xã Hưng Nguyên"


def test_a_unit_page_names_other_units_only_within_the_readers_own(signed_in):
    root = UnitFactory(grouping=True)
    own = UnitFactory(parent=root, name="Cơ quan nhà")
    managed_from_home = UnitFactory(parent=own, managing_unit=own)
    managed_from_outside = UnitFactory(parent=own, managing_unit=UnitFactory(parent=root, name="BIMAT"))
    client = signed_in(in_role(own, Role.CLERK))

    inside = text(client.get(url(Unit, "inspect", managed_from_home.pk)))
    outside = text(client.get(url(Unit, "inspect", managed_from_outside.pk)))
    assert ("Cơ quan nhà" in inside, "BIMAT" in outside) == (True, False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        (True, "có"),
        (False, "không"),
        (date(2026, 7, 1), "01/07/2026"),
        (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), "01/07/2026 17:00"),
        (Decimal("1.50"), "1,5"),
        (Decimal(100), "100"),
        (7, "7"),
    ],
)
def test_values_are_written_as_officials_write_them(value, expected):
    with translation.override("vi"):
        assert words(value) == expected


# --- People -------------------------------------------------------------------------------------------------
def test_a_clerk_registers_appoints_and_gives_an_account(signed_in):
    unit = UnitFactory()
    position = PositionFactory(title="Chuyên viên")
    client = signed_in(in_role(unit, Role.CLERK))

    client.post(
        url(Person, "add"),
        {
            "staff_code": "NV1",
            "full_name": "Đặng Thị Nguyệt",
            "kind": "cong_chuc",
            "unit": unit.pk,
            "birth_date": "05/07/1990",
            "reason": "Tuyển dụng",
        },
    )
    person = Person.objects.get()
    assert (person.full_name, person.birth_date) == ("Đặng Thị Nguyệt", date(1990, 7, 5))
    response = client.post(
        url(Appointment, "add"),
        {
            "person": person.pk,
            "unit": unit.pk,
            "position": position.pk,
            "role": "member",
            "is_main": "on",
            "starts_on": "01/07/2026",
        },
    )
    appointment = Appointment.objects.get()
    assert response.headers["Location"] == url(Appointment, "inspect", appointment.pk)
    page = text(client.get(url(Person, "inspect", person.pk)))
    assert "Chuyên viên" in page
    assert "05/07/1990" in page

    shown = client.post(url(Person, "action_create-account", person.pk))
    person.refresh_from_db()
    password = shown.context["outcome"].shown_once
    assert person.user.check_password(password)
    assert shown.content.decode().count(password) == 1
    assert "no-store" in shown.headers["Cache-Control"]
    assert password not in client.get(url(Person, "inspect", person.pk)).content.decode()


def test_the_steps_of_an_account(signed_in):
    person = PersonFactory(with_account=True)
    client = signed_in(in_role(person.unit, Role.CLERK))

    reset = client.post(url(Person, "action_reset-account", person.pk), {"reason": "Quên"})
    assert User.objects.get(pk=person.user_id).check_password(reset.context["outcome"].shown_once)
    assert f'href="{url(Person, "inspect", person.pk)}"' in reset.content.decode()
    for step in ("unlock", "deactivate"):
        response = client.post(url(Person, f"action_{step}-account", person.pk), {"reason": "x"})
        assert response.headers["Location"] == url(Person, "inspect", person.pk)
    assert not User.objects.get(pk=person.user_id).is_active
    assert client.post(url(Person, "action_reset-account", person.pk), {"reason": "x"}).status_code == 403
    assert "đã ngừng sử dụng" in text(
        client.get(url(Person, "inspect", person.pk), HTTP_ACCEPT_LANGUAGE="vi")
    )


def test_a_reset_that_would_give_a_clerk_more_is_refused_in_the_form(signed_in):
    root = UnitFactory(grouping=True)
    unit = UnitFactory(parent=root)
    person = PersonFactory(unit=unit, with_account=True)
    hold(person.user, root, Capability.AUDIT)
    client = signed_in(in_role(unit, Role.CLERK))

    response = client.post(url(Person, "action_reset-account", person.pk), {"reason": "Quên"})

    assert response.status_code == 403
    assert "outcome" not in response.context
    assert LedgerEntry.objects.count() == 0


def test_opening_a_page_never_changes_anything(signed_in):
    """Every action is a POST; a link that is followed or prefetched does nothing."""
    unit = UnitFactory()
    person = PersonFactory(unit=unit)
    catalogue = ProductFactory(catalogue=CatalogueFactory(unit=unit)).catalogue
    client = signed_in(holder(unit, *Capability.values))

    for model, record in ((Person, person), (Catalogue, catalogue), (Unit, unit)):
        for action in viewset(model).actions:
            client.get(url(model, f"action_{action.name}", record.pk))
    person.refresh_from_db()
    catalogue.refresh_from_db()
    assert (person.user_id, person.left_on, catalogue.state) == (None, None, "draft")
    assert LedgerEntry.objects.count() == 0


def test_leaving_the_service(signed_in):
    person = PersonFactory()
    AppointmentFactory(person=person)
    client = signed_in(in_role(person.unit, Role.CLERK))

    assert (
        client.post(
            url(Person, "action_leave", person.pk), {"on": "01/09/2026", "reason": "Nghỉ hưu"}
        ).status_code
        == 302
    )
    assert Appointment.objects.get().ends_on == date(2026, 8, 31)
    assert client.get(url(Person, "edit", person.pk)).status_code == 403


def test_an_appointment_elsewhere_is_a_transfer_and_is_ended_from_its_page(signed_in):
    root = UnitFactory(grouping=True)
    old, new = UnitFactory(parent=root), UnitFactory(parent=root)
    person = PersonFactory(unit=old)
    AppointmentFactory(person=person)
    client = signed_in(in_role(root, Role.PERSONNEL))

    client.post(
        url(Appointment, "add"),
        {
            "person": person.pk,
            "unit": new.pk,
            "position": PositionFactory(head=True).pk,
            "role": "head",
            "is_main": "on",
            "starts_on": "01/07/2026",
            "decision_number": "QĐ 1",
        },
    )
    person.refresh_from_db()
    assert person.unit == new
    latest = Appointment.objects.get(unit=new)
    today = date.today().strftime("%d/%m/%Y")  # noqa: DTZ011 - the page's own day, in the suite's zone
    assert (
        client.post(url(Appointment, "action_end", latest.pk), {"on": today, "reason": "x"}).status_code
        == 302
    )
    assert (
        client.post(url(Appointment, "action_end", latest.pk), {"on": today, "reason": "x"}).status_code
        == 409
    )
    assert text(client.get(url(Appointment, "inspect", latest.pk))).count("QĐ 1") == 1


def test_dated_decisions_are_added_from_the_persons_page_and_ended(signed_in):
    unit = UnitFactory()
    person, evaluator = PersonFactory(unit=unit), PersonFactory(unit=unit)
    client = signed_in(in_role(unit, Role.CLERK))
    page = client.get(url(Person, "inspect", person.pk)).content.decode()
    for model in (Appointment, FieldAssignment, EvaluatorDecision):
        assert f"{url(model, 'add')}?person={person.pk}" in page

    dated = {"person": person.pk, "starts_on": "01/07/2026", "decision_number": "QĐ 9"}
    assert client.post(url(FieldAssignment, "add"), {**dated, "unit": unit.pk}).status_code == 302
    assert client.post(url(EvaluatorDecision, "add"), {**dated, "evaluator": evaluator.pk}).status_code == 302
    assert client.post(url(EvaluatorDecision, "add"), {**dated, "evaluator": person.pk}).status_code == 422
    for model in (FieldAssignment, EvaluatorDecision):
        record = model.objects.get()
        end = {"on": "31/12/2027", "reason": "x"}
        assert client.post(url(model, "action_end", record.pk), end).status_code == 302
        assert model.objects.get().ends_on == date(2027, 12, 31)
    page = text(client.get(url(Person, "inspect", person.pk)))
    assert page.count("QĐ 9") == 2


def test_leaving_is_corrected_on_the_persons_page(signed_in):
    unit = UnitFactory()
    person = PersonFactory(unit=unit)
    AppointmentFactory(person=person)
    client = signed_in(in_role(unit, Role.CLERK))
    correct = url(Person, "action_correct-leaving", person.pk)
    assert client.get(correct).status_code == 403
    assert client.post(correct, {"reason": "x"}).status_code == 403
    leave = {"on": "01/12/2099", "reason": "Nghỉ hưu"}
    assert client.post(url(Person, "action_leave", person.pk), leave).status_code == 302
    assert client.get(url(Person, "action_leave", person.pk)).status_code == 403
    assert client.get(url(Person, "edit", person.pk)).status_code == 200  # still in service

    assert client.post(correct, {"on": "", "reason": ""}).status_code == 422
    assert client.post(correct, {"on": "01/11/2099", "reason": "Sai ngày"}).status_code == 302
    assert Appointment.objects.get().ends_on == date(2099, 10, 31)
    assert client.post(correct, {"on": "", "reason": "Nhập nhầm"}).status_code == 302
    person.refresh_from_db()
    assert (person.left_on, Appointment.objects.get().ends_on) == (None, None)


def test_nobody_is_offered_to_themselves_as_an_evaluator(signed_in):
    unit = UnitFactory()
    clerk = PersonFactory(unit=unit, user=in_role(unit, Role.CLERK))
    person = PersonFactory(unit=unit)
    client = signed_in(clerk.user)

    form = client.get(url(EvaluatorDecision, "add")).context["form"]
    assert set(form.fields["evaluator"].queryset) == {person}
    assert set(client.get(url(FieldAssignment, "add")).context["form"].fields["person"].queryset) == {person}
    dated = {"person": person.pk, "starts_on": "01/07/2026", "decision_number": "QĐ 9"}
    assert client.post(url(EvaluatorDecision, "add"), {**dated, "evaluator": clerk.pk}).status_code == 422
    assert EvaluatorDecision.objects.count() == 0


@pytest.mark.parametrize("route", ["list", "list_results", "add", "delete"])
def test_a_register_that_one_does_not_read_is_missing(signed_in, route):
    person = PersonFactory()
    client = signed_in(holder(person.unit, Capability.AUTHOR))
    keys = [person.pk] if route == "delete" else []
    assert client.get(url(Person, route, *keys)).status_code == 404
    assert client.get(url(Person, "inspect", person.pk)).status_code == 404


def test_what_an_edit_over_somebody_elses_save_reads(signed_in, system, moment):
    person = PersonFactory(full_name="Trần Văn An", phone="1")
    client = signed_in(in_role(person.unit, Role.CLERK))
    shown = form_of(client.get(url(Person, "edit", person.pk)))
    people.change_person(actor=system, moment=moment, person=person, full_name="Trần Văn Ân")

    response = client.post(url(Person, "edit", person.pk), {**shown, "phone": "2"})

    assert response.status_code == 409
    conflict = response.context["conflict"]
    assert sorted(conflict.mine.values()) == ["2", "Trần Văn An"]
    assert sorted(conflict.theirs.values()) == ["1", "Trần Văn Ân"]
    assert "Trần Văn Ân" in text(response)
    person.refresh_from_db()
    assert (person.full_name, person.phone) == ("Trần Văn Ân", "1")

    again = form_of(client.get(url(Person, "edit", person.pk)))
    assert client.post(url(Person, "edit", person.pk), {**again, "phone": "2"}).status_code == 302
    person.refresh_from_db()
    assert (person.full_name, person.phone) == ("Trần Văn Ân", "2")


def test_both_values_of_a_conflict_are_words(signed_in, system, moment):
    person = PersonFactory(kind="cong_chuc", birth_date=None, is_party_member=False)
    client = signed_in(in_role(person.unit, Role.CLERK))
    shown = form_of(client.get(url(Person, "edit", person.pk)))
    people.change_person(actor=system, moment=moment, person=person, phone="1")
    mine = {"birth_date": "01/02/1980", "is_party_member": "on", "kind": "can_bo"}

    conflict = client.post(url(Person, "edit", person.pk), {**shown, **mine}).context["conflict"]

    assert sorted(conflict.mine.values()) == ["", "01/02/1980", "Cán bộ", "có"]
    assert sorted(conflict.theirs.values()) == ["", "1", "Công chức", "không"]


def test_the_hosts_log_copies_no_title(signed_in):
    """Wagtail writes the title of what it saves into a log of its own: a person's name would stand there."""
    person = PersonFactory()
    client = signed_in(in_role(person.unit, Role.CLERK))
    shown = form_of(client.get(url(Person, "edit", person.pk)))

    client.post(url(Person, "edit", person.pk), {**shown, "full_name": "Tên Mới"})
    client.post(
        url(Person, "add"),
        {"staff_code": "NV9", "full_name": "Người Mới", "kind": "cong_chuc", "unit": person.unit_id},
    )

    assert Person.objects.count() == 2
    assert ModelLogEntry.objects.count() == 0


# --- History ------------------------------------------------------------------------------------------------
def test_history_is_read_in_words(signed_in, system, moment):
    root = UnitFactory(grouping=True)
    own, next_door = UnitFactory(parent=root, name="Phòng Nhà"), UnitFactory(parent=root, name="Phòng BIMAT")
    person = people.register_person(
        actor=system,
        moment=moment,
        staff_code="NV1",
        full_name="Trần Văn An",
        kind="cong_chuc",
        unit=next_door,
    )
    people.transfer(
        actor=system,
        moment=moment,
        person=person,
        unit=own,
        position=PositionFactory(),
        role=PostRole.MEMBER,
        starts_on=date(2026, 7, 1),
        reason="Điều động",
    )
    people.change_person(
        actor=system,
        moment=moment,
        person=person,
        full_name="Trần Văn Ân",
        is_party_member=True,
        reason="Sửa",
    )
    client = signed_in(in_role(own, Role.CLERK))

    response = client.get(url(Person, "history", person.pk))

    changes = response.context["page"].object_list
    assert [(change.who, change.reason) for change in changes] == [
        ("Hệ thống", "Sửa"),
        ("Hệ thống", "Điều động"),
        ("Hệ thống", ""),
    ]
    assert [(field.label, field.before, field.after) for field in changes[0].fields] == [
        ("Họ và tên", "Trần Văn An", "Trần Văn Ân"),
        ("Đảng viên", "không", "có"),
    ]
    body = text(response)
    for said in ("Trần Văn An", "Trần Văn Ân", "Phòng Nhà", "15/07/2026 10:00:00"):
        assert said in body
    assert "BIMAT" not in body
    assert [change.before for change in changes[1].fields] == [
        change.after for change in changes[2].fields if change.label == changes[1].fields[0].label
    ]


def test_history_reads_every_kind_of_field_and_turns_pages(signed_in, system, moment, monkeypatch):
    monkeypatch.setattr("kpi_cms.foundation.access.admin_views.PER_PAGE", 2)
    unit = UnitFactory(name="Tên 0")
    for number in range(1, 4):
        organisation.rename_unit(actor=system, moment=moment, unit=unit, name=f"Tên {number}")
    period = PeriodFactory(units=[unit])
    catalogue = CatalogueFactory(unit=unit, approved=True)
    client = signed_in(holder(unit, *Capability.values))

    first = client.get(url(Unit, "history", unit.pk)).context["page"].object_list
    second = client.get(url(Unit, "history", unit.pk) + "?p=2").context["page"].object_list
    assert [[(f.before, f.after) for f in change.fields] for change in first] == [
        [("Tên 2", "Tên 3")],
        [("Tên 1", "Tên 2")],
    ]
    assert [(f.before, f.after) for f in second[0].fields] == [("Tên 0", "Tên 1")]
    assert "29/07/2026 17:00" in text(client.get(url(Period, "history", period.pk)))
    created = text(client.get(url(Catalogue, "history", catalogue.pk)))
    assert "01/07/2026" in created
    assert "Lê Văn Ký" not in created
    assert client.get(url(Catalogue, "history", catalogue.pk) + "?p=x").status_code == 200


# --- Catalogues ---------------------------------------------------------------------------------------------
def test_a_catalogue_from_draft_to_the_next_version(signed_in):
    unit = UnitFactory()
    clerk, personnel = signed_in(in_role(unit, Role.CLERK)), signed_in(in_role(unit, Role.PERSONNEL))

    clerk.post(url(Catalogue, "add"), {"unit": unit.pk, "title": "Danh mục", "standard_points": "5"})
    draft = Catalogue.objects.get()
    page = clerk.get(url(Catalogue, "inspect", draft.pk)).content.decode()
    assert f"{url(Product, 'add')}?catalogue={draft.pk}" in page
    product = {
        "catalogue": draft.pk,
        "code": "DC1",
        "scope": "shared",
        "duty": "Soạn thảo",
        "output": "Văn bản",
        "group": "1",
        "frame_low": "1",
        "frame_high": "10",
        "points": "7.5",
    }
    clerk.post(url(Product, "add"), product)
    assert clerk.post(url(Product, "add"), product).status_code == 422  # the code again
    stored = Product.objects.get()
    assert str(stored.coefficient) == "1.50"

    shown = form_of(clerk.get(url(Product, "edit", stored.pk)))
    assert clerk.post(url(Product, "edit", stored.pk), {**shown, "points": "10"}).status_code == 302
    shown = form_of(clerk.get(url(Catalogue, "edit", draft.pk)))
    assert clerk.post(url(Catalogue, "edit", draft.pk), {**shown, "standard_points": "4"}).status_code == 302
    assert str(Product.objects.get().coefficient) == "2.50"

    assert clerk.post(url(Catalogue, "action_send", draft.pk)).status_code == 302
    assert clerk.get(url(Product, "edit", stored.pk)).status_code == 403
    assert clerk.post(url(Catalogue, "action_approve", draft.pk)).status_code == 403
    personnel.post(url(Catalogue, "action_return", draft.pk), {"reason": "Sửa mã"})
    clerk.post(url(Catalogue, "action_send", draft.pk))
    decision = {
        "decision_number": "12/QĐ",
        "decision_date": "20/06/2026",
        "signer": "Lê Văn Ký",
        "effective_on": "01/07/2026",
    }
    assert personnel.post(url(Catalogue, "action_approve", draft.pk), {}).status_code == 422
    assert personnel.post(url(Catalogue, "action_approve", draft.pk), decision).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.effective_on) == (CatalogueState.APPROVED, date(2026, 7, 1))
    page = text(clerk.get(url(Catalogue, "inspect", draft.pk)))
    assert ("12/QĐ" in page, "Lê Văn Ký" in page, "2,5" in page) == (True, True, True)

    begun = clerk.post(url(Catalogue, "action_next-version", draft.pk))
    following = Catalogue.objects.get(number=2)
    assert begun.headers["Location"] == url(Catalogue, "inspect", following.pk)
    copied = following.products.get()
    removed = clerk.post(url(Product, "action_remove", copied.pk))
    assert removed.headers["Location"] == url(Catalogue, "inspect", following.pk)
    assert following.products.count() == 0
    assert draft.products.count() == 1


def test_a_long_catalogue_shows_its_beginning_and_leads_to_the_rest(signed_in):
    catalogue = CatalogueFactory()
    for number in range(51):
        ProductFactory(catalogue=catalogue, code=f"X{number:03d}")
    client = signed_in(holder(catalogue.unit, Capability.MANAGE_CATALOGUE))

    page = client.get(url(Catalogue, "inspect", catalogue.pk)).content.decode()

    assert f"{url(Product, 'list')}?catalogue={catalogue.pk}" in page
    assert ("X049" in page, "X050" in page) == (True, False)


def test_a_product_page_names_its_unit_and_frame(signed_in):
    catalogue = CatalogueFactory()
    framed = ProductFactory(
        catalogue=catalogue, unit=UnitFactory(parent=catalogue.unit, name="Phòng Tài chính")
    )
    frameless = ProductFactory(catalogue=catalogue, frame_low=None, frame_high=None)
    client = signed_in(holder(catalogue.unit, Capability.MANAGE_CATALOGUE))

    page = text(client.get(url(Product, "inspect", framed.pk)))
    assert ("Phòng Tài chính" in page, "1 – 10" in page) == (True, True)
    assert "1 – 10" not in text(client.get(url(Product, "inspect", frameless.pk)))


# --- Periods ------------------------------------------------------------------------------------------------
def test_policy_staff_prepare_and_change_a_period(signed_in):
    root = UnitFactory(grouping=True)
    first, second = UnitFactory(parent=root), UnitFactory(parent=root)
    client = signed_in(in_role(root, Role.POLICY))

    response = client.post(
        url(Period, "add"),
        {
            "kind": "month",
            "year": "2026",
            "number": "8",
            "units": [first.pk],
            "self_due_at": "29/08/2026 17:00",
            "evaluation_due_at": "05/09/2026 17:00",
            "endorsement_due_at": "08/09/2026 17:00",
        },
    )
    period = Period.objects.get()
    assert (period.collective_due_at, period.endorsement_due_at) == (
        None,
        datetime(2026, 9, 8, 10, tzinfo=UTC),
    )
    assert response.headers["Location"] == url(Period, "inspect", period.pk)
    assert (period.self_due_at.isoformat(), period.starts_on) == (
        "2026-08-29T10:00:00+00:00",
        date(2026, 8, 1),
    )

    shown = client.get(url(Period, "edit", period.pk))
    assert '<input type="text" name="self_due_at" value="29/08/2026 17:00"' in shown.content.decode()
    changed = {**form_of(shown), "units": [second.pk], "self_due_at": "30/08/2026 17:00"}
    changed["evaluation_due_at"] = "05/09/2026 17:00"
    assert client.post(url(Period, "edit", period.pk), changed).status_code == 302
    assert list(period.units.all()) == [second]

    Period.objects.update(state=PeriodState.OPEN)
    changed = {
        **changed,
        "self_due_at": "31/08/2026 17:00",
        "seen": form_of(client.get(url(Period, "edit", period.pk)))["seen"],
    }
    assert client.post(url(Period, "edit", period.pk), changed).status_code == 422  # no reason
    assert client.post(url(Period, "edit", period.pk), {**changed, "reason": "Bão"}).status_code == 302
    Period.objects.update(state=PeriodState.CLOSED, closed_at=datetime(2026, 9, 1, tzinfo=UTC))
    assert client.get(url(Period, "edit", period.pk)).status_code == 403
    assert second.code in text(client.get(url(Period, "inspect", period.pk)))


def test_a_reader_of_progress_sees_a_period_and_their_own_units_in_it(signed_in):
    root = UnitFactory(grouping=True)
    own, other = UnitFactory(parent=root, code="NHA"), UnitFactory(parent=root, code="BIMAT")
    period = PeriodFactory(units=[own, other])
    client = signed_in(holder(own, Capability.PROGRESS, Capability.MANAGE_PEOPLE))

    page = text(client.get(url(Period, "inspect", period.pk)))
    assert ("NHA" in page, "BIMAT" in page) == (True, False)
    assert client.get(url(Period, "edit", period.pk)).status_code == 403
    assert client.get(url(Period, "add")).status_code == 403


# --- Grants -------------------------------------------------------------------------------------------------
def test_an_access_administrator_gives_and_ends(signed_in):
    unit = UnitFactory()
    user = UserFactory(username="dau-moi-xa")
    client = signed_in(in_role(unit, Role.ACCESS))
    given = {"username": user.username, "unit": unit.pk, "starts_on": "01/07/2026", "reason": "QĐ 1"}

    assert client.post(url(Grant, "add"), {**given, "role": "clerk"}).status_code == 302
    assert client.post(url(Grant, "add"), {**given, "capability": "audit"}).status_code == 302
    assert set(Grant.objects.filter(user=user).values_list("role", flat=True)) == {"clerk", ""}
    audit = Grant.objects.get(user=user, capability="audit")
    page = text(client.get(url(Grant, "inspect", audit.pk)))
    assert ("QĐ 1" in page, "dau-moi-xa" in page) == (True, True)

    assert client.post(url(Grant, "action_end", audit.pk), {"reason": "Hết việc"}).status_code == 302
    assert client.get(url(Grant, "action_end", audit.pk)).status_code == 403
    assert LedgerEntry.objects.filter(act=Act.GRANT_ENDED).count() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"role": "clerk", "capability": "audit"}, 422),
        ({}, 422),
        ({"role": "clerk", "username": "khong-co"}, 422),
        ({"role": "clerk", "reason": ""}, 422),
        ({"role": "clerk", "ends_on": "30/06/2026"}, 422),
    ],
)
def test_a_grant_that_cannot_be_given(signed_in, changes, status):
    unit = UnitFactory()
    UserFactory(username="dau-moi-xa")
    client = signed_in(in_role(unit, Role.ACCESS))
    before = Grant.objects.count()

    response = client.post(
        url(Grant, "add"),
        {"username": "dau-moi-xa", "unit": unit.pk, "starts_on": "01/07/2026", "reason": "x", **changes},
    )

    assert response.status_code == status
    assert Grant.objects.count() == before


def test_an_administrator_does_not_serve_themselves(signed_in):
    unit = UnitFactory()
    administrator = in_role(unit, Role.ACCESS, username="quan-tri-xa")

    response = signed_in(administrator).post(
        url(Grant, "add"),
        {
            "username": "quan-tri-xa",
            "role": "head",
            "unit": unit.pk,
            "starts_on": "01/07/2026",
            "reason": "x",
        },
    )

    assert response.status_code == 403
    assert not Grant.objects.filter(role="head").exists()


# --- The calendar of working days ---------------------------------------------------------------------------
def test_policy_staff_of_the_province_keep_the_calendar(signed_in):
    root = UnitFactory(grouping=True)
    client = signed_in(in_role(root, Role.POLICY))
    holiday = {"day": "02/09/2026", "kind": "off", "name": "Quốc khánh"}

    assert client.post(url(CalendarDay, "add"), holiday).status_code == 302
    day = CalendarDay.objects.get()
    shown = form_of(client.get(url(CalendarDay, "edit", day.pk)))
    assert "day" not in shown
    assert client.post(url(CalendarDay, "edit", day.pk), {**shown, "kind": "ordinary"}).status_code == 302
    assert client.post(url(CalendarDay, "add"), holiday).status_code == 422

    assert CalendarDay.objects.values_list("day", "kind").get() == (date(2026, 9, 2), "ordinary")
    assert "Như mọi ngày cùng thứ" in text(client.get(url(CalendarDay, "inspect", day.pk)))


# --- Positions ----------------------------------------------------------------------------------------------
def test_personnel_of_the_province_keep_the_lists(signed_in):
    root = UnitFactory(grouping=True)
    client = signed_in(in_role(root, Role.PERSONNEL))

    client.post(url(Position, "add"), {"code": "bt", "title": "Bí thư", "role": "head", "block": "party"})
    client.post(url(JobPosition, "add"), {"code": "mc", "title": "Một cửa", "faces_citizens": "on"})
    position, job = Position.objects.get(), JobPosition.objects.get()
    for model, record, title in (
        (Position, position, "Bí thư Đảng ủy"),
        (JobPosition, job, "Bộ phận một cửa"),
    ):
        shown = form_of(client.get(url(model, "edit", record.pk)))
        assert client.post(url(model, "edit", record.pk), {**shown, "title": title}).status_code == 302
        assert title in text(client.get(url(model, "inspect", record.pk)))
    assert (Position.objects.get().title, JobPosition.objects.get().faces_citizens) == (
        "Bí thư Đảng ủy",
        True,
    )
    assert client.post(url(Position, "add"), {"code": "BT", "title": "x", "role": "head"}).status_code == 422


def test_an_appointment_page_without_a_job_position(signed_in):
    appointment = AppointmentFactory(
        job_position=JobPositionFactory(title="Kế toán"), acting=True, seconded=True
    )
    beside = AppointmentFactory(person=appointment.person, secondary=True, ends_on=date(2099, 1, 1))
    client = signed_in(in_role(appointment.unit, Role.CLERK))

    assert "Kế toán" in text(client.get(url(Appointment, "inspect", appointment.pk)))
    assert "01/01/2099" in text(client.get(url(Appointment, "inspect", beside.pk)))
    page = text(client.get(url(Person, "inspect", appointment.person_id)))
    assert f"{LONG_AGO:%d/%m/%Y} – 01/01/2099" in page
