"""What the whole suite shares: which tests apply here, none skipped, and a database for tests that commit."""

import copy
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.helpers import databases, libreoffice, pages, roles, scratch, watching
from tests.helpers import world as worlds
from tests.helpers.institutions import ASKING, FilesTogether
from tests.helpers.once import written_once
from tests.helpers.shared import SHARED
from tests.helpers.world import World

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
NEVER_SKIPPED = (
    "Tests are deselected by a marker (see pyproject.toml), never skipped or expected to fail: {reason}"
)

# One example set for everybody: a red run can be repeated, and a slow machine is no failure.
hypothesis_settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("suite")

# Who takes none of these, nor the plugin's marker, can ask no database: one run is enough. Some of the foundation's
# tests are told which database it is without asking it.
DATABASE_FIXTURES = {"db", "drafted_once", "demonstration_db", "scratch_copy", "loaded"}
TOLD = ("tests/foundation/access/", "tests/foundation/core/")

# They ask no database, make one of their own whatever the suite runs on, or ask what no database answers differently:
# how pages look, what keys do, how a draft is checked, tried, compared and read, what tasks are worth, and what the
# rules allow by real requests. What issues and keeps sets is asked on both. Behind PostgreSQL's wall the rules are
# asked by test_behind_the_wall.py, test_sets_behind_the_wall.py and the month's journey, and by `make test-matrix`.
NO_DATABASE = (
    "tests/acceptance/test_vectors_through_rows.py",
    "tests/access/test_clerk.py",
    "tests/access/test_matrix.py",
    "tests/access/test_sets.py",
    "tests/architecture/test_assets.py",
    "tests/architecture/test_reading_changes_nothing.py",
    "tests/architecture/test_run.py",
    "tests/criteria_pages/test_check_vectors.py",
    "tests/criteria_pages/test_checks.py",
    "tests/criteria_pages/test_comparison.py",
    "tests/criteria_pages/test_demonstration.py",
    "tests/criteria_pages/test_kinds.py",
    "tests/criteria_pages/test_organisations.py",
    "tests/criteria_pages/test_readiness.py",
    "tests/criteria_pages/test_starting.py",
    "tests/criteria_pages/test_tables.py",
    "tests/criteria_pages/test_trial.py",
    "tests/criteria_pages/test_try_page.py",
    "tests/evaluation/test_task_quantities.py",
    "tests/foundation/audit/test_tampering.py",
    "tests/foundation/engine/test_later_properties.py",
    "tests/foundation/engine/test_properties.py",
    "tests/interfaces/exchange/sets/test_calculation.py",
    "tests/interfaces/exchange/sets/test_libreoffice.py",
    "tests/interfaces/exchange/sets/test_round_trip.py",
    "tests/journeys/test_approval.py",
    "tests/journeys/test_crawl.py",
    "tests/journeys/test_keyboard.py",
    "tests/journeys/test_look.py",
    "tests/journeys/test_phone.py",
    "tests/journeys/test_sign_in.py",
    "tests/snippets/viewsets/test_probe.py",
)

LONGEST = "tests/journeys/test_month.py"

