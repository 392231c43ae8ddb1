"""Posts become people: names, dates of birth, staff codes, and what else is dated about them."""

from dataclasses import dataclass
from datetime import date

from kpi_cms.interfaces.exchange.imports.people import PersonRow
from snippets.enums import PostRole, Role

from .draw import Draw
from .names import FEMALE, MALE, NameBook
from .organisation import COMMUNES, OPENED_ON, ROOT, unit_codes
from .posts import Post, posts

SEED = "nghe-an-2026"
SHEET = "Nhân sự"


# --- Accounts with a name of their own ---------------------------------------------------------------------
@dataclass(frozen=True)
class NamedAccount:
    """An account that the guides speak of: who it is, and what it was given as a decision."""

    username: str
    post: str
    role: str = ""
    on: tuple[str, ...] = ()


ACCOUNTS = (
    NamedAccount("chinh-sach", "BTCTU-CB/CVC/1", Role.POLICY, (ROOT,)),
    NamedAccount("dau-moi", "HUNG-NGUYEN-CQ-VP/CV/1", Role.CLERK, ("HUNG-NGUYEN",)),
    NamedAccount("can-bo", "HUNG-NGUYEN-CQ-KT/CV/1"),
    NamedAccount("truong-phong", "HUNG-NGUYEN-CQ-KT/TP/1"),
    NamedAccount("chu-tich", "HUNG-NGUYEN-CQ/CT-UBND/1"),
    NamedAccount("kiem-tra", "BTCTU-DV/CV/1", Role.AUDITOR, ("HUNG-NGUYEN", "THANH-VINH")),
    # Nobody issues their own last change: the second member of policy staff issues what the first wrote.
    NamedAccount("chinh-sach-2", "BTCTU-DV/CVC/1", Role.POLICY, (ROOT,)),
    # Beyond those of the sign-in page: the personnel office of the commune, and whoever gives and ends grants.
    NamedAccount("to-chuc", "HUNG-NGUYEN-CQ-VHXH/CV/6", Role.PERSONNEL, ("HUNG-NGUYEN",)),
    NamedAccount("quan-tri", "BTCTU-VP/CV/1", Role.ACCESS, (ROOT,)),
    # The quarter of the Party department: its head, and who enters the scores of its collective.
    NamedAccount("truong-ban", "HUNG-NGUYEN-DANG-XDD/TB-XDD/1"),
    NamedAccount("thu-ky", "HUNG-NGUYEN-DANG-VP/CV/1"),
)


# --- People ------------------------------------------------------------------------------------------------
_FEMALE_POSITIONS = {"CT-PN"}
_MALE_POSITIONS = {"CT-CCB"}
_WOMEN_AMONG_LEADERS = 32
_WOMEN_AMONG_STAFF = 54

ACTING = "HAI-CHAU-CQ-KT/TP/1"
"""The department whose deputy acts as head by decision: the post exists, its holder is still Phó Trưởng phòng."""


@dataclass(frozen=True)
class PlannedPerson:
    """A post with the person in it. `position` differs from the post's where somebody only acts in it."""

    post: Post
    staff_code: str
    full_name: str
    born_on: date
    position: str
    acting: bool

    def row(self, number: int, *, account: bool = False) -> PersonRow:
        """As a row of a people workbook: the loader imports the people as a clerk would."""
        return PersonRow(
            sheet=SHEET,
            row=number,
            staff_code=self.staff_code,
            full_name=self.full_name,
            kind=str(self.post.kind),
            unit_code=self.post.unit,
            role=str(self.post.role),
            starts_on=OPENED_ON,
            date_of_birth=self.born_on,
            position_code=self.position,
            job_position=self.post.job,
            acting=self.acting,
            account=account,
        )


def _gender(book: NameBook, post: Post) -> str:
    if post.position in _FEMALE_POSITIONS:
        return FEMALE
    if post.position in _MALE_POSITIONS:
        return MALE
    leader = post.role != PostRole.MEMBER
    return book.gender(female_percent=_WOMEN_AMONG_LEADERS if leader else _WOMEN_AMONG_STAFF)


def _born(draw: Draw, post: Post) -> date:
    """Leaders between 38 and 58, the others between 24 and 56 in 2026."""
    youngest, span = (1988, 20) if post.role != PostRole.MEMBER else (2002, 32)
    return date(youngest - draw.below(span), 1 + draw.below(12), 1 + draw.below(28))


