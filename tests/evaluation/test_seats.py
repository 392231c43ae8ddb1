"""A collective with several raters: a decision says who sits for each, one person enters all, nothing counts alone."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kpi_cms.evaluation import audit_queries, past_queries
from kpi_cms.evaluation.domain import scoring, stages
from kpi_cms.evaluation.domain.collective import save_collective, send_collective
from kpi_cms.evaluation.domain.naming import Competent, name_anew, standing_evaluator
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.domain.separation import refuse_each_other
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard
from kpi_cms.evaluation.rescored import Reason, Result, Untold
from kpi_cms.evaluation.waiting_queries import to_score_for_collective
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from kpi_cms.interfaces.reporting.beside_form import beside_the_form
from kpi_cms.interfaces.reporting.card_form import build_form01
from kpi_cms.interfaces.reporting.forms import Form01
from kpi_cms.interfaces.workspace.presentation import ledger_words
from kpi_cms.interfaces.workspace.presentation.card import facts_of, progress_of, read_card
from snippets.enums import Capability
from snippets.models import Person
from tests.evaluation.test_collective import named, points, shown, staged, step
from tests.evaluation.test_rescoring import run
from tests.evaluation.test_writing_behind_the_wall import CHANGED, REFUSED, UNSEEN, update
from tests.factories.snippets import hold, holder
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

FIRST, SECOND = "r-first", "r-second"
SEATS = [
    {"key": FIRST, "label": "Cấp phó thứ nhất", "stage": "collective", "weight": "25"},
    {"key": SECOND, "label": "Cấp phó thứ hai", "stage": "collective", "weight": "25"},
]
HEAD = {"key": "r-head", "label": "Thủ trưởng", "stage": "evaluator", "weight": "50"}


@pytest.fixture
def world(draft_world: World) -> World:
    """Two people sit for the collective, a quarter each; the head is a half."""
    return staged(draft_world, raters=[*SEATS, HEAD])


@pytest.fixture
def clerk(draft_world: World) -> Any:
    return holder(draft_world.agency, Capability.MANAGE_PEOPLE)


def seated(world: World, clerk: Any, first: Person | None = None, second: Person | None = None) -> Scorecard:
    """Minh enters what the deputy and the chairman give, unless others sit."""
    seats = {FIRST: first or world.deputy, SECOND: second or world.chair}
    named(world, clerk, world.minh, seats=seats)
    return world.card(world.lan)


def entered(world: World, seat: str, share: str, **more: Any) -> Scorecard:
    card = world.card(world.lan)
    return step(save_collective, world.minh, card, entries=points(card, share), seat=seat, **more)


def sent(world: World, first: str = "0.5", second: str = "0") -> Scorecard:
    entered(world, FIRST, first)
    return step(send_collective, world.minh, entered(world, SECOND, second))


def columns(who: Person, card: Scorecard) -> list[str]:
    found = Scorecard.objects.with_context().get(pk=card.pk)
    return [str(column.heading) for column in read_card(Scope.of(who.user), found).columns()]


def form_of(who: Person, card: Scorecard) -> Form01:
    found = Scorecard.objects.with_context().get(pk=card.pk)
    return build_form01(found, MOMENT, Scope.of(who.user))


def nothing_differs(world: World) -> None:
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert report.differing == []


# --- What must not happen -----------------------------------------------------------------------------------------
def test_nothing_counts_while_a_seat_is_not_complete(world: World, clerk: Any) -> None:
    card = month.evaluated(world, world.lan)
    seated(world, clerk)
    entered(world, FIRST, "1")
    with pytest.raises(Invalid) as raised:
        step(send_collective, world.minh, card)
    assert str(raised.value.sentence).startswith("Cấp phó thứ hai: ")
    assert "key-I.1" in raised.value.problems
    assert not Assessment.objects.filter(stage="collective", state="submitted").exists()
    entered(world, SECOND, "1")  # entered, not sent
    with pytest.raises(WrongState, match="has not sent its scores yet"):
        step(stages.confirm, world.head, card)
    assert (shown(card), columns(world.head, card)) == ("", ["Self-assessment", "Competent person"])
    nothing_differs(world)


def test_one_more_to_sit_is_waited_for_again(world: World, clerk: Any) -> None:
    """What a member of before gave stays in history and counts no more; the other's stays as it was sent."""
    month.evaluated(world, world.lan)
    card = seated(world, clerk)
    sent(world)
    assert shown(card) == "88.75"
    seated(world, clerk, second=world.stranger)
    assert (shown(card), columns(world.head, card)[1:-1]) == ("", ["Cấp phó thứ nhất"])
    former = Assessment.objects.get(seat=SECOND, rater=world.chair)
    assert (former.vacated_at, former.state, former.scores.count()) == (MOMENT, "submitted", 10)
    with pytest.raises(WrongState, match="has not sent its scores yet"):
        step(stages.confirm, world.head, card)
    assert list(to_score_for_collective(world.minh)) == [card]
    entered(world, SECOND, "1")
    step(send_collective, world.minh, card)
    assert (shown(card), list(to_score_for_collective(world.minh))) == ("96.25", [])
    assert former.scores.count() == 10
    nothing_differs(world)
    seated(world, clerk)  # the chairman sits again, with what he gave
    assert shown(card) == "88.75"


