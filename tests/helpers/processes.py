"""Processes of this machine, as far as tests of killed ones need them."""

import os
import time
from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process started and that have not ended, by their number."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(parent) == pid and state != "Z":
            found.append(int(status.parent.name))
    return sorted(found)


def title(pid: int) -> str:
    """What a process calls itself; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def signalled(pid: int, number: int) -> bool:
    """Send a signal; whether there was still somebody to get it."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pids: list[int], seconds: float) -> list[int]:
    """Those that are still there after so long."""
    limit = time.monotonic() + seconds
    left = pids
    while left and time.monotonic() < limit:
        left = [pid for pid in left if title(pid)]
        time.sleep(0.01)
    return left
