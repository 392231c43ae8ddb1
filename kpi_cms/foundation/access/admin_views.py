"""The pages of a register: list, new, change, one record, its history, an action. Reached through the guard only.

The host's own log, side panels, usage and export are not here: its log copies titles, and a title may be a name.
"""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.base import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import DomainError, Stale
from kpi_cms.foundation.core.text import fold

from .history_rows import HistoryReader

PER_PAGE = 50


class GuardedIndexView(generic.IndexView):
    """The reader's rows, found by words without marks."""

    viewset: Any = None
    any_permission_required = ["view"]
    page_kwarg = "p"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        # The address may ask for an export even where no button offers one: a CSV would carry formulas.
        self.is_export = False

    @cached_property
    def is_searchable(self) -> bool:
        return bool(self.viewset.folded_search)

    def get_base_queryset(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.viewset.get_queryset(self.request)
        return rows

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for word in fold(self.search_query).split():
            queryset = queryset.filter(search_text__contains=word)
        return queryset

    @cached_property
    def columns(self) -> list[Any]:
        """The first leads to the record's page, whose buttons depend on the record."""
        accessor, label = self.viewset.title_column
        title = TitleColumn(accessor, label=label, get_url=self.viewset.page_url)
        return [title, *(self._column(item) for item in self.list_display)]

    def _column(self, item: Any) -> Any:
        return item if isinstance(item, Column) else self._get_custom_column(item)


class _Saving:
    """What adding and changing share: the form makes the domain call, a refusal stands in the form."""

    viewset: Any
    form: Any
    form_invalid: Any
    status = 200

    def save_instance(self) -> Any:
        return self.form.save()

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # the host's view
        except DomainError as error:
            form.add_refusal(error)
            self.status = error.status
            self.conflict = error if isinstance(error, Stale) else None
            self.produced_error_message = str(error.sentence)
            return self.form_invalid(form)
        return response

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        context["conflict"] = getattr(self, "conflict", None)
        response: HttpResponse = super().render_to_response(context, **kwargs)  # type: ignore[misc]  # the host's view
        response.status_code = self.status if self.status != 200 or not context["form"].errors else 422
        return response

    def get_success_url(self) -> str:
        url: str = self.viewset.page_url(self.object)  # type: ignore[attr-defined]  # the host's view
        return url

    def get_success_buttons(self) -> list[Any]:
        return []


class GuardedCreateView(_Saving, generic.CreateView):
    viewset: Any = None
    success_message = gettext_lazy("Saved.")
    page_title = gettext_lazy("New")

    def get_initial(self) -> dict[str, Any]:
        """What the address fills in; the form narrows it like any other choice."""
        return {name: self.request.GET[name] for name in self.viewset.prefill if name in self.request.GET}


class GuardedEditView(_Saving, generic.EditView):
    viewset: Any = None
    success_message = gettext_lazy("Saved.")
    page_title = gettext_lazy("Change")

    def get_object(self, queryset: Any = None) -> Any:
        return self.request.guarded_instance

    def get_page_subtitle(self) -> str:
        title: str = self.viewset.title_of(self.object)
        return title

    def get_history_url(self) -> str | None:
        """Only where the register has one; the host would lead to an address that is missing."""
        url: str | None = super().get_history_url() if hasattr(self.model, "history") else None
        return url

    def get_side_panels(self) -> MediaContainer:
        return MediaContainer([])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return _trail(self, self.viewset, self.object, str(self.page_title))


def _trail(view: Any, viewset: Any, instance: Any, here: str = "") -> list[dict[str, Any]]:
    """Home › register › record › what is being done to it."""
    title = viewset.title_of(instance)
    items = [
        *view.breadcrumbs_items,
        {
            "url": reverse(viewset.get_url_name("list")),
            "label": capfirst(viewset.model_opts.verbose_name_plural),
        },
    ]
    if not here:
        return [*items, {"url": "", "label": title}]
    return [*items, {"url": viewset.page_url(instance), "label": title}, {"url": "", "label": here}]


class _OneRecord(WagtailAdminTemplateMixin):
    """A page about the record that the guard found."""

    viewset: Any = None
    request: Any
    header_icon = ""

    @cached_property
    def instance(self) -> Any:
        return self.request.guarded_instance

    def get_page_title(self) -> str:
        title: str = self.viewset.title_of(self.instance)
        return title


class GuardedDetailView(_OneRecord, TemplateView):
    """One record: its facts, what belongs to it, what may be done with it."""

    template_name = "wagtailadmin/guarded/detail.html"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return _trail(self, self.viewset, self.instance)

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        viewset, scope = self.viewset, self.request.scope
        buttons = []
        if viewset.may_change(scope, self.instance):
            url = reverse(viewset.get_url_name("edit"), args=[self.instance.pk])
            buttons.append(HeaderButton(_("Change"), url=url, icon_name="edit", priority=10))
        if hasattr(viewset.model, "history"):
            url = reverse(viewset.get_url_name("history"), args=[self.instance.pk])
            buttons.append(HeaderButton(_("History"), url=url, icon_name="history", priority=90))
        return buttons

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope = self.request.scope
        return super().get_context_data(
            details=self.viewset.details(scope, self.instance),
            tables=self.viewset.tables(scope, self.instance),
            actions=[
                (action, self.viewset.action_url(action, self.instance))
                for action in self.viewset.possible_actions(scope, self.instance)
            ],
            **kwargs,
        )


class GuardedHistoryView(_OneRecord, TemplateView):
    """Who changed which field of the record, when, from what to what, and why."""

    template_name = "wagtailadmin/guarded/history.html"
    header_icon = "history"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return _trail(self, self.viewset, self.instance, _("History"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        viewset = self.viewset
        reader = HistoryReader(viewset.model, self.request.scope, viewset.reads, viewset.spoken)
        page = reader.page(self.instance.pk, self.request.GET.get("p", "1"), PER_PAGE)
        return super().get_context_data(page=page, **kwargs)


class ActionView(_OneRecord, View):
    """A step of a record: GET asks, POST makes the one domain call."""

    action: Any = None
    template_name = "wagtailadmin/guarded/action.html"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return _trail(self, self.viewset, self.instance, str(self.action.label))

    def _form(self, data: Any = None) -> Any:
        return self.action.form(data, scope=self.request.scope, instance=self.instance)

    def _show(self, form: forms.Form, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            form=form, media=form.media, action=self.action, back=self.viewset.page_url(self.instance)
        )
        return TemplateResponse(self.request, self.template_name, context, status=status)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._show(self._form())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._show(form, 422)
        try:
            outcome = self.action.perform(
                actor=request.user, moment=database_now(), instance=self.instance, data=form.cleaned_data
            )
        except DomainError as error:
            form.add_refusal(error)
            return self._show(form, error.status)
        goes_to = self.viewset.page_url(self.instance) if outcome.goes_to is None else outcome.goes_to
        if outcome.shown_once:
            context = self.get_context_data(outcome=outcome, back=goes_to)
            return TemplateResponse(request, "wagtailadmin/guarded/shown_once.html", context)
        messages.success(request, outcome.message)
        return redirect(goes_to)
