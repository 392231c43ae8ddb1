"""Compute a draft's effect in the background, and take it away as a workbook.

The job carries the draft's specification with it: whatever its author saves meanwhile, one draft is computed. A killed
worker leaves nothing; the next begins anew. What it made waits in the store for whoever asked, for a day.
"""

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from criteria_pages import rules
from criteria_pages.domain.publishing import latest_draft
from criteria_pages.domain.readiness import not_yet
from criteria_pages.domain.specification import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.evaluation.domain.rescoring import decided_cards, rescored
from kpi_cms.evaluation.impact_queries import Past, past_of
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor, business_verb, database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, WrongState
from kpi_cms.foundation.core.files import keeping
from kpi_cms.foundation.core.files.intake import digest_of
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.foundation.engine import check_authored, compile_set, digest

from .collecting import LAYOUT, Collector
from .results import Run
from .workbook import impact_workbook

JOB_NAME = "impact"
STORE = "exports"
KEPT = timedelta(days=1)


@business_verb
def start_impact(*, actor: User, moment: datetime, page: CriteriaSetPage, key: str) -> Job:
    """Begin to compute what the page's last saved draft makes of the cards named by `key` (`Past.key`).

    Recorded with the draft's digest: who writes a draft chooses the question that is asked of everybody's cards.
    Raises NotFound, Invalid for a draft that no card can be computed with, WrongState without cards or while the
    effect of this page's draft is being computed already.
    """
    rules.see_impact(Scope.of(actor)).require()
    draft = latest_draft(page)
    past = past_of(key, draft.frame)
    specification = specification_of(draft)
    if check_authored(specification) or any(not_yet(draft)):
        raise Invalid(
            _("No card can be computed with this draft yet. “Check the criteria set” in the editor says why.")
        )
    total = decided_cards(actor=actor, past=past)
    if not total:
        raise WrongState(_("No card of this set is decided in this period yet. Choose another period."))
    sha256 = digest(specification)
    ledger.record(
        Act.IMPACT_ASKED,
        subject=page,
        label=draft.code,
        period_id=past.period.pk,
        after={"set": past.set_code, "sha256": sha256, "cards": total},
    )
    return jobs.enqueue(
        name=JOB_NAME,
        key=_key(page),
        actor=actor,
        moment=moment,
        arguments={
            "page": page.pk,
            "past": past.key,
            "frame": draft.frame,
            "specification": specification,
            "sha256": sha256,
            "leads_to": reverse("impact:show", args=[page.pk]),
        },
        total=total,
    )


def _key(page: CriteriaSetPage) -> str:
    return f"{JOB_NAME}:{page.pk}"


@jobs.job(JOB_NAME)
def compute_impact(job: Job, actor: User) -> Iterator[jobs.Progress]:
    """Card by card into sums; of single cards only those that the actor reads anyway are kept, without a name."""
    past = _still_theirs(job, actor)
    draft = compile_set(job.arguments["specification"])
    with as_actor(actor, database_now()):
        collector = Collector(past, job.arguments["frame"], draft, Scope.of(actor))
    done, total = 0, job.total
    for batch in rescored(actor=actor, past=past, draft=draft):
        collector.take(batch)
        done += len(batch)
        total = max(done, total)
        yield jobs.Progress(done, total)
    made = collector.finished()
    name, content = f"{job.pk}.json", io.BytesIO(json.dumps(made, ensure_ascii=False).encode())
    sha256 = digest_of(content)
    content.seek(0)
    keeping.keep_as(STORE, name, content)
    yield jobs.Progress(total, total, {"file": name, "sha256": sha256})


def _still_theirs(job: Job, actor: User) -> Past:
    with as_actor(actor, database_now()):
        rules.see_impact(Scope.of(actor)).require()
        return past_of(job.arguments["past"], job.arguments["frame"])


def last_job(actor: User, page: CriteriaSetPage, moment: datetime) -> Job | None:
    """The newest that this reader asked for and whose result would still be there."""
    found: Job | None = (
        Job.objects.filter(key=_key(page), actor_id=actor.pk, created_at__gt=moment - KEPT)
        .order_by("-created_at")
        .first()
    )
    return found


def run_of(job: Job | None, scope: Scope) -> Run | None:
    """What a finished job made, for whoever asked for it. None while it runs, and where their rights to read cards
    are others now: then other numbers may be told, and it is computed anew. The same where an earlier release made it
    and kept something else of it."""
    if job is None or job.state != JobState.DONE:
        return None
    past = past_of(job.arguments["past"], job.arguments["frame"])
    with keeping.hand_out(STORE, job.cursor["file"], job.cursor["sha256"]) as file:
        kept = json.load(file)
    if kept.get("layout") != LAYOUT:
        return None
    run = Run(past, job.arguments, job.created_at, scope, kept)
    return run if run.is_theirs else None


@business_verb
def export_impact(*, actor: User, moment: datetime, page: CriteriaSetPage) -> bytes:
    """The last run as a workbook: what its pages show, of every unit. Recorded with the number of people named.

    Raises NotFound where there is none to take.
    """
    scope = Scope.of(actor)
    rules.see_impact(scope).require()
    run = run_of(last_job(actor, page, moment), scope)
    if run is None:
        raise NotFound
    people = list(run.people())
    ledger.record(
        Act.EXPORT_TAKEN,
        subject=page,
        label=page.code,
        period_id=run.past.period.pk,
        after={
            "export": JOB_NAME,
            "set": run.past.set_code,
            "sha256": run.sha256,
            "rows": len(people),
        },
    )
    return impact_workbook(run, people, moment)
