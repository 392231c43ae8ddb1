"""The printed card: what a reader of the PDF sees, and who may print it."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from kpi_cms.evaluation.domain import stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.foundation.audit.models import LedgerEntry
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = worlds.build()
    worlds.open_month(made)
    return made


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def printed(world: World, client: Client, user_code: str) -> object:
    client.force_login(getattr(world, user_code).user)
    return client.post(reverse("reporting:form01", args=[world.card(world.lan).pk]))


def test_the_form_says_who_when_and_what_was_scored(world: World, client: Client) -> None:
    task = tasks.assign_task(
        actor=world.head.user,
        moment=MOMENT,
        period=world.period,
        person=world.lan,
        product=world.product,
        quantity=Decimal(4),
        due_on=date(2026, 7, 20),
    )
    tasks.report_task(
        actor=world.lan.user,
        moment=MOMENT,
        task=task,
        expected=1,
        completed=Decimal(3),
        completed_on=date(2026, 7, 19),
        evidence_number="12/BC-UBND",
    )
    card = world.card(world.lan)
    first = next(criterion for criterion in card.version.compiled().criteria if criterion.entered)
    stages.save_self(
        actor=world.lan.user,
        moment=MOMENT,
        card=card,
        expected=0,
        entries={first.key: Entry(Decimal("4.25"))},
        comments={"strengths": "Chủ động tham mưu"},
    )
    response = printed(world, client, "lan")
    text = text_of(response.content)
    for expected in (
        "Hồ Thị Lan",
        "tháng 7 năm 2026",
        "4,25",
        "Chủ động tham mưu",
        "12/BC-UBND",
        "CHƯA XÁC NHẬN",
    ):
        assert expected in text
    entry = LedgerEntry.objects.get(act="form.printed")
    assert (entry.actor_code, entry.person_code, entry.unit_code) == ("cc004", "CC004", "A1")


def test_the_person_reads_the_result_on_paper_no_earlier_than_on_screen(world: World, client: Client) -> None:
    month.worked(world, world.lan)
    card = month.submitted(world, world.lan)
    entries = month.entries(card, "evaluator", share="0.5")
    stages.save_evaluation(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, entries=entries,
        comments={"comment": "CHƯA ĐẾN LÚC ĐỌC"},
    )  # fmt: skip
    before = text_of(printed(world, client, "lan").content)
    assert "CHƯA ĐẾN LÚC ĐỌC" not in before
    assert "85" not in before.split("II. TỔNG HỢP")[1].split("PHỤ LỤC")[0]
    assert "CHƯA ĐẾN LÚC ĐỌC" in text_of(printed(world, client, "head").content)
    card = world.card(world.lan)
    card = stages.confirm(actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number)
    assert "CHƯA ĐẾN LÚC ĐỌC" not in text_of(printed(world, client, "lan").content)
    stages.notify(actor=world.head.user, moment=MOMENT, card=card)
    after = text_of(printed(world, client, "lan").content)
    assert "CHƯA ĐẾN LÚC ĐỌC" in after
    assert "85" in after.split("II. TỔNG HỢP")[1]


def test_nobody_prints_a_card_they_cannot_see(world: World, client: Client) -> None:
    unseen = printed(world, client, "stranger")
    assert unseen.status_code == 404
    assert "Hồ Thị Lan" not in unseen.content.decode()
    client.force_login(world.stranger.user)
    missing = client.post(reverse("reporting:form01", args=[999_999]))
    assert missing.status_code == 404
    assert not LedgerEntry.objects.filter(act="form.printed").exists()


def test_printing_is_no_link_to_follow(world: World, client: Client) -> None:
    client.force_login(world.lan.user)
    assert client.get(reverse("reporting:form01", args=[world.card(world.lan).pk])).status_code == 405
