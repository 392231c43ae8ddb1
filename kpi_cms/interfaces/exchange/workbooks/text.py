"""Text as it comes out of people's workbooks: one normal form, and what is wrong with it. No Django.

Codes of trouble: `encoding` (a legacy Vietnamese font, a wrong code page, U+FFFD), `invisible` (zero-width or
direction-changing characters), `control` (characters that no keyboard types), `too_long`.
"""

import re
import unicodedata
from functools import lru_cache

from kpi_cms.interfaces.exchange.workbooks.cells import Trouble

INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
ESCAPED = re.compile(r"_x00([0-9A-Fa-f]{2})_")
SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

# Letters of the Latin-1 range that Vietnamese uses; every other letter there is a sign of a legacy font.
_VOWELS = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý"
_FOREIGN = "ÄÅÆÇËÎÏÐÑÖØÛÜÞßäåæçëîïðñöøûüþÿ"
_LETTER = "[^\\W\\d_]"

CERTAIN = re.compile(
    "|".join(
        (
            "\ufffd",
            "[\x80-\x9f]",
            # UTF-8 read as a Western code page: "á»…", "Ä‘", "Æ°", "Ã¡".
            "á[º»]",
            "[ÄÆ][\u2018\u2019\u201c\u201d\u02dc°±¡¯¨©]",
            "Ã[¡-¿\u0160\u0161\u0178\u017d\u017e\u2018-\u201e\u2020-\u2022\u20ac\u2122]",
            "â€",
            # TCVN3: a symbol inside a word ("V¨n"), at its end ("nhµ") or a struck D before a letter ("§ång",
            # "®i").
            f"{_LETTER}[¡¢£¤¥¦§¨©ª«¬®¯´µ¶¸¹º»¼½¾¿]{_LETTER}",
            f"{_LETTER}[µ¶¸¹¨ª¬¾¼](?!\\w)",
            f"[§®]{_LETTER}",
            # TCVN3: a capital vowel after a small letter ("NguyÔn", "TrÇn").
            f"[a-z][{_FOREIGN[: _FOREIGN.index('ß')]}{_VOWELS[: _VOWELS.index('à')]}](?![A-ZĐ])",
            # VNI: the mark is a letter of its own after the vowel ("Nguyeãn", "Traàn", "öôùng").
            f"[aeAE][{_VOWELS}{_FOREIGN}]",
            # Windows-1258 and VNI: two marked letters of Latin-1 side by side.
            f"[{_VOWELS}öôÖÔ][{_VOWELS}{_FOREIGN}]",
        )
    )
)
WEAK = re.compile(f"[{_FOREIGN}]")
LATIN1 = re.compile("[\x80-\xff\ufffd\u0160\u0161\u0178\u017d\u017e\u2018-\u201e\u20ac]")


def legacy_encoding(text: str) -> str | None:
    """The piece of NFC text that betrays a legacy font or a wrong code page, or None.

    One foreign letter alone is no proof ("Müller"); two of them in a cell are.
    """
    if not LATIN1.search(text):
        return None
    match = CERTAIN.search(text)
    if match:
        return match.group()
    weak = WEAK.findall(text)
    return "".join(weak[:3]) if len(weak) > 1 else None


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 16))


def clean(text: str, *, length: int) -> tuple[str, Trouble | None]:
    """Text in NFC with plain spaces and "\\n" line ends, invisible and control characters taken out; and the
    trouble.

    Trouble is the first of: too long, control, invisible, encoding. The characters are taken out so that a
    message can quote the value safely; the cell is refused all the same.
    """
    if len(text) > length:
        return text[:length], Trouble("too_long", str(len(text)))
    if "_x00" in text:
        text = ESCAPED.sub(_unescape, text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    trouble = None
    if found := CONTROL.search(text):
        trouble = Trouble("control", f"U+{ord(found.group()):04X}")
        text = CONTROL.sub("", text)
    if text.isascii():
        return text, trouble
    if found := INVISIBLE.search(text):
        trouble = trouble or Trouble("invisible", f"U+{ord(found.group()):04X}")
        text = INVISIBLE.sub("", text)
    text = SPACES.sub(" ", unicodedata.normalize("NFC", text))
    if piece := legacy_encoding(text):
        trouble = trouble or Trouble("encoding", piece)
    return text, trouble


def look_alike(text: str) -> str | None:
    """The first letter or digit that only looks Latin (Cyrillic, Greek, full-width), or None."""
    for character in text:
        if character.isascii() or not character.isalnum():
            continue
        if unicodedata.normalize("NFKC", character) != character or not unicodedata.name(
            character, ""
        ).startswith("LATIN"):
            return character
    return None


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The skeleton two spellings of a header or a choice share: no marks, no case, only letters and digits."""
    decomposed = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(character for character in decomposed.casefold() if character.isalnum())
