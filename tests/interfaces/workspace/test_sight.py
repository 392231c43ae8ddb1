"""Who can see a card and why, what an account can see, and looking as another account."""

from datetime import timedelta

import pytest
from django.urls import reverse

from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.interfaces.workspace import view_as as viewing
from snippets.domain.grants import end_grant
from snippets.enums import Capability
from snippets.models import Grant
from tests.factories import evaluation as make
from tests.factories.snippets import UserFactory, hold, holder
from tests.helpers.pages import body, queries, text
from tests.helpers.world import MOMENT


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


class Account:
    """Somebody with an account and no register entry, as `sign_in` takes them."""

    def __init__(self, user):
        self.user = user


@pytest.fixture(autouse=True)
def _by_the_same_clock(monkeypatch, clock):
    monkeypatch.setattr(viewing, "database_now", lambda: clock.now)


@pytest.fixture
def giver(world):
    """The access administrator of the province."""
    return Account(
        hold(UserFactory(username="QT01", display_name="Quản Thị Trị"), world.root, Capability.MANAGE_GRANTS)
    )


def acts():
    return list(
        LedgerEntry.objects.filter(act__startswith="view_as").order_by("pk").values_list("act", "actor_code")
    )


# --- A card's readers --------------------------------------------------------------------------------------
def test_the_person_reads_who_sees_the_card_and_why(world, sign_in):
    hold(UserFactory(username="KT01", display_name="Kiểm Văn Tra"), world.agency, Capability.AUDIT)
    hold(UserFactory(username="XA01", display_name="Người Ở Xa"), world.other_agency, Capability.AUDIT)
    card = make.submitted(world, world.lan)
    page = sign_in(world.lan).get(url("card_readers", card.pk))
    shown = text(page)
    assert page.status_code == 200
    assert ["Kiểm Văn Tra" in shown, "Nguyễn Thị Hà" in shown, "Người Ở Xa" in shown] == [True, True, False]
    assert "Đơn vị A › Đơn vị A1" in shown


def test_who_gives_grants_reads_the_readers_and_no_score(world, sign_in, giver):
    card = make.confirmed(world, world.lan)
    client = sign_in(giver)
    assert client.get(url("card", card.pk)).status_code == 404
    page = client.get(url("card_readers", card.pk))
    assert page.status_code == 200
    points = Scorecard.objects.get(pk=card.pk).results.get(stage="evaluator").shown
    assert points.replace(".", ",") not in text(page)
    assert url("card", card.pk) + '"' not in body(page)


def test_the_reason_of_a_grant_is_not_told_to_the_person(world, sign_in, giver, clock):
    from snippets.domain.grants import give

    give(
        actor=giver.user, moment=MOMENT, user=UserFactory(), capability=Capability.AUDIT, unit=world.agency,
        starts_on=MOMENT.date(), reason="Theo đơn tố cáo của ông Nam",
    )  # fmt: skip
    card = world.card(world.lan)
    assert "ông Nam" not in text(sign_in(world.lan).get(url("card_readers", card.pk)))
    assert "ông Nam" in text(sign_in(giver).get(url("card_readers", card.pk)))


def test_others_are_refused_or_find_nothing(world, sign_in):
    card = world.card(world.lan)
    statuses = {
        who: sign_in(getattr(world, who)).get(url("card_readers", card.pk)).status_code
        for who in ("head", "minh", "stranger", "other_head")
    }
    assert statuses == {"head": 403, "minh": 404, "stranger": 404, "other_head": 404}
    assert sign_in(world.minh).get(url("card_readers", 0)).status_code == 404


