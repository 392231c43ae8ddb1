"""The people template: its columns, reading it, and writing it empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kpi_cms.foundation.core.workbooks import Format, OutColumn, OutSheet, write_workbook
from kpi_cms.interfaces.exchange.imports.columns import (
    BooleanColumn,
    Choice,
    ChoiceColumn,
    CodeColumn,
    Column,
    DateColumn,
    EmailColumn,
    PhoneColumn,
    TextColumn,
    length_of,
)
from kpi_cms.interfaces.exchange.imports.problems import ImportProblem, at_cell, at_sheet
from kpi_cms.interfaces.exchange.imports.sheet import DoubtfulRow, ParsedRow, SheetParser
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind, Workbook
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE
from kpi_cms.interfaces.exchange.workbooks.reader import read_workbook
from snippets.enums import PostRole, StaffKind
from snippets.models import JobPosition, Person, Position, Unit

TEMPLATE = "people/1"
"""Name and version of the template, written into its instructions and checked when it comes back."""

TEMPLATE_MARK = "KPI-CMS "

STAFF_KINDS = (
    Choice(StaffKind.OFFICIAL.value, ("cán bộ", "cadre", "official")),
    Choice(StaffKind.CIVIL_SERVANT.value, ("công chức", "civil servant")),
    Choice(StaffKind.PUBLIC_EMPLOYEE.value, ("viên chức", "public employee")),
    Choice(
        StaffKind.CONTRACT.value,
        (
            "hợp đồng",
            "người làm việc theo chế độ hợp đồng lao động",
            "hợp đồng lao động",
            "lao động hợp đồng",
            "contract",
            "labour contract",
            "labour-contract staff",
        ),
    ),
)
ROLES = (
    Choice(PostRole.HEAD.value, ("trưởng", "người đứng đầu", "cấp trưởng")),
    Choice(PostRole.DEPUTY.value, ("phó", "cấp phó", "cấp phó của người đứng đầu")),
    Choice(PostRole.MEMBER.value, ("nhân viên", "thành viên", "chuyên viên", "staff")),
)

COLUMNS: tuple[Column, ...] = (
    CodeColumn(
        key="staff_code",
        label=pgettext_lazy("workbook column", "Staff code"),
        aliases=(
            "Mã cán bộ",
            "Mã nhân viên",
            "Mã số",
            "Mã CBCCVC",
            "Mã số cán bộ",
            "Mã công chức",
            "Staff code",
        ),
        max_length=length_of(Person, "staff_code"),
    ),
    TextColumn(
        key="full_name",
        label=pgettext_lazy("workbook column", "Full name"),
        aliases=("Họ và tên", "Họ tên", "Họ, chữ đệm và tên", "Full name", "Name"),
        max_length=length_of(Person, "full_name"),
        latin=True,
    ),
    ChoiceColumn(
        key="kind",
        label=pgettext_lazy("workbook column", "Kind of staff"),
        aliases=("Loại cán bộ", "Đối tượng", "Loại nhân sự", "Loại hình", "Kind of staff"),
        choices=STAFF_KINDS,
    ),
    DateColumn(
        key="date_of_birth",
        label=pgettext_lazy("workbook column", "Date of birth"),
        aliases=("Ngày sinh", "Ngày tháng năm sinh", "Ngày, tháng, năm sinh", "Date of birth"),
        required=False,
        blank=True,
    ),
    EmailColumn(
        key="email",
        label=pgettext_lazy("workbook column", "E-mail"),
        aliases=("Thư điện tử", "Email", "E-mail", "Hộp thư công vụ"),
        required=False,
        blank=True,
        max_length=length_of(Person, "email"),
    ),
    PhoneColumn(
        key="phone",
        label=pgettext_lazy("workbook column", "Telephone"),
        aliases=("Điện thoại", "Số điện thoại", "SĐT", "Telephone", "Phone"),
        required=False,
        blank=True,
        max_length=length_of(Person, "phone"),
    ),
    CodeColumn(
        key="unit_code",
        label=pgettext_lazy("workbook column", "Unit code"),
        aliases=("Mã đơn vị", "Mã cơ quan", "Mã cơ quan, đơn vị", "Unit code"),
        max_length=length_of(Unit, "code"),
    ),
    CodeColumn(
        key="position_code",
        label=pgettext_lazy("workbook column", "Position code"),
        aliases=("Mã chức vụ", "Mã chức danh", "Mã chức vụ, chức danh", "Position code"),
        required=False,
        blank=True,
        max_length=length_of(Position, "code"),
    ),
    TextColumn(
        key="position_title",
        label=pgettext_lazy("workbook column", "Position"),
        aliases=("Chức vụ", "Chức danh", "Chức vụ, chức danh", "Position"),
        required=False,
        blank=True,
        max_length=length_of(Position, "title"),
    ),
    ChoiceColumn(
        key="role",
        label=pgettext_lazy("workbook column", "Role in the unit"),
        aliases=("Vai trò", "Vai trò trong đơn vị", "Role in the unit", "Role"),
        choices=ROLES,
    ),
    TextColumn(
        key="job_position",
        label=pgettext_lazy("workbook column", "Job position"),
        aliases=("Vị trí việc làm", "Job position"),
        required=False,
        blank=True,
        max_length=length_of(JobPosition, "title"),
    ),
    BooleanColumn(
        key="faces_citizens",
        label=pgettext_lazy("workbook column", "Faces citizens"),
        aliases=(
            "Tiếp dân",
            "Tiếp xúc người dân",
            "Trực tiếp tiếp xúc người dân, doanh nghiệp",
            "Faces citizens",
        ),
        required=False,
        blank=True,
    ),
    DateColumn(
        key="starts_on",
        label=pgettext_lazy("workbook column", "Starts on"),
        aliases=("Từ ngày", "Ngày bắt đầu", "Ngày nhận nhiệm vụ", "Starts on", "From"),
    ),
    BooleanColumn(
        key="acting",
        label=pgettext_lazy("workbook column", "Acting"),
        aliases=("Phụ trách", "Quyền, phụ trách", "Giao quyền", "Acting"),
        required=False,
        blank=True,
        default=None,
    ),
    BooleanColumn(
        key="seconded",
        label=pgettext_lazy("workbook column", "Seconded"),
        aliases=("Biệt phái", "Seconded"),
        required=False,
        blank=True,
        default=None,
    ),
    BooleanColumn(
        key="account",
        label=pgettext_lazy("workbook column", "Account wanted"),
        aliases=("Cấp tài khoản", "Cần tài khoản", "Tài khoản", "Account wanted", "Account"),
        required=False,
        blank=True,
    ),
)

WIDTHS = {"full_name": 28.0, "email": 30.0, "position_title": 28.0, "job_position": 30.0, "staff_code": 16.0}
HINTS = {
    "staff_code": gettext_lazy(
        "Required. The key: the same code is the same person. Leading zeros are kept."
    ),
    "full_name": gettext_lazy("Required. In Unicode, as on the identity card."),
    "kind": gettext_lazy("Required. Choose from the list."),
    "date_of_birth": gettext_lazy("May be empty. Day/month/year."),
    "email": gettext_lazy("May be empty. One address."),
    "phone": gettext_lazy("May be empty. Digits only."),
    "unit_code": gettext_lazy("Required. The code of the unit the person works in."),
    "position_code": gettext_lazy("The code of the position, or else its title in the next column."),
    "position_title": gettext_lazy("The title of the position, where it has no code."),
    "role": gettext_lazy("Required. trưởng (head), phó (deputy) or nhân viên (member)."),
    "job_position": gettext_lazy("May be empty."),
    "faces_citizens": gettext_lazy("có or không; empty means không. Decides the wording of criterion II.4."),
    "starts_on": gettext_lazy("Required. The day the appointment begins: day/month/year."),
    "acting": gettext_lazy(
        "có or không; empty leaves what is registered, and means không for a new appointment."
    ),
    "seconded": gettext_lazy(
        "có or không; empty leaves what is registered, and means không for a new appointment. Seconded to this unit."
    ),
    "account": gettext_lazy("có or không; empty means không. A sign-in account is created."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One line of the people workbook. Optional texts are "", an answer that was not given is None."""

    sheet: str
    row: int
    staff_code: str
    full_name: str
    kind: str
    unit_code: str
    role: str
    starts_on: date
    date_of_birth: date | None = None
    email: str = ""
    phone: str = ""
    position_code: str = ""
    position_title: str = ""
    job_position: str = ""
    faces_citizens: bool = False
    acting: bool | None = None
    seconded: bool | None = None
    account: bool = False


