"""Request plumbing: where an action comes from, two content security policies, errors with their sentence."""

import uuid
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from .actor import Origin, coming_from
from .addresses import client_address
from .errors import DomainError, NotFound

Handler = Callable[[HttpRequest], HttpResponse]


class OriginMiddleware:
    """One request id for all that a request does; it leaves in `X-Request-ID`. A client's own id is not trusted."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = Origin(request_id=uuid.uuid4(), address=client_address(request))
        with coming_from(origin):
            response = self.get_response(request)
        response["X-Request-ID"] = str(origin.request_id)
        return response


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Strict everywhere; the Wagtail admin gets its own policy with its documented exceptions."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_config = deepcopy(settings.ADMIN_CONTENT_SECURITY_POLICY["DIRECTIVES"])  # type: ignore[attr-defined]  # django-csp's own channel
        return super().process_response(request, response)


class DomainErrorMiddleware:
    """Turn a refusal that reaches the door into its status and its sentence. Personal pages are never cached."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, named: dict[str, Any]
    ) -> HttpResponse | None:
        """No code holds a NUL, and PostgreSQL answers a search for one with an error: such an address is missing."""
        if any(isinstance(part, str) and "\x00" in part for part in named.values()):
            return self.process_exception(request, NotFound())
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        status = exception.status
        template = f"{status}.html" if status in (403, 404, 409, 503) else "400.html"
        response = TemplateResponse(
            request, template, {"sentence": exception.sentence, "error": exception}, status=status
        )
        return response.render()
