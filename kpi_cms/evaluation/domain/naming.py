"""Name the evaluator of an open card anew: by a dated decision, or by the rule as it stands today (rules.md §7).

A card names its evaluator when it is opened. Until it is decided people leave, posts are filled, and decisions are
dated. Whoever keeps the people of a unit, or receives its results, then has the rule applied again. Nobody is chosen
here: `evaluators` says who is competent, a decision of the registers comes before it, and the card explains which.

What an earlier evaluator wrote stays theirs and readable; the new one begins with an assessment of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import (
    DECIDED,
    UNDECIDED,
    WITH_THE_EVALUATOR,
    WITH_THE_PERSON,
    AssessmentState,
    CardState,
    EvaluatorBasis,
    NamingNeed,
    StageKey,
)
from kpi_cms.evaluation.models import Assessment, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import ledger, texts
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.audit.models import TextKind
from kpi_cms.foundation.core.actor import business_verb
from kpi_cms.foundation.core.errors import Invalid, NotFound, Stale, WrongState
from snippets.models import Appointment, Period, Person

from . import basis, locks, scoring
from .direct_heads import stage_of_direct_head, told
from .evaluators import DirectHead, EvaluatorFound, Organisation
from .planning import has_collective, has_endorsement
from .saving import carry_over
from .seats import seat, sitting
from .stages import reopen_evaluation

ASKS_A_DIRECT_HEAD = (*WITH_THE_PERSON, *WITH_THE_EVALUATOR)


@dataclass(frozen=True)
class Competent:
    """Who evaluates a card, who endorses it and who scores as the direct head, by today's rule and decisions.

    `direct_head` is None where none is asked for: the set has no such stage, a decision names somebody in their place,
    or what they gave was sent and stands.
    """

    evaluator: EvaluatorFound
    endorser_id: int | None
    direct_head: DirectHead | None = None

    @property
    def pair(self) -> tuple[int | None, int | None]:
        """What was on the screen when a naming is agreed to."""
        return self.evaluator.person_id, self.endorser_id

    @property
    def people(self) -> tuple[int | None, ...]:
        """Everybody who is named."""
        return (*self.pair, self.direct_head.person_id if self.direct_head is not None else None)


@dataclass(frozen=True)
class Naming:
    """A card whose evaluator or endorser is to be named anew, and who is competent; nobody where none was found."""

    card: Scorecard
    need: NamingNeed
    competent: Competent

    @property
    def is_possible(self) -> bool:
        return self.competent.evaluator.person_id is not None


@dataclass(frozen=True)
class Namings:
    """The first cards that need a naming, in the order of units and names, and how many there are; and whether a
    collective scores on cards of the period, so that one may have to be named as well."""

    shown: list[Naming]
    total: int
    has_collective: bool = False


def standing_evaluator(card: Scorecard) -> EvaluatorFound:
    """Whoever the card names, for the reason it gives."""
    return EvaluatorFound(card.evaluator_id, EvaluatorBasis(card.evaluator_basis), card.evaluator_details)


class Today:
    """The rule as it stands on one day, for many cards of a period: six queries, whatever their number, and
    one more where a set lets a direct head score."""

    def __init__(self, day: date, period: Period) -> None:
        self.organisation = Organisation(day)
        self._period = period
        seconded = Appointment.objects.on(period.ends_on).filter(seconded=True)
        self._seconded = set(seconded.values_list("person_id", "unit_id"))
        self._left = set(Person.objects.filter(left_on__lte=day).values_list("pk", flat=True))
        versions = list(CriteriaVersion.objects.filter(cards__period=period).distinct())
        self._endorsed = {version.pk for version in versions if has_endorsement(version)}
        self._who = {version.pk: version.compiled().who(StageKey.EVALUATOR) for version in versions}
        self._directed = {version.pk for version in versions if stage_of_direct_head(version)}
        self.has_collective = any(has_collective(version) for version in versions)

    def competent(self, card: Scorecard) -> Competent:
        """A confirmed evaluation stands as long as somebody endorses it: then only the endorser is asked for anew.

        Of a decided card, whose new basis is to be confirmed, the evaluator alone: its endorsement has happened.
        """
        if card.state == CardState.EVALUATED:
            endorser = self._endorser(card, card.evaluator_id)
            if endorser is not None:
                return Competent(standing_evaluator(card), endorser)
        found = self.organisation.evaluator_of(
            person_id=card.person_id,
            unit=self.organisation.units[card.unit_id],
            role=card.role,
            seconded=(card.person_id, card.unit_id) in self._seconded,
            who=self._who[card.version_id],
        )
        if card.state in DECIDED:
            return Competent(found, card.endorser_id if card.endorser_id != found.person_id else None)
        endorser_id = self._endorser(card, found.person_id)
        return Competent(found, endorser_id, self._direct_head(card, found.person_id, endorser_id))

    def standing(self, card: Scorecard) -> Competent:
        """Whoever the card names to decide, and today's direct head beside them."""
        direct_head = self._direct_head(card, card.evaluator_id, card.endorser_id)
        return Competent(standing_evaluator(card), card.endorser_id, direct_head)

    def is_head_new(self, card: Scorecard, competent: Competent) -> bool:
        """Somebody else is the direct head today, or nobody."""
        return competent.direct_head is not None and competent.direct_head.person_id != card.secretary_id

    def _direct_head(self, card: Scorecard, *deciding: int | None) -> DirectHead | None:
        if card.version_id not in self._directed or card.state not in ASKS_A_DIRECT_HEAD:
            return None
        stands = "decision" in card.collective or card.pk in self._sent
        if stands and card.secretary_id not in deciding:
            return None
        unit = self.organisation.units[card.unit_id]
        return self.organisation.direct_head_of(person_id=card.person_id, unit=unit, deciding=deciding)

    @cached_property
    def _sent(self) -> set[int]:
        """The cards on which the direct head they name has sent their scores."""
        said = Assessment.objects.that_count().filter(
            card__period=self._period, stage=StageKey.COLLECTIVE, state=AssessmentState.SUBMITTED
        )
        return set(said.filter(card__version__in=self._directed).values_list("card_id", flat=True))

    def _endorser(self, card: Scorecard, evaluator_id: int | None) -> int | None:
        if card.version_id not in self._endorsed:
            return None
        agency = self.organisation.units[card.agency_id]
        return self.organisation.endorser_of(agency, person_id=card.person_id, evaluator_id=evaluator_id)

    def need(self, card: Scorecard, competent: Competent) -> NamingNeed | None:
        """Why the card needs a naming; None while whoever it names is still competent, or nobody else is."""
        found = competent.evaluator
        if card.evaluator_id is None:
            return NamingNeed.MISSING
        if found.person_id == card.evaluator_id:
            waits_for_nobody = card.state == CardState.EVALUATED and competent.endorser_id is None
            if waits_for_nobody or competent.endorser_id != card.endorser_id:
                return NamingNeed.ENDORSER
            return NamingNeed.DIRECT_HEAD if self.is_head_new(card, competent) else None
        if card.evaluator_id in self._left:
            return NamingNeed.LEFT
        if found.person_id is None:
            return None
        return NamingNeed.DECISION if found.basis == EvaluatorBasis.DECISION else NamingNeed.RULE


