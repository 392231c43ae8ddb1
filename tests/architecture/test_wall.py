"""What stands behind the second wall, and the only places that may go beyond it."""

import ast
from pathlib import Path

from django.apps import apps

from kpi_cms.foundation.access.wall import walled_tables
from kpi_cms.foundation.audit.history import HistoryRow

ROOT = Path(__file__).resolve().parents[2]
PASSES = {"beyond_the_wall", "shown_within"}

# file → how often it goes beyond the wall. One more is a decision: say in its reason why the rows are not shown.
BEYOND = {
    "kpi_cms/evaluation/asked_queries.py": 1,  # what a person's sets ask of a task, told to whoever gives it
    "kpi_cms/evaluation/domain/basis.py": 4,  # what cards take from others, when these change
    "kpi_cms/evaluation/domain/closing.py": 1,  # how many are not notified yet
    "kpi_cms/evaluation/domain/collective.py": 1,  # named by whoever keeps the people and reads no card
    "kpi_cms/evaluation/domain/erasing.py": 2,  # texts are erased by whoever does not read them: counts alone are told
    "kpi_cms/evaluation/domain/moving.py": 1,  # what the card's set says about moved work
    "kpi_cms/evaluation/domain/naming.py": 1,  # evaluators are named by whoever reads no card
    "kpi_cms/evaluation/domain/naming_anew.py": 2,  # the personnel office names who decides or endorses anew
    "kpi_cms/evaluation/domain/opening.py": 2,  # cards are made by whoever reads none
    "kpi_cms/evaluation/domain/others.py": 2,  # what a card counts of others, the result of its unit among it
    "kpi_cms/evaluation/domain/people_managed.py": 3,  # d of a leader, and whose tasks are counted
    "kpi_cms/evaluation/domain/reopening.py": 1,  # a second person approves without reading the card
    "kpi_cms/evaluation/domain/rescoring.py": 1,  # a draft is tried on every card: sums, and who reads which card
    "kpi_cms/evaluation/domain/saving.py": 2,  # a returned self-assessment: a draft again, and what it had said
    "kpi_cms/evaluation/domain/scoring.py": 1,  # results that follow from their rows
    "kpi_cms/evaluation/domain/separation.py": 2,  # whether two people decide about each other, by a collective as well
    "kpi_cms/evaluation/domain/task_support.py": 4,  # whose work it is; where its cards stand, asked for three ends
    "kpi_cms/evaluation/domain/totals.py": 1,  # totals of a closed period
    "kpi_cms/evaluation/domain/spreads.py": 1,  # how criteria were scored in a closed period
    "kpi_cms/evaluation/fit_queries.py": 3,  # which version most have; how many must stand behind a number; opinions
    "kpi_cms/evaluation/period_queries.py": 1,  # which cards an opening need not make
    "kpi_cms/evaluation/progress_queries.py": 1,  # which numbers are too small to be told
    "kpi_cms/evaluation/sight_queries.py": 1,  # how much an account sees, as a number
    "kpi_cms/interfaces/workspace/views/naming.py": 1,  # within MANAGE_PEOPLE, RECEIVE_RESULTS
    "kpi_cms/interfaces/workspace/views/periods.py": 1,  # within MANAGE_PERIODS
    "kpi_cms/interfaces/workspace/views/progress.py": 1,  # within PROGRESS
    "kpi_cms/interfaces/workspace/views/reopening.py": 1,  # within MANAGE_PERIODS
    "kpi_cms/interfaces/workspace/views/shared.py": 1,  # within ASSIGN
    "kpi_cms/interfaces/workspace/views/sight.py": 1,  # within MANAGE_GRANTS
}
# Tables of the evaluation about units that stand before the wall, and why.
OPEN = {
    "evaluation_evidenceusage": "bytes of a unit, which tell nothing about anybody",
    "evaluation_publishedtotals": "totals; who is told which is asked when they are read",
}


def calls(path):
    """How often a module goes beyond the wall."""
    found = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PASSES
    ]
    return len(found)


def test_only_listed_places_go_beyond_the_wall():
    found = {}
    for folder in ("kpi_cms", "snippets", "criteria_pages", "benchmarks", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if name != "kpi_cms/foundation/access/wall.py" and (count := calls(path)):
                found[name] = count
    assert found == BEYOND


def test_every_reason_is_written_where_it_is_gone_beyond():
    for name in BEYOND:
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PASSES:
                assert isinstance(node.args[0], ast.Constant), name
                assert len(node.args[0].value) > 20, name


def test_every_table_about_somebody_s_cards_or_tasks_stands_behind_the_wall():
    walled = {entry.table for entry in walled_tables()}
    evaluation = {
        model._meta.db_table
        for model in apps.get_app_config("evaluation").get_models()
        if "unit" in {field.name for field in model._meta.get_fields()}
    }
    assert evaluation - walled == set(OPEN)
    assert "audit_ledgerentry" in walled


def test_whoever_writes_history_or_the_ledger_does_so_under_their_own_name():
    authors = {entry.table: entry.author for entry in walled_tables()}
    assert authors["audit_ledgerentry"] == "actor_id"
    histories = {model._meta.db_table for model in apps.get_models() if issubclass(model, HistoryRow)}
    assert {authors[table] for table in histories & set(authors)} == {"history_user_id"}
