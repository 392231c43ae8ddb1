"""Rows → engine → rows: what a card is computed from, its result, and what others' results do to a leader's d.

Results are stored in the transaction that changes what they come from. A leader's d depends on the people they
manage; it is looked at again when one of these is decided, and only stored where it changed. A decided leader's
card is never altered: it is marked “basis changed” and shows the d it would have now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _

from kpi_cms.evaluation.enums import (
    COUNTED_TASK_STATES,
    DECIDED,
    EXTRA_KINDS,
    WITH_THE_PERSON,
    CardState,
    StageKey,
    TaskState,
)
from kpi_cms.evaluation.models import CardResult, Delay, Fault, Score, Scorecard, Task
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.audit import ledger
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.engine import (
    CardInputs,
    CompiledSet,
    Deduction,
    Outcome,
    Said,
    ScoringError,
    Step,
    TaskInput,
    round_half_up,
)

from .details import split
from .entries import period_kind
from .people_managed import Managed as Managed  # read beside the results by whoever explains d
from .people_managed import leaders_of, managed_people
from .people_managed import managed as managed

PENDING = "pending"


# --- Tasks -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class TaskRow:
    """A task with the deductions recorded on it; `excused` where an objective cause stands."""

    task: Task
    faults: tuple[Deduction, ...]
    delays: tuple[Deduction, ...]


def task_rows(period_id: int, person_ids: Iterable[int]) -> dict[int, list[TaskRow]]:
    """Counted tasks of many people by person id, in two queries."""
    tasks = list(
        Task.objects.filter(
            period_id=period_id, person_id__in=list(person_ids), state__in=COUNTED_TASK_STATES
        )
    )
    faults, delays = deductions_of([task.pk for task in tasks])
    rows: dict[int, list[TaskRow]] = defaultdict(list)
    for task in tasks:
        rows[task.person_id].append(TaskRow(task, tuple(faults[task.pk]), tuple(delays[task.pk])))
    return rows


Deductions = dict[int, list[Deduction]]


def deductions_of(task_ids: Sequence[int]) -> tuple[Deductions, Deductions]:
    """Faults and delays that stand, each by task id, in one query; excused where an objective cause stands."""
    found: tuple[Deductions, Deductions] = (defaultdict(list), defaultdict(list))
    if not task_ids:
        return found
    rows = _standing(Fault, 0, task_ids).union(_standing(Delay, 1, task_ids), all=True)
    merged: dict[tuple[int, int], tuple[int, int, bool]] = {}
    for kind, pk, task_id, unit_number, cause, revoked in rows:
        excused = cause is not None and revoked is None
        known = merged.get((kind, pk))
        merged[kind, pk] = (task_id, unit_number, excused or (known is not None and known[2]))
    for (kind, _pk), (task_id, unit_number, excused) in sorted(
        merged.items(), key=lambda item: (item[1][1], item[0])
    ):
        found[kind][task_id].append(Deduction(unit_number, excused))
    return found


def _standing(model: type[Fault] | type[Delay], kind: int, task_ids: Sequence[int]) -> QuerySet[Any, Any]:
    return (
        model._default_manager.filter(task_id__in=task_ids, withdrawn_at__isnull=True)
        .order_by()
        .annotate(_kind=Value(kind))
        .values_list("_kind", "pk", "task_id", "unit_number", "causes__pk", "causes__revoked_at")
    )


def task_input(row: TaskRow) -> TaskInput | None:
    """A task as the engine reads it; None for one whose product is not decided yet: it stays unscored (Đ13.3)."""
    task = row.task
    if task.coefficient is None:
        return None
    return TaskInput(
        coefficient=task.coefficient,
        assigned=task.assigned,
        completed=task.completed,
        accepted=good_so_far(task.state, task.completed, task.accepted, task.confirmed_before),
        handed_over=task.handed_over,
        extra=task.kind in EXTRA_KINDS,
        faults=row.faults,
        delays=row.delays,
        label=" ".join(part for part in (task.code, task.name, task.part_label) if part),
    )


def good_so_far(
    state: str, completed: Decimal, accepted: Decimal | None, confirmed_before: Decimal
) -> Decimal | None:
    """What met quality: as the head accepted it; what was reported since counts as good until they decide on it."""
    if accepted is None or state != TaskState.REPORTED:
        return accepted
    return accepted + completed - confirmed_before


# --- Inputs and results of one card --------------------------------------------------------------------------
def given_values(scores: Iterable[Score]) -> dict[str, Decimal | str]:
    """Criterion key → points, the chosen value, or the text of several numbers; criteria are loaded."""
    entered: dict[str, Decimal | str] = {}
    for score in scores:
        if score.value is not None:
            entered[score.criterion.key] = score.value
        elif score.choice:
            entered[score.criterion.key] = score.choice
    return entered


def said_beside(card: Scorecard, stage: str) -> dict[str, Said] | None:
    """What the person gave, where the set decides with it too; None for every other set and stage: no query.

    Nothing while they have not submitted it: a draft, and what is edited after a return, is theirs alone.
    """
    compiled = card.version.compiled()
    if stage != StageKey.EVALUATOR or not compiled.reads_self:
        return None
    if not card.self_is_submitted:
        return {}
    return {StageKey.SELF: Said(*split(compiled, given_values(stage_scores(card, StageKey.SELF))))}


def inputs_of(
    card: Scorecard,
    scores: Iterable[Score],
    tasks: Sequence[TaskRow],
    *,
    said: Mapping[str, Said] | None = None,
    proposed: bool = False,
    explained: bool = False,
) -> CardInputs:
    """Everything a card is computed from at one stage; `said` at the others, as `said_beside` reads it.

    A decided leader's card keeps the d it was confirmed with; with `proposed` it is read with the d of now. With
    `explained` the people managed are counted in full, those without a card too: the same d, and what it left out.
    """
    compiled = card.version.compiled()
    entered, details = split(compiled, given_values(scores))
    kept = {} if proposed else kept_d(compiled, card.state, card.confirmed_d, card.proposed_d)
    return CardInputs(
        entered=entered,
        details=details,
        tasks=[task for task in map(task_input, tasks) if task is not None],
        people=(managed(card).as_input() if explained else managed_people(card))
        if compiled.managed and not kept
        else None,
        given=kept,
        said=said,
        period=period_kind(card),
    )


def kept_d(compiled: CompiledSet, state: str, confirmed_d: str, proposed_d: str) -> dict[str, Fraction]:
    """The confirmed d by criterion code, where the people's results say another one since; else nothing."""
    if not proposed_d or state not in DECIDED:
        return {}
    return {criterion.code: Fraction(confirmed_d) for criterion in compiled.managed}


