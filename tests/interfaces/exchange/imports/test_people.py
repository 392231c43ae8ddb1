"""The people template: written, filled in, read back; every mistake named at its place."""

import io
from datetime import date

import openpyxl
import pytest
from django.utils import translation

from kpi_cms.interfaces.exchange.imports.people import (
    COLUMNS,
    HINTS,
    ParsedPeople,
    PersonRow,
    parse_people,
    people_template,
)
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from tests.interfaces.exchange.imports.sheets import book, saved, told

HEADER = [
    "Mã cán bộ",
    "Họ và tên",
    "Loại cán bộ",
    "Ngày sinh",
    "Email",
    "Điện thoại",
    "Mã đơn vị",
    "Mã chức vụ",
    "Chức vụ",
    "Vai trò",
    "Vị trí việc làm",
    "Tiếp dân",
    "Từ ngày",
    "Phụ trách",
    "Biệt phái",
    "Cấp tài khoản",
]
AN = [
    "00012",
    "Nguyễn Văn An",
    "công chức",
    date(1990, 5, 19),
    "an@nghean.gov.vn",
    "0912345678",
    "HUNG-NGUYEN-CQ",
    None,
    "Chuyên viên",
    "nhân viên",
    "Văn thư",
    "có",
    "01/07/2026",
    None,
    "không",
    "x",
]
PERSON = PersonRow(
    sheet="Nhân sự",
    row=2,
    staff_code="00012",
    full_name="Nguyễn Văn An",
    kind="cong_chuc",
    date_of_birth=date(1990, 5, 19),
    email="an@nghean.gov.vn",
    phone="0912345678",
    unit_code="HUNG-NGUYEN-CQ",
    position_title="Chuyên viên",
    role="member",
    job_position="Văn thư",
    faces_citizens=True,
    starts_on=date(2026, 7, 1),
    seconded=False,
    account=True,
)


def changed(**values):
    """An's row with other values, by header."""
    row = list(AN)
    for key, value in values.items():
        row[[column.key for column in COLUMNS].index(key)] = value
    return row


def test_a_filled_list_is_read_by_the_separate_process():
    assert parse_people(book(Nhân_sự=[HEADER, AN])) == ParsedPeople((PERSON,), ())


def test_a_file_that_is_no_workbook_is_refused():
    with pytest.raises(WorkbookRefused) as refused:
        parse_people(b"")
    assert refused.value.code == "empty_file"


