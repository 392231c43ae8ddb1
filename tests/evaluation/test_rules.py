"""Who may, and may it now: relation × step, each answer with its sentence. Nothing here needs a database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation import rules
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.decisions import Decision, allow, refuse, unseen
from kpi_cms.foundation.access.scope import Delegated, Scope
from kpi_cms.foundation.core.errors import WrongState
from kpi_cms.foundation.engine import digest
from snippets.enums import Capability, PeriodState
from snippets.models import Period, Person, Unit
from tests.helpers.world import staff_spec

LAN, HEAD, CHAIR, OTHER = 1, 2, 3, 4
AGENCY, DEPARTMENT, BESIDE = "00010001", "000100010001", "000100010002"

VERSION = CriteriaVersion(specification=staff_spec(), sha256=digest(staff_spec()))

CARD = Scorecard(
    person=Person(user_id=LAN), evaluator=Person(user_id=HEAD), endorser=Person(user_id=CHAIR),
    unit=Unit(path=DEPARTMENT), state=CardState.OPENED, version=VERSION,
)  # fmt: skip


def holding(capability: str, path: str = DEPARTMENT) -> Scope:
    return Scope(OTHER, {capability: (path,)})


def standing_in(giver: int, capability: str = Capability.EVALUATE, path: str = DEPARTMENT) -> Scope:
    """Somebody else, to whom `giver` delegated while absent."""
    return Scope(OTHER, {}, (Delegated(giver, capability, path),))


RELATIONS = {
    "own": Scope(LAN),
    "evaluator": Scope(HEAD),
    "endorser": Scope(CHAIR),
    "view": holding(Capability.VIEW),
    "view above": holding(Capability.VIEW, AGENCY),
    "view beside": holding(Capability.VIEW, BESIDE),
    "audit": holding(Capability.AUDIT),
    "assign": holding(Capability.ASSIGN),
    "evaluate": holding(Capability.EVALUATE),
    "receive": holding(Capability.RECEIVE_RESULTS),
    "progress": holding(Capability.PROGRESS),
    "delegate": standing_in(HEAD),
    "delegate above": standing_in(HEAD, path=AGENCY),
    "delegate beside": standing_in(HEAD, path=BESIDE),
    "chairs delegate": standing_in(CHAIR),
    "view delegated": standing_in(CHAIR, Capability.VIEW),
    "own delegate": standing_in(LAN),
    "own assigner": standing_in(LAN, Capability.ASSIGN),
    "delegate own": Scope(LAN, {}, (Delegated(HEAD, Capability.EVALUATE, DEPARTMENT),)),
    "delegate endorser": Scope(CHAIR, {}, (Delegated(HEAD, Capability.EVALUATE, DEPARTMENT),)),
    "nobody": Scope(OTHER),
    "visitor": Scope(),
}


def relation(scope: Scope) -> dict[str, Any]:
    return {"evaluates": scope.user_id == HEAD, "stands_in_for": rules.stands_in_for(scope, CARD)}


STEPS: dict[str, Callable[[Scope], Decision]] = {
    "see": lambda scope: rules.see_card(scope, CARD),
    "self": lambda scope: rules.self_assess(scope, CARD),
    "evaluate": lambda scope: rules.evaluate(scope, CARD),
    "endorse": lambda scope: rules.endorse(scope, CARD),
    "notify": lambda scope: rules.notify(scope, CARD),
    "assign": lambda scope: rules.assign_tasks(scope, CARD.person, CARD.unit, **relation(scope)),
    "extra": lambda scope: rules.give_extras(scope, CARD.person, CARD.unit, **relation(scope)),
    "confirm": lambda scope: rules.confirm_tasks(scope, CARD.person, CARD.unit, **relation(scope)),
    "report": lambda scope: rules.report_task(scope, CARD.person, CARD.unit),
}

# + allowed · = refused because it is one's own · - seen and refused · . missing
TABLE = """
              see self evaluate endorse notify assign extra confirm report
