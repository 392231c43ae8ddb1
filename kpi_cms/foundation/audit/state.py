"""What the health page says of the ledger, for the operator: words that must be true."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from kpi_cms.foundation.core import beats
from kpi_cms.foundation.core.actor import database_now

from . import append_only, guards, restores
from .anchors import QUIET, mail_heads
from .models import Anchor, Seal, SealWaiting

SEALER_SLOW = timedelta(seconds=10)
NIGHTS = timedelta(days=2)


def is_append_only() -> bool:
    """Every trigger is there."""
    return not append_only.missing()


def is_guarded() -> bool:
    """Every trigger that keeps frozen rows is there."""
    return not guards.missing()


def is_writable() -> bool:
    """No restored backup waits to be signed off."""
    return not restores.is_read_only()


def is_sealed() -> bool:
    """Nothing waits, or the sealer is at work on it."""
    if not SealWaiting.objects.exists():
        return True
    last = Seal.objects.order_by("-pk").values_list("sealed_at", flat=True).first()
    return last is not None and last > database_now() - SEALER_SLOW


def is_anchored() -> bool:
    """The last anchor stands in its folder, and is no older than it may be while nothing happens.

    Without a folder there is none; one that is not mounted holds none.
    """
    last = Anchor.objects.order_by("-number").first()
    if last is None or not settings.LEDGER_ANCHOR_FOLDER:
        return False
    allowed = QUIET + 2 * timedelta(seconds=settings.LEDGER_ANCHOR_SECONDS)
    return (
        last.at > database_now() - allowed
        and (Path(settings.LEDGER_ANCHOR_FOLDER) / last.file_name).is_file()
    )


def auditors_are_told() -> bool:
    """The last mail with an anchor's heads was sent, or nobody is to get one."""
    if not settings.LEDGER_ANCHOR_MAILS:
        return True
    tried = DBTaskResult.objects.filter(task_path=mail_heads.module_path, finished_at__isnull=False)
    last = tried.order_by("-finished_at").values_list("status", flat=True).first()
    return last != TaskResultStatus.FAILED


def is_verified() -> bool:
    """The last nightly verification found nothing, no more than two days ago; a younger ledger waits for its own."""
    since = beats.last_beat(beats.VERIFIED)
    if since is None:
        since = Seal.objects.order_by("pk").values_list("sealed_at", flat=True).first()
    return since is None or since > database_now() - NIGHTS
