"""A form that is sent twice acts once (T19): a double click, a retry, the button of a tab that was left open."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.domain import tasks as domain
from kpi_cms.evaluation.models import Fault, Task
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.models import SentForm
from kpi_cms.foundation.core.sending import KEPT, forget_sent_forms
from snippets.enums import Capability
from tests.factories import evaluation as make
from tests.factories.snippets import hold
from tests.helpers.pages import field, sent, text
from tests.helpers.world import MOMENT

SAID = "Biểu mẫu này đã được gửi trước đó."


@pytest.fixture
def client(world, sign_in):
    """The head, who gives work in A1."""
    hold(world.head.user, world.department, Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)
    return sign_in(world.head)


@pytest.fixture
def address(world) -> str:
    return reverse("workspace:assign_task", args=[world.period.pk, world.minh.pk])


@pytest.fixture
def filled(world, client, address) -> dict[str, str]:
    """The form as the page shows it, filled in."""
    return {
        "product": str(world.product.pk), "quantity": "2", "due_on": "15/07/2026",
        "sent_key": field(client.get(address), "sent_key"),
    }  # fmt: skip


def test_a_form_sent_twice_gives_one_task_and_leads_to_the_same_page(world, client, address, filled):
    first, second = sent(client, address, filled), sent(client, address, filled)
    led = f"{reverse('workspace:person_tasks', args=[world.minh.pk])}?ky={world.period.pk}"
    assert [(each.status_code, each.headers["Location"]) for each in (first, second)] == [(302, led)] * 2
    assert Task.objects.count() == 1
    assert SAID in text(client.get(led))


def test_what_is_sent_with_another_content_is_not_done_either(client, address, filled):
    """The key stands for the form that was shown, whatever came of it on the way."""
    sent(client, address, filled)
    sent(client, address, filled | {"quantity": "3"})
    assert [task.assigned for task in Task.objects.all()] == [2]


def test_each_page_shown_is_a_form_of_its_own(client, address, filled):
    again = field(client.get(address), "sent_key")
    assert again != filled["sent_key"]
    for key in (filled["sent_key"], again):
        led = sent(client, address, filled | {"sent_key": key}).headers["Location"]
        assert SAID not in text(client.get(led))
    assert Task.objects.count() == 2


def test_a_refused_form_keeps_its_key_and_is_sent_again(client, address, filled):
    refused = sent(client, address, filled | {"quantity": "0"})
    assert (refused.status_code, field(refused, "sent_key")) == (422, filled["sent_key"])
    assert SentForm.objects.count() == 0
    assert sent(client, address, filled).status_code == 302
    assert Task.objects.count() == 1


def test_a_form_that_failed_left_nothing_and_is_sent_again(world, client, address, filled, monkeypatch):
    kept = domain.store

    def torn(*args, **kwargs):
        kept(*args, **kwargs)
        raise RuntimeError("the machine went down here")

    broken = Client(raise_request_exception=False)
    broken.force_login(world.head.user)
    monkeypatch.setattr(domain, "store", torn)
    assert sent(broken, address, filled).status_code == 500
    monkeypatch.undo()
    assert (Task.objects.count(), SentForm.objects.count()) == (0, 0)


def test_the_key_of_one_account_stops_no_other(world, client, sign_in, address, filled):
    hold(world.deputy.user, world.department, Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)
    sent(client, address, filled)
    assert sent(sign_in(world.deputy), address, filled).status_code == 302
    assert Task.objects.count() == 2


@pytest.mark.parametrize("key", ["", "abc", None])
def test_a_key_that_no_page_made_is_no_key(client, address, filled, key):
    form = {name: value for name, value in filled.items() if name != "sent_key"}
    form |= {"sent_key": key} if key is not None else {}
    for _time in range(2):
        assert sent(client, address, form).status_code == 302
    assert (Task.objects.count(), SentForm.objects.count()) == (2, 0)


def test_one_major_error_sent_twice_is_deducted_once(world, client):
    task = make.reported(world, world.lan)
    address = reverse("workspace:record_fault", args=[task.pk])
    form = {
        "unit_number": "1", "reason": "Sai căn cứ pháp lý.", "sent_key": field(client.get(address), "sent_key"),
    }  # fmt: skip
    assert [sent(client, address, form).status_code for _time in range(2)] == [302, 302]
    assert Fault.objects.count() == 1


def test_forms_of_last_week_are_forgotten_by_night(world):
    made = [
        SentForm.objects.create(account_id=1, key=uuid.uuid4(), answer="/", at=MOMENT - KEPT - age)
        for age in (timedelta(seconds=1), timedelta(0))
    ]
    assert forget_sent_forms(actor=system_user(), moment=MOMENT) == 1
    assert list(SentForm.objects.all()) == made[1:]
