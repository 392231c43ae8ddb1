"""A stage of a group or collective: named by a dated decision, its scores entered by one of its people and sent.

The card names who enters them, as it names who evaluates. What is entered is the collective's, not that person's: one
assessment, which counts with the weight that the set gives it, once it is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import UNDECIDED, StageKey
from kpi_cms.evaluation.models import CardResult, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, Refused, WrongState
from snippets.models import Period, Person, Unit

from . import locks, scoring
from .agreeing import check_unchanged
from .planning import has_collective
from .saving import Entry, Saved, assessment_of, count_save, save_stage, submit
from .separation import deciders_about, weighs_a_collective
from .stages import lock, require_complete


@dataclass(frozen=True)
class Decision:
    """By which decision a collective is named: its name, the decision's number and day."""

    name: str
    number: str
    on: date


# --- Naming -----------------------------------------------------------------------------------------------------
@business_verb
@beyond_the_wall("whoever keeps the people has a collective named and reads no card")
def name_collective(
    *,
    actor: User,
    moment: datetime,
    period: Period,
    unit: Unit,
    secretary: Person,
    decision: Decision,
    reason: str,
) -> list[Scorecard]:
    """Name who enters a collective's scores on the undecided cards at and below a unit whose set has the stage.

    Cards that this person is scored, evaluates or endorses on are left as they are, and where the set weighs what the
    collective gives, those of people who decide about this person (T02): somebody else is named for them.
    What an earlier one entered stays readable and counts no more. Raises Invalid, NotFound, Refused, WrongState.
    """
    scope = Scope.of(actor)
    rules.may_in_unit(table.NAME_COLLECTIVE, scope, unit).require()
    if secretary.user_id == actor.pk:
        raise Refused(
            _("Nobody names themselves to score for a collective. Ask somebody else who may name it.")
        )
    problems = {
        field: [_("Fill this in.")]
        for field, text in (("name", decision.name), ("number", decision.number), ("reason", reason))
        if not text.strip()
    }
    if decision.on > timezone.localdate(moment):
        problems["on"] = [_("The day of a decision is not in the future.")]
    if secretary.user is None or not secretary.user.is_active or secretary.left_on is not None:
        problems["secretary"] = [_("This person has no account in use. Choose somebody who signs in.")]
    if problems:
        raise Invalid(_("Say who is named, by which decision and why."), problems=problems)
    locks.share_period(period.pk)
    above = deciders_about(period.pk, secretary)
    cards = [
        card
        for card in Scorecard.objects.select_for_update(of=("self",))
        .with_context()
        .filter(period=period, unit__path__startswith=unit.path, state__in=UNDECIDED)
        .order_by(*locks.LOCK_ORDER)
        if has_collective(card.version)
        and secretary.pk not in (card.person_id, card.evaluator_id, card.endorser_id)
        and actor.pk != card.person.user_id
        and not (card.person_id in above and weighs_a_collective(card))
    ]
    if not cards:
        raise WrongState(
            _("No undecided card here has this stage, or this person is named on each of them already.")
        )
    for card in cards:
        rules.require_step(table.NAME_COLLECTIVE, scope, card)
        _name(card, secretary, decision, moment, reason.strip())
    return cards


def _name(card: Scorecard, secretary: Person, decision: Decision, moment: datetime, reason: str) -> None:
    before = _standing(card)
    card.secretary = secretary
    card.collective = {
        "name": decision.name.strip(), "decision": decision.number.strip(), "on": decision.on.isoformat()
    }  # fmt: skip
    card.version_number += 1
    reason_key = texts.keep(TextKind.REASON, reason, person_code=card.person.staff_code)
    save_tracked(card, reason_key=reason_key)
    ledger.record(
        Act.COLLECTIVE_NAMED,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        before=before,
        after=_standing(card),
        reason_key=reason_key,
    )
    if CardResult.objects.filter(card=card, stage=StageKey.COLLECTIVE).exists():
        scoring.refresh(card, StageKey.COLLECTIVE, moment)  # an earlier one's
    if card.submitted_at is not None:
        _hear(card, moment)


def _standing(card: Scorecard) -> dict[str, str | None]:
    return {
        "secretary": card.secretary.staff_code if card.secretary is not None else None,
        **{f"collective_{name}": text for name, text in card.collective.items()},
    }


# --- Scoring ----------------------------------------------------------------------------------------------------
@business_verb
def save_collective(
    *,
    actor: User,
    moment: datetime,
    card: Scorecard,
    expected: int,
    entries: Mapping[str, Entry],
    comments: Mapping[str, str] | None = None,
    reason: str = "",
) -> Saved:
    """Keep the collective's scores. Incomplete is fine until they are sent; after that a change needs a reason."""
    card = _taken(actor, card, moment)
    assert card.secretary is not None  # the table allows nobody else
    saved = save_stage(
        card, StageKey.COLLECTIVE, card.secretary, expected, entries, comments or {}, reason, moment
    )
    if assessment_of(card, StageKey.COLLECTIVE, card.secretary).submitted_at is not None:
        require_complete(card, StageKey.COLLECTIVE, saved.outcome)
    _hear(card, moment)
    return saved


@business_verb
def send_collective(*, actor: User, moment: datetime, card: Scorecard, expected: int) -> Scorecard:
    """Send them to the competent person, complete: from now on they count."""
    locks.share_period(card.period_id)
    locks.hold_pairs(card.period_id, card.person_id, (card.secretary_id,))
    card = _taken(actor, card, moment)
    check_unchanged(card, expected)
    assert card.secretary is not None  # the table allows nobody else
    outcome = scoring.outcome_of(card, StageKey.COLLECTIVE)
    require_complete(card, StageKey.COLLECTIVE, outcome)
    submit(assessment_of(card, StageKey.COLLECTIVE, card.secretary), moment)
    scoring.store_result(card, StageKey.COLLECTIVE, outcome, moment)
    count_save(card)
    ledger.record(
        Act.SCORE_CHANGED,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        before={"stage": StageKey.COLLECTIVE},
        after={"stage": StageKey.COLLECTIVE, "sent": outcome.shown},
    )
    _hear(card, moment)
    return card


def _hear(card: Scorecard, moment: datetime) -> None:
    """Where the set decides with what the collective gave, the evaluator's result follows it."""
    if StageKey.COLLECTIVE in card.version.compiled().hears:
        scoring.refresh(card, StageKey.EVALUATOR, moment)


def _taken(actor: User, card: Scorecard, moment: datetime) -> Scorecard:
    card = lock(card)
    rules.require_step(table.SAVE_COLLECTIVE, Scope.of(actor), card)
    rules.require_before(card.period.collective_is_due_at, moment, _("The collective's assessment"))
    assert card.secretary is not None  # the table allows nobody else
    if weighs_a_collective(card) and card.person_id in deciders_about(card.period_id, card.secretary):
        raise Refused(
            _(
                "This person decides about your own result in this period, so you do not enter scores that count for "
                "theirs. Ask your personnel office to name somebody else for the collective."
            )
        )
    return card
