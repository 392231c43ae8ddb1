"""Tasks as rows: what was given, what became of it, what is deducted."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from django.urls import reverse

from kpi_cms.evaluation.domain import scoring
from kpi_cms.evaluation.domain.tasks import may_be_reported, proposes_delay
from kpi_cms.evaluation.enums import COUNTED_TASK_STATES, DeductionKind, TaskKind, TaskState
from kpi_cms.evaluation.models import Delay, Fault, Scorecard, Task
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.engine import CardInputs

KINDS: dict[str, type[Fault] | type[Delay]] = {"sai-sot": Fault, "cham": Delay}


def task_rows(tasks: Iterable[Task], counted: Iterable[scoring.TaskRow]) -> list[dict[str, Any]]:
    """One row for each task, with the number of deductions that count."""
    deducted = {row.task.pk: row for row in counted}
    rows = []
    for task in tasks:
        row = deducted.get(task.pk)
        rows.append(
            {
                "task": task,
                "url": reverse("workspace:task", args=[task.pk]),
                "is_extra": task.kind != TaskKind.PLANNED,
                "faults": sum(not fault.excused for fault in row.faults) if row else 0,
                "delays": sum(not delay.excused for delay in row.delays) if row else 0,
                "late": proposes_delay(task),
                "to_report": may_be_reported(task) and task.state != TaskState.REPORTED,
                "to_name": task.state in COUNTED_TASK_STATES and task.coefficient is None,
            }
        )
    return rows


def extras_share(card: Scorecard, counted: Iterable[scoring.TaskRow]) -> tuple[Fraction | None, bool]:
    """The share of extras in what is assigned, and whether the set warns of it (rules.md §4, open)."""
    inputs = [task for task in map(scoring.task_input, counted) if task is not None]
    outcome = card.version.compiled().score(CardInputs(entered={}, tasks=inputs))
    return outcome.extras_share, outcome.extras_warning


def deductions_of(task: Task) -> list[dict[str, Any]]:
    """Errors and delays of a task, those taken back included, with reasons and causes: five queries."""
    found: list[dict[str, Any]] = []
    for slug, model in KINDS.items():
        kind = DeductionKind.FAULT if model is Fault else DeductionKind.DELAY
        rows = model._default_manager.filter(task=task).prefetch_related("causes")
        for deduction in rows.order_by("unit_number", "pk"):
            causes = sorted(deduction.causes.all(), key=lambda cause: cause.pk)
            standing = next((cause for cause in causes if cause.revoked_at is None), None)
            found.append(
                {
                    "slug": slug,
                    "kind": kind.label,
                    "deduction": deduction,
                    "withdrawn": deduction.withdrawn_at is not None,
                    "cause": standing,
                    "counts": deduction.withdrawn_at is None and standing is None,
                }
            )
    keys = [row["deduction"].reason_key for row in found]
    keys += [row["cause"].reason_key for row in found if row["cause"]]
    reasons = texts.shown(keys)
    for row in found:
        row["reason"] = reasons.get(row["deduction"].reason_key, "")
        row["cause_reason"] = reasons.get(row["cause"].reason_key, "") if row["cause"] else ""
    return found
