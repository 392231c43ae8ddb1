"""The import pages of the Wagtail admin: who finds them, what is shown before anything is written, and once applied."""

import io
import re
from dataclasses import replace
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, WrongState
from kpi_cms.interfaces.exchange import domain
from kpi_cms.interfaces.exchange.enums import ImportKind
from kpi_cms.interfaces.exchange.models import ImportUpload
from kpi_cms.interfaces.exchange.workbooks import reader
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE
from snippets.domain.catalogue import CataloguePlan, Problem
from snippets.enums import Capability, Role
from snippets.models import Appointment, Catalogue, Person, Product, Unit
from tests.factories.snippets import (
    CatalogueFactory,
    PositionFactory,
    UnitFactory,
    UserFactory,
    holder,
    in_role,
)
from tests.helpers.shared import shared_file
from tests.interfaces.exchange.imports.sheets import book
from tests.interfaces.exchange.workbooks import hostile
from tests.interfaces.exchange.workbooks.inprocess import read_here

pytestmark = pytest.mark.django_db

HEADER = [
    "Mã cán bộ",
    "Họ và tên",
    "Đối tượng",
    "Mã đơn vị",
    "Chức danh",
    "Vai trò",
    "Từ ngày",
    "Cấp tài khoản",
]
PRODUCTS = [
    "STT",
    "Mã CV",
    "Nhiệm vụ",
    "Công việc chi tiết",
    "Sản phẩm đầu ra",
    "Nhóm",
    "Khung điểm",
    "Điểm chấm",
]


@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(reader, "_read_in_child", read_here)


@pytest.fixture
def unit() -> Unit:
    root = UnitFactory(code="XA", name="Xã Hải Châu", using=True)
    return UnitFactory(parent=root, code="XA-VP", name="Văn phòng")


@pytest.fixture
def root(unit: Unit) -> Unit:
    return unit.get_parent()


@pytest.fixture
def clerk(root: Unit, client: Client) -> User:
    PositionFactory(code="CV", title="Chuyên viên")
    user = in_role(root, Role.CLERK)
    client.force_login(user)
    return user


def line(
    code="CC001", name="Nguyễn Thị Hà", unit="XA-VP", *, kind="công chức", since="01/07/2026", account="không"
):
    return [code, name, kind, unit, "Chuyên viên", "nhân viên", since, account]


def people(*lines) -> bytes:
    return book(Nhân_sự=[HEADER, *lines])


def product(code="DC.01", *, points=25, frame="11-50", group="N2"):
    return [1, code, "Soạn công văn", "Dự thảo", "Công văn", group, frame, points]


def catalogue(*lines, header=PRODUCTS) -> bytes:
    return book(Dùng_chung=[["DANH MỤC DÙNG CHUNG"], header, *lines])


def send(client: Client, content: bytes, name="exchange:people", file_name="danh-sach.xlsx", **values):
    return client.post(reverse(name), {"file": SimpleUploadedFile(file_name, content), **values})


def text_of(response) -> str:
    html = response.content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    words = re.sub(r'<[^>"]*(?:"[^"]*"[^>"]*)*>', " ", main)
    return re.sub(r" ([:,.)])", r"\1", re.sub(r"\s+", " ", words)).strip()


def standing() -> tuple[int, ...]:
    """How much stands in the registers and beside them."""
    models = (Person, Appointment, User, Catalogue, Product, ImportUpload, LedgerEntry)
    return tuple(model.objects.count() for model in models)


def cells(content: bytes) -> list[tuple]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values)


# --- Who finds them -----------------------------------------------------------------------------------------
ADDRESSES = ("exchange:people", "exchange:people_template", "exchange:catalogue")


@pytest.mark.parametrize(
    "capability", sorted(set(Capability) - {Capability.MANAGE_PEOPLE, Capability.MANAGE_CATALOGUE})
)
def test_without_the_capability_no_import_exists(unit: Unit, client: Client, capability) -> None:
    client.force_login(holder(unit, capability))
    before = standing()
    for name in ADDRESSES:
        assert client.get(reverse(name)).status_code == 404
        assert send(client, people(line()), name).status_code in (404, 405)
    assert standing() == before


