"""Applying a people import: all of it or nothing, set-based, with the history that one-by-one saves would write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts import domain as accounts
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.many import BATCH, create_many, update_many
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid

from ...models import Appointment, Person, Unit
from .. import grants, projection
from ..announcing import announce_appointments
from .heads import is_only_head
from .plan import PeoplePlan, PersonRow, PlannedPerson, chunks, make_plan
from .records import NAME_FIELDS


@dataclass(frozen=True)
class PeopleImportResult:
    """What was applied. `passwords`: staff code → first password, shown once and stored nowhere."""

    plan: PeoplePlan
    passwords: Mapping[str, str]


@business_verb
def apply_people_import(
    *, actor: User, moment: datetime, rows: Sequence[PersonRow], file_name: str, file_sha256: str
) -> PeopleImportResult:
    """Apply a file, all of it or nothing.

    The plan is made again under the locks, so it is what happens even where somebody wrote in between. Raises
    Invalid with the number of problems; `details["plan"]` carries them. One ledger entry tells the file, its digest,
    the counts and the units that it touched; each record has its own history.
    """
    plan = make_plan(actor, moment, rows, lock=True)
    if plan.problems:
        raise Invalid(
            _("The file has errors. Correct them all and upload it again; nothing was written."), plan=plan
        )
    touched = plan.created + plan.changed
    if not touched:
        return PeopleImportResult(plan, {})
    units = _units_touched(touched)
    reason_key = texts.keep(TextKind.REASON, _("Import of the file %(name)s") % {"name": file_name})
    _keep_names(touched)
    _settle(touched, moment)
    _write_people(plan, reason_key)
    concerned = _write_appointments(touched, actor, moment, reason_key)
    passwords, with_accounts = _write_accounts(touched, actor, moment, reason_key)
    projection.project_many(concerned | with_accounts, moment=moment)
    first = touched[0].person
    ledger.record(
        Act.IMPORT_APPLIED,
        subject=first,
        label=file_sha256,
        after={
            "file_sha256": file_sha256,
            **plan.counts,
            "units": units,
            "rows": ledger.rows_written(Person, Appointment, since=moment),
        },
        reason_key=reason_key,
    )
    return PeopleImportResult(plan, passwords)


def _units_touched(touched: Sequence[PlannedPerson]) -> list[str]:
    """Codes of the units that people of the file belong to, come to or leave; asked before anybody is settled."""
    keys = {item.person.unit_id for item in touched}
    for item in touched:
        appointments = (item.new_appointment, item.corrected, item.ended)
        keys |= {each.unit_id for each in appointments if each is not None}
    return list(Unit.objects.filter(pk__in=keys).order_by("code").values_list("code", flat=True))


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
    User.objects.bulk_create(
        users,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=["display_name"],
    )


def _write_appointments(
    touched: Sequence[PlannedPerson], actor: User, moment: datetime, reason_key: Any
) -> set[int]:
    """Ended and corrected ones first, so that the one open main appointment of each person has its room."""
    ended = [item.ended for item in touched if item.ended is not None]
    ended += [post for item in touched for post in item.left_behind]
    corrected = [item.corrected for item in touched if item.corrected is not None]
    update_many(Appointment, ended, ["ends_on"], reason_key=reason_key)
    columns = ["unit", "position", "job_position", "role", "acting", "seconded", "starts_on"]
    # Heads may exchange their units in one file: nobody heads one by themselves while the others are being written.
    meanwhile = {"acting": True} if any(is_only_head(each) for each in corrected) else None
    update_many(Appointment, corrected, columns, reason_key=reason_key, meanwhile=meanwhile)
    begun = [item.new_appointment for item in touched if item.new_appointment is not None]
    for item in begun:
        item.person_id = item.person.pk
    create_many(Appointment, begun, reason_key=reason_key)
    announce_appointments(*ended, *corrected, *begun)
    concerned = grants.follow_changed(
        ended=ended, corrected=corrected, begun=begun, actor=actor, moment=moment
    )
    return concerned | grants.follow_moves(_moves(touched), moment=moment, reason_key=reason_key)


def _moves(touched: Sequence[PlannedPerson]) -> list[grants.Move]:
    """Who goes to another unit; a correction moves nobody, it says where they have been."""
    going = [
        (item.person.user_id, item.ended.unit_id, item.new_appointment.unit_id, item.ended.ends_on)
        for item in touched
        if item.person.user_id is not None
        and item.ended is not None
        and item.ended.ends_on is not None
        and item.new_appointment is not None
        and item.ended.unit_id != item.new_appointment.unit_id
    ]
    units = Unit.objects.in_bulk({key for _user, old, new, _day in going for key in (old, new)})
    return [grants.Move(user_id, units[old], units[new], day) for user_id, old, new, day in going]


def _settle(touched: Sequence[PlannedPerson], moment: datetime) -> None:
    """Everybody touched stands where the main appointment of today is."""
    today = timezone.localdate(moment)
    for item in touched:
        present = item.new_appointment or item.corrected
        if present is not None and present.starts_on <= today and item.person.unit_id != present.unit_id:
            item.person.unit_id = present.unit_id
            item.fields.append("unit")


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
    for keys in chunks([person.pk for person in wanted]):
        heads = Appointment.objects.lasting(today).heads().filter(person__in=keys).select_related("person")
        concerned |= grants.follow_appointments(heads, actor=actor, moment=moment)
    return {code: password for code, (_user, password) in made.items()}, concerned
