"""A migrated database for the suite, made once for each state of the migrations and copied after that.

Some 180 migrations, most of them the host's, take longer than many tests together. The copy is what `migrate` finds
when pytest-django runs it: nothing is left to apply, and the triggers are put in place as everywhere.
"""

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.apps import apps
from django.conf import settings

from kpi_cms.foundation.access import wall_install
from kpi_cms.foundation.audit import guards

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "tests"


def state() -> str:
    """A digest of everything that migrating depends on: the apps, their migrations, the hosts' versions, triggers."""
    digest = hashlib.sha256()
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for path in sorted((Path(app.path) / "migrations").glob("*.py")):
            digest.update(f"{app.label}/{path.name}".encode())
            digest.update(path.read_bytes())
    digest.update((ROOT / "requirements.txt").read_bytes())
    digest.update(wall_install.digest().encode())
    digest.update(repr(guards.guarded()).encode())
    return digest.hexdigest()[:12]


@contextmanager
def alone() -> Iterator[None]:
    """One process at a time: the workers of a run share one template."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate(database_url: str) -> None:
    """Run every migration in a process of its own."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "kpi_cms.settings.test",
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True
    )


def sqlite_template() -> Path:
    """The file of the migrated template."""
    path = FOLDER / f"template-{state()}.sqlite3"
    with alone():
        if not path.exists():
            for old in sorted(FOLDER.glob("template-*.sqlite3"), key=lambda file: file.stat().st_mtime)[:-2]:
                old.unlink()
            building = path.with_suffix(".building")
            building.unlink(missing_ok=True)
            migrate(f"sqlite:///{building}")
            with sqlite3.connect(building) as connection:
                connection.execute("PRAGMA journal_mode=DELETE")
            building.rename(path)
    return path


def open_in_memory(name: str) -> sqlite3.Connection:
    """Copy the template into the shared in-memory database that the suite will open; keep it open until the end."""
    memory = sqlite3.connect(name, uri=True, check_same_thread=False)
    with sqlite3.connect(f"file:{sqlite_template()}?mode=ro", uri=True) as template:
        template.backup(memory)
    return memory


def postgresql_template() -> str:
    """The name of the migrated template database, on the suite's own server."""
    import psycopg

    given: dict[str, Any] = settings.DATABASES["default"]
    prefix = f"test_{given['NAME'].removeprefix('test_')}_template_"[:48]
    name = prefix + state()
    url = urlsplit(os.environ["DATABASE_URL"])

    def with_name(database: str) -> str:
        return urlunsplit(url._replace(path=f"/{database}"))

    with alone(), psycopg.connect(with_name("postgres"), autocommit=True) as server:
        found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [prefix + "%"])
        names = {row[0] for row in found.fetchall()}
        for old in names - {name}:
            server.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
        if name not in names:
            server.execute(f'CREATE DATABASE "{name}_new"')
            migrate(with_name(f"{name}_new"))
            server.execute(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"')
    return name
