"""Units: the tree, kept by access administrators, read by whoever keeps anything of a unit."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel

from kpi_cms.foundation.access.forms import DateInput, GuardedChooser, GuardedForm, ReasonForm
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import Action, Cell, GuardedViewSet, Outcome, RelatedTable

from .. import rule_table as table
from ..domain import organisation
from ..enums import Block, Capability, UnitLevel
from ..models import Unit
from ..rules import READS_UNITS, may_now
from .shared import RegisterFilterSet, WordsColumn, choice_filter, name_within, words


def _kept(scope: Scope, instance: Any) -> QuerySet[Unit]:
    """Units that exist and that the actor keeps."""
    kept: QuerySet[Unit] = scope.units(Capability.MANAGE_UNITS).filter(closed_on__isnull=True)
    return kept


def _kept_but_this(scope: Scope, instance: Any) -> QuerySet[Unit]:
    return _kept(scope, instance).exclude(path__startswith=instance.path)


def _possible_managers(scope: Scope, instance: Any) -> QuerySet[Unit]:
    """What the actor keeps, and the present one, which may stand above it."""
    kept = _kept(scope, instance)
    if instance is not None and instance.managing_unit_id is not None:
        kept = kept | Unit.objects.filter(pk=instance.managing_unit_id)
    return kept


class UnitAddForm(GuardedForm):
    parent = forms.ModelChoiceField(
        label=gettext_lazy("unit above"),
        queryset=Unit.objects.none(),
        widget=GuardedChooser(Unit, icon="site"),
        help_text=gettext_lazy("The new unit becomes the last one below it."),
    )
    narrowed = {"parent": _kept, "managing_unit": _possible_managers}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return organisation.create_unit(
            actor=actor,
            moment=moment,
            parent=data["parent"],
            code=data["code"],
            name=data["name"],
            block=data["block"],
            level=data["level"],
            managing_unit=data["managing_unit"],
            opened_on=data["opened_on"],
            reason=data["reason"],
        )


class UnitEditForm(GuardedForm):
    narrowed = {"managing_unit": _possible_managers}

    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        unit = organisation.rename_unit(
            actor=actor, moment=moment, unit=self.instance, name=data["name"], reason=data["reason"]
        )
        return organisation.change_unit(
            actor=actor,
            moment=moment,
            unit=unit,
            block=data["block"],
            level=data["level"],
            managing_unit=data["managing_unit"],
            reason=data["reason"],
        )


def _unit_choice(label: Any, **options: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        label=label, queryset=Unit.objects.none(), widget=GuardedChooser(Unit, icon="site"), **options
    )


class MoveForm(ReasonForm):
    new_parent = _unit_choice(gettext_lazy("new unit above"))
    narrowed = {"new_parent": _kept_but_this}
    field_order = ["new_parent", "reason"]


class CloseForm(ReasonForm):
    on = forms.DateField(label=gettext_lazy("first day on which it no longer exists"), widget=DateInput())
    successor = _unit_choice(
        gettext_lazy("successor"),
        required=False,
        help_text=gettext_lazy("The closed unit moves below it, so that its old cards remain within reach."),
    )
    narrowed = {"successor": _kept_but_this}
    field_order = ["on", "successor", "reason"]


def _move(*, actor: Any, moment: datetime, instance: Unit, data: dict[str, Any]) -> Outcome:
    organisation.move_unit(
        actor=actor, moment=moment, unit=instance, new_parent=data["new_parent"], reason=data["reason"]
    )
    return Outcome(_("The unit was moved with everything below it."))


def _close(*, actor: Any, moment: datetime, instance: Unit, data: dict[str, Any]) -> Outcome:
    organisation.close_unit(
        actor=actor,
        moment=moment,
        unit=instance,
        on=data["on"],
        successor=data["successor"],
        reason=data["reason"],
    )
    return Outcome(_("The unit was closed."))


def _may_step(scope: Scope, instance: Unit) -> bool:
    return instance.closed_on is None and may_now(table.CHANGE_UNIT, scope, instance)


class UnitFilterSet(RegisterFilterSet):
    block = choice_filter(Block, gettext_lazy("block"))
    level = choice_filter(UnitLevel, gettext_lazy("level"))

    class Meta:
        model = Unit
        fields = ["block", "level"]


class UnitViewSet(GuardedViewSet):
    model = Unit
    icon = "site"
    menu_order = 100
    reads = READS_UNITS
    adds = (Capability.MANAGE_UNITS,)
    changes = (Capability.MANAGE_UNITS,)
    unit_path = "path"
    related = ("managing_unit", "successor")
    title_column = ("indented", gettext_lazy("Name"))
    list_display = ["code", "block", "level", WordsColumn("closed_on", label=gettext_lazy("Closed on"))]
    filterset_class = UnitFilterSet
    add_form = UnitAddForm
    edit_form = UnitEditForm
    add_panels = [
        FieldPanel(name)
        for name in ("parent", "code", "name", "block", "level", "managing_unit", "opened_on", "reason")
    ]
    edit_panels = [FieldPanel(name) for name in ("name", "block", "level", "managing_unit", "reason")]
    prefill = ("parent",)
    choice_columns = (("code", gettext_lazy("Code")),)
    refusal = gettext_lazy("You may read this unit, not change it. Ask the access administrator.")
    actions = (
        Action(
            "move",
            gettext_lazy("Move"),
            "arrow-right",
            MoveForm,
            _may_step,
            _move,
            gettext_lazy(
                "The unit moves with everything below it. What people hold on units follows at once."
            ),
        ),
        Action(
            "close",
            gettext_lazy("Close"),
            "lock",
            CloseForm,
            _may_step,
            _close,
            gettext_lazy("A closed unit takes part in no later period. It is never deleted."),
        ),
    )

    def choices(self, scope: Scope) -> QuerySet[Unit]:
        """Units that exist; where a form allows fewer, it refuses the others."""
        return self.rows(scope).filter(Unit.open_on(timezone.localdate()))

    def may_change(self, scope: Scope, instance: Unit) -> bool:
        return not instance.closed_by(timezone.localdate()) and super().may_change(scope, instance)

    def details(self, scope: Scope, instance: Unit) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Code"), instance.code),
            (gettext_lazy("Name"), instance.name),
            (gettext_lazy("Block"), str(instance.get_block_display())),
            (gettext_lazy("Level"), str(instance.get_level_display())),
            (gettext_lazy("Managing agency"), name_within(scope, instance.managing_unit, *self.reads)),
            (gettext_lazy("Exists from"), words(instance.opened_on)),
            (gettext_lazy("Closed on"), words(instance.closed_on)),
            (gettext_lazy("Successor"), name_within(scope, instance.successor, *self.reads)),
        ]

    def tables(self, scope: Scope, instance: Unit) -> list[RelatedTable]:
        children = Unit.objects.filter(path__startswith=instance.path, depth=instance.depth + 1)
        addable = _may_step(scope, instance)
        return [
            RelatedTable(
                gettext_lazy("Units directly below"),
                (gettext_lazy("Unit"), gettext_lazy("Code"), gettext_lazy("Level")),
                [
                    (
                        Cell(unit.name, self.page_url(unit)),
                        Cell(unit.code),
                        Cell(str(unit.get_level_display())),
                    )
                    for unit in children
                ],
                gettext_lazy("There is no unit below this one."),
                add_url=self.add_url(parent=instance.pk) if addable else "",
                add_label=gettext_lazy("Add a unit below"),
            )
        ]
