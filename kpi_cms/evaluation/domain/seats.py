"""Who sits for a collective that has several raters: each in a seat of the set, by a dated decision.

A seat is an assessment of the stage under the rater's key. It is made when somebody is seated and vacated when the
decision that follows seats somebody else: what was given there stays readable, and counts no more.
"""

from collections.abc import Mapping
from datetime import datetime

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Assessment, Scorecard
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.engine import Rater
from snippets.models import Person

from .saving import assessment_of


def seats_of(version: CriteriaVersion) -> tuple[Rater, ...]:
    """The seats of a set's collective, in its order; () where it speaks with one voice, or there is none."""
    return version.compiled().seats(StageKey.COLLECTIVE)


def sitting(card: Scorecard) -> dict[str, Assessment]:
    """Seat → what whoever sits there now says, in the set's order; {} without a query where there are no seats."""
    seats = seats_of(card.version)
    if not seats:
        return {}
    found = {said.seat: said for said in card.assessments.seated().select_related("rater")}
    return {seat.key: found[seat.key] for seat in seats if seat.key in found}


def seat(card: Scorecard, people: Mapping[str, Person], moment: datetime) -> None:
    """Whoever sits there no more leaves first, then the others sit down. Who comes back finds what they gave."""
    before = sitting(card)
    for key, said in before.items():
        if key not in people or people[key].pk != said.rater_id:
            said.vacated_at = moment
            save_tracked(said)
    for key, person in people.items():
        if key in before and before[key].rater_id == person.pk:
            continue
        said = assessment_of(card, StageKey.COLLECTIVE, person, key)
        if said.vacated_at is not None:
            said.vacated_at = None
            save_tracked(said)
