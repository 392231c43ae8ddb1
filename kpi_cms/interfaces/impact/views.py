"""One page: choose the cards, follow the work, read what the draft would do; and take it away."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from criteria_pages import rules
from criteria_pages.domain.publishing import latest_draft
from criteria_pages.domain.specification import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.evaluation.impact_queries import pasts
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.audit.access_log import notice_list
from kpi_cms.foundation.core.actor import database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, WrongState
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.foundation.core.views import workbook_response
from kpi_cms.foundation.engine import digest

from . import domain, presentation
from .results import Run

PEOPLE_SHOWN = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, page_id: int) -> HttpResponse:
    """A POST begins to compute; it leads to the page of the work, which leads back here."""
    page = _page(request, page_id)
    refusal = ""
    if request.method == "POST":
        try:
            job = domain.start_impact(
                actor=actor_of(request), moment=database_now(), page=page, key=request.POST.get("past", "")
            )
        except (Invalid, WrongState) as error:
            refusal, status = str(error.sentence), error.status
        else:
            return redirect("workspace:job", job.pk)
    last = domain.last_job(actor_of(request), page, database_now())
    draft = latest_draft(page)
    context: dict[str, Any] = {
        "page": page,
        "draft": draft,
        "edit_url": reverse("wagtailadmin_pages:edit", args=[page.pk]),
        "refusal": refusal,
        "pasts": pasts(draft.frame, draft.code),
        "chosen": request.POST.get("past") or (last.arguments["past"] if last is not None else ""),
        **_about(last),
    }
    run = domain.run_of(last, _scope(request))
    if run is not None:
        context["changed_since"] = run.sha256 != digest(specification_of(draft))
        context |= _run(request, page, run)
    elif last is not None and last.state == JobState.DONE:
        context["out_of_date"] = True
    return TemplateResponse(request, "impact/show.html", context, status=status if refusal else 200)


@login_required
@require_POST
def export(request: HttpRequest, page_id: int) -> HttpResponse:
    """A POST, because taking it away is recorded."""
    page = _page(request, page_id)
    content = domain.export_impact(actor=actor_of(request), moment=database_now(), page=page)
    notice_list("cards")
    return workbook_response(content, f"tac-dong-{page.code or page.pk}.xlsx")


def _page(request: HttpRequest, page_id: int) -> CriteriaSetPage:
    """Raises NotFound, also for whoever writes no criteria."""
    rules.see_impact(_scope(request)).require()
    page: CriteriaSetPage | None = CriteriaSetPage.objects.filter(pk=page_id).first()
    if page is None:
        raise NotFound
    return page


def _scope(request: HttpRequest) -> Scope:
    """What the reader holds today, read once for each request."""
    scope: Scope = request.scope  # type: ignore[attr-defined]  # set by ScopeMiddleware
    return scope


def _about(last: Job | None) -> dict[str, Any]:
    running = last is not None and last.state in (JobState.QUEUED, JobState.RUNNING)
    failed = last is not None and last.state == JobState.FAILED
    return {"running": last if running else None, "failed": last.message if last and failed else ""}


def _run(request: HttpRequest, page: CriteriaSetPage, run: Run) -> dict[str, Any]:
    unit, path = run.place(request.GET.get("don-vi", ""))
    whole = run.whole(unit, path)
    shown = whole.shown
    rows = run.rows_below(path)
    number = _number(request.GET.get("trang", ""), len(rows))
    listed = rows[(number - 1) * PEOPLE_SHOWN : number * PEOPLE_SHOWN]
    people = list(run.people(listed))
    if people:
        notice_list("cards", unit=unit, period_id=run.past.period.pk)
    first = (number - 1) * PEOPLE_SHOWN + 1
    return {
        "run": run,
        "unit": unit,
        "above": [
            {"label": each.name, "url": presentation.address(page.pk, each.code)} for each in run.above(path)
        ],
        "whole": whole,
        "figures": presentation.figures(shown) if shown is not None else [],
        "bands": presentation.band_table(run, shown) if shown is not None else None,
        "moves": presentation.move_table(run, shown) if shown is not None else None,
        "blocks": presentation.block_table(run) if path in run.numbers.tops else None,
        "shown": shown,
        "few": run.numbers.few and shown is not None and shown.mixed,
        "reasons": presentation.reasons(run, shown) if shown is not None else [],
        "units": presentation.unit_table(run, page.pk, path)
        if run.numbers.below(path) and (run.past.is_closed or shown is not None)
        else None,
        "people": presentation.people_table(run, people) if people else None,
        "summary": _("%(first)s–%(last)s of %(all)s")
        % {"first": first, "last": first + len(listed) - 1, "all": len(rows)},
        "previous_url": presentation.address(page.pk, unit.code, number - 1) if number > 1 else "",
        "next_url": presentation.address(page.pk, unit.code, number + 1)
        if number * PEOPLE_SHOWN < len(rows)
        else "",
    }


def _number(text: str, rows: int) -> int:
    """The page asked for, within what there is."""
    last = max(1, -(-rows // PEOPLE_SHOWN))
    return min(max(int(text), 1), last) if text.isascii() and text.isdigit() and len(text) < 7 else 1
