"""No path without history: the ways that write none are banned on tracked models outside `foundation/audit/many.py`."""

import ast
from pathlib import Path

import pytest
from django.apps import apps

from kpi_cms.foundation.audit.history import HistoryRow

ROOT = Path(__file__).resolve().parents[2]
THE_MODULE = "kpi_cms/foundation/audit/many.py"
SILENT = {"bulk_create", "bulk_update", "delete", "raw", "update", "_raw_delete", "move", "in_bulk_update"}
HELPERS = {"update_each", "bulk_update_each"}
# Simple-history's own ways around its signal.
NAMES = {
    "skip_history_when_saving",
    "save_without_historical_record",
    "SIMPLE_HISTORY_ENABLED",
}
WRITING = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "COPY")

# file → (calls whose model its text does not tell, why none of them reaches a tracked model).
UNTRACKED: dict[str, tuple[set[str], str]] = {
    "kpi_cms/foundation/core/rows.py": ({"update", "bulk_update"}, "counts for its callers, who are asked themselves"),
    "kpi_cms/foundation/core/jobs.py": ({"update"}, "jobs: their row is their progress"),
    "kpi_cms/demonstration/registers.py": ({"update"}, "passwords of invented accounts"),
    "snippets/domain/catalogue/products.py": ({"delete"}, "a product of a draft; its catalogue is in history"),
    "snippets/domain/projection.py": ({"bulk_create"}, "members of Wagtail's groups: the projection of grants"),
}  # fmt: skip
# file → why it runs SQL that its text does not tell.
RUNS_SQL = {
    "kpi_cms/evaluation/domain/locks.py": "advisory locks; the name of the function is one of two",
    "kpi_cms/evaluation/saved_questions.py": "counts in windows over what querysets ask, which Django cannot write",
    "kpi_cms/foundation/access/wall_install.py": "puts row security in place, after migrations",
    "kpi_cms/foundation/audit/append_only.py": "puts triggers in place, after migrations",
    "kpi_cms/foundation/audit/guards.py": "puts triggers in place, after migrations",
    "kpi_cms/foundation/audit/touched.py": "calls one function that reads",
    "kpi_cms/foundation/core/prepared.py": "asks what a queryset asks, written before",
    "kpi_cms/foundation/core/told.py": "tells PostgreSQL who acts",
}


def tracked_models():
    return {
        model.__name__: {
            field.name for field in model._meta.concrete_fields
        } - {field.name for field in model.history.model._meta.concrete_fields}
        for model in apps.get_models()
        if hasattr(model, "history") and issubclass(model.history.model, HistoryRow)
    }  # fmt: skip


def python_files():
    for folder in ("kpi_cms", "snippets", "criteria_pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "migrations" not in path.parts and name != THE_MODULE:
                yield name, ast.parse(path.read_text())


def root_of(node):
    """The name that a chain of calls and attributes begins with."""
    while isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_queryset_call(call):
    """`update(a=1)` and `delete()` are a queryset's (or a record's); `update({…})` and `delete(name)` are not."""
    name = call.func.attr
    if name == "update":
        return not call.args and bool(call.keywords)
    if name == "delete":
        return not call.args and not call.keywords
    return True


def silent_calls(tree, tracked):
    """(line, call, root) of what writes past history, and may not."""
    models = {node.asname or node.name: node.name for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)
              for node in each.names}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name in NAMES:
                yield node.lineno, name, "a tracked model"
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in HELPERS and node.args:
            called, receiver = node.func.id, root_of(node.args[0])
        elif isinstance(node.func, ast.Attribute) and node.func.attr in SILENT and is_queryset_call(node):
            called, receiver = node.func.attr, root_of(node.func.value)
        else:
            continue
        model = models.get(receiver, receiver)
        written = {keyword.arg for keyword in node.keywords}
        if model in tracked:
            if called in {"update", "update_each"} and written and written <= tracked[model]:
                continue  # nothing of it stands in history
            yield node.lineno, called, model
        elif model in {each.__name__ for each in apps.get_models()} or (
            called in {"update", "update_each"}
            and written
            and any(written <= out for out in tracked.values())
        ):
            continue
        else:
            yield node.lineno, called, ""


