"""Rows → engine → rows: what a card is computed from, and its result.

Results are stored in the transaction that changes what they come from. What a card takes from other people is read by
`others`; what becomes of it when theirs changes is `basis`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import BigAutoField, CharField, QuerySet
from django.utils.translation import gettext as _

from kpi_cms.evaluation.enums import (
    WITH_THE_PERSON,
    AssessmentState,
    CardState,
    StageKey,
)
from kpi_cms.evaluation.models import CardResult, Score, Scorecard
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.core.errors import Invalid
from kpi_cms.foundation.core.prepared import Parameter, PreparedRows
from kpi_cms.foundation.engine import (
    CardInputs,
    Outcome,
    Said,
    ScoringError,
    Step,
    round_half_up,
    stage_and_seat,
)

from .counted_tasks import TaskRow as TaskRow  # read beside the results by whoever shows tasks
from .counted_tasks import calendars_of, work_of
from .counted_tasks import rows_of as rows_of
from .counted_tasks import task_input as task_input
from .counted_tasks import task_rows as task_rows
from .details import split
from .entries import period_kind
from .others import filled
from .people_managed import Managed as Managed  # read beside the results by whoever explains d
from .people_managed import managed as managed


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
    """What was given at the other stages that the set decides with; None for every other set and stage: no query.

    Nothing that was not sent: a draft, and what a person edits after a return, is its author's alone.
    """
    compiled = card.version.compiled()
    if stage != StageKey.EVALUATOR or not compiled.hears:
        return None
    heard: dict[str, Said] = {}
    for voice in compiled.heard:
        other, seat = stage_and_seat(voice)
        scores = stage_scores(card, other, seat) if other != StageKey.SELF or card.self_is_submitted else []
        if scores and (other == StageKey.SELF or scores[0].assessment.state == AssessmentState.SUBMITTED):
            heard[voice] = Said(*split(compiled, given_values(scores)))
    return heard


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

    A decided card keeps what it took from others when it was confirmed; with `proposed` it is read with what they are
    now. With `explained` the people managed are counted in full: the same value, and what it left out.
    """
    compiled = card.version.compiled()
    entered, details = split(compiled, given_values(scores))
    inputs = CardInputs(
        entered=entered,
        details=details,
        tasks=[task for task in map(task_input, tasks) if task is not None],
        work=work_of(tasks, card.position_code, compiled),
        calendars=calendars_of(card.period_id, [compiled]),
        said=said,
        period=period_kind(card),
    )
    return filled(inputs, card, proposed=proposed, explained=explained)


def stage_scores(card: Scorecard, stage: str, seat: str = "") -> list[Score]:
    """The scores that count at a stage, or of one seat there, with their criteria and the assessment they belong to.

    They are those of the rater whom the card names now: an earlier evaluator's stay readable, and count no more.
    """
    if seat:
        return _SEATED.all(card=card.pk, stage=stage, seat=seat)
    return _SCORES.all(card=card.pk, stage=stage, rater=card.rater_id(stage))


def _said(**by: Any) -> QuerySet[Score]:
    at = {"card": Parameter("card", BigAutoField()), "stage": Parameter("stage", CharField()), **by}
    return Score.objects.filter(
        **{f"assessment__{name}": value for name, value in at.items()}
    ).select_related("criterion", "assessment")


_SCORES = PreparedRows(lambda: _said(seat="", rater=Parameter("rater", BigAutoField())))
_SEATED = PreparedRows(lambda: _said(seat=Parameter("seat", CharField()), vacated_at__isnull=True))


def outcome_of(card: Scorecard, stage: str, seat: str = "", *, proposed: bool = False) -> Outcome:
    """Compute one stage from the stored rows; with `proposed`, a decided leader's as it would be confirmed anew.

    Raises Invalid where a formula of the set cannot be computed with what the rows say by now, a division by zero
    after a task was changed: the change is refused, and nothing half-computed stands.
    """
    try:
        return card.version.compiled().score(_inputs_at(card, stage, seat, proposed=proposed))
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


def trace_of(card: Scorecard, stage: str, seat: str = "") -> tuple[Step, ...]:
    """“Why this number”: every number of the card at one stage, step by step, with its clause."""
    return card.version.compiled().trace(_inputs_at(card, stage, seat, explained=True))


def _inputs_at(
    card: Scorecard, stage: str, seat: str, *, proposed: bool = False, explained: bool = False
) -> CardInputs:
    tasks = rows_of(card.period_id, card.person_id)
    said = said_beside(card, stage)
    return inputs_of(
        card, stage_scores(card, stage, seat), tasks, said=said, proposed=proposed, explained=explained
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


def summary(outcome: Outcome) -> dict[str, Any]:
    """What the ledger says of a result when it is sent or decided: the exact total, rounded, and its band."""
    total = outcome.total
    return {
        "total": str(total) if total is not None else None,
        "rounded": str(outcome.rounded) if outcome.rounded is not None else None,
        "band": outcome.band,
    }


def _gates_of(outcome: Outcome) -> dict[str, list[str]]:
    """The keys of the gates that hold, and of those that are not known; {} where none bears on the card."""
    found = {"applied": outcome.applied, "undecided": outcome.undecided}
    return {name: [gate.key for gate in gates] for name, gates in found.items() if gates}


@beyond_the_wall("a result follows from its rows; nobody writes one")
def store_result(card: Scorecard, stage: str, outcome: Outcome, moment: datetime, seat: str = "") -> None:
    """Write the result of one stage, or of one seat there: one statement once it exists. The caller has locked the
    card."""
    fields = result_fields(outcome, moment)
    if CardResult.objects.filter(card=card, stage=stage, seat=seat).update(**fields):
        return
    CardResult.objects.create(
        card=card,
        stage=stage,
        seat=seat,
        period_id=card.period_id,
        unit_id=card.unit_id,
        person_id=card.person_id,
        **fields,
    )


def refresh(card: Scorecard, stage: str, moment: datetime, seat: str = "") -> Outcome:
    """Compute and store one stage, or one seat there."""
    outcome = outcome_of(card, stage, seat)
    store_result(card, stage, outcome, moment, seat)
    return outcome


def refresh_collective(card: Scorecard, moment: datetime) -> None:
    """Somebody else speaks for the collective, or nobody: what is stored of an earlier one follows."""
    for result in CardResult.objects.filter(card=card, stage=StageKey.COLLECTIVE):
        refresh(card, StageKey.COLLECTIVE, moment, result.seat)


def refresh_undecided(card: Scorecard, moment: datetime) -> None:
    """The results of a card that follow its tasks, or for a leader the people managed, as long as it is undecided."""
    if card.state in WITH_THE_PERSON:
        refresh(card, StageKey.SELF, moment)
    if card.state != CardState.OPENED:
        refresh(card, StageKey.EVALUATOR, moment)
