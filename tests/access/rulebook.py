"""The committed rules (tests/access/rules/*.toml), read: which rule stands at which route, and who may by it.

A rule says for each relation which roles are allowed; `sees` names the rule of those who see the thing and are refused
with a sentence (403) where they are not allowed; everybody else is answered as if it were not there (404). `when` lists
the states of the card in which it can be done at all.

About cards, tasks, units and periods a rule only names its `act`: who and when then come from the product's rule table
(evaluation/rule_table), read here for what the roles of the institution hold. What the table leaves to the domain is
said beside it: `when` in its place, relations in addition to it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from kpi_cms.evaluation import rule_table
from kpi_cms.foundation.access.rules import Reach
from kpi_cms.foundation.access.rules import Rule as Row
from tests.access import sight
from tests.access.institution import CAPABILITIES, RELATIONS, ROLES, STATES, WORKS_IN, home_of, person_at

FOLDER = Path(__file__).parent / "rules"
SIGNED_IN = ROLES[1:]
NO_METHOD = "none"
"""In the place of a rule: the address does not take this method (405)."""


@dataclass(frozen=True)
class Rule:
    """Who is allowed, who sees and is refused, and in which states it is possible."""

    name: str
    allowed: frozenset[tuple[str, str]]
    seen: frozenset[tuple[str, str]]
    when: tuple[str, ...] = STATES
    when_own: tuple[str, ...] | None = None

    def lets(self, role: str, relation: str, state: str) -> bool:
        return (role, relation) in self.allowed and self.possible(relation, state)

    def possible(self, relation: str, state: str) -> bool:
        return state in (self.when_own if relation == "own" and self.when_own is not None else self.when)


@dataclass(frozen=True)
class Entry:
    """What the rules say about one address; docs/access.md explains each word."""

    key: str
    get: str
    post: str
    args: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    data: Any = field(default_factory=dict)
    shown: int = 200
    done: int = 302
    refused: int = 403
    not_now_get: int = 302
    not_now_post: int = 409
    later_get: Mapping[str, int] = field(default_factory=dict)
    visitor: int = 0
    offers: str = ""
    behind: str = ""
    away: bool = False
    method_first: bool = False
    writes: bool = True
    shows: tuple[str, ...] = ()
    why: str = ""

    def rule_of(self, method: str) -> str:
        return self.get if method == "get" else self.post

    @property
    def words(self) -> str:
        """Everything in which a record of the institution is named."""
        data = "" if isinstance(self.data, str) else " ".join(map(str, self.data.values()))
        return f"{self.query} {data}"


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Named groups of roles; a role is a group of its own, and `everyone` are all who signed in."""
    named = {name: tuple(members.split()) for name, members in _read("who.toml")["groups"].items()}
    return {role: (role,) for role in ROLES} | {"everyone": SIGNED_IN} | named


