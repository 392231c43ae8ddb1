"""The whole matrix: every cell, in shards that several processes share. Only `make test-matrix` runs it."""

import pytest

from tests.access.cells import all_cells, route_of
from tests.access.institution import ROLES
from tests.access.routes import keys

pytestmark = [pytest.mark.django_db, pytest.mark.whole_matrix]
SHARDS = 4


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("part", ["workspace", "admin"])
def test_every_cell_is_answered_as_the_rules_promise(prober, record_property, part, role, shard):
    chosen = [key for key in keys() if route_of(key).in_admin == (part == "admin")][shard::SHARDS]
    cells = [cell for cell in all_cells(chosen) if cell.role == role]
    record_property("cells", len(cells))
    problems = [problem for cell in cells if (problem := prober.judge(cell))]
    assert problems == [], "\n".join(problems)
