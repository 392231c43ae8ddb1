"""Delegation on the screens: given and ended by the head, used by the delegate, under both names everywhere."""

from datetime import timedelta

import pytest
from django.urls import reverse

from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from snippets.domain import people
from snippets.domain.nightly import turn_the_day
from snippets.models import Grant
from tests.factories import evaluation as make
from tests.factories.snippets import PersonFactory, PositionFactory, hold
from tests.helpers.delegating import FIRST, LAST, delegated, made_head
from tests.helpers.pages import LOG_ROW, body
from tests.helpers.screens import on_screen
from tests.helpers.world import MOMENT, World
from tests.interfaces.workspace.conftest import Clock, SignIn

LIST, NEW = "/uy-quyen/", "/uy-quyen/moi/"
HEAD, DEPUTY = "Nguyễn Thị Hà", "Phạm Tiến Dũng"


@pytest.fixture
def head(world: World):
    return made_head(world.head)


@pytest.fixture
def absent(world: World, head) -> World:
    """Everything a head delegates is delegated to the deputy."""
    delegated(world.head, world.deputy, world.department, "view_cards", "evaluate", "assign_tasks")
    return world


def filled(world: World, **changes):
    return {
        "to": world.deputy.pk, "unit": world.department.pk, "capabilities": ["view_cards", "evaluate"],
        "starts_on": f"{FIRST:%d/%m/%Y}", "ends_on": f"{LAST:%d/%m/%Y}", "reason": "Đi học", **changes,
    }  # fmt: skip


# --- Giving and ending ----------------------------------------------------------------------------------------
def test_a_head_delegates_and_ends_it(world: World, head, sign_in: SignIn) -> None:
    browser = sign_in(world.head)
    assert LIST in body(browser.get("/"))
    page = body(browser.get(NEW))
    assert DEPUTY in page
    assert HEAD not in page.split("<form")[-1]
    assert world.stranger.full_name not in page

    answer = browser.post(NEW, filled(world))

    assert (answer.status_code, answer.url) == (302, LIST)
    given = Grant.objects.filter(source="delegation")
    assert set(given.values_list("user", "capability", "starts_on", "ends_on")) == {
        (world.deputy.user_id, capability, FIRST, LAST) for capability in ("view_cards", "evaluate")
    }
    page = body(browser.get(LIST))
    assert "Tôi ủy quyền" in page
    assert "Đang có hiệu lực" in page
    assert "Đi học" in page
    browser.post(reverse("workspace:end_delegation", args=[given.first().pk]))
    assert set(given.values_list("ended_at", flat=True)) == {MOMENT}
    page = body(browser.get(LIST))
    assert "Chấm dứt ngày 03/08/2026" in page
    assert "Chấm dứt ngay" not in page


def test_what_cannot_be_delegated_is_said_at_its_field_and_kept(world: World, head, sign_in: SignIn) -> None:
    browser = sign_in(world.head)
    for changes, sentence in (
        ({"ends_on": "02/08/2026"}, "Ngày cuối của ủy quyền không được trước ngày đầu"),
        ({"starts_on": "01/08/2026"}, "Không ủy quyền lùi ngày"),
        ({"ends_on": "03/12/2026"}, "nhiều nhất 90 ngày"),
        ({"to": world.stranger.pk}, "Hãy chọn người thuộc các đơn vị của bạn."),
        ({"unit": world.other_department.pk}, "Hãy chọn một trong các đơn vị của bạn."),
        ({"capabilities": ["classify"]}, "Hãy chọn ít nhất một việc để ủy quyền."),
        ({"reason": ""}, "Hãy nêu lý do."),
    ):
        answer = browser.post(NEW, filled(world, **changes))
        assert answer.status_code == 422, changes
        assert sentence in body(answer), changes
    assert not Grant.objects.filter(source="delegation").exists()


def test_the_same_days_twice_are_a_conflict(absent: World, sign_in: SignIn) -> None:
    answer = sign_in(absent.head).post(NEW, filled(absent))
    assert answer.status_code == 409
    assert "Bạn đã ủy quyền" in body(answer)


