"""Signing in: the demonstration's buttons, five wrong attempts, the first password, an idle session, the languages."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.people import OFFERED, PASSWORD, Town, vi

pytestmark = pytest.mark.journey

OWN = "mùa gặt tháng mười ở Hưng Nguyên"
NAMES = {
    "chinh-sach": "Đỗ Thị Vân",
    "chinh-sach-2": "Nguyễn Thị Nga",
    "dau-moi": "Đặng Văn Thuận",
    "can-bo": "Dương Thanh Dũng",
    "truong-phong": "Đậu Công Hưng",
    "chu-tich": "Ngô Văn Cường",
    "kiem-tra": "Đinh Bá Tuấn",
}


def test_one_press_signs_in_each_of_those_offered(town: Town) -> None:
    visitor = town.stranger("visitor").open("/tai-khoan/dang-nhap/").shot("sign-in")
    buttons = visitor.page.locator("button[name=demonstration]")
    assert [button.get_attribute("value") for button in buttons.all()] == list(OFFERED)
    for who in OFFERED:
        somebody = town[who].reads("What waits for me").shot("home")
        assert somebody.page.locator(".kpi-account__name").inner_text() == NAMES[who]


def test_whoever_writes_no_criteria_and_keeps_no_register_finds_no_admin(town: Town) -> None:
    for who in ("can-bo", "truong-phong", "chu-tich", "kiem-tra"):
        town[who].open("/admin/", status=404).reads("Nothing here").open("/admin/pages/", status=404)
        town[who].open("/").page.locator("#navigation").wait_for()
        assert town[who].page.locator("#navigation a[href^='/admin/']").count() == 0
    town["can-bo"].open("/admin/", status=404).shot("no-admin")


def test_five_wrong_passwords_lock_the_account_for_this_place(town: Town) -> None:
    visitor = town.stranger("to-chuc").open("/tai-khoan/dang-nhap/")
    wrong = "The account name or the password is not right. Five wrong attempts lock the account."
    for attempt in range(1, 6):
        visitor.page.fill("#id_username", "to-chuc")
        visitor.page.fill("#id_password", f"sai-mat-khau-{attempt}")
        visitor.press("Sign in", status=200 if attempt < 5 else 429)
        visitor.reads(wrong if attempt < 5 else "Signing in is locked")
    visitor.shot("locked").follow("Back to signing in")
    visitor.page.fill("#id_username", "to-chuc")
    visitor.page.fill("#id_password", PASSWORD)
    visitor.press("Sign in", status=429).reads("Signing in is locked")


def test_a_new_account_shows_its_password_once_and_changes_it_first(town: Town) -> None:
    clerk = town["dau-moi"].open("/admin/").follow(vi("people").capitalize())
    # The list looks while one types, and writes the address when it has found.
    clerk.page.locator("input[name=q]").fill("NA00264")
    expect(clerk.page).to_have_url(re.compile("q=NA00264"))
    clerk.go(clerk.page.locator("main tbody tr", has_text="NA00264").locator("a").first).shot("person")
    clerk.follow("Create an account").press("Create an account").shot("first-password")
    password = clerk.page.locator("main code").inner_text()

    newcomer = town.stranger("NA00264").sign_in(password=password)
    newcomer.open("/phieu/").reads("Present password")
    for field, typed in (("current", password), ("new", "ngắn"), ("repeated", "khác")):
        newcomer.page.fill(f"#id_{field}", typed)
    newcomer.press("Change password", status=422).shot("refused-password")
    for field, typed in (("current", password), ("new", OWN), ("repeated", OWN)):
        newcomer.page.fill(f"#id_{field}", typed)
    newcomer.press("Change password").told("Your password was changed.")
    newcomer.context.clear_cookies()
    newcomer.sign_in(password=OWN).reads("What waits for me")


def test_a_sitting_that_nobody_touched_ends(town: Town) -> None:
    idle = town.somebody("chu-tich").reads("What waits for me")
    town.product.run(
        "from django.contrib.sessions.backends.db import SessionStore\n"
        "from django.contrib.sessions.models import Session\n"
        "for row in Session.objects.all():\n"
        "    session = SessionStore(row.session_key)\n"
        "    if 'sign_in_seen' in session:\n"
        "        session['sign_in_seen'] -= 16 * 60\n"
        "        session.save()\n"
    )
    idle.open("/phieu/").reads("You were signed out because nothing happened for a while. Sign in to go on.")
    idle.shot("signed-out")
    idle.page.fill("#id_username", "chu-tich")
    idle.page.fill("#id_password", PASSWORD)
    idle.press("Sign in").reads("My cards")


def test_the_reader_chooses_the_language_before_and_after_signing_in(town: Town) -> None:
    visitor = town.stranger("can-bo").open("/tai-khoan/dang-nhap/")
    assert visitor.page.locator("html").get_attribute("lang") == "vi"
    visitor.press(re.compile("^English$"), within="header")
    assert visitor.page.locator("html").get_attribute("lang") == "en"
    assert visitor.page.locator("h1").inner_text() == "Sign in"
    visitor.go(visitor.page.locator("button[value='can-bo']"))
    assert visitor.page.locator("h1").inner_text() == "What waits for me"
    visitor.page.locator(".kpi-account__name").click()
    visitor.shot("english").press(re.compile("^Tiếng Việt$"), within="header").reads("What waits for me")


def test_who_signs_out_is_asked_again(town: Town) -> None:
    somebody = town.somebody("can-bo")
    somebody.page.locator(".kpi-account__name").click()
    somebody.press("Sign out", within="header")
    somebody.open("/nhiem-vu/")
    assert somebody.page.url.endswith("/tai-khoan/dang-nhap/?next=/nhiem-vu/")
    somebody.go(somebody.page.locator("button[value='can-bo']")).reads("My tasks")
