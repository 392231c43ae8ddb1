"""A card's way from self-assessment to a notified result, and every step it refuses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from kpi_cms.evaluation.domain import closing, stages
from kpi_cms.evaluation.domain.saving import Entry, sentence_of
from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, Refused, Stale, WrongState
from snippets.enums import Capability, PeriodState
from snippets.models import Period, Person, UnitUserObjectPermission
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

LATE = datetime(2026, 8, 5, 17, 0, tzinfo=UTC)
TOO_LATE = datetime(2026, 8, 10, 17, 0, tzinfo=UTC)


def first_key(card: Scorecard) -> str:
    return next(criterion.key for criterion in card.version.compiled().criteria if criterion.entered)


def hold(who: Person, capability: str, world: World, *, unit: object = None) -> None:
    """Give today's projection of a grant."""
    from django.contrib.auth.models import Permission

    UnitUserObjectPermission.objects.create(
        user=who.user, content_object=unit or world.root,
        permission=Permission.objects.get(codename=capability, content_type__app_label="snippets"),
    )  # fmt: skip


# --- Who may, when: one truth table ----------------------------------------------------------------------------------
def save_self(card: Scorecard, who: Person) -> None:
    stages.save_self(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number,
        entries={first_key(card): Entry(Decimal(1))}, reason="đổi",
    )  # fmt: skip


def save_evaluation(card: Scorecard, who: Person) -> None:
    stages.save_evaluation(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number,
        entries={first_key(card): Entry(Decimal(1))}, reason="đổi",
    )  # fmt: skip


def submit(card: Scorecard, who: Person) -> None:
    stages.submit_self(actor=who.user, moment=MOMENT, card=card, expected=card.version_number)


def return_card(card: Scorecard, who: Person) -> None:
    stages.return_to_person(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number, reason="Thiếu minh chứng"
    )


def confirm(card: Scorecard, who: Person) -> None:
    stages.confirm(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )


def notify(card: Scorecard, who: Person) -> None:
    stages.notify(actor=who.user, moment=MOMENT, card=card)


def take_up(card: Scorecard, who: Person) -> None:
    stages.evaluate_without_self(
        actor=who.user, moment=LATE, card=card, expected=card.version_number, reason="Không nộp"
    )


VERBS: dict[str, Callable[[Scorecard, Person], None]] = {
    "save_self": save_self,
    "submit": submit,
    "take_up": take_up,
    "save_evaluation": save_evaluation,
    "return": return_card,
    "confirm": confirm,
    "notify": notify,
}
# verb → who may, in which states
ALLOWED = {
    "save_self": ("lan", {"opened", "returned"}),
    "submit": ("lan", {"opened", "returned"}),
    "take_up": ("head", {"opened", "returned"}),
    "save_evaluation": ("head", {"submitted"}),
    "return": ("head", {"submitted"}),
    "confirm": ("head", {"submitted"}),
    "notify": ("head", {"confirmed"}),
}
STATES = ("opened", "submitted", "returned", "confirmed", "notified")
RELATIONS = ("lan", "head", "chair", "minh", "stranger")


def in_state(world: World, state: str) -> Scorecard:
    """Lan's card in a state, complete enough for every next step."""
    month.worked(world, world.lan)
    if state in ("opened", "returned"):
        card = world.card(world.lan)
        stages.save_self(
            actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number,
            entries=month.entries(card, "self"),
        )  # fmt: skip
        if state == "opened":
            return world.card(world.lan)
        submit(world.card(world.lan), world.lan)
        return_card(world.card(world.lan), world.head)
        return world.card(world.lan)
    steps = {"submitted": month.evaluated, "confirmed": month.confirmed, "notified": month.notified}
    return steps[state](world, world.lan)


