"""A set is sent for approval, and somebody else approves it or sends it back, by the buttons of the host."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import TaskState, Workflow, WorkflowState

from criteria_pages.domain.authors import last_author
from criteria_pages.domain.library import add_item
from criteria_pages.domain.setup import criteria_index
from criteria_pages.domain.taking import take_item
from criteria_pages.models import ApprovalTask, CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import WrongState
from snippets.enums import Capability, Role
from snippets.models import Unit
from tests.factories.criteria_pages import MOMENT, draft, parts_with
from tests.factories.snippets import holder, in_role
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
WAITING = "Đang chờ bạn duyệt"


@pytest.fixture
def second(province: Unit) -> User:
    """Another member of policy staff, who holds the same."""
    return in_role(province, Role.POLICY, username="second")


def latest(page: CriteriaSetPage) -> CriteriaSetPage:
    found: CriteriaSetPage = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    return found


def editor(page: CriteriaSetPage) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def written(by: User, label: str = "Phẩm chất", page: CriteriaSetPage | None = None) -> CriteriaSetPage:
    """A draft whose last change is somebody's."""
    page = latest(page or draft())
    page.parts = parts_with(I_1={"label": label})
    page.save_revision(user=by, clean=False)
    return CriteriaSetPage.objects.get(pk=page.pk)


def sent(page: CriteriaSetPage, client: Client) -> TaskState:
    """Sent for approval by the button of the editor."""
    client.post(editor(page), form_data(latest(page), **{"action-submit": "1"}))
    state: TaskState = CriteriaSetPage.objects.get(pk=page.pk).current_workflow_task_state
    return state


def act(client: Client, page: CriteriaSetPage, name: str, step: TaskState, **data: str) -> Any:
    return client.post(reverse("wagtailadmin_pages:workflow_action", args=[page.pk, name, step.pk]), data)


def stands(page: CriteriaSetPage) -> tuple[str, bool, int]:
    """How the approval stands, whether the set is live, how many versions there are."""
    state = WorkflowState.objects.for_instance(page).latest("pk")
    return state.status, CriteriaSetPage.objects.get(pk=page.pk).live, CriteriaVersion.objects.count()


# --- On a fresh installation ----------------------------------------------------------------------------------
def test_every_set_has_one_step_of_approval_by_whoever_may_issue() -> None:
    workflow = draft().get_workflow()

    assert (list(Workflow.objects.all()), workflow) == ([workflow], criteria_index().get_workflow())
    assert [type(task.specific) for task in workflow.tasks] == [ApprovalTask]


def test_a_new_page_offers_to_be_sent(writer: User, signed_in: SignIn) -> None:
    address = f"/admin/pages/add/criteria_pages/criteriasetpage/{criteria_index().pk}/"
    assert "Gửi duyệt" in signed_in(writer).get(address).content.decode()


# --- From the author to the version -----------------------------------------------------------------------------
def test_an_author_sends_and_another_issues(writer: User, policy: User, signed_in: SignIn) -> None:
    page = written(writer)
    author = signed_in(writer)
    assert "Gửi duyệt" in author.get(editor(page)).content.decode()
    step = sent(page, author)
    assert step.status == TaskState.STATUS_IN_PROGRESS
    assert WAITING not in author.get("/admin/").content.decode()

    approver = signed_in(policy)
    home = approver.get("/admin/").content.decode()
    assert WAITING in home
    assert page.title in home
    assert "Phê duyệt và ban hành" in approver.get(editor(page)).content.decode()
    act(approver, page, "approve", step)

    version = CriteriaVersion.objects.get()
    assert (version.authored_by, version.published_by) == (writer.pk, policy.pk)
    assert stands(page) == ("approved", True, 1)


