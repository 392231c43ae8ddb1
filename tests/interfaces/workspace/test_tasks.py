"""Tasks on screen: reported by the person, given and confirmed by the head, with errors, delays and causes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import Delay, Fault, ObjectiveCause, Task
from snippets.enums import Capability, PeriodState, Role
from snippets.models import Period, Product
from tests.factories import evaluation as make
from tests.factories.snippets import ProductFactory, hold, in_role
from tests.helpers.pages import LOG_ROW, body, field, queries, text
from tests.helpers.thawed import thawed

REASON = "Sai căn cứ pháp lý tại phần mở đầu."


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


@pytest.fixture
def client(world, sign_in):
    """The head, with a head's capabilities on A1."""
    hold(world.head.user, world.department, Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)
    return sign_in(world.head)


# --- The person --------------------------------------------------------------------------------------------
def test_the_person_reports_with_day_and_document(world, sign_in):
    task, own = make.assigned(world, world.lan), sign_in(world.lan)
    assert "Báo cáo" in text(own.get(url("tasks")))
    data = {
        "expected": "1",
        "completed": "3,5",
        "completed_on": "19/07/2026",
        "evidence_number": "12/BC-UBND",
        "note": "Xong",
    }
    response = own.post(url("report_task", task.pk), data)
    assert response.headers["Location"] == f"{url('tasks')}?ky={world.period.pk}"
    task.refresh_from_db()
    assert (task.state, task.completed, task.completed_on, task.evidence_number, task.note) == (
        TaskState.REPORTED,
        Decimal("3.5"),
        date(2026, 7, 19),
        "12/BC-UBND",
        "Xong",
    )
    page = own.get(url("report_task", task.pk))
    assert (field(page, "completed"), field(page, "completed_on")) == ("3,5", "19/07/2026")


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"completed": "ba"}, "completed"),
        ({"completed": "1,23456"}, "completed"),
        ({"completed": "0,1234"}, "completed"),
        ({"completed": ""}, "completed"),
        ({"completed": "9"}, "completed"),
        ({"completed": "1.000"}, "completed"),
        ({"completed_on": "31-07"}, "completed_on"),
        ({"completed_on": ""}, "completed_on"),
        ({"completed_on": "01/09/2026"}, "completed_on"),
        ({"completed_on": "01/01/2020"}, "completed_on"),
        ({"evidence_number": ""}, "evidence_number"),
    ],
)
def test_a_report_that_cannot_be_used_comes_back_as_typed(world, sign_in, changes, at):
    task = make.assigned(world, world.lan)
    data = {
        "expected": "1",
        "completed": "2",
        "completed_on": "19/07/2026",
        "evidence_number": "12/BC",
        "note": "Ghi chú",
        **changes,
    }
    response = sign_in(world.lan).post(url("report_task", task.pk), data)
    assert response.status_code == 422
    assert f'href="#id_{at}"' in body(response)
    named = changes.get("completed", "2"), "Ghi chú"
    if named[0]:
        assert (field(response, "completed"), field(response, "note")) == named
    task.refresh_from_db()
    assert (task.state, task.completed) == (TaskState.ASSIGNED, 0)


def test_a_stale_report_shows_both_values_and_can_be_sent_again(world, sign_in):
    task, own = make.assigned(world, world.lan), sign_in(world.lan)
    data = {"completed": "2", "completed_on": "19/07/2026", "evidence_number": "12/BC"}
    own.post(url("report_task", task.pk), data | {"expected": "1"})
    response = own.post(url("report_task", task.pk), data | {"expected": "1", "completed": "3"})
    assert response.status_code == 409
    assert ["<mark>3</mark>" in body(response), "<mark>2</mark>" in body(response)] == [True, True]
    assert (field(response, "completed"), field(response, "expected")) == ("3", "2")
    again = data | {"expected": "2", "completed": "3"}
    assert own.post(url("report_task", task.pk), again).status_code == 302


