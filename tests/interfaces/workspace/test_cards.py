"""A person's own card: what it says, saving, sending, and what is shown again when a save is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.enums import CardState, EvaluatorBasis, StageKey
from kpi_cms.evaluation.models import Score, Scorecard
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.interfaces.reporting.card_form import build_form01
from snippets.enums import PeriodState
from snippets.models import Period
from tests.factories import evaluation as make
from tests.factories.snippets import hold
from tests.foundation.engine import specs
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.pages import LOG_ROW, asked, body, field, queries, text
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT

WORDS = "Chủ động tham mưu, hoàn thành trước hạn."


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


def filled(card, value="2", **more):
    """What the form of the self-assessment posts."""
    data = {f"s-{key}": value for key in make.entries(card, StageKey.SELF)}
    return data | {"expected": str(card.version_number), "strengths": "", "weaknesses": ""} | more


def stored(card):
    scores = Score.objects.filter(assessment__card=card).order_by("criterion__order")
    return list(scores.values_list("criterion__code", "value"))


# --- Reading -----------------------------------------------------------------------------------------------
def test_the_card_says_who_evaluates_and_why(world, sign_in):
    shown = text(sign_in(world.lan).get(url("card", world.card(world.lan).pk)))
    assert "Nguyễn Thị Hà" in shown
    assert "Người đứng đầu đơn vị cấu thành (Đơn vị A1): theo dõi, đánh giá cấp phó" in shown
    assert "Bộ NV, phiên bản 1" in shown


@pytest.mark.parametrize(
    ("basis", "details", "sentence"),
    [
        (EvaluatorBasis.DECISION, {"decision": "12/QĐ-UBND"}, "theo Quyết định số 12/QĐ-UBND."),
        (EvaluatorBasis.MANAGING_HEAD, {"unit": "QUAN-LY"}, "cơ quan quản lý (Đơn vị QUAN-LY)"),
        (EvaluatorBasis.AGENCY_HEAD, {"unit": "A"}, "cơ quan sử dụng (Đơn vị A)"),
        (EvaluatorBasis.ACTING_HEAD, {"unit": "A1"}, "phụ trách Đơn vị A1 theo quyết định"),
        (
            EvaluatorBasis.SUPERIOR,
            {"unit": "A", "vacant": ["A1"]},
            "cấp trên (Đơn vị A), do khuyết người đứng đầu tại: Đơn vị A1.",
        ),
        (EvaluatorBasis.RECEIVING_HEAD, {"unit": "B1"}, "Người đứng đầu Đơn vị B1, nơi tiếp nhận biệt phái."),
        (EvaluatorBasis.NONE, {"vacant": ["A1", "A"]}, "người phụ trách tại Đơn vị A1, Đơn vị A."),
    ],
)
def test_each_reason_for_an_evaluator_is_a_sentence(world, sign_in, basis, details, sentence):
    Scorecard.objects.filter(person=world.lan).update(evaluator_basis=basis, evaluator_details=details)
    assert sentence in text(sign_in(world.lan).get(url("card", world.card(world.lan).pk)))


def test_a_card_without_an_evaluator_says_what_to_do(world, sign_in):
    Scorecard.objects.filter(person=world.lan).update(evaluator=None, evaluator_basis=EvaluatorBasis.NONE)
    shown = text(sign_in(world.lan).get(url("card", world.card(world.lan).pk)))
    assert "Hãy báo bộ phận tham mưu về tổ chức, cán bộ để được phân công." in shown


def test_other_appointments_are_named(world, sign_in):
    Scorecard.objects.filter(person=world.lan).update(
        appointments=[{"unit": "B1", "position": "PCT", "role": "deputy"}]
    )
    assert "PCT, Đơn vị B1" in text(sign_in(world.lan).get(url("card", world.card(world.lan).pk)))


def test_posts_that_face_citizens_read_their_own_wording(world, sign_in):
    address, client = url("card", world.card(world.lan).pk), sign_in(world.lan)
    assert "II.4. Tiêu chí II.4" in text(client.get(address))
    Scorecard.objects.filter(person=world.lan).update(faces_citizens=True)
    assert "II.4. Thái độ phục vụ người dân" in text(client.get(address))


def test_nothing_is_preselected_and_guidance_is_there(world, sign_in):
    page = sign_in(world.lan).get(url("card", world.card(world.lan).pk))
    assert field(page, "s-key-I.1") == ""
    assert " checked" not in body(page)
    assert "Tận tụy, đúng mực." in text(page)


def test_the_evaluators_scores_are_seen_once_notified(world, sign_in):
    client = sign_in(world.lan)
    card = make.confirmed(world, world.lan, share="0.5", comment="Cần chủ động hơn.")
    before = text(client.get(url("card", card.pk)))
    assert ("Cần chủ động hơn." in before, "Cấp có thẩm quyền 15,00" in before) == (False, False)
    assert "–" in text(client.get(url("cards")))
    assert client.get(url("trace", card.pk, "danh-gia")).status_code == 404
    stages.notify(actor=world.head.user, moment=make.MOMENT, card=card)
    after = text(client.get(url("card", card.pk)))
    assert "Cần chủ động hơn." in after
    assert "85,00" in after
    assert "85,00" in text(client.get(url("cards")))
    assert client.get(url("trace", card.pk, "danh-gia")).status_code == 200


def test_unsubmitted_scores_are_the_persons_alone(world, sign_in):
    card = make.self_assessed(world, world.lan, strengths=WORDS)
    shown = text(sign_in(world.head).get(url("card", card.pk)))
    assert (WORDS in shown, "chưa có nội dung để xem" in shown) == (False, True)
    assert sign_in(world.head).get(url("trace", card.pk, "tu-cham")).status_code == 404


def test_a_returned_card_shows_the_reason(world, sign_in):
    card = make.returned(world, world.lan, reason="Nêu rõ số văn bản.")
    client = sign_in(world.lan)
    assert "Nêu rõ số văn bản." in text(client.get(url("card", card.pk)))
    assert "Nêu rõ số văn bản." in text(client.get(url("home")))


def test_a_card_of_a_closed_period_offers_nothing(world, sign_in):
    card = make.self_assessed(world, world.lan)
    Period.objects.update(state=PeriodState.CLOSED, closed_at=make.MOMENT)
    page = sign_in(world.lan).get(url("card", card.pk))
    assert "Kỳ này đã đóng." in text(page)
    assert 'name="expected"' not in body(page)
    response = sign_in(world.lan).post(url("card", card.pk), filled(card, "1"))
    assert response.status_code == 409
    assert stored(card)[0] == ("I.1", Decimal(5))


# --- Saving ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "value"), [("4,5", Decimal("4.5")), ("4.5", Decimal("4.5")), ("5", Decimal(5))]
)
def test_a_comma_and_a_point_are_the_same_number(world, sign_in, typed, value):
    card, client = world.card(world.lan), sign_in(world.lan)
    response = client.post(url("card", card.pk), {"expected": "0", "s-key-I.1": typed, "strengths": WORDS})
    assert (response.status_code, response.headers["Location"]) == (302, url("card", card.pk))
    assert stored(card) == [("I.1", value)]
    page = client.get(url("card", card.pk))
    assert (field(page, "s-key-I.1"), field(page, "strengths")) == (str(value).replace(".", ","), WORDS)
    assert field(page, "expected") == "1"


def test_every_mistake_is_named_and_nothing_typed_is_lost(world, sign_in):
    card = world.card(world.lan)
    data = filled(card, "2", strengths=WORDS) | {
        "s-key-I.1": "1.234,5",
        "s-key-II.1": "7",
        "s-key-II.2": "0,3",
    }
    response = sign_in(world.lan).post(url("card", card.pk), data)
    shown = text(response)
    assert response.status_code == 422
    assert "I.1: Nhập một số, ví dụ 4,5." in shown
    assert [f'href="#s-key-{code}"' in body(response) for code in ("I.1", "II.1", "II.2")] == [True] * 3
    assert [field(response, f"s-key-{code}") for code in ("I.1", "I.2", "II.1", "II.2")] == [
        "1.234,5",
        "2",
        "7",
        "0,3",
    ]
    assert field(response, "strengths") == WORDS
    assert stored(card) == []


def test_a_stale_save_shows_both_values_and_keeps_mine(world, sign_in):
    card, client = world.card(world.lan), sign_in(world.lan)
    client.post(url("card", card.pk), {"expected": "0", "s-key-I.1": "4,5", "strengths": "Đã lưu trước."})
    data = {"expected": "0", "s-key-I.1": "3,25", "strengths": WORDS}
    response = client.post(url("card", card.pk), data)
    assert response.status_code == 409
    marked = body(response)
    assert ["<mark>3,25</mark>" in marked, "<mark>4,5</mark>" in marked] == [True, True]
    assert [f"<mark>{words}</mark>" in marked for words in (WORDS, "Đã lưu trước.")] == [True, True]
    assert (field(response, "s-key-I.1"), field(response, "strengths")) == ("3,25", WORDS)
    assert field(response, "expected") == "1"
    assert stored(card) == [("I.1", Decimal("4.5"))]
    again = client.post(url("card", card.pk), data | {"expected": field(response, "expected")})
    assert again.status_code == 302
    assert stored(card) == [("I.1", Decimal("3.25"))]


@pytest.mark.parametrize("expected", ["", "x", "-1"])
def test_a_save_without_its_number_is_stale(world, sign_in, expected):
    card = world.card(world.lan)
    data = {"expected": expected, "s-key-I.1": "3"}
    assert sign_in(world.lan).post(url("card", card.pk), data).status_code == 409
    assert stored(card) == []


def test_changing_what_was_submitted_asks_for_a_reason(world, sign_in):
    card, client = make.returned(world, world.lan), sign_in(world.lan)
    data = filled(card, "2")
    response = client.post(url("card", card.pk), data)
    assert response.status_code == 422
    assert 'href="#reason"' in body(response)
    assert field(response, "s-key-I.1") == "2"
    assert stored(card)[0] == ("I.1", Decimal(5))
    assert client.post(url("card", card.pk), data | {"reason": "Theo yêu cầu"}).status_code == 302
    assert stored(card)[0] == ("I.1", Decimal(2))


# --- Sending -----------------------------------------------------------------------------------------------
def test_saving_leads_to_the_page_that_sends(world, sign_in):
    card = world.card(world.lan)
    response = sign_in(world.lan).post(url("card", card.pk), filled(card, review="1"))
    assert response.headers["Location"] == url("submit", card.pk)


def test_what_is_missing_is_listed_before_sending(world, sign_in):
    make.assigned(world, world.lan)
    card, client = world.card(world.lan), sign_in(world.lan)
    client.post(url("card", card.pk), filled(card) | {"s-key-III.2": ""})
    page = client.get(url("submit", card.pk))
    assert "III.2: Hãy chấm điểm tiêu chí này." in text(page)
    assert "Còn 1 nhiệm vụ chưa báo cáo." in text(page)
    refused = client.post(url("submit", card.pk), {"expected": "1"})
    assert refused.status_code == 422
    assert "1 " in text(refused)
    assert world.card(world.lan).state == CardState.OPENED


def test_a_complete_card_is_sent_once(world, sign_in):
    make.accepted(world, world.lan)
    card, client = make.self_assessed(world, world.lan), sign_in(world.lan)
    response = client.post(url("submit", card.pk), {"expected": str(card.version_number)})
    assert (response.status_code, response.headers["Location"]) == (302, url("card", card.pk))
    assert world.card(world.lan).state == CardState.SUBMITTED
    assert client.get(url("submit", card.pk)).headers["Location"] == url("card", card.pk)
    assert client.post(url("submit", card.pk), {"expected": "2"}).status_code == 409


def test_a_step_from_an_older_state_is_refused_and_can_be_taken_again(world, sign_in):
    make.accepted(world, world.lan)
    card, client = make.self_assessed(world, world.lan), sign_in(world.lan)
    response = client.post(url("submit", card.pk), {"expected": "0"})
    assert response.status_code == 409
    assert world.card(world.lan).state == CardState.OPENED
    assert field(response, "expected") == str(card.version_number)


def test_after_the_deadline_the_page_says_so_and_sending_is_refused(world, sign_in, clock):
    card = make.self_assessed(world, world.lan)
    clock.now = world.period.self_due_at + timedelta(seconds=1)
    client = sign_in(world.lan)
    assert "Hạn tự chấm là trước 06/08/2026 00:00." in text(client.get(url("card", card.pk)))
    assert client.post(url("submit", card.pk), {"expected": str(card.version_number)}).status_code == 409


# --- Why these points --------------------------------------------------------------------------------------
def test_the_trace_explains_the_total_with_its_clauses(world, sign_in):
    card = make.notified(world, world.lan)
    shown = text(sign_in(world.lan).get(url("trace", card.pk, "danh-gia")))
    assert "(a + b + c) / 3 × 70" in shown
    assert "DC.01 Soạn thảo văn bản" in shown
    assert "làm tròn thành 85,00" in shown
    assert ["Đ16.1" in shown, "Đ17.1" in shown] == [True, True]


def test_an_unknown_stage_has_no_trace(world, sign_in):
    card = make.notified(world, world.lan)
    assert sign_in(world.lan).get(url("trace", card.pk, "nam")).status_code == 404


def test_a_leaders_trace_names_nobody_whose_card_its_reader_does_not_see(world, sign_in):
    """Chí evaluates Hà, and holds nothing on her department."""
    make.confirmed(world, world.lan)
    make.submitted(world, world.head)
    shown = text(sign_in(world.chair).get(url("trace", world.card(world.head).pk, "danh-gia")))
    assert "Được tính 1 1 người có phiếu ngoài phạm vi được xem của bạn" in shown
    assert "Chưa được xác nhận 2 2 người có phiếu ngoài phạm vi được xem của bạn" in shown
    for who in (world.lan, world.minh, world.deputy):
        assert who.full_name not in shown


def test_a_leaders_trace_names_whose_results_count(world, sign_in):
    hold(world.chair.user, world.department, "view_cards")
    make.confirmed(world, world.lan)
    make.submitted(world, world.head)
    shown = text(sign_in(world.chair).get(url("trace", world.card(world.head).pk, "danh-gia")))
    assert "Được tính 1 Hồ Thị Lan" in shown
    assert "Chưa được xác nhận 2 Phạm Tiến Dũng; Võ Quang Minh" in shown


@pytest.mark.parametrize(
    ("settings", "waiting", "missed"),
    [
        ({}, "Chưa được xác nhận", "Không tính:"),
        ({"managed_unconfirmed": "left_out"}, "Không tính: chưa được xác nhận", "Không tính:"),
        ({"managed_unconfirmed": "failing"}, "Tính là không đạt điểm: chưa được xác nhận", "Không tính:"),
        ({"managed_without_result": "failing"}, "Chưa được xác nhận", "Tính là không đạt điểm:"),
    ],
)
def test_a_leaders_trace_says_what_becomes_of_people_without_points(
    world, sign_in, settings, waiting, missed
):
    """Everybody the leader manages is named: a civil servant whom no set covered too."""
    spec = worlds.leader_spec(settings={**specs.SETTINGS, **settings})
    Scorecard.objects.filter(is_leader=True).update(version=worlds.version(spec, "LD-KHAC"))
    worlds.person("CC006", "Lê Thị Mới", world.department)
    worlds.person("CC103", "Cao Văn Xa", world.other_department)
    hold(world.chair.user, world.department, "view_cards")
    month.notified(world, world.lan)  # with nothing assigned: a card without a result
    make.submitted(world, world.head)
    shown = text(sign_in(world.chair).get(url("trace", world.card(world.head).pk, "danh-gia")))
    listed = shown.partition("Những người có kết quả được tính")[2]
    assert f"{waiting} 2 Phạm Tiến Dũng; Võ Quang Minh" in listed
    assert f"{missed} chưa có kết quả 1 Hồ Thị Lan" in listed
    assert f"{missed} không có phiếu trong kỳ 1 Lê Thị Mới" in listed
    assert ("Được tính" in listed, "Cao Văn Xa" in listed) == (False, False)


# --- What the pages cost -----------------------------------------------------------------------------------
def test_the_card_costs_the_same_with_one_task_and_with_three(world, sign_in):
    hold(world.head.user, world.department, "view_cards", "evaluate")
    card, person, head = make.submitted(world, world.lan), sign_in(world.lan), sign_in(world.head)
    assert (queries(person, url("card", card.pk)), queries(head, url("card", card.pk))) == (10, 10 + LOG_ROW)
    make.stages.return_to_person(
        actor=world.head.user, moment=make.MOMENT, card=card, expected=card.version_number, reason="Bổ sung"
    )
    make.accepted(world, world.lan)
    make.accepted(world, world.lan)
    assert (queries(person, url("card", card.pk)), queries(head, url("card", card.pk))) == (11, 11 + LOG_ROW)


def test_saving_the_card_again_stays_within_its_budget(world, sign_in):
    """Ten scores changed: session and account, the card to read the form, and what the domain asks and writes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make.accepted(world, world.lan)
    card, client = make.self_assessed(world, world.lan), sign_in(world.lan)
    with CaptureQueriesContext(connection) as caught:
        assert client.post(url("card", card.pk), filled(card, "1")).status_code == 302
    statements = [statement.split()[0] for statement in asked(caught)]
    written = [word for word in statements if word in {"INSERT", "UPDATE"}]
    assert written == ["UPDATE", "INSERT", "UPDATE", "INSERT", "UPDATE"]
    assert statements.count("SELECT") <= 12


