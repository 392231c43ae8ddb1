"""What no role of an installation may do to what is written once, and what the nightly verification says."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection

from kpi_cms.foundation.audit import append_only, ledger, sealing, verification
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import as_actor
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
