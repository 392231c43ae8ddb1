"""The people import: first everything that would happen and every error, then all of it or nothing.

Key: the staff code. A row says where its person is now; an empty optional cell leaves what is known alone. The same
file twice changes nothing. Rows are written set-based, with the history that one-by-one saves would write.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts import domain as accounts
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import ErasableText, TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.text import fold, name_sort_key, normal

from ...enums import Capability, PostRole
from ...models import Appointment, JobPosition, Person, Position, Unit
from ...rules import is_system
from .. import grants
from ..tracking import BATCH, create_many, update_many
from .records import NAME_FIELDS, normal_code, search_text

ONE_DAY = timedelta(days=1)
LARGEST = 20_000


class PersonRow(Protocol):
    """One row of a people workbook, read and checked cell by cell. An empty text is "", an empty date None.

    The position is named by its code or, without one, by its title; the job position by either. Titles are compared
    without marks.
    """

    @property
    def sheet(self) -> str: ...
    @property
    def row(self) -> int: ...
    @property
    def staff_code(self) -> str: ...
    @property
    def full_name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def unit_code(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def date_of_birth(self) -> date | None: ...
    @property
    def email(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def position_code(self) -> str: ...
    @property
    def position_title(self) -> str: ...
    @property
    def job_position(self) -> str: ...
    @property
    def faces_citizens(self) -> bool: ...
    @property
    def acting(self) -> bool: ...
    @property
    def seconded(self) -> bool: ...
    @property
    def account(self) -> bool: ...


class Problem(NamedTuple):
    """What is wrong, and where. `column` is the name of the row's attribute; the door knows its heading."""

    sheet: str
    row: int
    column: str
    sentence: str


class Change(NamedTuple):
    """One field of one person: as it is and as it would be, in words that can be shown."""

    field: str
    before: str
    after: str


@dataclass
class PlannedPerson:
    """What would happen to one person. `appointment` tells how the main appointment changes."""

    row: PersonRow
    person: Person
    changes: list[Change] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    new_appointment: Appointment | None = None
    corrected: Appointment | None = None
    ended: Appointment | None = None
    account: bool = False

    @property
    def staff_code(self) -> str:
        return self.person.staff_code

    @property
    def full_name(self) -> str:
        return self.person.full_name


@dataclass
class PeoplePlan:
    """Seen before anything is written. With problems nothing can be applied."""

    created: list[PlannedPerson] = field(default_factory=list)
    changed: list[PlannedPerson] = field(default_factory=list)
    unchanged: list[PlannedPerson] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "created": len(self.created),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "accounts": sum(item.account for item in self.created + self.changed),
            "problems": len(self.problems),
        }


@dataclass(frozen=True)
class PeopleImportResult:
    """What was applied. `passwords`: staff code → first password, shown once and stored nowhere."""

    plan: PeoplePlan
    passwords: Mapping[str, str]


# --- What the file is compared with ------------------------------------------------------------------------
class _Registers:
    """The registers as the plan needs them: read in a handful of queries, whatever the size of the file."""

    def __init__(self, actor: User, rows: Sequence[PersonRow], today: date, *, lock: bool) -> None:
        self.actor = actor
        self.today = today
        self.system = is_system(actor)
        self.scope = Scope() if self.system else Scope.of(actor)
        self.units = {unit.code.upper(): unit for unit in Unit.objects.all()}
        self.units_by_key = {unit.pk: unit for unit in self.units.values()}
        self.positions = _by_names(Position.objects.order_by("pk"))
        self.jobs = _by_names(JobPosition.objects.order_by("pk"))
        self.people: dict[str, Person] = {}
        self.mains: dict[int, Appointment] = {}
        self.earlier_ends: dict[int, date] = {}
        codes = sorted({normal_code(row.staff_code) for row in rows})
        for some in _chunks(codes):
            people = Person.objects.filter(staff_code__in=some)
            self.people.update({p.staff_code: p for p in (people.select_for_update() if lock else people)})
        self.people_by_key = {person.pk: person for person in self.people.values()}
        for keys in _chunks(list(self.people_by_key)):
            mains = Appointment.objects.filter(person_id__in=keys, is_main=True).order_by("starts_on", "pk")
            for main in mains.select_for_update() if lock else mains:
                self._add_main(main)
        self.taken_names = {
            name
            for some in _chunks(codes)
            for name in User.objects.filter(username__in=some).values_list("username", flat=True)
        }

    def _add_main(self, main: Appointment) -> None:
        """Keep the latest main appointment of each person, and the last day of the one before."""
        main.person = self.people_by_key[main.person_id]
        before = self.mains.get(main.person_id)
        if before is not None and before.ends_on is not None:
            self.earlier_ends[main.person_id] = before.ends_on
        self.mains[main.person_id] = main

    def keeps(self, unit: Unit, capability: Capability = Capability.MANAGE_PEOPLE) -> bool:
        return self.system or self.scope.covers(capability, unit)


