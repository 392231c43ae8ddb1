"""Opening, killed with `kill -9` while it makes cards, in a process of its own, on a database of its own (F-02)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from kpi_cms.evaluation.domain import opening
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.foundation.core.text import name_sort_key
from snippets.enums import Capability, PeriodState, PostRole, StaffKind
from snippets.models import Appointment, Person, Position
from tests.evaluation.test_stages import hold
from tests.helpers import world as worlds
from tests.helpers.world import LAST, MOMENT, World

ROOT = Path(__file__).resolve().parents[2]
PEOPLE, BATCH, KILLS = 300, 3, 4


class Worker:
    """The forking program, spoken to line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def start(self) -> int:
        """Fork a worker that takes up abandoned jobs; its process number."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self.hear())

    def status(self) -> int:
        """Wait for the worker's end."""
        return int(self.hear())


@contextmanager
def worker(database_url: str) -> Iterator[Worker]:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "KPI_TEST_BATCH": str(BATCH),
        "DJANGO_SETTINGS_MODULE": "kpi_cms.settings.test",
        "PYTHONPATH": str(ROOT),
    }
    program = [sys.executable, str(ROOT / "tests" / "helpers" / "forking_worker.py")]
    with subprocess.Popen(
        program, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            forking = Worker(process)
            assert forking.hear() == "ready"
            yield forking
        finally:
            assert process.stdin is not None
            process.stdin.close()


def many_people(world: World) -> None:
    """Staff of department A1, in four statements."""
    people = Person.objects.bulk_create(
        Person(
            staff_code=f"NV{number:04d}", full_name=f"Nguyễn Văn {number}", kind=StaffKind.CIVIL_SERVANT,
            sort_key=name_sort_key(f"Nguyễn Văn {number}"), search_text="", unit=world.department,
        )
        for number in range(PEOPLE)
    )  # fmt: skip
    position = Position.objects.get(role=PostRole.MEMBER)
    Appointment.objects.bulk_create(
        Appointment(
            person=person, unit=world.department, position=position, role=PostRole.MEMBER,
            is_main=True, starts_on=date(2025, 7, 1),
        )
        for person in people
    )  # fmt: skip


def people_change(world: World, kill: int) -> None:
    """Between two workers somebody with a card leaves the scope, and somebody comes whose number is the last."""
    staying = Scorecard.objects.filter(person__appointments__ends_on__isnull=True)
    leaver = staying.order_by("person_id").first().person
    Appointment.objects.filter(person_id=leaver.pk).update(ends_on=LAST - timedelta(days=1))
    Person.objects.filter(pk=leaver.pk).update(unit=world.root)
    worlds.person(f"MOI{kill}", f"Lê Thị Mới {kill}", world.department)


def test_a_killed_opening_is_taken_up_and_ends_with_one_card_each(
    scratch_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(jobs.run_job), "enqueue", lambda self, job_id: None)
    world = worlds.build()
    many_people(world)
    policy = world.extra["boss"]
    hold(policy, Capability.MANAGE_PERIODS, world)
    job = opening.open_period(actor=policy.user, moment=MOMENT, period=world.period)
    everybody = PEOPLE + 7
    chance = random.Random(335)
    at_death: list[int] = []
    with worker(scratch_database) as forking:
        for kill in range(KILLS):
            # Somewhere in its own eighth of the way, and somewhere inside a batch; the rest is long enough for the
            # worker not to be done when a busy machine comes late.
            wanted = round(everybody * (kill + chance.random()) / (KILLS * 2)) + 1
            pid = forking.start()
            patience = time.monotonic() + 60
            while Scorecard.objects.count() < wanted:
                assert time.monotonic() < patience, "the worker makes no cards"
                time.sleep(0.002)
            time.sleep(chance.random() * 0.02)
            os.kill(pid, signal.SIGKILL)
            assert forking.status() == -signal.SIGKILL
            at_death.append(Scorecard.objects.count())
            job.refresh_from_db()
            assert job.state == JobState.RUNNING
            if kill < KILLS - 1:
                people_change(world, kill)
        forking.start()
        assert forking.status() == 0
    assert all(0 < made < everybody for made in at_death)
    assert at_death == sorted(at_death)
    job.refresh_from_db()
    # Each time one left, who keeps the card that was made, and one came.
    changes = KILLS - 1
    assert (job.state, job.done, job.total) == (JobState.DONE, everybody, everybody)
    world.period.refresh_from_db()
    assert world.period.state == PeriodState.OPEN
    people = set(Person.objects.exclude(pk__in=[policy.pk]).values_list("pk", flat=True))
    once = Counter(people)
    assert Counter(Scorecard.objects.values_list("person_id", flat=True)) == once
    assert Counter(Scorecard.history.values_list("person_id", flat=True)) == once
    assert set(Scorecard.history.values_list("history_type", "history_user_id")) == {("+", policy.user_id)}
    entry = LedgerEntry.objects.get(act="period.opened")
    assert (entry.after["cards"], entry.after["planned"]) == (everybody + changes, everybody)
    assert Job.objects.count() == 1
