"""A run as the tables of its page."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.evaluation.impact_numbers import Shown
from kpi_cms.foundation.core.numbers import format_count, format_points

from .results import Changed, Line, Run
from .wording import reason_text, why_text

Cell = dict[str, Any]


def figures(told: Shown) -> list[dict[str, Any]]:
    """The large numbers of a unit."""
    return [
        {"label": _("Cards compared"), "value": _count(told.compared)},
        {"label": _("Mean before"), "value": _points(told.before.mean)},
        {"label": _("Mean after"), "value": _points(told.after.mean)},
        {"label": _("Into a higher band"), "value": _count(told.up)},
        {"label": _("Into a lower band"), "value": _count(told.down)},
        {"label": _("Cannot be told"), "value": _count(told.untold)},
    ]


def band_table(run: Run, told: Shown) -> dict[str, Any]:
    """Each band, before and after, of the same people (`Shown`)."""
    return {
        "columns": [{"label": _("Band")}, {"label": _("Before")}, {"label": _("After")}],
        "rows": [
            {
                "cells": [
                    {"text": label},
                    _bar(told.before.bands[code], told.before.results),
                    _bar(told.after.bands[code], told.after.results),
                ]
            }
            for code, label in run.bands.items()
        ],
    }


def move_table(run: Run, told: Shown) -> dict[str, Any]:
    """From which band to which: rows before, columns after, each with its sum."""
    codes = list(run.bands)
    columns = [{"label": label, "number": True} for label in run.bands.values()]
    return {
        "columns": [{"label": _("Before ↓, after →")}, *columns, {"label": _("All before"), "number": True}],
        "rows": [
            {"cells": [{"text": run.bands[was]}, *({"text": _count(each)} for each in (*row, sum(row)))]}
            for was, row in zip(codes, told.matrix(codes), strict=True)
        ],
    }


def block_table(run: Run) -> dict[str, Any] | None:
    """The blocks of the whole run; None where there is one alone."""
    blocks = run.blocks()
    return (
        {
            "columns": _columns(_("Block")),
            "rows": [{"cells": [{"text": label}, *_numbers(told)]} for label, told in blocks],
        }
        if blocks
        else None
    )


def _columns(first: str) -> list[dict[str, Any]]:
    return [
        {"label": first},
        {"label": _("Compared"), "number": True},
        {"label": _("Mean before"), "number": True},
        {"label": _("Mean after"), "number": True},
        {"label": _("Higher band"), "number": True},
        {"label": _("Lower band"), "number": True},
        {"label": _("Cannot be told"), "number": True},
    ]


def unit_table(run: Run, page_id: int, path: str) -> dict[str, Any]:
    """The units directly below one, each with the way to its own page."""
    lines = run.lines(path)
    return {
        "columns": _columns(_("Unit")),
        "rows": [{"cells": [_unit(line, page_id), *_numbers(line.told)]} for line in lines],
        "any_hidden": any(line.told is None for line in lines),
    }


def people_table(run: Run, people: list[Changed]) -> dict[str, Any]:
    """Who changes band, with the way to the card."""
    return {
        "columns": [
            {"label": _("Person")},
            {"label": _("Before")},
            {"label": _("After")},
            {"label": _("Why")},
        ],
        "rows": [{"cells": _person(run, changed)} for changed in people],
    }


def reasons(run: Run, shown: Shown) -> list[str]:
    """Why cards cannot be told, and how many where that may be said."""
    found = ((reason_text(reason, run.labels), number) for reason, number in run.reasons(shown))
    return [text if number is None else f"{text}: {_count(number)}" for text, number in found]


def address(page_id: int, unit_code: str, page: int = 1) -> str:
    query = {"don-vi": unit_code} | ({"trang": str(page)} if page > 1 else {})
    return f"{reverse('impact:show', args=[page_id])}?{urlencode(query)}"


def _unit(line: Line, page_id: int) -> Cell:
    if line.directly:
        return {"text": _("Directly in this unit")}
    return {"text": line.unit.name, "url": address(page_id, line.unit.code)}


def _numbers(told: Shown | None) -> list[Cell]:
    if told is None:
        return [{"text": _("not shown")}] * 6
    return [
        {"text": told.compared},
        {"points": told.before.mean},
        {"points": told.after.mean},
        {"text": told.up},
        {"text": told.down},
        {"text": told.untold},
    ]


def _person(run: Run, changed: Changed) -> list[Cell]:
    card = changed.card
    after: Cell = {"text": _("cannot be told")}
    if changed.reason is None:
        after = {"text": _shown(changed.after), "hint": changed.after_band}
    return [
        {
            "text": card.person.full_name,
            "url": reverse("workspace:card", args=[card.pk]),
            "hint": card.unit_name,
        },
        {"text": _shown(changed.before), "hint": changed.before_band},
        after,
        {"text": why_text(changed, run.labels)},
    ]


def _shown(text: str) -> str:
    """A stored score, whose digits are chosen already, with the reader's decimal mark."""
    return text if (get_language() or "vi").startswith("en") else text.replace(".", ",")


def _bar(value: int, maximum: int) -> Cell:
    return {"bar": {"value": value, "maximum": maximum or 1, "text": _count(value)}}


def _count(value: int) -> str:
    return format_count(value, language=get_language() or "vi")


def _points(value: Any) -> str:
    return format_points(value, language=get_language() or "vi")
