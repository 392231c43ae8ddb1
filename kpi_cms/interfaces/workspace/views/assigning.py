"""Give tasks: one product to a person, parts of a larger one to several; and propose one's own sudden task."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation.asked_queries import asked_about, asked_of, is_asked
from kpi_cms.evaluation.domain import proposals, scoring
from kpi_cms.evaluation.domain import tasks as domain
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.rule_table import ASSIGN_TASK, GIVE_EXTRAS, PROPOSE_TASK
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound
from kpi_cms.interfaces.workspace.forms.tasks import (
    NewTaskForm,
    PartFormSet,
    ProductForm,
    ProposalForm,
    names_of,
)
from kpi_cms.interfaces.workspace.navigation import waiting
from kpi_cms.interfaces.workspace.presentation.tasks import extras_share
from snippets.models import Period, Person

from .proposals import product_choice
from .shared import add_problems, by_whoever_assigns, refused, scope_of
from .tasks import card_of, readable_unit


def _period_or_missing(pk: int) -> Period:
    period: Period | None = Period.objects.filter(pk=pk).annotate(is_asked=is_asked("pk")).first()
    if period is None:
        raise NotFound
    return period


def _card_or_missing(request: HttpRequest, person: int, period: Period) -> Scorecard:
    card = card_of(request, person, period)
    if card is None:
        raise NotFound
    return card


@login_required
@require_http_methods(["GET", "POST"])
@by_whoever_assigns
def assign(request: HttpRequest, period: int, person: int) -> HttpResponse:
    """Give one person a product of the period's catalogues."""
    scope, found = scope_of(request), _period_or_missing(period)
    card = _card_or_missing(request, person, found)
    products = queries.products_for(found, card.unit)
    back_url = f"{reverse('workspace:person_tasks', args=[person])}?ky={period}"
    standing = queries.standing(scope, period, person)
    rules.assign_tasks(scope, card.person, card.unit, **standing.relation).require()
    late = not standing.is_time(ASSIGN_TASK)
    extras = bool(rules.give_extras(scope, card.person, card.unit, **standing.relation))
    if request.method == "GET" and late and not (extras and standing.is_time(GIVE_EXTRAS)):
        return redirect(back_url)
    form = NewTaskForm(
        request.POST or None, products=products, asked=asked_about(card), initial={"sudden": late}
    )
    errors: list[dict[str, str]] = []
    error = Invalid("")
    if request.method == "POST" and form.is_valid():
        try:
            domain.assign_task(
                actor=actor_of(request),
                moment=database_now(),
                period=found,
                person=card.person,
                **form.cleaned_data,
            )
        except Invalid as caught:
            error, errors = caught, add_problems(form, caught)
        else:
            _say_assigned(request, card)
            return redirect(back_url)
    context = {
        "card": card,
        "period": found,
        "form": form,
        "late": late,
        "may_give_extras": extras,
        "back_url": back_url,
        **product_choice(request, products, form),
    }
    template = "workspace/task_assign.html"
    if request.method == "GET":
        return TemplateResponse(request, template, context)
    return refused(request, template, context, error, errors=errors)


def _say_assigned(request: HttpRequest, card: Scorecard) -> None:
    messages.success(request, _("The task is assigned. The person sees it now."))
    counted = scoring.task_rows(card.period_id, [card.person_id])[card.person_id]
    _share, warning = extras_share(card, counted)
    if warning:
        messages.warning(request, extras_sentence())


def extras_sentence() -> str:
    """What a head reads above the set's share of extras (rules.md §4)."""
    return _(
        "The extra tasks completed are a large share of what was assigned to this person. Check whether the plan "
        "should have contained them."
    )


@login_required
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, period: int) -> HttpResponse:
    """Propose a sudden task of one's own; it counts once the head has accepted it."""
    found = _period_or_missing(period)
    person_id = waiting(request).person_id
    if person_id is None:
        raise NotFound
    card = _card_or_missing(request, person_id, found)
    products = queries.products_for(found, card.unit)
    back_url = f"{reverse('workspace:tasks')}?ky={period}"
    if request.method == "GET" and not queries.standing(scope_of(request), period, person_id).is_time(
        PROPOSE_TASK
    ):
        return redirect(back_url)
    form = ProposalForm(request.POST or None, products=products, asked=asked_about(card))
    errors: list[dict[str, str]] = []
    error = Invalid("")
    if request.method == "POST" and form.is_valid():
        try:
            proposals.propose_task(
                actor=actor_of(request),
                moment=database_now(),
                period=found,
                person=card.person,
                **form.cleaned_data,
            )
        except Invalid as caught:
            error, errors = caught, add_problems(form, caught)
        else:
            messages.success(request, _("The task is proposed. It counts once your head has accepted it."))
            return redirect(back_url)
    context = {
        "card": card,
        "period": found,
        "form": form,
        "back_url": back_url,
        **product_choice(request, products, form),
    }
    template = "workspace/task_propose.html"
    if request.method == "GET":
        return TemplateResponse(request, template, context)
    return refused(request, template, context, error, errors=errors)


@login_required
@require_http_methods(["GET", "POST"])
@by_whoever_assigns
def split(request: HttpRequest, code: str, period: int) -> HttpResponse:
    """Parts of one larger product to several people of a unit; the shares add up to at most 1 (Đ18.1c)."""
    scope, found = scope_of(request), _period_or_missing(period)
    unit = readable_unit(request, code)
    if not rules.may_in_unit(ASSIGN_TASK, scope, unit):
        # Whoever only reads the unit, or evaluates single people of it, gives them whole tasks.
        raise NotFound
    products = queries.products_for(found, unit)
    people = queries.people_to_give_work_to(scope, found, unit)
    sent = request.POST if request.method == "POST" else None
    form = ProductForm(sent, products=products)
    parts = PartFormSet(sent, prefix="p", form_kwargs=_of_parts(found, people))
    errors: list[dict[str, str]] = []
    error = Invalid("")
    back_url = f"{reverse('workspace:unit_tasks', args=[code])}?ky={period}"
    if sent is not None and form.is_valid() & parts.is_valid():
        try:
            made = domain.assign_parts(
                actor=actor_of(request),
                moment=database_now(),
                period=found,
                product=form.cleaned_data["product"],
                parts=[_part(values) for values in parts.cleaned_data if values.get("person")],
            )
        except Invalid as caught:
            error, errors = caught, add_problems(form, caught)
        else:
            messages.success(
                request, _("The product is split: %(count)s parts are assigned.") % {"count": len(made)}
            )
            return redirect(back_url)
    context: dict[str, Any] = {
        "unit": unit,
        "period": found,
        "form": form,
        "parts": parts,
        "back_url": back_url,
        **product_choice(request, products, form),
    }
    template = "workspace/task_split.html"
    if sent is None:
        return TemplateResponse(request, template, context)
    return refused(request, template, context, error, errors=errors)


def _of_parts(period: Period, people: QuerySet[Person]) -> dict[str, Any]:
    """What every row offers: the people, and what the sets of these ask of a task."""
    asks = period.is_asked  # type: ignore[attr-defined]  # read with the period
    asked = asked_of(period.pk, [person.pk for person in people]) if asks else {}
    return {"people": people, "names": names_of(people), "asked": asked}


def _part(values: dict[str, Any]) -> domain.Part:
    return domain.Part(
        person=values["person"],
        share=values["share"],
        due_on=values["due_on"],
        label=values["label"],
        attributes=values["attributes"],
    )
