"""The cards of a run into what is kept of it: sums by unit, and single cards where the reader reads them anyway.

{"layout": LAYOUT, "rights": [paths], "bands": [[code, label]], "labels": {code: label}, "units": {path: key},
 "cells": {path: {"read": tally, "unread": tally}}, "blocks": {path of a cell: block},
 "rows": [[card, path, [shown, band], [shown, band] or null, [kind, codes] or null, causes]]}

Rows stand in the order of names and hold none.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kpi_cms.evaluation.domain.rescoring import Rescored
from kpi_cms.evaluation.impact_numbers import Cell
from kpi_cms.evaluation.impact_queries import Past, places_of, rights_of, versions_of
from kpi_cms.evaluation.rescored import Cause, Reason
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.engine import CompiledSet
from snippets.models import Unit

LAYOUT = 2
"""Counted up when what is kept changes: a run that an earlier release kept is computed anew."""


class Collector:
    """Takes batches; memory grows with the units, and with the cards that the reader reads and the draft changes."""

    def __init__(self, past: Past, frame: str, draft: CompiledSet, scope: Scope) -> None:
        self.past = past
        self.frame = frame
        self.rights = rights_of(scope)
        self.cells: dict[int, Cell] = {}
        self.rows: list[tuple[str, Rescored]] = []
        old = [version.compiled() for _pk, version in sorted(versions_of(past).items(), reverse=True)]
        bands = {band.code: band for compiled in (draft, *old) for band in reversed(compiled.bands)}
        bands |= {band.code: band for band in draft.bands}
        starts: dict[str, Decimal] = {code: band.start for code, band in bands.items()}
        order = sorted(starts, key=lambda code: -starts[code])
        self.ranks = {code: place for place, code in enumerate(reversed(order))}
        self.bands = [[code, bands[code].label] for code in order]
        self.labels = {section.code: section.label for section in draft.sections}
        self.labels |= {criterion.code: criterion.label for criterion in draft.criteria}
        self.labels |= {fact.code: fact.label for fact in draft.specification.facts}

    def take(self, batch: Iterable[Rescored]) -> None:
        for card in batch:
            cell = self.cells.setdefault(card.unit_id, Cell())
            tally = cell.read if card.seen else cell.unread
            tally.take(card.before, card.after, self.ranks)
            if card.seen and card.is_listed:
                self.rows.append((card.name, card))

    def finished(self) -> dict[str, Any]:
        places = places_of(self.past, self.frame, self.cells)
        blocks = dict(Unit.objects.filter(pk__in=self.cells).values_list("pk", "block"))
        self.rows.sort(key=lambda row: (row[0], row[1].card_id))
        return {
            "layout": LAYOUT,
            "rights": self.rights,
            "bands": self.bands,
            "labels": self.labels,
            "units": {path: unit_id for unit_id, path in places.items()},
            "cells": {
                places[unit_id]: {"read": cell.read.kept(), "unread": cell.unread.kept()}
                for unit_id, cell in self.cells.items()
            },
            "blocks": {places[unit_id]: blocks[unit_id] for unit_id in self.cells},
            "rows": [_row(card, places[card.unit_id]) for _name, card in self.rows],
        }


def _row(card: Rescored, path: str) -> list[Any]:
    assert card.before is not None  # others are not listed
    before = [card.before.shown, card.before.band]
    if isinstance(card.after, Reason):
        return [card.card_id, path, before, None, [card.after.kind, list(card.after.codes)], []]
    after = [card.after.shown, card.after.band]
    return [card.card_id, path, before, after, None, [_cause(cause) for cause in card.why]]


def _cause(cause: Cause) -> list[Any]:
    return [cause.code, cause.label, _text(cause.before), _text(cause.after), cause.share]


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
