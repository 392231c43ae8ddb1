"""Ủy quyền: what one left to others while absent, what others left to oneself, and a new one."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound
from kpi_cms.foundation.core.numbers import format_day
from kpi_cms.interfaces.workspace.forms.delegation import DelegationForm
from snippets import delegation_queries
from snippets.domain import delegation as domain
from snippets.models import Grant

from .shared import add_problems, refused


@login_required
@require_GET
def delegations(request: HttpRequest) -> HttpResponse:
    """By and to the account, those that last before those that are over."""
    me, now = actor_of(request), database_now()
    found = delegation_queries.delegations_of(me)
    reasons = texts.shown(each.reason_key for each in found)
    rows = [_row(each, reasons.get(each.reason_key, ""), now) for each in found]
    given = [row for row, each in zip(rows, found, strict=True) if each.giver == me]
    received = [row for row, each in zip(rows, found, strict=True) if each.giver != me]
    context = {
        "given": sorted(given, key=lambda row: not row["lasts"]),
        "received": sorted(received, key=lambda row: not row["lasts"]),
        "may_delegate": bool(delegation_queries.delegable_by(me, now).capabilities),
    }
    return TemplateResponse(request, "workspace/delegation/list.html", context)


def _row(found: delegation_queries.Delegation, reason: str, now: datetime) -> dict[str, Any]:
    return {
        "giver": str(found.giver),
        "receiver": str(found.receiver),
        "unit": found.unit.name,
        "what": ", ".join(str(capability.label) for capability in found.capabilities),
        "days": _("%(first)s to %(last)s")
        % {"first": format_day(found.starts_on), "last": format_day(found.ends_on)},
        "state": _state(found, now),
        "lasts": found.lasts(now),
        "reason": reason,
        "end_url": reverse("workspace:end_delegation", args=[found.grant.pk]),
    }


def _state(found: delegation_queries.Delegation, now: datetime) -> str:
    if found.ended_at is not None:
        return _("Ended on %(day)s") % {"day": format_day(timezone.localdate(found.ended_at))}
    today = timezone.localdate(now)
    if found.ends_on < today:
        return _("Over")
    return _("To come") if found.starts_on > today else _("In force")


@login_required
@require_http_methods(["GET", "POST"])
def delegate(request: HttpRequest) -> HttpResponse:
    """Delegate some of what one holds in one's own right; the page is missing for everybody else."""
    me, now = actor_of(request), database_now()
    delegable = delegation_queries.delegable_by(me, now)
    if not delegable.capabilities:
        raise NotFound
    initial = {
        "capabilities": [str(capability) for capability in delegable.capabilities],
        "starts_on": timezone.localdate(now),
    }
    sent = request.POST if request.method == "POST" else None
    form = DelegationForm(sent, delegable=delegable, initial=initial)
    errors: list[dict[str, str]] = []
    error = Invalid("")
    if sent is not None and form.is_valid():
        try:
            domain.delegate(actor=me, moment=now, **form.cleaned_data)
        except Invalid as caught:
            error, errors = caught, add_problems(form, caught)
        else:
            messages.success(
                request,
                _("It is delegated to %(name)s. You can end it at any time.")
                % {"name": form.cleaned_data["to"].full_name},
            )
            return redirect("workspace:delegations")
    context = {"form": form}
    template = "workspace/delegation/new.html"
    if sent is None:
        return TemplateResponse(request, template, context)
    return refused(request, template, context, error, errors=errors)


@login_required
@require_POST
def end_delegation(request: HttpRequest, pk: int) -> HttpResponse:
    """End at once what one delegated by one act."""
    grant = Grant.objects.filter(pk=pk).first()
    if grant is None:
        raise NotFound
    domain.end_delegation(actor=actor_of(request), moment=database_now(), grant=grant)
    messages.success(request, _("The delegation has ended."))
    return redirect("workspace:delegations")
