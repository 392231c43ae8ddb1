"""Printed forms."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from criteria_pages import rules as criteria_rules
from criteria_pages.domain.publishing import NotReady, latest_draft, unissued
from criteria_pages.models import CriteriaSetPage
from kpi_cms.evaluation import queries
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.interfaces.reporting import unit_evidence
from kpi_cms.interfaces.reporting.blank_form import blank_form01
from kpi_cms.interfaces.reporting.evidence import take_card_bundle
from kpi_cms.interfaces.reporting.forms import render_form01
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
@require_safe
def form01_preview(request: HttpRequest, page_id: int) -> HttpResponse:
    """The form of the latest draft of a criteria set, empty, for those who read it in the editor. No official form is
    printed, so nothing is recorded; while nothing can be computed with the draft, its preview says why."""
    assert isinstance(request.user, User)
    page = CriteriaSetPage.objects.filter(pk=page_id).first()
    if page is None or not criteria_rules.write(Scope.of(request.user)):
        raise NotFound
    try:
        version = unissued(latest_draft(page))
    except NotReady:
        return redirect("handbook:preview", page.pk)
    response = HttpResponse(
        render_form01(blank_form01(version, database_now())), content_type="application/pdf"
    )
    response["Content-Disposition"] = 'inline; filename="mau-01-xem-truoc.pdf"'
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


@login_required
@require_http_methods(["GET", "POST"])
def unit_bundle(request: HttpRequest, code: str, period: int) -> HttpResponse:
    """What can be taken, and what the worker made; a POST takes it, because that is recorded."""
    assert isinstance(request.user, User)
    now = database_now()
    scope = Scope.of(request.user)
    unit, found = unit_evidence.unit_and_period(scope, code, period)
    if request.method == "POST":
        taken = unit_evidence.take_unit_bundle(actor=request.user, moment=now, unit=unit, period=found)
        if isinstance(taken, Job):
            return redirect("workspace:job", taken.pk)
        response = HttpResponse(taken, content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{_file_name(code, period)}"'
        return response
    wanted = unit_evidence.chosen(scope, unit, found)
    job = unit_evidence.last_job(request.user, unit, found, now)
    context = {
        "unit": unit,
        "period": found,
        "back_url": f"{reverse('workspace:unit_history', args=[unit.code])}?ky={found.pk}",
        "cards": len(wanted.cards),
        "left_out": wanted.left_out,
        "most": unit_evidence.MOST,
        "total": wanted.total,
        "too_many": wanted.too_many,
        "kept": unit_evidence.kept_of(job),
        "running": job if job is not None and job.state in (JobState.QUEUED, JobState.RUNNING) else None,
    }
    return TemplateResponse(request, "reporting/unit_bundle.html", context)


@login_required
@require_GET
def unit_bundle_file(request: HttpRequest, code: str, period: int) -> FileResponse:
    """For whoever had it made, as long as they audit the unit; its taking is recorded already."""
    assert isinstance(request.user, User)
    unit, found = unit_evidence.unit_and_period(Scope.of(request.user), code, period)
    kept = unit_evidence.kept_of(unit_evidence.last_job(request.user, unit, found, database_now()))
    if kept is None:
        raise NotFound
    return FileResponse(
        unit_evidence.open_kept(kept, unit, found),
        as_attachment=True,
        filename=_file_name(code, period),
        content_type="application/zip",
    )


def _file_name(code: str, period: int) -> str:
    return f"bang-chung-{code}-P{period}.zip"
