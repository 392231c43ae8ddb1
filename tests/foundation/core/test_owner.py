"""Migrations run as the owner of the tables, where the installation names one."""

import pytest
from django.core.management import call_command
from django.db import connection

from kpi_cms.foundation.core import health, owner
from kpi_cms.foundation.core.owner import as_owner


class Connection:
    in_atomic_block = False

    def __init__(self):
        self.settings_dict = {
            "USER": "kpi_app",
            "PASSWORD": "a",
            "NAME": "kpi",
            "HOST": "db",
            "PORT": "",
            "OPTIONS": {"x": 1},
        }
        self.closed = 0

    def close(self):
        self.closed += 1


OWNER = {"USER": "kpi_owner", "PASSWORD": "b", "NAME": "kpi", "HOST": "db", "PORT": 5432}


def test_the_owner_is_used_until_the_block_ends_even_by_an_error(monkeypatch, settings):
    settings.OWNER_DATABASE = OWNER
    used = Connection()
    usual = dict(used.settings_dict)
    monkeypatch.setattr(owner, "connection", used)

    def migrate():
        with as_owner():
            assert used.settings_dict == OWNER | {"OPTIONS": {}}
            assert used.closed == 1
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        migrate()
    assert used.settings_dict == usual
    assert used.closed == 2


@pytest.mark.parametrize(("named", "inside"), [({}, False), (OWNER, True)])
def test_without_an_owner_or_inside_a_transaction_nothing_changes(monkeypatch, settings, named, inside):
    settings.OWNER_DATABASE = named
    used = Connection()
    used.in_atomic_block = inside
    monkeypatch.setattr(owner, "connection", used)
    with as_owner():
        assert used.settings_dict["USER"] == "kpi_app"
    assert used.closed == 0


@pytest.mark.postgresql
def test_migrating_is_done_by_the_owner_and_everything_else_by_the_application(scratch_database, settings):
    """The scratch database belongs to the suite's role; the application's role may become nobody."""
    settings.OWNER_DATABASE = dict(connection.settings_dict) | {"OPTIONS": {}}
    connection.close()
    connection.settings_dict["OPTIONS"] = {"options": "-c role=kpi_app"}
    try:
        assert who() == "kpi_app"
        call_command("migrate", verbosity=0)
        with as_owner():
            assert who() != "kpi_app"
        assert who() == "kpi_app"
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = {}


def who():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def test_health_says_what_each_room_says_and_nothing_while_the_database_is_silent(monkeypatch):
    from django.db import OperationalError

    def silent():
        raise OperationalError("no connection")

    monkeypatch.setattr(health, "_said", {})
    health.say("stands", lambda: True)
    health.say("answers", silent)
    assert health.states() == {"stands": True, "answers": None}
