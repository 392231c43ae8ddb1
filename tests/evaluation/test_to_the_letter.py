"""What each step says when it refuses, and what it leaves in ledger and history: to the letter, as people read it."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from kpi_cms.evaluation.domain import deductions, stages
from kpi_cms.evaluation.domain.saving import Entry, comment_label
from kpi_cms.evaluation.enums import AssessmentState
from kpi_cms.evaluation.models import Assessment, Score, Scorecard, Task
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, Invalid, Stale, WrongState
from snippets.models import Person
from tests.evaluation.test_leaders import everybody_of_the_department, reopened
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import seen_by
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

SELF_DUE = datetime(2026, 8, 5, 17, tzinfo=UTC)
LATER = datetime(2026, 8, 6, 1, tzinfo=UTC)
REASON = "Thiếu minh chứng cho tiêu chí I.2"


@pytest.fixture
def endorsed(draft_world: World) -> World:
    """Lan's card goes through all three stages."""
    world = draft_world
    spec = worlds.staff_spec()
    stage = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
    version = worlds.version(spec | {"stages": [*spec["stages"], stage]}, "NV-XN")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


def take(verb: Callable[..., Any], who: Person, card: Scorecard, **more: Any) -> Scorecard:
    """One step, agreed to from the card as it is now, at a moment of its own."""
    fresh = Scorecard.objects.get(pk=card.pk)
    step = {"actor": who.user, "moment": MOMENT, "card": card, "expected": fresh.version_number}
    step |= seen_by(verb, card) | more
    if verb is stages.notify:
        del step["expected"]
    done = verb(**step)
    return done.card if isinstance(done, stages.Saved) else done


def refused(
    error: type[DomainError], verb: Callable[..., Any], who: Person, card: Scorecard, **more: Any
) -> Any:
    with pytest.raises(error) as raised:
        take(verb, who, card, **more)
    return raised.value


# --- What is said ----------------------------------------------------------------------------------------------------
def test_a_reason_is_asked_for_where_somebody_else_reads_it(endorsed: World) -> None:
    world = endorsed
    card, head, chair = world.card(world.lan), world.head, world.chair
    steps: list[tuple[Callable[..., Any], Person, dict[str, Any], Callable[[], object]]] = [
        (stages.evaluate_without_self, head, {"moment": LATER}, lambda: month.evaluated(world, world.lan)),
        (stages.return_to_person, head, {}, lambda: take(stages.confirm, head, card)),
        (stages.return_to_evaluator, chair, {}, lambda: None),
    ]
    for verb, who, more, go_on in steps:
        for reason in ("", " \n"):
            error = refused(Invalid, verb, who, card, reason=reason, **more)
            assert str(error.sentence) == "Give a reason that the other person can read."
            assert error.problems == {"reason": ["Give a reason."]}
        go_on()
    assert Scorecard.objects.get(pk=card.pk).state == "evaluated"


def test_what_is_missing_is_counted_and_named(endorsed: World) -> None:
    world = endorsed
    card = world.card(world.lan)
    given = month.entries(card, "self")
    first, second, *_rest = given
    take(
        stages.save_self, world.lan, card,
        entries=given | {first: Entry(None), second: Entry(None)},
    )  # fmt: skip
    error = refused(Invalid, stages.submit_self, world.lan, card)
    assert str(error.sentence) == "2 criteria are not complete yet. Complete them and try again."
    assert error.problems == {key: ["Give this criterion a score."] for key in (first, second)}
    assert Assessment.objects.get().state == AssessmentState.DRAFT


