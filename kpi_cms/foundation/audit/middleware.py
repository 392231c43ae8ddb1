"""Writes the access log: what a request was shown, and what it was refused, once the answer is known."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from . import access_log
from .access_log import Door

REFUSALS = (403, 404, 409)


class AccessLogMiddleware:
    """Outside the transaction of the request and of whatever answers in another account's place.

    To a visitor nothing is refused that is worth a row: they are sent to the sign-in page, whose attempts are kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user  # read now: whoever is looked as takes its place
        with access_log.noticing() as noticed:
            response = self.get_response(request)
        if (
            connection.needs_rollback
        ):  # a transaction around the whole request, which only tests have, is over
            return response
        refused = _is_refusal(request, response) and user.is_authenticated
        if refused or noticed.sightings or noticed.events:
            access_log.write(_door(request, user, response), noticed, refused=refused)
        return response


def _is_refusal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """The host's admin refuses by sending back to its first page (traps.md 3)."""
    if response.status_code in REFUSALS:
        return not request.path.startswith("/static/")
    home = reverse("wagtailadmin_home")
    return (
        response.status_code == 302
        and request.path.startswith(home)
        and request.path != home
        and response.headers.get("Location") == home
    )


def _door(request: HttpRequest, user: Any, response: HttpResponseBase) -> Door:
    account = user if user.is_authenticated else None
    viewing: Any = getattr(request, "viewing_as", None)  # set where an account is looked as
    shown = viewing.user if viewing is not None else None
    return Door(
        account_id=account.pk if account is not None else None,
        account_code=account.get_username() if account is not None else "",
        as_account_id=shown.pk if shown is not None else None,
        as_account_code=shown.get_username() if shown is not None else "",
        method=request.method or "",
        route=request.resolver_match.view_name if request.resolver_match else "",
        path=request.path.replace("\x00", "\ufffd"),  # PostgreSQL keeps no NUL
        status=response.status_code,
    )
