"""A stage of a group or collective: named by a dated decision, its scores entered by one of its people and sent.

The card names who enters them, as it names who evaluates. What is entered is the collective's, not that person's: one
assessment, which counts with the weight that the set gives it, once it is sent. Where the set has several raters at the
stage, the decision also says who sits for each (`seats`): one assessment for each, entered by the same person and sent
together, so that nothing counts while one is missing. Where the set lets the direct head score here, nobody has to be
named (`direct_heads`); a decision may name somebody in their place.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from django.utils import timezone
from django.utils.translation import gettext as _

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import UNDECIDED, AssessmentState, StageKey
from kpi_cms.evaluation.models import Assessment, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from kpi_cms.foundation.engine import Outcome
from snippets.models import Period, Person, Unit

from . import locks, scoring
from .agreeing import check_unchanged
from .direct_heads import by_direct_head
from .planning import has_collective
from .saving import Entry, Saved, assessment_of, at_stage, count_save, save_stage, submit
from .seats import seat as seat_people
from .seats import seats_of, sitting
from .separation import deciders_about, weighs_a_collective
from .stages import lock, require_complete


@dataclass(frozen=True)
class Decision:
    """By which decision a collective is named: its name, the decision's number and day."""

    name: str
    number: str
    on: date


_NOBODY: Mapping[str, Person] = MappingProxyType({})
SEAT = "seat-"
"""A problem of a seat is told under its key after this."""


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
    seats: Mapping[str, Person] = _NOBODY,
) -> list[Scorecard]:
    """Name who enters a collective's scores on the undecided cards at and below a unit whose set has the stage.

    `seats`: who sits for each of the set's raters at the stage, by their keys, where it has several; all of them.
    Cards that one of these people is scored, evaluates or endorses on are left as they are, and where the set weighs
    what the collective gives, those of people who decide about one of them (T02): others are named for them.
    What an earlier one entered stays readable and counts no more. Raises Invalid, NotFound, Refused, WrongState.
    """
    scope = Scope.of(actor)
    rules.may_in_unit(table.NAME_COLLECTIVE, scope, unit).require()
    people = (secretary, *seats.values())
    if any(person.user_id == actor.pk for person in people):
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
    if secretary.account_on(timezone.localdate(moment)) is None:
        problems["secretary"] = [_("This person has no account in use. Choose somebody who signs in.")]
    problems |= dict(_wrong_seats(seats, timezone.localdate(moment)))
    if problems:
        raise Invalid(_("Say who is named, by which decision and why."), problems=problems)
    locks.share_period(period.pk)
    above = {key for person in people for key in deciders_about(period.pk, person)}
    named = {person.pk for person in people}
    undecided = [
        card
        for card in Scorecard.objects.select_for_update(of=("self",))
        .with_context()
        .filter(period=period, unit__path__startswith=unit.path, state__in=UNDECIDED)
        .order_by(*locks.LOCK_ORDER)
        if has_collective(card.version)
    ]
    _require_every_seat(undecided, seats)
    cards = [
        card
        for card in undecided
        if named.isdisjoint((card.person_id, card.evaluator_id, card.endorser_id))
        and actor.pk != card.person.user_id
        and not (card.person_id in above and weighs_a_collective(card))
    ]
    if not cards:
        raise WrongState(
            _("No undecided card here has this stage, or this person is named on each of them already.")
        )
    for card in cards:
        rules.require_step(table.NAME_COLLECTIVE, scope, card)
        _name(card, secretary, decision, seats, moment, reason.strip())
    return cards


def _wrong_seats(seats: Mapping[str, Person], day: date) -> Iterator[tuple[str, list[str]]]:
    """Nobody sits twice, nor after they have left; members need no account, for they enter nothing themselves."""
    taken: set[int] = set()
    for key, person in seats.items():
        if person.pk in taken:
            yield SEAT + key, [_("This person sits for somebody else here already. Name another one.")]
        elif person.left_by(day):
            yield SEAT + key, [_("This person has left the service. Name somebody else.")]
        taken.add(person.pk)


def _require_every_seat(cards: Iterable[Scorecard], seats: Mapping[str, Person]) -> None:
    """Somebody for every seat of these cards' sets, and no seat that none of them has."""
    versions = {card.version_id: card.version for card in cards}.values()
    wanted = {each.key for version in versions for each in seats_of(version)}
    problems = {SEAT + key: [_("Name who sits here.")] for key in wanted - seats.keys()}
    problems |= {
        SEAT + key: [_("No undecided card here has this seat. Leave it empty.")]
        for key in seats.keys() - wanted
    }
    if problems:
        raise Invalid(_("Say who sits for each rater of the collective."), problems=problems)


def _name(
    card: Scorecard,
    secretary: Person,
    decision: Decision,
    seats: Mapping[str, Person],
    moment: datetime,
    reason: str,
) -> None:
    before = _standing(card)
    seat_people(card, {each.key: seats[each.key] for each in seats_of(card.version)}, moment)
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
    scoring.refresh_collective(card, moment)
    if card.submitted_at is not None:
        _hear(card, moment)


