"""Positions and job positions: read by everybody who keeps people, kept at the top of the tree."""

from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel

from kpi_cms.foundation.access.forms import GuardedForm
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import GuardedViewSet

from ..domain import positions
from ..enums import PostRole
from ..models import JobPosition, Position
from ..rules import KEEPS_SHARED_LISTS, keeps_shared_lists
from .shared import RegisterFilterSet, WordsColumn, choice_filter, words


class PositionAddForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return positions.create_position(
            actor=actor,
            moment=moment,
            code=data["code"],
            title=data["title"],
            role=data["role"],
            block=data["block"],
            reason=data["reason"],
        )


class PositionEditForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return positions.change_position(
            actor=actor,
            moment=moment,
            position=self.instance,
            title=data["title"],
            role=data["role"],
            block=data["block"],
            reason=data["reason"],
        )


class JobPositionAddForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return positions.create_job_position(
            actor=actor,
            moment=moment,
            code=data["code"],
            title=data["title"],
            faces_citizens=data["faces_citizens"],
            reason=data["reason"],
        )


class JobPositionEditForm(GuardedForm):
    def perform(self, *, actor: Any, moment: datetime) -> Model:
        data = self.cleaned_data
        return positions.change_job_position(
            actor=actor,
            moment=moment,
            job_position=self.instance,
            title=data["title"],
            faces_citizens=data["faces_citizens"],
            reason=data["reason"],
        )


class SharedListViewSet(GuardedViewSet):
    """A list for the whole province: no unit narrows it."""

    reads = KEEPS_SHARED_LISTS
    adds = changes = KEEPS_SHARED_LISTS
    title_column = ("title", gettext_lazy("Title"))
    refusal = gettext_lazy(
        "The list of positions is kept for the whole province. Ask the personnel office to change it."
    )

    def rows(self, scope: Scope) -> QuerySet[Any]:
        every: QuerySet[Any] = self.model._default_manager.all()
        return every if self.may_read(scope) else every.none()

    def may_add(self, scope: Scope) -> bool:
        return keeps_shared_lists(scope)

    def may_change(self, scope: Scope, instance: Any) -> bool:
        return keeps_shared_lists(scope)


class PositionFilterSet(RegisterFilterSet):
    role = choice_filter(PostRole, gettext_lazy("role as a rule"))

    class Meta:
        model = Position
        fields = ["role"]


class PositionViewSet(SharedListViewSet):
    model = Position
    icon = "tag"
    menu_order = 300
    list_display = ["code", "role", "block"]
    filterset_class = PositionFilterSet
    add_form = PositionAddForm
    edit_form = PositionEditForm
    add_panels = [FieldPanel(name) for name in ("code", "title", "role", "block", "reason")]
    edit_panels = [FieldPanel(name) for name in ("title", "role", "block", "reason")]

    def details(self, scope: Scope, instance: Position) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Code"), instance.code),
            (gettext_lazy("Title"), instance.title),
            (gettext_lazy("Role as a rule"), str(instance.get_role_display())),
            (gettext_lazy("Block"), str(instance.get_block_display()) if instance.block else ""),
        ]


class JobPositionViewSet(SharedListViewSet):
    model = JobPosition
    icon = "tag"
    menu_order = 310
    list_display = ["code", WordsColumn("faces_citizens", label=gettext_lazy("Faces citizens"))]
    add_form = JobPositionAddForm
    edit_form = JobPositionEditForm
    add_panels = [FieldPanel(name) for name in ("code", "title", "faces_citizens", "reason")]
    edit_panels = [FieldPanel(name) for name in ("title", "faces_citizens", "reason")]

    def details(self, scope: Scope, instance: JobPosition) -> list[tuple[str | Promise, str]]:
        return [
            (gettext_lazy("Code"), instance.code),
            (gettext_lazy("Title"), instance.title),
            (gettext_lazy("Faces citizens"), words(instance.faces_citizens)),
        ]
