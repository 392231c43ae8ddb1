"""A card's way: self-assessment → evaluation → (endorsement) → confirmed → notified.

Each stage has its own scores beside the earlier ones. Every verb shares the period's lock, locks the card, re-reads
it, asks who may and whether it may be now, and refuses a save that was made from an older state (409 with both
values). Silence confirms nothing: only `confirm` and `endorse` do.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigAutoField
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import (
    AssessmentState,
    CardState,
    StageKey,
    TaskState,
)
from kpi_cms.evaluation.models import Assessment, Score, Scorecard, Task
from kpi_cms.evaluation.signals import evaluation_reopened
from kpi_cms.evaluation.waiting_words import insufficient_tasks
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale, WrongState
from kpi_cms.foundation.core.prepared import Parameter, PreparedRows
from kpi_cms.foundation.engine import DIRECT_HEAD, NOT_ARISEN, CompiledCriterion, Outcome, decimal_text
from snippets.models import Person

from . import basis, locks, scoring
from .acting import delegate_of, require_serving, take_step
from .agreeing import check_seen, check_unchanged
from .direct_heads import is_left_out
from .entries import require_band
from .others import unit_waited_for
from .planning import has_endorsement
from .saving import (
    Entry,
    Saved,
    assessment_of,
    criterion_of,
    keep_copy,
    restore_copy,
    save_stage,
    submit,
    take_back,
    take_over,
    write_comments,
)
from .separation import refuse_each_other


# --- Saving scores ---------------------------------------------------------------------------------------------
@business_verb
def save_self(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    entries: Mapping[str, Entry],
    comments: Mapping[str, str] | None = None,
    reason: str = "",
) -> Saved:
    """Keep the person's own scores and remarks (Đ17.2); entries may be incomplete until they are submitted.

    `entries` maps criterion keys; criteria that are not named stay as they are. A change of a score that was
    submitted before needs a reason. Raises Invalid with the sentence at each criterion, Stale, WrongState.
    """
    card = lock(card)
    rules.require_step(table.SAVE_SELF, Scope.of(actor), card)
    return save_stage(card, StageKey.SELF, card.person, expected, entries, comments or {}, reason, moment)


@business_verb
def save_evaluation(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    entries: Mapping[str, Entry],
    comments: Mapping[str, str] | None = None,
    reason: str = "",
) -> Saved:
    """Keep the evaluator's scores and comments, beside the person's own."""
    card = lock(card)
    take_step(table.SAVE_EVALUATION, actor, card)
    assert card.evaluator is not None  # the table allows nobody else
    return save_stage(
        card, StageKey.EVALUATOR, card.evaluator, expected, entries, comments or {}, reason, moment
    )


def lock(card: Scorecard) -> Scorecard:
    """Share the period, lock the card, and read it again with what rules ask of it."""
    locks.share_period(card.period_id)
    locked: list[Scorecard] = _LOCKED.all(card=card.pk)
    if not locked:
        raise NotFound
    return locked[0]


_LOCKED = PreparedRows(
    lambda: (
        Scorecard.objects.select_for_update(of=("self",))
        .with_context()
        .filter(pk=Parameter("card", BigAutoField()))
    )
)


def lock_to_decide(actor: User, card: Scorecard) -> Scorecard:
    """The same for whoever decides: the pairs first. Who is named meanwhile makes `expected` stale."""
    locks.share_period(card.period_id)
    deciding = Person.objects.filter(user=actor).values_list("pk", flat=True).first()
    locks.hold_pairs(card.period_id, card.person_id, (card.evaluator_id, card.endorser_id, deciding))
    return lock(card)


# --- Moving on ---------------------------------------------------------------------------------------------------
@business_verb
def submit_self(*, actor: User, moment: datetime, card: Scorecard, expected: int) -> Scorecard:
    """Send the self-assessment to the competent person. Every criterion of the stage must have a value.

    A card that was returned may be sent again as long as it can still be evaluated, whatever the first deadline.
    """
    card = lock(card)
    rules.require_step(table.SUBMIT_SELF, Scope.of(actor), card)
    rules.require_before(rules.self_due_at(card), moment, _("The self-assessment"))
    check_unchanged(card, expected)
    if card.evaluator_id is None:
        raise WrongState(
            _("Nobody is named to evaluate this card. Tell your personnel office, who can have one named.")
        )
    assessment = assessment_of(card, StageKey.SELF, card.person)
    outcome = scoring.outcome_of(card, StageKey.SELF)
    require_complete(card, StageKey.SELF, outcome)
    submit(assessment, moment)
    scoring.store_result(card, StageKey.SELF, outcome, moment)
    card.submitted_at = moment
    card.without_self = False
    moved = move_on(card, CardState.SUBMITTED, Act.CARD_SUBMITTED, after=_summary(outcome))
    scoring.refresh(moved, StageKey.EVALUATOR, moment)
    return moved


@business_verb
def evaluate_without_self(
    *, actor: User, moment: datetime, card: Scorecard, expected: int, reason: str
) -> Scorecard:
    """The evaluator takes up a card that did not come by the deadline of self-assessments, with a reason.

    Without a self-assessment only where none was ever submitted. One that was returned and not sent again counts as
    it was submitted: whoever returns a card takes nothing away that the person has said.
    """
    card = lock(card)
    take_step(table.TAKE_UP, actor, card)
    check_unchanged(card, expected)
    if moment < card.period.self_due_at:
        raise WrongState(
            _("The person may still submit until %(deadline)s. Take the card up after that.")
            % {"deadline": rules.local(card.period.self_due_at)}
        )
    require_reason(reason)
    card.without_self = card.submitted_at is None
    after: dict[str, Any] = {"without_self": card.without_self}
    if not card.without_self:
        restore_copy(card, assessment_of(card, StageKey.SELF, card.person), reason)
        after |= _summary(scoring.refresh(card, StageKey.SELF, moment))
    moved = move_on(card, CardState.SUBMITTED, Act.CARD_SUBMITTED, after=after, reason=reason)
    scoring.refresh(moved, StageKey.EVALUATOR, moment)
    return moved


@business_verb
def return_to_person(
    *, actor: User, moment: datetime, card: Scorecard, expected: int, reason: str
) -> Scorecard:
    """Send a submitted card back to the person with a reason they read. What they edit then is theirs alone."""
    card = lock(card)
    take_step(table.RETURN_TO_PERSON, actor, card)
    check_unchanged(card, expected)
    require_reason(reason)
    scoring.refresh(
        card, StageKey.SELF, moment
    )  # tasks may have changed while the card was with the evaluator
    if card.submitted_at is not None:
        keep_copy(card, assessment_of(card, StageKey.SELF, card.person))
    card.returned_at = moment
    card.return_reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    moved = move_on(card, CardState.RETURNED, Act.CARD_RETURNED, reason_key=card.return_reason_key)
    if StageKey.SELF in card.version.compiled().hears:  # what the person gave is theirs again
        scoring.refresh(moved, StageKey.EVALUATOR, moment)
    return moved


@business_verb
def confirm(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    seen: str,
    shown: str | None = None,
) -> Scorecard:
    """The competent person confirms the result (Đ17.2): complete scores, confirmed tasks, d known.

    `shown` are the points that were on the screen, `seen` the digest of all of it (`evaluation.seen`): tasks and
    people's results change them without a save of the card.
    With an endorsement in the set's stages the card waits for the agency's head; without one it is decided.
    """
    card = lock_to_decide(actor, card)
    take_step(table.CONFIRM, actor, card)
    digest = check_seen(actor, card, expected, seen, moment)
    assert card.evaluator is not None  # the table allows nobody else
    # Made where there is none yet, so only once what was on the screen is known to stand.
    assessment = assessment_of(card, StageKey.EVALUATOR, card.evaluator)
    _require_in_time(card, assessment, moment)
    outcome = scoring.outcome_of(card, StageKey.EVALUATOR)
    _check_shown(outcome, shown)
    _require_collective(card)
    require_complete(card, StageKey.EVALUATOR, outcome)
    _require_tasks_confirmed(card)
    _require_known(card, outcome)
    delegate = delegate_of(actor)
    refuse_each_other(card, card.evaluator, delegate)
    assessment.delegate = delegate
    submit(assessment, moment)
    scoring.store_result(card, StageKey.EVALUATOR, outcome, moment)
    card.evaluated_at = moment
    if needs_endorsement(card):
        return move_on(card, CardState.EVALUATED, Act.CARD_CONFIRMED, after=_summary(outcome, digest))
    return decide(card, outcome, moment, Act.CARD_CONFIRMED, digest)


def _require_in_time(card: Scorecard, assessment: Assessment, moment: datetime) -> None:
    """An evaluation that was confirmed in time and came back may be confirmed again as long as it can be endorsed:
    whoever returns it on a later day makes nobody late (decision 0002)."""
    due_at: datetime | None = card.period.evaluation_due_at
    if assessment.submitted_at is not None:
        due_at = card.period.endorsement_due_at
    if due_at is not None:
        rules.require_before(due_at, moment, _("The evaluation"))


def needs_endorsement(card: Scorecard) -> bool:
    """The set has the stage, and somebody other than the evaluator heads the agency."""
    return has_endorsement(card.version) and card.endorser_id is not None


@business_verb
def endorse(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    seen: str,
    shown: str | None = None,
    comment: str = "",
) -> Scorecard:
    """The head of the agency endorses an evaluation, seen with the points `shown`: the result is decided.

    Everything that held when the evaluator confirmed is asked again: tasks may have been reported and people
    registered since. The endorsement is an assessment of its own, with a comment where its author has one.
    """
    card = lock_to_decide(actor, card)
    rules.require_step(table.ENDORSE, Scope.of(actor), card)
    require_serving(actor, card)
    if card.period.endorsement_due_at is not None:
        rules.require_before(card.period.endorsement_due_at, moment, _("The endorsement"))
    digest = check_seen(actor, card, expected, seen, moment)
    assert card.endorser is not None  # rules.endorse allows nobody else
    outcome = scoring.outcome_of(card, StageKey.EVALUATOR)
    _check_shown(outcome, shown)
    _require_collective(card)
    require_complete(card, StageKey.EVALUATOR, outcome)
    _require_tasks_confirmed(card)
    _require_known(card, outcome)
    refuse_each_other(card, card.endorser)
    endorsement = assessment_of(card, StageKey.ENDORSEMENT, card.endorser)
    write_comments(endorsement, {"comment": comment})
    submit(endorsement, moment)
    return decide(card, outcome, moment, Act.CARD_ENDORSED, digest)


@business_verb
def return_to_evaluator(
    *, actor: User, moment: datetime, card: Scorecard, expected: int, reason: str
) -> Scorecard:
    """The head of the agency does not endorse: the evaluator looks again, with the reason."""
    card = lock(card)
    rules.require_step(table.RETURN_TO_EVALUATOR, Scope.of(actor), card)
    require_serving(actor, card)
    check_unchanged(card, expected)
    require_reason(reason)
    reopen_evaluation(card)
    transaction.on_commit(lambda: evaluation_reopened.send_robust(sender=Scorecard, card=card.pk))
    return move_on(card, CardState.SUBMITTED, Act.CARD_RETURNED, reason=reason)


def reopen_evaluation(card: Scorecard) -> None:
    """An evaluation that waited for its endorsement is its evaluator's again; the caller moves the card."""
    assert card.evaluator is not None  # nothing is evaluated without
    take_back(assessment_of(card, StageKey.EVALUATOR, card.evaluator))
    card.evaluated_at = None


