"""How a stage's scores and comments are stored: checked, compared with what stands there, written with history."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from criteria_pages.models import FrozenCriterion
from kpi_cms.evaluation.enums import AssessmentState, StageKey
from kpi_cms.evaluation.models import Assessment, Score, Scorecard
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.many import create_many, update_few
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.errors import Invalid, Stale
from kpi_cms.foundation.core.rows import update_each
from kpi_cms.foundation.engine import (
    N_,
    CardInputs,
    CompiledCriterion,
    CompiledSet,
    Fact,
    Outcome,
    Problem,
    ScoringError,
    decimal_text,
)
from snippets.models import Person

from . import scoring
from .details import in_words, text_of
from .entries import entered_of, refuse_fact

_BY_NAME = N_("The criterion %(criterion)s is given item by item: fill in its items.")

COMMENT_FIELDS = ("strengths", "weaknesses", "comment")


def comment_label(name: str) -> str:
    """What a comment field is called on screen and on the form."""
    return str({"strengths": _("Strengths"), "weaknesses": _("Weaknesses"), "comment": _("Comment")}[name])


@dataclass(frozen=True)
class Entry:
    """What is entered for one criterion, with grounds: points, the value of an option, numbers by name, `NOT_ARISEN`,
    or None to clear it. A text copied from another row stands for any but points."""

    value: Decimal | str | Mapping[str, Decimal] | None
    grounds: str = ""


@dataclass(frozen=True)
class Saved:
    """A save that was stored: the card with its new save number, and the stage's result."""

    card: Scorecard
    outcome: Outcome
    changed: tuple[str, ...]


def save_stage(
    card: Scorecard,
    stage: StageKey,
    rater: Person,
    expected: int,
    entries: Mapping[str, Entry],
    comments: Mapping[str, str],
    reason: str,
    moment: datetime,
    seat: str = "",
) -> Saved:
    _check_entries(card, stage, entries)
    stored = scoring.stage_scores(card, stage, seat)
    scores = {score.criterion.key: score for score in stored}
    known = next((score.assessment for score in stored if score.assessment.rater_id == rater.pk), None)
    assessment = known or assessment_of(card, stage, rater, seat)
    assessment.card = card
    _check_fresh(card, expected, entries, comments, scores, assessment)
    changed, before, after, reason_key = _write_scores(card, assessment, scores, entries, reason)
    comments_before = assessment.comments_key
    commented = write_comments(assessment, comments)
    if commented:
        before |= {"comments": _key_text(comments_before)}
        after |= {"comments": _key_text(assessment.comments_key)}
    if changed or commented:
        count_save(card)
        ledger.record(
            Act.SCORE_CHANGED if changed else Act.COMMENT_CHANGED,
            subject=card,
            label=card.code,
            unit=card.unit,
            person=card.person,
            period_id=card.period_id,
            before={**at_stage(stage, seat), **before},
            after={**at_stage(stage, seat), **after},
            reason_key=reason_key,
            amount=largest_change(_points(card, before), after),
        )
    tasks = scoring.rows_of(card.period_id, card.person_id)
    outcome = _computed(
        card, scoring.inputs_of(card, scores.values(), tasks, said=scoring.said_beside(card, stage))
    )
    if changed or not assessment.submitted_at:
        scoring.store_result(card, stage, outcome, moment, seat)
    return Saved(card, outcome, changed)


def at_stage(stage: str, seat: str) -> dict[str, str]:
    """Where an act of scoring was done, as the ledger says it."""
    return {"stage": stage, "seat": seat} if seat else {"stage": stage}


def _computed(card: Scorecard, inputs: CardInputs) -> Outcome:
    """The stage's outcome; numbers that the set's formulas cannot be computed with are refused where they stand."""
    try:
        return card.version.compiled().score(inputs)
    except ScoringError as error:
        sentence = sentence_of(error.problem)
        raise Invalid(
            _("These numbers cannot be computed with. Correct them and save again; nothing was saved."),
            problems={error.problem.key: [sentence]},
        ) from error


