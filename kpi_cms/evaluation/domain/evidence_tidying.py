"""What the night does with evidence: erase what was withdrawn long ago, and sweep files that nobody names."""

import logging
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from kpi_cms.evaluation.enums import EvidenceState
from kpi_cms.evaluation.models import Evidence, EvidenceUsage
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.actor import asked_by, business_verb
from kpi_cms.foundation.core.errors import DomainError, WrongState
from kpi_cms.foundation.core.files import keeping

from .evidence import RELATED, STORE, enter_ledger, facts

logger = logging.getLogger(__name__)

BATCH = 500


def tidy(*, actor: User, moment: datetime) -> None:
    """Run daily, and safe to run twice. Each file is erased in a transaction of its own."""
    until = moment - timedelta(days=settings.EVIDENCE_WITHDRAWN_DAYS)
    old = Evidence.objects.filter(erased_at__isnull=True).filter(
        Q(state=EvidenceState.WITHDRAWN, withdrawn_at__lte=until)
        | Q(state=EvidenceState.QUARANTINED, attached_at__lte=until)
    )
    with asked_by(actor):
        due = list(old.order_by("pk"))
    for evidence in due:
        erase_file(actor=actor, moment=moment, evidence=evidence)
    swept = sweep(actor=actor, moment=moment)
    if swept:
        logger.warning("Swept %s files of evidence that no row names.", swept)


@business_verb
def erase_file(*, actor: User, moment: datetime, evidence: Evidence) -> None:
    """Remove the bytes of withdrawn evidence or of malware, for good; row, history and ledger stay.

    The ledger's act comes first: the file goes after commit, and one that survives a crash in between is swept.
    """
    evidence = Evidence.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=evidence.pk)
    if evidence.erased_at is not None:
        return
    if evidence.state == EvidenceState.KEPT:
        raise WrongState(_("A file that is evidence is not erased. Withdraw it first."))
    evidence.erased_at = moment
    save_tracked(evidence)
    enter_ledger(Act.EVIDENCE_ERASED, evidence, after=facts(evidence))
    leave_store(evidence)


def leave_store(evidence: Evidence) -> None:
    """Of a row that says so: its unit's space is free, and the bytes go after commit. One that stays then is swept."""
    EvidenceUsage.objects.filter(pk=evidence.unit_id).update(bytes=F("bytes") - evidence.size)
    transaction.on_commit(partial(_forget, evidence.storage_name))


def _forget(name: str) -> None:
    """One file that the store does not let go stops no other one."""
    try:
        keeping.forget(STORE, name)
    except OSError:
        logger.exception("A file could not be removed; the night tries again.")


def sweep(*, actor: User, moment: datetime) -> int:
    """Remove files older than a day that no row names: what a rolled-back act or a killed server left. How many."""
    swept = 0
    for name in list(keeping.orphans(STORE, moment, partial(_named, actor))):
        keeping.forget(STORE, name)
        swept += 1
    return swept


def _named(actor: User, names: Collection[str]) -> Collection[str]:
    """Those that a row still stands for, of all rows there are: `actor` is the system account."""
    with asked_by(actor):
        rows = Evidence.objects.filter(storage_name__in=names, erased_at__isnull=True)
        return set(rows.values_list("storage_name", flat=True))


def damaged(*, actor: User) -> Iterator[tuple[Evidence, str]]:
    """Every file that is not what it was, with the sentence that says so: missing, or another digest.

    Reading them all takes as long as their bytes do, so no transaction is held meanwhile.
    """
    last = 0
    while rows := _kept_after(last, actor):
        for evidence in rows:
            try:
                keeping.hand_out(STORE, evidence.storage_name, evidence.sha256).close()
            except DomainError as error:
                yield evidence, str(error.sentence)
        last = rows[-1].pk


def _kept_after(last: int, actor: User) -> list[Evidence]:
    """The next rows whose file is to be there."""
    with asked_by(actor):
        return list(Evidence.objects.filter(erased_at__isnull=True, pk__gt=last).order_by("pk")[:BATCH])
