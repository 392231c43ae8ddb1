"""A draft as it will be: its handbook page and its empty form, for those who read it in the editor; nothing kept."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from criteria_pages.demonstration import DANG_17, ND335_LD
from criteria_pages.domain.publishing import latest_draft, publish, unissued
from criteria_pages.domain.starting import start_from_template
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.enums import Capability, Role
from snippets.models import Unit
from tests.factories.authored import one_kind
from tests.factories.criteria_pages import draft, edit, issued, parts_with
from tests.factories.snippets import UnitFactory, UserFactory, holder, in_role

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
SECRET = "Tiêu chí chưa công bố"
VIEWS = ("handbook:preview", "reporting:form01_preview")


@pytest.fixture
def province(db: Any) -> Any:
    return UnitFactory(code="TINH")


@pytest.fixture
def author(province: Unit) -> User:
    return holder(province, Capability.AUTHOR, username="author")


@pytest.fixture
def signed_in(client: Client) -> SignIn:
    def sign_in(user: User) -> Client:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def changed(page: CriteriaSetPage, label: str = SECRET) -> CriteriaSetPage:
    edit(page, parts=parts_with(I_1={"label": label}))
    return CriteriaSetPage.objects.get(pk=page.pk)


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


# --- Who ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", VIEWS)
def test_a_draft_does_not_exist_for_those_who_write_none(
    province: Unit, signed_in: SignIn, name: str
) -> None:
    page = changed(issued()[0])
    strangers: list[Any] = [in_role(province, Role.CLERK), in_role(province, Role.AUDITOR), UserFactory()]
    for user in strangers:
        answer = signed_in(user).get(reverse(name, args=[page.pk]))
        assert (answer.status_code, SECRET in answer.content.decode(errors="ignore")) == (404, False)


@pytest.mark.parametrize("name", VIEWS)
def test_a_visitor_is_asked_to_sign_in_and_a_missing_page_is_missing(
    author: User, client: Client, signed_in: SignIn, name: str
) -> None:
    page = draft()
    assert client.get(reverse(name, args=[page.pk])).status_code == 302
    assert signed_in(author).get(reverse(name, args=[page.pk + 1])).status_code == 404


@pytest.mark.parametrize("capability", [Capability.AUTHOR, Capability.PUBLISH])
def test_the_editor_and_the_confirmation_lead_there(
    province: Unit, signed_in: SignIn, capability: str
) -> None:
    page = draft()
    client = signed_in(holder(province, capability))
    for address in (
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        reverse("criteria_sets:issue", args=[page.pk]),
    ):
        text = client.get(address).content.decode()
        for name in VIEWS:
            assert reverse(name, args=[page.pk]) in text
            assert client.get(reverse(name, args=[page.pk])).status_code == 200


# --- What -----------------------------------------------------------------------------------------------------
def test_the_handbook_page_is_the_one_that_issuing_makes(author: User, signed_in: SignIn) -> None:
    page = changed(issued()[0])
    client = signed_in(author)
    text = client.get(reverse("handbook:preview", args=[page.pk])).content.decode()
    assert "Bản xem trước – chưa ban hành." in text
    assert SECRET in text
    shown = unissued(latest_draft(page))

    publish(actor=in_role(Unit.objects.get(), Role.POLICY), moment=timezone.now(), page=page)

    made = CriteriaVersion.objects.get(number=2)
    for name in ("set_code", "number", "title", "specification", "sha256", "citations", "examples"):
        assert getattr(shown, name) == getattr(made, name), name
    read = client.get(reverse("handbook:version", args=[made.set_code, 2])).content.decode()
    assert "Bản xem trước" not in read
    assert text[text.index("<table") :].split() == read[read.index("<table") :].split()


def test_the_form_is_empty_and_says_that_the_set_is_not_issued(author: User, signed_in: SignIn) -> None:
    page = changed(draft())
    answer = signed_in(author).get(reverse("reporting:form01_preview", args=[page.pk]))

    assert (answer["Content-Type"], "inline" in answer["Content-Disposition"]) == ("application/pdf", True)
    text = text_of(answer.content)
    assert "PHIẾU THEO DÕI, ĐÁNH GIÁ CÔNG CHỨC" in text
    assert "BẢN XEM TRƯỚC, CHƯA BAN HÀNH" in text
    assert SECRET in text
    assert "ND335-NV (dự thảo)" in text
    assert ["a Số lượng" in text, "R = (a + b + c) / 3" in text] == [True, True]
    for said in ("BẢN CHƯA XÁC NHẬN", "chưa đủ dữ liệu", "Không có nhiệm vụ", "Sổ ghi nhận", "Phiếu ND"):
        assert said not in text


def test_the_form_of_a_set_without_ratios_has_none(author: User, signed_in: SignIn) -> None:
    page = draft(**{**one_kind("indicator"), "examples": []})
    answer = signed_in(author).get(reverse("reporting:form01_preview", args=[page.pk]))
    text = text_of(answer.content)
    assert "1. Phần common:" in text
    assert "2. Tổng điểm theo dõi, đánh giá viên chức:" in text
    for said in ("Ký hiệu", "Số lượng", "Chất lượng", "R =", "thực hiện nhiệm vụ:"):
        assert said not in text


def test_leaders_and_the_party_have_their_own_lines(author: User, signed_in: SignIn) -> None:
    client = signed_in(author)
    leaders = client.get(reverse("reporting:form01_preview", args=[draft(ND335_LD).pk]))
    party = client.get(reverse("reporting:form01_preview", args=[draft(DANG_17).pk]))

    assert "Năng lực tập hợp, đoàn kết công chức" in text_of(leaders.content)
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in text_of(party.content)


def test_a_set_for_organisations_has_a_page_and_no_form(author: User, signed_in: SignIn) -> None:
    page = start_from_template(
        actor=author, moment=timezone.now(), template="organisations", title="Bộ tiêu chí tổ chức", code="TC"
    )
    client = signed_in(author)
    assert client.get(reverse("handbook:preview", args=[page.pk])).status_code == 200
    answer = client.get(reverse("reporting:form01_preview", args=[page.pk]))
    assert answer.status_code == 409
    assert "không mở phiếu nào" in answer.content.decode()


def test_a_draft_that_lacks_what_issuing_asks_is_shown(author: User, signed_in: SignIn) -> None:
    page = draft(staff_kinds=[], effective_on=None, legal_basis=[], examples=[])
    client = signed_in(author)
    assert [client.get(reverse(name, args=[page.pk])).status_code for name in VIEWS] == [200, 200]


def test_examples_without_a_result_are_left_out(author: User, signed_in: SignIn) -> None:
    page = draft()
    kept = [dict(child, value=dict(child["value"], total=None)) for child in page.examples.raw_data]
    edit(page, examples=kept)
    assert unissued(latest_draft(page)).examples == []
    assert signed_in(author).get(reverse("handbook:preview", args=[page.pk])).status_code == 200


def test_a_draft_that_nothing_can_be_computed_with_says_why(author: User, signed_in: SignIn) -> None:
    page = draft(bands=[])
    client = signed_in(author)
    answer = client.get(reverse("reporting:form01_preview", args=[page.pk]), follow=True)
    text = answer.content.decode()

    assert answer.redirect_chain == [(reverse("handbook:preview", args=[page.pk]), 302)]
    assert "Chưa thể tính điểm theo bản dự thảo này" in text
    assert f'href="{reverse("wagtailadmin_pages:edit", args=[page.pk])}#' in text


# --- Nothing is kept ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", VIEWS)
def test_looking_writes_nothing(author: User, signed_in: SignIn, name: str) -> None:
    page = changed(issued()[0])
    client = signed_in(author)
    client.get(reverse(name, args=[page.pk]))
    before = (LedgerEntry.objects.count(), CriteriaVersion.objects.count(), page.revisions.count())

    with CaptureQueriesContext(connection) as asked:
        client.get(reverse(name, args=[page.pk]))

    writes = ("INSERT", "UPDATE", "DELETE")
    assert [query["sql"] for query in asked if query["sql"].startswith(writes)] == []
    assert before == (LedgerEntry.objects.count(), CriteriaVersion.objects.count(), page.revisions.count())
