"""The whole rule table, row by row: act × relation or capability, act × state. Nothing here needs a database."""

import importlib

import pytest

from kpi_cms.evaluation import rule_table as table
from kpi_cms.evaluation.enums import CardState, Relation, TaskState
from kpi_cms.foundation.access.rules import Reach, ask, in_card_state, in_state
from kpi_cms.foundation.access.scope import Scope
from snippets.enums import Capability, PeriodState
from snippets.models import Unit

ABOVE, HERE, BESIDE = "00010001", "000100010001", "000100010002"
UNIT = Unit(path=HERE)
ACTS = {rule.act: rule for rule in table.TABLE}

COLUMNS: dict[str, tuple[tuple[Relation, ...], tuple[str, ...]]] = {
    "own": ((Relation.OWN,), ()),
    "eval": ((Relation.EVALUATOR,), ()),
    "dele": ((Relation.DELEGATE,), ()),
    "endo": ((Relation.ENDORSER,), ()),
    "coll": ((Relation.COLLECTIVE,), ()),
    "VIEW": ((), (Capability.VIEW,)),
    "AUDI": ((), (Capability.AUDIT,)),
    "ASSI": ((), (Capability.ASSIGN,)),
    "EVAL": ((), (Capability.EVALUATE,)),
    "RECE": ((), (Capability.RECEIVE_RESULTS,)),
    "PROG": ((), (Capability.PROGRESS,)),
    "PERI": ((), (Capability.MANAGE_PERIODS,)),
    "GRAN": ((), (Capability.MANAGE_GRANTS,)),
    "PEOP": ((), (Capability.MANAGE_PEOPLE,)),
    "none": ((), ()),
}
SHOWN = {capability for _relations, held in COLUMNS.values() for capability in held}
ELSE = tuple(capability for capability in Capability if capability not in SHOWN)