def _points(card: Scorecard, before: Mapping[str, Any]) -> dict[str, Any]:
    """Without the answers of facts, which are no points."""
    facts = {fact.code for fact in card.version.compiled().specification.facts}
    return {code: was for code, was in before.items() if code not in facts}


def largest_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Decimal | None:
    """By how much the points of one criterion changed at most, with the sign; None where nothing was changed."""
    changes = [
        Decimal(after[code]) - Decimal(was)
        for code, was in before.items()
        if is_number(was) and is_number(after.get(code))
    ]
    return max(changes, key=abs, default=None)


def is_number(text: Any) -> bool:
    """Points as the ledger writes them; a key of comments, or a cleared score, is none."""
    return isinstance(text, str) and text.replace(".", "", 1).isdecimal()


def criterion_of(compiled: CompiledSet, key: str) -> CompiledCriterion:
    """The criterion of a key that was checked before."""
    criterion = compiled.criterion(key)
    assert (
        criterion is not None
    )  # entries are checked first, and stored scores refer to the version's criteria
    return criterion


def sentence_of(problem: Problem) -> str:
    """An engine problem in the reader's language, with its values filled in."""
    return _(problem.template) % problem.params


def _check_entries(card: Scorecard, stage: StageKey, entries: Mapping[str, Entry]) -> None:
    compiled = card.version.compiled()
    problems: dict[str, list[str]] = {}
    for key, entry in entries.items():
        fact = compiled.fact(key)
        if fact is not None:
            refusal = refuse_fact(card, stage, fact) or check_answer(fact, entry.value)
            if refusal:
                problems[key] = [refusal]
            continue
        criterion = compiled.criterion(key)
        if criterion is None or not criterion.by_hand:
            problems[key] = [
                _("This criterion is not scored by hand in version %(version)s.") % {"version": card.version}
            ]
        elif not card.is_scored(criterion, stage):
            problems[key] = [_("This criterion is not scored at this stage.")]
        elif entry.value is not None:
            problem = check_entry(criterion, entry.value)
            if problem is not None:
                problems[key] = [sentence_of(problem)]
    if problems:
        raise Invalid(
            _("Some scores cannot be used. Correct them and save again; nothing was saved."),
            problems=problems,
        )


def check_answer(fact: Fact, value: object) -> str:
    """Why a fact does not accept an answer; "" when it does, or is cleared."""
    if value is None:
        return ""
    worth = fact.read(value) if isinstance(value, Decimal) else fact.read(None)
    return sentence_of(worth) if isinstance(worth, Problem) else ""


def check_entry(criterion: CompiledCriterion, value: Decimal | str | Mapping[str, Decimal]) -> Problem | None:
    """Why a criterion does not accept a value; numbers by name where it is given so, one value elsewhere."""
    if isinstance(value, Mapping):
        return criterion.refuse(value)
    if criterion.detailed and not criterion.is_absent(value):
        return Problem("entry_details", criterion.key, _BY_NAME, {"criterion": criterion.code})
    return criterion.refuse_value(value)


def assessment_of(card: Scorecard, stage: StageKey, rater: Person, seat: str = "") -> Assessment:
    assessment = Assessment.objects.filter(card=card, stage=stage, seat=seat, rater=rater).first()
    if assessment is None:
        assessment = Assessment(
            card=card, stage=stage, seat=seat, rater=rater, unit_id=card.unit_id, person_id=card.person_id
        )
        save_tracked(assessment)
    return assessment


def written(score: Score | None) -> str:
    """A stored score as text: "4.5", the chosen value, or "" for none."""
    if score is None:
        return ""
    return decimal_text(score.value) if score.value is not None else score.choice


def _wanted(entry: Entry) -> str:
    if entry.value is None:
        return ""
    if isinstance(entry.value, Mapping):
        return text_of(entry.value)
    return decimal_text(entry.value) if isinstance(entry.value, Decimal) else str(entry.value)


