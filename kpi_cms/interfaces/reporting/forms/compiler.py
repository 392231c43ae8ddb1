"""Turns a template of this folder and plain data into the bytes of a tagged PDF/A."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import typst

from kpi_cms.interfaces.reporting.forms.coverage import FONTS_FOLDER
from kpi_cms.interfaces.reporting.forms.text import VIETNAM, printable

TEMPLATES_FOLDER = Path(__file__).resolve().parent
STANDARDS: "list[typst.PDFStandard]" = ["a-2a", "ua-1"]

Json: TypeAlias = "str | bool | list[Json] | dict[str, Json]"


def compile_pdf(template: str, *, data: dict[str, Json], moment: datetime) -> bytes:
    """The template with the data in it, as PDF/A-2a and PDF/UA-1.

    The data travels as JSON and is laid out as text: it never becomes part of the template's source, so
    nothing a user writes is read as markup. The same data and moment give the same bytes on every
    machine: the moment is the document's creation date, and no font but the shipped ones is seen. Raises
    `ValueError` for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("A form needs a moment with a time zone: its creation date is part of the file.")
    return typst.compile(
        TEMPLATES_FOLDER / template,
        root=TEMPLATES_FOLDER,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(_printable_values(data), ensure_ascii=False)},
        pdf_standards=STANDARDS,
        timestamp=moment.astimezone(VIETNAM).replace(microsecond=0),  # a file knows whole seconds
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS_FOLDER)]
    )


def _printable_values(value: Json) -> Json:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable_values(item) for item in value]
    if isinstance(value, dict):
        return {key: _printable_values(item) for key, item in value.items()}
    return value