def stage_scores(card: Scorecard, stage: str) -> list[Score]:
    """The scores that count at a stage, with their criteria and the assessment they belong to.

    They are those of the rater whom the card names now: an earlier evaluator's stay readable, and count no more.
    """
    return list(
        Score.objects.filter(
            assessment__card=card, assessment__stage=stage, assessment__rater_id=card.rater_id(stage)
        ).select_related("criterion", "assessment")
    )


def outcome_of(card: Scorecard, stage: str, *, proposed: bool = False) -> Outcome:
    """Compute one stage from the stored rows; with `proposed`, a decided leader's as it would be confirmed anew.

    Raises Invalid where a formula of the set cannot be computed with what the rows say by now, a division by zero
    after a task was changed: the change is refused, and nothing half-computed stands.
    """
    try:
        return card.version.compiled().score(_inputs_at(card, stage, proposed=proposed))
    except ScoringError as error:
        raise Invalid(
            _(
                "With this change card %(card)s can no longer be computed: %(problem)s Nothing was saved. Tell whoever "
                "keeps the criteria set %(version)s."
            )
            % {
                "card": card.code,
                "problem": _(error.problem.template) % error.problem.params,
                "version": card.version,
            }
        ) from error


def trace_of(card: Scorecard, stage: str) -> tuple[Step, ...]:
    """“Why this number”: every number of the card at one stage, step by step, with its clause."""
    return card.version.compiled().trace(_inputs_at(card, stage, explained=True))


def _inputs_at(card: Scorecard, stage: str, *, proposed: bool = False, explained: bool = False) -> CardInputs:
    tasks = task_rows(card.period_id, [card.person_id])[card.person_id]
    said = said_beside(card, stage)
    return inputs_of(
        card, stage_scores(card, stage), tasks, said=said, proposed=proposed, explained=explained
    )


def exact_text(value: Fraction) -> str:
    """Stored exactly: "n/d", or "n" for a whole number."""
    return str(value)


