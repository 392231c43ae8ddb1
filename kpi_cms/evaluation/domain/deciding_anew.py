"""A reopened result is decided anew (Đ21.3): by the evaluator alone, or endorsed anew where it was endorsed.

The evaluator scores the reopened criteria, and no other, in one act and before the end. Somebody named instead of
whoever decided (`naming_anew`) takes the other scores over as they were decided. Where the head of the agency
endorses, this act only proposes: what would be decided is tried and taken back, the reopening keeps it, and the card
keeps its former result everywhere. The head endorses it in one act, or returns it with a reason.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import AssessmentState, CardState, ReopeningState, StageKey
from kpi_cms.evaluation.models import Assessment, Reopening, Scorecard
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.engine import Outcome
from snippets.enums import PeriodState

from . import basis, proposed_decision, scoring, stages
from .acting import delegate_of
from .agreeing import check_seen, check_unchanged
from .proposed_decision import Decision
from .reopening import decided_on, facts_of, locked_reopening, open_keyhole, record, require, waiting_proposal
from .saving import (
    Entry,
    assessment_of,
    count_save,
    save_stage,
    submit,
    take_back,
    take_over,
    write_comments,
)
from .separation import refuse_each_other


@business_verb
def decide_anew(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    entries: Mapping[str, Entry],
    reason: str,
    seen: str,
    comments: Mapping[str, str] | None = None,
) -> Scorecard:
    """The evaluator scores the reopened criteria, and no other, and decides: one act, before the reopening ends.

    The new result has to be notified; where the period is closed, it is notified with the decision itself. Where the
    head of the agency endorses, the card is returned as it stands decided, and the new decision waits for the head.
    Raises Invalid with the sentence at each criterion, Stale, WrongState, Refused.
    """
    card = stages.lock_to_decide(actor, card)
    require(table.DECIDE_ANEW, actor, card)
    opened = _open(card, moment)
    digest = check_seen(actor, card, expected, seen, moment)
    locked = sorted(set(entries) - set(opened.criteria))
    if locked:
        sentence = _("This criterion is not reopened and stays as it was decided.")
        raise Invalid(
            _("Only the reopened criteria can be decided anew. Nothing was saved."),
            problems={key: [sentence] for key in locked},
        )
    if not reason.strip():
        raise Invalid(_("Give the reason."), problems={"reason": [_("Give the reason for the change.")]})
    assert card.evaluator is not None  # the table allows nobody else
    decision = Decision(card.evaluator, delegate_of(actor), moment, entries, comments or {}, reason)
    if stages.needs_endorsement(card):
        return _propose(card, opened, decision, moment, digest)
    return _decide(card, opened, _apply(card, decision, moment), moment, digest)


@business_verb
def endorse_anew(
    *, actor: User, moment: datetime, card: Scorecard, expected: int, seen: str, comment: str = ""
) -> Scorecard:
    """The head of the agency endorses what the evaluator proposes: it is applied and decided, in one act.

    Everything that held when it was proposed is asked again. The scores stay the evaluator's, whose assessment they
    are written to; history names the head, whose act it is. Raises Stale, WrongState, Refused.
    """
    card = stages.lock_to_decide(actor, card)
    require(table.ENDORSE_ANEW, actor, card)
    waits = _waiting(card, moment)
    digest = check_seen(actor, card, expected, seen, moment)
    assert card.endorser is not None  # the table allows nobody else
    assert waits.proposal is not None  # the database keeps it for as long as it waits
    decision = proposed_decision.decision_of(waits.proposal)
    if decision.rater != card.evaluator:
        raise _not_as_proposed()
    refuse_each_other(card, card.endorser)
    outcome = _apply(card, decision, moment)
    if proposed_decision.told(decided_on(card, waits.criteria)) != waits.proposal["after"]:
        raise _not_as_proposed()
    _replace_endorsement(card)
    endorsement = assessment_of(card, StageKey.ENDORSEMENT, card.endorser)
    write_comments(endorsement, {"comment": comment})
    submit(endorsement, moment)
    return _decide(card, waits, outcome, moment, digest)


@business_verb
def return_anew(*, actor: User, moment: datetime, card: Scorecard, expected: int, reason: str) -> Scorecard:
    """The head of the agency does not endorse: nothing of the proposal applies, and the evaluator may propose again.

    The reopening ends when it would have ended. What was proposed stays in its history.
    """
    card = stages.lock_to_decide(actor, card)
    require(table.RETURN_ANEW, actor, card)
    waits = _waiting(card, moment)
    check_unchanged(card, expected)
    stages.require_reason(reason)
    key = texts.keep_required(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    waits.state, waits.proposal, waits.return_reason_key = ReopeningState.APPROVED, None, key
    save_tracked(waits, reason_key=key)
    count_save(card)
    record(Act.REOPENING_RETURNED, waits, card, after=facts_of(card, waits), reason_key=key)
    return card


# --- The reopening --------------------------------------------------------------------------------------------
def _open(card: Scorecard, moment: datetime) -> Reopening:
    opened = open_keyhole(card, moment)
    if opened is not None:
        return locked_reopening(opened.pk)
    if waiting_proposal(card, moment) is not None:
        raise WrongState(
            _(
                "The new decision waits for the head of the agency. You can change it once the head has returned it."
            )
        )
    raise WrongState(_("No approved reopening of this card is open now. Ask for one, with a reason."))


def _waiting(card: Scorecard, moment: datetime) -> Reopening:
    waits = waiting_proposal(card, moment)
    if waits is None:
        raise WrongState(_("No new decision of this card waits for an endorsement now."))
    return locked_reopening(waits.pk)


def _replace_endorsement(card: Scorecard) -> None:
    """Of another one, who endorsed the former decision: it stands no more, and its row and history stay."""
    former = Assessment.objects.filter(
        card=card, stage=StageKey.ENDORSEMENT, state=AssessmentState.SUBMITTED
    ).exclude(rater=card.endorser_id)
    for each in former:
        take_back(each)


def _not_as_proposed() -> WrongState:
    """The evaluator was named anew, or accepted another basis, since."""
    return WrongState(
        _("The result would be another one now than was proposed. Return it, so that it is proposed again.")
    )


# --- The decision -----------------------------------------------------------------------------------------------
def _apply(card: Scorecard, decision: Decision, moment: datetime) -> Outcome:
    """Write the decision to the evaluator's stage and store its result; the card itself is not saved yet."""
    refuse_each_other(card, decision.rater, decision.delegate)
    take_over(card, decision.reason)
    saved = save_stage(
        card, StageKey.EVALUATOR, decision.rater, card.version_number, decision.entries, decision.comments,
        decision.reason, moment,
    )  # fmt: skip
    if not saved.changed:
        raise Invalid(_("Nothing differs from the decision. Change a score, or leave it as it was decided."))
    outcome = scoring.outcome_of(card, StageKey.EVALUATOR)
    stages.require_complete(card, StageKey.EVALUATOR, outcome)
    assessment = assessment_of(card, StageKey.EVALUATOR, decision.rater)
    assessment.delegate = decision.delegate
    submit(assessment, decision.at)
    scoring.store_result(card, StageKey.EVALUATOR, outcome, moment)
    card.evaluated_at, card.notified_at = decision.at, None
    return outcome


