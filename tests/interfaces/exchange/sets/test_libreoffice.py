"""Cards computed by LibreOffice from the exported formulas say what the engine says (docs/workbooks.md).

Eighty on each run, a thousand by `make test-excel`.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.specification import specification_of
from kpi_cms.foundation.core.numbers import exact
from kpi_cms.foundation.core.workbooks import write_workbook
from tests.helpers.calculated import Card, variants
from tests.helpers.libreoffice import recalculated

pytestmark = pytest.mark.libreoffice

FEW, MANY = 20, 250  # of each of four kinds of set


def drawn(specifications: st.SearchStrategy[dict[str, Any]], number: int) -> list[Card]:
    """So many cards, the same on each machine."""
    cards: list[Card] = []

    @settings(max_examples=number)
    @given(specifications, st.data())
    def draw(spec: dict[str, Any], data: st.DataObject) -> None:
        cards.append(Card(spec, data.draw))

    draw()
    return cards


def a_variant_each() -> st.SearchStrategy[dict[str, Any]]:
    return variants()


def of(entry: Any) -> Callable[[], st.SearchStrategy[dict[str, Any]]]:
    return lambda: st.just(specification_of(draft_of(entry)))


@pytest.mark.django_db
@pytest.mark.parametrize("number", [FEW, pytest.param(MANY, marks=pytest.mark.many_cards)])
@pytest.mark.parametrize("kind", [a_variant_each, of(ND335_NV), of(ND335_LD), of(DANG_17)])
def test_cards_are_worth_the_same_in_libreoffice(kind: Any, number: int, tmp_path: Path) -> None:
    """At two places, and in the band, which the sheet takes from ROUND(total;9)."""
    cards = drawn(kind(), number)
    assert len(cards) >= number
    made = write_workbook([card.out(f"{place}") for place, card in enumerate(cards)])
    book = openpyxl.load_workbook(recalculated(made, tmp_path), data_only=True)
    wrong = []
    for place, card in enumerate(cards):
        sheet = book[f"{place}"]
        shown = {label: value for _code, label, _typed, value, *_rest in sheet.values}
        outcome = card.outcome()
        names = {band.code: band.label for band in card.set.bands}
        assert outcome.total is not None
        found = (
            shown["Entries still missing"],
            Decimal(f"{shown['Total, exact']:.9f}").quantize(Decimal("0.01")),
            exact(f"{shown['Total, rounded']:.6f}"),
            shown["Band by points"],
            shown["Band after the gates"],
        )
        expected = (
            0,
            Decimal(f"{float(outcome.total):.9f}").quantize(Decimal("0.01")),
            exact(outcome.rounded or 0),
            names[str(outcome.band_by_points)],
            names[str(outcome.band)],
        )
        if found != expected:
            wrong.append((place, found, expected))
    assert wrong == []