def test_a_sudden_task_is_proposed_with_and_without_a_product(world, sign_in):
    own = sign_in(world.lan)
    page = url("propose_task", world.period.pk)
    data = {"name": "Đón đoàn kiểm tra", "quantity": "1", "due_on": "20/07/2026", "note": ""}
    assert own.post(page, data).status_code == 302
    assert own.post(page, data | {"name": "", "product": world.product.pk}).status_code == 302
    found = Task.objects.order_by("pk").values_list("name", "product", "state", "kind")
    assert list(found) == [
        ("Đón đoàn kiểm tra", None, TaskState.PROPOSED, TaskKind.SUDDEN),
        ("Soạn thảo văn bản", world.product.pk, TaskState.PROPOSED, TaskKind.SUDDEN),
    ]
    empty = own.post(page, data | {"name": " ", "due_on": "20/09/2026"})
    assert (empty.status_code, field(empty, "due_on")) == (422, "20/09/2026")
    assert own.get(url("propose_task", 999_999)).status_code == 404


def test_who_has_no_card_in_the_period_proposes_nothing(world, sign_in):
    from django.test import Client

    from tests.factories.snippets import UserFactory

    client = Client()
    client.force_login(UserFactory())
    assert client.get(url("propose_task", world.period.pk)).status_code == 404
    assert "Bạn chưa được giao nhiệm vụ nào" in text(client.get(url("tasks")))


def test_the_person_sees_errors_with_their_reasons_and_cannot_touch_them(world, sign_in, client):
    task = make.reported(world, world.lan)
    client.post(url("record_fault", task.pk), {"unit_number": "2", "reason": REASON})
    own = sign_in(world.lan)
    shown = text(own.get(url("task", task.pk)))
    assert REASON in shown
    assert "Rút ghi nhận" not in shown
    assert "1 / 0" in text(own.get(url("tasks")))


# --- Giving ------------------------------------------------------------------------------------------------
def test_a_product_is_found_without_marks_and_given(world, client):
    other = ProductFactory(catalogue=world.product.catalogue, code="DC.77", duty="Đón tiếp nhân dân")
    page = url("assign_task", world.period.pk, world.minh.pk)
    shown = text(client.get(page, {"q": "don tiep"}))
    assert ["Đón tiếp nhân dân" in shown, "Soạn thảo văn bản" in shown] == [True, False]
    assert "Không tìm thấy" in text(client.get(page, {"q": "khong co gi"}))
    data = {"product": other.pk, "quantity": "2,5", "due_on": "15/07/2026", "note": "Gấp", "q": "don tiep"}
    response = client.post(page, data)
    assert response.headers["Location"] == f"{url('person_tasks', world.minh.pk)}?ky={world.period.pk}"
    task = Task.objects.get()
    assert (task.person, task.code, task.assigned, task.due_on, task.kind, task.note) == (
        world.minh,
        "DC.77",
        Decimal("2.5"),
        date(2026, 7, 15),
        TaskKind.PLANNED,
        "Gấp",
    )
    assert client.post(page, data | {"sudden": "on"}).status_code == 302
    assert Task.objects.filter(kind=TaskKind.SUDDEN).count() == 1


def test_a_refused_assignment_keeps_the_product_and_the_search(world, client):
    page = url("assign_task", world.period.pk, world.minh.pk)
    data = {
        "product": world.product.pk,
        "quantity": "0",
        "due_on": "15/09/2026",
        "note": "Gấp",
        "q": "khong co",
    }
    response = client.post(page, data)
    assert response.status_code == 422
    assert f'value="{world.product.pk}" id="id_product" checked' in body(response)
    assert (field(response, "due_on"), field(response, "note")) == ("15/09/2026", "Gấp")
    assert 'href="#id_quantity"' in body(response)
    assert "Hãy chọn một sản phẩm/công việc trong danh sách." in text(
        client.post(page, data | {"product": ""})
    )
    assert Task.objects.count() == 0


def test_a_product_of_another_units_list_is_not_offered(world, client):
    ProductFactory(
        catalogue=world.product.catalogue, code="B.01", duty="Việc riêng của B1", unit=world.other_department
    )
    page = url("assign_task", world.period.pk, world.minh.pk)
    assert "Việc riêng của B1" not in text(client.get(page))
    foreign = Product.objects.get(code="B.01")
    data = {"product": foreign.pk, "quantity": "1", "due_on": "15/07/2026"}
    assert client.post(page, data).status_code == 422


