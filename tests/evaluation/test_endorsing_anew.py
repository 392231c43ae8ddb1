"""A result that was endorsed is decided anew by two: the evaluator proposes, the head of the agency endorses (Đ21.3).

Until then the former result stands everywhere, and the card knows nothing of what is proposed.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from kpi_cms.evaluation import waiting_queries
from kpi_cms.evaluation.domain import deciding_anew, people_managed, proposed_decision, reopening, stages
from kpi_cms.evaluation.domain.erasing import erase_texts
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.enums import Erasable
from kpi_cms.evaluation.models import Assessment, CardResult, Reopening, Score, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from kpi_cms.foundation.core.errors import DomainError, Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.interfaces.reporting.card_form import build_form01
from snippets.enums import Role
from snippets.models import Period
from tests.factories.snippets import hold, holder, in_role
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.delegating import delegated, made_head
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

PROPOSED_AT = MOMENT + timedelta(hours=2)
LATER = MOMENT + timedelta(hours=3)
UNTIL = MOMENT + timedelta(days=3)
ENDORSEMENT = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
WHY = "Xem lại biên bản"
GROUNDS = "Sáng kiến chưa được công nhận"


@pytest.fixture
def endorsed_world(reopened: World) -> World:
    return reopened


@pytest.fixture
def card(endorsed_world: World) -> Scorecard:
    return endorsed_world.card(endorsed_world.lan)


def endorsing(draft_world: World) -> World:
    """Lan's card goes through all three stages, by a set with points and with choices that ask for grounds."""
    world, spec = draft_world, worlds.leader_spec()
    spec["stages"] = [*spec["stages"], ENDORSEMENT]
    spec["applicability"] = {"staff_kinds": ["cong_chuc"], "leader": False}
    repin(world.period, world.staff, worlds.version(spec, "NV-XN"))
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


def reopened(draft_world: World) -> World:
    """With Lan's card: evaluated by Hà, endorsed by Chí, notified, and reopened on two criteria."""
    world = endorsing(draft_world)
    confirmed = month.confirmed(world, world.lan)
    stages.endorse(
        actor=world.chair.user, moment=MOMENT, card=confirmed, expected=confirmed.version_number,
        seen=on_screen(confirmed),
    )  # fmt: skip
    made = stages.notify(actor=world.head.user, moment=MOMENT, card=world.card(world.lan))
    asked = reopening.ask_reopening(
        actor=world.head.user, moment=MOMENT, card=made, expected=made.version_number,
        criteria=[points_key(made), choice_key(made)], until=UNTIL, reason="Chấm nhầm dòng",
    )  # fmt: skip
    policy = holder(world.root, "manage_periods", username="CS01")
    reopening.answer_reopening(
        actor=policy, moment=MOMENT + timedelta(hours=1), reopening=asked, approved=True
    )
    return world


def office(world: World) -> User:
    """The personnel office of the whole province, who may name somebody for a new decision."""
    found = User.objects.filter(username="TC09").first()
    return found or in_role(world.root, Role.PERSONNEL, username="TC09")


def points_key(card: Scorecard) -> str:
    return next(
        k for k, entry in month.entries(card, "evaluator").items() if isinstance(entry.value, Decimal)
    )


def choice_key(card: Scorecard) -> str:
    return next(k for k, entry in month.entries(card, "evaluator").items() if entry.value == "100")


def propose(world: World, card: Scorecard, **more: Any) -> Scorecard:
    values: dict[str, Any] = {
        "actor": world.head.user, "moment": PROPOSED_AT, "card": card, "expected": card.version_number,
        "entries": {points_key(card): Entry(Decimal(1))}, "reason": WHY, "seen": on_screen(card),
    }  # fmt: skip
    return deciding_anew.decide_anew(**values | more)


def endorse(world: World, **more: Any) -> Scorecard:
    card = world.card(world.lan)
    values: dict[str, Any] = {
        "actor": world.chair.user, "moment": LATER, "card": card, "expected": card.version_number,
        "seen": on_screen(card),
    }  # fmt: skip
    return deciding_anew.endorse_anew(**values | more)


