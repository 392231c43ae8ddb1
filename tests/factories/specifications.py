"""Specifications with everything the engine's two schemas can say, for comparing, exporting and importing."""

import json
from copy import deepcopy
from typing import Any

from kpi_cms.foundation.engine import SCHEMA_VERSIONS, canonical_json
from tests.foundation.engine import specs
from tests.foundation.engine.later import items

Spec = dict[str, Any]
SCHEMA_2 = SCHEMA_VERSIONS[-1]


def criterion(code: str, kind: Spec, maximum: str | None = None, **more: Any) -> Spec:
    """A criterion with every field a page writes."""
    return {
        "key": f"key-{code}",
        "code": code,
        "label": f"Tiêu chí {code}",
        "max": maximum,
        "weight": None,
        "stages": None,
        "citation": "",
        "guidance": [],
        "alternatives": [],
        "kind": kind,
        **more,
    }


def kinds() -> dict[str, Spec]:
    """One criterion of each scoring kind, with each of its constructs."""
    options = [
        {"value": "100", "label": "Đạt đủ", "grounds_required": False},
        {"value": "50", "label": "Đạt một nửa", "grounds_required": True},
    ]
    levels = [
        {"label": "Yếu", "from": "0"},
        {"label": "Khá", "from": "2", "to": "3", "guidance": "Có sáng kiến"},
        {"label": "Tốt", "from": "4", "to": "5"},
    ]
    tasks = {
        "type": "task_points",
        "max": "20",
        "coefficients": [
            {
                "attribute": "difficulty",
                "default": "1",
                "values": [{"code": "kho", "label": "Khó", "value": "1.5"}],
            },
            {"attribute": "role", "values": [{"code": "chinh", "label": "Chủ trì", "value": "1.2"}]},
        ],
        "time": {
            "count": "working",
            "calendar": "viet-nam",
            "unfinished": "0.1",
            "early": [{"days": 3, "value": "1.1"}],
            "late": [{"days": 1, "value": "0.9"}, {"days": 5, "value": "0.5"}],
        },
        "quality": [
            {"code": "tot", "label": "Tốt", "value": "1"},
            {"code": "kem", "label": "Kém", "value": "0.5"},
        ],
        "normalise": {"to": "full", "full": "40"},
    }
    formula = {
        "type": "formula",
        "max": "5",
        "expression": "IF(x > 0; MIN(5; [diem] * x / 10); 0)",
        "inputs": [{"code": "x", "label": "Số việc", "max": "10"}],
    }
    return {
        "number": criterion(
            "diem", {"type": "number", "max": "5", "step": "0.25"}, "5", guidance=["Tận tụy", "Đúng mực"]
        ),
        "choice": criterion(
            "chon",
            {"type": "choice", "unit": "percent", "options": options},
            "5",
            stages=["evaluator"],
            citation="Đ15.3.b",
        ),
        "levels": criterion("bac", {"type": "levels", "unit": "points", "step": "0.5", "levels": levels}),
        "checklist": criterion(
            "muc", {"type": "checklist", "items": items(("m1", "2", {}), ("m2", "3", {}))}
        ),
        "deduction": criterion(
            "tru",
            {
                "type": "deduction",
                "max": "10",
                "floor": "2",
                "items": items(("t1", "1", {"limit": 3}), ("t2", "0.5", {})),
            },
        ),
        "bonus": criterion(
            "cong",
            {"type": "bonus", "max": "5", "items": items(("c1", "2", {"cap": "4"}), ("c2", "1", {}))},
        ),
        "penalty": criterion(
            "bi_tru",
            {
                "type": "penalty",
                "max": "4",
                "items": items(("b1", "1", {"cap": "3"}), ("b2", "2", {"limit": 1})),
            },
        ),
        "indicator": criterion(
            "chi_tieu", {"type": "indicator", "direction": "lower", "target": "80", "cap": "1.2"}, "5"
        ),
        "task_ratio": criterion("a", {"type": "task_ratio", "measure": "quantity"}, "10"),
        "task_points": criterion("viec", tasks),
        "roll_up": criterion("phong", {"type": "roll_up", "scope": "units", "measure": "progress"}, "5"),
        "people_managed": criterion(
            "d", {"type": "people_managed", "threshold": "50", "reached": "1", "failed": "0.5"}, "10"
        ),
        "result_of": criterion(
            "cap_duoi",
            {
                "type": "result_of",
                "of": "subordinates",
                "how": "share_reaching",
                "out_of": "100",
                "threshold": "70",
                "nobody": "1",
            },
            "5",
        ),
        "formula": criterion(
            "tinh", formula, alternatives=[{"condition": "faces_citizens", "label": "Phục vụ dân"}]
        ),
    }


