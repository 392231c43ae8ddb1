"""The comparison itself: what was lost, doubled, half-written or made up is named, and nothing else."""

from collections import Counter
from copy import deepcopy
from dataclasses import replace

import pytest

from kpi_cms.foundation.audit.enums import Act
from tests.faults.journal import Attempt, Outcome
from tests.faults.stored import Entry, Stored, differences

CARD, TASK, PERIOD = ("evaluation.Scorecard", 7), ("evaluation.Task", 3), ("snippets.Period", 1)
SAVE = Attempt("save", 7, "#0000001#", {"I.1": "4.5"}, Outcome.ACKNOWLEDGED, "r1")
LOST = Attempt("save", 7, "#0000002#", {"I.1": "3"}, Outcome.UNKNOWN)
AGAIN = Attempt("save", 7, "#0000002#", {"I.1": "3"}, Outcome.REFUSED, "r3")
ASSIGN = Attempt("assign", 5, "#0000003#", {}, Outcome.ACKNOWLEDGED, "r4")
OPEN = Attempt("open", 1, "", {}, Outcome.ACKNOWLEDGED, "r5")
TOLD = [SAVE, LOST, AGAIN, ASSIGN, OPEN]


def kept() -> Stored:
    """All of it, and of the request that got no answer what was committed before it was lost."""
    return Stored(
        entries=[
            Entry(Act.SCORE_CHANGED, "r1", CARD, {"stage": "self", "I.1": "4.500", "comments": "k"}),
            Entry(Act.SCORE_CHANGED, "r2", CARD, {"stage": "self", "I.1": "3", "comments": "k"}),
            Entry(Act.TASK_ASSIGNED, "r4", TASK),
            Entry(Act.PERIOD_OPENING, "r5", PERIOD),
            Entry(Act.PERIOD_OPENED, "job", PERIOD),
        ],
        rows={
            "r1": Counter({("Score", "+"): 1, ("Assessment", "+"): 1, ("Assessment", "~"): 1}),
            "r2": Counter({("Score", "~"): 1, ("Assessment", "~"): 1}),
            "r4": Counter({("Task", "+"): 1}),
            "r5": Counter({("Period", "~"): 1}),
            "job": Counter({("Period", "~"): 1, ("Scorecard", "+"): 2}),
        },
        markers=Counter(["#0000001#", "#0000002#", "#0000003#"]),
        numbers={CARD: 2, TASK: 1},
        jobs={"job": ("done", 1)},
        cards={1: Counter({5: 1, 6: 1})},
        made={1: Counter({5: 1, 6: 1})},
    )


def test_what_is_stored_once_and_whole_differs_in_nothing():
    assert differences(TOLD, kept()) == []


def test_a_request_without_an_answer_may_have_left_nothing():
    stored = kept()
    del stored.entries[1], stored.rows["r2"], stored.markers["#0000002#"]
    stored.numbers[CARD] = 1
    assert differences(TOLD, stored) == []


def test_an_acknowledged_save_that_is_gone_is_named():
    stored = kept()
    del stored.entries[0], stored.rows["r1"], stored.markers["#0000001#"]
    stored.numbers[CARD] = 1
    assert differences(TOLD, stored) == [
        "acknowledged and stored 0 times: save of 7 #0000001# (r1)",
        "the text #0000001# was acknowledged and is stored 0 times",
    ]


def test_a_task_that_was_made_twice_is_named():
    stored = kept()
    stored.markers["#0000003#"] = 2
    stored.entries.append(Entry(Act.TASK_ASSIGNED, "r6", ("evaluation.Task", 4)))
    stored.rows["r6"] = Counter({("Task", "+"): 1})
    stored.numbers["evaluation.Task", 4] = 1
    assert differences(TOLD, stored) == ["the text #0000003# was acknowledged and is stored 2 times"]


def test_a_task_whose_answer_was_lost_is_acknowledged_by_its_key_and_stored_once():
    lost = replace(ASSIGN, outcome=Outcome.UNKNOWN, request="")
    again = replace(ASSIGN, request="r9")
    assert differences([*TOLD[:3], lost, again, OPEN], kept()) == []
    nowhere = kept()
    del nowhere.entries[2], nowhere.rows["r4"], nowhere.markers["#0000003#"], nowhere.numbers[TASK]
    assert differences([*TOLD[:3], lost, again, OPEN], nowhere) == [
        "the text #0000003# was acknowledged and is stored 0 times"
    ]


def test_a_task_acknowledged_without_anything_lost_before_is_named():
    told = [*TOLD[:3], replace(ASSIGN, request="r9"), OPEN]
    assert differences(told, kept())[0] == "acknowledged and stored 0 times: assign of 5 #0000003# (r9)"


def test_a_value_that_nobody_sent_is_named():
    stored = kept()
    stored.entries[0] = replace(stored.entries[0], after={**stored.entries[0].after, "I.1": "5.000"})
    assert differences(TOLD, stored) == ["acknowledged I.1 = 4.5, stored 5.000: save of 7 #0000001# (r1)"]


@pytest.mark.parametrize("row", [("Score", "~"), ("Assessment", "~")])
def test_half_of_a_save_is_named(row: tuple[str, str]):
    stored = kept()
    del stored.rows["r2"][row]
    found = differences(TOLD, stored)
    assert found == [f"request r2 is stored in part: score.changed with {dict(stored.rows['r2'])}"]


def test_history_without_its_entry_is_named():
    stored = kept()
    del stored.entries[2]
    assert differences([SAVE, LOST, AGAIN, OPEN], stored)[1:] == [
        "request r4 wrote {('Task', '+'): 1} and no entry of the ledger",
        "('evaluation.Task', 3) counts 1 saves, the ledger 0",
    ]


def test_what_was_refused_and_stored_is_named():
    told = [*TOLD[:3], replace(ASSIGN, outcome=Outcome.REFUSED), OPEN]
    assert differences(told, kept()) == [
        "refused and stored: assign of 5 #0000003# (r4)",
        "the text #0000003# was refused each time and is stored",
    ]


def test_an_opening_recorded_twice_is_named():
    stored = kept()
    stored.entries.append(deepcopy(stored.entries[-1]))
    assert differences(TOLD, stored) == [
        "request job has 2 entries: period.opened, period.opened",
        "the job job of period 1 is done and recorded 2 times",
    ]


def test_work_that_never_ended_and_a_second_card_are_named():
    stored = kept()
    stored.jobs["other"] = ("running", 2)
    stored.cards[1][6] = 2
    assert differences(TOLD, stored) == [
        "the job other of period 2 is running",
        "people of period 1 have several cards: [6]",
        "the cards of period 1 are not those of its history",
    ]


def test_the_same_form_acknowledged_twice_is_named():
    told = [
        SAVE,
        replace(LOST, outcome=Outcome.ACKNOWLEDGED, request="r2"),
        replace(AGAIN, outcome=Outcome.ACKNOWLEDGED),
    ]
    assert differences([*told, ASSIGN, OPEN], kept()) == [
        "acknowledged and stored 0 times: save of 7 #0000002# (r3)",
        "the text #0000002# was acknowledged twice",
    ]
