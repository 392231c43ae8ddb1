"""The fields of a set for organisations: Chapter II of Decree 335/2025/NĐ-CP, word for word where it has words.

The decree fixes 30 and 70 points and leaves to the province how the eight results are made concrete (Đ7.2); equal
shares within each part are this template's. Of points whose conditions do not hold the decree says nothing (open): the
set gives the highest band whose conditions hold.
"""

import json
from pathlib import Path
from typing import Any

from snippets.enums import Frame, PeriodKind

from .. import demonstration
from ..demonstration.sets import DECREE, STEP, Block, bands, block, criterion, documents, section, stages
from ..enums import (
    CitedStep,
    Evaluated,
    Law,
    Leadership,
    PartCode,
    QuotaBase,
    QuotaScope,
    RatedPeriod,
)

CODE = "ND335-TC"

_WORDING = json.loads(
    (Path(demonstration.__file__).parent / "organisations.json").read_text(encoding="utf-8")
)


def fields() -> dict[str, Any]:
    """Every field of the page but its code and title."""
    return {
        "frame": Frame.STATE.value,
        "law": Law.ND335.value,
        "is_demonstration": True,
        "evaluates": Evaluated.ORGANISATIONS.value,
        "leadership": Leadership.ANY.value,
        "staff_kinds": [],
        "period_kinds": [PeriodKind.YEAR.value],
        "legal_basis": documents(CODE, (*DECREE, "Điều 3, Điều 5 – Điều 9")),
        "parts": [_common(), _results()],
        # Đ9.2.a: the organisation evaluates itself, whoever is competent recognises (Đ5).
        "stages": stages(CODE, "Tổ chức tự đánh giá", "Người có thẩm quyền công nhận"),
        "bands": bands(CODE),
        "facts": [block(CODE, "fact", f"fact/{fact['code']}", fact) for fact in _WORDING["facts"]],
        "gates": [
            block(CODE, "gate", f"gate/{gate['label']}", {**gate, "periods": [RatedPeriod.YEAR.value]})
            for gate in _WORDING["gates"]
        ],
        "quotas": [_quota()],
        "step_clauses": [
            block(CODE, "step_clause", f"clause/{step}", {"step": str(step), "clause": clause})
            for step, clause in (
                (CitedStep.COMMON, "Đ6"),
                (CitedStep.RESULTS, "Đ7.1"),
                (CitedStep.TOTAL, "Đ6, Đ7.1"),
                (CitedStep.BAND, "Đ8"),
            )
        ],
    }


def _given(code: str, label: str, maximum: str, clause: str) -> Block:
    return criterion(CODE, "number", code, label, clause, maximum=maximum, step=STEP)


def _common() -> Block:
    """Đ6: three groups, each undivided."""
    groups = [
        section(
            CODE, code, f"Nhóm tiêu chí {code}", "10", clause,
            criteria=[_given(f"{code}.1", text, "10", clause)],
        )
        for code, text, clause in _WORDING["common"]
    ]  # fmt: skip
    value = {"code": PartCode.COMMON.value, "label": "Tiêu chí chung", "maximum": "30", "sections": groups}
    return block(CODE, "part", "part/common", value)


def _results() -> Block:
    """Đ7.1: eight results."""
    label = "Tiêu chí về kết quả thực hiện nhiệm vụ"
    criteria = [_given(code, text, "8.75", clause) for code, text, clause in _WORDING["results"]]
    results = section(CODE, "KQ", label, "70", "Đ7.1", criteria=criteria)
    value = {"code": PartCode.RESULTS.value, "label": label, "maximum": "70", "sections": [results]}
    return block(CODE, "part", "part/results", value)


def _quota() -> Block:
    """Đ8.5: within what the one who recognises is responsible for, without groups of similar duties."""
    value = {
        "band": "excellent",
        "share": "20",
        "base": QuotaBase.GOOD.value,
        "scopes": [QuotaScope.UNIT.value],
        "exception": "25",
        "small_below": None,
        "small_allowed": None,
        "citation": "Đ8.5",
    }
    return block(CODE, "quota", "quota/excellent", value)
