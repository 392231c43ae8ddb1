"""The same work at 390 × 844: nothing is wider than the phone, and everything to touch is large enough."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.helpers import files
from tests.journeys import conduct
from tests.journeys.people import PHONE, Somebody, Town, vi

pytestmark = pytest.mark.journey

# WCAG 2.5.8 asks for 24 × 24 px, links inside a sentence excepted. Fields and buttons have 40, scores 44.
SMALL = """() => {
    const choices = "[type=radio], [type=checkbox]";
    const controls = "input:not([type=hidden]), select, textarea, button, a.govuk-button, summary";
    const found = [];
    for (const element of document.querySelectorAll(`main :is(${controls}), nav a`)) {
        const own = element.getBoundingClientRect();
        if (!element.checkVisibility({ visibilityProperty: true }) || own.width <= 1 || own.height <= 1) continue;
        const label = element.matches(choices) ? element.labels[0].getBoundingClientRect() : own;
        const height = Math.max(own.height, label.height);
        const least = element.matches(`summary, nav a, .kpi-link-button, ${choices}`) ? 24
            : element.matches(".kpi-score") ? 44 : 40;
        if (height < least - 0.5 || own.width < 24) found.push(
            `${element.tagName} ${element.id || element.className || element.textContent}: ${own.width} × ${height}`
        );
    }
    return found;
}"""


def fits(somebody: Somebody, what: str) -> Somebody:
    """A picture, no sideways scrolling, and targets for a finger."""
    somebody.shot(what)
    assert somebody.overflow() == 0, f"{what} is {somebody.overflow()} px too wide"
    assert somebody.page.evaluate(SMALL) == []
    return somebody


@pytest.fixture
def phone(town: Town):
    """Signs somebody in at a phone."""
    return lambda who: town.somebody(who, viewport=PHONE, is_mobile=True, has_touch=True)


def test_the_sign_in_page_and_the_menu(town: Town) -> None:
    visitor = town.stranger("visitor", viewport=PHONE, is_mobile=True, has_touch=True)
    fits(visitor.open("/tai-khoan/dang-nhap/"), "sign-in")
    visitor.go(visitor.page.locator("button[value='truong-phong']"))
    fits(visitor, "home")
    toggle = visitor.page.locator(".govuk-service-navigation__toggle")
    toggle.tap()
    expect(visitor.page.locator("#navigation")).to_be_visible()
    fits(visitor, "menu")


def test_a_member_of_staff_reports_and_scores(phone) -> None:
    person: Somebody = phone("can-bo")
    fits(person.open("/nhiem-vu/"), "tasks")
    person.go(person.page.locator("main td a").first)
    fits(person, "report")
    fits(person.open("/phieu/"), "cards")
    person.go(person.page.locator("main tbody th a").first)
    fits(person, "card")
    conduct.score_all(person, but={"I.1": "4,5"})
    fits(person, "scored")
    person.press("Save and send")
    fits(person, "send")


def test_a_photo_of_the_phone_becomes_evidence(phone, tmp_path: Path) -> None:
    """A picture of its camera, refused as long as it is none; the scores typed before are not lost on the way."""
    photo, page = tmp_path / "Biên bản.jpg", tmp_path / "bien-ban.pdf"
    photo.write_bytes(files.picture(size=(1200, 900)))
    page.write_bytes(b"<html></html>")
    person: Somebody = phone("can-bo")
    person.open("/phieu/").go(person.page.locator("main tbody th a").first)
    person.page.locator("input.kpi-score").first.fill("3,5")
    person.press(re.compile(vi("Save, then attach evidence")))
    fits(person, "evidence")
    person.page.locator("#id_title").fill("Biên bản họp tổ")
    person.page.set_input_files("#id_file", page)
    person.press("Attach the file", status=422)
    fits(person, "evidence-refused")
    assert person.page.locator("#id_title").input_value() == "Biên bản họp tổ"
    person.page.set_input_files("#id_file", photo)
    person.press("Attach the file").reads("Biên bản họp tổ")
    fits(person, "evidence-attached")
    with person.page.expect_download() as download:
        person.page.get_by_role("link", name="Biên bản họp tổ", exact=True).click()
    assert download.value.suggested_filename == "Biên bản họp tổ.jpg"
    person.follow("Back to the card")
    fits(person, "card-with-evidence")
    assert person.page.locator("input.kpi-score").first.input_value() == "3,5"
    person.press(re.compile(vi("Save, then add or withdraw")))
    person.follow(re.compile(r"^Rút\b"))
    fits(person, "evidence-withdraw")
    person.press("Withdraw the file").reads("No file is attached yet.")


def test_a_head_assigns_and_evaluates(phone) -> None:
    head: Somebody = phone("truong-phong")
    for address, what in (
        ("/don-vi/HUNG-NGUYEN-CQ-KT/", "unit"),
        ("/don-vi/HUNG-NGUYEN-CQ-KT/nhiem-vu/", "unit-tasks"),
        ("/danh-gia/", "evaluations"),
        ("/tien-do/HUNG-NGUYEN-CQ-KT/", "progress"),
    ):
        fits(head.open(address), what)
    head.open("/don-vi/HUNG-NGUYEN-CQ-KT/nhiem-vu/").go(head.page.locator("main tbody th a").first)
    fits(head, "person-tasks")
    head.follow("Assign a task")
    fits(head, "assign")
    head.open("/danh-gia/").go(head.page.locator("main a[href$='/danh-gia/']").first)
    fits(head, "evaluate")
    conduct.score_all(head)
    head.press("Save and confirm")
    fits(head, "confirm")


def test_the_others_read(phone) -> None:
    chair: Somebody = phone("chu-tich")
    fits(chair.open("/danh-gia/"), "chair-evaluations")
    policy: Somebody = phone("chinh-sach")
    for address, what in (
        ("/ky/", "periods"),
        ("/tien-do/NGHE-AN/", "whole-progress"),
        ("/so-tay/", "handbook"),
    ):
        fits(policy.open(address), what)
    edit = policy.open("/admin/").page.locator("a[href*='/edit/']").first.get_attribute("href")
    assert edit is not None
    [number] = re.findall(r"\d+", edit)
    fits(policy.open(f"/tac-dong/{number}/"), "impact")
    policy.open("/ky/").go(policy.page.locator("main tbody th a").first)
    fits(policy, "period")
    fits(policy.open("/so-tay/ND335-LD/"), "criteria")
    auditor: Somebody = phone("kiem-tra")
    fits(auditor.open("/lich-su/"), "history")
    fits(auditor.open("/lich-su/HUNG-NGUYEN-CQ-KT/"), "unit-history")
    auditor.go(auditor.page.locator("main td a").first)
    fits(auditor, "card-history")


def test_trying_a_criteria_set(phone) -> None:
    policy = phone("chinh-sach").open("/admin/pages/")
    policy.follow(re.compile("không giữ chức vụ lãnh đạo, quản lý"))
    policy.open(
        urlsplit(policy.page.url).path.replace("/pages/", "/bo-tieu-chi/").replace("/edit/", "/cham-thu/")
    )
    policy.follow("Đúng 90 điểm").shot("try")
    assert policy.overflow() == 0
    result = policy.page.locator(".trial-result")
    policy.page.locator("#tasks-0-completed").focus()
    policy.page.wait_for_function(  # what has the focus stands above the result, which keeps to the lower edge
        """() => {
            const [field, result] = ["#tasks-0-completed", ".trial-result"].map(
                (one) => document.querySelector(one).getBoundingClientRect());
            return field.top > 0 && field.bottom <= result.top;
        }"""
    )
    policy.page.keyboard.press("ControlOrMeta+a")
    policy.page.keyboard.type("7")
    expect(result).to_contain_text("100 Hoàn thành xuất sắc nhiệm vụ")
    policy.enter()
    expect(result).to_contain_text("100 Hoàn thành xuất sắc nhiệm vụ")
    policy.shot("tried")


def test_starting_a_criteria_set_from_a_template(phone) -> None:
    policy = phone("chinh-sach").open("/admin/bo-tieu-chi/tu-mau/").shot("templates")
    assert policy.overflow() == 0
    policy.press("Make the draft", status=422).shot("templates-refused")
    assert policy.overflow() == 0
    policy.page.get_by_label(vi("Public employees"), exact=True).check()
    policy.page.locator("#id_code").fill("VC-2027")
    policy.page.locator("#id_title").fill("Bộ tiêu chí viên chức của tỉnh")
    policy.press("Make the draft")
    expect(policy.page.locator("#id_code")).to_have_value("VC-2027")
    expect(policy.page.locator("body")).to_contain_text(
        vi("The draft was made. Adapt it here; nothing was issued.")
    )
