"""A specification's fields and values in the words of its authors, for comparing versions and for workbooks.

`FIELDS` names a field wherever it stands, `VALUES` the choices of a field. Both are also how a workbook that somebody
fills in is recognised, so that what the product writes it reads again in either language.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.core.numbers import NOTHING, format_quantity
from kpi_cms.foundation.engine import parse_decimal
from kpi_cms.foundation.engine.canonical import DECIMAL_FIELDS
from snippets.enums import Block, Frame, PeriodKind, PostRole, StaffKind

from ..enums import (
    BandSource,
    ChoiceUnit,
    CitedStep,
    Combination,
    Condition,
    Evaluated,
    FactAnswer,
    Law,
    Means,
    Measure,
    NothingAssigned,
    PenaltyScope,
    StageName,
    StageWho,
    TotalKind,
    Unconfirmed,
    WithoutResult,
)

Text = str | Promise

KINDS: dict[str, Text] = {
    "number": _("Points"),
    "choice": _("Choice"),
    "levels": _("Levels"),
    "checklist": _("Checklist"),
    "deduction": _("Deduction from the maximum"),
    "bonus": _("Bonus points"),
    "penalty": _("Points taken off"),
    "indicator": _("Indicator"),
    "task_ratio": _("Ratio of the own tasks"),
    "task_points": _("Points of tasks"),
    "roll_up": _("Ratio of other people's tasks"),
    "people_managed": _("People managed"),
    "result_of": _("Results of others"),
    "formula": _("Formula"),
}

FIELDS: dict[str, Text] = {
    "aggregation": _("Longer periods"),
    "alternatives": _("Wordings for some posts"),
    "answer": _("Answered with"),
    "applicability": _("For whom"),
    "attribute": _("Property of the task"),
    "band": _("Band"),
    "band_from": _("bands are read from"),
    "bands": _("Point bands"),
    "band_value": _("What a band stands for"),
    "base": _("Share of"),
    "blocks": _("Blocks"),
    "calendar": _("Calendar"),
    "cap": _("Cap"),
    "blind_to": _("Does not see yet"),
    "citation": _("Clause"),
    "citations": _("clauses of the calculation"),
    "code": _("Code"),
    "coefficients": _("Coefficients"),
    "combination": _("Points of the section"),
    "condition": _("Condition"),
    "count": _("How many"),
    "decides": _("Decides the result"),
    "default": _("Otherwise"),
    "days": _("Days"),
    "direction": _("What is better"),
    "early": _("Days early"),
    "effect": _("Effect"),
    "evaluates": _("evaluates"),
    "exception": _("Exceptional share"),
    "exempt": _("Reasons that excuse"),
    "expression": _("Formula"),
    "extras_warning": _("warn of extra tasks above"),
    "facts": _("Facts"),
    "failed": _("Share when somebody does not reach them"),
    "floor": _("Never below"),
    "frame": _("Frame"),
    "from": _("From, points"),
    "full": _("Points that make the maximum"),
    "gates": _("Gates"),
    "grounds_required": _("Grounds must be given"),
    "guidance": _("Guidance"),
    "how": _("How"),
    "inputs": _("Inputs"),
    "items": _("Items"),
    "key": _("Key"),
    "kind": _("How it is scored"),
    "label": _("Wording"),
    "late": _("Days late"),
    "law": _("fixed by"),
    "leader": _("Posts of leadership"),
    "levels": _("Levels"),
    "job_positions": _("Job positions"),
    "limit": _("Counted at most"),
    "managed_kinds": _("kinds of staff that count for the people managed"),
    "managed_unconfirmed": _("people managed who are not confirmed yet"),
    "managed_without_result": _("people managed who have no result"),
    "max": _("Maximum"),
    "may_not_apply": _("May not arise"),
    "means_of": _("quarter and year are the mean of"),
    "measure": _("Ratio"),
    "min": _("Minimum"),
    "minimum": _("At least"),
    "missing": _("Missing periods"),
    "mode": _("Rounding"),
    "moved_leaves_total": _("work that the head moves before its due date leaves the total"),
    "nobody": _("Share when there is nobody"),
    "nobody_managed": _("result of a leader who manages nobody"),
    "normalise": _("What makes the maximum"),
    "nothing_assigned": _("nothing assigned in the period"),
    "of": _("Made of"),
    "optional": _("May be left out"),
    "options": _("Values"),
    "order": _("Order"),
    "out_of": _("Out of"),
    "part": _("Part"),
    "parts": _("Parts"),
    "penalty_per_fault": _("deduction for each fault or delay"),
    "penalty_scope": _("a fault or delay lowers"),
    "period": _("Period"),
    "period_kinds": _("Kinds of period"),
    "periods": _("Periods"),
    "place": _("Place"),
    "places": _("places"),
    "positions": _("Positions"),
    "precedence": _("Takes precedence"),
    "quality": _("Quality"),
    "quotas": _("Quotas"),
    "raters": _("Raters"),
    "ratio_cap": _("highest value of each ratio"),
    "reached": _("Share when all reach them"),
    "reason": _("Reason"),
    "roles": _("Roles"),
    "rounding": _("Rounding"),
    "schema_version": _("Version of the schema"),
    "scope": _("Whose tasks"),
    "scopes": _("Within"),
    "section": _("Section of criteria"),
    "settings": _("Settings"),
    "share": _("Share"),
    "small_allowed": _("A smaller group has"),
    "small_below": _("Small groups are below"),
    "staff_kinds": _("Kinds of staff"),
    "stage": _("Stage"),
    "stages": _("Scored by"),
    "step": _("Step"),
    "target": _("Target"),
    "threshold": _("Points that everybody must reach"),
    "time": _("Time"),
    "to": _("To"),
    "total": _("Total"),
    "type": _("How it is scored"),
    "unfinished": _("Not finished"),
    "unit": _("Values are"),
    "units": _("Units"),
    "value": _("Value"),
    "values": _("Values"),
    "weight": _("Weight, per cent"),
    "when": _("Rounded when"),
    "who": _("Which person"),
}


def _choices(choices: Any) -> dict[str, Text]:
    return dict(choices.choices)


YES_NO: dict[Any, Text] = {True: _("Yes"), False: _("No")}

VALUES: dict[str, Mapping[str, Text]] = {
    "answer": _choices(FactAnswer),
    "applicability.blocks": _choices(Block),
    "applicability.period_kinds": _choices(PeriodKind),
    "applicability.roles": _choices(PostRole),
    "applicability.staff_kinds": _choices(StaffKind),
    "attribute": {
        "group": _("Group of the task"),
        "position": _("Position of the person"),
        "role": _("Role of the person"),
        "priority": _("Priority"),
        "difficulty": _("Difficulty"),
    },
    "condition": _choices(Condition),
    "band_from": _choices(BandSource),
    "blind_to": _choices(StageName),
    "base": {
        "good": _("those finally rated in the next lower band"),
        "good_by_score": _("those with points of the next lower band"),
        "good_or_better": _("those in either of the two bands"),
        "everyone": _("everybody rated"),
    },
    "combination.kind": _choices(Combination),
    "direction": {"higher": _("More is better"), "lower": _("Less is better")},
    "effect": {"force": _("The band is"), "limit": _("The band is at most")},
    "evaluates": _choices(Evaluated),
    "frame": _choices(Frame),
    "how": {
        "mean": _("Mean"),
        "worked_mean": _("Mean by the time worked"),
        "minimum": _("The lowest"),
        "last": _("The last one"),
    },
    "kind.how": {
        "mean": _("Mean"),
        "minimum": _("The lowest"),
        "share_reaching": _("Share that reaches the threshold"),
    },
    "kind.of": {"subordinates": _("Subordinates"), "unit": _("The unit")},
    "law": _choices(Law),
    "managed_kinds": _choices(StaffKind),
    "managed_unconfirmed": _choices(Unconfirmed),
    "managed_without_result": _choices(WithoutResult),
    "means_of": _choices(Means),
    "measure": _choices(Measure),
    "missing": {
        "left_out": _("Are left out"),
        "carried_over": _("Take the score before"),
        "waits": _("Are waited for before there is a result"),
    },
    "mode": {"half_up": _("Half up"), "up": _("Always up"), "down": _("Always down")},
    "normalise.to": {
        "cap": _("The sum, capped"),
        "full": _("A number of points"),
        "possible": _("What the same tasks could give"),
    },
    "nothing_assigned": _choices(NothingAssigned),
    "of": _choices(PeriodKind) | {"half_year": PeriodKind.HALF.label},
    "penalty_scope": _choices(PenaltyScope),
    "period": _choices(PeriodKind) | {"half_year": PeriodKind.HALF.label},
    "periods": _choices(PeriodKind) | {"half_year": PeriodKind.HALF.label},
    "scope": {
        "own": _("Own tasks"),
        "approved": _("Tasks approved by the person"),
        "field": _("Tasks of the person's field"),
        "units": _("Tasks of the person's units"),
    },
    "stages": _choices(StageName),
    "scopes": {"unit": _("The unit"), "peer_group": _("Group with similar duties")},
    "time.count": {"calendar": _("Calendar days"), "working": _("Working days")},
    "total.kind": _choices(TotalKind),
    "type": KINDS,
    "unit": _choices(ChoiceUnit),
    "when": {
        "total": _("Of the total"),
        "parts": _("Of each part"),
        "sections": _("Of each section"),
    },
    "who": _choices(StageWho),
}
"""Choices by field; where one name means several things, by the field it stands in as well."""


def values_of(path: Sequence[str]) -> Mapping[str, Text]:
    """The choices of the field at a path, {} when it has none."""
    return VALUES.get(".".join(path[-2:])) or VALUES.get(path[-1]) or {}


def name_of(path: Sequence[str]) -> str:
    """The field at a path; what is no field is something's own code and stands as it is."""
    if path[0] == "citations" and len(path) > 1:
        return f"{FIELDS['citation']}: {dict(CitedStep.choices).get(path[1], path[1])}"
    shown = [part for part in path if part not in ("settings", "applicability")]
    if len(shown) > 1 and shown[-1] == "kind":
        shown = shown[:-1]
    elif len(shown) > 1 and shown[0] in ("kind", "combination", "rounding"):
        shown = shown[1:]
    return ": ".join(str(FIELDS.get(part, part)) for part in shown)


def said(path: Sequence[str], value: Any) -> str:
    """A value in words; what is not there is a dash."""
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return str(YES_NO[value])
    if isinstance(value, Mapping):
        inside = ((name, said([*path, name], entry)) for name, entry in value.items() if name != "key")
        return "; ".join(f"{FIELDS.get(name, name)}: {text}" for name, text in inside if text != NOTHING)
    if isinstance(value, list):
        mark = "\n" if path[-1] in ("guidance", "alternatives") else ", "
        return mark.join(said(path, entry) for entry in value)
    choices = values_of(path)
    if str(value) in choices:
        return str(choices[str(value)])
    number = parse_decimal(value) if path[-1] in DECIMAL_FIELDS or isinstance(value, int) else None
    return str(value) if number is None else _number(number)


def _number(number: Decimal) -> str:
    return format_quantity(number, language=get_language() or "vi", places=12)


def labelled(code: str, label: str) -> str:
    """What a part of a set is called: its code, then its wording."""
    return f"{code} · {label}" if code else label
