"""The pages of a collective's stage: naming it, entering its scores, sending them."""

import pytest
from django.urls import reverse

from kpi_cms.evaluation.models import Assessment, Scorecard
from snippets.enums import Capability
from tests.evaluation.test_collective import RATERS
from tests.factories.snippets import hold
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.pages import body, text
from tests.helpers.thawed import repin, thawed

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    world = worlds.build()
    spec = worlds.staff_spec(law="", schema_version=2, raters=RATERS)
    stage = {"key": "collective", "label": "Tập thể đơn vị", "decides": False, "optional": False}
    spec["stages"] = [spec["stages"][0], stage, spec["stages"][1]]
    repin(world.period, world.staff, worlds.version(spec, "NV-TT"))
    worlds.open_month(world)
    month.worked(world, world.lan)
    month.submitted(world, world.lan)
    hold(world.chair.user, world.agency, Capability.MANAGE_PEOPLE)
    return world


def typed(world, **change):
    return {
        "period": world.period.pk, "unit": world.department.code, "name": "Tập thể Phòng A1",
        "secretary": world.minh.staff_code, "number": "15/QĐ", "on": "30/07/2026", "reason": "Theo quy chế",
    } | change  # fmt: skip


def test_the_act_that_names_one_is_offered_where_a_set_of_the_period_has_the_stage(world, sign_in):
    clerk = sign_in(world.chair)
    page, act = reverse("workspace:evaluators"), reverse("workspace:name_collective")
    assert act in body(clerk.get(page))
    version = world.card(world.lan).version
    spec = version.specification
    without = spec | {
        "stages": [each for each in spec["stages"] if each["key"] != "collective"],
        "raters": [],
    }
    other = worlds.version(without, "NV-KHONG")
    with thawed():
        Scorecard.objects.filter(version=version).update(version=other)
    assert act not in body(clerk.get(page))


def test_a_collective_is_named_scores_and_sends(world, sign_in):
    card = world.card(world.lan)
    page, scores = reverse("workspace:name_collective"), reverse("workspace:collective", args=[card.pk])
    assert sign_in(world.minh).get(scores).status_code == 404
    assert sign_in(world.stranger).get(page).status_code == 404
    clerk = sign_in(world.chair)
    wrong = clerk.post(page, typed(world, unit="KHONG", secretary="KHONG"))
    assert wrong.status_code == 422
    assert "Không có đơn vị nào có mã này." in body(wrong)
    assert world.card(world.lan).secretary is None
    assert clerk.post(page, typed(world)).status_code == 302
    assert world.card(world.lan).secretary == world.minh

    minh = sign_in(world.minh)
    assert "Phiếu cần chấm cho tập thể" in text(minh.get("/"))
    assert "Tập thể Phòng A1" in text(minh.get(reverse("workspace:card", args=[card.pk])))
    assert minh.get(scores).status_code == 200
    entries = {
        f"s-{key}": str(entry.value).replace(".", ",")
        for key, entry in month.entries(card, "collective").items()
    }
    data = {"expected": world.card(world.lan).version_number, "comment": "Tốt", "review": "1", **entries}
    before = sign_in(world.head).get(reverse("workspace:evaluate", args=[card.pk]))
    assert [str(column.stage) for column in before.context["columns"]] == ["self"]
    saved = minh.post(scores, data)
    assert saved.status_code == 302, text(saved)
    send = reverse("workspace:send_collective", args=[card.pk])
    assert (saved.status_code, saved.url) == (302, send)
    shown = minh.get(send)
    assert minh.post(send, {"expected": shown.context["form"].initial["expected"]}).status_code == 302
    assert Assessment.objects.get(stage="collective").state == "submitted"
    assert "Phiếu cần chấm cho tập thể" not in text(minh.get("/"))
    head = sign_in(world.head)
    assert head.get(scores).status_code == 403
    evaluating = head.get(reverse("workspace:evaluate", args=[card.pk]))
    assert [str(column.stage) for column in evaluating.context["columns"]] == ["self", "collective"]
