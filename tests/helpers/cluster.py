"""A PostgreSQL server of a test's own, to be killed with `kill -9`: its port, its folder, its roles, and fsync on.

It holds a copy of the migrated template, with the three roles of an installation (deploy/roles.sql), so that the
product's processes stand before the second wall as they do there. PostgreSQL refuses to run as root: where the suite
does, the server runs as the account that the distribution made for it.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.helpers import databases, processes

HOST, NAME, SUPERUSER = "127.0.0.1", "kpi", "postgres"
PATIENCE = 60.0
MISSING = "PostgreSQL's own programs (initdb) are not on this machine: install its server package."
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Before it recovers, a server makes sure of every file that the one before may have left unwritten: by one call
    # for the whole disk instead of one for each of a thousand files (7 s).
    "recovery_init_sync_method": "syncfs",
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "logging_collector": "off",
}


def binaries() -> Path:
    """The folder of the newest installed server."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )  # Debian's place; elsewhere they are on the path
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError(MISSING)
    return found[-1].parent if found else Path(str(on_path)).parent


def _account() -> dict[str, Any]:
    """For subprocess: as whom the server runs."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(SUPERUSER)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


class Cluster:
    """The server: started, killed, started again. It listens on one port all its life."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._binaries = binaries()
        self._process: subprocess.Popen[bytes] | None = None
        subprocess.run(
            [
                self._binaries / "initdb", "--pgdata", folder / "data", "--auth", "trust", "--username", SUPERUSER,
                "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions",
            ],
            stdout=subprocess.DEVNULL, check=True, cwd=folder, **_account(),
        )  # fmt: skip

    def url(self, role: str, name: str = NAME) -> str:
        return f"postgres://{role}@{HOST}:{self.port}/{name}"

    def start(self) -> None:
        """Start it and wait until it lets somebody in: after a crash, until it has recovered."""
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            if self._process is None or self._process.poll() is not None:
                # While a process of the one before still holds its memory, it ends at once, and is tried again.
                with (self.folder / "log").open("ab") as log:
                    self._process = subprocess.Popen(
                        [self._binaries / "postgres", "-D", self.folder / "data", f"--port={self.port}", *settings],
                        stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **_account(),
                    )  # fmt: skip
            if self.answers():
                return
            time.sleep(0.02)
        raise AssertionError(f"PostgreSQL did not come back:\n{self.said()[-4000:]}")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def kill(self, chance: random.Random) -> str:
        """`kill -9` of everything, of the postmaster alone, or of one session; says which. `start` follows."""
        assert self._process is not None
        postmaster = self._process.pid
        below = processes.children(postmaster)
        sessions = [pid for pid in below if "kpi_app" in processes.title(pid)]
        way = chance.choice(["everything", "postmaster", "session"])
        if way == "session" and sessions:
            # The postmaster ends all the others and recovers by itself.
            processes.signalled(chance.choice(sessions), signal.SIGKILL)
            assert processes.wait_until_gone(sessions, PATIENCE) == []
            return "one session"
        processes.signalled(postmaster, signal.SIGKILL)
        if way == "everything":
            for pid in below:
                processes.signalled(pid, signal.SIGKILL)
        self._process.wait()
        for pid in processes.wait_until_gone(below, 10):
            processes.signalled(pid, signal.SIGKILL)
        return "everything" if way == "everything" else "the postmaster"

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            for pid in [self._process.pid, *processes.children(self._process.pid)]:
                processes.signalled(pid, signal.SIGKILL)
            self._process.wait()

    def copy_in(self, template: str) -> str:
        """A database like the suite's migrated template, of the same owner; the URL of its owner."""
        given = urlsplit(os.environ["DATABASE_URL"])
        owner = given.username or "postgres"
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as server:
            server.execute((databases.ROOT / "deploy" / "roles.sql").read_text())
            if owner != SUPERUSER:
                server.execute(f'CREATE ROLE "{owner}" LOGIN')
                server.execute(f'GRANT kpi_app, kpi_verify TO "{owner}"')
            server.execute(f'CREATE DATABASE "{NAME}" OWNER "{owner}"')
        dump = self.folder / "template.sql"
        source = urlunsplit(given._replace(path=f"/{template}"))
        subprocess.run([self._binaries / "pg_dump", "--file", dump, source], check=True)
        subprocess.run(
            [
                self._binaries / "psql", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", dump, "-d", self.url(SUPERUSER),
            ],
            stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return self.url(owner)


@contextmanager
def running() -> Iterator[Cluster]:
    """A server in a folder of its own, which its account may enter; gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="kpi-faults-"))
    account = _account()
    if account:
        os.chown(folder, account["user"], account["group"])
    try:
        cluster = Cluster(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
