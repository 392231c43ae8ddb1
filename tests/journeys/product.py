"""The product as it runs for people: a copy of the loaded demonstration, the processes of `make run`, and their end.

Loading the demonstration takes longer than a whole journey, so it is loaded once for each state of the sources and
each day (its months follow the calendar), and every module gets a copy of its own to change.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings

from tests.helpers import databases

ROOT = databases.ROOT
HOST = "127.0.0.1"
VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")
START_SECONDS = 90.0
STOP_SECONDS = 30.0
# What neither the data nor the static files of a demonstration depend on.
OTHERWISE = {".html", ".po", ".pyc", ".md", ".ttf", ".typ"}


@dataclass(frozen=True)
class Product:
    """A running product: where it listens, and where its data stands."""

    address: str
    folder: Path
    database_url: str

    def run(self, code: str) -> str:
        """Run Python beside the product, in a process of its own: what no screen can do, such as ageing a session.

        The journeys' own process never touches the database: Playwright holds its event loop.
        """
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            cwd=ROOT,
            env=environment(self.folder, self.database_url),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.strip()


def environment(folder: Path, database_url: str) -> dict[str, str]:
    """What `make run` sees, with data of its own."""
    given = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KPI_", "DJANGO_")) and name != "DATABASE_URL"
    }
    given |= {"KPI_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "kpi_cms.settings.dev"}
    return given | ({"DATABASE_URL": database_url} if database_url else {})


def as_installed(url: str) -> dict[str, str]:
    """On PostgreSQL the product's processes are the application's role, behind the second wall, as an installation's
    are; migrations, and what a journey does beside the product, stay the owner's."""
    if not url:
        return {}
    role = settings.DATABASE_ROLES["application"]
    return {"DATABASE_URL": f"{url}?options={quote(f'-c role={role}')}", "KPI_OWNER_DATABASE_URL": url}


# --- The loaded demonstration -------------------------------------------------------------------------------
def _state() -> str:
    """A digest of what loading depends on: the sources, the migrations, the hosts' versions, the day."""
    digest = hashlib.sha256(f"{databases.state()} {datetime.now(VIET_NAM).date()}".encode())
    for package in ("kpi_cms", "snippets", "criteria_pages"):
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and path.suffix not in OTHERWISE:
                digest.update(f"{path}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _on_postgresql() -> bool:
    engine: str = settings.DATABASES["default"]["ENGINE"]
    return engine == "django.db.backends.postgresql"


def _url(name: str) -> str:
    """The suite's own PostgreSQL server, another database."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _prefix() -> str:
    given: str = settings.DATABASES["default"]["NAME"]
    return f"test_{given.removeprefix('test_')}_journeys_"[:40]


def _server() -> psycopg.Connection:
    return psycopg.connect(_url("postgres"), autocommit=True)


@dataclass(frozen=True)
class Loaded:
    """The template: a folder of data, and the name of a PostgreSQL database where the suite runs on one."""

    folder: Path
    database: str


def loaded() -> Loaded:
    """The loaded demonstration; made when no run has made it yet. The workers of a run share one."""
    migrated = databases.postgresql_template() if _on_postgresql() else ""
    template = None if migrated else databases.sqlite_template()
    databases.FOLDER.mkdir(parents=True, exist_ok=True)
    with (databases.FOLDER / "journeys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = _state()
        kind = "postgresql" if migrated else "sqlite"
        made = Loaded(
            databases.FOLDER / f"journeys-{kind}-{state}", f"{_prefix()}{state}" if migrated else ""
        )
        if not made.folder.exists() or not _exists(made.database):
            for old in databases.FOLDER.glob(f"journeys-{kind}-*"):
                shutil.rmtree(old)
            _load(made, migrated, template)
        return made


def _exists(database: str) -> bool:
    if not database:
        return True
    with _server() as server:
        return (
            server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None
        )


def _load(made: Loaded, migrated: str, template: Path | None) -> None:
    building = made.folder.with_name(f"{made.folder.name}.building")
    building.mkdir()
    url = ""
    if template is not None:
        shutil.copy(template, building / "kpi.sqlite3")
    else:
        with _server() as server:
            found = server.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_prefix()}%"]
            ).fetchall()
            for (old,) in found:
                server.execute(f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{made.database}" TEMPLATE "{migrated}"')
        url = _url(made.database)
    subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=ROOT,
        env=environment(building, url),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    if template is not None:
        with closing(sqlite3.connect(building / "kpi.sqlite3")) as connection:
            # One file to copy, without a log beside it.
            connection.execute("PRAGMA journal_mode=DELETE")
    building.rename(made.folder)


@contextmanager
def copied(made: Loaded, folder: Path) -> Iterator[str]:
    """A copy of the template's data in `folder`; yields the DATABASE_URL to run with, "" for SQLite."""
    shutil.copy(made.folder / "secret_key", folder)
    # Static files are only read.
    (folder / "static").symlink_to(made.folder / "static")
    if not made.database:
        shutil.copy(made.folder / "kpi.sqlite3", folder)
        yield ""
        return
    name = f"{made.database}_{uuid.uuid4().hex[:6]}"
    with (databases.FOLDER / "journeys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _server() as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{made.database}"')
    yield _url(name)
    with _server() as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


# --- Running ------------------------------------------------------------------------------------------------
def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _pages_only(port: int) -> list[str]:
    """The web server alone, for journeys that need neither the background worker nor the scheduler."""
    return [
        *(
            sys.executable,
            "-m",
            "gunicorn",
            "kpi_cms.wsgi",
            "--bind",
            f"{HOST}:{port}",
            "--no-control-socket",
        ),
        *("--workers", "1", "--threads", "4", "--log-level", "warning", "--worker-tmp-dir", "/dev/shm"),  # noqa: S108 - as in scripts/run.py
    ]


@contextmanager
def running(made: Loaded, folder: Path, *, whole: bool) -> Iterator[Product]:
    """The product on a free port until the block ends; `whole` with worker and scheduler, as `make run` starts it.

    Fails when a traceback stands in what the product wrote.
    """
    port = _free_port()
    command = [sys.executable, "scripts/run.py"] if whole else _pages_only(port)
    with copied(made, folder) as url:
        written = folder / "product.log"
        with written.open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(folder, url) | as_installed(url) | {"PORT": str(port)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            address = f"http://{HOST}:{port}"
            _wait_until_up(process, address, written)
            yield Product(address, folder, url)
        finally:
            _stop(process)
        said = written.read_text(errors="replace")
        assert "Traceback" not in said, said


def _wait_until_up(process: subprocess.Popen[bytes], address: str, written: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < limit and process.poll() is None:
        try:
            with opener.open(f"{address}/suc-khoe/", timeout=2):
                return
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The product did not start:\n{written.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
