"""Every page of the Wagtail admin lets page permissions follow from capabilities held now (`domain.authors`)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from wagtail.utils.urlpatterns import decorate_urlpatterns

from .domain.authors import lend_permissions


def as_author(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def lent(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            lend_permissions(request.user, request.scope)  # type: ignore[attr-defined]  # set by ScopeMiddleware
        return view(request, *args, **kwargs)

    return lent


def with_author_permissions(urlpatterns: list[Any]) -> list[Any]:
    """Every pattern of the admin, wrapped."""
    patterns: list[Any] = decorate_urlpatterns(urlpatterns, as_author)
    return patterns
