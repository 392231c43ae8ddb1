"""Evidence on the screens: attached by a plain form, read beside what it shows, handed out as a download only."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.models import Evidence, Score, Task
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.enums import PeriodState, Role
from snippets.models import Period, Unit
from tests.factories import evaluation as make
from tests.factories import evidence as attach
from tests.factories.snippets import UserFactory, hold, in_role
from tests.helpers import files
from tests.helpers.pages import LOG_ROW, body, field, queries, text
from tests.helpers.world import MOMENT

MISSING = uuid.UUID(int=335)
TITLE, NUMBER = attach.TITLE, attach.NUMBER


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


@pytest.fixture(autouse=True)
def _empty_store(settings):
    """A store in memory of this test's own."""
    settings.STORAGES = dict(settings.STORAGES)


def first_key(card):
    return attach.entered_key(card)


def page_of(world, who):
    """The address where this person attaches to the first criterion of their card."""
    card = world.card(who)
    return url("attach_evidence", card.pk, first_key(card))


def upload(client, address, data=None, *, name="to-trinh.pdf", **typed):
    content = files.pdf() if data is None else data
    return client.post(
        address, {"title": "", "number": "", **typed, "file": SimpleUploadedFile(name, content)}
    )


def got(client, evidence):
    response = client.get(url("evidence", evidence.key))
    return response, b"".join(response.streaming_content) if response.streaming else response.content


# --- Attaching -----------------------------------------------------------------------------------------------
def test_a_file_is_attached_to_a_criterion_and_stands_on_the_card(world, sign_in):
    client, address = sign_in(world.lan), page_of(world, world.lan)
    assert "Chưa có tệp nào được đính kèm." in text(client.get(address))
    response = upload(client, address, title=TITLE, number=NUMBER)
    assert (response.status_code, response["Location"]) == (302, address)
    shown = text(client.get(address))
    assert f"“{TITLE}” đã được đính kèm." in shown
    assert f"{TITLE} ({NUMBER}) PDF, 1 KB, 03/08/2026 09:00, Hồ Thị Lan" in shown
    card = client.get(url("card", world.card(world.lan).pk))
    assert f"{TITLE} ({NUMBER}) PDF, 1 KB, 03/08/2026 09:00, Hồ Thị Lan" in text(card)
    assert url("evidence", Evidence.objects.get().key) in body(card)


def test_a_file_is_attached_to_a_task_and_stands_there_and_on_the_card(world, sign_in):
    task = make.assigned(world, world.lan)
    client = sign_in(world.lan)
    assert "Đính kèm minh chứng" in text(client.get(url("task", task.pk)))
    response = upload(client, url("attach_to_task", task.pk), title=TITLE)
    assert (response.status_code, Evidence.objects.get().task) == (302, task)
    assert f"Minh chứng 1 {TITLE} PDF" in text(client.get(url("task", task.pk)))
    assert "DC.01, 1 tệp minh chứng" in text(client.get(url("card", world.card(world.lan).pk)))


def test_without_a_title_a_file_is_called_as_on_its_senders_machine(world, sign_in):
    upload(sign_in(world.lan), page_of(world, world.lan), name="C:\\Lan\\Biên bản  họp.pdf")
    assert Evidence.objects.get().title == "Biên bản họp"


def test_a_photo_of_a_phone_is_taken_and_kept_without_its_place(world, sign_in):
    upload(sign_in(world.lan), page_of(world, world.lan), files.picture(), name="IMG_2034.HEIC")
    found = Evidence.objects.get()
    assert (found.kind, found.title) == ("jpg", "IMG_2034")
    assert b"Exif" not in storages["evidence"].open(found.storage_name).read()


