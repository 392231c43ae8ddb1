"""Words that occur nowhere else, so that a leak is seen: each names whose it is, what it is, and of which state.

`qx` + two letters of a person or unit + one letter of the kind + one digit of the state + `xq`. It survives folding,
escaping and printing, and it is found in page, header, workbook, printed form and mail alike.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile, is_zipfile

KINDS = "nuserwofdmp"
NAME, UNIT, SELF, EVALUATION, REASON, TASK, NOTE, FAULT, RECORD, EVIDENCE, PROOF = KINDS
"""A name or staff code; a unit's name; a remark of the person, of the evaluator; the reason of a return; a task's
name; its note; the reason of a major error; a record of the registers (a decision's number, a catalogue's title); a
file attached to a criterion, to a task."""

# As written, folded, or in capitals. In any mixture of case, the tokens of some thousand pages spell one by chance.
_MARK = re.compile(
    rf"[Qq]x([a-z]{{2}})([{KINDS}])([0-9])xq|QX([A-Z]{{2}})([{KINDS.upper()}])([0-9])XQ",
)


@dataclass(frozen=True)
class Mark:
    """Whose, what, and of a card in which state (0 where the state does not matter)."""

    owner: str
    kind: str
    state: int = 0

    def __str__(self) -> str:
        return f"Qx{self.owner}{self.kind}{self.state}xq"


def marks_in(text: str) -> set[Mark]:
    """Every mark of a text."""
    found = (match.groups() for match in _MARK.finditer(text))
    return {
        Mark((lower or upper).lower(), (kind or capital).lower(), int(state or number))
        for lower, kind, state, upper, capital, number in found
    }


def texts_of(response: Any) -> Iterator[str]:
    """Everything an answer carries: body, headers, cookies, and the text inside a file."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    yield unquote(" ".join(f"{name}: {value}" for name, value in response.items()))
    yield unquote(response.cookies.output())
    if body.startswith(b"%PDF"):
        yield printed(body)
    elif is_zipfile(BytesIO(body)):
        yield from unpacked(body)
    else:
        yield html.unescape(body.decode("utf-8", errors="replace"))


def printed(pdf: bytes) -> str:
    """The text of a printed form."""
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def unpacked(archive: bytes) -> Iterator[str]:
    """Every part of a workbook as it is stored, its cells included."""
    with ZipFile(BytesIO(archive)) as parts:
        for name in parts.namelist():
            yield html.unescape(parts.read(name).decode("utf-8", errors="replace"))
