"""T37: the evaluator of an open card follows the registers, at once and by night; the former one changes nothing."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from kpi_cms.evaluation.domain import basis, following, naming, scoring, stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import NamingNeed
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core import jobs
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import NotFound, Refused
from kpi_cms.foundation.core.models import Job, JobState
from snippets import signals
from snippets.domain import organisation, people
from snippets.enums import Capability, PeriodState, PostRole, UnitLevel
from snippets.models import Appointment, EvaluatorDecision, Period, Person, Unit
from tests.factories.snippets import PositionFactory, UserFactory, hold
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.delegating import made_head
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(MOMENT)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
Committed = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> Committed:
    """What happens inside is committed at its end, and announced."""
    monkeypatch.setattr(following, "database_now", lambda: MOMENT)
    return partial(django_capture_on_commit_callbacks, execute=True)


def evaluators(world: World) -> dict[str, str | None]:
    """Who evaluates the people of the department, by staff code."""
    cards = Scorecard.objects.filter(unit=world.department).order_by("person__staff_code")
    return dict(cards.values_list("person__staff_code", "evaluator__staff_code"))


HA, CHI = "CC002", "CC001"
AT_FIRST = {"CC002": CHI, "CC003": HA, "CC004": HA, "CC005": HA}


def moved(who: Person, to: Unit, on: date = TODAY, role: str = PostRole.MEMBER) -> Appointment:
    return people.transfer(
        actor=system_user(), moment=MOMENT, person=who, unit=to, position=PositionFactory(role=role), role=role,
        starts_on=on,
    )  # fmt: skip


def made_a_head(who: Person, of: Unit, on: date = TODAY) -> Appointment:
    return people.appoint(
        actor=system_user(), moment=MOMENT, person=who, unit=of, position=PositionFactory(head=True),
        role=PostRole.HEAD, starts_on=on, is_main=False,
    )  # fmt: skip


def night(day: date) -> int:
    """What the scheduler does once `day` has begun."""
    return following.follow_by_night(actor=system_user(), moment=MOMENT + (day - TODAY))


# --- Whoever loses the post ------------------------------------------------------------------------------------
@pytest.fixture
def half_evaluated(world: World) -> Scorecard:
    """Lan submitted, and Hà gave every criterion half of its points: a draft."""
    made_head(world.head)
    month.worked(world, world.lan)
    return month.evaluated(world, world.lan, share="0.5")


def test_t37_a_head_who_is_moved_evaluates_nobody_there_any_more(
    world: World, half_evaluated: Scorecard, committed: Committed
) -> None:
    """Nobody heads the department now: its people are evaluated by the head above, as by the rule at an opening."""
    with committed():
        moved(world.head, world.other_department)
        assert evaluators(world) == AT_FIRST
    assert evaluators(world) == AT_FIRST | {"CC003": CHI, "CC004": CHI, "CC005": CHI}
    card = world.card(world.lan)
    assert (card.state, card.evaluator_basis, card.evaluator_details) == (
        "submitted", "superior", {"unit": "A", "vacant": ["A1"], "since": "2026-08-03"},
    )  # fmt: skip
    for step in (
        partial(stages.save_evaluation, entries={}),
        partial(stages.return_to_person, reason="Xem lại"),
        partial(stages.confirm, seen=on_screen(card)),
    ):
        with pytest.raises(NotFound):
            step(actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number)


def test_t37_the_former_evaluators_draft_stays_and_is_read_only(
    world: World, half_evaluated: Scorecard, committed: Committed
) -> None:
    drafted = list(Score.objects.filter(assessment__rater=world.head).order_by("pk").values())
    assert drafted
    hold(
        world.head.user, world.agency, Capability.VIEW
    )  # by a decision of its own: what was given for A1 goes
    with committed():
        moved(world.head, world.agency)
    card = world.card(world.lan)
    with pytest.raises(Refused, match="Only the evaluator named on the card"):
        stages.save_evaluation(
            actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number,
            entries={key: Entry("0") for key in month.entries(card, "evaluator")},
        )  # fmt: skip
    assert list(Score.objects.filter(assessment__rater=world.head).order_by("pk").values()) == drafted
    assert CardResult.objects.get(card=card, stage="evaluator").rounded is None
    stages.save_evaluation(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=month.entries(card, "evaluator"),
    )  # fmt: skip
    assert list(Score.objects.filter(assessment__rater=world.head).order_by("pk").values()) == drafted


def test_t37_the_ledger_tells_who_followed_whom_and_why(world: World, committed: Committed) -> None:
    with committed():
        moved(world.head, world.other_department)
    card = world.card(world.lan)
    entry = LedgerEntry.objects.get(act="evaluator.changed", person_code="CC004")
    assert (entry.actor_id, entry.subject_label, entry.unit_code, entry.before, entry.after) == (
        system_user().pk, card.code, "A1",
        {"state": "opened", "evaluator": HA, "basis": "unit_head", "endorser": None},
        {"state": "opened", "evaluator": CHI, "basis": "superior", "endorser": None},
    )  # fmt: skip
    row = Scorecard.history.filter(id=card.pk).latest("history_id")
    assert (row.evaluator_id, row.history_user_id, row.history_change_reason) == (
        world.chair.pk, system_user().pk, entry.reason_key,
    )  # fmt: skip
    assert texts.read([entry.reason_key]) == {
        entry.reason_key: "Who evaluates follows the registers of people and units."
    }


def test_whoever_ends_a_headship_or_leaves_the_service_goes_at_once(
    world: World, committed: Committed
) -> None:
    headship = Appointment.objects.heads().get(person=world.head)
    with committed():
        people.end_appointment(actor=system_user(), moment=MOMENT, appointment=headship, on=YESTERDAY)
    assert set(evaluators(world).values()) == {CHI}
    with committed():
        people.leave_service(actor=system_user(), moment=MOMENT, person=world.chair, on=TODAY, reason="Hưu")
    assert set(evaluators(world).values()) == {"CC000"}


def test_a_member_who_is_moved_keeps_the_card_and_its_evaluator(world: World, committed: Committed) -> None:
    """The work of the month was done there; whoever comes next opens a card where they are then."""
    with committed():
        moved(world.lan, world.other_department)
    assert evaluators(world) == AT_FIRST


def test_an_import_that_moves_a_head_is_followed(world: World, committed: Committed) -> None:
    from tests.snippets.domain.test_people_import import SHA, Row

    Unit.objects.filter(pk=world.other_department.pk).update(search_text="b1")
    row = Row(
        staff_code=HA, full_name=world.head.full_name, unit_code="B1", starts_on=TODAY,
        position_code=PositionFactory().code,
    )  # fmt: skip
    with committed():
        people.apply_people_import(
            actor=system_user(), moment=MOMENT, rows=[row], file_name="nhan-su.xlsx", file_sha256=SHA
        )
    assert set(evaluators(world).values()) == {CHI}


def test_whoever_has_left_decides_nothing_though_the_card_still_names_them(
    world: World, half_evaluated: Scorecard
) -> None:
    """As while nobody else is found, or between midnight and the night's work."""
    task = month.report(month.assign(world, world.minh))
    steps = (
        partial(stages.save_evaluation, card=half_evaluated, entries={}),
        partial(stages.return_to_person, card=half_evaluated, reason="Xem lại"),
        partial(stages.confirm, card=half_evaluated, seen=on_screen(half_evaluated)),
        partial(tasks.confirm_task, task=task, accepted=task.completed),
    )
    Person.objects.filter(pk=world.head.pk).update(left_on=TODAY)
    for step in steps:
        about = step.keywords.get("card", task)
        with pytest.raises(Refused, match="You have left the service"):
            step(actor=world.head.user, moment=MOMENT, expected=about.version_number)
    card = world.card(world.lan)
    assert (card.state, card.version_number) == ("submitted", half_evaluated.version_number)
    Person.objects.filter(pk=world.head.pk).update(left_on=TOMORROW)
    steps[2](actor=world.head.user, moment=MOMENT, expected=half_evaluated.version_number)
    steps[3](actor=world.head.user, moment=MOMENT, expected=task.version_number)


