"""Several raters, at one stage or across stages, make one total by their weights: a quarter, a quarter, a half.

    raters  [{key, label, stage, weight}]      weights add up to 100 %; a stage may have several raters

There is a result only when all of them have scored. Several at one stage sit beside one another: each says their own,
under a voice of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kpi_cms.foundation.engine.combination import add
from kpi_cms.foundation.engine.exact import Pair, decimal_text, pair_of, plain
from kpi_cms.foundation.engine.problems import N_, Problem, ScoringError
from kpi_cms.foundation.engine.reading import Node, Reader
from kpi_cms.foundation.engine.steps import Step

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Rater:
    """Somebody whose total counts with a weight in per cent."""

    key: str
    label: str
    stage: str
    weight: Decimal


def voice_of(stage: str, seat: str = "") -> str:
    """Under what something said at a stage is kept: the stage itself, and the rater's key where several sit there."""
    return f"{stage}/{seat}" if seat else stage


def stage_and_seat(voice: str) -> tuple[str, str]:
    """What a voice was made of; the seat is "" where one rater stands at the stage."""
    stage, _mark, seat = voice.partition("/")
    return stage, seat


def voices_of(raters: Sequence[Rater], deciding: str) -> tuple[str, ...]:
    """The voice of each rater. At the stage that decides there is one, however many raters are written there."""
    at = [rater.stage for rater in raters]
    return tuple(
        voice_of(rater.stage, rater.key if at.count(rater.stage) > 1 and rater.stage != deciding else "")
        for rater in raters
    )


def read_raters(reader: Reader, spec: Node) -> tuple[Rater, ...]:
    """The raters of a specification, with every problem of form."""
    return tuple(
        Rater(
            key := reader.text(node, "key", ""),
            reader.text(node, "label", key),
            reader.text(node, "stage", key),
            reader.decimal(node, "weight", key, required=True) or Decimal(0),
        )
        for node in reader.each(spec, "raters", "")
    )


def check_raters(
    reader: Reader, raters: Sequence[Rater], stages: Mapping[str, bool], left_out: Mapping[str, Sequence[str]]
) -> None:
    """What is wrong with the raters of a set.

    `stages`: key → whether it decides; `left_out`: stage → codes of the criteria it does not score.
    """
    keys = [rater.key for rater in raters]
    for index, rater in enumerate(raters):
        with reader.inside(f"raters[{index}]"):
            if rater.stage and rater.stage not in stages:
                reader.add("rater_stage", rater.key, _NO_STAGE, stage=rater.stage)
            if rater.key in keys[:index]:
                reader.add("rater_twice", rater.key, _TWICE, rater=rater.key)
            if left_out.get(rater.stage):
                codes = ", ".join(left_out[rater.stage])
                reader.add("rater_stage", rater.key, _NOT_ALL, rater=rater.label, criteria=codes)
            if not rater.weight:
                reader.add("rater_weight", rater.key, _NO_WEIGHT, rater=rater.label)
    if raters and not any(stages.get(rater.stage) for rater in raters):
        reader.add("raters_decide", "", _NOBODY_DECIDES)
    total = sum((rater.weight for rater in raters), Decimal(0))
    if raters and total != HUNDRED:
        reader.add("raters_sum", "", _SUM, sum=plain(total))


def combine(raters: Sequence[Rater], totals: Mapping[str, Fraction | Decimal | None]) -> Pair | None:
    """The weighted mean of the raters' totals (rater key → exact total), None while one of them is missing.

    Raises ScoringError for a rater the set does not have.
    """
    for key in totals:
        if all(rater.key != key for rater in raters):
            raise ScoringError(Problem("rater", key, _NO_RATER, {"rater": key}))
    terms: list[Pair] = []
    for rater in raters:
        total = totals.get(rater.key)
        if total is None:
            return None
        (points, of), (weight, scale) = pair_of(total), pair_of(rater.weight)
        terms.append((points * weight, of * scale * 100))
    return add(terms) if terms else None


def explain(
    raters: Sequence[Rater], totals: Mapping[str, Fraction | Decimal], value: Pair, clause: str = ""
) -> Step:
    """How the raters' totals make one."""
    names = [f"r{number}" for number in range(1, len(raters) + 1)]
    terms = (f"{name} * {decimal_text(rater.weight)}%" for name, rater in zip(names, raters, strict=True))
    inputs = tuple((name, Fraction(totals[rater.key])) for name, rater in zip(names, raters, strict=True))
    params = {"raters": ", ".join(rater.label for rater in raters)}
    return Step(_NAME, params, " + ".join(terms), inputs, Fraction(*value), None, clause, "raters")


_NO_STAGE = N_("There is no stage “%(stage)s” in this set: choose one of its stages.")
_TWICE = N_("The rater “%(rater)s” is used twice: remove one.")
_NO_WEIGHT = N_("The rater %(rater)s has no weight: give one above 0.")
_SUM = N_("The weights of the raters add up to %(sum)s%%, not to 100%%: correct them.")
_NOT_ALL = N_(
    "The rater %(rater)s never has a total, for their stage does not score: %(criteria)s. Let it score these too."
)
_NOBODY_DECIDES = N_("No rater stands at the stage that decides the result: give its rater a weight.")
_NO_RATER = N_("There is no rater “%(rater)s” in this set: choose one of its raters.")
_NAME = N_("Total of the raters by their weights: %(raters)s")
