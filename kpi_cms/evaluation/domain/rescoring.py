"""What a draft makes of the decided cards of a period. Nothing is written.

Read in batches, the specification compiled once. A closed period is read as it stood when it was closed: what was
decided anew since is read from history, so that a run after one new decision differs in nothing from the run before it.
d of leaders comes from what the draft makes of the people they manage, as far as these are among the cards.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Q

from criteria_pages.enums import rated
from criteria_pages.models import CriteriaVersion, FrozenCriterion
from kpi_cms.evaluation.domain.counted_tasks import TaskRow, calendars_of, task_rows, tasks_of, work_of
from kpi_cms.evaluation.domain.details import split
from kpi_cms.evaluation.domain.others import Basis, carried, results_of, tasks_in, with_kept
from kpi_cms.evaluation.domain.people_managed import counted_once, without_card
from kpi_cms.evaluation.domain.recompute import passes
from kpi_cms.evaluation.domain.stored_inputs import Given, given_at, said_at
from kpi_cms.evaluation.enums import DECIDED, StageKey
from kpi_cms.evaluation.impact_queries import Past, seen_by, versions_of
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard, UnitResult
from kpi_cms.evaluation.models.scorecard import rater_id_on
from kpi_cms.evaluation.past_queries import newest
from kpi_cms.evaluation.rescored import (
    Cause,
    Comparison,
    Reason,
    Result,
    Untold,
    judged,
    result_of,
    value_of,
)
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.engine import UNIT, CardInputs, CompiledSet, ManagedPeople, Outcome, Said, TaskInput
from snippets.enums import LEADING_ROLES, PostRole
from snippets.models import FieldAssignment

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Rescored:
    """One card before and after. `seen`: the reader reads it; `why` is worked out for those who change band."""

    card_id: int
    unit_id: int
    name: str
    seen: bool
    before: Result | None
    after: Result | Reason
    why: tuple[Cause, ...] = ()

    @property
    def is_listed(self) -> bool:
        """Whoever changes band, or whose result cannot be told."""
        if self.before is None:
            return False
        return isinstance(self.after, Reason) or self.after.band != self.before.band


@dataclass(frozen=True, slots=True)
class _Card:
    pk: int
    period_id: int
    unit_id: int
    unit__path: str
    person_id: int
    person__sort_key: str
    version_id: int
    is_leader: bool
    role: str
    position_code: str
    confirmed_basis: Basis
    proposed_basis: Basis


class _Then(NamedTuple):
    """A card as it stood when its period was closed."""

    given: Given
    confirmed_basis: Basis
    proposed_basis: Basis


def rescored(*, actor: User, past: Past, draft: CompiledSet) -> Iterator[list[Rescored]]:
    """Every decided card of the set, in batches of one transaction each."""
    with _reading(actor):
        run = _Run(past, draft)
        groups = list(run.passes())
    for cards in groups:
        last = 0
        while True:
            with _reading(actor):
                batch = run.batch(cards.filter(pk__gt=last), Scope.of(actor))
            if not batch:
                break
            yield batch
            last = batch[-1].card_id


def decided_cards(*, actor: User, past: Past) -> int:
    """How many there are to compute: a count of states, which is told to whoever follows the work."""
    with _reading(actor):
        return past.cards.count()


@contextmanager
def _reading(actor: User) -> Iterator[None]:
    with as_actor(actor, database_now()), beyond_the_wall("a draft is tried on every card, told in totals"):
        yield


class _Run:
    """What does not change from batch to batch, and what the draft made of the cards so far."""

    def __init__(self, past: Past, draft: CompiledSet) -> None:
        self.past = past
        self.draft = draft
        self.versions: Mapping[int, CriteriaVersion] = versions_of(past)
        self._comparisons: dict[int, Comparison] = {}
        self.kind = rated(past.period.kind)
        self.managed = _ManagedCards(past, draft) if draft.counts_results else None
        self.of_units = _results_of_units(past) if draft.counts_unit else {}
        self.sets = (draft, *(version.compiled() for version in self.versions.values()))
        self.heard = sorted(frozenset().union(*(each.heard for each in self.sets)))

    def passes(self) -> Iterator[Any]:
        """In one pass, where no d waits for the results of others."""
        return passes(self.past.cards) if self.managed is not None else iter([self.past.cards])

    def batch(self, cards: Any, scope: Scope) -> list[Rescored]:
        rows = cards.order_by("pk").values_list(*(entry.name for entry in fields(_Card)))[:CHUNK]
        batch = [_Card(*row) for row in rows]
        if not batch:
            return []
        keys = [card.pk for card in batch]
        given = given_at(keys, StageKey.EVALUATOR)
        said = said_at(keys, self.heard)
        tasks = tasks_of(batch[0].period_id, [card.person_id for card in batch])
        rows = self._rows(batch)
        calendars = calendars_of(self.past.period.pk, self.sets)
        stored = self._stored(keys)
        seen = set(seen_by(scope, Scorecard.objects.filter(pk__in=keys)).values_list("pk", flat=True))
        then = self._as_closed(keys)
        found: list[Rescored] = []
        explained: dict[int, tuple[Mapping[str, Fraction] | None, Outcome]] = {}
        for card in batch:
            own = then.get(card.pk) or _Then(
                given.get(card.pk, {}), card.confirmed_basis, card.proposed_basis
            )
            inputs = CardInputs(
                entered={},
                tasks=tasks.get(card.person_id, ()),
                work=work_of(rows.get(card.person_id, ()), card.position_code, self.draft),
                calendars=calendars,
                period=self.kind,
            )
            before, values = stored.get(card.pk), None
            if card.pk in then:
                before, values = self._before(card, own, inputs, said[card.pk], rows.get(card.person_id, ()))
            inputs = self._with_others(card, own, inputs)
            verdict = judged(self.draft, own.given, inputs, said[card.pk])
            after = verdict if isinstance(verdict, Reason) else result_of(verdict)
            if self.managed is not None:
                self.managed.learn(card.pk, after)
            made = Rescored(card.pk, card.unit_id, card.person__sort_key, card.pk in seen, before, after)
            found.append(made)
            if made.seen and made.is_listed and not isinstance(verdict, Reason):
                explained[card.pk] = (values, verdict)
        return self._with_causes(batch, found, explained)

    def _with_others(self, card: _Card, own: _Then, inputs: CardInputs) -> CardInputs:
        """The inputs with other people's. What these say another value of since stays as it was confirmed."""
        kept: Basis = {}
        if own.proposed_basis:
            kept = carried(self.versions[card.version_id].compiled(), self.draft, own.confirmed_basis)
        if len(kept) < len(self.draft.from_others):
            people = self._people(card)
            results = results_of(people, self.draft) if people is not None else {}
            if card.unit_id in self.of_units:
                results[UNIT] = [self.of_units[card.unit_id]]
            inputs = inputs._replace(people=people, results=results, others=self._tasks_of_others(card))
        return with_kept(inputs, self.draft, kept)

    def _people(self, card: _Card) -> ManagedPeople | None:
        return self.managed.of(card) if self.managed is not None and card.is_leader else None

    def _rows(self, batch: Sequence[_Card]) -> Mapping[int, Sequence[TaskRow]]:
        """Their tasks with points, where a set counts these."""
        if not any(compiled.counts_points for compiled in self.sets):
            return {}
        return task_rows(batch[0].period_id, [card.person_id for card in batch])

    def _tasks_of_others(self, card: _Card) -> dict[str, list[TaskInput]]:
        if not self.draft.scopes:
            return {}
        counting = Scorecard.objects.select_related("unit", "period").get(pk=card.pk)
        return {scope: tasks_in(counting, scope) for scope in self.draft.scopes}

    def _stored(self, keys: Sequence[int]) -> dict[int, Result]:
        rows = CardResult.objects.filter(card_id__in=keys, stage=StageKey.EVALUATOR).values_list(
            "card_id", "numerator", "denominator", "rounded", "shown", "band"
        )
        return {
            card_id: Result(Fraction(int(numerator), int(denominator)), rounded, shown, band)
            for card_id, numerator, denominator, rounded, shown, band in rows
            if rounded is not None and band
        }

    def _with_causes(
        self,
        batch: Sequence[_Card],
        found: list[Rescored],
        explained: Mapping[int, tuple[Mapping[str, Fraction] | None, Outcome]],
    ) -> list[Rescored]:
        """The stored values are read of those alone whose band is explained."""
        if not explained:
            return found
        rows = CardResult.objects.filter(card_id__in=list(explained), stage=StageKey.EVALUATOR)
        stored = dict(rows.values_list("card_id", "values"))
        told: list[Rescored] = []
        for card, made in zip(batch, found, strict=True):
            if made.card_id in explained:
                values, outcome = explained[made.card_id]
                if values is None:
                    values = {code: value_of(text) for code, text in stored[made.card_id].items()}
                why = self._compared(card.version_id).causes(values, outcome)
                made = Rescored(
                    made.card_id, made.unit_id, made.name, made.seen, made.before, made.after, why
                )
            told.append(made)
        return told

    def _compared(self, version_id: int) -> Comparison:
        known = self._comparisons.get(version_id)
        if known is None:
            known = Comparison(self.versions[version_id].compiled(), self.draft)
            self._comparisons[version_id] = known
        return known

    # --- As it was when the period was closed -------------------------------------------------------------
    def _as_closed(self, keys: Sequence[int]) -> dict[int, _Then]:
        """The cards that were decided anew since, as history has them."""
        closed_at = self.past.period.closed_at
        if closed_at is None:
            return {}
        changed = list(
            CardResult.objects.filter(
                card_id__in=keys, stage=StageKey.EVALUATOR, computed_at__gt=closed_at
            ).values_list("card_id", flat=True)
        )
        return as_it_was(changed, closed_at) if changed else {}

    def _before(
        self,
        card: _Card,
        own: _Then,
        inputs: CardInputs,
        said: Mapping[str, Given],
        rows: Sequence[TaskRow],
    ) -> tuple[Result | None, Mapping[str, Fraction] | None]:
        """What the published totals counted for the card: its own version, with what it was confirmed with."""
        old = self.versions[card.version_id].compiled()
        entered, details = split(old, own.given)
        work = work_of(rows, card.position_code, old)
        inputs = inputs._replace(entered=entered, details=details, work=work)
        if old.hears:  # never altered after it was sent, whatever was decided anew
            heard = {voice: Said(*split(old, sent)) for voice, sent in said.items() if voice in old.heard}
            inputs = inputs._replace(said=heard)
        outcome = old.score(with_kept(inputs, old, own.confirmed_basis))
        if outcome.band is None:
            return None, None
        return result_of(outcome), {**outcome.values, **outcome.sections, **outcome.parts}