@dataclass(frozen=True, slots=True)
class ParsedPeople:
    """The rows that are right in themselves, every problem, and what else to tell. Import only without
    problems.

    `doubtful` are the other rows, each with the columns that must not be judged a second time; `letters` says
    where a column stands, by sheet and key.
    """

    rows: tuple[PersonRow, ...]
    problems: tuple[ImportProblem, ...]
    notices: tuple[ImportProblem, ...] = ()
    doubtful: tuple[tuple[PersonRow, frozenset[str]], ...] = field(default=(), compare=False)
    letters: Mapping[tuple[str, str], str] = field(default_factory=dict, compare=False)


def parse_people(data: bytes) -> ParsedPeople:
    """Read a people workbook; raises `WorkbookRefused` when it cannot be read at all.

    All sheets with the template's header are read; the staff code may not repeat in any of them.
    """
    book = read_workbook(data, limits=PEOPLE)
    wrong_version = _wrong_version(book)
    if wrong_version:
        return ParsedPeople((), (wrong_version,))
    parser = SheetParser(
        COLUMNS,
        anchors=("staff_code", "full_name"),
        unique="staff_code",
        build=_person,
        is_data=_is_person,
        check=_check,
    )
    rows: list[PersonRow] = []
    problems: list[ImportProblem] = []
    notices: list[ImportProblem] = []
    doubtful: list[tuple[PersonRow, frozenset[str]]] = []
    letters: dict[tuple[str, str], str] = {}
    found = False
    for sheet in book.sheets:
        header = parser.find_header(sheet)
        if header is None:
            continue
        found = True
        letters |= {(sheet.title, column.key): letter for letter, column in header.columns.items()}
        parsed = parser.parse(sheet, header)
        doubtful.extend(_as_far_as_read(row, sheet.title) for row in parsed.doubtful)
        rows.extend(parsed.rows)
        problems.extend(parsed.problems)
        notices.extend(parsed.notices)
    if not found:
        problems.append(_no_sheet(book))
    return ParsedPeople(tuple(rows), tuple(problems), tuple(notices), tuple(doubtful), letters)


