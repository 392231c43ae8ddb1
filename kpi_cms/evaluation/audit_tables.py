"""What stands in history of a card: eight tables, their fields, and a row of one beside the row before it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models import Assessment, Delay, Evidence, Fault, ObjectiveCause, Score, Scorecard, Task


@dataclass(frozen=True)
class Tracked:
    """One history table. `fields` are shown, in this order; `people` and `kept` name those that are keys.

    `related` is read with each row; `period_path` and `stage_path` lead from a row to its period and its stage.
    """

    name: str
    model: type[Model]
    label: str | Promise
    fields: tuple[str, ...]
    period_path: str = "period_id"
    related: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    stage_path: str = ""

    @property
    def rows(self) -> Any:
        """Every row of the table."""
        return self.model.history.all()  # type: ignore[attr-defined]  # simple-history adds the manager


CARD = Tracked(
    "card",
    Scorecard,
    _("Card"),
    (
        "state",
        "evaluator",
        "decided_by",
        "evaluator_basis",
        "endorser",
        "secretary",
        "submitted_at",
        "without_self",
        "returned_at",
        "return_reason_key",
        "evaluated_at",
        "confirmed_at",
        "result_final_at",
        "notified_at",
        "basis_changed_at",
        "confirmed_basis",
        "proposed_basis",
    ),
    people=("evaluator", "decided_by", "endorser", "secretary"),
    kept=("return_reason_key",),
)
ASSESSMENT = Tracked(
    "assessment",
    Assessment,
    _("Assessment"),
    ("state", "rater", "delegate", "comments_key", "submitted_at", "vacated_at"),
    period_path="card__period_id",
    people=("rater", "delegate"),
    kept=("comments_key",),
    stage_path="stage",
)
SCORE = Tracked(
    "score",
    Score,
    _("Score"),
    ("value", "choice", "grounds_key"),
    period_path="assessment__card__period_id",
    related=("criterion", "assessment"),
    kept=("grounds_key",),
    stage_path="assessment__stage",
)
TASK = Tracked(
    "task",
    Task,
    pgettext_lazy("history", "Task"),
    (
        "state",
        "kind",
        "code",
        "name_key",
        "coefficient",
        "points",
        "product_group",
        "part_key",
        "share",
        "assigned",
        "due_on",
        "completed",
        "completed_on",
        "in_time",
        "in_time_on",
        "confirmed_before",
        "accepted",
        "handed_over",
        "role",
        "priority",
        "difficulty",
        "quality",
        "evidence_key",
        "note_key",
    ),
    related=("product",),
    kept=("name_key", "part_key", "evidence_key", "note_key"),
)
FAULT = Tracked(
    "fault",
    Fault,
    _("Major error"),
    ("unit_number", "reason_key", "recorded_at", "withdrawn_at"),
    period_path="task__period_id",
    related=("task",),
    kept=("reason_key",),
)
DELAY = Tracked(
    "delay",
    Delay,
    _("Delay"),
    ("unit_number", "reason_key", "recorded_at", "withdrawn_at"),
    period_path="task__period_id",
    related=("task",),
    kept=("reason_key",),
)
CAUSE = Tracked(
    "cause",
    ObjectiveCause,
    _("Objective cause"),
    ("reason_key", "confirmed_at", "revoked_at"),
    related=("fault__task", "delay__task"),
    kept=("reason_key",),
)
EVIDENCE = Tracked(
    "evidence",
    Evidence,
    _("Evidence"),
    ("state", "words_key", "kind", "size", "attached_at", "withdrawn_at", "erased_at"),
    related=("criterion", "task"),
    kept=("words_key",),
)
TABLES = (CARD, ASSESSMENT, SCORE, TASK, FAULT, DELAY, CAUSE, EVIDENCE)


def field_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every table with its fields, for a filter: (table's label, [("table" or "table.field", label)])."""
    groups = []
    for table in TABLES:
        offered = [(table.name, _("everything"))]
        offered += [(f"{table.name}.{name}", label_of(table, name)) for name in table.fields]
        groups.append((str(table.label), [(value, f"{table.label}: {label}") for value, label in offered]))
    return groups


def label_of(table: Tracked, name: str) -> Any:
    """What a field is called: the model's own word, or what a key leads to."""
    led_to = {
        "comments_key": _("comments"),
        "evidence_key": _("document number"),
        "grounds_key": _("grounds"),
        "name_key": _("product or task"),
        "note_key": _("note"),
        "part_key": _("part"),
        "reason_key": _("reason"),
        "return_reason_key": _("reason of the return"),
        "words_key": _("what it shows"),
    }
    return led_to.get(name) or table.model._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # concrete fields only


@dataclass(frozen=True)
class Written:
    """One row of history with the row before it. `kind` is "+" for a record's first row, "~" for a change."""

    table: Tracked
    row: Any
    before: Any

    @property
    def kind(self) -> str:
        return str(self.row.history_type)

    def changed(self) -> list[str]:
        """The fields that differ from the row before; of a first row those that say something."""
        if self.before is None:
            return [
                name for name in self.table.fields if stored_value(self.row, name) not in (None, "", False)
            ]
        return [
            name
            for name in self.table.fields
            if stored_value(self.row, name) != stored_value(self.before, name)
        ]


def stored_value(row: Any, name: str) -> Any:
    """The stored value: the key of a foreign key, never the related row."""
    return getattr(row, f"{name}_id", None) if hasattr(row, f"{name}_id") else getattr(row, name)
