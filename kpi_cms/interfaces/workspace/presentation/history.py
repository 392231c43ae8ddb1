"""Changes and acts as a reader follows them: labels instead of keys, both values, who, when to the second, why."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.asked_queries import Questions, questions_of
from kpi_cms.evaluation.audit_names import Names, names_of
from kpi_cms.evaluation.audit_queries import HistoryPage, visible_fields, visible_reason
from kpi_cms.evaluation.audit_tables import (
    ASSESSMENT,
    CARD,
    CAUSE,
    EVIDENCE,
    SCORE,
    TASK,
    Written,
    label_of,
)
from kpi_cms.evaluation.basis_words import basis_text
from kpi_cms.evaluation.domain.details import fact_in_words, in_words
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.stage_words import speaker
from kpi_cms.evaluation.visibility import EVERYTHING, Sight
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.numbers import NOTHING, format_day, format_quantity

TO_THE_SECOND = "%d/%m/%Y %H:%M:%S"


def second(moment: datetime) -> str:
    """A moment on the clock of Việt Nam, to the second."""
    return timezone.localtime(moment).strftime(TO_THE_SECOND)


def change_rows(
    page: HistoryPage, versions: Iterable[CriteriaVersion], *, seen: Sight = EVERYTHING
) -> list[dict[str, Any]]:
    """One row for each change that says something to this reader."""
    reader = _Reader(page.names, {version.pk: version for version in versions})
    rows = []
    for written in page.changes:
        names = visible_fields(written.table, written.changed(), seen)
        if not names and written.before is not None:
            continue
        rows.append(
            {
                "when": second(written.row.history_date),
                "who": page.names.accounts.get(written.row.history_user_id, NOTHING),
                "absent": page.names.accounts.get(written.row.history_on_behalf_of_id, ""),
                "person": page.names.people.get(written.row.person_id, NOTHING),
                "url": _card_url(page.names.cards, written.row.person_id),
                "what": reader.record(written),
                "created": written.before is None,
                "fields": [reader.field(written, name) for name in names],
                "why": reader.kept(written.row.history_change_reason)
                if visible_reason(written, seen)
                else "",
            }
        )
    return rows


def act_rows(entries: Iterable[LedgerEntry], cards: Mapping[int, int]) -> list[dict[str, Any]]:
    """One row for each act of the ledger: what, when, by whom, about whom, why. Three queries for the names."""
    listed = list(entries)
    names = names_of(
        (entry.person_id for entry in listed),
        (key for entry in listed for key in (entry.actor_id, entry.on_behalf_of_id)),
        (entry.reason_key for entry in listed),
    )
    reader = _Reader(names, {})
    return [
        {
            "when": second(entry.at),
            "who": names.accounts.get(entry.actor_id, entry.actor_code),
            "absent": names.accounts.get(entry.on_behalf_of_id or 0, entry.on_behalf_of_code),
            "person": names.people.get(entry.person_id or 0, entry.person_code),
            "url": _card_url(cards, entry.person_id),
            "what": entry.get_act_display(),
            "label": entry.subject_label,
            "why": reader.kept(entry.reason_key),
        }
        for entry in listed
    ]


class _Reader:
    """Keys and machine values of one page in the reader's words."""

    def __init__(self, names: Names, versions: Mapping[int, CriteriaVersion]) -> None:
        self.names = names
        self.versions = versions
        self.language = get_language() or "vi"

    @cached_property
    def _asked(self) -> Questions:
        """What the versions call the words of a task."""
        return questions_of(version.compiled() for version in self.versions.values() if version.asks_of_tasks)

    def kept(self, key: Any) -> str:
        """A text of the side table; an erased one says so."""
        if key is None:
            return ""
        return self.names.texts.get(key) or _("(erased)")

    def record(self, written: Written) -> str:
        """Which record it is, in words."""
        row, table = written.row, written.table
        if table is CARD:
            return str(table.label)
        if table is ASSESSMENT:
            return self._stage(row)
        if table is SCORE:
            return f"{row.criterion.code} {row.criterion.label} ({self._stage(row.assessment)})"
        if table is TASK:
            return _("Task: %(task)s") % {"task": self.task(row)}
        if table is EVIDENCE:
            place = f"{row.criterion.code} {row.criterion.label}" if row.criterion_id else _task(row.task)
            return _("Evidence: %(place)s") % {"place": place}
        if table is CAUSE:
            deduction = row.fault or row.delay
            return _("Objective cause: %(task)s") % {"task": _task(deduction.task)}
        return f"{table.label}: {_task(row.task)}"

    def _stage(self, row: Any) -> str:
        """The stage of an assessment, and for whom somebody sits there, by a version that has the seat."""
        named = (speaker(version, row.stage, row.seat) for version in self.versions.values() if row.seat)
        plain = str(StageKey(row.stage).label)
        return next((name for name in named if name != plain), plain)

    def task(self, row: Any) -> str:
        """A task as its row of history knows it: by the name somebody typed, else by its product of the catalogue."""
        typed, product = self.kept(row.name_key), row.product
        return f"{row.code} {typed or (product.duty if product is not None else '')}".strip()

    def field(self, written: Written, name: str) -> dict[str, str]:
        """The field's label with its value before and after."""
        label = label_of(written.table, name)
        return {
            "label": str(label)[:1].upper() + str(label)[1:],
            "before": NOTHING if written.before is None else self.value(written, written.before, name),
            "after": self.value(written, written.row, name),
        }

    def value(self, written: Written, row: Any, name: str) -> str:
        """One stored value in the reader's words."""
        table = written.table
        if name in table.people:
            key = getattr(row, f"{name}_id")
            return self.names.people.get(key, NOTHING) if key is not None else NOTHING
        stored = getattr(row, name)
        if stored in (None, "", {}):
            return NOTHING
        if name in table.kept:
            return self.kept(stored)
        if table is SCORE and name == "value" and written.row.criterion.is_fact:
            return self._answer(written.row.criterion, stored)
        if table is SCORE and name == "choice":
            return self._option(written.row.criterion, stored)
        if table is TASK and name in self._asked:
            return self._asked[name].values.get(stored, stored)
        if name in ("confirmed_basis", "proposed_basis"):
            return "; ".join(f"{code} {basis_text(text)}" for code, text in stored.items())
        choices = table.model._meta.get_field(name).flatchoices  # type: ignore[union-attr]  # concrete fields only
        if choices:
            return str(dict(choices).get(stored, stored))
        return self._plain(stored)

    def _plain(self, stored: Any) -> str:
        match stored:
            case bool():
                return _("yes") if stored else _("no")
            case Decimal() | int():
                return format_quantity(stored, language=self.language)
            case datetime():
                return second(stored)
            case date():
                return format_day(stored)
        return str(stored)

    def _answer(self, criterion: Any, stored: Decimal) -> str:
        """The answer of a fact in words, from the version that the card is scored with."""
        version = self.versions.get(criterion.version_id)
        fact = version.compiled().fact(criterion.key) if version is not None else None
        return fact_in_words(fact, stored) if fact is not None else self._plain(stored)

    def _option(self, criterion: Any, stored: str) -> str:
        """The label of a chosen value, from the version that the card is scored with."""
        version = self.versions.get(criterion.version_id)
        compiled = version.compiled().criterion(criterion.key) if version is not None else None
        if compiled is not None and compiled.detailed:
            return in_words(compiled, stored)
        for option in compiled.options if compiled is not None else ():
            if _number(stored) == option.value:
                return option.label
        return stored


def _card_url(cards: Mapping[int, int], person: int | None) -> str:
    """The history of the person's card, where the page knows it."""
    card = cards.get(person) if person is not None else None
    return reverse("workspace:card_history", args=[card]) if card is not None else ""


def _task(task: Any) -> str:
    return f"{task.code} {task.name}".strip()


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
