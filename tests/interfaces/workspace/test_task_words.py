"""What a task must say, on screen: asked where a set of the person counts by it, in the set's own words."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.domain.recompute import recompute_period
from kpi_cms.evaluation.enums import TaskState
from kpi_cms.evaluation.models import Task, VersionPin
from kpi_cms.foundation.accounts.domain import system_user
from snippets.enums import Capability
from tests.evaluation.test_task_words import EASY, HARD, HELPING, assign, confirm, issued, under
from tests.factories.snippets import hold
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.pages import body, field, queries, text
from tests.helpers.thawed import thawed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


def url(name: str, *args: Any) -> str:
    return reverse(f"workspace:{name}", args=args)


@pytest.fixture
def world(drafted: World) -> World:
    """The small world, its month opened with a set that asks for a difficulty, a role and a step of quality."""
    VersionPin.objects.filter(period=drafted.period, version=drafted.staff).delete()
    VersionPin.objects.create(period=drafted.period, version=issued())
    worlds.open_month(drafted)
    return drafted


@pytest.fixture
def client(world: World, sign_in: Any) -> Client:
    """The head, with a head's capabilities on A1."""
    hold(world.head.user, world.department, Capability.VIEW, Capability.EVALUATE, Capability.ASSIGN)
    signed: Client = sign_in(world.head)
    return signed


def test_a_task_is_given_with_what_the_set_asks_and_not_without(world: World, client: Client) -> None:
    page = url("assign_task", world.period.pk, world.lan.pk)
    shown = client.get(page)
    assert "Độ khó" in text(shown)
    assert "Mức ưu tiên" not in text(shown)  # the set does not count by it
    assert 'name="quality"' not in body(shown)
    data = {"product": world.product.pk, "quantity": "2", "due_on": "20/07/2026"}
    for wrong in ({}, {"difficulty": "rat-kho"}, {"difficulty": "kho", "role": "kho"}):
        refused = client.post(page, data | wrong)
        assert (refused.status_code, field(refused, "quantity")) == (422, "2")
        assert f'href="#id_{"role" if "role" in wrong else "difficulty"}"' in body(refused)
    assert Task.objects.count() == 0
    assert client.post(page, data | {**HARD, **HELPING}).status_code == 302
    task = Task.objects.get()
    assert (task.difficulty, task.role, task.priority) == ("kho", "phoi_hop", "")
    for name, args in (
        ("task", [task.pk]),
        ("person_tasks", [world.lan.pk]),
        ("card", [world.card(world.lan).pk]),
    ):
        assert "Khó" in text(client.get(url(name, *args)))
    under(world, world.minh, world.staff)
    assert 'name="difficulty"' not in body(client.get(url("assign_task", world.period.pk, world.minh.pk)))


def test_a_report_is_confirmed_at_a_step_of_quality(world: World, client: Client) -> None:
    task = month.report(assign(world, world.lan, attributes=HARD))
    page = url("confirm_task", task.pk)
    shown = client.get(page)
    assert ('name="quality"' in body(shown), 'name="difficulty"' in body(shown)) == (True, False)
    assert "Độ khó Khó" in text(shown)
    for wrong in ({}, {"quality": "xuat-sac"}):
        refused = client.post(page, {"expected": "2", "accepted": "4", **wrong})
        assert (refused.status_code, 'href="#id_quality"' in body(refused)) == (422, True)
    assert client.post(page, {"expected": "2", "accepted": "4", "quality": "dat"}).status_code == 302
    task.refresh_from_db()
    assert (task.state, task.quality) == (TaskState.CONFIRMED, "dat")
    assert "Mức chất lượng Đạt" in text(client.get(url("task", task.pk)))
    assert "Mức chất lượng: Đạt" in text(client.get(url("card", world.card(world.lan).pk)))
    history = text(client.get(url("card_history", world.card(world.lan).pk)))
    assert ("Khó" in history, "Đạt" in history, "kho" in history.split()) == (True, True, False)


