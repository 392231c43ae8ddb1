"""What the rulebook adds to the page editor, and the sentences for what Wagtail may not do to a criteria set."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, reverse, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.action_menu import ActionMenuItem, SubmitForModerationMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.home import (
    LockedPagesPanel,
    RecentEditsPanel,
    UserObjectsInWorkflowModerationPanel,
    WorkflowObjectsToModeratePanel,
)
from wagtail.admin.widgets import Button
from wagtail.models import Page, WorkflowState
from wagtail.snippets.models import register_snippet

from kpi_cms.foundation.core.errors import DomainError

from . import library_views, rules, trial_views, views
from .domain.pins import require_unpinned
from .domain.readiness import to_know
from .forms import CHECK, ISSUE, TRY
from .models import CriteriaIndexPage, CriteriaSetPage
from .viewsets import LibraryViewSet

# About pages only, and so for those who write criteria.
PAGE_PANELS = (
    LockedPagesPanel,
    RecentEditsPanel,
    UserObjectsInWorkflowModerationPanel,
    WorkflowObjectsToModeratePanel,
)


register_snippet(LibraryViewSet)


@hooks.register("construct_homepage_panels")
def arrange_panels(request: HttpRequest, panels: list[Any]) -> None:
    """What waits for the reader first; nothing about pages for those who write none."""
    for panel in panels:
        if isinstance(panel, WorkflowObjectsToModeratePanel):
            panel.order = 0
    if not rules.write(request.scope):  # type: ignore[attr-defined]  # set by ScopeMiddleware
        panels[:] = [panel for panel in panels if not isinstance(panel, PAGE_PANELS)]


@hooks.register("insert_editor_js")
def keep_saving() -> SafeString:
    return format_html('<script src="{}" defer></script>', static("criteria_pages/keep-saving.js"))


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern | URLResolver]:
    own = [
        path("tu-mau/", views.start, name="start"),
        path("<int:page_id>/ban-hanh/", views.issue, name="issue"),
        path("<int:page_id>/cham-thu/", trial_views.try_set, name="try"),
        path("<int:page_id>/lay-tu-thu-vien/", library_views.take, name="take"),
        path("<int:page_id>/giu-vao-thu-vien/", library_views.keep, name="keep"),
        path("<int:page_id>/phien-ban/", views.versions, name="versions"),
    ]
    return [path("bo-tieu-chi/", include((own, "criteria_sets")))]


class StartMenuItem(MenuItem):
    """The way to the templates: for those who write criteria sets."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(rules.write(request.scope))  # type: ignore[attr-defined]  # set by ScopeMiddleware


@hooks.register("register_admin_menu_item")
def start_item() -> MenuItem:
    return StartMenuItem(
        gettext_lazy("Criteria set from a template"),
        reverse_lazy("criteria_sets:start"),
        name="start-from-template",
        icon_name="doc-full-inverse",
        order=209,
    )


