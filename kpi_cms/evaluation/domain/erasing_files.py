"""Files of evidence in a lawful erasure: the bytes leave the store, the row says when and why, its digests stay.

A file of somebody's own card or task, attached before a moment or ever. What stands behind a decided card is kept by
Đ24, so it has to be asked for beside the file itself (`Erasable.FILE`). The row is written first and the bytes go after
commit; what survives a crash in between no row stands for any more, so the night sweeps it (`evidence_tidying`).
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from kpi_cms.evaluation.enums import DECIDED, Erasable, EvidenceState
from kpi_cms.evaluation.models import Evidence, Scorecard
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.rows import update_each
from snippets.models import Person

from .evidence import RELATED, count_change, enter_ledger, facts
from .evidence_tidying import leave_store


@dataclass(frozen=True)
class ChosenFiles:
    """Keys of the rows whose files go, and how many more are kept because they stand behind decided cards."""

    keys: frozenset[int] = frozenset()
    kept: int = 0


def behind_a_decided_card() -> Q:
    """Evidence that Form 01 of a decided card lists: of its criteria, or of its person's tasks in the period."""
    cards = Scorecard.objects.filter(
        state__in=DECIDED, period_id=OuterRef("task__period_id"), person_id=OuterRef("task__person_id")
    )
    listed = Q(state__in=(EvidenceState.KEPT, EvidenceState.REMOVED))
    return listed & (Q(card__state__in=DECIDED) | Q(Exists(cards)))


def chosen_files(person: Person, kinds: Collection[Erasable], before: datetime | None) -> ChosenFiles:
    """The person's files that are still in the store, where files are asked for."""
    if Erasable.EVIDENCE not in kinds:
        return ChosenFiles()
    files: QuerySet[Evidence] = Evidence.objects.filter(person=person, erased_at__isnull=True)
    if before is not None:
        files = files.filter(attached_at__lt=before)
    every = frozenset(files.values_list("pk", flat=True))
    kept = frozenset(files.filter(behind_a_decided_card()).values_list("pk", flat=True))
    return ChosenFiles(every) if Erasable.FILE in kinds else ChosenFiles(every - kept, len(kept))


def remove_files(chosen: ChosenFiles, moment: datetime, reason_key: uuid.UUID) -> None:
    """Mark each row, with history and an entry of its own under the ground of the erasure, and let its file go.

    Cards and reported tasks count a save: whoever decides from an older page is told to look again.
    """
    rows = (
        Evidence.objects.select_for_update(of=("self",)).select_related(*RELATED).filter(pk__in=chosen.keys)
    )
    cards: set[int] = set()
    # The units' rows are the last locks taken, in one order.
    for evidence in rows.order_by("unit_id", "pk"):
        before = facts(evidence)
        evidence.erased_at = moment
        if evidence.is_kept:
            evidence.state = EvidenceState.REMOVED
        save_tracked(evidence, reason_key=reason_key)
        count_change(evidence)
        if evidence.card_id is not None:
            cards.add(evidence.card_id)
        enter_ledger(
            Act.EVIDENCE_REMOVED, evidence, before=before, after=facts(evidence), reason_key=reason_key
        )
        leave_store(evidence)
    update_each(Scorecard.objects.filter(pk__in=cards), len(cards), version_number=F("version_number") + 1)
