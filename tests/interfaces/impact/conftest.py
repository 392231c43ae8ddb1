"""A month scored with an issued set, and a draft on top of it that halves the points of the results."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from criteria_pages.models import CriteriaSetPage
from tests.factories.criteria_pages import edit, issued, parts_with
from tests.helpers.once import written_once
from tests.helpers.results import more_people
from tests.helpers.scored import scored
from tests.helpers.thawed import repin
from tests.helpers.world import World

HALVED = "(a + b + c) / 6 * 70"


@pytest.fixture(scope="module")
def scored_once(drafted_once: World, django_db_blocker: Any) -> Iterator[World]:
    with written_once(django_db_blocker, lambda: with_scores(deepcopy(drafted_once))) as made:
        yield made


@pytest.fixture
def world(scored_once: World, db: None, settings: Any, tmp_path: Path) -> World:
    """Six people of A1 with 100 points, three of B1 with 85, all notified; the others' cards are not decided."""
    settings.EXPORT_FILES_ROOT = tmp_path
    return deepcopy(scored_once)


def with_scores(drafted: World) -> World:
    page, version = issued()
    repin(drafted.period, drafted.staff, version)
    six = more_people(drafted, drafted.department, 6, "A")
    three = more_people(drafted, drafted.other_department, 3, "B")
    scored(drafted, six)
    scored(drafted, three, share="0.5")
    drafted.extra |= {"page": page, "six": six, "three": three}
    return drafted


@pytest.fixture
def page(world: World) -> CriteriaSetPage:
    page: CriteriaSetPage = world.extra["page"]
    edit(page, law="", parts=parts_with(KQ={"expression": HALVED}))
    return page