# --- Whoever gains it ------------------------------------------------------------------------------------------
def test_a_new_head_evaluates_the_open_cards(world: World, committed: Committed) -> None:
    with committed():
        moved(world.head, world.other_department)
    with committed():
        made_a_head(world.minh, world.department)
    assert evaluators(world) == {"CC002": CHI, "CC003": "CC005", "CC004": "CC005", "CC005": CHI}


def test_a_card_without_an_evaluator_gets_one(world: World, committed: Committed) -> None:
    Scorecard.objects.filter(person=world.lan).update(evaluator=None, evaluator_basis="none")
    with committed():
        made_a_head(world.deputy, world.other_agency)  # elsewhere: not looked at
    assert evaluators(world)["CC004"] is None
    assert night(TODAY) == 1
    assert evaluators(world) == AT_FIRST


def test_where_nobody_is_found_the_card_keeps_whom_it_names(world: World, committed: Committed) -> None:
    Appointment.objects.filter(person=world.extra["boss"]).update(ends_on=YESTERDAY)
    headship = Appointment.objects.heads().get(person=world.chair)
    with committed():
        people.end_appointment(actor=system_user(), moment=MOMENT, appointment=headship, on=YESTERDAY)
    assert evaluators(world) == AT_FIRST


# --- Dates and decisions ---------------------------------------------------------------------------------------
def test_what_begins_by_date_is_followed_in_its_night(world: World, committed: Committed) -> None:
    with committed():
        moved(world.head, world.other_department, TOMORROW)
    assert (night(TODAY), evaluators(world)) == (0, AT_FIRST)
    assert night(TOMORROW) == 3
    assert set(evaluators(world).values()) == {CHI}
    assert night(TOMORROW) == 0


