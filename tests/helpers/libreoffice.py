"""LibreOffice without a window: it computes a workbook's formulas as an official's own Excel does."""

import os
import shutil
import subprocess
from pathlib import Path


def find() -> str | None:
    """The program's path, None where it is not installed; SOFFICE names another."""
    return shutil.which(os.environ.get("SOFFICE") or "soffice", path=f"{os.environ['PATH']}:/usr/bin")


def recalculated(book: bytes, folder: Path) -> Path:
    """The workbook with every formula's value beside it, as LibreOffice wrote it. Raises CalledProcessError.

    The file that goes in holds no values, so that whatever comes back was computed.
    """
    program = find()
    assert program is not None  # the test is deselected without it
    source, out = folder / "cards.xlsx", folder / "computed"
    source.write_bytes(book)
    command = [
        program, "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--convert-to", "xlsx",
        "--outdir", str(out), str(source),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return out / source.name
