"""Evaluating a card beside the person's own scores, confirming, returning, notifying."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from kpi_cms.evaluation.domain import deductions
from kpi_cms.evaluation.enums import CardState, StageKey
from kpi_cms.evaluation.models import Score, Scorecard
from kpi_cms.foundation.audit.history import HistoryRow
from kpi_cms.foundation.audit.models import ErasableText, LedgerEntry
from snippets.enums import Capability
from tests.factories import evaluation as make
from tests.factories.snippets import hold, holder
from tests.helpers import world as worlds
from tests.helpers.pages import LOG_ROW, asked, body, costs, field, queries, text
from tests.helpers.screens import on_screen

EVIDENCE = {
    LedgerEntry._meta.db_table,
    ErasableText._meta.db_table,
    *(model._meta.db_table for model in apps.get_models() if issubclass(model, HistoryRow)),
}
WORDS = "Hoàn thành tốt, cần đúng hạn hơn."


def agree(world, card):
    """What the page of a decision sends: the card as it stands now."""
    card = Scorecard.objects.get(pk=card.pk)
    return {"expected": str(card.version_number), "seen": on_screen(card)}


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


def filled(card, value="2", **more):
    """What the form of the evaluation posts."""
    data = {}
    for key, entry in make.entries(card, StageKey.EVALUATOR).items():
        data[f"s-{key}"] = entry.value if isinstance(entry.value, str) else value
        if isinstance(entry.value, str):
            data[f"g-{key}"] = entry.grounds
    return data | {"expected": str(card.version_number), "comment": ""} | more


def stored(card, stage=StageKey.EVALUATOR):
    scores = Score.objects.filter(assessment__card=card, assessment__stage=stage)
    return list(
        scores.order_by("criterion__order").values_list("criterion__code", "value", "choice", "grounds")
    )


# --- Side by side ------------------------------------------------------------------------------------------
def test_the_persons_scores_stand_beside_empty_fields(world, sign_in):
    card = make.submitted(world, world.lan, share="0.5", strengths="Chủ động")
    page = sign_in(world.head).get(url("evaluate", card.pk))
    assert field(page, "s-key-I.1") == ""
    assert "I.1. Tiêu chí I.1 5 2,5 / 5 Lấy điểm tự chấm 2,5 I.1" in text(page)
    assert "Chủ động" in text(page)


def test_saving_keeps_the_persons_scores_as_they_are(world, sign_in):
    card, client = make.submitted(world, world.lan), sign_in(world.head)
    own = stored(card, StageKey.SELF)
    response = client.post(url("evaluate", card.pk), filled(card, "1,25", comment=WORDS))
    assert (response.status_code, response.headers["Location"]) == (302, url("evaluate", card.pk))
    assert stored(card)[0] == ("I.1", Decimal("1.25"), "", "")
    assert stored(card, StageKey.SELF) == own
    page = client.get(url("evaluate", card.pk))
    assert (field(page, "s-key-I.1"), field(page, "comment")) == ("1,25", WORDS)
    assert "82,50" in text(page)


def test_one_score_is_taken_over_without_saving(world, sign_in):
    """Without script the button draws the page again: one more field filled, everything typed kept."""
    card = make.submitted(world, world.lan, share="0.5")
    data = filled(card, "") | {"s-key-II.1": "viết dở", "comment": WORDS, "take": "key-I.1"}
    response = sign_in(world.head).post(url("evaluate", card.pk), data)
    assert response.status_code == 200
    assert [field(response, f"s-key-{code}") for code in ("I.1", "I.2", "II.1")] == ["2,5", "", "viết dở"]
    assert field(response, "comment") == WORDS
    assert 'data-dirty="true"' in body(response)
    assert stored(card) == []


@pytest.mark.parametrize("key", ["key-KHONG", "key-a", ""])
def test_taking_over_what_is_not_there_changes_nothing(world, sign_in, key):
    card = make.submitted(world, world.lan)
    response = sign_in(world.head).post(url("evaluate", card.pk), filled(card, "") | {"take": key})
    assert (response.status_code, field(response, "s-key-I.1")) == (200, "")


def test_a_refused_evaluation_keeps_everything_typed(world, sign_in):
    card = make.submitted(world, world.lan)
    data = filled(card, "2", comment=WORDS) | {"s-key-I.1": "9"}
    response = sign_in(world.head).post(url("evaluate", card.pk), data)
    assert (response.status_code, field(response, "s-key-I.1"), field(response, "comment")) == (
        422,
        "9",
        WORDS,
    )
    assert 'href="#s-key-I.1"' in body(response)
    assert stored(card) == []


def test_points_that_may_be_thousands_are_asked_again(world, sign_in):
    card = make.submitted(world, world.lan)
    response = sign_in(world.head).post(url("evaluate", card.pk), filled(card, "2") | {"s-key-I.1": "1.000"})
    assert (response.status_code, field(response, "s-key-I.1"), stored(card)) == (422, "1.000", [])
    assert "“1.000” có thể hiểu theo hai cách. Hãy nhập 1000 hoặc 1." in body(response)


def test_a_stale_evaluation_shows_both_values(world, sign_in):
    card, client = make.submitted(world, world.lan), sign_in(world.head)
    client.post(url("evaluate", card.pk), filled(card, "2"))
    response = client.post(url("evaluate", card.pk), filled(card, "1,5"))
    assert response.status_code == 409
    assert ["<mark>1,5</mark>" in body(response), "<mark>2</mark>" in body(response)] == [True, True]
    assert field(response, "s-key-I.1") == "1,5"


def test_somebody_else_is_refused_before_their_mistakes_are_named(world, sign_in):
    card = make.submitted(world, world.lan)
    hold(world.chair.user, world.agency, Capability.VIEW)
    response = sign_in(world.chair).post(url("evaluate", card.pk), filled(card, "x"))
    assert response.status_code == 403


@pytest.mark.parametrize("state", ["self_assessed", "confirmed"])
def test_only_a_submitted_card_can_be_evaluated(world, sign_in, state):
    card = getattr(make, state)(world, world.lan)
    client = sign_in(world.head)
    assert client.get(url("evaluate", card.pk)).headers["Location"] == url("card", card.pk)
    assert client.post(url("evaluate", card.pk), filled(card)).status_code == 409


def test_saving_one_score_costs_as_much_as_saving_all(world, sign_in):
    """performance.md: at most 14 queries for a card, its history and the ledger included."""
    card, client = make.submitted(world, world.lan), sign_in(world.head)
    first, address = filled(card, "1,25", reason="Xem lại"), url("evaluate", card.pk)
    client.post(address, first)  # the assessment is there from now on

    def saves(data):
        card.refresh_from_db()
        return costs(client, address, data | {"expected": str(card.version_number)})

    one = first | {"s-key-I.1": "2,5"}
    every = filled(card, "2", reason="Xem lại")
    assert (saves(one), saves(every)) == (13, 13)


def test_one_score_costs_two_queries_for_history_and_ledger_and_a_third_for_its_words(world, sign_in):
    card, client = make.submitted(world, world.lan), sign_in(world.head)
    address = url("evaluate", card.pk)

    def evidence_of(**given):
        card.refresh_from_db()
        with CaptureQueriesContext(connection) as caught:
            answer = client.post(address, filled(card, "1") | given | {"expected": str(card.version_number)})
        assert answer.status_code == 302
        return [table for query in asked(caught) for table in EVIDENCE if f'"{table}"' in query]

    evidence_of()  # the assessment is there from now on, with every score
    assert evidence_of(**{"s-key-I.1": "2"}) == ["evaluation_historicalscore", "audit_ledgerentry"]
    assert evidence_of(**{"s-key-I.1": "2,5", "reason": "Xem lại"}) == [
        "audit_erasabletext", "evaluation_historicalscore", "audit_ledgerentry",
    ]  # fmt: skip


# --- Choices: đ and e --------------------------------------------------------------------------------------
def test_a_choice_is_never_preselected_and_asks_for_grounds(world, sign_in):
    card, client = make.submitted(world, world.head), sign_in(world.chair)
    page = body(client.get(url("evaluate", card.pk)))
    assert 'name="s-key-đ" value="100"' in page
    assert " checked" not in page
    data = filled(card) | {"s-key-đ": "50", "g-key-đ": "", "s-key-e": "100", "g-key-e": ""}
    assert client.post(url("evaluate", card.pk), data).status_code == 302
    assert ("đ", None, "50", "") in stored(card)
    shown = text(client.get(url("confirm", card.pk)))
    assert "đ: Hãy nêu căn cứ của lựa chọn này." in shown
    assert "e: Hãy nêu căn cứ" not in shown
    assert client.post(url("confirm", card.pk), agree(world, card)).status_code == 422
    checked = body(client.get(url("evaluate", card.pk)))
    assert 'value="50" id="s-key-đ-1" checked' in checked


def test_a_choice_outside_its_options_is_refused(world, sign_in):
    card = make.submitted(world, world.head)
    data = filled(card) | {"s-key-đ": "75"}
    response = sign_in(world.chair).post(url("evaluate", card.pk), data)
    assert response.status_code == 422
    assert 'href="#s-key-đ"' in body(response)


def test_a_choice_is_taken_over_with_its_grounds(world, sign_in):
    card = make.submitted(world, world.head)
    data = filled(card, "") | {"s-key-đ": "", "g-key-đ": "", "take": "key-đ"}
    response = sign_in(world.chair).post(url("evaluate", card.pk), data)
    assert 'value="100" id="s-key-đ" checked' in body(response)
    assert field(response, "g-key-đ") == "Có căn cứ"


def test_grounds_stand_with_their_criterion(world, sign_in):
    card = make.submitted(world, world.head)
    shown = text(sign_in(world.chair).get(url("evaluate", card.pk)))
    assert "Căn cứ (Cá nhân tự chấm): Có căn cứ" in shown
    assert "Lấy điểm tự chấm 100% đ" in shown


def test_an_item_that_is_met_or_not_is_two_choices(world, sign_in):
    """The Party form: full points or none, neither preselected."""
    party = worlds.version(worlds.specs.party() | {"applicability": {}}, "DANG", frame="party")
    Scorecard.objects.filter(person=world.lan).update(version=party, frame="party")
    card, client = world.card(world.lan), sign_in(world.lan)
    page = body(client.get(url("card", card.pk)))
    assert ['value="2" id="s-key-I.1"' in page, 'value="0" id="s-key-I.1-1"' in page] == [True, True]
    assert " checked" not in page
    client.post(url("card", card.pk), {"expected": "0", "s-key-I.1": "2", "s-key-I.2": "0"})
    assert stored(card, StageKey.SELF)[:2] == [("I.1", Decimal(2), "", ""), ("I.2", Decimal(0), "", "")]
    again = body(client.get(url("card", card.pk)))
    assert [f'id="s-key-{code}" checked' in again for code in ("I.1", "I.2-1", "I.2")] == [True, True, False]


# --- Confirming and returning ------------------------------------------------------------------------------
def test_the_page_that_confirms_lists_what_is_missing(world, sign_in):
    make.reported(world, world.lan)
    card, client = make.submitted(world, world.lan), sign_in(world.head)
    response = client.post(url("evaluate", card.pk), filled(card) | {"s-key-I.2": "", "review": "1"})
    assert response.headers["Location"] == url("confirm", card.pk)
    page = client.get(url("confirm", card.pk))
    assert "I.2: Hãy chấm điểm tiêu chí này." in text(page)
    assert "Còn 1 nhiệm vụ đã báo cáo hoặc đề xuất chờ bạn quyết định." in text(page)
    assert f'href="{url("evaluate", card.pk)}#s-key-I.2"' in body(page)


def test_d_that_waits_for_others_is_said(world, sign_in):
    card, client = make.submitted(world, world.head), sign_in(world.chair)
    client.post(url("evaluate", card.pk), filled(card))
    shown = text(client.get(url("confirm", card.pk)))
    assert "chưa được xác nhận đầy đủ (chưa xác định được d)" in shown
    assert client.post(url("confirm", card.pk), agree(world, card)).status_code == 409


def test_a_complete_evaluation_is_confirmed_and_notified(world, sign_in):
    card, client = make.evaluated(world, world.lan), sign_in(world.head)
    response = client.post(url("confirm", card.pk), agree(world, card))
    assert response.headers["Location"] == url("card", card.pk)
    assert world.card(world.lan).state == CardState.CONFIRMED
    assert "Thông báo kết quả cho người được đánh giá" in text(client.get(url("card", card.pk)))
    assert client.post(url("notify", card.pk)).status_code == 302
    notified = world.card(world.lan)
    assert (notified.state, notified.notified_at) == (CardState.NOTIFIED, make.MOMENT)
    assert client.post(url("notify", card.pk)).status_code == 409


def test_t15_points_that_changed_under_the_page_are_agreed_to_again(world, sign_in):
    task = make.accepted(world, world.lan)
    card, client = make.evaluated(world, world.lan, share="1"), sign_in(world.head)
    page = client.get(url("confirm", card.pk))
    agreed = {name: field(page, name) for name in ("expected", "shown", "seen")}
    assert (agreed["expected"], agreed["shown"]) == (str(card.version_number), "100.00")
    deductions.record_fault(
        actor=world.head.user, moment=make.MOMENT, task=task, unit_number=1, reason="Sai số liệu"
    )
    stale = client.post(url("confirm", card.pk), agreed)
    assert (stale.status_code, field(stale, "shown")) == (409, "98.54")
    assert world.card(world.lan).state == CardState.SUBMITTED
    again = {name: field(stale, name) for name in agreed}
    assert client.post(url("confirm", card.pk), again).status_code == 302
    assert world.card(world.lan).state == CardState.CONFIRMED


def test_a_return_needs_a_reason_and_keeps_it_when_refused(world, sign_in):
    card, client = make.submitted(world, world.lan), sign_in(world.head)
    number = card.version_number
    empty = client.post(url("return_card", card.pk), {"expected": number, "reason": " "})
    assert (empty.status_code, 'href="#id_reason"' in body(empty)) == (422, True)
    stale = client.post(url("return_card", card.pk), {"expected": "0", "reason": "Nêu rõ sản phẩm."})
    assert (stale.status_code, field(stale, "reason")) == (409, "Nêu rõ sản phẩm.")
    assert world.card(world.lan).state == CardState.SUBMITTED
    again = {"expected": field(stale, "expected"), "reason": "Nêu rõ sản phẩm."}
    assert client.post(url("return_card", card.pk), again).status_code == 302
    assert world.card(world.lan).state == CardState.RETURNED


def test_a_card_whose_self_assessment_did_not_come_is_taken_up(world, sign_in, clock):
    card, client = world.card(world.lan), sign_in(world.head)
    early = {"expected": "0", "reason": "Nghỉ ốm"}
    assert client.post(url("take_up", card.pk), early).status_code == 409
    clock.now = world.period.self_due_at + timedelta(hours=1)
    client = sign_in(world.head)
    assert "Đánh giá khi không có phiếu tự chấm" in text(client.get(url("card", card.pk)))
    assert "Phiếu quá hạn tự chấm 3" in text(client.get(url("home")))
    assert client.post(url("take_up", card.pk), early).status_code == 302
    page = client.get(url("evaluate", card.pk))
    assert "Phiếu này được đánh giá khi không có phiếu tự chấm." in text(page)
    assert "Lấy điểm tự chấm" not in text(page)


def test_a_set_with_an_endorsement_waits_for_the_head_of_the_agency(world, sign_in):
    spec = worlds.staff_spec()
    spec["stages"] = [
        *spec["stages"],
        {"key": "endorsement", "label": "Người đứng đầu xác nhận", "decides": False, "optional": True},
    ]
    Scorecard.objects.filter(person=world.lan).update(
        version=worlds.version(spec, "NV3"), endorser=world.chair
    )
    card = make.confirmed(world, world.lan, comment=WORDS)
    assert card.state == CardState.EVALUATED
    client = sign_in(world.chair)
    assert "Phiếu chờ người đứng đầu xác nhận 1" in text(client.get(url("home")))
    assert WORDS in text(client.get(url("card", card.pk)))
    assert client.get(url("endorse", card.pk)).status_code == 200
    back = {"expected": str(card.version_number), "reason": "Xem lại điểm II.1"}
    assert client.post(url("return_evaluation", card.pk), back).status_code == 302
    assert world.card(world.lan).state == CardState.SUBMITTED
    card = world.card(world.lan)
    make.stages.confirm(
        actor=world.head.user,
        moment=make.MOMENT,
        card=card,
        expected=card.version_number,
        seen=on_screen(card),
    )
    without = client.post(url("endorse", card.pk), {"expected": agree(world, card)["expected"]})
    assert (without.status_code, "Chưa nêu nội dung đã xem trên màn hình." in text(without)) == (409, True)
    assert client.post(url("endorse", card.pk), agree(world, card)).status_code == 302
    assert world.card(world.lan).state == CardState.CONFIRMED


def test_a_changed_basis_is_shown_and_confirmed_anew(world, sign_in):
    """Lan's later 30 points lower d of her head's card, which was confirmed at 100%."""
    Scorecard.objects.filter(person__in=(world.minh, world.deputy)).delete()
    make.confirmed(world, world.lan)
    card = make.confirmed(world, world.head)
    Scorecard.objects.filter(pk=card.pk).update(proposed_basis={"d": "1/2"}, basis_changed_at=make.MOMENT)
    client = sign_in(world.chair)
    assert "Kết quả có căn cứ đã thay đổi 1" in text(client.get(url("home")))
    assert "khi xác nhận d là 100%, nay là 50%" in text(client.get(url("card", card.pk)))
    assert "Căn cứ đã thay đổi" in text(client.get(url("evaluations")))
    page = client.get(url("accept_basis", card.pk))
    assert "d khi xác nhận 100% d hiện nay 50%" in text(page)
    assert client.post(url("accept_basis", card.pk), agree(world, card)).status_code == 302
    assert world.card(world.head).proposed_basis == {}


# --- A unit's results at once ------------------------------------------------------------------------------
def test_everybody_confirmed_is_notified_at_once(world, sign_in):
    hold(world.head.user, world.department, Capability.VIEW)
    make.confirmed(world, world.lan)
    make.confirmed(world, world.minh)
    make.submitted(world, world.deputy)
    client = sign_in(world.head)
    assert "Thông báo mọi kết quả đã xác nhận" in text(client.get(url("unit", "A1")))
    response = client.post(url("notify_unit", "A1"), {"period": world.period.pk})
    assert response.headers["Location"] == f"{url('unit', 'A1')}?ky={world.period.pk}"
    states = dict(Scorecard.objects.filter(unit=world.department).values_list("person", "state"))
    assert [states[who.pk] for who in (world.lan, world.minh, world.deputy)] == [
        CardState.NOTIFIED,
        CardState.NOTIFIED,
        CardState.SUBMITTED,
    ]
    assert "Đã thông báo kết quả cho 2 người." in text(client.get(url("unit", "A1")))


@pytest.mark.parametrize("data", [{}, {"period": "x"}, {"period": "999999"}])
def test_a_period_that_does_not_exist_is_missing(world, sign_in, data):
    hold(world.head.user, world.department, Capability.VIEW)
    assert sign_in(world.head).post(url("notify_unit", "A1"), data).status_code == 404
    assert sign_in(world.head).post(url("notify_unit", "KHONG-CO"), data).status_code == 404


def test_the_personnel_office_notifies_what_it_receives(world):
    from django.test import Client

    make.confirmed(world, world.lan)
    client = Client()
    client.force_login(holder(world.agency, Capability.VIEW, Capability.RECEIVE_RESULTS))
    assert "Các đơn vị của bạn có 1 kết quả đã xác nhận chờ thông báo." in text(client.get(url("home")))
    assert "Thông báo mọi kết quả đã xác nhận" in text(client.get(url("unit", "A")))
    assert client.post(url("notify_unit", "A"), {"period": world.period.pk}).status_code == 302
    assert world.card(world.lan).state == CardState.NOTIFIED


# --- The list ----------------------------------------------------------------------------------------------
def test_the_list_of_evaluations_filters_by_state_and_name(world, sign_in):
    make.submitted(world, world.lan)
    client = sign_in(world.head)
    assert [name in text(client.get(url("evaluations"))) for name in ("Lan", "Minh", "Dũng")] == [True] * 3
    shown = text(client.get(url("evaluations"), {"trang-thai": "submitted"}))
    assert ["Hồ Thị Lan" in shown, "Võ Quang Minh" in shown] == [True, False]
    shown = text(client.get(url("evaluations"), {"q": "vo quang", "trang-thai": "nonsense"}))
    assert ["Hồ Thị Lan" in shown, "Võ Quang Minh" in shown] == [False, True]
    assert "Không có phiếu nào." in text(client.get(url("evaluations"), {"q": "khong ai"}))


def test_the_list_of_evaluations_costs_the_same_for_one_and_for_three(world, sign_in):
    client = sign_in(world.head)
    assert queries(client, f"{url('evaluations')}?q=lan") == 7 + LOG_ROW
    assert queries(client, url("evaluations")) == 7 + LOG_ROW


def test_the_page_costs_the_same_with_one_task_and_with_three(world, sign_in):
    client = sign_in(world.head)
    for who, proposed in ((world.lan, 0), (world.minh, 2)):
        for _ in range(proposed):
            make.proposed(world, who)
        card = make.submitted(world, who)
        assert (queries(client, url("evaluate", card.pk)), queries(client, url("confirm", card.pk))) == (
            10 + LOG_ROW,
            10 + LOG_ROW,
        )


def test_the_screens_are_complete_in_english(world, sign_in):
    card, client = make.submitted(world, world.lan), sign_in(world.head)
    client.post(reverse("set_language"), {"language": "en"})
    with translation.override("en"):
        shown = text(client.get(url("evaluate", card.pk)))
    assert "Take over 5" in shown
