"""The cells of the matrix: address × method × role × relation × state, and what each is filled in with."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kpi_cms.foundation.access.forms import last_history_id
from tests.access import forms, rulebook
from tests.access.institution import NEWCOMERS, RELATIONS, ROLES, STATES, Institution, home_of, person_at
from tests.access.marks import EVIDENCE, PROOF
from tests.access.routes import METHODS, Route, keys, routes
from tests.access.rulebook import NO_METHOD, Entry
from tests.helpers.screens import on_screen

FILES = {"evidence": EVIDENCE, "proof": PROOF}
STATEFUL = {"card", "screen", "task", "fault", "delay", "period", "due", "criterion", *FILES}
"""Words that mean another record in each state of the card."""

ALIKE = {
    "period", "due", "product", "position", "job_position", "calendar_day", "page", "index", "set", "revision",
    "workflow", "workflow_task", "workflow_state", "task_state", "group", "colleague",
    "library_item",
}  # fmt: skip
"""Words that mean the same record whoever asks."""

_WORD = re.compile(r"\{([\w.]+)\}")


@dataclass(frozen=True)
class Cell:
    """One question. `number` tells the entries of one address apart."""

    key: str
    number: int
    method: str
    role: str
    relation: str
    state: str

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.key}#{self.number} as {self.role}, {self.relation}, {self.state}"

    @property
    def entry(self) -> Entry:
        return rulebook.entries()[self.key][self.number]


@cache
def _by_key() -> dict[str, Route]:
    return dict(zip(keys(), routes(), strict=True))


def route_of(key: str) -> Route:
    return _by_key()[key]


def words_of(entry: Entry) -> set[str]:
    """The records that an entry names, without what of them."""
    found = {value for value in entry.args.values() if not value.startswith("=")}
    found |= set(_WORD.findall(entry.words))
    return {word.removeprefix("last.").split(".")[0] for word in found} | forms.WORDS.get(
        str(entry.data), set()
    )


def dimensions(entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The relations and the states that make a difference to an entry: others would ask the same question again."""
    words = words_of(entry)
    states = STATES if words & STATEFUL else STATES[:1]
    relations = RELATIONS if words - ALIKE else RELATIONS[:1]
    return relations, states


def all_cells(chosen: Iterable[str] | None = None) -> Iterator[Cell]:
    """Every cell of every entry."""
    for key in keys() if chosen is None else chosen:
        for number, entry in enumerate(rulebook.entries()[key]):
            relations, states = dimensions(entry)
            for method in METHODS:
                for role in ROLES:
                    for relation in relations:
                        for state in states:
                            yield Cell(key, number, method, role, relation, state)


def pairwise_cells(chosen: Iterable[str] | None = None) -> Iterator[Cell]:
    """Every relation and role of each entry and method once, and every pair of role, relation and state somewhere.

    In the admin the five roles that it does not exist for stand for one another; they take turns. So does everybody
    who signed in where an address knows no such method.
    """
    step = 0
    for key in keys() if chosen is None else chosen:
        for number, entry in enumerate(rulebook.entries()[key]):
            relations, states = dimensions(entry)
            for method in METHODS:
                step += 1
                roles = _roles_in_turn(route_of(key), step, known=entry.rule_of(method) != NO_METHOD)
                for place, role in enumerate(roles):
                    relation = relations[(place + step) % len(relations)]
                    state = states[(place * (1 + step // 6 % 5) + step // 30 + step) % len(states)]
                    yield Cell(key, number, method, role, relation, state)


def _roles_in_turn(route: Route, step: int, *, known: bool) -> tuple[str, ...]:
    if not route.in_admin:
        return ROLES if known else (ROLES[0], ROLES[1:][step % (len(ROLES) - 1)])
    inside = rulebook.groups()["admins"]
    outside = [role for role in ROLES[1:] if role not in inside]
    one_outside = outside[step % len(outside)]
    return (ROLES[0], one_outside, *(inside if known else inside[step % len(inside) :][:1]))


class Filling:
    """Words of the rules → keys of records, for one role, relation and state. `word.field` is a field of the record."""

    SHOWN_BY = {"unit": "code"}

    def __init__(self, made: Institution, role: str, relation: str, state: str) -> None:
        self.made = made
        self.letters = person_at(role, relation)
        self.role, self.relation, self.state = role, relation, state
        self.unit = home_of(role) if relation == "own" else made.people[self.letters].unit.code

    def __call__(self, word: str) -> str:
        """The key, or the field, that a word stands for; `=x` is x itself."""
        if word.startswith("="):
            return word[1:]
        name, *rest = word.split(".")
        if name == "due":
            return f"{self.made.periods[self.state].ends_on:%d/%m/%Y}"
        if name == "screen":  # what the page of a decision carries
            return on_screen(self.made.cards[self.letters, self.state])
        if name == "last":
            return str(last_history_id(self.record(rest[0])) or "")
        found = self.record(name, *rest[:1]) if name == "task" else self.record(name)
        fields = rest[1:] if name == "task" else rest
        for field in fields or [self.SHOWN_BY.get(name, "pk")]:
            found = getattr(found, field)
        return str(found)

    def record(self, name: str, *which: str) -> Any:
        """The record itself. Everything beside cards and people is kept by role, by person or by unit."""
        made, place = self.made, (self.letters, self.state)
        if name == "card":
            return made.cards[place]
        if name == "period":
            return made.periods[self.state]
        if name == "person":
            return made.people[self.letters]
        if name == "unit":
            return made.units[self.unit]
        if name == "colleague":
            return self._colleague()
        if name == "task":
            # A task in that state; where its month has none any more, the confirmed one.
            key = (*place, which[0])
            return made.tasks[key if key in made.tasks else (*place, "confirmed")]
        if name in FILES:
            return made.files[*place, FILES[name]]
        if name == "criterion":
            return made.files[*place, FILES["evidence"]].criterion
        if name in ("fault", "delay"):
            return made.deductions[place][name]
        if name not in made.extra:
            raise LookupError(f"The rules speak of “{name}”, which the institution does not have.")
        kept = made.extra[name]
        if not isinstance(kept, dict):
            return kept
        keys = [self.role] if self.relation == "own" else []
        return next(kept[key] for key in (*keys, self.letters, self.unit) if key in kept)

    def _colleague(self) -> Any:
        """Somebody else to hand work to: of the same unit or, where nobody is left there, of one below it."""
        unit = self.made.people[self.letters].unit
        themselves = {*NEWCOMERS, self.letters, person_at(self.role, "own")}
        others = [each for letters, each in sorted(self.made.people.items()) if letters not in themselves]
        near = [each for each in others if each.unit_id == unit.pk]
        return near[0] if near else next(each for each in others if each.unit.path.startswith(unit.path))

    def text(self, template: str) -> str:
        return _WORD.sub(lambda match: self(match[1]), template)

    def data(self, templates: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.text(str(value)) for name, value in templates.items()}
