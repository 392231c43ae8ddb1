"""The examples a set is stored with: each must come to its total and band, at whatever door the set takes effect."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from wagtail.models import GroupApprovalTask, Workflow, WorkflowTask

from criteria_pages.demonstration import DANG_17, DANG_QUY, ND335_LD, ND335_NV, SETS, draft_of, load_sets
from criteria_pages.demonstration.sets import DemonstrationSet, block
from criteria_pages.domain.authors import last_author
from criteria_pages.domain.examples import block_of, examples_of, frozen_examples
from criteria_pages.domain.keeping import keep_example
from criteria_pages.domain.publishing import NotReady, check, latest_draft, publish, specification_of
from criteria_pages.domain.trial import TrialCard, try_card
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Invalid, NotFound, Refused, Stale, WrongState
from kpi_cms.foundation.engine import compile_set, digest
from snippets.domain.projection import authors_group
from snippets.enums import Role
from snippets.models import Unit
from tests.factories.authored import one_kind
from tests.factories.criteria_pages import MOMENT, draft, edit, issue, issued, parts_with
from tests.factories.snippets import in_role
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
FULL = {"I.1": "5", "I.2": "5", **{f"{group}.{n}": "2,5" for group in ("II", "III") for n in range(1, 5)}}
RATIOS = {"a": "90", "b": "90", "c": "90"}


def example(name: str = "Ví dụ", *, key: str = "ex", **changes: Any) -> dict[str, Any]:
    """An example of a set with one number `k` out of 10."""
    return block_of({"name": name, "values": "k = 7,5", "total": "7.5", "band": "dat", **changes}, key)


def small(*examples: dict[str, Any], **own: Any) -> CriteriaSetPage:
    return CriteriaSetPage(live=False, examples=list(examples), **one_kind("number", **own))


def problems(page: CriteriaSetPage) -> list[tuple[str, str, tuple[Any, ...], str]]:
    return [(found.code, found.key, found.inside, str(found.sentence)) for found in check(page)]


# --- What is checked ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("entry", SETS, ids=lambda entry: entry.code)
def test_the_demonstration_s_examples_come_to_what_they_say(entry: DemonstrationSet) -> None:
    page = draft_of(entry)
    compiled = compile_set(specification_of(page))

    computed = [(found.total, found.band) for found in examples_of(page)]

    assert computed == [try_card(compiled, found.card).result for found in examples_of(page)]
    assert computed == EXPECTED[entry.code]


EXPECTED = {
    ND335_NV.code: [(Decimal(100), "excellent"), (Decimal(90), "excellent"), (Decimal("88.63"), "good")],
    ND335_LD.code: [(Decimal("94.17"), "excellent"), (Decimal("83.17"), "good")],
    DANG_17.code: [(Decimal(100), "excellent"), (Decimal(75), "good")],
    DANG_QUY.code: [(Decimal(91), "excellent"), (Decimal(91), "good"), (Decimal("91.1"), "excellent")],
}


def test_examples_are_no_part_of_the_digest() -> None:
    assert digest(specification_of(small(example()))) == digest(specification_of(small()))


def test_an_example_that_comes_to_its_total_and_band_is_no_problem() -> None:
    assert problems(small(example())) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            (
                "The example “Ví dụ” expects 8 points, “Mức dat”; the set computes 7.5, “Mức dat”. Correct the set "
                "or the example."
            ),
        ),
        (
            "vi",
            (
                "Ví dụ “Ví dụ” phải đạt 8 điểm, “Mức dat”; bộ tiêu chí tính ra 7,5, “Mức dat”. Hãy sửa bộ tiêu chí "
                "hoặc ví dụ."
            ),
        ),
    ],
)
def test_another_total_is_named_at_the_example_with_both_values(language: str, sentence: str) -> None:
    with translation.override(language):
        assert problems(small(example(total="8"))) == [("example_differs", "ex", ("total",), sentence)]


def test_another_band_is_named_at_the_example_with_both() -> None:
    assert problems(small(example(band="yeu"))) == [
        (
            "example_differs",
            "ex",
            ("total",),
            (
                "The example “Ví dụ” expects 7.5 points, “Mức yeu”; the set computes 7.5, “Mức dat”. Correct the set "
                "or the example."
            ),
        )
    ]


def test_a_total_that_rounding_would_show_in_another_band_is_written_either_way() -> None:
    below = {"values": "k = 4,9990", "band": "yeu"}

    for total in ("4.999", "5"):
        assert problems(small(example(total=total, **below), step="0.001")) == []
    assert [found[0] for found in problems(small(example(total="4.99", **below), step="0.001"))] == [
        "example_differs"
    ]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            {"values": "I.9 = 2"},
            (
                "example_input", ("values",),
                ("The example “Ví dụ” does not fit the set: “I.9” is no criterion of this set: remove its value, or "
                "name another one."),
            ),
        ),
        (
            {"values": "k = 11"},
            (
                "example_input", ("values",),
                ("The example “Ví dụ” does not fit the set: 11 points are outside the range of this criterion: give 0 "
                "to 10."),
            ),
        ),
        (
            {"values": "k 7"},
            (
                "example_input", ("values",),
                "The example “Ví dụ” does not fit the set: “k 7” says no value: write “code = number”.",
            ),
        ),
        (
            {"tasks": [{"coefficient": "1", "assigned": "2"}]},
            (
                "example_input", ("tasks", 0, "completed"),
                "The example “Ví dụ” does not fit the set: Fill in this number too; 0 where there is nothing.",
            ),
        ),
        (
            {"values": ""},
            (
                "example_unfinished", ("values",),
                "The example “Ví dụ” cannot be computed: There is no total yet: k have no value.",
            ),
        ),
        (
            {"total": ""},
            (
                "example_total", ("total",),
                "The example “Ví dụ” expects no total: write the one it must come to.",
            ),
        ),
        (
            {"band": ""},
            (
                "example_band", ("band",),
                "The example “Ví dụ” expects no band: write the code of the one it must come to.",
            ),
        ),
        ({"name": " "}, ("example_name", ("name",), "The example has no name: give it one.")),
    ],
)  # fmt: skip
def test_each_mistake_in_an_example_has_its_sentence_and_its_field(
    changes: dict[str, Any], found: tuple[str, tuple[Any, ...], str]
) -> None:
    code, inside, sentence = found

    assert problems(small(example(**changes))) == [(code, "ex", inside, sentence)]


def test_a_band_the_set_does_not_have_is_named() -> None:
    found = problems(small(example(band="gioi")))

    assert found[0] == (
        "example_band",
        "ex",
        ("band",),
        "The example “Ví dụ” expects the band “gioi”, which the set does not have.",
    )


def test_two_examples_of_one_name_are_told_apart() -> None:
    page = small(example(), example(key="second"), example("Khác", key="third"))

    assert problems(page) == [
        ("example_twice", "second", ("name",), "Two examples are called “Ví dụ”: give each its own name.")
    ]


def test_every_failing_example_is_named() -> None:
    page = small(
        example("Một", total="1"), example("Hai", key="second"), example("Ba", key="third", total="3")
    )

    assert [(key, code) for code, key, _inside, _sentence in problems(page)] == [
        ("ex", "example_differs"),
        ("third", "example_differs"),
    ]


def test_a_set_that_cannot_be_computed_with_says_that_and_computes_no_example() -> None:
    page = small(example(total="1"), step="0.3")

    assert [code for code, *_rest in problems(page)] == ["step"]


def test_a_division_by_zero_that_only_an_example_reaches_keeps_the_set_a_draft() -> None:
    page = CriteriaSetPage(
        live=False,
        examples=[example(values="k: nhan = 0\nk: xong = 0")],
        **one_kind("formula", expression="xong / nhan * 10"),
    )

    assert problems(page) == [
        (
            "example_input",
            "ex",
            ("values",),
            "The example “Ví dụ” does not fit the set: k: The division at character 6 is by zero: guard it with IF.",
        )
    ]


# --- Every door -----------------------------------------------------------------------------------------------
FAILING = {"examples": [block("ND335-NV", "example", "example/1", example(values="a = 90")["value"])]}


def test_a_set_with_a_failing_example_is_not_issued_and_nothing_is_written() -> None:
    page = draft(**FAILING)

    with pytest.raises(NotReady) as refused:
        issue(page)

    assert {found.code for found in refused.value.found} == {"example_band", "example_unfinished"}
    assert CriteriaVersion.objects.count() == 0
    assert not CriteriaSetPage.objects.get(pk=page.pk).live


def test_a_change_of_the_set_that_an_example_does_not_survive_stays_a_draft() -> None:
    page, _version = issued()
    edit(page, law="", parts=parts_with(KQ={"expression": "(a + b + c) / 3 * 60"}))

    with pytest.raises(NotReady) as refused:
        issue(page)

    assert next(str(found.sentence) for found in refused.value.found) == (
        "The example “Hoàn thành đủ mọi việc” expects 100 points, “Hoàn thành xuất sắc nhiệm vụ”; the set computes "
        "90, “Hoàn thành xuất sắc nhiệm vụ”. Correct the set or the example."
    )
    assert CriteriaVersion.objects.count() == 1


def test_the_end_of_a_workflow_does_not_issue_it(policy: User, province: Unit) -> None:
    page = draft(**FAILING)
    task = GroupApprovalTask.objects.create(name="Duyệt")
    task.groups.add(authors_group())
    workflow = Workflow.objects.create(name="Phê duyệt")
    WorkflowTask.objects.create(workflow=workflow, task=task)
    state = workflow.start(page, policy)

    with pytest.raises(NotReady):
        state.current_task_state.approve(user=in_role(province, Role.POLICY, username="second"))

    assert CriteriaVersion.objects.count() == 0


def test_the_demonstration_is_not_loaded_with_one() -> None:
    draft(**FAILING)  # a page of the set's code that is not issued yet is taken as it is

    with pytest.raises(NotReady):
        load_sets(actor=system_user(), moment=MOMENT)


def test_check_in_the_editor_shows_it_at_the_example_and_saves_nothing(
    policy: User, signed_in: SignIn
) -> None:
    page = draft()
    before = page.latest_revision_id
    wrong = latest_draft(page)
    wrong.examples[1].value["total"] = Decimal("89.99")
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])

    response = signed_in(policy).post(address, form_data(wrong, **{"action-check": "1"}))

    error = response.context["form"].errors.as_data()["examples"][0]
    assert list(error.block_errors) == [1]
    assert [found.code for found in error.block_errors[1].block_errors["total"].error_list] == [
        "example_differs"
    ]
    assert CriteriaSetPage.objects.get(pk=page.pk).latest_revision_id == before


def test_examples_come_through_the_editors_form_unchanged(policy: User, signed_in: SignIn) -> None:
    work = {"points": "5", "quantity": "2", "difficulty": "kho", "due": "2026-07-03", "quality": "tot"}
    page = draft(examples=[*ND335_NV.fields["examples"], example("Có điểm", work=[work])])
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    told = frozen_examples(latest_draft(page))

    assert signed_in(policy).post(address, form_data(latest_draft(page))).status_code == 302

    assert frozen_examples(latest_draft(page)) == told
    assert told[2]["tasks"][1]["faults"] == "1"
    assert told[3]["work"] == [work]


# --- What a version keeps -------------------------------------------------------------------------------------
def test_a_version_keeps_the_examples_it_was_issued_with(policy: User, signed_in: SignIn) -> None:
    page, first = issued()
    edit(page, parts=parts_with(I_1={"label": "Khác"}), examples=[])
    second = issue(page)

    kept = CriteriaVersion.objects.get(pk=first.pk).examples
    assert [(entry["name"], entry["total"], entry["band"]) for entry in kept] == [
        ("Hoàn thành đủ mọi việc", "100", "excellent"),
        ("Đúng 90 điểm", "90", "excellent"),
        ("Một lần chậm, một sai sót lớn", "88.63", "good"),
    ]
    assert second.examples == []
    body = signed_in(policy).get(f"/so-tay/ND335-NV/{first.number}/").content.decode()
    assert "Một lần chậm, một sai sót lớn" in body
    assert "Một lần chậm" not in signed_in(policy).get(f"/so-tay/ND335-NV/{second.number}/").content.decode()


def test_other_examples_alone_are_no_new_version() -> None:
    page, _version = issued()
    edit(page, examples=[])

    with pytest.raises(WrongState, match="there is nothing to issue"):
        issue(page)


def test_who_changes_the_examples_does_not_issue_the_set(policy: User, province: Unit) -> None:
    page = draft()
    other = in_role(province, Role.POLICY, username="second")
    changed = latest_draft(page)
    changed.examples = []
    changed.save_revision(user=other, clean=False)

    assert last_author(page) == other.pk
    with pytest.raises(Refused):
        publish(actor=other, moment=MOMENT, page=page)
    assert publish(actor=policy, moment=MOMENT, page=page).authored_by == other.pk


# --- Keeping a card as an example -----------------------------------------------------------------------------
def keep(actor: User, page: CriteriaSetPage, **changes: Any) -> bool:
    given: dict[str, Any] = {
        "name": "Chín mươi phần trăm",
        "note": "a = b = c",
        "card": TrialCard({**FULL, **RATIOS}),
        "shown": "93 excellent",
        **changes,
    }
    return keep_example(actor=actor, moment=MOMENT, page_id=page.pk, **given)


def test_a_card_is_kept_as_an_example_of_the_draft(writer: User) -> None:
    page = draft()

    assert keep(writer, page) is False

    kept = frozen_examples(latest_draft(page))
    assert [entry["name"] for entry in kept[:3]] == [entry["name"] for entry in frozen_examples(page)]
    assert kept[3] == {
        "name": "Chín mươi phần trăm",
        "note": "a = b = c",
        "values": "\n".join(f"{code} = {text}" for code, text in {**FULL, **RATIOS}.items()),
        "tasks": [],
        "work": [],
        "total": "93",
        "band": "excellent",
    }
    assert check(latest_draft(page)) == []
    assert last_author(page) == writer.pk


def test_an_example_of_the_same_name_is_replaced_in_its_place(writer: User) -> None:
    page = draft()
    keys = [found.key for found in examples_of(latest_draft(page))]
    task = {"coefficient": "1", "assigned": "7", "completed": "7"}

    assert keep(
        writer,
        page,
        name="Đúng 90 điểm",
        card=TrialCard(FULL, [task, {"coefficient": "1"}]),
        shown="100 excellent",
    )

    found = examples_of(latest_draft(page))
    assert [each.key for each in found] == keys
    assert (found[1].total, len(found[1].card.tasks), found[1].card.tasks[0]["completed"]) == (100, 1, "7")


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"name": ""}, Invalid, "Give the example a name before you keep it."),
        ({"name": "x" * 161}, Invalid, "The name is longer than 160 characters: shorten it."),
        (
            {"shown": "92 excellent"},
            Stale,
            "This is another result than the one you looked at. Look at it, then keep the example.",
        ),
        (
            {"shown": ""},
            Stale,
            "This is another result than the one you looked at. Look at it, then keep the example.",
        ),
        (
            {"card": TrialCard({**RATIOS})},
            Invalid,
            "There is no total yet: I.1, I.2, II.1, II.2, II.3, II.4, III.1, III.2, III.3, III.4 have no value.",
        ),
        ({"card": TrialCard({"I.1": "6"})}, Invalid, "Correct what is marked before you keep the example."),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_stored(
    changes: dict[str, Any], error: type[Exception], sentence: str, writer: User
) -> None:
    page = draft()

    with pytest.raises(error) as refused:
        keep(writer, page, **changes)

    assert str(refused.value) == sentence
    assert CriteriaSetPage.objects.get(pk=page.pk).latest_revision_id == page.latest_revision_id


def test_a_set_that_cannot_be_computed_with_keeps_no_example(writer: User) -> None:
    page = draft(parts=parts_with(I_1={"step": "0.3"}))

    with pytest.raises(Invalid, match="The criteria set cannot be computed with yet"):
        keep(writer, page)


def test_a_locked_set_keeps_no_example(writer: User, policy: User) -> None:
    page = draft()
    page.locked, page.locked_by = True, policy
    page.save()

    with pytest.raises(WrongState, match=r"is locked\. Ask whoever locked it before you keep an example\."):
        keep(writer, page)


def test_who_writes_no_criteria_keeps_no_example(clerk: User) -> None:
    page = draft()

    with pytest.raises(Refused):
        keep(clerk, page)


def test_a_page_that_is_gone_keeps_no_example(writer: User) -> None:
    page = draft()
    CriteriaSetPage.objects.get(pk=page.pk).delete()

    with pytest.raises(NotFound):
        keep(writer, page)
