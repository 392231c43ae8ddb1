"""The acceptance vectors of Decree 335, through the engine's own specifications, exactly."""

import json
from typing import Any

import pytest

from kpi_cms.foundation.engine import check_period, check_quota, check_vector, compile_set
from tests.foundation.engine import specs
from tests.helpers.shared import SHARED

pytestmark = pytest.mark.shared_data

VECTORS = SHARED / "vectors.json"
FILE = (
    json.loads(VECTORS.read_text(encoding="utf-8"))
    if VECTORS.exists()
    else {"scorecards": [], "settings": {}}
)
SETS = {True: compile_set(specs.leader()), False: compile_set(specs.staff())}


@pytest.mark.parametrize("vector", [pytest.param(card, id=card["id"]) for card in FILE["scorecards"]])
def test_a_scorecard_gives_exactly_what_the_vector_expects(vector: dict[str, Any]) -> None:
    assert check_vector(lambda card: SETS[card["leader"] is True], vector, FILE["settings"]) == []


@pytest.mark.parametrize("vector", [pytest.param(entry, id=entry["id"]) for entry in FILE.get("periods", [])])
def test_a_period_gives_exactly_what_the_vector_expects(vector: dict[str, Any]) -> None:
    assert check_period(lambda entry: SETS[False], vector, FILE["settings"]) == []


@pytest.mark.parametrize("vector", [pytest.param(entry, id=entry["id"]) for entry in FILE.get("quotas", [])])
def test_a_quota_gives_exactly_what_the_vector_expects(vector: dict[str, Any]) -> None:
    assert check_quota(lambda entry: SETS[False], vector) == []