def send_back(world: World, **more: Any) -> Scorecard:
    card = world.card(world.lan)
    values: dict[str, Any] = {
        "actor": world.chair.user, "moment": LATER, "card": card, "expected": card.version_number,
        "reason": "Chưa đủ căn cứ",
    }  # fmt: skip
    return deciding_anew.return_anew(**values | more)


def decided() -> list[Any]:
    """Everything that says what the result is; the save number says nothing of it."""
    cards = [
        {name: value for name, value in row.items() if name != "version_number"}
        for row in Scorecard.objects.order_by("pk").values()
    ]
    return [
        cards, *(list(model.objects.order_by("pk").values()) for model in (Assessment, Score, CardResult)),
    ]  # fmt: skip


def stands(
    error: type[DomainError] | tuple[type[DomainError], ...], act: Callable[..., Any], *args: Any, **more: Any
) -> DomainError:
    """The act is refused, and neither the result nor the reopening is another one."""
    before = [decided(), list(Reopening.objects.values()), LedgerEntry.objects.count()]
    with pytest.raises(error) as raised:
        act(*args, **more)
    assert [decided(), list(Reopening.objects.values()), LedgerEntry.objects.count()] == before
    return raised.value


# --- The evaluator alone ------------------------------------------------------------------------------------
def test_the_evaluator_alone_changes_nothing_of_an_endorsed_result(
    endorsed_world: World, card: Scorecard
) -> None:
    world, before = endorsed_world, decided()
    form = build_form01(card, LATER, Scope.of(world.head.user))
    managed = people_managed.managed(world.card(world.head))
    returned = propose(world, card)
    assert decided() == before
    assert (returned.state, returned.version_number) == ("notified", card.version_number + 1)
    now = world.card(world.lan)
    assert now.version_number == card.version_number + 1
    assert build_form01(now, LATER, Scope.of(world.head.user)).annex_notes == form.annex_notes
    assert build_form01(now, LATER, Scope.of(world.lan.user)).sections == form.sections
    assert people_managed.managed(world.card(world.head)) == managed
    assert [each.proposed_basis for each in Scorecard.objects.all() if each.proposed_basis] == []


def test_what_is_proposed_is_kept_without_anybody_s_words(endorsed_world: World, card: Scorecard) -> None:
    key, chosen = points_key(card), choice_key(card)
    entries = {key: Entry(Decimal("2.50")), chosen: Entry("50", GROUNDS)}
    propose(endorsed_world, card, entries=entries, comments={"weaknesses": "Còn chậm"})
    kept = Reopening.objects.get()
    assert kept.proposal is not None
    assert (kept.state, kept.after, kept.decided_at) == ("proposed", None, None)
    assert kept.proposal["entries"][key] == {"value": {"points": "2.5"}, "grounds": None}
    assert kept.proposal["entries"][chosen]["value"] == {"chosen": "50"}
    assert (kept.proposal["rater"], kept.proposal["delegate"]) == (endorsed_world.head.pk, None)
    assert set(kept.proposal["after"]) == {"shown", "band", "scores"}
    assert sorted(kept.proposal["after"]["scores"].values()) == ["2.5", "50"]
    for words in (WHY, GROUNDS, "Còn chậm", "Nguyễn Thị Hà"):
        assert words not in str(kept.proposal)
    words = {
        kept.proposal["entries"][chosen]["grounds"], kept.proposal["reason"],
        kept.proposal["comments"]["weaknesses"],
    }  # fmt: skip
    found = ErasableText.objects.filter(key__in=words)
    assert {each.text for each in found} == {GROUNDS, WHY, "Còn chậm"}
    assert {each.person_code for each in found} == {"CC004"}
    entry = LedgerEntry.objects.get(act="reopening.proposed")
    assert entry.after is not None
    assert set(entry.after) == {"reopening", "state", "criteria", "seen"}


