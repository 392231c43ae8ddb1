"""The evaluator of a reopened card has left or is away: another one is named by a decision to decide anew (Đ21.3)."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from kpi_cms.evaluation.domain import people_managed, reopening, stages
from kpi_cms.evaluation.domain.following import follow_by_night
from kpi_cms.evaluation.domain.naming_anew import (
    NamingDecision,
    competent_today,
    name_endorser,
    name_evaluator,
)
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.domain.separation import deciders_about, refuse_each_other
from kpi_cms.evaluation.models import Assessment, CardResult, Reopening, Score, Scorecard
from kpi_cms.evaluation.past_queries import card_at
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.interfaces.reporting.card_form import build_form01
from kpi_cms.interfaces.reporting.forms import Form01
from kpi_cms.interfaces.workspace.presentation.card import facts_of, read_card
from snippets.enums import PostRole, Role
from snippets.models import Appointment, Period, Person
from tests.evaluation import test_endorsing_anew as anew
from tests.evaluation import test_leaders as leaders
from tests.evaluation import test_reopening as alone
from tests.evaluation import test_seats as seats
from tests.evaluation.test_collective import staged, step
from tests.factories.snippets import hold, holder, in_role
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.delegating import delegated, made_head
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World


@pytest.fixture
def endorsed_world(reopened: World) -> World:
    return reopened


@pytest.fixture
def card(endorsed_world: World) -> Scorecard:
    """Evaluated by Hà, endorsed by Chí, reopened on two criteria."""
    return endorsed_world.card(endorsed_world.lan)


def name(world: World, evaluator: Person, **more: Any) -> Scorecard:
    """The personnel office lets somebody else decide Lan's card anew."""
    card = world.card(world.lan)
    values: dict[str, Any] = {
        "actor": more.get("actor") or anew.office(world), "moment": anew.LATER, "card": card,
        "expected": card.version_number, "evaluator": evaluator,
        "decision": NamingDecision("12/QĐ", date(2026, 8, 3)), "reason": "Đã chuyển công tác",
    }  # fmt: skip
    return name_evaluator(**values | more)


def form(world: World) -> Form01:
    return build_form01(world.card(world.lan), anew.LATER, Scope.of(anew.office(world)))


def given(card: Scorecard, rater: Person) -> dict[str, tuple[Any, str, str]]:
    """Criterion's key → what this rater's evaluation says."""
    rows = Score.objects.filter(assessment__card=card, assessment__stage="evaluator", assessment__rater=rater)
    return {
        row.criterion.key: (row.value, row.choice, row.grounds) for row in rows.select_related("criterion")
    }


# --- Who names ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["lan", "head", "chair", "minh", "stranger", "policy", "clerk", "elsewhere"])
def test_nobody_but_the_personnel_office_names_who_decides_anew(
    endorsed_world: World, card: Scorecard, who: str
) -> None:
    world = endorsed_world
    made: dict[str, Callable[[], User]] = {
        "policy": lambda: holder(world.root, "manage_periods", "view_cards", username="CS09"),
        "clerk": lambda: holder(world.agency, "manage_people", username="DM09"),
        "elsewhere": lambda: in_role(world.other_agency, Role.PERSONNEL, username="TC10"),
    }
    actor = made[who]() if who in made else getattr(world, who).user
    anew.stands((Refused, NotFound), name, world, world.deputy, actor=actor)
    for part in ("lan", "head", "chair"):  # whatever they hold
        hold(getattr(world, part).user, world.root, "receive_results")
    if who in ("lan", "head", "chair"):
        refused = anew.stands(Refused, name, world, world.deputy, actor=actor)
        assert "has a part in the card" in str(refused)


