"""The one base of every register in the Wagtail admin.

The host's generic views ask about the model, never about the record: with stock views and a right policy an outsider
had 32 leaks (traps.md 1). Here every URL is wrapped. A route that this base does not know is missing; a key that the
reader's queryset does not hold is missing; what is seen and not allowed is refused with its sentence. There is no
delete, copy, usage, revision or export, and no Django model permission is ever asked or granted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.panels import ObjectList
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.snippets.views.snippets import SnippetViewSet

from kpi_cms.foundation.audit import access_log
from kpi_cms.foundation.core.errors import Refused
from kpi_cms.foundation.core.scope_model import scope_model
from kpi_cms.foundation.core.text import is_key

from . import admin_views
from .choosers import GuardedChooserViewSet
from .forms import ActionForm, GuardedForm, Spoken, scope_of
from .scope import Scope


@dataclass(frozen=True)
class Outcome:
    """What an action tells its actor. `shown_once` is never stored: a first password. `goes_to` is a record's page."""

    message: str
    shown_once: str = ""
    goes_to: Any = None


@dataclass(frozen=True)
class Action:
    """A step of a record beside changing its fields. GET shows `form`, POST makes the one domain call `perform`.

    `may` says who sees the button and may open the page; the domain asks again.
    """

    name: str
    label: str | Promise
    icon: str
    form: type[ActionForm]
    may: Callable[[Scope, Any], bool]
    perform: Callable[..., Outcome]
    explains: str | Promise = ""


@dataclass(frozen=True)
class Cell:
    """One cell of a related table; with `url` it is a link."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class RelatedTable:
    """Records that belong to the one shown. `add_url` is empty where nothing may be added."""

    title: str | Promise
    headers: Sequence[str | Promise]
    rows: Sequence[Sequence[Cell]]
    empty: str | Promise
    add_url: str = ""
    add_label: str | Promise = ""


class ScopePolicy(BasePermissionPolicy):
    """The host's questions, answered from the scope. `delete` and `publish` are always no."""

    def __init__(self, viewset: "GuardedViewSet") -> None:
        super().__init__(viewset.model)
        self.viewset = viewset

    def user_has_permission(self, user: Any, action: str) -> bool:
        scope = scope_of(user)
        if action == "view":
            return self.viewset.may_read(scope)
        if action == "add":
            return self.viewset.may_add(scope)
        return action == "change" and scope.holds(*self.viewset.changes)

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        scope = scope_of(user)
        if action == "view":
            return self.viewset.rows(scope).filter(pk=instance.pk).exists()
        return action == "change" and self.viewset.may_change(scope, instance)

    def instances_user_has_any_permission_for(self, user: Any, actions: Sequence[str]) -> QuerySet[Any]:
        return self.viewset.rows(scope_of(user))

    def users_with_any_permission(self, actions: Sequence[str]) -> QuerySet[Any]:
        return get_user_model()._default_manager.none()


