"""The official wording, read from `wording.json`: Form 01 and Annex I of Decree 335/2025/NĐ-CP, and a Party form.

Labels of the State sets are the form's, word for word; guidance and the two texts of II.4 are Annex I's, which has
for III.1–III.4 the sentence of the form itself. The Party form's 17 items are a plausible composition in the
language of Party documents, until the province issues its own.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple


class Item(NamedTuple):
    """A common criterion: its code, maximum, wording, clause, behaviours, and the texts for two kinds of posts."""

    code: str
    maximum: str
    label: str
    citation: str = ""
    guidance: tuple[str, ...] = ()
    facing: str = ""
    others: str = ""


class Group(NamedTuple):
    """A section of common criteria."""

    code: str
    maximum: str
    label: str
    citation: str
    items: tuple[Item, ...]


class Ratio(NamedTuple):
    """a, b or c (Đ14.2)."""

    code: str
    measure: str
    label: str
    citation: str
    guidance: str


class Managed(NamedTuple):
    """d (Đ15.3.a, Đ15.4)."""

    code: str
    label: str
    citation: str
    guidance: tuple[str, ...]


class TwoValues(NamedTuple):
    """đ or e (Đ15.3.b, Đ15.3.c): when it is 100% and when 50%."""

    code: str
    label: str
    citation: str
    reached: str
    failed: str


def _group(node: dict[str, Any]) -> Group:
    items = tuple(Item(**{**item, "guidance": tuple(item.get("guidance", ()))}) for item in node["items"])
    return Group(**{**node, "items": items})


_TEXTS: dict[str, Any] = json.loads((Path(__file__).parent / "wording.json").read_text(encoding="utf-8"))

COMMON = tuple(map(_group, _TEXTS["common"]))
PARTY = tuple(map(_group, _TEXTS["party"]))
RATIOS = tuple(Ratio(**node) for node in _TEXTS["ratios"])
MANAGED = Managed(**{**_TEXTS["managed"], "guidance": tuple(_TEXTS["managed"]["guidance"])})
CHOICES = tuple(TwoValues(**node) for node in _TEXTS["choices"])