# + allowed · = refused although seen, because it is one's own · - seen and refused · . missing
WHO = """
act                   own eval dele endo coll VIEW AUDI ASSI EVAL RECE PROG PERI GRAN PEOP none
see_card              +   +    +    +    +    +    +    .    .    .    .    .    .    .    .
read_self_assessment  +   +    +    +    +    +    +    .    .    .    .    .    .    .    .
read_evidence         +   +    +    +    +    +    +    .    .    .    .    .    .    .    .
read_evaluation       +   +    +    +    +    +    +    .    .    .    .    .    .    .    .
read_collective       +   +    +    +    +    +    +    .    .    .    .    .    .    .    .
read_card_history     +   +    +    +    +    +    +    .    .    .    .    .    .    .    .
read_whole_history    =   .    .    .    .    .    +    .    .    .    .    .    .    .    .
take_card_bundle      =   .    .    .    .    .    +    .    .    .    .    .    .    .    .
explain_card          +   -    -    -    -    -    +    .    .    .    .    .    +    .    .
print_card            +   +    +    +    +    +    +    .    .    .    .    .    .    .    .
save_self             +   -    -    -    -    -    -    .    .    .    .    .    .    .    .
attach_evidence       +   -    -    -    -    -    -    .    .    .    .    .    .    .    .
submit_self           +   -    -    -    -    -    -    .    .    .    .    .    .    .    .
evaluate_without_self =   +    +    -    -    -    -    .    .    .    .    .    .    .    .
save_collective       =   -    -    -    +    -    -    .    .    .    .    .    .    .    .
save_evaluation       =   +    +    -    -    -    -    .    .    .    .    .    .    .    .
return_to_person      =   +    +    -    -    -    -    .    .    .    .    .    .    .    .
confirm               =   +    +    -    -    -    -    .    .    .    .    .    .    .    .
endorse               =   -    -    +    -    -    -    .    .    .    .    .    .    .    .
return_to_evaluator   =   -    -    +    -    -    -    .    .    .    .    .    .    .    .
notify                =   +    +    -    -    -    -    .    .    +    .    .    .    .    .
accept_new_basis      =   +    +    -    -    -    -    .    .    .    .    .    .    .    .
ask_reopening         =   +    +    -    -    -    -    .    .    +    .    .    .    .    .
approve_reopening     =   =    =    =    -    -    -    .    .    .    .    +    .    .    .
decide_anew           =   +    +    -    -    -    -    .    .    .    .    .    .    .    .
endorse_anew          =   -    -    +    -    -    -    .    .    .    .    .    .    .    .
return_anew           =   -    -    +    -    -    -    .    .    .    .    .    .    .    .
name_evaluator        =   =    =    =    =    -    -    .    .    +    .    .    .    .    .
name_endorser         =   =    =    =    =    -    -    .    .    +    .    .    .    .    .
name_evaluators       =   -    -    -    -    -    -    .    .    +    .    .    .    +    .
name_collective       =   -    -    -    -    -    -    .    .    +    .    .    .    +    .
follow_registers      .   .    .    .    .    .    .    .    .    .    .    .    .    .    .
give_feedback         +   +    -    -    -    -    -    .    .    .    .    .    .    .    .
see_task              +   +    +    +    +    +    +    +    .    .    .    .    .    .    .
assign_task           =   +    +    .    .    -    -    +    .    .    .    .    .    .    .
give_extras           =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
change_task           =   +    +    .    .    -    -    +    .    .    .    .    .    .    .
report_task           +   .    .    .    .    -    -    -    .    .    .    .    .    .    .
attach_to_task        +   -    -    .    .    -    -    -    .    .    .    .    .    .    .
propose_task          +   .    .    .    .    -    -    -    .    .    .    .    .    .    .
decide_proposal       =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
name_product          =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
confirm_task          =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
record_deduction      =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
withdraw_deduction    =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
confirm_cause         =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
hand_over_task        =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
move_task             =   +    +    .    .    -    -    -    +    .    .    .    .    .    .
read_unit_cards       .   .    .    .    .    +    +    .    .    .    .    .    .    .    .
read_unit_tasks       .   .    .    .    .    +    +    +    .    .    .    .    .    .    .
read_unit_history     .   .    .    .    .    .    +    .    .    .    .    .    .    .    .
take_unit_bundle      .   .    .    .    .    .    +    .    .    .    .    .    .    .    .
follow_progress       .   .    .    .    .    +    .    .    .    .    +    .    .    .    .
receive_results       .   .    .    .    .    .    .    .    .    +    .    .    .    .    .
see_unit_result       .   .    .    .    .    +    +    .    .    +    .    .    .    .    .
record_unit_result    =   .    .    .    .    -    -    .    .    +    .    .    .    .    .
choose_versions       .   .    .    .    .    .    .    .    .    .    .    +    .    .    .
see_opening_lists     .   .    .    .    .    .    .    .    .    .    .    +    .    .    .
open_period           .   .    .    .    .    .    .    .    .    .    .    +    .    .    .
add_catalogues        .   .    .    .    .    .    .    .    .    .    .    +    .    .    .
close_period          .   .    .    .    .    .    .    .    .    .    .    +    .    .    .
see_fit               .   .    .    .    .    .    +    .    .    .    +    .    .    .    .
see_job               .   .    .    .    .    .    .    .    .    .    .    +    .    .    .
erase_evidence        .   .    .    .    .    .    .    .    .    .    .    .    .    .    .
erase_texts           =   =    =    =    =    .    .    .    .    .    .    .    .    .    .
"""

