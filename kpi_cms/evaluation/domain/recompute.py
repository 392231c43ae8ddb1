"""Compute a whole period anew from its rows: the same numbers must come out, digit for digit (security.md T17).

Reads scores and tasks as ordered streams and writes results set-based; memory does not grow with the period. d of
leaders comes from results that are stored, so a period is computed in two passes: staff first, leaders after. A decided
card is computed with what it took from others when it was confirmed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from criteria_pages.enums import rated
from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.domain import locks, scoring
from kpi_cms.evaluation.domain.counted_tasks import calendars_of, task_rows, tasks_of, work_of
from kpi_cms.evaluation.domain.details import split
from kpi_cms.evaluation.domain.others import kept_basis, with_kept, with_others
from kpi_cms.evaluation.domain.stored_inputs import given_at, said_at
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.rows import bulk_update_each
from kpi_cms.foundation.engine import CardInputs, CompiledSet, Said, TaskInput
from snippets.models import Period

CHUNK = 2_000
COMPARED = (
    "numerator", "denominator", "rounded", "band", "band_by_points", "gates", "insufficient", "pending",
)  # fmt: skip
WRITTEN = (
    "numerator", "denominator", "rounded", "shown", "band", "band_by_points", "gates", "common", "results",
    "values", "missing", "insufficient", "pending", "computed_at",
)  # fmt: skip


@dataclass
class Report:
    """How many results were computed, how many were missing, and the cards whose stored result differs."""

    computed: int = 0
    added: int = 0
    differing: list[int] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        self.computed += other.computed
        self.added += other.added
        self.differing += other.differing


def recompute_period(
    *, actor: User, moment: datetime, period: Period, stage: str = StageKey.EVALUATOR, write: bool = True
) -> Report:
    """Compute every card of a period at one stage and compare it with what is stored.

    With `write`, missing and differing results of an open period are stored, in batches of one transaction each, and
    one entry of the ledger says how many; without, nothing is written and the report says what would be. Raises
    WrongState for writing into a period that is not open: what is closed is compared, and never altered.
    """
    report = Report()
    with as_actor(actor, moment):  # which versions a period uses is read from its cards, behind the wall
        compiled = {
            version.pk: version.compiled()
            for version in CriteriaVersion.objects.filter(cards__period=period).distinct()
        }
        groups = list(passes(Scorecard.objects.filter(period=period)))
    try:
        for cards in groups:
            last = 0
            while True:
                with as_actor(actor, moment):
                    if write:  # a save between reading and writing would be lost
                        rules.require_open(locks.take_period(period.pk))
                    batch = _read(cards.filter(pk__gt=last), compiled, stage, rated(period.kind))
                    done = _store(batch, stage, moment, write=write)
                report.add(done)
                if not batch:
                    break
                last = batch[-1][0].pk
    finally:
        # A run that the closing of the period ended half-way says what it had written until then.
        if write and report.computed:
            _record(actor, moment, period, stage, report)
    return report


def _record(actor: User, moment: datetime, period: Period, stage: str, report: Report) -> None:
    with as_actor(actor, moment):
        ledger.record(
            Act.PERIOD_RECOMPUTED,
            subject=period,
            label=str(period),
            period_id=period.pk,
            after={
                "stage": stage,
                "computed": report.computed,
                "added": report.added,
                "changed": len(report.differing),
            },
        )


def passes(cards: Any) -> Iterator[Any]:
    """Cards in an order in which d finds the results it counts: staff, then leaders from below, deputies first."""
    yield cards.filter(is_leader=False)
    leaders = cards.filter(is_leader=True)
    levels = leaders.order_by("-unit__depth", "role").values_list("unit__depth", "role").distinct()
    for depth, role in list(levels):
        yield leaders.filter(unit__depth=depth, role=role)


@dataclass(frozen=True)
class _Card:
    pk: int
    period_id: int
    unit_id: int
    person_id: int
    version_id: int
    position_code: str
    state: str
    confirmed_basis: dict[str, str]


def _read(
    cards: Any, compiled: Mapping[int, CompiledSet], stage: str, kind: str
) -> list[tuple[_Card, CardInputs, CompiledSet]]:
    """The next batch with everything its cards are computed from; empty behind the last card."""
    rows = cards.order_by("pk").values_list(*(entry.name for entry in fields(_Card)))[:CHUNK]
    batch = [_Card(*row) for row in rows]
    if not batch:
        return []
    given = given_at([card.pk for card in batch], stage)
    tasks = tasks_of(batch[0].period_id, [card.person_id for card in batch])
    said = _said(batch, compiled, stage)
    counting_points = [card.person_id for card in batch if compiled[card.version_id].counts_points]
    rows = task_rows(batch[0].period_id, counting_points) if counting_points else {}
    calendars = calendars_of(batch[0].period_id, compiled.values())
    own = [
        (
            card,
            _own(compiled[card.version_id], given.get(card.pk, {}), tasks.get(card.person_id, ()))._replace(
                work=work_of(rows.get(card.person_id, ()), card.position_code, compiled[card.version_id]),
                calendars=calendars,
                said=said.get(card.pk),
                period=kind,
            ),
            compiled[card.version_id],
        )
        for card in batch
    ]
    counting = _counting(card for card, _inputs, found in own if _reads_others(card, found))
    return [
        (card, _with_others(card, inputs, found, counting) if found.from_others else inputs, found)
        for card, inputs, found in own
    ]


def _said(
    batch: list[_Card], compiled: Mapping[int, CompiledSet], stage: str
) -> Mapping[int, Mapping[str, Said]]:
    """What was sent at the other stages, for the cards whose set decides with it too."""
    cards = {card.pk: compiled[card.version_id] for card in batch if compiled[card.version_id].hears}
    if stage != StageKey.EVALUATOR or not cards:
        return {}
    given = said_at(list(cards), sorted(frozenset().union(*(each.heard for each in cards.values()))))
    return {
        pk: {voice: Said(*split(each, sent)) for voice, sent in given[pk].items() if voice in each.heard}
        for pk, each in cards.items()
    }


def _own(compiled: CompiledSet, given: Mapping[str, Decimal | str], tasks: Sequence[TaskInput]) -> CardInputs:
    entered, details = split(compiled, given)
    return CardInputs(entered=entered, details=details, tasks=tasks)


def _counting(cards: Iterable[_Card]) -> Mapping[int, Scorecard]:
    """The cards that read what others have now, with what it takes to find these."""
    keys = [card.pk for card in cards]
    if not keys:
        return {}
    return Scorecard.objects.filter(pk__in=keys).select_related("unit", "period", "version").in_bulk()


def _with_others(
    card: _Card, inputs: CardInputs, compiled: CompiledSet, counting: Mapping[int, Scorecard]
) -> CardInputs:
    if card.pk in counting:
        inputs = with_others(inputs, counting[card.pk])
    return with_kept(inputs, compiled, kept_basis(compiled, card.state, card.confirmed_basis))


def _reads_others(card: _Card, compiled: CompiledSet) -> bool:
    """Whether a criterion counts others as they are now: of a decided card none does."""
    return len(kept_basis(compiled, card.state, card.confirmed_basis)) < len(compiled.from_others)


def _store(
    batch: list[tuple[_Card, CardInputs, CompiledSet]],
    stage: str,
    moment: datetime,
    *,
    write: bool,
) -> Report:
    """Compare a batch and, with `write`, store what differs; what it says counts once its transaction is through."""
    report = Report()
    stored = {
        result.card_id: result
        for result in CardResult.objects.filter(
            card_id__in=[card.pk for card, _inputs, _set in batch], stage=stage, seat=""
        )
    }
    added: list[CardResult] = []
    changed: list[CardResult] = []
    for card, inputs, compiled in batch:
        fields = scoring.result_fields(compiled.score(inputs), moment)
        report.computed += 1
        result = stored.get(card.pk)
        if result is None:
            added.append(
                CardResult(
                    card_id=card.pk, stage=stage, period_id=card.period_id, unit_id=card.unit_id,
                    person_id=card.person_id, **fields,
                )
            )  # fmt: skip
        elif any(getattr(result, name) != fields[name] for name in COMPARED):
            report.differing.append(card.pk)
            for name in WRITTEN:
                setattr(result, name, fields[name])
            changed.append(result)
    report.added += len(added)
    if write:
        CardResult.objects.bulk_create(added, batch_size=CHUNK)
        bulk_update_each(CardResult, changed, WRITTEN, batch_size=500)
    return report