def test_many_products_are_cut_with_a_word(world, client):
    for number in range(21):
        ProductFactory(catalogue=world.product.catalogue, code=f"X.{number:02d}", duty="Kiểm tra")
    page = url("assign_task", world.period.pk, world.minh.pk)
    assert "Còn sản phẩm chưa hiển thị." in text(client.get(page))


def test_nobody_gives_work_to_themselves(world, client):
    make.submitted(world, world.head)
    page = url("assign_task", world.period.pk, world.head.pk)
    assert client.get(page).status_code == 403


def test_extras_above_the_sets_share_warn_the_head(world, client):
    make.assigned(world, world.minh, "4")
    page = url("assign_task", world.period.pk, world.minh.pk)
    extra = make.assigned(world, world.minh, "2", sudden=True)
    make.tasks.report_task(
        actor=world.minh.user,
        moment=make.MOMENT,
        task=extra,
        expected=1,
        completed=Decimal(2),
        completed_on=make.DONE,
        evidence_number="1/BC",
    )
    listed = url("person_tasks", world.minh.pk)
    assert "Nhiệm vụ phát sinh đã hoàn thành bằng 50% số được giao." in text(client.get(listed))
    data = {"product": world.product.pk, "quantity": "1", "due_on": "15/07/2026", "sudden": "on"}
    assert "chiếm tỷ lệ lớn so với số được giao" in text(client.post(page, data, follow=True))


def test_the_person_is_not_warned_of_their_own_extras(world, sign_in):
    make.assigned(world, world.minh, "1")
    make.accepted(world, world.minh, sudden=True)
    assert "Nhiệm vụ phát sinh đã hoàn thành bằng" not in text(sign_in(world.minh).get(url("tasks")))


def test_a_larger_product_is_split_among_several(world, client):
    page = url("split_task", "A1", world.period.pk)
    assert "Võ Quang Minh (CC005)" in text(client.get(page))
    form = {"p-TOTAL_FORMS": "6", "p-INITIAL_FORMS": "0", "product": world.product.pk}
    parts = {
        "p-0-person": world.minh.pk,
        "p-0-label": "Dự thảo",
        "p-0-share": "0,6",
        "p-0-due_on": "10/07/2026",
        "p-1-person": world.lan.pk,
        "p-1-label": "Hoàn thiện",
        "p-1-share": "0,4",
        "p-1-due_on": "20/07/2026",
    }
    too_much = client.post(page, form | parts | {"p-1-share": "0,5"})
    assert (too_much.status_code, field(too_much, "p-1-label")) == (422, "Hoàn thiện")
    gaps = client.post(page, form | parts | {"p-1-share": "", "p-1-label": "", "p-1-due_on": "mai"})
    assert gaps.status_code == 422
    assert [f'href="#id_p-1-{name}"' in body(gaps) for name in ("share", "label", "due_on")] == [True] * 3
    assert client.post(page, form).status_code == 422
    assert Task.objects.count() == 0
    response = client.post(page, form | parts)
    assert response.headers["Location"] == f"{url('unit_tasks', 'A1')}?ky={world.period.pk}"
    made = Task.objects.order_by("due_on").values_list("person", "part_label", "share", "assigned")
    assert list(made) == [
        (world.minh.pk, "Dự thảo", Decimal("0.6"), Decimal("0.6")),
        (world.lan.pk, "Hoàn thiện", Decimal("0.4"), Decimal("0.4")),
    ]
    assert "Dự thảo" in text(client.get(url("task", Task.objects.get(person=world.minh).pk)))


def test_whoever_only_reads_the_unit_splits_nothing(world, sign_in):
    hold(world.chair.user, world.agency, Capability.VIEW)
    assert sign_in(world.chair).get(url("split_task", "A1", world.period.pk)).status_code == 404


def test_a_task_is_changed_with_a_reason_until_it_is_reported(world, client):
    task = make.assigned(world, world.lan)
    page = client.get(url("change_task", task.pk))
    assert (field(page, "quantity"), field(page, "due_on")) == ("4", "20/07/2026")
    data = {"expected": "1", "quantity": "3", "due_on": "25/07/2026", "reason": "Thêm thời gian"}
    assert client.post(url("change_task", task.pk), data | {"reason": ""}).status_code == 422
    assert client.post(url("change_task", task.pk), data).status_code == 302
    task.refresh_from_db()
    assert (task.assigned, task.due_on) == (Decimal(3), date(2026, 7, 25))
    reported = make.reported(world, world.lan)
    assert client.get(url("change_task", reported.pk)).headers["Location"] == url("task", reported.pk)


