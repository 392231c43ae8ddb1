"""The keyhole on screen: asked for, approved by policy staff, decided anew, printed before and after."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.domain import reopening, stages
from kpi_cms.evaluation.models import CardResult, Reopening, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.interfaces.reporting.card_form import build_form01
from snippets.enums import Role
from tests.factories.snippets import holder, in_role
from tests.helpers import month, pages
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World
from tests.interfaces.workspace.conftest import Clock, SignIn

UNTIL = MOMENT + timedelta(days=3)


@pytest.fixture(autouse=True)
def _same_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpi_cms.interfaces.workspace.views.reopening.database_now", lambda: clock.now)


def test_the_whole_way_through_the_pages(world: World, sign_in: SignIn, clock: Clock) -> None:
    month.worked(world, world.lan)
    card = month.notified(world, world.lan)
    key = next(
        key for key, entry in month.entries(card, "evaluator").items() if isinstance(entry.value, Decimal)
    )
    evaluator, ask = sign_in(world.head), reverse("workspace:ask_reopening", args=[card.pk])
    decide = reverse("workspace:decide_anew", args=[card.pk])
    assert ask in pages.body(evaluator.get(reverse("workspace:card", args=[card.pk])))
    assert evaluator.get(decide).status_code == 302  # nothing is open
    sent = {
        "expected": str(card.version_number),
        "criteria": key,
        "until": "05/08/2026",
        "reason": "Chấm nhầm",
    }
    assert evaluator.get(ask).status_code == 200
    assert evaluator.post(ask, {**sent, "reason": ""}).status_code == 422
    assert evaluator.post(ask, {**sent, "until": "05/09/2026"}).status_code == 422
    assert evaluator.post(ask, {**sent, "expected": "0"}).status_code == 409
    assert evaluator.post(ask, sent).status_code == 302

    policy = Client()
    policy.force_login(holder(world.root, "manage_periods", username="CS01"))
    asked = Reopening.objects.get()
    answer = reverse("workspace:reopening", args=[asked.pk])
    assert answer in pages.body(policy.get(reverse("workspace:reopenings")))
    assert "Chấm nhầm" in pages.text(policy.get(answer))
    assert policy.post(answer, {"answer": "decline"}).status_code == 422
    assert policy.post(answer, {}).status_code == 422
    assert policy.get(reverse("workspace:reopening", args=[asked.pk + 9])).status_code == 404
    assert policy.post(answer, {"answer": "approve"}).status_code == 302

    before = CardResult.objects.get(card=card, stage="evaluator").shown
    clock.now = MOMENT + timedelta(minutes=5)
    page = evaluator.get(decide)
    values = {
        "expected": pages.field(page, "expected"),
        "seen": pages.field(page, "seen"),
        "reason": "Xem lại biên bản",
    }
    body = pages.body(page)
    assert body.count('inputmode="decimal"') == 1  # the open criterion alone
    assert evaluator.post(decide, {**values, f"s-{key}": "x"}).status_code == 422
    assert evaluator.post(decide, {**values, f"s-{key}": "1", "reason": ""}).status_code == 422
    assert evaluator.post(decide, {**values, f"s-{key}": "1", "seen": "x"}).status_code == 409
    assert evaluator.post(decide, {**values, f"s-{key}": "1"}).status_code == 302
    after = CardResult.objects.get(card=card, stage="evaluator").shown
    assert before != after

    notes = build_form01(world.card(world.lan), clock.now, Scope.of(world.head.user)).annex_notes
    assert any(before in note and after in note for note in notes)
    for_the_person = build_form01(world.card(world.lan), clock.now, Scope.of(world.lan.user)).annex_notes
    assert not any(before in note for note in for_the_person)  # before it is notified


def test_without_a_request_the_list_says_so_and_others_find_nothing(world: World, sign_in: SignIn) -> None:
    policy = Client()
    policy.force_login(holder(world.root, "manage_periods", username="CS01"))
    assert policy.get(reverse("workspace:reopenings")).status_code == 200
    assert sign_in(world.head).get(reverse("workspace:reopenings")).status_code == 404


# --- An endorsed result ---------------------------------------------------------------------------------------
def address(name: str, card: Scorecard) -> str:
    return reverse(f"workspace:{name}", args=[card.pk])


@pytest.fixture
def reopened(world: World) -> Scorecard:
    """Lan's card, endorsed by Chí and notified, reopened on one criterion by Hà and policy staff."""
    spec = worlds.staff_spec()
    stage = {"key": "endorsement", "label": "Người đứng đầu xác nhận", "decides": False, "optional": False}
    spec["stages"] = [*spec["stages"], stage]
    Scorecard.objects.filter(person=world.lan).update(
        version=worlds.version(spec, "NV-XN"), endorser=world.chair
    )
    month.worked(world, world.lan)
    card = month.confirmed(world, world.lan)
    stages.endorse(
        actor=world.chair.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
    card = stages.notify(actor=world.head.user, moment=MOMENT, card=world.card(world.lan))
    asked = reopening.ask_reopening(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, criteria=[first_key(card)],
        until=UNTIL, reason="Chấm nhầm dòng",
    )  # fmt: skip
    policy = holder(world.root, "manage_periods", username="CS01")
    reopening.answer_reopening(actor=policy, moment=MOMENT, reopening=asked, approved=True)
    return world.card(world.lan)


def first_key(card: Scorecard) -> str:
    return next(
        key for key, each in month.entries(card, "evaluator").items() if isinstance(each.value, Decimal)
    )


def propose(client: Client, card: Scorecard) -> None:
    page = client.get(address("decide_anew", card))
    assert "Người đứng đầu cơ quan xác nhận quyết định này." in pages.text(page)
    sent = {
        "expected": pages.field(page, "expected"), "seen": pages.field(page, "seen"), "reason": "Xem lại biên bản",
        f"s-{first_key(card)}": "1",
    }  # fmt: skip
    answered = client.post(address("decide_anew", card), sent, follow=True)
    assert "Kết quả cũ giữ nguyên cho đến khi người đứng đầu cơ quan xác nhận." in pages.text(answered)


def shown(card: Scorecard) -> str:
    return str(CardResult.objects.get(card=card, stage="evaluator").shown).replace(".", ",")


def test_every_result_decided_anew_stands_on_the_first_page(
    world: World, sign_in: SignIn, clock: Clock, reopened: Scorecard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other list has them: a shortened one would leave some out of reach."""
    monkeypatch.setattr("kpi_cms.interfaces.workspace.views.home.SHOWN", 0)
    chair = sign_in(world.chair)
    clock.now = MOMENT + timedelta(minutes=5)
    propose(sign_in(world.head), reopened)
    assert address("endorse_anew", reopened) in pages.body(chair.get(reverse("workspace:home")))


def test_the_head_of_the_agency_endorses_what_the_evaluator_proposes(
    world: World, sign_in: SignIn, clock: Clock, reopened: Scorecard
) -> None:
    evaluator, chair, lan = sign_in(world.head), sign_in(world.chair), sign_in(world.lan)
    endorse, back = address("endorse_anew", reopened), address("return_anew", reopened)
    assert endorse not in pages.body(chair.get(address("card", reopened)))
    assert chair.get(endorse).status_code == 302  # nothing waits
    clock.now = MOMENT + timedelta(minutes=5)
    was = shown(reopened)
    propose(evaluator, reopened)
    assert shown(reopened) == was

    # Whoever decides reads that it waits; the person does not, and reads the former result.
    waits = "Quyết định mới đang chờ người đứng đầu cơ quan xác nhận"
    mine = pages.text(evaluator.get(address("card", reopened)))
    theirs = pages.text(lan.get(address("card", reopened)))
    assert (waits in mine, waits in theirs, was in theirs) == (True, False, True)
    assert address("decide_anew", reopened) not in pages.body(evaluator.get(address("card", reopened)))
    assert "Kết quả quyết định lại chờ xác nhận 1" in pages.text(chair.get(reverse("workspace:home")))
    assert "quyết định lại chờ xác nhận" not in pages.text(evaluator.get(reverse("workspace:home")))
    offered = pages.body(chair.get(address("card", reopened)))
    assert (endorse in offered, back in offered) == (True, True)

    page = chair.get(endorse)
    said = pages.text(page)
    after = str(Reopening.objects.get().proposal["after"]["shown"]).replace(".", ",")
    for words in (was, after, "Xem lại biên bản", "Nguyễn Thị Hà", "Trả lại cấp đánh giá"):
        assert words in said
    assert was != after
    assert evaluator.get(endorse).status_code == 403
    sent = {"expected": pages.field(page, "expected"), "seen": pages.field(page, "seen")}
    assert evaluator.post(endorse, sent).status_code == 403
    assert chair.post(endorse, {**sent, "seen": "x"}).status_code == 409
    assert chair.post(endorse, {**sent, "expected": ""}).status_code == 422
    assert shown(reopened) == was
    assert chair.post(endorse, sent).status_code == 302
    assert shown(reopened) == after
    assert waits not in pages.text(evaluator.get(address("card", reopened)))
    assert chair.post(endorse, sent).status_code == 409
    notes = build_form01(world.card(world.lan), clock.now, Scope.of(world.head.user)).annex_notes
    assert any(was.replace(",", ".") in note and after.replace(",", ".") in note for note in notes)


def test_what_the_head_of_the_agency_returns_goes_back_with_its_reason(
    world: World, sign_in: SignIn, clock: Clock, reopened: Scorecard
) -> None:
    evaluator, chair = sign_in(world.head), sign_in(world.chair)
    clock.now = MOMENT + timedelta(minutes=5)
    was = shown(reopened)
    propose(evaluator, reopened)
    back = address("return_anew", reopened)
    page = chair.get(back)
    assert "Xem lại biên bản" in pages.text(page)
    sent = {"expected": pages.field(page, "expected"), "reason": "Chưa đủ căn cứ"}
    assert evaluator.post(back, sent).status_code == 403
    assert chair.post(back, {**sent, "reason": ""}).status_code == 422
    assert chair.post(back, {**sent, "expected": "0"}).status_code == 409
    assert chair.post(back, sent).status_code == 302
    assert shown(reopened) == was
    mine = pages.text(evaluator.get(address("card", reopened)))
    assert "Chưa đủ căn cứ" in mine
    assert "Chưa đủ căn cứ" not in pages.text(sign_in(world.lan).get(address("card", reopened)))
    propose(evaluator, reopened)  # once more

    clock.now = UNTIL
    assert chair.get(back).status_code == 302
    assert "quyết định lại chờ xác nhận" not in pages.text(chair.get(reverse("workspace:home")))
    assert address("endorse_anew", reopened) not in pages.body(chair.get(address("card", reopened)))


def test_the_person_reads_nothing_of_a_proposal_in_their_history(
    world: World, sign_in: SignIn, clock: Clock, reopened: Scorecard
) -> None:
    clock.now = MOMENT + timedelta(minutes=5)
    propose(sign_in(world.head), reopened)
    history = address("card_history", reopened) + "?xem=viec"
    read = {who.staff_code: pages.text(sign_in(who).get(history)) for who in (world.head, world.lan)}
    proposed = "Trình quyết định mới"
    assert [proposed in text for text in read.values()] == [True, False]
    assert "Xem lại biên bản" not in read[world.lan.staff_code]


def test_the_personnel_office_names_another_endorser(
    world: World, sign_in: SignIn, clock: Clock, reopened: Scorecard
) -> None:
    evaluator, boss = sign_in(world.head), sign_in(world.extra["boss"])
    clock.now = MOMENT + timedelta(minutes=5)
    propose(evaluator, reopened)
    office = Client()
    office.force_login(in_role(world.root, Role.PERSONNEL, username="TC09"))
    naming = address("name_endorser", reopened)
    assert naming in pages.body(office.get(address("card", reopened)))
    assert naming not in pages.body(evaluator.get(address("card", reopened)))
    page = office.get(naming)
    assert "Trần Đức Chí" in pages.text(page)
    sent = {
        "expected": pages.field(page, "expected"), "endorser": "CC000", "number": "12/QĐ", "on": "01/08/2026",
        "reason": "Đi công tác",
    }  # fmt: skip
    assert evaluator.get(naming).status_code == 403
    assert evaluator.post(naming, sent).status_code == 403
    assert boss.get(naming).status_code == 404
    for wrong in ({"endorser": "XX"}, {"endorser": "CC005"}, {"on": "31/12/2026"}, {"reason": ""}):
        assert office.post(naming, {**sent, **wrong}).status_code == 422
    assert office.post(naming, {**sent, "expected": "0"}).status_code == 409
    assert office.post(naming, sent).status_code == 302
    assert "Kết quả quyết định lại chờ xác nhận 1" in pages.text(boss.get(reverse("workspace:home")))
    assert address("endorse_anew", reopened) in pages.body(boss.get(address("card", reopened)))
    assert "Trần Đức Chí" in pages.text(boss.get(address("card", reopened)))  # whose endorsement stands
    clock.now = UNTIL
    assert office.get(naming).status_code == 302


def test_the_personnel_office_names_who_decides_anew(
    world: World, sign_in: SignIn, clock: Clock, reopened: Scorecard
) -> None:
    evaluator, deputy, person = sign_in(world.head), sign_in(world.deputy), sign_in(world.lan)
    clock.now = MOMENT + timedelta(minutes=5)
    propose(evaluator, reopened)
    office = Client()
    office.force_login(in_role(world.root, Role.PERSONNEL, username="TC09"))
    naming, decide = address("name_evaluator", reopened), address("decide_anew", reopened)
    assert naming in pages.body(office.get(address("card", reopened)))
    assert naming not in pages.body(evaluator.get(address("card", reopened)))
    page = office.get(naming)
    assert "Nguyễn Thị Hà" in pages.text(page)
    sent = {
        "expected": pages.field(page, "expected"), "evaluator": "CC003", "number": "12/QĐ", "on": "01/08/2026",
        "reason": "Đã chuyển công tác",
    }  # fmt: skip
    assert evaluator.get(naming).status_code == 403
    assert evaluator.post(naming, sent).status_code == 403
    assert deputy.get(naming).status_code == 404
    for wrong in (
        {"evaluator": "XX"},
        {"evaluator": "CC001"},
        {"on": "31/12/2026"},
        {"number": ""},
        {"reason": ""},
    ):
        assert office.post(naming, {**sent, **wrong}).status_code == 422
    assert office.post(naming, {**sent, "expected": "0"}).status_code == 409
    lists = reverse("workspace:unit", args=[world.department.code]) + f"?ky={world.period.pk}"
    person.get(reverse("workspace:cards"))
    asked = [pages.queries(person, reverse("workspace:cards")), pages.queries(office, lists)]
    assert office.post(naming, sent).status_code == 302

    assert [pages.queries(person, reverse("workspace:cards")), pages.queries(office, lists)] == asked
    assert "Nguyễn Thị Hà" in pages.text(office.get(lists))
    own = pages.text(person.get(address("card", reopened)))
    assert "Nguyễn Thị Hà" in own
    assert "Phạm Tiến Dũng" not in own  # a decision that is awaited its person is not told of
    seen = pages.text(deputy.get(address("card", reopened)))
    assert "Nguyễn Thị Hà" in seen  # whose decision stands
    assert "12/QĐ ngày 01/08/2026" in seen
    assert (
        evaluator.get(address("card", reopened)).status_code == 404
    )  # who was the evaluator, and holds nothing
    assert evaluator.get(decide).status_code == 404
    page = deputy.get(decide)
    assert decide in pages.body(deputy.get(address("card", reopened)))
    key = Reopening.objects.get().criteria[0]
    values = {
        "expected": pages.field(page, "expected"),
        "seen": pages.field(page, "seen"),
        "reason": "Xem lại",
    }
    assert deputy.post(decide, values | {f"s-{key}": "1"}).status_code == 302
    assert sign_in(world.chair).get(address("endorse_anew", reopened)).status_code == 200
    clock.now = UNTIL
    assert office.get(naming).status_code == 302