def test_what_a_task_does_not_say_is_told_on_the_card_and_said_when_it_is_confirmed(
    world: World, client: Client
) -> None:
    task = month.report(assign(world, world.lan, attributes=HARD))
    confirm(world, task, quality="tot")
    month.evaluated(world, world.lan)
    Task.objects.update(difficulty="")
    card = world.card(world.lan)
    recompute_period(actor=system_user(), moment=MOMENT, period=world.period)
    card = world.card(world.lan)
    named = "dùng để tính điểm: DC.01 Soạn thảo văn bản (Độ khó)."
    total = "Chưa đủ dữ liệu: có nhiệm vụ chưa ghi nội dung mà bộ tiêu chí dùng để tính điểm: Độ khó, Mức chất lượng."
    told = {"card": (named, total), "evaluate": (total,), "confirm": (total,), "card_history": ()}
    for name, sentences in told.items():
        shown = client.get(url(name, card.pk))
        assert shown.status_code == 200
        assert [sentence in text(shown) for sentence in sentences] == [True] * len(sentences)
    assert client.get(url("trace", card.pk, "danh-gia")).status_code == 200
    page = url("confirm_task", task.pk)
    data = {"expected": str(Task.objects.get().version_number), "accepted": "4", "quality": "tot"}
    assert client.post(page, data).status_code == 422
    assert client.post(page, data | EASY).status_code == 302
    assert named not in text(client.get(url("card", card.pk)))


def test_parts_are_asked_by_the_set_of_whoever_gets_them(world: World, client: Client) -> None:
    under(world, world.minh, world.staff)
    page = url("split_task", "A1", world.period.pk)
    form = {"p-TOTAL_FORMS": "6", "p-INITIAL_FORMS": "0", "product": world.product.pk}
    for number, who in enumerate((world.lan, world.minh)):
        form |= {
            f"p-{number}-person": who.pk, f"p-{number}-label": "Dự thảo", f"p-{number}-share": "0,5",
            f"p-{number}-due_on": "20/07/2026",
        }  # fmt: skip
    refused = client.post(page, form)
    assert refused.status_code == 422
    assert ('href="#id_p-0-difficulty"' in body(refused), 'href="#id_p-1-difficulty"' in body(refused)) == (
        True,
        False,
    )
    not_asked = client.post(page, form | {"p-0-difficulty": "kho", "p-1-difficulty": "kho"})
    assert not_asked.status_code == 422
    assert "Bộ tiêu chí của Võ Quang Minh không tính theo “Độ khó”" in text(not_asked)
    assert Task.objects.count() == 0
    assert client.post(page, form | {"p-0-difficulty": "kho"}).status_code == 302
    assert dict(Task.objects.values_list("person__staff_code", "difficulty")) == {"CC004": "kho", "CC005": ""}


def test_work_is_handed_over_in_the_words_of_whoever_takes_it(world: World, client: Client) -> None:
    other = {"attribute": "difficulty", "values": [{"code": "cap2", "label": "Cấp 2", "value": "2"}]}
    under(world, world.minh, issued("NV-HAI", coefficients=[other], quality=[]))
    task = assign(world, world.lan, attributes=HARD)
    page = url("hand_over_task", task.pk)
    assert 'name="difficulty"' not in body(client.get(page))
    data = {
        "expected": "1",
        "taker": world.minh.pk,
        "quantity": "1",
        "due_on": "20/07/2026",
        "reason": "Nghỉ phép",
    }
    refused = client.post(page, data)
    assert (refused.status_code, "Cấp 2" in text(refused)) == (422, True)
    assert client.post(page, data | {"difficulty": "cap2"}).status_code == 302
    assert Task.objects.get(person=world.minh).difficulty == "cap2"


def test_the_person_may_leave_it_to_the_head_who_must_say_it(
    world: World, client: Client, sign_in: Any
) -> None:
    own = sign_in(world.lan)
    data = {"name": "Việc đột xuất", "quantity": "1", "due_on": "20/07/2026"}
    page = url("propose_task", world.period.pk)
    assert "Độ khó" in text(own.get(page))
    assert own.post(page, data).status_code == 302
    task = Task.objects.get()
    head = sign_in(world.head)
    decide = url("decide_task", task.pk)
    refused = head.post(decide, {"decision": "accept", "product": world.product.pk, "reason": ""})
    assert (refused.status_code, 'href="#id_difficulty"' in body(refused)) == (422, True)
    accepted = {"decision": "accept", "product": world.product.pk, "reason": "", "difficulty": "de"}
    assert head.post(decide, accepted).status_code == 302
    assert Task.objects.get().difficulty == "de"


def test_a_page_reads_what_is_asked_only_in_a_period_that_asks(
    world: World, client: Client, sign_in: Any
) -> None:
    task = month.report(assign(world, world.lan, attributes=HARD))
    pages = [
        url("assign_task", world.period.pk, world.lan.pk),
        url("confirm_task", task.pk),
        url("task", task.pk),
        url("person_tasks", world.lan.pk),
        url("split_task", "A1", world.period.pk),
    ]
    asking = [queries(client, page) for page in pages]
    with thawed():
        VersionPin.objects.filter(version__asks_of_tasks=True).delete()
    not_asking = [queries(client, page) for page in pages]
    assert [more - less for more, less in zip(asking, not_asking, strict=True)] == [2] * 5
