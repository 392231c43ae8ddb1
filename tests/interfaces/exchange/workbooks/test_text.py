"""Vietnamese text from everywhere: what is legacy encoding, what is honest, what only looks Latin."""

import pytest

from kpi_cms.interfaces.exchange.workbooks.cells import Trouble
from kpi_cms.interfaces.exchange.workbooks.text import clean, fold, legacy_encoding, look_alike


@pytest.mark.parametrize(
    "text",
    [
        "NguyÔn V¨n An",  # TCVN3
        "TrÇn ThÞ B×nh",
        "§ång chÝ",
        "nhµ n­íc",
        "Nguyeãn Vaên An",  # VNI
        "Traàn Thò Bình",
        "Söôûng",
        "Nguyễn".encode().decode("cp1252", "replace"),  # UTF-8 read as Western
        "Trần".encode().decode("latin-1"),
        "Đặng".encode().decode("latin-1"),
        "NguyêÞn",  # Windows-1258
        "Nguy\ufffdn",
        "ñoàn Müller",  # two foreign letters
    ],
)
def test_legacy_encodings_are_seen(text):
    assert legacy_encoding(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Văn An",
        "Trần Thị Quý, sinh hoạt tại xã Hưng Nguyên",
        "QUYẾT ĐỊNH VỀ VIỆC PHÊ DUYỆT ĐỀ ÁN; KẾ HOẠCH “SỐ HÓA” – GIAI ĐOẠN 2025 – 2030",
        "hoà giải, thuỷ lợi, khoẻ, ngoằn ngoèo, quý, luôn, giáo, giàu, tuyên, xoáy",
        "50 °C, 120 m², 10 ± 0,5; § 5; © 2026; ® Word™; «trích»; 1½; 3 × 4",
        "Karl Müller",
        "plain ASCII",
    ],
)
def test_honest_text_passes(text):
    assert legacy_encoding(text) is None
    assert clean(text, length=500) == (text, None)


def test_every_rule_of_normalisation():
    assert clean("a\r\nb\rc", length=50) == ("a\nb\nc", None)
    assert clean("a\u202eb", length=50) == ("ab", Trouble("invisible", "U+202E"))
    assert clean("a\x07b", length=50) == ("ab", Trouble("control", "U+0007"))
    assert clean("Ê\x07\u200b\ufffd", length=50) == ("Ê\ufffd", Trouble("control", "U+0007"))
    assert clean("abc", length=2) == ("ab", Trouble("too_long", "3"))


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("QL.01", None),
        ("Đặng 1", None),
        ("QL.0О", "О"),
        ("Αn", "Α"),
        ("Ｑ1", "Ｑ"),
        ("８", "８"),
        ("—", None),
    ],
)
def test_look_alikes(text, strange):
    assert look_alike(text) == strange


def test_folding_forgets_marks_case_and_spaces():
    assert fold(" Mã  CÁN bộ (*) ") == fold("ma can bo") == "macanbo"
    assert fold("Đơn vị") == "donvi"