def test_whoever_heads_nothing_finds_no_form(absent: World, sign_in: SignIn) -> None:
    """The delegate neither: nothing is passed on. An empty list is an answer."""
    hold(absent.minh.user, absent.department, "view_cards", "assign_tasks", on=MOMENT)
    for who in (absent.lan, absent.minh, absent.deputy):
        browser = sign_in(who)
        assert browser.get(NEW).status_code == 404
        assert browser.post(NEW, filled(absent)).status_code == 404
    assert "Chưa có ủy quyền nào." in body(sign_in(absent.lan).get(LIST))
    assert "Chưa có ủy quyền nào." in body(sign_in(made_head(absent.chair)).get(LIST))
    assert LIST not in body(sign_in(absent.lan).get("/"))


def test_nobody_else_ends_it_and_a_missing_one_reads_the_same(absent: World, sign_in: SignIn) -> None:
    grant = Grant.objects.filter(source="delegation").first()
    url, missing = (reverse("workspace:end_delegation", args=[key]) for key in (grant.pk, 10**9))
    stranger = sign_in(absent.stranger)
    assert [stranger.post(address).status_code for address in (url, missing)] == [404, 404]
    assert sign_in(absent.deputy).post(url).status_code == 403
    assert sign_in(absent.head).get(url).status_code == 405
    assert not Grant.objects.filter(source="delegation", ended_at__isnull=False).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_for_three(
    world: World, head, sign_in: SignIn, django_assert_num_queries, count: int
) -> None:
    for number, who in enumerate((world.deputy, world.lan, world.minh)[:count]):
        delegated(world.head, who, world.department, last=LAST - timedelta(days=number))
    browser = sign_in(world.head)
    with django_assert_num_queries(7):  # session, account, counters, scope, delegations, reasons, what may be
        browser.get(LIST)


# --- Using it -------------------------------------------------------------------------------------------------
def test_the_delegate_finds_the_work_and_every_page_says_in_whose_place(
    absent: World, sign_in: SignIn
) -> None:
    card = make.submitted(absent, absent.lan)
    make.reported(absent, absent.minh)
    browser = sign_in(absent.deputy)

    home = body(browser.get("/"))
    assert "Hồ Thị Lan" in home
    assert f"thay mặt {HEAD}" in home
    assert "Hồ Thị Lan" in body(browser.get("/danh-gia/"))
    assert "Võ Quang Minh" in body(browser.get("/nhiem-vu/cho-quyet-dinh/"))
    for name in ("card", "evaluate"):
        page = body(browser.get(reverse(f"workspace:{name}", args=[card.pk])))
        assert f"Bạn xử lý phiếu này thay mặt {HEAD}, theo ủy quyền." in page
    page = body(browser.get(reverse("workspace:confirm", args=[card.pk])))
    assert f"Bạn làm việc này thay mặt {HEAD}, theo ủy quyền." in page
    assert "Được ủy quyền cho tôi" in body(browser.get(LIST))


def test_the_evaluators_own_pages_say_nothing_of_it(absent: World, sign_in: SignIn) -> None:
    card = make.submitted(absent, absent.lan)
    browser = sign_in(absent.head)
    for name in ("card", "evaluate", "confirm"):
        assert "thay mặt" not in body(browser.get(reverse(f"workspace:{name}", args=[card.pk])))


def test_card_history_and_unit_name_both(absent: World, sign_in: SignIn) -> None:
    card = make.evaluated(absent, absent.lan, share="1")
    browser = sign_in(absent.deputy)
    url = reverse("workspace:confirm", args=[card.pk])
    answer = browser.post(url, {"expected": card.version_number, "seen": on_screen(card)})
    assert answer.status_code == 302
    assert absent.card(absent.lan).state == CardState.CONFIRMED
    page = body(sign_in(absent.head).get(reverse("workspace:card", args=[card.pk])))
    assert "Người xác nhận thay mặt người đánh giá" in page
    assert DEPUTY in page
    hold(absent.minh.user, absent.department, "audit", on=MOMENT)
    history = body(sign_in(absent.minh).get(reverse("workspace:card_history", args=[card.pk])))
    assert f"thay mặt {absent.head.user.username}" in history
    acts = body(sign_in(absent.minh).get(reverse("workspace:card_history", args=[card.pk]), {"xem": "viec"}))
    assert f"thay mặt {absent.head.user.username}" in acts


