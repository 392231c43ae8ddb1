"""Sign-ins, their failures and their ends go to the access log, whichever page or backend they come by."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from kpi_cms.foundation.audit.access_log import notice_event
from kpi_cms.foundation.audit.enums import Access

from .models import User


def connect() -> None:
    """From `ready()`."""
    user_logged_in.connect(_signed_in, dispatch_uid="access log: signed in")
    user_logged_out.connect(_signed_out, dispatch_uid="access log: signed out")
    user_login_failed.connect(_failed, dispatch_uid="access log: failed")
    user_locked_out.connect(_locked_out, dispatch_uid="access log: locked out")


def _signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    notice_event(Access.SIGNED_IN, user.pk, user.get_username())


def _signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        notice_event(Access.SIGNED_OUT, user.pk, user.get_username())


def _failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    _of_an_attempt(Access.SIGN_IN_FAILED, credentials.get("username"))


def _locked_out(sender: Any, username: str | None = None, **kwargs: Any) -> None:
    _of_an_attempt(Access.LOCKED_OUT, username)


def _of_an_attempt(kind: Access, username: str | None) -> None:
    """Only a name that an account has is kept."""
    user = User.objects.filter(username=username or "").first()
    notice_event(kind, user.pk if user is not None else None, user.get_username() if user is not None else "")
