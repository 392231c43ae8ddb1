"""How a verb of the registers announces, once it is committed, what somebody above may have to follow."""

from collections.abc import Iterable

from django.db import transaction

from ..enums import PostRole
from ..models import Appointment, FieldAssignment, Person
from ..signals import fields_changed, posts_changed


def announce_posts(*, people: Iterable[int] = (), units: Iterable[int] = ()) -> None:
    """Say after commit whose posts changed, and which units may have another head or superior."""
    named = {"people": frozenset(people), "units": frozenset(units)}
    transaction.on_commit(lambda: posts_changed.send_robust(sender=Appointment, **named))


def announce_appointments(*appointments: Appointment) -> None:
    """The same of appointments that began, ended or were corrected: a unit is concerned where its head is."""
    announce_posts(
        people=(each.person_id for each in appointments),
        units=(each.unit_id for each in appointments if each.role == PostRole.HEAD),
    )


def announce_fields(person: Person) -> None:
    """Say after commit whose fields changed."""
    transaction.on_commit(
        lambda: fields_changed.send_robust(sender=FieldAssignment, people=frozenset([person.pk]))
    )
