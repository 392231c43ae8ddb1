"""The plan of a people import: everything that would happen, and every error.

Key: the staff code. A row says where its person is now; an empty optional cell leaves what is known alone. The same
file twice changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.many import BATCH
from kpi_cms.foundation.core.text import fold, name_sort_key, normal

from ... import rule_table as table
from ...enums import PostRole, StaffKind
from ...models import Appointment, JobPosition, Person, Position, Unit
from ...rules import is_system, may_now
from .accounts import reaches
from .heads import second_heads
from .records import is_left_behind, last_day_of, normal_code, search_text

ONE_DAY = timedelta(days=1)
LARGEST = 100_000
"""People in one file: the whole province (70,000) and room beside it; the door reads no longer sheet."""


class PersonRow(Protocol):
    """One row of a people workbook, read and checked cell by cell. An empty text is "", an empty date or answer None.

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
    def acting(self) -> bool | None: ...
    @property
    def seconded(self) -> bool | None: ...
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
    """What would happen to one person: how the main appointment changes, and which others end with a move."""

    row: PersonRow
    person: Person
    changes: list[Change] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    new_appointment: Appointment | None = None
    corrected: Appointment | None = None
    ended: Appointment | None = None
    left_behind: list[Appointment] = field(default_factory=list)
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
        positions, jobs = list(Position.objects.order_by("pk")), list(JobPosition.objects.order_by("pk"))
        self.positions, self.jobs = _by_names(positions), _by_names(jobs)
        self.titles = {
            "position_id": {position.pk: position.title for position in positions},
            "job_position_id": {job.pk: job.title for job in jobs},
        }
        # Said once for each file, not once for each row: seventy thousand rows use the same few words.
        self.kinds = {value: str(label) for value, label in StaffKind.choices}
        self.roles = {value: str(label) for value, label in PostRole.choices}
        self.answers = {True: _("yes"), False: _("no")}
        self.people: dict[str, Person] = {}
        self.mains: dict[int, Appointment] = {}
        self.besides: dict[int, list[Appointment]] = {}
        self.earlier_ends: dict[int, date] = {}
        codes = sorted({normal_code(row.staff_code) for row in rows})
        for some in chunks(codes):
            people = Person.objects.filter(staff_code__in=some)
            self.people.update({p.staff_code: p for p in (people.select_for_update() if lock else people)})
        self.people_by_key = {person.pk: person for person in self.people.values()}
        for keys in chunks(list(self.people_by_key)):
            posts = Appointment.objects.filter(person_id__in=keys).order_by("starts_on", "pk")
            for post in posts.select_for_update() if lock else posts:
                post.person = self.people_by_key[post.person_id]
                if post.is_main:
                    self._add_main(post)
                else:
                    self.besides.setdefault(post.person_id, []).append(post)
        wanted = {normal_code(row.staff_code) for row in rows if row.account}
        without = [
            person for code, person in self.people.items() if code in wanted and person.user_id is None
        ]
        self.reaches: dict[int, set[int]] = {}
        for some in chunks([] if self.system else without):
            self.reaches |= reaches(some, today)
        self.taken_names = {
            name
            for some in chunks(codes)
            for name in User.objects.filter(username__in=some).values_list("username", flat=True)
        }

    def _add_main(self, main: Appointment) -> None:
        """Keep the latest main appointment of each person, and the last day of the one before."""
        before = self.mains.get(main.person_id)
        if before is not None and before.ends_on is not None:
            self.earlier_ends[main.person_id] = before.ends_on
        self.mains[main.person_id] = main

    def keeps(self, unit: Unit, rule: Rule = table.IMPORT_PEOPLE) -> bool:
        return self.system or may_now(rule, self.scope, unit)

    def keeps_accounts_of(self, person: Person) -> bool:
        """Everywhere that somebody without an account works, decides or will."""
        return all(
            self.keeps(self.units_by_key[key], table.CREATE_ACCOUNT)
            for key in self.reaches.get(person.pk, ())
        )


def chunks(keys: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
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
    return make_plan(actor, moment, rows, lock=False)


def make_plan(actor: User, moment: datetime, rows: Sequence[PersonRow], *, lock: bool) -> PeoplePlan:
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
                    row.sheet,
                    row.row,
                    "staff_code",
                    _(
                        "The staff code %(code)s stands in row %(row)d of the sheet “%(sheet)s” already. Delete one."
                    )
                    % {"code": code, "row": seen[code].row, "sheet": seen[code].sheet},
                )
            )
            continue
        seen[code] = row
        planned, problems = _RowPlanner(registers, row, code).plan()
        plan.problems.extend(problems)
        if planned is None:
            continue
        if planned.person._state.adding:
            plan.created.append(planned)
        elif planned.changes:
            plan.changed.append(planned)
        else:
            plan.unchanged.append(planned)
    _refuse_second_heads(plan, registers, lock=lock)
    return plan


