"""What the pages say of gates: the evaluator answers what they ask, and everybody reads why the band is what it is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpi_cms.evaluation.domain import reopening
from kpi_cms.evaluation.models import CardResult
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.interfaces.reporting.card_form import build_form01
from tests.evaluation.test_facts_and_gates import ABOVE, DISCIPLINED, gated
from tests.factories.snippets import holder
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.pages import text
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

from .conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(drafted: World, clock: object) -> World:
    """Lan's card is scored by everybody, by a set with gates."""
    repin(drafted.period, drafted.staff, worlds.version(gated(), "NV-G"))
    worlds.open_month(drafted)
    month.worked(drafted, drafted.lan)
    month.evaluated(drafted, drafted.lan)
    return drafted


def filled_in(world: World, **answers: str) -> dict[str, str]:
    card = world.card(world.lan)
    scores = {f"s-{key}": str(entry.value) for key, entry in month.entries(card, "evaluator").items()}
    return scores | {"expected": str(card.version_number), "reason": "Bổ sung", **answers}


def test_the_evaluator_answers_and_the_person_reads_why(world: World, sign_in: SignIn) -> None:
    card, head, lan = world.card(world.lan), sign_in(world.head), sign_in(world.lan)
    page = text(head.get(f"/phieu/{card.pk}/danh-gia/"))
    assert "Dữ kiện ngoài điểm quyết định mức" in page
    assert "Bị kỷ luật trong kỳ" in page
    assert "Cả năm" not in page
    assert "Kỷ luật: chưa ghi nhận." in page
    waiting = text(head.get(f"/phieu/{card.pk}/xac-nhan/"))
    assert "Bị kỷ luật trong kỳ: Hãy trả lời: mức phụ thuộc vào dữ kiện này." in waiting

    wrong = filled_in(world, **{f"s-{DISCIPLINED}": "1", f"s-{ABOVE}": "nhiều"})
    refused = head.post(f"/phieu/{card.pk}/danh-gia/", wrong)
    assert (refused.status_code, "Nhập một số, ví dụ 4,5." in text(refused)) == (422, True)
    answers = {
        f"s-{DISCIPLINED}": "1", f"g-{DISCIPLINED}": "Quyết định 12-QĐ/TU", f"s-{ABOVE}": "62,5", f"g-{ABOVE}": "Sổ",
    }  # fmt: skip
    saved = head.post(f"/phieu/{card.pk}/danh-gia/", filled_in(world, **answers))
    assert saved.status_code == 302
    found = CardResult.objects.get(card=card, stage="evaluator")
    assert (found.band, found.band_by_points) == ("failed", "excellent")

    assert "12-QĐ/TU" not in text(lan.get(f"/phieu/{card.pk}/"))
    decided = month.notified_as_it_stands(world, world.lan)
    page = text(lan.get(f"/phieu/{card.pk}/"))
    assert (
        "Không hoàn thành nhiệm vụ Theo điểm: Hoàn thành xuất sắc nhiệm vụ. "
        "Kỷ luật: Bị kỷ luật do vi phạm. (QĐ 366, Điều 8)"
    ) in page
    assert "Căn cứ: Quyết định 12-QĐ/TU" in page
    why = text(lan.get(f"/phieu/{card.pk}/vi-sao/danh-gia/"))
    assert "Kỷ luật: điều kiện xảy ra, xếp mức Không hoàn thành nhiệm vụ." in why
    assert "Mức sau các điều kiện chặn: Không hoàn thành nhiệm vụ" in why
    history = text(head.get(f"/phieu/{card.pk}/lich-su/"))
    assert "ky_luat Bị kỷ luật trong kỳ (Cấp có thẩm quyền)" in history
    form = build_form01(decided, MOMENT, Scope.of(world.lan.user))
    assert form.annex_notes[-1].startswith("Mức: Không hoàn thành nhiệm vụ.")


def test_a_fact_is_decided_anew_on_its_page(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpi_cms.interfaces.workspace.views.reopening.database_now", lambda: MOMENT)
    head, card = sign_in(world.head), world.card(world.lan)
    answers = {f"s-{DISCIPLINED}": "0", f"s-{ABOVE}": "62,5", f"g-{ABOVE}": "Sổ"}
    head.post(f"/phieu/{card.pk}/danh-gia/", filled_in(world, **answers))
    card = month.notified_as_it_stands(world, world.lan)
    asked = reopening.ask_reopening(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, criteria=[DISCIPLINED],
        until=MOMENT + timedelta(days=3), reason="Có quyết định",
    )  # fmt: skip
    policy = holder(world.root, "manage_periods", username="CS01")
    reopening.answer_reopening(actor=policy, moment=MOMENT, reopening=asked, approved=True)
    url = f"/phieu/{card.pk}/quyet-dinh-lai/"
    page = head.get(url)
    assert [row["label"] for row in page.context["facts"]] == ["Bị kỷ luật trong kỳ"]
    sent = {
        "expected": page.context["expected"], "seen": page.context["seen"], "reason": "Có quyết định",
        f"s-{DISCIPLINED}": "1", f"g-{DISCIPLINED}": "Quyết định 12",
    }  # fmt: skip
    assert head.post(url, sent).status_code == 302
    assert CardResult.objects.get(card=card, stage="evaluator").band == "failed"


def test_gates_cost_a_page_no_query(world: World, sign_in: SignIn) -> None:
    head = sign_in(world.head)
    counts = []
    for who in (world.lan, world.minh):
        card = world.card(who)
        with CaptureQueriesContext(connection) as captured:
            assert head.get(f"/phieu/{card.pk}/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
