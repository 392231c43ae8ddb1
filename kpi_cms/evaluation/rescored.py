"""One past card under a draft: its total and band, or why these cannot be told, and what made the difference.

Criteria are matched by their stable keys, as `comparison` matches them. What was entered stays as it was entered: it is
neither converted nor held inside a new range. Plain Python on numbers that were read elsewhere.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from kpi_cms.foundation.engine import (
    CardInputs,
    CompiledCriterion,
    CompiledSet,
    EntryError,
    Outcome,
    Said,
    ScoringError,
)

from .domain.details import details_of, is_whole

NO_VALUE = frozenset({"formula", "gate_condition"})
MOST_CAUSES = 3
"""Criteria that are named for one card: those that weigh most."""


class Untold(StrEnum):
    """Why a draft has no result for a card."""

    MISSING = "missing"  # the draft asks for an entry that the card does not have
    OUTSIDE = "outside"  # an entry of the card is none that the draft accepts
    GATE = "gate"  # a gate of the draft that could change the band asks what the card does not say
    PENDING = "pending"  # it waits for results that cannot be told
    UNSAID = "unsaid"  # it counts tasks by what these do not say
    NOTHING = "nothing"  # nothing was assigned
    FORMULA = "formula"  # a formula of the draft has no value for it
    RATER = "rater"  # somebody whose points count by their weight gave none


class Reason(NamedTuple):
    """`codes`: the criteria (or the section) of the draft that it is about."""

    kind: Untold
    codes: tuple[str, ...] = ()


class Result(NamedTuple):
    """A period score: exact, rounded, as it is shown, and the code of its band."""

    total: Fraction
    rounded: Decimal
    shown: str
    band: str


class Cause(NamedTuple):
    """A criterion, section or part that another value came of. None where the set does not have it.

    Without both values: a gate of the draft that holds, by its name.
    """

    code: str
    label: str
    before: Fraction | None
    after: Fraction | None
    share: bool


def judged(
    draft: CompiledSet,
    given: Mapping[str, Decimal | str],
    inputs: CardInputs,
    said: Mapping[str, Mapping[str, Decimal | str]],
) -> Outcome | Reason:
    """What the draft makes of a card's entries. `inputs`: what it has beside them; `said`: voice → what was sent
    there.

    A criterion that the card has no entry for counts as what leaving it empty means: nothing happened, for counts of
    breaches and the like; where the draft asks for an entry, the card has no result.
    """
    try:
        outcome = draft.score(_with_entries(draft, given, inputs, said))
    except ScoringError as error:
        kind = Untold.FORMULA if error.problem.code in NO_VALUE else Untold.OUTSIDE
        return Reason(kind, _codes(draft, [error.problem.key]))
    if outcome.band is not None:
        return outcome
    if outcome.total is not None:
        return Reason(Untold.GATE, tuple(fact.code for fact in outcome.unanswered))
    if outcome.missing:
        return Reason(Untold.MISSING, _codes(draft, outcome.missing))
    if outcome.pending:
        unsaid = tuple(code for code in outcome.pending if draft.criterion_by_code(code).must_be_said)
        return Reason(Untold.UNSAID, unsaid) if unsaid else Reason(Untold.PENDING, outcome.pending)
    if outcome.unsaid:
        return Reason(Untold.RATER, outcome.unsaid)
    return Reason(Untold.NOTHING)


def _with_entries(
    draft: CompiledSet,
    given: Mapping[str, Decimal | str],
    inputs: CardInputs,
    said: Mapping[str, Mapping[str, Decimal | str]],
) -> CardInputs:
    entered, details = _split(draft, given)
    heard = {voice: Said(*_split(draft, sent)) for voice, sent in said.items() if voice in draft.heard}
    return inputs._replace(entered=entered, details=details, said=heard if draft.heard else None)


def _split(
    draft: CompiledSet, given: Mapping[str, Decimal | str]
) -> tuple[dict[str, Decimal | str], dict[str, Mapping[str, object]]]:
    entered: dict[str, Decimal | str] = {}
    details: dict[str, Mapping[str, object]] = {}
    for key, value in given.items():
        criterion = draft.criterion(key)
        if criterion is None or not criterion.detailed or criterion.is_absent(value):
            entered[key] = value
            continue
        found = _numbers(criterion, value)
        if is_whole(criterion, found):
            details[key] = found
    return entered, details


def _numbers(criterion: CompiledCriterion, value: Decimal | str) -> Mapping[str, Decimal]:
    """Numbers by name, as they were stored. Raises EntryError for an entry of another kind."""
    if isinstance(value, str) and value.startswith("{"):
        return details_of(value)
    problem = criterion.refuse({"": value})
    assert problem is not None  # no criterion has a number without a name
    raise EntryError(problem)


def _codes(draft: CompiledSet, keys: Sequence[str]) -> tuple[str, ...]:
    named = {section.key: section.code for section in draft.sections}
    named |= {criterion.key: criterion.code for criterion in draft.criteria}
    named |= {fact.key: fact.code for fact in draft.specification.facts}
    return tuple(named[key] for key in keys if key in named)


def result_of(outcome: Outcome) -> Result:
    """Of an outcome with a total."""
    total, rounded, band = outcome.total, outcome.rounded, outcome.band
    assert total is not None
    assert rounded is not None
    assert band is not None
    return Result(total, rounded, outcome.shown, band)


class _Pair(NamedTuple):
    """A criterion, section or part in both sets: its code in each, "" where it does not stand there."""

    code: str
    label: str
    share: bool
    old: str
    new: str


class Comparison:
    """What made another band, for the cards of one version: matched once, asked for each card."""

    def __init__(self, old: CompiledSet, draft: CompiledSet) -> None:
        self._criteria = _paired(
            [(each.key, each.code, each.label, each.share) for each in old.criteria],
            [(each.key, each.code, each.label, each.share) for each in draft.criteria],
        )
        self._sections = _paired(
            [(each.key, each.code, each.label, False) for each in old.sections],
            [(each.key, each.code, each.label, False) for each in draft.sections],
        )
        self._parts = _paired(
            [(each.key, each.code, each.label, False) for each in old.parts],
            [(each.key, each.code, each.label, False) for each in draft.parts],
        )

    def causes(self, before: Mapping[str, Fraction], outcome: Outcome) -> tuple[Cause, ...]:
        """The draft's gates where they change the band, then the heaviest. `before`: code → value of the stored result.

        Sections and parts are named where no criterion differs (another cap or way of adding up), and nothing where
        the points are the same: then the bands differ, or the gates of the set before.
        """
        gates = outcome.applied if outcome.band != outcome.band_by_points else ()
        return tuple(Cause("", gate.label, None, None, False) for gate in gates) + (
            _differing(self._criteria, before, outcome.values)
            or _differing(self._sections, before, outcome.sections)
            or _differing(self._parts, before, outcome.parts)
        )


_Node = tuple[str, str, str, bool]


def _paired(old: Sequence[_Node], new: Sequence[_Node]) -> list[_Pair]:
    before = {key: code for key, code, _label, _share in old}
    after = {key: code for key, code, _label, _share in new}
    named = {key: (code, label, share) for key, code, label, share in (*old, *new)}
    return [
        _Pair(*named[key], before.get(key, ""), after.get(key, ""))
        for key in dict.fromkeys([*after, *before])
    ]


def _differing(
    pairs: Sequence[_Pair], before: Mapping[str, Fraction], after: Mapping[str, Fraction]
) -> tuple[Cause, ...]:
    found: list[tuple[Fraction, Cause]] = []
    for pair in pairs:
        was, now = before.get(pair.old), after.get(pair.new)
        if was != now:
            weight = abs((now or Fraction(0)) - (was or Fraction(0))) * (100 if pair.share else 1)
            found.append((weight, Cause(pair.code, pair.label, was, now, pair.share)))
    found.sort(key=lambda each: -each[0])
    return tuple(cause for _weight, cause in found[:MOST_CAUSES])


@lru_cache(maxsize=10_000)
def value_of(text: str) -> Fraction:
    """A stored value. Few are different: points come in steps."""
    return Fraction(text)
