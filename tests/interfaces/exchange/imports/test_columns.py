"""Each column reads what people write, in one documented way, and says what to do about the rest."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from kpi_cms.interfaces.exchange.imports.catalogue_columns import CoefficientColumn, FrameColumn, GroupColumn
from kpi_cms.interfaces.exchange.imports.columns import (
    BadValue,
    BooleanColumn,
    Choice,
    ChoiceColumn,
    CodeColumn,
    Column,
    DateColumn,
    DecimalColumn,
    EmailColumn,
    PhoneColumn,
    TextColumn,
)
from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind, Trouble

NAMES = {"key": "k", "label": "Ô", "aliases": ("Ô",)}
CODE = CodeColumn(**NAMES)
TEXT = TextColumn(**NAMES, max_length=10, latin=True)
LINES = TextColumn(**NAMES, multiline=True)
DATE = DateColumn(**NAMES, latest=date(2030, 12, 31))
DECIMAL = DecimalColumn(**NAMES, maximum=Decimal(100))
CHOICE = ChoiceColumn(
    **NAMES, choices=(Choice("can_bo", ("cán bộ", "cadre")), Choice("vien_chuc", ("viên chức",)))
)
YES_NO = BooleanColumn(**NAMES)
EMAIL = EmailColumn(**NAMES)
PHONE = PhoneColumn(**NAMES)
GROUP = GroupColumn(**NAMES)
FRAME = FrameColumn(**NAMES)
COEFFICIENT = CoefficientColumn(**NAMES)


def text(value, **more):
    return Cell("S", 2, "C", Kind.TEXT, value, **more)


def number(value, **more):
    return Cell("S", 2, "C", Kind.NUMBER, Decimal(value), **more)


def day(value):
    return Cell("S", 2, "C", Kind.DATE, value)


def truth(value):
    return Cell("S", 2, "C", Kind.BOOL, value)


EMPTY = Cell("S", 2, "C")


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        (CODE, text("00123"), "00123"),
        (CODE, text(" HUNG-NGUYEN-CQ "), "HUNG-NGUYEN-CQ"),
        (CODE, text("LĐ&TBXH/1"), "LĐ&TBXH/1"),
        (CODE, number("42"), "42"),
        (CODE, number("42", shown="00042"), "00042"),
        (CODE, number("12345678901"), "12345678901"),
        (TEXT, text("  Nguyễn \n Văn "), "Nguyễn Văn"),
        (TEXT, number("8.5"), "8,5"),
        (LINES, text("một\n\n  hai  ba"), "một\nhai ba"),
        (DATE, day(date(2026, 7, 1)), date(2026, 7, 1)),
        (DATE, day(datetime.fromisoformat("2026-07-01T08:00")), date(2026, 7, 1)),
        (DATE, text("1/7/2026"), date(2026, 7, 1)),
        (DATE, text("01.07.2026"), date(2026, 7, 1)),
        (DATE, text(" 01 - 07 - 2026 "), date(2026, 7, 1)),
        (DATE, text("2026-07-01"), date(2026, 7, 1)),
        (DECIMAL, number("8.5"), Decimal("8.5")),
        (DECIMAL, text("8,5"), Decimal("8.5")),
        (DECIMAL, text(" 8.5 "), Decimal("8.5")),
        (DECIMAL, text("0,125"), None),
        (DECIMAL, text("07"), Decimal(7)),
        (DECIMAL, text("-0"), Decimal(0)),
        (CHOICE, text("CAN  BO"), "can_bo"),
        (CHOICE, text("Cadre"), "can_bo"),
        (CHOICE, text("vien_chuc"), "vien_chuc"),
        (YES_NO, text("Có"), True),
        (YES_NO, text("x"), True),
        (YES_NO, text("KHÔNG"), False),
        (YES_NO, number("0"), False),
        (YES_NO, truth(True), True),
        (EMAIL, text("mailto:an@x.vn"), "an@x.vn"),
        (PHONE, number("912345678"), "0912345678"),
        (PHONE, number("12345678"), "12345678"),
        (PHONE, text("(0238) 384.46-49"), "02383844649"),
        (PHONE, text("+84912345678"), "+84912345678"),
        (GROUP, text("N2"), "N2"),
        (GROUP, text("Nhóm 4"), "N4"),
        (GROUP, number("5"), "N5"),
        (FRAME, text("11-50"), (11, 50)),
        (FRAME, text("51 – 100"), (51, 100)),
        (FRAME, text("Từ 101 đến 200 điểm"), (101, 200)),
        (COEFFICIENT, number("0.6"), Decimal("0.6")),
        (COEFFICIENT, Cell("S", 2, "C", Kind.FORMULA, "=1", cached=number("6")), Decimal(6)),
        (COEFFICIENT, Cell("S", 2, "C", Kind.FORMULA, "=1"), None),
    ],
)
def test_reads(column, cell, value):
    if value is None and column is DECIMAL:
        assert DecimalColumn(**NAMES, places=3).read(cell) == Decimal("0.125")
    else:
        assert column.read(cell) == value


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        (CODE, text("1.23E+11"), "code_reshaped"),
        (CODE, number("123456789012"), "code_reshaped"),
        (CODE, number("12.5"), "code_reshaped"),
        (CODE, number("-1"), "code_reshaped"),
        (CODE, day(date(2026, 1, 2)), "code_reshaped"),
        (CODE, text("VP 01"), "code"),
        (CODE, text("x" * 65), "code"),
        (CODE, text("QL.0О"), "look_alike"),
        (TEXT, text("x" * 11), "too_long"),
        (TEXT, text("Nguyеn"), "look_alike"),
        (TEXT, day(date(2026, 1, 10)), "text_became_date"),
        (TEXT, text("abc", trouble=Trouble("invisible", "U+200B")), "invisible"),
        (TEXT, text("NguyÔn", trouble=Trouble("encoding", "yÔ")), "encoding"),
        (TEXT, text("ab", trouble=Trouble("control", "U+0000")), "control"),
        (TEXT, text("ab", trouble=Trouble("too_long", "32767")), "too_long"),
        (TEXT, EMPTY, "missing_value"),
        (TEXT, Cell("S", 2, "C", Kind.ERROR, "#REF!"), "error_cell"),
        (DECIMAL, Cell("S", 2, "C", Kind.FORMULA, "=1+1", cached=number("2")), "formula"),
        (DATE, text("31/02/2026"), "date"),
        (DATE, text("12/31/2026"), "date"),
        (DATE, text("01/07/26"), "date"),
        (DATE, number("46204"), "date"),
        (DATE, day(date(1900, 2, 28)), "date_range"),
        (DATE, day(date(2031, 1, 1)), "date_range"),
        (DECIMAL, text("1.000,5"), "number"),
        (DECIMAL, text("1.000"), "number"),
        (DECIMAL, text("1 000"), "number"),
        (DECIMAL, text("８.５"), "number"),
        (DECIMAL, text("NaN"), "number"),
        (DECIMAL, text("1E3"), "number"),
        (DECIMAL, day(date(2026, 8, 5)), "number"),
        (DECIMAL, truth(True), "number"),
        (DECIMAL, number("101"), "number_range"),
        (DECIMAL, number("-0.01"), "number_range"),
        (DECIMAL, number("8.125"), "number_places"),
        (CHOICE, text("bộ đội"), "choice"),
        (YES_NO, text("chưa rõ"), "boolean"),
        (EMAIL, text("an tại x.vn"), "email"),
        (PHONE, text("không có"), "phone"),
        (PHONE, number("1234567"), "phone"),
        (GROUP, text("N6"), "group"),
        (FRAME, text("trên 200"), "frame"),
        (FRAME, text("50-11"), "frame"),
        (FRAME, day(date(2026, 10, 1)), "text_became_date"),
        (COEFFICIENT, text("một"), "number"),
        (
            COEFFICIENT,
            Cell("S", 2, "C", Kind.FORMULA, "=1", cached=Cell("S", 2, "C", Kind.ERROR, "#DIV/0!")),
            "error_cell",
        ),
    ],
)
def test_refuses_and_quotes_the_value(column, cell, code):
    with pytest.raises(BadValue) as bad:
        column.read(cell)
    assert bad.value.code == code
    assert "%(" not in bad.value.sentence
    assert bad.value.sentence.endswith(".")
    shown = (cell.cached or cell).display if code == "error_cell" else cell.display
    assert shown in bad.value.sentence or cell.trouble == ("too_long", "32767")


def test_the_sentences_say_what_to_do():
    with pytest.raises(BadValue) as bad:
        DATE.read(text("31/02/2026"))
    assert bad.value.sentence == "“31/02/2026” is not a date. Write day/month/year, for example 01/07/2026."
    with pytest.raises(BadValue) as bad:
        CHOICE.read(text("bộ đội"))
    assert bad.value.sentence == "“bộ đội” is not one of the values of “Ô”. Choose: cán bộ, viên chức."
    with pytest.raises(BadValue) as bad:
        CODE.read(text("1.23E+11"))
    assert bad.value.sentence == (
        "Excel has changed the form of this code (now 1.23E+11). Format the column as Text and type the code again."
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (CodeColumn(**NAMES, blank=True), ""),
        (TextColumn(**NAMES, blank=True), ""),
        (DateColumn(**NAMES, blank=True), None),
        (ChoiceColumn(**NAMES, blank=True, choices=()), ""),
        (BooleanColumn(**NAMES, blank=True), False),
        (DecimalColumn(**NAMES, blank=True), None),
    ],
)
def test_a_cell_that_may_be_empty(column, value):
    assert column.read(EMPTY) == value


def test_number_codes_beside_zero_padded_ones_have_lost_their_zeros():
    cells = [text("00123"), number("124"), number("99999"), number("7", shown="00007"), text("ABC")]
    found = list(CODE.review(cells))
    assert [(cell.value, bad.code) for cell, bad in found] == [(Decimal(124), "code_reshaped")]
    assert list(CODE.review([number("124"), text("123")])) == []
    assert list(TEXT.review(cells)) == []


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ("Mã cán bộ", True),
        ("MÃ  CÁN BỘ (*)", True),
        ("Ma can bo [bắt buộc]", True),
        ("Sản phẩm chuẩn = 5 điểm", True),
        ("Mã", False),
        ("(bắt buộc)", False),
    ],
)
def test_headers_are_recognised_without_marks_case_and_remarks(header, matches):
    column = TextColumn(key="k", label="x", aliases=("Mã cán bộ",), prefixes=("Sản phẩm chuẩn",))
    assert column.matches(header) is matches


def test_a_column_without_a_reading_of_its_own_says_so():
    with pytest.raises(NotImplementedError):
        Column(**NAMES).read(text("x"))
