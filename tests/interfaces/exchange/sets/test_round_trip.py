"""A set that is exported and imported again is the same set, to the digest."""

import io
import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.specification import specification_of
from kpi_cms.foundation.engine import canonical_json, check_specification, digest
from kpi_cms.interfaces.exchange.imports.columns import header_keys
from kpi_cms.interfaces.exchange.sets import exact, layout
from kpi_cms.interfaces.exchange.sets.columns import spellings
from kpi_cms.interfaces.exchange.sets.reading import interpret, read_set, titles_of
from kpi_cms.interfaces.exchange.sets.writing import as_read, set_sheets, set_workbook, template_workbook
from kpi_cms.interfaces.exchange.workbooks import reader
from tests.factories.specifications import everything
from tests.interfaces.exchange.workbooks.inprocess import read_here

ABOUT = {
    "code": "BO-1",
    "title": "Bộ tiêu chí thử",
    "effective_on": date(2026, 7, 1),
    "effective_until": None,
    "is_demonstration": True,
    "documents": [
        {"number": "335/2025/NĐ-CP", "title": "Nghị định", "issued_on": "2025-12-31", "clauses": "Điều 11"},
        {"number": "=1+1", "title": "Quyết định", "issued_on": "", "clauses": ""},
    ],
    "examples": [
        {
            "name": "Đủ mọi thứ",
            "note": "Một dòng\nhai dòng",
            "values": "I.1 = 4,5\nk: a=b = 2\nd = 60; 75,5",
            "tasks": [
                {
                    "label": "Văn bản",
                    "coefficient": "1.25",
                    "assigned": "10",
                    "completed": "9",
                    "accepted": "8",
                    "handed_over": "1",
                    "extra": "1",
                    "faults": "1; 1; 3",
                    "delays": "2",
                },
                {"coefficient": "1", "completed": "0"},
            ],
            "work": [
                {
                    "label": "Báo cáo",
                    "points": "50",
                    "quantity": "0.5",
                    "group": "A",
                    "position": "B",
                    "role": "C",
                    "priority": "D",
                    "difficulty": "kho",
                    "due": "2026-07-03",
                    "done": "2026-07-06",
                    "quality": "tot",
                },
            ],
            "total": "89.995",
            "band": "good",
        },
        {
            "name": "=1+1",
            "note": "",
            "values": "I.1 = 5",
            "tasks": [],
            "work": [],
            "total": "0",
            "band": "failed",
        },
    ],
}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.usefixtures("in_process")
def test_every_construct_survives_in_either_language(language: str) -> None:
    with translation.override(language):
        data = set_workbook(everything(), ABOUT)
    with translation.override("en" if language == "vi" else "vi"):
        reading = read_set(data)

    assert [problem.sentence for problem in reading.problems + reading.notices] == []
    assert reading.sha256 == digest(everything())
    assert canonical_json(reading.specification) == canonical_json(everything())
    assert reading.about == ABOUT


@pytest.mark.usefixtures("in_process")
def test_a_workbook_from_before_there_were_examples_says_nothing_of_them() -> None:
    book = openpyxl.load_workbook(io.BytesIO(set_workbook(everything(), ABOUT)))
    for title in ("Examples", "Tasks of the examples", "Tasks with points, examples"):
        del book[title]
    old = io.BytesIO()
    book.save(old)

    reading = read_set(old.getvalue())

    assert reading.problems == ()
    assert "examples" not in reading.about
    assert reading.sha256 == digest(everything())


