"""The seats of a collective with several raters: which one a page is about, and the way to the others."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from kpi_cms.evaluation.domain.seats import seats_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.foundation.engine import voice_of

from .card import CardReading

SEAT = "ghe"


def at_seat(url: str, seat: str) -> str:
    """An address about one seat; as it is where the collective speaks with one voice."""
    return f"{url}?{urlencode({SEAT: seat})}" if seat else url


def seats_to_enter(reading: CardReading, shown: str) -> list[dict[str, Any]]:
    """Every seat with who sits there, how far it is, and its page; `shown`: the key of the one on this page."""
    url = reverse("workspace:collective", args=[reading.card.pk])
    found = []
    for seat in seats_of(reading.card.version):
        voice = voice_of(StageKey.COLLECTIVE, seat.key)
        record, result = reading.records.get(voice), reading.results.get(voice)
        found.append(
            {
                "label": seat.label,
                "weight": seat.weight,
                "person": record.rater if record is not None else "",
                "url": at_seat(url, seat.key),
                "current": seat.key == shown,
                "sent": record is not None and record.is_submitted,
                "complete": result is not None and not result.missing,
            }
        )
    return found
