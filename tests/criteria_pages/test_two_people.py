"""Nobody approves or issues their own last change of a criteria set (security.md T02), whatever way it goes."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import GroupApprovalTask, TaskState, Workflow, WorkflowTask

from criteria_pages import rules
from criteria_pages.demonstration import load_sets
from criteria_pages.domain.authors import last_author
from criteria_pages.domain.publishing import publish
from criteria_pages.domain.setup import criteria_index
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Refused
from snippets.domain.projection import authors_group
from snippets.enums import Role
from snippets.models import Unit
from tests.factories.criteria_pages import MOMENT, draft, parts_with
from tests.factories.snippets import in_role
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
SENTENCE = (
    "You made the last change of this criteria set, so somebody else approves and issues it. Ask another member of "
    "policy staff."
)


@pytest.fixture
def second(province: Unit) -> User:
    """Another member of policy staff, who holds the same."""
    return in_role(province, Role.POLICY, username="second")


def saved(page: CriteriaSetPage, by: User | None, **changes: Any) -> CriteriaSetPage:
    """Another draft on top of the last one, saved by somebody."""
    latest: CriteriaSetPage = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    for name, value in changes.items():
        setattr(latest, name, value)
    latest.save_revision(user=by, clean=False)
    return CriteriaSetPage.objects.get(pk=page.pk)


def changed(page: CriteriaSetPage, by: User | None, label: str) -> CriteriaSetPage:
    return saved(page, by, parts=parts_with(I_1={"label": label}))


# --- Whose change it is ---------------------------------------------------------------------------------------
def test_the_author_is_whoever_made_the_last_change_not_the_last_save(policy: User, second: User) -> None:
    page = draft()
    assert last_author(page) is None
    changed(page, policy, "Phẩm chất")
    assert last_author(page) == policy.pk
    saved(page, second)
    saved(page, second)
    assert last_author(page) == policy.pk
    changed(page, second, "Đạo đức")
    assert last_author(page) == second.pk
    changed(page, policy, "Phẩm chất")
    assert last_author(page) == policy.pk


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Khác"},
        {"legal_basis": []},
        {"effective_until": date(2026, 12, 31)},
        {"is_demonstration": True},
    ],
)
def test_whatever_would_be_issued_otherwise_is_a_change(policy: User, second: User, change: Any) -> None:
    page = saved(draft(), policy)
    saved(page, second, **change)
    assert last_author(page) == second.pk


def test_the_first_draft_is_its_writers(policy: User) -> None:
    page = CriteriaSetPage(title="Bộ mới", live=False)
    criteria_index().add_child(instance=page)
    assert last_author(page) is None
    page.save_revision(user=policy, clean=False)
    assert last_author(page) == policy.pk


# --- Issuing --------------------------------------------------------------------------------------------------
def test_t02_nobody_issues_their_own_last_change(policy: User, second: User) -> None:
    page = changed(draft(), policy, "Phẩm chất")
    saved(page, second)

    with pytest.raises(Refused) as refused:
        publish(actor=policy, moment=MOMENT, page=page)

    assert str(refused.value) == SENTENCE
    assert (CriteriaVersion.objects.count(), CriteriaSetPage.objects.get().live) == (0, False)
    assert publish(actor=second, moment=MOMENT, page=page).published_by == second.pk


def test_the_system_account_writes_and_issues_the_demonstration() -> None:
    system = system_user()
    page = changed(draft(), system, "Phẩm chất")
    assert last_author(page) == system.pk
    assert publish(actor=system, moment=MOMENT, page=page)


def test_the_demonstration_is_written_by_one_and_issued_by_another(policy: User, second: User) -> None:
    with pytest.raises(Refused, match="You made the last change"):
        load_sets(actor=policy, moment=MOMENT)
    made = load_sets(actor=second, moment=MOMENT, author=policy)
    assert {version.published_by for version in made.values()} == {second.pk}
    assert {page.get_latest_revision().user for page in CriteriaSetPage.objects.all()} == {policy}


def test_who_may_not_issue_at_all_reads_that_first(writer: User) -> None:
    may = rules.issue(writer, Scope.of(writer), author=writer.pk)
    assert "You may write criteria sets, not issue them" in str(may.sentence)


def test_the_page_that_asks_says_it_instead_of_a_button(
    policy: User, second: User, signed_in: SignIn
) -> None:
    page = changed(draft(), policy, "Phẩm chất")
    address = f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/"

    answer = signed_in(policy).get(address)
    text = answer.content.decode()
    assert "Bạn là người sửa gần nhất bộ tiêu chí này" in text
    assert 'name="sha256"' not in text
    sha256 = answer.context_data["summary"].sha256
    answer = signed_in(policy).post(address, {"sha256": sha256})
    assert (answer.status_code, CriteriaVersion.objects.count()) == (403, 0)

    assert 'name="sha256"' in signed_in(second).get(address).content.decode()
    assert signed_in(second).post(address, {"sha256": sha256}).status_code == 302
    assert CriteriaVersion.objects.get().published_by == second.pk


def test_opening_and_saving_anothers_draft_makes_nobody_its_author(
    policy: User, second: User, signed_in: SignIn
) -> None:
    """The button “Issue…” of the editor saves first, and the form writes its JSON in its own way."""
    page = changed(draft(), policy, "Phẩm chất")
    data = form_data(page.get_latest_revision_as_object(), **{"action-issue": "1"})

    answer = signed_in(second).post(f"/admin/pages/{page.pk}/edit/", data)

    assert answer.status_code == 302
    assert CriteriaSetPage.objects.get().get_latest_revision().user == second
    assert last_author(page) == policy.pk


# --- Approving ------------------------------------------------------------------------------------------------
def approval(page: CriteriaSetPage, by: User, *, steps: int = 1) -> Any:
    """A workflow of so many steps by the authors' group, under way."""
    workflow = Workflow.objects.create(name="Phê duyệt")
    for number in range(steps):
        task = GroupApprovalTask.objects.create(name=f"Bước {number}")
        task.groups.add(authors_group())
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=number)
    return workflow.start(page, by)