def test_scores_typed_on_the_card_are_saved_on_the_way_to_the_evidence(world, sign_in):
    client, card = sign_in(world.lan), world.card(world.lan)
    page = client.get(url("card", card.pk))
    key = first_key(card)
    assert f'name="evidence" value="{key}"' in body(page)
    response = client.post(
        url("card", card.pk), {"expected": "0", f"s-{key}": "2,5", "strengths": "Chủ động", "evidence": key}
    )
    assert response["Location"] == page_of(world, world.lan)
    assert [str(score.value) for score in Score.objects.all()] == ["2.500"]
    response = client.post(url("card", card.pk), {"expected": "1", f"s-{key}": "2,5", "evidence": "no/such"})
    assert response["Location"] == url("card", card.pk)


REFUSED = {
    "empty": (b"", "Tệp rỗng. Hãy chọn lại tệp và kiểm tra rằng tệp mở được."),
    "web page": (
        b"<html><script>alert(1)</script></html>",
        "Chỉ nhận tệp PDF, Word (.docx), Excel (.xlsx), JPEG và PNG",
    ),
    "macros": (files.docx(extra={"word/vbaProject.bin": b"0"}), "Tệp có macro, không được chấp nhận."),
    "too large": (b"%PDF-1.7" + b"\0" * (20 * 1024**2 + 1), "Tệp lớn hơn 20 MB."),
}


