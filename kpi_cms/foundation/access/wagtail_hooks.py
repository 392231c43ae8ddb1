"""The host's admin names endpoints of applications that are not installed; here they exist and answer nothing."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from wagtail import hooks


def absent(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Wagtail documents and images are not used: evidence has its own rules (security.md)."""
    raise Http404


class AbsentEndpoint:
    """What every admin page reverses (`wagtail_config`), without the leaks that came with the real one in 2026."""

    model = type(None)  # the router asks each endpoint for its model; no page or snippet is one of these

    @classmethod
    def get_urlpatterns(cls) -> list[URLPattern]:
        return [path("", absent, name="listing")]


@hooks.register("construct_admin_api")
def close_documents_and_images(router: Any) -> None:
    router.register_endpoint("documents", AbsentEndpoint)
    router.register_endpoint("images", AbsentEndpoint)
