"""What no role of an installation may do to what is written once, and what the nightly verification says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection

from kpi_cms.foundation.audit import append_only, ledger, sealing, verification
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry, Seal
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.core.models import Heartbeat
from tests.factories.snippets import UserFactory

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)


@pytest.mark.postgresql
def test_no_role_but_the_owner_changes_deletes_empties_or_alters_what_is_written_once():
    found = []
    with connection.cursor() as cursor:
        for entry in append_only.protected_tables():
            for role in settings.DATABASE_ROLES.values():
                for right in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER"):
                    cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, entry.table, right])
                    if cursor.fetchone()[0]:
                        found.append((role, entry.table, right))
                cursor.execute(
                    "SELECT pg_has_role(%s, relowner, 'MEMBER') FROM pg_class WHERE oid = %s::regclass",
                    [role, entry.table],
                )
                assert cursor.fetchone() == (False,)  # only its owner alters a table
        cursor.execute(
            "SELECT has_table_privilege(%s, 'audit_ledgerentry', 'INSERT'), "
            "has_table_privilege(%s, 'audit_ledgerentry', 'SELECT')",
            [settings.DATABASE_ROLES["verifier"], settings.DATABASE_ROLES["verifier"]],
        )
        assert cursor.fetchone() == (False, True)
    assert found == []


def test_the_night_logs_what_does_not_hold(caplog):
    user = UserFactory()
    with as_actor(user, MOMENT):
        entry = ledger.record(Act.UNIT_CHANGED, subject=user)
    sealing.seal_waiting()
    assert verification.nightly(actor=user, moment=MOMENT).holds
    assert "does not hold" not in caplog.text
    with append_only.flush_allowed():
        LedgerEntry.objects.filter(pk=entry.pk).update(actor_code="khác")
    assert not verification.nightly(actor=user, moment=MOMENT).holds
    assert (
        f"the ledger does not hold: chain @ no. 1: audit_ledgerentry {entry.pk}: row changed" in caplog.text
    )


def test_the_health_page_says_what_the_night_found(client):
    def said():
        return client.get("/suc-khoe/").json()["ledger_verified"]

    user, now = UserFactory(), database_now()
    assert said() is True  # nothing is sealed that a night could have verified
    with as_actor(user, now):
        entry = ledger.record(Act.UNIT_CHANGED, subject=user)
    sealing.seal_waiting(moment=now)
    assert said() is True  # and now there is, since today
    verification.nightly(actor=user, moment=now)
    assert said() is True
    with append_only.flush_allowed():
        LedgerEntry.objects.filter(pk=entry.pk).update(actor_code="khác")
    verification.nightly(actor=user, moment=now)
    assert said() is False
    with append_only.flush_allowed():
        LedgerEntry.objects.filter(pk=entry.pk).update(actor_code=user.username)
    verification.nightly(actor=user, moment=now - timedelta(hours=49))
    assert said() is False  # nobody has verified it for two days
    verification.nightly(actor=user, moment=now - timedelta(hours=47))
    assert said() is True
    Heartbeat.objects.all().delete()
    with append_only.flush_allowed():
        Seal.objects.update(sealed_at=now - timedelta(hours=49))
    assert said() is False  # none ever did, and it has been there for more than two days