# Counting lines doubles the time of a test. These ask many times what others ask once, or ask another process: no line
# is reached by them alone (`make test` says so where one is). The plugin's own marker would count what sets them up.
UNCOUNTED = (
    "tests/access/",
    "tests/architecture/",
    "tests/evaluation/test_any_order.py",
    "tests/evaluation/test_ledger_tampering.py",
    "tests/evaluation/test_races.py",
    "tests/faults/",
    "tests/foundation/audit/test_tampering.py",
    "tests/foundation/engine/test_later_properties.py",
    "tests/foundation/engine/test_properties.py",
    "tests/interfaces/exchange/sets/test_calculation.py",
    "tests/interfaces/exchange/sets/test_libreoffice.py",
    "tests/interfaces/exchange/sets/test_round_trip.py",
    "tests/journeys/",
    "tests/snippets/viewsets/test_probe.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether | None:
    return FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    counting = getattr(item.config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    if counting is None or not item.nodeid.startswith(UNCOUNTED):
        return (yield)
    counting.pause()
    try:
        return (yield)
    finally:
        counting.resume()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what does not apply to this database, whose data is not here, or what is only run by its name."""
    postgresql = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql"
    absent = {"sqlite", "no_database"} if postgresql else {"postgresql"}
    if not SHARED.is_dir():
        absent.add("shared_data")
    if libreoffice.find() is None:
        absent.add("libreoffice")
    by_name = {"whole_matrix", "many_faults", "many_tamperings", "many_cards"}
    absent |= {name for name in by_name if name not in config.option.markexpr}
    for item in items:
        if item.nodeid.startswith(NO_DATABASE) or not _asks_a_database(item):
            item.add_marker("no_database")
    applies = {item: not absent.intersection(mark.name for mark in item.iter_markers()) for item in items}
    if not all(applies.values()):
        config.hook.pytest_deselected(items=[item for item in items if not applies[item]])
    # What takes longest begins first, so that the other workers are not done long before it: the journey of the month,
    # then whoever asks the institution, who stands together, as it is written once for all of them, then the other
    # journeys: two of them at once would both wait for the demonstration to be loaded. A world written once stays until
    # its module ends, so whoever wants one that it begins with is asked before.
    places = {item.path: place for place, item in reversed(list(enumerate(items)))}
    items[:] = sorted(
        (item for item in items if applies[item]),
        key=lambda item: (
            not item.nodeid.startswith(LONGEST),
            not item.nodeid.startswith(ASKING),
            item.get_closest_marker("journey") is None,
            places[item.path],
            sum(name.endswith("_once") for name in getattr(item, "fixturenames", ())),
        ),
    )


def _asks_a_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("postgresql")
    taken = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
    return bool(marked or taken) or item.nodeid.startswith(TOLD)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 50)


def _refuse_skip(report: Report) -> Report:
    if report.skipped or hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = NEVER_SKIPPED.format(reason=getattr(report, "wasxfail", "") or report.longrepr)
        if hasattr(report, "wasxfail"):
            del report.wasxfail
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Iterator[None]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Iterator[None]:
    return _refuse_skip((yield))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Begin with a copy of the migrated template (tests.helpers.databases)."""
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.postgresql_template()
        yield
        return
    connection.settings_dict["TEST"]["NAME"] = None
    name = connection.creation._get_test_db_name()
    memory = databases.open_in_memory(name)
    yield
    memory.close()


@pytest.fixture(scope="session")
def scratch_copy() -> Iterator[scratch.Copy | None]:
    with scratch.server() as copy:
        yield copy


@pytest.fixture
def scratch_database(
    scratch_copy: scratch.Copy | None, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The address of a database of its own, which this process writes to during the test."""
    with django_db_blocker.unblock(), scratch.database(scratch_copy, tmp_path) as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _nothing_flushes_the_suites_database() -> Iterator[None]:
    """A transactional test ends by emptying every table, what migrations put there included.

    Whatever ran after it on the same worker met a site without its root page. What has to commit takes
    `scratch_database`.
    """

    def refuse(self: TransactionTestCase) -> None:
        pytest.fail("A transactional test flushes the suite's database: take `scratch_database` instead.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", refuse)
        yield


@pytest.fixture(autouse=True)
def _sentences_by_their_message_id() -> Iterator[None]:
    """Outside a request a sentence reads as its message id, whatever the catalogue says today. Pages are Vietnamese."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def drafted_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The small world, written once for a module: take `drafted`."""
    with written_once(django_db_blocker, worlds.build) as made:
        yield made


@pytest.fixture(scope="module")
def opened_once(drafted_once: World, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The same with the month open: take `opened`. Tests of the module that take `drafted` ran before."""
    with written_once(django_db_blocker, lambda: worlds.opened(copy.deepcopy(drafted_once))) as made:
        yield made


@pytest.fixture
def drafted(drafted_once: World, db: None) -> World:
    """The small world with a draft month. Its rows are the module's, what a test does to them is taken back."""
    return copy.deepcopy(drafted_once)


@pytest.fixture
def opened(opened_once: World, db: None) -> World:
    """The small world with an open month, as `drafted`."""
    return copy.deepcopy(opened_once)


@pytest.fixture
def django_assert_num_queries() -> Callable[[int], AbstractContextManager[None]]:
    """As pytest-django's, without the statements that tell PostgreSQL who asks: they read no table."""

    @contextmanager
    def exactly(number: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as caught:
            yield
        found = pages.asked(caught, aside=pages.SETTING)
        listed = "\n".join(found)
        assert len(found) == number, f"{len(found)} queries, not {number}:\n{listed}"

    return exactly


@pytest.fixture(autouse=True)
def _the_application_acts(request: pytest.FixtureRequest) -> Iterator[None]:
    if connection.vendor != "postgresql" or not os.environ.get("KPI_TEST_ROLE"):
        yield
        return
    with roles.acting_as_the_application():
        yield


@pytest.fixture(autouse=True)
def _history_moves_with_the_rows(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every act of every test, unless the test changes rows behind an act on purpose."""
    if request.node.get_closest_marker("unwatched") is not None:
        yield
        return
    with watching.watched():
        yield
