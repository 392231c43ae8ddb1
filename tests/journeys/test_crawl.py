"""Everything links lead to, as each of the six people: it answers, in Vietnamese, from here, under the policy."""

import re
from collections import Counter, deque
from urllib.parse import parse_qsl, urldefrag, urlsplit

import pytest
from playwright.sync_api import Error

from tests.journeys.english import SHOWN, English
from tests.journeys.people import SIX, Somebody, Town

pytestmark = pytest.mark.journey

MOST_PAGES = 150
OTHER_ORDER = ("ky", "next", "ordering", "p")  # the same page in another order or further on
# Answers only with the records that its script adds to the address.
ONLY_BY_SCRIPT = "/admin/bulk/"
# Links of a page, and forms that the product would refuse, whoever sends them: a template included without its token.
LINKS_AND_FORMS = """(page, address) => [
    [...page.querySelectorAll("a[href]")].map((link) => new URL(link.getAttribute("href"), address).href),
    [...page.forms]
        .filter((form) => form.method === "post" && !form.querySelector("[name=csrfmiddlewaretoken]"))
        .map((form) => form.getAttribute("action") || address),
]"""
SHOWN_PAGE = f"() => ({LINKS_AND_FORMS})(document, document.baseURI)"
# The same of a page that no browser showed, with every text on it, hidden or not.
READ = f"""([address, text]) => {{
    const read = new DOMParser().parseFromString(text, "text/html");
    // What names a language is never translated.
    read.querySelectorAll("script, style, body [lang]").forEach((element) => element.remove());
    const walker = read.createTreeWalker(read.body, NodeFilter.SHOW_TEXT), texts = new Set([read.title]);
    while (walker.nextNode()) texts.add(walker.currentNode.textContent.replace(/\\s+/g, " ").trim());
    return [...({LINKS_AND_FORMS})(read, address), [...texts]];
}}"""
# A download is no page: the browser says so with this.
DOWNLOAD = "Download is starting"


@pytest.fixture(scope="module")
def english() -> English:
    return English()


def shape(address: str) -> str:
    """Addresses that differ only in which record or which choice they name are alike."""
    parts = urlsplit(address)
    path = re.sub(r"/(\d+|[A-Z][A-Z0-9-]+|[0-9a-f-]{36})(?=/|$)", "/*", parts.path)
    names = sorted(name for name, value in parse_qsl(parts.query) if name not in OTHER_ORDER)
    return f"{path}?{'&'.join(names)}"


def opened(somebody: Somebody, address: str) -> tuple[list[str], list[str], list[str]] | None:
    """Links, forms without a token and texts of a page in the browser; None for a download."""
    try:
        response = somebody.page.goto(address)
    except Error as error:
        if DOWNLOAD in str(error):
            return None
        raise
    assert response is not None
    assert response.status == 200, f"{somebody.who}: {response.status} at {address}"
    if "/admin/" in address and somebody.page.locator("#wagtail-sidebar").count():
        somebody.page.locator("#wagtail-sidebar nav").first.wait_for()
    links, forms = somebody.page.evaluate(SHOWN_PAGE)
    return links, forms, somebody.page.evaluate(SHOWN)


def asked(somebody: Somebody, address: str) -> tuple[list[str], list[str], list[str]] | None:
    """The same of a page whose like the browser showed to somebody else: asked for, and not shown again."""
    response = somebody.context.request.get(address)
    assert response.status == 200, f"{somebody.who}: {response.status} at {address}"
    if not response.headers["content-type"].startswith("text/html"):
        return None
    links, forms, texts = somebody.page.evaluate(READ, [response.url, response.text()])
    return links, forms, texts


def crawl(somebody: Somebody, english: English, shown: set[str]) -> dict[str, list[str]]:
    """Address → English texts on it, for every page that links lead to from the first one. `shown` are the pages of
    the workspace, by shape, that others have opened in the browser; those opened here are added."""
    home = somebody.product.address
    waiting, known, alike = deque([f"{home}/"]), {f"{home}/"}, Counter[str]()
    found: dict[str, list[str]] = {}
    before = frozenset(shown)
    while waiting and len(found) < MOST_PAGES:
        address = waiting.popleft()
        like = shape(address)
        alike[like] += 1
        if alike[like] > 1:
            continue
        read = asked(somebody, address) if like in before else opened(somebody, address)
        if read is None:
            continue
        links, forms, texts = read
        if (
            "/admin/" not in address
        ):  # the host's scripts write on its pages, and send some of its forms with a header
            shown.add(like)
            assert forms == [], address
        found[address] = english.among(texts)
        for link in links:
            target = urldefrag(link).url
            if target.startswith(f"{home}/") and target not in known and ONLY_BY_SCRIPT not in target:
                known.add(target)
                waiting.append(target)
    return found


@pytest.fixture(scope="module")
def shown() -> set[str]:
    return set()


def test_english_is_recognised_where_it_is_asked_for(town: Town, english: English) -> None:
    visitor = town.stranger("can-bo", locale="en-GB").sign_in()
    found = english.among(visitor.page.evaluate(SHOWN))
    assert {"What waits for me", "Skip to the main content", "Account name"} - set(found) == {"Account name"}
    assert english.among(
        ["Save draft", "Lưu bản nháp", "ND335-NV", "You have 3 unread messages and Notes"]
    ) == ["Save draft"]


@pytest.mark.parametrize("who", SIX)
def test_every_page_answers_in_vietnamese(town: Town, english: English, shown: set[str], who: str) -> None:
    found = crawl(town[who], english, shown)
    assert len(found) > 10
    by_text: dict[str, list[str]] = {}
    for address, texts in found.items():
        for text in texts:
            by_text.setdefault(text, []).append(urlsplit(address).path)
    assert {text: addresses[:3] for text, addresses in by_text.items()} == {}
