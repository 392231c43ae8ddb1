"""Background work is taken up where it was killed, and done once however often it is asked for."""

import logging
import threading
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError

from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import current_action, database_now
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.core.jobs import Progress, enqueue, job, requeue_abandoned, run_job
from kpi_cms.foundation.core.models import Job, JobState
from tests.factories.snippets import UserFactory

pytestmark = pytest.mark.django_db
BATCHES = 4


class Killed(BaseException):
    """Stands for kill -9: nothing catches it and nothing is written after it."""


class Counting:
    """A job of four batches that can be killed before, inside or after any of them."""

    def __init__(self):
        self.batches = []
        self.die_at = None

    def __call__(self, running, actor):
        for number in range(running.cursor.get("next", 0), BATCHES):
            self._maybe_die(("before", number))
            if number not in self.batches:  # each batch is idempotent
                self.batches.append(number)
            self._maybe_die(("inside", number))
            yield Progress(done=number + 1, total=BATCHES, cursor={"next": number + 1})
            self._maybe_die(("after", number))

    def _maybe_die(self, point):
        if self.die_at == point:
            self.die_at = None
            raise Killed


@pytest.fixture
def counting(monkeypatch):
    runner = Counting()
    monkeypatch.setattr(jobs, "_runners", {})
    job("count")(runner)
    return runner


@pytest.fixture
def queue(monkeypatch):
    """What was handed to the worker, instead of running it."""
    handed = []
    monkeypatch.setattr(type(run_job), "enqueue", lambda self, job_id: handed.append(job_id))
    return handed


def make(**values):
    values = {
        "name": "count",
        "key": "k",
        "actor_id": UserFactory().pk,
        "created_at": database_now(),
        **values,
    }
    return Job.objects.create(**values)


def grow_old(running):
    Job.objects.filter(pk=running.pk).update(heartbeat_at=database_now() - timedelta(minutes=1))


