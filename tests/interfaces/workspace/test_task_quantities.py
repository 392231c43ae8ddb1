"""Quantities of tasks on screen: how they stand in a field, and which of them came in time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from kpi_cms.evaluation.models import Delay
from snippets.enums import Capability
from tests.factories import evaluation as make
from tests.factories.snippets import hold
from tests.helpers.pages import field, text


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


@pytest.fixture
def client(world, sign_in):
    """The head, with a head's capabilities on A1."""
    hold(world.head.user, world.department, Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)
    return sign_in(world.head)


def test_a_quantity_of_three_decimals_is_taken_back_as_the_page_wrote_it(world, client):
    task = make.assigned(world, world.lan, "1.125")
    shown = field(client.get(url("change_task", task.pk)), "quantity")
    data = {
        "expected": str(task.version_number),
        "quantity": shown,
        "due_on": "25/07/2026",
        "reason": "Dời hạn",
    }
    assert (shown, client.post(url("change_task", task.pk), data).status_code) == ("1,1250", 302)
    task.refresh_from_db()
    assert (task.assigned, str(task.due_on)) == (Decimal("1.125"), "2026-07-25")


def test_the_head_sees_what_was_done_in_time_and_on_which_units_a_delay_falls(world, client):
    task = make.reported(world, world.lan, "3", quantity="5")
    make.tasks.report_task(
        actor=world.lan.user, moment=make.MOMENT, task=task, expected=2, completed=Decimal(5),
        completed_on=make.DUE + timedelta(days=2), evidence_number="13/BC",
    )  # fmt: skip
    page = text(client.get(url("confirm_task", task.pk)))
    assert f"Trong đó hoàn thành đúng hạn 3, ngày {make.DONE:%d/%m/%Y}" in page
    assert "Tính vào các đơn vị sản phẩm thứ: 4, 5." in page
    assert "nếu 3 trong 5 đạt thì đó là đơn vị 1 đến 3" in page
    assert "Trong đó hoàn thành đúng hạn 3" in text(client.get(url("task", task.pk)))
    assert "Các đơn vị sản phẩm có số thứ tự nhỏ" in text(client.get(url("record_fault", task.pk)))
    data = {"expected": "3", "accepted": "5", "delayed": "yes", "reason": "Chậm"}
    assert client.post(url("confirm_task", task.pk), data).status_code == 302
    assert sorted(Delay.objects.values_list("unit_number", flat=True)) == [4, 5]
