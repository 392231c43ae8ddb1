"""Who sees which screen: visitor, no grant, granted, granted elsewhere; missing and unseen are one answer."""

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.models import Assessment, Scorecard, Task
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.enums import Role
from snippets.models import Unit
from tests.factories import evaluation as make
from tests.factories.snippets import UserFactory, hold, in_role
from tests.helpers.pages import body
from tests.helpers.world import World

NAME, WORDS = "Hồ Thị Lan", "Chủ động tham mưu"
MISSING = 999_999

# Screens about one card, one task, one person, one unit; with what the head of A1 is shown.
CARD_PAGES = ("card", "evaluate", "confirm", "return_card")
TASK_PAGES = (
    "task",
    "confirm_task",
    "record_fault",
    "record_delay",
    "hand_over_task",
    "change_task",
    "move_task",
    "decide_task",
    "name_product",
)
LISTS = ("home", "cards", "evaluations", "units", "tasks", "tasks_to_decide")


@pytest.fixture
def scene(world: World) -> World:
    """Lan has submitted; Minh has a reported, an assigned and a proposed task. Both heads hold their role."""
    hold(world.head.user, world.department, "view_cards", "evaluate", "assign_tasks")
    hold(world.other_head.user, world.other_department, "view_cards", "evaluate", "assign_tasks")
    world.extra["card"] = make.submitted(world, world.lan, strengths=WORDS)
    world.extra["reported"] = make.reported(world, world.minh)
    world.extra["assigned"] = make.assigned(world, world.minh)
    world.extra["proposed"] = make.proposed(world, world.minh)
    world.extra["unnamed"] = make.unnamed(world, world.minh)
    return world


def task_of(scene: World, page: str) -> Task:
    name = {
        "change_task": "assigned",
        "hand_over_task": "assigned",
        "move_task": "assigned",
        "decide_task": "proposed",
        "name_product": "unnamed",
    }.get(page, "reported")
    return scene.extra[name]


def pages(scene: World) -> dict[str, tuple[str, str]]:
    """Page → its address, and the same with a key that does not exist."""
    card, period = scene.extra["card"].pk, scene.period.pk
    found = {
        name: (reverse(f"workspace:{name}", args=[card]), reverse(f"workspace:{name}", args=[MISSING]))
        for name in CARD_PAGES
    }
    found["trace"] = tuple(reverse("workspace:trace", args=[pk, "tu-cham"]) for pk in (card, MISSING))
    for name in TASK_PAGES:
        pk = task_of(scene, name).pk
        found[name] = tuple(reverse(f"workspace:{name}", args=[key]) for key in (pk, MISSING))
    found["person_tasks"] = tuple(
        reverse("workspace:person_tasks", args=[key]) for key in (scene.lan.pk, MISSING)
    )
    found["assign_task"] = tuple(
        reverse("workspace:assign_task", args=[period, key]) for key in (scene.lan.pk, MISSING)
    )
    for name in ("unit", "unit_tasks"):
        found[name] = tuple(reverse(f"workspace:{name}", args=[code]) for code in ("A1", "KHONG-CO"))
    found["split_task"] = tuple(
        reverse("workspace:split_task", args=[code, period]) for code in ("A1", "KHONG-CO")
    )
    return found


def test_the_head_is_shown_every_page_of_the_unit(scene, sign_in):
    client = sign_in(scene.head)
    statuses = {name: client.get(url).status_code for name, (url, _missing) in pages(scene).items()}
    assert statuses == dict.fromkeys(statuses, 200)


def test_a_visitor_is_sent_to_the_sign_in_page(scene):
    client = Client()
    for name, (url, _missing) in pages(scene).items():
        response = client.get(url)
        assert (name, response.status_code, response.headers["Location"]) == (
            name,
            302,
            f"{reverse('accounts:sign_in')}?next={url}",
        )


def test_missing_and_unseen_are_one_answer(scene, sign_in):
    """An account without a person, a person without a grant, and the head of the next unit."""
    nobody = Client()
    nobody.force_login(UserFactory())
    for client in (nobody, sign_in(scene.stranger), sign_in(scene.other_head)):
        for name, (url, missing) in pages(scene).items():
            unseen, absent = client.get(url), client.get(missing)
            assert (name, unseen.status_code, absent.status_code) == (name, 404, 404)
            assert body(unseen).replace(url, "") == body(absent).replace(missing, "")
            assert NAME not in body(unseen)


@pytest.mark.parametrize("page", LISTS)
def test_lists_hold_nothing_of_another_unit(scene, sign_in, page):
    for who in (scene.stranger, scene.other_head):
        shown = body(sign_in(who).get(reverse(f"workspace:{page}")))
        assert (NAME in shown, WORDS in shown) == (False, False)


def test_a_person_never_sees_a_colleagues_card(scene, sign_in):
    client = sign_in(scene.minh)
    card = scene.extra["card"].pk
    assert client.get(reverse("workspace:card", args=[card])).status_code == 404
    assert NAME not in body(client.get(reverse("workspace:cards")))
    assert client.get(reverse("workspace:person_tasks", args=[scene.lan.pk])).status_code == 404