def _refuse_second_heads(plan: PeoplePlan, registers: _Registers, *, lock: bool) -> None:
    """Asked of the file as a whole: whoever it ends or moves heads a unit no longer, wherever their row stands."""
    touched = plan.created + plan.changed
    wanted = [
        (item, each)
        for item in touched
        for each in (item.new_appointment, item.corrected)
        if each is not None
    ]
    written = [
        each
        for item in touched
        for each in (item.ended, item.corrected, *item.left_behind)
        if each is not None
    ]
    for item, sentence in second_heads(wanted, written, registers.units_by_key, lock=lock):
        plan.problems.append(Problem(item.row.sheet, item.row.row, "role", sentence))


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
        if unit.closed_by(max(self.registers.today, self.row.starts_on)):
            self.problem(
                "unit_code", _("The unit “%(code)s” is closed. Enter its successor.") % {"code": unit.code}
            )
            return None
        return unit

    def _position(self) -> Position | None:
        typed = self.row.position_code or self.row.position_title
        found = self.registers.positions.get(fold(typed), [])
        if not found:
            self.problem(
                "position_code" if self.row.position_code else "position_title",
                _(
                    "The position “%(title)s” is not in the list of positions. Choose one from it, or have it added."
                )
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
                _(
                    "The job position “%(title)s” is not in the list of job positions. Choose one, or have it added."
                )
                % {"title": self.row.job_position},
            )
            return None
        wanted = self.row.faces_citizens
        job: JobPosition = next((item for item in found if item.faces_citizens == wanted), found[0])
        if wanted and not job.faces_citizens:
            self.problem(
                "faces_citizens",
                _("The job position “%(title)s” is registered as not facing citizens. Correct one of them.")
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
                _(
                    "The staff code %(code)s belongs to a person outside the units you keep. Ask the personnel office."
                )
                % {"code": self.code},
            )
        elif known.left_on is not None and known.left_by(max(self.registers.today, self.row.starts_on)):
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
            before = self._shown(person, name)
            planned.fields.append(name)
            setattr(person, name, value)
            planned.changes.append(Change(name, before, self._shown(person, name)))
        if "full_name" in planned.fields:
            person.sort_key = name_sort_key(person.full_name)[:600]
            person.search_text = search_text(person.staff_code, person.full_name)
        return planned

    def _appointment(
        self, planned: PlannedPerson, unit: Unit, position: Position, job: JobPosition | None
    ) -> None:
        row = self.row
        main = self.registers.mains.get(planned.person.pk)
        values: dict[str, Any] = {
            "unit_id": unit.pk,
            "position_id": position.pk,
            "role": row.role,
        }
        # An answer that was not given says nothing about the present appointment; of a new one it is no.
        answers = {"acting": row.acting, "seconded": row.seconded}
        values.update({name: answer for name, answer in answers.items() if answer is not None})
        if job is not None:
            values["job_position_id"] = job.pk
        if main is None or _is_over(main, self.registers.today):
            self._first_appointment(planned, values, main)
            return
        differing = [name for name, value in values.items() if getattr(main, name) != value]
        if not differing and row.starts_on == main.starts_on:
            return
        if not self._may_lead(planned.person, values["role"]) or not self._keeps_present(main):
            return
        self._change_main(planned, main, values, differing)

    def _change_main(
        self, planned: PlannedPerson, main: Appointment, values: dict[str, Any], differing: list[str]
    ) -> None:
        """A later first day begins a new appointment, the same one corrects, an earlier one is wrong."""
        row = self.row
        for name in differing:
            before, after = self._words(name, getattr(main, name)), self._words(name, values[name])
            planned.changes.append(Change(name.removesuffix("_id"), before, after))
        if row.starts_on != main.starts_on:
            planned.changes.append(Change("starts_on", _day(main.starts_on), _day(row.starts_on)))
        if differing and row.starts_on > main.starts_on:
            self._succeed(planned, main, values, position_changes="position_id" in differing)
        elif differing and row.starts_on < main.starts_on:
            self._begins_after(main.starts_on)
        elif self._begins_after(self.registers.earlier_ends.get(planned.person.pk)):
            main.starts_on = row.starts_on
            for name in differing:
                setattr(main, name, values[name])
            planned.corrected = main

    def _succeed(
        self, planned: PlannedPerson, main: Appointment, values: dict[str, Any], *, position_changes: bool
    ) -> None:
        """A new main appointment follows the present one; the job position stays unless the position changes."""
        if "job_position_id" not in values and not position_changes:
            values["job_position_id"] = main.job_position_id
        starts_on = self.row.starts_on
        planned.new_appointment = Appointment(
            person=planned.person,
            starts_on=starts_on,
            ends_on=last_day_of(planned.person, None),
            is_main=True,
            **values,
        )
        if main.ends_on is None or main.ends_on >= starts_on:
            main.ends_on = starts_on - ONE_DAY
            planned.ended = main
        self._leave_behind(planned, main.unit_id, values["unit_id"])

    def _leave_behind(self, planned: PlannedPerson, old_unit: int, new_unit: int) -> None:
        """Whoever goes to another unit holds no other post of the old one either, as after a transfer by hand."""
        starts_on = self.row.starts_on
        for post in self.registers.besides.get(planned.person.pk, ()) if old_unit != new_unit else ():
            if is_left_behind(post, old_unit, starts_on):
                before, post.ends_on = post.ends_on, starts_on - ONE_DAY
                planned.left_behind.append(post)
                planned.changes.append(Change("left_behind", _day(before), _day(post.ends_on)))

    def _keeps_present(self, main: Appointment) -> bool:
        if self.registers.keeps(self.registers.units_by_key[main.unit_id]):
            return True
        self.problem(
            "unit_code",
            _("The present appointment lies outside the units you keep. Ask the personnel office."),
        )
        return False

    def _begins_after(self, day: date | None) -> bool:
        if day is None or self.row.starts_on > day:
            return True
        self.problem(
            "starts_on",
            _("%(code)s has another appointment on %(day)s. Enter a first day that lies later.")
            % {"code": self.code, "day": _day(day)},
        )
        return False

    def _first_appointment(
        self, planned: PlannedPerson, values: dict[str, Any], past: Appointment | None
    ) -> None:
        """Nobody has a main appointment now: this one begins, after a past one where there is one."""
        starts_on = self.row.starts_on
        if past is not None and not self._begins_after(past.ends_on):
            return
        if not self._may_lead(planned.person, values["role"]):
            return
        planned.new_appointment = Appointment(
            person=planned.person,
            starts_on=starts_on,
            ends_on=last_day_of(planned.person, None),
            is_main=True,
            **values,
        )
        if past is not None:
            self._leave_behind(planned, past.unit_id, values["unit_id"])
        for name in ("unit_id", "position_id", "role"):
            planned.changes.append(Change(name.removesuffix("_id"), "", self._words(name, values[name])))
        planned.changes.append(Change("starts_on", "", _day(starts_on)))

    def _may_lead(self, person: Person, role: str) -> bool:
        if role == PostRole.HEAD and person.user_id is not None and person.user_id == self.registers.actor.pk:
            self.problem(
                "role", _("Nobody makes themselves a head. Ask the personnel office to enter this row.")
            )
            return False
        return True

    def _account(self, planned: PlannedPerson, unit: Unit) -> None:
        if not self.row.account or planned.person.user_id is not None:
            return
        if not self.registers.keeps(unit, table.CREATE_ACCOUNT):
            self.problem("account", _("You do not keep the accounts of this unit. Leave this cell empty."))
        elif not self.registers.keeps_accounts_of(planned.person):
            self.problem("account", str(table.OUTSIDE_YOUR_ACCOUNTS))
        elif self.code in self.registers.taken_names:
            self.problem(
                "account",
                _(
                    "An account named %(code)s exists already and belongs to nobody. Ask the access administrator."
                )
                % {"code": self.code},
            )
        else:
            planned.account = True
            planned.changes.append(Change("user", "", self.code))

    def _words(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if name == "unit_id":
            return self.registers.units_by_key[value].name
        if name in self.registers.titles:
            return self.registers.titles[name][value]
        if name == "role":
            return self.registers.roles[value]
        return self.registers.answers[bool(value)]

    def _shown(self, person: Person, name: str) -> str:
        value = getattr(person, name)
        if name == "kind":
            return self.registers.kinds.get(value, "")
        return _day(value) if name == "birth_date" else str(value or "")


def _is_over(appointment: Appointment, today: date) -> bool:
    return appointment.ends_on is not None and appointment.ends_on < today


def _day(value: date | None) -> str:
    return f"{value.day:02d}/{value.month:02d}/{value.year}" if value is not None else ""
