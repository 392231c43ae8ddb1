"""A decided result is replaced by a new decision, through a keyhole (Đ21.3): everything else on the card stays locked.

The evaluator, or the personnel office, asks: which criteria, why, until when. Somebody else approves: policy staff,
who is neither the asker, nor the person, nor anybody who decides about them or about whom they decide in the period.
Then the evaluator decides anew, in one act, on these criteria alone and before the end. The card never leaves its
decided state, so that no other verb finds it open; what was decided before stays in `before` and in history.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import CardState, ReopeningState, StageKey
from kpi_cms.evaluation.models import CardResult, Reopening, Scorecard
from kpi_cms.foundation.access.rules import Rule, in_state
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from snippets.enums import PeriodState
from snippets.models import Person

from . import locks, scoring, stages
from .acting import delegate_of, in_place_of_the_absent
from .agreeing import check_seen, check_unchanged
from .saving import Entry, assessment_of, save_stage, submit, written
from .separation import refuse_each_other

LONGEST = timedelta(days=14)
UNFINISHED = (ReopeningState.ASKED, ReopeningState.APPROVED)


@business_verb
def ask_reopening(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    criteria: Sequence[str],
    until: datetime,
    reason: str,
) -> Reopening:
    """Ask that a decided card may be decided anew on some criteria. Raises Invalid, Refused, WrongState, Stale."""
    card = _locked(card.pk)
    _require(table.ASK_REOPENING, actor, card)
    check_unchanged(card, expected)
    if stages.needs_endorsement(card):
        raise WrongState(
            _(
                "The head of the agency endorsed this result. It is decided anew by an appeal, not by reopening it."
            )
        )
    _require_no_other(card, moment)
    problems = _problems(card, criteria, until, moment, reason)
    if problems:
        raise Invalid(_("The reopening cannot be asked for like this."), problems=problems)
    reason_key = texts.keep_required(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    asked = Reopening(
        card=card, period_id=card.period_id, unit_id=card.unit_id, person_id=card.person_id,
        criteria=list(dict.fromkeys(criteria)), reason_key=reason_key, asked_by=actor.pk, asked_at=moment,
        expires_at=until,
    )  # fmt: skip
    save_tracked(asked, reason_key=reason_key)
    _record(Act.REOPENING_ASKED, asked, card, after={**_facts(card, asked), "until": until.isoformat()})
    return asked


@business_verb
@beyond_the_wall("whoever approves a reopening reads the request, and not the card")
def answer_reopening(
    *, actor: User, moment: datetime, reopening: Reopening, approved: bool, reason: str = ""
) -> Reopening:
    """A second person approves, or declines with a reason. Until then nothing of the card is open."""
    card = _locked(reopening.card_id)
    asked = _asked(reopening.pk)
    rules.may(table.APPROVE_REOPENING, Scope.of(actor), card).require()
    _refuse_circle(actor, asked, card)
    if asked.state != ReopeningState.ASKED:
        raise WrongState(_("This request was answered already."))
    if moment >= asked.expires_at:
        raise WrongState(_("This request has ended. It can be asked for again."))
    if not in_state(table.APPROVE_REOPENING, card.state):
        raise WrongState(_("This card is not decided now, so there is nothing to reopen."))
    if not approved and not reason.strip():
        raise Invalid(_("Say why it is declined."), problems={"reason": [_("Say why it is declined.")]})
    asked.state = ReopeningState.APPROVED if approved else ReopeningState.DECLINED
    asked.answered_by, asked.answered_at = actor.pk, moment
    asked.before = _decision(card, asked.criteria) if approved else None
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    save_tracked(asked, reason_key=reason_key)
    act = Act.REOPENING_APPROVED if approved else Act.REOPENING_DECLINED
    _record(act, asked, card, after=_facts(card, asked), reason_key=reason_key)
    return asked


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

    The new result has to be notified; where the period is closed, it is notified with the decision itself.
    """
    card = _locked(card.pk)
    _require(table.DECIDE_ANEW, actor, card)
    opened = open_keyhole(card, moment)
    if opened is None:
        raise WrongState(_("No approved reopening of this card is open now. Ask for one, with a reason."))
    opened = _asked(opened.pk)
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
    delegate = delegate_of(actor)
    refuse_each_other(card, card.evaluator, delegate)
    saved = save_stage(
        card, StageKey.EVALUATOR, card.evaluator, card.version_number, entries, comments or {}, reason, moment
    )
    if not saved.changed:
        raise Invalid(_("Nothing differs from the decision. Change a score, or leave it as it was decided."))
    outcome = scoring.outcome_of(card, StageKey.EVALUATOR)
    stages.require_complete(card, StageKey.EVALUATOR, outcome)
    assessment = assessment_of(card, StageKey.EVALUATOR, card.evaluator)
    assessment.delegate = delegate
    submit(assessment, moment)
    scoring.store_result(card, StageKey.EVALUATOR, outcome, moment)
    card.evaluated_at, card.notified_at = moment, None
    decided = stages.decide(card, outcome, moment, Act.CARD_DECIDED_ANEW, digest)
    opened.state, opened.decided_at = ReopeningState.USED, moment
    opened.after = _decision(card, opened.criteria)
    save_tracked(opened, reason_key=opened.reason_key)
    if card.period.state == PeriodState.CLOSED:
        decided.notified_at = moment
        return stages.move_on(decided, CardState.NOTIFIED, Act.CARD_NOTIFIED)
    return decided


