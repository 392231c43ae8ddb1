"""What `make run` does: environment, database, demonstration, then three processes until Ctrl-C.

Needs the standard library only: it begins on the machine's own Python and goes on in .venv.

    PORT=8000                      where to listen, always on 127.0.0.1
    DATABASE_URL=postgres://…      instead of the SQLite file in var/
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import environment  # noqa: E402 - found beside this file, whatever the present folder is

HOST = "127.0.0.1"
SERVER: str = "web server"
GRACE_SECONDS = 15.0
START_SECONDS = 60.0
RESTART_PAUSE_SECONDS = 2.0


def port() -> int:
    """The port to listen on. Raises Missing with the sentence to read."""
    given = os.environ.get("PORT", "8000")
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise environment.Missing(
            f"PORT is {given!r}, which is no port number: use one between 1 and 65535, as in make run PORT=8080."
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(given)))
        except PermissionError:
            raise environment.Missing(
                f"Port {given} needs root, and nothing else here does: choose one above 1023, as in make run PORT=8080."
            ) from None
        except OSError:
            raise environment.Missing(
                f"Port {given} of {HOST} is taken by another program: stop that program, or choose another port, "
                f"as in make run PORT={int(given) + 1 if int(given) < 65535 else 8080}."
            ) from None
    return int(given)


class Child:
    """One supervised program, in a session of its own so that Ctrl-C reaches only us."""

    def __init__(self, name: str, command: Sequence[str | Path]) -> None:
        self.name = name
        self.command = list(command)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.started = time.monotonic()
        return subprocess.Popen(self.command, cwd=ROOT, start_new_session=True)

    def is_gone(self) -> bool:
        return self.process.poll() is not None

    def restart(self) -> None:
        """Start it again; one that dies at once is given a pause, so that it does not spin."""
        time.sleep(max(0.0, RESTART_PAUSE_SECONDS - (time.monotonic() - self.started)))
        self.process = self._start()

    def stop(self, signal_number: int) -> None:
        """SIGTERM to the program, which ends its own workers in order; SIGKILL to all it started."""
        try:
            if signal_number == signal.SIGTERM:
                self.process.send_signal(signal_number)
            else:
                os.killpg(self.process.pid, signal_number)
        except ProcessLookupError:
            return


class Stopped(Exception):
    """Ctrl-C or SIGTERM."""


def _stop(signum: int, frame: FrameType | None) -> NoReturn:
    # A second signal must not interrupt the orderly end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


def prepare() -> str:
    """Migrate, collect static files, load the demonstration once. Returns what to tell when the server is up."""
    done = subprocess.run(
        [environment.PYTHON, "manage.py", "prepare"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        start_new_session=True,
    )
    if done.returncode:
        raise environment.Missing("The database could not be prepared: the reason stands above.")
    return done.stdout


def programs(listening: int) -> dict[str, list[str | Path]]:
    """The web server, the background worker and the scheduler: name → command."""
    python = environment.PYTHON
    gunicorn: list[str | Path] = [python, "-m", "gunicorn", "kpi_cms.wsgi", "--preload"]
    gunicorn += ["--bind", f"{HOST}:{listening}", "--workers", "2", "--threads", "4"]
    gunicorn += [
        "--graceful-timeout",
        "10",
        "--timeout",
        "120",
        "--log-level",
        "warning",
        "--no-control-socket",
    ]
    if Path("/dev/shm").is_dir():  # noqa: S108 - the workers' heartbeat belongs into memory, not on a busy disk
        gunicorn += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108 - the same
    worker: list[str | Path] = [python, "manage.py", "db_worker", "--backend", "jobs", "--queue-name", "jobs"]
    worker += ["--verbosity", "0", "--no-startup-delay", "--no-reload"]
    return {
        SERVER: gunicorn,
        "background worker": worker,
        "scheduler": [python, "manage.py", "scheduler"],
    }


def wait_until_up(server: Child, address: str) -> None:
    """Until the server answers. Raises Missing when it ends or takes too long."""
    limit = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < limit and not server.is_gone():
        try:
            with opener.open(f"{address}suc-khoe/", timeout=2):
                return
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.1)
    raise environment.Missing("The web server did not start: the reason stands above.")


def stop_all(running: Sequence[Child]) -> None:
    """SIGTERM to all, then SIGKILL to what is left after the grace."""
    for child in running:
        child.stop(signal.SIGTERM)
    limit = time.monotonic() + GRACE_SECONDS
    for child in running:
        try:
            child.process.wait(timeout=max(0.1, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.stop(signal.SIGKILL)
            child.process.wait()


def supervise(listening: int, accounts: str) -> None:
    """Run until the web server ends or somebody stops us; worker and scheduler are started again when they die."""
    address = f"http://{HOST}:{listening}/"
    running: list[Child] = []
    try:
        for name, command in programs(listening).items():
            running.append(Child(name, command))
            if name == SERVER:
                # The first page is waited for; the others would only take its processor time.
                wait_until_up(running[0], address)
        print(f"\n{accounts}\nOpen {address}   (Ctrl-C stops)", flush=True)
        while not running[0].is_gone():
            for child in running[1:]:
                if child.is_gone():
                    print(f"The {child.name} ended and is started again.", file=sys.stderr, flush=True)
                    child.restart()
            time.sleep(0.5)
        raise environment.Missing("The web server ended by itself: the reason stands above.")
    finally:
        stop_all(running)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_cms.settings.dev")
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    try:
        listening = port()
        environment.install("requirements.txt")
        supervise(listening, prepare())
    except environment.Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    except Stopped:
        print("\nStopped.", flush=True)
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
