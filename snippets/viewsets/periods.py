"""Periods being prepared: kind, units and deadlines. Opening and closing stand in the workspace."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel

from kpi_cms.foundation.access.forms import DateTimeInput, GuardedForm
from kpi_cms.foundation.access.rules import in_state, somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import Cell, GuardedViewSet, RelatedTable

from .. import rule_table as table
from ..domain import periods
from ..enums import PeriodKind, PeriodState
from ..models import ParticipatingUnit, Period, Unit
from ..queries import top_units
from ..rules import READS_PERIODS
from .shared import RegisterFilterSet, WordsColumn, choice_filter, words

KEEPS = table.CHANGE_PERIOD.capabilities


def _units(scope: Scope, instance: Any) -> QuerySet[Unit]:
    """The highest units of the actor and those directly below: each takes part with everything below it."""
    chosen: QuerySet[Unit] = top_units(scope, *KEEPS).filter(Unit.open_on(timezone.localdate()))
    if instance is not None and instance.pk is not None:
        chosen = chosen | scope.units(*KEEPS).filter(participations__period=instance)
    return chosen.distinct()


class UnitChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, unit: Unit) -> str:
        return f"{'– ' * (unit.depth - 1)}{unit.name} ({unit.code})"


class _PeriodForm(GuardedForm):
    self_due_at = forms.DateTimeField(
        label=gettext_lazy("self-assessment due"),
        widget=DateTimeInput(),
        help_text=gettext_lazy("Local time. An act at exactly this moment is late."),
    )
    evaluation_due_at = forms.DateTimeField(
        label=gettext_lazy("evaluation due"),
        widget=DateTimeInput(),
        help_text=gettext_lazy("Local time. An act at exactly this moment is late."),
    )
    collective_due_at = forms.DateTimeField(
        label=gettext_lazy("scores of a collective due"),
        widget=DateTimeInput(),
        required=False,
        help_text=gettext_lazy("For sets in which a collective scores. Empty: until the evaluation is due."),
    )
    endorsement_due_at = forms.DateTimeField(
        label=gettext_lazy("endorsement due"),
        widget=DateTimeInput(),
        required=False,
        help_text=gettext_lazy("For sets with an endorsement. Empty: an endorsement is never late."),
    )
    units = UnitChoices(
        label=gettext_lazy("units that take part"),
        queryset=Unit.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Each with everything below it."),
    )
    narrowed = {"units": _units}


class PeriodAddForm(_PeriodForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return periods.create_period(
            actor=actor,
            moment=moment,
            kind=data["kind"],
            year=data["year"],
            number=data["number"],
            **{name: data[name] for name in periods.DEADLINES},
            units=list(data["units"]),
            reason=data["reason"],
        )


class PeriodEditForm(_PeriodForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].initial = [
            unit.pk for unit in Unit.objects.filter(participations__period=self.instance)
        ]

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return periods.change_period(
            actor=actor,
            moment=moment,
            period=self.instance,
            **{name: data[name] for name in periods.DEADLINES},
            units=list(data["units"]),
            reason=data["reason"],
        )


class PeriodFilterSet(RegisterFilterSet):
    kind = choice_filter(PeriodKind, gettext_lazy("kind"))
    state = choice_filter(PeriodState, gettext_lazy("state"))

    class Meta:
        model = Period
        fields = ["kind", "state"]


_DEADLINES = MultiFieldPanel([FieldPanel(name) for name in periods.DEADLINES], gettext_lazy("Deadlines"))


class PeriodViewSet(GuardedViewSet):
    model = Period
    icon = "calendar"
    menu_order = 500
    reads = READS_PERIODS
    adds = changes = KEEPS
    title_column = ("__str__", gettext_lazy("Period"))
    list_display = [
        WordsColumn("starts_on", label=gettext_lazy("First day")),
        WordsColumn("ends_on", label=gettext_lazy("Last day")),
        "state",
        WordsColumn("self_due_at", label=gettext_lazy("Self-assessment due")),
        WordsColumn("evaluation_due_at", label=gettext_lazy("Evaluation due")),
    ]
    folded_search = False
    filterset_class = PeriodFilterSet
    add_form = PeriodAddForm
    edit_form = PeriodEditForm
    add_panels = [
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("kind"), FieldPanel("year"), FieldPanel("number")])],
            gettext_lazy("Period"),
        ),
        _DEADLINES,
        FieldPanel("units"),
        FieldPanel("reason"),
    ]
    edit_panels = [
        _DEADLINES,
        FieldPanel("units"),
        FieldPanel("reason"),
    ]
    refusal = gettext_lazy("This period cannot be changed by you now. Ask the policy staff.")

    def rows(self, scope: Scope) -> QuerySet[Period]:
        """Periods in which a unit takes part that the reader holds something on."""
        return Period.objects.filter(
            Exists(ParticipatingUnit.objects.filter(scope.q(*self.reads), period=OuterRef("pk")))
        )

    def may_change(self, scope: Scope, instance: Period) -> bool:
        """The form opens for whoever manages periods and sees this one; the domain asks for each of its units."""
        return somewhere(table.CHANGE_PERIOD, scope) and in_state(table.CHANGE_PERIOD, instance.state)

    def details(self, scope: Scope, instance: Period) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Kind"), str(instance.get_kind_display())),
            (gettext_lazy("Year"), str(instance.year)),
            (gettext_lazy("Number in the year"), str(instance.number)),
            (gettext_lazy("First day"), words(instance.starts_on)),
            (gettext_lazy("Last day"), words(instance.ends_on)),
            (gettext_lazy("Self-assessment due"), words(instance.self_due_at)),
            (gettext_lazy("Evaluation due"), words(instance.evaluation_due_at)),
            *(
                (label, words(due_at))
                for label, due_at in (
                    (gettext_lazy("Scores of a collective due"), instance.collective_due_at),
                    (gettext_lazy("Endorsement due"), instance.endorsement_due_at),
                )
                if due_at is not None
            ),
            (gettext_lazy("State"), str(instance.get_state_display())),
            (gettext_lazy("Opened at"), words(instance.opened_at)),
            (gettext_lazy("Closed at"), words(instance.closed_at)),
        ]

    def tables(self, scope: Scope, instance: Period) -> list[RelatedTable]:
        units = scope.units(*self.reads).filter(participations__period=instance)
        return [
            RelatedTable(
                gettext_lazy("Units that take part"),
                (gettext_lazy("Unit"), gettext_lazy("Code")),
                [(Cell(unit.name), Cell(unit.code)) for unit in units],
                gettext_lazy("None of your units takes part."),
            )
        ]
