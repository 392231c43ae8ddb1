"""An evaluator who is missing, has left or is another one by decision: named anew on open cards, and by whom."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from kpi_cms.evaluation import audit_queries
from kpi_cms.evaluation.domain import naming, stages
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import NamingNeed
from kpi_cms.evaluation.models import Assessment, CardResult, Score, Scorecard
from kpi_cms.evaluation.queries import stage_records
from kpi_cms.evaluation.visibility import EVERYTHING
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit import texts
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from snippets.enums import Capability, PeriodState, PostRole
from snippets.models import Appointment, EvaluatorDecision, Period, Person
from tests.factories.snippets import UserFactory, hold
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db

DAY = date(2026, 8, 3)
REASON = "Trưởng phòng đã chuyển công tác"
Seen = Mapping[int, tuple[int | None, int | None]]


def clerk(world: World, capability: Capability = Capability.MANAGE_PEOPLE) -> Any:
    """An account that keeps the people of agency A, and reads no card."""
    user = UserFactory()
    hold(user, world.agency, capability)
    return user


def decided(world: World, who: Person, evaluator: Person) -> None:
    EvaluatorDecision.objects.create(
        person=who, evaluator=evaluator, starts_on=DAY, decision_number="12/QĐ-UBND"
    )


def name(
    world: World, seen: Seen, by: Any, reason: str = REASON, moment: datetime = MOMENT
) -> list[Scorecard]:
    return naming.name_evaluators(actor=by, moment=moment, period=world.period, seen=seen, reason=reason)


def to(world: World, who: Person, evaluator: Person, endorser: Person | None = None) -> Seen:
    return {world.card(who).pk: (evaluator.pk, endorser.pk if endorser else None)}


def left(who: Person) -> None:
    """Out of the service since the first of August, as `leave_service` leaves it."""
    Person.objects.filter(pk=who.pk).update(left_on=date(2026, 8, 1))
    Appointment.objects.filter(person=who).update(ends_on=date(2026, 7, 31))


def written(world: World) -> tuple[Any, ...]:
    return (
        LedgerEntry.objects.count(), Scorecard.history.count(), Assessment.history.count(),
        list(Scorecard.objects.order_by("pk").values_list("evaluator", "endorser", "state", "version_number")),
    )  # fmt: skip


# --- Who may not -----------------------------------------------------------------------------------------------------
def test_nobody_has_the_evaluator_of_their_own_card_named(world: World) -> None:
    decided(world, world.lan, world.minh)
    hold(world.lan.user, world.agency, Capability.MANAGE_PEOPLE)
    before = written(world)
    with pytest.raises(Refused) as raised:
        name(world, to(world, world.lan, world.minh), world.lan.user)
    assert str(raised.value.sentence) == (
        "Nobody has the evaluator of their own card named. Ask the personnel office."
    )
    assert written(world) == before
    assert naming.namings(Scope.of(world.lan.user), world.period, DAY, most=9).total == 0


@pytest.mark.parametrize("who", ["head", "chair", "stranger"])
def test_evaluators_and_readers_name_nobody(world: World, who: str) -> None:
    decided(world, world.lan, world.minh)
    hold(world.chair.user, world.agency, Capability.VIEW)
    hold(world.stranger.user, world.other_agency, Capability.MANAGE_PEOPLE)
    error = NotFound if who == "stranger" else Refused
    before = written(world)
    with pytest.raises(error):
        name(world, to(world, world.lan, world.minh), getattr(world, who).user)
    assert written(world) == before
    assert naming.namings(Scope.of(getattr(world, who).user), world.period, DAY, most=9).shown == []


def test_one_card_that_is_not_theirs_stops_all(world: World) -> None:
    for who in (world.lan, world.stranger):
        decided(world, who, world.minh)
    before = written(world)
    both = dict(to(world, world.lan, world.minh)) | dict(to(world, world.stranger, world.minh))
    with pytest.raises(NotFound):
        name(world, both, clerk(world))
    with pytest.raises(NotFound):
        name(world, dict(to(world, world.lan, world.minh)) | {999_999: (1, None)}, clerk(world))
    assert written(world) == before


# --- What is refused -------------------------------------------------------------------------------------------------
def test_a_decided_card_keeps_its_evaluator(world: World) -> None:
    month.confirmed(world, world.lan)
    decided(world, world.lan, world.minh)
    with pytest.raises(WrongState, match="Confirmed"):
        name(world, to(world, world.lan, world.minh), clerk(world))
    assert naming.namings(Scope.of(clerk(world)), world.period, DAY, most=9).total == 0


@pytest.mark.parametrize("state", [PeriodState.CLOSED, PeriodState.OPENING])
def test_nothing_is_named_outside_an_open_period(world: World, state: PeriodState) -> None:
    decided(world, world.lan, world.minh)
    Period.objects.update(state=state, closed_at=MOMENT if state == PeriodState.CLOSED else None)
    with pytest.raises(WrongState):
        name(world, to(world, world.lan, world.minh), clerk(world))


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_naming_has_its_reason(world: World, reason: str) -> None:
    decided(world, world.lan, world.minh)
    with pytest.raises(Invalid) as raised:
        name(world, to(world, world.lan, world.minh), clerk(world), reason)
    assert raised.value.problems == {"reason": ["Give a reason."]}


def test_at_least_one_card_is_chosen(world: World) -> None:
    with pytest.raises(Invalid) as raised:
        name(world, {}, clerk(world))
    assert set(raised.value.problems) == {"cards"}


def test_whoever_was_not_on_the_screen_is_not_named(world: World) -> None:
    decided(world, world.lan, world.minh)
    before = written(world)
    with pytest.raises(Stale) as raised:
        name(world, to(world, world.lan, world.chair), clerk(world))
    assert (raised.value.mine, raised.value.theirs) == (
        {"Evaluator of Hồ Thị Lan": "Trần Đức Chí"}, {"Evaluator of Hồ Thị Lan": "Võ Quang Minh"},
    )  # fmt: skip
    with pytest.raises(Stale) as raised:
        name(world, {world.card(world.lan).pk: (None, None)}, clerk(world))
    assert raised.value.mine == {"Evaluator of Hồ Thị Lan": "–"}
    assert written(world) == before


def test_a_card_that_names_the_right_person_is_not_named_again(world: World) -> None:
    with pytest.raises(WrongState, match="names whoever is competent already"):
        name(world, to(world, world.lan, world.head), clerk(world))


def test_where_nobody_is_found_a_decision_comes_first(world: World) -> None:
    Scorecard.objects.filter(person=world.chair).update(evaluator=None, evaluator_basis="none")
    left(world.extra["boss"])
    by = clerk(world)
    [found] = naming.namings(Scope.of(by), world.period, DAY, most=9).shown
    assert (found.card.person, found.need, found.is_possible) == (world.chair, NamingNeed.MISSING, False)
    with pytest.raises(WrongState, match="Record a decision on their evaluator"):
        name(world, {found.card.pk: found.competent.pair}, by)


def test_an_evaluator_who_still_serves_stays_while_nobody_else_is_found(world: World) -> None:
    Appointment.objects.filter(person=world.extra["boss"]).update(ends_on=date(2026, 7, 31))
    assert naming.namings(Scope.of(clerk(world)), world.period, DAY, most=9).total == 0


# --- Which cards are listed ------------------------------------------------------------------------------------------
def needs(world: World, by: Any, day: date = DAY) -> dict[str, NamingNeed]:
    found = naming.namings(Scope.of(by), world.period, day, most=99).shown
    return {entry.card.person.staff_code: entry.need for entry in found}


def test_a_month_in_which_nothing_changed_lists_nobody(world: World) -> None:
    assert needs(world, clerk(world)) == {}


@pytest.mark.parametrize("capability", [Capability.MANAGE_PEOPLE, Capability.RECEIVE_RESULTS])
def test_each_card_says_why_it_is_listed(world: World, capability: Capability) -> None:
    Scorecard.objects.filter(person=world.lan).update(evaluator=None, evaluator_basis="none")
    decided(world, world.minh, world.chair)
    left(world.chair)
    new = worlds.person("CC009", "Lý Thị Mới", world.agency)
    worlds.appoint(new, world.agency, role=PostRole.HEAD, main=False)
    found = needs(world, clerk(world, capability))
    # Minh's decision names somebody who has left: the rule applies, and it names who is on the card.
    assert found == {"CC004": NamingNeed.MISSING, "CC002": NamingNeed.LEFT}
    Appointment.objects.filter(person=world.head).update(ends_on=date(2026, 7, 31))
    worlds.appoint(new, world.department, role=PostRole.HEAD, main=False)
    decided(world, world.deputy, world.minh)
    assert needs(world, clerk(world, capability)) == {
        "CC002": NamingNeed.LEFT, "CC003": NamingNeed.DECISION, "CC004": NamingNeed.MISSING,
        "CC005": NamingNeed.RULE,
    }  # fmt: skip


def test_a_decision_counts_from_its_first_day(world: World) -> None:
    decided(world, world.lan, world.minh)
    by = clerk(world)
    assert needs(world, by, date(2026, 8, 2)) == {}
    assert needs(world, by) == {"CC004": NamingNeed.DECISION}


def test_the_list_is_cut_and_counts_the_rest(world: World) -> None:
    Scorecard.objects.filter(unit=world.department).update(evaluator=None, evaluator_basis="none")
    found = naming.namings(Scope.of(clerk(world)), world.period, DAY, most=2)
    assert (len(found.shown), found.total) == (2, 4)
    assert [entry.card.person for entry in found.shown] == [world.deputy, world.head]


def test_the_list_takes_the_same_queries_for_one_card_and_for_four(
    world: World, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]  # pytest-django's fixture
    by = clerk(world)
    Scorecard.objects.filter(person=world.lan).update(evaluator=None, evaluator_basis="none")
    for total in (1, 4):
        with django_assert_num_queries(9):
            assert naming.namings(Scope.of(by), world.period, DAY, most=9).total == total
        Scorecard.objects.filter(unit=world.department).update(evaluator=None, evaluator_basis="none")


# --- What naming does ------------------------------------------------------------------------------------------------
def test_a_missing_evaluator_is_named_and_the_card_can_go_on(world: World) -> None:
    """Nobody was found at the opening; a decision was recorded since."""
    month.worked(world, world.lan)
    card = world.card(world.lan)
    stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=0, entries=month.entries(card, "self")
    )
    Scorecard.objects.filter(person=world.lan).update(evaluator=None, evaluator_basis="none")
    card = world.card(world.lan)
    with pytest.raises(WrongState, match="Nobody is named"):
        stages.submit_self(actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number)
    decided(world, world.lan, world.minh)
    by = clerk(world)
    name(world, to(world, world.lan, world.minh), by)
    card = world.card(world.lan)
    assert (card.state, card.evaluator, card.evaluator_basis, card.version_number) == (
        "opened", world.minh, "decision", 2,
    )  # fmt: skip
    assert card.evaluator_details == {"decision": "12/QĐ-UBND", "since": "2026-08-03"}
    assert not CardResult.objects.filter(card=card, stage="evaluator").exists()
    entry = LedgerEntry.objects.latest("id")
    assert (entry.act, entry.actor_id, entry.person_code, entry.period_id, entry.before, entry.after) == (
        "evaluator.changed", by.pk, "CC004", world.period.pk,
        {"state": "opened", "evaluator": None, "basis": "none", "endorser": None},
        {"state": "opened", "evaluator": "CC005", "basis": "decision", "endorser": None},
    )  # fmt: skip
    row = Scorecard.history.filter(id=card.pk).latest("history_id")
    assert (row.evaluator_id, row.history_change_reason) == (world.minh.pk, entry.reason_key)
    assert texts.read([entry.reason_key]) == {entry.reason_key: REASON}
    sent = stages.submit_self(actor=world.lan.user, moment=MOMENT, card=card, expected=2)
    assert sent.state == "submitted"


@pytest.fixture
def half_evaluated(world: World) -> Scorecard:
    """Lan submitted; Hà gave every criterion half of its points and a comment, and left."""
    month.worked(world, world.lan)
    card = month.evaluated(world, world.lan, share="0.5")
    stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, entries={},
        comments={"comment": "Nhận xét của người trước"},
    )  # fmt: skip
    left(world.head)
    return world.card(world.lan)


def test_a_submitted_card_waits_for_its_new_evaluator_with_the_persons_own_scores(
    world: World, half_evaluated: Scorecard
) -> None:
    own = CardResult.objects.values().get(card=half_evaluated, stage="self")
    name(world, to(world, world.lan, world.chair), clerk(world))
    card = world.card(world.lan)
    assert (card.state, card.submitted_at, card.evaluator, card.evaluator_basis) == (
        "submitted", MOMENT, world.chair, "superior",
    )  # fmt: skip
    assert CardResult.objects.values().get(card=card, stage="self") == own
    assert stage_records(card)["self"].is_submitted


def test_the_new_evaluator_begins_with_nothing_and_the_former_ones_rows_stay(
    world: World, half_evaluated: Scorecard
) -> None:
    before = list(Score.objects.order_by("pk").values())
    rows = Score.history.count()
    name(world, to(world, world.lan, world.chair), clerk(world))
    card = world.card(world.lan)
    assert "evaluator" not in stage_records(card)
    result = CardResult.objects.get(card=card, stage="evaluator")
    assert (result.rounded, result.missing) == (None, len(month.entries(card, "evaluator")))
    assert list(Score.objects.order_by("pk").values()) == before
    key = next(iter(month.entries(card, "evaluator")))
    stages.save_evaluation(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number,
        entries={key: Entry(Decimal(4))}, comments={"comment": "Nhận xét mới"},
    )  # fmt: skip
    former = Assessment.objects.get(stage="evaluator", rater=world.head)
    new = Assessment.objects.get(stage="evaluator", rater=world.chair)
    assert former.scores.get(criterion__key=key).value == Decimal("2.500")
    assert (new.scores.get().value, new.comment, former.comment) == (
        Decimal("4.000"), "Nhận xét mới", "Nhận xét của người trước",
    )  # fmt: skip
    assert Score.history.count() == rows + 1
    page = audit_queries.card_changes(world.card(world.lan), EVERYTHING)
    raters = {entry.row.rater_id for entry in page.changes if entry.table is audit_queries.ASSESSMENT}
    assert raters == {world.lan.pk, world.head.pk, world.chair.pk}


def test_results_are_the_present_evaluators_alone(world: World, half_evaluated: Scorecard) -> None:
    from kpi_cms.evaluation.domain.recompute import recompute_period
    from kpi_cms.foundation.accounts.domain import system_user

    assert CardResult.objects.get(card=half_evaluated, stage="evaluator").rounded == Decimal("85.00")
    name(world, to(world, world.lan, world.chair), clerk(world))
    card = world.card(world.lan)
    card = stages.save_evaluation(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number,
        entries=month.entries(card, "evaluator"),
    ).card  # fmt: skip
    card = stages.confirm(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert (card.state, CardResult.objects.get(card=card, stage="evaluator").rounded) == (
        "confirmed", Decimal("100.00"),
    )  # fmt: skip
    report = recompute_period(actor=system_user(), moment=MOMENT, period=world.period, write=False)
    assert report.differing == []


def test_the_former_evaluator_changes_nothing_any_more(world: World, half_evaluated: Scorecard) -> None:
    name(world, to(world, world.lan, world.chair), clerk(world))
    card = world.card(world.lan)
    with pytest.raises(NotFound):
        stages.save_evaluation(
            actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, entries={}
        )


def test_whoever_evaluates_again_goes_on_with_their_own_scores(
    world: World, half_evaluated: Scorecard
) -> None:
    by = clerk(world)
    name(world, to(world, world.lan, world.chair), by)
    decided(world, world.lan, world.head)
    Person.objects.filter(pk=world.head.pk).update(left_on=None)
    name(world, to(world, world.lan, world.head), by)
    card = world.card(world.lan)
    assert CardResult.objects.get(card=card, stage="evaluator").rounded == Decimal("85.00")
    assert stage_records(card)["evaluator"].comment == "Nhận xét của người trước"


def test_a_secondment_is_still_explained_as_one(draft_world: World) -> None:
    world = draft_world
    Appointment.objects.filter(person=world.lan).update(seconded=True)
    worlds.open_month(world)
    assert world.card(world.lan).evaluator_basis == "receiving_head"
    left(world.head)
    worlds.appoint(world.minh, world.department, role=PostRole.HEAD, main=False)
    name(world, to(world, world.lan, world.minh), clerk(world))
    assert world.card(world.lan).evaluator_basis == "receiving_head"


# --- Who endorses ----------------------------------------------------------------------------------------------------
def test_the_head_who_becomes_the_evaluator_does_not_endorse_as_well(endorsed_world: World) -> None:
    world = endorsed_world
    assert world.card(world.lan).endorser == world.chair
    left(world.head)
    name(world, to(world, world.lan, world.chair), clerk(world))
    card = world.card(world.lan)
    assert (card.evaluator, card.endorser, stages.needs_endorsement(card)) == (world.chair, None, False)


def test_an_evaluation_that_waits_gets_a_new_endorser_and_stands(endorsed_world: World) -> None:
    world = endorsed_world
    month.confirmed(world, world.lan)
    left(world.chair)
    worlds.appoint(world.deputy, world.agency, role=PostRole.HEAD, main=False)
    by = clerk(world)
    assert needs(world, by)["CC004"] == NamingNeed.ENDORSER
    before = CardResult.objects.values().get(person=world.lan, stage="evaluator")
    name(world, to(world, world.lan, world.head, world.deputy), by)
    card = world.card(world.lan)
    assert (card.state, card.evaluator, card.evaluator_basis, card.endorser, card.evaluated_at) == (
        "evaluated", world.head, "unit_head", world.deputy, MOMENT,
    )  # fmt: skip
    assert "since" not in card.evaluator_details
    assert CardResult.objects.values().get(person=world.lan, stage="evaluator") == before
    done = stages.endorse(
        actor=world.deputy.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert done.state == "confirmed"


def test_an_evaluation_that_nobody_endorses_any_more_is_its_evaluators_again(endorsed_world: World) -> None:
    world = endorsed_world
    month.confirmed(world, world.lan)
    left(world.chair)
    name(world, to(world, world.lan, world.head), clerk(world))
    card = world.card(world.lan)
    assert (card.state, card.evaluator, card.endorser, card.evaluated_at) == (
        "submitted", world.head, None, None,
    )  # fmt: skip
    done = stages.confirm(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    assert done.state == "confirmed"


def test_an_evaluator_who_confirmed_is_not_replaced_while_somebody_endorses(endorsed_world: World) -> None:
    world = endorsed_world
    month.confirmed(world, world.lan)
    decided(world, world.lan, world.minh)
    assert "CC004" not in needs(world, clerk(world))
    with pytest.raises(WrongState, match="names whoever is competent already"):
        name(world, to(world, world.lan, world.minh), clerk(world))


def test_moments_are_days_in_vietnam(world: World) -> None:
    """Half past ten at night in UTC is the next day in Hà Nội: the decision of that day counts."""
    EvaluatorDecision.objects.create(
        person=world.lan, evaluator=world.minh, starts_on=date(2026, 8, 4), decision_number="13/QĐ"
    )
    late = datetime(2026, 8, 3, 17, 30, tzinfo=UTC)
    name(world, to(world, world.lan, world.minh), clerk(world), moment=late)
    assert world.card(world.lan).evaluator_details["since"] == "2026-08-04"