def people(seed: str = SEED) -> list[PlannedPerson]:
    """Everybody, in the order of the posts: the same people for the same seed."""
    book, draw = NameBook(seed), Draw(f"people:{seed}")
    planned = []
    for number, post in enumerate(posts(), start=1):
        acting = post.key == ACTING
        planned.append(
            PlannedPerson(
                post=post,
                staff_code=f"NA{number:05d}",
                full_name=book.name(_gender(book, post)),
                born_on=_born(draw, post),
                position="PTP" if acting else post.position,
                acting=acting,
            )
        )
    return planned


def newcomers(seed: str = SEED) -> list[PersonRow]:
    """Five people that nobody has registered yet, for the clerk of HUNG-NGUYEN to import."""
    book = NameBook(f"{seed}:newcomers")
    draw = Draw(f"newcomers:{seed}")
    known = {person.full_name for person in people(seed)}
    wanted = (
        ("HUNG-NGUYEN-CQ-KT", "CV", "cong_chuc", "CTTM"),
        ("HUNG-NGUYEN-CQ-VHXH", "CV", "cong_chuc", "CSXH"),
        ("HUNG-NGUYEN-CQ-HCC", "CV", "cong_chuc", "TNTKQ"),
        ("HUNG-NGUYEN-DANG-XDD", "CV", "cong_chuc", "TGDV"),
        ("HUNG-NGUYEN-CQ-VP", "NV", "hop_dong", "HTPV"),
    )
    rows = []
    for number, (unit, position, kind, job) in enumerate(wanted, start=1):
        post = Post(unit, position, PostRole.MEMBER, kind, job, number)
        full_name = book.name(book.gender())
        while full_name in known:
            full_name = book.name(book.gender())
        person = PlannedPerson(
            post, f"NA{9000 + number:05d}", full_name, _born(draw, post), position, acting=False
        )
        rows.append(person.row(number + 1))
    return rows


# --- Further appointments, fields --------------------------------------------------------------------------
@dataclass(frozen=True)
class FurtherAppointment:
    """Beside the main one: a second office, or a secondment, whose receiver evaluates."""

    post: str
    unit: str
    position: str
    role: str
    decision: str
    starts_on: date = OPENED_ON
    seconded: bool = False
    job: str = ""


def further_appointments() -> list[FurtherAppointment]:
    """The chairman is deputy secretary, whoever leads the mass organisations deputy in the Front; one secondment."""
    found = []
    for commune in COMMUNES:
        found.append(
            FurtherAppointment(
                f"{commune}-CQ/CT-UBND/1", f"{commune}-DANG", "PBT-DU", PostRole.DEPUTY, "118-QĐ/TU"
            )
        )
        found.append(
            FurtherAppointment(
                f"{commune}-DT/PT-KHOI/1", f"{commune}-MT", "PCT-MTTQ", PostRole.DEPUTY, "42-QĐ/ĐU"
            )
        )
    found.append(
        FurtherAppointment(
            "SNV-CCVC/CVC/3",
            "NAM-CAN-CQ-KT",
            "CVC",
            PostRole.MEMBER,
            "215/QĐ-SNV",
            date(2026, 3, 1),
            seconded=True,
            job="CTTM",
        )
    )
    return found


@dataclass(frozen=True)
class Field:
    """A unit in a deputy's charge."""

    post: str
    unit: str
    decision: str


_COMMUNE_FIELDS = (
    ("DANG/PBT-TT/1", ("DANG-VP", "DANG-XDD", "DANG-UBKT"), "31-TB/ĐU"),
    ("CQ/PCT-UBND/1", ("CQ-KT",), "77/QĐ-UBND"),
    ("CQ/PCT-UBND/2", ("CQ-VHXH", "CQ-HCC"), "77/QĐ-UBND"),
    ("CQ/PCT-HDND/1", ("CQ-VP",), "09/TB-HĐND"),
)
_PROVINCIAL_DEPUTIES = {
    "BTCTU": "PTB-TCTU", "VPTU": "PCVP-TU", "SNV": "PGD-SO", "MTTQ": "PCT-MTTQ-T", "SKHCN": "PGD-SO",
}  # fmt: skip


def fields() -> list[Field]:
    """Which deputy is in charge of which department; every department of the pilot is in somebody's charge."""
    existing = sorted(unit_codes())
    found = [
        Field(f"{commune}-{post}", f"{commune}-{department}", decision)
        for commune in COMMUNES
        for post, departments, decision in _COMMUNE_FIELDS
        for department in departments
        if f"{commune}-{department}" in existing
    ]
    for agency, deputy in _PROVINCIAL_DEPUTIES.items():
        below = [code for code in existing if code.startswith(f"{agency}-")]
        found.extend(
            Field(f"{agency}/{deputy}/{number}", code, "15/QĐ") for number, code in enumerate(below, start=1)
        )
    return found
