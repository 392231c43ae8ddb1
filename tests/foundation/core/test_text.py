"""Names are found without marks and stand in the order a Vietnamese reader expects, on every database."""

import random
import unicodedata

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from kpi_cms.foundation.core.text import fold, is_key, name_sort_key, normal

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]
vowels = st.sampled_from("aăâeêioôơuưy")
syllables = st.builds(
    lambda first, vowel, tone, last: unicodedata.normalize("NFC", first + vowel + tone + last),
    st.sampled_from(["", *"bcdđghklmnprstvx", "ng", "th"]),
    vowels,
    st.sampled_from(TONES),
    st.sampled_from(["", "c", "m", "n", "ng", "p", "t", "i", "o"]),
)
names = st.lists(syllables, min_size=1, max_size=4).map(" ".join)


def shuffled(texts):
    return random.Random(335).sample(texts, len(texts))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Đặng Thị Nguyệt", "dang thi nguyet"),
        ("NGUYỄN  Văn\tƯởng ", "nguyen van uong"),
        (unicodedata.normalize("NFD", "Trần Quốc Toản"), "tran quoc toan"),
        ("Hòa – Hoà", "hoa – hoa"),
        ("Hồ\x00Lan\x00", "ho lan"),
        ("\x00", ""),
        ("", ""),
    ],
)
def test_a_name_is_found_without_marks(typed, found):
    assert fold(typed) == found


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(names)
def test_both_unicode_forms_of_a_name_are_one_name(name):
    decomposed = unicodedata.normalize("NFD", name)
    assert normal(decomposed) == normal(name)
    assert fold(decomposed) == fold(name)
    assert name_sort_key(decomposed) == name_sort_key(name)


def test_people_stand_by_given_name_then_family_name():
    wanted = [
        "Trần Thị An",
        "Lê Văn Ân",
        "Đỗ Văn Bình",
        "Lê Thị Bình",
        "Lê Văn Bình",
        "Nguyễn Bình",
        "Hồ Dũng",
        "Hồ Đức",
        "Cao Hoà",
        "Bùi Hoả",
        "An Hoãn",
        "An Ý",
    ]
    assert sorted(shuffled(wanted), key=name_sort_key) == wanted


def test_letters_count_before_tones():
    assert sorted(["hoạ", "hoan", "hoá", "hoã", "hoả", "hoà", "hoa"], key=name_sort_key) == [
        "hoa", "hoà", "hoả", "hoã", "hoá", "hoạ", "hoan",
    ]  # fmt: skip


def test_every_letter_has_its_place():
    assert sorted(shuffled(LETTERS), key=name_sort_key) == list(LETTERS)


def naive(word):
    """The rule in words: compare the letters, then the tones."""
    letters, tones = [], []
    for letter in word:
        parts = unicodedata.normalize("NFD", letter)
        tone = next((part for part in parts if part in TONES[1:]), "")
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part != tone))
        letters.append(LETTERS.index(base))
        tones.append(TONES.index(tone))
    return letters, tones


@given(names, names)
def test_the_key_agrees_with_the_rule(one, other):
    def rule(name):
        words = name.split(" ")
        return [naive(word) for word in [words[-1], *words[:-1]]]

    assert (name_sort_key(one) < name_sort_key(other)) == (rule(one) < rule(other))


@given(st.text(max_size=120))
def test_any_text_gets_a_key_of_digits(text):
    assert set(name_sort_key(text)) <= set("0123456789")


@pytest.mark.parametrize("foreign", ["K’Sor Hằng", "O'Neil", "Rơ Mah 2", "Jean-Luc"])
def test_names_of_other_peoples_come_after_the_letters(foreign):
    assert name_sort_key(foreign) > name_sort_key("An")


def test_a_key_is_digits_that_a_column_holds():
    assert [text for text in ("1", "0042", "9" * 18, "9" * 19, "", "x", "-1", "1.0", "²", "١") if is_key(text)] == [
        "1", "0042", "9" * 18,
    ]  # fmt: skip


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("collation", ["C", "en-x-icu", "vi-x-icu"])
def test_every_collation_sorts_the_keys_alike(collation):
    wanted = ["An", "Hoà An", "Lê Ân", "Bình", "An Bình", "Đức", "K’Sor"]
    wanted.sort(key=name_sort_key)
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT key FROM unnest(%s::text[]) AS key ORDER BY key COLLATE "{collation}"',
            [[name_sort_key(name) for name in reversed(wanted)]],
        )
        assert [row[0] for row in cursor.fetchall()] == [name_sort_key(name) for name in wanted]
