"""A collective scores between the person and the competent person: named by a decision, sent by one, weighed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kpi_cms.evaluation import audit_queries, past_queries, rules
from kpi_cms.evaluation.audit_tables import ASSESSMENT, SCORE
from kpi_cms.evaluation.domain import collective, scoring, stages
from kpi_cms.evaluation.domain.collective import Decision, name_collective, save_collective, send_collective
from kpi_cms.evaluation.domain.naming import Competent, name_anew, standing_evaluator
from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard
from kpi_cms.evaluation.visibility import sight_of
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.actor import as_actor, database_now
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, WrongState
from kpi_cms.interfaces.workspace.presentation.card import read_card
from snippets.enums import Capability
from snippets.models import Period, Person
from tests.evaluation.test_writing_behind_the_wall import CHANGED, REFUSED, UNSEEN, scores_of, update
from tests.factories.snippets import hold, holder
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.screens import seen_by
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

RATERS = [
    {"key": "r-own", "label": "Cá nhân", "stage": "self", "weight": "25"},
    {"key": "r-all", "label": "Tập thể", "stage": "collective", "weight": "25"},
    {"key": "r-head", "label": "Thủ trưởng", "stage": "evaluator", "weight": "50"},
]
A_SECOND = timedelta(seconds=1)
BY = Decision("Tập thể Phòng A1", "15/QĐ-UBND", date(2026, 7, 30))


@pytest.fixture
def world(draft_world: World) -> World:
    """Everybody's set has the stage; Minh enters the scores of department A1, also on nobody's card of her own."""
    return staged(draft_world, raters=RATERS)


@pytest.fixture
def heard_world(draft_world: World) -> World:
    """The same, where what the collective says has no weight."""
    return staged(draft_world)


def staged(world: World, **more: Any) -> World:
    spec = worlds.staff_spec(law="", schema_version=2, **more)
    stage = {"key": "collective", "label": "Tập thể đơn vị", "decides": False, "optional": False}
    spec["stages"] = [spec["stages"][0], stage, spec["stages"][1]]
    repin(world.period, world.staff, worlds.version(spec, "NV-TT"))
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


@pytest.fixture
def clerk(draft_world: World) -> Any:
    return holder(draft_world.agency, Capability.MANAGE_PEOPLE)


def named(world: World, clerk: Any, who: Person, **more: Any) -> list[Scorecard]:
    given = {
        "period": world.period,
        "unit": world.department,
        "decision": BY,
        "reason": "Theo quy chế",
    } | more
    return name_collective(actor=clerk, moment=MOMENT, secretary=who, **given)


def step(verb: Any, who: Person, card: Scorecard, **more: Any) -> Scorecard:
    number = Scorecard.objects.get(pk=card.pk).version_number
    given = {"moment": MOMENT, **seen_by(verb, card), **more}
    done = verb(actor=who.user, card=card, expected=number, **given)
    return done.card if isinstance(done, stages.Saved) else done


def points(card: Scorecard, share: str) -> dict[str, Entry]:
    return month.entries(card, "collective", share=share)


def shown(card: Scorecard) -> str:
    return CardResult.objects.get(card=card, stage="evaluator").shown


def columns(who: Person, card: Scorecard) -> list[str]:
    found = Scorecard.objects.with_context().get(pk=card.pk)
    return [str(column.stage) for column in read_card(Scope.of(who.user), found).columns()]


# --- What must not happen -----------------------------------------------------------------------------------------
def test_nobody_but_whoever_is_named_enters_its_scores(world: World, clerk: Any) -> None:
    card = month.submitted(world, world.lan)
    for who in (world.minh, world.head, world.lan, world.stranger):
        with pytest.raises((Refused, NotFound)):
            step(save_collective, who, card, entries=points(card, "1"))
    named(world, clerk, world.minh)
    card = world.card(world.lan)
    with pytest.raises(Refused):
        step(stages.save_evaluation, world.minh, card, entries=month.entries(card, "evaluator"))
    with pytest.raises(Refused):
        step(stages.save_self, world.minh, card, entries={})
    with pytest.raises(Refused):
        step(send_collective, world.head, card)
    assert not Score.objects.filter(assessment__stage__in=["collective", "evaluator"]).exists()


def test_nothing_is_entered_before_the_card_is_sent_or_after_it_is_decided(world: World, clerk: Any) -> None:
    named(world, clerk, world.minh)
    card = world.card(world.lan)
    with pytest.raises(WrongState):
        step(save_collective, world.minh, card, entries=points(card, "1"))
    card = month.submitted(world, world.lan)
    step(save_collective, world.minh, card, entries=points(card, "1"))
    step(send_collective, world.minh, card)
    step(stages.save_evaluation, world.head, card, entries=month.entries(card, "evaluator"))
    step(stages.confirm, world.head, card)
    with pytest.raises(WrongState):
        step(save_collective, world.minh, card, entries=points(card, "0"), reason="Xem lại")
    assert shown(card) == "100.00"


def test_nothing_is_decided_before_the_collective_has_sent_its_scores(world: World, clerk: Any) -> None:
    card = month.evaluated(world, world.lan)
    waits = (
        "“Tập thể đơn vị” has not sent its scores yet. Where nobody is named to enter them, tell your personnel "
        "office."
    )
    with pytest.raises(WrongState) as raised:
        step(stages.confirm, world.head, card)
    assert (str(raised.value.sentence), shown(card)) == (waits, "")
    named(world, clerk, world.minh)
    step(save_collective, world.minh, card, entries=points(card, "0.5"))  # entered, not sent
    with pytest.raises(WrongState) as raised:
        step(stages.confirm, world.head, card)
    assert (str(raised.value.sentence), shown(card)) == (waits, "")


@pytest.mark.parametrize(
    ("own", "due", "said"),
    [
        (datetime(2026, 8, 7, 17, tzinfo=UTC), datetime(2026, 8, 7, 17, tzinfo=UTC), "08/08/2026 00:00"),
        (None, datetime(2026, 8, 10, 17, tzinfo=UTC), "11/08/2026 00:00"),
    ],
)
def test_a_collective_is_late_at_its_own_deadline_or_else_at_the_evaluation_s(
    heard_world: World, clerk: Any, own: datetime | None, due: datetime, said: str
) -> None:
    world = heard_world
    named(world, clerk, world.minh)
    card = month.submitted(world, world.lan)
    Period.objects.filter(pk=world.period.pk).update(collective_due_at=own)
    asks = "Ask the Organisation Commission to extend the deadline."
    sentence = f"The collective's assessment was due before {said}. {asks}"
    with pytest.raises(WrongState) as raised:
        step(save_collective, world.minh, card, moment=due, entries=points(card, "1"))
    assert str(raised.value.sentence) == sentence
    step(save_collective, world.minh, card, moment=due - A_SECOND, entries=points(card, "1"))
    with pytest.raises(WrongState) as raised:
        step(send_collective, world.minh, card, moment=due)
    assert str(raised.value.sentence) == sentence
    assert Assessment.objects.get(stage="collective").state == "draft"
    step(send_collective, world.minh, card, moment=due - A_SECOND)
    assert Assessment.objects.get(stage="collective").state == "submitted"


def test_an_incomplete_assessment_is_not_sent(world: World, clerk: Any) -> None:
    card = month.submitted(world, world.lan)
    named(world, clerk, world.minh)
    some = dict(list(points(card, "1").items())[1:])
    step(save_collective, world.minh, card, entries=some)
    with pytest.raises(Invalid) as raised:
        step(send_collective, world.minh, card)
    assert raised.value.problems == {"key-I.1": ["Give this criterion a score."]}


def test_each_sees_of_the_others_what_its_time_lets_them_see(world: World, clerk: Any) -> None:
    """A draft is its author's; the collective reads no evaluation before the decision, the person before the notice."""
    card = month.evaluated(world, world.lan)
    assert rules.may(rules.table.SEE_CARD, Scope.of(world.minh.user), card).allowed is False
    named(world, clerk, world.minh)
    card = world.card(world.lan)
    step(save_collective, world.minh, card, entries=points(card, "0.5"))
    assert columns(world.minh, card) == ["self", "collective"]
    assert columns(world.head, card) == ["self", "evaluator"]
    assert columns(world.lan, card) == ["self"]
    step(send_collective, world.minh, card)
    assert columns(world.head, card) == ["self", "collective", "evaluator"]
    assert (columns(world.minh, card), columns(world.lan, card)) == (["self", "collective"], ["self"])
    card = step(stages.confirm, world.head, card)
    assert columns(world.minh, card) == ["self", "collective", "evaluator"]
    assert columns(world.lan, card) == ["self"]
    assert sight_of(Scope.of(world.lan.user), card).of_collective is False
    stages.notify(actor=world.head.user, moment=MOMENT, card=card)
    assert columns(world.lan, card) == ["self", "collective", "evaluator"]


