"""The demonstration's converted list: leaders, shared work, and each department of the pilot (Đ13).

The wording is the demonstration's own; points and groups follow the practice of the province: the standard product is
drafting a simple document, 5 points, coefficient 1.00. Every pilot unit gets its own catalogue, because a catalogue
belongs to one agency and its head decides it: the leaders' and the shared part, and the part of its own departments.
"""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from snippets.enums import ProductScope

from .organisation import COMMUNES, units

DATA = Path(__file__).parent / "data"
STANDARD_POINTS = Decimal(5)
TITLE = "Danh mục sản phẩm/công việc quy đổi (trình diễn)"
EFFECTIVE_ON = date(2026, 7, 1)
DECIDED_ON = date(2026, 6, 26)
FRAMES = {1: (1, 10), 2: (11, 50), 3: (51, 100), 4: (101, 200), 5: (201, 500)}


@dataclass(frozen=True)
class Item:
    """One product: `section` is "" for shared work, "QL" for leaders, else the department's key."""

    code: str
    section: str
    duty: str
    work: str
    output: str
    points: int

    @property
    def scope(self) -> str:
        """The register's scope of the product."""
        if self.section == "QL":
            return ProductScope.LEADERSHIP
        return ProductScope.UNIT if self.section else ProductScope.SHARED

    @property
    def group(self) -> int:
        """The group of complexity, 1 to 5, whose frame holds the points."""
        return next(group for group, (low, high) in FRAMES.items() if low <= self.points <= high)

    @property
    def frame(self) -> tuple[int, int]:
        """The lowest and the highest points of the group."""
        return FRAMES[self.group]


@cache
def _listed(file_name: str) -> tuple[Item, ...]:
    with (DATA / file_name).open(encoding="utf-8", newline="") as source:
        return tuple(
            Item(row["code"], row["section"], row["duty"], row["work"], row["output"], int(row["points"]))
            for row in csv.DictReader(source)
        )


def items() -> tuple[Item, ...]:
    """The whole list: codes such as QL.01, DC.03, KT.05, each once."""
    return _listed("catalogue.csv")


def additions() -> tuple[Item, ...]:
    """What the next version of a commune's catalogue adds."""
    return _listed("catalogue_next.csv")


def section_units(agency: str) -> dict[str, str]:
    """Section → code of the unit below the pilot unit `agency` whose work it lists."""
    if agency in COMMUNES:
        existing = {plan.code for plan in units()}
        candidates = {item.section: f"{agency}-{item.section}" for item in items()}
        return {section: code for section, code in candidates.items() if code in existing}
    return {agency: agency}


def items_of(agency: str) -> list[Item]:
    """What the catalogue of a pilot unit lists: leaders, shared work and its own departments."""
    own = section_units(agency)
    return [item for item in items() if item.section in ("", "QL") or item.section in own]
