"""Comments on the fields of a draft: for those who write and approve sets, and no part of what is issued."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from wagtail.models import Comment, PageSubscription

from criteria_pages.domain.authors import last_author
from criteria_pages.domain.publishing import unissued
from criteria_pages.domain.setup import criteria_index
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from tests.factories.criteria_pages import draft, key_of, parts_with
from tests.helpers.page_form import form_data

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
TEXT = "Đề nghị nêu rõ cách tính."


def latest(page: CriteriaSetPage) -> CriteriaSetPage:
    found: CriteriaSetPage = CriteriaSetPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    return found


def editor(page: CriteriaSetPage) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


@pytest.fixture
def page(writer: User) -> CriteriaSetPage:
    """A draft of the author's."""
    page = latest(draft())
    page.parts = parts_with(I_1={"label": "Phẩm chất"})
    page.save_revision(user=writer, clean=False)
    return CriteriaSetPage.objects.get(pk=page.pk)


def said(text: str, *, path: str = "title", comment: Comment | None = None, **more: str) -> dict[str, str]:
    """What the editor sends for one comment: a new one, or what is made of an old one."""
    return {
        "comments-TOTAL_FORMS": "1",
        "comments-INITIAL_FORMS": "0" if comment is None else "1",
        "comments-0-id": "" if comment is None else str(comment.pk),
        "comments-0-text": text,
        "comments-0-contentpath": path,
        "comments-0-position": "",
        "comments-0-replies-TOTAL_FORMS": "0",
        "comments-0-replies-INITIAL_FORMS": "0",
        **more,
    }


def save(client: Client, page: CriteriaSetPage, **data: str) -> Any:
    answer = client.post(editor(page), form_data(latest(page), **data))
    assert answer.status_code == 302
    return answer


def in_block() -> str:
    """The place of the first criterion's wording, by the ids of its blocks."""
    return f"parts.{key_of('common')}.sections.{key_of('I')}.criteria.{key_of('I.1')}.label"


def test_an_approver_comments_on_a_criterion_and_its_author_reads_and_answers(
    page: CriteriaSetPage, writer: User, policy: User, signed_in: SignIn
) -> None:
    save(signed_in(writer), page, **{"action-submit": "1"})
    save(signed_in(policy), page, **said(TEXT, path=in_block()))
    [comment] = Comment.objects.all()
    assert (comment.user, comment.text, comment.contentpath) == (policy, TEXT, in_block())

    step = CriteriaSetPage.objects.get(pk=page.pk).current_workflow_task_state
    back = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "reject", step.pk])
    signed_in(policy).post(back, {"comment": "Xem nhận xét."})
    client = signed_in(writer)
    text = client.get(editor(page)).content.decode()
    assert "comments-data" in text
    assert f"{comment.pk}" in text
    assert policy.display_name.encode("unicode_escape").decode() in text or policy.display_name in text
    reply = {"comments-0-replies-TOTAL_FORMS": "1", "comments-0-replies-0-text": "Đã rõ."}
    save(client, page, **said(TEXT, path=in_block(), comment=comment, **reply))
    assert [(one.user, one.text) for one in comment.replies.all()] == [(writer, "Đã rõ.")]
    save(client, page, **said(TEXT, path=in_block(), comment=comment, **{"comments-0-resolved": "on"}))
    assert Comment.objects.get().resolved_by == writer


def test_a_comment_is_no_change_of_the_set(
    page: CriteriaSetPage, writer: User, policy: User, signed_in: SignIn
) -> None:
    save(signed_in(writer), page, **{"action-submit": "1"})
    client = signed_in(policy)
    save(client, page, **said(TEXT))
    assert last_author(page) == writer.pk
    assert TEXT not in str(unissued(latest(page)).__dict__)

    step = CriteriaSetPage.objects.get(pk=page.pk).current_workflow_task_state
    client.post(reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", step.pk]))

    version = CriteriaVersion.objects.get()
    assert (version.published_by, version.authored_by) == (policy.pk, writer.pk)
    for address in (
        reverse("handbook:version", args=[version.set_code, 1]),
        reverse("handbook:history", args=[version.set_code]),
    ):
        assert TEXT not in client.get(address).content.decode()


def test_nobody_rewrites_the_comment_of_another(
    page: CriteriaSetPage, writer: User, policy: User, signed_in: SignIn
) -> None:
    save(signed_in(policy), page, **said(TEXT))
    data = form_data(latest(page), **said("Không còn gì", comment=Comment.objects.get()))
    assert signed_in(writer).post(editor(page), data).status_code == 200
    assert Comment.objects.get().text == TEXT


def test_a_copy_has_none(page: CriteriaSetPage, policy: User, signed_in: SignIn) -> None:
    client = signed_in(policy)
    save(client, page, **said(TEXT))
    data = {"new_title": "Bản sao", "new_slug": "ban-sao", "new_parent_page": str(criteria_index().pk)}

    client.post(f"/admin/pages/{page.pk}/copy/", data)

    assert [comment.page_id for comment in Comment.objects.all()] == [page.pk]
    assert CriteriaSetPage.objects.count() == 2


def test_nobody_else_reads_or_writes_any(
    page: CriteriaSetPage, policy: User, clerk: User, signed_in: SignIn
) -> None:
    save(signed_in(policy), page, **said(TEXT))
    client = signed_in(clerk)
    data = form_data(latest(page), **said("Của người khác"))

    for answer in (client.get(editor(page)), client.post(editor(page), data), client.get("/admin/")):
        assert TEXT not in answer.content.decode()

    assert [comment.text for comment in Comment.objects.all()] == [TEXT]


def test_nothing_is_sent_by_e_mail(
    page: CriteriaSetPage, writer: User, policy: User, signed_in: SignIn
) -> None:
    """The host asks who wants letters, and believes that everybody does."""
    User.objects.update(email="ai-do@example.vn")
    PageSubscription.objects.create(page=page, user=writer, comment_notifications=True)

    save(signed_in(writer), page, **{"action-submit": "1"})
    save(signed_in(policy), page, **said(TEXT))
    step = CriteriaSetPage.objects.get(pk=page.pk).current_workflow_task_state
    back = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "reject", step.pk])
    signed_in(policy).post(back, {"comment": "Xem nhận xét."})

    assert CriteriaSetPage.objects.get(pk=page.pk).current_workflow_state.status == "needs_changes"
    assert mail.outbox == []
    body = signed_in(writer).get("/admin/account/").content.decode()
    assert ("notifications" in body, "locale-preferred_language" in body) == (False, True)