def test_each_import_is_for_those_who_keep_its_register(unit: Unit, client: Client) -> None:
    client.force_login(holder(unit, Capability.MANAGE_PEOPLE))
    assert [client.get(reverse(name)).status_code for name in ADDRESSES] == [200, 200, 404]
    client.force_login(holder(unit, Capability.MANAGE_CATALOGUE))
    assert [client.get(reverse(name)).status_code for name in ADDRESSES] == [404, 404, 200]


def test_a_visitor_is_asked_to_sign_in(unit: Unit, client: Client) -> None:
    for name in ADDRESSES:
        assert client.get(reverse(name))["Location"].startswith(reverse("accounts:sign_in"))


def test_the_menu_offers_what_its_reader_may_import(unit: Unit, client: Client) -> None:
    client.force_login(holder(unit, Capability.MANAGE_PEOPLE))
    html = client.get(reverse("exchange:people")).content.decode()
    assert reverse("exchange:people") in html
    assert reverse("exchange:catalogue") not in html


# --- People -------------------------------------------------------------------------------------------------
def test_the_template_offers_the_units_that_its_reader_keeps(unit: Unit, clerk: User, client: Client) -> None:
    UnitFactory(code="NGOAI", name="Ngoài phạm vi")
    response = client.get(reverse("exchange:people_template"))
    assert response["Content-Disposition"] == 'attachment; filename="mau-nhan-su.xlsx"'
    written = openpyxl.load_workbook(io.BytesIO(response.content))
    texts = {str(value) for sheet in written for row in sheet.values for value in row if value}
    assert {"XA-VP", "CV"} <= texts
    assert "NGOAI" not in texts


def test_every_error_is_shown_at_once_with_its_place_and_value(
    unit: Unit, clerk: User, client: Client
) -> None:
    before = standing()
    response = send(
        client,
        people(
            line(),
            line("CC002", "Trần Văn Nam", kind="nhà thơ"),
            line("CC003", "Lê Thị Hoa", unit="KHONG-CO"),
            ["CC004", "Phan Văn Đức", "công chức", "KHONG-CO", "Thi sĩ", "nhân viên", "31/02/2026"],
            line("CC001", "Nguyễn Thị Hà"),
        ),
    )
    assert response.status_code == 422
    rows = re.findall(r"<tr>(.*?)</tr>", response.content.decode(), re.DOTALL)
    shown = [
        [
            re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
            for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)
        ]
        for row in rows
    ]
    places = [row[:4] for row in shown if row]
    assert places == [
        ["Nhân sự", "3", "C: Đối tượng", "“nhà thơ”"],
        ["Nhân sự", "4", "D: Unit code", "“KHONG-CO”"],
        ["Nhân sự", "5", "D: Unit code", "“KHONG-CO”"],
        ["Nhân sự", "5", "E: Position", "“Thi sĩ”"],
        ["Nhân sự", "5", "G: Từ ngày", "“31/02/2026”"],
        ["Nhân sự", "6", "A: Mã cán bộ", "“CC001”"],
    ]
    assert "danh-sach.xlsx has 6 errors." in text_of(response)
    assert standing() == before


def test_the_plan_shows_everything_and_writes_nothing(unit: Unit, clerk: User, client: Client) -> None:
    send(client, people(line("CC001", "Nguyễn Thị Hà"), line("CC002", "Trần Văn Nam")))
    apply_last(client)
    before = standing()
    response = send(
        client,
        people(
            line("CC001", "Nguyễn Thị Hà"),
            line("CC002", "Trần Văn Bắc"),
            line("CC003", "Lê Thị Hoa", account="có"),
        ),
    )
    assert response.status_code == 302
    shown = text_of(client.get(response["Location"]))
    assert "Created: 1" in shown
    assert "Nhân sự, 4 CC003 Lê Thị Hoa Full name: Lê Thị Hoa" in shown
    assert "Changed: 1" in shown
    assert "CC002 Trần Văn Bắc Full name: Trần Văn Nam → Trần Văn Bắc" in shown
    assert "Left alone: 1" in shown
    assert "1 account would be created." in shown
    assert standing() == (*before[:5], before[5] + 1, before[6])


def last() -> ImportUpload:
    return ImportUpload.objects.order_by("-created_at").first()


