"""Values as an official form writes them: decimal comma, dates in words, texts in printable letters."""

import re
import unicodedata
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

from kpi_cms.interfaces.reporting.forms.coverage import printable_characters

Number: TypeAlias = Decimal | str | None
"""A decimal to be formatted, a text to be printed as it is, or nothing yet."""

VIETNAM = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh: no daylight saving, so a fixed offset, which is also what the compiler's clock takes."""

UNPRINTABLE = "\N{WHITE SQUARE}"
_KEPT_SPACES = (" ", "\N{NO-BREAK SPACE}")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def printable(text: str) -> str:
    """The text in NFC, every character of it printable.

    Invisible format characters (zero width, direction overrides that could make a form read differently from
    its data) and control characters go; a character without a glyph, an emoji for example, becomes a white
    square.
    """
    normal = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text))
    joined = "".join(map(_printable_character, normal))
    return re.sub("\n{3,}", "\n\n", joined).strip()


def _printable_character(character: str) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if character == "\t" or (category == "Zs" and character not in _KEPT_SPACES):
        return " "
    if category in ("Cc", "Cf"):
        return ""
    # PDF/A forbids private-use code points even where the font has a glyph for them.
    return character if category != "Co" and character in printable_characters() else UNPRINTABLE


def decimal_comma(value: Number) -> str:
    """`Decimal("2.50")` → "2,5". Never rounds: whoever gives the value has decided how many digits are shown.

    A text stays as it is, None is an empty cell. Raises `ValueError` for a value that is not finite.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not value.is_finite():
        raise ValueError(f"A form can't print {value} as a number.")
    digits = format(value, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits.replace(".", ",")


def percent(fraction: Number) -> str:
    """`Decimal("0.9375")` → "93,75%": 2 places, half-up; all where 2 would wrongly claim 0% or 100%."""
    if not isinstance(fraction, Decimal):
        return decimal_comma(fraction)
    exact = fraction.scaleb(2)
    shown = exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    if shown in (0, 100):
        shown = exact
    return f"{decimal_comma(shown)}%"


def moment_in_words(moment: datetime) -> str:
    """ "16:05 ngày 30/07/2026", in Vietnam."""
    return moment.astimezone(VIETNAM).strftime("%H:%M ngày %d/%m/%Y")


def place_and_date(place: str, moment: datetime | None) -> str:
    """ "Nghệ An, ngày 05 tháng 8 năm 2026"; dots for the pen where something is not known yet.

    A day below 10 and the months 1 and 2 take a leading zero (Decree 30/2020/NĐ-CP, Annex I).
    """
    where = place.strip() or "....."
    if moment is None:
        return f"{where}, ngày .... tháng .... năm ......"
    local = moment.astimezone(VIETNAM)
    month = f"{local.month:02d}" if local.month <= 2 else str(local.month)
    return f"{where}, ngày {local.day:02d} tháng {month} năm {local.year}"
