"""The frame and the parts: each is drawn, in both languages, without anything a strict policy refuses."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation

from kpi_cms.evaluation import waiting_queries
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.forms import SignInForm
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Refused, Stale
from kpi_cms.interfaces.workspace import gallery
from tests.helpers.world import MOMENT

ERRORS = ["400.html", "403.html", "404.html", "409.html", "500.html"]
VOID = {"meta", "link", "input", "br", "img", "hr", "rect"}


class Page(HTMLParser):
    """A page's elements, and its faults: unclosed elements, two of one id, references that lead nowhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()
        ids = [attrs["id"] for _, attrs in self.elements if attrs.get("id")]
        self.faults += [f"twice: {name}" for name in set(ids) if ids.count(name) > 1]
        for tag, attrs in self.elements:
            for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
                self.faults += [
                    f"{tag} {name}={each}" for each in (attrs.get(name) or "").split() if each not in ids
                ]
        self.faults += [f"not closed: {tag}" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open or self.open[-1] != tag:
            self.faults.append(f"closed out of order: {tag} in {self.open[-3:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def request(signed_in: bool = True) -> HttpRequest:
    made = RequestFactory().get("/phieu/7/")
    made.user = User(username="HN-0123", display_name="Bùi Minh Nam") if signed_in else AnonymousUser()
    # What the middleware and the navigation would read: nothing is held and nothing waits.
    made.scope = Scope()  # type: ignore[attr-defined]  # set by ScopeMiddleware
    made.workspace_waiting = waiting_queries.waiting(Scope(), MOMENT)  # type: ignore[attr-defined]  # navigation's own attribute
    return made


def drawn(
    template: str, context: dict[str, Any] | None = None, *, signed_in: bool = True, language: str = "vi"
) -> str:
    with translation.override(language):
        return render_to_string(template, context or {}, request(signed_in))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_gallery_is_sound_markup(language: str) -> None:
    page = Page(drawn("workspace/gallery.html", gallery.context(), language=language))
    assert page.faults == []
    assert page.elements[0] == ("html", {"lang": language, "class": "govuk-template"})
    assert [tag for tag, _ in page.elements].count("h1") == 1


@pytest.mark.parametrize("template", ["workspace/gallery.html", "accounts/sign_in.html", *ERRORS])
def test_nothing_is_inline(template: str) -> None:
    page = Page(drawn(template, {"form": SignInForm()} if "accounts" in template else gallery.context()))
    assert [(tag, attrs) for tag, attrs in page.elements if tag == "style" or "style" in attrs] == []
    assert [name for _, attrs in page.elements for name in attrs if name.startswith("on")] == []
    scripts = [attrs for tag, attrs in page.elements if tag == "script"]
    assert scripts == [{"src": "/static/workspace/site.js", "type": "module"}]
    loaded = [attrs["href"] for tag, attrs in page.elements if tag == "link"]
    assert loaded == ["/static/workspace/icon.svg", "/static/workspace/site.css"]


def test_the_gallery_shows_every_part() -> None:
    """Parts that other parts include count with them."""
    folder = Path(settings.BASE_DIR) / "templates"
    found: set[str] = set()
    waiting = [folder / "workspace/gallery.html", folder / "base.html", *(folder / name for name in ERRORS)]
    while waiting:
        names = set(re.findall(r'include "(includes/[a-z_]+\.html)"', waiting.pop().read_text())) - found
        found |= names
        waiting += [folder / name for name in names]
    # Drawn by the test below: a refresh on this page would reload the gallery under its tests.
    found.add("includes/progress_refresh.html")
    assert found == {f"includes/{path.name}" for path in (folder / "includes").glob("*.html")}


def test_a_reader_without_script_gets_a_refresh() -> None:
    assert drawn("includes/progress_refresh.html").strip() == (
        '<noscript><meta http-equiv="refresh" content="3"></noscript>'
    )


def test_the_header_of_a_signed_in_reader_posts_what_changes_something() -> None:
    page = Page(drawn("404.html"))
    forms = [(attrs["method"], attrs["action"]) for tag, attrs in page.elements if tag == "form"]
    assert forms == [("post", reverse("set_language")), ("post", reverse("accounts:sign_out"))]
    assert {"type": "hidden", "name": "next", "value": "/phieu/7/"} in [attrs for _, attrs in page.elements]


def test_a_visitor_is_offered_the_other_language_and_no_account() -> None:
    text = drawn("404.html", signed_in=False)
    assert ("kpi-account" in text, 'value="en" lang="en">English</button>' in text) == (False, True)
    assert 'value="vi" lang="vi">Tiếng Việt</button>' in drawn("404.html", signed_in=False, language="en")


def test_the_navigation_marks_where_the_reader_is_and_what_waits() -> None:
    items = [
        {"label": "Việc chờ tôi", "url": "/a/", "current": False, "count": 3},
        {"label": "Đơn vị", "url": "/b/", "current": True, "count": 0},
    ]
    page = Page(drawn("404.html", {"workspace_navigation": items}))
    links = [attrs for tag, attrs in page.elements if attrs.get("class") == "govuk-service-navigation__link"]
    assert [(link["href"], link.get("aria-current")) for link in links] == [("/a/", None), ("/b/", "true")]
    assert [tag for tag, attrs in page.elements if attrs.get("class") == "kpi-count"] == ["span"]


def test_missing_and_unseen_are_one_page() -> None:
    secret = "Phiếu của Nguyễn Thị Minh Hạnh không thuộc đơn vị của bạn."
    token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
    unseen = drawn("404.html", {"sentence": secret, "exception": secret})
    assert token.sub("", unseen) == token.sub("", drawn("404.html"))


def test_a_refusal_shows_its_sentence() -> None:
    error = Refused("Chỉ người đứng đầu được xác nhận <phiếu>.")
    assert "Chỉ người đứng đầu được xác nhận &lt;phiếu&gt;." in drawn(
        "403.html", {"sentence": error.sentence, "error": error}
    )


def test_a_stale_save_shows_both_values_and_loses_none() -> None:
    error = Stale("Đã có người lưu trước bạn.", mine={"I.1": "4,5"}, theirs={"I.1": "4,25"})
    text = drawn("409.html", {"sentence": error.sentence, "error": error})
    assert re.findall(r"<mark>([^<]*)</mark>", text) == ["4,5", "4,25"]
    assert "Đã có người lưu trước bạn." in text
    assert 'href="/phieu/7/"' in text


def test_a_page_of_the_last_resort_needs_no_request() -> None:
    with translation.override("vi"):
        page = Page(render_to_string("500.html"))
    assert page.faults == []
    assert [tag for tag, _ in page.elements if tag in {"form", "nav", "details"}] == []


def test_one_click_sign_in_is_drawn_for_a_demonstration_only() -> None:
    account = {"username": "HN-0123", "name": "Bùi Minh Nam", "role": "Chuyên viên", "does": "Tự chấm điểm."}
    offered = drawn(
        "accounts/sign_in.html", {"form": SignInForm(), "demonstration_accounts": [account]}, signed_in=False
    )
    assert re.findall(r'name="demonstration" value="([^"]*)"', offered) == ["HN-0123"]
    assert "demonstration" not in drawn(
        "accounts/sign_in.html", {"form": SignInForm(), "demonstration_accounts": []}, signed_in=False
    )
