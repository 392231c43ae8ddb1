"""What import-linter cannot see: foreign keys by name, protected tables, names of migrations, long files."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from kpi_cms.foundation.audit.append_only import protected_tables
from kpi_cms.foundation.audit.history import HistoryRow

ROOT = Path(__file__).resolve().parents[2]

# From the bottom: a model may point at its own step and at the steps below.
LADDER = [
    {"core"},
    {"audit"},
    {"accounts"},
    {"access"},
    {"snippets"},
    {"criteria_pages"},
    {"evaluation"},
    {"workspace", "impact", "reporting", "exchange", "demonstration"},
]
STEP = {label: number for number, labels in enumerate(LADDER) for label in labels}


def our_models():
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in STEP]


def test_every_app_of_ours_has_its_step():
    ours = {
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(ROOT) and ".venv" not in Path(config.path).parts
    }
    assert ours == set(STEP)


def test_foreign_keys_point_down():
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in our_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is not None
        if field.related_model._meta.app_label in STEP
        if STEP[field.related_model._meta.app_label] > STEP[model._meta.app_label]
    ]
    assert upward == []


def test_nothing_below_the_registers_points_at_the_hosts_pages():
    hosts = [
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        if STEP[model._meta.app_label] < STEP["criteria_pages"]
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is not None
        if field.related_model._meta.app_label.startswith("wagtail")
    ]
    assert hosts == []


def test_everything_that_is_written_once_is_protected():
    protected = {entry.table for entry in protected_tables()}
    history = {model._meta.db_table for model in apps.get_models() if issubclass(model, HistoryRow)}
    once = {"audit_ledgerentry", "audit_erasabletext", "snippets_grant"}
    once |= {"audit_seal", "audit_sealform", "audit_anchor", "audit_accessdigest"}
    once |= {"criteria_pages_criteriaversion", "criteria_pages_frozencriterion", "evaluation_publishedtotals"}
    once |= {"evaluation_publishedspread"}
    assert history | once == protected


def test_what_is_written_once_is_never_blanked_by_a_deleted_row():
    """SET_NULL and CASCADE into an append-only table would be an UPDATE or a DELETE of it (traps.md 27)."""
    protected = {entry.table for entry in protected_tables()}
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.db_table in protected
        for field in model._meta.get_fields()
        if field.many_to_one and field.remote_field.on_delete.__name__ not in {"PROTECT", "DO_NOTHING"}
    ]
    assert wrong == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_migrations_say_what_they_are_for():
    loader = MigrationLoader(connection)
    names = {name for label, name in loader.disk_migrations if label in STEP}
    assert [name for name in names if re.search(r"_auto_|^\d{4}_alter_|_and_more$", name)] == []


def lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_a_long_file_is_a_decision_that_is_written_down():
    """400 lines are a question, 600 a decision (style.md)."""
    written = "\n".join(path.read_text() for path in (ROOT / "docs" / "decisions").glob("*.md"))
    folders = ("kpi_cms", "snippets", "criteria_pages", "tests", "benchmarks", "scripts", "frontend/scripts")
    long = [
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for suffix in ("py", "html", "js")
        for path in (ROOT / folder).rglob(f"*.{suffix}")
        if not re.fullmatch(r"\d{4}_initial\.py", path.name) and lines(path) > 600
    ]
    assert [name for name in long if name not in written] == []


def test_workspace_templates_carry_no_inline_script_or_style():
    """The workspace's policy would not run them; the admin's own templates stand in wagtailadmin/."""
    inline = re.compile(
        r"<script(?![^>]*\ssrc=)|<style\b|\sstyle\s*=|\son(?:click|change|submit|load|input)\s*=|javascript:"
    )
    templates = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "kpi_cms").rglob("templates/**/*.html")]
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in templates
        if "wagtailadmin" not in path.parts
        for match in inline.finditer(path.read_text(encoding="utf-8"))
    ]
    assert templates
    assert found == []


def test_no_template_asks_another_host():
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for folder in ("templates", "kpi_cms", "criteria_pages", "snippets")
        for path in (ROOT / folder).rglob("*.html")
        for match in re.finditer(r"""(?:src|href|action|srcset)=["'](?:https?:)?//[^"']*""", path.read_text())
    ]
    assert found == []


def test_every_suppression_gives_its_reason():
    bare = re.compile(
        r"#\s*(?:noqa(?::\s*[A-Z0-9, ]+)?|type:\s*ignore(?:\[[^\]]*\])?|pragma:.*|fmt:\s*off)\s*$"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("kpi_cms", "snippets", "criteria_pages", "scripts", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_every_dependency_says_why_it_is_there(name):
    wanted = [
        line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-"))
    ]
    assert wanted
    assert [line for line in wanted if not re.search(r"\S\s+# \S.{8,}", line)] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_hashes_and_no_host_is_named(name):
    lock = (ROOT / name).read_text()
    packages = re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[.*\])?==.*(?:\n    .*)*", lock, re.MULTILINE)
    assert packages
    assert [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert re.findall(r"https?://|--index-url|--find-links", lock) == []
