"""The page as the engine's specification: what is frozen, hashed and computed with.

Nothing here depends on the database, on the language or on who asks. Lists of choices are put into the order the
choices have, so that ticking boxes in another order is the same set.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from kpi_cms.foundation.engine import SCHEMA_VERSION, Settings, decimal_text
from snippets.enums import Block, PeriodKind, PostRole, StaffKind

from ..enums import ChoiceUnit, Leadership, StageName
from ..models import CriteriaSetPage

Node = dict[str, Any]
HUNDRED = Decimal(100)


def specification_of(page: CriteriaSetPage) -> Node:
    """The specification of a working copy, complete or not; `check` says what it lacks."""
    return {
        "schema_version": SCHEMA_VERSION,
        "law": page.law,
        "frame": page.frame,
        "parts": [_part(child) for child in page.parts],
        "sections": [
            _section(section, part) for part in page.parts for section in part.value["sections"] or ()
        ],
        "total": {
            "kind": page.total_kind,
            "expression": page.total_expression.strip(),
            "max": _decimal(page.total_max),
        },
        "rounding": {"places": page.places, "mode": "half_up"},
        "bands": [
            {
                "code": _text(child.value["code"]),
                "label": _text(child.value["label"]),
                "from": _decimal(child.value["start"]),
            }
            for child in page.bands
        ],
        "stages": [
            {
                "key": _text(child.value["name"]),
                "label": _text(child.value["label"]),
                "decides": bool(child.value["decides"]),
                "optional": bool(child.value["optional"]),
            }
            for child in page.stages
        ],
        "settings": _settings(page),
        "applicability": _applicability(page),
        "citations": {
            _text(child.value["step"]): _text(child.value["clause"]) for child in page.step_clauses
        },
    }


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(Decimal(value))


def _share(percent: Decimal | None) -> str | None:
    """A percentage as a share of 1, exactly."""
    return None if percent is None else decimal_text(Decimal(percent) / HUNDRED)


def _part(child: Any) -> Node:
    value = child.value
    return {
        "key": _text(child.id),
        "code": _text(value["code"]),
        "label": _text(value["label"]),
        "max": _decimal(value["maximum"]),
    }


def _section(child: Any, part: Any) -> Node:
    value = child.value
    return {
        "key": _text(child.id),
        "code": _text(value["code"]),
        "label": _text(value["label"]),
        "max": _decimal(value["maximum"]),
        "part": _text(part.value["code"]),
        "citation": _text(value["citation"]),
        "combination": {
            "kind": _text(value["combination"]),
            "expression": _text(value["expression"]),
            "cap": _decimal(value["cap"]),
        },
        "criteria": [_criterion(criterion) for criterion in value["criteria"] or ()],
    }


def _criterion(child: Any) -> Node:
    value = child.value
    chosen = value["stages"] or ()
    maximum, kind = KINDS[child.block_type](value)
    return {
        "key": _text(child.id),
        "code": _text(value["code"]),
        "label": _text(value["label"]),
        "max": maximum,
        "weight": _decimal(value["weight"]),
        "stages": [name for name in StageName.values if name in chosen] or None,
        "citation": _text(value["citation"]),
        "guidance": [text for text in map(_text, value["guidance"]) if text],
        "alternatives": [
            {"condition": _text(item["condition"]), "label": _text(item["label"])}
            for item in value["alternatives"]
        ],
        "kind": kind,
    }


def _number(value: Mapping[str, Any]) -> tuple[str | None, Node]:
    maximum = _decimal(value["maximum"])
    return maximum, {"type": "number", "max": maximum, "step": _decimal(value["step"])}


def _choice(value: Mapping[str, Any]) -> tuple[str | None, Node]:
    options = [
        {
            "value": _decimal(option["value"]),
            "label": _text(option["label"]),
            "grounds_required": bool(option["grounds_required"]),
        }
        for option in value["options"]
    ]
    maximum = None if value["unit"] == ChoiceUnit.POINTS else _decimal(value["maximum"])
    return maximum, {"type": "choice", "unit": _text(value["unit"]), "options": options}


def _task_ratio(value: Mapping[str, Any]) -> tuple[str | None, Node]:
    return _decimal(value["maximum"]), {"type": "task_ratio", "measure": _text(value["measure"])}


def _people_managed(value: Mapping[str, Any]) -> tuple[str | None, Node]:
    return _decimal(value["maximum"]), {
        "type": "people_managed",
        "threshold": _decimal(value["threshold"]),
        "reached": _share(value["reached"]),
        "failed": _share(value["failed"]),
    }


KINDS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str | None, Node]]] = {
    "number": _number,
    "choice": _choice,
    "task_ratio": _task_ratio,
    "people_managed": _people_managed,
}
"""Block type → the criterion's own maximum (None where the kind or the section gives it) and its kind."""


