"""The running product of a test of faults: its three processes, each killed and started again by its name."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers import databases, processes
from tests.helpers.cluster import HOST, free_port
from tests.helpers.preloaded import VERIFIER

NAMES = ("server", "worker", "sealer")
PATIENCE = 60.0
PAUSE = 0.5  # before somebody who ended at once is started again


class Product:
    """What `make run` starts, in `folder`, on the database at `url`."""

    def __init__(self, folder: Path, url: str) -> None:
        self.port = free_port()
        self.folder = folder
        self.log = folder / "product.log"
        self.log.touch()
        self.ended: Counter[str] = Counter()  # processes that ended although nobody killed them
        self._pids: dict[str, int] = {}
        self._started: dict[str, float] = {}
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("KPI_", "DJANGO_"))
        } | {
            "DATABASE_URL": url,
            "KPI_DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "kpi_cms.settings.dev",
            "PYTHONPATH": str(databases.ROOT),
        }
        (folder / "static").mkdir(exist_ok=True)
        self._forking = subprocess.Popen(
            [sys.executable, databases.ROOT / "tests" / "helpers" / "preloaded.py", str(self.port), self.log],
            env=environment, cwd=databases.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._hear() == "ready"

    def _hear(self) -> object:
        assert self._forking.stdout is not None
        line = self._forking.stdout.readline()
        assert line, f"the preloaded process ended:\n{self.said()[-4000:]}"
        answer: object = json.loads(line)
        return answer

    def _ask(self, line: str) -> object:
        assert self._forking.stdin is not None
        self._forking.stdin.write(f"{line}\n")
        self._forking.stdin.flush()
        return self._hear()

    def start(self, name: str) -> None:
        pid = self._ask(f"start {name}")
        assert isinstance(pid, int)
        self._pids[name] = pid
        self._started[name] = time.monotonic()

    def tend(self) -> None:
        """As systemd and `make run` do: whatever ended by itself is started again."""
        for name in NAMES:
            if time.monotonic() - self._started[name] < PAUSE:
                continue
            if self._ask(f"status {name}") != "running":
                self.ended[name] += 1
                self.start(name)

    def wait_until_up(self) -> None:
        """Until a page comes; what ends meanwhile is started again."""
        limit = time.monotonic() + PATIENCE
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < limit:
            try:
                with opener.open(f"http://{HOST}:{self.port}/suc-khoe/", timeout=5):
                    return
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.02)
                self.tend()
        raise AssertionError(f"the server does not answer:\n{self.said()[-4000:]}")

    def kill(self, name: str, chance: random.Random) -> str:
        """`kill -9` and start again; says what was hit. Of the server all of it, or one of its workers."""
        pid = self._pids[name]
        below = processes.children(pid) if name == "server" else []
        if below and chance.random() < 0.5:
            processes.signalled(chance.choice(below), signal.SIGKILL)
            return "one of its workers"  # which it starts again by itself
        os.killpg(pid, signal.SIGKILL)
        assert processes.wait_until_gone([pid, *below], 10) in ([], [pid])  # ended, and not yet waited for
        self.start(name)
        return "all of it"

    def verify(self) -> tuple[int, str]:
        """The product's own `manage.py verify_ledger`: exit code and what it says."""
        self.start(VERIFIER)
        limit = time.monotonic() + PATIENCE * 5
        while (status := self._ask(f"status {VERIFIER}")) == "running":
            assert time.monotonic() < limit, "verify_ledger does not end"
            time.sleep(0.05)
        assert isinstance(status, int)
        return status, self.log.with_name(f"{self.log.name}.{VERIFIER}").read_text()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """An orderly end of what runs, then of the preloaded process."""
        for pid in self._pids.values():
            processes.signalled(pid, signal.SIGTERM)
        assert self._forking.stdin is not None
        limit = time.monotonic() + 20
        while time.monotonic() < limit and any(
            self._ask(f"status {name}") == "running" for name in NAMES if name in self._pids
        ):
            time.sleep(0.02)
        with self._forking:
            self._forking.stdin.close()
            self._forking.wait(20)


@contextmanager
def running(folder: Path, url: str) -> Iterator[Product]:
    product = Product(folder, url)
    try:
        for name in NAMES:
            product.start(name)
        product.wait_until_up()
        yield product
    finally:
        product.stop()