def waiting_for_an_evaluator() -> Q:
    """Undecided cards, and decided ones of leaders whose new basis somebody has to confirm (rules.md §4).

    Whoever is named by a decision to decide a card anew (`naming_anew`) is to confirm that basis too.
    """
    to_confirm = Q(basis_changed_at__isnull=False, decided_by__isnull=True)
    return Q(state__in=UNDECIDED) | Q(state__in=DECIDED) & to_confirm


ASKED = (
    "person_id", "unit_id", "agency_id", "version_id", "role", "state", "evaluator_id", "evaluator_basis",
    "evaluator_details", "endorser_id", "secretary_id", "collective",
)  # fmt: skip


def namings(scope: Scope, period: Period, day: date, *, most: int) -> Namings:
    """Cards of the period that need a naming and that the reader may have named: the first `most`, and their number.

    Never the reader's own. Without scores: a clerk keeps people, and reads no card.
    """
    cards = (
        Scorecard.objects.within(scope, *table.NAMING_CAPABILITIES)
        .filter(waiting_for_an_evaluator(), period=period)
        .exclude(person__user_id=scope.user_id)
        .order_by("unit__path", "person__sort_key", "pk")
        .only(*ASKED)
    )
    today, found = Today(day, period), []
    for card in cards.iterator(chunk_size=2_000):
        competent = today.competent(card)
        need = today.need(card, competent)
        if need is not None:
            found.append((card.pk, need, competent))
    loaded = Scorecard.objects.with_context().in_bulk([pk for pk, _need, _competent in found[:most]])
    shown = [Naming(loaded[pk], need, competent) for pk, need, competent in found[:most]]
    return Namings(shown, len(found), today.has_collective)


