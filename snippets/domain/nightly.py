"""What a new day brings to the registers: appointments and grants that begin or end by date take effect."""

from datetime import datetime

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import business_verb

from .grants import Projection, project_all
from .people import settle_units


@business_verb
def turn_the_day(*, actor: User, moment: datetime) -> tuple[int, Projection]:
    """Run by the scheduler after midnight: how many people moved, and what the projection of grants differed by."""
    return settle_units(actor=actor, moment=moment), project_all(actor=actor, moment=moment)
