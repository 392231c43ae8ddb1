"""Evidence as lines of a page: what it is called, what kind of file, how large, when, by whom, and where it is."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.translation import get_language

from kpi_cms.evaluation import evidence_queries
from kpi_cms.evaluation.enums import EvidenceState
from kpi_cms.evaluation.evidence_queries import Attached
from kpi_cms.evaluation.models import Evidence, Task
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.numbers import format_quantity
from kpi_cms.foundation.core.text import fold

from .sheet import Part

KILO, MEGA = Decimal(1024), Decimal(1024**2)


def size_text(size: int) -> str:
    """1.2 MB or 340 KB, in the reader's form."""
    language = get_language() or "vi"
    if size >= MEGA:
        return f"{format_quantity(round(size / MEGA, 1), language=language)} MB"
    return f"{format_quantity(max(round(size / KILO), 1), language=language)} KB"


def evidence_lines(attached: Iterable[Evidence], *, withdrawable: bool = False) -> list[dict[str, Any]]:
    """For `workspace/_evidence.html`. What was held back or removed has no address: nobody opens it."""
    return [
        {
            "title": evidence.title,
            "number": evidence.number,
            "kind": evidence.kind.upper(),
            "size": size_text(evidence.size),
            "when": evidence.attached_at,
            "who": evidence.person.full_name,
            "held_back": "" if evidence.is_kept else evidence.get_state_display(),
            "removed_on": evidence.erased_at if evidence.state == EvidenceState.REMOVED else None,
            "url": reverse("workspace:evidence", args=[evidence.key]) if evidence.is_kept else "",
            "withdraw_url": reverse("workspace:withdraw_evidence", args=[evidence.key])
            if withdrawable and evidence.state != EvidenceState.REMOVED
            else "",
        }
        for evidence in attached
    ]


def put_into_sheet(parts: Iterable[Part], attached: Attached, *, attachable: bool) -> None:
    """Each criterion's files into its row; `attachable`: its reader can attach more to those that people score."""
    for part in parts:
        for section in part.sections:
            for row in section.rows:
                row.evidence = evidence_lines(attached.to_criteria.get(row.key, ()))
                row.attachable = attachable and not row.computed


def add_evidence(context: dict[str, Any]) -> dict[str, Any]:
    """The files behind a page about one card: beside each criterion, and counted at each task. One query.

    Whoever writes their self-assessment there can attach more.
    """
    reading = context["reading"]
    attached = evidence_queries.attached_to(reading.scope, reading.card)
    put_into_sheet(context["sheet"], attached, attachable=reading.is_own and context.get("form") is not None)
    for task in reading.tasks:
        task.documents = sum(each.is_kept for each in attached.to_tasks.get(task.pk, ()))
    return context


def same_elsewhere(scope: Scope, task: Task, attached: Iterable[Evidence]) -> list[dict[str, str]]:
    """Where else the same file or document number stands, for whoever decides on the task: {text, url}."""
    return [
        {
            "text": f"{found.place} ({found.person}, {found.period})",
            "url": reverse("workspace:task", args=[found.task_id])
            if found.task_id is not None
            else reverse("workspace:card", args=[found.card_id]),
        }
        for found in evidence_queries.elsewhere(scope, task, attached)
    ]


def download_name(evidence: Evidence) -> str:
    """The value of Content-Disposition: a name of plain letters for every program, and the title for those that can.

    Nothing of either can leave the header or name a folder.
    """
    kind = evidence.file_kind
    extension = kind.extension if kind is not None else ""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(evidence.title)).strip("-")[:80] or "minh-chung"
    written = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]+', " ", evidence.title).strip()[:120] or plain
    return (
        f"attachment; filename=\"{plain}{extension}\"; filename*=UTF-8''{quote(written + extension, safe='')}"
    )
