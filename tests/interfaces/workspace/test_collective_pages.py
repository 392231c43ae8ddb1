"""The pages of a collective's stage: naming it, entering its scores, sending them."""

import pytest
from django.urls import reverse

from kpi_cms.evaluation.models import Assessment, Scorecard
from snippets.enums import Capability
from tests.evaluation.test_collective import RATERS
from tests.evaluation.test_seats import HEAD, SEATS
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


# --- Several raters -----------------------------------------------------------------------------------------------
@pytest.fixture
def seats(world):
    """The same card, its collective of two."""
    former = world.card(world.lan).version
    version = worlds.version(former.specification | {"raters": [*SEATS, HEAD]}, "NV-HAI")
    repin(world.period, former, version)
    with thawed():
        Scorecard.objects.filter(person=world.lan).update(version=version)
    return world


def filled(card, share):
    entries = month.entries(card, "collective", share=share)
    return {f"s-{key}": str(entry.value).replace(".", ",") for key, entry in entries.items()}


def test_those_who_sit_are_named_with_the_collective(seats, sign_in):
    world, page = seats, reverse("workspace:name_collective")
    clerk = sign_in(world.chair)
    shown = text(clerk.get(page))
    assert "Mã số của người chấm ở vị trí: Cấp phó thứ nhất" in shown
    assert "Dành cho phiếu của bộ tiêu chí NV-HAI." in shown
    wrong = clerk.post(
        page, typed(world, **{"seat-r-first": world.deputy.staff_code, "seat-r-second": "KHONG"})
    )
    assert wrong.status_code == 422
    assert "Không có ai có mã số này." in text(wrong)
    empty = clerk.post(page, typed(world, **{"seat-r-first": world.deputy.staff_code}))
    assert (empty.status_code, list(empty.context["form"].errors)) == (422, ["seat-r-second"])
    assert "Hãy nêu người chấm ở vị trí này." in text(empty)
    assert not Assessment.objects.filter(stage="collective").exists()
    both = {"seat-r-first": world.deputy.staff_code, "seat-r-second": world.stranger.staff_code}
    assert clerk.post(page, typed(world, **both)).status_code == 302
    assert list(Assessment.objects.seated().order_by("seat").values_list("rater", flat=True)) == [
        world.deputy.pk,
        world.stranger.pk,
    ]


def test_each_seat_is_entered_on_its_page_and_all_are_sent_together(seats, sign_in):
    world, card = seats, seats.card(seats.lan)
    both = {"seat-r-first": world.deputy.staff_code, "seat-r-second": world.stranger.staff_code}
    assert (
        sign_in(world.chair).post(reverse("workspace:name_collective"), typed(world, **both)).status_code
        == 302
    )
    page, send = (reverse(f"workspace:{name}", args=[card.pk]) for name in ("collective", "send_collective"))
    trace = reverse("workspace:trace", args=[card.pk, "tap-the"])
    for who in (world.deputy, world.stranger):  # who sits enters nothing
        assert sign_in(who).get(page).status_code == 404
    minh = sign_in(world.minh)
    first = minh.get(page)
    assert (first.context["form"].seat, minh.get(f"{page}?ghe=r-other").status_code) == ("r-first", 404)
    assert [(seat["person"], seat["current"]) for seat in first.context["seats"]] == [
        (world.deputy.full_name, True),
        (world.stranger.full_name, False),
    ]
    head = '<th class="kpi-table__field" scope="col" role="columnheader">%s</th>'
    assert head % "Cấp phó thứ nhất" in first.content.decode()
    assert head % "Điểm của bạn" not in first.content.decode()
    number = first.context["form"].expected
    data = {"expected": number, "comment": "Tốt", "seat": "r-first", **filled(card, "0.5")}
    saved = minh.post(page, data)
    assert (saved.status_code, saved.url) == (302, f"{page}?ghe=r-first")
    stale = minh.post(page, data | {"seat": "r-second", "comment": ""})
    assert (stale.status_code, stale.context["form"].seat) == (409, "r-second")
    missing = minh.get(send).context["missing"]
    assert {line["url"].partition("#")[0] for line in missing} == {f"{page}?ghe=r-second"}
    assert missing[0]["text"].startswith("Cấp phó thứ hai, ")
    assert (minh.get(trace).status_code, minh.get(f"{trace}?ghe=r-first").status_code) == (404, 200)
    data = {"expected": world.card(world.lan).version_number, "seat": "r-second", "review": "1"}
    saved = minh.post(page, data | filled(card, "1"))
    assert (saved.status_code, saved.url) == (302, send)
    head = sign_in(world.head)
    assert head.get(f"{trace}?ghe=r-first").status_code == 404
    shown = minh.get(send)
    assert minh.post(send, {"expected": shown.context["form"].initial["expected"]}).status_code == 302
    assert set(Assessment.objects.seated().values_list("state", flat=True)) == {"submitted"}
    assert head.get(f"{trace}?ghe=r-first").status_code == 200
    history = text(head.get(reverse("workspace:card_history", args=[card.pk])))
    assert "(Tập thể, nhóm, Cấp phó thứ hai)" in history
    evaluating = head.get(reverse("workspace:evaluate", args=[card.pk]))
    assert [column.heading for column in evaluating.context["columns"]] == [
        "Cá nhân tự chấm", "Cấp phó thứ nhất", "Cấp phó thứ hai",
    ]  # fmt: skip
    assert "Phiếu cần chấm cho tập thể" not in text(minh.get("/"))
