"""The Wagtail admin does not exist for anybody without an authoring role."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from wagtail.admin.views.account import (
    AccountView,
    LocaleSettingsPanel,
    LogoutView,
    ThemeSettingsPanel,
)
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.users.models import UserProfile
from wagtail.utils.urlpatterns import decorate_urlpatterns

# Two addresses on which the host tries its own error pages: an error on demand fills the log and alarms somebody.
HOST_TRIALS = frozenset({"test404/", "failwhale/"})
HOST_ACCOUNT, HOST_LOGOUT = "account/", "logout/"


def authors_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask for a sign-in first; then answer 404 unless one of ADMIN_CAPABILITIES is held anywhere."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.scope.holds(*settings.ADMIN_CAPABILITIES):  # type: ignore[attr-defined]  # set by ScopeMiddleware
            raise Http404
        if request.GET.get("export") in SpreadsheetExportMixin.FORMATS:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def without_exports(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Take the host's download buttons off its lists and reports; their addresses are closed by `authors_only`.

    Its CSV carries a title that begins with “=” as a formula, and no entry of the ledger says who took what along.
    """
    if issubclass(getattr(view, "view_class", object), SpreadsheetExportMixin):
        view.view_initkwargs["list_export"] = []  # type: ignore[attr-defined]  # each request's view is made with it
    return view


class OwnAccountView(AccountView):
    """Language and look. Nothing is sent by e-mail (`host_mail`). No picture is uploaded here: files come in through
    `core.files` only."""

    def get_panels(self) -> list[Any]:
        profile = UserProfile.get_for_user(self.request.user)
        kinds = (LocaleSettingsPanel, ThemeSettingsPanel)
        panels = [kind(self.request, self.request.user, profile) for kind in kinds]
        return [panel for panel in panels if panel.is_active()]


class OwnLogoutView(LogoutView):
    """The host's takes the session's cookie away whatever the method: a picture's address would sign anybody out."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return self.http_method_not_allowed(request)
        return super().dispatch(request, *args, **kwargs)


def guarded_admin_urls(urlpatterns: list[Any]) -> list[Any]:
    """Every pattern of the admin, wrapped."""
    replaced = {*HOST_TRIALS, HOST_ACCOUNT, HOST_LOGOUT}
    host = [entry for entry in urlpatterns if str(entry.pattern) not in replaced]
    own = [
        path(HOST_ACCOUNT, OwnAccountView.as_view(), name="wagtailadmin_account"),
        path(HOST_LOGOUT, OwnLogoutView.as_view(), name="wagtailadmin_logout"),
    ]
    patterns: list[Any] = decorate_urlpatterns(
        decorate_urlpatterns([*own, *host], without_exports), authors_only
    )
    return patterns
