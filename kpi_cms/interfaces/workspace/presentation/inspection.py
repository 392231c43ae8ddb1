"""The auditor's findings as rows: entries of the ledger, groups of them, cards, a card as it was."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kpi_cms.evaluation.audit_names import Names, names_of
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.past_queries import PastCard
from kpi_cms.evaluation.saved_questions import AN_HOUR, Group
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.numbers import NOTHING, format_moment, format_quantity
from kpi_cms.foundation.core.workbooks import OutColumn, OutSheet, write_workbook

from . import ledger_words
from .history import second
from .sheet import as_typed

Row = dict[str, Any]


def search_columns() -> list[Row]:
    return [
        {"label": _("When")},
        {"label": _("Changed by")},
        {"label": _("About whom")},
        {"label": _("Unit")},
        {"label": _("What")},
        {"label": _("Points changed by")},
        {"label": _("Why")},
    ]


def names_for(entries: Sequence[LedgerEntry]) -> Names:
    return names_of(
        (entry.person_id for entry in entries),
        (key for entry in entries for key in (entry.actor_id, entry.on_behalf_of_id)),
        (entry.reason_key for entry in entries),
    )


def entry_rows(entries: Sequence[LedgerEntry]) -> list[Row]:
    """One row for each entry; three queries for all names."""
    names = names_for(entries)
    rows = []
    for entry in entries:
        card = entry.subject_type == Scorecard._meta.label
        person = names.people.get(entry.person_id or 0, entry.person_code)
        rows.append(
            {
                "cells": [
                    {"text": second(entry.at), "url": reverse("workspace:ledger_entry", args=[entry.pk])},
                    {"text": _who(entry, names)},
                    {"text": person or NOTHING, "url": _history(entry.subject_id) if card else ""},
                    {"text": entry.unit_code},
                    {"text": str(entry.get_act_display()), "hint": entry.subject_label},
                    {"text": change_text(entry.amount)},
                    {"text": reason_of(entry, names) or NOTHING},
                ]
            }
        )
    return rows


def _who(entry: LedgerEntry, names: Names) -> str:
    who = names.accounts.get(entry.actor_id, entry.actor_code)
    if entry.on_behalf_of_id is None:
        return who
    absent = names.accounts.get(entry.on_behalf_of_id, entry.on_behalf_of_code)
    return f"{who}, " + _("on behalf of %(name)s") % {"name": absent}


def reason_of(entry: LedgerEntry, names: Names) -> str:
    """The text of the side table; an erased one says so."""
    if entry.reason_key is None:
        return ""
    return names.texts.get(entry.reason_key) or _("(erased)")


def change_text(amount: Decimal | None) -> str:
    """With its sign: a decimal comma, "–" for none."""
    if amount is None:
        return NOTHING
    number = format_quantity(abs(amount), language=get_language() or "vi")
    return f"+{number}" if amount > 0 else f"−{number}"


def _history(card: str) -> str:
    return reverse("workspace:card_history", args=[int(card)])


def group_rows(groups: Iterable[Group]) -> tuple[list[Row], list[Row]]:
    """Columns and rows; each group leads to its entries."""
    base = reverse("workspace:inspection")
    columns: list[Row] = [
        {"label": _("Account")}, {"label": _("Since")}, {"label": _("How many"), "number": True},
    ]  # fmt: skip
    rows: list[Row] = []
    for group in groups:
        query = {"boi": group.actor_code}
        if group.since is not None:  # what was counted may reach back over midnight
            days = (timezone.localtime(moment) for moment in (group.since - AN_HOUR, group.since))
            query |= {name: f"{day:%d/%m/%Y}" for name, day in zip(("since", "until"), days, strict=True)}
        rows.append(
            {
                "cells": [
                    {"text": group.actor_code, "url": f"{base}?{urlencode(query)}"},
                    {"text": format_moment(group.since) if group.since is not None else NOTHING},
                    {"text": group.count},
                ]
            }
        )
    return columns, rows


def card_rows(cards: Iterable[Scorecard]) -> tuple[list[Row], list[Row]]:
    """Columns and rows of cards; each leads to its history."""
    columns = [{"label": _("Person")}, {"label": _("Card")}, {"label": _("Unit")}, {"label": _("State")}]
    rows = [
        {
            "cells": [
                {"text": str(card.person), "url": reverse("workspace:card_history", args=[card.pk])},
                {"text": card.code},
                {"text": f"{card.unit_name} ({card.unit.code})"},
                {"text": str(card.get_state_display())},
            ]
        }
        for card in cards
    ]
    return columns, rows


# --- One entry ----------------------------------------------------------------------------------------------
def entry_page(entry: LedgerEntry) -> dict[str, Any]:
    """Both sides of an act, what it was about, and the way to the card before and after it."""
    names = names_for([entry])
    facts = [
        {"key": _("When"), "value": second(entry.at)},
        {"key": _("Changed by"), "value": _who(entry, names), "hint": entry.address or ""},
        {"key": _("About whom"), "value": names.people.get(entry.person_id or 0, entry.person_code)},
        {"key": _("Unit"), "value": entry.unit_code},
        {"key": _("Why"), "value": reason_of(entry, names)},
        {"key": _("Number in the ledger"), "value": str(entry.pk)},
        {"key": _("Request"), "value": str(entry.request_id)},
    ]
    return {
        "entry": entry,
        "facts": facts,
        "columns": [{"label": _("Field")}, {"label": _("Before")}, {"label": _("After")}],
        "rows": [
            {"cells": [{"text": label}, {"text": before}, {"text": after}]}
            for label, before, after in ledger_words.sides(entry, ledger_words.bands_of([entry]))
        ],
    }


def plain_text(value: Any) -> str:
    """A JSON value of the ledger, as it stands there."""
    if value in (None, "", []):
        return NOTHING
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Decimal):
        return format_quantity(value, language=get_language() or "vi")
    return str(value)


# --- The card as it was -------------------------------------------------------------------------------------
def past_page(past: PastCard, now: PastCard, changed: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """What the card said then beside what it says now."""
    content = past.content()
    columns = [{"label": _("Field")}, {"label": _("Then")}, {"label": _("Now")}]
    current = now.content()
    return {
        "facts": [
            {"key": _("Criteria version"), "value": f"{past.version} · {past.version.sha256[:12]}"},
            {"key": _("Evaluator"), "value": past.people.get("evaluator", NOTHING)},
            {"key": StageKey.ENDORSEMENT.label, "value": past.people.get("endorser", NOTHING)},
        ],
        "columns": columns,
        "rows": [
            {
                "cells": [
                    {"text": label, "hint": _("different") if label in changed else ""},
                    {"text": as_typed(content.get(label)) or NOTHING},
                    {"text": as_typed(current.get(label)) or NOTHING},
                ]
            }
            for label in dict.fromkeys([*content, *current])
        ],
        "holder_columns": [{"label": _("Account")}, {"label": _("Capability")}, {"label": _("Unit")}],
        "holder_rows": [
            {"cells": [{"text": each.account}, {"text": each.capability}, {"text": each.unit}]}
            for each in past.holders
        ],
    }


# --- Taking it away -----------------------------------------------------------------------------------------
def search_workbook(entries: Sequence[LedgerEntry], said: Mapping[str, Any], moment: datetime) -> bytes:
    """Entries with both sides of every act, as a workbook."""
    names, bands = names_for(entries), ledger_words.bands_of(entries)
    headers = [
        (_("Number in the ledger"), 14), (_("When"), 20), (_("Changed by"), 28), (_("About whom"), 30), (_("Unit"), 14),
        (_("What"), 30), (_("Label"), 20), (_("Before"), 40), (_("After"), 40),
        (_("Points changed by"), 14), (_("Why"), 50),
    ]  # fmt: skip
    rows = [
        [
            str(entry.pk), second(entry.at), _who(entry, names),
            names.people.get(entry.person_id or 0, entry.person_code), entry.unit_code,
            str(entry.get_act_display()), entry.subject_label, *_sides(ledger_words.sides(entry, bands)),
            entry.amount, reason_of(entry, names),
        ]
        for entry in entries
    ]  # fmt: skip
    columns = [OutColumn(header=label, width=width) for label, width in headers]
    return _workbook(_("Search of the ledger"), columns, rows, said, moment)


def rows_workbook(
    title: str, columns: Iterable[Row], rows: Iterable[Row], said: Mapping[str, Any], moment: datetime
) -> bytes:
    """The rows of a page, as a workbook."""
    out = [OutColumn(header=column["label"], width=30) for column in columns]
    return _workbook(title, out, [[cell["text"] for cell in row["cells"]] for row in rows], said, moment)


def _workbook(
    title: str, columns: list[OutColumn], rows: list[list[Any]], said: Mapping[str, Any], moment: datetime
) -> bytes:
    """Above the rows what they are, of which moment, and what was asked."""
    asked = "; ".join(f"{key}: {plain_text(value)}" for key, value in said.items())
    headings = [title, _("As it stood on %(moment)s") % {"moment": format_moment(moment)}, asked]
    return write_workbook([OutSheet(title=title, columns=columns, rows=rows, headings=headings)])


def _sides(said: Iterable[tuple[str, Any, Any]]) -> tuple[str, str]:
    """Before and after in the words of the page, a line for each field that a side says something of."""
    rows = list(said)
    return (
        "\n".join(f"{label}: {plain_text(before)}" for label, before, _after in rows if before != NOTHING),
        "\n".join(f"{label}: {plain_text(after)}" for label, _before, after in rows if after != NOTHING),
    )
