"""The page as the engine's specification: what is frozen, hashed and computed with.

Nothing here depends on the database, on the language or on who asks. Lists of choices are put into the order the
choices have, so that ticking boxes in another order is the same set.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from kpi_cms.foundation.engine import SCHEMA_VERSION, Settings, needed_version
from snippets.enums import Block, PeriodKind, PostRole, StaffKind

from ..enums import (
    Absence,
    Evaluated,
    FactAnswer,
    Leadership,
    QuotaScope,
    RatedPeriod,
    RoundingWhen,
    StageName,
    StageWho,
)
from ..models import CriteriaSetPage
from .kind_blocks import Node, decimal, kind_of, said, share, text


def specification_of(page: CriteriaSetPage) -> Node:
    """The specification of a working copy, complete or not; `check` says what it lacks.

    Whatever came after the first schema stands in it only where the page uses it: a set that does not keeps its text.
    """
    specification = _first_schema(page) | _later_rules(page)
    specification["schema_version"] = needed_version(specification)
    return specification


def _first_schema(page: CriteriaSetPage) -> Node:
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
            "max": decimal(page.total_max),
        },
        "rounding": _rounding(page),
        "bands": [
            {
                "code": text(child.value["code"]),
                "label": text(child.value["label"]),
                "from": decimal(child.value["start"]),
                **said(value=decimal(child.value["value"])),
            }
            for child in page.bands
        ],
        "stages": [_stage(child.value) for child in page.stages],
        "settings": _settings(page),
        "applicability": _applicability(page),
        "citations": {text(child.value["step"]): text(child.value["clause"]) for child in page.step_clauses},
    }


def _stage(value: Any) -> Node:
    stage: Node = {
        "key": text(value["name"]),
        "label": text(value["label"]),
        "decides": bool(value["decides"]),
        "optional": bool(value["optional"]),
    }
    unseen = [name for name in StageName.values if name in (value["blind_to"] or ())]
    stage |= {"blind_to": unseen} if unseen else {}
    return stage | {"who": text(value["who"])} if value["who"] not in (None, "", StageWho.USUAL) else stage


def _rounding(page: CriteriaSetPage) -> Node:
    rounding: Node = {"places": page.places, "mode": page.rounding_mode}
    if page.rounding_when != RoundingWhen.TOTAL:
        rounding["when"] = page.rounding_when
    return rounding


def _later_rules(page: CriteriaSetPage) -> Node:
    """Facts, gates, quotas, longer periods and raters, as far as there are any."""
    rules: Node = {
        "facts": [_fact(child) for child in page.facts],
        "gates": [_gate(child) for child in page.gates],
        "quotas": [_quota(child) for child in page.quotas],
        "aggregation": [_longer_period(child.value) for child in page.aggregation],
        "raters": [_rater(child) for child in page.raters],
        "band_value": page.band_value.strip(),
    }
    return {name: found for name, found in rules.items() if found}


def _fact(child: Any) -> Node:
    fact = {"key": text(child.id), "code": text(child.value["code"]), "label": text(child.value["label"])}
    answer = text(child.value["answer"])
    return fact if answer in ("", FactAnswer.YES_NO) else fact | {"answer": answer}


def _gate(child: Any) -> Node:
    value = child.value
    return {
        "key": text(child.id),
        "label": text(value["label"]),
        "condition": text(value["condition"]),
        "effect": text(value["effect"]),
        "band": text(value["band"]),
        "reason": text(value["reason"]),
        "citation": text(value["citation"]),
        "periods": _ordered(value["periods"] or (), RatedPeriod.values),
    }


def _quota(child: Any) -> Node:
    value = child.value
    return said(
        key=text(child.id),
        band=text(value["band"]),
        share=share(value["share"]),
        base=text(value["base"]),
        exception=share(value["exception"]),
        small_below=value["small_below"],
        small_allowed=value["small_allowed"],
        citation=text(value["citation"]),
    ) | {"scopes": _ordered(value["scopes"] or (), QuotaScope.values)}


def _longer_period(value: Mapping[str, Any]) -> Node:
    return said(
        period=text(value["period"]),
        of=text(value["of"]),
        count=value["count"],
        how=text(value["how"]),
        missing=text(value["missing"]),
        minimum=value["minimum"],
    ) | {"exempt": _ordered(value["exempt"] or (), Absence.values)}


def _rater(child: Any) -> Node:
    value = child.value
    return {
        "key": text(child.id),
        "label": text(value["label"]),
        "stage": text(value["stage"]),
        "weight": decimal(value["weight"]),
    }


def _part(child: Any) -> Node:
    value = child.value
    return {
        "key": text(child.id),
        "code": text(value["code"]),
        "label": text(value["label"]),
        "max": decimal(value["maximum"]),
    }


def _section(child: Any, part: Any) -> Node:
    value = child.value
    return {
        "key": text(child.id),
        "code": text(value["code"]),
        "label": text(value["label"]),
        "max": decimal(value["maximum"]),
        "part": text(part.value["code"]),
        "citation": text(value["citation"]),
        "combination": {
            "kind": text(value["combination"]),
            "expression": text(value["expression"]),
            "cap": decimal(value["cap"]),
        },
        "criteria": [_criterion(criterion) for criterion in value["criteria"] or ()],
    }


def _criterion(child: Any) -> Node:
    value = child.value
    chosen = value["stages"] or ()
    maximum, kind = kind_of(child.block_type, value)
    return {
        "key": text(child.id),
        "code": text(value["code"]),
        "label": text(value["label"]),
        "max": maximum,
        "weight": decimal(value["weight"]),
        "stages": [name for name in StageName.values if name in chosen] or None,
        "citation": text(value["citation"]),
        "guidance": [line for line in map(text, value["guidance"]) if line],
        "alternatives": [
            {"condition": text(item["condition"]), "label": text(item["label"])}
            for item in value["alternatives"]
        ],
        "kind": kind,
        **({"may_not_apply": True} if value.get("may_not_apply") else {}),  # older sets keep their digest
    }


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
        "ratio_cap": decimal(page.ratio_cap),
        "penalty_scope": page.penalty_scope,
        "penalty_per_fault": decimal(page.penalty_per_fault),
        "nobody_managed": decimal(page.nobody_managed),
        "extras_warning": decimal(page.extras_warning),
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
    """Who the set is for. An empty list leaves its question open to everybody; positions and units are named by code.

    Units and job positions that are not named, that it takes no precedence, and that it evaluates people, are not
    written: sets that never asked keep their text and their digest.
    """
    leader, roles = _LEADERSHIP[page.leadership]
    units = {"units": sorted(set(page.units))} if page.units else {}
    jobs = {"job_positions": sorted(set(page.job_positions))} if page.job_positions else {}
    precedence = {"precedence": True} if page.takes_precedence else {}
    evaluates = {"evaluates": page.evaluates} if page.evaluates != Evaluated.PEOPLE else {}
    return {
        "staff_kinds": _ordered(page.staff_kinds, StaffKind.values),
        "leader": leader,
        "roles": roles,
        "positions": sorted(set(page.positions)),
        "blocks": _ordered(page.unit_blocks, Block.values),
        **jobs,
        **units,
        **precedence,
        **evaluates,
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
