"""The small world of these tests: a draft month, or an open one."""

import copy
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.evaluation import test_endorsing_anew as anew
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.once import written_once
from tests.helpers.thawed import repin
from tests.helpers.world import World


@pytest.fixture
def draft_world(drafted: World) -> World:
    return drafted


@pytest.fixture
def world(opened: World) -> World:
    return opened


@pytest.fixture
def committed_world(scratch_database: str) -> World:
    """An open month in a database of its own, which threads and other processes see."""
    world = worlds.build()
    worlds.open_month(world)
    return world


@pytest.fixture
def endorsed_world(draft_world: World) -> World:
    """Lan's and Minh's cards go through all three stages."""
    world = draft_world
    spec = worlds.staff_spec()
    stage = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
    version = worlds.version(spec | {"stages": [*spec["stages"], stage]}, "NV-XN")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


@pytest.fixture(scope="module")
def reopened_once(drafted_once: World, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Written once for a module: take `reopened`. A module that takes it takes no other world that is open."""
    with written_once(django_db_blocker, lambda: anew.reopened(copy.deepcopy(drafted_once))) as made:
        yield made


@pytest.fixture
def reopened(reopened_once: World, db: None) -> World:
    """Lan's card was evaluated by Hà, endorsed by Chí, notified, and is reopened on two criteria."""
    return copy.deepcopy(reopened_once)