def test_the_delegate_has_no_more_queries_than_the_head(
    absent: World, sign_in: SignIn, django_assert_max_num_queries
) -> None:
    for who in (absent.lan, absent.minh):
        make.submitted(absent, who)
    browser = sign_in(absent.deputy)
    for url in ("/", "/danh-gia/", "/nhiem-vu/cho-quyet-dinh/"):
        with django_assert_max_num_queries(12 + LOG_ROW):
            browser.get(url)


# --- A live session (T37) ---------------------------------------------------------------------------------------
def test_t37_whoever_is_moved_has_the_new_scope_at_the_next_request(
    world: World, head, sign_in: SignIn, clock: Clock
) -> None:
    """Without signing in again: the old unit is gone, and what was delegated from it is too."""
    delegated(world.head, world.deputy, world.department, "view_cards")
    card = make.confirmed(world, world.lan)
    Scorecard.objects.filter(pk=card.pk).update(evaluator=world.chair)
    mine, theirs = sign_in(world.head), sign_in(world.deputy)
    url = reverse("workspace:card", args=[card.pk])
    assert [browser.get(url).status_code for browser in (mine, theirs)] == [200, 200]

    people.transfer(
        actor=system_user(), moment=MOMENT, person=world.head, unit=world.other_department,
        position=PositionFactory(), role="member", starts_on=FIRST,
    )  # fmt: skip

    assert [browser.get(url).status_code for browser in (mine, theirs)] == [404, 404]
    assert mine.get("/").status_code == 200
    assert mine.get(NEW).status_code == 404


def test_t37_the_former_evaluator_finds_no_card_at_the_next_request(
    world: World, head, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    """Nobody named the evaluator anew: the open card followed the appointment, and the head above finds it."""
    card = make.submitted(world, world.lan)
    former, above = sign_in(world.head), sign_in(world.chair)
    monkeypatch.setattr("kpi_cms.evaluation.domain.following.database_now", lambda: MOMENT)
    pages = [reverse(f"workspace:{name}", args=[card.pk]) for name in ("card", "evaluate", "confirm")]
    assert [former.get(page).status_code for page in pages[:2]] == [200, 200]

    with django_capture_on_commit_callbacks(execute=True):
        people.transfer(
            actor=system_user(), moment=MOMENT, person=world.head, unit=world.other_department,
            position=PositionFactory(), role="member", starts_on=FIRST,
        )  # fmt: skip

    assert [former.get(page).status_code for page in pages] == [404, 404, 404]
    assert former.post(pages[1], {"expected": "1", "reason": "x"}).status_code == 404
    assert [above.get(page).status_code for page in pages[:2]] == [200, 200]


def test_t37_a_new_head_finds_the_unit_without_signing_in_again(world: World, sign_in: SignIn) -> None:
    card = make.confirmed(world, world.lan)
    new = PersonFactory(unit=world.department, with_account=True)
    browser = sign_in(new)
    url = reverse("workspace:card", args=[card.pk])
    assert browser.get(url).status_code == 404
    people.appoint(
        actor=system_user(), moment=MOMENT, person=new, unit=world.department, position=PositionFactory(head=True),
        role="head", starts_on=FIRST, is_main=False, acting=True,
    )  # fmt: skip
    assert browser.get(url).status_code == 200


def test_t38_after_the_last_day_the_delegate_finds_nothing(
    absent: World, sign_in: SignIn, clock: Clock
) -> None:
    card = make.submitted(absent, absent.lan)
    browser = sign_in(absent.deputy)
    pages = [
        reverse("workspace:card", args=[card.pk]), reverse("workspace:evaluate", args=[card.pk]),
        reverse("workspace:unit", args=["A1"]),
    ]  # fmt: skip
    assert [browser.get(url).status_code for url in pages] == [200, 200, 200]
    turn_the_day(actor=system_user(), moment=MOMENT + (LAST - FIRST + timedelta(days=1)))
    assert [browser.get(url).status_code for url in pages] == [404, 404, 404]
    assert "Hồ Thị Lan" not in body(browser.get("/"))