def test_it_is_approved_from_the_editor_as_well(writer: User, policy: User, signed_in: SignIn) -> None:
    page = written(writer)
    sent(page, signed_in(writer))
    data = {"action-workflow-action": "1", "workflow-action-name": "approve"}

    signed_in(policy).post(editor(page), form_data(latest(page), **data))

    assert (CriteriaVersion.objects.get().published_by, last_author(page)) == (policy.pk, writer.pk)


def test_a_set_with_problems_is_not_sent(writer: User, signed_in: SignIn) -> None:
    page = draft(staff_kinds=[])

    answer = signed_in(writer).post(editor(page), form_data(latest(page), **{"action-submit": "1"}))

    assert "Hãy chọn ít nhất một đối tượng áp dụng." in answer.content.decode()
    assert not WorkflowState.objects.exists()


# --- Nobody approves their own ----------------------------------------------------------------------------------
def test_t02_whoever_made_the_last_change_is_not_offered_it(
    policy: User, second: User, signed_in: SignIn
) -> None:
    page = written(policy)
    client = signed_in(policy)
    step = sent(page, client)

    assert WAITING not in client.get("/admin/").content.decode()
    assert 'data-workflow-action-name="approve"' not in client.get(editor(page)).content.decode()
    act(client, page, "approve", step)
    data = {"action-workflow-action": "1", "workflow-action-name": "approve"}
    client.post(editor(page), form_data(latest(page), **data))
    assert stands(page) == ("in_progress", False, 0)

    act(signed_in(second), page, "approve", step)
    assert stands(page) == ("approved", True, 1)


def test_whoever_sent_the_change_of_somebody_else_may_approve_it(
    writer: User, policy: User, signed_in: SignIn
) -> None:
    page = written(writer)
    client = signed_in(policy)
    act(client, page, "approve", sent(page, client))
    assert CriteriaVersion.objects.get().published_by == policy.pk


def test_an_author_without_the_capability_approves_and_returns_nothing(
    writer: User, policy: User, province: Unit, signed_in: SignIn
) -> None:
    page = written(policy)
    step = sent(page, signed_in(policy))
    client = signed_in(holder(province, Capability.AUTHOR, username="other-writer"))

    for name in ("approve", "reject"):
        act(client, page, name, step, comment="Không được")

    assert WAITING not in client.get("/admin/").content.decode()
    assert stands(page) == ("in_progress", False, 0)


def test_to_somebody_in_the_admin_for_other_things_nothing_waits(
    clerk: User, policy: User, signed_in: SignIn
) -> None:
    page = written(policy, "Tiêu chí chưa công bố")
    step = sent(page, signed_in(policy))
    client = signed_in(clerk)

    assert [act(client, page, name, step).status_code for name in ("approve", "reject")] == [404, 404]
    home = client.get("/admin/").content.decode()
    assert (WAITING in home, page.title in home) == (False, False)
    assert stands(page) == ("in_progress", False, 0)


def test_a_capability_on_any_unit_counts_as_it_does_for_issuing(
    writer: User, province: Unit, signed_in: SignIn
) -> None:
    page = written(writer)
    step = sent(page, signed_in(writer))
    act(signed_in(holder(province, Capability.PUBLISH, username="issuer")), page, "approve", step)
    assert stands(page) == ("approved", True, 1)


# --- While it waits ---------------------------------------------------------------------------------------------
def test_its_author_reads_it_only(writer: User, policy: User, signed_in: SignIn) -> None:
    page = written(writer)
    client = signed_in(writer)
    sent(page, client)

    client.post(editor(page), form_data(latest(page), title="Sửa khi chờ duyệt"))

    assert latest(page).title == page.title


def test_what_was_sent_is_what_is_approved(
    writer: User, policy: User, second: User, signed_in: SignIn
) -> None:
    """An approver may correct it; then it is sent again, and somebody else approves that."""
    page = written(writer)
    step = sent(page, signed_in(writer))
    signed_in(second).post(editor(page), form_data(latest(page), title="Tên đã sửa"))
    assert latest(page).title == "Tên đã sửa"

    for approver in (policy, second):
        act(signed_in(approver), page, "approve", step)
    assert stands(page) == ("in_progress", False, 0)

    act(signed_in(policy), page, "reject", step, comment="Đã sửa tên, gửi lại.")
    again = sent(page, signed_in(writer))
    act(signed_in(policy), page, "approve", again)
    version = CriteriaVersion.objects.get()
    assert (version.title, version.authored_by, version.published_by) == (
        "Tên đã sửa",
        second.pk,
        policy.pk,
    )


