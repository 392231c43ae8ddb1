"""The demonstration for tests, loaded once for a module and rolled back after its last test.

A module that wants it imports the fixture: `from tests.helpers.demonstration import demonstration_db`, and its tests
ask for `db` as well; each test's own writes are rolled back on their own.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import override_settings


@contextmanager
def rolled_back(blocker) -> Iterator[None]:
    """A demonstration's settings and one transaction around many tests."""
    with blocker.unblock(), override_settings(DEMONSTRATION=True), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def demonstration_db(django_db_setup, django_db_blocker) -> Iterator[None]:
    """The whole demonstration, a month under way included."""
    from kpi_cms.demonstration.loading import load

    with rolled_back(django_db_blocker):
        load(lambda sentence: None)
        yield
