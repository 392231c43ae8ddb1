"""Appointments are made and ended here; the person's unit and a head's grants follow them."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.many import update_many
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState

from ... import rule_table as table
from ...enums import PostRole
from ...models import Appointment, JobPosition, Person, Position, Unit
from ...rules import may, not_oneself
from .. import grants, projection
from ..announcing import announce_appointments
from .heads import require_only_head
from .records import is_left_behind, last_day_of, locked, require_in_service

ONE_DAY = timedelta(days=1)


@business_verb
def appoint(
    *,
    actor: User,
    moment: datetime,
    person: Person,
    unit: Unit,
    position: Position,
    role: str,
    starts_on: date,
    job_position: JobPosition | None = None,
    is_main: bool = True,
    acting: bool = False,
    seconded: bool = False,
    ends_on: date | None = None,
    decision_number: str = "",
    reason: str = "",
) -> Appointment:
    """Appoint a person; the actor keeps people where the person belongs and where they go.

    A main appointment that lasts is ended on the day before the new one starts; one that starts on that day or later
    is in the way and refused. A head with an account holds a head's capabilities on the unit from the first day;
    whoever goes to another unit leaves behind what they held for the old one. Nobody makes themselves a head, and a
    unit that has one on these days gets no second, unless one of the two acts or is seconded.
    Raises Invalid, Refused, NotFound, WrongState.
    """
    person = locked(person)
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    may(actor, table.APPOINT, person.unit).require()
    may(actor, table.APPOINT, unit).require()
    if role == PostRole.HEAD:
        not_oneself(actor, person, table.APPOINT).require()
    require_in_service(person, starts_on)
    ends_on = last_day_of(person, ends_on)
    if unit.closed_by(starts_on):
        raise WrongState(
            _("The unit “%(name)s” is closed by then. Choose its successor.") % {"name": unit.name}
        )
    if ends_on is not None and ends_on < starts_on:
        sentence = _("An appointment cannot end before it starts. Correct one of the two dates.")
        raise Invalid(sentence, problems={"ends_on": [sentence]})
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    if is_main:
        _make_room(actor, moment, person, starts_on, ends_on, reason_key)
    appointment = Appointment(
        person=person,
        unit=unit,
        position=position,
        job_position=job_position,
        role=role,
        is_main=is_main,
        acting=acting,
        seconded=seconded,
        starts_on=starts_on,
        ends_on=ends_on,
        decision_number=decision_number,
    )
    require_only_head(appointment, unit)
    save_tracked(appointment, reason_key=reason_key)
    ledger.record(
        Act.APPOINTED,
        subject=appointment,
        label=person.staff_code,
        unit=unit,
        person=person,
        after=facts(appointment),
        reason_key=reason_key,
    )
    old_unit = person.unit
    settle_unit(person, moment, reason_key)
    concerned = grants.follow_appointments([appointment], actor=actor, moment=moment)
    if is_main and person.user_id is not None and old_unit.pk != unit.pk:
        move = grants.Move(person.user_id, old_unit, unit, starts_on - ONE_DAY)
        concerned |= grants.follow_moves([move], moment=moment, reason_key=reason_key)
    projection.project_many(concerned, moment=moment)
    announce_appointments(appointment)
    return appointment


def _make_room(
    actor: User, moment: datetime, person: Person, starts_on: date, ends_on: date | None, reason_key: Any
) -> None:
    """End the main appointment that lasts; refuse when another one overlaps the new dates."""
    overlapping = (
        Appointment.objects.select_for_update()
        .filter(person=person, is_main=True)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
    )
    for other in overlapping.order_by("starts_on", "pk"):
        if ends_on is not None and other.starts_on > ends_on:
            continue
        if other.starts_on >= starts_on:
            raise WrongState(
                _(
                    "%(code)s has a main appointment from %(day)s. Choose a later first day, or end that one first."
                )
                % {"code": person.staff_code, "day": f"{other.starts_on:%d/%m/%Y}"}
            )
        end_on(actor, moment, other, starts_on - ONE_DAY, reason_key)


def end_on(actor: User, moment: datetime, appointment: Appointment, on: date, reason_key: Any) -> None:
    """Part of an act: the last day of an appointment whose row is locked, with what a head holds by it."""
    before = facts(appointment)
    appointment.ends_on = on
    save_tracked(appointment, reason_key=reason_key, update_fields=["ends_on"])
    ledger.record(
        Act.APPOINTMENT_ENDED,
        subject=appointment,
        label=appointment.person.staff_code,
        unit=appointment.unit,
        person=appointment.person,
        before=before,
        after=facts(appointment),
        reason_key=reason_key,
    )
    concerned = grants.unfollow_appointments([appointment], actor=actor, moment=moment)
    projection.project_many(concerned, moment=moment)
    announce_appointments(appointment)


@business_verb
def end_appointment(
    *, actor: User, moment: datetime, appointment: Appointment, on: date, reason: str = ""
) -> Appointment:
    """End an appointment; `on` is its last day. A head's grants end with it, at once when that day has passed."""
    person = locked(appointment.person)
    appointment = (
        Appointment.objects.select_for_update(of=("self",)).select_related("unit").get(pk=appointment.pk)
    )
    may(actor, table.END_APPOINTMENT, appointment.unit).require()
    if appointment.ends_on is not None and appointment.ends_on <= on:
        raise WrongState(
            _("This appointment ends on %(day)s already.") % {"day": f"{appointment.ends_on:%d/%m/%Y}"}
        )
    if on < appointment.starts_on:
        sentence = _("The last day cannot lie before the first day, %(day)s.") % {
            "day": f"{appointment.starts_on:%d/%m/%Y}"
        }
        raise Invalid(sentence, problems={"on": [sentence]})
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    end_on(actor, moment, appointment, on, reason_key)
    settle_unit(person, moment, reason_key)
    return appointment


