"""The scheduler: daily work once a day by the clock of Việt Nam, abandoned jobs at every round, one of several."""

import logging
from datetime import date, datetime, time, timedelta
from time import sleep
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils.module_loading import import_string

from kpi_cms.foundation.accounts.management.commands import scheduler
from kpi_cms.foundation.core.schedule import Calendar, Daily, Frequent, daily_work

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = datetime(2026, 8, 3, 0, 0, tzinfo=HANOI)


@pytest.fixture(autouse=True)
def _keep_the_tests_connection(request, monkeypatch):
    """A round begins by dropping old connections; the one that a test's transaction lives on must stay.

    So what ends with a connection in the product, the first scheduler's lock, is given back here.
    """
    monkeypatch.setattr(scheduler, "close_old_connections", lambda: None)
    if request.node.get_closest_marker("django_db") and connection.vendor == "postgresql":
        request.getfixturevalue("db")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")


def works(**times):
    return daily_work({name: (at, "x.y") for name, at in times.items()})


def names(calendar, moment):
    return [work.name for work in calendar.due(moment)]


def test_work_is_named_in_settings_with_its_hour():
    assert works(late="02:00", early="00:05") == [
        Daily("early", time(0, 5), "x.y"),
        Daily("late", time(2, 0), "x.y"),
    ]


def test_a_scheduler_that_starts_does_everything_once():
    calendar = Calendar(works(a="00:05", b="23:00"))
    assert names(calendar, DAY + timedelta(hours=12)) == ["a", "b"]


def test_after_that_each_work_waits_for_its_hour_of_the_next_day():
    calendar = Calendar(works(a="00:05", b="23:00"))
    for work in calendar.due(DAY + timedelta(hours=12)):
        calendar.mark(work, DAY + timedelta(hours=12))
    assert names(calendar, DAY + timedelta(hours=23, minutes=59)) == []
    assert names(calendar, DAY + timedelta(days=1, minutes=4)) == []
    assert names(calendar, DAY + timedelta(days=1, minutes=5)) == ["a"]
    assert names(calendar, DAY + timedelta(days=1, hours=23)) == ["a", "b"]


def test_the_day_is_the_day_in_viet_nam():
    calendar = Calendar(works(a="00:05"))
    calendar.mark(calendar.works[0], DAY + timedelta(days=1, minutes=10))  # still the day before in UTC
    assert calendar.done == {"a": date(2026, 8, 4)}


def test_what_settings_name_exists(settings):
    for _at, path in settings.DAILY_WORK.values():
        assert callable(import_string(path))
        assert Daily("x", time(0), path).run() is import_string(path)
    for _seconds, path in settings.FREQUENT_WORK.values():
        assert callable(import_string(path))
        assert Frequent("x", 1, path).run() is import_string(path)


@pytest.fixture
def often(monkeypatch, settings):
    """Frequent work that writes down its name; the second one fails."""
    settings.FREQUENT_WORK = {"a": (0.01, "x.y"), "b": (0.01, "x.z"), "c": (60, "x.y")}
    calls = []

    def run(self):
        def called(*, moment):
            calls.append(self.name)
            assert self.name != "b"

        return called

    monkeypatch.setattr(Frequent, "run", run)
    return calls


@pytest.mark.django_db
def test_what_is_often_due_is_done_at_once_and_one_failure_stops_nothing(often, settings, caplog):
    settings.DAILY_WORK = {}
    call_command("scheduler", once=True)
    assert often == ["a", "b", "c"]
    assert "frequent work b failed" in caplog.text


def test_what_is_often_due_is_done_again_and_again_until_the_end(often, monkeypatch):
    monkeypatch.setattr(scheduler, "database_now", lambda: DAY)
    monkeypatch.setattr(scheduler.connection, "close", lambda: None)
    rounds = iter([False, False, False, True, True])

    class Ended:
        def is_set(self):
            return next(rounds)

        def wait(self, seconds):
            sleep(seconds)

    scheduler.Command._often(Ended())
    assert often == ["a", "b", "c", "a", "b", "a", "b"]