def told(who: Person, card: Scorecard) -> tuple[set[str], set[str], set[str]]:
    """Stages that somebody reads something of: in the history, among the acts, on the card as it was."""
    found = Scorecard.objects.with_context().get(pk=card.pk)
    seen = audit_queries.sight(Scope.of(who.user), found)
    changed = audit_queries.card_changes(found, seen).changes
    past = past_queries.card_at(found, database_now(), seen)
    assert past is not None
    rows = {str(each.row.assessment.stage) for each in changed if each.table is SCORE}
    rows |= {str(each.row.stage) for each in changed if each.table is ASSESSMENT}
    acts = audit_queries.card_acts(found, seen).filter(act="score.changed")
    return rows, {entry.after["stage"] for entry in acts}, {str(score.stage) for score in past.scores}


def test_no_history_tells_of_what_a_collective_has_not_sent(world: World, clerk: Any) -> None:
    card = month.evaluated(world, world.lan)
    named(world, clerk, world.minh)
    step(save_collective, world.minh, card, entries=points(card, "0.5"))
    own, both = {"self"}, {"self", "evaluator"}
    assert told(world.head, card) == (both, both, both)
    assert told(world.lan, card) == (own, own, own)
    assert told(world.minh, card) == ({"self", "collective"}, own, {"self", "collective"})
    auditor = world.stranger
    hold(auditor.user, world.agency, Capability.AUDIT)
    all_of_it = {"self", "collective", "evaluator"}
    assert told(auditor, card) == (all_of_it, all_of_it, all_of_it)
    step(send_collective, world.minh, card)
    assert told(world.head, card) == (all_of_it, all_of_it, all_of_it)
    assert told(world.lan, card) == (own, own, own)