def apply_last(client: Client, name="exchange:people_plan"):
    return client.post(reverse(name, args=[last().pk]))


def test_applied_once_all_of_it(unit: Unit, clerk: User, client: Client) -> None:
    send(client, people(line("CC001", "Nguyễn Thị Hà"), line("CC002", "Trần Văn Nam")))
    upload = last()
    assert (upload.actor_id, bytes(upload.content)[:2], len(upload.sha256)) == (clerk.pk, b"PK", 64)
    response = apply_last(client)
    assert "danh-sach.xlsx was applied: 2 created, 0 changed, 0 left alone." in text_of(response)
    assert set(Person.objects.values_list("staff_code", "full_name", "unit__code")) == {
        ("CC001", "Nguyễn Thị Hà", "XA-VP"),
        ("CC002", "Trần Văn Nam", "XA-VP"),
    }
    entry = LedgerEntry.objects.get(act="import.applied")
    assert entry.after["file_sha256"] == upload.sha256
    assert bytes(last().content) == b""
    before = standing()
    assert "was applied already" in text_of(apply_last(client))
    assert "was applied already" in text_of(client.get(reverse("exchange:people_plan", args=[upload.pk])))
    assert standing() == before


def test_the_same_file_again_changes_nothing(unit: Unit, clerk: User, client: Client) -> None:
    content = people(line())
    send(client, content)
    apply_last(client)
    response = send(client, content)
    shown = client.get(response["Location"])
    assert "danh-sach.xlsx changes nothing" in text_of(shown)
    assert "Apply all of it" not in text_of(shown)


def test_what_changed_in_between_refuses_the_whole_file(unit: Unit, clerk: User, client: Client) -> None:
    send(client, people(line("CC001"), line("CC002", "Trần Văn Nam")))
    Unit.objects.filter(pk=unit.pk).update(closed_on="2026-07-01")
    before = standing()
    response = apply_last(client)
    assert response.status_code == 422
    assert "danh-sach.xlsx has 2 errors." in text_of(response)
    assert standing() == before


def test_the_file_is_read_again_from_what_was_kept(unit: Unit, clerk: User, client: Client) -> None:
    """What the browser sends with “apply” is not looked at."""
    send(client, people(line("CC001", "Nguyễn Thị Hà")))
    client.post(
        reverse("exchange:people_plan", args=[last().pk]),
        {"file": SimpleUploadedFile("khac.xlsx", people(line("CC009", "Kẻ Lạ"))), "actor": "1"},
    )
    assert list(Person.objects.values_list("staff_code", flat=True)) == ["CC001"]


def test_a_kept_file_that_was_altered_is_not_applied(unit: Unit, clerk: User, client: Client) -> None:
    send(client, people(line("CC001")))
    ImportUpload.objects.update(content=people(line("CC009", "Kẻ Lạ")))
    assert apply_last(client).status_code == 409
    assert Person.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_kept_file_is_its_senders_alone_and_for_an_hour(
    unit: Unit, root: Unit, clerk: User, client: Client, method: str
) -> None:
    send(client, people(line()))
    address = reverse("exchange:people_plan", args=[last().pk])
    client.force_login(in_role(root, Role.CLERK))
    response = getattr(client, method)(address)
    assert response.status_code == 404
    assert "Nguyễn Thị Hà" not in response.content.decode()
    client.force_login(clerk)
    ImportUpload.objects.update(expires_at=timezone.now())
    assert getattr(client, method)(address).status_code == 404
    assert Person.objects.count() == 0


def test_expired_files_are_forgotten(unit: Unit, clerk: User, client: Client) -> None:
    send(client, people(line()))
    ImportUpload.objects.update(expires_at=timezone.now())
    send(client, people(line("CC002", "Trần Văn Nam")))
    assert ImportUpload.objects.count() == 1
    domain.forget_uploads(actor=clerk, moment=timezone.now() + timedelta(hours=2))
    assert ImportUpload.objects.count() == 0


