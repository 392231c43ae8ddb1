"""Numbers, dates and letters as the printed forms write them, and which letters the shipped fonts have."""

import struct
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from kpi_cms.interfaces.reporting.forms.coverage import (
    FACES,
    FONTS_FOLDER,
    characters_of,
    printable_characters,
)
from kpi_cms.interfaces.reporting.forms.text import (
    Number,
    decimal_comma,
    moment_in_words,
    percent,
    place_and_date,
    printable,
)

VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
LETTERS = {unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES} | {"đ"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("65.63"), "65,63"),
        (Decimal("2.50"), "2,5"),
        (Decimal(10), "10"),
        (Decimal("10.00"), "10"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.00"), "0"),
        (Decimal("89.995"), "89,995"),
        (Decimal("-1.5"), "-1,5"),
        (Decimal("0." + "1" * 40), "0," + "1" * 40),
        ("89,995…", "89,995…"),
        (None, ""),
    ],
)
def test_a_decimal_shows_a_comma_and_is_never_rounded(value: Number, shown: str) -> None:
    assert decimal_comma(value) == shown


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_a_value_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="can't print"):
        decimal_comma(Decimal(value))


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (Decimal("0.9375"), "93,75%"),
        (Decimal(1), "100%"),
        (Decimal(0), "0%"),
        (Decimal("0.5"), "50%"),
        (Decimal(14) / Decimal(15), "93,33%"),
        (Decimal("0.666666"), "66,67%"),
        (Decimal("0.99996"), "99,996%"),
        (Decimal("0.000004"), "0,0004%"),
        (Decimal("0.99999999999999"), "99,999999999999%"),
        ("đang chờ", "đang chờ"),
        (None, ""),
    ],
)
def test_a_ratio_is_a_percentage_that_never_claims_a_hundred_it_has_not(fraction: Number, shown: str) -> None:
    assert percent(fraction) == shown


@pytest.mark.parametrize(
    ("place", "moment", "shown"),
    [
        ("Nghệ An", datetime(2026, 8, 3, 2, 5, tzinfo=UTC), "Nghệ An, ngày 03 tháng 8 năm 2026"),
        ("Nghệ An", datetime(2026, 1, 31, 17, 0, tzinfo=UTC), "Nghệ An, ngày 01 tháng 02 năm 2026"),
        ("Thành Vinh", datetime(2026, 10, 12, 2, 5, tzinfo=UTC), "Thành Vinh, ngày 12 tháng 10 năm 2026"),
        ("Nghệ An", None, "Nghệ An, ngày .... tháng .... năm ......"),
        ("", None, "....., ngày .... tháng .... năm ......"),
    ],
)
def test_place_and_date_follow_the_rules_for_official_documents(
    place: str, moment: datetime | None, shown: str
) -> None:
    assert place_and_date(place, moment) == shown


def test_a_moment_is_told_in_vietnam_time() -> None:
    assert moment_in_words(datetime(2026, 7, 31, 17, 5, tzinfo=UTC)) == "00:05 ngày 01/08/2026"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (unicodedata.normalize("NFD", "Nguyễn Thị Phương Thảo"), "Nguyễn Thị Phương Thảo"),
        ("một\r\nhai\rba\u2028bốn", "một\nhai\nba\nbốn"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("  a\tb\u3000c\u00a0d ", "a b c\u00a0d"),
        ("ẩn\u200b\u202e\u2066\ufeff\x00\u00ad", "ẩn"),
        ("\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-3}", "□□"),
        ("\uf001\ud800", "□□"),
        ("#$*@_`~\\<>[]{}|^", "#$*@_`~\\<>[]{}|^"),
    ],
)
def test_a_text_keeps_what_can_be_printed(written: str, shown: str) -> None:
    assert printable(written) == shown


def test_every_face_has_every_vietnamese_letter_in_both_cases() -> None:
    alphabet = LETTERS | {letter.upper() for letter in LETTERS}
    assert len(alphabet) == 146
    for face in FACES:
        assert alphabet - characters_of((FONTS_FOLDER / face).read_bytes()) == set()


def test_the_faces_also_have_the_signs_the_forms_themselves_print() -> None:
    assert set("×–·…“”□0123456789%().,;:/*-+=") - printable_characters() == set()


def test_the_fonts_stand_beside_their_licence() -> None:
    licence = (FONTS_FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1 - 26 February 2007" in licence
    assert "Copyright (c) 2012 Red Hat, Inc." in licence
    assert {path.name for path in FONTS_FOLDER.glob("*.ttf")} == set(FACES)


def font_with(cmap: bytes) -> bytes:
    """A font of one table: the header, one directory entry, the table itself at byte 28."""
    directory = struct.pack(">HHHH", 1, 0, 0, 0) + struct.pack(">4sLLL", b"cmap", 0, 28, len(cmap))
    return b"\x00\x01\x00\x00" + directory + cmap


def test_a_character_map_is_read_by_shift_and_by_list_of_glyphs() -> None:
    # Three segments: a–b shifted to glyphs 1 and 2; x–z by list (glyphs 5, none, 7); the closing one.
    ends, starts = (ord("b"), ord("z"), 0xFFFF), (ord("a"), ord("x"), 0xFFFF)
    shifts, offsets = ((1 - ord("a")) & 0xFFFF, 0, 1), (0, 4, 0)
    segments = struct.pack(">3HH3H3H3H3H", *ends, 0, *starts, *shifts, *offsets, 5, 0, 7)
    subtable = struct.pack(">7H", 4, 14 + len(segments), 0, 6, 0, 0, 0) + segments
    assert characters_of(font_with(struct.pack(">HHHHL", 0, 1, 3, 1, 12) + subtable)) == {"a", "b", "x", "z"}


def test_a_font_without_a_character_map_is_refused() -> None:
    with pytest.raises(ValueError, match="no table cmap"):
        characters_of(b"\x00\x01\x00\x00" + struct.pack(">HHHH", 0, 0, 0, 0))


def test_a_font_with_only_a_foreign_character_map_is_refused() -> None:
    with pytest.raises(ValueError, match="no Windows Unicode character map"):
        characters_of(font_with(struct.pack(">HHHHL", 0, 1, 1, 0, 12)))