@pytest.mark.parametrize(("data", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_file_is_one_sentence_and_nothing_typed_is_lost(world, sign_in, data, sentence):
    response = upload(sign_in(world.lan), page_of(world, world.lan), data, title=TITLE, number=NUMBER)
    shown = text(response)
    assert response.status_code == 422
    assert f"Tệp: {sentence}" in shown
    assert "Nội dung bạn đã nhập vẫn được giữ." in shown
    assert (field(response, "title"), field(response, "number")) == (TITLE, NUMBER)
    assert (Evidence.objects.count(), LedgerEntry.objects.filter(act__startswith="evidence").count()) == (
        0,
        0,
    )


def test_without_a_file_the_form_says_so(world, sign_in):
    response = sign_in(world.lan).post(page_of(world, world.lan), {"title": TITLE})
    assert (response.status_code, field(response, "title")) == (422, TITLE)
    assert "Tệp: Hãy chọn tệp cần đính kèm." in text(response)


def test_a_title_that_is_too_long_is_refused_beside_the_file(world, sign_in):
    response = upload(sign_in(world.lan), page_of(world, world.lan), title="x" * 201)
    assert (response.status_code, Evidence.objects.count()) == (422, 0)


def test_the_eleventh_file_is_refused_in_the_form(world, sign_in):
    for number in range(10):
        attach.attached(world, world.lan, files.pdf(b"%% %d" % number))
    response = upload(sign_in(world.lan), page_of(world, world.lan), title=TITLE)
    assert response.status_code == 422
    assert "Tệp: Tối đa 10 tệp được đính kèm ở đây." in text(response)


def test_the_page_is_closed_when_it_is_not_the_time(world, sign_in):
    client, address = sign_in(world.lan), page_of(world, world.lan)
    task = make.assigned(world, world.lan)
    of_task = url("attach_to_task", task.pk)
    Period.objects.filter(pk=world.period.pk).update(state=PeriodState.CLOSED, closed_at=MOMENT)
    key = first_key(world.card(world.lan))
    assert client.get(address)["Location"] == f"{url('card', world.card(world.lan).pk)}#c-{key}"
    assert client.get(of_task)["Location"] == url("task", task.pk)
    for closed in (address, of_task):
        response = upload(client, closed)
        assert (response.status_code, Evidence.objects.count()) == (409, 0)
    assert 'name="evidence"' not in body(client.get(url("card", world.card(world.lan).pk)))


def test_a_computed_or_unknown_criterion_has_no_page(world, sign_in):
    card, client = world.card(world.lan), sign_in(world.lan)
    computed = next(each.key for each in card.version.compiled().criteria if not each.entered)
    assert [client.get(url("attach_evidence", card.pk, key)).status_code for key in (computed, "x")] == [
        404,
        404,
    ]


# --- Withdrawing ---------------------------------------------------------------------------------------------
def test_a_file_is_withdrawn_after_asking(world, sign_in):
    found, client = attach.attached(world, world.lan), sign_in(world.lan)
    page = client.get(page_of(world, world.lan))
    address = url("withdraw_evidence", found.key)
    assert address in body(page)
    assert TITLE in text(client.get(address))
    assert Evidence.objects.get().state == "kept"
    response = client.post(address)
    assert response["Location"] == page_of(world, world.lan)
    assert f"“{TITLE}” đã được rút." in text(client.get(response["Location"]))
    assert [client.get(url("evidence", found.key)).status_code, client.get(address).status_code] == [404, 404]


def test_what_others_may_have_seen_is_withdrawn_with_a_reason(world, sign_in):
    task = make.reported(world, world.lan)
    found, client = attach.attached_to_task(task), sign_in(world.lan)
    address = url("withdraw_evidence", found.key)
    response = client.post(address, {"reason": ""})
    assert (response.status_code, Evidence.objects.get().state) == (422, "kept")
    assert "Lý do: Hãy nêu lý do." in text(response)
    response = client.post(address, {"reason": "Nhầm tệp"})
    assert response["Location"] == url("attach_to_task", task.pk)
    assert client.post(address, {"reason": "x" * 4_001}).status_code == 404


def test_a_reason_that_is_too_long_is_refused(world, sign_in):
    found = attach.attached(world, world.lan)
    response = sign_in(world.lan).post(url("withdraw_evidence", found.key), {"reason": "x" * 4_001})
    assert (response.status_code, Evidence.objects.get().state) == (422, "kept")


# --- Handing out ---------------------------------------------------------------------------------------------
def test_a_file_leaves_as_a_download_and_nothing_else(world, sign_in):
    data = files.pdf(b"x" * 100_000)
    found = attach.attached(world, world.lan, data)
    response, content = got(sign_in(world.lan), found)
    assert content == data
    assert {name: response[name] for name in response.headers if name not in ("X-Request-ID", "Vary")} == {
        "Content-Type": "application/pdf",
        "Content-Length": str(len(data)),
        "Content-Disposition": (
            'attachment; filename="to-trinh-ve-thu-ngan-sach.pdf"; '
            "filename*=UTF-8''T%E1%BB%9D%20tr%C3%ACnh%20v%E1%BB%81%20thu%20ng%C3%A2n%20s%C3%A1ch.pdf"
        ),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Content-Language": "vi",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "SAMEORIGIN",
    }


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ('a"; b.exe\r\nX: y', "a-b-exe-x-y"),
        ("../../etc/passwd", "etc-passwd"),
        ("„Ảnh…“ 📷", "anh"),
        ("中文", "minh-chung"),
        ("x" * 200, "x" * 80),
    ],
)
def test_no_title_leaves_the_header_or_names_a_folder(world, sign_in, title, name):
    found = attach.attached(world, world.lan, title=title)
    response, _content = got(sign_in(world.lan), found)
    sent = response["Content-Disposition"]
    assert sent.startswith(f"attachment; filename=\"{name}.pdf\"; filename*=UTF-8''")
    assert [mark for mark in ("\r", "\n", "/", "\\", "..exe") if mark in sent] == []
    assert sent.isascii()


def test_only_reading_is_answered(world, sign_in):
    found, client = attach.attached(world, world.lan), sign_in(world.lan)
    address = url("evidence", found.key)
    assert [getattr(client, method)(address).status_code for method in ("post", "put", "delete", "head")] == [
        405
    ] * 4


def test_a_missing_file_is_one_sentence(world, sign_in):
    found = attach.attached(world, world.lan)
    storages["evidence"].delete(found.storage_name)
    response = sign_in(world.lan).get(url("evidence", found.key))
    assert response.status_code == 409
    assert "Không tìm thấy tệp này trong kho lưu trữ. Hãy báo quản trị viên" in text(response)


