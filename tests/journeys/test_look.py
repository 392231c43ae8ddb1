"""What the workspace has to be for every reader: open to all in light and dark, light to load, plain on paper."""

import re
from collections.abc import Callable, Iterator

import brotlicffi
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from kpi_cms.interfaces.workspace import gallery
from tests.journeys.people import DESK, PHONE, Somebody, Town

pytestmark = pytest.mark.journey

UNIT = "HUNG-NGUYEN-CQ-KT"
FIRST_LOAD = 40_000  # bytes of page, style and script together, as brotli carries them
A4 = {"width": 718, "height": 1000}  # 210 mm less two margins of 10 mm, in CSS pixels
AXE = """async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const results = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
    if (results.passes.length < 10) throw new Error("axe looked at next to nothing");
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""


# --- Ways to the pages --------------------------------------------------------------------------------------
def sign_in(town: Town) -> Somebody:
    return town.stranger("visitor").open("/tai-khoan/dang-nhap/")


def refused_sign_in(town: Town) -> Somebody:
    visitor = sign_in(town)
    return visitor.press("Sign in")


def home(town: Town) -> Somebody:
    return town["truong-phong"].open("/")


def card(town: Town) -> Somebody:
    person = town["can-bo"].open("/phieu/")
    return person.go(person.page.locator("main tbody th a").first)


def evaluation(town: Town) -> Somebody:
    head = town["truong-phong"].open("/danh-gia/")
    return head.go(head.page.locator("main a[href$='/danh-gia/']").first)


def stale_save(town: Town) -> Somebody:
    """The page of 409: somebody else saved in between."""
    head = evaluation(town)
    second = Somebody(head.context, town.product, head.camera, head.who)
    second.page.goto(head.page.url)
    second.page.locator("input.kpi-score").first.fill("4")
    second.press("Save").page.close()
    head.page.locator("input.kpi-score").first.fill("3")
    return head.press("Save", status=409)


def why(town: Town) -> Somebody:
    head = town["truong-phong"].open(f"/don-vi/{UNIT}/?trang-thai=notified")
    head.go(head.page.locator("main tbody th a").first)
    return head.go(head.page.locator("main a[href*='/vi-sao/']").first)


def unit(town: Town) -> Somebody:
    return town["truong-phong"].open(f"/don-vi/{UNIT}/")


def task_form(town: Town) -> Somebody:
    person = town["can-bo"].open("/nhiem-vu/")
    person.go(person.page.locator("main td a").first)
    return person.press("Report", status=422)


def nothing_here(town: Town) -> Somebody:
    return town["can-bo"].open("/phieu/999999/", status=404)


def not_allowed(town: Town) -> Somebody:
    person = card(town)
    return person.open(f"{person.page.url.removeprefix(town.product.address)}danh-gia/", status=403)


def period(town: Town) -> Somebody:
    policy = town["chinh-sach"].open("/ky/")
    return policy.go(policy.page.locator("main tbody th a").first)


def progress(town: Town) -> Somebody:
    return town["chinh-sach"].open("/tien-do/NGHE-AN/")


def history(town: Town) -> Somebody:
    return town["kiem-tra"].open(f"/lich-su/{UNIT}/")


def handbook(town: Town) -> Somebody:
    return town["can-bo"].open("/so-tay/ND335-LD/")


def parts(town: Town) -> Somebody:
    """The gallery of every part, at an address of the product: its own style, script and policy."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with translation.override("vi"):
        text = render_to_string("workspace/gallery.html", gallery.context(), request)
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
    visitor = town.stranger("visitor")
    visitor.page.route(
        "**/bo-phan/",
        lambda route: route.fulfill(
            body=text, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy}
        ),
    )
    return visitor.open("/bo-phan/")


PAGES: dict[str, Callable[[Town], Somebody]] = {
    way.__name__: way
    for way in (
        sign_in, refused_sign_in, home, card, evaluation, stale_save, why, unit, task_form, nothing_here, not_allowed,
        period, progress, history, handbook, parts,
    )
}  # fmt: skip


@pytest.fixture
def reset(town: Town) -> Iterator[None]:
    """The browsers of known people go back to a desk in daylight."""
    yield
    for somebody in town.known():
        somebody.page.emulate_media(color_scheme="light", media="screen")
        somebody.page.set_viewport_size(DESK)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("reset")
def test_no_reader_is_shut_out(town: Town, name: str) -> None:
    reader = PAGES[name](town)
    reader.page.evaluate(AXE_SCRIPT)
    found = {}
    # Colours do not follow the width, nor places the colours: two of the four are enough.
    for scheme, size in (("light", DESK), ("dark", PHONE)):
        reader.page.emulate_media(color_scheme=scheme)
        reader.page.set_viewport_size(size)
        at = f"{scheme}-{size['width']}"
        found[at] = reader.page.evaluate(AXE)
        if reader.overflow():
            found[at].append(f"{reader.overflow()} px too wide")
        reader.shot(f"{name}-{at}")
    assert {at: findings for at, findings in found.items() if findings} == {}


@pytest.mark.parametrize("name", ["card", "unit"])
def test_a_first_load_is_light(town: Town, name: str) -> None:
    reader = PAGES[name](town)
    bodies = {reader.page.url: reader.context.request.get(reader.page.url).body()}
    for address in reader.page.eval_on_selector_all(
        "link[rel=stylesheet], script[src]", "found => found.map((each) => each.href || each.src)"
    ):
        bodies[address] = reader.context.request.get(address).body()
    assert len(bodies) == 3
    weights = {address: len(brotlicffi.compress(body)) for address, body in bodies.items()}
    assert sum(weights.values()) <= FIRST_LOAD, weights
    assert weights[reader.page.url] <= 10_000, weights


@pytest.mark.parametrize("name", ["card", "evaluation", "unit", "why", "history", "handbook"])
@pytest.mark.usefixtures("reset")
def test_paper_is_white_and_wide_enough(town: Town, name: str) -> None:
    reader = PAGES[name](town)
    reader.page.set_viewport_size(A4)
    reader.page.emulate_media(color_scheme="dark", media="print")
    assert reader.overflow() == 0
    colours = reader.page.evaluate(
        """() => {
            const shown = ["html", "body", "main", "h1", "main p", "main td", "main th"];
            const elements = shown.map((name) => document.querySelector(name)).filter(Boolean);
            const of = (name) => elements.map((element) => getComputedStyle(element)[name]);
            return [of("backgroundColor"), of("color")];
        }"""
    )
    assert "rgb(255, 255, 255)" in colours[0][:2]  # of the root or of the body: either colours the sheet
    assert set(colours[0]) <= {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    written = colours[1][1:]  # the root has no text of its own
    assert all(max(map(int, re.findall(r"\d+", colour)[:3])) < 100 for colour in written), written
    assert (
        reader.page.locator("nav, .kpi-savebar, main button:not(.govuk-visually-hidden)")
        .filter(visible=True)
        .count()
        == 0
    )
    reader.shot(f"paper-{name}")
