"""Public door: catalogues are drafted by the unit, sent for standardisation, approved with a decision (Đ13).

An approved catalogue never changes: `copy_catalogue` or an import begins its next version.
Direction inside: imports → workflow | products → common.
"""

from .common import coefficient_of
from .imports import (
    CatalogueImportResult,
    CataloguePlan,
    Problem,
    ProductRow,
    UnmatchedDepartment,
    apply_catalogue_import,
    plan_catalogue_import,
)
from .products import PRODUCT_FIELDS, add_product, change_product, remove_product
from .workflow import (
    approve_catalogue,
    change_catalogue,
    copy_catalogue,
    create_catalogue,
    return_catalogue,
    send_catalogue,
)

__all__ = [
    "PRODUCT_FIELDS",
    "CatalogueImportResult",
    "CataloguePlan",
    "Problem",
    "ProductRow",
    "UnmatchedDepartment",
    "add_product",
    "apply_catalogue_import",
    "approve_catalogue",
    "change_catalogue",
    "change_product",
    "coefficient_of",
    "copy_catalogue",
    "create_catalogue",
    "plan_catalogue_import",
    "remove_product",
    "return_catalogue",
    "send_catalogue",
]