def test_of_a_foreign_unit_nothing_is_told(unit: Unit, client: Client) -> None:
    """A unit elsewhere reads the same as one that does not exist."""
    UnitFactory(code="NGOAI", name="Ngoài phạm vi")
    PositionFactory(code="CV", title="Chuyên viên")
    client.force_login(holder(unit, Capability.MANAGE_PEOPLE))
    foreign = text_of(send(client, people(line(unit="NGOAI"))))
    missing = text_of(send(client, people(line(unit="KHONG"))))
    assert foreign.replace("NGOAI", "") == missing.replace("KHONG", "")
    assert Person.objects.count() == 0


# --- First passwords ----------------------------------------------------------------------------------------
def sealed_of(response) -> str:
    found = re.search(r'name="sealed" value="([^"]+)"', response.content.decode())
    assert found is not None
    return found[1]


def test_first_passwords_are_downloaded_once(unit: Unit, clerk: User, client: Client) -> None:
    send(client, people(line("CC001", account="có"), line("CC002", "Trần Văn Nam")))
    applied = apply_last(client)
    assert "1 account was created." in text_of(applied)
    address = reverse("exchange:people_passwords", args=[last().pk])
    response = client.post(address, {"sealed": sealed_of(applied)})
    assert response["Content-Disposition"] == 'attachment; filename="mat-khau-lan-dau.xlsx"'
    code, name, of_unit, password = cells(response.content)[-1]
    assert (code, name, of_unit) == ("CC001", "Nguyễn Thị Hà", "Văn phòng")
    assert User.objects.get(username="CC001").check_password(password)
    again = client.post(address, {"sealed": sealed_of(applied)})
    assert again.status_code == 409
    assert password.encode() not in again.content
    entry = LedgerEntry.objects.get(act="export.taken")
    assert entry.after["first_passwords"] == 1
    assert password not in str(entry.after)
    assert not ImportUpload.objects.filter(file_name__contains=password).exists()


def test_first_passwords_need_the_seal_of_their_own_import(
    unit: Unit, root: Unit, clerk: User, client: Client, monkeypatch
) -> None:
    send(client, people(line("CC001", account="có")))
    first = apply_last(client)
    first_upload = last()
    send(client, people(line("CC002", "Trần Văn Nam", account="có")))
    apply_last(client)
    address = reverse("exchange:people_passwords", args=[last().pk])
    for sealed in ("", "abc", sealed_of(first), sealed_of(first)[:-1]):
        assert client.post(address, {"sealed": sealed}).status_code == 422
    own = reverse("exchange:people_passwords", args=[first_upload.pk])
    client.force_login(in_role(root, Role.CLERK))
    assert client.post(own, {"sealed": sealed_of(first)}).status_code == 404
    client.force_login(clerk)
    assert client.get(own).status_code == 405
    monkeypatch.setattr("kpi_cms.interfaces.exchange.views.people.SEALED_FOR", -1)
    late = client.post(own, {"sealed": sealed_of(first)})
    assert late.status_code == 422
    assert "can no longer be downloaded" in late.content.decode()


# --- Catalogues ---------------------------------------------------------------------------------------------
def test_a_catalogue_is_looked_at_and_becomes_the_next_draft(
    unit: Unit, root: Unit, clerk: User, client: Client
) -> None:
    CatalogueFactory(unit=root, number=1)
    response = send(
        client,
        catalogue(product(), product("DC.02", points=11)),
        "exchange:catalogue",
        unit=root.pk,
        title="Danh mục năm 2026",
    )
    shown = text_of(client.get(response["Location"]))
    assert "danh-sach.xlsx has no errors: 2 products for Xã Hải Châu." in shown
    assert "Leadership and management 0 Shared by all units 2 Of one unit 0" in shown
    assert "DC.01 Shared by all units – Dự thảo 25 5.00" in shown
    assert Product.objects.count() == 0
    applied = client.post(response["Location"], follow=True)
    assert "2 products were imported as version 2, a draft." in applied.content.decode()
    made = Catalogue.objects.get(number=2)
    assert (made.unit, made.title, made.state) == (root, "Danh mục năm 2026", "draft")
    again = client.post(response["Location"])
    assert "was applied already" in text_of(again)
    assert Catalogue.objects.count() == 2


