"""“Ai xem được phiếu này, vì sao?”: every account that can see or change a card, and what gives it that.

And the other way round: everything that one account can see. Both ask the rule table itself, with what an account
holds, so the answer cannot differ from what a door would say; also as of a past moment, when the tree, the evaluator,
the grants and the accounts are read as they were then.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db.models import Q

from kpi_cms.foundation.access.rules import Rule, ask, in_card_state, in_state
from kpi_cms.foundation.access.scope import Delegated, Scope, shortest
from kpi_cms.foundation.access.wall import beyond_the_wall
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import NotFound
from snippets.enums import Capability
from snippets.models import Grant, Period, Person, Unit
from snippets.past_queries import At, lineage_of, within_the_giver

from . import rule_table as table
from . import rules
from .enums import Relation
from .models import Scorecard
from .models.scorecard import READING_CAPABILITIES

# Fields of a card that name a person, in the order in which their holders are told.
NAMED = ("person", "evaluator", "endorser", "secretary")
OF_A_CARD = (*table.CARD_RULES, *table.TASK_RULES)


@dataclass(frozen=True)
class Held:
    """A grant that reaches the card: on which unit, and the way down the tree from it to the card's unit."""

    grant: Grant
    way: tuple[Any, ...]


@dataclass
class Reader:
    """An account: how it stands to the card, what it holds there, what it sees, and what it may do."""

    user: User
    held: list[Held] = field(default_factory=list)
    relations: tuple[Relation, ...] = ()
    sees: tuple[Rule, ...] = ()
    does: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Readers:
    """The answer for one card: the unit it belonged to, and its readers, those whom it names first."""

    card: Scorecard
    unit: Any
    readers: list[Reader]


def readers_of(pk: int, at: At) -> Readers:
    """Everybody who can see or change the card or its tasks. As many queries for three accounts as for thousands."""
    card, unit = card_at(pk, at)
    lineage = lineage_of(unit.path)
    standing = at.units_at(lineage)
    way = [standing[path] for path in lineage if path in standing]
    place = {row.id: number for number, row in enumerate(way)}
    found = {person.user.pk: Reader(person.user) for person in _named(card) if person.user is not None}
    paths = {row.id: row.path for row in way}
    for grant in at.grants().filter(unit_id__in=place).order_by("starts_on", "pk"):
        if not within_the_giver(grant, paths):
            continue
        held = Held(grant, tuple(way[place[grant.unit_id] :]))
        found.setdefault(grant.user_id, Reader(grant.user)).held.append(held)
    for reader in found.values():
        _ask(reader, card)
    counted = [reader for reader in found.values() if reader.sees or reader.does]
    return Readers(card, unit, sorted(counted, key=_order))


def card_at(pk: int, at: At) -> tuple[Scorecard, Any]:
    """The card with its people, unit and state as they were, in memory only, and its unit's row.

    Each person on it carries the account they could sign in with, or none. Raises NotFound for a card that was not
    there.
    """
    card: Scorecard | None = Scorecard.objects.with_context().filter(pk=pk).first()
    row = at.rows(Scorecard, [pk]).get(pk)
    unit = at.rows(Unit, [row.unit_id]).get(row.unit_id) if row is not None else None
    if card is None or row is None or unit is None:
        raise NotFound
    keys = {name: getattr(row, f"{name}_id") for name in NAMED}
    people = Person.objects.in_bulk([key for key in keys.values() if key is not None])
    accounts = at.accounts_of(list(people))
    for key, person in people.items():
        person.user = accounts.get(key)
    for name, key in keys.items():
        setattr(card, name, people.get(key))
    period = at.rows(Period, [card.period_id]).get(card.period_id, card.period)
    card.state, card.period.state, card.unit.path = row.state, period.state, unit.path
    return card, unit


def _named(card: Scorecard) -> Iterable[Person]:
    return (person for name in NAMED if (person := getattr(card, name)) is not None)


def _ask(reader: Reader, card: Scorecard) -> None:
    scope = scope_from(reader.user.pk, [(held.grant, held.way[0].path) for held in reader.held])
    relations = rules.relations_of(scope, card)
    allowed = [rule for rule in OF_A_CARD if _allows(rule, scope, relations, card)]
    reader.relations = tuple(relation for relation in Relation if relation in relations)
    reader.sees = tuple(rule for rule in allowed if not rule.changes)
    reader.does = tuple(rule for rule in allowed if rule.changes)


