"""Products of a draft: added, changed, taken out."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.text import normal

from ... import rule_table as table
from ...models import Catalogue, Product
from ...rules import may
from .common import CENT, GROUPS, coefficient, label, locked, outside_frame, require_time, search_text

PRODUCT_FIELDS = (
    "code",
    "scope",
    "unit",
    "department",
    "duty",
    "work",
    "output",
    "group",
    "frame_low",
    "frame_high",
    "points",
    "note",
)


@business_verb
def add_product(*, actor: User, moment: datetime, catalogue: Catalogue, **values: Any) -> Product:
    """Add a product (`PRODUCT_FIELDS`) to a draft; its coefficient is computed, never typed."""
    catalogue = locked(catalogue)
    may(actor, table.CHANGE_CATALOGUE, catalogue.unit).require()
    require_time(table.CHANGE_CATALOGUE, catalogue)
    product = Product(catalogue=catalogue)
    _fill(product, values)
    product.save()
    ledger.record(
        Act.REGISTER_CHANGED,
        subject=product,
        label=f"{label(catalogue)} {product.code}",
        unit=catalogue.unit,
        after=_product_facts(product),
    )
    return product


@business_verb
def change_product(*, actor: User, moment: datetime, product: Product, **values: Any) -> Product:
    """Change fields (`PRODUCT_FIELDS`) of a draft's product."""
    catalogue = locked(product.catalogue)
    may(actor, table.CHANGE_CATALOGUE, catalogue.unit).require()
    require_time(table.CHANGE_CATALOGUE, catalogue)
    product = Product.objects.get(pk=product.pk)
    product.catalogue = catalogue
    before = _product_facts(product)
    _fill(product, values)
    after = _product_facts(product)
    if before != after:
        product.save()
        ledger.record(
            Act.REGISTER_CHANGED,
            subject=product,
            label=f"{label(catalogue)} {product.code}",
            unit=catalogue.unit,
            before=before,
            after=after,
        )
    return product


@business_verb
def remove_product(*, actor: User, moment: datetime, product: Product) -> None:
    """Take a product out of a draft. What was approved once stays for ever."""
    catalogue = locked(product.catalogue)
    may(actor, table.CHANGE_CATALOGUE, catalogue.unit).require()
    require_time(table.CHANGE_CATALOGUE, catalogue)
    product = Product.objects.get(pk=product.pk)
    ledger.record(
        Act.REGISTER_CHANGED,
        subject=product,
        label=f"{label(catalogue)} {product.code}",
        unit=catalogue.unit,
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
    if (
        product.frame_low is not None
        and product.frame_high is not None
        and product.frame_low > product.frame_high
    ):
        problems["frame_high"] = [_("The point frame starts below its end. Correct one of the two.")]
    if product.unit is not None and not product.unit.path.startswith(product.catalogue.unit.path):
        problems["unit"] = [_("Choose the catalogue's own unit or one below it.")]
    if problems:
        raise Invalid(next(iter(problems.values()))[0], problems=problems)
    product.coefficient = coefficient(product.points, product.catalogue.standard_points)
    product.search_text = search_text(product)


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
