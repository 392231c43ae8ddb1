"""What every answer carries: two content security policies, a request id, no cache; refusals with their sentence."""

import re
import uuid

import pytest
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.utils.translation import gettext_lazy

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.core.middleware import DomainErrorMiddleware
from snippets.enums import Capability
from tests.factories.snippets import UnitFactory, UserFactory, holder

pytestmark = pytest.mark.django_db

STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(response):
    parts = (
        part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";") if part.strip()
    )
    return dict(parts)


@pytest.mark.parametrize(
    "address", ["/tai-khoan/dang-nhap/", "/tai-khoan/mat-khau/", "/khong-co/", "/", "/suc-khoe/"]
)
def test_the_workspace_has_the_strict_policy(client, address):
    client.force_login(UserFactory())
    assert policy(client.get(address)) == STRICT


def test_a_visitor_has_the_strict_policy_too(client):
    response = client.get("/tai-khoan/dang-nhap/")
    assert policy(response) == STRICT
    page = response.content.decode()
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=", page) == []
    assert re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", page) == []


@pytest.mark.parametrize("address", ["/don-vi/%00/", "/don-vi/A%001/nhiem-vu/"])
def test_an_address_that_no_database_can_be_asked_about_is_missing(client, address):
    client.force_login(UserFactory())
    assert client.get(address).status_code == 404


def test_the_admin_has_a_policy_of_its_own(client):
    client.force_login(holder(UnitFactory(), Capability.AUTHOR))
    response = client.get("/admin/")
    assert response.status_code == 200
    found = policy(response)
    assert found["script-src"] == "'self' 'unsafe-inline'"
    assert found["frame-ancestors"] == "'self'"
    assert {source for value in found.values() for source in value.split()} == {
        "'self'", "'unsafe-inline'", "data:", "blob:",
    }  # fmt: skip


def test_the_admins_policy_ends_with_the_admin(client):
    client.force_login(holder(UnitFactory(), Capability.AUTHOR))
    client.get("/admin/")
    assert policy(client.get("/")) == STRICT


def test_other_protections_stand_on_every_page(client):
    response = client.get("/tai-khoan/dang-nhap/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_cookies_are_not_for_scripts(client):
    client.get("/tai-khoan/dang-nhap/")
    client.force_login(UserFactory())
    cookies = client.cookies
    assert cookies["csrftoken"]["httponly"]
    assert cookies["csrftoken"]["samesite"] == "Lax"
    client.get("/tai-khoan/mat-khau/")
    assert cookies["kpi_session"]["samesite"] == "Lax"
    assert cookies["kpi_session"]["httponly"]


def test_every_answer_has_a_request_id_of_ours(client):
    ids = {client.get("/suc-khoe/", HTTP_X_REQUEST_ID="cua-toi")["X-Request-ID"] for _time in range(2)}
    assert len({uuid.UUID(one) for one in ids}) == 2


def test_personal_pages_are_kept_nowhere(client):
    assert {"no-store", "private"} <= set(client.get("/tai-khoan/dang-nhap/")["Cache-Control"].split(", "))
    client.force_login(UserFactory())
    assert client.get("/tai-khoan/mat-khau/")["Cache-Control"] == "no-store, private"


def test_health_says_that_it_lives_how_the_ledger_is_whether_a_second_wall_stands_and_nothing_else(client):
    response = client.get("/suc-khoe/")
    # The suite is the owner of its tables, whom no wall stops; SQLite has none.
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "worker": False,
        "scheduler": False,
        "append_only": True,
        "guarded": True,
        "writable": True,
        "ledger_sealed": True,
        "ledger_anchored": False,
        "auditors_told": True,
        "ledger_verified": True,
        "second_wall": False,
    }


def test_a_form_without_its_token_is_refused_with_a_sentence():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/tai-khoan/dang-nhap/", {"username": "CB001", "password": "x"})
    assert response.status_code == 403
    assert response.context["sentence"] in response.content.decode()


def test_a_form_with_its_token_is_read(rf):
    client = Client(enforce_csrf_checks=True)
    token = client.get("/tai-khoan/dang-nhap/").context["csrf_token"]
    data = {"username": "CB001", "password": "x", "csrfmiddlewaretoken": str(token)}
    assert client.post("/tai-khoan/dang-nhap/", data).status_code == 200
    assert get_token(rf.get("/"))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused(gettext_lazy("Only the head assigns tasks.")), 403),
        (NotFound("Nothing of yours."), 404),
        (WrongState("It was submitted already."), 409),
        (Stale("Somebody saved in between.", mine={"II.4": "4,5"}, theirs={"II.4": "5,25"}), 409),
        (Invalid("The points are not a number."), 422),
    ],
)
def test_a_refusal_becomes_its_status_and_its_sentence(rf, error, status):
    request = rf.get("/")
    request.user = UserFactory()
    request.scope = Scope.of(request.user)
    request.session = {}
    response = DomainErrorMiddleware(lambda request: HttpResponse()).process_exception(request, error)
    assert response.status_code == status
    page = response.content.decode()
    # Missing and unseen are one answer: what is missing is not said.
    assert (str(error) in page) is (status != 404)
    if isinstance(error, Stale):
        assert "4,5" in page
        assert "5,25" in page


def test_a_defect_is_no_refusal(rf):
    assert DomainErrorMiddleware(HttpResponse).process_exception(rf.get("/"), ZeroDivisionError()) is None


def test_missing_and_unseen_look_the_same(client):
    client.force_login(UserFactory())
    response = client.get("/khong-co-gi-o-day/")
    assert response.status_code == 404
    assert "khong-co-gi-o-day" not in response.content.decode().split("<main")[1]
