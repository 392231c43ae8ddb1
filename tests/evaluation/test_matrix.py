"""The printed matrix is what the rules answer: asked of the same rows, on cards made up in memory."""

import pytest

from kpi_cms.evaluation import matrix, rules
from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import CardState, Relation
from kpi_cms.evaluation.matrix import Answer, best, every_rule, readers, states_of, verdict, verdicts
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.access.rules import SYSTEM, Rule
from kpi_cms.foundation.core.errors import DomainError, NotFound, Refused, WrongState
from snippets import rule_table as registers
from snippets.enums import PeriodState, Role
from snippets.models import Period, Person

BY_KEY = {reader.key: reader for reader in readers()}
COLUMNS = tuple(BY_KEY)


def card(state: str, period: PeriodState) -> Scorecard:
    return Scorecard(
        person=Person(user_id=matrix.PERSON),
        evaluator=Person(user_id=matrix.EVALUATOR),
        endorser=Person(user_id=matrix.ENDORSER),
        secretary=Person(user_id=matrix.SECRETARY),
        unit=matrix.UNIT,
        state=state,
        period=Period(state=period),
    )


# What nobody is asked for, because it is done by night, has no verb that would answer.
STEPS = [rule for rule in table.CARD_RULES if rule.changes and rule.relations != (SYSTEM,)]


@pytest.mark.parametrize("rule", STEPS, ids=str)
@pytest.mark.parametrize("key", COLUMNS)
def test_what_stands_in_the_matrix_is_what_the_verb_answers(rule: Rule, key: str) -> None:
    """`require_step` is what every verb of a card asks first."""
    for state in states_of(rule):
        period = PeriodState.CLOSED if state.closed else PeriodState.OPEN
        asked = card(CardState.OPENED if state.closed else state.key, period)
        expected: tuple[str, str]
        try:
            rules.require_step(rule, BY_KEY[key].scope, asked)
        except NotFound:
            expected = (Answer.MISSING, "")
        except Refused as error:
            expected = (Answer.REFUSED, str(error.sentence))
        except WrongState as error:
            expected = (Answer.NOT_NOW, str(error.sentence))
        else:
            expected = (Answer.YES, "")
        found = verdict(rule, BY_KEY[key], state)
        assert (found.answer, str(found.sentence)) == expected, state.key


def test_the_steps_of_a_card_are_there_to_be_asked_about() -> None:
    assert {rule.act for rule in STEPS} >= {"save_self", "confirm", "endorse", "notify", "accept_new_basis"}
    assert issubclass(WrongState, DomainError)


def words(rule: Rule) -> str:
    """The best answers of a row: + yes · ? in no state · - refused · . missing."""
    marks = {Answer.YES: "+", Answer.NOT_NOW: "?", Answer.REFUSED: "-", Answer.MISSING: "."}
    return "".join(
        marks[best(rule, reader).answer] for reader in readers() if reader.key != Relation.DELEGATE
    )


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        # own, evaluator, endorser, collective, head, clerk, personnel, auditor, policy, access, others, scheduled
        (table.SEE_CARD, "+++++.++...."),
        (table.SAVE_SELF, "+----.--...."),
        (table.CONFIRM, "-+---.--...."),
        (table.NOTIFY, "-+---.+-...."),
        (table.ASSIGN_TASK, "-+..++--...."),
        (table.CLOSE_PERIOD, "........+..."),
        (registers.REGISTER_PERSON, "....-++---.+"),
        (registers.GIVE_GRANT, "....-----+.+"),
        (registers.REVIEW_GRANTS, ".......+.+.."),
        (registers.KEEP_POSITIONS, "-----------+"),
        (registers.KEEP_CALENDAR, "-----------+"),
        (registers.TURN_THE_DAY, "...........+"),
    ],
    ids=str,
)  # fmt: skip
def test_rows_of_the_matrix(rule: Rule, answers: str) -> None:
    assert words(rule) == answers


def test_a_row_shows_each_state_and_the_closed_period() -> None:
    answers = {reader.key: [each.answer for each in found] for reader, found in verdicts(table.CONFIRM)}
    late, yes, no = Answer.NOT_NOW, Answer.YES, Answer.REFUSED
    assert [state.key for state in states_of(table.CONFIRM)] == [*CardState.values, "closed"]
    assert answers["evaluator"] == [late, yes, late, late, late, late, late]
    assert answers["own"] == [no] * 7
    assert answers["signed_in"] == [Answer.MISSING] * 7


def test_an_act_without_states_has_one_column() -> None:
    assert [state.key for state in states_of(table.SEE_CARD)] == [""]
    assert [state.key for state in states_of(registers.GIVE_GRANT)] == [""]
    assert [state.key for state in states_of(registers.SEND_CATALOGUE)] == ["draft", "sent", "approved"]
    assert [state.key for state in states_of(table.CLOSE_PERIOD)] == PeriodState.values


def test_a_task_of_a_decided_card_stands_still() -> None:
    [state] = [state for state in states_of(table.CONFIRM_TASK) if state.key == "reported"]
    assert verdict(table.CONFIRM_TASK, BY_KEY["evaluator"], state).answer == Answer.YES
    assert table.CONFIRM_TASK.card_states is not None
    assert CardState.CONFIRMED not in table.CONFIRM_TASK.card_states


def test_every_rule_stands_in_the_matrix_once() -> None:
    groups = matrix.matrix()
    acts = [row.rule.act for group in groups for row in group.rows]
    assert sorted(acts) == sorted(rule.act for rule in every_rule())
    assert len(acts) == len(set(acts))
    assert all(len(row.verdicts) == len(COLUMNS) for group in groups for row in group.rows)
    assert set(COLUMNS) >= {*Relation.values, *Role.values}