def open_keyhole(card: Scorecard, moment: datetime) -> Reopening | None:
    """The approved reopening of a card that has not ended and was not used; None where everything is locked."""
    return Reopening.objects.filter(
        card=card, state=ReopeningState.APPROVED, expires_at__gt=moment, answered_at__lte=moment
    ).first()


# --- Checks -------------------------------------------------------------------------------------------------
def _locked(pk: int) -> Scorecard:
    """The period is shared, open or closed; the card is locked and read again."""
    period_id = Scorecard.objects.filter(pk=pk).values_list("period_id", flat=True).first()
    if period_id is None:
        raise NotFound
    locks.share_period(period_id)
    locked: Scorecard = Scorecard.objects.select_for_update(of=("self",)).with_context().get(pk=pk)
    return locked


def _asked(pk: int) -> Reopening:
    return Reopening.objects.select_for_update().get(pk=pk)


def _require(rule: Rule, actor: User, card: Scorecard) -> None:
    """Who may, on whose behalf, and is the card decided; the period may be closed."""
    scope = Scope.of(actor)
    decision = rules.may(rule, scope, card)
    decision.require()
    in_place_of_the_absent(decision, actor, card.period_id, card.person)
    if not in_state(rule, card.state, rules.relations_of(scope, card)):
        raise WrongState(_("This card is not decided now, so there is nothing to reopen."))


def _require_no_other(card: Scorecard, moment: datetime) -> None:
    if Reopening.objects.filter(card=card, state__in=UNFINISHED, expires_at__gt=moment).exists():
        raise WrongState(_("A reopening of this card is asked for or open already."))


def _problems(
    card: Scorecard, criteria: Sequence[str], until: datetime, moment: datetime, reason: str
) -> dict[str, list[str]]:
    compiled = card.version.compiled()
    scored = {each.key for each in compiled.criteria if each.by_hand and StageKey.EVALUATOR in each.stages}
    problems: dict[str, list[str]] = {}
    if not criteria or not set(criteria) <= scored:
        problems["criteria"] = [
            _("Choose the criteria that the evaluator scores and that are to be decided anew.")
        ]
    if not moment < until <= moment + LONGEST:
        problems["until"] = [_("Choose an end within the next 14 days.")]
    if not reason.strip():
        problems["reason"] = [_("Give the reason.")]
    return problems


def _refuse_circle(actor: User, asked: Reopening, card: Scorecard) -> None:
    """Not the asker, and nobody who decides about the people concerned, or about whom they decide, in the period."""
    if actor.pk == asked.asked_by:
        raise Refused(_("Whoever asks for a reopening does not approve it. Somebody else does."))
    me: Person | None = Person.objects.filter(user=actor).first()
    if me is None:
        return
    concerned = {card.person_id, card.evaluator_id} | set(
        Person.objects.filter(user_id=asked.asked_by).values_list("pk", flat=True)
    )
    above_me = Q(person=me) & (Q(evaluator__in=concerned) | Q(endorser__in=concerned))
    below_me = Q(person__in=concerned) & (Q(evaluator=me) | Q(endorser=me))
    if Scorecard.objects.filter(above_me | below_me, period_id=card.period_id).exists():
        raise Refused(
            _(
                "In this period you decide about these people, or they about you. Somebody outside the circle approves."
            )
        )


# --- What is kept -------------------------------------------------------------------------------------------
def _decision(card: Scorecard, criteria: Sequence[str]) -> dict[str, Any]:
    """The result as decided, and the scores of these criteria, in codes and texts."""
    result = CardResult.objects.get(card=card, stage=StageKey.EVALUATOR)
    given = {score.criterion.key: score for score in scoring.stage_scores(card, StageKey.EVALUATOR)}
    chosen = [each for each in card.version.compiled().criteria if each.key in criteria and each.key in given]
    return {
        "shown": result.shown,
        "band": result.band,
        "confirmed_at": card.confirmed_at.isoformat() if card.confirmed_at else "",
        "scores": {each.code: written(given[each.key]) for each in chosen},
    }


def _facts(card: Scorecard, asked: Reopening) -> dict[str, Any]:
    compiled = card.version.compiled()
    codes = [each.code for each in compiled.criteria if each.key in asked.criteria]
    return {"reopening": str(asked.pk), "state": asked.state, "criteria": codes}


def _record(
    act: Act, asked: Reopening, card: Scorecard, *, after: dict[str, Any], reason_key: Any = None
) -> None:
    ledger.record(
        act,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        after=after,
        reason_key=reason_key or asked.reason_key,
    )
