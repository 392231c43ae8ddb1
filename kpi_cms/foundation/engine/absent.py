"""What does not apply on a card ("không phát sinh"), and what the rest is then worth.

A criterion whose set says `may_not_apply` is answered with `NOT_ARISEN` in place of a score; with the setting
`nothing_assigned: "left_out"` the ratios of somebody without any task are left out in the same way. Such a criterion
has no value and is not missing. What is left counts for the whole:

- a section that adds up: Σ points × Σ all maxima / Σ maxima of those that apply, then its cap
- a section by weights: the weighted mean over the weights that apply
- a formula reads 0; APPLIES(code) says 1 or 0, and the formula decides
- a section none of whose criteria applies does not apply: its part counts Σ sections × its maximum / Σ maxima of the
  sections that apply; a part without any leaves a total that is a sum in the same way
- nothing applies at all: no result (`insufficient`)
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine.exact import Pair

NOT_ARISEN = "n/a"
"""The entry of a criterion that did not arise."""

MAY_NOT_APPLY = frozenset({"number", "choice", "levels", "checklist", "indicator"})
"""Kinds that somebody gives. What counts events has 0 for none, what is computed follows its own inputs."""


class Absent(NamedTuple):
    """What does not apply on a card: places of criteria, sections and parts, as `CompiledSet.names` has them."""

    criteria: set[int]
    sections: set[int]
    parts: set[int]

    def applies(self, place: tuple[int, int]) -> bool:
        """Whether what stands at a place of `CompiledSet.names` applies."""
        group, index = place
        return index not in self[group]


def times(value: Pair, factor: Fraction) -> Pair:
    """The exact product."""
    return value[0] * factor.numerator, value[1] * factor.denominator


def left(measures: Mapping[int, Fraction], absent: set[int]) -> Fraction:
    """What of the maxima, or of the weights, applies."""
    return sum((measure for index, measure in measures.items() if index not in absent), Fraction(0))


def remaining(places: Sequence[int], absent: set[int]) -> list[int]:
    """The places that apply, in order."""
    return [place for place in places if place not in absent]
