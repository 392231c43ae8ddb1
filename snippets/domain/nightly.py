"""What a new day brings to the registers: appointments and grants that begin or end by date take effect."""

from datetime import datetime

from kpi_cms.foundation.accounts.models import User

from .people import settle_units
from .projection import Projection, check_all, project_all


def turn_the_day(*, actor: User, moment: datetime) -> tuple[int, Projection]:
    """Run by the scheduler after midnight: how many people moved, and what the projection of grants differed by.

    Three acts, each committed before the next: what nothing explains is in the ledger before anything is mended.
    """
    moved = settle_units(actor=actor, moment=moment)
    check_all(actor=actor, moment=moment)
    return moved, project_all(actor=actor, moment=moment)