def result_fields(outcome: Outcome, moment: datetime) -> dict[str, Any]:
    """What a result row says about an outcome."""
    total = outcome.total
    values = {**outcome.values, **outcome.sections, **outcome.parts}
    values.update(outcome.raters)
    ratio = outcome.ratio
    if ratio is not None:
        values["R"] = ratio
    common, results = outcome.parts.get("common"), outcome.parts.get("results")
    return {
        "numerator": str(total.numerator) if total is not None else "",
        "denominator": str(total.denominator) if total is not None else "",
        "rounded": outcome.rounded,
        "shown": outcome.shown if total is not None else "",
        "band": outcome.band or "",
        "band_by_points": outcome.band_by_points or "",
        "gates": _gates_of(outcome),
        "common": round_half_up(common, 2) if common is not None else None,
        "results": round_half_up(results, 2) if results is not None else None,
        "values": {code: exact_text(value) for code, value in values.items()},
        "missing": len(outcome.missing),
        "insufficient": outcome.insufficient,
        "pending": bool(outcome.pending),
        "computed_at": moment,
    }


def _gates_of(outcome: Outcome) -> dict[str, list[str]]:
    """The keys of the gates that hold, and of those that are not known; {} where none bears on the card."""
    found = {"applied": outcome.applied, "undecided": outcome.undecided}
    return {name: [gate.key for gate in gates] for name, gates in found.items() if gates}


@beyond_the_wall("a result follows from its rows; nobody writes one")
def store_result(card: Scorecard, stage: str, outcome: Outcome, moment: datetime) -> None:
    """Write the result of one stage: one statement once it exists. The card is locked by the caller."""
    fields = result_fields(outcome, moment)
    if CardResult.objects.filter(card=card, stage=stage).update(**fields):
        return
    CardResult.objects.create(
        card=card,
        stage=stage,
        period_id=card.period_id,
        unit_id=card.unit_id,
        person_id=card.person_id,
        **fields,
    )


def refresh(card: Scorecard, stage: str, moment: datetime) -> Outcome:
    """Compute and store one stage."""
    outcome = outcome_of(card, stage)
    store_result(card, stage, outcome, moment)
    return outcome


@beyond_the_wall("results follow the tasks, whoever changes one")
def refresh_person(period_id: int, person_id: int, moment: datetime) -> None:
    """After a task changed: the results of every undecided card of the person.

    What the person submitted stays as it was submitted; while the card is with them, their own result follows, on a
    returned card beside the evaluator's.
    """
    cards = (
        Scorecard.objects.filter(period_id=period_id, person_id=person_id)
        .exclude(state__in=DECIDED)
        .select_related("version", "unit", "agency", "period", "person")
    )
    for card in cards:
        refresh_undecided(card, moment)


def refresh_undecided(card: Scorecard, moment: datetime) -> None:
    """The results of a card that follow its tasks, or for a leader the people managed, as long as it is undecided."""
    if card.state in WITH_THE_PERSON:
        refresh(card, StageKey.SELF, moment)
    if card.state != CardState.OPENED:
        refresh(card, StageKey.EVALUATOR, moment)


# --- d: what others' results do to a leader (Đ15.3.a, Đ15.4) ----------------------------------------------------
def d_of(card: Scorecard, outcome: Outcome) -> str:
    """The card's d as stored and compared: "1", "1/2", "pending", or "" for a set without it."""
    codes = [criterion.code for criterion in card.version.compiled().managed]
    if not codes:
        return ""
    if outcome.pending:
        return PENDING
    return exact_text(outcome.values[codes[0]]) if codes[0] in outcome.values else PENDING


@beyond_the_wall("d of the leaders above follows from each decision")
def propose_basis(card: Scorecard, moment: datetime) -> list[Scorecard]:
    """After `card` was decided or its result changed: look at the d of the leaders above it.

    An undecided leader's results are computed anew, their own stage among them while the card is with them. A decided
    one's card is marked and shows the new d as a proposal (rules.md §4), nothing else on it changes. Returns the
    cards that were marked.
    """
    marked: list[Scorecard] = []
    for leader in leaders_of(card):
        if leader.state not in DECIDED:
            refresh_undecided(leader, moment)
            continue
        outcome = outcome_of(leader, StageKey.EVALUATOR, proposed=True)
        now = d_of(leader, outcome)
        before = leader.proposed_d or leader.confirmed_d
        if now == before:
            continue
        back = now == leader.confirmed_d
        leader.proposed_d = "" if back else now
        leader.basis_changed_at = None if back else moment
        save_tracked(leader, update_fields=["proposed_d", "basis_changed_at"])
        ledger.record(
            Act.CARD_BASIS_CHANGED,
            subject=leader,
            label=leader.code,
            unit=leader.unit,
            person=leader.person,
            period_id=leader.period_id,
            before={"d": before},
            after={"d": now},
        )
        marked.append(leader)
    return marked
