"""The health page knows whether a worker and a scheduler are alive."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError

from kpi_cms.foundation.core import beats
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.models import Heartbeat
from kpi_cms.foundation.core.schedule import frequent_work


def said(client):
    answer = client.get("/suc-khoe/").json()
    return answer["worker"], answer["scheduler"]


@pytest.mark.django_db
def test_a_process_is_alive_for_a_minute_after_its_last_sign(client):
    assert said(client) == (False, False)
    now = database_now()
    beats.beat(beats.WORKER, now - timedelta(seconds=50))
    beats.beat(beats.SCHEDULER, now - timedelta(seconds=61))
    assert said(client) == (True, False)
    beats.beat(beats.SCHEDULER, now)
    assert said(client) == (True, True)
    assert Heartbeat.objects.count() == 2


@pytest.mark.django_db
def test_the_scheduler_gives_a_sign(client, settings):
    """Among its frequent work, which has a thread of its own."""
    [work] = [work for work in frequent_work(settings.FREQUENT_WORK) if work.name == "give a sign of life"]
    work.run()(moment=database_now())
    assert said(client) == (False, True)


def test_a_worker_gives_signs_from_a_thread_while_it_works(scratch_database, settings, client):
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
        "jobs": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["jobs"]},
    }
    call_command(
        "db_worker", "--backend", "jobs", "--queue-name", "jobs", "--batch", "--no-startup-delay", verbosity=0
    )
    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["worker"]
    assert said(client) == (True, False)


def test_a_sign_that_cannot_be_written_stops_no_work(scratch_database, monkeypatch):
    tried = []

    def fail(name, moment):
        tried.append(name)
        raise DatabaseError

    monkeypatch.setattr(beats, "beat", fail)
    with beats.beating("worker"):
        pass
    assert tried == ["worker"]
    assert not Heartbeat.objects.exists()
