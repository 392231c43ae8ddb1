"""Criteria sets do not exist for those who are in the Wagtail admin for other things.

Wagtail guards its page views one by one, and not all of them: the confirmation of a move, the bulk actions and the
chooser's search show titles to anybody who may enter the admin. All pages of this product are criteria sets, so
every route about pages is closed here at once, those to come included by their prefix.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from wagtail.utils.urlpatterns import decorate_urlpatterns

from . import rules

PAGE_ROUTES = (
    "criteria_sets:",
    "wagtailadmin_api:pages:",
    "wagtailadmin_block_preview",
    "wagtailadmin_choose_page",
    "wagtailadmin_collections:",
    "wagtailadmin_editing_sessions:",
    "wagtailadmin_explore",
    "wagtailadmin_pages:",
    "wagtailadmin_reports:",
    "wagtailadmin_workflows:",
)

# A set has no preview (its handbook page is shown once it is issued): the host's own view of one ends in an error.
WITHOUT_PREVIEW = ("wagtailadmin_pages:workflow_preview",)


def about_pages(request: HttpRequest) -> bool:
    """Whether the address is one of the host's for pages, whatever view answers it."""
    match = request.resolver_match
    assert match is not None  # asked inside a view only
    if match.view_name == "wagtail_bulk_action":
        return bool(match.kwargs.get("app_label") == "wagtailcore")
    return match.view_name.startswith(PAGE_ROUTES)


def for_authors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if about_pages(request) and not rules.write(request.scope):  # type: ignore[attr-defined]  # set by ScopeMiddleware
            raise Http404
        if request.resolver_match is not None and request.resolver_match.view_name in WITHOUT_PREVIEW:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def guarded_page_urls(urlpatterns: list[Any]) -> list[Any]:
    """Every pattern of the admin, wrapped; only those about pages are asked for."""
    patterns: list[Any] = decorate_urlpatterns(urlpatterns, for_authors)
    return patterns
