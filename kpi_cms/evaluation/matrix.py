"""The rule tables as a matrix: who may what, for the half-yearly access review.

Nothing is decided here. Readers, cards, tasks and periods are made up in memory and the rules are asked about them,
as the doors ask them, so that what is printed is what happens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from criteria_pages import rule_table as criteria
from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.rules import SIGNED_IN, SYSTEM, Reach, Rule, ask, in_state
from kpi_cms.foundation.access.scope import Delegated, Scope
from kpi_cms.foundation.core.errors import Sentence, WrongState
from snippets import rule_table as registers
from snippets.enums import ROLE_CAPABILITIES, Capability, CatalogueState, PeriodState, Role
from snippets.models import Period, Person, Unit

from . import rule_table as table
from . import rules
from .enums import CardState, Relation, TaskState
from .models import Scorecard

PERSON, EVALUATOR, ENDORSER, OTHER, SECRETARY = 1, 2, 3, 4, 5
UNIT = Unit(path="00010001")
OWN, NAMED, STAND_IN, AGENCY_HEAD, COLLECTIVE, OTHERS, SCHEDULED = (
    pgettext_lazy("access matrix", "Own"),
    pgettext_lazy("access matrix", "Evaluator"),
    pgettext_lazy("access matrix", "Stand-in"),
    pgettext_lazy("access matrix", "Endorser"),
    pgettext_lazy("access matrix", "Collective"),
    pgettext_lazy("access matrix", "Others"),
    pgettext_lazy("access matrix", "Scheduled"),
)


class Answer(models.TextChoices):
    YES = "yes", pgettext_lazy("access matrix", "yes")
    NOT_NOW = "not_now", pgettext_lazy("access matrix", "not in this state")
    REFUSED = "refused", pgettext_lazy("access matrix", "refused")
    MISSING = "missing", pgettext_lazy("access matrix", "does not see it")


SUBJECTS: dict[str, Sentence] = {
    "card": pgettext_lazy("access matrix", "Cards"),
    "task": pgettext_lazy("access matrix", "Tasks"),
    "unit": pgettext_lazy("access matrix", "Units"),
    "period": pgettext_lazy("access matrix", "Periods"),
    "person": pgettext_lazy("access matrix", "People"),
    "account": pgettext_lazy("access matrix", "Accounts"),
    "list": pgettext_lazy("access matrix", "Lists of the whole province"),
    "catalogue": pgettext_lazy("access matrix", "Catalogues"),
    "grant": pgettext_lazy("access matrix", "Grants"),
    "upload": pgettext_lazy("access matrix", "Uploaded workbooks"),
    "criteria": pgettext_lazy("access matrix", "Criteria sets"),
    "register": pgettext_lazy("access matrix", "Registers"),
}
STATES: dict[str, Sequence[tuple[str, Sentence]]] = {
    "card": CardState.choices,
    "task": TaskState.choices,
    "catalogue": CatalogueState.choices,
    "period": PeriodState.choices,
}
REACHES: dict[Reach, Sentence] = {
    Reach.UNIT: _("held on the unit or above it"),
    Reach.EVERY_UNIT: _("held on every unit concerned"),
    Reach.ANYWHERE: _("held on any unit"),
    Reach.TOP: _("held at the top of the tree"),
}


@dataclass(frozen=True)
class Reader:
    """Somebody who asks; `short` heads their column. `everywhere` are their relations to what belongs to no card."""

    key: str
    short: Sentence
    label: Sentence
    scope: Scope
    everywhere: tuple[str, ...] = (SIGNED_IN,)


def readers() -> tuple[Reader, ...]:
    """A person in each relation who holds nothing, somebody in each role on the unit, anybody else, scheduled work."""
    away = (Delegated(EVALUATOR, Capability.EVALUATE, UNIT.path),)
    return (
        Reader(Relation.OWN, OWN, Relation.OWN.label, Scope(PERSON), (registers.ONESELF, SIGNED_IN)),
        Reader(Relation.EVALUATOR, NAMED, Relation.EVALUATOR.label, Scope(EVALUATOR)),
        Reader(Relation.DELEGATE, STAND_IN, Relation.DELEGATE.label, Scope(OTHER, {}, away)),
        Reader(Relation.ENDORSER, AGENCY_HEAD, Relation.ENDORSER.label, Scope(ENDORSER)),
        Reader(Relation.COLLECTIVE, COLLECTIVE, Relation.COLLECTIVE.label, Scope(SECRETARY)),
        *(Reader(role, role.label, role.label, _in_role(role)) for role in Role),
        Reader(SIGNED_IN, OTHERS, _("anybody else with an account"), Scope(OTHER)),
        Reader(SYSTEM, SCHEDULED, _("scheduled work, as which nobody signs in"), Scope(), (SYSTEM,)),
    )


def _in_role(role: Role) -> Scope:
    return Scope(OTHER, dict.fromkeys(ROLE_CAPABILITIES[role], (UNIT.path,)))


@dataclass(frozen=True)
class Verdict:
    """What somebody is answered, and the sentence that they read."""

    answer: Answer
    sentence: Sentence = ""
    because: str = ""


@dataclass(frozen=True)
class State:
    """A state that the act may be asked in: of its object, or a period that is closed."""

    key: str
    label: Sentence
    closed: bool = False


CLOSED = State("closed", pgettext_lazy("access matrix", "The period is closed"), closed=True)
ANY = State("", _("In every state"))


def states_of(rule: Rule) -> tuple[State, ...]:
    """The states in which the answers of a rule can differ."""
    choices = STATES.get(rule.subject)
    if choices is None or (rule.states is None and rule.period_states is None):
        return (ANY,)
    found = tuple(State(str(value), label) for value, label in choices)
    return (*found, CLOSED) if rule.subject in ("card", "task") and rule.period_states is not None else found


@dataclass(frozen=True)
class Row:
    """One act with everybody's answer: the best that they are answered in any state."""

    rule: Rule
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Group:
    subject: Sentence
    rows: list[Row] = field(default_factory=list)


