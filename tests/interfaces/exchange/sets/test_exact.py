"""What the sheets cannot say is kept as exact values, and put in only where the sheets still say the same."""

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from kpi_cms.interfaces.exchange.sets.exact import PIECE, apply, differences, read_rows, rows_of
from kpi_cms.interfaces.exchange.sets.layout import OMIT
from kpi_cms.interfaces.exchange.workbooks.cells import Kind

READ = {"title": "a", "raters": [{"weight": 1}, {"weight": 2}], "law": "", "gone": 1}
WANTED = {"title": " a", "raters": [{"weight": True}, {"weight": 2}], "law": None, "note": ""}
FOUND = [
    (("title",), "a", " a"),
    (("raters", 0, "weight"), 1, True),
    (("law",), "", None),
    (("gone",), 1, OMIT),
    (("note",), OMIT, ""),
]


def sheet(*rows: tuple[Any, Any]) -> Any:
    """A sheet of numbers and texts, as the reader of workbooks gives it."""

    def cell(column: str, value: Any) -> Any:
        kind = Kind.NUMBER if isinstance(value, int | Decimal) else Kind.TEXT
        return SimpleNamespace(column=column, kind=kind, value=value, display=str(value))

    cells = [[cell(*pair) for pair in zip("AB", row, strict=True) if pair[1] is not None] for row in rows]
    return SimpleNamespace(rows=lambda: [SimpleNamespace(cells=each) for each in cells])


def test_each_value_that_differs_is_named_where_it_stands() -> None:
    assert list(differences(READ, WANTED)) == FOUND
    assert list(differences(WANTED, json.loads(json.dumps(WANTED)))) == []
    assert list(differences([1], [1, 2], ("bands",))) == [(("bands",), [1], [1, 2])]


def test_the_sheet_gives_back_what_was_written_on_it_and_makes_the_set_the_same() -> None:
    spec = json.loads(json.dumps(READ))
    found = list(read_rows(sheet(*rows_of(FOUND))))
    assert found == FOUND
    apply(spec, found)
    assert list(differences(spec, WANTED)) == []


def test_a_long_value_goes_on_in_the_next_row() -> None:
    long = [(("title",), "a", "ệ" * PIECE)]
    rows = list(rows_of(long))
    assert len(rows) > 1
    assert {number for number, _text in rows} == {Decimal(1)}
    assert max(len(text) for _number, text in rows) == PIECE
    assert list(read_rows(sheet(*rows))) == long


@pytest.mark.parametrize(
    "row",
    [
        (1, "no JSON"), (1, '{"is": 1}'), (1, '["path"]'), (1, '{"path": ["title"], "is": 0.1}'),
        (1, '{"path": ["title"], "is": NaN}'), (1, '{"path": 3}'), ("x", '{"path": ["title"], "is": "b"}'),
        (1, 2), (None, "{}"), (1, None),
    ],
)  # fmt: skip
def test_a_row_that_is_no_value_changes_nothing(row: tuple[Any, Any]) -> None:
    assert list(read_rows(sheet(row))) == []


@pytest.mark.parametrize(
    "difference",
    [
        (("title",), "b", "c"),  # whoever edited the cell meant the cell
        ((), OMIT, "c"),
        (("nowhere", 0, "weight"), 1, 2),
        (("raters", 2), OMIT, {"weight": 3}),
        (("raters", "0"), OMIT, {"weight": 3}),
        (("raters", -1, "weight"), 2, 3),
        (("raters", 1), {"weight": 2}, OMIT),  # a row of a table is not taken out of it
    ],
)
def test_a_value_is_not_put_where_the_sheets_say_another_or_have_no_place_for_it(difference: Any) -> None:
    spec = json.loads(json.dumps(READ))
    apply(spec, [difference])
    assert spec == READ


def test_a_value_of_a_list_is_put_in_its_place() -> None:
    spec = {"raters": [1, 2]}
    apply(spec, [(("raters", 1), 2, 3)])
    assert spec == {"raters": [1, 3]}
