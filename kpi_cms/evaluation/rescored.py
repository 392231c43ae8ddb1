"""One past card under a draft: its total and band, or why these cannot be told, and what made the difference.

Criteria are matched by their stable keys, as `comparison` matches them. What was entered stays as it was entered: it is
neither converted nor held inside a new range. Plain Python on numbers that were read elsewhere.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from kpi_cms.foundation.engine import (
    CardInputs,
    CompiledCriterion,
    CompiledSet,
    EntryError,
    ManagedPeople,
    Outcome,
    ScoringError,
    TaskInput,
)

from .domain.details import details_of, is_whole

MOST_CAUSES = 3
"""Criteria that are named for one card: those that weigh most."""


class Untold(StrEnum):
    """Why a draft has no result for a card."""

    MISSING = "missing"  # the draft asks for an entry that the card does not have
    OUTSIDE = "outside"  # an entry of the card is none that the draft accepts
    PENDING = "pending"  # it waits for results that cannot be told
    NOTHING = "nothing"  # nothing was assigned
    FORMULA = "formula"  # a formula of the draft has no value for it


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
    """A criterion, section or part that another value came of. None where the set does not have it."""

    code: str
    label: str
    before: Fraction | None
    after: Fraction | None
    share: bool


def judged(
    draft: CompiledSet,
    given: Mapping[str, Decimal | str],
    tasks: Sequence[TaskInput],
    people: ManagedPeople | None,
    kept: Mapping[str, Fraction],
) -> Outcome | Reason:
    """What the draft makes of a card's entries. `kept`: the confirmed d, by the draft's code.

    A criterion that the card has no entry for counts as what leaving it empty means: nothing happened, for counts of
    breaches and the like; where the draft asks for an entry, the card has no result.
    """
    try:
        outcome = draft.score(_inputs(draft, given, tasks, people, kept))
    except ScoringError as error:
        kind = Untold.FORMULA if error.problem.code == "formula" else Untold.OUTSIDE
        return Reason(kind, _codes(draft, [error.problem.key]))
    if outcome.total is not None:
        return outcome
    if outcome.missing:
        return Reason(Untold.MISSING, _codes(draft, outcome.missing))
    if outcome.pending:
        return Reason(Untold.PENDING, outcome.pending)
    return Reason(Untold.NOTHING)


def _inputs(
    draft: CompiledSet,
    given: Mapping[str, Decimal | str],
    tasks: Sequence[TaskInput],
    people: ManagedPeople | None,
    kept: Mapping[str, Fraction],
) -> CardInputs:
    entered: dict[str, Decimal | str] = {}
    details: dict[str, Mapping[str, object]] = {}
    for key, value in given.items():
        criterion = draft.criterion(key)
        if criterion is None or not criterion.detailed:
            entered[key] = value
            continue
        found = _numbers(criterion, value)
        if is_whole(criterion, found):
            details[key] = found
    return CardInputs(entered=entered, details=details, tasks=tasks, people=people, given=kept)


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
    return tuple(named[key] for key in keys if key in named)


def result_of(outcome: Outcome) -> Result:
    """Of an outcome with a total."""
    total, rounded, band = outcome.total, outcome.rounded, outcome.band
    assert total is not None
    assert rounded is not None
    assert band is not None
    return Result(total, rounded, outcome.shown, band)


def causes(
    old: CompiledSet, before: Mapping[str, Fraction], draft: CompiledSet, outcome: Outcome
) -> tuple[Cause, ...]:
    """What made another band, the heaviest first. `before`: code → value of the stored result.

    Sections and parts are named where no criterion differs (another cap or way of adding up), and nothing where the
    points are the same: then the bands differ.
    """
    criteria = _differing(
        {item.key: item for item in old.criteria}, before, {item.key: item for item in draft.criteria},
        outcome.values,
    )  # fmt: skip
    if criteria:
        return criteria
    sections = _differing(
        {item.key: item for item in old.sections}, before, {item.key: item for item in draft.sections},
        outcome.sections,
    )  # fmt: skip
    return sections or _differing(
        {item.key: item for item in old.parts}, before, {item.key: item for item in draft.parts},
        outcome.parts,
    )  # fmt: skip


def _differing(
    old: Mapping[str, object],
    before: Mapping[str, Fraction],
    new: Mapping[str, object],
    after: Mapping[str, Fraction],
) -> tuple[Cause, ...]:
    found: list[tuple[Fraction, Cause]] = []
    for key in dict.fromkeys([*new, *old]):
        item = new.get(key) or old[key]
        was = before.get(old[key].code) if key in old else None  # type: ignore[attr-defined]  # any compiled node
        now = after.get(new[key].code) if key in new else None  # type: ignore[attr-defined]  # as above
        if was != now:
            share = bool(getattr(item, "share", False))
            weight = abs((now or Fraction(0)) - (was or Fraction(0))) * (100 if share else 1)
            found.append((weight, Cause(item.code, item.label, was, now, share)))  # type: ignore[attr-defined]  # as above
    found.sort(key=lambda each: -each[0])
    return tuple(cause for _weight, cause in found[:MOST_CAUSES])
