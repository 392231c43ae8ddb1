"""A row of a rule table: forbidden, allowed by relation, allowed by capability, seen and refused, missing."""

from dataclasses import dataclass

import pytest

from kpi_cms.foundation.access.decisions import Decision, allow, refuse, unseen
from kpi_cms.foundation.access.rules import Reach, Rule, ask, in_card_state, in_state, somewhere
from kpi_cms.foundation.access.scope import Scope


@dataclass
class Node:
    path: str


HERE, BESIDE = Node("00010002"), Node("00010003")
RULE = Rule(
    act="open", label="Open it", subject="thing",
    relations=("keeper", "friend"), capabilities=("open_it",), forbidden={"maker": "Not what you made."},
    seen_by=("guest",), seen_with=("look_at_it",), refusal="Only its keeper opens it.",
    states=("shut",), states_for={"keeper": ("shut", "ajar")}, card_states=("here",),
)  # fmt: skip


def held(*capabilities: str, path: str = "0001") -> Scope:
    return Scope(1, dict.fromkeys(capabilities, (path,)))


@pytest.mark.parametrize(
    ("scope", "relations", "answer"),
    [
        (held("open_it"), ("maker", "keeper"), refuse("Not what you made.")),
        (held(), ("friend",), allow("friend")),
        (held(), ("friend", "keeper"), allow("keeper")),
        (held("open_it"), (), allow("open_it")),
        (held("look_at_it"), (), refuse("Only its keeper opens it.")),
        (held(), ("guest",), refuse("Only its keeper opens it.")),
        (held("open_it", path="00010003"), (), unseen()),
        (held("look_at_it", path="00010003"), (), unseen()),
        (held("something"), ("stranger",), unseen()),
    ],
)
def test_the_answer_of_a_row(scope: Scope, relations: tuple[str, ...], answer: Decision) -> None:
    assert ask(RULE, scope, relations, HERE) == answer


@pytest.mark.parametrize(
    ("reach", "path", "units", "allowed"),
    [
        (Reach.UNIT, "00010002", (HERE,), True),
        (Reach.UNIT, "00010003", (HERE,), False),
        (Reach.UNIT, "0001", (), False),
        (Reach.EVERY_UNIT, "00010002", (HERE, BESIDE), False),
        (Reach.EVERY_UNIT, "0001", (HERE, BESIDE), True),
        (Reach.EVERY_UNIT, "00010002", (), True),
        (Reach.ANYWHERE, "00010003", (), True),
        (Reach.TOP, "0001", (), True),
        (Reach.TOP, "00010003", (), False),
    ],
)
def test_where_a_capability_must_be_held(
    reach: Reach, path: str, units: tuple[Node, ...], allowed: bool
) -> None:
    rule = Rule(act="open", label="Open it", subject="thing", capabilities=("open_it",), reach=reach)
    assert bool(ask(rule, held("open_it", path=path), (), *units)) is allowed
    assert not ask(rule, held("something"), (), *units)


def test_the_state_is_the_relations_own_where_it_has_some() -> None:
    assert [in_state(RULE, state) for state in ("shut", "ajar", "open")] == [True, False, False]
    assert [in_state(RULE, state, ("keeper",)) for state in ("shut", "ajar", "open")] == [True, True, False]
    assert [in_state(RULE, state, ("friend",)) for state in ("shut", "ajar", "open")] == [True, False, False]
    assert (in_card_state(RULE, "here"), in_card_state(RULE, "there")) == (True, False)


def test_a_row_without_states_is_always_in_time_and_says_its_act() -> None:
    rule = Rule(act="look", label="Look at it", subject="thing")
    assert (in_state(rule, "open"), in_card_state(rule, "there"), str(rule)) == (True, True, "look")


def test_an_act_changes_something_unless_it_only_records_that_something_was_read() -> None:
    common = {"act": "open", "label": "Open it", "subject": "thing"}
    done, read = Rule(**common, verbs=("a.b",)), Rule(**common, verbs=("a.b",), reading=True)
    assert [Rule(**common).changes, done.changes, read.changes] == [False, True, False]


def test_a_menu_names_what_may_be_done_somewhere() -> None:
    assert (somewhere(RULE, held("open_it", path="00010003")), somewhere(RULE, held("something"))) == (
        True,
        False,
    )
