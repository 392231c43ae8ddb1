"""Name who decides a reopened card anew, or endorses it, by a dated decision: whoever the card names has left or is
away (Đ21.3).

A decided card follows no register, so that whoever decided stays named. Its new decision need not wait for them:
the personnel office names another one for it. The decision and the endorsement that stand keep their authors, on
screen and on paper (`Scorecard.decided_by`, `Assessment.that_count`), until the one named now decides or endorses anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import AssessmentState, EvaluatorBasis, Relation, ReopeningState, StageKey
from kpi_cms.evaluation.models import Assessment, Reopening, Scorecard
from kpi_cms.foundation.access.rules import Rule
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState
from snippets.models import Appointment, Person

from . import locks, stages
from .agreeing import check_unchanged
from .evaluators import Organisation
from .reopening import facts_of, locked_reopening, record, require, standing_keyhole
from .seats import sitting
from .separation import deciders_about, refuse_each_other

LONGEST = 80


@dataclass(frozen=True)
class NamingDecision:
    """By which decision somebody is named: its number and day."""

    number: str
    on: date

    def told(self) -> dict[str, str]:
        return {"decision": self.number.strip(), "on": self.on.isoformat()}


@business_verb
@beyond_the_wall("whoever names who decides a reopened card anew writes nothing else on it")
def name_evaluator(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    evaluator: Person,
    decision: NamingDecision,
    reason: str,
) -> Scorecard:
    """Let somebody else decide anew what is reopened on a card; its result, scores and signature stay until then.

    Never whoever names them, nobody who has another part in the card, and nobody whose own result in the period is the
    person's to decide. A proposal that waits for the head of the agency is withdrawn: it was somebody else's, and
    would not be the result any more. What was on other screens is stale. Raises Invalid with a sentence at
    `evaluator`, `number`, `on`, `reason`; NotFound, Refused, Stale, WrongState.
    """
    card, keyhole = _reopened(table.NAME_EVALUATOR, actor, moment, card, expected, evaluator)
    if keyhole is None:
        raise WrongState(_("No approved reopening of this card is open now. Ask for one, with a reason."))
    problems = _problems(moment, decision, reason)
    if sentence := _not_to_decide(actor, card, keyhole, evaluator, timezone.localdate(moment)):
        problems["evaluator"] = [sentence]
    _refuse(problems)
    refuse_each_other(card, evaluator)
    before = {"evaluator": _code(card.evaluator), "state": keyhole.state}
    former = card.decider
    assert former is not None  # a decided card was evaluated by somebody
    card.decided_by = former if former != evaluator else None
    card.evaluator, card.evaluator_basis = evaluator, EvaluatorBasis.DECISION
    named = decision.told()
    card.evaluator_details = {**named, "since": timezone.localdate(moment).isoformat()}
    keyhole.naming = None
    if card.decided_by is not None:
        card.evaluator_details["former"] = former.pk
        keyhole.naming = {**named, "evaluator": evaluator.pk, "former": former.pk}
    keyhole.state, keyhole.proposal = ReopeningState.APPROVED, None
    after = {"evaluator": evaluator.staff_code, **named}
    _name(Act.EVALUATOR_NAMED, card, keyhole, before, after, reason)
    return card


@business_verb
@beyond_the_wall("whoever names the endorser of a new decision writes nothing else on the card")
def name_endorser(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    endorser: Person,
    decision: NamingDecision,
    reason: str,
) -> Scorecard:
    """Let somebody else endorse, or return, what is decided anew on a reopened card.

    Never whoever names them, nobody who has another part in the card, and nobody whose own result in the period is the
    evaluator's or the person's to decide. What was on other screens is stale. Raises Invalid with a sentence at
    `endorser`, `number`, `on`, `reason`; NotFound, Refused, Stale, WrongState.
    """
    card, keyhole = _reopened(table.NAME_ENDORSER, actor, moment, card, expected, endorser)
    if keyhole is None or not stages.needs_endorsement(card):
        raise WrongState(
            _("No new decision of this card is to be endorsed now. Ask for a reopening first, with a reason.")
        )
    problems = _problems(moment, decision, reason)
    if sentence := _not_to_endorse(actor, card, keyhole, endorser, timezone.localdate(moment)):
        problems["endorser"] = [sentence]
    _refuse(problems)
    refuse_each_other(card, endorser)
    before = {"endorser": _code(card.endorser)}
    card.endorser = endorser
    after = {"endorser": endorser.staff_code, **decision.told()}
    _name(Act.ENDORSER_NAMED, card, keyhole, before, after, reason)
    return card


# --- By the registers -----------------------------------------------------------------------------------------
def competent_today(card: Scorecard, day: date) -> Person | None:
    """Who evaluates the card's person by the registers, an acting head included, where the card names somebody else."""
    seconded = Appointment.objects.on(card.period.ends_on).filter(
        seconded=True, person_id=card.person_id, unit_id=card.unit_id
    )
    found = Organisation(day).evaluator_of(
        person_id=card.person_id,
        unit=card.unit,
        role=card.role,
        seconded=seconded.exists(),
        who=card.version.compiled().who(StageKey.EVALUATOR),
    )
    return _other_than(card.evaluator_id, found.person_id)