@hooks.register("register_page_header_buttons")
def start_button(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """The same from the list of all sets, beside adding an empty one."""
    if (
        issubclass(page.specific_class or Page, CriteriaIndexPage)
        and page.permissions_for_user(user).can_add_subpage()
    ):
        yield Button(
            gettext_lazy("Start from a template"),
            url=reverse("criteria_sets:start"),
            icon_name="doc-full-inverse",
            priority=10,
        )


class CheckMenuItem(ActionMenuItem):
    """“Check”: shows what is wrong at its block; saves the draft when nothing is."""

    name = CHECK
    label = gettext_lazy("Check the criteria set")
    icon_name = "check"

    def is_shown(self, context: Any) -> bool:
        return isinstance(context.get("page"), CriteriaSetPage) and bool(super().is_shown(context))


class TryMenuItem(CheckMenuItem):
    """“Try it”: saves the draft and opens a trial card of it; what cannot be computed with is shown at its block."""

    name = TRY
    label = gettext_lazy("Try it")
    icon_name = "clipboard-list"


class IssueMenuItem(CheckMenuItem):
    """“Issue”: the same check, then the page that says what will be frozen and asks to confirm."""

    name = ISSUE
    label = gettext_lazy("Issue…")
    icon_name = "upload"

    def is_shown(self, context: Any) -> bool:
        request = context["request"]
        return super().is_shown(context) and bool(rules.issue(request.user, request.scope))


class SubmitMenuItem(SubmitForModerationMenuItem):
    """“Submit for approval”: the same check, then the set waits for whoever may issue it."""

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(parent_context)
        page = parent_context.get("page")
        returned = page is not None and page.current_workflow_state is not None
        context["label"] = _("Submit for approval again") if returned else _("Submit for approval")
        return context


@hooks.register("construct_page_action_menu")
def name_the_approval(menu_items: list[Any], request: HttpRequest, context: Any) -> None:
    for place, item in enumerate(menu_items):
        if type(item) is SubmitForModerationMenuItem:
            menu_items[place] = SubmitMenuItem(order=item.order)


@hooks.register("register_page_action_menu_item")
def check_menu_item() -> ActionMenuItem:
    return CheckMenuItem(order=10)


@hooks.register("register_page_action_menu_item")
def try_menu_item() -> ActionMenuItem:
    return TryMenuItem(order=15)


@hooks.register("register_page_action_menu_item")
def issue_menu_item() -> ActionMenuItem:
    return IssueMenuItem(order=20)


SET_PAGES = (
    ("criteria_sets:try", gettext_lazy("Try it"), "clipboard-list"),
    ("handbook:preview", gettext_lazy("Preview in the handbook"), "desktop"),
    ("reporting:form01_preview", gettext_lazy("Preview Form 01 (PDF)"), "doc-full"),
    ("criteria_sets:take", gettext_lazy("Take from the library…"), "folder-open-inverse"),
    ("criteria_sets:keep", gettext_lazy("Keep in the library…"), "folder-inverse"),
    ("criteria_sets:versions", gettext_lazy("Issued versions"), "history"),
)


@hooks.register("register_page_header_buttons")
def set_buttons(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """The ways to a trial card and the previews of the saved draft, to the library and to the versions, beside edit and
    history."""
    if (
        issubclass(page.specific_class or Page, CriteriaSetPage)
        and page.permissions_for_user(user).can_edit()
    ):
        for priority, (name, label, icon) in enumerate(SET_PAGES, start=11):
            yield Button(label, url=reverse(name, args=[page.pk]), icon_name=icon, priority=priority)


@hooks.register("after_edit_page")
def after_edit(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A saved draft without problems: say so, or go on to the confirmation."""
    if request.POST.get(ISSUE):
        return redirect("criteria_sets:issue", page.pk)
    if request.POST.get(TRY):
        return redirect("criteria_sets:try", page.pk)
    if request.POST.get(CHECK):
        messages.success(request, _("The criteria set has no problems: it can be issued."))
        for note in to_know(page):
            messages.info(request, note)
    return None


@hooks.register("before_edit_page")
def say_what_to_change(request: HttpRequest, page: Page) -> None:
    """A set that was sent back opens with the comment it came back with."""
    state = page.current_workflow_state if request.method == "GET" else None
    if state is not None and state.status == WorkflowState.STATUS_NEEDS_CHANGES:
        returned = state.current_task_state
        text = _("%(name)s sent this criteria set back: %(comment)s")
        messages.warning(request, text % {"name": returned.finished_by, "comment": returned.comment})


@hooks.register("before_delete_page")
def before_delete(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A set that a period uses stays: with a sentence, on the question as well as on the answer."""
    return _refuse_pinned(request, [page])


@hooks.register("before_bulk_action")
def before_bulk_action(
    request: HttpRequest, action_type: str, objects: list[Any], action: Any
) -> HttpResponse | None:
    """The same for many pages at once: nothing is deleted when one of them may not be."""
    pages = [entry for entry in objects if isinstance(entry, Page)]
    return _refuse_pinned(request, pages) if action_type == "delete" else None


def _refuse_pinned(request: HttpRequest, pages: list[Page]) -> HttpResponse | None:
    try:
        for page in pages:
            require_unpinned(page.pk, page.title)
    except DomainError as error:
        messages.error(request, str(error.sentence))
        return redirect("wagtailadmin_explore", pages[0].get_parent().pk)
    return None
