"""The examples of a set in its workbook: a sheet of them, and their tasks in two more. They are no part of the digest.

A workbook from before there were any has no such sheet, and says nothing about them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from criteria_pages.domain.trial import ROW_LABELS, TASK_FIELDS, WORK_FIELDS
from kpi_cms.foundation.engine import decimal_text

from . import layout
from .columns import DayColumn, LabelColumn, NumberColumn, WordColumn, YesNoColumn, spellings
from .layout import Field, Table

Node = Mapping[str, Any]

_KINDS: Mapping[str, type] = {
    "extra": YesNoColumn,
    "due": DayColumn,
    "done": DayColumn,
    **dict.fromkeys(
        ("coefficient", "assigned", "completed", "accepted", "handed_over", "points", "quantity"),
        NumberColumn,
    ),
}


def _field(name: str, label: Any, kind: type = WordColumn, width: float = 18) -> Field:
    column = kind(key=name, label=label, aliases=spellings(label), required=False)
    return Field(name, column, "", width=width)


_OF = _field("example", gettext_lazy("Name of the example"), LabelColumn, 40)


def _rows(name: str, title: Any, fields: Sequence[str]) -> Table:
    columns = tuple(_field(each, ROW_LABELS[each], _KINDS.get(each, LabelColumn)) for each in fields)
    return Table(name, title, (_OF, *columns), ("example",))


EXAMPLES = Table(
    "examples",
    gettext_lazy("Examples"),
    (
        _field("name", gettext_lazy("Name of the example"), LabelColumn, 40),
        _field("note", gettext_lazy("Note"), width=40),
        _field("values", gettext_lazy("Values filled in"), width=30),
        _field("total", gettext_lazy("Expected total"), NumberColumn),
        _field("band", gettext_lazy("Expected band"), LabelColumn),
    ),
    ("name",),
)
TASKS = _rows("tasks", gettext_lazy("Tasks of the examples"), TASK_FIELDS)
WORK = _rows("work", gettext_lazy("Tasks with points, examples"), WORK_FIELDS)
TABLES = (EXAMPLES, TASKS, WORK)
ALL = (*layout.TABLES, *TABLES)


def nodes(table: Table, examples: Sequence[Node]) -> Iterator[Node]:
    """The rows of a sheet."""
    for example in examples:
        if table is EXAMPLES:
            yield example
        else:
            yield from ({**row, "example": example["name"]} for row in example[table.name])


def read(
    rows: Mapping[str, Sequence[Any]], problem: Callable[[Any, str, str, str], None]
) -> list[dict[str, Any]]:
    """The examples that the rows of the three sheets say, as a version keeps them."""
    found: dict[str, dict[str, Any]] = {}
    examples = []
    for row in rows[EXAMPLES.name]:
        example: dict[str, Any] = {field.path: _text(row.values.get(field.path)) for field in EXAMPLES.fields}
        example |= {"tasks": [], "work": []}
        examples.append(example)
        found.setdefault(example["name"], example)
    for table in (TASKS, WORK):
        for row in rows.get(table.name, ()):
            named = found.get(row.text("example"))
            if named is None:
                sentence = _("There is no example called “%(name)s”: correct the name or delete the row.")
                problem(row, "example", "no_example", sentence % {"name": row.text("example")})
                continue
            said = {
                field.path: _text(row.values.get(field.path)) for field in table.fields if field is not _OF
            }
            named[table.name].append({name: text for name, text in said.items() if text})
    return examples


def _text(value: Any) -> str:
    """A value of a cell as an example keeps it."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, date):
        return value.isoformat()
    return decimal_text(value) if isinstance(value, Decimal) else str(value or "").strip()