def every_rule(more: Sequence[Rule] = ()) -> tuple[Rule, ...]:
    """Every row there is; `more` are those that are read off elsewhere (the registers' lists)."""
    return (*table.TABLE, *registers.TABLE, *criteria.TABLE, *more)


def matrix(more: Sequence[Rule] = ()) -> list[Group]:
    """Every act, by what it is done to, with the answer of each reader."""
    groups: dict[str, Group] = {}
    for rule in every_rule(more):
        group = groups.setdefault(rule.subject, Group(SUBJECTS[rule.subject]))
        group.rows.append(Row(rule, tuple(best(rule, reader) for reader in readers())))
    return [groups[subject] for subject in SUBJECTS if subject in groups]


def best(rule: Rule, reader: Reader) -> Verdict:
    """Yes where some state allows it."""
    order = list(Answer)
    found = (verdict(rule, reader, state) for state in states_of(rule))
    return min(found, key=lambda each: order.index(each.answer))


def verdicts(rule: Rule) -> Iterator[tuple[Reader, list[Verdict]]]:
    """Each reader with the answer in each state."""
    for reader in readers():
        yield reader, [verdict(rule, reader, state) for state in states_of(rule)]


def verdict(rule: Rule, reader: Reader, state: State) -> Verdict:
    """Who may is asked first, as at every door; then whether it is the time."""
    card = _card(rule, state)
    if rule.subject in ("card", "task"):
        relations: frozenset[str] = frozenset(rules.relations_of(reader.scope, card))
        relations |= {SYSTEM} & set(reader.everywhere)
    else:
        relations = frozenset(reader.everywhere)
    decision: Decision = ask(rule, reader.scope, relations, card.unit)
    if not decision.seen:
        return Verdict(Answer.MISSING)
    if not decision:
        return Verdict(Answer.REFUSED, decision.sentence)
    if not _is_time(rule, relations, state, card):
        return Verdict(Answer.NOT_NOW, _late(rule, card), decision.because)
    return Verdict(Answer.YES, because=decision.because)


def _is_time(rule: Rule, relations: frozenset[str], state: State, card: Scorecard) -> bool:
    if rule.period_states is not None and card.period.state not in rule.period_states:
        return False
    return state in (ANY, CLOSED) or in_state(rule, state.key, relations)


def _late(rule: Rule, card: Scorecard) -> Sentence:
    """What the person reads who comes at the wrong time; a task's own sentence is its verb's."""
    try:
        if rule.period_states is not None:
            rules.require_open(card.period)
        if rule.subject == "card":
            rules.require_state(card, *(CardState(state) for state in rule.states or ()))
    except WrongState as error:
        return error.sentence
    return ""


def _card(rule: Rule, state: State) -> Scorecard:
    """A card as the act finds it: in its state where that is asked about, else open, so that its tasks can change."""
    return Scorecard(
        person=Person(user_id=PERSON),
        evaluator=Person(user_id=EVALUATOR),
        endorser=Person(user_id=ENDORSER),
        secretary=Person(user_id=SECRETARY),
        unit=UNIT,
        period=Period(state=PeriodState.CLOSED if state.closed else PeriodState.OPEN),
        state=state.key if rule.subject == "card" and not state.closed and state.key else CardState.OPENED,
    )
