"""Numbers, days and moments as a reader sees them; and numbers as a reader types them.

No settings and no language state: the caller says which language, so that a form printed in Vietnamese is the
same whoever prints it.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from zoneinfo import ZoneInfo

Number = Decimal | Fraction | int | str | None

NOTHING = "–"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_TYPED = re.compile(r"(\d+)(?:[.,]\d{1,4})?", re.ASCII)
DIGITS, DIGITS_OF_AMOUNT = 6, 15
"""Before the decimal mark: of points and quantities of tasks, and of an amount, such as a budget in đồng."""
# "1.000" is a thousand to one reader and one to the next; "0,125" is the same to both.
_TWO_WAYS = re.compile(r"(\d*[1-9]\d*)[.,](\d{3})", re.ASCII)


class TwoReadings(ValueError):
    """Three digits after a mark: "1.125" as it was typed is `whole` 1125, or 1,125, which a field writes 1,1250."""

    def __init__(self, text: str, whole: str, decimal: Decimal) -> None:
        super().__init__(f"{text!r} may be {whole}, or {decimal} with a decimal mark")
        self.text, self.whole, self._decimal = text, whole, decimal

    def decimal(self, language: str) -> str:
        """The number with its decimals, as it can be typed."""
        return format_typed(self._decimal, language=language)


def separator(language: str) -> str:
    """The decimal mark: a point in English, else a comma."""
    return "." if language.split("-")[0] == "en" else ","


def exact(value: Decimal | Fraction | int | str) -> Fraction:
    """The value as a fraction. Text is plain: "92.625" or "92,625". Raises ValueError for anything else."""
    if isinstance(value, str):
        value = value.strip().replace(",", ".")
        try:
            value = Decimal(value)
        except InvalidOperation:
            raise ValueError(f"{value!r} is not a number") from None
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is not a number")
    return Fraction(value)


def _half_up(value: Fraction, places: int) -> int:
    """`value` × 10^places as a whole number, halves away from zero."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return -whole if value < 0 else whole


def _written(scaled: int, places: int, language: str) -> str:
    digits = str(abs(scaled)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 else ""
    if not places:
        return sign + digits
    return f"{sign}{digits[:-places]}{separator(language)}{digits[-places:]}"


def _stripped(text: str, language: str) -> str:
    mark = separator(language)
    return text.rstrip("0").rstrip(mark) if mark in text else text


def format_points(
    value: Number,
    *,
    language: str = "vi",
    places: int = 2,
    bounds: Iterable[Decimal | Fraction | int | str] = (),
) -> str:
    """Points with exactly `places` decimals, rounded half up: 92.625 → "92,63". None → "–".

    Where rounding would reach one of `bounds` (the lower limits of the bands) that the exact value does not
    reach, more digits are shown: 89.995 beside the bound 90 → "89,995" (the band follows the exact score).
    """
    if value is None or value == "":
        return NOTHING
    number = exact(value)
    limits = [limit for limit in map(exact, bounds) if limit > number]
    if limits:
        nearest = min(limits)
        while Fraction(_half_up(number, places), 10**places) >= nearest:
            places += 1
    return _written(_half_up(number, places), places, language)


def format_quantity(value: Number, *, language: str = "vi", places: int = 4) -> str:
    """A quantity or a coefficient without needless zeros: 1.50 → "1,5", 12.00 → "12". None → "–"."""
    if value is None or value == "":
        return NOTHING
    return _stripped(_written(_half_up(exact(value), places), places, language), language)


def format_typed(value: Number, *, language: str = "vi", places: int = 4) -> str:
    """A number as it stands in a field, which `read_decimal` reads again: 1.125 → "1,1250". None → ""."""
    if value is None or value == "":
        return ""
    text = format_quantity(value, language=language, places=places)
    return f"{text}0" if _TWO_WAYS.fullmatch(text) else text


def format_percent(value: Number, *, language: str = "vi", places: int = 2) -> str:
    """A ratio as per cent, 1 being the whole: 0.9375 → "93,75%", 1 → "100%". None → "–"."""
    if value is None or value == "":
        return NOTHING
    return format_quantity(exact(value) * 100, language=language, places=places) + "%"


def format_count(value: int | None, *, language: str = "vi") -> str:
    """A count with its thousands apart: 70000 → "70.000", in English "70,000". None → "–"."""
    if value is None:
        return NOTHING
    grouped = f"{value:,d}"
    return grouped if separator(language) == "." else grouped.replace(",", ".")


def format_day(value: date | datetime | None) -> str:
    """A day as 31/07/2026; of a moment, the day in Việt Nam. None → "–"."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(ZONE)
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def format_moment(value: datetime | None) -> str:
    """A moment as 31/07/2026 17:05, the clock of Việt Nam; without a zone it is local already. None → "–"."""
    if value is None:
        return NOTHING
    local = value.astimezone(ZONE) if value.tzinfo is not None else value
    return f"{format_day(local)} {local.hour:02d}:{local.minute:02d}"


def read_decimal(text: str, *, digits: int = DIGITS) -> Decimal:
    """A number as it is typed, "4,5" or "4.5": up to so many digits, then up to four decimals.

    Raises ValueError for anything else, "1.234,5" and "1,234.5" included: which mark is the decimal one? And
    TwoReadings for "1.000", which may be a thousand; an import refuses the same.
    """
    text = text.strip()
    found = _TYPED.fullmatch(text)
    if found is None or len(found[1]) > digits:
        raise ValueError(f"{text!r} is not a number of this form: 4,5")
    if match := _TWO_WAYS.fullmatch(text):
        raise TwoReadings(text, "".join(match.groups()).lstrip("0"), Decimal(text.replace(",", ".")))
    return Decimal(text.replace(",", "."))
