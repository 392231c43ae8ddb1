"""The examples a set is stored with: each must come to its total and band, or the set stays a draft.

They describe a set as its title does: revisions carry them, a version keeps those it was issued with, and they are no
part of its digest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.foundation.core.numbers import format_quantity, format_typed
from kpi_cms.foundation.engine import Calendar, CompiledSet, decimal_text

from ..models import CriteriaSetPage
from .kind_blocks import text
from .places import Place
from .problems import PageProblem
from .trial import TASK_FIELDS, WORK_FIELDS, Mistake, TrialCard, read_lines, try_card
from .working_days import registered

DIGITS = 10
"""Decimals of an expected total."""


@dataclass(frozen=True)
class Example:
    """A card by hand, its expected total and the code of its band; `key` is the block's id."""

    key: str
    name: str
    note: str
    values: str
    card: TrialCard
    total: Decimal | None
    band: str
    mistakes: tuple[Mistake, ...] = ()


def examples_of(page: CriteriaSetPage) -> list[Example]:
    """The examples of a working copy, complete or not."""
    return [_example(child) for child in page.examples]


def _example(child: Any) -> Example:
    value = child.value
    lines = text(value["values"])
    values, mistakes = read_lines(lines)
    card = TrialCard(
        values,
        tuple(_row(row, TASK_FIELDS) for row in value["tasks"] or ()),
        tuple(_row(row, WORK_FIELDS) for row in value["work"] or ()),
    )
    return Example(
        key=str(child.id),
        name=text(value["name"]),
        note=text(value["note"]),
        values=lines,
        card=card,
        total=value["total"],
        band=text(value["band"]),
        mistakes=tuple(mistakes),
    )


def _row(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: _plain(row.get(name)) for name in names}


def _plain(value: Any) -> str:
    """A field of a row as it would be typed."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, Decimal):
        return format_typed(value, language="en")
    return value.isoformat() if isinstance(value, date) else text(value)


def failing(page: CriteriaSetPage, compiled: CompiledSet) -> Iterator[PageProblem]:
    """Each example that does not come to what it says, or cannot be computed, at its block."""
    names: set[str] = set()
    examples = examples_of(page)
    calendar = registered(compiled) if examples else Calendar()
    for example in examples:
        yield from _unsaid(example, compiled)
        if example.name and example.name in names:
            sentence = _("Two examples are called “%(name)s”: give each its own name.") % {
                "name": example.name
            }
            yield PageProblem("example_twice", sentence, key=example.key, inside=("name",))
        names.add(example.name)
        yield from _computed(example, compiled, calendar)


def _unsaid(example: Example, compiled: CompiledSet) -> Iterator[PageProblem]:
    """What an example does not say, or says of no set."""
    if not example.name:
        yield PageProblem(
            "example_name", _("The example has no name: give it one."), key=example.key, inside=("name",)
        )
    if example.total is None:
        sentence = _("The example “%(name)s” expects no total: write the one it must come to.")
        yield PageProblem(
            "example_total", sentence % {"name": example.name}, key=example.key, inside=("total",)
        )
    if not example.band:
        sentence = _("The example “%(name)s” expects no band: write the code of the one it must come to.")
        yield PageProblem(
            "example_band", sentence % {"name": example.name}, key=example.key, inside=("band",)
        )
    elif example.band not in {band.code for band in compiled.bands}:
        sentence = _("The example “%(name)s” expects the band “%(band)s”, which the set does not have.")
        params = {"name": example.name, "band": example.band}
        yield PageProblem("example_band", sentence % params, key=example.key, inside=("band",))


def _computed(example: Example, compiled: CompiledSet, calendar: Calendar) -> Iterator[PageProblem]:
    """What keeps an example from its total, or how far it is from it."""
    trial = try_card(compiled, example.card, calendar)
    for mistake in (*example.mistakes, *trial.mistakes):
        place: Place = ("values",) if mistake.place[:1] in (("values",), ()) else mistake.place
        params = {"name": example.name, "sentence": mistake.sentence}
        sentence = _("The example “%(name)s” does not fit the set: %(sentence)s") % params
        yield PageProblem("example_input", sentence, key=example.key, inside=place)
    if example.mistakes or trial.mistakes:
        return
    if trial.result is None:
        params = {"name": example.name, "sentence": trial.unfinished}
        sentence = _("The example “%(name)s” cannot be computed: %(sentence)s") % params
        yield PageProblem("example_unfinished", sentence, key=example.key, inside=("values",))
        return
    assert trial.outcome is not None  # it has a result
    shown, band = trial.result
    totals = {shown, trial.outcome.rounded}
    if example.total is None or not example.band:  # said above
        return
    if example.total not in totals or example.band != band:
        language = get_language() or "vi"
        labels = {entry.code: entry.label for entry in compiled.bands}
        sentence = _(
            "The example “%(name)s” expects %(expected)s points, “%(expected_band)s”; the set computes %(total)s, "
            "“%(band)s”. Correct the set or the example."
        ) % {
            "name": example.name,
            "expected": format_quantity(example.total, language=language, places=DIGITS),
            "expected_band": labels.get(example.band, example.band),
            "total": format_quantity(shown, language=language, places=DIGITS),
            "band": labels[band],
        }
        yield PageProblem("example_differs", sentence, key=example.key, inside=("total",))


def frozen_examples(page: CriteriaSetPage) -> list[dict[str, Any]]:
    """The examples as a version keeps them and a workbook carries them, as plain values."""
    return [
        {
            "name": example.name,
            "note": example.note,
            "values": example.values,
            "tasks": [_said(row) for row in example.card.tasks],
            "work": [_said(row) for row in example.card.work],
            "total": "" if example.total is None else decimal_text(example.total),
            "band": example.band,
        }
        for example in examples_of(page)
    ]


def _said(row: Mapping[str, str]) -> dict[str, str]:
    return {name: said for name, said in row.items() if said}


def block_of(example: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
    """A frozen or imported example as a block of the editor."""
    value = {
        **{name: example.get(name, "") for name in ("name", "note", "values", "band")},
        "total": example.get("total") or None,
        "tasks": [_block_row(row, TASK_FIELDS) for row in example.get("tasks", ())],
        "work": [_block_row(row, WORK_FIELDS) for row in example.get("work", ())],
    }
    return {"type": "example", "value": value, **({"id": key} if key else {})}


_NUMBERS_AND_DAYS = frozenset(
    {"coefficient", "assigned", "completed", "accepted", "handed_over", "points", "quantity", "due", "done"}
)


def _block_row(row: Mapping[str, str], names: tuple[str, ...]) -> dict[str, Any]:
    """A row as its block stores it: nothing for an empty number or day."""
    found: dict[str, Any] = {}
    for name in names:
        said = row.get(name, "")
        if name == "extra":
            found[name] = bool(said)
        elif name in _NUMBERS_AND_DAYS:
            found[name] = said.replace(",", ".") or None
        else:
            found[name] = said
    return found