def _check_fresh(
    card: Scorecard,
    expected: int,
    entries: Mapping[str, Entry],
    comments: Mapping[str, str],
    scores: Mapping[str, Score],
    assessment: Assessment,
) -> None:
    """Refuse a save from an older state, showing both values of everything that differs: nothing is lost."""
    if expected == card.version_number:
        return
    compiled = card.version.compiled()
    mine: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    for key, entry in entries.items():
        stored = written(scores.get(key))
        if _wanted(entry) != stored:
            criterion = entered_of(compiled, key)
            label = f"{criterion.code} {criterion.label}"
            mine[label], theirs[label] = in_words(criterion, _wanted(entry)), in_words(criterion, stored)
    for name, text in _comments(comments).items():
        stored = getattr(assessment, name)
        if text != stored:
            label = comment_label(name)
            mine[label], theirs[label] = text, stored
    raise Stale(
        _("This card was saved somewhere else while you worked on it. Compare both values and save again."),
        mine=mine,
        theirs=theirs,
    )


def _write_scores(
    card: Scorecard,
    assessment: Assessment,
    scores: dict[str, Score],
    entries: Mapping[str, Entry],
    reason: str,
) -> tuple[tuple[str, ...], dict[str, str], dict[str, str], uuid.UUID | None]:
    """Insert and update the rows that differ, with history.

    Returns the codes changed, before and after by code, and the key of the reason.
    """
    compiled = card.version.compiled()
    criterion_ids: dict[str, int] = {}
    created: list[Score] = []
    updated: list[Score] = []
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    submitted = assessment.submitted_at is not None
    for key, entry in entries.items():
        stored = scores.get(key)
        grounds = entry.grounds.strip()
        if _wanted(entry) == written(stored) and grounds == (stored.grounds if stored else ""):
            continue
        code = entered_of(compiled, key).code
        before[code], after[code] = written(stored), _wanted(entry)
        if stored is None:
            if not criterion_ids:
                criterion_ids = dict(
                    FrozenCriterion.objects.filter(version_id=card.version_id).values_list("key", "pk")
                )
            stored = Score(
                assessment=assessment,
                criterion_id=criterion_ids[key],
                unit_id=card.unit_id,
                person_id=card.person_id,
            )
            created.append(stored)
            scores[key] = stored
        else:
            updated.append(stored)
        stored.value = entry.value if isinstance(entry.value, Decimal) else None
        stored.choice = "" if stored.value is not None else _wanted(entry)
        if grounds != stored.grounds:
            stored.grounds = grounds
            stored.grounds_key = texts.keep(TextKind.REASON, grounds, person_code=card.person.staff_code)
    if not after:
        return (), {}, {}, None
    if submitted and not reason.strip():
        raise Invalid(
            _("These scores were submitted before. Give the reason for the change; nothing was saved."),
            problems={"reason": [_("Give the reason for the change.")]},
        )
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    if created:
        create_many(Score, created, reason_key=reason_key)
        _load_criteria(created)
    if updated:
        update_few(Score, updated, ["value", "choice", "grounds", "grounds_key"], reason_key=reason_key)
    return tuple(after), before, after, reason_key


def _load_criteria(scores: list[Score]) -> None:
    """New rows know their criterion by id; the engine asks for its key."""
    criteria = FrozenCriterion.objects.in_bulk([score.criterion_id for score in scores])
    for score in scores:
        score.criterion = criteria[score.criterion_id]


def _key_text(key: uuid.UUID | None) -> str:
    return str(key) if key is not None else ""