@pytest.mark.parametrize("steps", [1, 2])
def test_t02_nobody_approves_their_own_last_change_at_any_step(
    policy: User, second: User, writer: User, steps: int
) -> None:
    page = changed(draft(), policy, "Phẩm chất")
    state = approval(page, writer, steps=steps)

    for number in range(steps):
        with pytest.raises(Refused, match="You made the last change"):
            state.current_task_state.approve(user=policy)
        state.refresh_from_db()
        assert state.current_task_state.status == TaskState.STATUS_IN_PROGRESS, number
        state.current_task_state.approve(user=second)
        state.refresh_from_db()

    assert state.status == "approved"
    assert CriteriaVersion.objects.get().published_by == second.pk


def test_the_admin_answers_the_approval_with_the_sentence(
    policy: User, writer: User, signed_in: SignIn
) -> None:
    page = changed(draft(), policy, "Phẩm chất")
    task = approval(page, writer).current_task_state

    answer = signed_in(policy).post(
        reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", task.pk])
    )

    assert answer.status_code == 403
    assert "Bạn là người sửa gần nhất bộ tiêu chí này" in answer.content.decode()
    task.refresh_from_db()
    assert task.status == TaskState.STATUS_IN_PROGRESS


def test_sending_ones_own_change_back_is_nobodys_approval(policy: User, writer: User) -> None:
    page = changed(draft(), policy, "Phẩm chất")
    state = approval(page, writer)
    state.current_task_state.reject(user=policy)
    state.refresh_from_db()
    assert state.status == "needs_changes"


def test_an_approval_of_something_else_is_not_asked_about(policy: User, writer: User) -> None:
    """Only criteria sets have authors; their folder goes no further than the end of its approval."""
    index = criteria_index()
    index.save_revision(user=policy)
    state = approval(index, writer)
    with pytest.raises(Exception, match="Only criteria sets"):
        state.current_task_state.approve(user=policy)
