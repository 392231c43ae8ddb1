"""Looking as another account: the request is answered as theirs, bannered and recorded, and can change nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now
from snippets.domain import view_as

SESSION_KEY = "view_as"
READING = ("GET", "HEAD", "OPTIONS")
# Pages whose reading is itself an act (a printed form), the admin, whose pages keep notes of who is on them, and files,
# which would leave without the banner.
CLOSED = ("/in/", "/admin/", "/minh-chung/")


@dataclass(frozen=True)
class Viewing:
    """Who looks (`viewer`), as whom, until when."""

    viewer: User
    user: User
    until: datetime


def remember(request: HttpRequest, user: User, until: datetime) -> None:
    """From the next request on."""
    request.session[SESSION_KEY] = {"user": user.pk, "until": until.timestamp()}


def stop(request: HttpRequest, viewer: User) -> User | None:
    """Forget it and record the end; the account that was looked at."""
    kept = request.session.pop(SESSION_KEY, None)
    user = User.objects.filter(pk=kept["user"]).first() if kept else None
    if user is not None:
        view_as.end(actor=viewer, moment=database_now(), user=user)
    return user


class ViewAsMiddleware:
    """Behind the session's own rules, before anything asks what the account holds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated or SESSION_KEY not in request.session:
            return self.get_response(request)
        if request.path in (reverse("workspace:view_as_end"), reverse("accounts:sign_out")):
            return self.get_response(request)
        viewer: Any = request.user
        viewing = self._viewing(request, viewer)
        if viewing is None:
            stop(request, viewer)
            messages.info(request, _("You no longer look as another account: the time is over."))
            return self.get_response(request)
        request.viewing_as = viewing  # type: ignore[attr-defined]  # read by the banner
        if request.method not in READING or request.path.startswith(CLOSED):
            return self._refuse(request, viewing)
        view_as.record_page(
            actor=viewer, moment=database_now(), user=viewing.user, path=request.get_full_path()
        )
        request.user = viewing.user
        return self.get_response(request)

    @staticmethod
    def _viewing(request: HttpRequest, viewer: User) -> Viewing | None:
        kept = request.session[SESSION_KEY]
        until = datetime.fromtimestamp(kept["until"], tz=timezone.get_default_timezone())
        user = User.objects.filter(pk=kept["user"]).first()
        if user is None or database_now() >= until or not view_as.may_go_on(viewer, user):
            return None
        return Viewing(viewer, user, until)

    @staticmethod
    def _refuse(request: HttpRequest, viewing: Viewing) -> HttpResponse:
        sentence = _(
            "You look at this as %(name)s and can change nothing. Stop looking as somebody else before you act."
        ) % {"name": viewing.user}
        request.user = viewing.user
        request.scope = Scope.of(viewing.user)  # type: ignore[attr-defined]  # its middleware comes after this one
        return TemplateResponse(request, "403.html", {"sentence": sentence}, status=403).render()
