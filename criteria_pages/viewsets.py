"""The library of criteria as a register: for those who write criteria sets, and nobody else."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column

from kpi_cms.foundation.access.forms import Spoken
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.viewsets import GuardedViewSet
from snippets.viewsets.shared import RegisterFilterSet, WordsColumn, choice_filter, words

from . import rules
from .blocks.wording import lines_of
from .domain.library import block_of
from .enums import ItemKind
from .library_forms import SPOKEN, ItemAddForm, ItemEditForm
from .models import LibraryItem
from .rule_table import WRITE


class LibraryFilterSet(RegisterFilterSet):
    kind = choice_filter(ItemKind, _("kind"))

    class Meta:
        model = LibraryItem
        fields = ["kind"]


class LibraryViewSet(GuardedViewSet):
    model = LibraryItem
    icon = "folder-open-inverse"
    add_to_admin_menu = True
    menu_name = "library"
    menu_label = _("Library of criteria")  # type: ignore[assignment]  # a lazy text, as the base computes it
    menu_order = 210
    reads = adds = changes = WRITE.capabilities
    refusal = WRITE.refusal
    title_column = ("name", _("Name"))
    list_display = [
        Column("get_kind_display", label=_("Kind"), accessor="get_kind_display"),
        WordsColumn("retired", label=_("No longer offered")),
    ]
    filterset_class = LibraryFilterSet
    add_form = ItemAddForm
    edit_form = ItemEditForm
    add_panels = [FieldPanel(name) for name in ("name", "content", "reason")]
    edit_panels = [FieldPanel(name) for name in ("name", "content", "retired", "reason")]
    spoken: ClassVar[Mapping[str, Spoken]] = SPOKEN

    def rows(self, scope: Scope) -> QuerySet[Any]:
        """No unit narrows it."""
        every: QuerySet[Any] = LibraryItem.objects.all()
        return every if self.may_read(scope) else every.none()

    def may_change(self, scope: Scope, instance: LibraryItem) -> bool:
        return bool(rules.write(scope))

    def details(self, scope: Scope, instance: LibraryItem) -> list[tuple[str | Promise, str]]:
        block = block_of(instance)
        return [
            (_("Kind"), str(instance.get_kind_display())),
            *lines_of(block.block, block.value),
            (_("No longer offered"), words(instance.retired)),
        ]
