"""Entries of the access log as rows and as a workbook."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpi_cms.evaluation.audit_names import Names, names_of
from kpi_cms.foundation.audit.models import AccessLogEntry
from kpi_cms.foundation.core.numbers import NOTHING, format_moment
from kpi_cms.foundation.core.workbooks import OutColumn, OutSheet, write_workbook

from .history import second

# What `notice_list` is called with.
LISTS: dict[str, str | Promise] = {
    "access log": gettext_lazy("Access log"),
    "cards": gettext_lazy("Cards of the unit"),
    "evaluations": gettext_lazy("Cards to evaluate"),
    "history": gettext_lazy("History of the unit"),
    "ledger": gettext_lazy("Search of the ledger"),
    "tasks": gettext_lazy("Tasks of the unit"),
    "tasks to decide": gettext_lazy("Tasks to decide"),
}
ANSWERS: dict[int, str | Promise] = {
    403: gettext_lazy("not allowed"),
    404: gettext_lazy("missing, or not theirs to see"),
    409: gettext_lazy("not possible in this state"),
    302: gettext_lazy("sent back"),
}


def access_columns() -> list[dict[str, Any]]:
    return [
        {"label": _("When")},
        {"label": _("Who")},
        {"label": _("Kind of access")},
        {"label": _("Whose data")},
        {"label": _("Unit")},
        {"label": _("What")},
        {"label": _("From where")},
    ]


def _names(entries: Sequence[AccessLogEntry]) -> Names:
    return names_of(
        (entry.person_id for entry in entries),
        (key for entry in entries for key in (entry.account_id, entry.as_account_id)),
        (),
    )


def access_rows(entries: Sequence[AccessLogEntry]) -> list[dict[str, Any]]:
    """One row for each entry; three queries for all names."""
    names = _names(entries)
    return [
        {
            "cells": [
                {"text": second(entry.at)},
                {"text": _who(entry, names), "hint": entry.account_code},
                {"text": str(entry.get_kind_display()), "hint": _answer(entry)},
                {"text": _whom(entry, names) or NOTHING, "hint": entry.person_code},
                {"text": entry.unit_code or NOTHING},
                {"text": what(entry) or NOTHING, "hint": f"{entry.method} {entry.path}".strip()},
                {"text": entry.address or NOTHING},
            ]
        }
        for entry in entries
    ]


def _who(entry: AccessLogEntry, names: Names) -> str:
    if entry.account_id is None:
        return _("(a name that no account has)")
    who = names.accounts.get(entry.account_id, entry.account_code)
    if entry.as_account_id is None:
        return who
    shown = names.accounts.get(entry.as_account_id, entry.as_account_code)
    return f"{who}, " + _("looking as %(name)s") % {"name": shown}


def _whom(entry: AccessLogEntry, names: Names) -> str:
    return names.people.get(entry.person_id or 0, entry.person_code)


def what(entry: AccessLogEntry) -> str:
    """The kind of record or of list, in the reader's words; empty where nothing is known."""
    if entry.subject_type in LISTS:
        return str(LISTS[entry.subject_type])
    if "." not in entry.subject_type:
        return ""
    return capfirst(str(apps.get_model(entry.subject_type)._meta.verbose_name))


def _answer(entry: AccessLogEntry) -> str:
    return str(ANSWERS.get(entry.status or 0, "")) if entry.kind == "refused" else ""


def access_workbook(entries: Sequence[AccessLogEntry], moment: datetime) -> bytes:
    """The same as a workbook, one line for each entry, the request's number beside it."""
    names = _names(entries)
    headers = [
        (_("When"), 20), (_("Who"), 30), (_("Account"), 16), (_("Kind of access"), 20), (_("Whose data"), 30),
        (_("Staff code"), 14), (_("Unit"), 16), (_("What"), 26), (_("Page"), 40), (_("From where"), 18),
        (_("Request"), 38),
    ]  # fmt: skip
    rows = [
        [
            second(entry.at), _who(entry, names), entry.account_code, str(entry.get_kind_display()),
            _whom(entry, names), entry.person_code, entry.unit_code, what(entry),
            f"{entry.method} {entry.path}".strip(), entry.address or "", str(entry.request_id),
        ]
        for entry in entries
    ]  # fmt: skip
    title = _("Who saw what")
    headings = [title, _("As it stood on %(moment)s") % {"moment": format_moment(moment)}]
    columns = [OutColumn(header=label, width=width) for label, width in headers]
    return write_workbook([OutSheet(title=title, columns=columns, rows=rows, headings=headings)])
