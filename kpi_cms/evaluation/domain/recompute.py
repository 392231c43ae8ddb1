"""Compute a whole period anew from its rows: the same numbers must come out, digit for digit (security.md T17).

Reads scores and tasks as ordered streams and writes results set-based; memory does not grow with the period. d of
leaders comes from results that are stored, so a period is computed in two passes: staff first, leaders after. A decided
card is computed with what it took from others when it was confirmed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

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
from kpi_cms.foundation.engine import CardInputs, CompiledSet, Said
from snippets.models import Period

CHUNK = 2_000
COMPARED = (
    "numerator", "denominator", "rounded", "shown", "band", "band_by_points", "gates", "common", "results",
    "values", "missing", "insufficient", "pending",
)  # fmt: skip
WRITTEN = (*COMPARED, "computed_at")


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
                    batch = read_batch(cards.filter(pk__gt=last), compiled, rated(period.kind))
                    done = _store(batch, stage, moment, write=write)
                report.add(done)
                if not batch:
                    break
                last = batch[-1].card.pk
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
class Card:
    """What computing a card reads of it."""

    pk: int
    period_id: int
    unit_id: int
    person_id: int
    version_id: int
    position_code: str
    state: str
    submitted_at: datetime | None
    confirmed_basis: dict[str, str]

    @property
    def reference(self) -> dict[str, int]:
        """What a result copies of its card."""
        return {"period_id": self.period_id, "unit_id": self.unit_id, "person_id": self.person_id}


class Computable(NamedTuple):
    """A card with what it is computed from at every stage alike: tasks, others, calendars; no scores."""

    card: Card
    inputs: CardInputs
    compiled: CompiledSet


@dataclass(frozen=True)
class Given:
    """What was given on some cards at one stage, or in one seat there, as it is stored."""

    given: Mapping[int, Mapping[str, Decimal | str]]
    said: Mapping[int, Mapping[str, Mapping[str, Decimal | str]]]

    def inputs_of(self, each: Computable) -> CardInputs:
        """Everything a card is computed from there. Raises ValueError for a stored text that nobody has entered."""
        entered, details = split(each.compiled, self.given.get(each.card.pk, {}))
        said = None
        if each.card.pk in self.said:
            voices = self.said[each.card.pk].items()
            said = {
                voice: Said(*split(each.compiled, sent))
                for voice, sent in voices
                if voice in each.compiled.heard
            }
        return each.inputs._replace(entered=entered, details=details, said=said)


def read_batch(cards: Any, compiled: Mapping[int, CompiledSet], kind: str) -> list[Computable]:
    """The next batch with everything its cards are computed from but scores; empty behind the last card."""
    rows = cards.order_by("pk").values_list(*(entry.name for entry in fields(Card)))[:CHUNK]
    batch = [Card(*row) for row in rows]
    if not batch:
        return []
    tasks = tasks_of(batch[0].period_id, [card.person_id for card in batch])
    counting_points = [card.person_id for card in batch if compiled[card.version_id].counts_points]
    rows = task_rows(batch[0].period_id, counting_points) if counting_points else {}
    calendars = calendars_of(batch[0].period_id, compiled.values())
    own = [
        Computable(
            card,
            CardInputs(
                entered={},
                tasks=tasks.get(card.person_id, ()),
                work=work_of(rows.get(card.person_id, ()), card.position_code, compiled[card.version_id]),
                calendars=calendars,
                period=kind,
            ),
            compiled[card.version_id],
        )
        for card in batch
    ]
    counting = _counting(each.card for each in own if _reads_others(each.card, each.compiled))
    return [
        each._replace(inputs=_with_others(each.card, each.inputs, each.compiled, counting))
        if each.compiled.from_others
        else each
        for each in own
    ]


def read_given(batch: Sequence[Computable], stage: str, seat: str = "") -> Given:
    """What was given on these cards at a stage or in a seat, and what the evaluator's stage hears beside it."""
    hearing = [each for each in batch if stage == StageKey.EVALUATOR and each.compiled.hears]
    said: Mapping[int, Mapping[str, Mapping[str, Decimal | str]]] = {}
    if hearing:
        voices = sorted(frozenset().union(*(each.compiled.heard for each in hearing)))
        said = said_at([each.card.pk for each in hearing], voices)
    return Given(given_at([each.card.pk for each in batch], stage, seat), said)


def _counting(cards: Iterable[Card]) -> Mapping[int, Scorecard]:
    """The cards that read what others have now, with what it takes to find these."""
    keys = [card.pk for card in cards]
    if not keys:
        return {}
    return Scorecard.objects.filter(pk__in=keys).select_related("unit", "period", "version").in_bulk()


def _with_others(
    card: Card, inputs: CardInputs, compiled: CompiledSet, counting: Mapping[int, Scorecard]
) -> CardInputs:
    if card.pk in counting:
        inputs = with_others(inputs, counting[card.pk])
    return with_kept(inputs, compiled, kept_basis(compiled, card.state, card.confirmed_basis))


def _reads_others(card: Card, compiled: CompiledSet) -> bool:
    """Whether a criterion counts others as they are now: of a decided card none does."""
    return len(kept_basis(compiled, card.state, card.confirmed_basis)) < len(compiled.from_others)


def _store(
    batch: list[Computable],
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
            card_id__in=[each.card.pk for each in batch], stage=stage, seat=""
        )
    }
    added: list[CardResult] = []
    changed: list[CardResult] = []
    given = read_given(batch, stage)
    for each in batch:
        card = each.card
        fields = scoring.result_fields(each.compiled.score(given.inputs_of(each)), moment)
        report.computed += 1
        result = stored.get(card.pk)
        if result is None:
            added.append(CardResult(card_id=card.pk, stage=stage, **card.reference, **fields))
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
