"""Somebody absent leaves what they hold to another, in the small world (tests.helpers.world)."""

from datetime import date, timedelta

from django.utils import timezone

from snippets.domain import delegation, projection
from snippets.enums import ROLE_CAPABILITIES, GrantSource, Role
from snippets.models import Appointment, Grant, Person, Unit
from tests.factories.snippets import GrantFactory
from tests.helpers.world import MOMENT

FIRST = timezone.localdate(MOMENT)
LAST = FIRST + timedelta(days=17)


def made_head(who: Person) -> Person:
    """What an appointment as head gives, for a head of the small world, whose appointment was written by hand."""
    appointment = Appointment.objects.heads().get(person=who)
    for capability in ROLE_CAPABILITIES[Role.HEAD]:
        GrantFactory(
            user=who.user,
            unit=appointment.unit,
            capability=capability,
            role=Role.HEAD,
            source=GrantSource.APPOINTMENT,
            appointment=appointment,
        )
    projection.project(who.user, moment=MOMENT)
    return who


def delegated(
    giver: Person, to: Person, unit: Unit, *capabilities: str, last: date = LAST, reason: str = "Đi công tác"
) -> list[Grant]:
    """The giver leaves these capabilities (evaluating, where none is named) to somebody from today on."""
    return delegation.delegate(
        actor=giver.user,
        moment=MOMENT,
        to=to,
        capabilities=capabilities or ("evaluate",),
        unit=unit,
        starts_on=FIRST,
        ends_on=last,
        reason=reason,
    )
