"""Whom a leader manages, who manages somebody, and what became of them in the period: the base of d (Đ15.3.a, Đ15.4).

`cards_managed` is the one answer to both questions, so that nobody is counted whose result the leader is not told of;
`cards_in` is the same for roll-ups, which count tasks of others.

Everybody is in exactly one list: with points, not decided yet, decided without a result, without a card. Which kinds
of staff count, and what d makes of whoever has no points, is the set's to say (rules.md §4, open).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from django.db.models import Exists, OuterRef, Q, QuerySet

from kpi_cms.evaluation.domain.planning import scope_paths
from kpi_cms.evaluation.enums import DECIDED, StageKey
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.scope import paths_q
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.engine import APPROVED, FIELD, UNITS, ManagedPeople
from snippets.enums import LEADING_ROLES, Frame, PostRole
from snippets.models import Appointment, FieldAssignment, Person
from snippets.queries import lineage

from .locks import LOCK_ORDER

NOBODY = Q(pk__in=[])


@dataclass(frozen=True)
class Managed:
    """The people a leader manages: with points, not decided yet, decided without a result, and without a card."""

    points: tuple[tuple[int, Fraction], ...]
    pending: tuple[int, ...]
    without_result: tuple[int, ...]
    without_card: tuple[int, ...] = ()

    def as_input(self) -> ManagedPeople:
        """As the engine reads them. Whoever has no card has no result in the period."""
        return ManagedPeople(
            points=[points for _person, points in self.points],
            pending=len(self.pending),
            without_result=len(self.without_result) + len(self.without_card),
        )


@beyond_the_wall("d counts everybody whom a leader manages")
def managed(card: Scorecard) -> Managed:
    """Everybody who counts for a leader's d, is waited for or is left out: for whoever explains it."""
    return replace(_with_cards(card), without_card=without_card(card, _kinds(card)))


@beyond_the_wall("d counts everybody whom a leader manages")
def managed_people(card: Scorecard) -> ManagedPeople:
    """What d is computed from. People without a card are looked for only where the set counts them as failing."""
    missed = card.version.compiled().rules.settings.managed_without_result == "failing"
    return (managed(card) if missed else _with_cards(card)).as_input()


def _units_managed(card: Scorecard) -> Q:
    """What a leader answers for: a head for the unit and all below it, a deputy for the fields assigned to them."""
    if card.role == PostRole.HEAD:
        return Q(unit__path__startswith=card.unit.path)
    if card.role == PostRole.DEPUTY:
        fields = FieldAssignment.objects.on(card.period.ends_on).filter(person_id=card.person_id)
        return paths_q(fields.values_list("unit__path", flat=True), "unit__path")
    return NOBODY


def _posts_managed(card: Scorecard, units: Q) -> Q:
    """The posts among these units that are managed: not the heads and deputies of a deputy's own unit (0003)."""
    if card.role == PostRole.DEPUTY:
        return units & ~Q(unit_id=card.unit_id, role__in=LEADING_ROLES)
    return units


def _kinds(card: Scorecard) -> tuple[str, ...]:
    return card.version.compiled().rules.settings.managed_kinds


def counted_once() -> Q:
    """Of a person's cards of the period, the one whose result counts: the State frame's, whose rule d is (Đ15.3.a);
    the Party frame's of whoever has no other. Somebody with points is never read as nobody managed."""
    beside = Scorecard.objects.filter(period=OuterRef("period"), person=OuterRef("person"), frame=Frame.STATE)
    return Q(frame=Frame.STATE) | Q(~Exists(beside))


def cards_managed(card: Scorecard) -> QuerySet[Scorecard]:
    """The cards whose results the leader's card counts; none where the leader's set counts no results."""
    if not card.version.compiled().counts_results:
        return Scorecard.objects.none()
    found: QuerySet[Scorecard] = Scorecard.objects.filter(
        _posts_managed(card, _units_managed(card)),
        counted_once(),
        period_id=card.period_id,
        staff_kind__in=_kinds(card),
    ).exclude(person_id=card.person_id)
    return found


def leaders_of(card: Scorecard) -> list[Scorecard]:
    """Cards of the period that count this card's result: heads at or above its unit, deputies in charge of it.

    Locked, from below: results of several people that are decided at once are counted one after the other. Whoever
    does not count the card is not locked either.
    """
    near = Scorecard.objects.filter(_leading(card), period_id=card.period_id)
    near = near.select_related("version", "unit", "period")
    return locked([leader.pk for leader in near if cards_managed(leader).filter(pk=card.pk).exists()])


def _leading(card: Scorecard) -> Q:
    """Heads at or above a card's unit, and deputies in charge of it."""
    above = lineage(card.unit.path)
    in_charge = FieldAssignment.objects.on(card.period.ends_on).filter(unit__path__in=above)
    return Q(role=PostRole.HEAD, unit__path__in=above) | Q(
        role=PostRole.DEPUTY, person_id__in=in_charge.values("person_id")
    )


