"""The small world of these tests: a draft month, or an open one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.helpers import scratch
from tests.helpers import world as worlds
from tests.helpers.world import World


@pytest.fixture
def draft_world(db: None) -> World:
    return worlds.build()


@pytest.fixture
def world(draft_world: World) -> World:
    worlds.open_month(draft_world)
    return draft_world


@pytest.fixture
def committed_world(scratch_database: str) -> World:
    """An open month in a database of its own, which threads and other processes see."""
    world = worlds.build()
    worlds.open_month(world)
    return world


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