def test_every_kind_of_entry_comes_back_as_it_was_proposed(endorsed_world: World, card: Scorecard) -> None:
    entries = {
        "points": Entry(Decimal("2.5")),
        "chosen": Entry("50", GROUNDS),
        "numbers": Entry({"1": Decimal("1.5"), "2": Decimal(0)}),
        "cleared": Entry(None),
    }
    head, deputy = endorsed_world.head, endorsed_world.deputy
    decision = proposed_decision.Decision(head, deputy, PROPOSED_AT, entries, {"comment": "Chậm"}, WHY)
    kept = proposed_decision.kept(card, decision, {"shown": "80.00", "band": "good", "scores": {}})
    assert proposed_decision.decision_of(json.loads(json.dumps(kept))) == decision
    ErasableText.objects.filter(key=kept["entries"]["chosen"]["grounds"]).update(
        text="", salt="", erased_at=LATER
    )
    assert proposed_decision.decision_of(kept).entries["chosen"] == Entry("50", "(đã xóa)")


def test_nothing_waits_that_cannot_be_applied(endorsed_world: World, card: Scorecard) -> None:
    world, key, chosen = endorsed_world, points_key(card), choice_key(card)
    other = next(k for k in month.entries(card, "evaluator") if k not in (key, chosen))
    for wrong, field in (
        ({"entries": {key: Entry(None)}}, key),
        ({"entries": {key: Entry(Decimal(1000))}}, key),
        ({"entries": {chosen: Entry("50", "")}}, chosen),
        ({"entries": {other: Entry(Decimal(1))}}, other),
        ({"reason": " "}, "reason"),
    ):
        error = stands(Invalid, propose, world, card, **wrong)
        assert isinstance(error, Invalid)
        assert list(error.problems) == [field]
    same = month.entries(card, "evaluator")[key]
    assert "Nothing differs" in str(stands(Invalid, propose, world, card, entries={key: same}))
    stands(Stale, propose, world, card, expected=card.version_number - 1)


def test_a_second_proposal_waits_for_the_first_to_come_back(endorsed_world: World, card: Scorecard) -> None:
    world = endorsed_world
    propose(world, card)
    assert "waits for the head" in str(stands(WrongState, propose, world, world.card(world.lan)))
    now = world.card(world.lan)
    with pytest.raises(WrongState, match="already"):
        reopening.ask_reopening(
            actor=world.head.user, moment=LATER, card=now, expected=now.version_number, criteria=[points_key(now)],
            until=UNTIL, reason=WHY,
        )  # fmt: skip


# --- Nobody else --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["head", "lan", "minh", "deputy", "stranger"])
def test_nobody_but_the_head_of_the_agency_endorses_or_returns(
    endorsed_world: World, card: Scorecard, who: str
) -> None:
    propose(endorsed_world, card)
    actor = getattr(endorsed_world, who).user
    stands((Refused, NotFound), endorse, endorsed_world, actor=actor)
    stands((Refused, NotFound), send_back, endorsed_world, actor=actor)


def test_what_is_held_on_the_unit_endorses_nothing(endorsed_world: World, card: Scorecard) -> None:
    propose(endorsed_world, card)
    office = holder(
        endorsed_world.root, "receive_results", "evaluate", "view_cards", "manage_periods", username="TC"
    )
    for act in (endorse, send_back):
        assert "Only the head of the agency" in str(stands(Refused, act, endorsed_world, actor=office))


