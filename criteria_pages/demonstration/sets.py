"""The three sets as the fields of their pages: plain values, block ids derived from codes so that they never change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from snippets.enums import Frame, PeriodKind, StaffKind

from ..enums import ChoiceUnit, CitedStep, Combination, Condition, Law, Leadership, PartCode, StageName
from .examples import LEADERS, STAFF, Worked, blocks
from .examples import PARTY as PARTY_EXAMPLES
from .wording import CHOICES, COMMON, MANAGED, PARTY, RATIOS, Group, Item

Block = dict[str, Any]

NAMESPACE = UUID("5f0c4a52-1f5e-4d0e-9d7e-335335335335")
EFFECTIVE_ON = date(2026, 7, 1)
STEP = "0.25"
"""The decree gives no deduction points: a free score in steps (rules.md §3, open)."""


@dataclass(frozen=True)
class DemonstrationSet:
    """One set: the code of its page and every field of it but the page's place in the tree."""

    code: str
    title: str
    fields: dict[str, Any] = field(repr=False)


def block(code: str, kind: str, name: str, value: Any) -> Block:
    """A stream block whose id follows from the set's code and its own name."""
    return {"type": kind, "value": value, "id": str(uuid5(NAMESPACE, f"{code}/{name}"))}


def criterion(set_code: str, kind: str, code: str, label: str, citation: str, **own: Any) -> Block:
    value = {
        "code": code,
        "label": label,
        "citation": citation,
        "guidance": [],
        "alternatives": [],
        "weight": None,
        "stages": [],
        **own,
    }
    return block(set_code, kind, f"criterion/{code}", value)


def common_criterion(set_code: str, item: Item, step: str) -> Block:
    alternatives = [
        {"condition": condition, "label": text}
        for condition, text in ((Condition.FACES_CITIZENS, item.facing), (Condition.OTHERS, item.others))
        if text
    ]
    return criterion(
        set_code,
        "number",
        item.code,
        item.label,
        item.citation,
        maximum=item.maximum,
        step=step,
        guidance=list(item.guidance),
        alternatives=[
            {"condition": str(entry["condition"]), "label": entry["label"]} for entry in alternatives
        ],
    )


def section(set_code: str, code: str, label: str, maximum: str, citation: str, **own: Any) -> Block:
    value = {
        "code": code,
        "label": label,
        "maximum": maximum,
        "combination": Combination.SUM.value,
        "expression": "",
        "cap": None,
        "citation": citation,
        **own,
    }
    return block(set_code, "section", f"section/{code}", value)


def common_part(set_code: str, groups: Sequence[Group], step: str | None) -> Block:
    """Part I; `step` None makes every item met or not met."""
    sections = [
        section(
            set_code,
            group.code,
            group.label,
            group.maximum,
            group.citation,
            criteria=[common_criterion(set_code, item, step or item.maximum) for item in group.items],
        )
        for group in groups
    ]
    value = {
        "code": PartCode.COMMON.value,
        "label": "Điểm tiêu chí chung",
        "maximum": "30",
        "sections": sections,
    }
    return block(set_code, "part", "part/common", value)


def ratios(set_code: str) -> list[Block]:
    return [
        criterion(
            set_code,
            "task_ratio",
            code,
            label,
            citation,
            measure=measure,
            maximum=None,
            guidance=[guidance],
        )
        for code, measure, label, citation, guidance in RATIOS
    ]


def leadership(set_code: str) -> list[Block]:
    """d, đ and e. The competent person gives grounds for either value of đ and e; nothing is preselected."""
    code, label, citation, guidance = MANAGED
    managed = criterion(
        set_code,
        "people_managed",
        code,
        label,
        citation,
        threshold="50",
        reached="100",
        failed="50",
        maximum=None,
        guidance=list(guidance),
    )
    choices = [
        criterion(
            set_code,
            "choice",
            code,
            label,
            citation,
            unit=ChoiceUnit.PERCENT.value,
            maximum=None,
            options=[
                {"value": "100", "label": reached, "grounds_required": True},
                {"value": "50", "label": failed, "grounds_required": True},
            ],
        )
        for code, label, citation, reached, failed in CHOICES
    ]
    return [managed, *choices]


def results_part(set_code: str, criteria: list[Block], citation: str) -> Block:
    codes = [entry["value"]["code"] for entry in criteria]
    results = section(
        set_code,
        "KQ",
        "Kết quả thực hiện nhiệm vụ",
        "70",
        citation,
        combination=Combination.FORMULA.value,
        expression=f"({' + '.join(codes)}) / {len(codes)} * 70",
        cap="70",
        criteria=criteria,
    )
    value = {
        "code": PartCode.RESULTS.value,
        "label": "Điểm tiêu chí kết quả thực hiện nhiệm vụ",
        "maximum": "70",
        "sections": [results],
    }
    return block(set_code, "part", "part/results", value)


def stages(
    set_code: str, own: str = "Cá nhân tự chấm", competent: str = "Cấp có thẩm quyền theo dõi, đánh giá"
) -> list[Block]:
    """What somebody says of themselves, then what whoever is competent decides, each by its label."""
    return [
        block(
            set_code,
            "stage",
            f"stage/{name}",
            {"name": str(name), "label": label, "decides": decides, "optional": False},
        )
        for name, label, decides in (
            (StageName.SELF, own, False),
            (StageName.EVALUATOR, competent, True),
        )
    ]


