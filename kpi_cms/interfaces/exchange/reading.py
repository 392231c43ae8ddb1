"""From a workbook's bytes to what its sender is told: every problem with its place, and the plan.

Used by the admin's pages and by the shell commands, so that both say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from snippets.domain.catalogue import CataloguePlan, plan_catalogue_import
from snippets.domain.people import PeoplePlan, plan_people_import
from snippets.models import Appointment, Person, Unit

from .imports.catalogue import ParsedCatalogue, parse_catalogue
from .imports.catalogue_columns import COLUMNS as CATALOGUE_COLUMNS
from .imports.columns import Column
from .imports.people import COLUMNS as PEOPLE_COLUMNS
from .imports.people import ParsedPeople, parse_people
from .imports.problems import ImportProblem


@dataclass(frozen=True)
class PeopleReading:
    """A people workbook, what is wrong with it and what it would change."""

    parsed: ParsedPeople
    plan: PeoplePlan
    problems: tuple[ImportProblem, ...]


@dataclass(frozen=True)
class CatalogueReading:
    """A catalogue's workbook, what is wrong with it, and the products it would make."""

    parsed: ParsedCatalogue
    plan: CataloguePlan
    problems: tuple[ImportProblem, ...]


def read_people(data: bytes, *, actor: User, moment: datetime) -> PeopleReading:
    """Raises WorkbookRefused when the file cannot be read at all."""
    parsed = parse_people(data)
    plan = plan_people_import(actor=actor, moment=moment, rows=parsed.rows)
    if not parsed.doubtful:
        return PeopleReading(parsed, plan, people_problems(parsed, plan))
    # A row with a wrong cell is judged by its other cells as well: its sender corrects everything at once.
    rows = [*parsed.rows, *(row for row, _wrong in parsed.doubtful)]
    whole = plan_people_import(actor=actor, moment=moment, rows=rows)
    told = {(row.sheet, row.row): wrong for row, wrong in parsed.doubtful}
    whole.problems = [
        problem
        for problem in whole.problems
        if problem.column not in told.get((problem.sheet, problem.row), frozenset())
    ]
    return PeopleReading(parsed, plan, people_problems(parsed, whole))


def people_problems(parsed: ParsedPeople, plan: PeoplePlan) -> tuple[ImportProblem, ...]:
    """Problems of cells and problems against the registers, in the order of the sheets."""
    rows = [*parsed.rows, *(row for row, _wrong in parsed.doubtful)]
    return _together(parsed.problems, plan.problems, rows, PEOPLE_COLUMNS, parsed.letters)


def read_catalogue(data: bytes, *, actor: User, moment: datetime, unit: Unit) -> CatalogueReading:
    """Raises WorkbookRefused when the file cannot be read at all, Refused or NotFound when the unit is not theirs."""
    parsed = parse_catalogue(data)
    plan = plan_catalogue_import(
        actor=actor, moment=moment, unit=unit, rows=parsed.products, standard_points=parsed.standard_points
    )
    return CatalogueReading(parsed, plan, catalogue_problems(parsed, plan))


def catalogue_problems(parsed: ParsedCatalogue, plan: CataloguePlan) -> tuple[ImportProblem, ...]:
    """Problems of cells and problems of products against each other and the tree, in the order of the sheets."""
    return _together(parsed.problems, plan.problems, parsed.products, CATALOGUE_COLUMNS, {})


def _together(
    of_cells: Sequence[ImportProblem],
    of_registers: Iterable[Any],
    rows: Iterable[Any],
    columns: Sequence[Column],
    letters: Mapping[tuple[str, str], str],
) -> tuple[ImportProblem, ...]:
    """The registers name an attribute of the row; the sender reads its column's heading and the value they wrote."""
    headers = {column.key: str(column.label) for column in columns}
    by_place: Mapping[tuple[str, int], Any] = {(row.sheet, row.row): row for row in rows}
    found = list(of_cells)
    for problem in of_registers:
        row = by_place.get((problem.sheet, problem.row))
        found.append(
            ImportProblem(
                sheet=problem.sheet,
                row=problem.row or None,
                column=letters.get((problem.sheet, problem.column)),
                header=headers.get(problem.column, ""),
                value=_shown(getattr(row, problem.column, "")),
                code=f"registers_{problem.column}" if problem.column else "registers",
                sentence=problem.sentence,
            )
        )
    order = {sheet: number for number, sheet in enumerate(dict.fromkeys(each.sheet for each in found))}
    return tuple(sorted(found, key=lambda each: (order[each.sheet], each.row or 0, each.column or "")))


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case date():
            return f"{value:%d/%m/%Y}"
        case Decimal():
            return f"{value.normalize():f}".replace(".", ",")
    return str(value)


def change_label(name: str) -> str:
    """What a field of a person's plan is called: the template's heading, or the register's own word."""
    if name == "left_behind":
        return _("last day of a further appointment in the unit left")
    for model in (Person, Appointment):
        if any(field.name == name for field in model._meta.get_fields()):
            return str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # concrete fields only
    return name