@pytest.fixture
def work(monkeypatch):
    """Daily work that writes down how it was called."""
    calls = []
    monkeypatch.setattr(Daily, "run", lambda self: lambda **values: calls.append((self.name, values)))
    return calls


@pytest.mark.django_db
def test_a_round_requeues_jobs_and_calls_work_as_the_system(work, settings, monkeypatch, caplog):
    settings.DAILY_WORK = {"one": ("00:05", "x.y")}
    monkeypatch.setattr(scheduler, "requeue_abandoned", lambda: 2)
    with caplog.at_level(logging.WARNING):
        call_command("scheduler", once=True)
    [(name, values)] = work
    assert (name, sorted(values)) == ("one", ["actor", "moment"])
    assert values["actor"].username == "he-thong"
    assert "2 abandoned jobs" in caplog.text


@pytest.mark.django_db
def test_work_that_fails_does_not_stop_the_others(settings, monkeypatch, caplog):
    settings.DAILY_WORK = {"bad": ("00:01", "x.bad"), "good": ("00:02", "x.good")}
    done = []

    def run(self):
        def bad(**values):
            raise ZeroDivisionError("bad day")

        return bad if self.name == "bad" else lambda **values: done.append(self.name)

    monkeypatch.setattr(Daily, "run", run)
    call_command("scheduler", once=True)
    assert done == ["good"]
    assert "daily work bad failed" in caplog.text


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_waited_for(settings, monkeypatch, caplog):
    def gone():
        raise OperationalError("gone")

    monkeypatch.setattr(scheduler, "requeue_abandoned", gone)
    call_command("scheduler", once=True)
    assert "did not answer" in caplog.text


@pytest.mark.django_db
def test_work_that_loses_the_database_is_a_lost_database(settings, monkeypatch, caplog):
    settings.DAILY_WORK = {"one": ("00:05", "x.y")}

    def run(self):
        def gone(**values):
            raise OperationalError("gone")

        return gone

    monkeypatch.setattr(Daily, "run", run)
    call_command("scheduler", once=True)
    assert "did not answer" in caplog.text


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_second_scheduler_waits_in_reserve(work, settings):
    settings.DAILY_WORK = {"one": ("00:05", "x.y")}
    values = connection.get_connection_params()
    with psycopg.connect(
        dbname=values["dbname"],
        user=values.get("user"),
        host=values.get("host"),
        password=values.get("password"),
    ) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [scheduler.LOCK])
        call_command("scheduler", once=True)
        assert work == []
        other.execute("SELECT pg_advisory_unlock(%s)", [scheduler.LOCK])
        call_command("scheduler", once=True)
    assert [name for name, _values in work] == ["one"]


@pytest.mark.django_db
def test_a_signal_ends_the_rounds(settings, monkeypatch):
    settings.DAILY_WORK = {}
    settings.SCHEDULER_SECONDS = 0
    handlers, rounds, pauses = {}, [], iter(range(10))
    monkeypatch.setattr(scheduler.signal, "signal", handlers.__setitem__)

    def round_and_stop():
        rounds.append(1)
        if len(rounds) == 3:
            handlers[scheduler.signal.SIGTERM](None, None)
        return 0

    monkeypatch.setattr(scheduler, "requeue_abandoned", round_and_stop)
    # Ten rounds without an end would be a defect, and must not be an endless test.
    wait = scheduler.threading.Event.wait
    monkeypatch.setattr(
        scheduler.threading.Event,
        "wait",
        lambda self, timeout=None: (
            next(pauses) or wait(self, timeout) if timeout == 0 else wait(self, timeout)
        ),
    )
    often = []
    monkeypatch.setattr(scheduler.Command, "_often", often.append)
    call_command("scheduler")
    assert len(rounds) == 3
    assert often[0].is_set()
