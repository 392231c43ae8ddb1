"""The canonical bytes of the ledger's chain: what is hashed, letter for letter (docs/ledger.md). Plain Python.

A row is one line: its columns in the order of their form, with TAB between them, as PostgreSQL's COPY writes them in
UTC. Whoever has the lines needs SHA-256 and nothing else; `tests/foundation/audit/ledger_vectors.json` holds examples.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

FORMAT = "kpi-ledger-1"
PROVINCE = "@"  # the chain of what happened in no unit of the second level
GENESIS = bytes(32)  # the head before the first link
NULL = "\\N"
HASH_LENGTH = 32

_ESCAPED = str.maketrans(
    {"\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
)
_WRITTEN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


# --- Values -------------------------------------------------------------------------------------------------
def escape(text: str) -> str:
    return text.translate(_ESCAPED)


def unescape(text: str) -> str:
    """The text of a column; NULL is asked for before."""
    return re.sub(r"\\(.)", lambda found: _WRITTEN.get(found[1], found[1]), text)


def json_text(value: Any) -> str:
    """JSON as PostgreSQL's jsonb writes it: keys by length in bytes, then by bytes; ", " and ": "; no ASCII escapes."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{json_text(key)}: {json_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(json_text(item) for item in value) + "]"
    if isinstance(value, float):
        raise TypeError("The ledger holds no binary fractions: write a number as text.")
    return json.dumps(value, ensure_ascii=False)


def time_text(moment: datetime) -> str:
    """UTC, with as many digits of the second as there are."""
    written = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return (written.rstrip("0") if "." in written else written) + "+00"


def value_text(kind: str, value: Any) -> str:
    """One value of a column of this kind, escaped: what stands between two TABs."""
    if value is None:
        return NULL
    if kind in ("text", "inet", "uuid", "int"):
        return escape(str(value))
    if kind == "bool":
        return "t" if value else "f"
    if kind == "time":
        assert isinstance(value, datetime)
        return time_text(value)
    if kind == "date":
        assert isinstance(value, date)
        return value.isoformat()
    if kind == "json":
        return escape(json_text(value))
    places = int(kind.removeprefix("decimal."))
    return f"{Decimal(value):.{places}f}"


# --- Rows ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Form:
    """The columns of a table as (name, kind), in order. `pk` is the number under which seals name it."""

    table: str
    columns: tuple[tuple[str, str], ...]
    pk: int = 0
    digest: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha256(self.header.encode()).digest())

    @property
    def header(self) -> str:
        return "\t".join([FORMAT, self.table, *(f"{name}:{kind}" for name, kind in self.columns)])

    @classmethod
    def read(cls, header: str, pk: int = 0) -> "Form":
        """The form of a header. Raises ValueError for another format."""
        format_name, table, *columns = header.split("\t")
        if format_name != FORMAT:
            raise ValueError(f"This ledger is written as {format_name}; this program knows {FORMAT}.")
        return cls(
            table, tuple((name, kind) for name, _colon, kind in (each.partition(":") for each in columns)), pk
        )

    def index(self, name: str) -> int | None:
        """Where a column stands in the line."""
        return next((place for place, (column, _kind) in enumerate(self.columns) if column == name), None)

    def line(self, values: Sequence[Any]) -> bytes:
        """The line of a row, without an end of line."""
        kinds = (kind for _name, kind in self.columns)
        return "\t".join(map(value_text, kinds, values)).encode()

    def values(self, line: bytes) -> dict[str, str | None]:
        """Column → text, of a line."""
        parts = line.decode().split("\t")
        return {
            name: None if part == NULL else unescape(part)
            for (name, _kind), part in zip(self.columns, parts, strict=False)
        }


def row_hash(form: Form, line: bytes) -> bytes:
    """SHA-256 of the form's digest and the line."""
    return sha256(form.digest + line).digest()


# --- Links --------------------------------------------------------------------------------------------------
def link_line(chain: str, number: int, form_pk: int, row_id: int, sealed_at: str, hashed: bytes) -> bytes:
    """What a link says beside the head before it; `sealed_at` as `time_text` writes it."""
    return f"{escape(chain)}\t{number}\t{form_pk}\t{row_id}\t{sealed_at}\t{hashed.hex()}".encode()


def next_head(previous: bytes, line: bytes) -> bytes:
    """SHA-256 of the head before and the link's line."""
    return sha256(previous + line).digest()


# --- Texts --------------------------------------------------------------------------------------------------
def text_key(salt: str, kind: str, person_code: str, text: str) -> UUID:
    """The key of an erasable text: the first 16 bytes of the SHA-256 of its salt, kind, staff code and words.

    So whatever holds the key holds the salted hash; without the salt it tells nothing about the words.
    """
    content = "\t".join([FORMAT, escape(salt), escape(kind), escape(person_code), escape(text)])
    return UUID(bytes=sha256(content.encode()).digest()[:16])
