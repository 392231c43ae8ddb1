"""Positions, job positions and the posts of every unit: who there is before anybody has a name.

A post becomes a person in `people.py`. Kinds of staff follow the law as the pilot met it: those elected or appointed
for a term are cán bộ, the rest of the agencies công chức, the service centres viên chức, drivers and guards contract
staff (rules.md §2).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from snippets.enums import Block, PostRole, StaffKind

from .organisation import COMMUNES, PARTY_COMMITTEE, PEOPLES_COMMITTEE, unit_codes

CADRE, SERVANT, EMPLOYEE, CONTRACT = (
    StaffKind.OFFICIAL, StaffKind.CIVIL_SERVANT, StaffKind.PUBLIC_EMPLOYEE, StaffKind.CONTRACT,
)  # fmt: skip
HEAD, DEPUTY, MEMBER = PostRole.HEAD, PostRole.DEPUTY, PostRole.MEMBER

# code, title, role as a rule, block ("" where several blocks have it)
POSITIONS = (
    ("BT-TU", "Bí thư Tỉnh ủy", HEAD, Block.PARTY),
    ("CT-UBND-T", "Chủ tịch Ủy ban nhân dân tỉnh", HEAD, Block.GOVERNMENT),
    ("TB-TCTU", "Trưởng Ban Tổ chức Tỉnh ủy", HEAD, Block.PARTY),
    ("PTB-TCTU", "Phó Trưởng Ban Tổ chức Tỉnh ủy", DEPUTY, Block.PARTY),
    ("CVP-TU", "Chánh Văn phòng Tỉnh ủy", HEAD, Block.PARTY),
    ("PCVP-TU", "Phó Chánh Văn phòng Tỉnh ủy", DEPUTY, Block.PARTY),
    ("GD-SO", "Giám đốc Sở", HEAD, Block.GOVERNMENT),
    ("PGD-SO", "Phó Giám đốc Sở", DEPUTY, Block.GOVERNMENT),
    ("CT-MTTQ-T", "Chủ tịch Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh", HEAD, Block.FRONT),
    ("PCT-MTTQ-T", "Phó Chủ tịch Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh", DEPUTY, Block.FRONT),
    ("BT-DU", "Bí thư Đảng ủy", HEAD, Block.PARTY),
    ("PBT-TT", "Phó Bí thư Thường trực Đảng ủy", DEPUTY, Block.PARTY),
    ("PBT-DU", "Phó Bí thư Đảng ủy", DEPUTY, Block.PARTY),
    ("TB-XDD", "Trưởng Ban Xây dựng Đảng", HEAD, Block.PARTY),
    ("PTB-XDD", "Phó Trưởng Ban Xây dựng Đảng", DEPUTY, Block.PARTY),
    ("CN-UBKT", "Chủ nhiệm Ủy ban Kiểm tra Đảng ủy", HEAD, Block.PARTY),
    ("PCN-UBKT", "Phó Chủ nhiệm Ủy ban Kiểm tra Đảng ủy", DEPUTY, Block.PARTY),
    ("CT-UBND", "Chủ tịch Ủy ban nhân dân", HEAD, Block.GOVERNMENT),
    ("PCT-UBND", "Phó Chủ tịch Ủy ban nhân dân", DEPUTY, Block.GOVERNMENT),
    ("PCT-HDND", "Phó Chủ tịch Hội đồng nhân dân", DEPUTY, Block.GOVERNMENT),
    ("CT-MTTQ", "Chủ tịch Ủy ban Mặt trận Tổ quốc Việt Nam", HEAD, Block.FRONT),
    ("PCT-MTTQ", "Phó Chủ tịch Ủy ban Mặt trận Tổ quốc Việt Nam", DEPUTY, Block.FRONT),
    ("PT-KHOI", "Phó Chủ tịch Ủy ban Mặt trận, phụ trách khối đoàn thể", HEAD, Block.MASS),
    ("CT-PN", "Chủ tịch Hội Liên hiệp Phụ nữ", DEPUTY, Block.MASS),
    ("CT-ND", "Chủ tịch Hội Nông dân", DEPUTY, Block.MASS),
    ("CT-CCB", "Chủ tịch Hội Cựu chiến binh", DEPUTY, Block.MASS),
    ("BT-DOAN", "Bí thư Đoàn Thanh niên Cộng sản Hồ Chí Minh", DEPUTY, Block.MASS),
    ("CVP", "Chánh Văn phòng", HEAD, ""),
    ("PCVP", "Phó Chánh Văn phòng", DEPUTY, ""),
    ("TB", "Trưởng Ban", HEAD, ""),
    ("PTB", "Phó Trưởng Ban", DEPUTY, ""),
    ("TP", "Trưởng phòng", HEAD, ""),
    ("PTP", "Phó Trưởng phòng", DEPUTY, ""),
    ("GD-TT", "Giám đốc Trung tâm", HEAD, ""),
    ("PGD-TT", "Phó Giám đốc Trung tâm", DEPUTY, ""),
    ("CVC", "Chuyên viên chính", MEMBER, ""),
    ("CV", "Chuyên viên", MEMBER, ""),
    ("CS", "Cán sự", MEMBER, ""),
    ("KTV", "Kế toán viên", MEMBER, ""),
    ("VTV", "Văn thư viên", MEMBER, ""),
    ("VC", "Viên chức chuyên môn", MEMBER, ""),
    ("NV", "Nhân viên hỗ trợ, phục vụ", MEMBER, ""),
)

# code, title, faces citizens and businesses (decides the text of criterion II.4)
JOB_POSITIONS = (
    ("LDQL", "Lãnh đạo, quản lý", False),
    ("TH", "Chuyên viên về tổng hợp", False),
    ("VTLT", "Văn thư, lưu trữ", False),
    ("TCKT", "Chuyên viên về tài chính - kế toán", False),
    ("TCCB", "Chuyên viên về tổ chức, cán bộ", False),
    ("XDD", "Chuyên viên về xây dựng Đảng", False),
    ("KTGS", "Chuyên viên về kiểm tra, giám sát", False),
    ("TGDV", "Chuyên viên về tuyên giáo, dân vận", False),
    ("NNMT", "Chuyên viên về nông nghiệp và môi trường", False),
    ("DD", "Chuyên viên về quản lý đất đai", True),
    ("XDGT", "Chuyên viên về xây dựng, giao thông", False),
    ("CTTM", "Chuyên viên về công thương", False),
    ("VHTT", "Chuyên viên về văn hóa, thông tin", False),
    ("GDYT", "Chuyên viên về giáo dục, y tế", False),
    ("CSXH", "Chuyên viên về chính sách xã hội", True),
    ("HT", "Chuyên viên về tư pháp - hộ tịch", True),
    ("TNTKQ", "Tiếp nhận hồ sơ và trả kết quả", True),
    ("CDS", "Chuyên viên về chuyển đổi số", False),
    ("MT", "Chuyên viên về công tác mặt trận", False),
    ("DT", "Chuyên viên về công tác đoàn thể", False),
    ("QLKH", "Chuyên viên về quản lý khoa học, công nghệ", False),
    ("TVVL", "Tư vấn, giới thiệu việc làm", True),
    ("KTVUD", "Kỹ thuật viên ứng dụng khoa học", False),
    ("HTPV", "Hỗ trợ, phục vụ", False),
)


@dataclass(frozen=True)
class Post:
    """One post to fill. `key` names it where the loader needs the person again."""

    unit: str
    position: str
    role: str
    kind: str
    job: str
    number: int

    @property
    def key(self) -> str:
        """Such as HUNG-NGUYEN-CQ-KT/TP/1: unique, and the same on every machine."""
        return f"{self.unit}/{self.position}/{self.number}"


# position, role, kind of staff, job position, how many
Line = tuple[str, str, str, str, int]


def _office(
    head: str, deputy: str, *members: tuple[str, str, int], deputies: int = 1, drivers: int = 0
) -> list[Line]:
    """A constituent unit of công chức: members are (position, job position, how many)."""
    lines: list[Line] = [(head, HEAD, SERVANT, "LDQL", 1), (deputy, DEPUTY, SERVANT, "LDQL", deputies)]
    lines.extend((position, MEMBER, SERVANT, job, count) for position, job, count in members)
    lines.append(("NV", MEMBER, CONTRACT, "HTPV", drivers))
    return lines


_COMMUNE_POSTS: dict[str, list[Line]] = {
    "DANG": [("BT-DU", HEAD, CADRE, "LDQL", 1), ("PBT-TT", DEPUTY, CADRE, "LDQL", 1)],
    "DANG-VP": _office("CVP", "PCVP", ("CV", "TH", 2), ("VTV", "VTLT", 1), ("KTV", "TCKT", 1), drivers=1),
    "DANG-XDD": _office("TB-XDD", "PTB-XDD", ("CVC", "XDD", 1), ("CV", "TCCB", 2), ("CV", "TGDV", 2)),
    "DANG-UBKT": _office("CN-UBKT", "PCN-UBKT", ("CV", "KTGS", 3)),
    "CQ": [
        ("CT-UBND", HEAD, CADRE, "LDQL", 1),
        ("PCT-UBND", DEPUTY, CADRE, "LDQL", 2),
        ("PCT-HDND", DEPUTY, CADRE, "LDQL", 1),
    ],
    "CQ-VP": _office(
        "CVP", "PCVP", ("CV", "TH", 2), ("CV", "HT", 2), ("VTV", "VTLT", 1), ("KTV", "TCKT", 1), drivers=2
    ),
    "CQ-KT": _office(
        "TP",
        "PTP",
        ("CV", "DD", 1),
        ("CV", "NNMT", 1),
        ("CV", "XDGT", 1),
        ("CV", "TCKT", 1),
        ("CVC", "CTTM", 1),
    ),
    "CQ-VHXH": _office(
        "TP", "PTP", ("CV", "VHTT", 1), ("CV", "GDYT", 2), ("CV", "CSXH", 2), ("CV", "TCCB", 1), deputies=2
    ),
    "CQ-HCC": [
        *_office("GD-TT", "PGD-TT", ("CV", "TNTKQ", 2), ("CV", "CDS", 1)),
        ("VC", MEMBER, EMPLOYEE, "TNTKQ", 2),
    ],
    "MT": [
        ("CT-MTTQ", HEAD, CADRE, "LDQL", 1),
        ("PCT-MTTQ", DEPUTY, CADRE, "LDQL", 2),
        ("CV", MEMBER, SERVANT, "MT", 2),
    ],
    "DT": [
        ("PT-KHOI", HEAD, CADRE, "LDQL", 1),
        ("CT-PN", DEPUTY, CADRE, "LDQL", 1),
        ("CT-ND", DEPUTY, CADRE, "LDQL", 1),
        ("CT-CCB", DEPUTY, CADRE, "LDQL", 1),
        ("BT-DOAN", DEPUTY, CADRE, "LDQL", 1),
        ("CV", MEMBER, SERVANT, "DT", 2),
    ],
}

_PROVINCIAL_POSTS: dict[str, list[Line]] = {
    PARTY_COMMITTEE: [("BT-TU", HEAD, CADRE, "LDQL", 1)],
    PEOPLES_COMMITTEE: [("CT-UBND-T", HEAD, CADRE, "LDQL", 1)],
    "BTCTU": [("TB-TCTU", HEAD, CADRE, "LDQL", 1), ("PTB-TCTU", DEPUTY, SERVANT, "LDQL", 3)],
    "BTCTU-VP": _office("CVP", "PCVP", ("CV", "TH", 3), ("VTV", "VTLT", 1), ("KTV", "TCKT", 1), drivers=1),
    "BTCTU-CB": _office("TP", "PTP", ("CVC", "TCCB", 3), ("CV", "TCCB", 4)),
    "BTCTU-DV": _office("TP", "PTP", ("CVC", "XDD", 2), ("CV", "XDD", 4)),
    "VPTU": [("CVP-TU", HEAD, SERVANT, "LDQL", 1), ("PCVP-TU", DEPUTY, SERVANT, "LDQL", 3)],
    "VPTU-TH": _office("TP", "PTP", ("CVC", "TH", 4), ("CV", "TH", 4), deputies=2),
    "VPTU-QT": _office(
        "TP", "PTP", ("CV", "TH", 2), ("VTV", "VTLT", 2), ("KTV", "TCKT", 2), deputies=2, drivers=6
    ),
    "SNV": [("GD-SO", HEAD, SERVANT, "LDQL", 1), ("PGD-SO", DEPUTY, SERVANT, "LDQL", 3)],
    "SNV-VP": _office("CVP", "PCVP", ("CV", "TH", 3), ("VTV", "VTLT", 1), ("KTV", "TCKT", 1), drivers=2),
    "SNV-CCVC": _office("TP", "PTP", ("CVC", "TCCB", 3), ("CV", "TCCB", 5)),
    "SNV-TTVL": [
        ("GD-TT", HEAD, EMPLOYEE, "LDQL", 1),
        ("PGD-TT", DEPUTY, EMPLOYEE, "LDQL", 1),
        ("VC", MEMBER, EMPLOYEE, "TVVL", 10),
        ("NV", MEMBER, CONTRACT, "HTPV", 1),
    ],
    "MTTQ": [("CT-MTTQ-T", HEAD, CADRE, "LDQL", 1), ("PCT-MTTQ-T", DEPUTY, CADRE, "LDQL", 3)],
    "MTTQ-VP": _office("CVP", "PCVP", ("CV", "TH", 4), ("VTV", "VTLT", 1), ("KTV", "TCKT", 1), drivers=2),
    "MTTQ-DCGS": _office("TB", "PTB", ("CVC", "MT", 3), ("CV", "MT", 5)),
    "SKHCN": [("GD-SO", HEAD, SERVANT, "LDQL", 1), ("PGD-SO", DEPUTY, SERVANT, "LDQL", 3)],
    "SKHCN-VP": _office("CVP", "PCVP", ("CV", "TH", 3), ("VTV", "VTLT", 1), ("KTV", "TCKT", 1), drivers=1),
    "SKHCN-QLKH": _office("TP", "PTP", ("CVC", "QLKH", 3), ("CV", "QLKH", 3), ("CV", "CDS", 2)),
    "SKHCN-TTUD": [
        ("GD-TT", HEAD, EMPLOYEE, "LDQL", 1),
        ("PGD-TT", DEPUTY, EMPLOYEE, "LDQL", 1),
        ("VC", MEMBER, EMPLOYEE, "KTVUD", 8),
        ("NV", MEMBER, CONTRACT, "HTPV", 1),
    ],
}

# How many more of a line a unit has than the pattern says.
_MORE = {
    ("THANH-VINH-CQ-VP", "CV", "TH"): 2,
    ("THANH-VINH-CQ-KT", "CV", "DD"): 1,
    ("THANH-VINH-CQ-KT", "CV", "XDGT"): 2,
    ("THANH-VINH-CQ-HCC", "CV", "TNTKQ"): 2,
    ("HAI-CHAU-CQ-VP", "CV", "TH"): -1,
    ("HAI-CHAU-CQ-VHXH", "PTP", "LDQL"): -1,
    ("NAM-CAN-DANG-XDD", "CV", "TGDV"): -1,
    ("NAM-CAN-CQ-VP", "CV", "HT"): -1,
    ("NAM-CAN-CQ-VP", "NV", "HTPV"): -1,
    ("NAM-CAN-CQ-KT", "CV", "XDGT"): -1,
    ("NAM-CAN-CQ-VHXH", "PTP", "LDQL"): -1,
    ("NAM-CAN-CQ-VHXH", "CV", "GDYT"): -1,
    ("NAM-CAN-CQ-HCC", "VC", "TNTKQ"): -1,
    ("NAM-CAN-MT", "PCT-MTTQ", "LDQL"): -1,
}

VACANT = {"THANH-VINH-CQ-VHXH/TP/1"}
"""Posts of heads that nobody holds: the superior's head evaluates there (rules.md §7)."""


def _lines() -> Iterator[tuple[str, Line]]:
    existing = unit_codes()
    for unit, lines in _PROVINCIAL_POSTS.items():
        for line in lines:
            yield unit, line
    for commune in COMMUNES:
        for suffix, lines in _COMMUNE_POSTS.items():
            unit = f"{commune}-{suffix}"
            if unit in existing:
                for line in lines:
                    yield unit, line


def posts() -> list[Post]:
    """Every post that somebody holds, in an order that never changes for what stands before a new line."""
    found = []
    numbers: dict[tuple[str, str], int] = {}
    for unit, (position, role, kind, job, count) in _lines():
        for _each in range(count + _MORE.get((unit, position, job), 0)):
            number = numbers[unit, position] = numbers.get((unit, position), 0) + 1
            post = Post(unit, position, role, kind, job, number)
            if post.key not in VACANT:
                found.append(post)
    return found