@business_verb
def notify(*, actor: User, moment: datetime, card: Scorecard) -> Scorecard:
    """Notify the person of the confirmed result: dated, it opens the right to appeal (Đ17.3, Đ22)."""
    card = lock(card)
    take_step(table.NOTIFY, actor, card)
    card.notified_at = moment
    return move_on(card, CardState.NOTIFIED, Act.CARD_NOTIFIED)


@business_verb
def accept_new_basis(
    *, actor: User, moment: datetime, card: Scorecard, expected: int, seen: str
) -> Scorecard:
    """Confirm a leader's result again with the d proposed since; it must be notified again (rules.md §4)."""
    card = lock_to_decide(actor, card)
    take_step(table.ACCEPT_NEW_BASIS, actor, card)
    digest = check_seen(actor, card, expected, seen, moment)
    if card.basis_changed_at is None:
        raise WrongState(_("The basis of this result has not changed."))
    known = [code for code, text in card.proposed_basis.items() if text != basis.PENDING]
    if sentence := unit_waited_for(card, known):
        raise WrongState(sentence)
    if basis.PENDING in card.proposed_basis.values():
        raise WrongState(
            _("A result of the people this leader manages is open again. Wait until it is confirmed.")
        )
    card.notified_at = None
    former = take_over(card, _("What was decided is taken over with its new basis."))
    outcome = scoring.outcome_of(card, StageKey.EVALUATOR, proposed=True)
    _require_known(card, outcome)
    require_band(card, outcome, scoring.stage_scores(card, StageKey.EVALUATOR))
    assert card.evaluator is not None  # rules.evaluate allows nobody else
    delegate = delegate_of(actor)
    refuse_each_other(card, card.evaluator, delegate)
    assessment = assessment_of(card, StageKey.EVALUATOR, card.evaluator)
    if assessment.delegate != delegate:
        assessment.delegate = delegate
        save_tracked(assessment)
    scoring.store_result(card, StageKey.EVALUATOR, outcome, moment)
    card.evaluated_at = moment
    card.proposed_basis = {}
    card.basis_changed_at = None
    decided = decide(card, outcome, moment, Act.CARD_CONFIRMED, digest)
    if former is not None:
        basis.follow_naming(card.period_id, [former.pk, card.evaluator.pk], moment)
    return decided