def test_a_save_that_changes_nothing_of_it_is_no_change(
    writer: User, policy: User, second: User, signed_in: SignIn
) -> None:
    page = written(writer)
    step = sent(page, signed_in(writer))
    signed_in(second).post(editor(page), form_data(latest(page)))
    act(signed_in(policy), page, "approve", step)
    assert stands(page) == ("approved", True, 1)


def test_its_author_takes_it_back(writer: User, signed_in: SignIn) -> None:
    page = written(writer)
    client = signed_in(writer)
    sent(page, client)
    client.post(editor(page), form_data(latest(page), **{"action-cancel-workflow": "1"}))
    assert stands(page) == ("cancelled", False, 0)


def test_issuing_it_by_the_other_button_ends_the_approval(
    writer: User, policy: User, signed_in: SignIn
) -> None:
    page = written(writer)
    step = sent(page, signed_in(writer))
    client = signed_in(policy)
    address = reverse("criteria_sets:issue", args=[page.pk])

    shown: Any = client.get(address)
    client.post(address, {"sha256": shown.context_data["summary"].sha256})
    act(client, page, "approve", step)

    assert stands(page) == ("cancelled", True, 1)


def test_its_author_takes_nothing_over_from_the_library(
    writer: User, policy: User, signed_in: SignIn
) -> None:
    page = written(writer)
    sent(page, signed_in(writer))
    scale = {"type": "bands", "value": [{"type": "band", "value": {"code": "A", "label": "A", "start": "0"}}]}
    item = add_item(actor=policy, moment=MOMENT, name="Mức", content=scale)
    before = page.get_latest_revision().pk

    with pytest.raises(WrongState, match="đang chờ duyệt"):
        take_item(actor=writer, moment=MOMENT, page_id=page.pk, item_id=item.pk, into="", code="", shown="")

    assert page.get_latest_revision().pk == before


# --- Sent back --------------------------------------------------------------------------------------------------
def test_it_comes_back_with_a_comment_and_is_sent_again(
    writer: User, policy: User, signed_in: SignIn
) -> None:
    page = written(writer)
    step = sent(page, signed_in(writer))
    act(signed_in(policy), page, "reject", step, comment="Sửa <b>mục 2</b>.")
    assert stands(page) == ("needs_changes", False, 0)

    client = signed_in(writer)
    text = client.get(editor(page)).content.decode()
    assert "đã gửi trả bộ tiêu chí này: Sửa &lt;b&gt;mục 2&lt;/b&gt;." in text
    assert "Gửi duyệt lại" in text
    again = sent(page, client)
    assert stands(page) == ("in_progress", False, 0)
    act(signed_in(policy), page, "approve", again)
    assert stands(page) == ("approved", True, 1)


@pytest.mark.parametrize("comment", ["", "   "])
def test_nothing_comes_back_without_a_comment(
    writer: User, policy: User, signed_in: SignIn, comment: str
) -> None:
    page = written(writer)
    step = sent(page, signed_in(writer))
    client = signed_in(policy)

    act(client, page, "reject", step, comment=comment)
    data = {
        "action-workflow-action": "1",
        "workflow-action-name": "reject",
        "workflow-action-extra-data": f'{{"comment": "{comment}"}}',
    }
    answer = client.post(editor(page), form_data(latest(page), **data))

    assert answer.status_code == 422
    assert "Hãy ghi rõ nội dung cần sửa" in answer.content.decode()
    assert stands(page) == ("in_progress", False, 0)
