"""Printed forms."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from kpi_cms.evaluation import queries
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.interfaces.reporting.evidence import take_card_bundle
from kpi_cms.interfaces.reporting.printing import print_form01


@login_required
@require_POST
def form01(request: HttpRequest, pk: int) -> HttpResponse:
    """A POST, because printing is recorded."""
    assert isinstance(request.user, User)
    card = queries.card_for(Scope.of(request.user), pk)
    pdf = print_form01(actor=request.user, moment=database_now(), card=card)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="mau-01-{card.code}.pdf"'
    return response


@login_required
@require_POST
def card_bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """A POST, because taking evidence away is recorded."""
    assert isinstance(request.user, User)
    card = queries.card_for(Scope.of(request.user), pk)
    content = take_card_bundle(actor=request.user, moment=database_now(), card=card)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="bang-chung-{card.code}.zip"'
    return response