def _chunks(keys: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _by_names(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Found by code or by title, both without marks."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        for name in {fold(row.code), fold(row.title)}:
            found.setdefault(name, []).append(row)
    return found


# --- Planning ----------------------------------------------------------------------------------------------
def plan_people_import(*, actor: User, moment: datetime, rows: Sequence[PersonRow]) -> PeoplePlan:
    """Compare a file with the registers and find every problem at once; writes nothing.

    A unit that does not exist and one that the actor does not keep are told apart by nothing, so the file is no way
    to find out what exists elsewhere.
    """
    return _plan(actor, moment, rows, lock=False)


def _plan(actor: User, moment: datetime, rows: Sequence[PersonRow], *, lock: bool) -> PeoplePlan:
    plan = PeoplePlan()
    if len(rows) > LARGEST:
        plan.problems.append(
            Problem("", 0, "", _("The file has more than %(count)d people. Split it.") % {"count": LARGEST})
        )
        return plan
    registers = _Registers(actor, rows, timezone.localdate(moment), lock=lock)
    seen: dict[str, PersonRow] = {}
    for row in rows:
        code = normal_code(row.staff_code)
        if code in seen:
            plan.problems.append(
                Problem(
                    row.sheet, row.row, "staff_code",
                    _("The staff code %(code)s stands in row %(row)d of the sheet “%(sheet)s” already. Delete one.")
                    % {"code": code, "row": seen[code].row, "sheet": seen[code].sheet},
                )
            )
            continue
        seen[code] = row
        planned, problems = _RowPlanner(registers, row, code).plan()
        plan.problems.extend(problems)
        if planned is None:
            continue
        if planned.person.pk is None:
            plan.created.append(planned)
        elif planned.changes:
            plan.changed.append(planned)
        else:
            plan.unchanged.append(planned)
    return plan


class _RowPlanner:
    """One row against the registers."""

    def __init__(self, registers: _Registers, row: PersonRow, code: str) -> None:
        self.registers = registers
        self.row = row
        self.code = code
        self.problems: list[Problem] = []
        self.known = registers.people.get(code)

    def problem(self, column: str, sentence: str) -> None:
        self.problems.append(Problem(self.row.sheet, self.row.row, column, sentence))

    def plan(self) -> tuple[PlannedPerson | None, list[Problem]]:
        unit, position, job = self._unit(), self._position(), self._job()
        self._check_person()
        if self.problems or unit is None or position is None:
            return None, self.problems
        planned = self._person(unit)
        self._appointment(planned, unit, position, job)
        self._account(planned, unit)
        return (None, self.problems) if self.problems else (planned, [])

    def _unit(self) -> Unit | None:
        unit = self.registers.units.get(normal(self.row.unit_code).upper())
        if unit is None or not self.registers.keeps(unit):
            self.problem(
                "unit_code",
                _("There is no unit with the code “%(code)s” among those you keep. Check the code.")
                % {"code": self.row.unit_code},
            )
            return None
        if unit.closed_on is not None:
            self.problem("unit_code", _("The unit “%(code)s” is closed. Enter its successor.") % {"code": unit.code})
            return None
        return unit

    def _position(self) -> Position | None:
        typed = self.row.position_code or self.row.position_title
        found = self.registers.positions.get(fold(typed), [])
        if not found:
            self.problem(
                "position_code" if self.row.position_code else "position_title",
                _("The position “%(title)s” is not in the list of positions. Choose one from the list, or have it added.")
                % {"title": typed},
            )
            return None
        position: Position = next((item for item in found if item.role == self.row.role), found[0])
        return position

    def _job(self) -> JobPosition | None:
        if not normal(self.row.job_position):
            return None
        found = self.registers.jobs.get(fold(self.row.job_position), [])
        if not found:
            self.problem(
                "job_position",
                _("The job position “%(title)s” is not in the list of job positions. Choose one, or have it added.")
                % {"title": self.row.job_position},
            )
            return None
        wanted = self.row.faces_citizens
        job: JobPosition = next((item for item in found if item.faces_citizens == wanted), found[0])
        if wanted and not job.faces_citizens:
            self.problem(
                "faces_citizens",
                _("The job position “%(title)s” is registered as one that does not face citizens. Correct one of them.")
                % {"title": self.row.job_position},
            )
            return None
        return job

    def _check_person(self) -> None:
        known = self.known
        if known is None:
            return
        if not self.registers.keeps(self.registers.units_by_key[known.unit_id]):
            self.problem(
                "staff_code",
                _("The staff code %(code)s belongs to a person outside the units you keep. Ask the personnel office.")
                % {"code": self.code},
            )
        elif known.left_on is not None:
            self.problem(
                "staff_code",
                _("%(code)s left the service on %(day)s. Take the row out, or have the record corrected.")
                % {"code": self.code, "day": f"{known.left_on:%d/%m/%Y}"},
            )

    def _person(self, unit: Unit) -> PlannedPerson:
        row, known = self.row, self.known
        if known is None:
            person = Person(staff_code=self.code, unit=unit)
            planned = PlannedPerson(row, person)
        else:
            person, planned = known, PlannedPerson(row, known)
        values: dict[str, Any] = {"full_name": normal(row.full_name), "kind": row.kind}
        # An empty optional cell says nothing: it never erases what is known.
        optional = {"birth_date": row.date_of_birth, "email": row.email, "phone": normal(row.phone)}
        values.update({name: value for name, value in optional.items() if value})
        for name, value in values.items():
            present = getattr(person, name)
            if present == value:
                continue
            planned.changes.append(Change(name, _shown(person, name), ""))
            planned.fields.append(name)
            setattr(person, name, value)
            planned.changes[-1] = planned.changes[-1]._replace(after=_shown(person, name))
        if "full_name" in planned.fields:
            person.sort_key = name_sort_key(person.full_name)[:600]
            person.search_text = search_text(person.staff_code, person.full_name)
        return planned

    def _appointment(self, planned: PlannedPerson, unit: Unit, position: Position, job: JobPosition | None) -> None:
        row, person = self.row, planned.person
        main = self.registers.mains.get(person.pk) if person.pk is not None else None
        values: dict[str, Any] = {
            "unit_id": unit.pk,
            "position_id": position.pk,
            "role": row.role,
            "acting": row.acting,
            "seconded": row.seconded,
        }
        if job is not None:
            values["job_position_id"] = job.pk
        if main is None or (main.ends_on is not None and main.ends_on < self.registers.today):
            if main is None or self._begins_after(main.ends_on):
                self._first_appointment(planned, values)
            return
        starts_on = row.starts_on
        differing = [name for name, value in values.items() if getattr(main, name) != value]
        if not differing and starts_on == main.starts_on:
            return
        if not self._may_lead(person, values["role"]):
            return
        if not self.registers.keeps(self.registers.units_by_key[main.unit_id]):
            self.problem("unit_code", _("The present appointment lies outside the units you keep. Ask the personnel office."))
            return
        shown = {name: self._words(name, getattr(main, name)) for name in values}
        for name in differing:
            planned.changes.append(Change(name.removesuffix("_id"), shown[name], self._words(name, values[name])))
        if starts_on > main.starts_on and differing:
            planned.changes.append(Change("starts_on", _day(main.starts_on), _day(starts_on)))
            if "job_position_id" not in values:
                values["job_position_id"] = main.job_position_id if "position_id" not in differing else None
            planned.new_appointment = Appointment(person=person, starts_on=starts_on, is_main=True, **values)
            if main.ends_on is None or main.ends_on >= starts_on:
                main.ends_on = starts_on - ONE_DAY
                planned.ended = main
            return
        if starts_on < main.starts_on and differing:
            self._begins_after(main.starts_on)
            return
        if starts_on != main.starts_on:
            if not self._begins_after(self.registers.earlier_ends.get(person.pk)):
                return
            planned.changes.append(Change("starts_on", _day(main.starts_on), _day(starts_on)))
            main.starts_on = starts_on
        for name in differing:
            setattr(main, name, values[name])
        planned.corrected = main

    def _begins_after(self, day: date | None) -> bool:
        if day is None or self.row.starts_on > day:
            return True
        self.problem(
            "starts_on",
            _("%(code)s has another appointment on %(day)s. Enter a first day that lies later.")
            % {"code": self.code, "day": _day(day)},
        )
        return False

    def _first_appointment(self, planned: PlannedPerson, values: dict[str, Any]) -> None:
        starts_on = self.row.starts_on
        if not self._may_lead(planned.person, values["role"]):
            return
        planned.new_appointment = Appointment(person=planned.person, starts_on=starts_on, is_main=True, **values)
        for name in ("unit_id", "position_id", "role"):
            planned.changes.append(Change(name.removesuffix("_id"), "", self._words(name, values[name])))
        planned.changes.append(Change("starts_on", "", _day(starts_on)))

    def _may_lead(self, person: Person, role: str) -> bool:
        if role == PostRole.HEAD and person.user_id is not None and person.user_id == self.registers.actor.pk:
            self.problem("role", _("Nobody makes themselves a head. Ask the personnel office to enter this row."))
            return False
        return True

    def _account(self, planned: PlannedPerson, unit: Unit) -> None:
        if not self.row.account or planned.person.user_id is not None:
            return
        if not self.registers.keeps(unit, Capability.MANAGE_ACCOUNTS):
            self.problem("account", _("You do not keep the accounts of this unit. Leave this cell empty."))
        elif self.code in self.registers.taken_names:
            self.problem(
                "account",
                _("An account named %(code)s exists already and belongs to nobody. Ask the access administrator.")
                % {"code": self.code},
            )
        else:
            planned.account = True
            planned.changes.append(Change("user", "", self.code))

    def _words(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if name == "unit_id":
            unit = self.registers.units_by_key[value]
            return unit.name if self.registers.keeps(unit) else ""
        if name in ("position_id", "job_position_id"):
            rows = self.registers.positions if name == "position_id" else self.registers.jobs
            return next((item.title for items in rows.values() for item in items if item.pk == value), "")
        if name == "role":
            return str(PostRole(value).label)
        return _("yes") if value else _("no")


def _day(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value is not None else ""


def _shown(person: Person, name: str) -> str:
    if name == "kind":
        return str(person.get_kind_display()) if person.kind else ""
    value = getattr(person, name)
    return _day(value) if name == "birth_date" else str(value or "")


# --- Applying ----------------------------------------------------------------------------------------------
@business_verb
def apply_people_import(
    *, actor: User, moment: datetime, rows: Sequence[PersonRow], file_name: str, file_sha256: str
) -> PeopleImportResult:
    """Apply a file, all of it or nothing.

    The plan is made again under the locks, so it is what happens even where somebody wrote in between. Raises
    Invalid with the number of problems; `details["plan"]` carries them. One ledger entry tells the file, its digest
    and the counts; each record has its own history.
    """
    plan = _plan(actor, moment, rows, lock=True)
    if plan.problems:
        raise Invalid(_("The file has errors. Correct them all and upload it again; nothing was written."), plan=plan)
    touched = plan.created + plan.changed
    if not touched:
        return PeopleImportResult(plan, {})
    reason_key = texts.keep(TextKind.REASON, _("Import of the file %(name)s") % {"name": file_name})
    _keep_names(touched)
    _write_people(plan, reason_key)
    concerned = _write_appointments(touched, actor, moment, reason_key)
    _settle(touched, moment, reason_key)
    passwords, with_accounts = _write_accounts(touched, actor, moment, reason_key)
    grants.project_many(concerned | with_accounts, moment=moment)
    first = touched[0].person
    ledger.record(
        Act.IMPORT_APPLIED,
        subject=first,
        label=file_sha256,
        after={"file_sha256": file_sha256, **plan.counts},
        reason_key=reason_key,
    )
    return PeopleImportResult(plan, passwords)


def _keep_names(touched: Sequence[PlannedPerson]) -> None:
    """One text row for each new name; history will hold its key."""
    renamed = [item for item in touched if "full_name" in item.fields]
    keys = texts.keep_many(
        TextKind.NAME, [(item.person.full_name, item.person.staff_code) for item in renamed]
    )
    for item, key in zip(renamed, keys, strict=True):
        item.person.name_key = key


def _write_people(plan: PeoplePlan, reason_key: Any) -> None:
    create_many(Person, [item.person for item in plan.created], reason_key=reason_key)
    edited = [item for item in plan.changed if item.fields]
    fields = sorted({name for item in edited for name in item.fields})
    if "full_name" in fields:
        fields = sorted({*fields, *NAME_FIELDS})
    update_many(Person, [item.person for item in edited], fields, reason_key=reason_key)
    renamed = {item.person.user_id: item.person.full_name for item in edited if "full_name" in item.fields}
    renamed.pop(None, None)
    users = list(User.objects.filter(pk__in=list(renamed)))
    for user in users:
        user.display_name = renamed[user.pk]
    User.objects.bulk_update(users, ["display_name"], batch_size=BATCH)


def _write_appointments(
    touched: Sequence[PlannedPerson], actor: User, moment: datetime, reason_key: Any
) -> set[int]:
    """Ended and corrected ones first, so that the one open main appointment of each person has its room."""
    ended = [item.ended for item in touched if item.ended is not None]
    corrected = [item.corrected for item in touched if item.corrected is not None]
    update_many(Appointment, ended, ["ends_on"], reason_key=reason_key)
    columns = ["unit", "position", "job_position", "role", "acting", "seconded", "starts_on"]
    update_many(Appointment, corrected, columns, reason_key=reason_key)
    begun = [item.new_appointment for item in touched if item.new_appointment is not None]
    for item in begun:
        item.person_id = item.person.pk
    create_many(Appointment, begun, reason_key=reason_key)
    return grants.follow_changed(ended=ended, corrected=corrected, begun=begun, actor=actor, moment=moment)


def _settle(touched: Sequence[PlannedPerson], moment: datetime, reason_key: Any) -> None:
    """Everybody touched stands where the main appointment of today is."""
    today = timezone.localdate(moment)
    moving = []
    for item in touched:
        present = item.new_appointment or item.corrected
        if present is not None and present.starts_on <= today and item.person.unit_id != present.unit_id:
            item.person.unit_id = present.unit_id
            moving.append(item.person)
    update_many(Person, moving, ["unit"], reason_key=reason_key)


def _write_accounts(
    touched: Sequence[PlannedPerson], actor: User, moment: datetime, reason_key: Any
) -> tuple[dict[str, str], set[int]]:
    wanted = [item.person for item in touched if item.account]
    made = accounts.create_accounts(
        actor=actor, moment=moment, wanted=[(p.staff_code, p.full_name, p.email) for p in wanted]
    )
    for person in wanted:
        person.user = made[person.staff_code][0]
    update_many(Person, wanted, ["user"], reason_key=reason_key)
    today = timezone.localdate(moment)
    concerned: set[int] = set()
    for keys in _chunks([person.pk for person in wanted]):
        heads = Appointment.objects.on(today).heads().filter(person__in=keys).select_related("person")
        concerned |= grants.follow_appointments(heads, actor=actor, moment=moment)
    return {code: password for code, (_user, password) in made.items()}, concerned