def everything() -> Spec:
    """A sound set of schema 2 that uses every construct once."""
    kind = kinds()
    weighted = [
        criterion(
            f"w{number}",
            {"type": "number", "max": "10", "step": "1", "min": "1"},
            "10",
            weight=weight,
            may_not_apply=True,
        )
        for number, weight in ((1, "25"), (2, "75"))
    ]
    sections = [
        _section("A", "20", "p1", [kind[name] for name in ("number", "choice", "levels", "checklist")]),
        _section("B", "10", "p1", [kind["deduction"], kind["bonus"]], kind="capped_sum", cap="10"),
        _section("C", "20", "p1", weighted, kind="weighted_mean"),
        _section("D", "30", "p2", [kind[name] for name in ("indicator", "task_ratio", "roll_up", "people_managed")]),
        _section("E", "10", "p2", [kind[name] for name in ("task_points", "result_of", "formula", "penalty")],
                 kind="formula", expression="MIN(10; (viec + [cap_duoi] * 5 + tinh) / 3)"),
    ]  # fmt: skip
    written: Spec = {
        "schema_version": SCHEMA_2,
        "law": "",
        "frame": "party",
        "parts": [
            {"key": "key-p1", "code": "p1", "label": "Tiêu chí chung", "max": "50"},
            {"key": "key-p2", "code": "p2", "label": "Kết quả nhiệm vụ", "max": "40"},
        ],
        "sections": sections,
        "total": {"kind": "formula", "expression": "p1 + p2 + IF(A >= 18; 5; 0)", "max": "95"},
        "rounding": {"places": 2, "mode": "up", "when": "sections"},
        "bands": [
            {**band, "value": value}
            for band, value in zip(specs.BANDS, ("1.2", "1", "0.8", "0"), strict=True)
        ],
        "band_value": "Hệ số thu nhập tăng thêm",
        "stages": [
            deepcopy(specs.STAGES[0]),
            {
                "key": "collective",
                "label": "Trưởng phòng",
                "decides": False,
                "optional": False,
                "who": "direct_head",
            },
            deepcopy(specs.STAGES[1]) | {"who": "agency_head"},
            {
                "key": "endorsement",
                "label": "Cấp ủy",
                "decides": False,
                "optional": True,
                "blind_to": ["self"],
            },
        ],
        "settings": {**specs.SETTINGS, "managed_kinds": ["can_bo", "cong_chuc"], "band_from": "rounded"},
        "applicability": {
            "staff_kinds": ["can_bo"],
            "leader": True,
            "roles": ["head"],
            "positions": ["CV"],
            "job_positions": ["VT-01"],
            "blocks": ["party"],
            "units": ["A"],
            "precedence": True,
            "period_kinds": ["month", "year"],
        },
        "citations": {"total": "Điều 4", "band": "Điều 5"},
        "aggregation": [
            {
                "period": "quarter",
                "of": "month",
                "count": 3,
                "how": "mean",
                "missing": "left_out",
                "minimum": 2,
                "exempt": ["sick_leave"],
            },
            {
                "period": "year",
                "of": "quarter",
                "count": 4,
                "how": "worked_mean",
                "missing": "waits",
                "minimum": 4,
                "exempt": [],
            },
        ],
        "facts": [{"key": "key-kl", "code": "ky_luat", "label": "Bị kỷ luật"}],
        "gates": [
            {
                "key": "key-g1",
                "label": "Kỷ luật",
                "condition": "ky_luat = 1",
                "effect": "force",
                "band": "failed",
                "reason": "Bị kỷ luật trong kỳ",
                "citation": "Điều 20",
                "periods": ["year"],
            },
            {
                "key": "key-g2",
                "label": "Nhóm A thấp",
                "condition": "AND(A < 10; total > 60)",
                "effect": "limit",
                "band": "good",
                "reason": "Tiêu chí chung thấp",
                "citation": "",
                "periods": [],
            },
        ],
        "quotas": [
            {
                "key": "key-q",
                "band": "excellent",
                "share": "0.2",
                "base": "good",
                "scopes": ["unit", "peer_group"],
                "exception": "0.25",
                "small_below": 5,
                "small_allowed": 1,
                "citation": "Đ20.5",
            },
        ],
        "raters": [
            {"key": "key-r1", "label": "Tập thể", "stage": "evaluator", "weight": "25"},
            {"key": "key-r2", "label": "Cấp trên", "stage": "evaluator", "weight": "75"},
        ],
    }
    found: Spec = json.loads(canonical_json(written))
    return found


def _section(code: str, maximum: str, part: str, criteria: list[Spec], **combination: Any) -> Spec:
    return {
        "key": f"key-{code}",
        "code": code,
        "label": f"Nhóm {code}",
        "max": maximum,
        "part": part,
        "citation": "",
        "combination": {"kind": "sum", "expression": "", "cap": None, **combination},
        "criteria": criteria,
    }