# --- Confirming --------------------------------------------------------------------------------------------
def test_a_report_in_time_is_confirmed_without_asking_for_a_delay(world, client):
    task = make.reported(world, world.lan)
    page = client.get(url("confirm_task", task.pk))
    assert ("delayed" in body(page), field(page, "accepted")) == (False, "4")
    too_much = client.post(url("confirm_task", task.pk), {"expected": "2", "accepted": "5"})
    assert (too_much.status_code, field(too_much, "accepted")) == (422, "5")
    response = client.post(url("confirm_task", task.pk), {"expected": "2", "accepted": "3"})
    assert response.headers["Location"] == f"{url('person_tasks', world.lan.pk)}?ky={world.period.pk}"
    task.refresh_from_db()
    assert (task.state, task.accepted, Delay.objects.count()) == (TaskState.CONFIRMED, Decimal(3), 0)


def test_a_late_completion_proposes_a_delay_and_preselects_nothing(world, client):
    task = make.reported(world, world.lan, done=make.DUE + timedelta(days=1))
    page = body(client.get(url("confirm_task", task.pk)))
    assert ('name="delayed"' in page, " checked" in page) == (True, False)
    data = {"expected": "2", "accepted": "4"}
    assert client.post(url("confirm_task", task.pk), data).status_code == 422
    without = client.post(url("confirm_task", task.pk), data | {"delayed": "yes", "reason": ""})
    assert (without.status_code, 'href="#id_reason"' in body(without)) == (422, True)
    assert Delay.objects.count() == 0
    assert (
        client.post(url("confirm_task", task.pk), data | {"delayed": "yes", "reason": "Chậm"}).status_code
        == 302
    )
    assert Delay.objects.count() == 4


def test_confirming_again_asks_for_no_delay_that_stands(world, client):
    task = make.reported(world, world.lan, done=make.DUE + timedelta(days=1))
    page = url("confirm_task", task.pk)
    data = {"expected": "2", "accepted": "4", "delayed": "yes", "reason": "Chậm"}
    assert client.post(page, data).status_code == 302
    assert 'name="delayed"' not in body(client.get(page))
    assert client.post(page, data | {"expected": "3"}).status_code == 302
    assert Delay.objects.count() == 4


def test_the_rest_of_a_task_is_reported_after_a_part_was_confirmed(world, client, sign_in):
    own = sign_in(world.lan)
    task = make.accepted(world, world.lan, "1", quantity="4")
    report, listed = url("report_task", task.pk), url("tasks")
    assert [report in body(own.get(address)) for address in (listed, url("task", task.pk))] == [True, True]
    assert "Báo cáo phần còn lại" in text(own.get(url("task", task.pk)))
    data = {"expected": "3", "completed": "1", "completed_on": "19/07/2026", "evidence_number": "2/BC"}
    refused = own.post(report, data)
    assert (refused.status_code, 'href="#id_completed"' in body(refused)) == (422, True)
    assert own.post(report, data | {"completed": "4"}).status_code == 302
    task.refresh_from_db()
    assert (task.state, task.completed, task.accepted) == (TaskState.REPORTED, Decimal(4), Decimal(1))
    assert "Đã xác nhận trước lần báo cáo mới nhất 1" in text(own.get(url("task", task.pk)))
    assert field(client.get(url("confirm_task", task.pk)), "accepted") == "4"
    assert client.post(url("confirm_task", task.pk), {"expected": "4", "accepted": "4"}).status_code == 302
    assert [report in body(own.get(address)) for address in (listed, url("task", task.pk))] == [False, False]
    assert own.get(report).headers["Location"] == url("task", task.pk)


def test_what_is_done_is_not_offered_to_somebody_else(world, client):
    task = make.reported(world, world.lan)
    for page in (url("hand_over_task", task.pk), url("move_task", task.pk)):
        assert page not in body(client.get(url("task", task.pk)))
        assert client.get(page).headers["Location"] == url("task", task.pk)


