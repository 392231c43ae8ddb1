"""Sign in, sign out, change the own password."""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid

from . import demonstration, domain
from .forms import ChangePasswordForm, SignInForm
from .models import User


class SignInView(LoginView):
    """The session key changes at sign-in (Django rotates it), so a planted session is worth nothing."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demonstration_accounts=demonstration.accounts(), **kwargs)


def demonstration_sign_in(request: HttpRequest) -> HttpResponse:
    """One click for each person of the demonstration; outside a demonstration this address does not exist."""
    offered = {account.username for account in demonstration.accounts()}
    if not offered:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    username = request.POST.get("demonstration", "")
    if username not in offered:
        raise Http404
    login(request, User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = resolve_url(settings.LOGIN_REDIRECT_URL)
    return redirect(target)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """After five wrong attempts for an account from one address."""
    return TemplateResponse(request, "accounts/locked.html", status=429).render()


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """A present password that is wrong counts as a wrong attempt to sign in: whoever finds a browser open has five."""
    form = ChangePasswordForm(request.POST or None)
    assert isinstance(request.user, User)
    if request.method == "POST" and form.is_valid() and _knows(request, form.cleaned_data["current"]):
        try:
            domain.change_own_password(
                actor=request.user,
                moment=database_now(),
                current=form.cleaned_data["current"],
                new=form.cleaned_data["new"],
            )
        except Invalid as error:
            for field, sentences in error.problems.items():
                for sentence in sentences:
                    form.add_error(field, str(sentence))
        else:
            update_session_auth_hash(request, User.objects.get(pk=request.user.pk))
            messages.success(request, _("Your password was changed."))
            return redirect("workspace:home")
    elif request.method == "POST" and not form.errors:
        if not AxesProxyHandler.is_allowed(request, {"username": request.user.get_username()}):
            return locked_out(request)
        form.add_error("current", _("The present password is not right."))
    context = {"form": form, "must_change": request.user.must_change_password}
    return TemplateResponse(
        request, "accounts/change_password.html", context, status=422 if form.errors else 200
    )


def _knows(request: HttpRequest, password: str) -> bool:
    """The password is the account's own, tried as at signing in: failures are counted, and refuse the right one too."""
    assert isinstance(request.user, User)
    return authenticate(request, username=request.user.get_username(), password=password) is not None