def _settings(page: CriteriaSetPage) -> Node:
    """The open points as the page decides them. Those that came later are written where they differ only."""
    later: Node = {
        "managed_kinds": _ordered(page.managed_kinds, StaffKind.values),
        "managed_without_result": page.managed_without_result,
        "managed_unconfirmed": page.managed_unconfirmed,
        "nothing_assigned": page.nothing_assigned,
        "band_from": page.band_from,
    }
    return _first_settings(page) | {name: value for name, value in later.items() if value != _LATER[name]}


def _first_settings(page: CriteriaSetPage) -> Node:
    return {
        "ratio_cap": _decimal(page.ratio_cap),
        "penalty_scope": page.penalty_scope,
        "penalty_per_fault": _decimal(page.penalty_per_fault),
        "nobody_managed": _decimal(page.nobody_managed),
        "extras_warning": _decimal(page.extras_warning),
        "moved_leaves_total": page.moved_leaves_total,
        "means_of": page.means_of,
    }


_DEFAULTS = Settings()
# Settings that the first frozen versions do not have: absent means this default, and keeps their digests.
_LATER: Node = {
    "managed_kinds": list(_DEFAULTS.managed_kinds),
    "managed_without_result": _DEFAULTS.managed_without_result,
    "managed_unconfirmed": _DEFAULTS.managed_unconfirmed,
    "nothing_assigned": _DEFAULTS.nothing_assigned,
    "band_from": _DEFAULTS.band_from,
}

_LEADERSHIP: Mapping[str, tuple[bool | None, list[str]]] = {
    Leadership.ANY: (None, []),
    Leadership.OTHERS: (False, []),
    Leadership.LEADERS: (True, []),
    Leadership.HEADS: (True, [PostRole.HEAD.value]),
    Leadership.DEPUTIES: (True, [PostRole.DEPUTY.value]),
}


def _ordered(chosen: Iterable[str], values: Iterable[str]) -> list[str]:
    wanted = set(chosen)
    return [value for value in values if value in wanted]


def _applicability(page: CriteriaSetPage) -> Node:
    """Who the set is for. An empty list leaves its question open to everybody; positions are named by code."""
    leader, roles = _LEADERSHIP[page.leadership]
    return {
        "staff_kinds": _ordered(page.staff_kinds, StaffKind.values),
        "leader": leader,
        "roles": roles,
        "positions": sorted(set(page.positions)),
        "blocks": _ordered(page.unit_blocks, Block.values),
        "period_kinds": _ordered(page.period_kinds, PeriodKind.values),
    }


def citations_of(draft: CriteriaSetPage) -> list[dict[str, str]]:
    """The legal basis as plain values: number, title, day (ISO, or "") and clauses."""
    citations = []
    for child in draft.legal_basis:
        issued_on: date | None = child.value["issued_on"]
        citations.append(
            {
                "number": child.value["number"] or "",
                "title": child.value["title"] or "",
                "issued_on": issued_on.isoformat() if issued_on else "",
                "clauses": child.value["clauses"] or "",
            }
        )
    return citations