own            +    +    =        =       =      =      =     =       +
evaluator      +    -    +        -       +      +      +     +       .
endorser       +    -    -        +       -      .      .     .       .
view           +    -    -        -       -      -      -     -       -
view_above     +    -    -        -       -      -      -     -       -
view_beside    .    .    .        .       .      .      .     .       .
audit          +    -    -        -       -      -      -     -       -
assign         .    .    .        .       .      +      -     -       -
evaluate       .    .    .        .       .      .      +     +       .
receive        .    .    .        .       +      .      .     .       .
progress       .    .    .        .       .      .      .     .       .
delegate       +    -    +        -       +      +      +     +       .
delegate_above +    -    +        -       +      +      +     +       .
delegate_beside .   .    .        .       .      .      .     .       .
chairs_delegate .   .    .        .       .      .      +     +       .
view_delegated +    -    -        -       -      -      -     -       -
own_delegate   .    .    .        .       .      .      .     .       .
own_assigner   .    .    .        .       .      .      -     -       -
delegate_own   +    +    =        =       =      =      =     =       +
delegate_endorser + -    -        +       -      .      +     +       .
nobody         .    .    .        .       .      .      .     .       .
visitor        .    .    .        .       .      .      .     .       .
"""
BECAUSE = {
    "own": "own",
    "evaluator": "evaluator",
    "endorser": "endorser",
    "view": "view_cards",
    "view above": "view_cards",
    "audit": "audit",
    "assign": "assign_tasks",
    "evaluate": "evaluate",
    "receive": "receive_results",
    "delegate": "delegate",
    "delegate above": "delegate",
    "chairs delegate": "evaluate",
    "view delegated": "view_cards",
    "delegate own": "own",
    "delegate endorser": {
        "see": "endorser",
        "endorse": "endorser",
        "extra": "evaluate",
        "confirm": "evaluate",
    },
}
# Relation → on whose behalf it acts.
ABSENT = {"delegate": HEAD, "delegate above": HEAD, "chairs delegate": CHAIR, "delegate endorser": HEAD}
ONES_OWN = {
    "evaluate": "Nobody evaluates their own card. The evaluator named on it does.",
    "endorse": "Nobody endorses their own card.",
    "notify": "Nobody notifies themselves of their own result.",
    "assign": "Nobody assigns tasks to themselves. Propose the task; your head decides.",
    "extra": "Nobody gives extra tasks to themselves. Propose the task; your head decides.",
    "confirm": "Nobody confirms their own tasks. Your head does.",
}
SOMEBODY_ELSES = {
    "self": "Only the person themselves writes their self-assessment.",
    "evaluate": "Only the evaluator named on the card evaluates and confirms it.",
    "endorse": "Only the head of the agency named on the card endorses it.",
    "notify": "The result is notified by the evaluator or by the personnel office.",
    "assign": "You may see the tasks of this unit, but not assign them.",
    "extra": (
        "Only the head gives work outside the plan. Assign it in the plan, or ask the person to propose it."
    ),
    "confirm": "Only the head confirms tasks and records errors and delays.",
    "report": "Only the person who has the task reports on it.",
}


def cells() -> list[tuple[str, str, str]]:
    head, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return [
        (row[0].replace("_", " "), step, cell)
        for row in rows
        for step, cell in zip(head, row[1:], strict=True)
    ]


def test_the_table_asks_everybody_about_every_step() -> None:
    asked = [(relation, step) for relation, step, _cell in cells()]
    assert asked == [(relation, step) for relation in RELATIONS for step in STEPS]


@pytest.mark.parametrize(("relation", "step", "cell"), cells())
def test_who_may_take_a_step(relation: str, step: str, cell: str) -> None:
    found = STEPS[step](RELATIONS[relation])
    because = BECAUSE.get(relation, "")
    because = because[step] if isinstance(because, dict) and cell == "+" else because
    expected = {
        "+": lambda: allow(because),
        "=": lambda: refuse(ONES_OWN[step]),
        "-": lambda: refuse(SOMEBODY_ELSES[step]),
        ".": unseen,
    }[cell]()
    assert (found.allowed, str(found.sentence), found.because, found.seen) == (
        expected.allowed, expected.sentence, expected.because, expected.seen,
    )  # fmt: skip


@pytest.mark.parametrize(("relation", "step", "cell"), cells())
def test_whoever_acts_by_a_delegation_does_so_on_behalf_of_its_giver(
    relation: str, step: str, cell: str
) -> None:
    """Reading is nobody's act, and an endorser endorses in their own right."""
    found = STEPS[step](RELATIONS[relation])
    acts = cell == "+" and step != "see" and (relation, step) != ("delegate endorser", "endorse")
    by_relation = relation in {"delegate", "delegate above"} and step == "see"
    assert found.on_behalf_of == (ABSENT.get(relation) if acts or by_relation else None)


def test_a_card_without_evaluator_or_endorser_belongs_to_nobody_else() -> None:
    card = Scorecard(person=Person(), evaluator=None, endorser=None, unit=Unit(path=DEPARTMENT))
    for scope in (Scope(), Scope(LAN), Scope(HEAD)):
        assert (rules.is_own(scope.user_id, card), rules.is_evaluator(scope.user_id, card)) == (False, False)
        assert not rules.is_endorser(scope.user_id, card)
        assert rules.see_card(scope, card) == unseen()


