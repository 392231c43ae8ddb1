"""What a card is computed from that is not its person's: results of those managed and of the unit, tasks of a scope.

Who they are is `people_managed`'s to say. What a decided card took from them is kept with it, criterion by criterion
(`Scorecard.confirmed_basis`), and read in their place for ever: whatever becomes of the others, the card computes to
the same digits.
"""

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from kpi_cms.evaluation.enums import DECIDED
from kpi_cms.evaluation.models import Scorecard, UnitResult
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.engine import (
    SUBORDINATES,
    UNIT,
    CardInputs,
    CompiledCriterion,
    CompiledSet,
    ManagedPeople,
    Outcome,
    ScoringError,
    TaskInput,
    points_counted,
)

from .counted_tasks import tasks_of
from .people_managed import cards_in, managed, managed_people

PENDING, NOTHING = "pending", "nothing"
"""In a basis: what has to be waited for, and a roll-up over people to whom nothing is assigned."""

Basis = Mapping[str, str]


def filled(
    inputs: CardInputs, card: Scorecard, *, proposed: bool = False, explained: bool = False
) -> CardInputs:
    """A card's inputs with what it takes from others; the same where its set takes nothing, at no query.

    A decided card keeps what it was confirmed with; with `proposed` it is read with the others as they are now. With
    `explained` everybody is counted, those without a card too, as long as it comes to what was confirmed.
    """
    compiled = card.version.compiled()
    if not compiled.from_others:
        return inputs
    kept = {} if proposed else kept_basis(compiled, card.state, card.confirmed_basis)
    if not kept:
        return with_others(inputs, card, explained=explained)
    if explained:
        live = with_others(inputs, card, explained=True)
        if _comes_to(compiled, live, kept):
            return live
    return with_kept(inputs, compiled, kept)


@beyond_the_wall("a card counts the people managed and their tasks, whoever reads it")
def with_others(inputs: CardInputs, card: Scorecard, *, explained: bool = False) -> CardInputs:
    """The inputs with the people managed as they are now."""
    compiled = card.version.compiled()
    if compiled.counts_results:
        people = managed(card).as_input() if explained else managed_people(card)
        inputs = inputs._replace(people=people, results=results_of(people, compiled))
    if compiled.counts_unit:
        inputs = inputs._replace(results={**inputs.results, **result_of_unit(card)})
    if compiled.scopes:
        inputs = inputs._replace(others={scope: tasks_in(card, scope) for scope in compiled.scopes})
    return inputs


def results_of(people: ManagedPeople, compiled: CompiledSet) -> dict[str, list[Fraction | Decimal]]:
    """The points of the people managed for “results of others”, as d counts them; nothing while they are waited for."""
    points = points_counted(people, compiled.rules.people)
    return {} if points is None else {SUBORDINATES: points}


def result_of_unit(card: Scorecard) -> dict[str, list[Fraction | Decimal]]:
    """The points recorded for the unit that the card was opened in, its head's card alike; nothing without a record."""
    found = recorded_for(card)
    return {} if found is None else {UNIT: [found.points]}


@beyond_the_wall("whoever reads a card reads the result of the unit that it counts")
def recorded_for(card: Scorecard) -> UnitResult | None:
    """The result of the card's unit as it is recorded now."""
    return UnitResult.objects.standing().filter(period_id=card.period_id, unit_id=card.unit_id).first()


def unit_waited_for(card: Scorecard, known: Container[str]) -> str:
    """The sentence of a card that counts the result of a unit that has none; "" where it waits for no unit. `known`:
    the codes of the criteria that have a value."""
    if not any(each.is_of_unit and each.code not in known for each in card.version.compiled().from_others):
        return ""
    return _(
        "No result of %(unit)s is recorded for this period yet, and this card counts it. The personnel office of the "
        "superior records it."
    ) % {"unit": card.unit_name}


def tasks_in(card: Scorecard, scope: str) -> list[TaskInput]:
    """The tasks that a roll-up over this scope counts, without names."""
    people = cards_in(card, scope).values("person_id")
    return [task for tasks in tasks_of(card.period_id, people).values() for task in tasks]


# --- What a decided card keeps ------------------------------------------------------------------------------
def kept_basis(compiled: CompiledSet, state: str, confirmed: Basis) -> Basis:
    """What a decided card was confirmed with, by the codes of its set; nothing before it is decided."""
    if state not in DECIDED:
        return {}
    return {each.code: confirmed[each.code] for each in compiled.from_others if each.code in confirmed}


def carried(old: CompiledSet, draft: CompiledSet, confirmed: Basis) -> Basis:
    """What was confirmed under a set, by the codes of a draft: d as d, another criterion where it is the same one."""
    kept: dict[str, str] = {}
    for each in draft.from_others:
        former = old.criterion(each.key)
        if each in draft.managed:
            former = next(iter(old.managed), None)
        elif former is not None and not former.counts_as(each):
            former = None
        if former is not None and former.code in confirmed:
            kept[each.code] = confirmed[former.code]
    return kept


def with_kept(inputs: CardInputs, compiled: CompiledSet, kept: Basis) -> CardInputs:
    """The inputs with confirmed values in the place of other people's results and tasks."""
    given: dict[str, Decimal | Fraction] = {
        code: Fraction(text) for code, text in kept.items() if text not in (NOTHING, PENDING)
    }
    empty = {compiled.criterion_by_code(code).scope: () for code, text in kept.items() if text == NOTHING}
    return inputs._replace(given={**inputs.given, **given}, others={**inputs.others, **empty})


def basis_of(compiled: CompiledSet, outcome: Outcome) -> dict[str, str]:
    """What an outcome takes from others, as a card stores it; {} for a set that takes nothing from them."""
    values = outcome.values
    return {each.code: _text(each, values, outcome.pending) for each in compiled.from_others}


def changes_of(card: Scorecard) -> list[tuple[str, str, str]]:
    """What a marked card took from others when it was confirmed, and would take now: (code, before, now), as stored."""
    before, now = card.confirmed_basis, card.proposed_basis
    return [(code, before.get(code, ""), text) for code, text in now.items() if before.get(code, "") != text]


def _text(criterion: CompiledCriterion, values: Mapping[str, Fraction], pending: Iterable[str]) -> str:
    if criterion.code in values:
        return str(values[criterion.code])
    return NOTHING if criterion.scope and criterion.code not in pending else PENDING


def _comes_to(compiled: CompiledSet, inputs: CardInputs, kept: Basis) -> bool:
    try:
        now = basis_of(compiled, compiled.score(inputs))
    except ScoringError:
        return False
    return all(now[code] == text for code, text in kept.items())
