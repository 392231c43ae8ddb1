"""Every way of Wagtail's own to make a set live, withdraw or lose it, tried by those who may the most."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from wagtail.actions.copy_page import CopyPageAction
from wagtail.actions.create_alias import CreatePageAliasAction
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import GroupApprovalTask, GroupPagePermission, Page, Workflow, WorkflowTask

from criteria_pages.domain import pins
from criteria_pages.domain.publishing import finish_workflow
from criteria_pages.domain.setup import criteria_index
from criteria_pages.models import CriteriaIndexPage, CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import Refused, WrongState
from snippets.domain.projection import authors_group
from tests.factories.criteria_pages import draft, edit, issued, parts_with
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> Iterator[CriteriaSetPage]:
    """An issued set whose version July uses."""
    page, version = issued()
    monkeypatch.setattr(pins, "_readers", [])
    pins.register(lambda ids: {version.pk: ["Tháng 7/2026"]} if version.pk in ids else {})
    return page


def live(page: Page) -> bool:
    return CriteriaSetPage.objects.get(pk=page.pk).live


def test_the_authors_hold_add_and_change_on_the_index_and_nobody_holds_publish() -> None:
    held = GroupPagePermission.objects.values_list("group__name", "page__title", "permission__codename")

    assert sorted(held) == [
        ("Soạn bộ tiêu chí", "Bộ tiêu chí", "add_page"),
        ("Soạn bộ tiêu chí", "Bộ tiêu chí", "change_page"),
    ]


def test_the_publish_action_of_the_form_only_saves(policy: User, signed_in: SignIn) -> None:
    page = draft()

    signed_in(policy).post(f"/admin/pages/{page.pk}/edit/", form_data(page, **{"action-publish": "1"}))

    assert not live(page)
    assert CriteriaVersion.objects.count() == 0


def test_creating_with_the_publish_action_only_saves(policy: User, signed_in: SignIn) -> None:
    address = f"/admin/pages/add/criteria_pages/criteriasetpage/{criteria_index().pk}/"

    signed_in(policy).post(
        address, form_data(CriteriaSetPage(live=False), title="Bộ mới", **{"action-publish": "1"})
    )

    assert not CriteriaSetPage.objects.get().live


@pytest.mark.parametrize("action", ["publish", "unpublish", "move"])
def test_bulk_actions_pass_a_set_over(policy: User, signed_in: SignIn, action: str) -> None:
    page, version = issued()
    waiting = draft(code="BO-KHAC")
    for one in (page, waiting):
        signed_in(policy).post(
            f"/admin/bulk/wagtailcore/page/{action}/?id={one.pk}&next=/admin/", {"next": "/admin/"}
        )

    assert (live(page), live(waiting)) == (True, False)
    assert list(CriteriaVersion.objects.all()) == [version]


@pytest.mark.parametrize(
    "action", ["publish", "unpublish", "create_alias", "move", "copy_for_translation", "convert_alias"]
)
def test_actions_of_the_admin_api_are_refused(policy: User, signed_in: SignIn, action: str) -> None:
    page = draft() if action == "publish" else issued()[0]
    was = live(page)
    data = {"destination_page_id": criteria_index().pk, "locale": "en"}

    response = signed_in(policy).post(f"/admin/api/main/pages/{page.pk}/action/{action}/", data)

    assert response.status_code in (400, 403, 404)
    assert live(page) is was
    assert CriteriaSetPage.objects.count() == 1


def test_a_copy_through_the_admin_api_cannot_be_live(policy: User, signed_in: SignIn) -> None:
    page, _version = issued()

    response = signed_in(policy).post(f"/admin/api/main/pages/{page.pk}/action/copy/", {"keep_live": True})

    assert response.status_code == 403
    assert CriteriaSetPage.objects.count() == 1


def test_an_alias_is_not_made_by_the_copy_form(policy: User, signed_in: SignIn) -> None:
    page, _version = issued()

    signed_in(policy).post(
        f"/admin/pages/{page.pk}/copy/",
        {
            "new_title": "Bản sao",
            "new_slug": "ban-sao",
            "new_parent_page": str(criteria_index().pk),
            "alias": "on",
            "publish_copies": "on",
        },
    )

    copy = CriteriaSetPage.objects.get(slug="ban-sao")
    assert (copy.live, copy.alias_of) == (False, None)


@pytest.mark.parametrize("operator", [True, False])
def test_the_host_s_actions_are_refused_past_every_permission(db: Any, operator: bool) -> None:
    user = User.objects.create_superuser("operator", "x") if operator else None
    page, _version = issued()
    edit(page, parts=parts_with(I_1={"label": "Khác"}))
    revision = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision()
    before = page.live_revision_id

    def fresh() -> CriteriaSetPage:
        return CriteriaSetPage.objects.get(pk=page.pk)

    for attempt in (
        lambda: PublishPageRevisionAction(revision, user=user).execute(skip_permission_checks=True),
        lambda: revision.publish(user=user, skip_permission_checks=True),
        lambda: UnpublishPageAction(fresh(), user=user).execute(skip_permission_checks=True),
        lambda: CopyPageAction(fresh(), update_attrs={"slug": "b"}, user=user).execute(
            skip_permission_checks=True
        ),
        lambda: CreatePageAliasAction(fresh(), update_slug="c", user=user).execute(
            skip_permission_checks=True
        ),
        lambda: criteria_index().add_child(instance=CriteriaSetPage(title="Thẳng vào cây")),
    ):
        with pytest.raises(WrongState), transaction.atomic():
            attempt()

    stored = CriteriaSetPage.objects.get()
    assert (stored.live, stored.live_revision_id) == (True, before)


@pytest.mark.parametrize(
    "method", ["can_publish", "can_unpublish", "can_publish_subpage", "can_move", "can_reorder_children"]
)
def test_not_even_a_superuser_holds_what_publishes(db: Any, method: str) -> None:
    operator = User.objects.create_superuser("operator", "x")
    page, _version = issued()

    assert getattr(page.permissions_for_user(operator), method)() is False
    assert getattr(criteria_index().permissions_for_user(operator), method)() is False
    assert page.permissions_for_user(operator).can_move_to(criteria_index()) is False


def test_a_scheduled_revision_publishes_nothing() -> None:
    page = draft()
    revision = page.get_latest_revision()
    revision.content["go_live_at"] = (timezone.now() + timedelta(days=1)).isoformat()
    revision.approved_go_live_at = timezone.now() - timedelta(days=1)
    revision.save()

    with pytest.raises(WrongState):
        call_command("publish_scheduled")

    assert not live(page)


def test_a_schedule_in_a_revision_is_dropped_when_it_is_issued(policy: User) -> None:
    from criteria_pages.domain.publishing import publish

    page = draft()
    revision = page.get_latest_revision()
    revision.content["go_live_at"] = "2099-01-01T00:00:00Z"
    revision.save()

    publish(actor=policy, moment=timezone.now(), page=page)

    assert live(page)
    assert CriteriaSetPage.objects.get(pk=page.pk).go_live_at is None


# --- Deleting ----------------------------------------------------------------------------------------------
def test_a_pinned_set_is_not_deleted_one_by_one(
    policy: User, signed_in: SignIn, pinned: CriteriaSetPage
) -> None:
    client = signed_in(policy)
    for response in (
        client.get(f"/admin/pages/{pinned.pk}/delete/", follow=True),
        client.post(f"/admin/pages/{pinned.pk}/delete/", follow=True),
    ):
        assert response.status_code == 200
        assert "Tháng 7/2026" in response.content.decode()

    assert CriteriaSetPage.objects.filter(pk=pinned.pk).exists()


def test_a_pinned_set_is_not_deleted_in_bulk_and_nothing_with_it(
    policy: User, signed_in: SignIn, pinned: CriteriaSetPage
) -> None:
    other = draft(code="BO-KHAC")
    address = f"/admin/bulk/wagtailcore/page/delete/?id={other.pk}&id={pinned.pk}&next=/admin/"

    response = signed_in(policy).post(address, {"next": "/admin/"}, follow=True)

    assert response.status_code == 200
    assert "Tháng 7/2026" in response.content.decode()
    assert CriteriaSetPage.objects.count() == 2


def test_a_pinned_set_is_not_deleted_through_the_admin_api(
    policy: User, signed_in: SignIn, pinned: CriteriaSetPage, settings: Any
) -> None:
    # The refusal rolls the request's transaction back; inside a test that is the test's own, with the session in it.
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    client = signed_in(policy)
    with transaction.atomic():
        response = client.post(f"/admin/api/main/pages/{pinned.pk}/action/delete/")
        transaction.set_rollback(True)

    assert response.status_code == 409
    assert CriteriaSetPage.objects.filter(pk=pinned.pk).exists()


@pytest.mark.parametrize("way", ["page", "base page", "folder", "queryset"])
def test_a_pinned_set_is_not_deleted_by_code_either(pinned: CriteriaSetPage, way: str) -> None:
    attempts = {
        "page": lambda: CriteriaSetPage.objects.get(pk=pinned.pk).delete(),
        "base page": lambda: Page.objects.get(pk=pinned.pk).delete(),
        "folder": lambda: CriteriaIndexPage.objects.get().delete(),
        "queryset": lambda: Page.objects.filter(pk=pinned.pk).delete(),
    }

    with pytest.raises(WrongState, match="Tháng 7/2026"), transaction.atomic():
        attempts[way]()

    assert CriteriaSetPage.objects.filter(pk=pinned.pk).exists()


def test_a_pinned_set_is_not_withdrawn(policy: User, signed_in: SignIn, pinned: CriteriaSetPage) -> None:
    signed_in(policy).post(f"/admin/pages/{pinned.pk}/unpublish/")

    assert live(pinned)


def test_a_set_in_no_use_can_be_deleted(policy: User, signed_in: SignIn) -> None:
    page, _version = issued()
    other = draft(code="BO-KHAC")
    client = signed_in(policy)

    client.post(f"/admin/pages/{page.pk}/delete/")
    client.post(f"/admin/bulk/wagtailcore/page/delete/?id={other.pk}&next=/admin/", {"next": "/admin/"})

    assert not CriteriaSetPage.objects.exists()


def test_the_folder_is_never_edited_or_deleted(policy: User, signed_in: SignIn) -> None:
    index = criteria_index()
    client = signed_in(policy)
    tester = index.permissions_for_user(policy)

    client.post(f"/admin/pages/{index.pk}/delete/")
    client.post(f"/admin/pages/{index.pk}/edit/", {"title": "Khác"})

    assert CriteriaIndexPage.objects.get().title == "Bộ tiêu chí"
    assert (tester.can_lock(), tester.can_unlock(), tester.can_copy()) == (False, False, False)


def test_a_deactivated_account_deletes_nothing(policy: User) -> None:
    page = draft()
    policy.is_active = False

    assert page.permissions_for_user(policy).can_delete() is False


def test_a_reader_registered_twice_answers_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "_readers", [])

    def reader(ids: Any) -> dict[int, list[str]]:
        return {5: ["Tháng 7/2026"], 6: []}

    pins.register(reader)
    pins.register(reader)

    assert pins.uses([5, 6]) == {5: ["Tháng 7/2026"]}


# --- Workflows ---------------------------------------------------------------------------------------------
def approval(page: CriteriaSetPage, author: User) -> Any:
    """A workflow of one step by the authors' group, under way."""
    task = GroupApprovalTask.objects.create(name="Duyệt")
    task.groups.add(authors_group())
    workflow = Workflow.objects.create(name="Phê duyệt bộ tiêu chí")
    WorkflowTask.objects.create(workflow=workflow, task=task)
    return workflow.start(page, author)