def test_a_day_before_the_card_and_a_day_to_come(world, sign_in):
    client, pk = sign_in(world.lan), world.card(world.lan).pk
    early = client.get(url("card_readers", pk), {"ngay": "01/07/2026"})
    assert (early.status_code, "Phiếu này chưa có vào ngày đó." in text(early)) == (200, True)
    late = client.get(url("card_readers", pk), {"ngay": "01/01/2027"})
    assert (late.status_code, "Ngày này chưa tới." in text(late)) == (422, True)
    odd = client.get(url("card_readers", pk), {"ngay": "hôm qua"})
    assert (odd.status_code, "Nhập ngày dạng 31/07/2026." in text(odd) or "31/07/2026" in text(odd)) == (
        422,
        True,
    )


def test_a_past_day_is_read_from_history(world, sign_in, clock, giver):
    auditor = hold(UserFactory(display_name="Kiểm Văn Tra"), world.agency, Capability.AUDIT)
    clock.now = MOMENT + timedelta(days=3)
    end_grant(actor=giver.user, moment=clock.now, grant=Grant.objects.get(user=auditor), reason="Hết việc")
    client, pk = sign_in(world.lan), world.card(world.lan).pk
    assert "Kiểm Văn Tra" not in text(client.get(url("card_readers", pk)))
    day = (MOMENT + timedelta(days=1)).strftime("%d/%m/%Y")
    assert "Kiểm Văn Tra" in text(client.get(url("card_readers", pk), {"ngay": day}))


def test_the_page_costs_the_same_for_one_reader_and_for_three_more(world, sign_in):
    client, pk = sign_in(world.lan), world.card(world.lan).pk
    before = queries(client, url("card_readers", pk))
    for _number in range(3):
        hold(UserFactory(), world.agency, Capability.AUDIT)
    assert (before, queries(client, url("card_readers", pk))) == (14, 14)


# --- What an account sees ----------------------------------------------------------------------------------
def test_everybody_reads_what_they_can_see_themselves(world, sign_in):
    hold(world.head.user, world.department, Capability.VIEW)
    client = sign_in(world.head)
    assert client.get(url("own_sight")).headers["Location"] == url("account_sight", "cc002")
    shown = text(client.get(url("account_sight", "cc002")))
    assert "4 phiếu tất cả." in shown
    assert ["Hồ Thị Lan" in shown, "Võ Quang Minh" in shown, "Bùi Thị Xa" in shown] == [True, True, False]


def test_an_account_elsewhere_is_missing_and_one_partly_elsewhere_is_told_in_part(world, sign_in):
    here = Account(hold(UserFactory(), world.agency, Capability.MANAGE_GRANTS))
    both = hold(UserFactory(username="HAI"), world.agency, Capability.AUDIT)
    hold(both, world.other_agency, Capability.AUDIT)
    client = sign_in(here)
    assert client.get(url("account_sight", "cc102")).status_code == 404
    assert client.get(url("account_sight", "khong-co")).status_code == 404
    page = client.get(url("account_sight", "HAI"))
    shown = text(page)
    assert ["Đơn vị A" in shown, "Đơn vị B" in shown] == [True, False]
    assert "1 quyền khác ở ngoài các đơn vị của bạn." in shown


# --- T49: looking as another account -----------------------------------------------------------------------
def begin(client, username="cc004", reason="Kiểm tra lỗi hiển thị"):
    return client.post(url("view_as", username), {"reason": reason})


def test_t49_who_looks_as_another_sees_their_pages_under_a_banner_and_both_names_are_kept(
    world, sign_in, giver
):
    card, client = make.submitted(world, world.lan), sign_in(giver)
    assert begin(client).headers["Location"] == url("home")
    page = client.get(url("card", card.pk))
    assert page.status_code == 200
    assert "Quản Thị Trị đang xem như Hồ Thị Lan" in body(page)
    assert acts() == [("view_as.begun", "QT01"), ("view_as.page", "QT01")]
    entry = LedgerEntry.objects.get(act="view_as.page")
    assert entry.after == {"account": "cc004", "path": url("card", card.pk)}
    assert client.post(url("view_as_end")).headers["Location"] == url("account_sight", "cc004")
    assert acts()[-1] == ("view_as.ended", "QT01")
    assert client.get(url("card", card.pk)).status_code == 404