def test_nobody_sits_where_they_are_scored_or_decide_nor_twice(world: World, clerk: Any) -> None:
    for first in (world.lan, world.head):
        with pytest.raises(WrongState):
            seated(world, clerk, first=first, second=world.minh)
    with pytest.raises(Invalid) as raised:
        seated(world, clerk, first=world.chair)
    assert raised.value.problems == {
        "seat-r-second": ["This person sits for somebody else here already. Name another one."]
    }
    hold(world.deputy.user, world.agency, Capability.MANAGE_PEOPLE)
    with pytest.raises(Refused, match="Nobody names themselves"):
        seated(world, world.deputy.user)
    Person.objects.filter(pk=world.chair.pk).update(left_on=date(2026, 7, 1))
    with pytest.raises(Invalid) as raised:
        seated(world, clerk, second=Person.objects.get(pk=world.chair.pk))
    assert raised.value.problems == {
        "seat-r-second": ["This person has left the service. Name somebody else."]
    }
    assert not Assessment.objects.filter(stage="collective").exists()


def test_every_seat_is_filled_and_no_other(world: World, clerk: Any) -> None:
    with pytest.raises(Invalid) as raised:
        named(world, clerk, world.minh, seats={FIRST: world.deputy, "r-other": world.chair})
    assert raised.value.problems == {
        "seat-r-second": ["Name who sits here."],
        "seat-r-other": ["No undecided card here has this seat. Leave it empty."],
    }
    month.submitted(world, world.lan)
    card = seated(world, clerk)
    for seat in ("", "r-other"):
        with pytest.raises(NotFound):
            step(save_collective, world.minh, card, entries=points(card, "1"), seat=seat)
    with pytest.raises(Refused):
        step(save_collective, world.head, card, entries=points(card, "1"), seat=FIRST)
    assert not Score.objects.filter(assessment__stage="collective").exists()


def test_t02_nobody_sits_about_whoever_decides_about_them(world: World, clerk: Any) -> None:
    of_deputy = Scorecard.objects.filter(person=world.deputy)
    evaluator = of_deputy.get().evaluator
    of_deputy.update(evaluator=world.lan)
    with pytest.raises(WrongState):
        seated(world, clerk)
    of_deputy.update(evaluator=evaluator)
    month.evaluated(world, world.lan)
    card = seated(world, clerk)
    entered(world, FIRST, "1")
    entered(world, SECOND, "1")
    refuse_each_other(world.card(world.deputy), world.lan)  # a draft counts for nothing
    of_deputy.update(evaluator=world.lan)  # named since
    with pytest.raises(Refused, match=f"decides about the result of {world.deputy.full_name}"):
        step(send_collective, world.minh, card)
    of_deputy.update(evaluator=evaluator)
    step(send_collective, world.minh, card)
    with pytest.raises(Refused, match="has sent scores of a collective that count"):
        refuse_each_other(world.card(world.deputy), world.lan)
    refuse_each_other(world.card(world.deputy), world.head)


