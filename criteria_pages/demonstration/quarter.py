"""A set for a quarter in the Party frame, with all that the others do not use: a collective, weights, facts, gates.

A demonstration and nothing that anybody issued: its weights and conditions are made up, in the language of such rules.
"""

from typing import Any

from snippets.enums import Block, Frame, PeriodKind, StaffKind

from ..enums import CitedStep, FactAnswer, GateEffect, Law, Leadership, RatedPeriod, StageName
from .examples import QUARTER as QUARTER_EXAMPLES
from .sets import (
    DECREE,
    REGULATION,
    DemonstrationSet,
    block,
    common_part,
    documents,
    examples,
    ratios,
    results_part,
    shared,
)
from .wording import PARTY

CODE = "DANG-QUY"
DISCIPLINED, ABOVE = "ky_luat", "vuot"

_RULE = "Quy định 366-QĐ/TW"
_STAGES = (
    (StageName.SELF, "Cá nhân tự chấm"),
    (StageName.COLLECTIVE, "Tập thể chấm"),
    (StageName.EVALUATOR, "Cấp có thẩm quyền đánh giá"),
)
_RATERS = (
    ("self", StageName.SELF, "Cá nhân", "20"),
    ("office", StageName.COLLECTIVE, "Đại diện Văn phòng Đảng ủy", "15"),
    ("inspection", StageName.COLLECTIVE, "Đại diện Ủy ban Kiểm tra", "15"),
    ("evaluator", StageName.EVALUATOR, "Cấp có thẩm quyền", "50"),
)
_FACTS = (
    (DISCIPLINED, "Bị thi hành kỷ luật trong quý", FactAnswer.YES_NO),
    (ABOVE, "Tỷ lệ nhiệm vụ hoàn thành vượt yêu cầu", FactAnswer.SHARE),
)
_GATES: tuple[dict[str, Any], ...] = (
    {
        "label": "Kỷ luật",
        "condition": f"{DISCIPLINED} = 1",
        "effect": GateEffect.FORCE.value,
        "band": "failed",
        "reason": "Bị thi hành kỷ luật trong quý.",
    },
    {
        "label": "Vượt yêu cầu",
        "condition": f"{ABOVE} < 50%",
        "effect": GateEffect.LIMIT.value,
        "band": "good",
        "reason": "Chưa đủ 50% nhiệm vụ hoàn thành vượt yêu cầu nên chưa xếp mức xuất sắc.",
    },
)


def _stages() -> list[dict[str, Any]]:
    return [
        block(
            CODE,
            "stage",
            f"stage/{name}",
            {
                "name": str(name),
                "label": label,
                "decides": name == StageName.EVALUATOR,
                "optional": False,
            },
        )
        for name, label in _STAGES
    ]


def _raters() -> list[dict[str, Any]]:
    return [
        block(CODE, "rater", f"rater/{name}", {"label": label, "stage": str(stage), "weight": weight})
        for name, stage, label, weight in _RATERS
    ]


def _facts() -> list[dict[str, Any]]:
    return [
        block(CODE, "fact", f"fact/{code}", {"code": code, "label": label, "answer": str(answer)})
        for code, label, answer in _FACTS
    ]


def _gates() -> list[dict[str, Any]]:
    return [
        block(
            CODE,
            "gate",
            f"gate/{number}",
            {**gate, "citation": f"Vận dụng {_RULE}", "periods": [RatedPeriod.QUARTER.value]},
        )
        for number, gate in enumerate(_GATES, start=1)
    ]


def _step_clauses() -> list[dict[str, Any]]:
    clauses = {
        CitedStep.COMMON: _RULE,
        CitedStep.RESULTS: "Vận dụng Điều 14, Điều 16 Nghị định 335/2025/NĐ-CP",
        CitedStep.TOTAL: _RULE,
        CitedStep.BAND: _RULE,
    }
    return [
        block(CODE, "step_clause", f"clause/{step}", {"step": str(step), "clause": text})
        for step, text in clauses.items()
    ]


DANG_QUY = DemonstrationSet(
    CODE,
    "Bộ tiêu chí đánh giá theo quý của cơ quan Đảng, có tập thể chấm điểm và điều kiện xếp loại – bản trình diễn, "
    "chưa cơ quan nào ban hành",
    {
        **shared(CODE),
        "stages": _stages(),
        "raters": _raters(),
        "facts": _facts(),
        "gates": _gates(),
        "frame": Frame.PARTY.value,
        "law": Law.NONE.value,
        "is_demonstration": True,
        "legal_basis": documents(
            CODE,
            (*REGULATION, ""),
            (*DECREE, "Điều 14, Điều 16 (vận dụng cách tính kết quả thực hiện nhiệm vụ)"),
        ),
        "parts": [
            common_part(CODE, PARTY, None),
            results_part(CODE, ratios(CODE), "Vận dụng Điều 14, Điều 16 Nghị định 335/2025/NĐ-CP"),
        ],
        "staff_kinds": [StaffKind.CIVIL_SERVANT.value],
        "leadership": Leadership.ANY.value,
        "unit_blocks": [Block.PARTY.value],
        "period_kinds": [PeriodKind.QUARTER.value],
        "step_clauses": _step_clauses(),
        "examples": examples(CODE, QUARTER_EXAMPLES),
    },
)