@business_verb
@beyond_the_wall("whoever keeps the people has evaluators named and reads no card")
def name_evaluators(
    *,
    actor: User,
    moment: datetime,
    period: Period,
    seen: Mapping[int, tuple[int | None, int | None]],
    reason: str,
) -> list[Scorecard]:
    """Name whoever is competent today on each of these cards, all of them or none.

    `seen` maps a card's key to the evaluator and endorser that were on the screen: where the rule says another one
    now, nothing is named. A card that was submitted keeps its self-assessment and waits for the new evaluator; an
    evaluation that nobody endorses any more is its evaluator's again. Raises Invalid, NotFound, Refused, WrongState,
    Stale.
    """
    locks.share_period(period.pk)
    if not seen:
        sentence = _("Choose at least one card whose evaluator is to be named.")
        raise Invalid(sentence, problems={"cards": [sentence]})
    if not reason.strip():
        raise Invalid(
            _("Give a reason that the other person can read."), problems={"reason": [_("Give a reason.")]}
        )
    cards = list(
        Scorecard.objects.select_for_update(of=("self",))
        .with_context()
        .filter(period=period, pk__in=seen)
        .order_by(*locks.LOCK_ORDER)
    )
    if len(cards) != len(seen):
        raise NotFound
    scope = Scope.of(actor)
    for card in cards:
        rules.require_step(table.NAME_EVALUATORS, scope, card)
        if card.basis_changed_at is None or card.decided_by_id is not None:
            rules.require_state(card, *UNDECIDED)
    today = Today(timezone.localdate(moment), period)
    found = {card.pk: today.competent(card) for card in cards}
    for card in cards:
        _check(card, found[card.pk], seen[card.pk], today.need(card, found[card.pk]))
    name_anew([(card, found[card.pk]) for card in cards], moment, reason.strip(), reopening=True)
    return cards


def _check(
    card: Scorecard, competent: Competent, seen: tuple[int | None, int | None], need: NamingNeed | None
) -> None:
    if competent.evaluator.person_id is None:
        raise WrongState(
            _(
                "Nobody can be found to evaluate %(person)s. Record a decision on their evaluator in the register of "
                "people first."
            )
            % {"person": card.person.full_name}
        )
    if need is None:
        raise WrongState(
            _("The card of %(person)s names whoever is competent already. Reload the page.")
            % {"person": card.person.full_name}
        )
    if competent.pair != seen:
        label = _("Evaluator of %(person)s") % {"person": card.person.full_name}
        names = dict(
            Person.objects.filter(pk__in=_known(competent.pair, seen)).values_list("pk", "full_name")
        )
        raise Stale(
            _(
                "Somebody else is competent now than when you opened the page. Look at it again before you go on."
            ),
            mine={label: _named(names, seen)},
            theirs={label: _named(names, competent.pair)},
        )


def _known(*pairs: tuple[int | None, int | None]) -> set[int]:
    return {key for pair in pairs for key in pair if key is not None}


def _named(names: Mapping[int, str], pair: tuple[int | None, int | None]) -> str:
    """The evaluator, and who endorses where somebody does."""
    return ", ".join(names.get(key, "–") for key in pair if key is not None) or "–"