# --- Who reads what ------------------------------------------------------------------------------------------
@pytest.fixture
def scene(world):
    """Lan has sent a card with evidence, and one task of hers has some too."""
    hold(world.head.user, world.department, "view_cards", "evaluate", "assign_tasks")
    hold(world.other_head.user, world.other_department, "view_cards", "evaluate", "assign_tasks")
    of_task = attach.attached_to_task(make.assigned(world, world.lan), title="Ảnh hội nghị")
    world.extra |= {"of_task": of_task, "of_card": attach.attached(world, world.lan)}
    stages.submit_self(
        actor=world.lan.user, moment=MOMENT, card=make.self_assessed(world, world.lan),
        expected=world.card(world.lan).version_number,
    )  # fmt: skip
    return world


def outsiders(world):
    """An account without a grant, colleagues, the head of another department, and those who keep the system."""
    clerk, policy = UserFactory(), in_role(Unit.objects.get(depth=1), Role.POLICY)
    hold(clerk, world.department, "manage_people", "manage_catalogue")
    others = [world.minh.user, world.stranger.user, world.other_head.user, clerk, policy]
    others.append(UserFactory(is_superuser=True, is_staff=True))
    return others


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def test_t12_an_address_opens_nothing_without_its_own_check(scene, sign_in):
    """Guessed, or copied from somebody who may: outsiders get what a missing file gets, and no validator answers."""
    seen = []
    for evidence in (scene.extra["of_card"], scene.extra["of_task"]):
        assert [got(sign_in(who), evidence)[0].status_code for who in (scene.lan, scene.head)] == [200, 200]
        for user in outsiders(scene):
            client = as_user(user)
            missing = client.get(url("evidence", MISSING))
            for headers in (
                {},
                {"If-None-Match": "*"},
                {"If-None-Match": f'"{evidence.sha256}"'},
                {
                    "If-None-Match": f'W/"{evidence.sent_sha256}"',
                    "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
                },
                {"Range": "bytes=0-10", "If-Range": f'"{evidence.sha256}"'},
            ):
                response = client.get(url("evidence", evidence.key), headers=headers)
                page = body(response).replace(str(evidence.key), str(MISSING))
                assert (response.status_code, page) == (404, body(missing))
                assert {"ETag", "Last-Modified", "Content-Disposition"} & set(response.headers) == set()
                assert set(response.headers) == set(missing.headers)
            seen.append(client.post(url("withdraw_evidence", evidence.key), {"reason": "x"}).status_code)
    assert seen == [404] * 12
    assert Client().get(url("evidence", scene.extra["of_card"].key)).status_code == 302


