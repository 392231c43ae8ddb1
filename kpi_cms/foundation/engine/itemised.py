"""Kinds entered item by item: a checklist, deductions from the maximum, bonus points, points taken off.

    {type: "checklist", items [{code, label, value}]}                     met or not: the points of those met
    {type: "deduction", max, floor, items [{code, label, value, limit}]}  max − Σ points × count, never below floor
    {type: "bonus", max, items [{code, label, value, cap}]}               Σ of each item's points × count up to its
                                                                          cap, up to max in the period
    {type: "penalty", max, items [{code, label, value, cap}]}             the same, taken off what stands beside it

An entry is item code → count (for a checklist 1 or 0); an item that is left out counts 0.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from kpi_cms.foundation.engine.exact import EXACT, Pair, parse_decimal, plain
from kpi_cms.foundation.engine.explained import Line, exact, sum_of
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Node, Reader

Entry = Mapping[str, object]
MAX_ITEMS = 100
MAX_TIMES = 10_000


@dataclass(frozen=True)
class Item:
    """Something counted: `value` points each time, at most `limit` times or `cap` points."""

    code: str
    label: str
    value: Decimal
    limit: int | None = None
    cap: Decimal | None = None

    def times(self, count: int) -> int:
        return count if self.limit is None else min(count, self.limit)

    def points(self, count: int) -> Decimal:
        points = EXACT.multiply(self.value, Decimal(self.times(count)))
        return points if self.cap is None else min(points, self.cap)

    def line(self, count: int, template: str = "") -> Line:
        formula, inputs = "count * points", {"count": Decimal(count), "points": self.value}
        if self.limit is not None:
            formula, inputs = "MIN(count, limit) * points", {**inputs, "limit": Decimal(self.limit)}
        if self.cap is not None:
            formula, inputs = f"MIN({formula}, cap)", {**inputs, "cap": self.cap}
        return Line(
            template or _ITEM,
            {"item": self.label},
            formula,
            exact(**inputs),
            Fraction(self.points(count)),
            self.code,
        )


def read_items(reader: Reader, node: Node, key: str) -> tuple[Item, ...]:
    """The items of a kind, with every problem of form."""
    items = []
    for item in reader.each(node, "items", key):
        code = reader.text(item, "code", key)
        value = reader.decimal(item, "value", key, required=True)
        limit = None
        if item.get("limit") is not None:
            limit = reader.whole(item, "limit", key, range(1, MAX_TIMES + 1))
        items.append(
            Item(
                code,
                reader.text(item, "label", key),
                value or Decimal(0),
                limit,
                reader.decimal(item, "cap", key),
            )
        )
    return tuple(items)


def check_items(reader: Reader, key: str, items: tuple[Item, ...]) -> None:
    """What is wrong with the items of a kind."""
    if not items or len(items) > MAX_ITEMS:
        reader.add("items", key, _COUNT, limit=MAX_ITEMS)
    found = Counter(item.code for item in items)
    for index, item in enumerate(items):
        with reader.inside(f"items[{index}]"):
            if found[item.code] > 1:
                reader.add("item_twice", key, _TWICE, item=item.code)
                found[item.code] = 0  # said once, where it is met first
            if not item.value:
                reader.add("item_value", key, _NO_VALUE, item=item.label)


def refuse_counts(key: str, items: tuple[Item, ...], entry: Entry, highest: int) -> Problem | None:
    """Why an entry is refused."""
    codes = {item.code: item for item in items}
    for code, value in entry.items():
        if code not in codes:
            return Problem("entry_item", key, _NO_ITEM, {"item": code})
        number = parse_decimal(value)
        if number is None or number != number.to_integral_value() or not 0 <= number <= highest:
            params = {"item": codes[code].label, "value": str(value), "max": highest}
            return Problem("entry_count", key, _NOT_A_COUNT, params)
    return None


def _counts(items: tuple[Item, ...], entry: Entry) -> list[tuple[Item, int]]:
    """The items that count; the entry was not refused."""
    numbers = {code: int(parse_decimal(value) or 0) for code, value in entry.items()}
    return [(item, numbers[item.code]) for item in items if numbers.get(item.code)]


def _sum(items: tuple[Item, ...], entry: Entry) -> Decimal:
    total = Decimal(0)
    for item, count in _counts(items, entry):
        total = EXACT.add(total, item.points(count))
    return total


@dataclass(frozen=True)
class ChecklistKind:
    """Items met or not, each with its points."""

    items: tuple[Item, ...]

    type: ClassVar[str] = "checklist"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = True
    share: ClassVar[bool] = False
    required: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "ChecklistKind":
        return cls(read_items(reader, node, key))

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        check_items(reader, key, self.items)

    def points(self) -> Decimal | None:
        return sum((item.value for item in self.items), Decimal(0))

    def refuse(self, key: str, entry: Entry) -> Problem | None:
        return refuse_counts(key, self.items, entry, 1)

    def value(self, key: str, entry: Entry) -> Pair:
        return _sum(self.items, entry).as_integer_ratio()

    def explain(self, entry: Entry) -> list[Line]:
        lines = [item.line(count) for item, count in _counts(self.items, entry)]
        formula, inputs = sum_of(lines, "i")
        return [
            *lines,
            Line(_CHECKLIST, {}, formula, inputs, sum((line.value for line in lines), Fraction(0))),
        ]


@dataclass(frozen=True)
class DeductionKind:
    """The maximum, less points for each count of each rule, never below the floor."""

    max: Decimal | None
    floor: Decimal
    items: tuple[Item, ...]

    type: ClassVar[str] = "deduction"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = True
    share: ClassVar[bool] = False
    required: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "DeductionKind":
        return cls(
            reader.decimal(node, "max", key, required=True),
            reader.decimal(node, "floor", key) or Decimal(0),
            read_items(reader, node, key),
        )

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        check_items(reader, key, self.items)
        if self.max is not None and self.floor > self.max:
            reader.add("floor", key, _FLOOR, floor=plain(self.floor), max=plain(self.max))

    def points(self) -> Decimal | None:
        return self.max

    def refuse(self, key: str, entry: Entry) -> Problem | None:
        return refuse_counts(key, self.items, entry, MAX_TIMES)

    def value(self, key: str, entry: Entry) -> Pair:
        left = EXACT.subtract(self.max or Decimal(0), _sum(self.items, entry))
        return max(left, self.floor).as_integer_ratio()

    def explain(self, entry: Entry) -> list[Line]:
        lines = [item.line(count) for item, count in _counts(self.items, entry)]
        formula, inputs = sum_of(lines, "i")
        maximum, floor = Fraction(self.max or 0), Fraction(self.floor)
        value = max(maximum - sum((line.value for line in lines), Fraction(0)), floor)
        inputs = (("max", maximum), *inputs, ("floor", floor))
        return [*lines, Line(_DEDUCTION, {}, f"MAX(max - ({formula}), floor)", inputs, value)]


@dataclass(frozen=True)
class BonusKind:
    """Points for each count of each item, up to a cap for the item and one for the period; nothing is also an entry."""

    max: Decimal | None
    items: tuple[Item, ...]

    type: ClassVar[str] = "bonus"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = True
    share: ClassVar[bool] = False
    required: ClassVar[bool] = False

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "BonusKind":
        return cls(reader.decimal(node, "max", key, required=True), read_items(reader, node, key))

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        check_items(reader, key, self.items)
        for index, item in enumerate(self.items):
            if item.cap is not None and self.max is not None and item.cap > self.max:
                params = {"item": item.label, "cap": plain(item.cap), "max": plain(self.max)}
                with reader.inside(f"items[{index}]"):
                    reader.add("item_cap", key, _CAP, **params)

    def points(self) -> Decimal | None:
        return self.max

    def refuse(self, key: str, entry: Entry) -> Problem | None:
        return refuse_counts(key, self.items, entry, MAX_TIMES)

    def value(self, key: str, entry: Entry) -> Pair:
        return min(_sum(self.items, entry), self.max or Decimal(0)).as_integer_ratio()

    def explain(self, entry: Entry) -> list[Line]:
        return self._explained(entry, _ITEM, _BONUS)

    def _explained(self, entry: Entry, of_an_item: str, of_all: str) -> list[Line]:
        lines = [item.line(count, of_an_item) for item, count in _counts(self.items, entry)]
        formula, inputs = sum_of(lines, "i")
        cap = Fraction(self.max or 0)
        value = min(sum((line.value for line in lines), Fraction(0)), cap)
        return [*lines, Line(of_all, {}, f"MIN({formula}, cap)", (*inputs, ("cap", cap)), value)]


@dataclass(frozen=True)
class PenaltyKind(BonusKind):
    """Points taken off for each count of each item, counted as a bonus is; its value says how many.

    A section that adds up takes it off the criteria beside it, never below 0; a formula writes the minus itself.
    """

    type: ClassVar[str] = "penalty"

    def explain(self, entry: Entry) -> list[Line]:
        return self._explained(entry, _ITEM_OFF, _PENALTY)


_COUNT = N_("This criterion needs from 1 to %(limit)s items: add or remove some.")
_TWICE = N_("The item code “%(item)s” is used twice: give each item its own.")
_NO_VALUE = N_("The item “%(item)s” has no points: give it some, above 0.")
_FLOOR = N_("The floor of %(floor)s points is above the maximum of %(max)s: lower it.")
_CAP = N_("The item “%(item)s” may give %(cap)s points, more than the %(max)s of the whole period: lower it.")
_NO_ITEM = N_("There is no item “%(item)s” in this criterion: choose one of its items.")
_NOT_A_COUNT = N_("“%(value)s” cannot be counted for “%(item)s”: give a whole number from 0 to %(max)s.")
_ITEM = N_("%(item)s: points counted")
_CHECKLIST = N_("%(criterion)s. %(label)s: points of the items met")
_DEDUCTION = N_("%(criterion)s. %(label)s: the maximum less deductions")
_ITEM_OFF = N_("%(item)s: points taken off")
_PENALTY = N_("%(criterion)s. %(label)s: points taken off")
_BONUS = N_("%(criterion)s. %(label)s: bonus points")
