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
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import DEFAULT_DB_ALIAS, connection, connections

from tests.helpers import databases


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Point this process at a fresh copy of the template; yields its DATABASE_URL for other processes."""
    if connection.vendor == "postgresql":
        with _on_server() as (name, url), _pointing_at(name):
            yield url
        return
    path = folder / "scratch.sqlite3"
    shutil.copyfile(databases.sqlite_template(), path)
    with _pointing_at(str(path)):
        yield f"sqlite:///{path}"


@contextmanager
def _on_server() -> Iterator[tuple[str, str]]:
    import psycopg

    template = databases.postgresql_template()
    name = f"test_scratch_{uuid.uuid4().hex[:12]}"
    url = urlsplit(os.environ["DATABASE_URL"])
    server = urlunsplit(url._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield name, urlunsplit(url._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _pointing_at(name: str) -> Iterator[None]:
    settings = connections.settings[DEFAULT_DB_ALIAS]
    usual, usual_name = connections[DEFAULT_DB_ALIAS], settings["NAME"]
    settings["NAME"] = name
    connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = usual_name
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
