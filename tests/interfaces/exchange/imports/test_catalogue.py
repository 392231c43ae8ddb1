"""A commune's real catalogue is read as it is; what is wrong in others is named at its place."""

from collections import Counter
from decimal import Decimal

import pytest

from kpi_cms.interfaces.exchange.imports.catalogue import (
    ProductRow,
    coefficient_of,
    parse_catalogue,
    sheet_scope,
)
from kpi_cms.interfaces.exchange.imports.catalogue_columns import COLUMNS
from tests.helpers.shared import shared_file
from tests.interfaces.exchange.imports.sheets import book, told
from tests.interfaces.exchange.workbooks import hostile

SHARED = [
    "STT",
    "Mã CV",
    "Nhiệm vụ",
    "Công việc chi tiết",
    "Sản phẩm đầu ra",
    "Nhóm",
    "Khung điểm",
    "Điểm chấm",
    "Hệ số quy đổi",
    "Ghi chú",
]
UNITS = [*SHARED[:2], "Phòng, ban chuyên môn", *SHARED[2:]]


def product(code="DC.01", *, group="N2", frame="11-50", points=25, coefficient=5, note=None):
    return [1, code, "Soạn công văn", "Dự thảo", "Công văn", group, frame, points, coefficient, note]


def shared(*rows, title="DANH MỤC DÙNG CHUNG", header=SHARED):
    return book(Dùng_chung=[[title], header, *rows])


@pytest.fixture(scope="module")
def parsed():
    return parse_catalogue(shared_file("danh-muc-nghia-lam.xlsx").read_bytes())


@pytest.mark.shared_data
class TestTheRealWorkbook:
    def test_371_products_of_three_scopes(self, parsed):
        assert Counter(row.scope for row in parsed.products) == {"leadership": 18, "shared": 62, "unit": 291}
        assert len({row.code for row in parsed.products}) == 371

    def test_nothing_is_wrong_with_it(self, parsed):
        assert parsed.problems == ()
        assert parsed.standard_points == Decimal(5)

    def test_the_first_sheet_is_no_catalogue(self, parsed):
        assert parsed.ignored_sheets == ("PL I - Tieu chi chung",)
        assert [(notice.sheet, notice.code) for notice in parsed.notices] == [
            ("PL I - Tieu chi chung", "sheet_ignored")
        ]

    def test_the_departments_keep_their_own_names(self, parsed):
        assert Counter(row.department for row in parsed.products) == {
            None: 80,
            "Phòng Kinh tế": 136,
            "Phòng Văn hóa - Xã hội": 71,
            "Văn phòng HĐND-UBND": 42,
            "Trung tâm Phục vụ hành chính công": 42,
        }

    def test_one_product_of_each_sheet(self, parsed):
        rows = {row.code: row for row in parsed.products}
        assert rows["DC.01"] == ProductRow(
            sheet="PL III - Dung chung",
            row=5,
            code="DC.01",
            department=None,
            scope="shared",
            duty="Soạn thảo văn bản hành chính đơn giản",
            work="Soạn công văn/thông báo/giấy mời theo mẫu, nội dung đơn giản",
            output="Văn bản hành chính",
            group="N1",
            frame_low=1,
            frame_high=10,
            points=Decimal(5),
            coefficient=Decimal("1.00"),
            note="",
        )
        leading, own = rows["QL.11"], rows["HCC.42"]
        assert (leading.row, leading.coefficient, leading.note) == (
            15,
            Decimal("9.00"),
            "Bổ sung nhóm nhiệm vụ điều hành",
        )
        assert (own.row, own.frame_low, own.frame_high, own.points, own.coefficient) == (
            296,
            51,
            100,
            Decimal(65),
            Decimal("13.00"),
        )

    def test_coefficients_span_what_the_commune_decided(self, parsed):
        coefficients = [row.coefficient for row in parsed.products]
        assert (min(coefficients), max(coefficients)) == (Decimal("0.60"), Decimal("32.00"))