def test_whoever_is_scored_or_decides_is_not_named_for_that_card(world: World, clerk: Any) -> None:
    assert [card.person for card in named(world, clerk, world.minh)] == [world.lan]
    assert world.card(world.minh).secretary is None
    with pytest.raises(WrongState):
        named(world, clerk, world.head)  # evaluates both
    of_minh = Scorecard.objects.filter(person=world.minh)
    for who in (world.minh, world.head):
        with pytest.raises(IntegrityError), transaction.atomic():
            of_minh.update(secretary=who)
    with pytest.raises((Refused, NotFound)):
        named(world, world.stranger.user, world.minh)
    with pytest.raises(Invalid) as raised:
        named(world, clerk, world.lan, decision=Decision(" ", "", date(2027, 1, 1)), reason="")
    assert set(raised.value.problems) == {"name", "number", "on", "reason"}


def test_naming_gives_nobody_what_is_not_theirs_to_give(world: World, clerk: Any) -> None:
    """Not a look at cards to oneself, not a word about units of others, no task to whoever cannot sign in."""
    hold(world.minh.user, world.agency, Capability.MANAGE_PEOPLE)
    with pytest.raises(Refused, match="Nobody names themselves"):
        named(world, world.minh.user, world.minh)
    for unit in (world.other_department, world.root):
        with pytest.raises(NotFound):
            named(world, clerk, world.minh, unit=unit)
    Person.objects.filter(pk=world.minh.pk).update(left_on=date(2026, 8, 1))
    world.minh.refresh_from_db()
    with pytest.raises(Invalid) as raised:
        named(world, clerk, world.minh)
    assert raised.value.problems == {
        "secretary": ["This person has no account in use. Choose somebody who signs in."]
    }
    assert not Scorecard.objects.filter(secretary__isnull=False).exists()


