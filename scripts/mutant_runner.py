"""A pytest plugin: the suite runs once and notes which test calls what; then each mutant is tried in a fork.

A fork has everything loaded and the database made, so a mutant costs as much as the tests that find it. Started by
mutants.py with KPI_MUTANTS (a file of names, one a line), KPI_MUTANTS_FOUND (where outcomes are written) and
KPI_MUTANT_WARMUP (a test that makes the database and loads no page).
"""

import gc
import json
import os
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation import trampoline

WORKERS = int(os.environ.get("KPI_MUTANT_WORKERS", "1"))
SECONDS = float(os.environ.get("KPI_MUTANT_SECONDS", "inf"))  # for all of them together
PATIENCE = 20.0  # seconds beside ten times what the tests took without a mutant

ONCE = 3  # a function that fewer tests call is called by what they load

Tests = dict[str, list[pytest.Item]]


def run(item: pytest.Item, after: pytest.Item, *, say: int | None = None) -> bool:
    """One test; True when it passed. `after` keeps what the session shares; why it failed is written to `say`."""
    item._initrequest()  # type: ignore[attr-defined]  # as pytest's own rerunning plugins do
    item.session._setupstate.teardown_exact(item.parent)  # type: ignore[arg-type]  # the item itself too, where it ran just before
    reports = runtestprotocol(item, nextitem=after, log=False)
    for report in reports:
        if say is not None and report.failed:
            os.write(say, f"{report.nodeid}\n{report.longreprtext[-2000:]}\n".encode())
    return all(report.passed for report in reports)


def observe(items: list[pytest.Item]) -> tuple[Tests, dict[str, float]]:
    """Function → the tests that call it, the quickest first; and how long each test takes.

    Seen in a fork, which loads pages and registers for itself: a mutant of what runs while loading works in its fork.
    """
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(hear)
            with os.fdopen(tell, "w") as said:
                json.dump(_observed(items), said)
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(hear) as heard:
        seen: dict[str, tuple[list[str], float]] = json.loads(heard.read() or "{}")
    os.waitpid(child, 0)
    missing = [item.nodeid for item in items if item.nodeid not in seen]
    if missing:
        raise pytest.UsageError(f"{missing[0]} fails without any mutant.")
    took = {nodeid: seconds for nodeid, (_called, seconds) in seen.items()}
    quickest = sorted(items, key=lambda item: took[item.nodeid])
    tests: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in quickest:
        for name in seen[item.nodeid][0]:
            tests[name].append(item)
    for found in tests.values():
        if len(found) < ONCE:  # called while something was loaded: any test may notice what came of it
            found.extend(item for item in quickest if item not in found)
    return tests, took


def _observed(items: list[pytest.Item]) -> dict[str, tuple[list[str], float]]:
    """Test → what it calls, and how long it takes; up to the first that fails."""
    says = os.dup(2)
    silence()
    called: set[str] = set()
    trampoline.record_trampoline_hit = lambda name, caller=None: called.add(name)
    os.environ["MUTANT_UNDER_TEST"] = "stats"
    seen: dict[str, tuple[list[str], float]] = {}
    for number, item in enumerate(items):
        called.clear()
        began = time.perf_counter()
        if not run(item, items[(number + 1) % len(items)], say=says):
            break
        seen[item.nodeid] = (sorted(called), time.perf_counter() - began)
    return seen


def silence() -> None:
    """What tests print and log is nobody's to read here."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


NOTICED, UNNOTICED, BROKEN = 1, 0, 3


def try_mutant(name: str, tests: list[pytest.Item], rest: pytest.Item, tell: int) -> None:
    """What a fork does; it ends with what it found."""
    ending = BROKEN
    try:
        ending = UNNOTICED if all_pass(name, tests, rest, tell) else NOTICED
    finally:
        os._exit(ending)


def all_pass(name: str, tests: list[pytest.Item], rest: pytest.Item, tell: int) -> bool:
    silence()
    os.environ["MUTANT_UNDER_TEST"] = name
    for number, item in enumerate(tests):
        if not run(item, tests[number + 1] if number + 1 < len(tests) else rest):
            os.write(tell, item.nodeid.encode())
            return False
    return True


def forget() -> None:
    """Clear what the unchanged code has cached, before any mutant runs."""
    for cached in [thing for thing in gc.get_objects() if type(thing) is _lru_cache_wrapper]:
        if cached.__module__.startswith(("kpi_cms", "criteria_pages", "snippets", "tests")):
            cached.cache_clear()


def outcomes(
    names: list[str], tests: Tests, took: dict[str, float], rest: pytest.Item
) -> Iterator[tuple[str, str]]:
    """Each mutant and what became of it. Tests that noticed others of the same function are asked first."""
    running: dict[int, tuple[str, float]] = {}
    noticed: Counter[tuple[str, str]] = Counter()
    hear, tell = os.pipe()
    os.set_blocking(hear, False)
    forget()
    waiting = list(reversed(names))
    while waiting or running:
        while waiting and len(running) < WORKERS:
            name = waiting.pop()
            function = name.rpartition("__mutmut_")[0]
            found = tests.get(function, [])
            if not found:
                yield name, "no tests"
                continue
            found.sort(key=lambda item: (-noticed[function, item.nodeid], -noticed["", item.nodeid]))
            child = os.fork()
            if child == 0:
                try_mutant(name, found, rest, tell)
            running[child] = (
                name,
                time.monotonic() + PATIENCE + 10 * sum(took[item.nodeid] for item in found),
            )
        for child, (name, patience) in list(running.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                del running[child]
                code = os.waitstatus_to_exitcode(status)
                if code not in (NOTICED, UNNOTICED):
                    raise pytest.UsageError(f"{name} could not be tried (exit code {code}).")
                if code == NOTICED:
                    by = os.read(hear, 65536).decode()
                    noticed.update([(name.rpartition("__mutmut_")[0], by), ("", by)])
                yield name, "killed" if code == NOTICED else "survived"
            elif time.monotonic() > patience:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                del running[child]
                yield name, "timeout"
        time.sleep(0.01)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Any:
    names = Path(os.environ["KPI_MUTANTS"]).read_text(encoding="utf-8").split()
    first = next((item for item in session.items if item.nodeid == os.environ["KPI_MUTANT_WARMUP"]), None)
    if first is not None and not run(first, first, say=2):  # the database is made once, for all forks
        raise pytest.UsageError(f"{first.nodeid} fails without any mutant.")
    tests, took = observe(session.items)
    control = dict(outcomes(["control__mutmut_0"], {"control": session.items}, took, session.items[0]))
    if control != {"control__mutmut_0": "survived"}:
        raise pytest.UsageError("The tests fail when they run a second time, without any mutant.")
    began = time.monotonic()
    found: dict[str, str] = {}
    for name, outcome in outcomes(names, tests, took, session.items[0]):
        found[name] = outcome
        sys.stderr.write({"killed": ".", "timeout": "t", "survived": "S", "no tests": "0"}[outcome])
        sys.stderr.flush()
        Path(os.environ["KPI_MUTANTS_FOUND"]).write_text(json.dumps(found), encoding="utf-8")
        if time.monotonic() - began > SECONDS:
            break
    sys.stderr.write("\n")
    return True