CARDS = """
act                   opened submitted returned evaluated confirmed notified
see_card              +      +         +        +         +         +
read_self_assessment  .      +         .        +         +         +
read_evidence         .      +         .        +         +         +
read_evaluation       .      .         .        .         +         +
read_collective       .      .         .        .         +         +
read_card_history     +      +         +        +         +         +
read_whole_history    +      +         +        +         +         +
take_card_bundle      +      +         +        +         +         +
explain_card          +      +         +        +         +         +
print_card            +      +         +        +         +         +
save_self             +      .         +        .         .         .
attach_evidence       +      .         +        .         .         .
submit_self           +      .         +        .         .         .
evaluate_without_self +      .         +        .         .         .
save_collective       .      +         .        .         .         .
save_evaluation       .      +         .        .         .         .
return_to_person      .      +         .        .         .         .
confirm               .      +         .        .         .         .
endorse               .      .         .        +         .         .
return_to_evaluator   .      .         .        +         .         .
notify                .      .         .        .         +         .
accept_new_basis      .      .         .        .         +         +
ask_reopening         .      .         .        .         +         +
approve_reopening     .      .         .        .         +         +
decide_anew           .      .         .        .         +         +
endorse_anew          .      .         .        .         +         +
return_anew           .      .         .        .         +         +
name_evaluator        .      .         .        .         +         +
name_endorser         .      .         .        .         +         +
name_evaluators       +      +         +        +         +         +
name_collective       +      +         +        +         +         +
follow_registers      +      +         +        +         +         +
give_feedback         +      +         +        +         +         +
see_task              +      +         +        +         +         +
assign_task           +      .         +        .         .         .
give_extras           +      +         +        +         .         .
change_task           +      +         +        +         .         .
report_task           +      .         +        .         .         .
attach_to_task        +      .         +        .         .         .
propose_task          +      .         +        .         .         .
decide_proposal       +      +         +        +         .         .
name_product          +      +         +        +         .         .
confirm_task          +      +         +        +         .         .
record_deduction      +      +         +        +         .         .
withdraw_deduction    +      +         +        +         .         .
confirm_cause         +      +         +        +         .         .
hand_over_task        +      +         +        +         .         .
move_task             +      +         +        +         .         .
"""

TASKS = """
act                   proposed assigned reported confirmed declined withdrawn
see_task              +        +        +        +         +        +
assign_task           +        +        +        +         +        +
give_extras           +        +        +        +         +        +
change_task           .        +        .        .         .        .
report_task           .        +        +        +         .        .
attach_to_task        +        +        +        .         .        .
propose_task          +        +        +        +         +        +
decide_proposal       +        .        .        .         .        .
name_product          .        +        +        +         .        .
confirm_task          .        .        +        +         .        .
record_deduction      .        +        +        +         .        .
withdraw_deduction    .        +        +        +         .        .
confirm_cause         .        +        +        +         .        .
hand_over_task        .        +        +        +         .        .
move_task             .        +        +        +         .        .
"""

PERIODS = """
act                   draft opening open closed
choose_versions       +     .       .    .
see_opening_lists     +     .       +    .
open_period           +     +       +    .
add_catalogues        .     .       +    .
close_period          .     .       +    .
see_fit               .     .       .    +
see_job               +     +       +    +
"""


def cells(text: str) -> list[tuple[str, str, str]]:
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return [(row[0], column, cell) for row in rows for column, cell in zip(head[1:], row[1:], strict=True)]


def acts_in(text: str) -> list[str]:
    return list(dict.fromkeys(act for act, _column, _cell in cells(text)))


def test_the_tables_hold_every_act_once() -> None:
    assert [rule.act for rule in table.TABLE] == acts_in(WHO)
    assert len(ACTS) == len(table.TABLE) == 65
    cards_and_tasks = [rule.act for rule in (*table.CARD_RULES, *table.TASK_RULES)]
    assert cards_and_tasks == acts_in(CARDS)
    assert [rule.act for rule in table.TASK_RULES] == acts_in(TASKS)
    assert [rule.act for rule in table.PERIOD_RULES] == acts_in(PERIODS)


@pytest.mark.parametrize(("act", "column", "cell"), cells(WHO))
def test_who_may(act: str, column: str, cell: str) -> None:
    rule, (relations, held) = ACTS[act], COLUMNS[column]
    found = ask(rule, Scope(9, dict.fromkeys(held, (ABOVE,))), relations, UNIT)
    own = rule.forbidden.get(Relation.OWN, "")
    because = str((*relations, *held)[0]) if cell == "+" else ""
    sentence = {"=": str(own), "-": str(rule.refusal)}.get(cell, "")
    assert (found.allowed, found.seen, str(found.sentence), found.because) == (
        cell == "+", cell != ".", sentence, because,
    )  # fmt: skip
    assert cell not in "=-" or sentence.endswith(".")


