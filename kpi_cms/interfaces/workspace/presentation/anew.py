"""A new decision that waits for the head of the agency: before and after, side by side."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.evaluation import queries
from kpi_cms.evaluation.domain import proposed_decision
from kpi_cms.evaluation.domain.details import text_of
from kpi_cms.evaluation.domain.entries import entered_at
from kpi_cms.evaluation.domain.proposed_decision import Decision
from kpi_cms.evaluation.domain.saving import Entry, comment_label
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Reopening
from kpi_cms.foundation.core.numbers import format_moment

from .card import CardReading, band_label, shown_text
from .sheet import given_text


def before_and_after(reading: CardReading, waits: Reopening) -> dict[str, Any]:
    """Facts, and a table of the reopened criteria with points and band: what stands, and what is proposed."""
    assert waits.proposal is not None  # it waits
    card, decision, after = (
        reading.card, proposed_decision.decision_of(waits.proposal), waits.proposal["after"],
    )  # fmt: skip
    result, record = reading.results[StageKey.EVALUATOR], reading.records.get(StageKey.EVALUATOR)
    rows = []
    for criterion in entered_at(card, StageKey.EVALUATOR):
        if criterion.key not in waits.criteria:
            continue
        stands = record.given.get(criterion.key) if record is not None else None
        entry = decision.entries.get(criterion.key)
        proposed = stands if entry is None else _given(entry)
        rows.append(
            [
                {"text": f"{criterion.code} {criterion.label}"},
                *(
                    {"text": given_text(criterion, given), "hint": given.grounds if given is not None else ""}
                    for given in (stands, proposed)
                ),
            ]
        )
    for label, stood, would in (
        (_("Total"), shown_text(result.shown), shown_text(after["shown"])),
        (_("Point band"), band_label(card, result.band), band_label(card, after["band"])),
    ):
        rows.append([{"text": label}, {"text": stood}, {"text": would}])
    return {
        "facts": _facts(waits, decision),
        "columns": [
            {"label": _("Criterion")},
            {"label": _("As decided"), "number": True},
            {"label": _("As proposed"), "number": True},
        ],
        "rows": [{"cells": cells} for cells in rows],
    }


def _given(entry: Entry) -> queries.Given:
    if entry.value is None or isinstance(entry.value, str):
        return queries.Given(None, entry.value or "", entry.grounds)
    if isinstance(entry.value, Decimal):
        return queries.Given(entry.value, "", entry.grounds)
    return queries.Given(None, text_of(entry.value), entry.grounds)


def _facts(waits: Reopening, decision: Decision) -> list[dict[str, str]]:
    who = decision.rater.full_name
    if decision.delegate is not None:
        who = _("%(delegate)s, on behalf of %(evaluator)s") % {
            "delegate": decision.delegate.full_name, "evaluator": who,
        }  # fmt: skip
    said = [{"key": comment_label(name), "value": text} for name, text in decision.comments.items() if text]
    return [
        {"key": _("Proposed by"), "value": who, "hint": format_moment(decision.at)},
        {"key": _("Reason"), "value": decision.reason},
        *said,
        {"key": _("Open until"), "value": format_moment(waits.expires_at)},
    ]
