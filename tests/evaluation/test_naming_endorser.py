"""The head who would endorse a new decision has left or is away: another one is named by a decision (Đ21.3)."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from kpi_cms.evaluation import waiting_queries
from kpi_cms.evaluation.domain.naming_anew import NamingDecision, head_today, name_endorser
from kpi_cms.evaluation.domain.separation import refuse_each_other
from kpi_cms.evaluation.models import Assessment, Reopening, Scorecard
from kpi_cms.evaluation.past_queries import card_at
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.interfaces.reporting.card_form import build_form01
from snippets.enums import PostRole
from snippets.models import Appointment, Period, Person
from tests.evaluation import test_endorsing_anew as anew
from tests.factories.snippets import hold, holder
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
    return endorsed_world.card(endorsed_world.lan)


def name(world: World, endorser: Person, **more: Any) -> Scorecard:
    """The personnel office lets somebody else endorse Lan's new decision."""
    card = world.card(world.lan)
    values: dict[str, Any] = {
        "actor": more.get("actor") or anew.office(world), "moment": anew.LATER, "card": card,
        "expected": card.version_number, "endorser": endorser,
        "decision": NamingDecision("12/QĐ", date(2026, 8, 3)), "reason": "Đi công tác",
    }  # fmt: skip
    return name_endorser(**values | more)


@pytest.mark.parametrize("who", ["lan", "head", "chair", "minh", "stranger", "policy", "clerk"])
def test_nobody_but_the_personnel_office_names_another_endorser(
    endorsed_world: World, card: Scorecard, who: str
) -> None:
    world = endorsed_world
    anew.propose(world, card)
    made: dict[str, Callable[[], User]] = {
        "policy": lambda: holder(world.root, "manage_periods", "view_cards", username="CS09"),
        "clerk": lambda: holder(world.agency, "manage_people", username="DM09"),
    }
    actor = made[who]() if who in made else getattr(world, who).user
    anew.stands((Refused, NotFound), name, world, world.extra["boss"], actor=actor)
    for part in ("lan", "head", "chair"):  # whatever they hold
        hold(getattr(world, part).user, world.root, "receive_results")
    if who in ("lan", "head", "chair"):
        assert "has a part in the card" in str(
            anew.stands(Refused, name, world, world.extra["boss"], actor=actor)
        )


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("lan", "another part"),
        ("head", "another part"),
        ("deputy", "another part"),  # proposed it, in the evaluator's place
        ("approver", "another part"),
        ("chair", "names this person already"),
        ("minh", "decides about this person's own result"),  # whose evaluator Hà is
        ("gone", "no account in use"),
        ("myself", "Nobody names themselves"),
    ],
)
def test_nobody_is_named_who_has_a_part_or_depends_on_whoever_has(
    endorsed_world: World, card: Scorecard, who: str, sentence: str
) -> None:
    world = endorsed_world
    made_head(world.head)
    delegated(world.head, world.deputy, world.department)
    anew.propose(world, card, actor=world.deputy.user)
    other, actor = world.stranger, anew.office(world)
    if who == "approver":
        Person.objects.filter(pk=other.pk).update(user=User.objects.get(username="CS01"))
    elif who == "myself":
        Person.objects.filter(pk=other.pk).update(user=actor)
    elif who == "gone":
        Person.objects.filter(pk=other.pk).update(left_on=date(2026, 8, 1))
    other.refresh_from_db()
    error = anew.stands(Invalid, name, world, getattr(world, who, other), actor=actor)
    assert isinstance(error, Invalid)
    assert list(error.problems) == ["endorser"]
    assert sentence in str(error.problems["endorser"])


def test_a_naming_says_by_which_decision_and_why_and_is_not_stale(
    endorsed_world: World, card: Scorecard
) -> None:
    world, boss = endorsed_world, endorsed_world.extra["boss"]
    anew.propose(world, card)
    tomorrow = NamingDecision(" ", date(2026, 8, 4))
    error = anew.stands(Invalid, name, world, boss, decision=tomorrow, reason=" ")
    assert isinstance(error, Invalid)
    assert list(error.problems) == ["number", "reason", "on"]
    anew.stands(Stale, name, world, boss, expected=card.version_number)
    anew.stands(WrongState, name, world, boss, moment=anew.UNTIL)
    Reopening.objects.update(state="declined", proposal=None)
    anew.stands(WrongState, name, world, boss)