def name_anew(
    named: Sequence[tuple[Scorecard, Competent]], moment: datetime, reason: str, *, reopening: bool
) -> None:
    """Change locked cards, with history and an entry of the ledger each; what was scored stays as it is.

    With `reopening`, an evaluation that nobody endorses any more is its evaluator's again; without, it waits for the
    agency's next head.
    """
    if not named:
        return
    period_id = named[0][0].period_id
    evaluators = _evaluators(named)
    counting = Scorecard.objects.filter(
        period_id=period_id, person=OuterRef("pk"), version__counts_tasks=True
    )
    people = Person.objects.annotate(counts_tasks=Exists(counting)).in_bulk(
        {key for _card, competent in named for key in competent.people if key is not None} | evaluators
    )
    for card, competent in named:
        _name(card, competent, people, moment, reason, reopening=reopening)
    following = [pk for pk in sorted(evaluators) if people[pk].counts_tasks]
    if following:
        basis.follow_naming(period_id, following, moment)


def _evaluators(named: Sequence[tuple[Scorecard, Competent]]) -> set[int]:
    """Of the cards that somebody else evaluates from now on: whoever did and whoever does."""
    pairs = [(card.evaluator_id, competent.evaluator.person_id) for card, competent in named]
    return _known(*(pair for pair in pairs if pair[0] != pair[1]))


def _name(
    card: Scorecard,
    competent: Competent,
    people: Mapping[int, Person],
    moment: datetime,
    reason: str,
    *,
    reopening: bool,
) -> None:
    before = _standing(card)
    former = card.evaluator
    anew = competent.evaluator.person_id != card.evaluator_id
    if reopening and card.state == CardState.EVALUATED and competent.endorser_id is None:
        reopen_evaluation(card)
        card.state = CardState.SUBMITTED
    if anew:
        assert competent.evaluator.person_id is not None  # checked before
        card.evaluator = people[competent.evaluator.person_id]
        card.evaluator_basis = competent.evaluator.basis
        card.evaluator_details = {
            **competent.evaluator.details, "since": timezone.localdate(moment).isoformat()
        }  # fmt: skip
    card.endorser = people[competent.endorser_id] if competent.endorser_id is not None else None
    gives_way = _gives_way(card, competent, people, moment)
    card.version_number += 1
    reason_key = texts.keep(TextKind.REASON, reason, person_code=card.person.staff_code)
    save_tracked(card, reason_key=reason_key)
    ledger.record(
        Act.EVALUATOR_CHANGED,
        subject=card,
        label=card.code,
        unit=card.unit,
        person=card.person,
        period_id=card.period_id,
        before=before,
        after=_standing(card),
        reason_key=reason_key,
    )
    if anew and card.state in DECIDED:
        assert former is not None  # a decided card was evaluated by somebody
        assert card.evaluator is not None
        carry_over(card, former, card.evaluator, reason)
    elif (anew or gives_way) and card.state != CardState.OPENED:
        scoring.refresh(card, StageKey.EVALUATOR, moment)


def _gives_way(card: Scorecard, competent: Competent, people: Mapping[int, Person], moment: datetime) -> bool:
    """Somebody else speaks for the collective, or nobody: another is the direct head, or whoever spoke decides now.

    Whoever decides does not speak for a collective as well. Of a decided card what the collective sent was counted.
    """
    found = competent.direct_head
    speakers = {card.secretary_id, *(said.rater_id for said in sitting(card).values())} - {None}
    if found is not None and found.person_id != card.secretary_id:
        card.secretary = people[found.person_id] if found.person_id is not None else None
        card.collective = told(found, stage_of_direct_head(card.version))
    elif card.state not in DECIDED and not speakers.isdisjoint(competent.pair):
        card.secretary, card.collective = None, {}
        seat(card, {}, moment)
    else:
        return False
    scoring.refresh_collective(card, moment)
    return True


def _standing(card: Scorecard) -> dict[str, Any]:
    standing = {
        "state": card.state,
        "evaluator": card.evaluator.staff_code if card.evaluator is not None else None,
        "basis": card.evaluator_basis,
        "endorser": card.endorser.staff_code if card.endorser is not None else None,
    }
    if not stage_of_direct_head(card.version):
        return standing
    return standing | {"direct_head": card.secretary.staff_code if card.secretary is not None else None}
