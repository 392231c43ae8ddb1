"""The pages of the direct head's stage: what waits for them, their scores, the card of somebody who has none."""

import pytest
from django.urls import reverse

from kpi_cms.evaluation.models import Assessment
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.interfaces.reporting.card_form import build_form01
from snippets.enums import Capability, PostRole
from snippets.models import Appointment
from tests.evaluation.test_direct_heads import directed
from tests.factories.snippets import hold
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.pages import text
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT

pytestmark = pytest.mark.django_db

WAITS = "Phiếu cần chấm với tư cách người đứng đầu trực tiếp"


@pytest.fixture
def world(db):
    """Lan has sent her self-assessment: Hà heads her department, Chí the agency."""
    world = worlds.build()
    repin(world.period, world.staff, worlds.version(directed(worlds.staff_spec()), "NV-BA"))
    repin(world.period, world.leaders, worlds.version(directed(worlds.leader_spec()), "LD-BA"))
    worlds.open_month(world)
    month.worked(world, world.lan)
    month.submitted(world, world.lan)
    hold(world.chair.user, world.agency, Capability.MANAGE_PEOPLE)
    return world


def test_what_waits_for_a_direct_head_is_entered_and_sent(world, sign_in):
    card = world.card(world.lan)
    scores, send = (
        reverse(f"workspace:{name}", args=[card.pk]) for name in ("collective", "send_collective")
    )
    assert sign_in(world.minh).get(scores).status_code == 404
    head = sign_in(world.head)
    home = text(head.get("/"))
    assert WAITS in home
    assert "Phiếu cần chấm cho tập thể" not in home
    page = head.get(scores)
    assert "Chấm với tư cách người đứng đầu trực tiếp: Hồ Thị Lan" in text(page)
    assert "Chấm cho tập thể" not in text(page)
    entries = {
        f"s-{key}": str(entry.value).replace(".", ",")
        for key, entry in month.entries(card, "collective").items()
    }
    data = {"expected": world.card(world.lan).version_number, "comment": "Tốt", "review": "1", **entries}
    saved = head.post(scores, data)
    assert (saved.status_code, saved.url) == (302, send)
    shown = head.get(send)
    assert head.post(send, {"expected": shown.context["form"].initial["expected"]}).status_code == 302
    assert Assessment.objects.get(stage="collective").rater == world.head
    assert WAITS not in text(head.get("/"))
    evaluating = sign_in(world.chair).get(reverse("workspace:evaluate", args=[card.pk]))
    form = build_form01(world.card(world.lan), MOMENT, Scope.of(world.chair.user))
    assert form.annex_notes == (
        "Ở “Trưởng phòng”, người chấm là Nguyễn Thị Hà, người đứng đầu Đơn vị A1, đơn vị cấu thành của cá nhân.",
    )
    assert [str(column.stage) for column in evaluating.context["columns"]] == ["self", "collective"]


def test_the_card_says_who_scores_and_why_without_a_decision(world, sign_in):
    shown = text(sign_in(world.lan).get(reverse("workspace:card", args=[world.card(world.lan).pk])))
    assert (
        "Trưởng phòng Nguyễn Thị Hà Người đứng đầu Đơn vị A1, đơn vị cấu thành của cá nhân: chấm trước khi cấp trên "
        "quyết định."
    ) in shown
    assert "bộ tiêu chí này giao người đứng đầu cơ quan đánh giá và quyết định" in shown
    assert "theo quyết định" not in shown.lower()


def test_the_card_of_whoever_has_no_direct_head_says_that_nothing_waits(world, sign_in):
    response = sign_in(world.head).get(reverse("workspace:card", args=[world.card(world.head).pk]))
    assert "Trưởng phòng – Bỏ qua trên phiếu này" in text(response)
    assert [step["label"] for step in response.context["progress"]][:2] == [
        "Cá nhân tự chấm", "Cấp có thẩm quyền theo dõi, đánh giá",
    ]  # fmt: skip


def test_an_acting_head_is_called_one(world, sign_in):
    card = world.card(world.lan)
    card.collective = {**card.collective, "acting": True}
    card.save()
    shown = text(sign_in(world.lan).get(reverse("workspace:card", args=[card.pk])))
    assert "Người phụ trách Đơn vị A1, đơn vị cấu thành của cá nhân" in shown


def test_the_naming_page_says_who_is_the_direct_head_today(world, sign_in):
    Appointment.objects.filter(person=world.head).update(role=PostRole.MEMBER)
    clerk, page = sign_in(world.chair), reverse("workspace:evaluators")
    assert "không có ai: bỏ qua giai đoạn này" in text(clerk.get(page))
    Appointment.objects.filter(person=world.deputy).update(role=PostRole.HEAD)
    shown = text(clerk.get(page))
    assert "Người đứng đầu trực tiếp: Phạm Tiến Dũng" in shown
    assert "Hiện nay người khác là người đứng đầu trực tiếp" in shown


def test_before_the_opening_the_period_says_whose_unit_has_no_head(db, sign_in):
    world = worlds.build()
    hold(world.chair.user, world.root, Capability.MANAGE_PERIODS)
    page = reverse("workspace:period", args=[world.period.pk])
    client = sign_in(world.chair)
    assert "no-direct-head" not in {group.key for group in client.get(page).context["groups"]}
    repin(world.period, world.staff, worlds.version(directed(worlds.staff_spec()), "NV-BA"))
    groups = {group.key: list(group.people) for group in client.get(page).context["groups"]}
    assert groups["no-direct-head"] == []
    Appointment.objects.filter(person=world.head).update(role=PostRole.MEMBER)
    groups = {group.key: list(group.people) for group in client.get(page).context["groups"]}
    assert len(groups["no-direct-head"]) == 3