def _no_sheet(book: Workbook) -> ImportProblem:
    sentence = _(
        "No sheet has a header row with columns such as “%(code)s” and “%(name)s”. Download the template "
        "and copy the data into it."
    ) % {"code": COLUMNS[0].label, "name": COLUMNS[1].label}
    return at_sheet(book.sheets[0].title if book.sheets else "", code="missing_sheet", sentence=sentence)


def _wrong_version(book: Workbook) -> ImportProblem | None:
    """Our own templates say which version they are; a list from elsewhere says nothing and is read by its
    header.
    """
    for sheet in book.sheets:
        for line in sheet.lines[:3]:
            if TEMPLATE_MARK.encode() not in line:
                continue
            for row in sheet.rows():
                for cell in row.cells:
                    mark = cell.display
                    if mark.startswith(TEMPLATE_MARK) and mark != TEMPLATE_MARK + TEMPLATE:
                        sentence = _(
                            "This is template “%(found)s”, but “%(wanted)s” is needed here. Download the "
                            "template again."
                        ) % {"found": mark.removeprefix(TEMPLATE_MARK), "wanted": TEMPLATE}
                        return at_cell(cell, header="", code="template_version", sentence=sentence)
    return None


def _is_person(cells: Mapping[str, Cell]) -> bool:
    """Signatures and totals below a list have neither code nor name nor unit."""
    keys = ("staff_code", "full_name", "unit_code")
    return any(key in cells and cells[key].kind is not Kind.EMPTY for key in keys)


