"""The Wagtail admin does not exist for anybody without an authoring role."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from wagtail.admin.views.account import (
    AccountView,
    LocaleSettingsPanel,
    NotificationsSettingsPanel,
    ThemeSettingsPanel,
)
from wagtail.users.models import UserProfile
from wagtail.utils.urlpatterns import decorate_urlpatterns

# Two addresses on which the host tries its own error pages: an error on demand fills the log and alarms somebody.
HOST_TRIALS = frozenset({"test404/", "failwhale/"})
HOST_ACCOUNT = "account/"


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


class OwnAccountView(AccountView):
    """Language, look and notifications. No picture is uploaded here: files come in through `core.files` only."""

    def get_panels(self) -> list[Any]:
        profile = UserProfile.get_for_user(self.request.user)
        kinds = (NotificationsSettingsPanel, LocaleSettingsPanel, ThemeSettingsPanel)
        panels = [kind(self.request, self.request.user, profile) for kind in kinds]
        return [panel for panel in panels if panel.is_active()]


def guarded_admin_urls(urlpatterns: list[Any]) -> list[Any]:
    """Every pattern of the admin, wrapped."""
    host = [entry for entry in urlpatterns if str(entry.pattern) not in {*HOST_TRIALS, HOST_ACCOUNT}]
    account = path(HOST_ACCOUNT, OwnAccountView.as_view(), name="wagtailadmin_account")
    patterns: list[Any] = decorate_urlpatterns([account, *host], authors_only)
    return patterns
