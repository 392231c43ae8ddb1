"""Catalogues: drafted by the unit, sent for standardisation, approved with a decision's number and date (Đ13).

An approved catalogue never changes: `copy_catalogue` or an import begins its next version.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, Protocol

from django.db.models import Max
from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.core.text import fold, normal

from ..enums import Capability, CatalogueState, ProductScope
from ..models import Catalogue, Product, Unit
from ..rules import may

CENT = Decimal("0.01")
GROUPS = range(1, 6)
PRODUCT_FIELDS = (
    "code", "scope", "unit", "department", "duty", "work", "output", "group", "frame_low", "frame_high", "points", "note",
)


def coefficient_of(points: Decimal, standard_points: Decimal) -> Decimal:
    """Points of the item over points of the standard product, rounded half-up to 2 places (Đ13)."""
    return (points / standard_points).quantize(CENT, ROUND_HALF_UP)


def _search_text(product: Product) -> str:
    return fold(f"{product.code} {product.duty} {product.work} {product.output}")


def _locked(catalogue: Catalogue) -> Catalogue:
    fresh: Catalogue = Catalogue.objects.select_for_update(of=("self",)).select_related("unit").get(pk=catalogue.pk)
    return fresh


def _require_state(catalogue: Catalogue, *states: CatalogueState) -> None:
    if catalogue.state in states:
        return
    sentences = {
        CatalogueState.DRAFT: _("This catalogue is still a draft. Send it first."),
        CatalogueState.SENT: _("This catalogue was sent for standardisation. It changes only after it is returned."),
        CatalogueState.APPROVED: _("An approved catalogue never changes. Begin its next version instead."),
    }
    raise WrongState(sentences[CatalogueState(catalogue.state)])


def _label(catalogue: Catalogue) -> str:
    return f"{catalogue.unit.code} {catalogue.number}"


# --- The catalogue -----------------------------------------------------------------------------------------
@business_verb
def create_catalogue(
    *,
    actor: User,
    moment: datetime,
    unit: Unit,
    title: str,
    standard_points: Decimal = Decimal(5),
    reason: str = "",
) -> Catalogue:
    """A draft with the unit's next version number and no products yet. `standard_points` make coefficient 1.00."""
    unit = Unit.objects.select_for_update().get(pk=unit.pk)
    may(actor, Capability.MANAGE_CATALOGUE, unit).require()
    problems: dict[str, list[str]] = {}
    if not normal(title):
        problems["title"] = [_("Give the catalogue a title.")]
    if standard_points <= 0:
        problems["standard_points"] = [_("The standard product has more than 0 points.")]
    if unit.closed_on is not None:
        problems["unit"] = [_("This unit is closed. Choose another one.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    last = Catalogue.objects.filter(unit=unit).aggregate(last=Max("number"))["last"] or 0
    catalogue = Catalogue(
        unit=unit, number=last + 1, title=normal(title), standard_points=standard_points,
        search_text=fold(f"{title} {unit.code} {unit.name}")[:220],
    )
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(catalogue, reason_key=reason_key)
    ledger.record(
        Act.REGISTER_CHANGED, subject=catalogue, label=_label(catalogue), unit=unit,
        after={"number": catalogue.number, "standard_points": str(standard_points)}, reason_key=reason_key,
    )
    return catalogue


@business_verb
def copy_catalogue(*, actor: User, moment: datetime, catalogue: Catalogue, reason: str = "") -> Catalogue:
    """The next version, as a draft with the same products."""
    source = Catalogue.objects.select_related("unit").get(pk=catalogue.pk)
    draft = create_catalogue(
        actor=actor, moment=moment, unit=source.unit, title=source.title, standard_points=source.standard_points,
        reason=reason,
    )
    products = list(Product.objects.filter(catalogue=source).order_by("pk"))
    for product in products:
        product.pk, product.catalogue = None, draft
        product._state.adding = True
    Product.objects.bulk_create(products, batch_size=500)
    return draft


@business_verb
def change_catalogue(
    *, actor: User, moment: datetime, catalogue: Catalogue, title: str, standard_points: Decimal, reason: str = ""
) -> Catalogue:
    """Change a draft's title and standard product; every coefficient is computed again."""
    catalogue = _locked(catalogue)
    may(actor, Capability.MANAGE_CATALOGUE, catalogue.unit).require()
    _require_state(catalogue, CatalogueState.DRAFT)
    if standard_points <= 0:
        sentence = _("The standard product has more than 0 points.")
        raise Invalid(sentence, problems={"standard_points": [sentence]})
    before = {"title": catalogue.title, "standard_points": str(catalogue.standard_points)}
    after = {"title": normal(title), "standard_points": str(standard_points)}
    if catalogue.title == normal(title) and catalogue.standard_points == standard_points:
        return catalogue
    rescaled = catalogue.standard_points != standard_points
    catalogue.title, catalogue.standard_points = normal(title), standard_points
    catalogue.search_text = fold(f"{title} {catalogue.unit.code} {catalogue.unit.name}")[:220]
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(catalogue, reason_key=reason_key, update_fields=["title", "standard_points", "search_text"])
    if rescaled:
        products = list(Product.objects.filter(catalogue=catalogue))
        for product in products:
            product.coefficient = _coefficient(product.points, standard_points)
        Product.objects.bulk_update(products, ["coefficient"], batch_size=500)
    ledger.record(
        Act.REGISTER_CHANGED, subject=catalogue, label=_label(catalogue), unit=catalogue.unit, before=before,
        after=after, reason_key=reason_key,
    )
    return catalogue


@business_verb
def send_catalogue(*, actor: User, moment: datetime, catalogue: Catalogue, reason: str = "") -> Catalogue:
    """Draft → sent: for the personnel body to standardise. An empty catalogue is not sent."""
    catalogue = _locked(catalogue)
    may(actor, Capability.MANAGE_CATALOGUE, catalogue.unit).require()
    _require_state(catalogue, CatalogueState.DRAFT)
    if not Product.objects.filter(catalogue=catalogue).exists():
        raise WrongState(_("The catalogue has no products yet. Add or import them, then send it."))
    return _step(catalogue, CatalogueState.SENT, Act.CATALOGUE_SENT, reason, ["state"])


@business_verb
def return_catalogue(*, actor: User, moment: datetime, catalogue: Catalogue, reason: str) -> Catalogue:
    """Sent → draft, with the reason its unit needs in order to correct it."""
    catalogue = _locked(catalogue)
    may(actor, Capability.APPROVE_CATALOGUE, catalogue.unit).require()
    _require_state(catalogue, CatalogueState.SENT)
    if not reason.strip():
        sentence = _("Say what must be corrected: the unit reads it.")
        raise Invalid(sentence, problems={"reason": [sentence]})
    return _step(catalogue, CatalogueState.DRAFT, Act.CATALOGUE_RETURNED, reason, ["state"])


@business_verb
def approve_catalogue(
    *,
    actor: User,
    moment: datetime,
    catalogue: Catalogue,
    decision_number: str,
    decision_date: date,
    signer: str,
    effective_on: date,
    reason: str = "",
) -> Catalogue:
    """Sent → approved, with the decision of the head with authority. From then on nothing in it changes."""
    catalogue = _locked(catalogue)
    may(actor, Capability.APPROVE_CATALOGUE, catalogue.unit).require()
    _require_state(catalogue, CatalogueState.SENT)
    problems: dict[str, list[str]] = {}
    if not normal(decision_number):
        problems["decision_number"] = [_("Give the number of the decision.")]
    if not normal(signer):
        problems["signer"] = [_("Say who signed the decision.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    catalogue.decision_number = normal(decision_number)
    catalogue.decision_date = decision_date
    catalogue.signer = normal(signer)
    catalogue.effective_on = effective_on
    return _step(
        catalogue, CatalogueState.APPROVED, Act.CATALOGUE_APPROVED, reason,
        ["state", "decision_number", "decision_date", "signer", "effective_on"],
        decision_number=catalogue.decision_number, effective_on=effective_on.isoformat(),
    )


def _step(
    catalogue: Catalogue, state: CatalogueState, act: Act, reason: str, fields: list[str], **after: str
) -> Catalogue:
    before = catalogue.state
    catalogue.state = state
    reason_key = texts.keep(TextKind.REASON, reason)
    save_tracked(catalogue, reason_key=reason_key, update_fields=fields)
    ledger.record(
        act, subject=catalogue, label=_label(catalogue), unit=catalogue.unit, before={"state": str(before)},
        after={"state": str(state), **after}, reason_key=reason_key,
    )
    return catalogue


# --- Products ----------------------------------------------------------------------------------------------
@business_verb
def add_product(*, actor: User, moment: datetime, catalogue: Catalogue, **values: Any) -> Product:
    """Add a product (`PRODUCT_FIELDS`) to a draft; its coefficient is computed, never typed."""
    catalogue = _locked(catalogue)
    may(actor, Capability.MANAGE_CATALOGUE, catalogue.unit).require()
    _require_state(catalogue, CatalogueState.DRAFT)
    product = Product(catalogue=catalogue)
    _fill(product, values)
    product.save()
    ledger.record(
        Act.REGISTER_CHANGED, subject=product, label=f"{_label(catalogue)} {product.code}", unit=catalogue.unit,
        after=_product_facts(product),
    )
    return product


@business_verb
def change_product(*, actor: User, moment: datetime, product: Product, **values: Any) -> Product:
    """Change fields (`PRODUCT_FIELDS`) of a draft's product."""
    catalogue = _locked(product.catalogue)
    may(actor, Capability.MANAGE_CATALOGUE, catalogue.unit).require()
    _require_state(catalogue, CatalogueState.DRAFT)
    product = Product.objects.get(pk=product.pk)
    product.catalogue = catalogue
    before = _product_facts(product)
    _fill(product, values)
    after = _product_facts(product)
    if before != after:
        product.save()
        ledger.record(
            Act.REGISTER_CHANGED, subject=product, label=f"{_label(catalogue)} {product.code}", unit=catalogue.unit,
            before=before, after=after,
        )
    return product


@business_verb
def remove_product(*, actor: User, moment: datetime, product: Product) -> None:
    """Take a product out of a draft. What was approved once stays for ever."""
    catalogue = _locked(product.catalogue)
    may(actor, Capability.MANAGE_CATALOGUE, catalogue.unit).require()
    _require_state(catalogue, CatalogueState.DRAFT)
    product = Product.objects.get(pk=product.pk)
    ledger.record(
        Act.REGISTER_CHANGED, subject=product, label=f"{_label(catalogue)} {product.code}", unit=catalogue.unit,
        before=_product_facts(product),
    )
    product.delete()


def _fill(product: Product, values: dict[str, Any]) -> None:
    unknown = sorted(set(values) - set(PRODUCT_FIELDS))
    if unknown:
        raise TypeError(f"a product has no field {unknown}")
    for name, value in values.items():
        setattr(product, name, value)
    product.code = normal(product.code)
    problems: dict[str, list[str]] = {}
    if not product.code:
        problems["code"] = [_("Give the product a code.")]
    same = Product.objects.filter(catalogue=product.catalogue, code=product.code).exclude(pk=product.pk)
    if product.code and same.exists():
        problems["code"] = [_("This catalogue has a product with this code already. Choose another code.")]
    if product.group not in GROUPS:
        problems["group"] = [_("There are at most five groups (Article 13). Choose one from 1 to 5.")]
    if product.points is None or product.points <= 0:
        problems["points"] = [_("Points are more than 0.")]
    elif outside_frame(product.points, product.frame_low, product.frame_high):
        problems["points"] = [_("The points lie outside the point frame. Correct the points or the frame.")]
    if product.frame_low is not None and product.frame_high is not None and product.frame_low > product.frame_high:
        problems["frame_high"] = [_("The point frame starts below its end. Correct one of the two.")]
    if product.unit is not None and not product.unit.path.startswith(product.catalogue.unit.path):
        problems["unit"] = [_("Choose the catalogue's own unit or one below it.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    product.coefficient = _coefficient(product.points, product.catalogue.standard_points)
    product.search_text = _search_text(product)


def _coefficient(points: Decimal, standard_points: Decimal) -> Decimal:
    coefficient = coefficient_of(points, standard_points)
    if coefficient <= 0:
        sentence = _("With these points the coefficient would be 0,00. Give more points.")
        raise Invalid(sentence, problems={"points": [sentence]})
    return coefficient


def outside_frame(points: Decimal, low: Decimal | int | None, high: Decimal | int | None) -> bool:
    """Points outside the frame of their group; a missing end is no limit."""
    return (low is not None and points < low) or (high is not None and points > high)


def _product_facts(product: Product) -> dict[str, Any]:
    return {
        "code": product.code,
        "scope": str(product.scope),
        "unit": product.unit_id,
        "duty": product.duty,
        "work": product.work,
        "output": product.output,
        "group": product.group,
        "points": str(Decimal(product.points).quantize(CENT)),
        "coefficient": str(product.coefficient),
    }


# --- Import ------------------------------------------------------------------------------------------------
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
    may(actor, Capability.MANAGE_CATALOGUE, unit).require()
    plan = CataloguePlan()
    departments = _units_by_name(Unit.objects.filter(path__startswith=unit.path, closed_on__isnull=True))
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
            code=row.code, scope=row.scope, unit=found[0] if len(found) == 1 else None, department=department[:200],
            duty=row.duty, work=row.work, output=row.output, group=group_number(row.group), frame_low=row.frame_low,
            frame_high=row.frame_high, points=row.points, coefficient=coefficient_of(row.points, standard_points),
            note=row.note,
        )
        product.search_text = _search_text(product)
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
            _("The code “%(code)s” stands in row %(row)d of the sheet “%(sheet)s” already. Give each product its own.")
            % {"code": row.code, "row": earlier.row, "sheet": earlier.sheet},
        )
    if group_number(row.group) not in GROUPS:
        yield problem("group", _("“%(group)s” is not a group. There are at most five, N1 to N5.") % {"group": row.group})
    if outside_frame(row.points, row.frame_low, row.frame_high):
        yield problem(
            "points",
            _("%(points)s points lie outside the frame %(low)s–%(high)s. Correct the points or the frame.")
            % {"points": _comma(row.points), "low": _comma(row.frame_low), "high": _comma(row.frame_high)},
        )
    computed = coefficient_of(row.points, standard_points)
    if row.coefficient != computed or computed <= 0:
        yield problem(
            "coefficient",
            _("The coefficient %(found)s is not %(points)s points over %(standard)s points, which is %(computed)s.")
            % {
                "found": _comma(row.coefficient), "points": _comma(row.points), "standard": _comma(standard_points),
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
    plan = plan_catalogue_import(actor=actor, moment=moment, unit=unit, rows=rows, standard_points=standard_points)
    if plan.problems:
        raise Invalid(_("The file has errors. Correct them all and upload it again; nothing was written."), plan=plan)
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
        Act.IMPORT_APPLIED, subject=catalogue, label=_label(catalogue), unit=catalogue.unit,
        after={"file_sha256": file_sha256, "products": len(plan.products), **plan.counts}, reason=reason,
    )
    return CatalogueImportResult(catalogue, plan)