def test_a_late_completion_can_be_excused(world, client):
    task = make.reported(world, world.lan, done=make.DUE + timedelta(days=1))
    data = {"expected": "2", "accepted": "4", "delayed": "no"}
    assert client.post(url("confirm_task", task.pk), data).status_code == 302
    assert Delay.objects.count() == 0


def test_an_error_is_recorded_excused_and_taken_back(world, client):
    task = make.reported(world, world.lan)
    page = url("record_fault", task.pk)
    refused = client.post(page, {"unit_number": "5", "reason": REASON})
    assert (refused.status_code, field(refused, "reason")) == (422, REASON)
    assert client.post(page, {"unit_number": "x", "reason": REASON}).status_code == 422
    assert client.post(page, {"unit_number": "2", "reason": REASON}).status_code == 302
    fault = Fault.objects.get()
    about = (task.pk, "sai-sot", fault.pk)
    assert client.get(url("confirm_cause", *about)).status_code == 200
    assert client.post(url("confirm_cause", *about), {"reason": "Mất điện toàn xã"}).status_code == 302
    assert "Không: có nguyên nhân khách quan Mất điện toàn xã" in text(client.get(url("task", task.pk)))
    assert client.post(url("confirm_cause", *about), {"reason": "Lần nữa"}).status_code == 409
    assert client.post(url("revoke_cause", *about), {"reason": "Đã xác minh"}).status_code == 302
    assert ObjectiveCause.objects.get().revoked_at == make.MOMENT
    assert client.post(url("revoke_cause", *about), {"reason": "Lần nữa"}).status_code == 404
    assert client.post(url("withdraw_deduction", *about), {"reason": ""}).status_code == 422
    assert client.post(url("withdraw_deduction", *about), {"reason": "Ghi nhầm"}).status_code == 302
    assert "Không: đã rút" in text(client.get(url("task", task.pk)))


def test_a_delay_is_recorded_on_a_unit_of_quantity(world, client):
    task = make.reported(world, world.lan)
    assert (
        client.post(url("record_delay", task.pk), {"unit_number": "1", "reason": "Chậm"}).status_code == 302
    )
    assert list(Delay.objects.values_list("task", "unit_number")) == [(task.pk, 1)]
    assert client.get(url("withdraw_deduction", task.pk, "cham", Delay.objects.get().pk)).status_code == 200


@pytest.mark.parametrize("kind", ["cham", "khac"])
def test_a_deduction_of_another_kind_or_task_is_missing(world, client, kind):
    task, other = make.reported(world, world.lan), make.reported(world, world.minh)
    client.post(url("record_fault", task.pk), {"unit_number": "1", "reason": REASON})
    fault = Fault.objects.get().pk
    assert client.get(url("withdraw_deduction", task.pk, kind, fault)).status_code == 404
    assert client.get(url("withdraw_deduction", other.pk, "sai-sot", fault)).status_code == 404


def test_work_is_handed_over_to_somebody_else(world, client):
    task = make.assigned(world, world.lan)
    page = client.get(url("hand_over_task", task.pk))
    assert field(page, "quantity") == "4"
    assert ["Võ Quang Minh (CC005)" in text(page), "Hồ Thị Lan (CC004)" in text(page)] == [True, False]
    data = {
        "expected": "1",
        "taker": world.minh.pk,
        "quantity": "3",
        "due_on": "25/07/2026",
        "reason": "Nghỉ ốm",
    }
    assert client.post(url("hand_over_task", task.pk), data | {"taker": world.stranger.pk}).status_code == 422
    assert client.post(url("hand_over_task", task.pk), data).status_code == 302
    taken = Task.objects.get(person=world.minh)
    assert (taken.kind, taken.assigned, taken.source_id) == (TaskKind.TAKEN_OVER, Decimal(3), task.pk)
    assert "Võ Quang Minh: 3, 25/07/2026" in text(client.get(url("task", task.pk)))
    shown = text(client.get(url("task", taken.pk)))
    assert "Nhận lại từ Hồ Thị Lan" in shown
    assert "Số lượng chuyển giao 3" in text(client.get(url("task", task.pk)))