def test_the_end_of_an_approval_issues_the_set(policy: User, writer: User) -> None:
    page = draft()
    state = approval(page, writer)

    state.current_task_state.approve(user=policy)

    assert live(page)
    assert CriteriaVersion.objects.get().published_by == policy.pk


def test_an_approval_of_a_set_with_problems_is_refused_and_stays_open(policy: User, writer: User) -> None:
    page = draft(staff_kinds=[])
    state = approval(page, writer)

    with pytest.raises(Exception, match="cannot be issued yet"):
        state.current_task_state.approve(user=policy)

    state.refresh_from_db()
    assert state.status == "in_progress"
    assert not live(page)


def test_an_approval_needs_somebody_who_may_issue(writer: User) -> None:
    page = draft()

    with pytest.raises(Refused):
        approval(page, writer).current_task_state.approve(user=writer)

    assert not live(page)


def test_an_approval_without_a_person_issues_nothing(writer: User) -> None:
    page = draft()
    state = approval(page, writer)

    with pytest.raises(Refused, match="Sign in"):
        finish_workflow(state, user=None)


def test_only_criteria_sets_end_in_being_issued(writer: User) -> None:
    class State:
        content_object = criteria_index()

    with pytest.raises(WrongState, match="Only criteria sets"):
        finish_workflow(State(), user=writer)


def test_a_set_under_approval_has_no_preview(policy: User, writer: User, signed_in: SignIn) -> None:
    """The host's own view of one would end in an error: a set is read in the handbook once it is issued."""
    page = draft()
    state = approval(page, writer)
    address = f"/admin/pages/workflow/preview/{page.pk}/{state.current_task_state.task_id}/"

    assert signed_in(policy).get(address).status_code == 404
