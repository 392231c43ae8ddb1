"""The numbered checks of the foundation, one test each. audit.E001 is tried in tests/foundation/audit."""

from copy import deepcopy

import pytest

from kpi_cms.foundation.core.checks import demonstration_is_local, engine_backends, no_foreign_hosts

SQLITE = "django.db.backends.sqlite3"
GOOD = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA recursive_triggers=ON;"}


def ids(messages):
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("engine", "options", "found"),
    [
        (SQLITE, GOOD, []),
        (SQLITE, {}, ["core.E001"]),
        (SQLITE, {**GOOD, "transaction_mode": "DEFERRED"}, ["core.E001"]),
        (SQLITE, {**GOOD, "init_command": "PRAGMA journal_mode=WAL;"}, ["core.E001"]),
        ("django.db.backends.postgresql", {}, []),
    ],
)
def test_e001_sqlite_takes_its_lock_first_and_fires_recursive_triggers(
    settings, monkeypatch, engine, options, found
):
    databases = deepcopy(settings.DATABASES)
    databases["default"] = {"ENGINE": engine, "OPTIONS": options}
    monkeypatch.setattr("kpi_cms.foundation.core.checks.settings", type("S", (), {"DATABASES": databases}))
    assert ids(engine_backends()) == found


@pytest.mark.parametrize(
    ("demonstration", "hosts", "found"),
    [
        (True, ["127.0.0.1", "localhost"], []),
        (True, ["127.0.0.1", "danhgia.nghean.gov.vn"], ["core.E002"]),
        (True, ["*"], ["core.E002"]),
        (False, ["danhgia.nghean.gov.vn"], []),
    ],
)
def test_e002_a_demonstration_is_not_reachable_from_other_machines(settings, demonstration, hosts, found):
    settings.DEMONSTRATION = demonstration
    settings.ALLOWED_HOSTS = hosts
    assert ids(demonstration_is_local()) == found


@pytest.mark.parametrize(
    ("gravatar", "update", "found"),
    [
        (None, False, []),
        ("//www.gravatar.com/avatar", False, ["core.E003"]),
        (None, True, ["core.E003"]),
    ],
)
def test_e003_the_admin_calls_no_other_host(settings, gravatar, update, found):
    settings.WAGTAIL_GRAVATAR_PROVIDER_URL = gravatar
    settings.WAGTAIL_ENABLE_UPDATE_CHECK = update
    assert ids(no_foreign_hosts()) == found
