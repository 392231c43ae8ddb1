"""Several people at once on one card, one leader, one period: each act is wholly done or wholly refused.

On a database of their own, with a connection for each. PostgreSQL locks rows and periods; SQLite has one writer.
"""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.domain import basis, closing, deductions, moving, opening, scoring, stages
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry, Saved
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import (
    Assessment,
    CardResult,
    Evidence,
    EvidenceUsage,
    Fault,
    Score,
    Scorecard,
    Task,
)
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.errors import Stale, WrongState
from kpi_cms.foundation.core.files import keeping
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.interfaces.workspace.views import assigning
from snippets.enums import Capability, PeriodState
from snippets.models import Period, Person
from tests.evaluation.test_stages import first_key, hold
from tests.factories import evidence
from tests.helpers import files, month
from tests.helpers import world as worlds
from tests.helpers.delegating import delegated, made_head
from tests.helpers.pages import sent
from tests.helpers.scratch import together
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

QUARTER = Decimal("0.25")


def save(card: Scorecard, value: Decimal, expected: int) -> Saved:
    return stages.save_self(
        actor=card.person.user, moment=MOMENT, card=card, expected=expected,
        entries={first_key(card): Entry(value)},
    )  # fmt: skip


def recomputed(world: World) -> list[int]:
    """Cards whose stored result is not what their rows say."""
    return recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False).differing


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


# --- Evidence --------------------------------------------------------------------------------------------------------
def test_of_twenty_files_at_once_ten_are_attached_and_ten_refused(committed_world: World) -> None:
    world = committed_world
    attach = [
        partial(evidence.attached, world, world.lan, files.pdf(b"%% %d" % number)) for number in range(20)
    ]
    results = together(attach)
    assert kinds(results) == ["Evidence"] * 10 + ["Invalid"] * 10
    assert (Evidence.objects.count(), LedgerEntry.objects.filter(act="evidence.attached").count()) == (10, 10)
    names = set(Evidence.objects.values_list("storage_name", flat=True))
    assert names <= set(keeping._names(storages["evidence"]))


def test_t19_one_file_sent_twice_at_once_is_attached_once(committed_world: World) -> None:
    world = committed_world
    results = together([partial(evidence.attached, world, world.lan)] * 8)
    assert kinds(results) == ["Evidence"] + ["Invalid"] * 7
    assert EvidenceUsage.objects.get().bytes == Evidence.objects.get().size