def locked(keys: Sequence[int]) -> list[Scorecard]:
    """These cards, locked from below, with what computing them asks for."""
    if not keys:
        return []
    return list(
        Scorecard.objects.filter(pk__in=keys)
        .select_related("version", "unit", "agency", "period", "person")
        .select_for_update(of=("self",))
        .order_by(*LOCK_ORDER)
    )


# --- Tasks of others ----------------------------------------------------------------------------------------
def cards_in(card: Scorecard, scope: str) -> QuerySet[Scorecard]:
    """The cards of the people whose tasks a roll-up counts, of every kind of staff, the card's own person never.

    `approved`: whom this person evaluates · `units`: a head's unit and all below it · `field`: a deputy's fields by
    the dated decision, without the heads and deputies of the deputy's own unit (0003). Nobody's for other roles.
    """
    others = Scorecard.objects.filter(period_id=card.period_id, frame=card.frame)
    others = others.exclude(person_id=card.person_id)
    if scope == APPROVED:
        return others.filter(_evaluated_by(card.person_id))
    if card.role != _LEADS[scope]:
        return others.none()
    return others.filter(_posts_managed(card, _units_managed(card)))


@beyond_the_wall("a roll-up counts everybody of its scope")
def people_counted(card: Scorecard, scope: str) -> tuple[int, ...]:
    """The people whose tasks a roll-up counts, in name order: for whoever explains it."""
    return tuple(cards_in(card, scope).order_by("person__sort_key", "pk").values_list("person_id", flat=True))


def _evaluated_by(person_id: int) -> Q:
    """Whose decision stands, where somebody else is named since to decide anew: found by index, either way."""
    return Q(evaluator_id=person_id, decided_by__isnull=True) | Q(decided_by_id=person_id)


_LEADS = {FIELD: PostRole.DEPUTY, UNITS: PostRole.HEAD}


def counting_tasks_of(card: Scorecard) -> list[Scorecard]:
    """Cards whose roll-ups count the tasks of this card's person, locked from below."""
    near = Scorecard.objects.filter(
        _leading(card) | Q(person_id=card.decider_id),
        period_id=card.period_id,
        frame=card.frame,
        version__counts_tasks=True,
    ).select_related("version", "unit", "period")
    return locked([other.pk for other in near if _counts_tasks(other, card)])


def _counts_tasks(card: Scorecard, other: Scorecard) -> bool:
    scopes = card.version.compiled().scopes
    return any(cards_in(card, scope).filter(pk=other.pk).exists() for scope in scopes)


def _with_cards(card: Scorecard) -> Managed:
    """Whoever has a card, in name order, in one query (two for a deputy)."""
    points: list[tuple[int, Fraction]] = []
    pending: list[int] = []
    without: list[int] = []
    rows = (
        cards_managed(card)
        .order_by("person__sort_key", "pk", "results__stage")
        .values_list("person_id", "state", "results__stage", "results__numerator", "results__denominator")
    )
    seen: dict[int, tuple[str, str, str]] = {}
    for person_id, state, stage, numerator, denominator in rows:
        if person_id not in seen or stage == StageKey.EVALUATOR:
            own = (numerator, denominator) if stage == StageKey.EVALUATOR else ("", "")
            seen[person_id] = (state, *own)
    for person_id, (state, numerator, denominator) in seen.items():
        if state not in DECIDED:
            pending.append(person_id)
        elif numerator:
            points.append((person_id, Fraction(int(numerator), int(denominator))))
        else:
            without.append(person_id)
    return Managed(tuple(points), tuple(pending), tuple(without))


def without_card(card: Scorecard, kinds: tuple[str, ...]) -> tuple[int, ...]:
    """Whoever of these kinds is managed on the period's last day and has no card of either frame, in name order.

    No set applied to them, or two did, or they were registered after the opening, or they have no appointment and
    are known by their unit alone. Units that take no part in the period have no cards and are not looked at.
    """
    day = card.period.ends_on
    units = _units_managed(card) & paths_q(scope_paths(card.period), "unit__path")
    posts = Appointment.objects.on(day).filter(person=OuterRef("pk"))
    cards = Scorecard.objects.filter(period_id=card.period_id, person=OuterRef("pk"))
    return tuple(
        Person.objects.serving(day)
        .filter(kind__in=kinds)
        .filter(Exists(posts.filter(_posts_managed(card, units))) | (units & ~Exists(posts)))
        .exclude(Exists(cards))
        .exclude(pk=card.person_id)
        .order_by("sort_key", "pk")
        .values_list("pk", flat=True)
    )
