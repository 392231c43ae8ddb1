"""The small world of these tests: a draft month, or an open one."""

import pytest

from tests.helpers import world as worlds
from tests.helpers.world import World


@pytest.fixture
def draft_world(db: None) -> World:
    return worlds.build()


@pytest.fixture
def world(draft_world: World) -> World:
    worlds.open_month(draft_world)
    return draft_world
