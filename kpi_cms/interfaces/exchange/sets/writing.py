"""A criteria set as a workbook that reads as the same set again, and the empty template."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from criteria_pages.models import CriteriaVersion
from kpi_cms.foundation.core.workbooks import (
    Format,
    Formula,
    OutColumn,
    OutSheet,
    OutValue,
    sheet_title,
    write_workbook,
)
from kpi_cms.foundation.engine import canonical_json, check_specification
from kpi_cms.interfaces.exchange.imports.columns import ChoiceColumn
from kpi_cms.interfaces.exchange.workbooks.cells import Sheet, Workbook
from kpi_cms.interfaces.exchange.workbooks.text import clean

from . import exact, examples, layout
from .calculation import calculation
from .columns import MAX_TEXT, ListColumn, YesNoColumn, written
from .layout import OMIT, Field, Table
from .reading import interpret

Node = Mapping[str, Any]

ALWAYS = frozenset({"parts", "sections", "criteria", "bands", "stages", "documents", "examples"})


def about_version(version: CriteriaVersion) -> dict[str, Any]:
    """What describes a version and is no part of its digest."""
    return {
        "code": version.set_code,
        "title": version.title,
        "effective_on": version.effective_on,
        "effective_until": version.effective_until,
        "is_demonstration": version.is_demonstration,
        "documents": version.citations,
        "examples": version.examples,
    }


def set_workbook(specification: Node, about: Node) -> bytes:
    """The workbook of a set: what it says, sheet by sheet, and a calculation of one card with live formulas."""
    return write_workbook(set_sheets(specification, about), choices_title=layout.CHOICES)


def set_sheets(specification: Node, about: Node) -> list[OutSheet]:
    """The sheets of a set, sound or not; only a sound one can be calculated, and read again."""
    wanted = json.loads(canonical_json(specification))
    sheets = [_whole(wanted, about), *_tables(wanted, about)]
    lost = list(exact.differences(interpret_rows(sheets), wanted))
    if not check_specification(wanted):
        sheets.insert(1, calculation(wanted))
    if lost:
        sheets.append(_exact(lost))
    return sheets


def template_workbook() -> bytes:
    """An empty set with every sheet, for authors who start in Excel."""
    empty: dict[str, Any] = {
        "total": {"kind": "sum", "max": "100"},
        "rounding": {"places": 2, "mode": "half_up"},
        "settings": layout.DEFAULT_SETTINGS,
    }
    sheets = [_guide(), _whole(empty, {}), *(_sheet(table, ()) for table in examples.ALL)]
    return write_workbook(sheets, choices_title=layout.CHOICES)


# --- Rows ---------------------------------------------------------------------------------------------------
def _whole(specification: Node, about: Node) -> OutSheet:
    node = {**specification, "about": about}
    rows = [[field.column.label, _cell(field, node)] for field in layout.SET.fields]
    columns = [
        OutColumn(header=_("What"), width=44),
        OutColumn(header=_("Value"), width=60),
        OutColumn(header=_("Possible values"), width=80),
    ]
    return OutSheet(
        title=layout.SET.title,
        columns=columns,
        rows=[[*row, _possible(field)] for row, field in zip(rows, layout.SET.fields, strict=True)],
    )


def _possible(field: Field) -> str:
    column = field.column
    if isinstance(column, YesNoColumn):
        return _("Yes") + "; " + _("No")
    choices = column.choices if isinstance(column, ChoiceColumn | ListColumn) else ()
    return "; ".join(
        str(written(column, [choice.value] if isinstance(column, ListColumn) else choice.value))
        for choice in choices
        if choice.value
    )


def _tables(specification: Node, about: Node) -> Iterator[OutSheet]:
    for table in examples.ALL:
        rows = [
            [_cell(field, node) for field in table.fields] for node in _nodes(table, specification, about)
        ]
        if rows or table.name in ALWAYS:
            yield _sheet(table, rows)


def _nodes(table: Table, specification: Node, about: Node) -> Iterator[Node]:
    if table is layout.DOCUMENTS:
        yield from about.get("documents", ())
    elif table in examples.TABLES:
        yield from examples.nodes(table, about.get("examples", ()))
    elif table is layout.CLAUSES:
        yield from (
            {"step": step, "clause": clause}
            for step, clause in (specification.get("citations") or {}).items()
        )
    elif table is layout.CRITERIA:
        for section in specification["sections"]:
            yield from ({**node, "section": section["code"]} for node in section["criteria"])
    elif table in layout.DETAILS:
        for section in specification["sections"]:
            for criterion in section["criteria"]:
                yield from _inside(table, criterion)
    else:
        yield from specification.get(table.name) or ()


def _inside(table: Table, criterion: Node) -> Iterator[Node]:
    if table.kinds and criterion["kind"]["type"] not in table.kinds:
        return
    found = _value(criterion, table.inside)
    for node in found if isinstance(found, list) else ():
        of = {"criterion": criterion["code"]}
        if table.name != "coefficients":
            yield {**node, **of}
            continue
        head = {name: node.get(name, OMIT) for name in ("attribute", "default")}
        for place, value in enumerate(node.get("values") or [{}]):
            yield {**of, **(head if not place else {"attribute": head["attribute"]}), **value}


def _value(node: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(node, Mapping) or name not in node:
            return OMIT
        node = node[name]
    return node


def _cell(field: Field, node: Node) -> OutValue:
    """A value for the sheet; of a shape that its column cannot show nothing is written, and it is kept exactly."""
    kind = node.get("kind")
    if field.kinds is not None and isinstance(kind, Mapping) and kind.get("type") not in field.kinds:
        return None
    value = _value(node, field.path)
    if field.path == "max" and isinstance(kind, Mapping) and kind.get("type") in layout.OWN_MAXIMUM:
        value = kind.get("max", value)
    if value is OMIT or value is None:
        return None
    lists = isinstance(field.column, ListColumn) and isinstance(field.column.empty, list)
    if isinstance(value, list) != lists or isinstance(value, Mapping):
        return None
    return written(field.column, value)


def _sheet(table: Table, rows: Iterable[Sequence[OutValue]]) -> OutSheet:
    return OutSheet(
        title=table.title,
        columns=[
            OutColumn(
                header=field.column.label, width=field.width, format=field.format, choices=_offered(field)
            )
            for field in table.fields
        ],
        rows=rows,
    )


def _offered(field: Field) -> Sequence[str]:
    column = field.column
    if isinstance(column, YesNoColumn):
        return [_("Yes"), _("No")]
    choices = column.choices if isinstance(column, ChoiceColumn) else ()
    return [str(written(column, choice.value)) for choice in choices if choice.value]


def _exact(found: Iterable[exact.Difference]) -> OutSheet:
    columns = [
        OutColumn(header=_("Number"), width=10, format=Format.NUMBER),
        OutColumn(header=_("Exact value"), width=120),
    ]
    return OutSheet(title=layout.EXACT, columns=columns, rows=list(exact.rows_of(found)))


def _guide() -> OutSheet:
    lines = [
        _("Fill in the sheets from left to right; empty sheets that your set does not need stay empty."),
        _(
            "Codes tie the sheets together: a section names its part, a criterion its section, a value its criterion."
        ),
        _("Formulas name criteria, sections and parts by their codes, for example (a + b + c) / 3 * 70."),
        _("Write decimals with one comma, shares as 0,25 or 25%. Where there is a list, choose from it."),
        _(
            "Leave the column of keys empty; it is filled in when the set is exported, and then stays as it is."
        ),
        _(
            "Import the workbook: every mistake is shown with its cell, or the set becomes a draft of the editor."
        ),
    ]
    return OutSheet(
        title=layout.GUIDE,
        columns=[OutColumn(header=_("How to fill this in"), width=120)],
        rows=[[line] for line in lines],
    )


# --- What the sheets will say when they are read ------------------------------------------------------------
def interpret_rows(sheets: Iterable[OutSheet]) -> dict[str, Any]:
    """The specification that the sheets alone say, read as the workbook will be."""
    return interpret(as_read(sheets), checked=False).specification


def as_read(sheets: Iterable[OutSheet]) -> Workbook:
    """The sheets as the reading process will hand them over."""
    return Workbook(tuple(_as_read(sheet) for sheet in sheets))


def _as_read(sheet: OutSheet) -> Sheet:
    read = Sheet(sheet_title(sheet.title))
    rows = [[str(column.header) for column in sheet.columns], *sheet.rows]
    for number, row in enumerate(rows, start=1):
        cells = [
            [get_column_letter(at), *packed]
            for at, value in enumerate(row, start=1)
            if (packed := _packed(value))
        ]
        if cells:
            read.lines.append(json.dumps([number, cells]).encode())
    return read


def _packed(value: OutValue) -> list[Any] | None:
    if value is None:
        return None
    if isinstance(value, Formula):
        return ["f", value.text]
    if isinstance(value, Decimal | int):
        return ["n", f"{value:f}"] if isinstance(value, Decimal) else ["n", str(value)]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    text, trouble = clean(str(value), length=MAX_TEXT)
    if not text.strip() and trouble is None:
        return None
    return ["t", text, None, trouble, None] if trouble else ["t", text]
