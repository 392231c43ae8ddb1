"""What an account may know of the institution, said once more and naively: by walking the tree of `institution`.

It shares nothing with the product's rules, queries or scope. A mark that stands in an answer and is not allowed here is
a leak, on whatever page it stands.
"""

from functools import cache

from tests.access.institution import DECIDED, HEADS, HOLDERS, STATES, TREE, WORKS_IN, home_of
from tests.access.marks import (
    EVALUATION,
    EVIDENCE,
    FAULT,
    NAME,
    NOTE,
    PROOF,
    REASON,
    RECORD,
    SELF,
    TASK,
    UNIT,
    Mark,
)

READERS = ("delegate", "head", "upper", "personnel", "auditor")
TASK_READERS = (*READERS, "clerk")
READERS_OF_CARDS = frozenset(letters for letters, _unit in HOLDERS.values())
KEEPERS = ("clerk", "personnel", "access")
"""Of people, in the registers."""

AUTHORS = ("policy",)
CRITERIA_SET = "bo"

UNIT_OF_MARK = {letters: code for code, (_above, _level, letters) in TREE.items()}


def above(code: str) -> list[str]:
    """The unit and every unit above it."""
    line = [code]
    while TREE[line[-1]][0]:
        line.append(TREE[line[-1]][0])
    return line


def below(home: str) -> set[str]:
    """The unit and every unit below it."""
    return {code for code in TREE if home in above(code)}


def evaluator_of(letters: str) -> str:
    """Whose head evaluates a person (docs/concepts.md): the table of the law, for this tree."""
    unit = WORKS_IN[letters]
    if HEADS.get(unit) != letters:
        return HEADS[unit]
    agency = next(code for code in above(unit) if TREE[code][1] == "using")
    return HEADS[agency] if agency != unit else HEADS["QL"]


def evaluated_in_place_of_the_head(letters: str) -> bool:
    """Whom the delegate evaluates: those of the head's whose cards belong to the delegated unit, never themselves."""
    evaluated = evaluator_of(letters) == own("head") and WORKS_IN[letters] in below(home_of("head"))
    return evaluated and letters != own("delegate")


def own(role: str) -> str:
    return HOLDERS[role][0]


@cache
def people_below(role: str) -> frozenset[str]:
    units = below(home_of(role))
    return frozenset(letters for letters, unit in WORKS_IN.items() if unit in units)


@cache
def cards(role: str) -> frozenset[str]:
    """Whose cards the role reads."""
    return frozenset({own(role)}) | (people_below(role) if role in READERS else frozenset())


@cache
def tasks(role: str) -> frozenset[str]:
    """Whose tasks."""
    return frozenset({own(role)}) | (people_below(role) if role in TASK_READERS else frozenset())


@cache
def names(role: str) -> frozenset[str]:
    """Whose names: of cards, tasks, registers and opening lists, and of who evaluates these people."""
    met = {own(role)} | (set() if role == "person" else people_below(role))
    return frozenset(met | {evaluator_of(letters) for letters in met if letters not in ("hq", "hs")})


@cache
def units(role: str) -> frozenset[str]:
    """Whose names of units: the own one, those below it, and the line above with its managing agency."""
    home = home_of(role)
    return frozenset(below(home) | set(above(home)) | {"QL"})


def may_know(role: str, mark: Mark, shows: tuple[str, ...] = ()) -> bool:
    """Whether the mark may stand in an answer to the role.

    Two pages tell more: in a `history` an auditor reads drafts, and “who can see this” names the `readers`.
    """
    history = "history" in shows
    letters, kind, state = mark.owner, mark.kind, STATES[mark.state]
    if letters == CRITERIA_SET:
        return role in AUTHORS
    if kind == UNIT or letters in UNIT_OF_MARK:
        return UNIT_OF_MARK[letters] in units(role)
    mine = letters == own(role)
    if kind == NAME:
        return letters in names(role) or ("readers" in shows and letters in READERS_OF_CARDS)
    if kind == RECORD:
        return role in KEEPERS and letters in people_below(role)
    if kind in (TASK, NOTE, FAULT, PROOF):
        return letters in tasks(role)
    if letters not in cards(role):
        return False
    with_the_person = state in ("opened", "returned")
    if kind in (SELF, EVIDENCE):
        return mine or not with_the_person or (history and role == "auditor")
    if kind == EVALUATION:
        if mine:
            return state in ("notified", "closed")
        in_place = role == "delegate" and evaluated_in_place_of_the_head(letters)
        evaluates = (own(role) == evaluator_of(letters) or in_place) and not with_the_person
        return evaluates or state in DECIDED or (history and role == "auditor")
    return kind == REASON


def points_hidden(role: str) -> frozenset[str]:
    """Whose decided points must not stand in any answer to the role."""
    return frozenset(WORKS_IN) - cards(role)
