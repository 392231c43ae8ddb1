"""What officials read in Vietnamese: the words of the list of bad workbooks, and headers that are recognised again."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

import kpi_cms
from kpi_cms.interfaces.exchange.imports import catalogue_columns, people
from kpi_cms.interfaces.exchange.imports.columns import TROUBLE
from kpi_cms.interfaces.exchange.workbooks.errors import SENTENCES

FRAGMENT = Path(kpi_cms.__file__).parent / "locale" / "fragments" / "exchange.po"


@pytest.fixture(scope="module")
def catalogue():
    with FRAGMENT.open("rb") as stream:
        return read_po(stream, locale="vi")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("empty_file", "Tệp rỗng"),
        ("not_excel", "Không phải tệp Excel"),
        ("only_xlsx", "Chỉ nhận .xlsx"),
        ("macros", "Không nhận macro"),
        ("password", "Tệp có mật khẩu"),
        ("damaged", "Tệp hỏng"),
        ("unpacks_too_large", "Tệp giải nén quá lớn"),
        ("too_many_parts", "Quá nhiều thành phần"),
        ("unsafe_structure", "Cấu trúc không an toàn"),
        ("dtd", "Không nhận DTD"),
        ("merged_too_large", "Vùng gộp quá lớn"),
        ("too_many_rows", "Vượt số dòng"),
        ("too_many_columns", "Vượt số cột"),
        ("row_order", "Thứ tự dòng sai"),
        ("hidden_sheet", "Có dữ liệu ẩn"),
        ("hidden_row", "Có dữ liệu ẩn"),
        ("hidden_column", "Có dữ liệu ẩn"),
        ("external_links", "Có liên kết ngoài"),
        ("embedded_objects", "Có đối tượng nhúng"),
        ("encoding", "Lỗi bảng mã"),
        ("invisible", "Ký tự lạ"),
        ("control", "Ký tự cấm"),
        ("too_long", "Quá dài"),
    ],
)
def test_the_sentence_begins_with_the_agreed_words(catalogue, code, words):
    sentence = TROUBLE.get(code) or SENTENCES[code]
    assert catalogue.get(str(sentence)).string.startswith(words)


@pytest.mark.parametrize(
    "column", [*people.COLUMNS, *catalogue_columns.COLUMNS], ids=lambda column: column.key
)
def test_the_vietnamese_header_is_recognised(catalogue, column):
    with translation.override("en"):
        label = str(column.label)
    assert column.matches(label)
    assert column.matches(catalogue.get(label, context="workbook column").string)


def test_vietnamese_headers_of_one_template_differ(catalogue):
    headers = [
        catalogue.get(str(column.label), context="workbook column").string for column in people.COLUMNS
    ]
    assert len(headers) == len(set(headers))
