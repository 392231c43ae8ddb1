"""Names and searches in Vietnamese: found without marks, sorted as a Vietnamese reader expects."""

import re
import unicodedata
from functools import lru_cache

# NUL parts words as a space does: PostgreSQL answers a text that holds one with an error, whether stored or searched.
_SPACES = re.compile(r"[\s\x00]+")

# Letters and, inside a letter, tones in dictionary order: ngang, huyền, hỏi, ngã, sắc, nặng.
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"": "0", "\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}

# Both sort before every letter, whose codes begin at 10.
_END_OF_LETTERS, _END_OF_WORD = "00", "01"


def normal(text: str) -> str:
    """NFC, one space between words, no space at the ends."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def is_key(text: str) -> bool:
    """A record's key as an address may name it: digits, and no more of them than a column of keys holds.

    A longer number would end in an error of the database instead of finding nothing.
    """
    return text.isascii() and text.isdigit() and len(text) < 19


def fold(text: str) -> str:
    """Lower case without marks, đ as d: `Đặng Thị Nguyệt` → `dang thi nguyet`. Stored, indexed and searched."""
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return normal("".join(letter for letter in plain if not unicodedata.combining(letter)))


@lru_cache(maxsize=16_384)  # names are made of a few thousand syllables
def _word_key(word: str) -> str:
    """A key that sorts letters before tones: all `an` before all `ân`, `hoà` before `hoả`."""
    letters, tones = [], []
    for composed in unicodedata.normalize("NFC", word.lower()):
        tone = ""
        base = ""
        for part in unicodedata.normalize("NFD", composed):
            if part in _TONES:
                tone = part
            else:
                base += part
        letter = unicodedata.normalize("NFC", base)
        position = _LETTERS.find(letter) if letter else -1
        letters.append(f"{position + 10:02d}" if position >= 0 else f"99{ord(composed):07d}")
        tones.append(_TONES[tone])
    return "".join(letters) + _END_OF_LETTERS + "".join(tones)


def name_sort_key(full_name: str) -> str:
    """Given name, then family and middle names, in Vietnamese order, as one text of digits.

    Digits alone, because every database sorts them the same: many collations pass over spaces and bars.
    """
    words = normal(full_name).split(" ")
    ordered = [words[-1], *words[:-1]] if words != [""] else []
    return _END_OF_WORD.join(_word_key(word) for word in ordered)