@pytest.mark.usefixtures("in_process")
def test_a_task_of_an_example_that_is_not_there_is_told_at_its_cell() -> None:
    book = openpyxl.load_workbook(io.BytesIO(set_workbook(everything(), ABOUT)))
    book["Tasks of the examples"]["A3"] = "Nhầm tên"
    changed = io.BytesIO()
    book.save(changed)

    problems = read_set(changed.getvalue()).problems

    assert [(problem.place, problem.sentence) for problem in problems] == [
        (
            "Sheet “Tasks of the examples”, row 3, column A",
            "There is no example called “Nhầm tên”: correct the name or delete the row.",
        )
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("entry", [ND335_NV, ND335_LD, DANG_17])
def test_the_sets_of_the_demonstration_survive_without_any_exact_value(entry: Any) -> None:
    spec = specification_of(draft_of(entry))
    data = set_workbook(spec, ABOUT)

    assert read_set(data).sha256 == digest(spec)
    assert str(layout.EXACT) not in [str(sheet.title) for sheet in set_sheets(spec, ABOUT)]


def test_through_the_reading_process_itself() -> None:
    assert read_set(set_workbook(everything(), ABOUT)).sha256 == digest(everything())


def test_a_workbook_that_was_read_is_written_the_same_again() -> None:
    sheets = set_sheets(everything(), ABOUT)
    reading = interpret(as_read(sheets))
    again = set_sheets(reading.specification, reading.about)

    assert [(str(sheet.title), list(sheet.rows)) for sheet in again] == [
        (str(sheet.title), list(sheet.rows)) for sheet in set_sheets(everything(), ABOUT)
    ]


# --- Whatever a sound specification may hold ----------------------------------------------------------------
ODD = st.sampled_from(
    [
        "=1+1", "+84", "-", "@x", "  hai  khoảng trắng ", "dòng 1\n\ndòng 2", "dòng\r\n", "tab\tở giữa",
        "không\u00a0ngắt",
        "ẩn\u200b", "_x0041_", "Ä Ö ß ñ", "1.10", "001", "12/03/2026", "TRUE", "a" * 40, "x" * 31_000, "điều 5; điều 6",
        "'", "\x0b điều", "😀",
    ]
)  # fmt: skip
LABELS = ODD.filter(lambda text: bool(text.strip()))


def nodes(value: Any) -> list[dict[str, Any]]:
    """Every mapping of a specification, outer before inner."""
    found = [value] if isinstance(value, dict) else []
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found += nodes(entry)
    return found


@st.composite
def odd_specifications(draw: st.DrawFn) -> dict[str, Any]:
    """Sound sets with every construct, and with values that sheets cannot say plainly."""
    spec = everything()
    for _edit in range(draw(st.integers(1, 6))):
        before = deepcopy(spec)
        node = draw(st.sampled_from(nodes(spec)))
        name = draw(st.sampled_from(sorted(node)))
        match draw(st.sampled_from(["leave out", "null", "empty", "text", "number", "unknown"])):
            case "leave out":
                del node[name]
            case "null":
                node[name] = None
            case "empty":
                node[name] = "" if isinstance(node[name], str) else []
            case "text":
                if name in ("label", "reason", "citation", "guidance", "calendar"):
                    node[name] = [draw(ODD)] if name == "guidance" else draw(LABELS)
            case "number":
                node["default"] = draw(st.decimals(0, 10**18, places=17).map(lambda number: f"{number:f}"))
            case _:
                node[draw(st.sampled_from(["x", "note", "Ghi chú"]))] = draw(
                    st.sampled_from([1, True, None, "1", [], {"a": [1, "2"]}])
                )
        if check_specification(spec):
            spec = before
    return spec


@settings(max_examples=100)
@given(odd_specifications())
def test_any_sound_set_survives(spec: dict[str, Any]) -> None:
    reading = interpret(as_read(set_sheets(spec, ABOUT)))

    assert [problem.sentence for problem in reading.problems] == []
    assert reading.sha256 == digest(spec)


@settings(max_examples=5)
@given(odd_specifications())
def test_what_the_sheets_will_say_is_what_the_file_says(spec: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_read_in_child", read_here)
        reading = read_set(set_workbook(spec, ABOUT))

    assert [problem.sentence for problem in reading.problems] == []
    assert reading.sha256 == digest(spec)


def test_whoever_edits_a_cell_means_the_cell() -> None:
    spec = everything()
    spec["sections"][0]["criteria"][0]["label"] = "Hai  khoảng trắng"
    sheets = set_sheets(spec, ABOUT)
    (criteria,) = [sheet for sheet in sheets if sheet.title == layout.CRITERIA.title]
    place = [field.path for field in layout.CRITERIA.fields].index("label")
    rows = [list(row) for row in criteria.rows]
    assert rows[0][place] == "Hai  khoảng trắng"
    rows[0][place] = "Lời mới"
    edited = [replace(sheet, rows=rows) if sheet is criteria else sheet for sheet in sheets]

    found = interpret(as_read(edited)).specification

    assert found["sections"][0]["criteria"][0]["label"] == "Lời mới"


# --- The layout ---------------------------------------------------------------------------------------------
def test_no_two_columns_of_a_sheet_are_called_alike_in_any_language() -> None:
    twice = []
    for table in (layout.SET, *layout.TABLES):
        seen: dict[str, str] = {}
        for field in table.fields:
            keys = {key for text in spellings(field.column.label) for key in header_keys(text)}
            twice += [(table.name, key) for key in keys if seen.setdefault(key, field.path) != field.path]

    assert twice == []


def test_no_two_sheets_are_called_alike_in_any_language() -> None:
    titles = [layout.SET.title, *(table.title for table in layout.TABLES)]
    titles += [layout.EXACT, layout.CALCULATION, layout.GUIDE, layout.CHOICES]
    owners: dict[str, set[str]] = {}
    for title in titles:
        for key in titles_of(title):
            owners.setdefault(key, set()).add(str(title))

    assert [found for found in owners.values() if len(found) > 1] == []


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_template_is_a_workbook_that_says_what_is_missing(language: str) -> None:
    with translation.override(language):
        data = template_workbook()
    reading = read_set(data)

    assert reading.notices == ()
    assert {problem.code for problem in reading.problems} >= {"parts_none", "field"}


def test_the_exact_values_are_read_as_they_are_and_nothing_else_is() -> None:
    spec: dict[str, Any] = {"a": {"b": [1, ""]}, "c": "x"}
    hostile = [
        (("a", "b", 5), "", None),
        (("a", "x", "y"), "", None),
        (("a", "b", "c"), "", None),
        (("c", "d"), "", None),
        ((), spec, {}),
        (("c",), "y", "z"),
        (("a", "b", 0), True, 2),
    ]
    exact.apply(spec, hostile)
    assert spec == {"a": {"b": [1, ""]}, "c": "x"}

    exact.apply(spec, [(("a", "b", 1), "", None), (("c",), "x", layout.OMIT), (("d",), layout.OMIT, "mới")])
    assert spec == {"a": {"b": [1, None]}, "d": "mới"}
    assert json.dumps(spec)
