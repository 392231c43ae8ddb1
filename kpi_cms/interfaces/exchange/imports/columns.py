"""Column objects: each knows its headers, reads one cell into one value, and says what is wrong with it.

A value that cannot be read raises `BadValue` with a code and a sentence that quotes the value and says what
to do.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpi_cms.interfaces.exchange.workbooks.cells import Cell, Kind
from kpi_cms.interfaces.exchange.workbooks.text import fold, look_alike

Text = str | Promise
PARENTHESES = re.compile(r"\([^)]*\)|\[[^\]]*\]")
EXPONENT = re.compile(r"[+-]?\d+([.,]\d+)?E[+-]?\d+", re.IGNORECASE)
DATE_TEXT = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
NUMBER_TEXT = re.compile(r"([+-]?)([0-9]+)(?:([.,])([0-9]+))?")
GENERAL_DIGITS = 11
"""Excel's General format shows longer numbers with an exponent."""


class BadValue(Exception):
    """A cell that its column cannot read. `code` is stable; `sentence` is for the file's author."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


TROUBLE: dict[str, Promise] = {
    "encoding": gettext_lazy(
        "“%(value)s” looks like text in an old font code (TCVN3, VNI) or is garbled (%(detail)s). Type it "
        "again in Unicode."
    ),
    "invisible": gettext_lazy(
        "“%(value)s” contains a character that cannot be seen (%(detail)s). Delete the cell and type the "
        "value again."
    ),
    "control": gettext_lazy(
        "“%(value)s” contains a forbidden character (%(detail)s). Delete the cell and type the value again."
    ),
    "too_long": gettext_lazy("The text is too long (%(detail)s characters). Shorten it."),
}


def length_of(model: type[Model], field: str) -> int:
    """How many characters the column of a table holds: what a sheet may bring for it, no more and no less."""
    length: int = model._meta.get_field(field).max_length  # type: ignore[union-attr,assignment]  # a text field
    return length


@lru_cache(maxsize=4096)
def header_keys(text: str) -> frozenset[str]:
    """The folded forms a header is recognised by: whole, and without what stands in brackets."""
    return frozenset(key for key in (fold(text), fold(PARENTHESES.sub("", text))) if key)


def tidy(text: str) -> str:
    """One line, single spaces."""
    return " ".join(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of an import.

    `label` is the header written into templates and used in messages; `aliases` are all headers it is
    recognised by, `prefixes` beginnings of such headers. `required`: the header must be there. `blank`: a
    cell may be empty. `reviewed`: `review` wants to see all its cells together.
    """

    key: str
    label: Text
    aliases: Sequence[str]
    prefixes: Sequence[str] = ()
    required: bool = True
    blank: bool = False
    accepts_formula: bool = False
    reviewed: bool = False

    def header_forms(self) -> set[str]:
        return {key for alias in self.aliases for key in header_keys(alias)}

    def matches(self, header: str) -> bool:
        keys = header_keys(header)
        if keys & self.header_forms():
            return True
        return any(key.startswith(fold(prefix)) for key in keys for prefix in self.prefixes)

    @property
    def empty(self) -> Any:
        """The value of a cell that may be empty and is."""
        return None

    def read(self, cell: Cell) -> Any:
        """The cell's value; raises `BadValue`."""
        if cell.kind is Kind.ERROR:
            raise BadValue(
                "error_cell",
                _("“%(value)s” is an Excel error. Type the value itself into the cell.")
                % {"value": cell.display},
            )
        if cell.kind is Kind.FORMULA and not self.accepts_formula:
            raise BadValue(
                "formula",
                _(
                    "“%(value)s” is a formula; formulas are not accepted here. Copy the cell and paste it "
                    "as a value."
                )
                % {"value": cell.display},
            )
        if cell.trouble:
            raise BadValue(
                cell.trouble.code,
                str(TROUBLE[cell.trouble.code]) % {"value": cell.display, "detail": cell.trouble.detail},
            )
        if cell.kind is Kind.EMPTY:
            if self.blank:
                return self.empty
            raise BadValue(
                "missing_value",
                _("The cell “%(header)s” is empty. Enter a value.") % {"header": self.label},
            )
        return self.parse(cell)

    def parse(self, cell: Cell) -> Any:
        """The value of a cell that is neither empty nor wrong in itself."""
        raise NotImplementedError

    def review(self, cells: Iterable[Cell]) -> Iterable[tuple[Cell, BadValue]]:
        """What only shows when the whole column is seen. Called once, with its cells that were read."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumn(Column):
    """Free text, at most `max_length` characters; one line unless `multiline`. `latin` refuses look-alike
    letters.
    """

    max_length: int = 500
    multiline: bool = False
    latin: bool = False

    @property
    def empty(self) -> str:
        return ""

    def parse(self, cell: Cell) -> str:
        if cell.kind is Kind.DATE:
            raise BadValue(
                "text_became_date",
                _(
                    "Excel has turned this text into the date %(value)s. Format the cell as Text and type "
                    "it again."
                )
                % {"value": cell.display},
            )
        text = str(cell.value) if cell.kind is Kind.TEXT else cell.display
        text = "\n".join(filter(None, map(tidy, text.split("\n")))) if self.multiline else tidy(text)
        if len(text) > self.max_length:
            raise BadValue(
                "too_long",
                _("“%(value)s” has %(length)s characters; at most %(limit)s are accepted. Shorten it.")
                % {"value": cell.display, "length": len(text), "limit": self.max_length},
            )
        if self.latin and (strange := look_alike(text)):
            raise BadValue(
                "look_alike",
                _(
                    "“%(value)s” contains “%(character)s”, which is not a Vietnamese letter. Type the "
                    "value again."
                )
                % {"value": cell.display, "character": strange},
            )
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailColumn(TextColumn):
    """An e-mail address, kept as typed but without a "mailto:" in front."""

    max_length: int = 254

    def parse(self, cell: Cell) -> str:
        text = TextColumn.parse(self, cell).removeprefix("mailto:")
        try:
            validate_email(text)
        except ValidationError as error:
            raise BadValue(
                "email",
                _(
                    "“%(value)s” is not an e-mail address. Write it like ten@nghean.gov.vn or leave the "
                    "cell empty."
                )
                % {"value": cell.display},
            ) from error
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneColumn(TextColumn):
    """A telephone number: digits, an optional leading +. A number cell of 9 digits has lost its 0, which is
    restored.
    """

    max_length: int = 20

    def parse(self, cell: Cell) -> str:
        text = cell.shown or TextColumn.parse(self, cell)
        digits = re.sub(r"[\s.\-()]", "", text)
        if cell.kind is Kind.NUMBER and cell.shown is None and re.fullmatch(r"[1-9]\d{8}", digits):
            digits = f"0{digits}"
        if not re.fullmatch(r"\+?[0-9]{8,15}", digits):
            raise BadValue(
                "phone",
                _("“%(value)s” is not a telephone number. Write 8 to 15 digits, or leave the cell empty.")
                % {"value": cell.display},
            )
        return digits


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeColumn(Column):
    """A code: kept exactly, with its leading zeros, as text.

    Excel destroys codes in cells that are not text: leading zeros go, long ones turn into 1.23E+11, "1-2"
    into a date. A whole number of at most 11 digits is taken as its digits, unless the column's text codes
    show that zeros are lost.
    """

    max_length: int = 64
    reviewed: bool = True
    pattern: str = r"[^\W_](?:[\w./&\-]*[^\W_])?"

    @property
    def empty(self) -> str:
        return ""

    def parse(self, cell: Cell) -> str:
        code = self._digits(cell) if cell.kind is Kind.NUMBER else self._text(cell)
        # Registers keep codes in capitals, and a few letters are longer there.
        if len(code.upper()) > self.max_length or not re.fullmatch(self.pattern, code):
            raise BadValue(
                "code",
                _(
                    "“%(value)s” is not a code. Use letters, digits, full stop, hyphen or slash, without "
                    "spaces, at most %(limit)s characters."
                )
                % {"value": cell.display, "limit": self.max_length},
            )
        return code

    def _text(self, cell: Cell) -> str:
        if cell.kind is not Kind.TEXT or EXPONENT.fullmatch(str(cell.value).strip()):
            raise _reshaped(cell)
        code = tidy(str(cell.value))
        if strange := look_alike(code):
            raise BadValue(
                "look_alike",
                _(
                    "The code “%(value)s” contains “%(character)s”, which only looks like a Latin letter "
                    "or digit. Type the code again."
                )
                % {"value": cell.display, "character": strange},
            )
        return code

    def _digits(self, cell: Cell) -> str:
        number = cell.value
        if not isinstance(number, Decimal) or number != number.to_integral_value() or number < 0:
            raise _reshaped(cell)
        digits = cell.shown or f"{number:f}"
        if cell.shown is None and len(digits) > GENERAL_DIGITS:
            raise _reshaped(cell)
        return digits

    def review(self, cells: Iterable[Cell]) -> Iterable[tuple[Cell, BadValue]]:
        numbers: list[Cell] = []
        width = 0
        for cell in cells:
            if cell.kind is Kind.NUMBER and cell.shown is None:
                numbers.append(cell)
                continue
            code = str(cell.shown or cell.value).strip()
            if code.startswith("0") and code.isdigit():
                width = max(width, len(code))
        for cell in numbers:
            if len(cell.display) < width:
                yield cell, _reshaped(cell)


def _reshaped(cell: Cell) -> BadValue:
    return BadValue(
        "code_reshaped",
        _(
            "Excel has changed the form of this code (now %(value)s). Format the column as Text and type "
            "the code again."
        )
        % {"value": cell.display},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DateColumn(Column):
    """A true date cell, or text dd/mm/yyyy (also with "." or "-", and yyyy-mm-dd), between `earliest` and
    `latest`.

    Days before 1 March 1900 are refused whatever `earliest` says: there the 1900 calendar of Excel is wrong
    by a day.
    """

    earliest: date = date(1900, 3, 1)
    latest: date = date(2199, 12, 31)

    def parse(self, cell: Cell) -> date:
        found = self._date(cell)
        if not self.earliest <= found <= self.latest:
            raise BadValue(
                "date_range",
                _("The date %(value)s is not between %(earliest)s and %(latest)s. Correct it.")
                % {
                    "value": cell.display,
                    "earliest": f"{self.earliest:%d/%m/%Y}",
                    "latest": f"{self.latest:%d/%m/%Y}",
                },
            )
        return found

    def _date(self, cell: Cell) -> date:
        if isinstance(cell.value, datetime):
            return cell.value.date()
        if isinstance(cell.value, date):
            return cell.value
        if cell.kind is Kind.TEXT:
            text = str(cell.value).strip()
            if match := DATE_TEXT.fullmatch(text):
                day, month, year = map(int, match.groups())
            elif match := ISO_DATE.fullmatch(text):
                year, month, day = map(int, match.groups())
            else:
                raise _bad_date(cell)
            try:
                return date(year, month, day)
            except ValueError as error:
                raise _bad_date(cell) from error
        raise _bad_date(cell)


def _bad_date(cell: Cell) -> BadValue:
    return BadValue(
        "date",
        _("“%(value)s” is not a date. Write day/month/year, for example 01/07/2026.")
        % {"value": cell.display},
    )


def read_decimal(cell: Cell) -> Decimal:
    """The one documented reading of a number: a number cell, or text with one "," or "." as the decimal mark.

    Text that may be a thousand ("1.000", "1,000") or groups digits ("1.000,5", "1 000") is refused, never
    guessed.
    """
    if isinstance(cell.value, Decimal):
        return cell.value + 0
    text = str(cell.value).strip() if cell.kind is Kind.TEXT else ""
    match = NUMBER_TEXT.fullmatch(text)
    if match is None or (match.group(3) and len(match.group(4)) == 3 and match.group(2).strip("0")):
        raise BadValue(
            "number",
            _(
                "“%(value)s” is not a number. Write it with one decimal comma and no separator of "
                "thousands, for example 8,5."
            )
            % {"value": cell.display},
        )
    sign, whole, _mark, fraction = match.groups()
    return Decimal(f"{sign}{whole}.{fraction or '0'}" if fraction else f"{sign}{whole}") + 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DecimalColumn(Column):
    """An exact decimal within `minimum`…`maximum`, with at most `places` decimal places."""

    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(1_000_000)
    places: int = 2

    def parse(self, cell: Cell) -> Decimal:
        number = read_decimal(cell)
        if not self.minimum <= number <= self.maximum:
            raise BadValue(
                "number_range",
                _("%(value)s is not between %(minimum)s and %(maximum)s. Correct it.")
                % {"value": cell.display, "minimum": comma(self.minimum), "maximum": comma(self.maximum)},
            )
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.places:
            raise BadValue(
                "number_places",
                _("%(value)s has more than %(places)s decimal places. Round it.")
                % {"value": cell.display, "places": self.places},
            )
        return number


def comma(number: Decimal) -> str:
    """A decimal as it is shown: plain digits, decimal comma."""
    return f"{number:f}".replace(".", ",")


class Choice(NamedTuple):
    """A stored value and the spellings it is recognised by, in both languages, the template's label first."""

    value: str
    labels: tuple[str, ...]


