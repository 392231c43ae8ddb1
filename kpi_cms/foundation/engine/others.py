"""What others did: ratios over other people's tasks, and the results of subordinates or of the unit.

    {type: "roll_up", scope: "own" | "approved" | "field" | "units", measure: "quantity" | "quality" | "progress"}
    {type: "result_of", of: "subordinates" | "unit", how: "mean" | "minimum" | "share_reaching",
     out_of, threshold, nobody}

Whose they are is the caller's to find and to give. `roll_up` counts tasks as a task ratio does, under the set's
deduction and cap. `result_of` is a share of 1: the mean or the lowest of the points given over `out_of`, or the
share of them that reach `threshold`; `nobody` when there are none. Points above `out_of` count as `out_of`. A unit has
one result: its mean and its lowest are the same, and without it there is no value yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from kpi_cms.foundation.engine.combination import add, clamp
from kpi_cms.foundation.engine.exact import Pair, pair_of, plain
from kpi_cms.foundation.engine.explained import Line, exact
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.reading import Node, Reader
from kpi_cms.foundation.engine.tasks import MEASURES, TaskInput, TaskRules, task_totals

OWN, APPROVED, FIELD, UNITS = SCOPES = ("own", "approved", "field", "units")
OF = SUBORDINATES, UNIT = ("subordinates", "unit")
HOW = MEAN, MINIMUM, SHARE_REACHING = ("mean", "minimum", "share_reaching")
_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class RollUpKind:
    """One of the three ratios over tasks of a scope."""

    scope: str
    measure: str

    type: ClassVar[str] = "roll_up"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = False
    share: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "RollUpKind":
        return cls(reader.choice(node, "scope", key, SCOPES), reader.choice(node, "measure", key, MEASURES))

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        """Nothing more."""

    def points(self) -> Decimal | None:
        return None

    def value(self, tasks: Sequence[TaskInput], rules: TaskRules, cap: Pair | None) -> Pair | None:
        """The ratio; None when nothing is assigned."""
        totals = task_totals(tasks, rules)
        if not totals.assigned:
            return None
        ratio = (totals[1 + MEASURES.index(self.measure)], totals.assigned)
        return ratio if cap is None else clamp(ratio, cap)

    def explain(self, tasks: Sequence[TaskInput], rules: TaskRules, cap: Pair | None) -> list[Line]:
        totals = task_totals(tasks, rules)
        done = Fraction(totals[1 + MEASURES.index(self.measure)], totals.scale)
        inputs = exact(counted=done, assigned=Fraction(totals.assigned, totals.scale))
        formula, value = "counted / assigned", done * totals.scale / totals.assigned
        if cap is not None:
            inputs, formula = (*inputs, ("cap", Fraction(*cap))), f"MIN({formula}, cap)"
            value = min(value, Fraction(*cap))
        return [Line(_RATIO, {"tasks": len(tasks)}, formula, inputs, value)]


@dataclass(frozen=True)
class ResultOfKind:
    """The results of subordinates or of the unit as a share of 1."""

    of: str
    how: str
    out_of: Decimal
    threshold: Decimal | None
    nobody: Decimal

    type: ClassVar[str] = "result_of"
    entered: ClassVar[bool] = False
    detailed: ClassVar[bool] = False
    share: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, node: Node, key: str) -> "ResultOfKind":
        how = reader.choice(node, "how", key, HOW, MEAN)
        out_of, nobody = reader.decimal(node, "out_of", key), reader.decimal(node, "nobody", key)
        return cls(
            reader.choice(node, "of", key, OF),
            how,
            Decimal(100) if out_of is None else out_of,
            reader.decimal(node, "threshold", key, required=how == SHARE_REACHING),
            _ONE if nobody is None else nobody,
        )

    def check(self, reader: Reader, key: str, maximum: Decimal | None) -> None:
        if not self.out_of:
            reader.add("out_of", key, _NO_POINTS)
        if self.nobody > 1:
            reader.add("share", key, _SHARE_HIGH, value=plain(self.nobody))

    def points(self) -> Decimal | None:
        return None

    def value(self, key: str, results: Sequence[Fraction | Decimal]) -> Pair:
        """The share, from 0 to 1. Points above `out_of` count as `out_of`. Raises ScoringError for points below 0."""
        for points in results:
            if points < 0:
                params = {"value": points, "max": plain(self.out_of)}
                raise ScoringError(Problem("result_of", key, _OUTSIDE, params))
        results = self._held(results)
        if not results:
            return pair_of(self.nobody)
        if self.how == SHARE_REACHING:
            return self._reaching(results), len(results)
        pairs, count = [pair_of(points) for points in results], len(results)
        if self.how == MINIMUM:
            pairs, count = [pair_of(min(Fraction(points) for points in results))], 1
        total, over = add(pairs), pair_of(self.out_of)
        assert total is not None  # none of the pairs is
        return total[0] * over[1], total[1] * over[0] * count

    def explain(self, results: Sequence[Fraction | Decimal]) -> list[Line]:
        results = self._held(results)
        count = len(results)
        params: dict[str, object] = {"count": count}
        value = Fraction(*self.value("", results))
        if not results:
            return [Line(_NOBODY, params, "nobody", exact(nobody=self.nobody), value)]
        if self.of == UNIT and count == 1 and self.how != SHARE_REACHING:
            return [Line(_OF_UNIT, {}, "points / full", exact(points=results[0], full=self.out_of), value)]
        if self.how == SHARE_REACHING:
            inputs = exact(reaching=self._reaching(results), count=count)
            params["threshold"] = plain(self.threshold or _ZERO)
            return [Line(_REACHING, params, "reaching / count", inputs, value)]
        if self.how == MINIMUM:
            lowest = min(Fraction(points) for points in results)
            return [Line(_LOWEST, params, "lowest / full", exact(lowest=lowest, full=self.out_of), value)]
        total = sum((Fraction(points) for points in results), Fraction(0))
        return [
            Line(_MEAN, params, "sum / count / full", exact(sum=total, count=count, full=self.out_of), value)
        ]

    def _held(self, results: Sequence[Fraction | Decimal]) -> list[Fraction | Decimal]:
        """A set of the people counted may give more points, with a bonus, than this one counts."""
        return [min(points, self.out_of) for points in results]

    def _reaching(self, results: Sequence[Fraction | Decimal]) -> int:
        return sum(points >= (self.threshold or _ZERO) for points in results)


_NO_POINTS = N_("The points that results are out of are 0: give a number above 0, such as 100.")
_SHARE_HIGH = N_("The share %(value)s is above 1 (100%%): lower it.")
_OUTSIDE = N_("A result of %(value)s points is outside the range: give 0 to %(max)s.")
_RATIO = N_("%(criterion)s. %(label)s: ratio to the quantity assigned, over %(tasks)s tasks")
_NOBODY = N_("%(criterion)s. %(label)s: nobody's result counts")
_REACHING = N_("%(criterion)s. %(label)s: share of %(count)s results that have %(threshold)s points or more")
_LOWEST = N_("%(criterion)s. %(label)s: the lowest of %(count)s results")
_OF_UNIT = N_("%(criterion)s. %(label)s: the result of the unit")
_MEAN = N_("%(criterion)s. %(label)s: the mean of %(count)s results")
