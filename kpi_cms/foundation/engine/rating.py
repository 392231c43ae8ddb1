"""Beyond one card: several raters, longer periods, gates and quotas, under the rules of a set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine import aggregation, gates, law, quota, raters
from kpi_cms.foundation.engine.aggregation import PeriodScore
from kpi_cms.foundation.engine.bands import Standing
from kpi_cms.foundation.engine.compiled import ScoringPlan
from kpi_cms.foundation.engine.exact import pair_of
from kpi_cms.foundation.engine.gates import Rating
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.quota import Allowed, QuotaCounts
from kpi_cms.foundation.engine.scoring import Outcome
from kpi_cms.foundation.engine.steps import Step


@dataclass(frozen=True, slots=True)
class Combined:
    """Points made of other points; `standing` is None while there are none.

    `status`: "scored", "not_rated" (worked too little), or "waiting". `counted`: how many had a score;
    `complete`: whether all had. `step` explains the points.
    """

    status: str
    standing: Standing | None
    counted: int
    complete: bool
    step: Step | None


def clause(compiled: ScoringPlan, name: str) -> str:
    """The set's own citation for a step, else the decree's where the set follows it."""
    found = compiled.specification.citations.get(name, "")
    return found or (law.CLAUSES.get(name, "") if compiled.specification.law == law.ND335 else "")


def of_periods(
    compiled: ScoringPlan,
    period: str,
    of: str,
    scores: Sequence[PeriodScore | None],
    reason: str,
    means_of: str,
) -> Combined:
    """A longer period from its parts. Published points are the rounded ones (rules §5, open)."""
    rule = aggregation.rule_for(compiled.specification.aggregation, period, of)
    if (means_of or compiled.rules.settings.means_of) == "published":
        scores = [score and _published(compiled, score) for score in scores]
    mean = aggregation.aggregate(rule, scores, reason)
    if mean.value is None:
        return Combined(mean.status, None, mean.counted, mean.complete, None)
    standing = compiled.standing(mean.value)
    step = Step(
        aggregation.NAME,
        {"count": mean.counted},
        mean.formula,
        mean.inputs,
        standing.points,
        standing.rounded,
        clause(compiled, "periods"),
        "periods",
    )
    return Combined(mean.status, standing, mean.counted, mean.complete, step)


def _published(compiled: ScoringPlan, score: PeriodScore) -> PeriodScore:
    return score._replace(points=compiled.rounded(pair_of(score.points)))


def of_raters(compiled: ScoringPlan, totals: Mapping[str, Fraction | Decimal | None]) -> Combined:
    """One total of the raters' totals, by their weights; only when all exist."""
    known = compiled.specification.raters
    value = raters.combine(known, totals)
    counted = sum(totals.get(rater.key) is not None for rater in known)
    if value is None:
        return Combined(aggregation.WAITING, None, counted, False, None)
    given = {key: total for key, total in totals.items() if total is not None}
    step = raters.explain(known, given, value, clause(compiled, "raters"))
    return Combined(aggregation.SCORED, compiled.standing(value), counted, True, step)


def rate(
    compiled: ScoringPlan,
    points: Outcome | Fraction | Decimal | None,
    facts: Mapping[str, Decimal | int | None],
    period: str,
) -> Rating:
    """The band after the gates; with an outcome, conditions may name its criteria, sections and parts."""
    known: dict[str, Fraction | None] = {}
    if isinstance(points, Outcome):
        known = {**points.values, **points.sections, **points.parts}
        points = points.total
    known[gates.TOTAL] = None if points is None else Fraction(points)
    codes = {fact.code for fact in compiled.specification.facts}
    for code, value in facts.items():
        if code not in codes:
            raise ScoringError(Problem("fact", "", _NO_FACT, {"fact": code}))
        known[code] = None if value is None else Fraction(value)
    band = None if points is None else compiled.band(pair_of(points), compiled.rules).code
    return gates.rate(compiled.gates, [item.code for item in compiled.bands], band, known.get, period)


def quota_for(
    compiled: ScoringPlan, counts: QuotaCounts, *, band: str, exceptional: bool, base: str
) -> Allowed | None:
    """How many may be in a band; None when the set has no quota on it."""
    rule = quota.rule_for(compiled.specification.quotas, band or compiled.bands[0].code)
    if rule is None:
        return None
    return quota.allowed(rule, counts, exceptional=exceptional, base=base, clause=clause(compiled, "quota"))


_NO_FACT = N_("There is no fact “%(fact)s” in this set: choose one of its facts.")