@pytest.mark.parametrize("act", ACTS)
def test_what_is_held_beside_the_unit_or_for_something_else_opens_nothing(act: str) -> None:
    for scope in (
        Scope(9, dict.fromkeys(Capability.values, (BESIDE,))),
        Scope(9, dict.fromkeys(ELSE, (ABOVE,))),
        Scope(),
    ):
        found = ask(ACTS[act], scope, (), UNIT)
        assert (found.allowed, found.seen) == (False, False)


@pytest.mark.parametrize("act", [rule.act for rule in table.TABLE if rule.forbidden])
def test_what_is_forbidden_for_ones_own_no_capability_opens(act: str) -> None:
    everything = Scope(9, dict.fromkeys(Capability.values, (ABOVE,)))
    relations = frozenset(Relation)
    found = ask(ACTS[act], everything, relations, UNIT)
    assert (found.allowed, found.seen, found.sentence) == (False, True, ACTS[act].forbidden[Relation.OWN])


@pytest.mark.parametrize(("act", "state", "cell"), cells(CARDS))
def test_in_which_state_of_the_card(act: str, state: str, cell: str) -> None:
    rule = ACTS[act]
    asked = in_state if rule.subject == "card" else in_card_state
    assert asked(rule, CardState(state)) is (cell == "+")


@pytest.mark.parametrize(("act", "state", "cell"), cells(TASKS))
def test_in_which_state_of_the_task(act: str, state: str, cell: str) -> None:
    assert in_state(ACTS[act], TaskState(state)) is (cell == "+")


@pytest.mark.parametrize(("act", "state", "cell"), cells(PERIODS))
def test_in_which_state_of_the_period(act: str, state: str, cell: str) -> None:
    assert in_state(ACTS[act], PeriodState(state)) is (cell == "+")


def test_every_state_is_asked_about() -> None:
    assert {state for _act, state, _cell in cells(CARDS)} == set(CardState.values)
    assert {state for _act, state, _cell in cells(TASKS)} == set(TaskState.values)
    assert {state for _act, state, _cell in cells(PERIODS)} == set(PeriodState.values)


def test_what_changes_a_card_or_a_task_asks_for_an_open_period() -> None:
    reopening = {  # of a closed one as well
        table.ASK_REOPENING, table.APPROVE_REOPENING, table.DECIDE_ANEW, table.ENDORSE_ANEW, table.RETURN_ANEW,
        table.NAME_EVALUATOR, table.NAME_ENDORSER,
    }  # fmt: skip
    for rule in {*table.CARD_RULES, *table.TASK_RULES} - reopening:
        assert rule.period_states == ((PeriodState.OPEN,) if rule.changes else None), rule.act


def test_whoever_is_named_in_a_relation_reads_the_evaluation_in_their_own_time() -> None:
    read = {
        relation: {state for state in CardState if in_state(table.READ_EVALUATION, state, (relation,))}
        for relation in Relation
    }
    theirs = {CardState.SUBMITTED, CardState.EVALUATED, CardState.CONFIRMED, CardState.NOTIFIED}
    assert read == {
        Relation.OWN: {CardState.NOTIFIED},
        Relation.EVALUATOR: theirs,
        Relation.DELEGATE: theirs,
        Relation.ENDORSER: {CardState.EVALUATED, CardState.CONFIRMED, CardState.NOTIFIED},
        Relation.COLLECTIVE: {CardState.CONFIRMED, CardState.NOTIFIED},
    }


def test_a_period_is_opened_by_whoever_keeps_every_unit_of_it() -> None:
    units = (Unit(path=HERE), Unit(path=BESIDE))
    for rule in table.PERIOD_RULES:
        half = Scope(9, dict.fromkeys(rule.capabilities, (HERE,)))
        whole = Scope(9, dict.fromkeys(rule.capabilities, (ABOVE,)))
        assert rule.reach is Reach.EVERY_UNIT
        assert (ask(rule, half, (), *units).seen, ask(rule, whole, (), *units).allowed) == (False, True)


def test_every_verb_that_a_rule_governs_is_a_verb() -> None:
    for rule in table.TABLE:
        for name in rule.verbs:
            module, _dot, function = name.rpartition(".")
            assert hasattr(getattr(importlib.import_module(module), function), "__wrapped__"), name
