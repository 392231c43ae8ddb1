"""Name who endorses a new decision, by a dated decision: the head whom the card names has left or is away (Đ21.3).

A decided card follows no register, so that whoever decided stays named. Its new decision need not wait for them:
the personnel office names another one for it. The endorsement that stands keeps its author, on screen and on paper
(`Assessment.that_count`), until the one named now endorses anew.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import StageKey
from kpi_cms.evaluation.models import Assessment, Reopening, Scorecard
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, WrongState
from snippets.models import Person

from . import locks, stages
from .agreeing import check_unchanged
from .evaluators import Organisation
from .reopening import facts_of, locked_reopening, record, require, standing_keyhole
from .separation import deciders_about, refuse_each_other

LONGEST = 80


@dataclass(frozen=True)
class EndorserDecision:
    """By which decision somebody is named: its number and day."""

    number: str
    on: date


@business_verb
@beyond_the_wall("whoever names the endorser of a new decision writes nothing else on the card")
def name_endorser(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    endorser: Person,
    decision: EndorserDecision,
    reason: str,
) -> Scorecard:
    """Let somebody else endorse, or return, what is decided anew on a reopened card.

    Never whoever names them, nobody who has another part in the card, and nobody whose own result in the period is the
    evaluator's or the person's to decide. What was on other screens is stale. Raises Invalid with a sentence at
    `endorser`, `number`, `on`, `reason`; NotFound, Refused, Stale, WrongState.
    """
    locks.share_period(card.period_id)
    locks.hold_pairs(card.period_id, card.person_id, (endorser.pk,))
    card = stages.lock(card)
    require(table.NAME_ENDORSER, actor, card)
    check_unchanged(card, expected)
    keyhole = standing_keyhole(card, moment)
    if keyhole is None or not stages.needs_endorsement(card):
        raise WrongState(
            _("No new decision of this card is to be endorsed now. Ask for a reopening first, with a reason.")
        )
    keyhole = locked_reopening(keyhole.pk)
    if problems := _problems(actor, moment, card, keyhole, endorser, decision, reason):
        raise Invalid(_("Say who is named, by which decision and why."), problems=problems)
    refuse_each_other(card, endorser)
    before = _standing(card)
    card.endorser = endorser
    card.version_number += 1
    reason_key = texts.keep(TextKind.REASON, reason.strip(), person_code=card.person.staff_code)
    save_tracked(card, reason_key=reason_key)
    named = {"decision": decision.number.strip(), "on": decision.on.isoformat()}
    after = {**facts_of(card, keyhole), **_standing(card), **named}
    record(Act.ENDORSER_NAMED, keyhole, card, before=before, after=after, reason_key=reason_key)
    return card


def head_today(card: Scorecard, day: date) -> Person | None:
    """Who heads the card's agency by the registers, an acting head included, where the card names somebody else."""
    found = Organisation(day).endorser_of(
        card.agency, person_id=card.person_id, evaluator_id=card.evaluator_id
    )
    if found is None or found == card.endorser_id:
        return None
    return Person.objects.filter(pk=found).first()


def _problems(
    actor: User,
    moment: datetime,
    card: Scorecard,
    keyhole: Reopening,
    endorser: Person,
    decision: EndorserDecision,
    reason: str,
) -> dict[str, list[str]]:
    problems = {
        field: [_("Fill this in.")]
        for field, text in (("number", decision.number), ("reason", reason))
        if not text.strip()
    }
    if len(decision.number.strip()) > LONGEST:
        problems["number"] = [_("Write at most %(most)s characters.") % {"most": LONGEST}]
    if decision.on > timezone.localdate(moment):
        problems["on"] = [_("The day of a decision is not in the future.")]
    if sentence := _not_to_be_named(actor, card, keyhole, endorser):
        problems["endorser"] = [sentence]
    return problems


def _not_to_be_named(actor: User, card: Scorecard, keyhole: Reopening, endorser: Person) -> str:
    """Why this person does not endorse the card's new decision; "" where nothing speaks against it."""
    if endorser.account_in_use is None:
        return _("This person has no account in use. Choose somebody who signs in.")
    if endorser.pk == card.endorser_id:
        return _("The card names this person already.")
    if endorser.user_id == actor.pk:
        return _("Nobody names themselves to endorse. Ask somebody else who may name.")
    if endorser.pk in _taking_part(card, keyhole) or endorser.user_id == keyhole.answered_by:
        return _("This person has another part in the card or in its reopening. Choose somebody else.")
    if deciders_about(card.period_id, endorser) & {card.person_id, card.evaluator_id}:
        return _(
            "The evaluator or the person of this card decides about this person's own result in this period. Choose "
            "somebody else."
        )
    return ""


def _taking_part(card: Scorecard, keyhole: Reopening) -> set[int | None]:
    """The person, whoever scores or decides, and whoever did so in the evaluator's place, for the new decision too."""
    in_place = Assessment.objects.filter(card=card, stage=StageKey.EVALUATOR, delegate__isnull=False)
    proposed_by = keyhole.proposal["delegate"] if keyhole.proposal is not None else None
    return {
        card.person_id, card.evaluator_id, card.secretary_id, proposed_by,
        *in_place.values_list("delegate", flat=True),
    }  # fmt: skip


def _standing(card: Scorecard) -> dict[str, str | None]:
    return {"endorser": card.endorser.staff_code if card.endorser is not None else None}
