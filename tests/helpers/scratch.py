"""A committed database of its own, for tests of races and of killed processes; the suite's own is left alone.

A copy of the migrated template (tests.helpers.databases): threads and other processes see what is committed to it,
and nothing has to be emptied afterwards, which append-only tables would refuse.
"""

import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from kpi_cms.foundation.audit import append_only
from tests.helpers import databases

# What these tests write: apps, and tables of apps that also hold what a migration put there.
WRITTEN = {
    "accounts", "audit", "core", "evaluation", "snippets",
    "criteria_pages_criteriaversion", "criteria_pages_frozencriterion",
}  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """One database of PostgreSQL, made once in a session: its name and its DATABASE_URL."""

    name: str
    url: str


@contextmanager
def server() -> Iterator[Copy | None]:
    """A copy of the template on PostgreSQL, dropped at the end; None on SQLite, where a copy is a file."""
    if connection.vendor != "postgresql":
        yield None
        return
    import psycopg

    template = databases.postgresql_template()
    name = f"test_scratch_{uuid.uuid4().hex[:12]}"
    url = urlsplit(os.environ["DATABASE_URL"])
    admin_url = urlunsplit(url._replace(path="/postgres"))
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield Copy(name, urlunsplit(url._replace(path=f"/{name}")))
    finally:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def database(copy: Copy | None, folder: Path) -> Iterator[str]:
    """Point this process at a database as it is after the migrations; yields its DATABASE_URL for other processes."""
    if copy is not None:
        with _pointing_at(copy.name):
            _empty()
            yield copy.url
        return
    path = folder / "scratch.sqlite3"
    shutil.copyfile(databases.sqlite_template(), path)
    with _pointing_at(str(path)):
        yield f"sqlite:///{path}"


def _empty() -> None:
    """Delete what a test before this one wrote: foreign keys are checked at the end, triggers are lifted."""
    tables = [
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in WRITTEN or model._meta.db_table in WRITTEN
    ]
    with append_only.flush_allowed(), transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'DELETE FROM "{table}"')


@contextmanager
def elsewhere(url: str) -> Iterator[None]:
    """Point this process at a database of another server of PostgreSQL."""
    place = urlsplit(url)
    with _pointing_at(
        place.path.removeprefix("/"),
        HOST=place.hostname or "",
        PORT=str(place.port or ""),
        USER=place.username or "",
        PASSWORD=place.password or "",
    ):
        yield


@contextmanager
def _pointing_at(name: str, **place: str) -> Iterator[None]:
    settings = connections.settings[DEFAULT_DB_ALIAS]
    usual = connections[DEFAULT_DB_ALIAS]
    given = {"NAME": name, **place}
    before = {key: settings[key] for key in given}
    settings.update(given)
    connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        connection.close()
        settings.update(before)
        connections[DEFAULT_DB_ALIAS] = usual


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the calls at once, each in a thread with a connection of its own: results, or exceptions, in order."""
    start = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            start.wait(timeout=60)
            results[number] = calls[number]()
        except Exception as error:  # noqa: BLE001  (what a call raised is its result here)
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
