"""A rule is a row: act × relation × capability × state → allowed, with the sentence that a refused person reads.

Each app keeps its rows in `rule_table.py`; its `rules.py` asks them and decides nothing by itself. The printed matrix
and the tests enumerate the same rows, so that there is no second place where it says who may what.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from kpi_cms.foundation.core.errors import Sentence
from kpi_cms.foundation.core.scope_model import scope_model

from .decisions import Decision, allow, refuse, unseen
from .scope import Scope, ScopeNode

# Relations that are the same everywhere; the others belong to the app whose table names them.
SIGNED_IN = "signed_in"  # anybody with an account in use
SYSTEM = "system"  # the account of scheduled work, as which nobody can sign in


class Reach(Enum):
    """Where a capability must be held for the act."""

    UNIT = "unit"  # on the unit concerned or above it
    EVERY_UNIT = "every_unit"  # on each of the units concerned: nobody does half of it
    ANYWHERE = "anywhere"  # on any unit at all: what it opens belongs to no unit
    TOP = "top"  # on a unit at the top of the tree: what it opens belongs to the whole province


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """Who may do one act, and when. Asked by `ask` (who) and `in_state` (when); compared by identity.

    `forbidden` stands before everything else: what a relation may never do, whatever the person holds. After it a
    relation of `relations` allows, then a capability of `capabilities` where it reaches. Whoever has neither but sees
    the object (`seen_by`, `seen_with`) is refused with `refusal`; to everybody else the object is missing.

    `states` are those of the object the act is done to, `card_states` those of the card behind a task, `period_states`
    those of the period; None asks nothing. `states_for` gives a relation states of its own: the first that fits counts.
    `verbs` are the domain functions that carry the act out; with `reading` they only record that something was read.
    """

    act: str
    label: Sentence
    subject: str
    law: str = ""
    verbs: tuple[str, ...] = ()
    reading: bool = False
    relations: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    reach: Reach = Reach.UNIT
    forbidden: Mapping[str, Sentence] = field(default_factory=dict)
    seen_by: tuple[str, ...] = ()
    seen_with: tuple[str, ...] = ()
    refusal: Sentence = ""
    states: tuple[str, ...] | None = None
    states_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    card_states: tuple[str, ...] | None = None
    period_states: tuple[str, ...] | None = None
    note: Sentence = ""

    @property
    def changes(self) -> bool:
        """The act changes something; printing is recorded, and changes nothing."""
        return bool(self.verbs) and not self.reading

    def __str__(self) -> str:
        return self.act


def ask(
    rule: Rule, scope: Scope, relations: Collection[str], *units: ScopeNode, about: int | None = None
) -> Decision:
    """Who may: whoever stands in `relations` to the object, which belongs to `units`.

    Where the act changes something about the account `about`, nothing that this account delegated allows it.
    """
    for relation, sentence in rule.forbidden.items():
        if relation in relations:
            return refuse(sentence)
    for relation in rule.relations:
        if relation in relations:
            return allow(relation)
    for capability in rule.capabilities:
        if rule.changes and rule.reach is Reach.UNIT:
            for unit in units:
                means = scope.means(capability, unit, about=about)
                if means is not None:
                    return allow(capability, on_behalf_of=means.on_behalf_of)
        elif reaches(rule.reach, scope, capability, *units):
            return allow(capability)
    if any(relation in relations for relation in rule.seen_by):
        return refuse(rule.refusal)
    if any(scope.covers_any(rule.seen_with, unit) for unit in units):
        return refuse(rule.refusal)
    return unseen()


def reaches(reach: Reach, scope: Scope, capability: str, *units: ScopeNode) -> bool:
    """The capability is held where the act asks for it."""
    if reach is Reach.UNIT:
        return any(scope.covers(capability, unit) for unit in units)
    if reach is Reach.EVERY_UNIT:
        return scope.holds(capability) and all(scope.covers(capability, unit) for unit in units)
    if reach is Reach.TOP:
        return any(len(path) == scope_model().steplen for path in scope.paths(capability))
    return scope.holds(capability)


def somewhere(rule: Rule, scope: Scope) -> bool:
    """Whether the act's capabilities are held on any unit at all: what a menu asks before it names a page."""
    return scope.holds(*rule.capabilities)


def in_state(rule: Rule, state: str, relations: Collection[str] = ()) -> bool:
    """When: the object stands in a state in which the act is possible, for somebody in these relations."""
    for relation, states in rule.states_for.items():
        if relation in relations:
            return state in states
    return rule.states is None or state in rule.states


def in_card_state(rule: Rule, state: str) -> bool:
    """When, for an act that is done to something behind a card: the state that the card stands in."""
    return rule.card_states is None or state in rule.card_states