def expected_error(verb: str, relation: str, state: str) -> type[DomainError] | None:
    actor, states = ALLOWED[verb]
    if relation == actor:
        return None if state in states else WrongState
    # Lan and her evaluator see the card; nobody else here holds anything on its unit.
    return Refused if relation in ("lan", "head") else NotFound


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", VERBS)
def test_every_step_is_taken_by_its_person_in_its_state_only(world: World, verb: str, state: str) -> None:
    card = in_state(world, state)
    actor = ALLOWED[verb][0]
    # Whoever may comes last: a step that succeeds changes the state.
    for relation in sorted(RELATIONS, key=lambda name: name == actor):
        error = expected_error(verb, relation, state)
        before = Scorecard.history.count(), Score.history.count(), LedgerEntry.objects.count()
        if error is None:
            VERBS[verb](card, getattr(world, relation))
            assert LedgerEntry.objects.count() > before[2]
            continue
        with pytest.raises(error) as raised:
            VERBS[verb](card, getattr(world, relation))
        assert str(raised.value.sentence)
        assert (Scorecard.history.count(), Score.history.count(), LedgerEntry.objects.count()) == before


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_moves_in_a_closed_period(world: World, verb: str) -> None:
    actor, states = ALLOWED[verb]
    card = in_state(world, min(states))
    Period.objects.filter(pk=world.period.pk).update(state=PeriodState.CLOSED, closed_at=MOMENT)
    with pytest.raises(WrongState, match="closed"):
        VERBS[verb](card, getattr(world, actor))
    assert world.card(world.lan).state == card.state


def test_a_period_that_is_not_open_yet_takes_no_scores(world: World) -> None:
    Period.objects.filter(pk=world.period.pk).update(state=PeriodState.OPENING)
    with pytest.raises(WrongState, match="not open yet"):
        save_self(world.card(world.lan), world.lan)


# --- Saving ----------------------------------------------------------------------------------------------------------
def test_scores_of_the_evaluator_stand_beside_the_persons_own(world: World) -> None:
    card = month.submitted(world, world.lan)
    key = first_key(card)
    stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number,
        entries={key: Entry(Decimal("1.5"))},
    )  # fmt: skip
    values = dict(Score.objects.filter(criterion__key=key).values_list("assessment__stage", "value"))
    assert values == {"self": Decimal("5.000"), "evaluator": Decimal("1.500")}


def test_every_mistake_is_said_at_its_criterion_and_nothing_is_saved(world: World) -> None:
    card = world.card(world.lan)
    first, second, third = [c.key for c in card.version.compiled().criteria if c.entered][:3]
    computed = next(c.key for c in card.version.compiled().criteria if not c.entered)
    with pytest.raises(Invalid) as raised:
        stages.save_self(
            actor=world.lan.user, moment=MOMENT, card=card, expected=0,
            entries={
                first: Entry(Decimal("5.1")), second: Entry(Decimal(6)), third: Entry(Decimal(1)),
                computed: Entry(Decimal(1)), "unknown": Entry(Decimal(1)),
            },
        )  # fmt: skip
    assert set(raised.value.problems) == {first, second, computed, "unknown"}
    assert Score.objects.count() == 0
    assert world.card(world.lan).version_number == 0


def test_a_stage_scores_only_its_own_criteria(world: World) -> None:
    month.worked(world, world.head)
    card = world.card(world.head)
    only_evaluator = next(
        (c.key for c in card.version.compiled().criteria if c.entered and "self" not in c.stages), None
    )
    if only_evaluator is None:
        only_evaluator = "unknown"
    with pytest.raises(Invalid) as raised:
        stages.save_self(
            actor=world.head.user,
            moment=MOMENT,
            card=card,
            expected=0,
            entries={only_evaluator: Entry("100", "x")},
        )
    assert set(raised.value.problems) == {only_evaluator}


def test_saving_what_stands_already_leaves_no_trace(world: World) -> None:
    card = world.card(world.lan)
    key = first_key(card)
    saved = stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=0, entries={key: Entry(Decimal(2))},
        comments={"strengths": "Tốt"},
    )  # fmt: skip
    again = stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=1, entries={key: Entry(Decimal("2.0"))},
        comments={"strengths": " Tốt "},
    )  # fmt: skip
    assert (saved.changed, again.changed) == (("I.1",), ())
    assert again.card.version_number == 1
    assert Score.history.count() == 1