def decide(card: Scorecard, outcome: Outcome, moment: datetime, act: Act, digest: str) -> Scorecard:
    card.confirmed_at = moment
    card.result_final_at = moment
    card.confirmed_basis = basis.basis_of(card.version.compiled(), outcome)
    decided = move_on(card, CardState.CONFIRMED, act, after=_summary(outcome, digest))
    basis.propose_to_leaders(decided, moment)
    return decided


def move_on(
    card: Scorecard,
    state: CardState,
    act: Act,
    *,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    reason_key: Any = None,
) -> Scorecard:
    """Change the state with history and the ledger's entry; the save number counts it too."""
    before = card.state
    card.state = state
    card.version_number += 1
    reason_key = reason_key or texts.keep(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    save_tracked(card, reason_key=reason_key)
    ledger.record(
        act,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        before={"state": before},
        after={"state": state, **(after or {})},
        reason_key=reason_key,
    )
    return card


def _summary(outcome: Outcome, digest: str = "") -> dict[str, Any]:
    """`digest`: of what was on the screen when it was decided."""
    return ({"seen": digest} if digest else {}) | scoring.summary(outcome)


def _check_shown(outcome: Outcome, shown: str | None) -> None:
    now = outcome.shown if outcome.total is not None else ""
    if shown is not None and shown != now:
        raise Stale(
            _("The result changed after you opened it. Look at it again before you go on."),
            mine={str(_("Points you saw")): shown},
            theirs={str(_("Points now")): now},
        )


def require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(
            _("Give a reason that the other person can read."), problems={"reason": [_("Give a reason.")]}
        )


def missing_entries(card: Scorecard, stage: StageKey, outcome: Outcome) -> list[CompiledCriterion]:
    """Criteria that this stage scores and that have no value yet."""
    compiled = card.version.compiled()
    criteria = [criterion_of(compiled, key) for key in outcome.missing]
    return [criterion for criterion in criteria if card.is_scored(criterion, stage)]


def require_complete(card: Scorecard, stage: StageKey, outcome: Outcome, seat: str = "") -> None:
    missing = missing_entries(card, stage, outcome)
    problems = {criterion.key: [_("Give this criterion a score.")] for criterion in missing}
    scores = scoring.stage_scores(card, stage, seat)
    for key in _without_grounds(card, scores):
        problems.setdefault(key, [_("State the grounds for this choice.")])
    if problems:
        raise Invalid(
            _("%(count)s criteria are not complete yet. Complete them and try again.")
            % {"count": len(problems)},
            problems=problems,
        )
    if outcome.unsaid:
        raise WrongState(_unsaid(card, outcome))
    if stage == StageKey.EVALUATOR:
        _require_points(card, outcome)
        require_band(card, outcome, scores)


def _require_points(card: Scorecard, outcome: Outcome) -> None:
    """Nothing is decided without points because nobody at the stage may give them. Such a set is not issued; this asks
    again of whatever was frozen."""
    if outcome.missing:
        compiled = card.version.compiled()
        codes = ", ".join(criterion_of(compiled, key).code for key in outcome.missing)
        raise WrongState(
            _(
                "The result has no points, for these criteria are scored at another stage than the competent person's: "
                "%(criteria)s. Tell whoever keeps the criteria set %(version)s."
            )
            % {"criteria": codes, "version": card.version}
        )


def _unsaid(card: Scorecard, outcome: Outcome) -> str:
    """Whose points are missing, and what to do: the person's card may be returned, a collective's is waited for."""
    compiled = card.version.compiled()
    missing = {rater.stage for rater in compiled.raters if rater.key not in outcome.raters}
    sentence = _(
        "The result also counts the points of: %(raters)s. They are not sent yet, so it has no total. Wait until "
        "they are."
    )
    if StageKey.SELF in missing:
        sentence = _(
            "The result also counts the points of: %(raters)s. There are none, so it has no total. Return the card "
            "to the person: it can still be sent until the evaluation is due."
        )
    return sentence % {"raters": ", ".join(outcome.unsaid)}


def _require_collective(card: Scorecard) -> None:
    """A collective that the set does not let be left out has sent its scores, of every seat, whatever their weight."""
    compiled = card.version.compiled()
    stage = next((each for each in compiled.stages if each.key == StageKey.COLLECTIVE), None)
    if stage is None or stage.optional or is_left_out(card):
        return
    sent = Assessment.objects.that_count().filter(
        card=card, stage=StageKey.COLLECTIVE, state=AssessmentState.SUBMITTED
    )
    if sent.count() < max(1, len(compiled.seats(stage.key))):
        if stage.who == DIRECT_HEAD:
            assert card.secretary is not None  # or the stage is left out
            raise WrongState(
                _(
                    "“%(stage)s” has not sent its scores yet: %(name)s enters them. Where this person is absent, your "
                    "personnel office may name somebody else by a decision."
                )
                % {"stage": stage.label, "name": card.secretary.full_name}
            )
        raise WrongState(
            _(
                "“%(stage)s” has not sent its scores yet. Where nobody is named to enter them, tell your personnel "
                "office."
            )
            % {"stage": stage.label}
        )


def _without_grounds(card: Scorecard, scores: Iterable[Score]) -> list[str]:
    """Choices whose option asks for grounds and has none, and what did not arise without any."""
    compiled = card.version.compiled()
    return [
        score.criterion.key
        for score in scores
        if score.choice
        and not score.grounds
        and grounds_required(criterion_of(compiled, score.criterion.key), score.choice)
    ]


def grounds_required(criterion: CompiledCriterion, value: str) -> bool:
    """Does choosing this option, or saying that it did not arise, ask for grounds?"""
    return value == NOT_ARISEN or any(
        option.value is not None and decimal_text(option.value) == value and option.grounds_required
        for option in criterion.options
    )


def _require_known(card: Scorecard, outcome: Outcome) -> None:
    """Leaders are decided after their people (rules.md §4), whoever counts their unit's result after that is known, and
    nobody by tasks that do not say enough.
    """
    compiled = card.version.compiled()
    of_tasks = insufficient_tasks(compiled.criterion_by_code(code) for code in outcome.pending)
    if sentence := of_tasks or unit_waited_for(card, outcome.values):
        raise WrongState(sentence)
    if outcome.pending:
        raise WrongState(
            _(
                "The results of people this leader manages are not all confirmed yet (d is pending). "
                "Confirm theirs first."
            )
        )


def _require_tasks_confirmed(card: Scorecard) -> None:
    waiting = Task.objects.filter(
        period_id=card.period_id, person_id=card.person_id, state__in=(TaskState.REPORTED, TaskState.PROPOSED)
    ).count()
    if waiting and card.state == CardState.EVALUATED:
        raise WrongState(
            _(
                "%(count)s tasks were reported or proposed after the evaluation. Return it, so that the evaluator "
                "decides on them."
            )
            % {"count": waiting}
        )
    if waiting:
        raise WrongState(
            _(
                "%(count)s reported or proposed tasks wait for your decision. Decide on them before you confirm."
            )
            % {"count": waiting}
        )
