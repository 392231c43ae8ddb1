"""Somebody at their own browser, with the verbs of a journey. Every verb waits for what it brings about.

Journeys are written in English and played in Vietnamese: what a verb is given is a message id, and the page has to
show its translation. Names, codes and whole Vietnamese sentences stand in no catalogue and mean themselves.
"""

import re
from pathlib import Path
from typing import Any

from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect

from tests.journeys.product import Product
from tests.journeys.watch import Watch

OUTPUT = Path(__file__).parent / "output"
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PASSWORD = "trinh-dien-2026"
SIX = ("chinh-sach", "dau-moi", "can-bo", "truong-phong", "chu-tich", "kiem-tra")
SECOND = "chinh-sach-2"  # of policy staff: issues what the first wrote
OFFERED = (SIX[0], SECOND, *SIX[1:])


def vi(sentence: str, **values: object) -> str:
    """What a page says for a message id, with its placeholders filled in."""
    with translation.override("vi"):
        said = translation.gettext(sentence)
    # A sentence in plain letters is a message id: with a slip in it, the page could never be found to say it.
    assert said != sentence or not (sentence.isascii() and " " in sentence), f"no such message: {sentence}"
    return said % values if values else said


Name = str | re.Pattern[str]


def _named(name: Name) -> dict[str, Any]:
    return {"name": vi(name), "exact": True} if isinstance(name, str) else {"name": name}


class Camera:
    """Pictures of one module, numbered in the order in which they were taken."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.taken = 0
        OUTPUT.mkdir(exist_ok=True)
        for old in OUTPUT.glob(f"{name}-*.png"):
            old.unlink()

    def take(self, page: Page, who: str, what: str, *, whole: bool = True) -> None:
        self.taken += 1
        page.screenshot(path=OUTPUT / f"{self.name}-{self.taken:03}-{who}-{what}.png", full_page=whole)


class Somebody:
    """One person, one browser of their own: nothing is shared with the others but the product."""

    def __init__(self, context: BrowserContext, product: Product, camera: Camera, who: str) -> None:
        self.context = context
        self.page = context.new_page()
        self.product = product
        self.camera = camera
        self.who = who

    # --- Going somewhere --------------------------------------------------------------------------------------
    def open(self, address: str, *, status: int = 200) -> "Somebody":
        response = self.page.goto(self.product.address + address)
        assert response is not None
        assert response.status == status, f"{response.status} at {address}"
        return self

    def go(self, target: Locator, *, status: int = 200) -> "Somebody":
        """Click what leads to another page, and wait for that page."""
        with self.page.expect_navigation() as navigation:
            target.click()
        return self._arrived(navigation.value, status)

    def enter(self, *, status: int = 200) -> "Somebody":
        """The same with the Enter key, where the focus is."""
        with self.page.expect_navigation() as navigation:
            self.page.keyboard.press("Enter")
        return self._arrived(navigation.value, status)

    def _arrived(self, response: Response, status: int) -> "Somebody":
        assert response.status == status, f"{response.status} at {response.url}: {self.said()[:600]}"
        return self

    def follow(self, name: Name, *, within: str = "main", status: int = 200) -> "Somebody":
        """Click the link of this name; of several the first."""
        return self.go(self.link(name, within=within), status=status)

    def press(self, name: Name, *, within: str = "main", status: int = 200) -> "Somebody":
        """Press the button of this name, and wait for the answer."""
        return self.go(self.page.locator(within).get_by_role("button", **_named(name)).first, status=status)

    def menu(self, name: str) -> "Somebody":
        """Take an entry of the workspace's navigation, whatever number stands beside it."""
        return self.follow(re.compile(rf"^{re.escape(vi(name))}(\s|$)"), within="#navigation")

    def link(self, name: Name, *, within: str = "main") -> Locator:
        return self.page.locator(within).get_by_role("link", **_named(name)).first

    # --- Signing in -------------------------------------------------------------------------------------------
    def sign_in(self, *, password: str = "") -> "Somebody":
        """One click for a person of the demonstration; with a password as everybody does outside of it."""
        self.open("/tai-khoan/dang-nhap/")
        if not password and self.who in OFFERED:
            return self.go(self.page.locator(f"button[value='{self.who}']"))
        self.page.fill("#id_username", self.who)
        self.page.fill("#id_password", password or PASSWORD)
        return self.press("Sign in")

    # --- Reading ----------------------------------------------------------------------------------------------
    def said(self) -> str:
        """The text of the page as somebody reads it, on one line."""
        return " ".join(self.page.locator("main").inner_text().split())

    def reads(self, *sentences: str) -> "Somebody":
        """Each of these stands on the page, in this order of asking."""
        for sentence in sentences:
            expect(self.page.locator("main")).to_contain_text(vi(sentence))
        return self

    def told(self, sentence: str) -> "Somebody":
        """The page's answer to what was just done."""
        expect(self.page.locator("main [role=alert]").first).to_contain_text(vi(sentence))
        return self

    def row(self, text: str) -> Locator:
        """The table's row that holds this text."""
        return self.page.locator("main tr").filter(has_text=vi(text)).first

    def fact(self, key: str) -> Locator:
        """The value beside a key in a list of facts."""
        rows = self.page.locator("main .govuk-summary-list__row")
        own = rows.filter(has=self.page.get_by_text(vi(key), exact=True))
        return own.locator(".govuk-summary-list__value").first

    def shot(self, what: str, *, whole: bool = True) -> "Somebody":
        self.camera.take(self.page, self.who, what, whole=whole)
        return self

    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        wider: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider


class Town:
    """Everybody of one module: makes their browsers, watches all of them, closes them."""

    def __init__(self, browser: Browser, product: Product, camera: Camera) -> None:
        self.browser = browser
        self.product = product
        self.camera = camera
        self.watch = Watch(product.address)
        self._known: dict[str, Somebody] = {}

    def stranger(self, who: str, **options: Any) -> Somebody:
        """Somebody at a fresh browser, not signed in."""
        context = self.browser.new_context(
            **{"locale": "vi-VN", "timezone_id": "Asia/Ho_Chi_Minh", "viewport": DESK, **options}
        )
        context.set_default_timeout(30_000)
        self.watch.follow(context)
        return Somebody(context, self.product, self.camera, who)

    def somebody(self, who: str, *, password: str = "", **options: Any) -> Somebody:
        """Somebody who signed in just now, at a browser of their own."""
        return self.stranger(who, **options).sign_in(password=password)

    def __getitem__(self, who: str) -> Somebody:
        """The same person at the same browser each time; signs in the first time."""
        if who not in self._known:
            self._known[who] = self.somebody(who)
        return self._known[who]

    def known(self) -> list[Somebody]:
        """Those who have been asked for so far."""
        return list(self._known.values())

    def last_pictures(self) -> None:
        """What every page shows when a test has failed."""
        for context in self.browser.contexts:
            for page in context.pages:
                self.camera.take(page, "failed", "last")

    def leave(self) -> None:
        for context in list(self.browser.contexts):
            context.close()
