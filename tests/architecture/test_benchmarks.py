"""The bench writes its province with SQL of its own: a column that rows cannot be without has to be named there too."""

import re
from pathlib import Path

import pytest
from django.apps import apps

SEED = Path(__file__).resolve().parents[2] / "benchmarks" / "seed.py"
INSERTS = re.findall(r"INSERT INTO (\w+)\s+\(([^()]+)\)\s+SELECT", SEED.read_text())
MODELS = {model._meta.db_table: model for model in apps.get_models()}


def test_the_seed_is_read() -> None:
    assert {table for table, _columns in INSERTS} >= {
        "evaluation_scorecard", "evaluation_assessment", "evaluation_score", "evaluation_task",
    }  # fmt: skip


@pytest.mark.parametrize(("table", "columns"), INSERTS)
def test_every_column_that_has_to_be_filled_is(table: str, columns: str) -> None:
    fields = MODELS[table]._meta.concrete_fields
    needed = {field.column for field in fields if not (field.null or field.primary_key)}
    assert needed - {name.strip() for name in columns.split(",")} == set()
