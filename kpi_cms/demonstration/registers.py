"""Writes the demonstration's registers, criteria sets and periods: everything that stands before the month opens.

Each function makes the same domain calls that a person would make, under the account of scheduled work, inside one
transaction that the loader opens.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from criteria_pages.demonstration import load_library, load_sets
from kpi_cms.foundation.accounts.domain import create_accounts
from kpi_cms.foundation.accounts.models import User
from kpi_cms.interfaces.exchange.imports.catalogue import ProductRow, coefficient_of
from snippets.domain.calendar import register_day
from snippets.domain.catalogue import apply_catalogue_import, approve_catalogue, send_catalogue
from snippets.domain.grants import give_role
from snippets.domain.organisation import create_unit
from snippets.domain.people import apply_people_import, appoint, assign_field
from snippets.domain.people.accounts import link_account
from snippets.domain.periods import create_period
from snippets.domain.positions import create_job_position, create_position
from snippets.enums import DayKind, PeriodKind, StaffKind
from snippets.models import JobPosition, Period, Person, Position, Unit

from . import catalogue, holidays, organisation, posts
from .people import ACCOUNTS, PlannedPerson, fields, further_appointments

PASSWORD = "trinh-dien-2026"  # noqa: S105  (printed in the guide; the loader refuses to run outside a demonstration)
FIRST_MONTH = date(2026, 7, 1)
"""The criteria sets take effect on this day: no period of the demonstration is older."""

REASON = "Dữ liệu trình diễn"
_CLOSING_TIME = time(17, 0)


@dataclass(frozen=True)
class Planned:
    """A period to create: what it is, and until when people score."""

    kind: PeriodKind
    year: int
    number: int
    self_due_at: datetime
    evaluation_due_at: datetime
    collective_due_at: datetime | None = None


@dataclass(frozen=True)
class Months:
    """The month before last, which is closed; last month, which is played; this one, being prepared; a quarter."""

    past: Planned
    playing: Planned
    following: Planned
    quarter: Planned


def first_moment() -> datetime:
    """The earliest moment the demonstration can be told at: the first quarter of the criteria sets is over."""
    return _at(date(2026, 10, 1), time(8, 0))


def months(moment: datetime) -> Months:
    """Every deadline lies ahead: what is closed is played and closed at the moment of loading, like everything else.

    The quarter is the last one that is over.
    """
    today = timezone.localdate(moment)
    this_month = today.replace(day=1)
    last_month, before_last = _month_before(this_month), _month_before(_month_before(this_month))
    following = (this_month + timedelta(days=31)).replace(day=1)
    quarter = _month_before(this_month.replace(month=(this_month.month - 1) // 3 * 3 + 1))
    soon = (_at(today + timedelta(days=6)), _at(today + timedelta(days=12)))
    return Months(
        past=Planned(
            PeriodKind.MONTH,
            before_last.year,
            before_last.month,
            _at(today + timedelta(days=1)),
            _at(today + timedelta(days=2)),
        ),
        playing=Planned(PeriodKind.MONTH, last_month.year, last_month.month, *soon),
        following=Planned(
            PeriodKind.MONTH,
            this_month.year,
            this_month.month,
            _at(following + timedelta(days=4)),
            _at(following + timedelta(days=9)),
        ),
        quarter=Planned(
            PeriodKind.QUARTER, quarter.year, quarter.month // 3, *soon, _at(today + timedelta(days=9))
        ),
    )


def _month_before(first_day: date) -> date:
    return (first_day - timedelta(days=1)).replace(day=1)


def _at(day: date, hour: time = _CLOSING_TIME) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))


# --- Units -------------------------------------------------------------------------------------------------
def write_units(actor: User, moment: datetime) -> dict[str, Unit]:
    """Every unit by code. Parents are read again: adding a child changes them."""
    made: dict[str, Unit] = {}
    for plan in organisation.units():
        parent = Unit.objects.get(pk=made[plan.parent].pk) if plan.parent else None
        made[plan.code] = create_unit(
            actor=actor,
            moment=moment,
            parent=parent,
            code=plan.code,
            name=plan.name,
            block=plan.block,
            level=plan.level,
            managing_unit=made[plan.managing] if plan.managing else None,
            opened_on=organisation.OPENED_ON,
            reason=REASON,
        )
    return {unit.code: unit for unit in Unit.objects.all()}


# --- People ------------------------------------------------------------------------------------------------
def write_positions(actor: User, moment: datetime) -> None:
    """Positions and job positions."""
    for code, title, role, block in posts.POSITIONS:
        create_position(actor=actor, moment=moment, code=code, title=title, role=role, block=block)
    for code, title, faces_citizens in posts.JOB_POSITIONS:
        create_job_position(actor=actor, moment=moment, code=code, title=title, faces_citizens=faces_citizens)


def write_calendar(actor: User, moment: datetime) -> None:
    """The days off that are certain; the office completes them each year (`holidays`)."""
    for day, name in holidays.DAYS_OFF:
        register_day(actor=actor, moment=moment, day=day, kind=DayKind.OFF, name=name, reason=REASON)


def write_people(actor: User, moment: datetime, planned: Sequence[PlannedPerson]) -> dict[str, Person]:
    """Everybody by post, each with the main appointment and an account, as one import."""
    named = {account.post for account in ACCOUNTS}
    rows = [
        person.row(number, account=person.post.kind != StaffKind.CONTRACT and person.post.key not in named)
        for number, person in enumerate(planned, start=2)
    ]
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    apply_people_import(
        actor=actor, moment=moment, rows=rows, file_name="trinh-dien.xlsx", file_sha256=digest
    )
    found = Person.objects.in_bulk([person.staff_code for person in planned], field_name="staff_code")
    return {person.post.key: found[person.staff_code] for person in planned}


def write_appointments(
    actor: User, moment: datetime, people: dict[str, Person], units: dict[str, Unit]
) -> None:
    """Second offices, the secondment, and what deputies are in charge of."""
    positions = {position.code: position for position in Position.objects.all()}
    jobs = {job.code: job for job in JobPosition.objects.all()}
    for further in further_appointments():
        appoint(
            actor=actor,
            moment=moment,
            person=people[further.post],
            unit=units[further.unit],
            position=positions[further.position],
            role=further.role,
            starts_on=further.starts_on,
            job_position=jobs[further.job] if further.job else None,
            is_main=False,
            seconded=further.seconded,
            decision_number=further.decision,
            reason=REASON,
        )
    for field in fields():
        assign_field(
            actor=actor,
            moment=moment,
            person=people[field.post],
            unit=units[field.unit],
            starts_on=organisation.OPENED_ON,
            decision_number=field.decision,
            reason=REASON,
        )


# --- Accounts ----------------------------------------------------------------------------------------------
def write_accounts(actor: User, moment: datetime, people: dict[str, Person], units: dict[str, Unit]) -> None:
    """The accounts that the guides name, their grants, and one password known to every visitor."""
    wanted = [(account.username, people[account.post].full_name, "") for account in ACCOUNTS]
    made = create_accounts(actor=actor, moment=moment, wanted=wanted)
    for account in ACCOUNTS:
        user, _unused = made[account.username]
        link_account(people[account.post], user, actor=actor, moment=moment)
        for code in account.on:
            give_role(
                actor=actor,
                moment=moment,
                user=user,
                role=account.role,
                unit=units[code],
                starts_on=organisation.OPENED_ON,
                reason=REASON,
            )
    everybody = User.objects.filter(person__in=list(people.values()))
    everybody.update(password=make_password(PASSWORD), must_change_password=False)


# --- Criteria sets, catalogues, periods --------------------------------------------------------------------
def write_criteria(author: User, issuer: User, moment: datetime) -> int:
    """The criteria sets, written by one of the policy staff and issued by another; returns how many."""
    return len(load_sets(actor=issuer, moment=moment, author=author))


def write_library(author: User, moment: datetime) -> int:
    """What a further set may take over, kept by one of the policy staff; returns how many items."""
    return load_library(actor=author, moment=moment)


def write_catalogues(actor: User, moment: datetime, units: dict[str, Unit]) -> int:
    """An approved catalogue for every unit of the pilot; returns the number of different products."""
    for code in organisation.PILOT:
        rows = _product_rows(code, units)
        imported = apply_catalogue_import(
            actor=actor,
            moment=moment,
            unit=units[code],
            title=catalogue.TITLE,
            rows=rows,
            file_name="trinh-dien.xlsx",
            file_sha256=hashlib.sha256(repr(rows).encode()).hexdigest(),
            standard_points=catalogue.STANDARD_POINTS,
        )
        draft = send_catalogue(actor=actor, moment=moment, catalogue=imported.catalogue, reason=REASON)
        approve_catalogue(
            actor=actor,
            moment=moment,
            catalogue=draft,
            decision_number="283/QĐ-TD",
            decision_date=catalogue.DECIDED_ON,
            signer="Người đứng đầu cơ quan (trình diễn)",
            effective_on=catalogue.EFFECTIVE_ON,
            reason=REASON,
        )
    return len(catalogue.items())


def _product_rows(agency: str, units: dict[str, Unit]) -> list[ProductRow]:
    departments = catalogue.section_units(agency)
    return [
        ProductRow(
            sheet=catalogue.TITLE,
            row=number,
            code=item.code,
            department=units[departments[item.section]].name if item.section in departments else None,
            scope=item.scope,
            duty=item.duty,
            work=item.work,
            output=item.output,
            group=f"N{item.group}",
            frame_low=item.frame[0],
            frame_high=item.frame[1],
            points=Decimal(item.points),
            coefficient=coefficient_of(Decimal(item.points), catalogue.STANDARD_POINTS),
            note="",
        )
        for number, item in enumerate(catalogue.items_of(agency), start=2)
    ]


def write_periods(actor: User, moment: datetime, units: dict[str, Unit]) -> list[Period]:
    """The month that gets closed for one department, the one to play and the next for the nine units of the pilot,
    and a quarter for one department of the Party; all being prepared, in this order."""
    wanted = months(moment)
    pilot = [units[code] for code in organisation.PILOT]
    return [
        create_period(
            actor=actor,
            moment=moment,
            kind=planned.kind,
            year=planned.year,
            number=planned.number,
            self_due_at=planned.self_due_at,
            evaluation_due_at=planned.evaluation_due_at,
            collective_due_at=planned.collective_due_at,
            units=taking_part,
            reason=REASON,
        )
        for planned, taking_part in (
            (wanted.past, [units[organisation.PAST]]),
            (wanted.playing, pilot),
            (wanted.following, pilot),
            (wanted.quarter, [units[organisation.QUARTER]]),
        )
    ]
