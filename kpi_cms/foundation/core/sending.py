"""A form that is sent twice acts once: a double click, a retry after a lost answer, the button of a tab left open.

The form carries a key made when it was shown (`{% sent_key %}`). The first that arrives with it acts; whatever else
arrives with it, at the same moment or later, is led to where the first was led. The key is stored in the transaction of
the act itself: both are there, or neither is, and then the form may be sent again.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from .actor import database_now
from .models import SentForm

FIELD = "sent_key"
KEPT = timedelta(days=7)
PLAIN = "application/x-www-form-urlencoded"  # an upload is read by its own view, as it streams in


class SentOnceMiddleware:
    """Of the requests of one account that carry one key, one acts. Forms without a key are not its business."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = key_of(request)
        if key is None:
            return self.get_response(request)
        with transaction.atomic():
            return self._once(request, key)

    def _once(self, request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
        sent = {"account_id": request.user.pk, "key": key}
        try:
            with transaction.atomic():
                # Waits for whoever acts with this key just now.
                form = SentForm.objects.create(at=database_now(), **sent)
        except IntegrityError:
            return _as_before(request, SentForm.objects.get(**sent).answer)
        response = self.get_response(request)
        if response.status_code >= 500 or transaction.get_rollback():
            transaction.set_rollback(True)  # a failure acknowledges nothing: it is taken back whole
        elif "Location" in response.headers:
            SentForm.objects.filter(pk=form.pk).update(answer=response.headers["Location"])
        else:
            # Refused: it acted on nothing, and may be corrected and sent again.
            SentForm.objects.filter(pk=form.pk).delete()
        return response


def key_of(request: HttpRequest) -> uuid.UUID | None:
    """The key that a form of a signed-in account carries; None without one, or for one that no page has made."""
    if request.method != "POST" or request.content_type != PLAIN or not request.user.is_authenticated:
        return None
    try:
        return uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def _as_before(request: HttpRequest, answer: str) -> HttpResponse:
    messages.info(request, _("This form was sent before. What it asked for was done once."))
    return redirect(answer)


def forget_sent_forms(*, actor: Any, moment: datetime) -> int:
    """By night: nobody sends a form again a week later. Returns how many were forgotten."""
    found, _models = SentForm.objects.filter(at__lt=moment - KEPT).delete()
    return found