def test_points_outside_their_frame_and_codes_twice_are_named(
    unit: Unit, root: Unit, clerk: User, client: Client
) -> None:
    before = standing()
    response = send(
        client,
        catalogue(product(), product("DC.02", points=60), product()),
        "exchange:catalogue",
        unit=root.pk,
        title="x",
    )
    assert response.status_code == 422
    shown = text_of(response)
    assert "60 points are outside the frame 11-50." in shown
    assert "“DC.01” stands in row 3 and in row 5." in shown
    assert standing() == before


def test_departments_that_match_no_unit_are_told_and_not_refused(
    unit: Unit, root: Unit, clerk: User, client: Client
) -> None:
    header = [*PRODUCTS[:2], "Phòng, ban chuyên môn", *PRODUCTS[2:]]
    rows = [
        [1, "VP.01", "Văn phòng", *product()[2:]],
        [2, "KT.01", "Phòng Kinh tế", *product()[2:]],
        [3, "KT.02", "Phòng Kinh tế", *product()[2:]],
    ]
    content = book(Riêng=[["RIÊNG THEO PHÒNG"], header, *rows])
    response = send(client, content, "exchange:catalogue", unit=root.pk, title="x")
    shown = text_of(client.get(response["Location"]))
    assert "Departments that are no unit" in shown
    assert "Phòng Kinh tế: 2" in shown
    client.post(response["Location"])
    assert dict(Product.objects.values_list("code", "unit__code")) == {
        "VP.01": "XA-VP",
        "KT.01": None,
        "KT.02": None,
    }


def test_a_catalogue_goes_to_units_that_its_sender_keeps(unit: Unit, clerk: User, client: Client) -> None:
    foreign = UnitFactory(code="NGOAI", name="Ngoài phạm vi")
    before = standing()
    response = send(client, catalogue(product()), "exchange:catalogue", unit=foreign.pk, title="x")
    assert response.status_code == 422
    assert "Ngoài phạm vi" not in response.content.decode()
    assert standing() == before


def test_a_workbook_without_products_is_refused(unit: Unit, root: Unit, clerk: User, client: Client) -> None:
    response = send(client, catalogue(), "exchange:catalogue", unit=root.pk, title="x")
    assert response.status_code == 422
    assert "The workbook holds no product." in text_of(response)


def test_what_changed_in_between_refuses_the_whole_catalogue(
    unit: Unit, root: Unit, clerk: User, client: Client, monkeypatch
) -> None:
    response = send(client, catalogue(product()), "exchange:catalogue", unit=root.pk, title="x")
    plan = CataloguePlan(problems=[Problem("Dùng chung", 3, "code", "Mã này vừa được dùng.")])

    def refuse(**_values):
        raise Invalid("Có lỗi.", plan=plan)

    monkeypatch.setattr("snippets.domain.catalogue.apply_catalogue_import", refuse)
    refused = client.post(response["Location"])
    assert refused.status_code == 422
    assert "Mã này vừa được dùng." in text_of(refused)
    assert last().applied_at is None


def test_a_unit_that_was_closed_in_between_takes_no_catalogue(
    unit: Unit, root: Unit, clerk: User, client: Client
) -> None:
    response = send(client, catalogue(product()), "exchange:catalogue", unit=root.pk, title="x")
    Unit.objects.filter(pk=root.pk).update(closed_on=date(2026, 7, 1))
    refused = client.post(response["Location"])
    assert refused.status_code == 422
    assert "This unit is closed. Choose another one." in refused.content.decode()
    assert (Catalogue.objects.count(), last().applied_at) == (0, None)


@pytest.mark.parametrize(
    ("title", "code", "sentence"),
    [
        ("DÙNG CHUNG", "D" * 41, "at most 40 characters."),
        (
            "Sản phẩm chuẩn = 0,001 điểm",
            "DC.01",
            "The standard product has at most 9999,99 points, with at most two decimals.",
        ),
        (
            "Sản phẩm chuẩn = 0,01 điểm",
            "DC.01",
            "10000 points over 0,01 make a coefficient too large to keep. Correct one of them.",
        ),
    ],
)
def test_what_no_column_of_products_holds_is_named(
    unit: Unit, root: Unit, clerk: User, client: Client, title: str, code: str, sentence: str
) -> None:
    content = book(Dùng_chung=[[title], PRODUCTS, product(code, points=10_000, frame="1-10000")])
    response = send(client, content, "exchange:catalogue", unit=root.pk, title="x")
    assert response.status_code == 422
    assert sentence in text_of(response)


