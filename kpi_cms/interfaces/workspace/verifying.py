"""Verifying the ledger from the workspace: a card or a unit at once, everything by the background worker.

What came of it is told by keys of rows alone, so that whoever audits one unit learns nothing of another.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse

from kpi_cms.evaluation.ledger_search import reads_the_province
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import anchors, sealing, verification
from kpi_cms.foundation.audit.models import Anchor
from kpi_cms.foundation.audit.restores import Accepted
from kpi_cms.foundation.audit.source import Part
from kpi_cms.foundation.audit.verifying import Finding, Wrong
from kpi_cms.foundation.audit.wording import accepted_sentence, sentence
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor, business_verb, database_now
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.models import Job, JobState

JOB_NAME = "verify_ledger"
SHOWN = 50


# --- Everything ---------------------------------------------------------------------------------------------
@business_verb
def start_verification(*, actor: User, moment: datetime) -> Job:
    """Begin to verify every chain and every record, for whoever audits the whole province.

    Raises NotFound for everybody else, WrongState while it is being done already.
    """
    if not reads_the_province(Scope.of(actor)):
        raise NotFound
    return jobs.enqueue(
        name=JOB_NAME,
        key=JOB_NAME,
        actor=actor,
        moment=moment,
        arguments={"leads_to": reverse("workspace:ledger")},
        total=sum(head.number for head in sealing.heads().values()),
    )


@jobs.job(JOB_NAME)
def verify_everything(job: Job, actor: User) -> Iterator[jobs.Progress]:
    """As of one moment, so in one batch: a killed worker leaves nothing, and the next begins anew."""
    with as_actor(actor, database_now()):
        if not reads_the_province(Scope.of(actor)):
            raise NotFound
    outcome = verification.run()
    total = max(job.total, outcome.report.links)
    yield jobs.Progress(total, total, kept(outcome))


def last_job(*, done: bool = False) -> Job | None:
    """The newest verification of everything, or the newest that came to an end with an answer."""
    found = Job.objects.filter(key=JOB_NAME, **({"state": JobState.DONE} if done else {}))
    newest: Job | None = found.order_by("-created_at").first()
    return newest


# --- What came of it ----------------------------------------------------------------------------------------
def kept(outcome: verification.Outcome) -> dict[str, Any]:
    """As JSON values, with the first SHOWN findings: a job keeps it, `told` reads it."""
    said = outcome.as_json()
    findings = said["findings"]
    first = next((each for each in findings if each["number"]), findings[0] if findings else None)
    return {
        **{name: said[name] for name in ("holds", "rows", "anchors", "waiting", "accepted")},
        "first": first,
        "findings": findings[:SHOWN],
        "more": max(0, len(findings) - SHOWN),
    }


def told(said: Mapping[str, Any]) -> dict[str, Any]:
    """For a page, in the reader's language."""
    return {
        **said,
        "first": _sentence(said["first"]) if said["first"] is not None else "",
        "findings": [_sentence(each) for each in said["findings"]],
        "accepted": [accepted_sentence(Accepted(**each)) for each in said["accepted"]],
    }


def _sentence(said: Mapping[str, Any]) -> str:
    wrong = Wrong[said["wrong"].upper()]
    return sentence(Finding(wrong, said["chain"], said["number"], said["table"], said["row"], said["detail"]))


# --- Against an anchor that somebody brings -----------------------------------------------------------------
def against(part: Part, content: bytes) -> tuple[verification.Outcome, bool]:
    """The part compared with this anchor alone; and whether its signature was there to check, in the folder of anchors.

    Known by its bytes, whatever a browser called it. Raises ValueError for a file that is no anchor.
    """
    known = (
        Anchor.objects.filter(sha256=sha256(content).hexdigest()).values_list("file_name", flat=True).first()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (known or "anchor.json")
        path.write_bytes(content)
        anchors.read_file(path, None)
        signature = Path(settings.LEDGER_ANCHOR_FOLDER or folder) / f"{path.name}.sig"
        signed = signature.is_file()
        if signed:
            shutil.copy(signature, folder)
        return verification.run(part, anchor_files=[path], signed=signed), signed
