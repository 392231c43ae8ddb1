"""The catalogue import: first every problem, then a new draft version, all of it or nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import layouts, ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.text import fold, normal

from ... import rule_table as table
from ...enums import ProductScope
from ...models import Catalogue, Product, Unit
from ...rules import may
from .common import GROUPS, coefficient_of, holds, label, outside_frame, search_text, standard_problem
from .workflow import create_catalogue


class ProductRow(Protocol):
    """One row of a catalogue's workbook, read and checked cell by cell. `group` is "N1" … "N5"; no frame is None."""

    @property
    def sheet(self) -> str: ...
    @property
    def row(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def department(self) -> str | None: ...
    @property
    def scope(self) -> str: ...
    @property
    def duty(self) -> str: ...
    @property
    def work(self) -> str: ...
    @property
    def output(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def frame_low(self) -> int | None: ...
    @property
    def frame_high(self) -> int | None: ...
    @property
    def points(self) -> Decimal: ...
    @property
    def coefficient(self) -> Decimal: ...
    @property
    def note(self) -> str: ...


class Problem(NamedTuple):
    """What is wrong, and where. `column` is the name of the row's attribute; the door knows its heading."""

    sheet: str
    row: int
    column: str
    sentence: str


class UnmatchedDepartment(NamedTuple):
    """A department of the workbook that is the name of no unit, or of several, below the catalogue's unit."""

    name: str
    products: int


@dataclass
class CataloguePlan:
    """Seen before anything is written. Problems refuse the import; unmatched departments are told and do not."""

    products: list[Product] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unmatched: list[UnmatchedDepartment] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Scope → number of products, every scope named."""
        found = Counter(str(product.scope) for product in self.products)
        return {str(scope): found[str(scope)] for scope in ProductScope.values}


@dataclass(frozen=True)
class CatalogueImportResult:
    """What was applied: the new draft, and the plan it came from."""

    catalogue: Catalogue
    plan: CataloguePlan


def plan_catalogue_import(
    *, actor: User, moment: datetime, unit: Unit, rows: Sequence[ProductRow], standard_points: Decimal
) -> CataloguePlan:
    """Check a workbook's products against each other and the unit's tree; writes nothing.

    Reported as problems: a code twice, points outside their frame, a coefficient that is not the points over the
    standard product's. Departments are matched by name without marks to the unit and everything below it.
    """
    may(actor, table.IMPORT_CATALOGUE, unit).require()
    plan = CataloguePlan()
    if sentence := standard_problem(standard_points):
        plan.problems.append(Problem("", 0, "", sentence))
        return plan
    today = timezone.localdate(moment)
    departments = _units_by_name(Unit.objects.filter(Unit.open_on(today), path__startswith=unit.path))
    missing: Counter[str] = Counter()
    seen: dict[str, ProductRow] = {}
    for row in rows:
        plan.problems.extend(_row_problems(row, seen.get(row.code), standard_points))
        seen.setdefault(row.code, row)
        department = normal(row.department or "")
        found = departments.get(fold(department), []) if department else []
        if department and len(found) != 1:
            missing[department] += 1
        product = Product(
            code=row.code,
            scope=row.scope,
            unit=found[0] if len(found) == 1 else None,
            department=department[:200],
            duty=row.duty,
            work=row.work,
            output=row.output,
            group=group_number(row.group),
            frame_low=row.frame_low,
            frame_high=row.frame_high,
            points=row.points,
            coefficient=coefficient_of(row.points, standard_points),
            note=row.note,
        )
        product.search_text = search_text(product)
        plan.products.append(product)
    plan.unmatched = [UnmatchedDepartment(name, count) for name, count in sorted(missing.items())]
    return plan


def group_number(group: str) -> int:
    """N3 → 3; 0 for what names no group."""
    digits = group.upper().removeprefix("N")
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _units_by_name(units: Iterable[Unit]) -> dict[str, list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in units:
        found.setdefault(fold(unit.name), []).append(unit)
    return found


def _row_problems(row: ProductRow, earlier: ProductRow | None, standard_points: Decimal) -> Iterable[Problem]:
    def problem(column: str, sentence: str) -> Problem:
        return Problem(row.sheet, row.row, column, sentence)

    if earlier is not None:
        yield problem(
            "code",
            _(
                "The code “%(code)s” stands in row %(row)d of the sheet “%(sheet)s” already. Give each product its own."
            )
            % {"code": row.code, "row": earlier.row, "sheet": earlier.sheet},
        )
    if group_number(row.group) not in GROUPS:
        yield problem(
            "group", _("“%(group)s” is not a group. There are at most five, N1 to N5.") % {"group": row.group}
        )
    if outside_frame(row.points, row.frame_low, row.frame_high):
        yield problem(
            "points",
            _("%(points)s points lie outside the frame %(low)s–%(high)s. Correct the points or the frame.")
            % {"points": _comma(row.points), "low": _comma(row.frame_low), "high": _comma(row.frame_high)},
        )
    computed = coefficient_of(row.points, standard_points)
    if not holds(Product, "coefficient", computed):
        yield problem(
            "points",
            _(
                "%(points)s points over %(standard)s make a coefficient too large to keep. Correct one of them."
            )
            % {"points": _comma(row.points), "standard": _comma(standard_points)},
        )
    elif row.coefficient != computed or computed <= 0:
        yield problem(
            "coefficient",
            _(
                "The coefficient %(found)s is not %(points)s points over %(standard)s points, which is %(computed)s."
            )
            % {
                "found": _comma(row.coefficient),
                "points": _comma(row.points),
                "standard": _comma(standard_points),
                "computed": _comma(computed),
            },
        )


def _comma(number: Decimal | int | None) -> str:
    return "…" if number is None else f"{Decimal(number).normalize():f}".replace(".", ",")


@business_verb
def apply_catalogue_import(
    *,
    actor: User,
    moment: datetime,
    unit: Unit,
    title: str,
    rows: Sequence[ProductRow],
    file_name: str,
    file_sha256: str,
    standard_points: Decimal = Decimal(5),
) -> CatalogueImportResult:
    """Write a workbook as the unit's next version, a draft; all of it or nothing.

    Raises Invalid with the problems in `details["plan"]`, or when the file holds no product.
    """
    plan = plan_catalogue_import(
        actor=actor, moment=moment, unit=unit, rows=rows, standard_points=standard_points
    )
    if plan.problems:
        raise Invalid(
            _("The file has errors. Correct them all and upload it again; nothing was written."), plan=plan
        )
    if not plan.products:
        raise Invalid(_("The file holds no product. Check that it is the catalogue's workbook."), plan=plan)
    reason = _("Import of the file %(name)s") % {"name": file_name}
    catalogue = create_catalogue(
        actor=actor, moment=moment, unit=unit, title=title, standard_points=standard_points, reason=reason
    )
    for product in plan.products:
        product.catalogue = catalogue
    Product.objects.bulk_create(plan.products, batch_size=500)
    ledger.record(
        Act.IMPORT_APPLIED,
        subject=catalogue,
        label=label(catalogue),
        unit=catalogue.unit,
        after={
            "file_sha256": file_sha256,
            "products": len(plan.products),
            **plan.counts,
            "digest": ledger.rows_digest(
                layouts.form_of(Product), Product.objects.filter(catalogue=catalogue)
            ),
        },
        reason=reason,
    )
    return CatalogueImportResult(catalogue, plan)
