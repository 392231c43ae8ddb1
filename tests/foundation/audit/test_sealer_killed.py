"""The sealer, killed with `kill -9` at any moment: nothing is lost, nothing is sealed twice, and the chain verifies."""

import os
import random
import signal
import time
from datetime import UTC, datetime

from django.db import connection

from kpi_cms.foundation.audit import ledger, sealing, verification
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry, Seal, SealForm, SealWaiting
from kpi_cms.foundation.core.actor import as_actor
from tests.factories.snippets import UserFactory

MOMENT = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
ENTRIES, KILLS = 400, 10


def sealing_child() -> int:
    """A process that seals in small batches until it is killed or done."""
    connection.close()  # a connection is not shared with a child
    pid = os.fork()
    if pid == 0:
        try:
            sealing.BATCH = 3
            sealing.seal_waiting()
        finally:
            os._exit(0)
    return pid


def test_wherever_it_is_killed_every_row_gets_one_link(scratch_database):
    user = UserFactory()
    with as_actor(user, MOMENT):
        for number in range(ENTRIES):
            ledger.record(Act.UNIT_CHANGED, subject=user, label=str(number))
    draw, left = random.Random(9), []
    for _kill in range(KILLS):
        pid = sealing_child()
        time.sleep(draw.uniform(0.01, 0.12))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        left.append(SealWaiting.objects.count())
        assert Seal.objects.count() + left[-1] == ENTRIES
        assert verification.run(records=False).holds
    assert left == sorted(left, reverse=True)
    sealing.seal_waiting()
    form = SealForm.objects.get(source="audit_ledgerentry")
    sealed = list(Seal.objects.filter(form_id=form.pk).order_by("row_id").values_list("row_id", flat=True))
    assert sealed == list(LedgerEntry.objects.order_by("pk").values_list("pk", flat=True))
    assert verification.run(records=False).holds