def _pairs(table: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (role, relation)
        for relation in RELATIONS
        for word in str(table.get(relation, "")).split()
        for role in groups()[word]
    )


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its name, `public`, `signed-in` and `absent` among them."""
    everywhere = frozenset((role, relation) for role in SIGNED_IN for relation in RELATIONS)
    nowhere: frozenset[tuple[str, str]] = frozenset()
    found = {
        "public": Rule("public", everywhere, everywhere),
        "signed-in": Rule("signed-in", everywhere, everywhere),
        "absent": Rule("absent", nowhere, nowhere),
    }
    for name, table in _read("who.toml")["rule"].items():
        unknown = set(table) - {*RELATIONS, "anywhere", "sees", "when", "act"}
        if unknown:
            raise ValueError(f"The rule {name} speaks of {sorted(unknown)}.")
        relations = dict.fromkeys(RELATIONS, table["anywhere"]) if "anywhere" in table else table
        allowed, seen, when, when_own = _pairs(relations), nowhere, STATES, None
        if "act" in table:
            row = ACTS[table["act"]]
            allowed, seen = allowed | _allowed_by(row), _seen_by(row)
            when, when_own = _times(row, row.states), None
            if "own" in row.states_for:
                when_own = _times(row, row.states_for["own"])
        if "sees" in table:
            seen |= found[table["sees"]].seen
        if "when" in table:
            when = tuple(table["when"].split())
        found[name] = Rule(name, allowed, seen | allowed, when, when_own)
    return found


# --- The rule table, read for the roles of the institution ----------------------------------------------------
ACTS = {row.act: row for row in rule_table.TABLE}
PLACES = tuple((role, relation) for role in SIGNED_IN for relation in RELATIONS)
CARD_STATE = {"closed": "notified"} | {state: state for state in STATES if state != "closed"}


def _stands(role: str, relation: str, row: Row) -> set[str]:
    """How a role stands to a card or to tasks; to a unit or a period nobody stands in any way."""
    if row.subject in ("unit", "period"):
        return set()
    if relation == "own":
        return {"own"}
    whose = person_at(role, relation)
    if role == "delegate" and sight.evaluated_in_place_of_the_head(whose):
        return {"delegate"}
    return {"evaluator"} if sight.evaluator_of(whose) == sight.own(role) else set()


def _holds(role: str, relation: str, capabilities: tuple[str, ...], reach: Reach) -> bool:
    """Whether the role holds one of them where the act asks for it: on the unit concerned or above."""
    unit = home_of(role) if relation == "own" else WORKS_IN[person_at(role, relation)]
    if not set(CAPABILITIES.get(role, ())) & set(capabilities):
        return False
    if reach is Reach.TOP:
        return home_of(role) == "TINH"
    return reach is Reach.ANYWHERE or unit in sight.below(home_of(role))


def _allowed_by(row: Row) -> frozenset[tuple[str, str]]:
    return frozenset(
        (role, relation)
        for role, relation in PLACES
        if not _stands(role, relation, row) & set(row.forbidden)
        and (
            _stands(role, relation, row) & set(row.relations)
            or _holds(role, relation, row.capabilities, row.reach)
        )
    )


def _seen_by(row: Row) -> frozenset[tuple[str, str]]:
    return frozenset(
        (role, relation)
        for role, relation in PLACES
        if _stands(role, relation, row) & {*row.seen_by, *row.forbidden}
        or _holds(role, relation, row.seen_with, Reach.UNIT)
    )


def _times(row: Row, states: tuple[str, ...] | None) -> tuple[str, ...]:
    """The months of the institution in which it is possible: by the card's state, for a task by the card behind it.

    Units and periods of the institution are chosen so that they stand where the act is possible.
    """
    if row.subject in ("unit", "period"):
        return STATES
    wanted = row.card_states if row.subject == "task" else states
    return tuple(
        state
        for state in STATES
        if not (row.period_states is not None and state == "closed")
        and (wanted is None or CARD_STATE[state] in wanted)
    )


# --- Entries -------------------------------------------------------------------------------------------------
@cache
def entries() -> dict[str, tuple[Entry, ...]]:
    """Route key → its entries: one as a rule, several where one address is asked in several ways."""
    found: dict[str, tuple[Entry, ...]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for key, written in _read(path.name).get("routes", {}).items():
            if key in found:
                raise ValueError(f"{key} has a rule in two files.")
            found[key] = tuple(
                _entry(key, table) for table in (written if isinstance(written, list) else [written])
            )
    return found


def _entry(key: str, table: dict[str, Any]) -> Entry:
    values = dict(table)
    both = values.pop("both", None)
    values.setdefault("get", both or NO_METHOD)
    values.setdefault("post", both or NO_METHOD)
    values["shows"] = tuple(str(values.get("shows", "")).split())
    return Entry(key=key, **values)


@cache
def programs() -> dict[str, str]:
    """“command migrate”, “job open_period” → who runs it."""
    return {
        f"{kind} {name}": who
        for kind, table in _read("programs.toml").items()
        for who, names in table.items()
        for name in names
    }
