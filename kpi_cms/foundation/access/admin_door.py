"""The Wagtail admin does not exist for anybody without an authoring role."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from wagtail.utils.urlpatterns import decorate_urlpatterns


def authors_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask for a sign-in first; then answer 404 unless one of ADMIN_CAPABILITIES is held anywhere."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.scope.holds(*settings.ADMIN_CAPABILITIES):  # type: ignore[attr-defined]  # set by ScopeMiddleware
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def guarded_admin_urls(urlpatterns: list[Any]) -> list[Any]:
    """Every pattern of the admin, wrapped."""
    patterns: list[Any] = decorate_urlpatterns(urlpatterns, authors_only)
    return patterns
