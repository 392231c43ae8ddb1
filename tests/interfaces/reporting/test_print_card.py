"""The printed card: what a reader of the PDF sees, and who may print it."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from kpi_cms.evaluation.domain import deductions, moving, proposals, stages, tasks
from kpi_cms.evaluation.domain.saving import Entry
from kpi_cms.evaluation.models import Delay, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.interfaces.reporting.card_form import period_in_words
from tests.factories import evidence as attach
from tests.factories.snippets import hold
from tests.foundation.engine import specs
from tests.helpers import files, month
from tests.helpers import world as worlds
from tests.helpers.screens import on_screen
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(opened: World) -> World:
    return opened


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def printed(world: World, client: Client, user_code: str) -> object:
    client.force_login(getattr(world, user_code).user)
    return client.post(reverse("reporting:form01", args=[world.card(world.lan).pk]))


def test_the_annex_lists_the_evidence_that_its_reader_sees(world: World, client: Client) -> None:
    task = month.assign(world, world.lan)
    attach.attached_to_task(task, files.pdf(b"% 1"), title="Ảnh hội nghị", number="")
    of_card = attach.attached(world, world.lan, title="Quyết định khen thưởng", number="45/QĐ-UBND")
    attach.attached(world, world.lan, files.EICAR, title="Bị giữ lại")
    attach.withdrawn(attach.attached(world, world.lan, files.pdf(b"% 2"), title="Đã rút"))
    own, head = (" ".join(text_of(printed(world, client, who).content).split()) for who in ("lan", "head"))
    short = of_card.sha256[:12]
    assert f"1 I.1 Quyết định khen thưởng 45/QĐ-UBND {short} 2 DC.01 Ảnh hội nghị" in own
    assert "1 DC.01 Ảnh hội nghị" in head
    assert [word for word in ("Quyết định khen thưởng", short, "Bị giữ lại", "Đã rút") if word in head] == []
    assert [word for word in ("Bị giữ lại", "Đã rút") if word in own] == []


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
    card = stages.confirm(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, seen=on_screen(card)
    )
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


def in_words(world: World, client: Client, who: str, card_of: str) -> str:
    client.force_login(getattr(world, who).user)
    card = world.card(getattr(world, card_of))
    text = text_of(client.post(reverse("reporting:form01", args=[card.pk])).content)
    return " ".join(text.split())


def test_a_leaders_form_says_how_d_and_the_chosen_shares_came_about(world: World, client: Client) -> None:
    for who in (world.lan, world.minh):
        month.worked(world, who, completed="1" if who is world.lan else "4")
        month.notified(world, who)
    month.worked(world, world.head)
    assert "đang chờ: 1 kết quả chưa được xác nhận" in in_words(world, client, "chair", "head")
    month.notified(world, world.deputy)
    month.notified(world, world.head)
    worlds.person("CC006", "Lê Thị Mới", world.department)
    text = in_words(world, client, "head", "head")
    assert "2 người thuộc quyền quản lý được tính, trong đó 1 người dưới 50 điểm." in text
    assert "2 người chưa có kết quả không tính." in text
    assert "người trong số này" not in text
    assert "Có sáng kiến được công nhận" in text
    assert "CHƯA XÁC NHẬN" not in text


def test_a_leaders_form_says_who_counts_without_a_result(world: World, client: Client) -> None:
    settings = {**specs.SETTINGS, "managed_unconfirmed": "failing"}
    version = worlds.version(worlds.leader_spec(settings=settings), "LD-KHAC")
    Scorecard.objects.filter(person=world.head).update(version=version)
    for who in (world.lan, world.head):
        month.worked(world, who)
        month.notified(world, who)
    text = in_words(world, client, "head", "head")
    assert "3 người thuộc quyền quản lý được tính, trong đó 2 người dưới 50 điểm." in text
    assert "2 người trong số này không có kết quả nên tính là dưới 50 điểm." in text
    assert "không tính" not in text


def test_deductions_stand_in_the_annex_with_their_reasons_and_causes(world: World, client: Client) -> None:
    task = month.worked(world, world.lan)
    month.submitted(world, world.lan)
    head = world.head.user
    deductions.record_fault(actor=head, moment=MOMENT, task=task, unit_number=1, reason="Sai căn cứ pháp lý")
    delay = deductions.record_delay(actor=head, moment=MOMENT, task=task, unit_number=2, reason="Nộp muộn")
    deductions.confirm_cause(actor=head, moment=MOMENT, deduction=delay, reason="Mất điện diện rộng")
    text = in_words(world, client, "head", "lan")
    for expected in ("Sai căn cứ pháp lý", "Nộp muộn", "Mất điện diện rộng"):
        assert expected in text


def test_work_that_changed_hands_and_work_without_a_product_are_said(world: World, client: Client) -> None:
    task = month.assign(world, world.lan)
    moving.hand_over(
        actor=world.head.user, moment=MOMENT, task=task, expected=1, quantity=Decimal(1), taker=world.minh,
        due_on=date(2026, 7, 30), reason="Không kịp",
    )  # fmt: skip
    proposed = proposals.propose_task(
        actor=world.lan.user, moment=MOMENT, period=world.period, person=world.lan, name="Việc mới", product=None,
        quantity=Decimal(1), due_on=date(2026, 7, 30),
    )  # fmt: skip
    proposals.decide_proposal(actor=world.head.user, moment=MOMENT, task=proposed, accepted=True)
    text = in_words(world, client, "lan", "lan")
    assert "Đã bàn giao: 1" in text
    assert "Chưa có trong danh mục: chưa tính điểm." in text


def test_a_card_taken_up_without_a_self_assessment_says_so(world: World, client: Client) -> None:
    stages.evaluate_without_self(
        actor=world.head.user,
        moment=world.period.self_due_at,
        card=world.card(world.lan),
        expected=0,
        reason="Vắng",
    )
    Scorecard.objects.filter(person=world.lan).update(
        proposed_basis={"d": "1/2", "r": "pending"}, basis_changed_at=MOMENT
    )
    text = in_words(world, client, "head", "lan")
    assert "không nộp phiếu tự chấm đúng hạn" in text
    assert "d hiện được đề xuất là 50%" in text
    assert "r hiện được đề xuất là chưa xác định" in text
    assert "Trong kỳ không được giao nhiệm vụ" in text


@pytest.mark.parametrize(
    ("kind", "number", "words"),
    [("month", 7, "tháng 7 năm 2026"), ("quarter", 3, "quý III năm 2026"), ("year", 1, "năm 2026")],
)
def test_the_period_is_written_as_the_form_asks(world: World, kind: str, number: int, words: str) -> None:
    card = world.card(world.lan)
    card.period.kind, card.period.number = kind, number
    assert period_in_words(card) == words


# --- Paper shows what the screen shows -------------------------------------------------------------------------------
DRAFT = "NHÁP CHƯA GỬI"


def screen(world: World, client: Client, who: str) -> str:
    client.force_login(getattr(world, who).user)
    return client.get(reverse("workspace:card", args=[world.card(world.lan).pk])).content.decode()


def drafted(world: World, card: Scorecard, reason: str = "") -> Scorecard:
    """Lan saves a score of 1,25 and a remark, and sends nothing."""
    first = next(criterion for criterion in card.version.compiled().criteria if criterion.entered)
    return stages.save_self(
        actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number, reason=reason,
        entries={first.key: Entry(Decimal("1.25"))}, comments={"strengths": DRAFT},
    ).card  # fmt: skip


def test_a_draft_of_the_person_is_on_nobody_elses_paper_although_the_card_was_taken_up(
    world: World, client: Client
) -> None:
    hold(world.stranger.user, world.agency, "view_cards")
    card = drafted(world, world.card(world.lan))
    stages.evaluate_without_self(
        actor=world.head.user, moment=world.period.self_due_at, card=card, expected=card.version_number,
        reason="Vắng",
    )  # fmt: skip
    for who in ("head", "stranger"):
        paper = in_words(world, client, who, "lan")
        assert DRAFT not in paper
        assert "1,25" not in paper
        assert DRAFT not in screen(world, client, who)
    assert DRAFT in in_words(world, client, "lan", "lan")
    assert DRAFT in screen(world, client, "lan")


def test_edits_after_a_return_are_on_nobody_elses_paper_and_signed_by_nobody(
    world: World, client: Client
) -> None:
    hold(world.stranger.user, world.agency, "view_cards")
    month.worked(world, world.lan)
    card = month.submitted(world, world.lan)
    assert "Đã nộp trên phần mềm" in in_words(world, client, "head", "lan")
    card = stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Xem lại"
    )
    drafted(world, card, "Chấm lại")
    for who in ("head", "stranger"):
        assert DRAFT not in in_words(world, client, who, "lan")
        assert DRAFT not in screen(world, client, who)
    own = in_words(world, client, "lan", "lan")
    assert DRAFT in own
    assert "Đã nộp trên phần mềm" not in own


def test_a_proposed_d_is_on_no_paper_of_the_persons(world: World, client: Client) -> None:
    month.worked(world, world.lan)
    month.notified(world, world.lan)
    Scorecard.objects.filter(person=world.lan).update(
        proposed_basis={"d": "1/2"}, confirmed_basis={"d": "1"}, basis_changed_at=MOMENT
    )
    assert "d hiện được đề xuất" in in_words(world, client, "head", "lan")
    assert "d hiện được đề xuất" not in in_words(world, client, "lan", "lan")


def test_a_card_that_was_returned_and_not_sent_again_prints_what_was_submitted(
    world: World, client: Client
) -> None:
    month.worked(world, world.lan)
    card = month.submitted(world, world.lan)
    card = stages.return_to_person(
        actor=world.head.user, moment=MOMENT, card=card, expected=card.version_number, reason="Xem lại"
    )
    card = drafted(world, card, "Chấm lại")
    stages.evaluate_without_self(
        actor=world.head.user, moment=world.period.self_due_at, card=card, expected=card.version_number,
        reason="Không gửi lại",
    )  # fmt: skip
    paper = in_words(world, client, "head", "lan")
    assert "Đã nộp trên phần mềm" in paper
    assert "không nộp phiếu tự chấm" not in paper
    assert DRAFT not in paper


# --- Numbers of tasks come from the engine ---------------------------------------------------------------------------
def test_a_line_counts_an_excused_delay_as_on_time_and_a_part_of_a_unit_as_a_part(world: World) -> None:
    from kpi_cms.interfaces.reporting.card_form import build_form01

    task = month.worked(world, world.lan, completed="2.5")
    for unit in (1, 3):
        deductions.record_delay(
            actor=world.head.user, moment=MOMENT, task=task, unit_number=unit, reason="Chậm"
        )
    card = world.card(world.lan)
    [line] = build_form01(card, MOMENT, Scope.of(world.head.user)).tasks
    assert (line.completed, line.on_time) == (Decimal("2.5"), Decimal("1.0"))
    first = Delay.objects.order_by("unit_number").first()
    assert first is not None
    deductions.confirm_cause(actor=world.head.user, moment=MOMENT, deduction=first, reason="Bão")
    [line] = build_form01(card, MOMENT, Scope.of(world.head.user)).tasks
    assert line.on_time == Decimal("2.0")


def test_work_outside_the_catalogue_has_no_units_on_time(world: World) -> None:
    from kpi_cms.interfaces.reporting.card_form import build_form01

    proposed = proposals.propose_task(
        actor=world.lan.user, moment=MOMENT, period=world.period, person=world.lan, name="Việc mới", product=None,
        quantity=Decimal(1), due_on=date(2026, 7, 30),
    )  # fmt: skip
    proposals.decide_proposal(actor=world.head.user, moment=MOMENT, task=proposed, accepted=True)
    [line] = build_form01(world.card(world.lan), MOMENT, Scope.of(world.lan.user)).tasks
    assert line.on_time is None


# --- An endorsement --------------------------------------------------------------------------------------------------
def test_the_form_is_signed_at_the_evaluators_moment_and_names_the_endorsement(
    drafted: World, client: Client
) -> None:
    world = drafted
    spec = worlds.staff_spec()
    stage = {"key": "endorsement", "label": "Xác nhận", "decides": False, "optional": False}
    version = worlds.version(spec | {"stages": [*spec["stages"], stage]}, "NV-XN")
    repin(world.period, world.staff, version)
    worlds.open_month(world)
    month.worked(world, world.lan)
    card = month.confirmed(world, world.lan)
    assert "Đã xác nhận trên phần mềm" not in in_words(world, client, "head", "lan")
    stages.endorse(
        actor=world.chair.user, moment=MOMENT + timedelta(days=2), card=card, expected=card.version_number,
        comment="NHẤT TRÍ", seen=on_screen(card))  # fmt: skip
    paper = in_words(world, client, "head", "lan")
    assert "Đã xác nhận trên phần mềm lúc 09:00 ngày 03/08/2026" in paper
    assert "Trần Đức Chí, Chức vụ head, đã xác nhận kết quả đánh giá lúc 05/08/2026 09:00." in paper
    assert "Ý kiến khi xác nhận: NHẤT TRÍ" in paper
    assert "NHẤT TRÍ" not in in_words(world, client, "lan", "lan")
