"""From periods to a longer one (Đ11, Đ17.3): the mean of 3, 6 or 12 months, or what a set says instead.

    aggregation  [{period, of, count, how, missing, minimum, exempt [reasons]}]

    how       "mean" · "worked_mean" (weighed by the time actually worked) · "minimum" · "last"
    missing   a period without a score is "left_out" (what was actually worked counts), "carried_over" (the last
              score before it stands in), or the result "waits" for it
    minimum   fewer periods with a score: not rated, unless the reason of absence is one of `exempt`

A set that says nothing follows the decree (`DECREE`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine.combination import add
from kpi_cms.foundation.engine.exact import Pair, pair_of
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.reading import Node, Reader
from kpi_cms.foundation.engine.steps import Inputs

HOW = ("mean", "worked_mean", "minimum", "last")
MISSING = LEFT_OUT, CARRIED_OVER, WAITS = ("left_out", "carried_over", "waits")
PERIODS = ("month", "quarter", "half_year", "year")
SCORED, NOT_RATED, WAITING = "scored", "not_rated", "waiting"
MAX_COUNT = 366


@dataclass(frozen=True)
class MeanRule:
    """How `count` periods of one kind make a longer one."""

    period: str
    of: str
    count: int
    how: str
    missing: str
    minimum: int
    exempt: tuple[str, ...]


DECREE = (
    MeanRule("quarter", "month", 3, "mean", LEFT_OUT, 1, ()),
    MeanRule("half_year", "month", 6, "mean", LEFT_OUT, 1, ()),
    MeanRule("year", "month", 12, "mean", LEFT_OUT, 6, ("sick_leave", "maternity_leave")),
    MeanRule("year", "quarter", 4, "mean", LEFT_OUT, 2, ("sick_leave", "maternity_leave")),
)
"""Đ17.3 and Đ11.1–2; the year of four quarters is open (rules §5)."""


class PeriodScore(NamedTuple):
    """The points of one period, and the share of it that was worked (1: all of it)."""

    points: Fraction | Decimal
    worked: Decimal = Decimal(1)


class Mean(NamedTuple):
    """The longer period: its exact points, how many periods had a score, and how it came about."""

    status: str
    value: Pair | None
    counted: int
    complete: bool
    formula: str
    inputs: Inputs


def read_rules(reader: Reader, spec: Node) -> tuple[MeanRule, ...]:
    """The rules of a specification, with every problem of form and of substance."""
    if "aggregation" not in spec:
        return DECREE
    rules: list[MeanRule] = []
    for node in reader.each(spec, "aggregation", ""):
        rule = MeanRule(
            reader.choice(node, "period", "", PERIODS[1:]),
            reader.choice(node, "of", "", PERIODS[:-1]),
            reader.whole(node, "count", "", range(1, MAX_COUNT + 1)),
            reader.choice(node, "how", "", HOW, HOW[0]),
            reader.choice(node, "missing", "", MISSING, MISSING[0]),
            reader.whole(node, "minimum", "", range(MAX_COUNT + 1), 1),
            reader.texts(node, "exempt", ""),
        )
        if rule.minimum > rule.count:
            reader.add("aggregation_minimum", "", _MINIMUM, minimum=rule.minimum, count=rule.count)
        if rule.period and rule.of and PERIODS.index(rule.of) >= PERIODS.index(rule.period):
            reader.add("aggregation_period", "", _SHORTER, period=rule.period, of=rule.of)
        if any((rule.period, rule.of) == (other.period, other.of) for other in rules):
            reader.add("aggregation_twice", "", _TWICE, period=rule.period, of=rule.of)
        rules.append(rule)
    return tuple(rules)


def rule_for(rules: Sequence[MeanRule], period: str, of: str) -> MeanRule:
    """The rule for a period made of others. Raises ScoringError when the set has none."""
    for rule in rules:
        if (rule.period, rule.of) == (period, of):
            return rule
    raise ScoringError(Problem("aggregation", "", _NO_RULE, {"period": period, "of": of}))


def aggregate(rule: MeanRule, scores: Sequence[PeriodScore | None], reason: str = "") -> Mean:
    """The points of the longer period; `scores` in order, None where there is no score.

    Raises ScoringError for a wrong number of periods or a share of time outside 0–1.
    """
    if len(scores) != rule.count:
        raise ScoringError(Problem("periods", "", _COUNT, {"count": rule.count, "found": len(scores)}))
    counted = sum(score is not None for score in scores)
    complete = counted == len(scores)
    used = _used(rule, scores)
    status = SCORED
    if rule.missing == WAITS and not complete:
        status = WAITING
    elif not used or (counted < rule.minimum and reason not in rule.exempt):
        status = NOT_RATED
    if status != SCORED:
        return Mean(status, None, counted, complete, "", ())
    return Mean(status, *_combined(rule, used, counted, complete))


def _used(rule: MeanRule, scores: Sequence[PeriodScore | None]) -> list[tuple[str, PeriodScore]]:
    """The scores that count, named by their place; one that was carried over keeps the name of its origin."""
    used: list[tuple[str, PeriodScore]] = []
    for number, score in enumerate(scores, start=1):
        if score is not None:
            if not 0 <= score.worked <= 1:
                raise ScoringError(Problem("worked", "", _WORKED, {"value": score.worked}))
            if score.worked or rule.how != "worked_mean":
                used.append((f"p{number}", score))
        elif used and rule.missing == CARRIED_OVER:
            used.append(used[-1])
    return used


def _combined(
    rule: MeanRule, used: list[tuple[str, PeriodScore]], counted: int, complete: bool
) -> tuple[Pair, int, bool, str, Inputs]:
    names = [name for name, _ in used]
    points = [pair_of(score.points) for _, score in used]
    inputs = dict(zip(names, (Fraction(*pair) for pair in points), strict=True))
    if rule.how == "mean":
        total = add(points)
        assert total is not None
        value, formula = (total[0], total[1] * len(points)), f"AVERAGE({'; '.join(names)})"
    elif rule.how == "worked_mean":
        worked = [pair_of(score.worked) for _, score in used]
        weighed = add([(a * c, b * d) for (a, b), (c, d) in zip(points, worked, strict=True)])
        time = add(worked)
        assert weighed is not None
        assert time is not None
        value = (weighed[0] * time[1], weighed[1] * time[0])
        inputs |= {f"t{name[1:]}": Fraction(score.worked) for name, score in used}
        times = [f"t{name[1:]}" for name in names]
        products = " + ".join(f"{name} * {part}" for name, part in zip(names, times, strict=True))
        formula = f"({products}) / ({' + '.join(times)})"
    elif rule.how == "minimum":
        value = points[0]
        for pair in points[1:]:
            value = pair if pair[0] * value[1] < value[0] * pair[1] else value
        formula = f"MIN({'; '.join(names)})"
    else:
        value, formula = points[-1], names[-1]
    return value, counted, complete, formula, tuple(inputs.items())


NAME = N_("Points of the %(count)s periods together")
_MINIMUM = N_("At least %(minimum)s periods are asked for, but there are only %(count)s: lower the number.")
_SHORTER = N_("“%(period)s” is not longer than “%(of)s”: choose a shorter period to add up.")
_TWICE = N_("There are two rules that make “%(period)s” out of “%(of)s”: remove one.")
_NO_RULE = N_("The set has no rule that makes “%(period)s” out of “%(of)s”: choose another period.")
_COUNT = N_("%(count)s periods are needed, not %(found)s: give each of them, empty where there is no score.")
_WORKED = N_("The share of time worked is %(value)s: give a number from 0 to 1.")