@pytest.mark.usefixtures("in_process")
class TestCatalogue:
    def test_points_outside_their_frame(self):
        parsed = parse_catalogue(
            shared(product(points=51, coefficient="10,2"), product("DC.02", points=50, coefficient=10))
        )
        assert told(parsed.problems) == [(3, "H", "points_outside_frame")]
        assert parsed.problems[0].sentence == (
            "51 points are outside the frame 11-50. Correct the points or the frame."
        )
        assert [row.code for row in parsed.products] == ["DC.02"]

    def test_duplicate_codes_name_both_places(self):
        data = book(
            Dùng_chung=[["DANH MỤC DÙNG CHUNG"], SHARED, product()],
            Lãnh_đạo=[["NHIỆM VỤ LÃNH ĐẠO, QUẢN LÝ"], SHARED, product("QL.01"), product("dc.01")],
        )
        parsed = parse_catalogue(data)
        assert told(parsed.problems) == [(4, "B", "duplicate")]
        assert parsed.problems[0].sentence == (
            "“dc.01” stands in sheet “Dùng chung”, row 3 and in sheet “Lãnh đạo”, row 4. Keep one of the two rows."
        )
        assert [(row.code, row.scope) for row in parsed.products] == [
            ("DC.01", "shared"),
            ("QL.01", "leadership"),
        ]

    @pytest.mark.parametrize(
        ("formula", "cached", "found"),
        [
            ("ROUND(H3/5,2)", "5", []),
            ("ROUND(H3/5,2)", None, []),
            ("round( $H3 / 5 , 2 )", None, []),
            ("ROUND(H3/5,2)", "4", ["coefficient_differs"]),
            ("ROUND(H3/6,2)", "5", ["coefficient_differs"]),
            ("ROUND(H3/6,2)", None, ["coefficient_differs"]),
            ("ROUND(H3/$K$1,2)", "5", []),
            ("H3*0.2", "6", ["coefficient_differs"]),
            ("H3*0.2", None, ["coefficient_formula"]),
            ("ROUND(H4/5,2)", None, ["coefficient_formula"]),
            ("ROUND(G3/5,2)", None, ["coefficient_formula"]),
            ("ROUND(H3/0,2)", None, ["coefficient_formula"]),
        ],
    )
    def test_a_coefficient_formula_is_checked_not_trusted(self, formula, cached, found):
        header = [
            hostile.text_cell(f"{letter}2", text) for letter, text in zip("ABCDEFGHIJ", SHARED, strict=True)
        ]
        line = [
            hostile.text_cell("B3", "DC.01"),
            hostile.text_cell("C3", "Soạn công văn"),
            hostile.text_cell("E3", "Công văn"),
            hostile.text_cell("F3", "N2"),
            hostile.text_cell("G3", "11-50"),
            hostile.number_cell("H3", "25"),
            hostile.formula_cell("I3", formula, cached),
        ]
        data = hostile.workbook(hostile.sheet(hostile.row(2, *header), hostile.row(3, *line)))
        parsed = parse_catalogue(data)
        assert [problem.code for problem in parsed.problems] == found
        assert [row.coefficient for row in parsed.products] == ([] if found else [Decimal("5.00")])

    def test_a_formula_anywhere_else_is_refused(self):
        parsed = parse_catalogue(shared(product(points="=20+5")))
        assert told(parsed.problems) == [(3, "H", "formula")]

    def test_a_coefficient_that_differs_is_explained(self):
        parsed = parse_catalogue(shared(product(points=33, coefficient="6,5")))
        assert parsed.problems[0].sentence == (
            "The coefficient is 6,5, but 33 points over 5 make 6,60. Correct the points or the coefficient."
        )

    def test_a_catalogue_without_coefficients_and_frames(self):
        header = [name for name in SHARED if name not in ("Khung điểm", "Hệ số quy đổi")]
        line = [value for at, value in enumerate(product()) if at not in (6, 8)]
        parsed = parse_catalogue(shared(line, header=header))
        row = parsed.products[0]
        assert (parsed.problems, row.frame_low, row.frame_high, row.coefficient) == (
            (),
            None,
            None,
            Decimal("5.00"),
        )

    def test_the_standard_product_is_read_from_header_or_title(self):
        header = [*SHARED[:-1], "Sản phẩm chuẩn = 10 điểm = hệ số 1,00"]
        parsed = parse_catalogue(shared(product(coefficient="2,5", note="ghi"), header=header))
        assert parsed.problems == ()
        assert (parsed.standard_points, parsed.products[0].coefficient, parsed.products[0].note) == (
            Decimal(10),
            Decimal("2.50"),
            "ghi",
        )
        parsed = parse_catalogue(
            shared(
                product(coefficient=None), title="DANH MỤC DÙNG CHUNG. Sản phẩm/công việc chuẩn = 2,5 điểm"
            )
        )
        assert (parsed.standard_points, parsed.products[0].coefficient) == (Decimal("2.5"), Decimal("10.00"))

    def test_two_standard_products_are_a_problem(self):
        header = [*SHARED[:-1], "Sản phẩm chuẩn = 10 điểm"]
        parsed = parse_catalogue(
            shared(product(), title="DÙNG CHUNG: sản phẩm chuẩn = 5 điểm", header=header)
        )
        assert [problem.code for problem in parsed.problems] == ["standard_points"]
        assert parsed.standard_points == Decimal(5)
        assert parse_catalogue(shared(product(), title="Sản phẩm chuẩn = 0 điểm")).standard_points == Decimal(
            5
        )

    def test_scope_by_department_and_prefix_where_the_title_is_silent(self):
        def line(code, department):
            row = product(code)
            return [*row[:2], department, *row[2:]]

        parsed = parse_catalogue(
            book(
                Danh_mục=[
                    UNITS,
                    line("VP.01", "Văn phòng"),
                    line("QL.01", None),
                    line("DC.01", None),
                    line("X.01", None),
                ]
            )
        )
        assert [(row.code, row.scope, row.department) for row in parsed.products] == [
            ("VP.01", "unit", "Văn phòng"),
            ("QL.01", "leadership", None),
            ("DC.01", "shared", None),
        ]
        assert told(parsed.problems) == [(5, "B", "scope_unknown")]

    def test_section_titles_are_passed_over_with_a_notice(self):
        parsed = parse_catalogue(shared([None, None, "I. Văn thư"], product()))
        assert (len(parsed.products), parsed.problems) == (1, ())
        assert told(parsed.notices) == [(3, None, "row_ignored")]

    def test_a_row_without_points_is_no_section_title(self):
        parsed = parse_catalogue(shared(product(points=None)))
        assert told(parsed.problems) == [(3, "H", "missing_value")]

    def test_a_missing_column_is_named(self):
        parsed = parse_catalogue(shared(header=[name for name in SHARED if name != "Điểm chấm"]))
        assert [(problem.code, problem.header) for problem in parsed.problems] == [
            ("missing_column", "Points")
        ]

    def test_a_workbook_without_a_catalogue(self):
        parsed = parse_catalogue(book(A=[["x"]], B=[["y"]]))
        assert [(problem.sheet, problem.code) for problem in parsed.problems] == [("A", "missing_sheet")]
        assert (parsed.products, parsed.ignored_sheets) == ((), ("A", "B"))


@pytest.mark.parametrize(
    ("texts", "has_department", "scope"),
    [
        (["PL II", "NHIỆM VỤ LÃNH ĐẠO, QUẢN LÝ"], False, "leadership"),
        (["PL III", "DÙNG CHUNG CHO TẤT CẢ CÁC PHÒNG"], True, "shared"),
        (["PL IV", "RIÊNG THEO PHÒNG; không gồm việc dùng chung, lãnh đạo"], True, "unit"),
        (["Danh mục"], True, "unit"),
        (["Danh mục"], False, None),
    ],
)
def test_what_a_title_says_of_its_sheet(texts, has_department, scope):
    assert sheet_scope(texts, has_department=has_department) == scope


@pytest.mark.parametrize(
    ("points", "standard", "coefficient"),
    [("5", "5", "1.00"), ("3", "5", "0.60"), ("1", "8", "0.13"), ("1", "3", "0.33"), ("2", "3", "0.67")],
)
def test_coefficients_round_half_up_to_two_places(points, standard, coefficient):
    assert str(coefficient_of(Decimal(points), Decimal(standard))) == coefficient


def test_no_two_columns_share_a_header():
    keys = [key for column in COLUMNS for key in column.header_forms()]
    assert len(keys) == len(set(keys))
