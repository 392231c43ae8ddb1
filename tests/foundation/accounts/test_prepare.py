"""`manage.py prepare`: everything between an installed lock and a server that starts, and only what is left to do."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from kpi_cms.foundation.accounts.management.commands import prepare
from kpi_cms.foundation.audit import append_only
from tests.factories.snippets import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(monkeypatch, settings, tmp_path):
    """The commands that were called, instead of calling them."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    names = []
    monkeypatch.setattr(prepare, "call_command", lambda name, *args, **options: names.append(name))
    return names


def test_a_database_in_order_is_left_alone_and_static_files_are_collected_once(called):
    call_command("prepare")
    assert called == ["collectstatic"]
    call_command("prepare")
    assert called == ["collectstatic"]


def test_a_changed_static_file_is_collected_again(called, monkeypatch):
    call_command("prepare")
    monkeypatch.setattr(prepare.Command, "_static_state", staticmethod(lambda: "another"))
    call_command("prepare")
    assert called == ["collectstatic", "collectstatic"]


def test_missing_triggers_are_put_back_by_migrating(called, monkeypatch):
    monkeypatch.setattr(append_only, "missing", lambda using: ["audit_ledgerentry"])
    call_command("prepare")
    assert called == ["migrate", "collectstatic"]


def test_missing_migrations_are_run(called, monkeypatch):
    monkeypatch.setattr(prepare.MigrationExecutor, "migration_plan", lambda self, targets: [("one", False)])
    call_command("prepare")
    assert called == ["migrate", "collectstatic"]


def test_a_demonstration_is_loaded_and_its_accounts_told(called, settings, capsys):
    settings.DEMONSTRATION = True
    UserFactory(username="can-bo", display_name="Lê Văn Thử")
    call_command("prepare")
    assert called == ["collectstatic", "load_demonstration"]
    [_title, line] = capsys.readouterr().out.splitlines()
    assert line == "  can-bo         Member of staff – Lê Văn Thử"


def test_without_a_demonstration_no_account_is_told(called, settings, capsys):
    UserFactory(username="can-bo", display_name="Lê Văn Thử")
    call_command("prepare")
    assert capsys.readouterr().out == ""


def test_a_database_that_does_not_answer_is_one_sentence(called, monkeypatch):
    def refuse():
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    with pytest.raises(CommandError) as error:
        call_command("prepare")
    assert str(error.value) == (
        "The database does not answer (connection refused): start it, or correct DATABASE_URL."
    )
    assert called == []