def sql_of(call):
    """The text of an `execute`, as far as it is told; None where it is not."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in {"execute", "executemany"}:
        if "cursor" not in root_of(call.func.value) or not call.args:
            return ""
        first = call.args[0]
        return first.value if isinstance(first, ast.Constant) else None
    return ""


def test_tracked_models_are_written_with_history():
    tracked, found = tracked_models(), []
    assert {"Score", "Scorecard", "Task", "Unit", "Grant", "Period"} <= set(tracked)
    for name, tree in python_files():
        allowed, _why = UNTRACKED.get(name, (set(), ""))
        for line, called, model in silent_calls(tree, tracked):
            if model or called not in allowed:
                found.append(f"{name}:{line} {called} on {model or 'something that its text does not tell'}")
    assert found == [], "Write tracked rows with save_tracked, or many at once with foundation/audit/many.py."


def test_no_sql_writes_rows():
    for name, tree in python_files():
        for node in ast.walk(tree):
            sql = sql_of(node) if isinstance(node, ast.Call) else ""
            if sql is None:
                assert name in RUNS_SQL, f"{name}:{node.lineno} runs SQL that its text does not tell."
            else:
                assert not sql.upper().lstrip().startswith(WRITING), f"{name}:{node.lineno}"


def test_every_exception_is_still_needed_and_has_its_reason():
    tracked, trees = tracked_models(), dict(python_files())
    for name, (allowed, why) in UNTRACKED.items():
        assert {called for _l, called, model in silent_calls(trees[name], tracked) if not model} == allowed, (
            name
        )
        assert len(why) > 20, name
    for name, why in RUNS_SQL.items():
        calls = [node for node in ast.walk(trees[name]) if isinstance(node, ast.Call)]
        assert None in {sql_of(call) for call in calls}, name
        assert len(why) > 20, name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Score.objects.bulk_create(rows)", [("bulk_create", "Score")]),
        ("Score.objects.filter(a=1).update(value=2)", [("update", "Score")]),
        ("from x import Score as S\nS.objects.filter(a=1).delete()", [("delete", "Score")]),
        ("Scorecard.objects.filter(pk=1).update(version_number=2)", []),
        ("Scorecard.objects.filter(pk=1).update(version_number=2, state='x')", [("update", "Scorecard")]),
        ("update_each(Scorecard.objects.filter(pk=1), state='x')", [("update_each", "Scorecard")]),
        ("bulk_update_each(Task, rows, ['state'])", [("bulk_update_each", "Task")]),
        ("cards.update(state='x')", [("update", "")]),
        ("card.delete()", [("delete", "")]),
        ("unit.move(other)", [("move", "")]),
        ("Task._base_manager.filter(a=1).delete()", [("delete", "Task")]),
        ("model._base_manager.filter(a=1).update(state='x')", [("update", "")]),
        ("card.skip_history_when_saving = True", [("skip_history_when_saving", "a tracked model")]),
        ("Product.objects.bulk_create(rows)", []),
        ("values.update({'a': 1})", []),
        ("storage.delete(name)", []),
    ],
)
def test_the_search_finds_what_it_is_meant_to_find(source, found):
    assert [
        (called, model) for _l, called, model in silent_calls(ast.parse(source), tracked_models())
    ] == found


@pytest.mark.parametrize(
    ("source", "sql"),
    [
        ("cursor.execute('DELETE FROM t')", "DELETE FROM t"),
        ("cursor.execute(f'SELECT {x}')", None),
        ("super().execute(statement)", ""),
    ],
)
def test_sql_is_told_apart(source, sql):
    assert sql_of(ast.parse(source).body[0].value) == sql
