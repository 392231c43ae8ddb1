"""The acceptance vectors of Decree 335, through the engine's own specifications, exactly."""

import json
from pathlib import Path
from typing import Any

import pytest

from kpi_cms.foundation.engine import check_vector, compile_set
from tests.foundation.engine import specs

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "vectors.json"
SETS = {True: compile_set(specs.leader()), False: compile_set(specs.staff())}

__test__ = VECTORS.exists()  # where the shared file is not there, nothing of this module is collected


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each scorecard of the file."""
    data = json.loads(VECTORS.read_text(encoding="utf-8"))
    metafunc.parametrize("vector", [pytest.param(card, id=card["id"]) for card in data["scorecards"]])
    metafunc.parametrize("settings", [pytest.param(data["settings"], id="file")])


def test_a_scorecard_gives_exactly_what_the_vector_expects(vector: dict[str, Any], settings: dict[str, Any]) -> None:
    assert check_vector(lambda card: SETS[card["leader"] is True], vector, settings) == []
