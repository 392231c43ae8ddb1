"""Nothing that has to be done needs a mouse: signing in, one's own scores, reports, an evaluation."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys import conduct
from tests.journeys.people import PASSWORD, Somebody, Town, vi

pytestmark = pytest.mark.journey

FURTHEST = 200  # presses of Tab after which a page counts as a trap

# The host's editor scrolls to the focus gently: two seconds are left to it.
SEEN = """async element => {
    let own = element.getBoundingClientRect();
    for (let turn = 0; turn < 40 && (own.top <= -1 || own.bottom - innerHeight >= 1); turn++) {
        await new Promise((done) => setTimeout(done, 50));
        own = element.getBoundingClientRect();
    }
    const style = getComputedStyle(element);
    return [own.top, own.bottom - innerHeight, style.outlineStyle !== "none" || style.boxShadow !== "none"];
}"""


def tab_to(somebody: Somebody, target: Locator) -> Somebody:
    """Press Tab until the focus stands there, and see that it can be seen."""
    for _press in range(FURTHEST):
        somebody.page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            top, bottom, drawn = target.evaluate(SEEN)
            assert drawn, f"the focus on {target} is not drawn"
            assert top > -1, f"{target} has the focus and is {-top} px above the window"
            assert bottom < 1, f"{target} has the focus and is {bottom} px below the window"
            return somebody
    raise AssertionError(f"{FURTHEST} presses of Tab do not lead to {target}")


def button(somebody: Somebody, name: str) -> Locator:
    return somebody.page.locator("main").get_by_role("button", name=vi(name), exact=True).first


def link(somebody: Somebody, name: str) -> Locator:
    return somebody.page.locator("body").get_by_role("link", name=vi(name)).first


def test_signing_in_and_skipping_to_the_content(town: Town) -> None:
    visitor = town.stranger("can-bo").open("/tai-khoan/dang-nhap/")
    expect(visitor.page.locator("#id_username")).to_be_focused()
    visitor.page.keyboard.type("can-bo")
    tab_to(visitor, visitor.page.locator("#id_password"))
    visitor.page.keyboard.type(PASSWORD)
    visitor.enter().reads("What waits for me")
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.locator(".govuk-skip-link")).to_be_focused()
    visitor.shot("skip-link", whole=False)
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"


def test_changing_a_folded_criterion_of_a_set(town: Town) -> None:
    """Everything below the parts is folded when an author comes; each block opens where the focus is."""
    author = town["chinh-sach"].open("/")
    author.menu("Registers and criteria").follow(re.compile("không giữ chức vụ lãnh đạo, quản lý"))
    field = author.page.locator(f"[name='{conduct.CRITERION}-maximum']")
    expect(field).to_be_hidden()
    author.shot("folded", whole=False)
    handles = conduct.handles_around(author, field)
    folded = [handle for handle in handles if handle.get_attribute("aria-expanded") == "false"]
    assert len(folded) == 2  # the section and the criterion
    for handle in folded:
        tab_to(author, handle)
        author.page.keyboard.press("Enter")
        expect(handle).to_have_attribute("aria-expanded", "true")
    tab_to(author, field)
    author.page.keyboard.type("4")
    tab_to(author, author.page.locator("footer button[type=submit]").first).enter()
    expect(field).to_have_value("4")
    author.shot("saved", whole=False)


def test_reporting_a_task(town: Town) -> None:
    person = town["can-bo"].open("/")
    tab_to(person, person.page.locator("main a[href$='/bao-cao/']").first).enter()
    tab_to(person, person.page.locator("#id_completed"))
    person.page.keyboard.type("1")
    tab_to(person, button(person, "Report")).enter(status=422)
    expect(person.page.locator(".govuk-error-summary")).to_be_focused()
    person.shot("errors")
    tab_to(person, person.page.locator(".govuk-error-summary a").first)
    person.page.keyboard.press("Enter")
    focused = person.page.evaluate("document.activeElement.id")
    assert focused.startswith("id_")


def test_scoring_oneself_and_sending_the_card(town: Town) -> None:
    person = town["can-bo"].open("/phieu/")
    tab_to(person, person.page.locator("main tbody th a").first).enter()
    fields = person.page.locator("input.kpi-score")
    tab_to(person, fields.first)
    person.page.keyboard.type("6")
    person.page.keyboard.press("Tab")
    expect(fields.first).to_have_attribute("aria-invalid", "true")
    expect(person.page.locator("[data-score-form-target=status]")).not_to_be_empty()
    person.shot("too-many-points")
    person.page.keyboard.press("Shift+Tab")
    expect(fields.first).to_be_focused()
    for number in range(fields.count()):
        expect(fields.nth(number)).to_be_focused()
        person.page.keyboard.type("4.5" if number < 2 else "2")
        person.page.keyboard.press("Enter")
    assert fields.first.input_value() == "4,5"
    expect(button(person, "Save")).to_be_focused()
    person.shot("scored")
    tab_to(person, button(person, "Save and send")).enter()
    tab_to(person, button(person, "Send to the evaluator")).enter()
    person.told("The self-assessment is sent. The evaluator sees it now.").shot("sent")


def test_evaluating_taking_over_and_confirming(town: Town) -> None:
    head = town["truong-phong"].open("/danh-gia/")
    tab_to(head, head.page.locator("main a[href$='/danh-gia/']").first).enter()
    fields = head.page.locator("input.kpi-score")
    taken = head.page.locator("main tbody button").first
    tab_to(head, taken)
    head.page.keyboard.press("Enter")
    expect(fields.first).not_to_have_value("")
    expect(fields.first).to_be_focused()
    for number in range(fields.count()):
        expect(fields.nth(number)).to_be_focused()
        head.page.keyboard.type("4" if number < 2 else "2,25")
        head.page.keyboard.press("ArrowDown" if number + 1 < fields.count() else "Enter")
    head.shot("evaluated")
    tab_to(head, button(head, "Save and confirm")).enter()
    tab_to(head, button(head, "Confirm the result")).enter()
    head.told("The result is confirmed. Notify the person of it next.").shot("confirmed")
    tab_to(head, button(head, "Notify the person of the result")).enter()
    head.told("The person is notified. From today they can appeal against the result.")
