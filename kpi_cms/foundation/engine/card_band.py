"""What a set's gates make of the band of one card."""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine import gates
from kpi_cms.foundation.engine.compiled import ScoringPlan
from kpi_cms.foundation.engine.exact import Pair
from kpi_cms.foundation.engine.facts import Fact
from kpi_cms.foundation.engine.inputs import CardInputs
from kpi_cms.foundation.engine.problems import EntryError, Problem


class CardBand(NamedTuple):
    """The rating of a card with points, and the facts without an answer that its undecided gates ask."""

    rating: gates.Rating
    unanswered: tuple[Fact, ...]


def card_band(
    compiled: ScoringPlan, inputs: CardInputs, by_points: str, values: Mapping[str, Pair | None]
) -> CardBand:
    """`values`: those of every criterion, section, part and the total, by code; what is not there is not known.

    Raises EntryError for an answer that its fact does not accept, ScoringError as `gates.rate` does.
    """
    known = {code: None if pair is None else Fraction(*pair) for code, pair in values.items()}
    answers = {fact.code: _answer(fact, inputs) for fact in compiled.specification.facts}
    bands = [band.code for band in compiled.bands]
    rating = gates.rate(compiled.gates, bands, by_points, (known | answers).get, inputs.period)
    waiting = {gate.key for gate in rating.undecided}
    asked: set[str] = set().union(*(gate.codes for gate in compiled.gates if gate.spec.key in waiting))
    facts = compiled.specification.facts
    unanswered = tuple(fact for fact in facts if fact.code in asked and answers[fact.code] is None)
    return CardBand(rating, unanswered)


def _answer(fact: Fact, inputs: CardInputs) -> Fraction | None:
    value = inputs.entered.get(fact.key)
    if value is None:
        return None
    worth = fact.read(value)
    if isinstance(worth, Problem):
        raise EntryError(worth)
    return worth