def test_no_history_tells_of_a_seat_before_it_is_sent(world: World, clerk: Any) -> None:
    def told(who: Person) -> tuple[set[str], set[str], set[str]]:
        found = Scorecard.objects.with_context().get(pk=card.pk)
        seen = audit_queries.sight(Scope.of(who.user), found)
        past = past_queries.card_at(found, database_now(), seen)
        assert past is not None
        rows = audit_queries.card_changes(found, seen).changes
        acts = audit_queries.card_acts(found, seen).filter(act="score.changed")
        return (
            {each.row.seat for each in rows if each.table.name == "assessment"} - {""},
            {entry.after.get("seat", "") for entry in acts} - {""},
            {score.by for score in past.scores if score.stage == "collective"},
        )

    month.evaluated(world, world.lan)
    card = seated(world, clerk)
    entered(world, FIRST, "1")
    assert told(world.head) == (set(), set(), set())
    entered(world, SECOND, "1")
    step(send_collective, world.minh, card)
    both = {f"Group or collective, {seat['label']}" for seat in SEATS}
    assert told(world.head) == ({FIRST, SECOND}, {FIRST, SECOND}, both)
    seated(world, clerk, second=world.stranger)
    entered(world, SECOND, "0")
    assert told(world.head)[1:] == ({FIRST}, {f"Group or collective, {SEATS[0]['label']}"})