def bands(set_code: str) -> list[Block]:
    """Đ20.1–Đ20.4; the Party frame has the same points."""
    return [
        block(set_code, "band", f"band/{code}", {"code": code, "label": label, "start": start})
        for code, label, start in (
            ("excellent", "Hoàn thành xuất sắc nhiệm vụ", "90"),
            ("good", "Hoàn thành tốt nhiệm vụ", "70"),
            ("completed", "Hoàn thành nhiệm vụ", "50"),
            ("failed", "Không hoàn thành nhiệm vụ", "0"),
        )
    ]


def documents(set_code: str, *entries: tuple[str, str, str | None, str]) -> list[Block]:
    return [
        block(
            set_code,
            "document",
            f"document/{number}",
            {"number": number, "title": title, "issued_on": issued_on, "clauses": clauses},
        )
        for number, title, issued_on, clauses in entries
    ]


def examples(set_code: str, worked: tuple[Worked, ...]) -> list[Block]:
    ids = [str(uuid5(NAMESPACE, f"{set_code}/example/{number}")) for number in range(1, len(worked) + 1)]
    return blocks(worked, ids)


DECREE = (
    "335/2025/NĐ-CP",
    "Nghị định quy định về đánh giá, xếp loại chất lượng đối với cơ quan hành chính nhà nước và công chức",
    "2025-12-21",
)
REGULATION = (
    "366-QĐ/TW",
    "Quy định về kiểm điểm và đánh giá, xếp loại chất lượng đối với tập thể, cá nhân trong hệ thống chính trị",
    None,
)


def shared(set_code: str) -> dict[str, Any]:
    """What the three sets have in common: stages, bands, periods, effect; the open settings stay at their defaults."""
    return {
        "stages": stages(set_code),
        "bands": bands(set_code),
        "period_kinds": [PeriodKind.MONTH.value, PeriodKind.QUARTER.value],
        "effective_on": EFFECTIVE_ON,
        "total_max": Decimal(100),
    }


def state_set(
    code: str, title: str, who: Leadership, criteria: list[Block], clause: str, worked: tuple[Worked, ...]
) -> DemonstrationSet:
    """A set of Decree 335. Contract staff are left out until an agency decides so: tick their kind (Đ28.2)."""
    return DemonstrationSet(
        code,
        title,
        {
            **shared(code),
            "frame": Frame.STATE.value,
            "law": Law.ND335.value,
            "legal_basis": documents(
                code, (*DECREE, "Điều 12 – Điều 18, Điều 20; Phụ lục I, Mẫu số 01 Phụ lục II")
            ),
            "parts": [common_part(code, COMMON, STEP), results_part(code, criteria, clause)],
            "staff_kinds": [StaffKind.CIVIL_SERVANT.value],
            "leadership": who.value,
            "examples": examples(code, worked),
        },
    )


def party_set() -> DemonstrationSet:
    """17 met-or-not items; results as in the State set; a demonstration until the province issues its own."""
    code = "DANG-17"
    common_clause, results_clause = "Quy định 366-QĐ/TW", "Vận dụng Điều 14, Điều 16 Nghị định 335/2025/NĐ-CP"
    steps = {
        CitedStep.COMMON: common_clause,
        CitedStep.RESULTS: results_clause,
        CitedStep.TOTAL: common_clause,
        CitedStep.BAND: common_clause,
    }
    return DemonstrationSet(
        code,
        "Bộ tiêu chí theo dõi, đánh giá cán bộ theo khung của Đảng (17 tiêu chí) – bản trình diễn cho đến khi tỉnh ban "
        "hành bộ chính thức",
        {
            **shared(code),
            "frame": Frame.PARTY.value,
            "law": Law.NONE.value,
            "is_demonstration": True,
            "legal_basis": documents(
                code,
                (*REGULATION, ""),
                (*DECREE, "Điều 14, Điều 16 (vận dụng cách tính kết quả thực hiện nhiệm vụ)"),
            ),
            "parts": [common_part(code, PARTY, None), results_part(code, ratios(code), results_clause)],
            "staff_kinds": [StaffKind.OFFICIAL.value],
            "leadership": Leadership.ANY.value,
            "step_clauses": [
                block(code, "step_clause", f"clause/{step}", {"step": str(step), "clause": text})
                for step, text in steps.items()
            ],
            "examples": examples(code, PARTY_EXAMPLES),
        },
    )


ND335_NV = state_set(
    "ND335-NV",
    "Bộ tiêu chí theo dõi, đánh giá công chức không giữ chức vụ lãnh đạo, quản lý (Nghị định 335/2025/NĐ-CP)",
    Leadership.OTHERS,
    ratios("ND335-NV"),
    "Đ16.1",
    STAFF,
)
ND335_LD = state_set(
    "ND335-LD",
    "Bộ tiêu chí theo dõi, đánh giá công chức giữ chức vụ lãnh đạo, quản lý (Nghị định 335/2025/NĐ-CP)",
    Leadership.LEADERS,
    [*ratios("ND335-LD"), *leadership("ND335-LD")],
    "Đ16.2",
    LEADERS,
)
DANG_17 = party_set()
