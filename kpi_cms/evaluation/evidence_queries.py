"""Reads of evidence: each asks first whether its reader sees the card or the task that the file belongs to."""

import uuid
from dataclasses import dataclass, field

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import NotFound

from . import queries, rules
from .models import Evidence, Scorecard, Task
from .models.evidence import HELD


def evidence_for(scope: Scope, key: uuid.UUID) -> Evidence:
    """One file's row, with the read check of its card or task made anew: by the same functions as their pages.

    Raises NotFound for a missing one, one that is not the reader's to see, and one that was withdrawn. What was held
    back as malware only its owner sees, and nobody opens.
    """
    found: Evidence | None = (
        Evidence.objects.filter(key=key, state__in=HELD).select_related("criterion", "person").first()
    )
    if found is None:
        raise NotFound
    if found.task_id is not None:
        found.task = queries.task_for(scope, found.task_id)
    else:
        assert found.card_id is not None  # the database keeps exactly one of the two
        found.card = queries.card_for(scope, found.card_id)
    if not _is_seen(scope, found, found.card):
        raise NotFound
    return found


def _is_seen(scope: Scope, evidence: Evidence, card: Scorecard | None) -> bool:
    """By a reader who sees its task, or `card`."""
    if not evidence.is_kept and evidence.person.user_id != scope.user_id:
        return False
    return card is None or rules.see_evidence(scope, card)


@dataclass
class Attached:
    """The files behind a card: by the key of their criterion, and by the id of their task."""

    to_criteria: dict[str, list[Evidence]] = field(default_factory=dict)
    to_tasks: dict[int, list[Evidence]] = field(default_factory=dict)


def attached_to(scope: Scope, card: Scorecard) -> Attached:
    """What a reader of the card sees attached to its criteria and to the tasks of its person. One query."""
    attached = Attached()
    rows = Evidence.objects.filter(period_id=card.period_id, person_id=card.person_id, state__in=HELD)
    for evidence in rows.select_related("criterion"):
        evidence.person = card.person
        if evidence.criterion is not None:
            if evidence.card_id == card.pk and _is_seen(scope, evidence, card):
                attached.to_criteria.setdefault(evidence.criterion.key, []).append(evidence)
        elif evidence.task_id is not None and _is_seen(scope, evidence, None):
            attached.to_tasks.setdefault(evidence.task_id, []).append(evidence)
    return attached


def attached_to_task(scope: Scope, task: Task) -> list[Evidence]:
    """What a reader of the task sees attached to it. One query."""
    rows = list(Evidence.objects.filter(task=task, state__in=HELD))
    for evidence in rows:
        evidence.task, evidence.person = task, task.person
    return [evidence for evidence in rows if _is_seen(scope, evidence, None)]
