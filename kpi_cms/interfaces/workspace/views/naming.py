"""The open cards whose evaluator is missing, has left or is another one today, and the act that names the right one."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpi_cms.evaluation import queries
from kpi_cms.evaluation.domain.naming import Naming, Namings, name_evaluators, namings
from kpi_cms.evaluation.enums import NamingNeed
from kpi_cms.evaluation.rule_table import NAME_EVALUATORS
from kpi_cms.foundation.access.wall import shown_within
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale
from kpi_cms.interfaces.workspace.forms.naming import NamingForm, row_value
from kpi_cms.interfaces.workspace.presentation.evaluators import unit_codes, why_evaluator
from snippets.enums import PeriodState
from snippets.models import Period, Person

from .asking import require_somewhere
from .shared import add_problems, number_in, refused, scope_of

PAGE = 100
TEMPLATE = "workspace/naming.html"
# Not chosen beforehand: whoever evaluated the whole month is still here, and the personnel office weighs it.
WEIGHED = (NamingNeed.RULE,)


@login_required
@require_http_methods(["GET", "POST"])
@shown_within("cards are listed by name for whoever keeps their people", *NAME_EVALUATORS.capabilities)
def evaluators(request: HttpRequest) -> HttpResponse:
    """By unit and name, without a score: whoever keeps people has evaluators named and reads no card."""
    require_somewhere(NAME_EVALUATORS, scope_of(request))
    periods = list(Period.objects.filter(state=PeriodState.OPEN).order_by("-starts_on", "pk"))
    wanted = number_in(request, "ky")
    period = next((each for each in periods if each.pk == wanted), periods[0] if periods else None)
    if request.method == "POST":
        return _name(request, periods, period)
    return TemplateResponse(request, TEMPLATE, _page(request, periods, period, NamingForm()))


def _name(request: HttpRequest, periods: list[Period], period: Period | None) -> HttpResponse:
    if period is None:
        raise NotFound
    form = NamingForm(request.POST)
    errors: list[dict[str, str]] = []
    error: Invalid | Stale = Invalid("")
    if form.is_valid():
        try:
            named = name_evaluators(
                actor=actor_of(request),
                moment=database_now(),
                period=period,
                seen=form.seen(),
                reason=form.cleaned_data["reason"],
            )
        except Invalid as caught:
            error, errors = caught, add_problems(form, caught)
        except Stale as caught:
            error = caught
        else:
            text = _("%(count)s cards name the person who is competent to evaluate them now.")
            messages.success(request, text % {"count": len(named)})
            return redirect(f"{reverse('workspace:evaluators')}?ky={period.pk}")
    return refused(request, TEMPLATE, _page(request, periods, period, form), error, errors=errors)


def _page(
    request: HttpRequest, periods: list[Period], period: Period | None, form: NamingForm
) -> dict[str, Any]:
    found = Namings([], 0)
    if period is not None:
        found = namings(scope_of(request), period, timezone.localdate(), most=PAGE)
    chosen = set(form.seen()) if form.is_bound else None
    return {
        "periods": periods,
        "period": period,
        "form": form,
        "rows": _rows(found, chosen),
        "total": found.total,
        "more": found.total - len(found.shown),
        "has_collective": found.has_collective,
        "possible": any(naming.is_possible for naming in found.shown),
    }


def _rows(found: Namings, chosen: set[int] | None) -> list[dict[str, Any]]:
    """Two queries: names of people and of units."""
    keys = {key for naming in found.shown for key in naming.competent.people if key is not None}
    people = dict(Person.objects.filter(pk__in=keys).values_list("pk", "full_name"))
    codes = {code for naming in found.shown for code in unit_codes(naming.competent.evaluator.details)}
    units = queries.unit_names(codes)
    rows = []
    for naming in found.shown:
        card, competent = naming.card, naming.competent
        evaluator = competent.evaluator
        by_itself = naming.is_possible and naming.need not in WEIGHED
        rows.append(
            {
                "card": card,
                "need": naming.need.label,
                "now": card.evaluator.full_name if card.evaluator is not None else "",
                "evaluator": people.get(evaluator.person_id or 0, ""),
                "endorser": people.get(competent.endorser_id or 0, ""),
                "direct_head": _direct_head(naming, people),
                "why": why_evaluator(evaluator.basis, evaluator.details, units),
                "value": row_value(card.pk, competent.pair) if naming.is_possible else "",
                "checked": card.pk in chosen if chosen is not None else by_itself,
            }
        )
    return rows


def _direct_head(naming: Naming, people: Mapping[int, str]) -> str:
    """Their name, where another one is the direct head today."""
    if naming.need != NamingNeed.DIRECT_HEAD:
        return ""
    return people.get(naming.competent.people[-1] or 0, str(_("nobody: the stage is left out")))
