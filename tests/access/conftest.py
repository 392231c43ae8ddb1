"""One institution, its clock stopped, for the modules that ask it; and the matrix's count.

Playing its months takes as long as a thousand of its pages. So it is written once for all of them, which one worker
asks one after another (tests/helpers/institutions.py), and taken back after the last.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from kpi_cms.foundation.core import actor
from tests.access import institution
from tests.access.probe import Prober, quiet
from tests.helpers.institutions import ASKING
from tests.helpers.world import MOMENT

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Thousands of requests are asked whether they may, not which lines they run nor whether history follows.

    Both have tests beside the code; here they would double the time, and hide lines that no such test reaches.
    """
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.no_cover)
            item.add_marker(pytest.mark.unwatched)


@contextmanager
def uncounted(config: pytest.Config) -> Iterator[None]:
    """Without counting lines, where the run counts them."""
    plugin = config.pluginmanager.get_plugin("_cov")
    controller = plugin and plugin.cov_controller
    if not controller:
        yield
        return
    controller.pause()
    try:
        yield
    finally:
        controller.resume()


def stop_the_clock(patch: pytest.MonkeyPatch) -> None:
    """Everything happens at MOMENT, whichever clock is read and however a module imported it."""
    real = actor.database_now
    patch.setattr(timezone, "now", lambda: MOMENT)
    for module in list(sys.modules.values()):
        if getattr(module, "database_now", None) is real:
            patch.setattr(module, "database_now", lambda: MOMENT)


@contextmanager
def institution_made(config: pytest.Config, blocker: DjangoDbBlocker) -> Iterator[Prober]:
    """Until the block ends, it is in the database and its clock stands still."""
    with pytest.MonkeyPatch.context() as patch, blocker.unblock(), transaction.atomic(), quiet():
        # Imported before, so that their lines count and their clocks are stopped.
        import_module(settings.ROOT_URLCONF)
        stop_the_clock(patch)
        with uncounted(config):
            made = Prober(institution.build())
        yield made
        transaction.set_rollback(True)


MADE, ENDING = pytest.StashKey[Prober](), pytest.StashKey[ExitStack]()


@pytest.fixture(scope="module")
def prober(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Prober:
    """Asks the institution's addresses. A test that takes it asks for `db` as well."""
    kept = request.config.stash
    if MADE not in kept:
        kept[ENDING] = ExitStack()
        kept[MADE] = kept[ENDING].enter_context(institution_made(request.config, django_db_blocker))
    return kept[MADE]


@pytest.hookimpl(trylast=True)  # when the test's own rows are taken back
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Take the institution back behind the last of the modules that ask it."""
    if MADE in item.config.stash and (nextitem is None or not nextitem.nodeid.startswith(ASKING)):
        del item.config.stash[MADE]
        item.config.stash[ENDING].close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many cells were asked."""
    cells = sum(
        int(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == "cells"
    )
    if cells:
        terminalreporter.write_line(f"The permission matrix: {cells:,} cells.")
