"""What is entered on a card at a stage: the criteria that people score, and for its evaluator the facts that gates ask.

The answer of a fact is a score row as well: by the same person, in the same stage, with grounds, history and ledger,
and frozen with the decision. No other stage has any.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from criteria_pages.enums import rated
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Score, Scorecard
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.engine import CompiledCriterion, CompiledSet, Fact, Outcome

Entered = CompiledCriterion | Fact


def period_kind(card: Scorecard) -> str:
    """The kind of the card's period as the engine names it; "" for a set without gates, which asks for none."""
    return rated(card.period.kind) if card.version.compiled().gates else ""


def facts_of(card: Scorecard) -> tuple[Fact, ...]:
    """The facts that the gates of the card's kind of period ask."""
    return card.version.compiled().facts_asked(period_kind(card))


def entered_at(card: Scorecard, stage: str) -> list[Entered]:
    """Everything that is entered at a stage, in the set's order, the facts behind the criteria."""
    criteria: list[Entered] = [
        each for each in card.version.compiled().criteria if card.is_scored(each, stage)
    ]
    return [*criteria, *facts_of(card)] if stage == StageKey.EVALUATOR else criteria


def entered_of(compiled: CompiledSet, key: str) -> Entered:
    """The criterion or fact of a key that was checked before."""
    found = compiled.criterion(key) or compiled.fact(key)
    assert found is not None  # entries are checked first, and stored scores refer to the version's rows
    return found


def refuse_fact(card: Scorecard, stage: str, fact: Fact) -> str:
    """Why a fact cannot be recorded at a stage of a card; "" where it can."""
    if stage != StageKey.EVALUATOR:
        return _("This is recorded by the competent person, with the evaluation.")
    if fact not in facts_of(card):
        return _("No gate asks this in this kind of period, so it is not recorded.")
    return ""


def require_band(card: Scorecard, outcome: Outcome, scores: Iterable[Score]) -> None:
    """Nobody decides while a gate that could still change the band is not known, or on a fact without its grounds.

    Raises Invalid with the sentence at each fact.
    """
    if outcome.unanswered:
        labels = "; ".join(f"“{fact.label}”" for fact in outcome.unanswered)
        raise Invalid(
            _("The band depends on what is not recorded yet: %(facts)s. Record it in the evaluation first.")
            % {"facts": labels},
            problems={fact.key: [_("Answer this: the band depends on it.")] for fact in outcome.unanswered},
        )
    assert (
        outcome.total is None or outcome.band is not None
    )  # with a total, facts are all that a gate waits for
    without = _without_grounds(card, scores)
    if without:
        sentence = _("Say what this rests on, such as a decision with its number.")
        raise Invalid(
            _("%(count)s facts are recorded without saying what they rest on. Say it and try again.")
            % {"count": len(without)},
            problems={fact.key: [sentence] for fact in without},
        )


def _without_grounds(card: Scorecard, scores: Iterable[Score]) -> list[Fact]:
    """Facts answered with anything but no, and nothing said about where it is known from."""
    bare = {score.criterion.key for score in scores if score.value and not score.grounds}
    return [fact for fact in facts_of(card) if fact.key in bare]
