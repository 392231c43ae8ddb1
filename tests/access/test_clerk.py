"""A clerk of one unit walks the whole Wagtail admin: their own unit's people and catalogue, and nothing else.

What the matrix promises cell by cell is seen here as the clerk sees it, without a rule of ours being read: from page to
page by every link there is, and at every address that the admin knows, with keys of their own and of others.
"""

import re
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from django.urls import NoReverseMatch, reverse

from tests.access import sight
from tests.access.cells import Filling
from tests.access.marks import marks_in, texts_of
from tests.access.probe import writes
from tests.access.rulebook import entries
from tests.helpers.pages import body

pytestmark = pytest.mark.django_db

OWN = sight.below("A1")
LINK = re.compile(r'(?<![\w-])(?:href|data-href|data-url|action|src)="([^"#]+)')
# What a clerk keeps, and what they choose from while they do. Everything else of the admin does not exist for them.
KEPT = ("person", "appointment", "fieldassignment", "evaluatordecision", "catalogue", "product")
READ = ("unit", "position", "jobposition", "calendarday")


def told(response) -> set[str]:
    """Marks of anybody or anything that the clerk was not given."""
    found = {mark for text in texts_of(response) for mark in marks_in(text)}
    return {str(mark) for mark in found if not sight.may_know("clerk", mark)}


def walk(client, start: str = "/admin/", most: int = 2_000) -> dict[str, object]:
    """Every page that links lead to, each path with the words of its query once. The clerk's own account stays."""
    found: dict[str, object] = {}
    seen: set[object] = set()
    waiting = [start]
    while waiting and len(found) < most:
        address = waiting.pop()
        parts = urlsplit(address)
        key = (parts.path, tuple(sorted(parse_qs(parts.query))))
        if key in seen or not parts.path.startswith("/admin/") or parts.path.endswith("/logout/"):
            continue
        seen.add(key)
        response = found[address] = client.get(address)
        if response.status_code in (301, 302):
            waiting.append(urljoin(address, response["Location"]))
        elif response["Content-Type"].startswith(("text/html", "application/json")):
            body = response.content.decode().replace("\\u0026", "&").replace('\\"', '"').replace("&amp;", "&")
            waiting += [urljoin(address, link) for link in LINK.findall(body)]
    return found


def test_every_link_a_clerk_meets_leads_to_their_own_unit(prober):
    """Nothing in the admin is offered and then refused, and nothing of another unit is told on any page."""
    found = walk(prober.client("clerk"))
    assert 60 < len(found) < 2_000
    assert {address for address, response in found.items() if told(response)} == set()
    assert {
        address: response.status_code
        for address, response in found.items()
        if response.status_code not in (200, 301, 302)
    } == {}
    registers = {
        address.split("/")[4] for address in found if address.startswith("/admin/snippets/snippets/")
    }
    assert registers == {*KEPT, *READ}
    about = {
        mark.owner for response in found.values() for text in texts_of(response) for mark in marks_in(text)
    }
    people = {letters for letters, unit in sight.WORKS_IN.items() if unit in OWN}
    assert people <= about


def test_a_clerk_meets_every_person_of_the_unit_and_nobody_else_in_the_list(prober):
    page = prober.client("clerk").get(reverse("wagtailsnippets_snippets_person:list"))
    names = {mark.owner for text in texts_of(page) for mark in marks_in(text) if mark.kind == "n"}
    assert names == {letters for letters, unit in sight.WORKS_IN.items() if unit in OWN}


def addresses(prober, relation: str) -> list[tuple[str, str]]:
    """Each address of the admin whose parameters the rules know how to fill, for whoever stands so to the clerk."""
    filling = Filling(prober.made, "clerk", relation, "opened")
    found = []
    for key, several in entries().items():
        for entry in several:
            if not key.startswith(("workspace:", "accounts:", "handbook:", "reporting:")):
                words = {name: filling(word) for name, word in entry.args.items()}
                found += _reversed(key, words)
    return found


def _reversed(key: str, words: dict[str, str]) -> list[tuple[str, str]]:
    name = key.split("(")[0]
    try:
        numbered = [words[str(number)] for number in range(len(words))] if "0" in words else None
        address = reverse(name, args=numbered) if numbered else reverse(name, kwargs=words)
    except NoReverseMatch:
        return []
    return [(name, address)] if address.startswith("/admin/") else []


def answers(response) -> bool:
    """The page is there: not missing, not sent to the dashboard, not asked to come another way."""
    away = response.status_code in (301, 302) and urlsplit(response["Location"]).path == "/admin/"
    return response.status_code < 400 and not away


@pytest.mark.parametrize("relation", ["own", "same", "subordinate"])
def test_at_every_address_a_clerk_finds_their_registers_and_nothing_else(prober, relation):
    client, found = prober.client("clerk"), set()
    for name, address in addresses(prober, relation):
        with writes() as written:
            response = client.get(address)
        assert (address, told(response), written) == (address, set(), set())
        if answers(response):
            found.add(name.split(":")[0])
    assert found == {
        *(f"wagtailsnippets_snippets_{register}" for register in (*KEPT, *READ)),
        *(f"wagtailsnippetchoosers_snippets_{register}" for register in (*KEPT, *READ)),
        "exchange", "wagtailadmin_account", "wagtailadmin_home", "wagtailadmin_javascript_catalog",
        "wagtailadmin_sprite", "wagtailadmin_tag_autocomplete", "wagtailadmin_dismissibles",
    }  # fmt: skip


@pytest.mark.parametrize("relation", ["sibling", "parent", "unrelated"])
def test_no_address_answers_with_a_key_of_another_unit(prober, relation):
    client = prober.client("clerk")
    own = {address for _name, address in addresses(prober, "own")}
    asked = [address for _name, address in addresses(prober, relation) if address not in own]
    assert len(asked) > 80
    for address in asked:
        for send in (client.get, client.post):
            with writes() as written:
                response = send(address)
            assert (address, answers(response), told(response), written) == (address, False, set(), set())


# --- What the host would export ---------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_t31_the_host_exports_no_report_and_offers_none(prober, form):
    """A title that begins with “=” would stand in its CSV as a formula, and no entry would say who took it."""
    page = prober.made.extra["page"]
    page.title = page.draft_title = "=1+1"
    page.save(clean=False)
    client = prober.client("policy")
    listed = [address for name, address in addresses(prober, "own") if is_list(name)]
    assert len(listed) >= 20
    for address in listed:
        shown, exported = client.get(address), client.get(address, {"export": form})
        assert (address, exported.status_code, "export=" in body(shown)) == (address, 404, False)
        assert "attachment" not in exported.get("Content-Disposition", "")


def is_list(name: str) -> bool:
    words = ("reports", "list", "index", "explore", "search", "history", "type_use", "usage")
    return any(word in name for word in words)


def test_t33_nobody_is_signed_out_by_an_address(prober):
    """The host's way out took the session's cookie away whatever the method: a picture's address was enough."""
    client = prober.client("clerk")
    answer = client.get(reverse("wagtailadmin_logout"))
    assert (answer.status_code, answer.cookies.output()) == (405, "")
    assert client.get("/admin/").status_code == 200
    client.post(reverse("wagtailadmin_logout"))
    assert client.get("/admin/").status_code == 302