def _decide(card: Scorecard, opened: Reopening, outcome: Outcome, moment: datetime, digest: str) -> Scorecard:
    """What was applied is the result now, and the reopening is used."""
    decided = stages.decide(card, outcome, moment, Act.CARD_DECIDED_ANEW, digest)
    opened.state, opened.decided_at, opened.proposal = ReopeningState.USED, moment, None
    opened.after = decided_on(card, opened.criteria)
    save_tracked(opened, reason_key=opened.reason_key)
    if opened.naming is not None:
        basis.follow_naming(card.period_id, [opened.naming["former"], opened.naming["evaluator"]], moment)
    if card.period.state == PeriodState.CLOSED:
        decided.notified_at = moment
        return stages.move_on(decided, CardState.NOTIFIED, Act.CARD_NOTIFIED)
    return decided


def _propose(
    card: Scorecard, opened: Reopening, decision: Decision, moment: datetime, digest: str
) -> Scorecard:
    """Keep the decision for the head of the agency. The save number counts it: what was on other screens is stale."""
    opened.proposal = proposed_decision.kept(card, decision, _tried(card, opened, decision, moment))
    opened.state, opened.return_reason_key = ReopeningState.PROPOSED, None
    reason_key = uuid.UUID(opened.proposal["reason"])
    save_tracked(opened, reason_key=reason_key)
    count_save(card)
    facts = {**facts_of(card, opened), "seen": digest}
    record(Act.REOPENING_PROPOSED, opened, card, after=facts, reason_key=reason_key)
    return card


def _tried(card: Scorecard, opened: Reopening, decision: Decision, moment: datetime) -> dict[str, Any]:
    """What the decision would give: it is applied to the rows, read, and taken back, so that nothing waits that cannot
    be applied. Raises what applying raises."""
    with transaction.atomic():
        trial = Scorecard.objects.with_context().get(pk=card.pk)
        _apply(trial, decision, moment)
        after = decided_on(trial, opened.criteria)
        transaction.set_rollback(True)
    return after