def test_a_colleague_who_only_reads_is_refused_before_mistakes_are_named(world, sign_in):
    hold(world.head.user, world.department, "view_cards")
    card = world.card(world.lan)
    response = sign_in(world.head).post(url("card", card.pk), {"expected": "0", "s-key-I.1": "x"})
    assert response.status_code == 403
    stranger = sign_in(world.stranger).post(url("card", card.pk), {"expected": "0", "s-key-I.1": "x"})
    assert stranger.status_code == 404


def test_the_list_of_own_cards_costs_the_same_for_one_and_for_three(world, sign_in):
    client = sign_in(world.lan)
    assert queries(client, url("cards")) == 5
    for number in (5, 6):
        period = Period.objects.get(pk=world.period.pk)
        period.pk, period.number, period.state = None, number, PeriodState.CLOSED
        period.closed_at = make.MOMENT
        period.save()
        card = world.card(world.lan)
        card.pk, card.period = None, period
        card.save()
    assert queries(client, url("cards")) == 5
    assert text(client.get(url("cards"))).count("Đơn vị A1") == 3


def test_an_account_without_cards_reads_what_will_come(world):
    from django.test import Client

    from tests.factories.snippets import UserFactory

    client = Client()
    client.force_login(UserFactory())
    assert "Bạn chưa có phiếu nào." in text(client.get(url("cards")))


