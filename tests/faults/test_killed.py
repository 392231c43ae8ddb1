"""`kill -9` of the server, the worker, the sealer and PostgreSQL while people work: F-01, F-02, F-03.

Nothing is lost that anybody was told is done, nothing is there twice or in part, and the ledger verifies.
The suite kills each ten times with one seed, `make test-faults` a hundred times with a seed drawn anew, which it prints
and which `KPI_FAULTS_SEED` gives again.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from kpi_cms.evaluation.models import Scorecard, Task
from kpi_cms.foundation.audit.models import LedgerEntry, Seal, SealWaiting
from kpi_cms.foundation.core.models import Job, JobState
from tests.faults import stored, town
from tests.faults.journal import Outcome
from tests.faults.load import Load
from tests.faults.product import NAMES, Product, running
from tests.helpers import cluster as clusters
from tests.helpers import databases, scratch

SEED = 20261129
PATIENCE = 120.0
# How long after the load flows again a kill comes, at most.
DELAY = 0.35


@dataclass
class Installation:
    """Where the product of a test runs: a folder, a database for its processes, a server to kill where there is one."""

    folder: Path
    url: str
    cluster: clusters.Cluster | None = None


@dataclass
class Kills:
    """What was killed, and what it was at."""

    killed: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    at_work: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def on_sqlite(scratch_database: str, tmp_path: Path) -> Installation:
    folder = tmp_path / "product"
    folder.mkdir()
    return Installation(folder, scratch_database)


@pytest.fixture
def on_postgresql(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    """A server of its own; the product's processes are the application's role, this process is the owner's."""
    folder = tmp_path / "product"
    folder.mkdir()
    with clusters.running() as cluster:
        owner = cluster.copy_in(databases.postgresql_template())
        with django_db_blocker.unblock(), scratch.elsewhere(owner):
            yield Installation(folder, cluster.url("kpi_app"), cluster)


@pytest.mark.sqlite
def test_server_worker_and_sealer_are_killed_ten_times_each(on_sqlite: Installation) -> None:
    kill_and_compare(on_sqlite, NAMES, 10, SEED)


@pytest.mark.postgresql
def test_server_worker_sealer_and_postgresql_are_killed_ten_times_each(on_postgresql: Installation) -> None:
    kill_and_compare(on_postgresql, (*NAMES, "postgresql"), 10, SEED)


@pytest.mark.many_faults
@pytest.mark.sqlite
def test_server_worker_and_sealer_are_killed_a_hundred_times_each(on_sqlite: Installation) -> None:
    kill_and_compare(on_sqlite, NAMES, 100, drawn_seed())


@pytest.mark.many_faults
@pytest.mark.postgresql
def test_server_worker_sealer_and_postgresql_are_killed_a_hundred_times_each(
    on_postgresql: Installation,
) -> None:
    kill_and_compare(on_postgresql, (*NAMES, "postgresql"), 100, drawn_seed())


def drawn_seed() -> int:
    return int(os.environ.get("KPI_FAULTS_SEED") or random.SystemRandom().randrange(10**6))


def kill_and_compare(place: Installation, victims: tuple[str, ...], times: int, seed: int) -> None:
    print(f"KPI_FAULTS_SEED={seed}")  # noqa: T201 - shown where the test fails
    began = time.monotonic()
    chance = random.Random(seed)
    kills = Kills()
    made = town.build(months=times * len(victims) + 20)
    with running(place.folder, place.url) as product:
        load = Load(made, product.port, seed)
        load.prepare(lambda: known(made))
        before = stored.requests()
        load.begin()
        try:
            order = [name for name in victims for _ in range(times)]
            chance.shuffle(order)
            for name in order:
                flows(load, product)
                kill(name, place, product, load, chance, kills)
            flows(load, product)
        finally:
            load.finish()
        quiet(product)
        code, said = product.verify()
        log = product.said()
    found = stored.read(before)
    told = report(load, found, kills, product, seed, time.monotonic() - began)
    print(told)  # noqa: T201 - what `make test-faults` is run for
    assert load.journal.failures == [], told
    assert code == 0, f"{told}\n{said}"
    assert "does not hold" not in log, told  # each scheduler that starts verifies the ledger too
    assert stored.differences(load.journal.attempts, found) == [], told
    assert Seal.objects.count() >= LedgerEntry.objects.count() > times * len(victims)
    assert kills.killed == Counter(dict.fromkeys(victims, times))
    # A kill between two pieces of work proves little: most are in the midst of one.
    assert all(kills.at_work[name] >= times // 3 for name in victims), told


def known(made: town.Town) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Cards and tasks of the staff, by person."""
    people = list(made.staff.values())
    cards = dict(
        Scorecard.objects.filter(period=made.period, person__in=people).values_list("person_id", "pk")
    )
    tasks: dict[int, list[int]] = {person: [] for person in people}
    for person, task in Task.objects.filter(period=made.period).values_list("person_id", "pk"):
        tasks[person].append(task)
    return cards, tasks


def until(true: Callable[[], bool], product: Product, what: str, seconds: float = PATIENCE) -> None:
    """Wait, as whoever runs the product: what ends by itself is started again."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, f"{what}\n{product.said()[-6000:]}"
        time.sleep(0.03)
        product.tend()


def flows(load: Load, product: Product) -> None:
    """Until clients are told again that something is done."""
    done = load.journal.count(Outcome.ACKNOWLEDGED)
    until(
        lambda: load.journal.count(Outcome.ACKNOWLEDGED) >= done + 2 or bool(load.journal.failures),
        product, "nothing is acknowledged any more",
    )  # fmt: skip


def kill(
    name: str, place: Installation, product: Product, load: Load, chance: random.Random, kills: Kills
) -> None:
    """At a random moment; for the worker of a job under way."""
    if name == "worker":
        until(lambda: Job.objects.filter(state=JobState.RUNNING).exists(), product, "no job runs")
    time.sleep(chance.uniform(0, DELAY))
    busy = load.under_way() > 0
    if name == "postgresql":
        assert place.cluster is not None
        connection.close()
        kills.ways[f"postgresql: {place.cluster.kill(chance)}"] += 1
        place.cluster.start()
    else:
        kills.ways[f"{name}: {product.kill(name, chance)}"] += 1
        if name == "worker":
            busy = Job.objects.filter(state=JobState.RUNNING).exists()
        elif name == "sealer":
            busy = SealWaiting.objects.exists()
    kills.killed[name] += 1
    kills.at_work[name] += busy


def quiet(product: Product) -> None:
    """Until the worker has nothing left to do and the sealer has sealed all of it, by themselves."""
    until(
        lambda: not Job.objects.unfinished().exists() and not SealWaiting.objects.exists(),
        product, "work in the background does not end",
    )  # fmt: skip


def report(
    load: Load, found: stored.Stored, kills: Kills, product: Product, seed: int, seconds: float
) -> str:
    outcomes = Counter(str(attempt.outcome) for attempt in load.journal.attempts)
    return "\n".join([
        f"seed {seed}, {seconds:.0f} s on {connection.vendor}",
        f"killed: {dict(kills.killed)}, of them at work: {dict(kills.at_work)}",
        f"how: {dict(sorted(kills.ways.items()))}",
        f"requests: {dict(outcomes)}; periods opened: {load.opened}",
        f"stored: {len(found.entries)} entries, {Seal.objects.count()} links",
        f"ended by themselves and were started again: {dict(product.ended)}",
        *load.journal.failures,
        *stored.differences(load.journal.attempts, found)[:40],
    ])  # fmt: skip
