"""What the one script does, in a real browser, under the product's policy with Trusted Types required."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Browser, Page, Route, sync_playwright

from kpi_cms.interfaces.workspace import gallery

pytestmark = pytest.mark.journey

STATIC = settings.BASE_DIR / "kpi_cms/interfaces/workspace/static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Playwright's own Chromium, or the machine's where that one is not installed."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path).exists()
        path = None if own else shutil.which("chromium") or shutil.which("google-chrome")
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-quic"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Every test here also proves that the policy refused nothing and no script failed."""
    opened = browser.new_page(color_scheme="dark", viewport={"width": 1280, "height": 900})
    opened.add_init_script(WATCH)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert opened.evaluate("window.refused") == []
    assert errors == []
    opened.close()


def show(page: Page, language: str = "vi", jobs: list[dict[str, object]] | None = None) -> None:
    """The gallery at an address of its own, without a server. `jobs`: answers about the job, in turn."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with translation.override(language):
        text: str = render_to_string("workspace/gallery.html", gallery.context(), request)
    if jobs:
        text = text.replace('data-progress-url-value=""', 'data-progress-url-value="/viec"')
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())

    def answer(route: Route) -> None:
        address = route.request.url.split("/", 3)[3]
        if address.startswith("static/"):
            file = STATIC / address.removeprefix("static/")
            route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        elif address == "viec" and jobs:
            route.fulfill(body=json.dumps(jobs.pop(0)), content_type="application/json")
        else:
            route.fulfill(
                body=text if address == "" else "<title>moved</title>",
                content_type="text/html; charset=utf-8",
                headers={"Content-Security-Policy": f"{policy}; require-trusted-types-for 'script'"},
            )

    page.route("**/*", answer)
    page.goto("http://workspace.test/")
    page.wait_for_selector("body.govuk-frontend-supported")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.className"))


def totals(page: Page) -> list[str]:
    return page.locator("output").all_text_contents()


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page: Page) -> None:
    show(page)
    assert focused(page) == "govuk-error-summary"
    page.get_by_role("link", name="Số lượng: ").click()
    assert focused(page) == "wrong_amount"


def test_scores_are_typed_one_under_another(page: Page) -> None:
    show(page)
    page.click("#I1")
    page.keyboard.type("3.25")
    assert totals(page) == ["8,00", "8,00"]
    page.keyboard.press("Enter")
    assert (page.input_value("#I1"), focused(page)) == ("3,25", "I2")
    page.keyboard.type("5")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("2,5")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "I2"
    page.keyboard.press("Shift+Enter")
    assert focused(page) == "I1"
    page.focus("#II1")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Lưu phiếu"
    assert totals(page) == ["10,75", "10,75"]
    assert page.text_content(".kpi-dirty") == page.get_attribute(".kpi-dirty", "data-text")


def test_a_wrong_score_is_marked_explained_and_not_sent(page: Page) -> None:
    show(page, "en")
    status = page.locator("[data-score-form-target=status]")
    height = status.evaluate("line => line.offsetHeight")
    for typed, sentence in [
        ("4,3", "I.1 Phẩm chất chính trị, đạo đức: in steps of 0.25 points."),
        ("5,25", "I.1 Phẩm chất chính trị, đạo đức: at most 5 points."),
        ("1.234,5", "I.1 Phẩm chất chính trị, đạo đức: write a number such as 4.5."),
        (
            "4.250",
            "I.1 Phẩm chất chính trị, đạo đức: “4.250” can be read in two ways. Write 4250 or 4.25.",
        ),
        (
            "1,125",
            "I.1 Phẩm chất chính trị, đạo đức: “1,125” can be read in two ways. Write 1125 or 1.1250.",
        ),
    ]:
        page.fill("#I1", typed)
        assert (status.text_content(), page.get_attribute("#I1", "aria-invalid")) == (sentence, "true")
    assert status.evaluate("line => line.offsetHeight") == height
    page.fill("#II1", "2,5")
    page.get_by_role("button", name="Lưu phiếu").click()
    assert focused(page) == "I1"
    assert page.url == "http://workspace.test/"
    page.fill("#I1", "4,5")
    assert (status.text_content(), page.get_attribute("#I1", "aria-invalid")) == ("", None)


def test_what_may_be_a_thousand_is_left_as_it_was_typed(page: Page) -> None:
    show(page)
    page.fill("#I1", "1.000")
    page.focus("#I2")
    assert (page.input_value("#I1"), page.get_attribute("#I1", "aria-invalid")) == ("1.000", "true")
    page.fill("#I1", "1,2500")
    page.focus("#I2")
    assert (page.input_value("#I1"), page.get_attribute("#I1", "aria-invalid")) == ("1,25", None)


def test_what_the_server_refused_stays_marked_until_it_is_changed(page: Page) -> None:
    show(page)
    assert page.get_attribute("#II1", "aria-invalid") == "true"
    page.fill("#II1", "2")
    assert page.get_attribute("#II1", "aria-invalid") is None


def test_an_english_page_shows_a_point(page: Page) -> None:
    show(page, "en")
    page.click("#I1")
    page.keyboard.type("3,25")
    page.keyboard.press("Enter")
    assert (page.input_value("#I1"), totals(page)) == ("3.25", ["8.00", "8.00"])


def test_a_second_press_sends_nothing(page: Page) -> None:
    show(page)
    page.fill("#II1", "2,5")
    page.evaluate(
        """
        const form = document.querySelector("#I1").form;
        window.sent = 0;
        form.addEventListener("submit", (event) => {
          window.sent += event.defaultPrevented ? 0 : 1;
          event.preventDefault();
        });
        form.requestSubmit();
        form.requestSubmit();
        """
    )
    assert page.evaluate("window.sent") == 1
    assert page.get_attribute(".kpi-savebar .govuk-button", "aria-disabled") == "true"


def test_a_list_is_found_without_marks(page: Page) -> None:
    show(page, "en")
    page.fill("#filter", "dang anh")
    assert page.locator("[data-filter-target=item]:visible th a").all_text_contents() == ["Đặng Thị Ngọc Ánh"]
    assert page.text_content("[data-filter-target=status]") == "1 found."
    page.fill("#filter", "zz")
    assert page.text_content("[data-filter-target=status]") == "Nothing found. Try fewer letters."
    page.fill("#filter", "")
    assert page.locator("[data-filter-target=item]:visible").count() == 4


def test_a_job_is_followed_to_its_end(page: Page) -> None:
    running = {"state": "running", "done": 200, "total": 400, "text": "Đã mở 200 trong 400 phiếu."}
    show(page, jobs=[running, {"state": "done", "done": 400, "total": 400, "text": "", "redirect": "/ky/7/"}])
    page.wait_for_selector("text=Đã mở 200 trong 400 phiếu.")
    assert page.evaluate("document.querySelector('progress').value") == 200
    page.wait_for_url("http://workspace.test/ky/7/")


def test_a_job_never_leads_to_another_host(page: Page) -> None:
    end = {"state": "done", "done": 1, "total": 1, "text": "", "redirect": "//elsewhere.test/"}
    show(page, jobs=[end, {**end, "state": "running", "text": "Vẫn ở đây."}])
    page.wait_for_selector("text=Vẫn ở đây.")
    assert page.url == "http://workspace.test/"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    show(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_a_field_with_the_focus_is_never_under_the_bar(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    show(page)
    page.evaluate("scrollTo(0, 0)")
    for name in ["I1", "I2", "II1"]:
        page.focus(f"#{name}")
        field, bar = page.locator(f"#{name}").bounding_box(), page.locator(".kpi-savebar").bounding_box()
        assert field is not None
        assert bar is not None
        assert field["y"] + field["height"] <= bar["y"]


def test_paper_is_black_on_white(page: Page) -> None:
    show(page)
    page.emulate_media(media="print")
    style = "getComputedStyle(document.body)"
    assert page.evaluate(f"[{style}.backgroundColor, {style}.color]") == [
        "rgb(255, 255, 255)",
        "rgb(0, 0, 0)",
    ]
    assert page.locator(".govuk-service-navigation").is_visible() is False
