"""The versions of a set and what changed between two of them, as a reader and as an author see them."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from criteria_pages.demonstration import DANG_17, ND335_NV, draft_of
from criteria_pages.domain.publishing import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from tests.factories.criteria_pages import MOMENT, draft, edit, issue, issued, parts_with, version
from tests.factories.snippets import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
COMPARE = "/so-tay/so-sanh/"


@pytest.fixture
def reader(db: Any) -> User:
    """Signed in, and in no role."""
    return UserFactory(username="reader")


def gettext(message: str) -> str:
    """A sentence as the pages say it."""
    with translation.override("vi"):
        return translation.gettext(message)


def changed(**first: Any) -> dict[str, Any]:
    specification = deepcopy(specification_of(draft_of(ND335_NV)))
    specification["sections"][0]["criteria"][0].update(first)
    return specification


def test_the_versions_of_a_set_stand_with_dates_digest_and_legal_basis(
    reader: User, signed_in: SignIn
) -> None:
    cited = [{"number": "335/2025/NĐ-CP", "title": "Nghị định", "issued_on": "", "clauses": ""}]
    version(number=1, effective_on=date(2026, 1, 1), citations=cited)
    second = version(changed(label="Khác"), number=2, effective_on=date(2026, 7, 1))
    version(entry=DANG_17)

    response = signed_in(reader).get("/so-tay/ND335-NV/phien-ban/")

    rows = response.context["rows"]
    assert [(row["version"].number, row["previous"]) for row in rows] == [(2, rows[1]["version"]), (1, None)]
    body = response.content.decode()
    for shown in (second.sha256[:12], "335/2025/NĐ-CP", "01/07/2026", "truoc=ND335-NV/1&amp;sau=ND335-NV/2"):
        assert shown in body
    assert "DANG-17" not in body


def test_a_set_that_was_never_issued_has_no_history(reader: User, signed_in: SignIn) -> None:
    draft()

    assert signed_in(reader).get("/so-tay/ND335-NV/phien-ban/").status_code == 404


def test_two_versions_are_compared_word_by_word(reader: User, signed_in: SignIn) -> None:
    version(changed(label="Phẩm chất chính trị"), number=1)
    version(changed(label="Phẩm chất đạo đức <b>"), number=2)

    response = signed_in(reader).get(COMPARE, {"truoc": "ND335-NV/1", "sau": "ND335-NV/2"})

    assert [(change.kind, change.code) for change in response.context["changes"]] == [("reworded", "I.1")]
    body = response.content.decode()
    assert "Phẩm chất <del>chính trị</del><ins>đạo đức &lt;b&gt;</ins>" in body
    assert response.context["counts"] == [(gettext("Reworded"), 1)]


def test_versions_of_a_copy_and_of_another_year_are_compared_by_their_blocks(
    reader: User, signed_in: SignIn
) -> None:
    version(number=1, effective_on=date(2025, 1, 1))
    version(changed(weight="10"), number=1, code="ND335-NV-2027", effective_on=date(2027, 1, 1))

    response = signed_in(reader).get(COMPARE, {"truoc": "ND335-NV/1", "sau": "ND335-NV-2027/1"})

    assert [(change.kind, change.code) for change in response.context["changes"]] == [("points", "I.1")]


def test_two_equal_versions_say_so(reader: User, signed_in: SignIn) -> None:
    version(number=1)
    version(number=2, effective_on=date(2027, 1, 1))

    response = signed_in(reader).get(COMPARE, {"truoc": "ND335-NV/1", "sau": "ND335-NV/2"})

    assert response.context["changes"] == []
    assert gettext("The two versions are scored alike") in response.content.decode()


def test_without_two_versions_there_is_only_the_question_which(reader: User, signed_in: SignIn) -> None:
    version(number=1)

    response = signed_in(reader).get(COMPARE, {"sau": "ND335-NV/1"})

    assert response.status_code == 200
    assert "changes" not in response.context
    assert '<option value="ND335-NV/1"' in response.content.decode()


@pytest.mark.parametrize(
    "address",
    ["ND335-NV/9", "KHAC/1", "ND335-NV", "ND335-NV/x", "ND335-NV/¹", "ND335-NV/99999999999999999999"],
)
def test_a_version_that_is_not_there_is_not_found(reader: User, signed_in: SignIn, address: str) -> None:
    version(number=1)

    assert signed_in(reader).get(COMPARE, {"truoc": address, "sau": "ND335-NV/1"}).status_code == 404


def test_a_draft_is_in_no_list_and_in_no_choice(reader: User, signed_in: SignIn) -> None:
    page, _version = issued()
    edit(page, title="Chưa công bố", parts=parts_with(I_1={"label": "Chưa công bố"}))
    client = signed_in(reader)

    for address in ("/so-tay/ND335-NV/phien-ban/", COMPARE, f"{COMPARE}?truoc=ND335-NV/1&sau=ND335-NV/1"):
        body = client.get(address).content.decode()
        assert "ND335-NV" in body
        assert "Chưa công bố" not in body


def test_visitors_are_asked_to_sign_in(client: Client) -> None:
    version(number=1)

    assert client.get(COMPARE).status_code == 302
    assert client.get("/so-tay/ND335-NV/phien-ban/").status_code == 302


@pytest.mark.parametrize("count", [1, 3])
def test_history_and_comparison_ask_for_versions_a_fixed_number_of_times(
    reader: User, signed_in: SignIn, count: int
) -> None:
    for number in range(1, count + 1):
        version(changed(label=f"Khác {number}"), number=number)
    client = signed_in(reader)
    asked = {}
    for address in ("/so-tay/ND335-NV/phien-ban/", f"{COMPARE}?truoc=ND335-NV/1&sau=ND335-NV/{count}"):
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        asked[address[:17]] = len([query for query in queries if "criteriaversion" in query["sql"]])

    assert asked == {"/so-tay/ND335-NV/": 1, "/so-tay/so-sanh/?": 3}


# --- In the admin -------------------------------------------------------------------------------------------
def test_an_author_sees_who_wrote_and_who_issued_each_version(
    policy: User, writer: User, signed_in: SignIn
) -> None:
    page = draft()
    first = issue(page)
    latest: CriteriaSetPage = edit(page, parts=parts_with(I_1={"label": "Khác"}))
    latest.parts = parts_with(I_1={"label": "Khác nữa"})
    latest.save_revision(user=writer, clean=False)
    second = issue(page)

    response = signed_in(policy).get(f"/admin/bo-tieu-chi/{page.pk}/phien-ban/")

    rows = response.context["rows"]
    assert [(row["version"], row["author"], row["issuer"], row["previous"]) for row in rows] == [
        (second, str(writer), str(system_user()), first),
        (first, "", str(system_user()), None),
    ]
    body = response.content.decode()
    assert "335/2025/NĐ-CP" in body
    assert "/so-tay/so-sanh/?truoc=ND335-NV/1&amp;sau=ND335-NV/2" in body


def test_the_author_is_frozen_with_the_version(writer: User) -> None:
    page = draft()
    page.save_revision(user=writer, clean=False)
    edit(page, title="Tên khác").save_revision(user=writer, clean=False)
    frozen = issue(page)
    later: CriteriaSetPage = edit(page, title="Lại khác")
    later.save_revision(user=system_user(), clean=False)

    frozen.refresh_from_db()
    assert (frozen.authored_by, frozen.published_at) == (None, MOMENT)