@pytest.mark.usefixtures("in_process")
class TestPeople:
    def test_few_columns_are_enough(self):
        columns = [0, 1, 2, 6, 8, 9, 12]
        parsed = parse_people(
            book(S=[["DANH SÁCH"], [HEADER[at] for at in columns], [AN[at] for at in columns]])
        )
        assert parsed.problems == ()
        person = parsed.rows[0]
        assert (person.row, person.date_of_birth, person.email, person.account) == (
            3,
            None,
            "",
            False,
        )

    def test_an_older_template_is_read_and_its_column_of_genders_said_to_be_ignored(self):
        """Templates of before had the column; whatever stands in it is nobody's business any more."""
        header, an = [*HEADER[:3], "Giới tính", *HEADER[3:]], [*AN[:3], "nam?", *AN[3:]]
        parsed = parse_people(book(Nhân_sự=[header, an], Hướng_dẫn=[["KPI-CMS people/1"]]))
        assert (parsed.rows, parsed.problems) == ((PERSON,), ())
        assert told(parsed.notices) == [(1, "D", "unknown_column")]
        assert str(parsed.notices[0].sentence) == ("The column “Giới tính” is not known and is not read.")

    @pytest.mark.parametrize(
        ("spelling", "kind"),
        [
            ("Cán bộ", "can_bo"),
            ("CÔNG CHỨC", "cong_chuc"),
            ("vien chuc", "vien_chuc"),
            ("Người làm việc theo chế độ hợp đồng lao động", "hop_dong"),
            ("civil servant", "cong_chuc"),
            ("hop_dong", "hop_dong"),
        ],
    )
    def test_kinds_of_staff_in_every_spelling(self, spelling, kind):
        assert parse_people(book(S=[HEADER, changed(kind=spelling)])).rows[0].kind == kind

    @pytest.mark.parametrize(
        ("spelling", "role"),
        [
            ("Trưởng", "head"),
            ("người đứng đầu", "head"),
            ("phó", "deputy"),
            ("Nhân viên", "member"),
            ("deputy", "deputy"),
        ],
    )
    def test_roles_in_every_spelling(self, spelling, role):
        assert parse_people(book(S=[HEADER, changed(role=spelling)])).rows[0].role == role

    def test_every_mistake_of_every_row_is_named(self):
        parsed = parse_people(
            book(
                S=[
                    HEADER,
                    changed(staff_code="1.23E+11", full_name="Nguye\u0302\u0303n \u202eAn", kind="lính"),
                    changed(staff_code="2", date_of_birth="31/02/1990", email="an", phone="?"),
                    changed(staff_code="3", unit_code=None, role="sếp", faces_citizens="đôi khi"),
                    changed(staff_code="4", position_title=None, starts_on="=TODAY()"),
                    changed(staff_code="5", position_title=None),
                    changed(staff_code="6", starts_on="01/01/1980"),
                    changed(staff_code="7", full_name="NguyÔn V¨n An"),
                    changed(staff_code="8"),
                    changed(staff_code="8"),
                ]
            )
        )
        assert told(parsed.problems) == [
            (2, "A", "code_reshaped"),
            (2, "B", "invisible"),
            (2, "C", "choice"),
            (3, "D", "date"),
            (3, "E", "email"),
            (3, "F", "phone"),
            (4, "G", "missing_value"),
            (4, "J", "choice"),
            (4, "L", "boolean"),
            (5, "M", "formula"),
            (6, "I", "position_missing"),
            (7, "M", "date_order"),
            (8, "B", "encoding"),
            (10, "A", "duplicate"),
        ]
        assert [person.staff_code for person in parsed.rows] == ["8"]
        sentences = {problem.row: problem.sentence for problem in parsed.problems}
        assert sentences[7] == (
            "The appointment begins on 01/01/1980, before the date of birth 19/05/1990. Correct one of them."
        )
        assert sentences[6] == "Neither the position nor its code is given. Enter one of them."

    def test_lists_in_several_sheets_share_the_key(self):
        parsed = parse_people(
            book(A=[HEADER, AN], B=[HEADER, AN, changed(staff_code="00013")], C=[["Ghi chú"]])
        )
        assert told(parsed.problems) == [(2, "A", "duplicate")]
        assert [(person.sheet, person.staff_code) for person in parsed.rows] == [
            ("A", "00012"),
            ("B", "00013"),
        ]

    def test_signatures_below_the_list_are_told_of(self):
        signature = [None] * 9 + ["NGƯỜI LẬP BIỂU"]
        parsed = parse_people(book(S=[HEADER, AN, signature]))
        assert (len(parsed.rows), parsed.problems, told(parsed.notices)) == (
            1,
            (),
            [(3, None, "row_ignored")],
        )

    def test_a_missing_column_is_named(self):
        parsed = parse_people(book(S=[HEADER[1:], AN[1:]]))
        assert [(problem.code, problem.header) for problem in parsed.problems] == [
            ("missing_column", "Staff code")
        ]

    def test_a_workbook_without_a_list(self):
        parsed = parse_people(book(S=[["x"]]))
        assert parsed.rows == ()
        assert [(problem.sheet, problem.code) for problem in parsed.problems] == [("S", "missing_sheet")]

    @pytest.mark.parametrize("language", ["vi", "en"])
    def test_the_template_comes_back_without_a_complaint(self, language):
        with translation.override(language):
            data = people_template(units=[("SNV", "Sở Nội vụ")], positions=[("CV", "Chuyên viên")])
            assert parse_people(data) == ParsedPeople((), ())

    @pytest.mark.parametrize("language", ["vi", "en"])
    def test_the_template_filled_in_is_read_whole(self, language):
        with translation.override(language):
            target = openpyxl.load_workbook(io.BytesIO(people_template(units=[("SNV", "Sở Nội vụ")])))
            target.worksheets[0].append(AN)
            parsed = parse_people(saved(target))
        assert parsed.problems == ()
        assert (parsed.notices, parsed.rows[0].staff_code, parsed.rows[0].account) == ((), "00012", True)

    def test_the_template_shows_everything_and_offers_lists(self):
        target = openpyxl.load_workbook(io.BytesIO(people_template(units=[("SNV", "Sở Nội vụ")])))
        assert [(sheet.title, sheet.sheet_state) for sheet in target] == [
            ("People", "visible"),
            ("Instructions", "visible"),
            ("Unit codes", "visible"),
            ("Choice lists", "visible"),
        ]
        assert [cell.value for cell in target["People"][1]] == [str(column.label) for column in COLUMNS]
        assert [cell.value for cell in target["Choice lists"]["A"]] == [
            "Kind of staff",
            "cán bộ",
            "công chức",
            "viên chức",
            "hợp đồng",
        ]
        assert target["Instructions"]["A2"].value == "KPI-CMS people/1"
        assert set(HINTS) == {column.key for column in COLUMNS}

    def test_an_old_template_is_refused(self):
        target = openpyxl.load_workbook(io.BytesIO(people_template()))
        target["Instructions"]["A2"] = "KPI-CMS people/0"
        parsed = parse_people(saved(target))
        assert parsed.rows == ()
        assert told(parsed.problems) == [(2, "A", "template_version")]
        assert parsed.problems[0].sentence == (
            "This is template “people/0”, but “people/1” is needed here. Download the template again."
        )


def test_every_label_is_recognised_in_both_languages():
    for language in ("vi", "en"):
        with translation.override(language):
            assert [column.key for column in COLUMNS if not column.matches(str(column.label))] == []
