"""A look at a worksheet's XML while it streams past: sizes, order, hidden data. Constant memory, no parser.

The scan is a first net for ordinary and for carelessly hostile files; whoever writes references that only a
parser resolves (character references, lower-case columns) meets the same limits again in the reading process.
"""

import re

from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.limits import COLUMNS, Limits

CARRY = 256 * 1024
"""A tag with the text after it is shorter than this in every cell Excel permits (32,767 characters)."""

PREFIX = rb"<(?:[A-Za-z_][\w.-]*:)?"
LANDMARK = re.compile(PREFIX + rb"(row|col|mergeCell)(?=[\s/>])([^<>]*)>")
ATTRIBUTE = re.compile(rb"([A-Za-z]+)\s*=\s*[\"']([^\"']*)[\"']")
FAR_CELL = re.compile(rb"\sr=[\"']([A-Z]{3}|[J-Z][A-Z]|I[W-Z])[0-9]")
FILLED_CELL = re.compile(PREFIX + rb"c\s[^<>]*?\br=[\"']([A-Z]{1,3})[0-9]+[\"'][^<>]*(?<!/)>\s*<(?!/)")
CONTENT = re.compile(PREFIX + rb"(?:v|is|f)(?=[\s>])")
TRUE = (b"1", b"true")


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _corner(reference: str) -> tuple[int, int]:
    """Column and row of a reference such as CV100000."""
    match = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,9})", reference.upper())
    if match is None:
        raise WorkbookRefused("damaged")
    return column_number(match.group(1)), int(match.group(2))


class SheetScan:
    """Feed it the chunks of one worksheet; it raises `WorkbookRefused` at the first excess."""

    def __init__(self, sheet: str, limits: Limits) -> None:
        self.sheet = sheet
        self.limits = limits
        self.carry = b""
        self.row = 0
        self.row_hidden = False
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged = 0

    def feed(self, chunk: bytes) -> None:
        text = self.carry + chunk
        # A cell is looked at together with the tag after it, so the last two tags wait for the next chunk.
        cut = text.rfind(b"<", 0, max(text.rfind(b"<"), 0))
        if cut < 0 or len(text) - cut > CARRY:
            if len(text) > CARRY:
                raise WorkbookRefused("damaged")
            self.carry = text
            return
        self.carry = text[cut:]
        self._look(text[:cut])

    def close(self) -> None:
        self._look(self.carry)
        self.carry = b""

    def _look(self, text: bytes) -> None:
        start = 0
        for landmark in LANDMARK.finditer(text):
            self._segment(text, start, landmark.start())
            start = landmark.end()
            attributes = dict(ATTRIBUTE.findall(landmark.group(2)))
            if landmark.group(1) == b"row":
                self._row(attributes)
            elif landmark.group(1) == b"col":
                self._column(attributes)
            else:
                self._merge(attributes)
        self._segment(text, start, len(text))
        if far := FAR_CELL.search(text):
            raise WorkbookRefused("too_many_columns", sheet=self.sheet, column=far.group(1).decode())

    def _segment(self, text: bytes, start: int, end: int) -> None:
        """What stands between two landmarks: the cells of the row before it."""
        if self.row_hidden and CONTENT.search(text, start, end):
            raise WorkbookRefused("hidden_row", sheet=self.sheet, row=self.row)
        if self.hidden_columns and self.row:
            for match in FILLED_CELL.finditer(text, start, end):
                letters = match.group(1).decode()
                number = column_number(letters)
                if any(first <= number <= last for first, last in self.hidden_columns):
                    raise WorkbookRefused("hidden_column", sheet=self.sheet, column=letters)

    def _row(self, attributes: dict[bytes, bytes]) -> None:
        reference = attributes.get(b"r")
        if reference is None:
            number = self.row + 1
        elif reference.isdigit() and len(reference) < 10:
            number = int(reference)
        else:
            raise WorkbookRefused("damaged")
        if number <= self.row:
            raise WorkbookRefused("row_order", sheet=self.sheet, row=number)
        if number > self.limits.last_row:
            raise WorkbookRefused("too_many_rows", sheet=self.sheet, row=number, limit=self.limits.rows)
        self.row = number
        self.row_hidden = attributes.get(b"hidden") in TRUE

    def _column(self, attributes: dict[bytes, bytes]) -> None:
        if attributes.get(b"hidden") not in TRUE:
            return
        first, last = attributes.get(b"min", b""), attributes.get(b"max", b"")
        if first.isdigit() and last.isdigit():
            self.hidden_columns.append((int(first), min(int(last), COLUMNS)))

    def _merge(self, attributes: dict[bytes, bytes]) -> None:
        self.merged += 1
        if self.merged > self.limits.merged_ranges:
            raise WorkbookRefused("too_many_merged", sheet=self.sheet)
        reference = attributes.get(b"ref", b"").decode("ascii", "replace")
        ends = reference.split(":")
        (left, top), (right, bottom) = _corner(ends[0]), _corner(ends[-1])
        if (abs(right - left) + 1) * (abs(bottom - top) + 1) > self.limits.merged_cells:
            raise WorkbookRefused("merged_too_large", sheet=self.sheet, range=reference)