def test_an_empty_entry_makes_no_row_and_clearing_one_keeps_its_history(world: World) -> None:
    card = world.card(world.lan)
    first, second = [c.key for c in card.version.compiled().criteria if c.entered][:2]
    stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=0,
        entries={first: Entry(None), second: Entry(Decimal(3))},
    )  # fmt: skip
    assert Score.objects.count() == 1
    saved = stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=1, entries={second: Entry(None)}
    )
    assert [row.value for row in Score.history.order_by("history_id")] == [Decimal(3), None]
    assert second in saved.outcome.missing


def test_a_stale_save_shows_both_values_and_loses_nothing(world: World) -> None:
    card = world.card(world.lan)
    first, second = [c.key for c in card.version.compiled().criteria if c.entered][:2]
    stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=0,
        entries={first: Entry(Decimal(2)), second: Entry(Decimal(4))}, comments={"strengths": "Bản thứ nhất"},
    )  # fmt: skip
    with pytest.raises(Stale) as raised:
        stages.save_self(
            actor=world.lan.user, moment=MOMENT, card=card, expected=0,
            entries={first: Entry(Decimal(3)), second: Entry(Decimal(4))}, comments={"strengths": "Bản thứ hai"},
        )  # fmt: skip
    (score_label, comment_label) = raised.value.mine
    assert score_label.startswith("I.1 ")
    assert list(raised.value.mine.values()) == ["3", "Bản thứ hai"]
    assert list(raised.value.theirs.values()) == ["2", "Bản thứ nhất"]
    assert comment_label in raised.value.theirs
    assert Score.objects.get(criterion__key=first).value == 2


def test_a_step_from_an_old_screen_is_refused(world: World) -> None:
    card = month.submitted(world, world.lan)
    with pytest.raises(Stale) as raised:
        stages.return_to_person(
            actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number - 1, reason="x"
        )
    assert list(raised.value.mine.values()) == [card.version_number - 1]
    assert list(raised.value.theirs.values()) == [card.version_number]


def test_changing_a_submitted_score_needs_a_reason_that_history_only_points_at(world: World) -> None:
    card = month.submitted(world, world.lan)
    return_card(card, world.head)
    card = world.card(world.lan)
    key = first_key(card)
    with pytest.raises(Invalid) as raised:
        stages.save_self(
            actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number,
            entries={key: Entry(Decimal(1))}, reason="  ",
        )  # fmt: skip
    assert set(raised.value.problems) == {"reason"}
    assert Score.objects.get(criterion__key=key).value == 5
    stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number,
        entries={key: Entry(Decimal(1))}, reason="Chấm nhầm",
    )  # fmt: skip
    row = Score.history.filter(criterion__key=key).latest("history_id")
    assert texts.read([row.history_change_reason]) == {row.history_change_reason: "Chấm nhầm"}
    entry = LedgerEntry.objects.filter(act="score.changed").latest("id")
    assert (entry.before, entry.after) == ({"stage": "self", "I.1": "5"}, {"stage": "self", "I.1": "1"})
    assert entry.reason_key == row.history_change_reason


def test_comments_are_kept_out_of_history_and_ledger(world: World) -> None:
    card = world.card(world.lan)
    stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=0, entries={},
        comments={"strengths": "BÍ MẬT RIÊNG", "unknown": "x"},
    )  # fmt: skip
    assessment = Assessment.objects.get()
    assert assessment.strengths == "BÍ MẬT RIÊNG"
    assert "BÍ MẬT RIÊNG" not in str(list(Assessment.history.values()))
    assert "BÍ MẬT RIÊNG" not in str(list(LedgerEntry.objects.values()))
    row = Assessment.history.latest("history_id")
    assert "BÍ MẬT RIÊNG" in texts.read([row.comments_key])[row.comments_key]


def test_history_says_who_when_and_in_which_request(world: World) -> None:
    save_self(world.card(world.lan), world.lan)
    row = Score.history.get()
    assert (row.history_user_id, row.history_date, row.history_type) == (world.lan.user.pk, MOMENT, "+")
    assert row.history_request_id == LedgerEntry.objects.get(act="score.changed").request_id


# --- Submitting and deadlines ----------------------------------------------------------------------------------------
def test_an_incomplete_self_assessment_says_what_is_missing(world: World) -> None:
    card = world.card(world.lan)
    with pytest.raises(Invalid) as raised:
        submit(card, world.lan)
    entered = {c.key for c in card.version.compiled().criteria if c.entered and "self" in c.stages}
    assert set(raised.value.problems) == entered