def test_work_is_moved_before_its_due_date(world, client, clock, sign_in):
    task = make.assigned(world, world.lan)
    data = {
        "expected": "1",
        "taker": world.minh.pk,
        "quantity": "4",
        "due_on": "25/07/2026",
        "reason": "Nghỉ phép",
    }
    assert client.post(url("move_task", task.pk), data).status_code == 409
    clock.now = make.MOMENT - timedelta(days=20)
    assert sign_in(world.head).post(url("move_task", task.pk), data).status_code == 302
    task.refresh_from_db()
    assert task.state == TaskState.WITHDRAWN


def test_a_proposal_is_accepted_with_a_product_or_declined(world, client):
    first, second = make.proposed(world, world.lan), make.proposed(world, world.lan, "Việc thứ hai")
    assert "Việc đột xuất" in text(client.get(url("tasks_to_decide")))
    page = url("decide_task", first.pk)
    assert client.post(page, {"product": world.product.pk}).status_code == 422
    accepted = client.post(page, {"decision": "accept", "product": world.product.pk, "reason": ""})
    assert accepted.status_code == 302
    first.refresh_from_db()
    assert (first.state, first.code, first.coefficient) == (TaskState.ASSIGNED, "DC.01", Decimal(2))
    refused = client.post(url("decide_task", second.pk), {"decision": "decline", "reason": ""})
    assert (refused.status_code, 'href="#id_reason"' in body(refused)) == (422, True)
    assert (
        client.post(url("decide_task", second.pk), {"decision": "decline", "reason": "Trùng"}).status_code
        == 302
    )
    second.refresh_from_db()
    assert second.state == TaskState.DECLINED
    assert "Không có nhiệm vụ nào chờ bạn quyết định." in text(client.get(url("tasks_to_decide")))


def test_an_accepted_task_without_a_product_is_named_on_a_page_of_its_own(world, client):
    task = make.unnamed(world, world.lan)
    assert url("name_product", task.pk) in body(client.get(url("task", task.pk)))
    assert url("name_product", task.pk) in body(client.get(url("person_tasks", world.lan.pk)))
    page = url("name_product", task.pk)
    shown = client.get(page)
    assert ["Soạn thảo văn bản" in text(shown), 'name="decision"' in body(shown)] == [True, False]
    empty = client.post(page, {"product": "", "reason": ""})
    assert (empty.status_code, "Hãy chọn một sản phẩm/công việc trong danh sách." in text(empty)) == (
        422,
        True,
    )
    assert client.post(page, {"product": world.product.pk, "reason": ""}).status_code == 302
    task.refresh_from_db()
    assert (task.code, task.coefficient, task.name) == ("DC.01", Decimal(2), "Việc đột xuất")
    assert client.get(page).headers["Location"] == url("task", task.pk)
    assert client.post(page, {"product": world.product.pk, "reason": ""}).status_code == 409
    for address in (url("task", task.pk), url("person_tasks", world.lan.pk)):
        assert url("name_product", task.pk) not in body(client.get(address))


# --- Lists -------------------------------------------------------------------------------------------------
def test_people_without_tasks_are_the_heads_omission(world, client):
    make.assigned(world, world.lan)
    shown = text(client.get(url("home")))
    assert "Người chưa được giao nhiệm vụ trong kỳ 2" in shown
    assert "Mọi người đều phải được giao nhiệm vụ" in shown
    without = text(client.get(url("unit_tasks", "A1"), {"thieu": "1"}))
    assert [name in without for name in ("Lan", "Minh", "Dũng", "Hà")] == [False, True, True, True]
    assert "Người này chưa có nhiệm vụ trong kỳ." in text(client.get(url("person_tasks", world.minh.pk)))


def test_people_are_found_in_the_unit_by_name(world, client):
    found = text(client.get(url("unit_tasks", "A1"), {"q": "ho thi"}))
    assert [name in found for name in ("Hồ Thị Lan", "Võ Quang Minh")] == [True, False]
    assert "Không có ai." in text(client.get(url("unit_tasks", "A1"), {"q": "khong ai"}))


def test_somebody_with_two_cards_is_listed_once(world, client):
    card = world.card(world.lan)
    card.pk, card.frame = None, "party"
    card.save()
    assert text(client.get(url("unit_tasks", "A1"))).count("Hồ Thị Lan") == 1