def test_evaluator_and_endorser_without_an_account_are_not_every_visitor() -> None:
    """Neither has a user id, and the visitor has none either."""
    card = Scorecard(
        person=Person(user_id=None), evaluator=Person(user_id=None), endorser=Person(user_id=None),
        unit=Unit(path=DEPARTMENT),
    )  # fmt: skip
    assert rules.see_card(Scope(), card) == unseen()
    person, unit = card.person, card.unit
    assert rules.assign_tasks(Scope(), person, unit, evaluates=False) == unseen()
    assert rules.give_extras(Scope(), person, unit, evaluates=False) == unseen()
    assert rules.confirm_tasks(Scope(), person, unit, evaluates=False) == unseen()
    assert rules.report_task(Scope(), person, unit) == unseen()


# --- What is read when -----------------------------------------------------------------------------------------------
# Who reads the evaluator's scores in which state (Đ17.3: the person, once notified).
READERS = {
    "own": {"notified"},
    "evaluator": {"submitted", "evaluated", "confirmed", "notified"},
    "endorser": {"evaluated", "confirmed", "notified"},
    "view": {"confirmed", "notified"},
    "audit": {"confirmed", "notified"},
}


@pytest.mark.parametrize("relation", READERS)
def test_the_evaluation_is_read_by_each_in_their_time(relation: str) -> None:
    read = {
        state
        for state in CardState.values
        if rules.see_evaluation(
            RELATIONS[relation],
            Scorecard(
                person=CARD.person,
                evaluator=CARD.evaluator,
                endorser=CARD.endorser,
                state=state,
                version=VERSION,
            ),
        )
    }
    assert read == READERS[relation]


@pytest.mark.parametrize(
    ("relation", "submitted", "read"),
    [
        ("own", False, True), ("own", True, True), ("evaluator", False, False), ("evaluator", True, True),
        ("view", False, False), ("view", True, True),
    ],
)  # fmt: skip
def test_a_self_assessment_is_the_persons_alone_until_submitted(
    relation: str, submitted: bool, read: bool
) -> None:
    assert rules.see_self_assessment(RELATIONS[relation], CARD, submitted=submitted) is read


def test_periods_are_policy_staffs_and_missing_for_everybody_else() -> None:
    policy = Scope(OTHER, {Capability.MANAGE_PERIODS: (AGENCY,)})
    assert rules.manage_periods(policy, []) == allow(Capability.MANAGE_PERIODS)
    assert [rules.manage_periods(scope, []) for scope in RELATIONS.values()] == [unseen()] * len(RELATIONS)


# --- May it now ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (PeriodState.OPEN, ""),
        (PeriodState.CLOSED, "This period is closed. Nothing in it can be changed any more."),
        (
            PeriodState.DRAFT,
            "This period is not open yet. Wait until the Organisation Commission has opened it.",
        ),
        (
            PeriodState.OPENING,
            "This period is not open yet. Wait until the Organisation Commission has opened it.",
        ),
    ],
)
def test_only_an_open_period_is_written_to(state: PeriodState, sentence: str) -> None:
    assert refusal(lambda: rules.require_open(Period(state=state))) == sentence


def refusal(step: Callable[[], None]) -> str:
    try:
        step()
    except WrongState as error:
        return str(error.sentence)
    return ""


@pytest.mark.parametrize("state", CardState)
def test_a_refused_step_names_the_state_the_card_is_in(state: CardState) -> None:
    card = Scorecard(state=state)
    sentence = (
        f"This step is not possible now: the card is “{state.label}”. Reload the page to see what comes next."
    )
    with_person, with_evaluator = {"opened", "returned"}, {"submitted"}
    assert refusal(lambda: rules.require_with_person(card)) == ("" if state in with_person else sentence)
    assert refusal(lambda: rules.require_with_evaluator(card)) == (
        "" if state in with_evaluator else sentence
    )
    assert refusal(lambda: rules.require_state(card, CardState.CONFIRMED, CardState.NOTIFIED)) == (
        "" if state in {"confirmed", "notified"} else sentence
    )


@pytest.mark.parametrize(
    ("moment", "accepted"),
    [
        (datetime(2026, 7, 31, 16, 59, 59, 999_000, tzinfo=UTC), True),
        (datetime(2026, 7, 31, 16, 59, 59, 999_999, tzinfo=UTC), True),
        (datetime(2026, 7, 31, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 31, 17, 0, tzinfo=UTC) + timedelta(days=1), False),
    ],
)
def test_t20_midnight_in_hanoi_is_too_late_by_the_servers_moment(moment: datetime, accepted: bool) -> None:
    deadline = datetime(2026, 7, 31, 17, 0, tzinfo=UTC)
    sentence = refusal(lambda: rules.require_before(deadline, moment, "The evaluation"))
    assert sentence == (
        ""
        if accepted
        else "The evaluation was due before 01/08/2026 00:00. Ask the Organisation Commission to extend the deadline."
    )
