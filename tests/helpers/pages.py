"""What a test of a screen reads off a page."""

import html
import re
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

_TAG = re.compile(r"<[^>]+>")
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def body(response: Any) -> str:
    """The page without its form token, entities resolved: two answers of one page are equal."""
    return html.unescape(_TOKEN.sub("", response.content.decode()))


def text(response: Any) -> str:
    """What is read: the main part without tags, one space between words."""
    page = body(response)
    found = re.search(r"<main.*</main>", page, re.DOTALL)
    return " ".join(_TAG.sub(" ", found[0] if found else page).split())


def field(response: Any, name: str) -> str:
    """The value that stands in a field."""
    page = body(response)
    found = re.search(rf'<input[^>]*\bname="{re.escape(name)}"[^>]*\bvalue="([^"]*)"', page)
    if found is None:
        found = re.search(rf'<textarea[^>]*\bname="{re.escape(name)}"[^>]*>\r?\n?([^<]*)</textarea>', page)
    assert found is not None, f"The page has no field {name}."
    return found[1]


ASIDE = (
    "SAVEPOINT",
    "RELEASE SAVEPOINT",
    "SELECT set_config",
    "SELECT pg_advisory",
    "SELECT clock_timestamp",
)


def costs(client: Client, url: str, data: Mapping[str, Any]) -> int:
    """How many queries sending a form costs; the answer leads on. Savepoints, locks and settings read no table."""
    with CaptureQueriesContext(connection) as caught:
        response = client.post(url, data)
    assert response.status_code == 302, response.status_code
    return sum(not query["sql"].startswith(ASIDE) for query in caught)


def queries(client: Client, url: str) -> int:
    """How many queries a page costs; it has to be shown."""
    with CaptureQueriesContext(connection) as caught:
        response = client.get(url)
    assert response.status_code == 200, response.status_code
    return len(caught)