def as_it_was(card_ids: Sequence[int], moment: datetime) -> dict[int, _Then]:
    """Card → its evaluator's scores and its basis at a moment, in four queries."""
    cards = newest(Scorecard, Q(id__in=card_ids), moment)
    said = {
        row.id: row.card_id
        for row in newest(Assessment, Q(card_id__in=card_ids, stage=StageKey.EVALUATOR), moment).values()
        if row.rater_id == rater_id_on(cards[row.card_id], StageKey.EVALUATOR)
    }
    scores = newest(Score, Q(assessment_id__in=list(said)), moment).values()
    keys = dict(
        FrozenCriterion.objects.filter(pk__in={row.criterion_id for row in scores}).values_list("pk", "key")
    )
    given: dict[int, Given] = {}
    for row in scores:
        value: Decimal | str = row.choice if row.value is None else row.value
        if row.value is not None or row.choice:
            given.setdefault(said[row.assessment_id], {})[keys[row.criterion_id]] = value
    return {
        pk: _Then(given.get(pk, {}), row.confirmed_basis, row.proposed_basis) for pk, row in cards.items()
    }


def _results_of_units(past: Past) -> dict[int, Decimal]:
    """Unit → the points recorded for it: of a closed period nothing changes any more."""
    found = UnitResult.objects.standing().filter(period=past.period)
    return dict(found.values_list("unit_id", "points"))


