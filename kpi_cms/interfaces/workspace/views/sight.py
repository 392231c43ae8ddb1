"""“Ai xem được phiếu này, vì sao?”, what one account can see, and looking as another account."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpi_cms.evaluation import queries, rules, sight_queries
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.rule_table import EXPLAIN_CARD
from kpi_cms.foundation.access.rules import somewhere
from kpi_cms.foundation.access.wall import shown_within
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound
from kpi_cms.interfaces.workspace import view_as as viewing
from kpi_cms.interfaces.workspace.forms.sight import DayForm, ViewAsForm
from kpi_cms.interfaces.workspace.presentation.sight import held_rows, reader_rows
from snippets.domain import view_as
from snippets.models import Grant
from snippets.rule_table import VIEW_AS
from snippets.rules import explain_account, not_the_same

from .shared import add_problems, refused, scope_of

CARDS_SHOWN = 100
by_whoever_gives_grants = shown_within(
    "who can see a card is explained without its scores", *EXPLAIN_CARD.capabilities
)


@login_required
@require_GET
@by_whoever_gives_grants
def card_readers(request: HttpRequest, pk: int) -> HttpResponse:
    """Each account that can see or change a card, the grant, the way down the tree and the dates; now or on a day."""
    card = Scorecard.objects.with_context().filter(pk=pk).first()
    if card is None:
        raise NotFound
    scope = scope_of(request)
    queries.notice_card(card)
    rules.explain_card(scope, card).require()
    form = DayForm(request.GET or None, now=database_now())
    at = form.at()
    context: dict[str, Any] = {"card": card, "form": form, "at": at, "missing": False, "rows": []}
    try:
        found = sight_queries.readers_of(pk, at)
    except NotFound:
        context["missing"] = True  # the reader may ask about the card; it was not there on that day
    else:
        grants = [held.grant for reader in found.readers for held in reader.held]
        context |= {"unit": found.unit, "rows": reader_rows(found.readers, _reasons(request, card, grants))}
    context["sees_card"] = bool(rules.see_card(scope, card))
    return _answer(request, "workspace/sight/card.html", context)


def _reasons(request: HttpRequest, card: Scorecard, grants: Iterable[Grant]) -> dict[Any, str]:
    """Why each grant was given: for those who give grants or read history, not for the person."""
    if rules.is_own(scope_of(request).user_id, card):
        return {}
    return texts.shown(grant.reason_key for grant in grants)


@login_required
@require_GET
@by_whoever_gives_grants
def account(request: HttpRequest, username: str) -> HttpResponse:
    """Everything one account can see; now or on a day."""
    user = _account(request, username)
    form = DayForm(request.GET or None, now=database_now())
    at = form.at()
    scope = scope_of(request)
    own = user.pk == scope.user_id
    held = sight_queries.grants_of(user, at)
    seen = sight_queries.seen_by(user, held, at)
    told = [item for item in held if explain_account(scope, user, [item.unit])]
    reasons = texts.shown(item.grant.reason_key for item in told) if not own else {}
    context = {
        "account": user,
        "own": own,
        "form": form,
        "at": at,
        "rows": held_rows(told, reasons),
        "elsewhere": len(held) - len(told),
        "seen": seen,
        "named": _named_cards(request, seen),
        "view_as_url": "" if own or at.past else _view_as_url(request, user),
    }
    return _answer(request, "workspace/sight/account.html", context)


@login_required
@require_GET
def own_account(request: HttpRequest) -> HttpResponse:
    """The same page for oneself."""
    return redirect("workspace:account_sight", actor_of(request).get_username())


def _account(request: HttpRequest, username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound
    explain_account(scope_of(request), user, view_as.units_of(user)).require()
    return user


def _named_cards(request: HttpRequest, seen: sight_queries.Seen) -> list[dict[str, Any]]:
    """Cards that name the account's person, those that the reader may ask about."""
    scope = scope_of(request)
    headings = {
        "person": _("Own cards"),
        "evaluator": _("Evaluates"),
        "endorser": _("Endorses"),
        "secretary": _("Scores for a collective or as the direct head"),
    }
    groups = []
    for name, cards in seen.named.items():
        told = [card for card in cards if rules.explain_card(scope, card) or rules.see_card(scope, card)]
        if told:
            rows = [
                {
                    "text": f"{card.person.full_name}, {card.period}",
                    "url": reverse("workspace:card_readers", args=[card.pk])
                    if rules.explain_card(scope, card)
                    else reverse("workspace:card", args=[card.pk]),
                }
                for card in told[:CARDS_SHOWN]
            ]
            groups.append({"heading": headings[name], "rows": rows, "count": len(told)})
    return groups


def _view_as_url(request: HttpRequest, user: User) -> str:
    if not user.is_active or not somewhere(VIEW_AS, scope_of(request)):
        return ""
    return reverse("workspace:view_as", args=[user.get_username()])


@login_required
@require_http_methods(["GET", "POST"])
def begin(request: HttpRequest, username: str) -> HttpResponse:
    """Ask why, then look as the account from the next page on."""
    user = _account(request, username)
    if not somewhere(VIEW_AS, scope_of(request)):
        raise NotFound
    not_the_same(actor_of(request), user).require()
    form = ViewAsForm(request.POST or None)
    context = {"account": user, "form": form}
    if request.method == "GET":
        return TemplateResponse(request, "workspace/sight/view_as.html", context)
    if not form.is_valid():
        return refused(request, "workspace/sight/view_as.html", context, Invalid(""))
    try:
        until = view_as.begin(
            actor=actor_of(request), moment=database_now(), user=user, reason=form.cleaned_data["reason"]
        )
    except Invalid as error:
        errors = add_problems(form, error)
        return refused(request, "workspace/sight/view_as.html", context, error, errors=errors)
    viewing.remember(request, user, until)
    return redirect("workspace:home")


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Stop looking as another account."""
    user = viewing.stop(request, actor_of(request))
    if user is None:
        return redirect("workspace:home")
    messages.success(request, _("You act as yourself again."))
    return redirect("workspace:account_sight", user.get_username())


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    form = context["form"]
    return TemplateResponse(request, template, context, status=422 if form.is_bound and form.errors else 200)
