"""What the sheets of a set's workbook cannot say: the same set again, to the last digit of its digest.

An empty cell has one meaning, a specification may have three (nothing, null, an empty text); a text may hold spaces or
letters that Excel does not keep. Each such difference is one exact value: where it stands, what the sheets say, and
what it is. It is used only where the sheets still say the same; whoever edits the cell means the cell.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from kpi_cms.interfaces.exchange.workbooks.cells import Kind, Sheet

from .layout import OMIT

PIECE = 8_000
"""Characters of one cell; a longer value goes on in the next row under the same number."""
MAX_VALUES = 20_000

Path = tuple[str | int, ...]
Difference = tuple[Path, Any, Any]


def differences(read: Any, wanted: Any, path: Path = ()) -> Iterator[Difference]:
    """The values that differ, as deep as both have the same shape."""
    if isinstance(read, Mapping) and isinstance(wanted, Mapping):
        for name in dict.fromkeys([*read, *wanted]):
            yield from differences(read.get(name, OMIT), wanted.get(name, OMIT), (*path, name))
    elif isinstance(read, list) and isinstance(wanted, list) and len(read) == len(wanted):
        for index, (one, other) in enumerate(zip(read, wanted, strict=True)):
            yield from differences(one, other, (*path, index))
    elif not same(read, wanted):
        yield path, read, wanted


def same(one: Any, other: Any) -> bool:
    """Equal in type as well: 1 is not true, and nothing is not null."""
    if one is OMIT or other is OMIT:
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def rows_of(found: Iterable[Difference]) -> Iterator[tuple[Decimal, str]]:
    """The differences as rows of number and text, in letters that every workbook keeps."""
    for number, (path, was, value) in enumerate(found, start=1):
        entry: dict[str, Any] = {"path": list(path)}
        entry |= {name: each for name, each in (("was", was), ("is", value)) if each is not OMIT}
        text = json.dumps(entry)
        for start in range(0, len(text), PIECE):
            yield Decimal(number), text[start : start + PIECE]


def read_rows(sheet: Sheet) -> Iterator[Difference]:
    """The differences of a sheet; a row that is none is left out: it changes nothing."""
    pieces: dict[str, list[str]] = {}
    for row in sheet.rows():
        cells = {cell.column: cell for cell in row.cells}
        number, text = cells.get("A"), cells.get("B")
        if (
            number
            and text
            and number.kind is Kind.NUMBER
            and text.kind is Kind.TEXT
            and len(pieces) < MAX_VALUES
        ):
            pieces.setdefault(number.display, []).append(str(text.value))
    for texts in pieces.values():
        try:
            entry = json.loads("".join(texts), parse_float=_no_float, parse_constant=_no_float)
            path = tuple(part for part in entry["path"] if isinstance(part, str | int))
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        yield path, entry.get("was", OMIT), entry.get("is", OMIT)


def _no_float(text: str) -> Any:
    raise ValueError(text)


def apply(specification: dict[str, Any], found: Iterable[Difference]) -> None:
    """Put in the exact values, each only where the sheets say what they said when it was written down."""
    for path, was, value in found:
        if not path:
            continue
        node = _node(specification, path[:-1])
        if node is not None and same(_value(node, path[-1]), was):
            _put(node, path[-1], value)


def _node(node: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        node = _value(node, part)
        if node is OMIT:
            return None
    return node


def _value(node: Any, part: str | int) -> Any:
    if isinstance(node, dict) and isinstance(part, str):
        return node.get(part, OMIT)
    if isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node):
        return node[part]
    return OMIT


def _put(node: Any, part: str | int, value: Any) -> None:
    if isinstance(node, dict):
        node.pop(part, None)
        if value is not OMIT:
            node[str(part)] = value
    elif value is not OMIT and _value(node, part) is not OMIT:
        node[int(part)] = value