def test_whoever_stands_in_for_the_evaluator_proposes_and_is_named(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world
    made_head(world.head)
    delegated(world.head, world.deputy, world.department)
    propose(world, card, actor=world.deputy.user)
    entry = LedgerEntry.objects.get(act="reopening.proposed")
    assert (entry.actor_id, entry.on_behalf_of_id) == (world.deputy.user.pk, world.head.user.pk)
    stands(Refused, endorse, world, actor=world.deputy.user)
    endorse(world)
    confirmed = Assessment.objects.get(card=card, stage="evaluator")
    assert (confirmed.rater, confirmed.delegate) == (world.head, world.deputy)


@pytest.mark.parametrize(("who", "act"), [("head", propose), ("chair", endorse)])
def test_of_two_who_decide_about_each_other_neither_proposes_nor_endorses(
    endorsed_world: World, card: Scorecard, who: str, act: Callable[..., Scorecard]
) -> None:
    """Lan confirmed the result of the evaluator, or of the head of the agency, in the same period."""
    world = endorsed_world
    if act is endorse:
        propose(world, card)
    own = Scorecard.objects.filter(person=getattr(world, who))
    assert own.update(
        evaluator=world.lan, endorser=None, state="confirmed", evaluated_at=MOMENT, confirmed_at=MOMENT,
        result_final_at=MOMENT,
    ) == 1  # fmt: skip
    more = {"card": card} if act is propose else {}
    assert "confirmed your own result" in str(stands(Refused, act, world, **more))


@pytest.mark.parametrize("who", ["chair", "head"])
def test_somebody_whom_the_head_of_the_agency_decides_about_does_not_approve(
    draft_world: World, who: str
) -> None:
    world = endorsing(draft_world)
    confirmed = month.confirmed(world, world.lan)
    stages.endorse(
        actor=world.chair.user, moment=MOMENT, card=confirmed, expected=confirmed.version_number,
        seen=on_screen(confirmed),
    )  # fmt: skip
    office = in_role(world.root, Role.PERSONNEL, username="TC01")
    now = world.card(world.lan)
    asked = reopening.ask_reopening(
        actor=office, moment=MOMENT, card=now, expected=now.version_number, criteria=[points_key(now)], until=UNTIL,
        reason=WHY,
    )  # fmt: skip
    actor = hold(getattr(world, who).user, world.root, "manage_periods")
    with pytest.raises(Refused):
        reopening.answer_reopening(actor=actor, moment=LATER, reopening=asked, approved=True)


# --- Stale, ended, declined, returned -------------------------------------------------------------------------
def test_an_endorsement_from_an_older_screen_is_stale(endorsed_world: World, card: Scorecard) -> None:
    world = endorsed_world
    seen, number = on_screen(card), card.version_number
    propose(world, card)
    stands(Stale, endorse, world, seen=seen, expected=number)
    stands(Stale, endorse, world, seen="")
    first = {"seen": on_screen(card), "expected": world.card(world.lan).version_number}
    send_back(world)
    propose(world, world.card(world.lan), entries={points_key(card): Entry(Decimal(2))})
    other = stands(Stale, endorse, world, **first)
    assert isinstance(other, Stale)
    assert (other.mine, other.theirs) == ({"Save number you saw": 7}, {"Save number now": 9})
    stands(Stale, send_back, world, expected=first["expected"])


def test_after_its_end_nothing_is_proposed_endorsed_or_returned(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world
    stands(WrongState, propose, world, card, moment=UNTIL)
    propose(world, card)
    for act in (endorse, send_back):
        assert "No new decision" in str(stands(WrongState, act, world, moment=UNTIL))
    stands(WrongState, propose, world, world.card(world.lan), moment=UNTIL)
    now = world.card(world.lan)
    again = reopening.ask_reopening(
        actor=world.head.user, moment=UNTIL, card=now, expected=now.version_number, criteria=[points_key(now)],
        until=UNTIL + timedelta(days=1), reason=WHY,
    )  # fmt: skip
    assert again.state == "asked"


def test_nothing_is_endorsed_before_it_is_proposed_nor_twice(endorsed_world: World, card: Scorecard) -> None:
    world = endorsed_world
    for act in (endorse, send_back):
        stands(WrongState, act, world)
    propose(world, card)
    endorse(world)
    for act in (endorse, send_back):
        stands(WrongState, act, world)


def test_a_declined_request_proposes_nothing(endorsed_world: World, card: Scorecard) -> None:
    Reopening.objects.update(state="declined")
    stands(WrongState, propose, endorsed_world, card)


def test_nothing_of_a_returned_proposal_applies(endorsed_world: World, card: Scorecard) -> None:
    world, before = endorsed_world, decided()
    propose(world, card, entries={choice_key(card): Entry("50", GROUNDS)})
    error = stands(Invalid, send_back, world, reason=" ")
    assert isinstance(error, Invalid)
    assert list(error.problems) == ["reason"]
    send_back(world)
    assert decided() == before
    back = Reopening.objects.get()
    assert (back.state, back.proposal, back.after) == ("approved", None, None)
    assert ErasableText.objects.get(key=back.return_reason_key).text == "Chưa đủ căn cứ"
    assert back.history.filter(state="proposed").get().proposal is not None
    entry = LedgerEntry.objects.get(act="reopening.returned")
    assert (entry.actor_id, entry.reason_key) == (world.chair.user.pk, back.return_reason_key)
    propose(world, world.card(world.lan))
    endorse(world)
    code = Reopening.objects.get()
    assert code.after is not None
    assert sorted(code.after["scores"].values()) == ["1", "100"]  # the choice that came back is what it was


def test_what_would_be_another_result_now_is_not_endorsed(endorsed_world: World, card: Scorecard) -> None:
    """Its evaluator was named anew, or another basis was accepted, since it was proposed."""
    world = endorsed_world
    propose(world, card)
    waits = Reopening.objects.get()
    assert waits.proposal is not None
    other = waits.proposal["after"] | {"shown": "12.00"}
    Reopening.objects.update(proposal=waits.proposal | {"after": other})
    assert "another one now" in str(stands(WrongState, endorse, world))
    Reopening.objects.update(proposal=waits.proposal | {"rater": world.deputy.pk})
    assert "another one now" in str(stands(WrongState, endorse, world))


def test_words_that_a_law_has_erased_meanwhile_are_endorsed_as_erased(
    endorsed_world: World, card: Scorecard
) -> None:
    world, chosen = endorsed_world, choice_key(card)
    propose(world, card, entries={chosen: Entry("50", GROUNDS)}, comments={"weaknesses": "Còn chậm"})
    office = in_role(world.root, Role.PERSONNEL, username="TC01")
    law: dict[str, Any] = {
        "actor": office,
        "moment": LATER,
        "person": world.lan,
        "reason": "Quyết định 12/QĐ-TA",
    }
    erase_texts(**law, kinds=(Erasable.COMMENT, Erasable.REASON), before=PROPOSED_AT)
    assert ErasableText.objects.filter(text__in=(WHY, GROUNDS, "Còn chậm")).count() == 3
    erase_texts(**law, kinds=(Erasable.COMMENT, Erasable.REASON), before=LATER)
    assert not ErasableText.objects.filter(text__in=(WHY, GROUNDS, "Còn chậm")).exists()
    endorse(world)
    given = Score.objects.get(assessment__card=card, assessment__stage="evaluator", criterion__key=chosen)
    assert (given.choice, given.grounds, given.assessment.weaknesses) == ("50", "(đã xóa)", "(đã xóa)")


# --- The way through ----------------------------------------------------------------------------------------
def test_the_head_of_the_agency_endorses_and_it_is_the_result(endorsed_world: World, card: Scorecard) -> None:
    world, key, chosen = endorsed_world, points_key(card), choice_key(card)
    was = CardResult.objects.get(card=card, stage="evaluator").shown
    entries = {key: Entry(Decimal("2.5")), chosen: Entry("50", GROUNDS)}
    propose(world, card, entries=entries, comments={"weaknesses": "Còn chậm"})
    proposed = Reopening.objects.get().proposal
    assert proposed is not None
    made = endorse(world, comment="Đồng ý")
    assert (made.state, made.notified_at, made.evaluated_at, made.confirmed_at) == (
        "confirmed", None, PROPOSED_AT, LATER,
    )  # fmt: skip
    used = Reopening.objects.get()
    assert used.before is not None
    assert used.after is not None
    assert (used.state, used.proposal, used.decided_at) == ("used", None, LATER)
    assert {name: used.after[name] for name in proposed["after"]} == proposed["after"]
    result = CardResult.objects.get(card=card, stage="evaluator")
    assert (used.before["shown"], used.after["shown"]) == (was, result.shown)
    assert was != result.shown
    said = Assessment.objects.get(card=card, stage="evaluator")
    assert (said.rater, said.submitted_at, said.weaknesses) == (world.head, PROPOSED_AT, "Còn chậm")
    given = {each.criterion.key: each for each in said.scores.select_related("criterion")}
    assert (given[key].value, given[chosen].choice, given[chosen].grounds) == (Decimal("2.5"), "50", GROUNDS)
    endorsement = Assessment.objects.get(card=card, stage="endorsement")
    assert (endorsement.rater, endorsement.submitted_at, endorsement.comment) == (
        world.chair, LATER, "Đồng ý",
    )  # fmt: skip
    acts = LedgerEntry.objects.filter(subject_id=str(card.pk)).order_by("-pk")
    assert list(acts.values_list("act", "actor_id")[:3]) == [
        ("card.decided_anew", world.chair.user.pk),
        ("score.changed", world.chair.user.pk),
        ("reopening.proposed", world.head.user.pk),
    ]
    notes = build_form01(world.card(world.lan), LATER, Scope.of(world.head.user)).annex_notes
    assert any(was.replace(".", ",") in note or was in note for note in notes)
    stages.notify(actor=world.head.user, moment=LATER, card=made)


def test_in_a_closed_period_it_is_notified_with_the_endorsement(
    endorsed_world: World, card: Scorecard
) -> None:
    Period.objects.update(state="closed", closed_at=MOMENT)
    propose(endorsed_world, endorsed_world.card(endorsed_world.lan))
    made = endorse(endorsed_world)
    assert (made.state, made.notified_at) == ("notified", LATER)


def test_it_waits_for_the_head_alone_and_for_as_long_as_it_can_be_endorsed(
    endorsed_world: World, card: Scorecard
) -> None:
    world = endorsed_world

    def waits(who: User, now: datetime = LATER) -> int:
        return waiting_queries.waiting(Scope.of(who), now).to_endorse_anew

    assert waits(world.chair.user) == 0
    before = waiting_queries.waiting(Scope.of(world.chair.user), LATER).total
    propose(world, card)
    assert waiting_queries.waiting(Scope.of(world.chair.user), LATER).total == before + 1
    assert (waits(world.chair.user), waits(world.head.user), waits(world.lan.user)) == (1, 0, 0)
    assert waits(world.chair.user, UNTIL) == 0
    Period.objects.update(state="closed", closed_at=MOMENT)
    assert waits(world.chair.user) == 1
    send_back(world)
    assert waits(world.chair.user) == 0


@pytest.mark.postgresql
def test_the_wall_lets_through_what_the_rules_allow(endorsed_world: World, card: Scorecard) -> None:
    require_roles()
    world = endorsed_world
    with acting_as_the_application():
        propose(world, card)
        send_back(world)
        propose(world, world.card(world.lan))
        made = endorse(world, comment="Đồng ý")
    assert (made.state, Reopening.objects.get().state) == ("confirmed", "used")


# --- The database -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"proposal": None},
        {"state": "approved"},
        {"state": "used", "decided_at": LATER, "after": {}},
        {"state": "used", "decided_at": UNTIL + timedelta(days=1), "after": {}, "proposal": None},
        {"answered_by": F("asked_by")},
    ],
)
def test_the_database_keeps_a_proposal_for_as_long_as_it_waits(
    endorsed_world: World, card: Scorecard, change: dict[str, Any]
) -> None:
    propose(endorsed_world, card)
    with pytest.raises(DatabaseError), transaction.atomic():
        Reopening.objects.update(**change)
