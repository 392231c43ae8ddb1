"""Criteria sets of very different structure, as the fields an author fills in."""

from datetime import date
from decimal import Decimal
from typing import Any

from criteria_pages.demonstration.sets import block, criterion, documents, stages

CODE = "THU"
CRITERION = {"guidance": [], "alternatives": [], "weight": None, "stages": [], "citation": ""}


def item(code: str, value: str, *, limit: int | None = None, cap: str | None = None) -> dict[str, Any]:
    return {"code": code, "label": f"Mục {code}", "value": value, "limit": limit, "cap": cap}


def checked(code: str, value: str) -> dict[str, Any]:
    return {"code": code, "label": f"Mục {code}", "value": value}


def level(label: str, start: str, end: str | None = None) -> dict[str, Any]:
    return {"label": label, "start": start, "end": end, "guidance": ""}


def coded(code: str, value: str) -> dict[str, Any]:
    return {"code": code, "label": f"Giá trị {code}", "value": value}


KINDS: dict[str, dict[str, Any]] = {
    "number": {"maximum": "10", "step": "0.5"},
    "choice": {
        "unit": "points",
        "options": [
            {"value": "10", "label": "Tốt", "grounds_required": False},
            {"value": "4", "label": "Chưa tốt", "grounds_required": True},
        ],
        "maximum": None,
    },
    "levels": {
        "unit": "points",
        "levels": [level("Tốt", "8", "10"), level("Khá", "5", "7.5"), level("Yếu", "0")],
        "step": "0.5",
        "maximum": None,
    },
    "checklist": {"items": [checked("1", "6"), checked("2", "4")], "maximum": "10"},
    "deduction": {
        "maximum": "10",
        "items": [item("1", "0.5", limit=4), item("2", "3")],
        "floor": "2",
    },
    "bonus": {"maximum": "10", "items": [item("1", "2", cap="6"), item("2", "5")]},
    "penalty": {"maximum": "10", "items": [item("1", "2", cap="6"), item("2", "5")]},
    "indicator": {"direction": "lower", "target": "12", "cap": "100", "maximum": "10"},
    "formula": {
        "expression": "IF(nhan = 0; 10; xong / nhan * 10)",
        "maximum": "10",
        "inputs": [
            {"code": "nhan", "label": "Số đơn nhận", "maximum": None},
            {"code": "xong", "label": "Số đơn xong", "maximum": None},
        ],
    },
    "task_ratio": {"measure": "quality", "maximum": "10"},
    "task_points": {
        "maximum": "10",
        "coefficients": [{"attribute": "difficulty", "values": [coded("kho", "1.5")], "default": "1"}],
        "count": "working",
        "calendar": "vn",
        "early": [{"days": 2, "value": "1.1"}],
        "late": [{"days": 1, "value": "0.8"}, {"days": 5, "value": "0.5"}],
        "unfinished": "0",
        "quality": [coded("tot", "1"), coded("dat", "0.8")],
        "normalise": "full",
        "full": "200",
    },
    "roll_up": {"scope": "own", "measure": "progress", "maximum": "10"},
    "people_managed": {"threshold": "50", "reached": "100", "failed": "50", "maximum": "10"},
    "result_of": {
        "of": "subordinates",
        "how": "share_reaching",
        "out_of": "100",
        "threshold": "50",
        "nobody": "100",
        "maximum": "10",
    },
}
"""Each scoring kind, worth 10 points in a sum."""


def of_kind(kind: str, code: str = "k", **own: Any) -> dict[str, Any]:
    """A criterion of a kind, worth 10 points unless `own` says otherwise."""
    return criterion(CODE, kind, code, f"Tiêu chí {code}", "", **{**KINDS[kind], **own})


def part(code: str, maximum: str, *sections: dict[str, Any]) -> dict[str, Any]:
    value = {"code": code, "label": f"Phần {code}", "maximum": maximum, "sections": list(sections)}
    return block(CODE, "part", f"part/{code}", value)


def section(code: str, maximum: str, *criteria: dict[str, Any], **own: Any) -> dict[str, Any]:
    value = {
        "code": code,
        "label": f"Nhóm {code}",
        "maximum": maximum,
        "combination": "sum",
        "expression": "",
        "cap": None,
        "citation": "",
        "criteria": list(criteria),
        **own,
    }
    return block(CODE, "section", f"section/{code}", value)


def bands(*starts: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        block(CODE, "band", f"band/{code}", {"code": code, "label": f"Mức {code}", "start": start})
        for code, start in starts
    ]


def fields(code: str, parts: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Every field of a page that can be issued, with these parts."""
    return {
        "title": f"Bộ {code}",
        "code": code,
        "law": "",
        "frame": "state",
        "legal_basis": documents(code, ("12-QĐ/TU", "Quyết định thử", None, "")),
        "parts": parts,
        "stages": stages(code),
        "bands": bands(("tot", "80"), ("kha", "50"), ("yeu", "0")),
        "staff_kinds": ["vien_chuc"],
        "period_kinds": ["month"],
        "effective_on": date(2026, 7, 1),
        **more,
    }


def one_kind(kind: str, **own: Any) -> dict[str, Any]:
    """A set of one criterion, out of 10 points."""
    parts = [part("common", "10", section("S", "10", of_kind(kind, **own)))]
    taken_off = {"total_kind": "formula", "total_expression": "10 - common"} if kind == "penalty" else {}
    return fields(
        f"MOT-{kind.upper().replace('_', '-')}",
        parts,
        **taken_off,
        total_max=Decimal(10),
        bands=bands(("dat", "5"), ("yeu", "0")),
    )


def block_of_rule(kind: str, value: dict[str, Any], name: str = "") -> dict[str, Any]:
    """A block of a rule of the whole set: a fact, gate, quota, longer period or rater."""
    return block(CODE, kind, f"{kind}/{name}", value)