def _comments(comments: Mapping[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in comments.items() if name in COMMENT_FIELDS}


def comments_text(comments: Mapping[str, Any]) -> str:
    """All comments of an assessment, by field, as the one text that the side table keeps."""
    return "\n\n".join(
        f"{comment_label(name)}: {comments[name]}" for name in COMMENT_FIELDS if comments[name]
    )


def write_comments(assessment: Assessment, comments: Mapping[str, str]) -> bool:
    """Store the comments that differ; the text itself only on the row and in the erasable side table."""
    wanted = _comments(comments)
    if all(getattr(assessment, name) == text for name, text in wanted.items()):
        return False
    for name, text in wanted.items():
        setattr(assessment, name, text)
    assessment.comments_key = texts.keep(
        TextKind.COMMENT, comments_text(vars(assessment)), person_code=assessment.card.person.staff_code
    )
    save_tracked(assessment)
    return True


# --- What was submitted, while it is returned --------------------------------------------------------------------
def take_back(assessment: Assessment) -> None:
    """An assessment is its rater's to edit again: a draft, although it was submitted before."""
    assessment.state = AssessmentState.DRAFT
    save_tracked(assessment)


@beyond_the_wall("a return gives the self-assessment back to its person as a draft")
def keep_copy(card: Scorecard, assessment: Assessment) -> None:
    """Remember what was submitted, before its author edits it and perhaps never sends it."""
    assessment.returned_copy = {
        "scores": {
            score.criterion.key: [
                None if score.value is None else decimal_text(score.value), score.choice, score.grounds,
            ]
            for score in scoring.stage_scores(card, assessment.stage)
        },
        "comments": {name: getattr(assessment, name) for name in COMMENT_FIELDS},
    }  # fmt: skip
    take_back(assessment)


@beyond_the_wall("a card that is taken up says what its person had submitted")
def restore_copy(card: Scorecard, assessment: Assessment, reason: str) -> None:
    """What was submitted stands again: edits that were never sent are nobody else's to read.

    They leave the rows through the same door as every change, with history and the reason.
    """
    copy = assessment.returned_copy or {"scores": {}, "comments": {}}
    scores = {score.criterion.key: score for score in scoring.stage_scores(card, assessment.stage)}
    entries = {
        key: Entry(Decimal(value) if value is not None else choice or None, grounds)
        for key, (value, choice, grounds) in copy["scores"].items()
    }
    assessment.card = card
    _write_scores(card, assessment, scores, entries, reason)
    write_comments(assessment, copy["comments"])
    assessment.returned_copy = None
    assessment.state = AssessmentState.SUBMITTED
    save_tracked(assessment)


def carry_over(card: Scorecard, former: Person, evaluator: Person, reason: str) -> None:
    """What the former evaluator of a decided card confirmed becomes the assessment of the one named now.

    Through the same door as every change, with history and the reason; the former one's rows stay as they are.
    """
    confirmed = assessment_of(card, StageKey.EVALUATOR, former)
    taken = assessment_of(card, StageKey.EVALUATOR, evaluator)
    before = {score.criterion.key: score for score in taken.scores.select_related("criterion")}
    entries = dict.fromkeys(before, Entry(None))
    for score in confirmed.scores.select_related("criterion"):
        entries[score.criterion.key] = Entry(
            score.value if score.value is not None else score.choice or None, score.grounds
        )
    taken.card = card
    _write_scores(card, taken, before, entries, reason)
    write_comments(taken, {name: getattr(confirmed, name) for name in COMMENT_FIELDS})
    taken.state, taken.submitted_at = confirmed.state, confirmed.submitted_at
    save_tracked(taken)


def take_over(card: Scorecard, reason: str) -> Person | None:
    """Whoever is named to decide a reopened card anew begins with what was decided; the caller saves the card.

    Returns whoever decided it before, whose rows stay and count no more; None where the card names them still.
    """
    former = card.decided_by
    if former is not None:
        assert card.evaluator is not None  # the database keeps both
        card.decided_by = None
        carry_over(card, former, card.evaluator, reason)
    return former


def submit(assessment: Assessment, moment: datetime) -> None:
    """Everybody who sees the card may read the stage, as far as its state says so."""
    assessment.state = AssessmentState.SUBMITTED
    assessment.submitted_at = moment
    assessment.returned_copy = None
    save_tracked(assessment)


def count_save(card: Scorecard) -> None:
    """The save number is no fact about the card and stands in no history."""
    card.version_number += 1
    update_each(Scorecard.objects.filter(pk=card.pk), version_number=card.version_number)