# --- In the set's own words ----------------------------------------------------------------------------------
def test_every_screen_calls_the_parts_as_the_set_does(drafted, sign_in):
    spec = worlds.staff_spec(law="")
    spec["parts"] = [
        {**part, "label": label}
        for part, label in zip(spec["parts"], ("Tu dưỡng", "Việc đã làm"), strict=True)
    ]
    repin(drafted.period, drafted.staff, worlds.version(spec, "NV-TEN"))
    worlds.open_month(drafted)
    card = drafted.card(drafted.lan)
    writing = text(sign_in(drafted.lan).get(url("card", card.pk)))
    assert "Tu dưỡng:" in writing  # what the page adds up while it is typed
    make.notified(drafted, drafted.lan)
    read, why = (
        text(sign_in(drafted.lan).get(address))
        for address in (url("card", card.pk), url("trace", card.pk, "danh-gia"))
    )
    assert "Tu dưỡng + Việc đã làm" in why
    for page in (writing, read, why):
        assert [label in page for label in ("Tu dưỡng", "Việc đã làm")] == [True, True]
        assert [
            label for label in ("tiêu chí chung", "kết quả thực hiện nhiệm vụ") if label in page.lower()
        ] == []


def test_a_result_says_what_its_band_stands_for_and_a_self_assessment_does_not(drafted, sign_in):
    spec = worlds.staff_spec(law="", schema_version=2, band_value="Hệ số thu nhập tăng thêm")
    spec["bands"] = [
        {**band, "value": value} for band, value in zip(spec["bands"], ("1.2", "1", "0.8", "0"), strict=True)
    ]
    repin(drafted.period, drafted.staff, worlds.version(spec, "NV-HS"))
    worlds.open_month(drafted)
    month.worked(drafted, drafted.lan)
    month.evaluated(drafted, drafted.lan)
    card = drafted.card(drafted.lan)
    own, listed = url("card", card.pk), url("evaluations")
    assert "Hệ số thu nhập tăng thêm" not in text(
        sign_in(drafted.lan).get(own)
    )  # nor the evaluation, which is not confirmed
    month.notified_as_it_stands(drafted, drafted.lan)
    shown = text(sign_in(drafted.lan).get(own))
    assert "Hệ số thu nhập tăng thêm 1,2" in shown
    assert "Hoàn thành xuất sắc nhiệm vụ (Hệ số thu nhập tăng thêm: 1,2)" in text(
        sign_in(drafted.head).get(listed)
    )
    form = build_form01(card, MOMENT, Scope.of(drafted.head.user))
    assert "Hệ số thu nhập tăng thêm: 1,2 (Hoàn thành xuất sắc nhiệm vụ)." in form.annex_notes
