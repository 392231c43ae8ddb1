"""Levels: described bands of points or of per cent, one of which is reached, with a value in it.

    {type: "levels", unit: "percent" | "points", step, levels [{label, from, to, guidance}]}

A level without `to` has one value; one with it has a range, entered in steps counted from where it starts.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from kpi_cms.foundation.engine.exact import parse_decimal, plain
from kpi_cms.foundation.engine.problems import N_, Problem
from kpi_cms.foundation.engine.reading import Node, Reader

HUNDRED = Decimal(100)
_MAX_LISTED = 1000


@dataclass(frozen=True)
class Level:
    """A described band, both ends included."""

    label: str
    start: Decimal
    end: Decimal
    guidance: str


@dataclass(frozen=True)
class LevelsKind:
    """A value within one of the levels: points, or per cent of the maximum."""

    levels: tuple[Level, ...]
    unit: str
    step: Decimal | None

    type: ClassVar[str] = "levels"
    entered: ClassVar[bool] = True
    detailed: ClassVar[bool] = False

    @property
    def share(self) -> bool:
        return self.unit == "percent"

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "LevelsKind":
        levels = []
        for item in reader.each(node, "levels", key):
            label = reader.text(item, "label", key)
            start = reader.decimal(item, "from", key, required=True) or Decimal(0)
            end = reader.decimal(item, "to", key)
            guidance = reader.text(item, "guidance", key, required=False)
            levels.append(Level(label, start, start if end is None else end, guidance))
        unit = reader.choice(node, "unit", key, ("percent", "points"), "points")
        return cls(tuple(levels), unit, reader.decimal(node, "step", key))

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        if len(self.levels) < 2:
            reader.add("levels", key, _TOO_FEW)
        for index, level in enumerate(self.levels):
            with reader.inside(f"levels[{index}]"):
                self._check_level(reader, key, level)
        for lower, upper in pairwise(sorted(self.levels, key=lambda level: level.start)):
            if upper.start <= lower.end:
                reader.add("levels_overlap", key, _OVERLAP, lower=lower.label, upper=upper.label)
        highest = max((level.end for level in self.levels), default=Decimal(0))
        limit = HUNDRED if self.share else maximum
        if limit is not None and highest > limit:
            reader.add("levels_high", key, _HIGH, value=plain(highest), max=plain(limit))

    def _check_level(self, reader: Reader, key: str, level: Level) -> None:
        size = level.end - level.start
        if size < 0:
            reader.add("level_range", key, _BACKWARDS, label=level.label)
        elif size and not self.step:
            reader.add("level_step", key, _NO_STEP, label=level.label)
        elif size and self.step and Fraction(size) % Fraction(self.step):
            reader.add("level_step", key, _STEP, label=level.label, step=plain(self.step))

    def points(self) -> Decimal | None:
        return None if self.share else max((level.end for level in self.levels), default=None)

    def fixed(self) -> bool:
        """Whether every level has one value only."""
        return all(level.start == level.end for level in self.levels)

    def values(self) -> tuple[Fraction, ...]:
        """Every value, or () when there are too many to list."""
        step = Fraction(self.step or 1)
        counts = [int((Fraction(level.end) - Fraction(level.start)) / step) for level in self.levels]
        if sum(counts) > _MAX_LISTED:
            return ()
        return tuple(
            self._worth(Fraction(level.start) + step * index)
            for level, count in zip(self.levels, counts, strict=True)
            for index in range(count + 1)
        )

    def refuse(self, key: str, value: object) -> Problem | Fraction:
        number = parse_decimal(value)
        if number is None:
            return Problem("entry_number", key, _ENTRY_NUMBER, {"value": str(value)})
        if not self._holds(Fraction(number)):
            texts = "; ".join(f"{level.label}: {_range(level)}" for level in self.levels)
            return Problem("entry_level", key, _ENTRY_LEVEL, {"value": plain(number), "levels": texts})
        return self._worth(Fraction(number))

    def allows(self, value: Fraction) -> bool:
        """Whether a value given from outside lies in a level."""
        return self._holds(value * 100 if self.share else value)

    def _holds(self, number: Fraction) -> bool:
        return any(
            Fraction(level.start) <= number <= Fraction(level.end)
            and not (number - Fraction(level.start)) % Fraction(self.step or 1)
            for level in self.levels
        )

    def _worth(self, value: Fraction) -> Fraction:
        return value / 100 if self.share else value


def _range(level: Level) -> str:
    low, high = plain(level.start), plain(level.end)
    return str(low) if low == high else f"{low}–{high}"


_TOO_FEW = N_("Levels need at least two: add one.")
_BACKWARDS = N_("The level “%(label)s” ends below where it starts: correct it.")
_NO_STEP = N_("The level “%(label)s” is a range: give the step its points are entered in.")
_STEP = N_("The step %(step)s does not divide the level “%(label)s” into equal parts: choose another step.")
_OVERLAP = N_("The levels “%(lower)s” and “%(upper)s” overlap: let each value be in one level.")
_HIGH = N_("The highest level is worth %(value)s, more than the maximum of %(max)s: lower it.")
_ENTRY_NUMBER = N_("“%(value)s” is not a number of points: write it with digits, like 2.5.")
_ENTRY_LEVEL = N_("%(value)s is in none of the levels (%(levels)s): give a value of one of them.")
