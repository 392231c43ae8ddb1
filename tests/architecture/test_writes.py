"""Only `domain/` writes (architecture.md §4): a door that saves a row goes past lock, check, history and ledger."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALWAYS = {"save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "delete"}
QUERYSET = {"filter", "exclude", "all", "objects", "_default_manager", "select_for_update", "get_queryset"}

# file → the writing calls it may make, and why it may.
ALLOWED: dict[str, tuple[set[str], str]] = {
    "kpi_cms/evaluation/saved_questions.py": ({"execute"}, "asks by windows over a union, and reads"),
    "kpi_cms/interfaces/reporting/forms/qr.py": ({"save"}, "a drawing is written into memory, no row"),
}


def python_files():
    for folder in ("kpi_cms", "snippets", "criteria_pages"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def may_write(path):
    """Domain modules, the foundation (its own tables) and commands, which call the domain or prepare a database."""
    parts = path.relative_to(ROOT).parts
    return (
        bool({"domain", "migrations", "management"} & set(parts))
        or parts[-1] == "domain.py"
        or parts[:2] == ("kpi_cms", "foundation")
    )


def receiver(call):
    """The names in `a.b(…).c` that stand before the last dot."""
    node, names = call.func.value, set()
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
            node = node.value
        elif isinstance(node, ast.Name):
            return names | {node.id}
        else:
            return names


def writing_calls(source):
    """(line, call) of everything in a module that writes rows, as far as its text tells."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name, before = node.func.attr, receiver(node)
        if (
            (name == "update" and before & QUERYSET)
            or (name in ALWAYS and "super" not in before)
            or (name in {"execute", "executemany"} and "cursor" in before)
        ):
            yield node.lineno, name


def test_only_the_domain_writes():
    found = []
    for path in python_files():
        name = path.relative_to(ROOT).as_posix()
        allowed, _reason = ALLOWED.get(name, (set(), ""))
        if not may_write(path):
            calls = writing_calls(path.read_text())
            found += [f"{name}:{line} calls .{call}()" for line, call in calls if call not in allowed]
    assert found == [], "Move these into a domain function, or give the exception and its reason in ALLOWED."


def test_every_exception_is_still_needed_and_has_its_reason():
    for name, (allowed, reason) in ALLOWED.items():
        made = {call for _line, call in writing_calls((ROOT / name).read_text())}
        assert made == allowed, name
        assert len(reason) > 20, name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("card.save()", ["save"]),
        ("Card.objects.create(a=1)", ["create"]),
        ("Card.objects.filter(a=1).update(b=2)", ["update"]),
        ("cards.filter(a=1).order_by('b').delete()", ["delete"]),
        ("cursor.execute('DELETE FROM t')", ["execute"]),
        ("values.update(b=2)", []),
        ("super().save()", []),
        ("save(card)", []),
    ],
)
def test_the_search_finds_what_it_is_meant_to_find(source, found):
    assert [call for _line, call in writing_calls(source)] == found
