"""The rules of a session: idle limit, absolute limit, the first password must be changed."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

SEEN, BEGAN = "sign_in_seen", "sign_in_began"


class SignInPolicyMiddleware:
    """Ends an idle or old session and sends a first sign-in to the password page. A second factor would ask here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = int(timezone.now().timestamp())
        seen = request.session.get(SEEN, now)
        began = request.session.setdefault(BEGAN, now)
        idle = now - seen > settings.SIGN_IN_IDLE_LIMIT.total_seconds()
        if idle or now - began > settings.SIGN_IN_ABSOLUTE_LIMIT.total_seconds():
            logout(request)
            sentence = (
                _("You were signed out because nothing happened for a while. Sign in to go on.")
                if idle
                else _("You were signed out because a sign-in ends after half a day. Sign in to go on.")
            )
            messages.info(request, sentence)
            # What was sent is not sent again: after a form the reader starts from the home page.
            back = {"next": request.get_full_path()} if request.method == "GET" else {}
            return redirect(f"{reverse('accounts:sign_in')}?{urlencode(back)}")
        # Written once a minute at most: a session that is saved at each request costs a write for each page.
        if now - seen >= 60 or SEEN not in request.session:
            request.session[SEEN] = now
        if request.user.must_change_password and not self._may_pass(request):
            return redirect("accounts:change_password")
        return self.get_response(request)

    @staticmethod
    def _may_pass(request: HttpRequest) -> bool:
        allowed = (reverse("accounts:change_password"), reverse("accounts:sign_out"), reverse("set_language"))
        return request.path in allowed or request.path.startswith("/static/")