def test_a_clerk_gives_tasks_of_the_unit(world):
    from django.test import Client

    client = Client()
    client.force_login(in_role(world.department, Role.CLERK))
    page = url("assign_task", world.period.pk, world.lan.pk)
    data = {"product": world.product.pk, "quantity": "1", "due_on": "15/07/2026"}
    assert client.post(page, data).status_code == 302
    assert Task.objects.get().person == world.lan
    confirm = url("confirm_task", Task.objects.get().pk)
    assert client.get(confirm).status_code == 403


def test_a_clerk_is_not_offered_extras_and_refused_with_a_sentence(world, client):
    from django.test import Client

    clerk = Client()
    clerk.force_login(in_role(world.department, Role.CLERK))
    page = url("assign_task", world.period.pk, world.lan.pk)
    assert ['name="sudden"' in body(reader.get(page)) for reader in (clerk, client)] == [False, True]
    data = {"product": world.product.pk, "quantity": "1", "due_on": "15/07/2026", "sudden": "on"}
    refused = clerk.post(page, data)
    assert (refused.status_code, Task.objects.count()) == (403, 0)
    assert "Chỉ người đứng đầu được giao nhiệm vụ ngoài kế hoạch." in text(refused)
    extra = make.assigned(world, world.lan, sudden=True)
    change = url("change_task", extra.pk)
    assert [reader.get(change).status_code for reader in (clerk, client)] == [403, 200]
    assert [change in body(reader.get(url("task", extra.pk))) for reader in (clerk, client)] == [False, True]


def test_a_closed_period_offers_no_task_action(world, client):
    task = make.reported(world, world.lan)
    Period.objects.update(state=PeriodState.CLOSED, closed_at=make.MOMENT)
    assert "Giao nhiệm vụ" not in text(client.get(url("person_tasks", world.lan.pk)))
    assert "Xác nhận" not in text(client.get(url("task", task.pk))).split("Về")[0].split("Người")[0]
    assert client.get(url("confirm_task", task.pk)).headers["Location"] == url("task", task.pk)
    response = client.post(url("confirm_task", task.pk), {"expected": "2", "accepted": "1"})
    assert response.status_code == 409


def test_the_tasks_of_a_decided_card_stand_still(world, client, sign_in):
    make.confirmed(world, world.lan)
    task = Task.objects.get(person=world.lan)
    for reader in (client, sign_in(world.lan)):
        shown = text(reader.get(url("task", task.pk)))
        assert [label in shown for label in ("Xác nhận lại", "Ghi nhận sai sót lớn", "Báo cáo")] == [
            False
        ] * 3
    assert "Giao nhiệm vụ" not in text(client.get(url("person_tasks", world.lan.pk)))
    assert "Đề xuất nhiệm vụ đột xuất" not in text(sign_in(world.lan).get(url("tasks")))


def test_without_any_period_the_lists_are_empty(world, client):
    with thawed():
        Period.objects.update(state=PeriodState.DRAFT)
    assert "Bạn chưa được giao nhiệm vụ nào" in text(client.get(url("tasks")))
    assert "Không có ai." in text(client.get(url("unit_tasks", "A1")))
    assert client.get(url("person_tasks", world.lan.pk)).status_code == 404


def test_the_lists_cost_the_same_for_one_and_for_three(world, client, sign_in):
    own = sign_in(world.lan)
    first = make.reported(world, world.lan)
    client.post(url("record_fault", first.pk), {"unit_number": "1", "reason": REASON})
    client.get(url("home"))
    pages = {
        url("tasks_to_decide"): 5 + LOG_ROW,
        url("person_tasks", world.lan.pk): 10 + LOG_ROW,
        url("unit_tasks", "A1"): 7 + LOG_ROW,
        url("task", first.pk): 12 + LOG_ROW,
        url("split_task", "A1", world.period.pk): 8,
    }
    assert {page: queries(client, page) for page in pages} == pages
    assert queries(own, url("tasks")) == 10
    make.reported(world, world.lan)
    make.proposed(world, world.minh)
    client.post(url("record_fault", first.pk), {"unit_number": "2", "reason": REASON})
    client.post(url("record_fault", first.pk), {"unit_number": "3", "reason": REASON})
    client.get(url("home"))
    assert {page: queries(client, page) for page in pages} == pages
    assert queries(own, url("tasks")) == 10
