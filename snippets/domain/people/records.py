"""The person as a record: registered once, changed field by field."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.core.text import fold, name_sort_key, normal

from ... import rule_table as table
from ...models import Appointment, Person, Unit
from ...rules import may

CHANGEABLE = ("full_name", "kind", "birth_date", "email", "phone", "is_party_member")
# What the ledger may say of a person: never a name, an address or a number.
_IN_LEDGER = ("kind", "is_party_member")


def locked(person: Person) -> Person:
    """The person read again under their lock, with their unit."""
    fresh: Person = Person.objects.select_for_update(of=("self",)).select_related("unit").get(pk=person.pk)
    return fresh


def normal_code(staff_code: str) -> str:
    """Staff codes are compared without regard to case and kept in capitals."""
    return normal(staff_code).upper()


def search_text(staff_code: str, full_name: str) -> str:
    """What a person is found by: name and staff code without marks."""
    return fold(f"{full_name} {staff_code}")[:180]


def set_name(person: Person, full_name: str) -> None:
    """Write the name with all that is derived from it; its key stands in history instead of it."""
    person.full_name = normal(full_name)
    person.sort_key = name_sort_key(person.full_name)[:600]
    person.search_text = search_text(person.staff_code, person.full_name)
    person.name_key = texts.keep(TextKind.NAME, person.full_name, person_code=person.staff_code)


NAME_FIELDS = ("full_name", "sort_key", "search_text", "name_key")


@business_verb
def register_person(
    *,
    actor: User,
    moment: datetime,
    staff_code: str,
    full_name: str,
    kind: str,
    unit: Unit,
    birth_date: date | None = None,
    email: str = "",
    phone: str = "",
    is_party_member: bool = False,
    reason: str = "",
) -> Person:
    """A new member of staff of `unit`; the appointment that says what they do there is a second act."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    may(actor, table.REGISTER_PERSON, unit).require()
    staff_code = normal_code(staff_code)
    problems: dict[str, list[str]] = {}
    if not staff_code or " " in staff_code:
        problems["staff_code"] = [_("Give the staff code, without spaces.")]
    elif Person.objects.filter(staff_code__iexact=staff_code).exists():
        problems["staff_code"] = [
            _("A person with the staff code %(code)s exists already.") % {"code": staff_code}
        ]
    if not normal(full_name):
        problems["full_name"] = [_("Give the full name.")]
    if unit.closed_by(timezone.localdate(moment)):
        problems["unit"] = [_("This unit is closed. Choose another one.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    person = Person(
        staff_code=staff_code,
        kind=kind,
        unit=unit,
        birth_date=birth_date,
        email=email,
        phone=normal(phone),
        is_party_member=is_party_member,
    )
    set_name(person, full_name)
    reason_key = texts.keep(TextKind.REASON, reason, person_code=staff_code)
    save_tracked(person, reason_key=reason_key)
    ledger.record(
        Act.PERSON_CREATED,
        subject=person,
        label=staff_code,
        unit=unit,
        person=person,
        after={"kind": kind, "unit": unit.code, "name": str(person.name_key)},
        reason_key=reason_key,
    )
    return person


@business_verb
def change_person(
    *, actor: User, moment: datetime, person: Person, reason: str = "", **changes: Any
) -> Person:
    """Change the given fields (`CHANGEABLE`) of a person; what stays the same writes nothing.

    The unit follows the main appointment and is changed by `appoint` and `transfer` only.
    """
    person = locked(person)
    may(actor, table.CHANGE_PERSON, person.unit).require()
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise TypeError(f"change_person cannot change {unknown}")
    if "full_name" in changes:
        changes["full_name"] = normal(changes["full_name"])
        if not changes["full_name"]:
            raise Invalid(_("Give the full name."), problems={"full_name": [_("Give the full name.")]})
    changed = {field: value for field, value in changes.items() if getattr(person, field) != value}
    if not changed:
        return person
    before: dict[str, Any] = {field: getattr(person, field) for field in changed if field in _IN_LEDGER}
    after: dict[str, Any] = {field: changed[field] for field in changed if field in _IN_LEDGER}
    fields = [field for field in changed if field != "full_name"]
    if "full_name" in changed:
        before["name"] = str(person.name_key)
        set_name(person, changed["full_name"])
        after["name"] = str(person.name_key)
        fields += NAME_FIELDS
        if person.user_id is not None:
            User.objects.filter(pk=person.user_id).update(display_name=person.full_name)
    for field in changed:
        if field != "full_name":
            setattr(person, field, changed[field])
    reason_key = texts.keep(TextKind.REASON, reason, person_code=person.staff_code)
    save_tracked(person, reason_key=reason_key, update_fields=fields)
    record_change(person, reason_key, before=before, after={**after, "fields": sorted(changed)})
    return person


def record_change(
    person: Person, reason_key: Any, *, after: dict[str, Any], before: dict[str, Any] | None = None
) -> None:
    """The entry of the ledger that the record of a person changed."""
    ledger.record(
        Act.PERSON_CHANGED,
        subject=person,
        label=person.staff_code,
        unit=person.unit,
        person=person,
        before=before,
        after=after,
        reason_key=reason_key,
    )


def last_day_of(person: Person, ends_on: date | None) -> date | None:
    """The last day of a post of theirs: at the latest the one before they leave the service."""
    if person.left_on is None:
        return ends_on
    return min(ends_on or date.max, person.left_on - timedelta(days=1))


def is_left_behind(post: Appointment, old_unit: int, starts_on: date) -> bool:
    """Whoever goes to another unit on that day holds this post of the old one no longer: at every door the same."""
    return (
        post.unit_id == old_unit
        and post.starts_on < starts_on
        and (post.ends_on is None or post.ends_on >= starts_on)
    )


def require_in_service(person: Person, day: date) -> None:
    """Refuse what starts after somebody left the service."""
    if person.left_by(day):
        assert person.left_on is not None
        raise WrongState(
            _("%(code)s left the service on %(day)s. Nothing can begin after that day.")
            % {"code": person.staff_code, "day": f"{person.left_on:%d/%m/%Y}"}
        )
