"""Choosing a record of a register: the same rows as its list, for the same reader, at every chooser endpoint."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import URLPattern
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views import chooser

from kpi_cms.foundation.core.text import fold, is_key

from .forms import GuardedChooser


class FoldedSearchForm(BaseFilterForm):
    """Every word of the query, without marks, in the register's folded column; where there is none, all is offered."""

    q = forms.CharField(label=_("Search term"), required=False)

    def filter(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        objects = super().filter(objects)
        query = (self.cleaned_data.get("q") or "") if objects.model.snippet_viewset.folded_search else ""
        self.is_searching, self.search_query = bool(query), query
        for word in fold(query).split():
            objects = objects.filter(search_text__contains=word)
        return objects


class Choosing:
    """Rows from the viewset's scope; no record is created in a chooser."""

    filter_form_class = FoldedSearchForm
    model: Any
    request: Any

    def get_object_list(self) -> QuerySet[Any]:
        return self.model.snippet_viewset.choices(self.request.scope)

    def can_create(self) -> bool:
        return False

    @property
    def columns(self) -> list[Any]:
        extra = self.model.snippet_viewset.choice_columns
        stock = super().columns  # type: ignore[misc]  # the host's view
        return [*stock, *(Column(name, label=label, accessor=name) for name, label in extra)]


class ChooseView(Choosing, chooser.ChooseView):
    pass


class ChooseResultsView(Choosing, chooser.ChooseResultsView):
    pass


class ChosenView(chooser.SnippetChosenView):
    """One record, by a key that the guard of its address has read already: what is no number is missing there."""

    def get_object(self, pk: str) -> Any:
        return self.model.snippet_viewset.choices(self.request.scope).get(pk=pk)

    def get_edit_item_url(self, instance: Any) -> None:
        return None


class ChosenMultipleView(chooser.SnippetChosenMultipleView):
    def get_objects(self, pks: list[str]) -> QuerySet[Any]:
        keys = [key for key in pks if is_key(key)]
        return self.model.snippet_viewset.choices(self.request.scope).filter(pk__in=keys)

    def get_edit_item_url(self, instance: Any) -> None:
        return None


class GuardedChooserViewSet(chooser.SnippetChooserViewSet):
    """Known endpoints only, each for readers of the register; everything else is missing."""

    choose_view_class = ChooseView
    choose_results_view_class = ChooseResultsView
    chosen_view_class = ChosenView
    chosen_multiple_view_class = ChosenMultipleView
    routes = frozenset({"choose", "choose_results", "chosen", "chosen_multiple"})

    @cached_property
    def widget_class(self) -> GuardedChooser:
        return GuardedChooser(self.model, icon=self.icon)

    def get_urlpatterns(self) -> list[URLPattern]:
        viewset = self.model.snippet_viewset
        return [
            viewset.guard(pattern, "read" if pattern.name in self.routes else None)
            for pattern in super().get_urlpatterns()
        ]