def test_grounds_are_asked_for_by_the_options_that_need_them(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    card = month.submitted(world, world.head)
    given = month.entries(card, "evaluator")
    good, bad = [c.key for c in card.version.compiled().criteria if c.kind == "choice"]
    take(stages.save_evaluation, world.chair, card, entries=given | {good: Entry("100"), bad: Entry("50")})
    error = refused(Invalid, stages.confirm, world.chair, card)
    assert str(error.sentence) == "1 criteria are not complete yet. Complete them and try again."
    assert error.problems == {bad: ["State the grounds for this choice."]}
    take(stages.save_evaluation, world.chair, card, entries={bad: Entry("50", "Còn nội bộ phức tạp")})
    assert take(stages.confirm, world.chair, card).state == "confirmed"


def test_which_options_ask_for_grounds(world: World) -> None:
    compiled = world.leaders.compiled()
    choice = next(criterion for criterion in compiled.criteria if criterion.kind == "choice")
    asked = {value: stages.grounds_required(choice, value) for value in ("100", "50", "0", "")}
    assert asked == {"100": False, "50": True, "0": False, "": False}
    number = next(criterion for criterion in compiled.criteria if criterion.kind == "number")
    assert stages.grounds_required(number, "5") is False


def test_a_card_waits_for_an_endorsement_where_the_set_has_one_and_somebody_gives_it(endorsed: World) -> None:
    world = endorsed
    lan, head = world.card(world.lan), world.card(world.head)
    assert stages.needs_endorsement(lan) is True
    lan.endorser = None
    assert stages.needs_endorsement(lan) is False
    head.endorser = world.chair
    assert stages.needs_endorsement(head) is False


def test_the_deadlines_are_named_with_what_was_due(endorsed: World) -> None:
    world = endorsed
    card = world.card(world.lan)
    early = refused(
        WrongState, stages.evaluate_without_self, world.head, card, reason=REASON,
        moment=SELF_DUE.replace(hour=16, minute=59, second=59),
    )  # fmt: skip
    assert str(early.sentence) == (
        "The person may still submit until 06/08/2026 00:00. Take the card up after that."
    )
    late = refused(WrongState, stages.submit_self, world.lan, card, moment=SELF_DUE)
    assert str(late.sentence) == (
        "The self-assessment was due before 06/08/2026 00:00. Ask the Organisation Commission to extend the deadline."
    )
    month.evaluated(world, world.lan)
    late = refused(WrongState, stages.confirm, world.head, card, moment=datetime(2026, 8, 10, 17, tzinfo=UTC))
    assert str(late.sentence) == (
        "The evaluation was due before 11/08/2026 00:00. Ask the Organisation Commission to extend the deadline."
    )


def test_other_refusals_say_what_to_do(endorsed: World) -> None:
    world = endorsed
    card = world.card(world.lan)
    old = refused(Stale, stages.submit_self, world.lan, card, expected=7)
    assert str(old.sentence) == ("This card changed after you opened it. Look at it again before you go on.")
    assert (old.mine, old.theirs) == ({"Save number you saw": 7}, {"Save number now": 0})
    Scorecard.objects.filter(pk=card.pk).update(evaluator=None)
    nobody = refused(WrongState, stages.submit_self, world.lan, card)
    assert str(nobody.sentence) == (
        "Nobody is named to evaluate this card. Tell your personnel office, who can have one named."
    )
    Scorecard.objects.filter(pk=card.pk).update(evaluator=world.head)
    month.report(month.assign(world, world.lan))
    month.evaluated(world, world.lan)
    waiting = refused(WrongState, stages.confirm, world.head, card)
    assert str(waiting.sentence) == (
        "1 reported or proposed tasks wait for your decision. Decide on them before you confirm."
    )


def test_what_is_said_about_d(world: World) -> None:
    month.worked(world, world.head)
    card = month.evaluated(world, world.head)
    pending = refused(WrongState, stages.confirm, world.chair, card)
    assert str(pending.sentence) == (
        "The results of people this leader manages are not all confirmed yet (d is pending). "
        "Confirm theirs first."
    )
    everybody_of_the_department(world)
    take(stages.confirm, world.chair, card)
    same = refused(WrongState, stages.accept_new_basis, world.chair, card)
    assert str(same.sentence) == "The basis of this result has not changed."
    Scorecard.objects.filter(person=world.lan).update(state="submitted")
    reopened(world, "80")
    waits = refused(WrongState, stages.accept_new_basis, world.chair, card)
    assert str(waits.sentence) == (
        "A result of the people this leader manages is open again. Wait until it is confirmed."
    )


def test_a_new_d_is_accepted_by_the_state_it_was_seen_in(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    card = month.notified(world, world.head)
    reopened(world, "49")
    assert isinstance(refused(Stale, stages.accept_new_basis, world.chair, card, expected=0), Stale)
    # Somebody registered since has a card that is not decided: d is pending although the mark does not say so.
    Scorecard.objects.filter(person=world.minh).update(state="submitted")
    pending = refused(WrongState, stages.accept_new_basis, world.chair, card)
    assert "d is pending" in str(pending.sentence)


def test_two_who_would_confirm_each_other_are_told_what_to_ask_for(world: World) -> None:
    for who in (world.lan, world.minh):
        month.worked(world, who)
    Scorecard.objects.filter(person=world.lan).update(evaluator=world.minh)
    Scorecard.objects.filter(person=world.minh).update(evaluator=world.lan)
    month.confirmed(world, world.lan)
    card = month.evaluated(world, world.minh)
    error = refused(DomainError, stages.confirm, world.lan, card)
    assert str(error.sentence) == (
        "This person has confirmed your own result in this period, so you do not confirm theirs. "
        "Ask for a decision that names another evaluator."
    )
    Scorecard.objects.filter(person=world.lan).update(state="submitted")
    assert take(stages.confirm, world.lan, card).state == "confirmed"


def test_mistakes_in_a_save_are_said_at_their_criterion(world: World) -> None:
    card = world.card(world.lan)
    first, *_others = [c.key for c in card.version.compiled().criteria if c.entered]
    computed = next(c.key for c in card.version.compiled().criteria if not c.entered)
    error = refused(
        Invalid, stages.save_self, world.lan, card,
        entries={first: Entry(Decimal("5.25")), computed: Entry(Decimal(1)), "gone": Entry(Decimal(1))},
    )  # fmt: skip
    assert str(error.sentence) == (
        "Some scores cannot be used. Correct them and save again; nothing was saved."
    )
    not_by_hand = ["This criterion is not scored by hand in version NV v1."]
    assert {key: error.problems[key] for key in (computed, "gone")} == {
        computed: not_by_hand, "gone": not_by_hand,
    }  # fmt: skip
    [said] = error.problems[first]
    assert "5" in said


def test_a_change_after_submitting_asks_for_its_reason(world: World) -> None:
    card = month.submitted(world, world.lan)
    take(stages.return_to_person, world.head, card, reason=REASON)
    key = next(iter(month.entries(card, "self")))
    error = refused(Invalid, stages.save_self, world.lan, card, entries={key: Entry(Decimal(1))}, reason=" ")
    assert str(error.sentence) == (
        "These scores were submitted before. Give the reason for the change; nothing was saved."
    )
    assert error.problems == {"reason": ["Give the reason for the change."]}


def test_a_stale_save_names_criterion_and_comments_as_the_screen_does(world: World) -> None:
    card = world.card(world.lan)
    key = next(iter(month.entries(card, "self")))
    assert [comment_label(name) for name in ("strengths", "weaknesses", "comment")] == [
        "Strengths", "Weaknesses", "Comment",
    ]  # fmt: skip
    take(
        stages.save_self, world.lan, card, entries={key: Entry(Decimal(2))},
        comments={"strengths": "A", "weaknesses": "B", "comment": "C"},
    )  # fmt: skip
    error = refused(
        Stale, stages.save_self, world.lan, card, expected=0, entries={key: Entry(Decimal(3))},
        comments={"strengths": "A2", "weaknesses": "B2", "comment": "C2"},
    )  # fmt: skip
    assert str(error.sentence) == (
        "This card was saved somewhere else while you worked on it. Compare both values and save again."
    )
    assert error.mine == {
        "I.1 Tiêu chí I.1": "3", "Strengths": "A2", "Weaknesses": "B2", "Comment": "C2",
    }  # fmt: skip
    assert error.theirs == {
        "I.1 Tiêu chí I.1": "2", "Strengths": "A", "Weaknesses": "B", "Comment": "C",
    }  # fmt: skip


# --- What is left in ledger and history ------------------------------------------------------------------------------
def last_entry(card: Scorecard, actor: Person) -> tuple[str, Any, Any, str]:
    """The newest act: kind, before, after and its reason; everything else about it is the card's."""
    entry = LedgerEntry.objects.latest("id")
    assert (
        entry.subject_type, entry.subject_id, entry.subject_label, entry.unit_id, entry.unit_code,
        entry.person_id, entry.person_code, entry.period_id, entry.actor_id, entry.at,
    ) == (
        "evaluation.Scorecard", str(card.pk), card.code, card.unit_id, card.unit.code,
        card.person_id, card.person.staff_code, card.period_id, actor.user.pk, MOMENT,
    )  # fmt: skip
    reason = texts.read([entry.reason_key]).get(entry.reason_key, "")
    if entry.act in ("card.confirmed", "card.endorsed"):
        assert entry.after is not None
        assert (
            len(entry.after.pop("seen")) == 64
        )  # the digest of what was on the screen: tests/evaluation/test_agreeing.py
    return entry.act, entry.before, entry.after, reason


def last_history(card: Scorecard) -> tuple[str, str, str]:
    row = Scorecard.history.filter(id=card.pk).latest("history_id")
    kept = ErasableText.objects.filter(key=row.history_change_reason).first()
    return row.state, kept.text if kept else "", kept.person_code if kept else ""


FULL = {"total": "100", "rounded": "100.00", "band": "excellent"}


def test_a_whole_way_leaves_an_entry_for_each_step(endorsed: World) -> None:
    world = endorsed
    lan, head, chair = world.lan, world.head, world.chair
    card = world.card(lan)
    key = next(iter(month.entries(card, "self")))
    take(stages.save_self, lan, card, entries=month.entries(card, "self"))
    codes = [c.code for c in card.version.compiled().criteria if c.entered]
    act, before, after, reason = last_entry(card, lan)
    assert (act, before, reason) == ("score.changed", {"stage": "self", **dict.fromkeys(codes, "")}, "")
    assert after == {"stage": "self", "I.1": "5", "I.2": "5"} | dict.fromkeys(codes[2:], "2.5")

    take(stages.submit_self, lan, card)
    assert last_entry(card, lan) == (
        "card.submitted", {"state": "opened"}, {"state": "submitted", **FULL}, "",
    )  # fmt: skip
    assert last_history(card) == ("submitted", "", "")
    own = Assessment.objects.get(stage="self")
    assert (own.state, own.submitted_at, own.rater, own.unit_id, own.person_id) == (
        "submitted", MOMENT, lan, card.unit_id, lan.pk,
    )  # fmt: skip

    take(stages.return_to_person, head, card, reason=f" {REASON} ")
    assert last_entry(card, head) == ("card.returned", {"state": "submitted"}, {"state": "returned"}, REASON)
    assert last_history(card) == ("returned", REASON, "CC004")
    assert Scorecard.objects.get(pk=card.pk).returned_at == MOMENT

    take(
        stages.save_self, lan, card, entries={key: Entry(Decimal(4), " Đã bổ sung ")},
        reason=" Bổ sung minh chứng ",
    )  # fmt: skip
    assert last_entry(card, lan) == (
        "score.changed", {"stage": "self", "I.1": "5"}, {"stage": "self", "I.1": "4"}, "Bổ sung minh chứng",
    )  # fmt: skip
    row = Score.history.latest("history_id")
    kept = ErasableText.objects.in_bulk([row.history_change_reason, row.grounds_key])
    assert {text.text for text in kept.values()} == {"Bổ sung minh chứng", "Đã bổ sung"}
    assert {text.person_code for text in kept.values()} == {"CC004"}
    assert (row.unit_id, row.person_id, row.history_user_id) == (card.unit_id, lan.pk, lan.user.pk)

    take(stages.submit_self, lan, card)
    comments = {"strengths": "Chủ động", "weaknesses": "Còn chậm", "comment": "Đồng ý"}
    take(stages.save_evaluation, head, card, entries=month.entries(card, "evaluator"), comments=comments)
    final = Assessment.objects.get(stage="evaluator")
    kept_comment = ErasableText.objects.get(key=final.comments_key)
    assert (kept_comment.text, kept_comment.person_code, kept_comment.kind) == (
        "Strengths: Chủ động\n\nWeaknesses: Còn chậm\n\nComment: Đồng ý", "CC004", "comment",
    )  # fmt: skip
    assert (final.state, final.submitted_at, final.rater) == ("draft", None, head)

    take(stages.confirm, head, card)
    assert last_entry(card, head) == (
        "card.confirmed", {"state": "submitted"}, {"state": "evaluated", **FULL}, "",
    )  # fmt: skip
    final.refresh_from_db()
    assert (final.state, final.submitted_at) == ("submitted", MOMENT)

    take(stages.return_to_evaluator, chair, card, reason=REASON)
    assert last_entry(card, chair) == (
        "card.returned", {"state": "evaluated"}, {"state": "submitted"}, REASON,
    )  # fmt: skip
    take(stages.confirm, head, card)
    take(stages.endorse, chair, card)
    assert last_entry(card, chair) == (
        "card.endorsed", {"state": "evaluated"}, {"state": "confirmed", **FULL}, "",
    )  # fmt: skip
    take(stages.notify, head, card)
    assert last_entry(card, head) == ("card.notified", {"state": "confirmed"}, {"state": "notified"}, "")
    now = Scorecard.objects.get(pk=card.pk)
    assert (now.notified_at, now.confirmed_at, now.result_final_at, now.confirmed_basis, now.version_number) == (
        MOMENT, MOMENT, MOMENT, {}, 11,
    )  # fmt: skip


def test_a_card_taken_up_leaves_its_reason(world: World) -> None:
    card = world.card(world.lan)
    stages.evaluate_without_self(
        actor=world.head.user, moment=SELF_DUE, card=card, expected=0, reason=" Đi công tác "
    )
    entry = LedgerEntry.objects.latest("id")
    assert (entry.act, entry.before, entry.after) == (
        "card.submitted", {"state": "opened"}, {"state": "submitted", "without_self": True},
    )  # fmt: skip
    assert texts.read([entry.reason_key]) == {entry.reason_key: "Đi công tác"}
    now = Scorecard.objects.get(pk=card.pk)
    assert (now.without_self, now.submitted_at, now.version_number) == (True, None, 1)
    assert last_history(card) == ("submitted", "Đi công tác", "CC004")


def test_a_result_without_points_is_said_as_such(world: World) -> None:
    month.submitted(world, world.lan)
    entry = LedgerEntry.objects.latest("id")
    assert entry.after == {"state": "submitted", "total": None, "rounded": None, "band": None}


def test_a_new_basis_leaves_both_results(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    card = month.notified(world, world.head)
    reopened(world, "49")
    take(stages.accept_new_basis, world.chair, card)
    assert last_entry(card, world.chair) == (
        "card.confirmed", {"state": "notified"},
        {"state": "confirmed", "total": "565/6", "rounded": "94.17", "band": "excellent"}, "",
    )  # fmt: skip
    now = Scorecard.objects.get(pk=card.pk)
    assert (now.confirmed_basis, now.proposed_basis, now.basis_changed_at) == ({"d": "1/2"}, {}, None)
    assert now.notified_at is None


# --- What a save keeps -----------------------------------------------------------------------------------------------
def test_a_choice_and_points_are_kept_each_in_their_column(world: World) -> None:
    everybody_of_the_department(world)
    month.worked(world, world.head)
    card = month.submitted(world, world.head)
    choice = next(c for c in card.version.compiled().criteria if c.kind == "choice")
    number = next(c for c in card.version.compiled().criteria if c.kind == "number")
    entries = {choice.key: Entry("100", " Sáng kiến số 5 "), number.key: Entry(Decimal("2.25"))}
    saved = stages.save_evaluation(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, entries=entries
    )
    kept = {
        score.criterion.key: (score.value, score.choice, score.grounds)
        for score in Score.objects.filter(assessment__card=card, assessment__stage="evaluator")
    }
    assert kept == {choice.key: (None, "100", "Sáng kiến số 5"), number.key: (Decimal("2.250"), "", "")}
    assert saved.changed in ((choice.code, number.code), (number.code, choice.code))
    again = stages.save_evaluation(
        actor=world.chair.user, moment=MOMENT, card=card, expected=saved.card.version_number,
        entries={choice.key: Entry("100", "Sáng kiến số 6")},
    )  # fmt: skip
    assert again.changed == (choice.code,)
    other = stages.save_evaluation(
        actor=world.chair.user, moment=MOMENT, card=card, expected=again.card.version_number,
        entries={choice.key: Entry(None, "")},
    )  # fmt: skip
    assert (other.changed, other.card.version_number) == ((choice.code,), again.card.version_number + 1)
    score = Score.objects.get(assessment__card=card, assessment__stage="evaluator", criterion__key=choice.key)
    assert (score.value, score.choice, score.grounds, score.grounds_key) == (None, "", "", None)


def test_one_comment_changes_and_the_others_stay(world: World) -> None:
    card = world.card(world.lan)
    take(stages.save_self, world.lan, card, entries={}, comments={"strengths": "A", "comment": "C"})
    saved = stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=1, entries={}, comments={"comment": "D"}
    )
    own = Assessment.objects.get()
    assert (own.strengths, own.weaknesses, own.comment, saved.changed) == ("A", "", "D", ())
    assert texts.read([own.comments_key]) == {own.comments_key: "Strengths: A\n\nComment: D"}
    rows = Assessment.history.order_by("history_id").values_list("comments_key", flat=True)
    assert (len(rows), rows[2]) == (3, own.comments_key)


def test_a_criterion_may_be_scored_at_one_stage_only(draft_world: World) -> None:
    """What the evaluator alone scores is not missed in the self-assessment."""
    world = draft_world
    spec = worlds.staff_spec()
    spec["sections"][0]["criteria"] = [
        specs.number("I.1", "5"), specs.number("I.2", "5", stages=["evaluator"])
    ]  # fmt: skip
    version = worlds.version(spec, "NV-GD")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    card = month.confirmed(world, world.lan)
    own, final = stages.scoring.outcome_of(card, "self"), stages.scoring.outcome_of(card, "evaluator")
    assert (card.state, list(own.missing), list(final.missing)) == ("confirmed", ["key-I.2"], [])
    assert stages.missing_entries(card, stages.StageKey.SELF, own) == []
    assert [c.code for c in stages.missing_entries(card, stages.StageKey.EVALUATOR, own)] == ["I.2"]


def test_a_result_that_changed_under_the_screen_is_not_confirmed(endorsed: World) -> None:
    """T15: an error was recorded since, so the card itself was not saved; the points on the screen say it."""
    world = endorsed
    card = month.evaluated(world, world.lan)
    task = Task.objects.get()
    deductions.record_fault(
        actor=world.head.user, moment=MOMENT, task=task, unit_number=1, reason="Sai số liệu"
    )
    error = refused(Stale, stages.confirm, world.head, card, shown="100.00")
    assert str(error.sentence) == (
        "The result changed after you opened it. Look at it again before you go on."
    )
    assert (error.mine, error.theirs) == ({"Points you saw": "100.00"}, {"Points now": "98.54"})
    take(stages.confirm, world.head, card, shown="98.54")
    error = refused(Stale, stages.endorse, world.chair, card, shown="100.00")
    assert error.theirs == {"Points now": "98.54"}
    assert take(stages.endorse, world.chair, card, shown="98.54").state == "confirmed"


def test_what_has_no_points_shows_none(world: World) -> None:
    card = month.evaluated(world, world.lan)
    error = refused(Stale, stages.confirm, world.head, card, shown="90.00")
    assert error.theirs == {"Points now": ""}
    assert take(stages.confirm, world.head, card, shown="").state == "confirmed"