def _allows(rule: Rule, scope: Scope, relations: frozenset[Relation], card: Scorecard) -> bool:
    """Who may, and whether the card and its period stand where it is possible."""
    possible = in_card_state if rule.subject == "task" else partial(in_state, relations=relations)
    open_enough = rule.period_states is None or card.period.state in rule.period_states
    return (
        open_enough
        and possible(rule, card.state)
        and not rules.is_kept_from(rule, card, relations)
        and bool(ask(rule, scope, relations, card.unit, about=card.person.user_id))
    )


def _order(reader: Reader) -> tuple[int, str]:
    first = min((list(Relation).index(relation) for relation in reader.relations), default=len(Relation))
    return first, reader.user.get_username()


def scope_from(user_id: int, grants: Collection[tuple[Grant, str]]) -> Scope:
    """What an account holds and what was delegated to it, from grants with their unit's path, not from today's
    projection."""
    paths: dict[str, list[str]] = defaultdict(list)
    delegated: list[Delegated] = []
    for grant, path in grants:
        if grant.delegated_from is None:
            paths[grant.capability].append(path)
        else:
            delegated.append(Delegated(grant.delegated_from.user_id, grant.capability, path))
    held = {capability: shortest(found) for capability, found in paths.items()}
    return Scope(user_id, held, tuple(delegated))


# --- Everything one account sees ---------------------------------------------------------------------------
@dataclass(frozen=True)
class HeldUnit:
    """A grant of the account, and the unit it was held on as it stood."""

    grant: Grant
    unit: Any


@dataclass(frozen=True)
class Seen:
    """Cards that name the account's person, by field, and the number of all cards it may read."""

    named: dict[str, list[Scorecard]]
    cards: int


def grants_of(user: User, at: At) -> list[HeldUnit]:
    """What the account holds, by unit from the top of the tree."""
    grants = list(at.grants().filter(user=user).order_by("capability", "starts_on", "pk"))
    givers = {grant.delegated_from.unit_id for grant in grants if grant.delegated_from is not None}
    units = at.rows(Unit, {grant.unit_id for grant in grants} | givers)
    paths = {key: unit.path for key, unit in units.items()}
    held = [
        HeldUnit(grant, units[grant.unit_id])
        for grant in grants
        if grant.unit_id in units and within_the_giver(grant, paths)
    ]
    return sorted(held, key=lambda item: item.unit.path)


@beyond_the_wall("how much an account sees is a number, whoever asks")
def cards_seen(user: User, held: Sequence[HeldUnit], at: At) -> set[int]:
    """The keys of all cards the account may read: named on them, in the place of their evaluator, or of a unit."""
    if not at.accounts().filter(pk=user.pk).exists():
        return set()
    scope = scope_from(user.pk, [(item.grant, item.unit.path) for item in held])
    if not at.past:
        return set(Scorecard.objects.visible_to(scope).values_list("pk", flat=True))
    me = at.people_of(user.pk)
    paths = scope.paths(*READING_CAPABILITIES)
    standing = at.rows(Unit, _all(Unit))

    def below(some: tuple[str, ...]) -> list[int]:
        return [key for key, unit in standing.items() if unit.path.startswith(some)]

    readable = _naming(me) | Q(unit_id__in=below(paths))
    for giver_id, delegated in scope.delegations(Capability.EVALUATE).items():
        readable |= Q(evaluator_id__in=at.people_of(giver_id), unit_id__in=below(delegated))
    return set(at.last(Scorecard).filter(readable).values_list("id", flat=True))


def _naming(people: Collection[int]) -> Q:
    """Cards that name one of the people."""
    return reduce(or_, (Q(**{f"{name}_id__in": people}) for name in NAMED))


def _all(model: type[Any]) -> set[int]:
    return set(model._default_manager.values_list("pk", flat=True))


def seen_by(user: User, held: Sequence[HeldUnit], at: At) -> Seen:
    """What a page tells about an account's cards, the newest period first."""
    keys = cards_seen(user, held, at)
    me = set(at.people_of(user.pk)) if keys else set()
    rows = at.last(Scorecard).filter(_naming(me))
    places = {row.id: [name for name in NAMED if getattr(row, f"{name}_id") in me] for row in rows}
    named: dict[str, list[Scorecard]] = {name: [] for name in NAMED}
    cards = Scorecard.objects.select_related("period", "person", "unit").filter(pk__in=places)
    for card in cards.order_by("-period__starts_on", "person__sort_key", "pk"):
        for name in places[card.pk]:
            named[name].append(card)
    return Seen(named, len(keys))