def test_a_job_runs_after_commit_and_ends_done(counting, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = enqueue(
            name="count",
            key="k",
            actor=UserFactory(),
            moment=database_now(),
            arguments={"period": 7},
            total=4,
        )
        assert counting.batches == []
    made.refresh_from_db()
    assert counting.batches == [0, 1, 2, 3]
    assert (made.state, made.done, made.total, made.message) == (JobState.DONE, 4, 4, "")
    assert made.arguments == {"period": 7}
    assert made.finished_at is not None


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("point", ["before", "inside", "after"])
def test_a_job_killed_anywhere_is_taken_up_and_every_batch_is_done_once(counting, queue, point, batch):
    made = make()
    counting.die_at = (point, batch)
    with pytest.raises(Killed):
        run_job.func(str(made.pk))
    made.refresh_from_db()
    assert made.state == JobState.RUNNING

    assert requeue_abandoned() == 0  # its heartbeat is young: the worker may only be slow
    grow_old(made)
    assert requeue_abandoned() == 1
    assert queue == [str(made.pk)]
    run_job.func(queue[0])

    made.refresh_from_db()
    assert (made.state, made.done) == (JobState.DONE, BATCHES)
    assert sorted(counting.batches) == [0, 1, 2, 3]


def test_two_claims_run_a_job_once(counting):
    made = make()
    first = jobs._claim(str(made.pk))
    assert jobs._claim(str(made.pk)) is None
    jobs._run(first)
    run_job.func(str(made.pk))
    assert counting.batches == [0, 1, 2, 3]


def test_a_finished_job_is_not_run_again(counting):
    made = make(state=JobState.DONE)
    run_job.func(str(made.pk))
    assert counting.batches == []


def test_a_worker_that_stood_still_stops_when_another_has_the_job(counting, caplog):
    made = make()
    slow = jobs._claim(str(made.pk))
    grow_old(made)
    quick = jobs._claim(str(made.pk))
    with caplog.at_level(logging.WARNING):
        jobs._run(slow)
    assert counting.batches == [0]
    assert "taken up by another worker" in caplog.text
    made.refresh_from_db()
    assert (made.state, made.worker, made.done) == (JobState.RUNNING, quick.worker, 0)


def test_a_queued_job_without_a_task_is_enqueued_and_not_at_every_round(counting, queue):
    made = make(created_at=database_now() - timedelta(minutes=1))
    assert requeue_abandoned() == 1
    assert requeue_abandoned() == 0
    grow_old(made)
    assert requeue_abandoned() == 1
    assert queue == [str(made.pk)] * 2


def test_a_job_just_queued_is_left_to_its_task(counting, queue):
    make()
    assert requeue_abandoned() == 0
    assert queue == []


def test_a_key_has_one_job_under_way(counting, queue):
    user = UserFactory()
    values = {"name": "count", "actor": user, "moment": database_now(), "arguments": {}}
    first = enqueue(key="opening-7", **values)
    with pytest.raises(WrongState) as refusal:
        enqueue(key="opening-7", **values)
    assert str(refusal.value)
    assert list(Job.objects.unfinished()) == [first]
    Job.objects.filter(pk=first.pk).update(state=JobState.DONE)
    enqueue(key="opening-7", **values)
    assert Job.objects.count() == 2


def test_a_refusal_ends_the_job_with_its_sentence(monkeypatch):
    monkeypatch.setattr(jobs, "_runners", {})

    @job("refused")
    def _refused(running, actor):
        yield Progress(1, 2)
        raise Invalid("Row 7 has no staff code.")

    made = make(name="refused")
    run_job.func(str(made.pk))
    made.refresh_from_db()
    assert (made.state, made.message, made.done) == (JobState.FAILED, "Row 7 has no staff code.", 1)


def test_an_error_ends_the_job_without_telling_its_text_to_the_reader(monkeypatch, caplog):
    monkeypatch.setattr(jobs, "_runners", {})

    @job("broken")
    def _broken(running, actor):
        yield Progress(1, 2)
        raise ZeroDivisionError("secret of the inside")

    made = make(name="broken")
    with pytest.raises(ZeroDivisionError):
        run_job.func(str(made.pk))
    made.refresh_from_db()
    assert made.state == JobState.FAILED
    assert made.message
    assert "secret" not in made.message
    assert "secret of the inside" in caplog.text


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_job_that_loses_its_database_is_taken_up_again_and_not_failed(monkeypatch, queue, caplog, error):
    monkeypatch.setattr(jobs, "_runners", {})
    losing = [True]

    @job("crashing")
    def _crashing(running, actor):
        yield Progress(1, 2, {"next": 1})
        if losing:
            raise error(losing.pop())
        yield Progress(2, 2, {"next": 2})

    made = make(name="crashing")
    with pytest.raises(error):
        run_job.func(str(made.pk))
    made.refresh_from_db()
    assert (made.state, made.done, made.message) == (JobState.RUNNING, 1, "")
    assert "lost its database" in caplog.text
    assert requeue_abandoned() == 0  # whoever has just had it may still be there
    grow_old(made)
    assert requeue_abandoned() == 1
    run_job.func(*queue)
    made.refresh_from_db()
    assert (made.state, made.done) == (JobState.DONE, 2)


def test_what_a_job_does_carries_its_id_as_request(monkeypatch):
    monkeypatch.setattr(jobs, "_runners", {})
    seen = []

    @job("looking")
    def _looking(running, actor):
        from kpi_cms.foundation.core.actor import as_actor

        with as_actor(actor, database_now()):
            seen.append((current_action().actor, current_action().origin.request_id))
        yield Progress(1, 1)

    user = UserFactory()
    made = make(name="looking", actor_id=user.pk)
    run_job.func(str(made.pk))
    assert seen == [(user, made.pk)]


def test_the_heart_beats_during_a_long_batch(monkeypatch, settings):
    settings.JOB_HEARTBEAT_SECONDS = 0.01
    monkeypatch.setattr(jobs, "_runners", {})
    enough = threading.Event()
    beats = []

    def write(running, **values):
        if set(values) == {"heartbeat_at"}:
            beats.append(threading.current_thread().name)
            if len(beats) == 3:
                enough.set()

    monkeypatch.setattr(jobs, "_write", write)

    @job("long")
    def _long(running, actor):
        assert enough.wait(timeout=30)
        yield Progress(1, 1)

    made = make(name="long")
    run_job.func(str(made.pk))
    assert set(beats) == {f"heartbeat of {made.pk}"}


@pytest.mark.parametrize("error", [jobs._ClaimLost(), jobs.DatabaseError("locked")])
def test_a_missed_beat_ends_the_beating_only_when_the_claim_is_lost(monkeypatch, settings, error):
    settings.JOB_HEARTBEAT_SECONDS = 0.01
    calls = []
    twice = threading.Event()

    def write(running, **values):
        calls.append(values)
        if len(calls) == 2:
            twice.set()
        raise error

    monkeypatch.setattr(jobs, "_write", write)
    with jobs._beating(make()):
        lost = isinstance(error, jobs._ClaimLost)
        assert twice.wait(timeout=0.2 if lost else 30) is not lost


def test_a_job_is_named_by_what_it_does():
    assert str(make(name="open the month", key="7")) == "open the month 7"
