"""A background job as its starter follows it: a page with a bar, and the JSON that the bar asks for."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpi_cms.evaluation import rules
from kpi_cms.evaluation.domain import opening
from kpi_cms.foundation.accounts.signed_in import actor_of
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.models import Job, JobState
from snippets.models import Unit

from .shared import scope_of

STATES = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "running",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
}


@login_required
@require_GET
def show(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The job's page: a bar while it runs, then what became of it."""
    job = _job(request, pk)
    context = {
        "job": job,
        "state": STATES[JobState(job.state)],
        "label": _label(job),
        "text": _text(job),
        "result_url": _result(job),
        "url": reverse("workspace:job_state", args=[job.pk]),
    }
    return TemplateResponse(request, "workspace/jobs/show.html", context)


@login_required
@require_GET
def state(request: HttpRequest, pk: uuid.UUID) -> JsonResponse:
    """What the `progress` controller asks for (docs/ui.md)."""
    job = _job(request, pk)
    answer: dict[str, Any] = {
        "state": STATES[JobState(job.state)],
        "done": job.done,
        "total": job.total,
        "text": _text(job),
        "redirect": _result(job) if job.state == JobState.DONE else "",
    }
    return JsonResponse(answer)


def _job(request: HttpRequest, pk: uuid.UUID) -> Job:
    """For whoever started it, and an opening for whoever keeps its period. Raises NotFound."""
    job = Job.objects.filter(pk=pk).first()
    if job is None:
        raise NotFound
    opened = job.arguments.get("period") if job.name == opening.JOB_NAME else None
    units = Unit.objects.filter(periods=opened) if opened is not None else ()
    rules.see_job(scope_of(request), units, own=job.actor_id == actor_of(request).pk).require()
    return job


def _label(job: Job) -> str:
    return _("The period is being opened") if job.name == opening.JOB_NAME else _("Work in the background")


def _text(job: Job) -> str:
    if job.state == JobState.FAILED:
        return job.message
    if job.state == JobState.DONE:
        return _("Done.")
    if not job.total:
        return _("Waiting for its turn…")
    return _("%(done)s of %(total)s done") % {"done": job.done, "total": job.total}


def _result(job: Job) -> str:
    if job.name == opening.JOB_NAME:
        return reverse("workspace:period", args=[job.arguments["period"]])
    # A room that this one does not know says itself where its work can be fetched.
    return str(job.arguments.get("leads_to") or reverse("workspace:home"))
