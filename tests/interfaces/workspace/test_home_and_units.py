"""What waits for me, the units I may read, their cards; and what the header offers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from snippets.enums import Capability, PeriodState, Role
from snippets.models import Period
from tests.factories import evaluation as make
from tests.factories.snippets import UserFactory, hold, holder, in_role
from tests.helpers import world as worlds
from tests.helpers.pages import LOG_ROW, body, queries, text
from tests.helpers.thawed import thawed


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


def offered(client):
    """What the header offers: (label, counter)."""
    import re

    page = body(client.get("/"))
    found = re.findall(r'service-navigation__link"[^>]*>\s*(.*?)</a>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in found]


def signed_in(user):
    client = Client()
    client.force_login(user)
    client.get("/suc-khoe/")
    return client


# --- Home --------------------------------------------------------------------------------------------------
def test_the_person_reads_what_to_do_and_until_when(world, sign_in):
    shown = text(sign_in(world.lan).get("/"))
    assert "Hãy tự chấm và gửi phiếu trước 06/08/2026 00:00." in shown
    assert "Đánh giá trước" in shown
    assert "11/08/2026 00:00" in shown


def test_each_state_of_an_own_card_says_whats_next(world, sign_in, clock):
    client = sign_in(world.lan)
    make.submitted(world, world.lan)
    assert "Không có: phiếu đang ở cấp có thẩm quyền." in text(client.get("/"))
    Scorecard.objects.filter(person=world.lan).update(
        state=CardState.NOTIFIED,
        evaluated_at=make.MOMENT,
        confirmed_at=make.MOMENT,
        result_final_at=make.MOMENT,
        notified_at=make.MOMENT,
    )
    assert "Hãy xem kết quả của bạn." in text(client.get("/"))
    Scorecard.objects.filter(person=world.lan).update(state=CardState.OPENED)
    clock.now = world.period.self_due_at + timedelta(minutes=1)
    assert "Đã quá hạn tự chấm (06/08/2026 00:00)." in text(sign_in(world.lan).get("/"))


def test_tasks_to_report_and_to_decide_are_listed_with_their_number(world, sign_in):
    for _number in range(11):
        make.assigned(world, world.lan)
    make.reported(world, world.minh)
    own = text(sign_in(world.lan).get("/"))
    assert "Nhiệm vụ chờ báo cáo 11" in own
    assert own.count("Soạn thảo văn bản") == 10
    assert "Xem tất cả 11" in own
    head = text(sign_in(world.head).get("/"))
    assert "Nhiệm vụ chờ xác nhận hoặc quyết định 1 Soạn thảo văn bản Võ Quang Minh, DC.01" in head


def test_an_account_for_which_nothing_waits_reads_so(world):
    client = signed_in(UserFactory())
    assert "Hiện không có việc nào chờ bạn." in text(client.get("/"))


def test_nothing_of_a_closed_period_waits(world, sign_in):
    make.submitted(world, world.lan)
    Period.objects.update(state=PeriodState.CLOSED, closed_at=make.MOMENT)
    assert "Hiện không có việc nào chờ bạn." in text(sign_in(world.head).get("/"))


def test_home_costs_the_same_with_one_thing_waiting_and_with_three(world, sign_in):
    make.submitted(world, world.lan)
    head, person = sign_in(world.head), sign_in(world.lan)
    assert (queries(head, "/"), queries(person, "/")) == (9, 9)
    make.submitted(world, world.minh)
    make.reported(world, world.deputy)
    make.proposed(world, world.deputy)
    assert (queries(head, "/"), queries(person, "/")) == (9, 9)


# --- The header --------------------------------------------------------------------------------------------
def test_the_header_offers_what_the_account_holds(world, sign_in):
    make.submitted(world, world.lan)
    hold(world.head.user, world.department, Capability.VIEW, Capability.ASSIGN)
    assert offered(sign_in(world.lan))[:3] == ["Việc chờ tôi", "Phiếu của tôi", "Nhiệm vụ của tôi"]
    assert offered(sign_in(world.head))[:6] == [
        "Việc chờ tôi 2 đang chờ bạn",
        "Phiếu của tôi 1 đang chờ bạn",
        "Nhiệm vụ của tôi",
        "Đánh giá 1 đang chờ bạn",
        "Nhiệm vụ chờ quyết định",
        "Đơn vị",
    ]
    assert "Lịch sử" in offered(signed_in(in_role(world.agency, Role.AUDITOR)))
    policy = offered(signed_in(in_role(world.root, Role.POLICY)))
    assert ["Kỳ theo dõi, đánh giá" in policy, "Phiếu của tôi" in policy] == [True, False]


def test_a_visitor_is_offered_nothing_and_costs_nothing(world, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = Client().get(reverse("accounts:sign_in"))
    assert "service-navigation" not in body(page)


def test_a_first_sign_in_is_offered_nothing_before_the_password(world):
    client = signed_in(UserFactory(must_change_password=True))
    page = client.get(reverse("accounts:change_password"))
    assert "service-navigation" not in body(page)


def test_the_version_of_the_product_may_be_unknown(monkeypatch):
    from importlib.metadata import PackageNotFoundError

    from kpi_cms.interfaces.workspace import navigation

    def unknown(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(navigation, "version", unknown)
    assert navigation._product_version() == ""
    monkeypatch.setattr(navigation, "version", lambda name: "1.2")
    assert navigation._product_version() == "1.2"


def test_an_address_that_nobody_serves_is_no_link():
    from kpi_cms.interfaces.workspace.presentation.links import optional_url

    assert (optional_url("khong:co"), optional_url("workspace:home")) == ("", "/")


# --- Units -------------------------------------------------------------------------------------------------
def test_the_highest_units_are_listed_and_others_found_by_name(world):
    client = signed_in(holder(world.agency, Capability.VIEW))
    listed = text(client.get(url("units")))
    assert [name in listed for name in ("Đơn vị A1", "Đơn vị B", "Đơn vị TINH")] == [True, False, False]
    found = text(client.get(url("units"), {"q": "don vi a1"}))
    assert "Đơn vị A1 A1" in found
    assert "Không tìm thấy đơn vị." in text(client.get(url("units"), {"q": "B1"}))
    assert "Bạn chưa được xem phiếu của đơn vị nào." in text(signed_in(UserFactory()).get(url("units")))


def test_points_stand_in_the_list_where_the_reader_may_see_them(world, sign_in):
    client = signed_in(holder(world.agency, Capability.VIEW))
    make.evaluated(world, world.lan, share="0.5")
    make.confirmed(world, world.minh, share="0.5")
    make.self_assessed(world, world.deputy)
    shown = text(client.get(url("unit", "A1")))
    words = {state: str(state.label) for state in CardState}
    place = "Chức vụ member, Đơn vị A1"
    assert f"Hồ Thị Lan {place} {words[CardState.SUBMITTED]} 100,00 – – Nguyễn Thị Hà" in shown
    assert f"Võ Quang Minh {place} {words[CardState.CONFIRMED]} 100,00 85,00 Hoàn thành tốt nhiệm vụ" in shown
    assert f"Phạm Tiến Dũng Chức vụ deputy, Đơn vị A1 {words[CardState.OPENED]} – – –" in shown
    own = text(sign_in(world.head).get(url("unit", "A1")))
    assert "100,00 85,00 Hoàn thành tốt nhiệm vụ Nguyễn Thị Hà" in own


def test_a_head_does_not_read_their_own_result_in_the_list_before_they_are_notified(world, sign_in):
    hold(world.head.user, world.department, Capability.VIEW)
    Scorecard.objects.filter(person__in=(world.minh, world.deputy, world.lan)).delete()
    make.confirmed(world, world.head, share="0.5")
    shown = text(sign_in(world.head).get(url("unit", "A1")))
    assert f"{CardState.CONFIRMED.label} 100,00 – –" in shown


def test_the_unit_is_filtered_by_state_and_name(world):
    client = signed_in(holder(world.agency, Capability.VIEW))
    make.submitted(world, world.lan)
    page = url("unit", "A")
    shown = text(client.get(page, {"trang-thai": "submitted"}))
    assert ["Hồ Thị Lan" in shown, "Võ Quang Minh" in shown] == [True, False]
    shown = text(client.get(page, {"q": "VO QUANG", "trang-thai": "x"}))
    assert ["Hồ Thị Lan" in shown, "Võ Quang Minh" in shown] == [False, True]
    assert "(1)" in text(client.get(page))
    assert "Không có phiếu nào." in text(client.get(page, {"q": "khong ai"}))


def test_near_units_are_linked_where_they_may_be_read(world):
    client = signed_in(holder(world.agency, Capability.VIEW))
    top, below = body(client.get(url("unit", "A"))), body(client.get(url("unit", "A1")))
    assert (f"{url('unit', 'A1')}?ky=" in top, f'href="{url("unit", "TINH")}' in top) == (True, False)
    assert "Cấp trên: Đơn vị A" in below


def test_a_unit_without_any_period_is_an_empty_list(world):
    with thawed():
        Period.objects.update(state=PeriodState.DRAFT)
    client = signed_in(holder(world.agency, Capability.VIEW))
    assert "Không có phiếu nào." in text(client.get(url("unit", "A1")))
    assert client.get(url("evaluations")).status_code == 200


@pytest.mark.parametrize("wanted", ["", "999999", "x", "٣", "1" * 30])
def test_a_period_that_is_not_offered_leads_to_the_newest_open_one(world, wanted):
    client = signed_in(holder(world.agency, Capability.VIEW))
    assert "Hồ Thị Lan" in text(client.get(url("unit", "A1"), {"ky": wanted}))


def test_a_closed_period_can_be_chosen(world):
    period = Period.objects.get(pk=world.period.pk)
    period.pk, period.number, period.state = None, 6, PeriodState.CLOSED
    period.closed_at = make.MOMENT
    period.save()
    client = signed_in(holder(world.agency, Capability.VIEW))
    assert "Hồ Thị Lan" not in text(client.get(url("unit", "A1"), {"ky": period.pk}))


def test_the_list_is_paged_by_key_both_ways(world, monkeypatch):
    from kpi_cms.interfaces.workspace.views import units

    monkeypatch.setattr(units, "PAGE", 2)
    client = signed_in(holder(world.agency, Capability.VIEW))
    page = url("unit", "A")
    names = ["Trần Đức Chí", "Phạm Tiến Dũng", "Nguyễn Thị Hà", "Hồ Thị Lan", "Võ Quang Minh"]

    def shown(address):
        return [name for name in names if f">{name}</a>" in body(client.get(address))]

    def link(address, rel):
        import re

        found = re.search(rf'href="([^"]*)" rel="{rel}"', body(client.get(address)))
        return f"{found[1]}" if found else ""

    assert shown(page) == names[:2]
    assert link(page, "prev") == ""
    second = link(page, "next")
    assert shown(second) == names[2:4]
    third = link(second, "next")
    assert shown(third) == names[4:]
    assert link(third, "next") == ""
    assert shown(link(third, "prev")) == names[2:4]
    assert shown(link(second, "prev")) == names[:2]
    assert link(link(second, "prev"), "prev") == ""
    assert shown(f"{page}?sau=999999") == names[:2]
    assert shown(f"{page}?truoc=999999") == names[:2]


def test_the_list_costs_the_same_for_one_card_and_for_three(world):
    client = signed_in(holder(world.agency, Capability.VIEW))
    page = url("unit", "A1")
    assert queries(client, f"{page}?q=lan") == 10 + LOG_ROW
    assert queries(client, page) == 10 + LOG_ROW
    assert queries(client, url("units")) == 5
    worlds.unit("A2", parent=world.agency, level="constituent")
    worlds.unit("A3", parent=world.agency, level="constituent")
    assert queries(client, url("units")) == 5