def test_an_auditor_reads_and_decides_nothing(scene):
    client = Client()
    client.force_login(in_role(scene.agency, Role.AUDITOR))
    card = scene.extra["card"].pk
    assert NAME in body(client.get(reverse("workspace:card", args=[card])))
    for name in ("evaluate", "confirm", "return_card"):
        assert client.get(reverse(f"workspace:{name}", args=[card])).status_code == 403
    for name in TASK_PAGES[1:]:
        url = reverse(f"workspace:{name}", args=[task_of(scene, name).pk])
        assert (name, client.get(url).status_code) == (name, 403)


def test_a_clerk_sees_the_tasks_and_no_score(scene):
    client = Client()
    client.force_login(in_role(scene.department, Role.CLERK))
    assert client.get(reverse("workspace:card", args=[scene.extra["card"].pk])).status_code == 404
    assert client.get(reverse("workspace:unit", args=["A1"])).status_code == 404
    assert NAME in body(client.get(reverse("workspace:unit_tasks", args=["A1"])))
    assert reverse("workspace:unit_tasks", args=["A1"]) in body(client.get(reverse("workspace:units")))


CHANGES = (
    ("card", {"expected": "1"}),
    ("evaluate", {"expected": "2"}),
    ("confirm", {"expected": "2"}),
    ("return_card", {"expected": "2", "reason": "Sửa"}),
    ("submit", {"expected": "2"}),
    ("take_up", {"expected": "2", "reason": "Quá hạn"}),
    ("endorse", {"expected": "2"}),
    ("return_evaluation", {"expected": "2", "reason": "Xem lại"}),
    ("accept_basis", {"expected": "2"}),
    ("notify", {}),
)
TASK_CHANGES = (
    ("report_task", {"expected": "1", "completed": "1"}),
    ("change_task", {"expected": "1", "quantity": "2", "due_on": "20/07/2026", "reason": "Đổi"}),
    ("confirm_task", {"expected": "2", "accepted": "1"}),
    ("record_fault", {"unit_number": "1", "reason": "Sai"}),
    ("record_delay", {"unit_number": "1", "reason": "Chậm"}),
    ("decide_task", {"decision": "decline", "reason": "Không"}),
    ("name_product", {"product": "1", "reason": ""}),
)


def facts() -> tuple[object, ...]:
    """Everything a refused act must leave as it was."""
    return (
        list(Scorecard.objects.order_by("pk").values_list("pk", "state", "version_number")),
        list(Task.objects.order_by("pk").values_list("pk", "state", "version_number")),
        Assessment.objects.count(),
        LedgerEntry.objects.count(),
    )


def test_whoever_does_not_see_a_card_or_task_cannot_change_it(scene, sign_in):
    before = facts()
    for who in (scene.other_head, scene.stranger):
        client = sign_in(who)
        for name, data in CHANGES:
            url = reverse(f"workspace:{name}", args=[scene.extra["card"].pk])
            assert (name, client.post(url, data).status_code) == (name, 404)
        for name, data in TASK_CHANGES:
            url = reverse(f"workspace:{name}", args=[task_of(scene, name).pk])
            assert (name, client.post(url, data).status_code) == (name, 404)
        give = reverse("workspace:assign_task", args=[scene.period.pk, scene.lan.pk])
        assert client.post(give, {"product": scene.product.pk}).status_code == 404
        unit = reverse("workspace:notify_unit", args=["A1"])
        assert client.post(unit, {"period": scene.period.pk}).status_code == 404
    assert facts() == before


def test_a_person_cannot_evaluate_their_own_card_or_tasks(scene, sign_in):
    before = facts()
    client = sign_in(scene.lan)
    for name, data in CHANGES[1:4]:
        url = reverse(f"workspace:{name}", args=[scene.extra["card"].pk])
        assert (name, client.post(url, data).status_code) == (name, 403)
    task = Task.objects.get(person=scene.lan)
    url = reverse("workspace:confirm_task", args=[task.pk])
    response = client.post(url, {"expected": "3", "accepted": "4"})
    assert response.status_code == 403
    assert facts() == before


def test_what_only_changes_is_not_read(scene, sign_in):
    client = sign_in(scene.head)
    for url in (
        reverse("workspace:notify", args=[scene.extra["card"].pk]),
        reverse("workspace:notify_unit", args=["A1"]),
    ):
        assert client.get(url).status_code == 405


def test_what_is_only_read_cannot_be_posted(scene, sign_in):
    client = sign_in(scene.head)
    for name in LISTS:
        assert (name, client.post(reverse(f"workspace:{name}")).status_code) == (name, 405)


def test_a_unit_of_nobodys_concern_is_missing_for_its_own_staff(scene, sign_in):
    """Lan belongs to A1, sees her own card, and no list of her unit."""
    client = sign_in(scene.lan)
    assert client.get(reverse("workspace:unit", args=["A1"])).status_code == 404
    assert client.get(reverse("workspace:unit_tasks", args=["A1"])).status_code == 404


def test_an_evaluator_without_a_grant_lists_whom_they_evaluate(world, sign_in):
    """Hà evaluates by the rule of the law and holds no grant on A1: herself, Lan, Minh and her deputy."""
    client = sign_in(world.head)
    assert Unit.objects.filter(code="A1").exists()
    shown = body(client.get(reverse("workspace:unit", args=["A1"])))
    assert [name in shown for name in ("Hồ Thị Lan", "Võ Quang Minh", "Phạm Tiến Dũng")] == [True] * 3
    assert client.get(reverse("workspace:unit", args=["B1"])).status_code == 404