def test_a_decision_is_followed_and_its_end_too(world: World, committed: Committed) -> None:
    with committed():
        decision = people.decide_evaluator(
            actor=system_user(), moment=MOMENT, person=world.lan, evaluator=world.minh, starts_on=YESTERDAY,
            decision_number="12/QĐ",
        )  # fmt: skip
    assert evaluators(world) == AT_FIRST | {"CC004": "CC005"}
    with committed():
        people.end_evaluator_decision(
            actor=system_user(), moment=MOMENT, decision=decision, on=YESTERDAY, reason="Hết việc"
        )
    assert evaluators(world) == AT_FIRST


def test_a_decision_lets_the_former_head_finish_the_month(world: World, committed: Committed) -> None:
    """Who evaluated the month may be asked to end it: a decision comes before the rule."""
    EvaluatorDecision.objects.create(
        person=world.lan, evaluator=world.head, starts_on=TODAY, decision_number="13/QĐ"
    )
    with committed():
        moved(world.head, world.other_department)
    card = world.card(world.lan)
    assert (card.evaluator, card.evaluator_basis) == (world.head, "unit_head")
    assert evaluators(world)["CC005"] == CHI


# --- The tree --------------------------------------------------------------------------------------------------
def test_a_unit_that_moves_or_changes_takes_its_cards_along(world: World, committed: Committed) -> None:
    keeper = system_user()
    chief = worlds.person("CC201", "Tạ Văn Trưởng", world.other_agency, role=PostRole.HEAD)
    with committed():
        organisation.move_unit(
            actor=keeper,
            moment=MOMENT,
            unit=world.department,
            new_parent=world.other_agency,
            reason="Sáp nhập",
        )
    assert evaluators(world) == AT_FIRST | {"CC002": chief.staff_code}
    with committed():
        organisation.change_unit(
            actor=keeper, moment=MOMENT, unit=world.department, block="government", level=UnitLevel.USING,
            managing_unit=world.extra["manager"],
        )  # fmt: skip
    assert evaluators(world) == AT_FIRST | {"CC002": "CC000"}