def test_t49_nothing_can_be_changed_printed_or_kept_while_looking(world, sign_in, giver):
    card, client = make.submitted(world, world.lan), sign_in(giver)
    begin(client, "cc002")
    before = Scorecard.objects.get(pk=card.pk).version_number
    answers = {
        "confirm": client.post(url("confirm", card.pk), {"expected": before}),
        "evaluate": client.post(url("evaluate", card.pk), {"expected": before, "s-key-I.1": "5"}),
        "return": client.post(url("return_card", card.pk), {"expected": before, "reason": "x"}),
        "print": client.post(reverse("reporting:form01", args=[card.pk])),
        "admin": client.get("/admin/"),
        "put": client.put(url("card", card.pk)),
        "password": client.post(reverse("accounts:change_password"), {}),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert "không thay đổi được gì" in text(answers["confirm"])
    card.refresh_from_db()
    assert (card.state, card.version_number) == ("submitted", before)
    assert {act for act, _actor in acts()} == {"view_as.begun"}


def test_t49_it_ends_by_itself_and_when_the_right_to_it_ends(world, sign_in, giver, clock):
    card, client = make.submitted(world, world.lan), sign_in(giver)
    begin(client)
    clock.now = MOMENT + timedelta(minutes=15)
    assert client.get(url("card", card.pk)).status_code == 404
    assert acts()[-1] == ("view_as.ended", "QT01")
    begin(client)
    assert client.get(url("card", card.pk)).status_code == 200
    Grant.objects.filter(user=giver.user).update(ended_at=clock.now)
    hold(giver.user, world.other_agency, Capability.MANAGE_GRANTS)
    assert client.get(url("card", card.pk)).status_code == 404
    assert viewing.SESSION_KEY not in client.session


@pytest.mark.parametrize(
    ("who", "status"),
    [("own", 403), ("auditor", 409), ("other giver", 409), ("closed", 409), ("nobody", 404)],
)
def test_t49_some_accounts_are_not_looked_through(world, sign_in, giver, who, status):
    hold(UserFactory(username="AUD"), world.agency, Capability.AUDIT)
    hold(UserFactory(username="GIV"), world.agency, Capability.MANAGE_GRANTS)
    gone = hold(UserFactory(username="GONE"), world.agency, Capability.VIEW)
    gone.is_active = False
    gone.save()
    names = {"own": "QT01", "auditor": "AUD", "other giver": "GIV", "closed": "GONE", "nobody": "KHONG"}
    assert begin(sign_in(giver), names[who]).status_code == status
    assert acts() == []


def test_t49_an_account_that_also_holds_elsewhere_is_not_looked_through(world, sign_in):
    here = Account(hold(UserFactory(), world.agency, Capability.MANAGE_GRANTS))
    hold(world.lan.user, world.other_agency, Capability.VIEW)
    assert begin(sign_in(here)).status_code == 404
    assert acts() == []


def test_a_reason_is_asked_for(world, sign_in, giver):
    client = sign_in(giver)
    assert client.get(url("view_as", "cc004")).status_code == 200
    for empty in ("", "   "):
        assert begin(client, reason=empty).status_code == 422
    assert acts() == []


def test_nobody_else_is_offered_it(world, sign_in):
    auditor = Account(holder(world.agency, Capability.AUDIT))
    client = sign_in(auditor)
    assert url("view_as", "cc004") not in body(client.get(url("account_sight", "cc004")))
    assert begin(client).status_code == 404
    assert begin(sign_in(world.lan), "cc004").status_code == 404


def test_ending_what_was_not_begun_leads_home(world, sign_in):
    assert sign_in(world.lan).post(url("view_as_end")).headers["Location"] == url("home")
    assert acts() == []


def test_signing_out_while_looking_ends_the_sitting(world, sign_in, giver):
    client = sign_in(giver)
    begin(client)
    assert client.post(reverse("accounts:sign_out")).status_code == 302
    assert client.get(url("home")).status_code == 302