def test_the_day_of_a_decision_is_a_day_of_the_country(world: World, clerk: Any) -> None:
    """Half past midnight in Hanoi is still the day before in Greenwich."""
    night = datetime(2026, 8, 3, 17, 30, tzinfo=UTC)
    more = {
        "period": world.period,
        "unit": world.department,
        "secretary": world.minh,
        "reason": "Theo quy chế",
    }
    tomorrow = Decision(BY.name, BY.number, date(2026, 8, 5))
    with pytest.raises(Invalid) as raised:
        name_collective(actor=clerk, moment=night, decision=tomorrow, **more)
    assert set(raised.value.problems) == {"on"}
    today = Decision(BY.name, BY.number, date(2026, 8, 4))
    assert name_collective(actor=clerk, moment=night, decision=today, **more)


def test_what_was_sent_stays_complete(world: World, clerk: Any) -> None:
    card = month.evaluated(world, world.lan)
    named(world, clerk, world.minh)
    step(save_collective, world.minh, card, entries=points(card, "0.5"))
    step(send_collective, world.minh, card)
    with pytest.raises(Invalid) as raised:
        step(save_collective, world.minh, card, entries={"key-I.1": Entry(None)}, reason="Xem lại")
    assert raised.value.problems == {"key-I.1": ["Give this criterion a score."]}
    assert shown(card) == "96.25"


def test_nothing_is_endorsed_that_a_collective_has_to_say_anew(heard_world: World, clerk: Any) -> None:
    """Somebody else is named for it while the card waits for its endorsement: what the first one sent is gone."""
    world = heard_world
    card = month.evaluated(world, world.lan)
    named(world, clerk, world.minh)
    step(save_collective, world.minh, card, entries=points(card, "1"))
    step(send_collective, world.minh, card)
    Scorecard.objects.filter(pk=card.pk).update(state="evaluated", endorser=world.chair, evaluated_at=MOMENT)
    named(world, clerk, world.deputy)
    card = world.card(world.lan)
    with pytest.raises(WrongState, match="has not sent its scores yet"):
        step(stages.endorse, world.chair, card)


def test_a_decided_card_keeps_what_a_collective_sent(world: World, clerk: Any) -> None:
    """Whoever is named to confirm a new basis may have entered it: what was counted computes to the same for ever."""
    card = month.evaluated(world, world.lan)
    named(world, clerk, world.minh)
    step(save_collective, world.minh, card, entries=points(card, "0.5"))
    step(send_collective, world.minh, card)
    card = step(stages.confirm, world.head, card)
    named_now = Competent(replace(standing_evaluator(card), person_id=world.minh.pk), None)
    with as_actor(system_user(), MOMENT):
        name_anew([(world.card(world.lan), named_now)], MOMENT, "Nghỉ hưu", reopening=True)
    card = world.card(world.lan)
    assert (card.evaluator, card.secretary, card.state) == (world.minh, world.minh, "confirmed")
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert (shown(card), report.differing) == ("96.25", [])


def test_a_card_follows_when_its_secretary_comes_to_endorse_it(world: World, clerk: Any) -> None:
    card = month.evaluated(world, world.lan)
    named(world, clerk, world.minh)
    step(save_collective, world.minh, card, entries=points(card, "0.5"))
    step(send_collective, world.minh, card)
    card = world.card(world.lan)
    competent = Competent(standing_evaluator(card), world.minh.pk)
    with as_actor(system_user(), MOMENT):
        name_anew([(card, competent)], MOMENT, "Bổ nhiệm", reopening=True)
    assert (world.card(world.lan).secretary, shown(card)) == (None, "")


