"""What both imports share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from kpi_cms.foundation.access.rules import Rule, somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import NotFound

SHOWN = 500  # rows of one kind on a page; the count tells of the others
View = Callable[..., HttpResponse]


def scope_of(request: HttpRequest) -> Scope:
    """What the reader holds today, read once for each request."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by ScopeMiddleware
    return scope


def for_keepers(rule: Rule) -> Callable[[View], View]:
    """The page exists for those who may import this into some unit."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not somewhere(rule, scope_of(request)):
                raise NotFound
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the admin; 422 for a file that was refused."""
    return TemplateResponse(request, f"exchange/{template}.html", context, status=status)
