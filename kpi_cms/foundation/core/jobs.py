"""Background work that is taken up again where it was killed.

A job is a generator registered with `@job("name")`: it yields `Progress` after each batch it has committed. The runner
writes cursor, progress and heartbeat outside the batch's transaction; a job whose heartbeat is old belongs to a
dead worker and is enqueued again, with its cursor, by `requeue_abandoned`, which the scheduler calls. So a job must
make each batch idempotent: what a killed run committed after its last cursor is done a second time.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import Q
from django.utils.translation import gettext as _
from django_tasks import task

from .actor import Origin, coming_from, database_now
from .errors import DomainError, WrongState
from .models import Job, JobState

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """After a committed batch: how far, of how much, and where to go on."""

    done: int
    total: int
    cursor: Mapping[str, Any] = field(default_factory=dict)


Runner = Callable[[Job, Any], Iterator[Progress]]
_runners: dict[str, Runner] = {}


def job(name: str) -> Callable[[Runner], Runner]:
    """Register a generator `(job, actor) -> Iterator[Progress]` under a name that is stored with each job."""

    def register(runner: Runner) -> Runner:
        _runners[name] = runner
        return runner

    return register


def enqueue(
    *, name: str, key: str, actor: Any, moment: datetime, arguments: Mapping[str, Any], total: int = 0
) -> Job:
    """Create a job and hand it to the worker after commit. Raises WrongState when its key has one under way."""
    try:
        with transaction.atomic():
            created = Job.objects.create(
                name=name,
                key=key,
                arguments=dict(arguments),
                actor_id=actor.pk,
                created_at=moment,
                total=total,
            )
    except IntegrityError as error:
        raise WrongState(_("This work is already under way. Wait until it has finished.")) from error
    transaction.on_commit(lambda: run_job.enqueue(str(created.pk)))
    return created


@task(backend="jobs", queue_name="jobs")
def run_job(job_id: str) -> None:
    """What the worker calls. A second call for a job that another worker holds does nothing."""
    claimed = _claim(job_id)
    if claimed is not None:
        _run(claimed)


def _old(moment: datetime) -> datetime:
    return moment - timedelta(seconds=settings.JOB_ABANDONED_AFTER_SECONDS)


def _abandoned(moment: datetime) -> Q:
    return Q(state=JobState.RUNNING, heartbeat_at__lt=_old(moment))


def _claim(job_id: str) -> Job | None:
    moment = database_now()
    claim = f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    claimed = (
        Job.objects.filter(pk=job_id)
        .filter(Q(state=JobState.QUEUED) | _abandoned(moment))
        .update(state=JobState.RUNNING, heartbeat_at=moment, worker=claim)
    )
    return Job.objects.get(pk=job_id) if claimed else None


class _ClaimLost(Exception):
    """This worker stood still for so long that another one has taken the job up."""


def _write(running: Job, **values: Any) -> None:
    """Change the job's row, as long as it is still this worker's."""
    held = Job.objects.filter(pk=running.pk, state=JobState.RUNNING, worker=running.worker)
    if not held.update(**values):
        raise _ClaimLost


@contextmanager
def _beating(running: Job) -> Iterator[None]:
    """Renew the heartbeat from a thread, because one batch may take longer than a dead worker is waited for."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(settings.JOB_HEARTBEAT_SECONDS):
            try:
                _write(running, heartbeat_at=database_now())
            except _ClaimLost:
                return
            except DatabaseError:
                # SQLite has one writer, and the batch is writing: the next beat will pass.
                logger.debug("job %s: a heartbeat was missed", running)
            finally:
                connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat of {running.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _run(running: Job) -> None:
    actor = get_user_model().objects.get(pk=running.actor_id)
    try:
        with coming_from(Origin(request_id=running.pk)), _beating(running):
            for progress in _runners[running.name](running, actor):
                _write(
                    running,
                    done=progress.done,
                    total=progress.total,
                    cursor=dict(progress.cursor),
                    heartbeat_at=database_now(),
                )
        _finish(running, JobState.DONE, "")
    except _ClaimLost:
        logger.warning("job %s was taken up by another worker", running)
    except DomainError as refusal:
        _finish(running, JobState.FAILED, str(refusal.sentence))
    except (OperationalError, InterfaceError):
        # The database went away, or ended this transaction: no fault of the work. It stays as it is, without a
        # heartbeat, and is taken up again like that of a killed worker.
        logger.exception("job %s lost its database and will be taken up again", running)
        raise
    except Exception:
        logger.exception("job %s failed", running)
        _finish(
            running,
            JobState.FAILED,
            _("The work stopped because of an error. Nothing half-done is shown; start it again."),
        )
        raise


def _finish(running: Job, state: JobState, message: str) -> None:
    _write(running, state=state, message=message, finished_at=database_now())


def requeue_abandoned() -> int:
    """Enqueue every job that waits without a task or whose worker died; returns how many.

    A queued job may have its task waiting already: the claim lets only one of the two run it.
    """
    moment = database_now()
    waiting = Q(state=JobState.QUEUED) & (
        Q(heartbeat_at__lt=_old(moment)) | Q(heartbeat_at__isnull=True, created_at__lt=_old(moment))
    )
    requeued = 0
    for job_id in list(Job.objects.filter(waiting | _abandoned(moment)).values_list("pk", flat=True)):
        # The heartbeat says when it was last put into the queue: not at each round while a worker is busy.
        job = Job.objects.filter(pk=job_id).filter(waiting | _abandoned(moment))
        if job.update(state=JobState.QUEUED, heartbeat_at=moment):
            run_job.enqueue(str(job_id))
            requeued += 1
    return requeued
