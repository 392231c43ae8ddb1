"""Importing and exporting a criteria set in the admin, as policy staff and as those who write no sets meet it."""

import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from criteria_pages.domain.examples import frozen_examples
from criteria_pages.domain.publishing import check, latest_draft
from criteria_pages.domain.specification import specification_of
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import digest
from kpi_cms.interfaces.exchange.sets.reading import read_set
from kpi_cms.interfaces.exchange.sets.writing import set_workbook
from snippets.enums import Role
from snippets.models import Unit
from tests.factories.criteria_pages import edit, issued, version
from tests.factories.snippets import UnitFactory, UserFactory, in_role
from tests.factories.specifications import everything
from tests.interfaces.exchange.workbooks import hostile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_process")]
SignIn = Callable[[User], Client]
UPLOAD = "/admin/nhap/bo-tieu-chi/"
ADDRESSES = (UPLOAD, f"{UPLOAD}mau/", f"{UPLOAD}BO-1/1/")
ABOUT = {"code": "BO-1", "title": "Bộ thử", "documents": []}


@pytest.fixture
def province() -> Unit:
    return UnitFactory(code="TINH")


@pytest.fixture
def policy(province: Unit) -> User:
    return in_role(province, Role.POLICY, username="policy")


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sent(data: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("bo.xlsx", data)}


def test_an_uploaded_set_opens_in_the_editor_as_a_draft(client: Client, policy: User) -> None:
    response = signed_in(client, policy).post(UPLOAD, sent(set_workbook(everything(), ABOUT)))

    page = CriteriaSetPage.objects.get(code="BO-1")
    assert response.headers["Location"] == f"/admin/pages/{page.pk}/edit/"
    assert digest(specification_of(latest_draft(page))) == digest(everything())
    assert (page.live, CriteriaVersion.objects.count(), page.latest_revision.user) == (False, 0, policy)


def test_an_issued_set_comes_back_with_its_examples_and_its_digest(client: Client, policy: User) -> None:
    page, version = issued()
    data = signed_in(client, policy).get(f"{UPLOAD}ND335-NV/1/").content
    edit(page, examples=[])

    signed_in(client, policy).post(UPLOAD, sent(data))

    draft = latest_draft(page)
    assert frozen_examples(draft) == version.examples
    assert len(version.examples) == 3
    assert digest(specification_of(draft)) == version.sha256
    assert check(draft) == []


def test_a_workbook_without_examples_leaves_those_of_the_page(client: Client, policy: User) -> None:
    page, version = issued()
    about = {"code": "ND335-NV", "title": "Bộ thử", "documents": []}
    book = openpyxl.load_workbook(io.BytesIO(set_workbook(version.specification, about)))
    del book["Examples"]
    old = io.BytesIO()
    book.save(old)

    signed_in(client, policy).post(UPLOAD, sent(old.getvalue()))

    assert latest_draft(page).title == "Bộ thử"
    assert frozen_examples(latest_draft(page)) == version.examples


def test_every_error_is_shown_with_its_cell_and_nothing_is_written(client: Client, policy: User) -> None:
    book = openpyxl.load_workbook(io.BytesIO(set_workbook(everything(), ABOUT)))
    book["Criteria"]["D2"] = "Sai"
    book["Point bands"]["C2"] = "chín mươi"
    changed = io.BytesIO()
    book.save(changed)

    response = signed_in(client, policy).post(UPLOAD, sent(changed.getvalue()))

    assert response.status_code == 422
    assert [
        (problem.sheet, problem.row, problem.column, problem.code) for problem in response.context["problems"]
    ] == [
        ("Criteria", 2, "D", "choice"),
        ("Point bands", 2, "C", "number"),
    ]
    assert CriteriaSetPage.objects.count() == 0


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", hostile.zipped({"a.txt": b"x"})])
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    client: Client, policy: User, data: bytes
) -> None:
    response = signed_in(client, policy).post(UPLOAD, sent(data))

    assert response.status_code == 422
    assert len(response.context["form"].errors["file"]) == 1
    assert CriteriaSetPage.objects.count() == 0


def test_a_set_that_the_editor_cannot_hold_is_refused(client: Client, policy: User) -> None:
    spec = everything()
    spec["applicability"]["roles"] = ["head", "deputy"]

    response = signed_in(client, policy).post(UPLOAD, sent(set_workbook(spec, ABOUT)))

    assert response.status_code == 422
    assert CriteriaSetPage.objects.count() == 0


def test_an_issued_version_and_the_template_are_downloaded(client: Client, policy: User) -> None:
    frozen = version(everything(), code="BO-1")
    client = signed_in(client, policy)

    exported = client.get(f"{UPLOAD}BO-1/1/").content
    empty = client.get(f"{UPLOAD}mau/").content

    assert read_set(exported).sha256 == frozen.sha256
    assert len(openpyxl.load_workbook(io.BytesIO(empty)).sheetnames) > 20
    assert client.get(f"{UPLOAD}BO-1/2/").status_code == 404


def test_to_others_none_of_it_exists(client: Client, province: Unit) -> None:
    version(everything(), code="BO-1")
    data = set_workbook(everything(), ABOUT)
    for outsider in (in_role(province, Role.CLERK), in_role(province, Role.PERSONNEL), UserFactory()):
        found = signed_in(client, outsider)
        assert [found.get(address).status_code for address in ADDRESSES] == [404, 404, 404]
        assert found.post(UPLOAD, sent(data)).status_code == 404

    assert CriteriaSetPage.objects.count() == 0