def test_whoever_decided_names_nobody_after_somebody_else_was_named(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world
    name(world, world.deputy)
    hold(world.head.user, world.root, "receive_results", "view_cards")
    refused = anew.stands(Refused, name, world, world.minh, actor=world.head.user)
    assert "has a part in the card" in str(refused)
    values = {
        "actor": world.head.user, "moment": anew.LATER, "card": world.card(world.lan),
        "expected": world.card(world.lan).version_number, "endorser": world.extra["boss"],
        "decision": NamingDecision("13/QĐ", date(2026, 8, 3)), "reason": "Đi công tác",
    }  # fmt: skip
    assert "has a part in the card" in str(anew.stands(Refused, name_endorser, **values))
    values |= {"actor": anew.office(world), "endorser": world.head}
    error = anew.stands(Invalid, name_endorser, **values)
    assert isinstance(error, Invalid)
    assert "another part" in str(error.problems["endorser"])


# --- Who is named ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("lan", "another part"),
        ("chair", "another part"),
        ("former_endorser", "another part"),  # whose endorsement stands
        ("secretary", "another part"),
        ("approver", "another part"),
        ("head", "names this person already"),
        ("below", "decides about this person's own result"),  # whom Lan evaluates
        ("gone", "no account in use"),
        ("myself", "Nobody names themselves"),
    ],
)
def test_nobody_is_named_who_has_another_part_or_depends_on_the_person(
    endorsed_world: World, card: Scorecard, who: str, sentence: str
) -> None:
    world = endorsed_world
    other, actor = world.stranger, anew.office(world)
    if who == "approver":
        Person.objects.filter(pk=other.pk).update(user=User.objects.get(username="CS01"))
    elif who == "myself":
        Person.objects.filter(pk=other.pk).update(user=actor)
    elif who == "gone":
        Person.objects.filter(pk=other.pk).update(left_on=date(2026, 8, 1))
    elif who == "below":
        Scorecard.objects.filter(person=other).update(evaluator=world.lan)
    elif who == "secretary":
        Scorecard.objects.filter(pk=card.pk).update(secretary=other)
    elif who == "former_endorser":
        Scorecard.objects.filter(pk=card.pk).update(endorser=world.extra["boss"])
        other = world.chair
    other.refresh_from_db()
    error = anew.stands(Invalid, name, world, getattr(world, who, other), actor=actor)
    assert isinstance(error, Invalid)
    assert list(error.problems) == ["evaluator"]
    assert sentence in str(error.problems["evaluator"])


def test_of_two_who_decide_about_each_other_neither_is_named(endorsed_world: World, card: Scorecard) -> None:
    world, other = endorsed_world, endorsed_world.stranger
    theirs = Scorecard.objects.filter(person=other)
    theirs.update(state="confirmed", evaluated_at=MOMENT, confirmed_at=MOMENT, result_final_at=MOMENT)
    Assessment.objects.create(
        card=theirs.get(), stage="endorsement", rater=world.lan, person=other, unit=theirs.get().unit,
        state="submitted", submitted_at=MOMENT,
    )  # fmt: skip
    assert "confirmed your own result" in str(anew.stands(Refused, name, world, other))


