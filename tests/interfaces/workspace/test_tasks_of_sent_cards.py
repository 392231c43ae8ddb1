"""Pages of tasks once the self-assessment is sent: what is offered, and what is refused to whoever sends it anyway."""

import pytest
from django.urls import reverse

from kpi_cms.evaluation.enums import TaskKind, TaskState
from kpi_cms.evaluation.models import Task
from snippets.enums import Capability
from tests.factories import evaluation as make
from tests.factories.snippets import hold
from tests.helpers.pages import body, text


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


@pytest.fixture
def client(world, sign_in):
    """The head, with a head's capabilities on A1."""
    hold(world.head.user, world.department, Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)
    return sign_in(world.head)


def test_once_the_self_assessment_is_sent_nothing_is_proposed(world, sign_in):
    own, page = sign_in(world.lan), url("propose_task", world.period.pk)
    assert page in body(own.get(url("tasks")))
    make.submitted(world, world.lan)
    assert page not in body(own.get(url("tasks")))
    assert own.get(page).headers["Location"] == f"{url('tasks')}?ky={world.period.pk}"
    sent = own.post(page, {"name": "Đón đoàn", "quantity": "1", "due_on": "20/07/2026"})
    assert (sent.status_code, Task.objects.filter(state=TaskState.PROPOSED).exists()) == (409, False)


def test_once_the_self_assessment_is_sent_only_the_head_gives_work_outside_the_plan(world, client, sign_in):
    hold(world.chair.user, world.department, Capability.VIEW, Capability.ASSIGN)
    clerk, page = sign_in(world.chair), url("assign_task", world.period.pk, world.lan.pk)
    listed = f"{url('person_tasks', world.lan.pk)}?ky={world.period.pk}"
    assert [page in body(who.get(listed)) for who in (client, clerk)] == [True, True]
    make.submitted(world, world.lan)
    assert [page in body(who.get(listed)) for who in (client, clerk)] == [True, False]
    assert clerk.get(page).headers["Location"] == listed
    assert "đã gửi phiếu tự đánh giá" in text(client.get(page))
    data = {"product": world.product.pk, "quantity": "1", "due_on": "20/07/2026", "note": ""}
    assert [who.post(page, data).status_code for who in (client, clerk)] == [409, 409]
    assert client.post(page, data | {"sudden": "on"}).status_code == 302
    given = Task.objects.exclude(state=TaskState.CONFIRMED)  # one was done before the card was sent
    assert [task.kind for task in given] == [TaskKind.SUDDEN]