@lru_cache(maxsize=64)
def _spellings(choices: tuple[Choice, ...]) -> dict[str, str]:
    """Folded spelling → value."""
    return {fold(spelling): choice.value for choice in choices for spelling in (choice.value, *choice.labels)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceColumn(Column):
    """One of a few values, written in Vietnamese, in English or as the code; marks, case and spaces don't
    matter.
    """

    choices: Sequence[Choice]
    default: str = ""

    @property
    def empty(self) -> str:
        return self.default

    def parse(self, cell: Cell) -> str:
        found = _spellings(tuple(self.choices)).get(
            fold(str(cell.value) if cell.kind is Kind.TEXT else cell.display)
        )
        if found is not None:
            return found
        raise BadValue(
            "choice",
            _("“%(value)s” is not one of the values of “%(header)s”. Choose: %(choices)s.")
            % {
                "value": cell.display,
                "header": self.label,
                "choices": ", ".join(choice.labels[0] for choice in self.choices),
            },
        )


YES = frozenset({"co", "c", "x", "yes", "y", "true", "dung", "1"})
NO = frozenset({"khong", "k", "no", "n", "false", "sai", "0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BooleanColumn(Column):
    """Có or không; also x, yes/no, true/false, 1/0. An empty cell, where allowed, is `default`."""

    default: bool | None = False

    @property
    def empty(self) -> bool | None:
        return self.default

    def parse(self, cell: Cell) -> bool:
        if isinstance(cell.value, bool):
            return cell.value
        key = fold(cell.display)
        if key in YES:
            return True
        if key in NO:
            return False
        raise BadValue(
            "boolean",
            _("“%(value)s” is neither “có” nor “không”. Write one of the two.") % {"value": cell.display},
        )