def _label(key: str) -> str:
    return next(str(column.label) for column in COLUMNS if column.key == key)


def _check(row: ParsedRow) -> Sequence[ImportProblem]:
    problems = []
    if not row.values.get("position_code") and not row.values.get("position_title"):
        cell = row.cells.get("position_title") or row.cells.get("position_code") or row.cells["staff_code"]
        sentence = _("Neither the position nor its code is given. Enter one of them.")
        problems.append(
            at_cell(cell, header=_label("position_title"), code="position_missing", sentence=sentence)
        )
    born, starts = row.values.get("date_of_birth"), row.values.get("starts_on")
    if born and starts and starts <= born:
        cell = row.cells["starts_on"]
        sentence = _(
            "The appointment begins on %(starts)s, before the date of birth %(born)s. Correct one of them."
        ) % {
            "starts": cell.display,
            "born": row.cells["date_of_birth"].display,
        }
        problems.append(at_cell(cell, header=_label("starts_on"), code="date_order", sentence=sentence))
    return problems


_UNREAD: dict[str, Any] = {
    "staff_code": "",
    "full_name": "",
    "kind": StaffKind.CIVIL_SERVANT.value,
    "unit_code": "",
    "role": PostRole.MEMBER.value,
    "starts_on": date(2000, 1, 1),
    "position_code": "",
    "position_title": "",
}


def _as_far_as_read(doubtful: DoubtfulRow, sheet: str) -> tuple[PersonRow, frozenset[str]]:
    """A row with something in place of what could not be read, and the columns that this concerns."""
    values = doubtful.row.values
    row = PersonRow(sheet=sheet, row=doubtful.row.row, **(_UNREAD | values))
    return row, doubtful.wrong | (_UNREAD.keys() - values.keys())


def _person(row: ParsedRow) -> PersonRow:
    return PersonRow(sheet=row.cells["staff_code"].sheet, row=row.row, **row.values)


def people_template(
    *, units: Sequence[tuple[str, str]] = (), positions: Sequence[tuple[str, str]] = ()
) -> bytes:
    """The empty template in the active language, with instructions, choice lists and, where given, the codes
    in use.

    `units` and `positions` are (code, name) pairs; they fill the lists of their columns and a sheet of codes
    each.
    """
    choices: dict[str, Sequence[str]] = {
        "unit_code": [code for code, _name in units],
        "position_code": [code for code, _name in positions],
    }
    columns = []
    for column in COLUMNS:
        if isinstance(column, ChoiceColumn):
            choices[column.key] = [choice.labels[0] for choice in column.choices]
        elif isinstance(column, BooleanColumn):
            choices[column.key] = ["có", "không"]
        columns.append(
            OutColumn(
                header=column.label,
                width=WIDTHS.get(column.key, 18.0),
                format=Format.DATE if isinstance(column, DateColumn) else Format.TEXT,
                choices=choices.get(column.key, ()),
            )
        )
    instructions = OutSheet(
        title=pgettext_lazy("workbook", "Instructions"),
        headings=[pgettext_lazy("workbook", "People list: how to fill it in"), TEMPLATE_MARK + TEMPLATE],
        columns=[
            OutColumn(header=pgettext_lazy("workbook", "Column"), width=28),
            OutColumn(header=pgettext_lazy("workbook", "What to enter"), width=80),
        ],
        rows=[(column.label, HINTS[column.key]) for column in COLUMNS],
    )
    sheets = [OutSheet(title=pgettext_lazy("workbook", "People"), columns=columns), instructions]
    for title, pairs in (
        (pgettext_lazy("workbook", "Unit codes"), units),
        (pgettext_lazy("workbook", "Position codes"), positions),
    ):
        if pairs:
            code_columns = [
                OutColumn(header=pgettext_lazy("workbook", "Code"), width=24),
                OutColumn(header=pgettext_lazy("workbook", "Designation"), width=60),
            ]
            sheets.append(OutSheet(title=title, columns=code_columns, rows=pairs))
    return write_workbook(sheets, choices_title=pgettext_lazy("workbook", "Choice lists"))
