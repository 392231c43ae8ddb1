"""What several registers show and choose in the same way."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column

from kpi_cms.foundation.access.scope import Scope

from ..enums import UnitLevel
from ..models import Unit


# --- Words -------------------------------------------------------------------------------------------------
def words(value: Any) -> str:
    """A value as officials write it: 31/07/2026, 1,25, có; nothing for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}".replace(".", ",")
    return str(value)


def span(starts_on: date, ends_on: date | None) -> str:
    """01/07/2026 – 31/12/2026, or with an open end."""
    return (
        f"{words(starts_on)} – {words(ends_on)}" if ends_on else _("from %(day)s") % {"day": words(starts_on)}
    )


def name_within(scope: Scope, unit: Unit | None, *capabilities: str) -> str:
    """A unit's name for a reader who holds something on it; of any other unit no name is told."""
    if unit is None:
        return ""
    if any(unit.path.startswith(path) for path in scope.paths(*capabilities)):
        return unit.name
    return _("outside your units")


class WordsColumn(Column):
    """A column whose cell is words: dates, decimals and yes or no as officials write them."""

    def get_value(self, instance: Any) -> str:
        return words(super().get_value(instance))


# --- Filters -----------------------------------------------------------------------------------------------
class SubtreeField(django_filters.fields.ModelChoiceField):
    """Units of the reader, indented as in the tree."""

    def label_from_instance(self, unit: Unit) -> str:
        return f"{'– ' * (unit.depth - 1)}{unit.name}"


class SubtreeFilter(django_filters.ModelChoiceFilter):
    """Rows of a unit and everything below it, by a subquery on the path (traps.md 4)."""

    field_class = SubtreeField

    def filter(self, queryset: QuerySet[Any], unit: Unit | None) -> QuerySet[Any]:
        if unit is None:
            return queryset
        below = Unit.objects.filter(path__startswith=unit.path)
        return queryset.filter(**{f"{self.field_name}__in": below})


def subtree_filter(reads: Sequence[str], field_name: str = "unit") -> SubtreeFilter:
    """Offers the agencies and groupings that the reader reads; departments are reached through theirs."""

    def offered(request: HttpRequest | None) -> QuerySet[Unit]:
        scope: Scope = request.scope  # type: ignore[union-attr]  # a list always has its request
        return scope.units(*reads).exclude(level=UnitLevel.CONSTITUENT)

    return SubtreeFilter(
        field_name=field_name,
        label=gettext_lazy("Unit"),
        queryset=offered,
        empty_label=gettext_lazy("All units"),
    )


class RegisterFilterSet(WagtailFilterSet):
    """The base of a register's filters: choices are radio buttons, as in the host's own lists."""


def choice_filter(choices: Any, label: Any, field_name: str | None = None) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(
        choices=choices.choices,
        label=capfirst(label),
        field_name=field_name,
        widget=forms.RadioSelect,
        empty_label=gettext_lazy("All"),
    )
