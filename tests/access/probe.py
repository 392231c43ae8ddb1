"""Asks the product one cell after another, each in a savepoint that is taken back, and judges the answer."""

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core import mail
from django.db import connection, transaction
from django.test import Client

from tests.access import forms, sight
from tests.access.answers import Expected, Kind, expected, location_of
from tests.access.cells import Cell, Filling, route_of
from tests.access.institution import ROLES, Institution
from tests.access.marks import NAME, Mark, marks_in, texts_of
from tests.access.routes import address

_WRITE = re.compile(
    r'\s*(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+"?(\w+)', re.IGNORECASE
)
# What a request leaves behind whatever it asks for: the session's last minute, a failed sign-in, that it was refused.
# The host keeps an account's looks, who is on an editor's page, and the form that a preview was asked for.
PASSING = {
    "django_session", "axes_accessattempt", "axes_accessfailurelog", "wagtailusers_userprofile",
    "wagtailadmin_editingsession", "wagtailadmin_formstate", "wagtailcore_pagesubscription", "audit_accesslogentry",
}  # fmt: skip


@dataclass
class Answer:
    """What came back, and which tables hold other rows than before."""

    response: Any
    changed: set[str] = field(default_factory=set)
    sent: Any = None

    @property
    def status(self) -> int:
        status: int = self.response.status_code
        return status


def protected_tables() -> list[str]:
    """Every table but those that passing requests write to."""
    tables = {
        model._meta.db_table
        for config in apps.get_app_configs()
        for model in config.get_models(include_auto_created=True)
    }
    return sorted(tables - PASSING)


def digest() -> dict[str, str]:
    """Each protected table with its rows as one number."""
    return {table: digest_of(table) for table in protected_tables()}


def digest_of(table: str) -> str:
    """All rows of a table as one number: whatever changes changes it."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
        return hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()


@contextmanager
def writes() -> Iterator[set[str]]:
    """The tables that are written to meanwhile, apart from what every request leaves behind."""
    found: set[str] = set()

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        match = _WRITE.match(str(sql))
        if match and match[1] not in PASSING:
            found.add(match[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


@contextmanager
def quiet() -> Iterator[None]:
    """Thousands of refusals are what is asked for here: none of them is a line of the log."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


class Prober:
    """A browser for each role. `judge` returns what is wrong with the answer to a cell; nothing when it is right."""

    def __init__(self, made: Institution) -> None:
        self.made = made
        self.cookies: dict[str, str] = {}
        for role in ROLES[1:]:
            client = Client()
            client.force_login(made.user(role))
            client.get("/tai-khoan/mat-khau/")
            self.cookies[role] = client.cookies["kpi_session"].value
        self.before = digest()
        self.points = {role: self._points_hidden(role) for role in ROLES[1:]}

    def _points_hidden(self, role: str) -> re.Pattern[str]:
        """Points of those whose cards the role does not read, as a page writes them; equal ones tell nothing."""
        hidden = sight.points_hidden(role)
        scores = self.made.scores
        known = {each for letters, points in scores.items() if letters not in hidden for each in points}
        secret = {each for letters, points in scores.items() if letters in hidden for each in points} - known
        return re.compile("|".join(rf"\b{each.replace('.', '[.,]')}\b" for each in sorted(secret)))

    def client(self, role: str) -> Client:
        """Signed in as the role, without what earlier answers left in its cookies."""
        client = Client()
        if role in self.cookies:
            client.cookies["kpi_session"] = self.cookies[role]
        return client

    def ask(self, cell: Cell) -> Answer:
        """Send it and take everything back."""
        filling = Filling(self.made, cell.role, cell.relation, cell.state)
        entry, route = cell.entry, route_of(cell.key)
        path = address(route, {name: filling(word) for name, word in entry.args.items()})
        query = f"?{filling.text(entry.query)}" if entry.query else ""
        data: Any = None
        if cell.method == "post":
            data = forms.filled(entry.data, filling)
        mail.outbox = []
        with transaction.atomic(), writes() as written:
            send = getattr(self.client(cell.role), cell.method)
            response = send(path + query, data) if cell.method == "post" else send(path + query)
            changed = {table for table in written if digest_of(table) != self.before.get(table)}
            transaction.set_rollback(True)
        return Answer(response, changed, (path, query, data))

    def judge(self, cell: Cell) -> str:
        """The first thing that is wrong, as a sentence for the reader of a red run."""
        promised = expected(cell)
        try:
            answer = self.ask(cell)
        except Exception as error:  # noqa: BLE001  (whatever a view raises is a finding about its cell)
            return f"{cell}: raised {type(error).__name__}: {error}"
        problem = (
            self._status(promised, answer)
            or self._leaks(cell, promised, answer)
            or self._rows(promised, answer)
        )
        return f"{cell}: {problem}" if problem else ""

    def _status(self, promised: Expected, answer: Answer) -> str:
        if answer.status != promised.status:
            return f"{promised.kind.value}: {promised.status}, not {answer.status}"
        where = location_of(promised.kind)
        went = answer.response.headers.get("Location", "").split("?")[0]
        return f"leads to {went}" if where is not None and went != where else ""

    def _leaks(self, cell: Cell, promised: Expected, answer: Answer) -> str:
        texts = [
            *texts_of(answer.response),
            *(f"{sent.subject} {sent.body} {sent.to}" for sent in mail.outbox),
        ]
        found = {mark for text in texts for mark in marks_in(text)}
        found -= marks_in(str(answer.sent))
        if promised.kind not in (Kind.ALLOWED, Kind.NOT_NOW, Kind.INVALID):
            mine = {Mark(sight.own(cell.role), NAME)} if cell.role != "anonymous" else set()
            return f"tells {sorted(map(str, found - mine))}" if found - mine else ""
        if cell.role == "anonymous":
            return f"tells {sorted(map(str, found))}" if found else ""
        told = [str(mark) for mark in found if not sight.may_know(cell.role, mark, cell.entry.shows)]
        if told:
            return f"tells {sorted(told)}"
        if answer.response.headers.get("Content-Type", "").startswith(("image/", "text/javascript")):
            return ""  # drawings and scripts are full of numbers
        points = {found for text in texts for found in self.points[cell.role].findall(text)}
        return f"tells the points {sorted(points)}" if points else ""

    def _rows(self, promised: Expected, answer: Answer) -> str:
        if promised.writes:
            return "" if answer.changed else "changed nothing"
        return f"changed rows of {sorted(answer.changed)}" if answer.changed else ""
