"""“Try it” beside the editor: who opens it, what it shows, and that trying writes nothing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from wagtail.models import Revision

from criteria_pages.demonstration import DANG_QUY, ND335_LD, ND335_NV
from criteria_pages.domain.examples import block_of, failing, frozen_examples
from criteria_pages.domain.publishing import latest_draft
from criteria_pages.domain.setup import criteria_index
from criteria_pages.domain.specification import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.engine import compile_set
from snippets.models import CalendarDay
from tests.factories.authored import KINDS, one_kind
from tests.factories.criteria_pages import draft, edit, key_of, parts_with
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


def said(message: str, **params: Any) -> str:
    with translation.override("vi"):
        return gettext(message) % params


def address(page: CriteriaSetPage) -> str:
    return reverse("criteria_sets:try", args=[page.pk])


def field(code: str) -> str:
    return f"v-{key_of(code)}"


CODES = ["I.1", "I.2", *(f"{group}.{number}" for group in ("II", "III") for number in range(1, 5))]


def card(**changes: str) -> dict[str, str]:
    """A card of ND335-NV: 5 points where there are 5, 2.5 elsewhere, one task of ten done."""
    given = {field(code): "5" if code in ("I.1", "I.2") else "2,5" for code in CODES}
    given |= {"tasks-0-coefficient": "1", "tasks-0-assigned": "10", "tasks-0-completed": "9"}
    return given | changes


def test_authors_and_issuers_try_a_set_and_to_others_the_page_does_not_exist(
    policy: User, writer: User, clerk: User, signed_in: SignIn
) -> None:
    page = draft()

    assert [signed_in(user).get(address(page)).status_code for user in (policy, writer, clerk)] == [
        200,
        200,
        404,
    ]
    before = Revision.objects.count()
    assert (
        signed_in(clerk).post(address(page), card(keep="1", name="Lén", shown="93 excellent")).status_code
        == 404
    )
    assert Revision.objects.count() == before
    assert signed_in(writer).get("/admin/bo-tieu-chi/987654/cham-thu/").status_code == 404


def test_a_card_shows_total_band_and_every_step_and_writes_nothing(writer: User, signed_in: SignIn) -> None:
    page = draft()
    client = signed_in(writer)
    client.get(address(page))

    with CaptureQueriesContext(connection) as queries:
        response = client.post(address(page), card())

    assert not [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert (response.status_code, response.context["shown"]) == (200, "93 excellent")
    assert (response.context["result"]["total"], response.context["result"]["band"]) == (
        "93",
        "Hoàn thành xuất sắc nhiệm vụ",
    )
    steps = {step["name"]: step for step in response.context["steps"]}
    results = steps["KQ. Kết quả thực hiện nhiệm vụ: điểm của nhóm"]
    assert (results["formula"], results["value"], results["clause"]) == ("(a + b + c) / 3 × 70", 63, "Đ16.1")
    assert results["note"] == "a = 0,9; b = 0,9; c = 0,9"
    assert "Đ16.1" in response.content.decode()


def test_a_mistake_is_shown_at_its_field_and_above_with_a_way_to_it(writer: User, signed_in: SignIn) -> None:
    page = draft()

    body = (
        signed_in(writer)
        .post(address(page), card(**{field("II.1"): "3", "tasks-0-delays": "x"}))
        .content.decode()
    )

    outside = said(
        "%(value)s points are outside the range of this criterion: give 0 to %(max)s.", value="3", max="2,5"
    )
    assert f'<a href="#{field("II.1")}">{outside}</a>' in body
    assert f'id="{field("II.1")}-error" data-live><p class="trial-error">{outside}</p>' in body
    assert (
        f'<a href="#tasks-0-delays">{said("Write units by their number, from 1, such as 1; 1; 3.")}</a>'
        in body
    )
    assert 'name="shown" value=""' in body


def test_another_row_for_a_task_keeps_what_was_typed(writer: User, signed_in: SignIn) -> None:
    page = draft()

    response = signed_in(writer).post(address(page), card(more="tasks"))

    rows = response.context["form"].tasks
    assert [(row["assigned"], row["completed"]) for row in rows] == [("10", "9"), ("", "")]
    assert response.context["shown"] == "93 excellent"


def test_a_stored_example_fills_the_card_in(writer: User, signed_in: SignIn) -> None:
    page = draft()

    response = signed_in(writer).get(address(page), {"vi-du": "Một lần chậm, một sai sót lớn"})

    assert response.context["shown"] == "88.63 good"
    form = response.context["form"]
    assert (form.name, form.values["I.1"], [row["delays"] for row in form.tasks]) == (
        "Một lần chậm, một sai sót lớn",
        "4,5",
        ["1", ""],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_of_each_kind_is_shown(kind: str, writer: User, signed_in: SignIn) -> None:
    page = CriteriaSetPage(live=False, **one_kind(kind))
    criteria_index().add_child(instance=page)
    page.save_revision(clean=False)

    response = signed_in(writer).get(address(page))

    assert response.status_code == 200
    names = {
        each["name"]
        for part in response.context["form"].parts
        for section in part["sections"]
        for criterion in section["criteria"]
        for each in criterion["fields"]
    }
    assert len(names) == {"checklist": 2, "deduction": 2, "bonus": 2, "penalty": 2, "formula": 2}.get(kind, 1)
    tables = [table["name"] for table in response.context["form"].tables]
    assert tables == {"task_ratio": ["tasks"], "roll_up": ["tasks"], "task_points": ["work"]}.get(kind, [])


def test_task_points_are_filled_in_by_the_codes_of_the_set(writer: User, signed_in: SignIn) -> None:
    page = CriteriaSetPage(live=False, **one_kind("task_points", count="calendar"))
    criteria_index().add_child(instance=page)
    page.save_revision(clean=False)
    row = {
        "work-0-points": "50", "work-0-quantity": "2", "work-0-difficulty": "kho", "work-0-due": "2026-07-01",
        "work-0-done": "2026-07-02", "work-0-quality": "tot",
    }  # fmt: skip

    response = signed_in(writer).post(address(page), row)

    assert response.context["shown"] == "6 dat"  # 50 × 2 × 1.5 × 0.8 × 1 of 200, out of 10
    labels = [each["name"].rpartition("-")[2] for each in response.context["form"].tables[0]["rows"][0]]
    assert labels == ["label", "points", "quantity", "difficulty", "due", "done", "quality"]


def test_a_card_by_hand_and_an_example_count_by_the_days_off_of_the_register(
    writer: User, signed_in: SignIn
) -> None:
    """Due on a Friday, done on the Monday after: one day late until that Monday is registered as off."""
    values = one_kind("task_points")
    page = CriteriaSetPage(live=False, **values)
    criteria_index().add_child(instance=page)
    page.save_revision(clean=False)
    row = {
        "work-0-points": "80", "work-0-quantity": "1", "work-0-difficulty": "kho", "work-0-due": "2026-07-03",
        "work-0-done": "2026-07-06", "work-0-quality": "dat",
    }  # fmt: skip
    client, late = signed_in(writer), "3.84"
    assert client.post(address(page), row).context["shown"].split()[0] == late
    work = {name.removeprefix("work-0-"): text for name, text in row.items()}
    kept = block_of({"name": "Muộn một ngày", "work": [work], "total": late, "band": "yeu"}, "ex")
    example = CriteriaSetPage(live=False, examples=[kept], **values)
    compiled = compile_set(specification_of(example))
    assert [str(problem.sentence) for problem in failing(example, compiled)] == []

    CalendarDay.objects.create(day=date(2026, 7, 6), kind="off", name="Nghỉ bù")

    assert client.post(address(page), row).context["shown"].split()[0] == "4.8"
    assert [problem.code for problem in failing(example, compiled)] == ["example_differs"]


def test_a_division_by_zero_is_one_sentence_on_the_page(writer: User, signed_in: SignIn) -> None:
    page = CriteriaSetPage(live=False, **one_kind("formula", expression="xong / nhan * 10"))
    criteria_index().add_child(instance=page)
    page.save_revision(clean=False)
    client = signed_in(writer)
    names = [
        each["name"]
        for each in client.get(address(page)).context["form"].parts[0]["sections"][0]["criteria"][0]["fields"]
    ]

    response = client.post(address(page), dict.fromkeys(names, "0"))

    assert response.status_code == 200
    sentence = said("The division at character %(position)s is by zero: guard it with IF.", position=6)
    assert [error["text"] for error in response.context["form"].summary] == [f"k: {sentence}"]
    assert response.content.decode().count(sentence) == 2  # above, and at the criterion


# --- Keeping --------------------------------------------------------------------------------------------------
KEPT = "Đã lưu ví dụ “Chín trên mười”. Nếu trang soạn đang mở ở thẻ khác, hãy tải lại trang đó."


def test_a_card_is_kept_and_shown_as_kept(writer: User, signed_in: SignIn) -> None:
    page = draft()
    client = signed_in(writer)

    response = client.post(
        address(page), card(keep="1", name=" Chín trên mười ", note="Ghi chú", shown="93 excellent")
    )
    assert (response.status_code, response["Location"]) == (
        302,
        f"{address(page)}?vi-du=Ch%C3%ADn+tr%C3%AAn+m%C6%B0%E1%BB%9Di",
    )
    shown = client.get(response["Location"])

    assert shown.context["shown"] == "93 excellent"
    assert KEPT in shown.content.decode()
    kept = frozen_examples(latest_draft(page))[-1]
    assert (kept["name"], kept["note"], kept["total"], kept["tasks"]) == (
        "Chín trên mười",
        "Ghi chú",
        "93",
        [{"coefficient": "1", "assigned": "10", "completed": "9"}],
    )


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"name": ""}, 422, "Give the example a name before you keep it."),
        (
            {"shown": "92 excellent"},
            409,
            "This is another result than the one you looked at. Look at it, then keep the example.",
        ),
        ({"tasks-0-completed": "chín"}, 422, "Correct what is marked before you keep the example."),
    ],
)
def test_what_is_not_kept_is_said_and_stays_on_the_page(
    given: dict[str, str], status: int, message: str, writer: User, signed_in: SignIn
) -> None:
    page = draft()
    sent = card(keep="1", name="Chín", note="Ghi chú", shown="93 excellent") | given

    response = signed_in(writer).post(address(page), sent)

    assert response.status_code == status
    assert said(message) in response.content.decode()
    assert response.context["form"].note == "Ghi chú"
    assert response.context["form"].tasks[0]["completed"] == sent["tasks-0-completed"]
    assert CriteriaSetPage.objects.get(pk=page.pk).latest_revision_id == page.latest_revision_id


def test_an_example_that_fails_is_marked_in_the_list(writer: User, signed_in: SignIn) -> None:
    page = draft()
    edit(page, law="", parts=parts_with(KQ={"expression": "(a + b + c) / 3 * 60"}))

    response = signed_in(writer).get(address(page))

    assert [entry["fails"] for entry in response.context["examples"]] == [True, True, True]
    assert said("does not come to what it expects") in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_number_of_questions_whatever_there_is(
    count: int, writer: User, signed_in: SignIn, django_assert_num_queries: Any
) -> None:
    examples = [
        block_of({"name": f"Ví dụ {number}", "values": "", "total": "1", "band": "good"}, str(number))
        for number in range(count)
    ]
    page = draft(examples=examples)
    client = signed_in(writer)
    client.get(address(page))

    with django_assert_num_queries(QUERIES):
        client.get(address(page))


QUERIES = 19


# --- From the editor ------------------------------------------------------------------------------------------
def test_try_it_in_the_editor_saves_the_draft_and_opens_the_card(writer: User, signed_in: SignIn) -> None:
    page = draft(staff_kinds=[])  # whatever else it lacks, it can be computed with
    client = signed_in(writer)
    editor = reverse("wagtailadmin_pages:edit", args=[page.pk])
    body = client.get(editor).content.decode()
    assert 'name="action-try"' in body
    assert f'href="{address(page)}"' in body

    response = client.post(editor, form_data(latest_draft(page), title="Bản thử", **{"action-try": "1"}))

    assert (response.status_code, response["Location"]) == (302, address(page))
    assert latest_draft(page).title == "Bản thử"


def test_what_cannot_be_computed_with_is_shown_at_its_block_instead(writer: User, signed_in: SignIn) -> None:
    page = draft()
    wrong = latest_draft(page)
    wrong.parts = parts_with(I_1={"step": "0.3"})
    wrong.staff_kinds = []

    response = signed_in(writer).post(
        reverse("wagtailadmin_pages:edit", args=[page.pk]), form_data(wrong, **{"action-try": "1"})
    )

    assert list(response.context["form"].errors.as_data()) == ["parts"]
    assert CriteriaSetPage.objects.get(pk=page.pk).latest_revision_id == page.latest_revision_id


def test_a_saved_draft_that_cannot_be_computed_with_leads_to_its_places(
    writer: User, signed_in: SignIn
) -> None:
    page = draft(parts=parts_with(I_1={"step": "0.3"}))
    client = signed_in(writer)

    body = client.get(address(page)).content.decode()

    assert f'href="/admin/pages/{page.pk}/edit/#block-{key_of("I.1")}-section"' in body
    assert client.post(address(page), card()).context["problems"]


def test_a_leader_s_card_takes_the_points_of_the_people_managed(writer: User, signed_in: SignIn) -> None:
    page = draft(ND335_LD)
    client = signed_in(writer)
    given = {
        each["name"]: each["value"]
        for part in client.get(address(page), {"vi-du": ND335_LD.fields["examples"][0]["value"]["name"]})
        .context["form"]
        .parts
        for section in part["sections"]
        for criterion in section["criteria"]
        for each in criterion["fields"]
    }
    d = f"v-{key_of('d', ND335_LD)}"
    tasks = {"tasks-0-coefficient": "1", "tasks-0-assigned": "1", "tasks-0-completed": "1"}

    totals = [
        client.post(address(page), {**given, **tasks, d: people}).context["shown"]
        for people in ("60; 45,5", "60; 50", "100%", "50%")
    ]

    assert totals == ["94.17 excellent", "100 excellent", "100 excellent", "94.17 excellent"]
    assert ND335_NV.code != ND335_LD.code


def test_a_set_of_several_raters_asks_each_and_shows_the_total_that_counts(
    writer: User, signed_in: SignIn
) -> None:
    page, client = draft(DANG_QUY), signed_in(writer)
    alone = client.get(address(page), {"vi-du": "Đủ điều kiện xếp mức xuất sắc"})
    every = client.get(address(page), {"vi-du": "Đủ bốn người chấm"})

    assert (alone.context["shown"], every.context["shown"]) == ("91 excellent", "91.1 excellent")
    heading = said("What “%(rater)s” gives", rater="Đại diện Ủy ban Kiểm tra")
    assert heading in every.content.decode()
    raters = (
        "Cá nhân 20%, Đại diện Văn phòng Đảng ủy 15%, Đại diện Ủy ban Kiểm tra 15%, Cấp có thẩm quyền 50%"
    )
    one = (
        "These are the points of one rater. On a card the total counts: %(raters)s. Fill in what the others give, and "
        "it is computed here too."
    )
    counts = "The total counts: %(raters)s. Parts and criteria are those of the competent person."
    assert said(one, raters=raters) in alone.content.decode()
    assert said(counts, raters=raters) in every.content.decode()
    assert said(one, raters=raters) not in every.content.decode()
    fields = {
        field["name"]: field["value"]
        for criterion in every.context["form"].beside[2]["criteria"]
        for field in criterion["fields"]
    }
    values = every.context["form"].values
    assert sorted(fields.values()) == ["0"] * 2 + ["1"] * 4 + ["2"] * 11
    assert values["Đại diện Ủy ban Kiểm tra | III.4"] == "0"
    first = next(iter(fields))
    missing = client.post(address(page), _as_sent(every) | {first: ""})
    assert missing.context["shown"] == ""
    waits = said(
        "There is no total yet: not everything that counts is filled in for “%(raters)s”.",
        raters="Đại diện Ủy ban Kiểm tra",
    )
    assert waits in missing.content.decode()


def _as_sent(shown: Any) -> dict[str, str]:
    """The form as it stands on a page."""
    form = shown.context["form"]
    sent = {value.html: form.values[value.name] for value in form._values()}
    sent |= {html: form.values[name] for html, name in form._asked()}
    for name, rows in (("tasks", form.tasks), ("work", form.work)):
        for at, row in enumerate(rows):
            sent |= {f"{name}-{at}-{key}": text for key, text in row.items()}
    return sent