def test_people_codes_and_names_that_no_column_holds_are_named(
    unit: Unit, clerk: User, client: Client
) -> None:
    """On PostgreSQL these ended in an error of the database, on SQLite they were stored."""
    response = send(client, people(line(code="C" * 41), line(code="CC002", name="Nguyễn " * 18)))
    assert response.status_code == 422
    shown = text_of(response)
    assert "at most 40 characters." in shown
    assert "has 125 characters; at most 120 are accepted. Shorten it." in shown
    assert Person.objects.count() == 0


@pytest.mark.shared_data
def test_the_real_workbook_has_371_products(unit: Unit, root: Unit, clerk: User, client: Client) -> None:
    content = shared_file("danh-muc-nghia-lam.xlsx").read_bytes()
    response = send(client, content, "exchange:catalogue", unit=root.pk, title="Danh mục")
    shown = text_of(client.get(response["Location"]))
    assert "371 products" in shown
    assert "Leadership and management 18 Shared by all units 62 Of one unit 291" in shown
    assert "Points of the standard product 5" in shown
    client.post(response["Location"])
    assert Product.objects.filter(catalogue__unit=root).count() == 371


# --- Hostile workbooks --------------------------------------------------------------------------------------
HOSTILE = {
    "empty": (lambda: b"", "The file is empty."),
    "no zip": (lambda: b"GIF89a" + b"x" * 100, "This is not an Excel file."),
    "truncated": (hostile.truncated, "The file is damaged."),
    "password": (lambda: hostile.ole("EncryptedPackage"), "The file is protected by a password."),
    "bomb": (hostile.bomb, "The file becomes too large when it is unpacked."),
    "entries": (hostile.many_entries, "The file has too many components"),
    "path": (lambda: hostile.entry("../../x"), "The file has an unsafe structure."),
    "merged": (lambda: hostile.merged("A1:CV100000"), "is too large. Unmerge it"),
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
@pytest.mark.parametrize("name", ["exchange:people", "exchange:catalogue"])
def test_a_hostile_workbook_ends_in_one_sentence(
    unit: Unit, root: Unit, clerk: User, client: Client, kind: str, name: str
) -> None:
    make, sentence = HOSTILE[kind]
    before = standing()
    response = send(client, make(), name, unit=root.pk, title="x")
    assert response.status_code == 422
    assert response.content.decode().count(sentence) == 1
    assert standing() == before


def test_a_file_too_large_is_not_even_read(unit: Unit, clerk: User, client: Client, monkeypatch) -> None:
    monkeypatch.setattr("kpi_cms.interfaces.exchange.views.people.read_people", None)
    monkeypatch.setattr("kpi_cms.interfaces.exchange.views.people.PEOPLE", replace(PEOPLE, file_bytes=10))
    response = send(client, people(line()))
    assert response.status_code == 422
    assert "The file is larger than 0 MB." in response.content.decode()


def test_no_file_is_asked_for_with_a_sentence(unit: Unit, clerk: User, client: Client) -> None:
    response = client.post(reverse("exchange:people"), {})
    assert response.status_code == 422
    assert "Choose the workbook to upload." in response.content.decode()


# --- The domain, past the pages -----------------------------------------------------------------------------
def test_the_domain_refuses_what_the_pages_never_ask(unit: Unit, root: Unit, clerk: User) -> None:
    moment = timezone.now()
    upload = domain.keep_upload(
        actor=clerk, moment=moment, kind=ImportKind.PEOPLE, file_name="a.xlsx", content=b"x"
    )
    with pytest.raises(NotFound):
        domain.apply_people_upload(actor=UserFactory(), moment=moment, upload=upload, rows=[])
    with pytest.raises(WrongState, match="kept for an hour"):
        domain.apply_people_upload(actor=clerk, moment=moment + timedelta(hours=1), upload=upload, rows=[])
    domain.apply_people_upload(actor=clerk, moment=moment, upload=upload, rows=[])
    with pytest.raises(WrongState, match="applied already"):
        domain.apply_people_upload(actor=clerk, moment=moment, upload=upload, rows=[])
    assert str(upload) == "people a.xlsx"