# --- What happens ---------------------------------------------------------------------------------------------------
def test_a_quarter_a_quarter_and_a_half(world: World, clerk: Any) -> None:
    card = month.submitted(world, world.lan)
    named(world, clerk, world.minh)
    card = world.card(world.lan)
    assert (card.secretary, card.collective) == (
        world.minh, {"name": "Tập thể Phòng A1", "decision": "15/QĐ-UBND", "on": "2026-07-30"},
    )  # fmt: skip
    minh = {"actor": world.minh.user, "moment": MOMENT, "card": card}
    saved = save_collective(
        **minh, expected=card.version_number, entries=points(card, "0.5"), comments={"comment": "Cần cố gắng"}
    )
    send_collective(**minh, expected=saved.card.version_number)
    step(stages.save_evaluation, world.head, card, entries=month.entries(card, "evaluator", share="0"))
    card = step(stages.confirm, world.head, card)
    wanted = Fraction(100 + 85, 4) + Fraction(70, 2)
    found = CardResult.objects.get(card=card, stage="evaluator")
    assert (Fraction(int(found.numerator), int(found.denominator)), found.rounded) == (
        wanted,
        Decimal("81.25"),
    )
    assert {each.code: each.value for each in scoring.trace_of(card, "evaluator")}["r-all"] == 85
    assert CardResult.objects.get(card=card, stage="collective").shown == "85.00"
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert report.differing == []
    acts = LedgerEntry.objects.filter(subject_id=str(card.pk)).values_list("act", flat=True)
    assert list(acts).count("collective.named") == 1


def test_another_one_named_begins_anew(world: World, clerk: Any) -> None:
    """What the first one entered stays readable in history, and counts no more."""
    card = month.evaluated(world, world.lan)
    named(world, clerk, world.minh)
    step(save_collective, world.minh, card, entries=points(card, "1"))
    step(send_collective, world.minh, card)
    assert shown(card) == "100.00"
    named(world, clerk, world.deputy)
    assert (shown(card), collective.has_collective(card.version)) == ("", True)
    assert CardResult.objects.get(card=card, stage="collective").shown == ""
    with pytest.raises((Refused, NotFound)):
        step(save_collective, world.minh, card, entries=points(card, "0"))
    step(save_collective, world.deputy, card, entries=points(card, "0"))
    step(send_collective, world.deputy, card)
    assert shown(card) == "92.50"


@pytest.mark.postgresql
def test_row_security_lets_each_write_what_is_theirs(world: World, clerk: Any) -> None:
    require_roles()
    card = month.evaluated(world, world.lan)
    named(world, clerk, world.minh)
    with acting_as_the_application():
        step(save_collective, world.minh, card, entries=points(card, "1"))
        theirs, judged = scores_of(world.lan, "collective"), scores_of(world.lan, "evaluator")
        said = Assessment.objects.filter(person=world.lan)
        assert update(world.minh, theirs, value=0) == CHANGED
        assert update(world.minh, judged, value=0) == REFUSED
        assert update(world.minh, scores_of(world.lan, "self"), value=0) == REFUSED
        assert update(world.minh, said.filter(stage="evaluator").all, comment="Khác") == REFUSED
        assert update(world.minh, Scorecard.objects.filter(pk=card.pk).all, state="confirmed") == REFUSED
        assert update(world.head, theirs, value=0) == REFUSED
        assert update(world.head, said.filter(stage="collective").all, comment="Khác") == REFUSED
        assert update(world.deputy, theirs, value=0) == UNSEEN
        step(send_collective, world.minh, card)
    named(world, clerk, world.deputy)
    with acting_as_the_application():
        assert update(world.deputy, theirs, value=0) == REFUSED  # an earlier one's
        assert update(world.minh, theirs, value=0) == UNSEEN
    named(world, clerk, world.minh)
    with acting_as_the_application():
        step(stages.confirm, world.head, card)
        assert update(world.minh, theirs, value=0) == REFUSED