# --- d ----------------------------------------------------------------------------------------------------------
class _Managed(NamedTuple):
    path: str
    pk: int
    person_id: int
    unit_id: int
    role: str
    decided: bool


class _ManagedCards:
    """Everybody who can count for a leader's d, in the order of the tree: the rule of `people_managed`, in memory.

    One query for all leaders; what the draft makes of a card replaces its stored result as the run goes on. Whose
    result the draft cannot tell is waited for.
    """

    def __init__(self, past: Past, draft: CompiledSet) -> None:
        settings = draft.rules.settings
        self.kinds = settings.managed_kinds
        self.counts_missing = settings.managed_without_result == "failing"
        self.points: dict[int, Fraction | None] = {}
        rows = Scorecard.objects.filter(
            counted_once(), period=past.period, staff_kind__in=self.kinds
        ).values_list("unit__path", "pk", "person_id", "unit_id", "role", "state")
        self.cards = sorted(
            _Managed(path, pk, person_id, unit_id, role, state in DECIDED)
            for path, pk, person_id, unit_id, role, state in rows
        )
        results = CardResult.objects.filter(
            period=past.period, stage=StageKey.EVALUATOR, rounded__isnull=False
        ).values_list("card_id", "numerator", "denominator")
        self.points.update(
            (pk, Fraction(int(numerator), int(denominator))) for pk, numerator, denominator in results
        )
        self.waiting: set[int] = set()
        self.fields: dict[int, list[str]] = {}
        charges = FieldAssignment.objects.on(past.period.ends_on).values_list("person_id", "unit__path")
        for person_id, path in charges:
            self.fields.setdefault(person_id, []).append(path)

    def learn(self, pk: int, after: Result | Reason) -> None:
        if isinstance(after, Result):
            self.points[pk] = after.total
        elif after.kind == Untold.NOTHING:  # decided without a result, as nothing is assigned to them
            self.points[pk] = None
        else:
            self.waiting.add(pk)

    def of(self, leader: _Card) -> ManagedPeople:
        points: list[Fraction] = []
        pending = without = 0
        for card in self._managed(leader):
            found = self.points.get(card.pk)
            if not card.decided or card.pk in self.waiting:
                pending += 1
            elif found is not None:
                points.append(found)
            else:
                without += 1
        if self.counts_missing and leader.role in LEADING_ROLES:
            card_of = Scorecard.objects.select_related("unit", "period", "version").get(pk=leader.pk)
            without += len(without_card(card_of, self.kinds))
        return ManagedPeople(points, pending, without)

    def _managed(self, leader: _Card) -> Iterator[_Managed]:
        paths = [leader.unit__path] if leader.role == PostRole.HEAD else []
        if leader.role == PostRole.DEPUTY:
            paths = self.fields.get(leader.person_id, [])
        found: dict[int, _Managed] = {}
        for path in paths:
            first = bisect_left(self.cards, (path,))
            for card in islice(self.cards, first, None):
                if not card.path.startswith(path):
                    break
                beside_them = (
                    leader.role == PostRole.DEPUTY
                    and card.unit_id == leader.unit_id
                    and card.role in LEADING_ROLES
                )
                if card.person_id != leader.person_id and not beside_them:
                    found[card.pk] = card
        return iter(found.values())
