"""What a test of a screen reads off a page."""

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

_TAG = re.compile(r"<[^>]+>")
_TOKEN = re.compile(r'name="(?:csrfmiddlewaretoken|sent_key)" value="[^"]*"')


def body(response: Any) -> str:
    """The page without its forms' tokens, entities resolved: two answers of one page are equal."""
    return html.unescape(_TOKEN.sub("", response.content.decode()))


def text(response: Any) -> str:
    """What is read: the main part without tags, one space between words."""
    page = body(response)
    found = re.search(r"<main.*</main>", page, re.DOTALL)
    return " ".join(_TAG.sub(" ", found[0] if found else page).split())


def field(response: Any, name: str) -> str:
    """The value that stands in a field."""
    page = html.unescape(response.content.decode())
    found = re.search(rf'<input[^>]*\bname="{re.escape(name)}"[^>]*\bvalue="([^"]*)"', page)
    if found is None:
        found = re.search(rf'<textarea[^>]*\bname="{re.escape(name)}"[^>]*>\r?\n?([^<]*)</textarea>', page)
    assert found is not None, f"The page has no field {name}."
    return found[1]


# What a row of the access log adds to everything that is sent: a savepoint of the tests' own around one INSERT, and on
# PostgreSQL the clock.
LOG_ROW = 4 if connection.vendor == "postgresql" else 3
SETTING = "SELECT set_config"
ASIDE = (
    SETTING,
    "SAVEPOINT",
    "RELEASE SAVEPOINT",
    "SELECT pg_advisory",
    "SELECT clock_timestamp",
)


def asked(caught: CaptureQueriesContext, *, aside: str | tuple[str, ...] = ASIDE) -> list[str]:
    """The statements that read or write tables. Savepoints, locks and settings do not, and differ by database."""
    return [query["sql"] for query in caught if not query["sql"].startswith(aside)]


def costs(client: Client, url: str, data: Mapping[str, Any]) -> int:
    """How many queries sending a form costs; the answer leads on."""
    with CaptureQueriesContext(connection) as caught:
        response = client.post(url, data)
    assert response.status_code == 302, response.status_code
    return len(asked(caught))


def queries(client: Client, url: str) -> int:
    """How many queries a page costs, without saying who asks; it has to be shown."""
    with CaptureQueriesContext(connection) as caught:
        response = client.get(url)
    assert response.status_code == 200, response.status_code
    return len(asked(caught, aside=SETTING))


def sent(client: Client, address: str, data: Mapping[str, str]) -> Any:
    """Send a form as a browser sends one without files; Django's test client would send parts."""
    return client.post(address, urlencode(data), content_type="application/x-www-form-urlencoded")
