"""Feedback on the criteria of a card, from the person and from whoever evaluates them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpi_cms.evaluation import queries, rules
from kpi_cms.evaluation.domain.feedback import give_feedback
from kpi_cms.evaluation.fit_queries import criteria_of, own_feedback
from kpi_cms.evaluation.rule_table import GIVE_FEEDBACK
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.interfaces.workspace.forms.feedback import FeedbackForm

from .shared import add_problems, refused, scope_of


@login_required
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """One form for the version of the card; the same from every card of this version in the period."""
    scope = scope_of(request)
    card = queries.card_for(scope, pk)
    rules.require_step(GIVE_FEEDBACK, scope, card)
    known = own_feedback(scope, card)
    form = FeedbackForm(
        request.POST if request.method == "POST" else None,
        criteria=criteria_of(card),
        initial=FeedbackForm.initial_of(known),
    )
    context = {"card": card, "form": form, "back_url": reverse("workspace:card", args=[pk])}
    if request.method == "GET":
        return TemplateResponse(request, "workspace/feedback.html", context)
    error = Invalid("")
    if form.is_valid():
        try:
            give_feedback(actor=actor_of(request), moment=database_now(), card=card, said=form.said())
        except Invalid as caught:
            error = caught
            add_problems(form, caught)
        else:
            messages.success(
                request, _("Thank you. You can change what you said until the period is closed.")
            )
            return redirect("workspace:card", pk)
    return refused(request, "workspace/feedback.html", context, error)
