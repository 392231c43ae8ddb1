"""The units of the demonstration: the pilot's nine, what belongs to them, and who stands above (rules.md §1, §7).

The managing agency is a fact of each using agency. Here:

- Party bodies and the Front of the province, and the Party committee of each commune: the provincial Party committee;
- the provincial departments: the provincial People's Committee;
- the other three blocks of a commune: the Party committee of the commune.

So every chain of evaluators climbs and ends at the two provincial bodies. Their own heads are managed by the
Secretariat and stand outside the decree (Đ2.3): both bodies manage, and take no part in any period.
"""

from dataclasses import dataclass
from datetime import date

from snippets.enums import Block, UnitLevel

OPENED_ON = date(2025, 7, 1)
"""The two-level local government came into being on this day, and with it these units."""

ROOT = "NGHE-AN"
PARTY_COMMITTEE = "TINH-UY"
PEOPLES_COMMITTEE = "UBND-TINH"

PROVINCIAL = ("BTCTU", "VPTU", "SNV", "MTTQ", "SKHCN")
COMMUNES = ("THANH-VINH", "HUNG-NGUYEN", "HAI-CHAU", "NAM-CAN")
PILOT = PROVINCIAL + COMMUNES

PAST = "HUNG-NGUYEN-CQ-KT"
"""The department whose month before last is closed."""
QUARTER = "HUNG-NGUYEN-DANG-XDD"
"""The department of the Party whose quarter is open, with a collective and gates."""


@dataclass(frozen=True)
class UnitPlan:
    """A unit to create: parents and managing agencies stand before it in `units()`."""

    code: str
    name: str
    block: str
    level: str
    parent: str | None
    managing: str | None = None


_PROVINCIAL_UNITS = (
    ("BTCTU", "Ban Tổ chức Tỉnh ủy", Block.PARTY, PARTY_COMMITTEE),
    ("VPTU", "Văn phòng Tỉnh ủy", Block.PARTY, PARTY_COMMITTEE),
    ("SNV", "Sở Nội vụ", Block.GOVERNMENT, PEOPLES_COMMITTEE),
    ("MTTQ", "Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh", Block.FRONT, PARTY_COMMITTEE),
    ("SKHCN", "Sở Khoa học và Công nghệ", Block.GOVERNMENT, PEOPLES_COMMITTEE),
)

_PROVINCIAL_DEPARTMENTS = (
    ("BTCTU", "VP", "Văn phòng Ban Tổ chức"),
    ("BTCTU", "CB", "Phòng Tổ chức - Cán bộ"),
    ("BTCTU", "DV", "Phòng Tổ chức đảng, đảng viên"),
    ("VPTU", "TH", "Phòng Tổng hợp"),
    ("VPTU", "QT", "Phòng Hành chính - Quản trị"),
    ("SNV", "VP", "Văn phòng Sở Nội vụ"),
    ("SNV", "CCVC", "Phòng Công chức, viên chức"),
    ("SNV", "TTVL", "Trung tâm Dịch vụ việc làm"),
    ("MTTQ", "VP", "Văn phòng Ủy ban Mặt trận"),
    ("MTTQ", "DCGS", "Ban Dân chủ, Giám sát và Phản biện xã hội"),
    ("SKHCN", "VP", "Văn phòng Sở Khoa học và Công nghệ"),
    ("SKHCN", "QLKH", "Phòng Quản lý khoa học"),
    ("SKHCN", "TTUD", "Trung tâm Ứng dụng tiến bộ khoa học và công nghệ"),
)

_COMMUNES = (
    ("THANH-VINH", "phường Thành Vinh"),
    ("HUNG-NGUYEN", "xã Hưng Nguyên"),
    ("HAI-CHAU", "xã Hải Châu"),
    ("NAM-CAN", "xã Nậm Cắn"),
)

_BLOCKS = (
    ("DANG", "Đảng ủy {commune}", Block.PARTY),
    ("CQ", "Hội đồng nhân dân, Ủy ban nhân dân {commune}", Block.GOVERNMENT),
    ("MT", "Ủy ban Mặt trận Tổ quốc Việt Nam {commune}", Block.FRONT),
    ("DT", "Các tổ chức chính trị - xã hội {commune}", Block.MASS),
)

_DEPARTMENTS = {
    "DANG": (("VP", "Văn phòng Đảng ủy"), ("XDD", "Ban Xây dựng Đảng"), ("UBKT", "Ủy ban Kiểm tra Đảng ủy")),
    "CQ": (
        ("VP", "Văn phòng HĐND và UBND"),
        ("KT", "Phòng Kinh tế"),
        ("VHXH", "Phòng Văn hóa - Xã hội"),
        ("HCC", "Trung tâm Phục vụ hành chính công"),
    ),
}

# A ward has the duties of town planning in the same department; the smaller communes have fewer Party departments.
_OTHER_NAMES = {"THANH-VINH-CQ-KT": "Phòng Kinh tế, Hạ tầng và Đô thị"}
_NOT_SET_UP = {"HAI-CHAU-DANG-VP", "NAM-CAN-DANG-VP", "NAM-CAN-DANG-UBKT"}


def _province() -> list[UnitPlan]:
    return [
        UnitPlan(ROOT, "Tỉnh Nghệ An", Block.PARTY, UnitLevel.GROUPING, None),
        UnitPlan(PARTY_COMMITTEE, "Tỉnh ủy Nghệ An", Block.PARTY, UnitLevel.GROUPING, ROOT),
        UnitPlan(
            PEOPLES_COMMITTEE,
            "Ủy ban nhân dân tỉnh Nghệ An",
            Block.GOVERNMENT,
            UnitLevel.USING,
            ROOT,
            PARTY_COMMITTEE,
        ),
    ]


def _provincial_units() -> list[UnitPlan]:
    plans = []
    for code, name, block, managing in _PROVINCIAL_UNITS:
        plans.append(UnitPlan(code, name, block, UnitLevel.USING, ROOT, managing))
        plans.extend(
            UnitPlan(f"{code}-{suffix}", department, block, UnitLevel.CONSTITUENT, code)
            for agency, suffix, department in _PROVINCIAL_DEPARTMENTS
            if agency == code
        )
    return plans


def _commune(code: str, name: str) -> list[UnitPlan]:
    plans = [UnitPlan(code, name[0].upper() + name[1:], Block.GOVERNMENT, UnitLevel.GROUPING, ROOT)]
    for suffix, pattern, block in _BLOCKS:
        agency = f"{code}-{suffix}"
        managing = PARTY_COMMITTEE if suffix == "DANG" else f"{code}-DANG"
        plans.append(UnitPlan(agency, pattern.format(commune=name), block, UnitLevel.USING, code, managing))
        for department, title in _DEPARTMENTS.get(suffix, ()):
            own = f"{agency}-{department}"
            if own not in _NOT_SET_UP:
                plans.append(
                    UnitPlan(own, _OTHER_NAMES.get(own, title), block, UnitLevel.CONSTITUENT, agency)
                )
    return plans


def units() -> list[UnitPlan]:
    """Every unit, each after its parent and its managing agency."""
    plans = [*_province(), *_provincial_units()]
    for code, name in _COMMUNES:
        plans.extend(_commune(code, name))
    return plans


def unit_codes() -> set[str]:
    """The codes of all units."""
    return {plan.code for plan in units()}
