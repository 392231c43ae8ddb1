"""A set that starts from a template: a complete draft, of nobody's past, and nothing else."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from wagtail.models import Page, Revision

from criteria_pages.demonstration import DANG_17, ND335_LD, ND335_NV, draft_of
from criteria_pages.domain.authors import last_author
from criteria_pages.domain.comparison import differences
from criteria_pages.domain.publishing import check, latest_draft, publish
from criteria_pages.domain.setup import criteria_index
from criteria_pages.domain.specification import citations_of, specification_of
from criteria_pages.domain.starting import start_from_template
from criteria_pages.domain.templates import TEMPLATES
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.core.errors import Invalid, Refused
from kpi_cms.foundation.engine import CardInputs, Deduction, TaskInput, compile_set, digest
from snippets.models import Unit
from tests.factories.criteria_pages import MOMENT, draft, issued
from tests.factories.snippets import UserFactory
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
COMPLETE = ("staff", "leaders", "party", "public-employees", "organisations")
STARTED = {"template": "staff", "code": "SO-NV-2027", "title": "Bộ tiêu chí của Sở"}


def started(actor: User, template: str = "staff", **said: Any) -> CriteriaSetPage:
    given = {"moment": MOMENT, "code": "SO-NV-2027", "title": "Bộ tiêu chí của Sở", **said}
    page = start_from_template(actor=actor, template=template, **given)
    return latest_draft(page)


def problems(actor: User, template: str = "staff", **said: Any) -> dict[str, list[str]]:
    """The sentences of a refusal, by field; fields without any are left out."""
    with pytest.raises(Invalid) as error:
        started(actor, template, **said)
    assert str(error.value.sentence) == "No draft was made. Correct what is marked and try again."
    return {name: list(map(str, found)) for name, found in error.value.problems.items() if found}


def keys(specification: dict[str, Any]) -> list[str]:
    """The ids of parts, sections and criteria."""
    sections = specification["sections"]
    nodes = [*specification["parts"], *sections, *(node for one in sections for node in one["criteria"])]
    return [node["key"] for node in nodes]


# --- What a draft says ----------------------------------------------------------------------------------------
def test_there_is_a_template_for_each_kind_of_set() -> None:
    assert [template.key for template in TEMPLATES] == [*COMPLETE, "blank"]


def test_those_that_nobody_issued_say_that_they_are_examples() -> None:
    examples = {template.key for template in TEMPLATES if template.example}

    assert examples == {"party", "public-employees", "organisations"}
    assert examples == {
        template.key for template in TEMPLATES if template.fields.get("is_demonstration")
    }  # whoever reads an issued set is told as well


@pytest.mark.parametrize(
    ("template", "entry"), [("staff", ND335_NV), ("leaders", ND335_LD), ("party", DANG_17)]
)
def test_a_template_of_the_demonstration_is_that_set_digest_included(
    template: str, entry: Any, writer: User
) -> None:
    page = started(writer, template)

    assert digest(specification_of(page)) == digest(specification_of(draft_of(entry)))
    assert citations_of(page) == citations_of(draft_of(entry))
    assert (page.code, page.title, page.owner) == ("SO-NV-2027", "Bộ tiêu chí của Sở", writer)
    assert last_author(page) == writer.pk


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 20, 2, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 12, 31, 16, 59, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), date(2027, 2, 1)),  # New Year's Day in Việt Nam
    ],
)
def test_it_is_in_effect_from_the_first_of_the_next_month(moment: datetime, day: date, writer: User) -> None:
    assert started(writer, moment=moment).effect == (day, None)


@pytest.mark.parametrize("template", COMPLETE)
def test_it_has_no_problems_and_a_second_person_issues_it(template: str, writer: User, policy: User) -> None:
    page = started(writer, template)
    assert check(page) == []

    version = publish(actor=policy, moment=MOMENT, page=page)

    assert (str(version), version.authored_by, version.published_by) == (
        "SO-NV-2027 v1", writer.pk, policy.pk,
    )  # fmt: skip
    assert version.sha256 == digest(specification_of(page))


def test_whoever_started_it_does_not_issue_it(policy: User) -> None:
    page = started(policy)

    with pytest.raises(Refused):
        publish(actor=policy, moment=MOMENT, page=page)

    assert CriteriaVersion.objects.count() == 0


def test_a_blank_one_says_what_it_lacks_and_nothing_else(writer: User) -> None:
    found = check(started(writer, "blank"))

    assert [(problem.code, str(problem.sentence)) for problem in found] == [
        ("staff_kinds", "Choose at least one kind of staff the set is for."),
        ("legal_basis", "The set rests on no document: add the decision or decree it comes from."),
        ("section_empty", "This section has no criteria: add one."),
    ]


def test_a_blank_one_has_two_stages_of_which_the_second_decides(writer: User) -> None:
    spec = specification_of(started(writer, "blank"))

    assert [(stage["key"], stage["decides"], stage["optional"]) for stage in spec["stages"]] == [
        ("self", False, False), ("evaluator", True, False),
    ]  # fmt: skip
    assert [band["from"] for band in spec["bands"]] == ["90", "70", "50", "0"]
    assert (len(spec["parts"]), len(spec["sections"]), spec["law"]) == (1, 1, "")


def test_the_set_for_public_employees_is_for_them_and_claims_no_decree_of_its_own(writer: User) -> None:
    page = started(writer, "public-employees")
    spec = specification_of(page)
    sections = spec["sections"]
    cited = [node["citation"] for one in sections for node in (one, *one["criteria"]) if node["citation"]]

    assert (spec["applicability"]["staff_kinds"], spec["applicability"]["leader"]) == (["vien_chuc"], False)
    assert (spec["law"], page.is_demonstration) == ("", True)
    assert len(cited) == 17
    assert {text.split(" Đ")[0].split(" Phụ lục")[0] for text in (*cited, *spec["citations"].values())} == {
        "Vận dụng"
    }
    assert "Vận dụng" in citations_of(page)[0]["clauses"]


def test_the_set_for_public_employees_scores_as_that_for_staff(writer: User) -> None:
    theirs = compile_set(specification_of(started(writer, "public-employees")))
    staff = compile_set(specification_of(draft_of(ND335_NV)))
    entered = {item.key: str(item.max) for item in staff.entered} | {staff.entered[0].key: "4.25"}
    tasks = [TaskInput(Decimal(2), Decimal(7), Decimal(6), faults=[Deduction(1)], delays=[Deduction(2)])]
    card = CardInputs(entered=entered, tasks=tasks)

    mine, their = staff.score(card), theirs.score(card)

    assert (their.total, their.rounded, their.band) == (mine.total, mine.rounded, mine.band)


# --- Comparing what started from one template ---------------------------------------------------------------
def test_two_sets_from_one_template_differ_by_what_their_authors_changed(writer: User) -> None:
    one, other = started(writer), started(writer, code="SO-NV-2028")
    parts = [dict(part) for part in other.parts.raw_data]
    parts[0]["value"]["sections"][0]["value"]["criteria"][0]["value"]["label"] = "Phẩm chất"
    other.parts = parts

    changes = differences(specification_of(one), specification_of(other))

    assert [change.code for change in changes] == ["I.1"]


def test_public_employees_are_compared_with_staff_criterion_by_criterion(writer: User) -> None:
    theirs = specification_of(started(writer, "public-employees"))

    assert keys(theirs) == keys(specification_of(draft_of(ND335_NV)))


def test_starting_leaves_the_template_as_it_was(writer: User) -> None:
    before = digest(specification_of(draft_of(ND335_NV)))
    page = started(writer)
    page.parts[0].value["sections"][0].value["label"] = "Khác"
    page.save_revision(clean=False)

    assert digest(specification_of(draft_of(ND335_NV))) == before
    assert digest(specification_of(started(writer, code="KHAC"))) == before


# --- What is written ------------------------------------------------------------------------------------------
def test_one_page_and_one_revision_are_written_and_nothing_is_issued(writer: User) -> None:
    criteria_index()
    pages, ledger = Page.objects.count(), LedgerEntry.objects.count()

    page = CriteriaSetPage.objects.get(pk=started(writer).pk)

    assert (page.live, page.get_parent().pk) == (False, criteria_index().pk)
    assert Revision.objects.for_instance(page).get().user == writer
    assert (Page.objects.count(), LedgerEntry.objects.count()) == (pages + 1, ledger)
    assert CriteriaVersion.objects.count() == 0


def test_whoever_writes_no_criteria_starts_none(province: Unit, clerk: User) -> None:
    for user in (clerk, UserFactory()):
        with pytest.raises(Refused) as error:
            started(user)
        assert str(error.value.sentence) == (
            "Only policy staff write criteria sets. Ask for the capability to write them."
        )

    assert CriteriaSetPage.objects.count() == 0


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("", "Choose the template to start from."),
        ("hidden", "There is no such template: choose one from the list."),
    ],
)
def test_an_unknown_template_is_told_at_the_choice(template: str, sentence: str, writer: User) -> None:
    assert problems(writer, template) == {"template": [sentence]}
    assert CriteriaSetPage.objects.count() == 0


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "The set has no code: give it one."),
        ("so nv", "Write the code in capital letters and digits, joined by hyphens."),
        ("ND335-NV", "Another criteria set has the code ND335-NV: choose another one."),
        ("A" * 61, "Ensure this value has at most 60 characters (it has 61)."),
    ],
)
def test_a_code_that_cannot_be_one_is_told_at_the_code(code: str, sentence: str, writer: User) -> None:
    issued()

    assert problems(writer, code=code) == {"code": [sentence]}
    assert [page.code for page in CriteriaSetPage.objects.all()] == ["ND335-NV"]


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("", "The set has no title: give it one."),
        (" \u00a0", "The set has no title: give it one."),
        ("T" * 256, "Ensure this value has at most 255 characters (it has 256)."),
    ],
)
def test_a_title_that_cannot_be_one_is_told_at_the_title(title: str, sentence: str, writer: User) -> None:
    assert problems(writer, title=title) == {"title": [sentence]}
    assert CriteriaSetPage.objects.count() == 0


def test_everything_wrong_is_told_at_once(writer: User) -> None:
    assert set(problems(writer, "", code="", title="")) == {"template", "code", "title"}


# --- The page in the admin ------------------------------------------------------------------------------------
def vi(message: str) -> str:
    with translation.override("vi"):
        return gettext(message)


def test_authors_and_issuers_see_the_templates_and_to_others_the_page_does_not_exist(
    policy: User, writer: User, clerk: User, signed_in: SignIn
) -> None:
    address = reverse("criteria_sets:start")

    assert [signed_in(user).get(address).status_code for user in (policy, writer, clerk)] == [200, 200, 404]
    assert signed_in(clerk).post(address, STARTED).status_code == 404
    assert CriteriaSetPage.objects.count() == 0


def test_each_template_says_for_whom_it_is_what_it_contains_and_whether_it_is_an_example(
    writer: User, signed_in: SignIn
) -> None:
    text = signed_in(writer).get(reverse("criteria_sets:start")).content.decode()

    with translation.override("vi"):
        for template in TEMPLATES:
            for sentence in (template.name, template.whom, template.contains, template.example):
                assert str(sentence) in text
    assert text.count("Đây là ví dụ để chỉnh sửa") == 3
    assert " checked" not in text.split("<fieldset")[1].split("</fieldset>")[0]


def test_what_is_chosen_opens_in_the_editor_as_a_draft_and_can_be_saved(
    writer: User, signed_in: SignIn
) -> None:
    client = signed_in(writer)

    answer = client.post(reverse("criteria_sets:start"), STARTED)

    page = CriteriaSetPage.objects.get()
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert (answer.status_code, answer["Location"]) == (302, edit)
    shown = client.get(edit).content.decode()
    assert vi("The draft was made. Adapt it here; nothing was issued.") in shown
    assert "Bộ tiêu chí của Sở" in shown
    again = client.post(edit, form_data(latest_draft(page), **{"action-check": "1"}), follow=True)
    assert vi("The criteria set has no problems: it can be issued.") in again.content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"template": "hidden"}, "template", "There is no such template: choose one from the list."),
        ({"template": ""}, "template", "Choose the template to start from."),
        ({"title": " "}, "title", "The set has no title: give it one."),
        ({"code": ""}, "code", "The set has no code: give it one."),
        ({"code": "x"}, "code", "Write the code in capital letters and digits, joined by hyphens."),
    ],
)
def test_a_mistake_stands_at_its_field_and_what_was_given_stays(
    changes: dict[str, str], field: str, message: str, writer: User, signed_in: SignIn
) -> None:
    answer = signed_in(writer).post(reverse("criteria_sets:start"), STARTED | changes)

    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [vi(message)]}
    text = answer.content.decode()
    assert vi(message) in text
    assert vi("No draft was made. Correct what is marked and try again.") in text
    kept = STARTED | changes
    assert f'value="{kept["code"]}"' in text or not kept["code"]
    assert ('value="staff"' in text and text.count(" checked") == 1) == (kept["template"] == "staff")
    assert CriteriaSetPage.objects.count() == 0


def test_a_code_that_is_taken_is_told_at_the_code(writer: User, signed_in: SignIn) -> None:
    draft()

    answer = signed_in(writer).post(reverse("criteria_sets:start"), STARTED | {"code": "ND335-NV"})

    wanted = vi("Another criteria set has the code %(code)s: choose another one.") % {"code": "ND335-NV"}
    assert (answer.status_code, answer.context["form"].errors) == (422, {"code": [wanted]})
    assert CriteriaSetPage.objects.count() == 1


def test_the_way_there_stands_in_the_menu_the_list_and_an_empty_page(
    writer: User, clerk: User, signed_in: SignIn
) -> None:
    page, index, address = draft(), criteria_index(), reverse("criteria_sets:start")
    add = reverse("wagtailadmin_pages:add", args=["criteria_pages", "criteriasetpage", index.pk])
    client = signed_in(writer)

    assert address in client.get(reverse("wagtailadmin_home")).content.decode()
    listing, empty, edit = (
        client.get(to).content.decode()
        for to in (reverse("wagtailadmin_explore", args=[index.pk]), add, f"/admin/pages/{page.pk}/edit/")
    )
    assert f'href="{address}"' in listing
    assert f'<a href="{address}">bắt đầu từ mẫu</a>' in empty
    assert f'<a href="{address}">bắt đầu từ mẫu</a>' not in edit
    assert address not in signed_in(clerk).get(reverse("wagtailadmin_home")).content.decode()