def test_the_database_keeps_one_in_a_seat_and_nobody_twice(world: World, clerk: Any) -> None:
    card = seated(world, clerk)
    said = Assessment.objects.filter(card=card, seat=FIRST)
    for change in (
        {"seat": SECOND},
        {"rater": world.chair},
        {"rater": world.lan},
        {"stage": "evaluator"},
        {"seat": "", "vacated_at": MOMENT},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            said.update(**change)


def test_whoever_comes_to_decide_leaves_the_collective(world: World, clerk: Any) -> None:
    month.evaluated(world, world.lan)
    card = seated(world, clerk)
    sent(world)
    competent = Competent(standing_evaluator(world.card(world.lan)), world.chair.pk)
    with as_actor(system_user(), MOMENT):
        name_anew([(world.card(world.lan), competent)], MOMENT, "Bổ nhiệm", reopening=True)
    card = world.card(world.lan)
    assert (card.secretary, card.collective, shown(card)) == (None, {}, "")
    assert not Assessment.objects.seated().exists()


@pytest.mark.postgresql
def test_row_security_lets_whoever_enters_write_what_is_said_now(world: World, clerk: Any) -> None:
    require_roles()
    month.evaluated(world, world.lan)
    seated(world, clerk)
    said = Assessment.objects.filter(stage="collective")
    with acting_as_the_application():
        entered(world, FIRST, "1")
        entered(world, SECOND, "1")

        def of(rater: Person) -> Any:
            return lambda: Score.objects.filter(assessment__rater=rater)

        for rater in (world.deputy, world.chair):
            assert update(world.minh, of(rater), value=0) == CHANGED
            assert update(world.head, of(rater), value=0) == REFUSED
            assert update(world.deputy, of(rater), value=0) == UNSEEN  # members enter nothing themselves
        assert update(world.minh, said.all, comment="Tốt") == CHANGED
        assert update(world.head, said.all, comment="Khác") == REFUSED
        step(send_collective, world.minh, world.card(world.lan))
    seated(world, clerk, second=world.stranger)
    with acting_as_the_application():
        assert update(world.minh, of(world.chair), value=0) == REFUSED
        assert update(world.minh, said.filter(rater=world.chair).all, comment="Khác") == REFUSED
        entered(world, SECOND, "0")


# --- What happens ---------------------------------------------------------------------------------------------------
def test_two_a_quarter_each_and_the_head_a_half(world: World, clerk: Any) -> None:
    month.submitted(world, world.lan)
    card = seated(world, clerk)
    act = LedgerEntry.objects.get(act="collective.named")
    told = ledger_words.sides(act, ledger_words.bands_of([act]))
    assert (SEATS[1]["label"], "–", world.chair.staff_code) in told
    entered(world, FIRST, "0.5", comments={"comment": "Cần cố gắng"})
    sent(world)
    card = world.card(world.lan)
    step(stages.save_evaluation, world.head, card, entries=month.entries(card, "evaluator", share="0.9"))
    card = step(stages.confirm, world.head, card)
    wanted = Fraction(85 + 70, 4) + Fraction(97, 2)
    found = CardResult.objects.get(card=card, stage="evaluator")
    assert (Fraction(int(found.numerator), int(found.denominator)), found.shown) == (wanted, "87.25")
    assert [CardResult.objects.get(card=card, seat=seat).shown for seat in (FIRST, SECOND)] == [
        "85.00",
        "70.00",
    ]
    steps = {each.code: each for each in scoring.trace_of(card, "evaluator")}
    assert [steps[code].value for code in (FIRST, SECOND, "r-head", "total")] == [85, 70, 97, wanted]
    assert steps["total"].formula == "r1 * 25% + r2 * 25% + r3 * 50%"
    assert {each.code: each.value for each in scoring.trace_of(card, "collective", SECOND)}["total"] == 70
    note = next(iter(beside_the_form(card.version.compiled(), scoring.outcome_of(card, "evaluator"))))
    assert note.startswith(
        "The total counts several raters by their weights: Cấp phó thứ nhất 85 × 25%; Cấp phó thứ hai 70 × 25%; "
    )
    nothing_differs(world)
    paper = f"Cấp phó thứ nhất: {world.deputy.full_name}; Cấp phó thứ hai: {world.chair.full_name}."
    assert any(paper in each for each in form_of(world.head, card).annex_notes)
    assert not any(paper in each for each in form_of(world.lan, card).annex_notes)  # not notified yet
    reading = read_card(Scope.of(world.head.user), Scorecard.objects.with_context().get(pk=card.pk))
    said = next(each for each in facts_of(reading) if each["key"] == "Group or collective")
    assert said["value"] == (
        f"Tập thể Phòng A1 (Cấp phó thứ nhất: {world.deputy.full_name}; Cấp phó thứ hai: {world.chair.full_name})"
    )
    assert [each["state"] for each in progress_of(reading)][:3] == ["done", "done", "done"]
    past = past_queries.card_at(card, database_now())
    assert past is not None
    content = past.content()
    labels = [f"Group or collective, {seat['label']}" for seat in SEATS]
    code, label = next((each.code, each.label) for each in past.scores if each.stage == "collective")
    assert [content[f"{code} {label} ({by})"] for by in labels] == ["2.5", "0"]
    assert content[f"comments ({labels[0]})"] == "Comment: Cần cố gắng"


def test_a_change_after_sending_needs_a_reason_and_is_one_seats(world: World, clerk: Any) -> None:
    month.evaluated(world, world.lan)
    card = seated(world, clerk)
    sent(world)
    with pytest.raises(Invalid, match="Give the reason for the change"):
        entered(world, SECOND, "1")
    with pytest.raises(Invalid):
        step(
            save_collective, world.minh, card, entries={"key-I.1": Entry(None)}, seat=SECOND, reason="Xem lại"
        )
    entered(world, SECOND, "1", reason="Xem lại")
    assert shown(card) == "96.25"
    entry = LedgerEntry.objects.filter(act="score.changed", after__stage="collective").last()
    assert entry is not None
    assert entry.after is not None
    told = ledger_words.sides(entry, ledger_words.bands_of([entry]))
    assert ("Seat", SEATS[1]["label"], SEATS[1]["label"]) in told
    assert (entry.after["seat"], entry.amount) == (SECOND, Decimal(5))
    nothing_differs(world)


def test_a_draft_that_weighs_the_seats_otherwise_counts_what_each_sent(world: World, clerk: Any) -> None:
    month.evaluated(world, world.lan)
    card = seated(world, clerk)
    sent(world)
    card = step(stages.confirm, world.head, world.card(world.lan))
    stages.notify(actor=world.head.user, moment=MOMENT, card=card)
    spec = card.version.specification
    weights = [SEATS[0] | {"weight": "40"}, SEATS[1] | {"weight": "10"}, HEAD]
    made = run(world, spec | {"raters": weights}, "NV-TT")[world.lan.pk]
    assert made.before is not None
    assert isinstance(made.after, Result)
    assert (made.before.total, made.after.total) == (Fraction("88.75"), Fraction(91))
    one = [SEATS[0] | {"weight": "50"}, HEAD]
    assert run(world, spec | {"raters": one}, "NV-TT")[world.lan.pk].after == Reason(
        Untold.RATER, ("Cấp phó thứ nhất",)
    )
    more = [*weights[:2], SEATS[0] | {"key": "r-third", "label": "Cấp phó thứ ba", "weight": "10"}]
    third = run(world, spec | {"raters": [*more, HEAD | {"weight": "40"}]}, "NV-TT")[world.lan.pk]
    assert third.after == Reason(Untold.RATER, ("Cấp phó thứ ba",))


def test_weights_that_are_not_whole_are_not_compiled() -> None:
    with pytest.raises(Exception, match="add up to 95%, not to 100%"):
        worlds.compile_set(
            worlds.staff_spec(law="", schema_version=2, raters=[*SEATS, HEAD | {"weight": "45"}])
        )
