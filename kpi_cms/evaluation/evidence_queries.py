"""Reads of evidence: each asks first whether its reader sees the card or the task that the file belongs to."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.access_log import notice
from kpi_cms.foundation.core.errors import NotFound

from . import queries, rules
from . import rule_table as table
from .enums import EvidenceState
from .models import Evidence, Scorecard, Task
from .models.evidence import HELD, SHOWN

SHOWN_ELSEWHERE = 10


def evidence_for(scope: Scope, key: uuid.UUID) -> Evidence:
    """One file's row, with the read check of its card or task made anew: by the same functions as their pages.

    Raises NotFound for a missing one, one that is not the reader's to see, and one that was withdrawn. What was held
    back as malware only its owner sees, and nobody opens.
    """
    found: Evidence | None = (
        Evidence.objects.filter(key=key, state__in=HELD).select_related("criterion", "person", "unit").first()
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
    notice(found, person=found.person, unit=found.unit, period_id=found.period_id)
    return found


def _is_seen(scope: Scope, evidence: Evidence, card: Scorecard | None) -> bool:
    """By a reader who sees its task, or `card`."""
    held_back = evidence.state == EvidenceState.QUARANTINED
    if held_back and evidence.person.user_id != scope.user_id:
        return False
    return card is None or rules.see_evidence(scope, card)


@dataclass
class Attached:
    """The files behind a card: by the key of their criterion, and by the id of their task."""

    to_criteria: dict[str, list[Evidence]] = field(default_factory=dict)
    to_tasks: dict[int, list[Evidence]] = field(default_factory=dict)


def attached_to(scope: Scope, card: Scorecard) -> Attached:
    """What a reader of the card sees attached to its criteria and to the tasks of its person, and of what a lawful
    erasure removed that it was there. One query."""
    attached = Attached()
    rows = Evidence.objects.filter(period_id=card.period_id, person_id=card.person_id, state__in=SHOWN)
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
    rows = list(Evidence.objects.filter(task=task, state__in=SHOWN))
    for evidence in rows:
        evidence.task, evidence.person = task, task.person
    return [evidence for evidence in rows if _is_seen(scope, evidence, None)]


# --- The same evidence elsewhere -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Elsewhere:
    """Something else that the same file, or a document of the same number, stands behind."""

    person: str
    period: str
    place: str
    task_id: int | None
    card_id: int | None


def elsewhere(scope: Scope, task: Task, attached: Iterable[Evidence]) -> list[Elsewhere]:
    """What else rests on a task's files or document numbers, as far as the reader may see it. Two queries.

    A hint and no more: one document may honestly show several things. Parts of one product, and a task with the one it
    was taken over from, are one piece of work and are not named.
    """
    files = list(attached)
    typed = {task.evidence_number, *(each.number for each in files)}
    numbers = typed - {"", texts.ERASED}  # two numbers that were erased are not one document
    if not files and not numbers:
        return []
    alike = Q(sent_sha256__in=[each.sent_sha256 for each in files]) | Q(number__in=numbers)
    rows = (
        Evidence.objects.filter(alike, state=EvidenceState.KEPT)
        .filter(Q(task__in=_other_work(scope, task)) | Q(card__in=_readable_cards(scope)))
        .select_related("task", "criterion", "person", "period")
        .order_by("-attached_at", "pk")
    )
    reported = (
        _other_work(scope, task)
        .filter(evidence_number__in=numbers)
        .select_related("person", "period")
        .order_by("-pk")
    )
    found = [_of_evidence(row) for row in rows[:SHOWN_ELSEWHERE]]
    found += [_of_task(row) for row in reported[:SHOWN_ELSEWHERE]]
    return list(dict.fromkeys(found))[:SHOWN_ELSEWHERE]


def _other_work(scope: Scope, task: Task) -> QuerySet[Task]:
    same = Q(pk=task.pk) | Q(source=task)
    if task.source_id is not None:
        same |= Q(pk=task.source_id)
    if task.group_key is not None:
        same |= Q(group_key=task.group_key)
    return queries.tasks_visible_to(scope).exclude(pk__in=Task.objects.filter(same).values("pk"))


def _readable_cards(scope: Scope) -> QuerySet[Scorecard]:
    """Cards whose evidence the reader sees, by the states of the rule; one's own need no hint."""
    states = table.READ_EVIDENCE.states or ()
    cards: QuerySet[Scorecard] = Scorecard.objects.visible_to(scope).filter(
        state__in=states, submitted_at__isnull=False
    )
    return cards


def _of_evidence(evidence: Evidence) -> Elsewhere:
    if evidence.task is not None:
        return _of_task(evidence.task, evidence)
    assert evidence.criterion is not None  # the database keeps it with the card
    place = f"{evidence.criterion.code}. {evidence.criterion.label}"
    return Elsewhere(evidence.person.full_name, str(evidence.period), place, None, evidence.card_id)


def _of_task(task: Task, about: Evidence | None = None) -> Elsewhere:
    whose = about or task
    place = f"{task.code} {task.name}".strip()
    return Elsewhere(whose.person.full_name, str(whose.period), place, task.pk, None)
