"""What the health page says of the ledger, for the operator: words that must be true."""

from datetime import timedelta

from django.conf import settings

from kpi_cms.foundation.core import beats
from kpi_cms.foundation.core.actor import database_now

from . import append_only, guards, restores
from .anchors import QUIET
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
    """The last anchor is no older than it may be while nothing happens; without a folder there is none."""
    last = Anchor.objects.order_by("-number").values_list("at", flat=True).first()
    allowed = QUIET + 2 * timedelta(seconds=settings.LEDGER_ANCHOR_SECONDS)
    return last is not None and last > database_now() - allowed


def is_verified() -> bool:
    """The last nightly verification found nothing, no more than two days ago; a younger ledger waits for its own."""
    since = beats.last_beat(beats.VERIFIED)
    if since is None:
        since = Seal.objects.order_by("pk").values_list("sealed_at", flat=True).first()
    return since is None or since > database_now() - NIGHTS
