"""History rows as their reader can read them: labels and words, never a raw id.

A field that refers to a record outside the reader's units says so, and no more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.core.paginator import Page, Paginator
from django.db.models import Field, ForeignKey, Model, UUIDField
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.scope_model import scope_model

from .querysets import RestrictedQuerySet
from .scope import Scope

HIDDEN = frozenset({"id", "path", "depth", "numchild"})


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One history row: what it changed, compared with the row before it."""

    at: datetime
    who: str
    what: str
    fields: Sequence[FieldChange]
    reason: str


class HistoryReader:
    """Reads pages of one model's history for one reader, in a fixed number of queries."""

    def __init__(
        self,
        model: type[Any],
        scope: Scope,
        reads: Sequence[str],
        spoken: Mapping[str, Callable[[Any], str]] | None = None,
    ) -> None:
        """`spoken` has words of their own for fields that need them."""
        self.model = model
        self.spoken = spoken or {}
        self.scope = scope
        self.reads = reads
        self.tracked: list[Field[Any, Any]] = [
            field for field in model.history.model.tracked_fields if field.name not in HIDDEN
        ]

    def page(self, key: Any, number: str, size: int) -> Page[Any]:
        """Newest first. Each row is compared with the one before it, so one more than the page is read."""
        rows = self.model.history.filter(**{self.model._meta.pk.name: key}).order_by("-history_id")
        page = Paginator(rows, size).get_page(number)
        last = page.end_index()
        read = list(rows[max(page.start_index() - 1, 0) : last + 1])
        words = self._words(read)
        names = self._names(read)
        reasons = texts.shown(row.history_change_reason for row in read)
        shown = len(page.object_list)
        page.object_list = [
            self._change(row, read[place + 1] if place + 1 < len(read) else None, words, names, reasons)
            for place, row in enumerate(read[:shown])
        ]
        return page

    def _change(self, row: Any, before: Any, words: Any, names: dict[int, str], reasons: Any) -> Change:
        changed = [
            FieldChange(
                str(capfirst(self._label(field))),
                words(field, getattr(before, field.attname)) if before is not None else "",
                words(field, getattr(row, field.attname)),
            )
            for field in self.tracked
            if before is None or getattr(before, field.attname) != getattr(row, field.attname)
        ]
        what = {"+": _("Created"), "~": _("Changed"), "-": _("Removed")}[row.history_type]
        return Change(
            at=row.history_date,
            who=names.get(row.history_user_id, _("unknown account")),
            what=what,
            fields=[change for change in changed if change.before or change.after],
            reason=reasons.get(row.history_change_reason, ""),
        )

    @staticmethod
    def _label(field: Field[Any, Any]) -> str:
        return str(_("full name")) if field.name == "name_key" else str(field.verbose_name)

    @staticmethod
    def _names(rows: Iterable[Any]) -> dict[int, str]:
        keys = {row.history_user_id for row in rows if row.history_user_id is not None}
        return {user.pk: str(user) for user in get_user_model()._default_manager.filter(pk__in=keys)}

    def _words(self, rows: Sequence[Any]) -> Any:
        """A function from a field and its stored value to words, with everything it needs already read."""
        titles: dict[str, dict[Any, str]] = {}  # field → stored value → words
        for field in self.tracked:
            if not isinstance(field, ForeignKey | UUIDField):
                continue  # its value may be one that no set holds, as JSON is
            values = {getattr(row, field.attname) for row in rows} - {None}
            if isinstance(field, ForeignKey) and values:
                titles[field.name] = self._titles(field.related_model, values)
            elif values:
                titles[field.name] = dict(texts.shown(values))

        def words(field: Field[Any, Any], value: Any) -> str:
            if value is None or value == "":
                return ""
            if field.name in self.spoken:
                return self.spoken[field.name](value)
            if field.name in titles:
                return titles[field.name].get(value) or str(_("outside your units"))
            return plain(field, value)

        return words

    def _titles(self, model: type[Model], keys: set[Any]) -> dict[Any, str]:
        rows = model._default_manager.filter(pk__in=keys)
        if model is scope_model():
            rows = self.scope.units(*self.reads).filter(pk__in=keys)
        elif isinstance(rows, RestrictedQuerySet):
            rows = rows.within(self.scope, *self.reads)
        return {row.pk: str(row) for row in rows}


def plain(field: Field[Any, Any], value: Any) -> str:
    """A value of a field in words: its choice, yes or no, a day, a number with its comma."""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}".replace(".", ",")
    return str(value)
