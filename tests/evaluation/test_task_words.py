"""Tasks that say their role, priority or difficulty, and are accepted at a step of quality, where a set counts so."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from criteria_pages.models import CriteriaVersion
from kpi_cms.evaluation.asked_queries import asked_of
from kpi_cms.evaluation.domain import moving, proposals, scoring, stages, tasks
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.rescoring import rescored
from kpi_cms.evaluation.enums import CardState, TaskState
from kpi_cms.evaluation.impact_queries import Past
from kpi_cms.evaluation.models import CardResult, Scorecard, Task, VersionPin
from kpi_cms.evaluation.past_queries import card_at
from kpi_cms.evaluation.rescored import Reason, Result, Untold
from kpi_cms.evaluation.seen import digest_now
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, WrongState
from kpi_cms.foundation.engine import compile_set
from kpi_cms.interfaces.reporting.card_form import build_form01
from kpi_cms.interfaces.workspace.presentation.card import state_of_result
from snippets.models import Person
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

DUE, BEFORE = date(2026, 7, 20), datetime(2026, 7, 15, 9, tzinfo=UTC)
HARD, EASY, HELPING = {"difficulty": "kho"}, {"difficulty": "de"}, {"role": "phoi_hop"}


def coded(code: str, label: str, value: str) -> dict[str, str]:
    return {"code": code, "label": label, "value": value}


DIFFICULTY = {
    "attribute": "difficulty", "values": [coded("kho", "Khó", "1.5"), coded("de", "Dễ", "0.5")],
}  # fmt: skip
ROLE = {"attribute": "role", "default": "1", "values": [coded("phoi_hop", "Phối hợp", "0.4")]}
QUALITY = [coded("tot", "Tốt", "1"), coded("dat", "Đạt", "0.8")]


def counted_by_words(**kind: Any) -> dict[str, Any]:
    """A difficulty that every task must say, a role that it may, two steps of quality; 100 points make the maximum."""
    counted = {
        "type": "task_points", "max": "70", "coefficients": [DIFFICULTY, ROLE], "quality": QUALITY,
        "normalise": {"to": "full", "full": "100"}, **kind,
    }  # fmt: skip
    spec = worlds.staff_spec(schema_version=2, law="")
    spec["sections"][-1] = specs.section("KQ", "70", "results", [specs.computed("p", counted)])
    return spec


def issued(code: str = "NV-LOI", **kind: Any) -> CriteriaVersion:
    return worlds.version(counted_by_words(**kind), code)


@pytest.fixture
def world(drafted: World) -> World:
    """The small world, its month opened with such a set for the staff."""
    VersionPin.objects.filter(period=drafted.period, version=drafted.staff).delete()
    VersionPin.objects.create(period=drafted.period, version=issued())
    worlds.open_month(drafted)
    return drafted


def under(world: World, who: Person, version: CriteriaVersion) -> None:
    with thawed():
        Scorecard.objects.filter(person=who).update(version=version)


def assign(world: World, who: Person, quantity: str = "4", **more: Any) -> Task:
    return tasks.assign_task(
        actor=world.head.user, moment=MOMENT, period=world.period, person=who, product=world.product,
        quantity=Decimal(quantity), due_on=DUE, **more,
    )  # fmt: skip


def confirm(world: World, task: Task, **more: Any) -> Task:
    task = Task.objects.get(pk=task.pk)
    return tasks.confirm_task(
        actor=world.head.user, moment=MOMENT, task=task, expected=task.version_number, accepted=task.completed,
        **more,
    )  # fmt: skip


def hand_over(world: World, task: Task, taker: Person, **more: Any) -> Task:
    return moving.hand_over(
        actor=world.head.user, moment=MOMENT, task=task, expected=task.version_number, quantity=Decimal(1),
        taker=taker, due_on=DUE, reason="Nghỉ phép", **more,
    )  # fmt: skip


def move(world: World, task: Task, taker: Person, **more: Any) -> Task:
    return moving.move_task(
        actor=world.head.user, moment=BEFORE, task=task, expected=task.version_number, quantity=Decimal(1),
        taker=taker, due_on=DUE, reason="Cân đối", **more,
    )  # fmt: skip


def propose(world: World, **more: Any) -> Task:
    values = {"name": "Việc đột xuất", "product": None, "quantity": Decimal(1), "due_on": DUE}
    return proposals.propose_task(
        actor=world.lan.user, moment=MOMENT, period=world.period, person=world.lan, **values, **more
    )


def change(world: World, task: Task, **more: Any) -> Task:
    return tasks.change_task(
        actor=world.head.user, moment=MOMENT, task=task, expected=task.version_number, quantity=Decimal(4),
        due_on=DUE, reason="Rõ hơn", **more,
    )  # fmt: skip


def part(world: World, **more: Any) -> list[Task]:
    parts = [tasks.Part(world.lan, Decimal("0.5"), DUE, "Dự thảo", **more)]
    return tasks.assign_parts(
        actor=world.head.user, moment=MOMENT, period=world.period, product=world.product, parts=parts
    )


def result(world: World, who: Person, stage: str = "evaluator") -> CardResult:
    return CardResult.objects.get(person=who, stage=stage)


def computes_the_same(world: World) -> bool:
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    return report.differing == []


def everything() -> list[Any]:
    """Every task with its words, and how many entries the ledger has."""
    return [
        *Task.objects.order_by("pk").values_list("pk", "state", "role", "priority", "difficulty", "quality"),
        LedgerEntry.objects.count(),
    ]


Door = Callable[[dict[str, str]], Any]


def doors(world: World) -> dict[str, Door]:
    """Every verb by which something is said of a task, on a task that stands where the verb starts from."""
    given, late, before, reported, proposed, accepted = (
        assign(world, world.lan, attributes=EASY),
        assign(world, world.lan, attributes=EASY),
        assign(world, world.lan, attributes=EASY),
        month.report(assign(world, world.lan, attributes=EASY)),
        propose(world),
        proposals.decide_proposal(
            actor=world.head.user, moment=MOMENT, task=propose(world), accepted=True, attributes=EASY
        ),
    )
    common = {"actor": world.head.user, "moment": MOMENT}
    product = world.product
    return {
        "assign": lambda said: assign(world, world.lan, attributes=said),
        "part": lambda said: part(world, attributes=said),
        "propose": lambda said: propose(world, attributes=said),
        "decide": lambda said: proposals.decide_proposal(
            **common, task=proposed, accepted=True, attributes=said
        ),
        "name the product": lambda said: proposals.name_product(
            **common, task=accepted, product=product, attributes=said
        ),
        "change": lambda said: change(world, given, attributes=said),
        "hand over": lambda said: hand_over(world, late, world.minh, attributes=said),
        "move": lambda said: move(world, before, world.minh, attributes=said),
        "confirm": lambda said: confirm(world, reported, quality="tot", attributes=said),
    }  # fmt: skip


# --- What must not happen -----------------------------------------------------------------------------------
def test_nothing_is_asked_or_taken_where_no_set_of_the_person_counts_by_it(opened: World) -> None:
    assert asked_of(opened.period.pk, [opened.lan.pk, opened.head.pk]) == {}
    with pytest.raises(Invalid) as found:
        assign(opened, opened.lan, attributes=HARD)
    assert found.value.problems == {
        "difficulty": ["The criteria sets of Hồ Thị Lan do not count by “Difficulty”: leave it out."]
    }
    assert Task.objects.count() == 0
    task = month.report(month.assign(opened, opened.lan))
    with pytest.raises(Invalid) as of_quality:
        confirm(opened, task, quality="tot")
    assert set(of_quality.value.problems) == {"quality"}
    assert Task.objects.get().state == TaskState.REPORTED


def test_somebody_whose_own_set_asks_nothing_is_asked_nothing_beside_others_who_are(world: World) -> None:
    under(world, world.minh, world.staff)
    assert set(asked_of(world.period.pk, [world.lan.pk, world.minh.pk])) == {world.lan.pk}
    assert assign(world, world.minh).difficulty == ""
    with pytest.raises(Invalid):
        assign(world, world.minh, attributes=HARD)


def test_a_code_that_no_set_knows_is_refused_at_every_door(world: World) -> None:
    opens = doors(world)
    assert len(opens) == 9
    stood = everything()
    for said in ({"difficulty": "rất khó"}, {"priority": "cao"}, {"role": "kho"}):
        for name, door in opens.items():
            with pytest.raises(Invalid) as found:
                door({**EASY, **said})
            assert (name, set(found.value.problems)) == (name, set(said))
    assert everything() == stood
    for name, door in opens.items():
        door(EASY if name in ("confirm", "name the product") else {**EASY, **HELPING})


def test_a_task_is_not_given_without_what_a_set_needs_of_it(world: World) -> None:
    opens = doors(world)
    stood = everything()
    for name in ("assign", "part", "decide"):
        with pytest.raises(Invalid) as found:
            opens[name]({})
        assert found.value.problems == {
            "difficulty": ["Choose “Difficulty”: a criteria set of Hồ Thị Lan counts by it."]
        }
    assert everything() == stood


def test_nothing_completed_is_confirmed_without_a_step_that_the_set_knows(world: World) -> None:
    task = month.report(assign(world, world.lan, attributes=HARD))
    for quality in ("", "xuất sắc", "kho"):
        with pytest.raises(Invalid) as found:
            confirm(world, task, quality=quality)
        assert set(found.value.problems) == {"quality"}
    assert Task.objects.get().state == TaskState.REPORTED


def test_nothing_completed_has_no_step_of_quality(world: World) -> None:
    task = month.report(assign(world, world.lan, attributes=HARD), completed="0")
    with pytest.raises(Invalid):
        confirm(world, task, quality="tot")
    assert confirm(world, task).quality == ""
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.update(quality="tot")


def test_what_was_said_when_the_task_was_given_is_no_matter_of_its_confirmation(world: World) -> None:
    task = month.report(assign(world, world.lan, attributes=HARD))
    with pytest.raises(Invalid) as found:
        confirm(world, task, quality="tot", attributes=EASY)
    assert found.value.problems == {
        "difficulty": ["“Difficulty” was said when the task was given, and stays as it is."]
    }
    assert confirm(world, task, quality="tot", attributes=HARD).difficulty == "kho"


# --- On a card ------------------------------------------------------------------------------------------------
def test_a_card_counts_by_what_its_tasks_say_and_the_step_they_were_accepted_at(world: World) -> None:
    first = month.report(assign(world, world.lan, attributes={**HARD, **HELPING}))
    confirm(world, first, quality="dat")  # 10 × 4 × 1.5 × 0.4 × 0.8
    second = month.report(assign(world, world.lan, "2", attributes=EASY), completed="1")
    confirm(world, second, quality="tot")  # 10 × 1 × 0.5; the other is not done
    month.evaluated(world, world.lan)
    assert result(world, world.lan).values["p"] == str((Fraction("19.2") + 5) / 100 * 70)
    assert result(world, world.lan, "self").values["p"] == result(world, world.lan).values["p"]
    assert computes_the_same(world)
    steps = [
        step for step in scoring.trace_of(world.card(world.lan), "evaluator") if step.code.startswith("p:")
    ]
    assert [step.formula for step in steps] == [
        "points * quantity * difficulty * role * time * quality",
        "points * quantity * difficulty * role * time * quality",
        "points * quantity * difficulty * role * time",
    ]
    month.notified_as_it_stands(world, world.lan)
    assert computes_the_same(world)


def test_what_was_done_in_time_is_counted_by_its_own_day_when_more_is_done_late(world: World) -> None:
    """Three on the day they were due five days early, two more five days late."""
    days = {"early": [{"days": 5, "value": "1.2"}], "late": [{"days": 5, "value": "0.5"}]}
    under(world, world.lan, issued("NV-NGAY", time=days, quality=[]))
    task = month.report(assign(world, world.lan, "5", attributes=HARD), completed="3", on=date(2026, 7, 15))
    month.report(task, completed="5", on=date(2026, 7, 25))
    counted = 10 * Fraction("1.5") * (3 * Fraction("1.2") + 2 * Fraction("0.5"))
    assert result(world, world.lan, "self").values["p"] == str(counted / 100 * 70)
    assert computes_the_same(world)


def test_a_report_waits_for_its_step_and_a_later_report_stands_at_the_former_until_it_is_decided(
    world: World,
) -> None:
    task = month.report(assign(world, world.lan, attributes=HARD), completed="1")
    own = result(world, world.lan, "self")
    assert (own.pending, own.values.get("p")) == (True, None)
    with month.undone():  # nobody is kept from sending by what the head has not decided
        assert month.submitted(world, world.lan).state == CardState.SUBMITTED
    confirm(world, task, quality="dat")
    assert result(world, world.lan, "self").values["p"] == str(Fraction(12, 100) * 70)
    month.report(Task.objects.get(), completed="2")
    assert result(world, world.lan, "self").values["p"] == str(Fraction(24, 100) * 70)
    confirm(world, task, quality="tot")
    assert result(world, world.lan, "self").values["p"] == str(Fraction(30, 100) * 70)
    assert computes_the_same(world)


def test_each_word_is_in_history_the_ledger_the_past_and_what_a_decision_was_taken_from(world: World) -> None:
    task = month.report(assign(world, world.lan, attributes={**HARD, **HELPING}))
    shown = digest_now(world.card(world.lan))
    confirm(world, task, quality="dat")
    assert digest_now(world.card(world.lan)) != shown
    rows = Task.history.order_by("history_id").values_list("difficulty", "role", "priority", "quality")
    assert list(rows) == [("kho", "phoi_hop", "", "")] * 2 + [("kho", "phoi_hop", "", "dat")]
    entry = LedgerEntry.objects.filter(act="task.confirmed").get()
    assert (entry.before or {}).get("quality") is None
    assert [(entry.after or {})[name] for name in ("difficulty", "role", "quality")] == [
        "kho",
        "phoi_hop",
        "dat",
    ]
    then = card_at(world.card(world.lan), MOMENT)
    assert then is not None
    assert "Difficulty: Khó" in then.content()["DC.01 Soạn thảo văn bản"]


def test_the_annex_of_the_form_says_what_a_task_was_counted_by(world: World) -> None:
    from kpi_cms.foundation.access.scope import Scope

    confirm(world, month.report(assign(world, world.lan, attributes=HARD)), quality="dat")
    form = build_form01(world.card(world.lan), MOMENT, Scope.of(world.lan.user))
    assert [task.remark for task in form.tasks] == ["Độ khó: Khó; Mức chất lượng: Đạt"]


# --- Work that changes hands, and proposals ---------------------------------------------------------------------
def test_work_that_changes_hands_says_what_it_said(world: World) -> None:
    task = month.report(assign(world, world.lan, attributes={**HARD, **HELPING}), completed="1")
    confirm(world, task, quality="dat")
    taken = hand_over(world, Task.objects.get(), world.minh)
    assert (taken.difficulty, taken.role, taken.quality) == ("kho", "phoi_hop", "")
    moved = move(world, taken, world.lan)
    assert (moved.difficulty, moved.role) == ("kho", "phoi_hop")


def test_whoever_takes_work_over_under_another_set_is_told_what_that_set_needs(world: World) -> None:
    other = {"attribute": "difficulty", "values": [coded("cap1", "Cấp 1", "1"), coded("cap2", "Cấp 2", "2")]}
    under(world, world.minh, issued("NV-HAI", coefficients=[other], quality=[]))
    task = assign(world, world.lan, attributes={**HARD, **HELPING})
    with pytest.raises(Invalid) as found:
        hand_over(world, task, world.minh)
    assert found.value.problems == {
        "difficulty": [
            "“kho” is no value of “Difficulty” in the criteria sets of Võ Quang Minh. Choose one of: Cấp 1, Cấp 2."
        ]
    }
    taken = hand_over(world, Task.objects.get(), world.minh, attributes={"difficulty": "cap2"})
    assert (taken.difficulty, taken.role) == ("cap2", "phoi_hop")
    month.report(taken, completed="1")
    confirm(world, taken)
    assert result(world, world.minh, "self").values["p"] == str(Fraction(20, 100) * 70)


def test_a_proposal_may_leave_to_the_head_what_it_is(world: World) -> None:
    proposed = propose(world, attributes=HELPING)
    accepted = proposals.decide_proposal(
        actor=world.head.user, moment=MOMENT, task=proposed, accepted=True, product=world.product, attributes=HARD
    )  # fmt: skip
    assert (accepted.difficulty, accepted.role) == ("kho", "phoi_hop")
    declined = proposals.decide_proposal(
        actor=world.head.user, moment=MOMENT, task=propose(world), accepted=False, reason="Đã có người làm"
    )
    assert (declined.state, declined.difficulty) == (TaskState.DECLINED, "")


# --- Two sets of one person -----------------------------------------------------------------------------------
def test_somebody_with_two_cards_is_asked_by_both_sets_and_either_card_counts_what_it_knows(
    world: World,
) -> None:
    lax = {**DIFFICULTY, "default": "1", "values": [coded("thuong", "Bình thường", "2")]}
    second = issued("DANG", coefficients=[lax], quality=[])
    card = world.card(world.lan)
    card.pk, card.frame, card.version = None, "party", second
    card.save(force_insert=True)
    asked = asked_of(world.period.pk, [world.lan.pk])[world.lan.pk]
    assert asked["difficulty"].values == {"thuong": "Bình thường", "kho": "Khó", "de": "Dễ"}
    assert (asked["difficulty"].required, asked["role"].required) == (True, False)
    confirm(world, month.report(assign(world, world.lan, "1", attributes=HARD), completed="1"), quality="tot")
    values = dict(CardResult.objects.filter(stage="self").values_list("card__frame", "values"))
    assert {frame: found["p"] for frame, found in values.items()} == {
        "state": str(Fraction(15, 100) * 70),
        "party": str(Fraction(10, 100) * 70),  # what it does not know says nothing to it
    }
    month.report(assign(world, world.lan, "1", attributes={"difficulty": "thuong"}), completed="1")
    assert CardResult.objects.get(stage="self", card__frame="state").pending
    assert CardResult.objects.get(stage="self", card__frame="party").values["p"] == str(
        Fraction(30, 100) * 70
    )
    assert computes_the_same(world)


# --- Tasks that were given before they were asked ---------------------------------------------------------------
def test_a_task_that_does_not_say_enough_is_insufficient_data_until_it_does(world: World) -> None:
    task = assign(world, world.lan, attributes=HARD)
    confirm(world, month.report(task), quality="tot")
    month.evaluated(world, world.lan)
    Task.objects.filter(pk=task.pk).update(difficulty="")
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    stored, card = result(world, world.lan), world.card(world.lan)
    assert (stored.pending, stored.shown, stored.insufficient) == (True, "", False)
    sentence = (
        "Insufficient data: not every task says what this criteria set counts it by: Difficulty, Step of quality. "
        "Whoever gives or confirms the tasks says it there, then the total follows."
    )
    assert state_of_result(card, stored) == sentence
    assert scoring.trace_of(card, "evaluator")
    with pytest.raises(WrongState) as found:
        stages.confirm(
            actor=world.head.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )
    assert str(found.value.sentence) == sentence
    with pytest.raises(Invalid):
        confirm(world, task, quality="tot")
    confirm(world, task, quality="tot", attributes=HARD)
    assert result(world, world.lan).values["p"] == str(Fraction(60, 100) * 70)
    assert computes_the_same(world)


def test_a_task_that_was_only_given_is_completed_by_a_change(world: World) -> None:
    task = assign(world, world.lan, attributes=HARD)
    Task.objects.filter(pk=task.pk).update(difficulty="")
    with pytest.raises(Invalid):
        change(world, task)
    assert change(world, task, attributes=EASY).difficulty == "de"


def test_a_draft_makes_of_decided_cards_what_applying_it_makes_and_says_where_tasks_say_too_little(
    world: World,
) -> None:
    confirm(world, month.report(assign(world, world.lan, attributes=HARD)), quality="dat")
    assign(world, world.minh, attributes=EASY)
    for who in (world.lan, world.minh):
        month.evaluated(world, who)
        month.notified_as_it_stands(world, who)

    def made_of(spec: dict[str, Any]) -> dict[int, Any]:
        batches = rescored(actor=system_user(), past=Past(world.period, "NV-LOI"), draft=compile_set(spec))
        return {card.card_id: card.after for batch in batches for card in batch}

    lan, minh = world.card(world.lan).pk, world.card(world.minh).pk
    harder = {**DIFFICULTY, "values": [coded("kho", "Khó", "2"), coded("de", "Dễ", "0.5")]}
    spec = counted_by_words(coefficients=[harder, ROLE])
    after = made_of(spec)[lan]
    assert isinstance(after, Result)
    under(world, world.lan, worlds.version(spec, "NV-LOI", number=2))
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    assert after.total == Fraction(
        int(result(world, world.lan).numerator), int(result(world, world.lan).denominator)
    )
    assert after.total == 30 + Fraction(64, 100) * 70
    urgent = {"attribute": "priority", "values": [coded("cao", "Cao", "2")]}
    asking_more = made_of(counted_by_words(coefficients=[urgent]))
    assert {asking_more[lan], asking_more[minh]} == {Reason(Untold.UNSAID, ("p",))}