def test_t12_whoever_may_read_is_answered_in_full_whatever_they_hold_already(scene, sign_in):
    found = scene.extra["of_card"]
    response = sign_in(scene.head).get(
        url("evidence", found.key),
        headers={"If-None-Match": f'"{found.sha256}"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    )
    assert response.status_code == 200
    assert {"ETag", "Last-Modified"} & set(response.headers) == set()


def test_t12_a_right_that_ends_closes_the_address_at_once(scene, sign_in):
    auditor = UserFactory()
    assert as_user(auditor).get(url("evidence", scene.extra["of_card"].key)).status_code == 404
    hold(auditor, scene.agency, "audit")
    client = as_user(auditor)
    assert got(client, scene.extra["of_card"])[0].status_code == 200
    type(auditor).objects.filter(pk=auditor.pk).update(is_active=False)
    assert client.get(url("evidence", scene.extra["of_card"].key)).status_code in (302, 404)


def test_t12_the_name_in_the_store_never_leaves(scene, sign_in):
    card = scene.card(scene.lan)
    names = [evidence.storage_name for evidence in Evidence.objects.all()]
    for who in (scene.lan, scene.head):
        client = sign_in(who)
        for address in (
            url("card", card.pk),
            url("task", scene.extra["of_task"].task_id),
            url("card_history", card.pk),
        ):
            page = body(client.get(address))
            assert [name for name in names if name in page or name[-30:] in page] == []


def test_evidence_waits_for_the_self_assessment(world, sign_in):
    found = attach.attached(world, world.lan)
    client, address = sign_in(world.head), url("card", world.card(world.lan).pk)
    assert (TITLE in text(client.get(address)), got(client, found)[0].status_code) == (False, 404)
    make.submitted(world, world.lan)
    assert (TITLE in text(client.get(address)), got(client, found)[0].status_code) == (True, 200)


def test_the_evaluator_reads_it_beside_the_scores_and_attaches_nothing(scene, sign_in):
    client, card = sign_in(scene.head), scene.card(scene.lan)
    for name in ("evaluate", "confirm", "return_card", "card"):
        page = client.get(url(name, card.pk))
        assert TITLE in text(page), name
        assert 'name="evidence"' not in body(page), name
    for address in (
        url("attach_evidence", card.pk, first_key(card)),
        url("attach_to_task", scene.extra["of_task"].task_id),
        url("withdraw_evidence", scene.extra["of_card"].key),
        url("withdraw_evidence", scene.extra["of_task"].key),
    ):
        assert [client.get(address).status_code, upload(client, address).status_code] == [403, 403]
    assert Evidence.objects.filter(state="kept").count() == 2


def test_the_head_reads_it_where_a_report_is_confirmed(world, sign_in):
    task = make.reported(world, world.lan)
    attach.attached_to_task(task)
    assert f"Minh chứng {TITLE}" in text(sign_in(world.head).get(url("confirm_task", task.pk)))


def test_the_pages_of_attaching_are_missing_for_outsiders(scene):
    card = scene.card(scene.lan)
    addresses = [
        url("attach_evidence", card.pk, first_key(card)),
        url("attach_to_task", scene.extra["of_task"].task_id),
        url("withdraw_evidence", scene.extra["of_task"].key),
    ]
    for user in outsiders(scene):
        client = as_user(user)
        for address in addresses:
            assert [client.get(address).status_code, upload(client, address).status_code] == [404, 404]


# --- Hostile files -------------------------------------------------------------------------------------------
def test_t28_malware_is_held_back_and_said_so(world, sign_in):
    client = sign_in(world.lan)
    response = upload(client, page_of(world, world.lan), files.EICAR, name="a.pdf", title=TITLE)
    assert response.status_code == 302
    shown = text(client.get(response["Location"]))
    assert f"Phát hiện mã độc trong “{TITLE}”." in shown
    found = Evidence.objects.get()
    assert (found.state, client.get(url("evidence", found.key)).status_code) == ("quarantined", 404)
    assert url("evidence", found.key) not in body(client.get(response["Location"])).replace(
        url("withdraw_evidence", found.key), ""
    )
    assert f"{TITLE} Bị giữ lại: phát hiện mã độc" in text(client.get(url("card", world.card(world.lan).pk)))
    make.submitted(world, world.lan)
    assert TITLE not in text(sign_in(world.head).get(url("card", world.card(world.lan).pk)))


def test_t28_a_pdf_that_holds_a_web_page_is_refused(world, sign_in):
    client, address = sign_in(world.lan), page_of(world, world.lan)
    for data in (b"<html><body>x</body></html>", files.pdf(b"<script>alert(1)</script>")):
        response = upload(client, address, data, name="a.pdf")
        assert (response.status_code, Evidence.objects.count()) == (422, 0)


def test_t28_what_is_two_things_at_once_is_downloaded_only(world, sign_in):
    """A PDF that is a zip and a web page further down: kept as a PDF, and no browser shows it as anything."""
    both = files.pdf(
        b"x" * 2_000 + b"<script>alert(1)</script>", end=files.zipped({"a": "b"}) + b"startxref\n9\n%%EOF\n"
    )
    upload(sign_in(world.lan), page_of(world, world.lan), both, name="a.html")
    response, content = got(sign_in(world.lan), Evidence.objects.get())
    assert content == both
    assert response["Content-Disposition"].startswith('attachment; filename="a.pdf"')
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_t29_a_picture_of_900_million_pixels_is_refused(world, sign_in, monkeypatch):
    from PIL import ImageFile

    def unpacked(*args, **options):
        raise AssertionError("The picture was unpacked.")

    monkeypatch.setattr(ImageFile.ImageFile, "load", unpacked)
    response = upload(sign_in(world.lan), page_of(world, world.lan), files.bomb(), name="a.png")
    assert response.status_code == 422
    assert "Tệp: Ảnh có hơn 50 triệu điểm ảnh." in text(response)


def test_t43_nothing_is_left_for_the_next_person_at_the_same_browser(scene, sign_in):
    """Lan reads her file and signs out; whoever signs in there next gets nothing, and nothing was to be kept."""
    found, client = scene.extra["of_card"], sign_in(scene.lan)
    pages = [
        url("evidence", found.key),
        url("attach_to_task", scene.extra["of_task"].task_id),
        url("card", scene.card(scene.lan).pk),
    ]
    for address in pages:
        response = client.get(address, follow=True)
        assert "no-store" in response["Cache-Control"], address
        assert {"ETag", "Last-Modified", "Expires"} & set(response.headers) == set()
    client.post(reverse("accounts:sign_out"))
    client.force_login(scene.stranger.user)
    for address in pages:
        response = client.get(address)
        assert (response.status_code, "no-store" in response["Cache-Control"]) == (404, True)
        assert [word for word in (TITLE, "Hồ Thị Lan") if word in body(response)] == []


# --- Cost ----------------------------------------------------------------------------------------------------
def test_pages_cost_the_same_with_one_file_and_with_three(world, sign_in):
    task = make.assigned(world, world.lan)
    make.self_assessed(world, world.lan)
    mine, card = sign_in(world.lan), world.card(world.lan)
    addresses = {
        "card": (mine, url("card", card.pk)),
        "attach": (mine, page_of(world, world.lan)),
        "task": (mine, url("task", task.pk)),
        "attach_to_task": (mine, url("attach_to_task", task.pk)),
    }
    costs = []
    for number in range(3):
        attach.attached(world, world.lan, files.pdf(b"%% %d" % number), moment=MOMENT - timedelta(days=1))
        attach.attached_to_task(task, files.pdf(b"%% %d" % number))
        if number != 1:
            costs.append({name: queries(client, address) for name, (client, address) in addresses.items()})
    assert costs[0] == costs[1]
    assert costs[0] == {"card": 10, "attach": 6, "task": 10, "attach_to_task": 7}
    make.submitted(world, world.lan)
    reported, head = make.reported(world, world.minh), sign_in(world.head)
    confirming = []
    for number in range(3):
        attach.attached_to_task(reported, files.pdf(b"%% %d" % number))
        if number != 1:
            confirming.append(queries(head, url("confirm_task", reported.pk)))
    assert confirming == [9 + LOG_ROW] * 2
    download = Evidence.objects.filter(task=None).first()
    assert queries(mine, url("evidence", download.key)) == 5


# --- The same evidence elsewhere -----------------------------------------------------------------------------
HINT = "Minh chứng này cũng được dùng ở nơi khác"


def test_the_head_is_told_quietly_of_the_same_file_and_of_the_same_number(world, sign_in):
    task = make.reported(world, world.lan)
    attach.attached_to_task(task, files.pdf(b"% 1"), number="7/KH")
    hold(world.head.user, world.department, "view_cards", "evaluate")
    others = {
        "same file": attach.attached_to_task(make.assigned(world, world.minh), files.pdf(b"% 1"), number=""),
        "same number": attach.attached_to_task(
            make.assigned(world, world.minh), files.pdf(b"% 2"), number="7/KH"
        ),
    }
    reported = make.reported(world, world.deputy)
    different = attach.attached_to_task(make.assigned(world, world.minh), files.pdf(b"% 3"), number="8/KH")
    head = sign_in(world.head)
    shown = body(head.get(url("confirm_task", task.pk)))
    assert HINT in shown
    for other in (*(each.task_id for each in others.values()), reported.pk):
        assert f'href="{url("task", other)}"' in shown
    assert url("task", different.task_id) not in shown
    assert HINT not in text(sign_in(world.lan).get(url("task", task.pk)))


def test_the_hint_names_a_card_once_it_was_sent(world, sign_in):
    task = make.reported(world, world.minh)
    attach.attached_to_task(task, number="")
    attach.attached(world, world.lan, number="")
    head, page = sign_in(world.head), url("confirm_task", task.pk)
    assert HINT not in text(head.get(page))
    make.submitted(world, world.lan)
    assert "I.1. Tiêu chí I.1 (Hồ Thị Lan, Tháng 7/2026)" in text(head.get(page))


def test_one_piece_of_work_and_what_the_head_may_not_see_are_no_hint(world, sign_in):
    group = uuid.uuid4()
    first = make.reported(world, world.lan, "0.5", quantity="0.5")
    second = make.assigned(world, world.minh, "0.5")
    Task.objects.filter(pk__in=[first.pk, second.pk]).update(group_key=group, share="0.5", evidence_number="")
    attach.attached_to_task(first, number="")
    attach.attached_to_task(second, number="")
    taken_over = make.assigned(world, world.minh)
    Task.objects.filter(pk=taken_over.pk).update(source=first, kind="taken_over")
    attach.attached_to_task(taken_over, number="")
    attach.attached_to_task(make.assigned(world, world.stranger), number="")
    head = sign_in(world.head)
    assert HINT not in text(head.get(url("confirm_task", first.pk)))
    Task.objects.filter(pk=taken_over.pk).update(state="reported", evidence_number="")
    shown = body(head.get(url("confirm_task", taken_over.pk)))
    assert (url("task", second.pk) in shown, f'href="{url("task", first.pk)}"' in shown) == (True, False)


def test_nothing_attached_and_no_number_asks_nothing(world, sign_in):
    task = make.reported(world, world.lan)
    Task.objects.filter(pk=task.pk).update(evidence_number="")
    assert HINT not in text(sign_in(world.head).get(url("confirm_task", task.pk)))


# --- History -------------------------------------------------------------------------------------------------
def history(client, world, view=""):
    return text(client.get(url("card_history", world.card(world.lan).pk), {"xem": view} if view else {}))


def test_the_auditor_reads_who_attached_and_withdrew_what_and_why(world, sign_in):
    auditor = as_user(in_role(world.agency, Role.AUDITOR))
    task = make.reported(world, world.lan)
    found = attach.attached_to_task(task)
    attach.withdrawn(found, reason="Nhầm tệp")
    attach.attached(world, world.lan, number="", moment=MOMENT + timedelta(minutes=1))
    changes, acts = history(auditor, world), history(auditor, world, "viec")
    card = world.card(world.lan)
    assert "Minh chứng: DC.01 Soạn thảo văn bản Trạng thái: Đã đính kèm → Đã rút" in changes
    assert (
        f"Minh chứng: I.1 Tiêu chí I.1 tạo mới Trạng thái: – → Đã đính kèm Nội dung minh chứng: – → {TITLE}"
        in changes
    )
    assert f"Đính kèm minh chứng {card.code} I.1, SHA-256 {found.sent_sha256[:12]} –" in acts
    assert f"Rút minh chứng DC.01, SHA-256 {found.sha256[:12]} Nhầm tệp" in acts
    unit = auditor.get(reverse("workspace:unit_history", args=["A1"]), {"field": "evidence.state"})
    assert [text(unit).count(f"Minh chứng: {what}") for what in ("DC.01", "I.1")] == [2, 1]


def test_the_history_tells_nobody_of_evidence_before_the_card_shows_it(world, sign_in):
    head = sign_in(world.head)
    attach.attached_to_task(make.assigned(world, world.lan), title="Ảnh hội nghị")
    attach.attached(world, world.lan)
    for view in ("", "viec"):
        shown = history(head, world, view)
        assert (TITLE in shown, "I.1" in shown) == (False, False)
        assert "Minh chứng: DC.01" in shown or "Đính kèm minh chứng DC.01" in shown
    stages.submit_self(
        actor=world.lan.user, moment=MOMENT, card=make.self_assessed(world, world.lan),
        expected=world.card(world.lan).version_number,
    )  # fmt: skip
    assert (TITLE in history(head, world), "I.1, SHA-256" in history(head, world, "viec")) == (True, True)
