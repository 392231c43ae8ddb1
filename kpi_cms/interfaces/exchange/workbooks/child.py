"""The separate reading process: a workbook on standard input, one JSON line for each row on standard output.

It runs with limited memory and CPU, without the parent's environment and without Django. Lines:

    ["s", title]                                        a sheet begins
    [row, [[column, kind, value, shown?, trouble?, cached?], …]]   a row with content
    ["x", code, {details}]                              refused; last line
    ["z"]                                               read to the end; last line
"""

import io
import json
import math
import re
import sys
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import IO, Any

from kpi_cms.interfaces.exchange.workbooks.limits import COLUMNS
from kpi_cms.interfaces.exchange.workbooks.text import clean

STRICT = b"purl.oclc.org/ooxml"
TRANSITIONAL = (
    (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
)
ZEROS = re.compile("0+")
SIGNIFICANT = 15
"""Excel keeps and shows 15 significant digits; what a binary float has beyond them nobody typed."""


_clean = lru_cache(maxsize=2048)(clean)  # unit codes and choices repeat down a column


class Excess(Exception):
    """A limit passed in spite of the guard. `code` and `details` as in `WorkbookRefused`."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def decimal_text(value: int | float) -> str | None:
    """The exact decimal Excel shows for a number, as text; None when it is not finite."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return None
    shortest = repr(value)
    digits = sum(character.isdigit() for character in shortest.partition("e")[0].lstrip("-0."))
    return f"{value:.{SIGNIFICANT}g}" if digits > SIGNIFICANT else shortest


def transitional(stream: IO[bytes]) -> IO[bytes]:
    """The same workbook with the strict standard's names replaced by the usual ones, which openpyxl knows."""
    with zipfile.ZipFile(stream) as archive:
        if STRICT not in archive.read("xl/workbook.xml"):
            stream.seek(0)
            return stream
        rewritten = io.BytesIO()
        with zipfile.ZipFile(rewritten, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for info in archive.infolist():
                content = archive.read(info)
                for strict, usual in TRANSITIONAL:
                    content = content.replace(strict, usual)
                target.writestr(info.filename, content)
    rewritten.seek(0)
    return rewritten


def _plain(cell: Any, length: int) -> list[Any] | None:
    """Kind and value of a cell, with what was noticed about it; None when it is empty."""
    value, kind = cell.value, cell.data_type
    if value is None or value == "":
        return None
    if kind == "f":
        return ["f", str(getattr(value, "text", None) or value)[:length]]
    if kind == "e":
        return ["e", str(value)[:64]]
    if isinstance(value, bool):
        return ["b", value]
    if isinstance(value, int | float):
        text = decimal_text(value)
        if text is None:
            return ["e", "#NUM!"]
        if (
            isinstance(value, int)
            and value >= 0
            and ZEROS.fullmatch(cell.number_format)
            and len(cell.number_format) > 1
        ):
            return ["n", text, text.zfill(len(cell.number_format)), None, None]
        return ["n", text]
    if isinstance(value, datetime):
        return ["d", value.date().isoformat() if value.time() == time() else value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, time | timedelta):
        return ["t", str(value)]
    text, trouble = _clean(str(value), length=length)
    if not text.strip() and trouble is None:
        return None
    return ["t", text, None, trouble, None] if trouble else ["t", text]


def _pack(cell: Any, twin: Any, length: int) -> list[Any] | None:
    """A cell's line form; `twin` is the same cell in the reading that has cached values."""
    plain = _plain(cell, length)
    if plain is None:
        return None
    if plain[0] == "f" and twin is not None:
        cached = _plain(twin, length)
        if cached is not None and cached[0] != "f":
            plain = [*plain, None, None, cached[:2]]
    return [cell.column_letter, *plain]


def _rows(sheet: Any, twin: Any) -> Iterator[tuple[Sequence[Any], Sequence[Any] | None]]:
    """The sheet's rows, beside those of its twin with cached values where one was asked for."""
    if twin is None:
        for row in sheet.iter_rows():
            yield row, None
        return
    yield from zip(sheet.iter_rows(), twin.iter_rows(), strict=True)


def _openpyxl() -> Any:
    """openpyxl, imported when the process's limits already hold, and told not to look for a sheet's stated size.

    The size is never believed here, and where a file does not state it the search reads the whole sheet once more.
    """
    import openpyxl
    from openpyxl.reader import excel
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("openpyxl must parse through defusedxml")

    class Unsized(ReadOnlyWorksheet):
        def _get_size(self) -> None:
            self.reset_dimensions()

    excel.ReadOnlyWorksheet = Unsized
    return openpyxl


def extract(source: IO[bytes], *, rows: int, limit: int, length: int, cached: bool) -> Iterator[list[Any]]:
    """The lines of a workbook. `rows` is the last permitted row, `limit` the number of rows named in the
    refusal.
    """
    openpyxl = _openpyxl()
    source = transitional(source)
    book = openpyxl.load_workbook(source, read_only=True, keep_links=False)
    values = (
        openpyxl.load_workbook(source, read_only=True, keep_links=False, data_only=True) if cached else None
    )
    twin_sheets = values.worksheets if values else [None] * len(book.worksheets)
    for sheet, twin in zip(book.worksheets, twin_sheets, strict=True):
        if sheet.sheet_state != "visible":
            raise Excess("hidden_sheet", sheet=sheet.title)
        yield ["s", sheet.title]
        for row, twins in _rows(sheet, twin):
            packed, number = [], 0
            if len(row) > COLUMNS:
                raise Excess("too_many_columns", sheet=sheet.title, column=row[-1].column_letter)
            for cell, other in zip(row, twins or (None,) * len(row), strict=True):
                if cell.value is None:
                    continue
                number = cell.row
                if entry := _pack(cell, other, length):
                    packed.append(entry)
            if number > rows:
                raise Excess("too_many_rows", sheet=sheet.title, row=number, limit=limit)
            if packed:
                yield [number, packed]


def run(source: IO[bytes], target: IO[str], **options: Any) -> None:
    """Write the lines of `source` to `target`; the last one says how it ended."""
    warnings.simplefilter("ignore")
    try:
        for line in extract(source, **options):
            target.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        last: list[Any] = ["z"]
    except Excess as excess:
        last = ["x", excess.code, excess.details]
    except MemoryError:
        last = ["x", "too_heavy", {}]
    except Exception:  # noqa: BLE001  # whatever openpyxl trips over, the file is what is wrong
        last = ["x", "damaged", {}]
    target.write(json.dumps(last, ensure_ascii=False) + "\n")


def limit_process(memory_bytes: int, cpu_seconds: int) -> None:
    """Cap this process. Where the system knows no such limit, the guard and the clock remain."""
    import resource

    wanted = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for name, value in wanted:
        try:
            resource.setrlimit(name, (value, value))
        except (ValueError, OSError):
            continue


def main(argument: str) -> None:
    """The process itself: options as one JSON argument, the workbook on standard input."""
    options = json.loads(argument)
    limit_process(options.pop("memory_bytes"), options.pop("cpu_seconds"))
    with open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as target:
        run(sys.stdin.buffer, target, **options)


if __name__ == "__main__":
    main(sys.argv[1])