def test_t19_a_form_sent_twenty_times_at_once_gives_one_task(
    committed_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = committed_world
    monkeypatch.setattr(assigning, "database_now", lambda: MOMENT)
    for capability in (Capability.VIEW, Capability.ASSIGN):
        hold(world.head, capability, world)
    form = {
        "product": str(world.product.pk), "quantity": "2", "due_on": "15/07/2026", "sent_key": str(uuid.uuid4()),
    }  # fmt: skip
    address = reverse("workspace:assign_task", args=[world.period.pk, world.lan.pk])
    browsers = [Client() for _number in range(20)]
    for browser in browsers:
        browser.force_login(world.head.user)
    answers = together([partial(sent, browser, address, form) for browser in browsers])
    led = f"{reverse('workspace:person_tasks', args=[world.lan.pk])}?ky={world.period.pk}"
    assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [(302, led)] * 20
    assert (Task.objects.count(), LedgerEntry.objects.filter(act="task.assigned").count()) == (1, 1)


def test_people_of_one_unit_never_take_more_than_its_space(committed_world: World, settings: Any) -> None:
    world = committed_world
    settings.EVIDENCE_UNIT_BYTES = len(files.pdf()) * 3
    people = (world.lan, world.minh, world.deputy, world.head)
    results = together(
        [partial(evidence.attached, world, who, criterion=number) for who in people for number in range(2)]
    )
    assert kinds(results) == ["Evidence"] * 3 + ["Invalid"] * 5
    assert EvidenceUsage.objects.get().bytes == len(files.pdf()) * 3


def test_evidence_is_attached_before_the_card_is_sent_or_refused(committed_world: World) -> None:
    world = committed_world
    saved = month.self_saved(world, world.lan)
    submit = partial(
        stages.submit_self, actor=world.lan.user, moment=MOMENT, card=saved, expected=saved.version_number
    )
    attached, submitted = together([partial(evidence.attached, world, world.lan), submit])
    assert isinstance(submitted, Scorecard)
    assert isinstance(attached, Evidence | WrongState)
    assert Evidence.objects.count() == isinstance(attached, Evidence)


# --- One card --------------------------------------------------------------------------------------------------------
def test_t18_of_fifty_saves_at_once_one_is_stored(committed_world: World) -> None:
    world = committed_world
    card = world.card(world.lan)
    results = together([partial(save, card, QUARTER * (number % 20 + 1), 0) for number in range(50)])
    assert kinds(results) == ["Saved"] + ["Stale"] * 49
    [saved] = [result for result in results if isinstance(result, Saved)]
    [score] = Score.objects.all()
    [history] = Score.history.all()
    [entry] = LedgerEntry.objects.filter(act="score.changed")
    stored = saved.outcome.values["I.1"]
    assert (score.value, history.value, Decimal(entry.after["I.1"])) == (stored, stored, stored)
    assert (Assessment.history.count(), world.card(world.lan).version_number) == (1, 1)
    for stale in (result for result in results if isinstance(result, Stale)):
        assert set(stale.theirs.values()) <= {str(entry.after["I.1"])}


def test_two_confirmations_of_one_card_are_one(committed_world: World) -> None:
    world = committed_world
    month.worked(world, world.lan)
    card = month.evaluated(world, world.lan)
    confirm = partial(
        stages.confirm,
        actor=world.head.user,
        moment=MOMENT,
        card=card,
        expected=card.version_number,
        seen=on_screen(card),
    )
    results = together([confirm] * 8)
    assert kinds(results) == ["Scorecard"] + ["WrongState"] * 7
    assert LedgerEntry.objects.filter(act="card.confirmed").count() == 1
    assert Scorecard.history.filter(person_id=world.lan.pk, state="confirmed").count() == 1


def test_an_error_is_counted_in_the_confirmed_result_or_refused(committed_world: World) -> None:
    """The head confirms while somebody else who may records an error on a task of the same person."""
    world = committed_world
    hold(world.chair, Capability.EVALUATE, world, unit=world.department)
    for who in (world.lan, world.minh):
        task = month.worked(world, who)
        card = month.evaluated(world, who)
        confirmed, recorded = together(
            [
                partial(
                    stages.confirm, actor=world.head.user, moment=MOMENT, card=card,
                    expected=card.version_number, seen=on_screen(card),
                ),
                partial(
                    deductions.record_fault, actor=world.chair.user, moment=MOMENT, task=task, unit_number=1,
                    reason="Sai số liệu",
                ),
            ]
        )  # fmt: skip
        if isinstance(confirmed, Stale):  # the error came first, and was not on the screen
            assert isinstance(recorded, Fault)
            assert not LedgerEntry.objects.filter(act="card.confirmed", subject_id=str(card.pk)).exists()
            continue
        assert isinstance(confirmed, Scorecard)
        assert isinstance(recorded, WrongState)
        assert CardResult.objects.get(card=card, stage="evaluator").rounded == Decimal("100.00")
        entry = LedgerEntry.objects.get(act="card.confirmed", subject_id=str(card.pk))
        assert entry.after["rounded"] == "100.00"
    assert recomputed(world) == []


def test_work_moved_both_ways_at_once_never_waits_for_itself(committed_world: World) -> None:
    world = committed_world
    pairs = [(world.lan, world.minh), (world.minh, world.lan), (world.lan, world.deputy)]
    tasks = [month.assign(world, giver, by=world.head) for giver, _taker in pairs]

    def hand_over(task: Task, taker: Person) -> Task:
        return moving.hand_over(
            actor=world.head.user, moment=MOMENT, task=task, expected=task.version_number,
            quantity=Decimal(1), taker=taker, due_on=date(2026, 7, 30), reason="Không kịp",
        )  # fmt: skip

    results = together(
        [partial(hand_over, task, taker) for task, (_giver, taker) in zip(tasks, pairs, strict=True)]
    )
    assert kinds(results) == ["Task"] * 3
    assert Task.objects.filter(kind="taken_over").count() == 3
    assert recomputed(world) == []


# --- Two who decide about each other --------------------------------------------------------------------------------
def one_before_the_other(world: World, *decisions: tuple[Person, Person]) -> list[Any]:
    """Each decides about the other's card. The second begins while the first is not committed yet."""
    written = threading.Event()

    def decide(number: int) -> Scorecard:
        who, by = decisions[number]
        if number:
            written.wait(30)
        with transaction.atomic():
            card = world.card(who)
            done = stages.confirm(
                actor=by.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
            )
            if not number:
                written.set()
                time.sleep(0.3)  # as long as the second would need to pass, were it not made to wait
        return done

    return together([partial(decide, number) for number in range(len(decisions))])


@pytest.fixture
def evaluated_by_each_other(committed_world: World) -> World:
    """Decisions named Minh to evaluate Lan and Lan to evaluate Minh; both evaluations are complete."""
    world = committed_world
    for who, by in ((world.lan, world.minh), (world.minh, world.lan)):
        month.worked(world, who)
        Scorecard.objects.filter(person=who).update(evaluator=by, evaluator_basis="decision")
        month.evaluated(world, who)
    return world


def test_t02_of_two_who_confirm_each_other_at_once_the_second_is_refused(
    evaluated_by_each_other: World,
) -> None:
    world = evaluated_by_each_other
    results = one_before_the_other(world, (world.lan, world.minh), (world.minh, world.lan))
    assert [type(result).__name__ for result in results] == ["Scorecard", "Refused"]
    assert str(results[1]).startswith(
        "Người này đã xác nhận kết quả của chính ông/bà"
    )  # a thread speaks Vietnamese
    assert [world.card(who).state for who in (world.lan, world.minh)] == ["confirmed", "submitted"]


def test_t02_nobody_waits_for_themselves_when_both_confirm_at_the_same_moment(
    evaluated_by_each_other: World,
) -> None:
    world = evaluated_by_each_other
    cards = {who: world.card(who) for who in (world.lan, world.minh)}
    results = together(
        [
            partial(
                stages.confirm,
                actor=by.user,
                moment=MOMENT,
                card=card,
                expected=card.version_number,
                seen=on_screen(card),
            )
            for card, by in ((cards[world.lan], world.minh), (cards[world.minh], world.lan)) * 4
        ]
    )
    assert kinds(results) == ["Refused"] * 4 + ["Scorecard"] + ["WrongState"] * 3
    assert Scorecard.objects.filter(state="confirmed").count() == 1


def test_t02_delegates_who_confirm_each_other_at_once_are_no_exception(committed_world: World) -> None:
    """Minh confirms Lan's card in Hà's place, Lan confirms Minh's in Chí's."""
    world = committed_world
    for who in (world.lan, world.minh):
        month.worked(world, who)
    Scorecard.objects.filter(person=world.minh).update(evaluator=world.chair)
    for who in (world.lan, world.minh):
        month.evaluated(world, who)
    delegated(made_head(world.head), world.minh, world.department)
    delegated(made_head(world.chair), world.lan, world.department)
    results = one_before_the_other(world, (world.lan, world.minh), (world.minh, world.lan))
    assert [type(result).__name__ for result in results] == ["Scorecard", "Refused"]


# --- One leader ------------------------------------------------------------------------------------------------------
def test_people_confirmed_at_once_are_all_counted_in_their_leaders_d(
    committed_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them sees the others still open; whoever comes last must not leave d pending."""
    world = committed_world
    propose, decided = basis.propose_to_leaders, threading.Barrier(3)

    def propose_together(card: Scorecard, moment: datetime) -> list[Scorecard]:
        if connection.vendor == "postgresql":  # SQLite has one writer: the others have not begun
            decided.wait(timeout=60)
        return propose(card, moment)

    monkeypatch.setattr(basis, "propose_to_leaders", propose_together)
    month.worked(world, world.head)
    month.evaluated(world, world.head)
    calls: list[Callable[[], Scorecard]] = []
    for who in (world.lan, world.minh, world.deputy):
        month.worked(world, who)
        card = month.evaluated(world, who)
        calls.append(
            partial(
                stages.confirm,
                actor=world.head.user,
                moment=MOMENT,
                card=card,
                expected=card.version_number,
                seen=on_screen(card),
            )
        )
    assert CardResult.objects.get(person=world.head, stage="evaluator").pending is True
    assert kinds(together(calls)) == ["Scorecard"] * 3
    result = CardResult.objects.get(person=world.head, stage="evaluator")
    assert (result.pending, result.rounded) == (False, Decimal("100.00"))
    assert recomputed(world) == []


# --- One period ------------------------------------------------------------------------------------------------------
def test_t21_every_save_during_the_closing_is_wholly_in_or_refused(committed_world: World) -> None:
    world = committed_world
    hold(world.extra["boss"], Capability.MANAGE_PERIODS, world)
    savers = [
        world.lan, world.minh, world.deputy, world.head, world.chair, world.other_head, world.stranger
    ]  # fmt: skip
    acknowledged = threading.Semaphore(0)

    def save_until_refused(who: Person) -> list[Decimal]:
        """The values that were acknowledged, in order."""
        card = world.card(who)
        done: list[Decimal] = []
        while True:
            value = QUARTER * (len(done) % 20 + 1)
            try:
                save(card, value, len(done))
            except WrongState:
                return done
            done.append(value)
            acknowledged.release()

    def close_after_fifty() -> Period:
        for _number in range(50):
            assert acknowledged.acquire(timeout=60)
        return closing.close_period(
            actor=world.extra["boss"].user, moment=MOMENT, period=world.period, unfinished_seen=7
        )

    *saved, closed = together([*(partial(save_until_refused, who) for who in savers), close_after_fifty])
    assert closed.state == PeriodState.CLOSED
    assert sum(len(values) for values in saved) >= 50
    for who, values in zip(savers, saved, strict=True):
        card = world.card(who)
        rows = Score.history.filter(person_id=who.pk).order_by("history_id").values_list("value", flat=True)
        assert (list(rows), card.version_number) == (values, len(values))
        assert [score.value for score in Score.objects.filter(person=who)] == values[-1:]
        if values:
            stored = CardResult.objects.get(card=card, stage="self")
            with transaction.atomic():  # what goes beyond the wall is told inside a transaction
                outcome = scoring.result_fields(scoring.outcome_of(card, "self"), MOMENT)
            assert {name: getattr(stored, name) for name in outcome} == outcome
    closing_entry = LedgerEntry.objects.get(act="period.closed")
    assert not LedgerEntry.objects.filter(act="score.changed", id__gt=closing_entry.id).exists()


def test_a_period_computed_anew_while_people_save_loses_nothing(committed_world: World) -> None:
    world = committed_world
    people = (world.lan, world.minh, world.deputy, world.stranger)
    for who in people:
        card = world.card(who)
        stages.save_self(
            actor=who.user, moment=MOMENT, card=card, expected=0, entries=month.entries(card, "self")
        )
        month.worked(world, who)

    def save_often(who: Person) -> int:
        card = world.card(who)
        for number in range(10):
            save(card, QUARTER * (number + 1), number + 1)
        return 10

    def compute_often() -> int:
        for _number in range(5):
            recompute_period(actor=system_user(), moment=MOMENT, period=world.period, stage="self")
        return 5

    assert together([*(partial(save_often, who) for who in people), compute_often]) == [10, 10, 10, 10, 5]
    report = recompute_period(
        actor=system_user(), moment=MOMENT, period=world.period, stage="self", write=False
    )
    assert (report.differing, report.added) == ([], 0)


# --- Opening ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def opening_job(scratch_database: str, monkeypatch: pytest.MonkeyPatch) -> tuple[World, Job, Person]:
    """A month that waits for its worker."""
    monkeypatch.setattr(type(jobs.run_job), "enqueue", lambda self, job_id: None)
    monkeypatch.setattr(opening, "BATCH", 2)
    world = worlds.build()
    policy = world.extra["boss"]
    hold(policy, Capability.MANAGE_PERIODS, world)
    return world, opening.open_period(actor=policy.user, moment=MOMENT, period=world.period), policy


def cards_and_history() -> tuple[list[str], list[int]]:
    codes = list(
        Scorecard.objects.order_by("person__staff_code").values_list("person__staff_code", flat=True)
    )
    rows = Scorecard.history.order_by("person_id").values_list("person_id", flat=True)
    return codes, list(rows)


EVERYBODY = ["CC001", "CC002", "CC003", "CC004", "CC005", "CC101", "CC102"]


def test_a_run_that_stood_still_and_its_successor_make_one_card_each(
    opening_job: tuple[World, Job, Person],
) -> None:
    """Two runs of one job, batch beside batch."""
    world, job, policy = opening_job
    results = together([lambda: list(opening.make_cards(job, policy.user))] * 3)
    assert [result[-1] for result in results] == [jobs.Progress(7, 7)] * 3
    codes, rows = cards_and_history()
    assert codes == EVERYBODY
    assert rows == sorted(Person.objects.filter(staff_code__in=EVERYBODY).values_list("pk", flat=True))
    world.period.refresh_from_db()
    assert world.period.state == PeriodState.OPEN


def test_two_workers_called_for_one_job_run_it_once(opening_job: tuple[World, Job, Person]) -> None:
    _world, job, _policy = opening_job
    together([partial(jobs.run_job.call, str(job.pk))] * 4)
    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.DONE, 7)
    assert cards_and_history()[0] == EVERYBODY
    assert LedgerEntry.objects.filter(act="period.opened").count() == 1


def test_opening_asked_for_twice_at_once_is_one_job(
    scratch_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(jobs.run_job), "enqueue", lambda self, job_id: None)
    world = worlds.build()
    policy = world.extra["boss"]
    hold(policy, Capability.MANAGE_PERIODS, world)
    ask = partial(opening.open_period, actor=policy.user, moment=MOMENT, period=world.period)
    assert kinds(together([ask] * 4)) == ["Job"] + ["WrongState"] * 3
    assert Job.objects.count() == 1


# --- The two databases -----------------------------------------------------------------------------------------------
@pytest.mark.postgresql
def test_readers_and_writers_of_other_cards_do_not_wait_for_a_save(committed_world: World) -> None:
    """While one transaction holds Lan's card, Minh's is saved: the period is shared, not taken."""
    world = committed_world
    holding, done = threading.Event(), threading.Event()

    def hold_lans_card() -> str:

        with transaction.atomic():
            stages.lock(world.card(world.lan))
            holding.set()
            assert done.wait(timeout=60)
        return "held"

    def save_minhs() -> Saved:
        assert holding.wait(timeout=60)
        try:
            return save(world.card(world.minh), QUARTER, 0)
        finally:
            done.set()

    held, saved = together([hold_lans_card, save_minhs])
    assert (held, type(saved)) == ("held", Saved)


@pytest.mark.sqlite
def test_the_file_database_has_one_writer_and_makes_the_others_wait(committed_world: World) -> None:
    """A writer takes its lock before it reads, so a check is never made on rows that change under it."""
    world = committed_world
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    card = world.card(world.lan)
    results = together([partial(save, card, QUARTER * (number + 1), number) for number in range(6)])
    assert {type(result) for result in results} <= {Saved, Stale}
    assert world.card(world.lan).version_number == kinds(results).count("Saved") >= 1
    assert world.card(world.lan).state == CardState.OPENED
