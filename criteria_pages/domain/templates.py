"""What a set may start from: six templates, each with what its author has to know before choosing it.

Blocks keep the ids of their template, as those of a copy do: two sets that started from one template are compared
criterion by criterion. The set for public employees has the ids of the one for staff, which it says again by analogy.
"""

from copy import deepcopy
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kpi_cms.foundation.engine.law import CLAUSES
from snippets.enums import Frame, PeriodKind, StaffKind

from ..demonstration.sets import DANG_17, DECREE, ND335_LD, ND335_NV, bands, block, documents, stages
from ..enums import CitedStep, Combination, Law, Leadership, PartCode
from . import organisations

Fields = dict[str, Any]


class Template(NamedTuple):
    """A set to start from: for whom, what it contains and by which clauses, where it is an example only, its fields."""

    key: str
    name: Promise
    whom: Promise
    contains: Promise
    example: Promise | str
    fields: Fields


def _by_analogy(clause: str) -> str:
    return f"Vận dụng {clause}" if clause else ""


def _public_employees() -> Fields:
    """The staff's set for viên chức: Decree 335 speaks of công chức (Đ1, Đ2.2), so each clause is cited by analogy."""
    fields = deepcopy(ND335_NV.fields)
    for part in fields["parts"]:
        for section in part["value"]["sections"]:
            for entry in (section, *section["value"]["criteria"]):
                entry["value"]["citation"] = _by_analogy(entry["value"]["citation"])
    code = "VIEN-CHUC"
    leaders_only = (CitedStep.PEOPLE_MANAGED, CitedStep.LEADER_FORMULA)
    clauses = {step: _by_analogy(CLAUSES[step]) for step in CitedStep if step not in leaders_only}
    return {
        **fields,
        "law": Law.NONE.value,
        "is_demonstration": True,
        "legal_basis": documents(
            code,
            (
                *DECREE,
                "Vận dụng Điều 12, Điều 14, Điều 16 – Điều 18, Điều 20; Phụ lục I, Mẫu số 01 Phụ lục II",
            ),
        ),
        "staff_kinds": [StaffKind.PUBLIC_EMPLOYEE.value],
        "step_clauses": [
            block(code, "step_clause", f"clause/{step}", {"step": str(step), "clause": clause})
            for step, clause in clauses.items()
        ],
    }


def _blank() -> Fields:
    """A frame to fill: what no set can do without, and nothing that its author has to decide."""
    code = "TRANG"
    section: Fields = {
        "code": "I",
        "label": "Nhóm tiêu chí I",
        "maximum": "100",
        "combination": Combination.SUM.value,
        "expression": "",
        "cap": None,
        "citation": "",
        "criteria": [],
    }
    part: Fields = {
        "code": PartCode.COMMON.value,
        "label": "Phần I",
        "maximum": "100",
        "sections": [block(code, "section", "section/I", section)],
    }
    return {
        "frame": Frame.STATE.value,
        "law": Law.NONE.value,
        "parts": [block(code, "part", "part/common", part)],
        "stages": stages(code),
        "bands": bands(code),
        "leadership": Leadership.ANY.value,
        "period_kinds": [PeriodKind.MONTH.value, PeriodKind.QUARTER.value],
        "total_max": Decimal(100),
    }


TEMPLATES = (
    Template(
        "staff",
        _("Civil servants without a leadership post (Decree 335)"),
        _("For civil servants who hold no post of leadership or management, evaluated by month or quarter."),
        _(
            "30 points of common criteria in the words of Form 01 and Annex I, 70 points of task results from the "
            "ratios a, b and c, the bands 90, 70 and 50: Articles 12, 14, 16.1 and 20 of Decree 335/2025/NĐ-CP."
        ),
        "",
        ND335_NV.fields,
    ),
    Template(
        "leaders",
        _("Civil servants in leadership posts (Decree 335)"),
        _("For heads and deputies among civil servants, evaluated by month or quarter."),
        _(
            "The same common criteria and bands, and 70 points from a, b, c and the three ratios of leadership "
            "d, đ and e: Articles 12, 15, 16.2 and 20 of Decree 335/2025/NĐ-CP."
        ),
        "",
        ND335_LD.fields,
    ),
    Template(
        "party",
        _("Cadres, by the Party's frame"),
        _("For cadres, elected or appointed, who are evaluated in the Party's frame."),
        _(
            "17 common criteria that are met or not met, 30 points together, and 70 points of task results reckoned "
            "as in Articles 14 and 16 of Decree 335/2025/NĐ-CP, applied by analogy."
        ),
        _(
            "An example to be adapted: nobody has issued this form. The draft is marked as a demonstration until you "
            "take the mark off."
        ),
        DANG_17.fields,
    ),
    Template(
        "public-employees",
        _("Public employees"),
        _("For public employees who hold no post of leadership or management."),
        _(
            "The criteria, ratios and bands of the set for staff, each cited as applied by analogy: Articles 12, 14, "
            "16.1 and 20 of Decree 335/2025/NĐ-CP."
        ),
        _(
            "An example to be adapted: Decree 335 speaks of civil servants only, and public employees come under "
            "Decree 233/2026/NĐ-CP. Bring wording, clauses and legal basis into line with it; the draft is marked as "
            "a demonstration until you take the mark off."
        ),
        _public_employees(),
    ),
    Template(
        "organisations",
        _("Organisations (Decree 335)"),
        _("For state administrative bodies, recognised by their superior once a year."),
        _(
            "30 points of three common groups and 70 points of eight results, the conditions beyond the points as "
            "gates, the bands 90, 70 and 50 and the quota: Articles 6 to 9 of Decree 335/2025/NĐ-CP."
        ),
        _(
            "An example to be adapted: the decree fixes 30 and 70 points, and the province makes the eight results "
            "concrete (Article 7.2); equal shares are the template's. Organisations are not scored in the product: no "
            "card is opened with such a set, and their result is entered in the register of results. The draft is "
            "marked as a demonstration until you take the mark off."
        ),
        organisations.fields(),
    ),
    Template(
        "blank",
        _("Blank"),
        _("For any other set, whomever it evaluates."),
        _(
            "One part with one section to fill, two stages, and the four bands of Article 20 of Decree "
            "335/2025/NĐ-CP; whom it is for, its legal basis and its criteria are yours to add before it can be issued."
        ),
        "",
        _blank(),
    ),
)