def test_a_naming_says_by_which_decision_and_why_and_is_not_stale(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world
    anew.propose(world, card)
    tomorrow = NamingDecision(" ", date(2026, 8, 4))
    error = anew.stands(Invalid, name, world, world.deputy, decision=tomorrow, reason=" ")
    assert isinstance(error, Invalid)
    assert list(error.problems) == ["number", "reason", "on"]
    long = NamingDecision("1" * 81, date(2026, 8, 3))
    error = anew.stands(Invalid, name, world, world.deputy, decision=long)
    assert isinstance(error, Invalid)
    assert error.problems == {"number": ["Write at most 80 characters."]}
    anew.stands(Stale, name, world, world.deputy, expected=card.version_number)
    anew.stands(WrongState, name, world, world.deputy, moment=anew.UNTIL)
    Reopening.objects.update(state="declined", proposal=None)
    anew.stands(WrongState, name, world, world.deputy)
    Reopening.objects.all().delete()
    anew.stands(WrongState, name, world, world.deputy)


def test_the_database_keeps_whoever_decided_before_apart_from_the_others(
    endorsed_world: World, card: Scorecard
) -> None:
    for wrong in (endorsed_world.head, endorsed_world.lan):
        with pytest.raises(DatabaseError), transaction.atomic():
            Scorecard.objects.filter(pk=card.pk).update(decided_by=wrong)
    with pytest.raises(DatabaseError), transaction.atomic():  # nothing was decided on Minh's card
        Scorecard.objects.filter(person=endorsed_world.minh).update(decided_by=endorsed_world.deputy)


# --- What stands until the new decision -----------------------------------------------------------------------
def test_the_result_its_scores_and_its_signature_stay_until_it_is_decided_anew(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world
    made_head(world.head)
    anew.propose(world, card)
    screen, save = on_screen(world.card(world.lan)), world.card(world.lan).version_number
    paper, managed = form(world), people_managed.managed(world.card(world.chair))
    rows = [list(model.objects.order_by("pk").values()) for model in (Assessment, Score, CardResult)]
    scope = Scope.of(anew.office(world))
    columns = read_card(scope, world.card(world.lan)).columns()

    made = name(world, world.deputy)
    assert (made.evaluator, made.decided_by, made.version_number) == (world.deputy, world.head, save + 1)
    assert [list(model.objects.order_by("pk").values()) for model in (Assessment, Score, CardResult)] == rows
    assert form(world) == paper
    assert paper.evaluator_signature.name == "Nguyễn Thị Hà"
    assert read_card(scope, world.card(world.lan)).columns() == columns
    facts = {row["key"]: row for row in facts_of(read_card(scope, world.card(world.lan)))}
    assert facts["Evaluator"]["value"] == "Nguyễn Thị Hà"
    assert facts["Decides anew"]["value"] == "Phạm Tiến Dũng"
    assert "12/QĐ of 03/08/2026" in facts["Decides anew"]["hint"]
    assert people_managed.managed(world.card(world.chair)) == managed
    past = card_at(world.card(world.lan), anew.LATER)
    assert past is not None
    assert past.people["evaluator"] == "Nguyễn Thị Hà"
    assert {score.stage for score in past.scores} >= {"self", "evaluator"}
    with pytest.raises(Refused):  # who decided it still counts as somebody who decided about Lan
        refuse_each_other(Scorecard(period=world.period, person=world.head), world.lan)
    assert deciders_about(world.period.pk, world.lan) == {world.head.pk, world.deputy.pk, world.chair.pk}

    waits = Reopening.objects.get()
    assert (waits.state, waits.proposal) == ("approved", None)  # what Hà proposed is withdrawn
    assert waits.history.filter(proposal__isnull=False).exists()
    anew.stands(WrongState, anew.endorse, world)
    anew.stands((Refused, NotFound), anew.propose, world, world.card(world.lan), moment=anew.LATER)  # Hà
    anew.stands(
        Stale,
        anew.propose,
        world,
        card,
        actor=world.deputy.user,
        seen=screen,
        expected=save,
        moment=anew.LATER,
    )
    entry = LedgerEntry.objects.get(act="reopening.evaluator_named")
    assert entry.actor_code == "TC09"
    assert entry.before == {"evaluator": "CC002", "state": "proposed"}
    assert entry.after is not None
    said = {key: entry.after[key] for key in ("evaluator", "decision", "on", "state")}
    assert said == {"evaluator": "CC003", "decision": "12/QĐ", "on": "2026-08-03", "state": "approved"}
    assert ErasableText.objects.get(key=entry.reason_key).text == "Đã chuyển công tác"


def test_who_confirmed_in_the_evaluators_place_stays_named_with_them(draft_world: World) -> None:
    world = worlds.opened(draft_world)
    month.worked(world, world.lan)
    made_head(world.head)
    delegated(world.head, world.deputy, world.department)
    card = month.evaluated(world, world.lan)
    stages.confirm(
        actor=world.deputy.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    stages.notify(actor=world.head.user, moment=MOMENT, card=world.card(world.lan))
    asked = alone.ask(world, world.card(world.lan))
    alone.answer(asked, holder(world.root, "manage_periods", username="CS01"))
    paper = form(world)
    assert "TUQ." in paper.evaluator_signature.position
    name(world, world.deputy)  # who did it in Hà's place has no other part
    assert form(world) == paper


def test_a_keyhole_that_ends_unused_leaves_what_was_decided(endorsed_world: World, card: Scorecard) -> None:
    world, paper = endorsed_world, form(endorsed_world)
    name(world, world.deputy)
    anew.stands(
        WrongState, anew.propose, world, world.card(world.lan), actor=world.deputy.user, moment=anew.UNTIL
    )
    assert form(world) == paper


# --- The way through ------------------------------------------------------------------------------------------
def test_the_one_named_decides_the_reopened_criteria_and_takes_the_others_over(
    endorsed_world: World, card: Scorecard
) -> None:
    world, key = endorsed_world, anew.points_key(card)
    before, paper = given(card, world.head), form(world)
    assert len(before) > 2
    name(world, world.deputy)
    locked = next(
        k for k, entry in month.entries(card, "evaluator").items()
        if isinstance(entry.value, Decimal) and k not in Reopening.objects.get().criteria
    )  # fmt: skip
    anew.stands(
        Invalid, anew.propose, world, world.card(world.lan), actor=world.deputy.user, moment=anew.LATER,
        entries={locked: Entry(Decimal(1))},
    )  # fmt: skip
    anew.stands(
        Invalid,
        anew.propose,
        world,
        world.card(world.lan),
        actor=world.deputy.user,
        moment=anew.LATER,
        entries={},
    )
    anew.propose(world, world.card(world.lan), actor=world.deputy.user, moment=anew.LATER)
    assert form(world) == paper
    assert not Assessment.objects.filter(card=card, rater=world.deputy).exists()

    made = anew.endorse(world)
    assert (made.evaluator, made.decided_by, made.state) == (world.deputy, None, "confirmed")
    assert given(card, world.head) == before
    after = given(card, world.deputy)
    assert after == before | {key: (Decimal(1), "", after[key][2])}
    assert before[key][0] != Decimal(1)
    used = Reopening.objects.get()
    assert used.naming == {
        "evaluator": world.deputy.pk, "former": world.head.pk, "decision": "12/QĐ", "on": "2026-08-03"
    }  # fmt: skip
    now = form(world)
    assert now.evaluator_signature.name == "Phạm Tiến Dũng"
    both = [note for note in now.annex_notes if "Nguyễn Thị Hà" in note]
    assert len(both) == 1
    assert all(said in both[0] for said in ("Phạm Tiến Dũng", "12/QĐ", "03/08/2026"))
    facts = {
        row["key"]: row for row in facts_of(read_card(Scope.of(anew.office(world)), world.card(world.lan)))
    }
    assert (facts["Evaluator"]["value"], facts["Decided before by"]["value"]) == (
        "Phạm Tiến Dũng",
        "Nguyễn Thị Hà",
    )
    past = card_at(world.card(world.lan), anew.LATER)
    assert past is not None
    assert past.people["evaluator"] == "Phạm Tiến Dũng"
    refuse_each_other(
        Scorecard(period=world.period, person=world.head), world.lan
    )  # decides about Lan no more
    with pytest.raises(Refused):
        refuse_each_other(Scorecard(period=world.period, person=world.deputy), world.lan)


def test_in_a_closed_period_without_an_endorsement(draft_world: World) -> None:
    world = worlds.opened(draft_world)
    month.worked(world, world.lan)
    card = month.notified(world, world.lan)
    Period.objects.update(state="closed", closed_at=MOMENT)
    alone.answer(alone.ask(world, card), holder(world.root, "manage_periods", username="CS01"))
    Appointment.objects.filter(person=world.head).update(ends_on=date(2026, 7, 31))
    worlds.appoint(world.deputy, world.department, role=PostRole.HEAD, main=False, acting=True)
    assert competent_today(world.card(world.lan), date(2026, 8, 3)) == world.deputy
    before = given(card, world.head)
    name(world, world.deputy)
    assert competent_today(world.card(world.lan), date(2026, 8, 3)) is None
    alone.locked(
        world, world.card(world.lan), Refused if Scope.of(world.head.user).paths("view_cards") else NotFound
    )
    made = alone.decide(world, world.card(world.lan), actor=world.deputy.user)
    assert (made.state, made.evaluator, made.decided_by) == ("notified", world.deputy, None)
    key = alone.keys(card)[0]
    assert given(card, world.deputy) == before | {key: (Decimal(1), "", "")}
    assert given(card, world.head) == before
    with pytest.raises(WrongState):  # used
        name(world, world.minh)


def test_who_comes_back_is_named_again_and_a_third_one_keeps_the_first_named(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world
    name(world, world.deputy)
    made = name(world, world.minh)
    assert (made.evaluator, made.decided_by) == (world.minh, world.head)
    naming = Reopening.objects.get().naming
    assert naming is not None
    assert (naming["evaluator"], naming["former"]) == (world.minh.pk, world.head.pk)
    back = name(world, world.head)
    assert (back.evaluator, back.decided_by, Reopening.objects.get().naming) == (world.head, None, None)
    anew.propose(world, world.card(world.lan), moment=anew.LATER)
    assert anew.endorse(world).state == "confirmed"


def test_the_registers_name_nobody_instead_of_whoever_is_named_by_the_decision(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world
    Scorecard.objects.filter(pk=card.pk).update(basis_changed_at=MOMENT, proposed_basis={"d": "1/1"})
    name(world, world.deputy)
    follow_by_night(actor=system_user(), moment=anew.LATER)
    assert world.card(world.lan).evaluator == world.deputy


def test_nobody_who_sits_for_a_collective_is_named(draft_world: World) -> None:
    world = staged(draft_world, raters=[*seats.SEATS, seats.HEAD])
    month.evaluated(world, world.lan)
    seats.seated(world, holder(world.agency, "manage_people", username="DM09"))
    seats.sent(world)
    step(stages.confirm, world.head, world.card(world.lan))
    alone.answer(
        alone.ask(world, world.card(world.lan)), holder(world.root, "manage_periods", username="CS01")
    )
    for part in (world.deputy, world.chair, world.minh):  # who sit, and who enters what they say
        error = anew.stands(Invalid, name, world, part)
        assert isinstance(error, Invalid)
        assert "another part" in str(error.problems["evaluator"])
    name(world, world.extra["boss"])
    seats.nothing_differs(world)
    made = alone.decide(world, world.card(world.lan), actor=world.extra["boss"].user)
    assert (made.evaluator, made.decided_by) == (world.extra["boss"], None)
    seats.nothing_differs(world)


def test_accepting_a_new_basis_takes_over_what_was_decided(draft_world: World) -> None:
    world = worlds.opened(draft_world)
    leaders.everybody_of_the_department(world)
    month.worked(world, world.head)
    month.notified(world, world.head)
    card = world.card(world.head)
    policy = holder(world.root, "manage_periods", username="CS01")
    alone.answer(alone.ask(world, card, actor=world.chair.user), policy)
    leaders.reopened(world, "49")  # a result below is another one
    card, before = world.card(world.head), given(world.card(world.head), world.chair)
    boss = world.extra["boss"]
    made = name(world, boss, card=card, expected=card.version_number)
    assert (made.proposed_basis, made.decided_by) == ({"d": "1/2"}, world.chair)
    follow_by_night(actor=system_user(), moment=anew.LATER)
    assert world.card(world.head).evaluator == boss  # whom no register puts there
    with pytest.raises((Refused, NotFound)):
        accept(world, world.chair)
    accepted = accept(world, boss)
    assert (accepted.evaluator, accepted.decided_by, accepted.confirmed_basis) == (boss, None, {"d": "1/2"})
    assert given(card, boss) == given(card, world.chair) == before
    assert CardResult.objects.get(card=card, stage="evaluator").rounded == Decimal("94.17")


def accept(world: World, who: Person) -> Scorecard:
    card = world.card(world.head)
    return stages.accept_new_basis(
        actor=who.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )


def test_whoever_decided_before_does_not_approve_the_next_reopening(
    endorsed_world: World, card: Scorecard
) -> None:
    world, boss = endorsed_world, endorsed_world.extra["boss"]
    Scorecard.objects.filter(person=world.head).update(
        evaluator=world.other_head
    )  # nobody of the circle else
    name(world, boss)
    now, hour = world.card(world.lan), timedelta(hours=1)
    asked = reopening.ask_reopening(
        actor=boss.user, moment=anew.UNTIL + hour, card=now, expected=now.version_number,
        criteria=[anew.points_key(now)], until=anew.UNTIL + 9 * hour, reason="Chấm nhầm dòng",
    )  # fmt: skip
    hold(world.head.user, world.root, "manage_periods")
    with pytest.raises(Refused, match="Somebody outside the circle approves"):
        reopening.answer_reopening(
            actor=world.head.user, moment=anew.UNTIL + 2 * hour, reopening=asked, approved=True
        )


@pytest.mark.postgresql
def test_the_wall_lets_the_one_named_through_and_whoever_decided_before_no_further(
    endorsed_world: World, card: Scorecard
) -> None:
    require_roles()
    world, actor = endorsed_world, anew.office(endorsed_world)

    def readable(who: Person) -> tuple[int, int, int]:
        """Cards, scores of the evaluation, and rows of the scores' history that the account is shown."""
        with as_actor(who.user, anew.LATER):
            scores = Score.objects.filter(assessment__card=card, assessment__stage="evaluator")
            of_card = Scorecard.objects.filter(pk=card.pk).count()
            return of_card, scores.count(), Score.history.filter(person=world.lan).count()

    with acting_as_the_application():
        nothing, everything = readable(world.deputy), readable(world.head)
        assert nothing == (0, 0, 0)
        assert min(everything) > 0
        name(world, world.deputy, actor=actor)
        assert (readable(world.deputy), readable(world.head)) == (everything, nothing)
        with as_actor(world.head.user, anew.LATER), pytest.raises(DatabaseError), transaction.atomic():
            Assessment.objects.create(
                card_id=card.pk,
                stage="evaluator",
                rater=world.extra["boss"],
                person=world.lan,
                unit=world.lan.unit,
            )
        anew.propose(world, world.card(world.lan), actor=world.deputy.user, moment=anew.LATER)
        made = anew.endorse(world)
    assert (made.state, made.evaluator) == ("confirmed", world.deputy)
    assert given(card, world.deputy).keys() == given(card, world.head).keys()