@business_verb
def transfer(
    *,
    actor: User,
    moment: datetime,
    person: Person,
    unit: Unit,
    position: Position,
    role: str,
    starts_on: date,
    job_position: JobPosition | None = None,
    acting: bool = False,
    seconded: bool = False,
    decision_number: str = "",
    reason: str = "",
) -> Appointment:
    """Move a person to another unit: the main appointment there replaces the present one, and every other
    appointment in the old unit ends on the day before."""
    person = locked(person)
    if person.unit_id == unit.pk:
        raise WrongState(
            _("%(code)s belongs to this unit already. Change the appointment instead.")
            % {"code": person.staff_code}
        )
    old_unit = person.unit
    appointment = appoint(
        actor=actor,
        moment=moment,
        person=person,
        unit=unit,
        position=position,
        role=role,
        starts_on=starts_on,
        job_position=job_position,
        acting=acting,
        seconded=seconded,
        decision_number=decision_number,
        reason=reason,
    )
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    for other in Appointment.objects.select_for_update().filter(person=person):
        if is_left_behind(other, old_unit.pk, starts_on):
            end_on(actor, moment, other, starts_on - ONE_DAY, reason_key)
    return appointment


def facts(appointment: Appointment) -> dict[str, Any]:
    """What the ledger says of an appointment: codes and dates."""
    return {
        "unit": appointment.unit_id,
        "position": appointment.position_id,
        "job_position": appointment.job_position_id,
        "role": str(appointment.role),
        "is_main": appointment.is_main,
        "acting": appointment.acting,
        "seconded": appointment.seconded,
        "starts_on": appointment.starts_on.isoformat(),
        "ends_on": appointment.ends_on.isoformat() if appointment.ends_on else None,
        "decision_number": appointment.decision_number,
    }


# --- Where a person belongs --------------------------------------------------------------------------------
def settle_unit(person: Person, moment: datetime, reason_key: Any = None) -> None:
    """Put the person where today's main appointment is; without one they stay where they were."""
    today = timezone.localdate(moment)
    unit_id = (
        Appointment.objects.on(today)
        .filter(person=person, is_main=True)
        .order_by("-starts_on", "pk")
        .values_list("unit_id", flat=True)
        .first()
    )
    if unit_id is not None and unit_id != person.unit_id:
        person.unit_id = unit_id
        save_tracked(person, reason_key=reason_key, update_fields=["unit"])


@business_verb
def settle_units(*, actor: User, moment: datetime) -> int:
    """Everybody, each night: appointments that begin today move their person. Returns how many moved."""
    today = timezone.localdate(moment)
    present = (
        Appointment.objects.on(today).filter(person=OuterRef("pk"), is_main=True).order_by("-starts_on", "pk")
    )
    misplaced = (
        Person.objects.annotate(present_unit=Subquery(present.values("unit_id")[:1]))
        .filter(present_unit__isnull=False)
        .exclude(present_unit=F("unit_id"))
    )
    moving = list(misplaced)
    for person in moving:
        person.unit_id = person.present_unit
    update_many(Person, moving, ["unit"])
    return len(moving)