def test_of_two_who_decide_about_each_other_neither_is_named(endorsed_world: World, card: Scorecard) -> None:
    world, other = endorsed_world, endorsed_world.stranger
    anew.propose(world, card)
    theirs = Scorecard.objects.filter(person=other)
    theirs.update(state="confirmed", evaluated_at=MOMENT, confirmed_at=MOMENT, result_final_at=MOMENT)
    Assessment.objects.create(
        card=theirs.get(), stage="endorsement", rater=world.lan, person=other, unit=theirs.get().unit,
        state="submitted", submitted_at=MOMENT,
    )  # fmt: skip
    assert "confirmed your own result" in str(anew.stands(Refused, name, world, other))


def test_another_endorser_endorses_and_the_former_endorsement_stands_until_then(
    endorsed_world: World, card: Scorecard
) -> None:
    world, boss = endorsed_world, endorsed_world.extra["boss"]
    anew.propose(world, card)
    first = on_screen(world.card(world.lan)), world.card(world.lan).version_number
    made = name(world, boss)
    assert (made.endorser, made.version_number) == (boss, first[1] + 1)
    former = Assessment.objects.get(card=card, stage="endorsement")
    assert (former.rater, former.state) == (world.chair, "submitted")

    def endorsed_by(moment: datetime) -> list[str]:
        notes = build_form01(world.card(world.lan), moment, Scope.of(anew.office(world))).annex_notes
        return [name for name in ("Trần Đức Chí", "Lê Văn Quản") if any(name in note for note in notes)]

    assert endorsed_by(anew.LATER) == ["Trần Đức Chí"]
    past = card_at(world.card(world.lan), anew.LATER)
    assert past is not None
    assert past.people["endorser"] == "Trần Đức Chí"
    with pytest.raises(Refused):  # who endorsed it still counts as somebody who decided about Lan
        refuse_each_other(Scorecard(period=world.period, person=world.chair), world.lan)
    assert waiting_queries.waiting(Scope.of(world.chair.user), anew.LATER).to_endorse_anew == 0
    assert waiting_queries.waiting(Scope.of(boss.user), anew.LATER).to_endorse_anew == 1
    anew.stands((Refused, NotFound), anew.endorse, world)  # Chí
    anew.stands(Stale, anew.endorse, world, actor=boss.user, seen=first[0], expected=first[1])
    entry = LedgerEntry.objects.get(act="reopening.endorser_named")
    assert (entry.actor_code, entry.before) == ("TC09", {"endorser": "CC001"})
    assert entry.after is not None
    said = {key: entry.after[key] for key in ("endorser", "decision", "on")}
    assert said == {"endorser": "CC000", "decision": "12/QĐ", "on": "2026-08-03"}
    assert ErasableText.objects.get(key=entry.reason_key).text == "Đi công tác"

    anew.endorse(world, actor=boss.user, comment="Đồng ý")
    given = {each.rater: each for each in Assessment.objects.filter(card=card, stage="endorsement")}
    assert (given[boss].state, given[boss].comment, given[world.chair].state) == (
        "submitted",
        "Đồng ý",
        "draft",
    )
    assert endorsed_by(anew.LATER) == ["Lê Văn Quản"]
    refuse_each_other(Scorecard(period=world.period, person=world.chair), world.lan)
    now = card_at(world.card(world.lan), anew.LATER)
    assert now is not None
    assert now.people["endorser"] == "Lê Văn Quản"


def test_an_endorser_is_named_before_anything_is_proposed_and_returns_it_too(
    endorsed_world: World, card: Scorecard
) -> None:
    world, boss = endorsed_world, endorsed_world.extra["boss"]
    Period.objects.update(state="closed", closed_at=MOMENT)
    assert head_today(card, date(2026, 8, 3)) is None  # Chí, whom the card names
    Appointment.objects.filter(person=world.chair).update(ends_on=date(2026, 7, 31))
    worlds.appoint(boss, world.agency, role=PostRole.HEAD, main=False, acting=True)
    assert head_today(card, date(2026, 8, 3)) == boss
    name(world, boss)
    anew.propose(world, world.card(world.lan))
    anew.send_back(world, actor=boss.user)
    anew.propose(world, world.card(world.lan))
    made = anew.endorse(world, actor=boss.user)
    assert (made.state, made.notified_at) == ("notified", anew.LATER)


@pytest.mark.postgresql
def test_the_wall_lets_the_named_endorser_through(endorsed_world: World, card: Scorecard) -> None:
    require_roles()
    world, boss, actor = endorsed_world, endorsed_world.extra["boss"], anew.office(endorsed_world)
    with acting_as_the_application():
        anew.propose(world, card)
        name(world, boss, actor=actor)
        made = anew.endorse(world, actor=boss.user)
    assert made.state == "confirmed"
