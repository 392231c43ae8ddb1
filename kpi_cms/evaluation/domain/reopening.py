"""A decided result is replaced by a new decision, through a keyhole (Đ21.3): everything else on the card stays locked.

The evaluator, or the personnel office, asks: which criteria, why, until when. Somebody else approves: policy staff,
who is neither the asker, nor the person, nor anybody who decides about them or about whom they decide in the period.
Then it is decided anew (`deciding_anew`), on these criteria alone and before the end. The card never leaves its
decided state, so that no other verb finds it open; what was decided before stays in `before` and in history.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import ReopeningState, StageKey
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
from snippets.models import Person

from . import locks, scoring
from .acting import in_place_of_the_absent, require_serving
from .agreeing import check_unchanged
from .entries import entered_at
from .saving import written

LONGEST = timedelta(days=14)
UNFINISHED = (ReopeningState.ASKED, ReopeningState.APPROVED, ReopeningState.PROPOSED)


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
    require(table.ASK_REOPENING, actor, card)
    check_unchanged(card, expected)
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
    record(Act.REOPENING_ASKED, asked, card, after={**facts_of(card, asked), "until": until.isoformat()})
    return asked


@business_verb
@beyond_the_wall("whoever approves a reopening reads the request, and not the card")
def answer_reopening(
    *, actor: User, moment: datetime, reopening: Reopening, approved: bool, reason: str = ""
) -> Reopening:
    """A second person approves, or declines with a reason. Until then nothing of the card is open."""
    card = _locked(reopening.card_id)
    asked = locked_reopening(reopening.pk)
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
    asked.before = decided_on(card, asked.criteria) if approved else None
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    save_tracked(asked, reason_key=reason_key)
    act = Act.REOPENING_APPROVED if approved else Act.REOPENING_DECLINED
    record(act, asked, card, after=facts_of(card, asked), reason_key=reason_key)
    return asked


def open_keyhole(card: Scorecard, moment: datetime) -> Reopening | None:
    """The approved reopening of a card that has not ended and was not used; None where everything is locked."""
    return _standing(card, moment, ReopeningState.APPROVED)


def waiting_proposal(card: Scorecard, moment: datetime) -> Reopening | None:
    """The reopening whose new decision waits for the head of the agency and has not ended."""
    return _standing(card, moment, ReopeningState.PROPOSED)


def standing_keyhole(card: Scorecard, moment: datetime) -> Reopening | None:
    """Either of the two: of one card at most one stands."""
    return _standing(card, moment, ReopeningState.APPROVED, ReopeningState.PROPOSED)


def _standing(card: Scorecard, moment: datetime, *states: ReopeningState) -> Reopening | None:
    return Reopening.objects.filter(
        card=card, state__in=states, expires_at__gt=moment, answered_at__lte=moment
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


def locked_reopening(pk: int) -> Reopening:
    """Read again, and locked behind its card."""
    return Reopening.objects.select_for_update().get(pk=pk)


def require(rule: Rule, actor: User, card: Scorecard) -> None:
    """Who may, on whose behalf, and is the card decided; the period may be closed."""
    scope = Scope.of(actor)
    decision = rules.may(rule, scope, card)
    decision.require()
    require_serving(actor, card)
    in_place_of_the_absent(decision, actor, card.period_id, card.person)
    if not in_state(rule, card.state, rules.relations_of(scope, card)):
        raise WrongState(_("This card is not decided now, so there is nothing to reopen."))


def _require_no_other(card: Scorecard, moment: datetime) -> None:
    if Reopening.objects.filter(card=card, state__in=UNFINISHED, expires_at__gt=moment).exists():
        raise WrongState(_("A reopening of this card is asked for or open already."))


def _problems(
    card: Scorecard, criteria: Sequence[str], until: datetime, moment: datetime, reason: str
) -> dict[str, list[str]]:
    scored = {each.key for each in entered_at(card, StageKey.EVALUATOR)}
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
    concerned = {card.person_id, card.evaluator_id, card.decided_by_id, card.endorser_id} | set(
        Person.objects.filter(user_id=asked.asked_by).values_list("pk", flat=True)
    )
    decide = (Q(evaluator__in=concerned), Q(decided_by__in=concerned), Q(endorser__in=concerned))
    above_me = Q(person=me) & (decide[0] | decide[1] | decide[2])
    below_me = Q(person__in=concerned) & (Q(evaluator=me) | Q(decided_by=me) | Q(endorser=me))
    if Scorecard.objects.filter(above_me | below_me, period_id=card.period_id).exists():
        raise Refused(
            _(
                "In this period you decide about these people, or they about you. Somebody outside the circle approves."
            )
        )


# --- What is kept -------------------------------------------------------------------------------------------
def decided_on(card: Scorecard, criteria: Sequence[str]) -> dict[str, Any]:
    """The result as decided, and the scores of these criteria, in codes and texts."""
    result = CardResult.objects.get(card=card, stage=StageKey.EVALUATOR)
    given = {score.criterion.key: score for score in scoring.stage_scores(card, StageKey.EVALUATOR)}
    entered = entered_at(card, StageKey.EVALUATOR)
    chosen = [each for each in entered if each.key in criteria and each.key in given]
    return {
        "shown": result.shown,
        "band": result.band,
        "confirmed_at": card.confirmed_at.isoformat() if card.confirmed_at else "",
        "scores": {each.code: written(given[each.key]) for each in chosen},
    }


def facts_of(card: Scorecard, asked: Reopening) -> dict[str, Any]:
    """What the ledger says of a reopening: codes, and nobody's words."""
    codes = [each.code for each in entered_at(card, StageKey.EVALUATOR) if each.key in asked.criteria]
    return {"reopening": str(asked.pk), "state": asked.state, "criteria": codes}


def record(
    act: Act,
    asked: Reopening,
    card: Scorecard,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
    reason_key: Any = None,
) -> None:
    """An entry about the card, with the reason of the act, else that of the request."""
    ledger.record(
        act,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        before=before,
        after=after,
        reason_key=reason_key or asked.reason_key,
    )
