"""What Decree 335/2025 fixes: never a setting of a set that says it follows the decree, and its clauses."""

from collections.abc import Mapping
from decimal import Decimal

from kpi_cms.foundation.engine.problems import N_

ND335 = "nd335"
LAWS = ("", ND335)

COMMON, RESULTS = "common", "results"

PART_MAXIMUMS: Mapping[str, Decimal] = {COMMON: Decimal(30), RESULTS: Decimal(70)}
"""Đ12.2, Đ12.3; of organisations Đ6, Đ7.1."""

BAND_STARTS: tuple[Decimal, ...] = (Decimal(90), Decimal(70), Decimal(50), Decimal(0))
"""Đ20.1–Đ20.4; of organisations Đ8.1–Đ8.4."""

ORGANISATIONS_IN = ("year",)
"""Đ9.1."""

PENALTY_PER_FAULT = Decimal("0.25")
"""Đ14.2.b, Đ14.2.c."""

MANAGED_THRESHOLD, MANAGED_REACHED, MANAGED_FAILED = Decimal(50), Decimal(1), Decimal("0.5")
MANAGED_VALUES = frozenset({MANAGED_REACHED, MANAGED_FAILED})
"""Đ15.3.a."""

MANAGED_KINDS = ("cong_chuc",)
"""Đ15.3.a speaks of công chức: the kinds of staff that count where a set says nothing else (open)."""

MANAGED_FIXED = N_(
    "Decree 335/2025 fixes the result of the people managed: 100%% when all have 50 points or more, "
    "otherwise 50%%. Restore these values."
)

NOTHING_FIXED = N_(
    "Decree 335/2025 fixes 70 points for task results, so they are never left out of the total: choose no result or 0."
)

QUOTA_SHARE, QUOTA_CEILING = Decimal("0.2"), Decimal("0.25")
"""Đ20.5: of those classified next lower, and by decision for an organisation with outstanding results; Đ8.5."""

CHOICE_VALUES = frozenset({Decimal(100), Decimal(50)})
"""Đ15.3.b, Đ15.3.c."""

CLAUSES: Mapping[str, str] = {
    "common": "Đ12.2",
    "results": "Đ12.3",
    "assigned": "Đ14.1",
    "handed_over": "Đ18.1.d",
    "extras": "Đ18.1.d",
    "quantity": "Đ14.2.a",
    "quality": "Đ14.2.b",
    "progress": "Đ14.2.c",
    "people_managed": "Đ15.3.a",
    "staff_formula": "Đ16.1",
    "leader_formula": "Đ16.2",
    "total": "Đ17.1",
    "band": "Đ20",
    "periods": "Đ17.3",
    "quota": "Đ20.5",
}
"""The clause each step of a result comes from, where a specification cites none of its own."""