def head_today(card: Scorecard, day: date) -> Person | None:
    """Who heads the card's agency by the registers, an acting head included, where the card names somebody else."""
    found = Organisation(day).endorser_of(
        card.agency, person_id=card.person_id, evaluator_id=card.evaluator_id
    )
    return _other_than(card.endorser_id, found)


def _other_than(named: int | None, found: int | None) -> Person | None:
    return None if found is None or found == named else Person.objects.filter(pk=found).first()


# --- The card and its reopening -------------------------------------------------------------------------------
def _reopened(
    rule: Rule, actor: User, moment: datetime, card: Scorecard, expected: int, named: Person
) -> tuple[Scorecard, Reopening | None]:
    """Both locked, once it is asked who may; no reopening where none stands."""
    locks.share_period(card.period_id)
    locks.hold_pairs(card.period_id, card.person_id, (named.pk,))
    card = stages.lock(card)
    require(rule, actor, card)
    if card.decided_by is not None and card.decided_by.user_id == actor.pk:
        raise Refused(rule.forbidden[Relation.EVALUATOR])
    check_unchanged(card, expected)
    keyhole = standing_keyhole(card, moment)
    return card, locked_reopening(keyhole.pk) if keyhole is not None else None


def _name(
    act: Act,
    card: Scorecard,
    keyhole: Reopening,
    before: dict[str, str],
    after: dict[str, str],
    reason: str,
) -> None:
    card.version_number += 1
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    save_tracked(card, reason_key=reason_key)
    if act == Act.EVALUATOR_NAMED:
        save_tracked(keyhole, reason_key=reason_key)
    after = {**facts_of(card, keyhole), **after}
    record(act, keyhole, card, before=before, after=after, reason_key=reason_key)


def _code(person: Person | None) -> str:
    assert person is not None  # of a decided card that is endorsed both are named
    return person.staff_code


# --- Checks ---------------------------------------------------------------------------------------------------
def _problems(moment: datetime, decision: NamingDecision, reason: str) -> dict[str, list[str]]:
    problems = {
        field: [_("Fill this in.")]
        for field, text in (("number", decision.number), ("reason", reason))
        if not text.strip()
    }
    if len(decision.number.strip()) > LONGEST:
        problems["number"] = [_("Write at most %(most)s characters.") % {"most": LONGEST}]
    if decision.on > timezone.localdate(moment):
        problems["on"] = [_("The day of a decision is not in the future.")]
    return problems


def _refuse(problems: dict[str, list[str]]) -> None:
    if problems:
        raise Invalid(_("Say who is named, by which decision and why."), problems=problems)


def _not_to_decide(actor: User, card: Scorecard, keyhole: Reopening, evaluator: Person, day: date) -> str:
    """Why this person does not decide the card anew; "" where nothing speaks against it."""
    if evaluator.user_id == actor.pk:
        return _("Nobody names themselves to decide. Ask somebody else who may name.")
    endorsed = Assessment.objects.filter(
        card=card, stage=StageKey.ENDORSEMENT, state=AssessmentState.SUBMITTED
    )
    others = {card.endorser_id, *endorsed.values_list("rater", flat=True)}
    if sentence := _not_free(card, keyhole, evaluator, day, card.evaluator_id, others):
        return sentence
    if card.person_id in deciders_about(card.period_id, evaluator):
        return _(
            "The person of this card decides about this person's own result in this period. Choose somebody else."
        )
    return ""


def _not_to_endorse(actor: User, card: Scorecard, keyhole: Reopening, endorser: Person, day: date) -> str:
    """Why this person does not endorse the card's new decision; "" where nothing speaks against it."""
    if endorser.user_id == actor.pk:
        return _("Nobody names themselves to endorse. Ask somebody else who may name.")
    # Whoever scores or decides, and whoever did so in the evaluator's place, for the new decision too.
    in_place = Assessment.objects.filter(card=card, stage=StageKey.EVALUATOR, delegate__isnull=False)
    proposed_by = keyhole.proposal["delegate"] if keyhole.proposal is not None else None
    evaluators = {card.evaluator_id, card.decider_id}
    others = {*evaluators, proposed_by, *in_place.values_list("delegate", flat=True)}
    if sentence := _not_free(card, keyhole, endorser, day, card.endorser_id, others):
        return sentence
    if deciders_about(card.period_id, endorser) & {card.person_id, *evaluators}:
        return _(
            "The evaluator or the person of this card decides about this person's own result in this period. Choose "
            "somebody else."
        )
    return ""


def _not_free(
    card: Scorecard,
    keyhole: Reopening,
    person: Person,
    day: date,
    now: int | None,
    others: Collection[int | None],
) -> str:
    """They sign in, are not named already (`now`), and have no other part: of the person, of a collective, of the
    `others` who decide, or of whoever approved the reopening."""
    if person.account_on(day) is None:
        return _("This person has no account in use. Choose somebody who signs in.")
    if person.pk == now:
        return _("The card names this person already.")
    speak = {card.secretary_id, *(said.rater_id for said in sitting(card).values())}
    if person.pk in {card.person_id, *speak, *others} or person.user_id == keyhole.answered_by:
        return _("This person has another part in the card or in its reopening. Choose somebody else.")
    return ""