def _standing(card: Scorecard) -> dict[str, str | None]:
    return {
        "secretary": card.secretary.staff_code if card.secretary is not None else None,
        **{f"collective_{name}": text for name, text in card.collective.items()},
        **{SEAT + key: said.rater.staff_code for key, said in sitting(card).items()},
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
    seat: str = "",
) -> Saved:
    """Keep the collective's scores, of one seat where it has several. Incomplete is fine until they are sent; after
    that a change needs a reason. Raises NotFound for a seat in which nobody sits."""
    card = _taken(actor, card, moment)
    rater = _rater(card, seat)
    saved = save_stage(
        card, StageKey.COLLECTIVE, rater, expected, entries, comments or {}, reason, moment, seat
    )
    if assessment_of(card, StageKey.COLLECTIVE, rater, seat).submitted_at is not None:
        require_complete(card, StageKey.COLLECTIVE, saved.outcome, seat)
    _hear(card, moment)
    return saved


def _rater(card: Scorecard, seat: str) -> Person:
    assert card.secretary is not None  # the table allows nobody else
    if not seats_of(card.version) and not seat:
        return card.secretary
    said = sitting(card).get(seat)
    if said is None:
        raise NotFound
    return said.rater


@business_verb
def send_collective(*, actor: User, moment: datetime, card: Scorecard, expected: int) -> Scorecard:
    """Send them to the competent person, complete and of every seat: from now on they count."""
    locks.share_period(card.period_id)
    speakers = [said.rater_id for said in sitting(card).values()]
    locks.hold_pairs(card.period_id, card.person_id, (card.secretary_id, *speakers))
    card = _taken(actor, card, moment)
    check_unchanged(card, expected)
    said = _to_send(card)
    outcomes = [(each, _complete(card, each.seat)) for each in said]
    for each, outcome in outcomes:
        submit(each, moment)
        scoring.store_result(card, StageKey.COLLECTIVE, outcome, moment, each.seat)
        _record_sent(card, each.seat, outcome)
    count_save(card)
    _hear(card, moment)
    return card


def _to_send(card: Scorecard) -> Sequence[Assessment]:
    """The assessment of the collective, or of its seats those that are not sent yet; once all are, all again."""
    if not seats_of(card.version):
        assert card.secretary is not None  # the table allows nobody else
        return [assessment_of(card, StageKey.COLLECTIVE, card.secretary)]
    said = list(sitting(card).values())
    return [each for each in said if each.state == AssessmentState.DRAFT] or said


def _complete(card: Scorecard, seat: str) -> Outcome:
    """What was entered for a seat, complete. Raises Invalid that says for whom it is not."""
    outcome = scoring.outcome_of(card, StageKey.COLLECTIVE, seat)
    try:
        require_complete(card, StageKey.COLLECTIVE, outcome, seat)
    except Invalid as error:
        label = next((each.label for each in seats_of(card.version) if each.key == seat), "")
        sentence = f"{label}: {error.sentence}" if label else error.sentence
        raise Invalid(sentence, problems=error.problems) from error
    return outcome


def _record_sent(card: Scorecard, seat: str, outcome: Outcome) -> None:
    at = at_stage(StageKey.COLLECTIVE, seat)
    ledger.record(
        Act.SCORE_CHANGED,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        before=at,
        after={**at, "sent": outcome.shown},
    )


def _hear(card: Scorecard, moment: datetime) -> None:
    """Where the set decides with what the collective gave, the evaluator's result follows it."""
    if StageKey.COLLECTIVE in card.version.compiled().hears:
        scoring.refresh(card, StageKey.EVALUATOR, moment)


def _taken(actor: User, card: Scorecard, moment: datetime) -> Scorecard:
    card = lock(card)
    rules.require_step(table.SAVE_COLLECTIVE, Scope.of(actor), card)
    whose = _("The direct head's assessment") if by_direct_head(card) else _("The collective's assessment")
    rules.require_before(card.period.collective_is_due_at, moment, whose)
    assert card.secretary is not None  # the table allows nobody else
    if weighs_a_collective(card):
        _refuse_those_decided_about(card, card.secretary)
    return card


def _refuse_those_decided_about(card: Scorecard, secretary: Person) -> None:
    """Nobody speaks with a weight about whoever decides about them, nor enters what does (T02)."""
    if card.person_id in deciders_about(card.period_id, secretary):
        raise Refused(
            _(
                "This person decides about your own result in this period, so you do not enter scores that count for "
                "theirs. Ask your personnel office to name somebody else for the collective."
            )
        )
    for said in sitting(card).values():
        if card.person_id in deciders_about(card.period_id, said.rater):
            raise Refused(
                _(
                    "This person decides about the result of %(name)s in this period, who sits for the collective. Ask "
                    "your personnel office to name somebody else."
                )
                % {"name": said.rater.full_name}
            )