# --- Endorsements ----------------------------------------------------------------------------------------------
def test_an_evaluation_that_waits_loses_the_former_endorser_and_waits_for_the_next(
    endorsed_world: World, committed: Committed
) -> None:
    world = endorsed_world
    month.confirmed(world, world.lan)
    headship = Appointment.objects.heads().get(person=world.chair)
    with committed():
        people.end_appointment(actor=system_user(), moment=MOMENT, appointment=headship, on=YESTERDAY)
    card = world.card(world.lan)
    assert (card.state, card.evaluator, card.endorser, card.evaluated_at) == (
        "evaluated", world.head, None, MOMENT,
    )  # fmt: skip
    with pytest.raises(NotFound):
        stages.endorse(
            actor=world.chair.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )
    assert night(TODAY) == 0
    with committed():
        made_a_head(world.deputy, world.agency)
    card = world.card(world.lan)
    assert (card.state, card.evaluator, card.endorser) == ("evaluated", world.head, world.deputy)
    done = stages.endorse(
        actor=world.deputy.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert done.state == "confirmed"


def test_an_evaluation_that_waits_for_nobody_is_listed_and_goes_back_by_hand(
    endorsed_world: World, committed: Committed
) -> None:
    world = endorsed_world
    month.confirmed(world, world.lan)
    headship = Appointment.objects.heads().get(person=world.chair)
    with committed():
        people.end_appointment(actor=system_user(), moment=MOMENT, appointment=headship, on=YESTERDAY)
    office = UserFactory()
    hold(office, world.agency, Capability.RECEIVE_RESULTS)
    [listed] = naming.namings(Scope.of(office), world.period, TODAY, most=9).shown
    assert (listed.card, listed.need) == (world.card(world.lan), NamingNeed.ENDORSER)
    naming.name_evaluators(
        actor=office, moment=MOMENT, period=world.period, seen={listed.card.pk: listed.competent.pair},
        reason="Không có người xác nhận",
    )  # fmt: skip
    assert (world.card(world.lan).state, world.card(world.lan).evaluator) == ("submitted", world.head)


def test_an_evaluation_that_comes_back_meets_the_present_evaluator(
    endorsed_world: World, committed: Committed
) -> None:
    """While it waits it stands, whoever moved since; once it is to be done again, it is the present head's."""
    world = endorsed_world
    month.confirmed(world, world.lan)
    with committed():
        moved(world.head, world.other_department)
    card = world.card(world.lan)
    assert (card.state, card.evaluator) == ("evaluated", world.head)
    made_a_head(world.deputy, world.department)
    with committed():
        stages.return_to_evaluator(
            actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, reason="Xem lại"
        )
    card = world.card(world.lan)
    assert (card.state, card.evaluator, card.endorser) == ("submitted", world.deputy, world.chair)


# --- Decided cards ---------------------------------------------------------------------------------------------
@pytest.fixture
def decided_head(world: World) -> Scorecard:
    """Hà's own card, as a head's: decided by Chí."""
    for who in (world.lan, world.minh, world.deputy, world.head):
        month.worked(world, who)
        month.notified(world, who)
    return world.card(world.head)


def another_basis(world: World) -> None:
    """Lan's result falls below 50 after Hà's was decided."""
    CardResult.objects.filter(person=world.lan, stage="evaluator").update(numerator="49", denominator="1")
    with as_actor(world.head.user, MOMENT):
        basis.propose_to_leaders(world.card(world.lan), MOMENT)


def test_a_decided_card_keeps_whoever_decided_it(
    world: World, decided_head: Scorecard, committed: Committed
) -> None:
    with committed():
        moved(world.chair, world.other_agency)
    assert world.card(world.head).evaluator == world.chair
    assert night(TODAY) == 0


def test_a_new_basis_waits_for_the_present_evaluator(
    world: World, decided_head: Scorecard, committed: Committed
) -> None:
    """Chí decided and went; the d that changed since is confirmed by Chí's successor, on what Chí had confirmed."""
    successor = worlds.person("CC009", "Lý Thị Mới", world.agency)
    another_basis(world)
    before = CardResult.objects.values().get(card=decided_head, stage="evaluator")
    given = {score.criterion_id: (score.value, score.choice, score.grounds) for score in scoring.stage_scores(
        decided_head, "evaluator"
    )}  # fmt: skip
    with committed():
        moved(world.chair, world.other_agency)
    with committed():
        made_a_head(successor, world.agency)
    card = world.card(world.head)
    assert (card.state, card.evaluator, card.proposed_basis) == ("notified", successor, {"d": "1/2"})
    assert CardResult.objects.values().get(card=card, stage="evaluator") == before
    taken = scoring.stage_scores(card, "evaluator")
    assert {score.criterion_id: (score.value, score.choice, score.grounds) for score in taken} == given
    assert {score.history.count() for score in taken} == {1}
    assert set(Assessment.objects.filter(card=card, stage="evaluator").values_list("rater", "state")) == {
        (world.chair.pk, "submitted"), (world.extra["boss"].pk, "submitted"), (successor.pk, "submitted"),
    }  # fmt: skip
    with pytest.raises(NotFound):
        stages.accept_new_basis(
            actor=world.chair.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )
    done = stages.accept_new_basis(
        actor=successor.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert (done.state, done.confirmed_basis, done.proposed_basis) == ("confirmed", {"d": "1/2"}, {})


def test_a_new_basis_is_listed_for_whoever_has_evaluators_named(
    world: World, decided_head: Scorecard
) -> None:
    another_basis(world)
    Person.objects.filter(pk=world.chair.pk).update(left_on=TODAY)
    Appointment.objects.filter(person=world.chair).update(ends_on=YESTERDAY)
    office = UserFactory()
    hold(office, world.agency, Capability.MANAGE_PEOPLE)
    [listed] = naming.namings(Scope.of(office), world.period, TODAY, most=9).shown
    assert (listed.card, listed.need) == (decided_head, NamingNeed.LEFT)
    naming.name_evaluators(
        actor=office, moment=MOMENT, period=world.period, seen={decided_head.pk: listed.competent.pair},
        reason="Chủ tịch đã nghỉ hưu",
    )  # fmt: skip
    assert world.card(world.head).evaluator == world.extra["boss"]


def test_whoever_evaluates_a_decided_card_again_takes_over_what_stands(
    world: World, decided_head: Scorecard, committed: Committed
) -> None:
    """What they had given before does not count beside it: the scores are those that were decided."""
    another_basis(world)
    with committed():
        moved(world.chair, world.other_agency)
    first = scoring.stage_scores(world.card(world.head), "evaluator")[0]
    Score.objects.filter(pk=first.pk).update(value=None, choice="", grounds="")
    with committed():
        made_a_head(world.chair, world.agency)
    again = scoring.stage_scores(world.card(world.head), "evaluator")
    assert [score.criterion_id for score in again if score.value is None and not score.choice] == [
        first.criterion_id
    ]


# --- Nothing else ----------------------------------------------------------------------------------------------
def test_nothing_is_followed_in_a_period_that_is_closed(world: World, committed: Committed) -> None:
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    with committed():
        moved(world.head, world.other_department)
    assert (night(TODAY), evaluators(world)) == (0, AT_FIRST)
    cards = list(Scorecard.objects.values_list("pk", flat=True))
    assert not following.follow_registers(
        actor=system_user(), moment=MOMENT, period=world.period, cards=cards
    )


def test_cards_that_name_whoever_is_competent_are_left_as_they_are(world: World) -> None:
    cards = list(Scorecard.objects.values_list("pk", flat=True))
    before = list(Scorecard.history.order_by("pk").values_list("pk", flat=True))
    named = following.follow_registers(actor=system_user(), moment=MOMENT, period=world.period, cards=cards)
    assert (named, evaluators(world)) == (0, AT_FIRST)
    assert list(Scorecard.history.order_by("pk").values_list("pk", flat=True)) == before


def test_a_card_that_was_decided_meanwhile_is_left_alone(world: World) -> None:
    moved(world.head, world.other_department)
    month.confirmed(world, world.deputy)
    cards = list(Scorecard.objects.filter(unit=world.department).values_list("pk", flat=True))
    before = world.card(world.deputy)
    assert (
        following.follow_registers(actor=system_user(), moment=MOMENT, period=world.period, cards=cards) == 2
    )
    assert world.card(world.deputy).version_number == before.version_number


def test_what_fails_above_stops_nothing_below(
    world: World, committed: Committed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("The organisation cannot be read.")

    monkeypatch.setattr(following, "_open_periods", fail)
    with caplog.at_level(logging.ERROR), committed():
        appointment = moved(world.head, world.other_department)
    assert Appointment.objects.filter(pk=appointment.pk).exists()
    assert "cannot be read" in caplog.text


def test_an_act_that_concerns_no_post_announces_none(world: World, committed: Committed) -> None:
    told: list[Any] = []

    def hear(**named: Any) -> None:
        told.append((named["people"], named["units"]))

    signals.posts_changed.connect(hear)
    try:
        with committed():
            people.change_person(actor=system_user(), moment=MOMENT, person=world.lan, phone="0912")
            organisation.rename_unit(actor=system_user(), moment=MOMENT, unit=world.department, name="Khác")
        assert told == []
        with committed():
            made_a_head(world.lan, world.other_agency)
        assert told == [({world.lan.pk}, {world.other_agency.pk})]
    finally:
        signals.posts_changed.disconnect(hear)


# --- Many ------------------------------------------------------------------------------------------------------
def test_more_than_a_batch_is_left_to_the_worker(
    world: World, committed: Committed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(following, "BATCH", 2)
    moved(world.head, world.other_department)
    following.follow_change(None, people=[world.head.pk])
    assert list(evaluators(world).values()).count(HA) == 1
    job = Job.objects.get(name=following.JOB_NAME)
    with caplog.at_level(logging.INFO, logger=following.__name__):
        following._leave_to_the_worker(system_user(), MOMENT, world.period)
    assert "being followed already" in caplog.text
    jobs.run_job.call(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, 1, 1)
    assert set(evaluators(world).values()) == {CHI}


def test_looking_costs_the_same_for_one_card_and_for_three(
    world: World, django_assert_num_queries: Any
) -> None:
    def found(moment: datetime = MOMENT) -> list[int]:
        return following._to_follow(world.period, moment, following.EVERYWHERE)

    Scorecard.objects.filter(person=world.lan).update(evaluator=None, evaluator_basis="none")
    for cards in (1, 3):
        with as_actor(system_user(), MOMENT), django_assert_num_queries(7):
            assert len(found()) == cards
        Scorecard.objects.filter(person__in=[world.lan, world.minh, world.deputy]).update(
            evaluator=None, evaluator_basis="none"
        )
