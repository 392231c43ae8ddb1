"""Signing in, staying in, getting locked out, and out again."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kpi_cms.foundation.accounts.demonstration import ACCOUNTS
from kpi_cms.foundation.accounts.domain import forget_ended_sessions, system_user, unlock
from kpi_cms.foundation.accounts.middleware import BEGAN, SEEN
from kpi_cms.foundation.accounts.models import User
from tests.factories.snippets import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "mùa thu năm ấy ở Vinh"
SIGN_IN = "/tai-khoan/dang-nhap/"


@pytest.fixture
def user():
    return User.objects.create_user("CB001", PASSWORD, display_name="Lê Thị Mật")


def sign_in(client, username="CB001", password=PASSWORD, **extra):
    return client.post(SIGN_IN, {"username": username, "password": password}, **extra)


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_the_right_password_leads_home(client, user):
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_signing_in_leads_where_one_was_going_but_to_no_other_host(client, user):
    address = f"{SIGN_IN}?next=/phieu/"
    assert client.post(address, {"username": "CB001", "password": PASSWORD})["Location"] == "/phieu/"
    client.logout()
    foreign = client.post(
        f"{SIGN_IN}?next=https://evil.example/", {"username": "CB001", "password": PASSWORD}
    )
    assert foreign["Location"] == "/"


def test_the_session_key_changes_at_sign_in(client, user):
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    client.cookies["kpi_session"] = planted
    sign_in(client)
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_wrong_password_an_unknown_and_a_deactivated_account_read_the_same(client, user):
    UserFactory(username="CB002", inactive=True)
    pages = set()
    for username in ("CB001", "KHONGCO", "CB002"):
        response = sign_in(client, username, "sai mật khẩu")
        assert response.status_code == 200
        pages.add(response.content.decode().replace(username, "…").split("csrfmiddlewaretoken")[0])
        errors = response.context["form"].non_field_errors()
        assert len(errors) == 1
    assert len({str(error) for error in errors}) == 1
    assert not is_signed_in(client)


def test_five_wrong_attempts_lock_the_account_and_the_sixth_right_one_is_refused(client, user):
    statuses = [sign_in(client, password="sai").status_code for _attempt in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    response = sign_in(client)
    assert response.status_code == 429
    assert not is_signed_in(client)
    assert "Lê Thị Mật" not in response.content.decode()


def test_the_present_password_is_guessed_five_times_and_no_more(client, user):
    sign_in(client)
    page, new = "/tai-khoan/mat-khau/", "một câu dài dễ nhớ"

    def change(current):
        return client.post(page, {"current": current, "new": new, "repeated": new}).status_code

    statuses = [change(f"sai {attempt}") for attempt in range(5)]
    assert statuses == [422, 422, 422, 422, 429]
    assert change(PASSWORD) == 429
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert sign_in(Client()).status_code == 429
    unlock(actor=UserFactory(), moment=timezone.now(), user=user, reason="Gõ nhầm bàn phím")
    assert change(PASSWORD) == 302


def test_an_unknown_account_is_locked_the_same(client, user):
    assert [sign_in(client, "KHONGCO", "sai").status_code for _attempt in range(5)] == [
        200,
        200,
        200,
        200,
        429,
    ]


def test_another_account_from_the_same_place_and_the_account_from_another_still_work(client, user):
    User.objects.create_user("CB002", PASSWORD)
    for _attempt in range(6):
        sign_in(client, password="sai")
    assert sign_in(client, "CB002").status_code == 302
    client.logout()
    assert sign_in(client, REMOTE_ADDR="10.9.8.7").status_code == 302


def test_a_header_of_the_client_is_no_other_place(client, user):
    for attempt in range(6):
        response = sign_in(client, password="sai", HTTP_X_FORWARDED_FOR=f"10.0.0.{attempt}")
    assert response.status_code == 429


def test_success_forgets_the_wrong_attempts(client, user):
    for _round in range(3):
        for _attempt in range(4):
            sign_in(client, password="sai")
        assert sign_in(client).status_code == 302
        client.logout()


def test_unlocking_lets_in_again(client, user):
    for _attempt in range(5):
        sign_in(client, password="sai")
    unlock(actor=UserFactory(), moment=timezone.now(), user=user, reason="Gõ nhầm bàn phím")
    assert sign_in(client).status_code == 302


def test_who_is_signed_in_does_not_see_the_sign_in_page(client, user):
    client.force_login(user)
    assert client.get(SIGN_IN)["Location"] == "/"


@pytest.mark.parametrize("address", ["/", "/phieu/", "/don-vi/", "/tai-khoan/mat-khau/"])
def test_nothing_is_shown_before_signing_in(client, address):
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (302, f"{SIGN_IN}?next={address}")


def test_signing_out_is_a_post(client, user):
    client.force_login(user)
    assert client.get("/tai-khoan/dang-xuat/").status_code == 405
    assert is_signed_in(client)
    assert client.post("/tai-khoan/dang-xuat/")["Location"] == SIGN_IN
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("idle", "stays"), [(timedelta(minutes=14), True), (timedelta(minutes=15, seconds=1), False)]
)
def test_an_idle_session_ends_after_fifteen_minutes(client, user, idle, stays):
    client.force_login(user)
    client.get("/tai-khoan/mat-khau/")
    move_back(client, SEEN, idle)
    response = client.get("/tai-khoan/mat-khau/")
    assert is_signed_in(client) is stays
    assert response.status_code == (200 if stays else 302)
    if not stays:
        assert response["Location"] == f"{SIGN_IN}?next=%2Ftai-khoan%2Fmat-khau%2F"
        assert len(list(get_messages(response.wsgi_request))) == 1


def test_a_form_sent_from_an_idle_session_is_not_done(client, user):
    client.force_login(user)
    client.get("/tai-khoan/mat-khau/")
    move_back(client, SEEN, timedelta(minutes=16))
    new = "một mật khẩu khác hẳn"
    response = client.post("/tai-khoan/mat-khau/", {"current": PASSWORD, "new": new, "repeated": new})
    assert response["Location"] == f"{SIGN_IN}?"
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_activity_keeps_a_session_until_twelve_hours(client, user):
    client.force_login(user)
    client.get("/tai-khoan/mat-khau/")
    move_back(client, BEGAN, timedelta(hours=11, minutes=59))
    assert client.get("/tai-khoan/mat-khau/").status_code == 200
    move_back(client, BEGAN, timedelta(minutes=2))
    assert client.get("/tai-khoan/mat-khau/").status_code == 302
    assert not is_signed_in(client)


def test_seeing_pages_writes_the_session_once_a_minute(client, user):
    client.force_login(user)
    client.get("/tai-khoan/mat-khau/")
    seen = client.session[SEEN]
    move_back(client, SEEN, timedelta(seconds=20))
    client.get("/tai-khoan/mat-khau/")
    assert client.session[SEEN] == seen - 20
    move_back(client, SEEN, timedelta(seconds=40))
    client.get("/tai-khoan/mat-khau/")
    assert client.session[SEEN] >= seen


def move_back(client, key, by):
    session = client.session
    session[key] -= int(by.total_seconds())
    session.save()


def test_a_deactivated_account_is_out_with_its_next_request(client, user):
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/tai-khoan/mat-khau/")["Location"].startswith(SIGN_IN)


def test_ended_sessions_are_forgotten(client, user):
    client.force_login(user)
    assert forget_ended_sessions(actor=system_user(), moment=timezone.now()) == 0
    assert forget_ended_sessions(actor=system_user(), moment=timezone.now() + timedelta(days=30)) == 1


# --- The first password -------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/phieu/", "/admin/", "/so-tay/"])
def test_the_first_password_must_be_changed_before_anything_else(client, user, address):
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client.force_login(user)
    assert client.get(address)["Location"] == "/tai-khoan/mat-khau/"


def test_changing_it_opens_the_rest_and_keeps_the_session(client, user):
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client.force_login(user)
    page = client.get("/tai-khoan/mat-khau/")
    assert page.context["must_change"] is True
    new = "một mật khẩu khác hẳn"
    response = client.post("/tai-khoan/mat-khau/", {"current": PASSWORD, "new": new, "repeated": new})
    assert response["Location"] == "/"
    assert client.get("/tai-khoan/mat-khau/").context["must_change"] is False
    user.refresh_from_db()
    assert user.check_password(new)
    assert user.password_changed_at is not None


def test_signing_out_and_the_language_need_no_new_password(client, user):
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client.force_login(user)
    assert client.post("/ngon-ngu/", {"language": "en", "next": "/tai-khoan/mat-khau/"}).status_code == 302
    assert client.post("/tai-khoan/dang-xuat/")["Location"] == SIGN_IN


@pytest.mark.parametrize(
    ("current", "new", "repeated", "field"),
    [
        ("sai", "một mật khẩu khác hẳn", "một mật khẩu khác hẳn", "current"),
        (PASSWORD, "một mật khẩu khác hẳn", "một mật khẩu nữa nào đó", "repeated"),
        (PASSWORD, PASSWORD, PASSWORD, "new"),
        (PASSWORD, "ngắn", "ngắn", "new"),
        (PASSWORD, "", "", "new"),
    ],
)
def test_a_password_that_cannot_be_used_is_answered_at_its_field(client, user, current, new, repeated, field):
    client.force_login(user)
    response = client.post("/tai-khoan/mat-khau/", {"current": current, "new": new, "repeated": repeated})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


# --- The demonstration --------------------------------------------------------------------------------------


@pytest.fixture
def people():
    return [
        UserFactory(username=account.username, display_name=f"Người của {account.username}")
        for account in ACCOUNTS
    ]


def demonstrate(client, username, **data):
    return client.post(reverse("accounts:demonstration_sign_in"), {"demonstration": username, **data})


def test_in_the_demonstration_each_of_those_offered_signs_in_with_one_click(client, people, settings):
    settings.DEMONSTRATION = True
    page = client.get(SIGN_IN).content.decode()
    for person in people:
        assert person.display_name in page
        assert demonstrate(client, person.username)["Location"] == "/"
        assert client.session["_auth_user_id"] == str(person.pk)
        client.logout()
    assert len(people) == 7


def test_the_click_leads_where_one_was_going_but_to_no_other_host(client, people, settings):
    settings.DEMONSTRATION = True
    assert demonstrate(client, "can-bo", next="/phieu/")["Location"] == "/phieu/"
    client.logout()
    assert demonstrate(client, "can-bo", next="//evil.example/")["Location"] == "/"


def test_outside_a_demonstration_the_click_does_not_exist(client, people, settings):
    settings.DEMONSTRATION = False
    page = client.get(SIGN_IN).content.decode()
    assert [person.username for person in people if person.display_name in page] == []
    assert demonstrate(client, "can-bo").status_code == 404
    assert client.get(reverse("accounts:demonstration_sign_in")).status_code == 404
    assert not is_signed_in(client)


@pytest.mark.parametrize("username", ["he-thong", "CB001", "", "chinh-sach"])
def test_only_active_people_of_the_demonstration_are_offered(client, user, people, settings, username):
    settings.DEMONSTRATION = True
    User.objects.filter(username="chinh-sach").update(is_active=False)
    system_user()
    assert demonstrate(client, username).status_code == 404
    assert client.get(reverse("accounts:demonstration_sign_in")).status_code == 405
    assert not is_signed_in(client)


def test_the_tests_themselves_run_outside_a_demonstration(settings):
    assert settings.DEMONSTRATION is False


def test_t42_a_made_up_address_at_each_attempt_does_not_lift_the_lock(client, user, settings):
    """What a client writes into X-Forwarded-For is no way around the lock; the owner elsewhere still enters (T36)."""
    settings.PROXY_COUNT = 1
    address = reverse("accounts:sign_in")

    def tried(password: str, forwarded: str) -> int:
        data = {"username": user.username, "password": password}
        return client.post(address, data, headers={"x-forwarded-for": forwarded}).status_code

    statuses = [tried("sai", f"198.51.100.{number}, 203.0.113.9") for number in range(6)]

    assert statuses == [200, 200, 200, 200, 429, 429]
    assert tried(PASSWORD, "203.0.113.9") == 429
    assert tried(PASSWORD, "203.0.113.10") == 302
