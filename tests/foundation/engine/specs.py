"""Small complete specifications for the engine's tests: Decree 335 for staff and leaders, a Party set.

Labels are short; the sets people use, with the forms' own wording, are authored elsewhere.
"""

from copy import deepcopy
from typing import Any

Spec = dict[str, Any]

STAGES = [
    {"key": "self", "label": "Cá nhân tự chấm", "decides": False, "optional": False},
    {"key": "evaluator", "label": "Cấp có thẩm quyền theo dõi, đánh giá", "decides": True, "optional": False},
]
BANDS = [
    {"code": "excellent", "label": "Hoàn thành xuất sắc nhiệm vụ", "from": "90"},
    {"code": "good", "label": "Hoàn thành tốt nhiệm vụ", "from": "70"},
    {"code": "completed", "label": "Hoàn thành nhiệm vụ", "from": "50"},
    {"code": "failed", "label": "Không hoàn thành nhiệm vụ", "from": "0"},
]
SETTINGS = {
    "ratio_cap": "1",
    "penalty_scope": "unit",
    "penalty_per_fault": "0.25",
    "nobody_managed": "1",
    "extras_warning": "0.30",
    "moved_leaves_total": True,
    "means_of": "published",
}


def number(code: str, maximum: str, step: str = "0.25", **more: Any) -> Spec:
    """An entered criterion; its key is derived from its code."""
    kind = {"type": "number", "max": maximum, "step": step}
    return {"key": f"key-{code}", "code": code, "label": f"Tiêu chí {code}", "kind": kind, **more}


def computed(code: str, kind: Spec, **more: Any) -> Spec:
    """A criterion of any kind."""
    return {"key": f"key-{code}", "code": code, "label": f"Tiêu chí {code}", "kind": kind, **more}


def section(code: str, maximum: str, part: str, criteria: list[Spec], **combination: Any) -> Spec:
    """A section; a sum unless said otherwise."""
    return {
        "key": f"key-{code}",
        "code": code,
        "label": f"Nhóm {code}",
        "max": maximum,
        "part": part,
        "combination": {"kind": "sum", "expression": "", "cap": None, **combination},
        "criteria": criteria,
    }


def choice(code: str, citation: str = "") -> Spec:
    """đ or e: 100 or 50, with grounds for the latter."""
    options = [
        {"value": "100", "label": "Đạt 100%", "grounds_required": False},
        {"value": "50", "label": "Đạt 50%", "grounds_required": True},
    ]
    return computed(code, {"type": "choice", "options": options}, citation=citation)


def ratios() -> list[Spec]:
    """a, b and c."""
    return [
        computed("a", {"type": "task_ratio", "measure": "quantity"}),
        computed("b", {"type": "task_ratio", "measure": "quality"}),
        computed("c", {"type": "task_ratio", "measure": "progress"}),
    ]


def managed() -> Spec:
    """d."""
    kind = {"type": "people_managed", "threshold": "50", "reached": "1", "failed": "0.5"}
    return computed("d", kind)


def common_sections() -> list[Spec]:
    """Form 01, part I: 30 points."""
    citizens = {"condition": "faces_citizens", "label": "Thái độ phục vụ người dân"}
    last = number("II.4", "2.5", alternatives=[citizens], guidance=["Tận tụy, đúng mực."])
    return [
        section("I", "10", "common", [number("I.1", "5"), number("I.2", "5")]),
        section("II", "10", "common", [number(f"II.{i}", "2.5") for i in (1, 2, 3)] + [last]),
        section("III", "10", "common", [number(f"III.{i}", "2.5") for i in (1, 2, 3, 4)]),
    ]


def _whole(law: str, frame: str, sections: list[Spec]) -> Spec:
    return deepcopy(
        {
            "schema_version": 1,
            "law": law,
            "frame": frame,
            "parts": [
                {"key": "key-common", "code": "common", "label": "Điểm tiêu chí chung", "max": "30"},
                {"key": "key-results", "code": "results", "label": "Điểm kết quả", "max": "70"},
            ],
            "sections": sections,
            "total": {"kind": "sum", "expression": "", "max": "100"},
            "rounding": {"places": 2, "mode": "half_up"},
            "bands": BANDS,
            "stages": STAGES,
            "settings": SETTINGS,
            "applicability": {"staff_kinds": ["cong_chuc"], "leader": False},
            "citations": {},
        }
    )


def staff() -> Spec:
    """Decree 335 for those who lead nobody (Đ16.1)."""
    results = section(
        "KQ", "70", "results", ratios(), kind="formula", expression="(a + b + c) / 3 * 70", cap="70"
    )
    return _whole("nd335", "state", [*common_sections(), results])


def leader() -> Spec:
    """Decree 335 for leaders and managers (Đ16.2)."""
    criteria = [*ratios(), managed(), choice("đ", "Đ15.3.b"), choice("e", "Đ15.3.c")]
    formula = "(a + b + c + d + đ + e) / 6 * 70"
    results = section("KQ", "70", "results", criteria, kind="formula", expression=formula, cap="70")
    return _whole("nd335", "state", [*common_sections(), results])


def party() -> Spec:
    """A Party form: 9 items of 2, 4 of 1 and 4 of 2 points, each met or not; results as in the State set."""
    groups = [("I", 9, "2"), ("II", 4, "1"), ("III", 4, "2")]
    sections = [
        section(
            code,
            str(count * int(points)),
            "common",
            [number(f"{code}.{i + 1}", points, points) for i in range(count)],
        )
        for code, count, points in groups
    ]
    results = section(
        "KQ", "70", "results", ratios(), kind="formula", expression="AVERAGE(a; b; c) * 70", cap="70"
    )
    return _whole("", "party", [*sections, results])
