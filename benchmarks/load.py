"""Requests a second: a real server of two workers, eight clients, unit lists and cards mixed. Loopback only."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from kpi_cms.foundation.accounts.models import User

CLIENTS = 8
SECONDS = 15


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def requests_a_second(pages: list[tuple[User, str]]) -> tuple[float, float]:
    """Answered requests a second, and the workers' largest memory in MiB afterwards."""
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "kpi_cms.wsgi",
            "-w",
            "2",
            "-b",
            f"127.0.0.1:{port}",
            "--log-level",
            "error",
        ],
        env=os.environ | {"KPI_ALLOWED_HOSTS": "127.0.0.1"},
    )
    try:
        _wait(port)
        answered = [0] * CLIENTS
        stop = time.monotonic() + SECONDS
        cookies = [(session_of(user), address) for user, address in pages]

        def client(number: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            turn = number
            while time.monotonic() < stop:
                cookie, address = cookies[turn % len(cookies)]
                turn += 1
                connection.request("GET", address, headers={"Cookie": cookie, "Accept-Language": "vi"})
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    raise AssertionError(f"{address} answered {response.status}")
                answered[number] += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if server.poll() is not None or not all(answered):
            raise RuntimeError(f"The server answered its clients {answered} times: nothing was measured.")
        return sum(answered) / SECONDS, _memory(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _wait(port: int) -> None:
    for _attempt in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server did not start.")


def _memory(parent: int) -> float:
    listing = subprocess.run(
        ["ps", "-o", "rss=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    )
    return max(int(line) for line in listing.stdout.split()) / 1024
