"""Reading a workbook in a separate, limited process. The one way in for every workbook that people send."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Literal

import kpi_cms
from kpi_cms.interfaces.exchange.workbooks.cells import Sheet, Workbook
from kpi_cms.interfaces.exchange.workbooks.errors import WorkbookRefused
from kpi_cms.interfaces.exchange.workbooks.guard import inspect
from kpi_cms.interfaces.exchange.workbooks.limits import PEOPLE, Limits

CHILD = "kpi_cms.interfaces.exchange.workbooks.child"
ROOT = str(Path(kpi_cms.__file__).resolve().parent.parent)
Formulas = Literal["refuse", "cached"]


def read_workbook(data: bytes, *, limits: Limits = PEOPLE, formulas: Formulas = "refuse") -> Workbook:
    """Inspect and read `data`; raises `WorkbookRefused` with one sentence when that is not possible.

    A formula always arrives as a cell of kind `formula`. With `formulas="refuse"` it has no value at all, so
    that no caller can use one by accident; with `"cached"` it also carries the value Excel calculated last,
    for columns that accept a formula. Which columns do is said by the column objects in `imports`.
    """
    inspect(data, limits=limits)
    options = {
        "rows": limits.last_row,
        "limit": limits.rows,
        "length": limits.text_length,
        "cached": formulas == "cached",
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
    }
    return _assemble(_read_in_child(data, options, limits))


def _environment() -> dict[str, str]:
    """What the child needs and no more: neither keys nor the database's address leave this process."""
    paths = [ROOT, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", "OPENPYXL_LXML": "False"}


def _read_in_child(data: bytes, options: dict[str, int | bool], limits: Limits) -> list[bytes]:
    """The child's lines, or `WorkbookRefused` when it was killed or wrote more than it may."""
    with tempfile.TemporaryFile() as source:
        source.write(data)
        source.seek(0)
        with subprocess.Popen(  # noqa: S603  # our own module, arguments are numbers
            [sys.executable, "-P", "-B", "-m", CHILD, json.dumps(options)],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        ) as process:
            clock = threading.Timer(limits.cpu_seconds * 2, process.kill)
            clock.start()
            try:
                lines = _collect(process.stdout, limits.output_bytes)
            finally:
                clock.cancel()
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
    return lines


def _collect(stream: IO[bytes] | None, limit: int) -> list[bytes]:
    """All lines of the child, the last of which must say how it ended."""
    lines: list[bytes] = []
    written = 0
    for line in stream or ():
        written += len(line)
        if written > limit:
            raise WorkbookRefused("too_heavy")
        lines.append(line)
    if not lines or not lines[-1].startswith((b'["z"', b'["x"')):
        raise WorkbookRefused("too_heavy")
    return lines


def _assemble(lines: list[bytes]) -> Workbook:
    last = json.loads(lines.pop())
    if last[0] == "x":
        raise WorkbookRefused(last[1], **last[2])
    sheets: list[Sheet] = []
    for line in lines:
        if line.startswith(b'["s"'):
            sheets.append(Sheet(json.loads(line)[1]))
        else:
            sheets[-1].lines.append(line)
    return Workbook(tuple(sheets))