@pytest.mark.parametrize(("before", "accepted"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_the_deadline_is_exclusive(world: World, before: timedelta, accepted: bool) -> None:
    card = in_state(world, "opened")
    moment = world.period.self_due_at - before
    if accepted:
        stages.submit_self(actor=world.lan.user, moment=moment, card=card, expected=card.version_number)
        assert world.card(world.lan).submitted_at == moment
        return
    with pytest.raises(WrongState, match="06/08/2026 00:00"):
        stages.submit_self(actor=world.lan.user, moment=moment, card=card, expected=card.version_number)


def test_the_evaluation_has_a_deadline_too(world: World) -> None:
    card = in_state(world, "submitted")
    with pytest.raises(WrongState, match="11/08/2026 00:00"):
        stages.confirm(
            actor=world.head.user,
            moment=TOO_LATE,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )


def test_without_an_evaluator_nothing_can_be_submitted(world: World) -> None:
    in_state(world, "opened")
    Scorecard.objects.filter(person=world.lan).update(evaluator=None, evaluator_basis="none")
    with pytest.raises(WrongState, match="Nobody is named"):
        submit(world.card(world.lan), world.lan)


def test_a_card_that_was_not_submitted_is_taken_up_after_the_deadline_only(world: World) -> None:
    card = world.card(world.lan)
    with pytest.raises(WrongState, match="may still submit"):
        stages.evaluate_without_self(
            actor=world.head.user, moment=MOMENT, card=card, expected=0, reason="Không nộp"
        )
    with pytest.raises(Invalid):
        stages.evaluate_without_self(actor=world.head.user, moment=LATE, card=card, expected=0, reason=" ")
    taken = stages.evaluate_without_self(
        actor=world.head.user, moment=LATE, card=card, expected=0, reason="Không nộp"
    )
    assert (taken.state, taken.without_self, taken.submitted_at) == (CardState.SUBMITTED, True, None)


def test_a_returned_card_shows_the_reason(world: World) -> None:
    card = month.submitted(world, world.lan)
    return_card(card, world.head)
    card = world.card(world.lan)
    assert texts.read([card.return_reason_key]) == {card.return_reason_key: "Thiếu minh chứng"}


def test_a_card_is_not_returned_without_a_reason(world: World) -> None:
    card = month.submitted(world, world.lan)
    with pytest.raises(Invalid, match="Give a reason"):
        stages.return_to_person(
            actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason=" "
        )


# --- Confirming ------------------------------------------------------------------------------------------------------
def test_tasks_must_be_decided_before_the_card(world: World) -> None:
    month.report(month.assign(world, world.lan))
    card = month.evaluated(world, world.lan)
    with pytest.raises(WrongState, match="1 reported"):
        confirm(card, world.head)


def test_a_confirmed_result_is_final_and_exact(world: World) -> None:
    month.worked(world, world.lan, completed="3")
    card = month.confirmed(world, world.lan)
    assert (card.state, card.confirmed_at, card.result_final_at) == (CardState.CONFIRMED, MOMENT, MOMENT)
    result = CardResult.objects.get(card=card, stage="evaluator")
    assert (result.numerator, result.denominator, result.rounded, result.band) == (
        "165", "2", Decimal("82.50"), "good",
    )  # fmt: skip
    entry = LedgerEntry.objects.get(act="card.confirmed")
    assert entry.after is not None
    assert len(entry.after.pop("seen")) == 64
    assert entry.after == {"state": "confirmed", "total": "165/2", "rounded": "82.50", "band": "good"}


def test_nothing_assigned_is_no_result_and_no_rating(world: World) -> None:
    card = month.confirmed(world, world.lan)
    result = CardResult.objects.get(card=card, stage="evaluator")
    assert (result.insufficient, result.rounded, result.band) == (True, None, "")


def test_a_choice_needs_its_grounds(world: World) -> None:
    month.notified(world, world.lan)
    month.notified(world, world.minh)
    for who in (world.deputy,):
        month.notified(world, who)
    card = month.submitted(world, world.head)
    wanted = month.entries(card, "evaluator")
    choice = next(c for c in card.version.compiled().criteria if c.kind == "choice")
    wanted[choice.key] = Entry("50")
    card = stages.save_evaluation(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, entries=wanted
    ).card
    with pytest.raises(Invalid) as raised:
        confirm(card, world.chair)
    assert set(raised.value.problems) == {choice.key}


def test_the_personnel_office_may_notify_and_the_person_may_not(world: World) -> None:
    card = in_state(world, "confirmed")
    with pytest.raises(Refused):
        notify(card, world.lan)
    for capability in (Capability.VIEW, Capability.RECEIVE_RESULTS):
        hold(world.stranger, capability, world)
    notify(card, world.stranger)
    assert world.card(world.lan).notified_at == MOMENT


def test_somebody_who_reads_the_unit_still_changes_nothing(world: World) -> None:
    card = in_state(world, "confirmed")
    hold(world.stranger, Capability.VIEW, world)
    for verb in VERBS.values():
        with pytest.raises(Refused) as raised:
            verb(card, world.stranger)
        assert str(raised.value.sentence)


def test_an_endorser_sees_and_endorses_where_the_set_says_so(draft_world: World) -> None:
    world = draft_world
    spec = worlds.staff_spec()
    endorsed = {"key": "endorsement", "label": "Người đứng đầu xác nhận", "decides": False, "optional": False}
    version = worlds.version(spec | {"stages": [*spec["stages"], endorsed]}, "NV-XN")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    card = month.confirmed(world, world.lan)
    assert (card.state, card.endorser) == (CardState.EVALUATED, world.chair)
    assert card.result_final_at is None
    with pytest.raises(Refused):
        stages.endorse(
            actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
        )
    with pytest.raises(Refused):
        stages.endorse(
            actor=world.head.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )
    with pytest.raises(NotFound):
        stages.endorse(
            actor=world.stranger.user,
            moment=MOMENT,
            card=card,
            expected=card.version_number,
            seen=on_screen(card),
        )
    back = stages.return_to_evaluator(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, reason="Xem lại"
    )
    assert back.state == CardState.SUBMITTED
    card = stages.confirm(
        actor=world.head.user, moment=MOMENT, card=back, expected=back.version_number, seen=on_screen(back)
    )
    card = stages.endorse(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert (card.state, card.result_final_at) == (CardState.CONFIRMED, MOMENT)


def test_a_card_that_is_gone_is_missing(world: World) -> None:
    card = world.card(world.lan)
    card.pk = 999_999
    with pytest.raises(NotFound):
        save_self(card, world.lan)


def test_an_engine_problem_is_said_in_full() -> None:
    from kpi_cms.foundation.engine import Problem

    assert sentence_of(Problem("x", "k", "At most %(max)s.", {"max": "5"})) == "At most 5."


# --- Closing ---------------------------------------------------------------------------------------------------------
def test_closing_needs_the_number_that_was_seen_and_refuses_everybody_else(world: World) -> None:
    month.worked(world, world.lan)
    month.notified(world, world.lan)
    waiting = closing.unfinished(world.period)
    assert waiting.count == 6
    assert {(name, cards) for name, _state, cards in waiting.by_unit} == {
        ("Đơn vị A", 1), ("Đơn vị A1", 3), ("Đơn vị B1", 2),
    }  # fmt: skip
    with pytest.raises(NotFound):
        closing.close_period(actor=world.head.user, moment=MOMENT, period=world.period, unfinished_seen=6)
    hold(world.stranger, Capability.MANAGE_PERIODS, world)
    with pytest.raises(WrongState, match="not the 5"):
        closing.close_period(actor=world.stranger.user, moment=MOMENT, period=world.period, unfinished_seen=5)
    closed = closing.close_period(
        actor=world.stranger.user, moment=MOMENT, period=world.period, unfinished_seen=6
    )
    assert (closed.state, closed.closed_at) == (PeriodState.CLOSED, MOMENT)
    with pytest.raises(WrongState, match="Only an open period"):
        closing.close_period(actor=world.stranger.user, moment=MOMENT, period=world.period, unfinished_seen=6)
