"""Reads of the registers that more than one door uses: who heads what, where a person belongs, the tree.

Each question has a form for one unit and a set-based form for thousands, and the two give the same answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from kpi_cms.foundation.core.text import fold

from .enums import UnitLevel
from .models import Appointment, EvaluatorDecision, FieldAssignment, Person, Unit


@dataclass(frozen=True)
class Head:
    """Who has the rights of a head in a unit on a day, and by which appointment."""

    unit_id: int
    person_id: int
    acting: bool
    appointment_id: int


# --- The tree ----------------------------------------------------------------------------------------------
def lineage(path: str) -> list[str]:
    """The paths from the top of the tree down to `path` itself."""
    return [path[:end] for end in range(Unit.steplen, len(path) + 1, Unit.steplen)]


def ancestors_or_self(unit: Unit) -> Any:
    """The units from the top of the tree down to this one."""
    return Unit.objects.filter(path__in=lineage(unit.path))


def below_or_self(unit: Unit) -> Any:
    """The unit and everything below it, in the order of the tree."""
    return Unit.objects.filter(path__startswith=unit.path)


def using_agency(unit: Unit) -> Unit | None:
    """The nearest using agency from the unit upwards, itself included (Đ10)."""
    agency: Unit | None = ancestors_or_self(unit).filter(level=UnitLevel.USING).order_by("-path").first()
    return agency


def agencies_by_unit(units: Any = None) -> dict[int, int | None]:
    """`using_agency` of every unit (or of a queryset of units), in one or two queries."""
    agencies = dict(Unit.objects.filter(level=UnitLevel.USING).values_list("path", "pk"))
    rows = (Unit.objects.all() if units is None else units).values_list("pk", "path")
    return {
        key: next((agencies[above] for above in reversed(lineage(path)) if above in agencies), None)
        for key, path in rows
    }


def top_units(scope: Any, *capabilities: str) -> Any:
    """The highest units that carry the capabilities for a reader, and the units directly below them."""
    query = Q(pk__in=[])
    for path in scope.paths(*capabilities):
        query |= Q(path__startswith=path, depth__lte=len(path) // Unit.steplen + 1)
    return Unit.objects.filter(query)


# --- Heads -------------------------------------------------------------------------------------------------
def heads_by_unit(day: date, units: Iterable[int] | Any = None) -> dict[int, Head]:
    """The head of each unit that has one on `day`; `units` narrows it (keys, or a queryset of units).

    A regular head comes before an acting one; among several the main appointment, then the later one, then the one
    that was registered first.
    """
    rows = Appointment.objects.on(day).heads()
    if units is not None:
        rows = rows.filter(unit__in=units)
    found: dict[int, Head] = {}
    for unit_id, person_id, acting, key in rows.order_by(
        "unit_id", "acting", "-is_main", "-starts_on", "pk"
    ).values_list("unit_id", "person_id", "acting", "pk"):
        found.setdefault(unit_id, Head(unit_id, person_id, acting, key))
    return found


def head_of(unit: Unit, day: date) -> Head | None:
    """The head of one unit on a day: the regular one, else one acting by a dated decision, else nobody."""
    return heads_by_unit(day, [unit.pk]).get(unit.pk)


def managing_head(unit: Unit, day: date) -> Head | None:
    """The head of the unit's managing agency: who evaluates the unit's own head (Đ10.1a)."""
    if unit.managing_unit_id is None:
        return None
    return heads_by_unit(day, [unit.managing_unit_id]).get(unit.managing_unit_id)


# --- People ------------------------------------------------------------------------------------------------
def members_of(unit: Unit, day: date, *, below: bool = False) -> Any:
    """The main appointments in the unit (or in its whole subtree) on a day, in the order of names."""
    rows = (
        Appointment.objects.on(day)
        .filter(is_main=True)
        .select_related("person", "position", "job_position", "unit")
    )
    rows = rows.filter(unit__path__startswith=unit.path) if below else rows.filter(unit=unit)
    return rows.order_by("person__sort_key", "person__staff_code")


def main_appointment(person: Person, day: date) -> Appointment | None:
    """The person's main appointment on a day."""
    found: Appointment | None = (
        Appointment.objects.on(day)
        .filter(person=person, is_main=True)
        .select_related("unit", "position", "job_position")
        .order_by("-starts_on", "pk")
        .first()
    )
    return found


def main_appointments(day: date, people: Any = None) -> dict[int, Appointment]:
    """The main appointment of each person who has one on a day (of `people`: keys or a queryset)."""
    rows = Appointment.objects.on(day).filter(is_main=True)
    if people is not None:
        rows = rows.filter(person__in=people)
    found: dict[int, Appointment] = {}
    for row in rows.select_related("unit", "position", "job_position").order_by("-starts_on", "pk"):
        found.setdefault(row.person_id, row)
    return found


def deputies_fields(day: date) -> dict[int, list[int]]:
    """Person → the units in their charge on a day, by dated decisions (Đ15.4)."""
    found: dict[int, list[int]] = {}
    for person_id, unit_id in (
        FieldAssignment.objects.on(day).order_by("pk").values_list("person_id", "unit_id")
    ):
        found.setdefault(person_id, []).append(unit_id)
    return found


def decided_evaluators(day: date, people: Any = None) -> dict[int, EvaluatorDecision]:
    """Person → the decision that names their evaluator on a day; the latest one where there are several."""
    rows = EvaluatorDecision.objects.on(day).select_related("evaluator")
    if people is not None:
        rows = rows.filter(person__in=people)
    found: dict[int, EvaluatorDecision] = {}
    for row in rows.order_by("-starts_on", "-pk"):
        found.setdefault(row.person_id, row)
    return found


# --- Search ------------------------------------------------------------------------------------------------
def containing(text: str, *, field: str = "search_text") -> Q:
    """Rows whose folded column contains every word of `text`, in any order: `nguyen`, `dang`, `ke hoach`."""
    query = Q()
    for word in fold(text).split():
        query &= Q(**{f"{field}__contains": word})
    return query


def find_people(people: Any, text: str) -> Any:
    """People of a queryset found by name or staff code, without marks, in the order of names."""
    return people.filter(containing(text)).in_name_order()


def find_units(units: Any, text: str) -> Any:
    """Units of a queryset found by name or code, without marks."""
    return units.filter(containing(text))