class GuardedViewSet(SnippetViewSet):
    """A register. Subclasses name capabilities, columns, forms and actions; nothing else opens a door.

    `reads`, `adds`, `changes`: the capabilities that let somebody read, add and change, held on the record's unit or
    above it. `unit_path` is the lookup from a record to its unit's path.
    """

    reads: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[tuple[str, ...]] = ()
    changes: ClassVar[tuple[str, ...]] = ()
    unit_path: ClassVar[str] = "unit__path"
    related: ClassVar[tuple[str, ...]] = ()
    """Relations that the list and the page of a record show: joined, so that a row costs no query."""

    add_form: ClassVar[type[GuardedForm] | None] = None
    edit_form: ClassVar[type[GuardedForm] | None] = None
    add_panels: ClassVar[Sequence[Any]] = ()
    edit_panels: ClassVar[Sequence[Any]] = ()
    prefill: ClassVar[tuple[str, ...]] = ()
    """Fields of the add form that the address may fill in, still narrowed to the reader."""

    actions: ClassVar[tuple[Action, ...]] = ()
    refusal: ClassVar[str | Promise] = _(
        "You may read this record, not change it. Ask whoever keeps this register."
    )
    choice_columns: ClassVar[tuple[tuple[str, str | Promise], ...]] = ()
    title_column: ClassVar[tuple[str, str | Promise]] = ("__str__", _("Name"))
    folded_search: ClassVar[bool] = True
    spoken: ClassVar[Mapping[str, Spoken]] = {}
    """Fields whose values need words of their own, in the history of a record."""

    index_view_class = admin_views.GuardedIndexView
    add_view_class = admin_views.GuardedCreateView
    edit_view_class = admin_views.GuardedEditView
    inspect_view_class = admin_views.GuardedDetailView
    history_view_class = admin_views.GuardedHistoryView
    chooser_viewset_class = GuardedChooserViewSet
    index_template_name = "wagtailadmin/generic/index.html"
    index_results_template_name = "wagtailadmin/generic/index_results.html"
    create_template_name = "wagtailadmin/guarded/form.html"
    edit_template_name = "wagtailadmin/guarded/form.html"
    inspect_template_name = "wagtailadmin/guarded/detail.html"
    history_template_name = "wagtailadmin/guarded/history.html"
    inspect_view_enabled = True
    copy_view_enabled = False
    add_to_reference_index = False
    search_backend_name = None
    list_export: ClassVar[list[str]] = []
    list_per_page = 50

    # --- Who and what ---------------------------------------------------------------------------------------
    def rows(self, scope: Scope) -> QuerySet[Any]:
        """Everything this reader may see of the register."""
        queryset = self.model._default_manager.filter(scope.q(*self.reads, path=self.unit_path))
        return queryset.select_related(*self.related) if self.related else queryset

    def choices(self, scope: Scope) -> QuerySet[Any]:
        """What a chooser offers this reader."""
        return self.rows(scope)

    def may_read(self, scope: Scope) -> bool:
        return scope.holds(*self.reads)

    def may_add(self, scope: Scope) -> bool:
        return self.add_form is not None and scope.holds(*self.adds)

    def may_change(self, scope: Scope, instance: Any) -> bool:
        """Asked for one record; reads no row of the database."""
        return self.edit_form is not None and self.covers(scope, self.changes, instance)

    def covers(self, scope: Scope, capabilities: Sequence[str], instance: Any) -> bool:
        """Any of the capabilities covers the record's unit."""
        *relations, attribute = self.unit_path.split("__")
        value = instance
        for name in [*relations, attribute]:
            value = getattr(value, name)
        return any(value.startswith(held) for held in scope.paths(*capabilities))

    def person_of(self, instance: Any) -> Any:
        """Whose details a record's page shows: for the access log. None where it shows nobody's."""
        return None

    def possible_actions(self, scope: Scope, instance: Any) -> list[Action]:
        return [action for action in self.actions if action.may(scope, instance)]

    # --- What a record's page says --------------------------------------------------------------------------
    def details(self, scope: Scope, instance: Any) -> list[tuple[str | Promise, str]]:
        """Label and words of each line."""
        raise NotImplementedError

    def tables(self, scope: Scope, instance: Any) -> list[RelatedTable]:
        return []

    def title_of(self, instance: Any) -> str:
        return str(instance)

    def page_url(self, instance: Any) -> str:
        return reverse(self.get_url_name("inspect"), args=[instance.pk])

    def list_url(self) -> str:
        return reverse(self.get_url_name("list"))

    def add_url(self, **prefilled: Any) -> str:
        """The page for a new record, with fields of `prefill` filled in."""
        return f"{reverse(self.get_url_name('add'))}?{urlencode(prefilled)}"

    def action_url(self, action: Action, instance: Any) -> str:
        return reverse(self.get_url_name(f"action_{action.name}"), args=[instance.pk])

    # --- The guard ------------------------------------------------------------------------------------------
    @cached_property
    def routes(self) -> dict[str, str]:
        """Every route there is, with what it asks of the reader."""
        known = {"list": "read", "list_results": "read", "inspect": "read"}
        if hasattr(self.model, "history"):
            known["history"] = "read"
        if self.add_form is not None:
            known["add"] = "add"
        if self.edit_form is not None:
            known["edit"] = "change"
        return known | {f"action_{action.name}": action.name for action in self.actions}

    def get_urlpatterns(self) -> list[URLPattern]:
        conv = self.pk_path_converter
        actions = [
            path(
                f"{action.name}/<{conv}:pk>/",
                self.construct_view(admin_views.ActionView, action=action),
                name=f"action_{action.name}",
            )
            for action in self.actions
        ]
        return [
            self.guard(pattern, self.routes.get(pattern.name))
            for pattern in [*super().get_urlpatterns(), *actions]
        ]

    def guard(self, pattern: URLPattern, need: str | None) -> URLPattern:
        """The same address, behind the question that it asks; None makes it missing."""
        pattern.callback = self._guarded(pattern.callback, need)
        return pattern

    def _guarded(self, view: Callable[..., HttpResponse], need: str | None) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scope: Scope = request.scope  # type: ignore[attr-defined]  # set by ScopeMiddleware
            if need is None or not self.may_read(scope):
                raise Http404
            request.user.guarded_scope = scope  # type: ignore[union-attr]  # for the host's policy and the forms
            if need == "add" and not self.may_add(scope):
                raise Refused(self.refusal)
            if "pk" in kwargs:
                instance = self._seen(scope, kwargs["pk"])
                if need == "change" and not self.may_change(scope, instance):
                    raise Refused(self.refusal)
                action = next((item for item in self.actions if item.name == need), None)
                if action is not None and not action.may(scope, instance):
                    raise Refused(self.refusal)
                person = self.person_of(instance)
                if person is not None:
                    access_log.notice(instance, person=person, unit=person.unit)
                request.guarded_instance = instance  # type: ignore[attr-defined]  # read by our own views
            return view(request, *args, **kwargs)

        return guarded

    def _seen(self, scope: Scope, key: Any) -> Model:
        """The record, when this reader's list holds it."""
        if not is_key(str(key)):
            raise Http404
        instance: Model | None = self.rows(scope).filter(pk=key).first()
        if instance is None:
            raise Http404
        return instance

    # --- What the host asks of a viewset --------------------------------------------------------------------
    @property
    def permission_policy(self) -> ScopePolicy:
        return ScopePolicy(self)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows(request.scope)  # type: ignore[attr-defined]  # set by ScopeMiddleware

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        absent = {"delete_url_name": None, "usage_url_name": None, "copy_url_name": None}
        return super().get_common_view_kwargs(**{"viewset": self, **absent, **kwargs})

    def get_edit_handler(self) -> None:
        """Add and edit have their own panels: see `get_add_view_kwargs`."""
        return

    def get_form_class(self, for_update: bool = False) -> Any:
        panel = self._edit_panel if for_update else self._add_panel
        return panel.get_form_class() if panel is not None else None

    @cached_property
    def _add_panel(self) -> Any:
        return self._bound(self.add_panels, self.add_form)

    @cached_property
    def _edit_panel(self) -> Any:
        return self._bound(self.edit_panels, self.edit_form)

    def _bound(self, panels: Sequence[Any], form: type[GuardedForm] | None) -> Any:
        if form is None:
            return None
        return ObjectList(list(panels), base_form_class=form).bind_to_model(self.model)

    def get_add_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_add_view_kwargs(**kwargs) | {"panel": self._add_panel}

    def get_edit_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_edit_view_kwargs(**kwargs) | {"panel": self._edit_panel}

    def register_permissions(self) -> None:
        """Nothing to offer in the host's groups: capabilities on units are the only permissions."""

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        viewset = self

        class RegisterMenuItem(MenuItem):
            def is_shown(self, request: HttpRequest) -> bool:
                return viewset.may_read(request.scope)  # type: ignore[attr-defined]  # set by ScopeMiddleware

        return RegisterMenuItem

    @cached_property
    def menu_label(self) -> str:
        return capfirst(self.model_opts.verbose_name_plural)


def register_of(model: type[Model]) -> GuardedViewSet:
    """The register of a model; the host leaves it on the model when it is registered."""
    register: GuardedViewSet = getattr(model, "snippet_viewset")  # noqa: B009  (mypy knows no such attribute)
    return register


def is_unit_scoped(model: type[Model]) -> bool:
    """The scope model itself, or a model with a foreign key to it."""
    scope = scope_model()
    return model is scope or any(
        field.is_relation and field.concrete and field.related_model is scope
        for field in model._meta.get_fields()
    )
