"""The calendar of working days: read by whoever keeps people or periods, kept at the top of the tree."""

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel

from kpi_cms.foundation.access.forms import GuardedForm
from kpi_cms.foundation.access.scope import Scope

from ..domain import calendar
from ..enums import DayKind
from ..models import CalendarDay
from ..rules import KEEPS_CALENDAR, keeps_calendar
from .positions import SharedListViewSet
from .shared import RegisterFilterSet, choice_filter, words


class CalendarDayAddForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return calendar.register_day(
            actor=actor,
            moment=moment,
            day=data["day"],
            kind=data["kind"],
            name=data["name"],
            reason=data["reason"],
        )


class CalendarDayEditForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return calendar.change_day(
            actor=actor,
            moment=moment,
            entry=self.instance,
            kind=data["kind"],
            name=data["name"],
            reason=data["reason"],
        )


class CalendarDayFilterSet(RegisterFilterSet):
    kind = choice_filter(DayKind, gettext_lazy("kind"))

    class Meta:
        model = CalendarDay
        fields = ["kind"]


class CalendarDayViewSet(SharedListViewSet):
    model = CalendarDay
    icon = "date"
    menu_label = gettext_lazy("Working calendar")  # type: ignore[assignment]  # a lazy text, as the base computes it
    menu_order = 510
    reads = KEEPS_CALENDAR
    adds = changes = KEEPS_CALENDAR
    title_column = ("__str__", gettext_lazy("Day"))
    list_display = ["kind", "name"]
    folded_search = False
    filterset_class = CalendarDayFilterSet
    add_form = CalendarDayAddForm
    edit_form = CalendarDayEditForm
    add_panels = [FieldPanel(name) for name in ("day", "kind", "name", "reason")]
    edit_panels = [FieldPanel(name) for name in ("kind", "name", "reason")]
    refusal = gettext_lazy(
        "The working calendar is kept for the whole province. Ask the policy staff or the personnel office."
    )

    def may_add(self, scope: Scope) -> bool:
        return keeps_calendar(scope)

    def may_change(self, scope: Scope, instance: Any) -> bool:
        return keeps_calendar(scope)

    def details(self, scope: Scope, instance: CalendarDay) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Day"), words(instance.day)),
            (gettext_lazy("Kind"), str(instance.get_kind_display())),
            (gettext_lazy("Name"), instance.name),
        ]
