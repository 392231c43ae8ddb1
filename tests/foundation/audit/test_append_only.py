"""Rows that are written once: refused at the database, whoever asks, on both databases."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, transaction

from kpi_cms.foundation.accounts.domain import create_account
from kpi_cms.foundation.audit import append_only, guards, layouts
from kpi_cms.foundation.audit.checks import append_only_triggers
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry, TextKind
from kpi_cms.foundation.audit.texts import keep, read
from tests.factories.snippets import UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def execute(sql, parameters=()):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def refuses(sql, parameters=()):
    with pytest.raises(DatabaseError, match="append-only"):
        execute(sql, parameters)


@pytest.fixture
def entry():
    create_account(actor=UserFactory(), moment=MOMENT, username="CB001", display_name="Lê Thị Mật")
    return LedgerEntry.objects.get()


def test_an_entry_cannot_be_changed(entry):
    refuses("UPDATE audit_ledgerentry SET act = 'unit.closed' WHERE id = %s", [entry.pk])
    refuses("UPDATE audit_ledgerentry SET after = NULL")
    entry.refresh_from_db()
    assert entry.act == "account.created"


def test_an_entry_cannot_be_deleted(entry):
    refuses("DELETE FROM audit_ledgerentry WHERE id = %s", [entry.pk])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LedgerEntry.objects.all().delete()
    assert LedgerEntry.objects.get() == entry


@pytest.mark.sqlite
def test_an_entry_cannot_be_replaced(entry):
    columns = [field.column for field in LedgerEntry._meta.concrete_fields]
    values = ", ".join("'unit.closed'" if column == "act" else column for column in columns)
    refuses(
        f"INSERT OR REPLACE INTO audit_ledgerentry ({', '.join(columns)}) SELECT {values} FROM audit_ledgerentry"
    )
    entry.refresh_from_db()
    assert entry.act == "account.created"


@pytest.mark.postgresql
def test_a_table_cannot_be_emptied_at_once(entry):
    refuses("TRUNCATE audit_ledgerentry")
    assert LedgerEntry.objects.get() == entry


@pytest.mark.postgresql
def test_an_upsert_cannot_change_an_entry(entry):
    columns = ", ".join(f'"{field.column}"' for field in LedgerEntry._meta.concrete_fields)
    refuses(
        f"INSERT INTO audit_ledgerentry ({columns}) SELECT {columns} FROM audit_ledgerentry "
        "ON CONFLICT (id) DO UPDATE SET act = 'unit.closed'"
    )


def test_a_kept_text_can_be_blanked_and_nothing_else_changed():
    key = keep(TextKind.REASON, "Sai sót khi nhập điểm", person_code="CB001")
    ErasableText.objects.filter(pk=key).update(text="", salt="", erased_at=MOMENT)
    assert read([key]) == {key: ""}
    for change in ("key = '00000000000000000000000000000000'", "kind = 'name'", "person_code = ''"):
        refuses(f"UPDATE audit_erasabletext SET {change}")
    refuses("DELETE FROM audit_erasabletext")


@pytest.mark.parametrize("table", ["snippets_historicalunit", "evaluation_historicalscore"])
def test_history_is_protected(table):
    assert table in {entry.table for entry in append_only.protected_tables()}


def test_every_protected_table_refuses_updates_and_deletes_and_puts_new_rows_down_for_the_sealer():
    triggers = {
        "postgresql": "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE NOT tgisinternal GROUP BY 1",
        "sqlite": "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY 1",
    }
    with connection.cursor() as cursor:
        cursor.execute(triggers[connection.vendor])
        found = dict(cursor.fetchall())
    found.pop("wagtailsearch_indexentry", None)  # the host's own, for its search
    for entry in guards.guarded():
        found[entry.table] -= len(entry.events)
    found = {table: count for table, count in found.items() if count}
    assert found == {entry.table: 2 + entry.sealed for entry in append_only.protected_tables()}
    assert not {"audit_seal", "audit_anchor", "audit_erasabletext"} & set(layouts.sealed_models())


def drop_trigger():
    [suffix, on] = {"postgresql": ["row", " ON audit_ledgerentry"], "sqlite": ["update", ""]}[
        connection.vendor
    ]
    execute(f"DROP TRIGGER keep_audit_ledgerentry_{suffix}{on}")


def test_a_lost_trigger_is_named_by_the_check_e001():
    assert append_only_triggers(databases=["default"]) == []
    drop_trigger()
    [error] = append_only_triggers(databases=["default"])
    assert (error.id, "audit_ledgerentry" in error.msg) == ("audit.E001", True)
    assert append_only_triggers(databases=None) == []
    with pytest.raises(SystemCheckError, match=r"audit\.E001"):
        call_command("check", databases=["default"])


def test_migrate_puts_lost_triggers_back():
    drop_trigger()
    call_command("migrate", verbosity=0)
    assert append_only_triggers(databases=["default"]) == []


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("mode", "missed"),
    [
        ("DISABLE", ["audit_ledgerentry"]),
        ("ENABLE REPLICA", ["audit_ledgerentry"]),  # there, and silent where the application writes
        ("ENABLE ALWAYS", []),
        ("ENABLE", []),
    ],
)
def test_a_trigger_that_does_not_fire_is_missed_too(mode, missed):
    execute(f"ALTER TABLE audit_ledgerentry {mode} TRIGGER keep_audit_ledgerentry_truncate")
    assert append_only.missing() == missed


def test_a_column_added_later_is_guarded_after_migrate(entry):
    execute("ALTER TABLE audit_ledgerentry ADD COLUMN later integer")
    append_only.install()
    refuses("UPDATE audit_ledgerentry SET later = 1")


def test_a_migration_lifts_one_table_and_install_puts_it_back(entry):
    append_only.lift("audit_ledgerentry", connection)
    assert append_only.missing() == ["audit_ledgerentry"]
    execute(
        "ALTER TABLE audit_ledgerentry DROP COLUMN subject_label"
    )  # refused while a trigger names the column
    append_only.install()
    assert append_only.missing() == []
    refuses("UPDATE audit_ledgerentry SET act = 'unit.closed'")


def test_only_a_flush_of_a_test_database_lifts_the_triggers(entry):
    with append_only.flush_allowed():
        execute("DELETE FROM audit_ledgerentry")
    assert not LedgerEntry.objects.exists()
    keep(TextKind.REASON, "Lý do")
    refuses("DELETE FROM audit_erasabletext")


def test_nothing_in_the_product_lifts_them():
    from pathlib import Path

    root = Path(import_module("kpi_cms").__path__[0]).parent
    callers = {
        path.relative_to(root).as_posix()
        for folder in ("kpi_cms", "snippets", "criteria_pages")
        for path in (root / folder).rglob("*.py")
        if "flush_allowed" in path.read_text() or "kpi.maintenance" in path.read_text()
    }
    assert callers == {"kpi_cms/foundation/audit/append_only.py"}
    lifting = {
        path.parent.name
        for folder in ("kpi_cms", "snippets", "criteria_pages")
        for path in (root / folder).rglob("*.py")
        if "append_only.lift(" in path.read_text()
    }
    assert lifting <= {"migrations"}
