"""Somebody in the admin for other things, and somebody outside it, at every address of a criteria set."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from wagtail.admin.urls import pages as page_urls

from criteria_pages.domain.setup import criteria_index
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from snippets.enums import Capability
from snippets.models import Unit
from tests.factories.criteria_pages import edit, issued, parts_with
from tests.factories.snippets import UserFactory, holder

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]

SECRET = "Tiêu chí chưa công bố"


@pytest.fixture
def page() -> CriteriaSetPage:
    """An issued set with a newer draft that nobody outside may read."""
    page, _version = issued(title=f"{SECRET} 1", code="BO-MAT")
    edit(page, title=f"{SECRET} 2", parts=parts_with(I_1={"label": SECRET}))
    return CriteriaSetPage.objects.get(pk=page.pk)


def addresses(page: CriteriaSetPage) -> Iterator[tuple[str, str]]:
    """Every page route of Wagtail that takes a page, an index, a type or a revision, filled in with this set's."""
    index, revision = criteria_index().pk, page.latest_revision_id
    values: dict[str, Any] = {
        "page_id": page.pk,
        "page_to_move_id": page.pk,
        "parent_page_id": index,
        "destination_id": index,
        "revision_id": revision,
        "content_type_app_name": "criteria_pages",
        "content_type_model_name": "criteriasetpage",
        "app_label": "criteria_pages",
        "model_name": "criteriasetpage",
        "action_name": "approve",
        "task_state_id": 1,
        "task_id": 1,
        "workflow_state_id": 1,
    }
    for pattern in page_urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        name = f"wagtailadmin_pages:{pattern.name}"
        converters = pattern.pattern.converters
        if pattern.name == "revisions_compare":
            yield pattern.name, reverse(name, args=[page.pk, "live", "latest"])
        else:
            yield str(pattern.name), reverse(name, kwargs={key: values[key] for key in converters})


def others(page: CriteriaSetPage) -> list[str]:
    """Addresses that list, choose, report or act on pages without being page routes."""
    return [
        f"/admin/pages/{criteria_index().pk}/",
        f"/admin/pages/{page.pk}/",
        "/admin/pages/",
        "/admin/pages/search/?q=ti%C3%AAu",
        f"/admin/choose-page/{criteria_index().pk}/",
        "/admin/choose-page/",
        "/admin/choose-page/search/?q=ti%C3%AAu",
        "/admin/api/main/pages/",
        f"/admin/api/main/pages/{page.pk}/",
        f"/admin/bulk/wagtailcore/page/delete/?id={page.pk}&next=/admin/",
        f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}&next=/admin/",
        f"/admin/bulk/wagtailcore/page/unpublish/?id={page.pk}&next=/admin/",
        f"/admin/bulk/wagtailcore/page/move/?id={page.pk}&next=/admin/",
        "/admin/reports/site-history/",
        "/admin/reports/locked/",
        "/admin/reports/aging-pages/",
        "/admin/reports/page-types-usage/",
        f"/admin/bo-tieu-chi/{page.pk}/ban-hanh/",
        f"/admin/bo-tieu-chi/{page.pk}/phien-ban/",
        "/admin/",
    ]


def state(page: CriteriaSetPage) -> tuple[Any, ...]:
    found = CriteriaSetPage.objects.get(pk=page.pk)
    return (
        found.live,
        found.latest_revision_id,
        found.live_revision_id,
        found.title,
        found.path,
        found.locked,
        CriteriaSetPage.objects.count(),
        CriteriaVersion.objects.count(),
    )


def test_a_clerk_reads_and_changes_nothing_of_a_set(
    clerk: User, signed_in: SignIn, page: CriteriaSetPage
) -> None:
    client = signed_in(clerk)
    assert client.get("/admin/").status_code == 200
    before = state(page)
    leaks = []
    for name, address in [*addresses(page), *((address, address) for address in others(page))]:
        for method in (client.get, client.post):
            response = method(address)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            if SECRET in body.decode() or response.status_code >= 500:
                leaks.append((name, method.__name__, response.status_code))

    assert leaks == []
    assert state(page) == before


def test_an_author_reads_the_same_addresses(policy: User, signed_in: SignIn, page: CriteriaSetPage) -> None:
    """The probe above would find the text, if it were shown."""
    client = signed_in(policy)
    shown = {
        name
        for name, address in addresses(page)
        if SECRET in (response := client.get(address)).content.decode() and response.status_code == 200
    }

    assert {"edit", "history", "revisions_compare", "delete", "copy"} <= shown


@pytest.mark.parametrize("signed", [True, False])
def test_the_admin_does_not_exist_for_staff_and_visitors(
    client: Client, signed_in: SignIn, page: CriteriaSetPage, signed: bool
) -> None:
    if signed:
        client = signed_in(UserFactory())
    expected = 404 if signed else 302
    found = {
        (address, response.status_code)
        for address in [*(address for _name, address in addresses(page)), *others(page)]
        if (response := client.get(address)).status_code != expected
    }

    assert found == set()


def test_the_pages_themselves_are_served_nowhere(page: CriteriaSetPage) -> None:
    assert page.get_url() is None
    with pytest.raises(NoReverseMatch):
        reverse("wagtail_serve", args=[""])
    assert not any(
        isinstance(entry, URLResolver) and entry.urlconf_name == "wagtail.urls"
        for entry in get_resolver().url_patterns
    )


def test_an_author_whose_capability_ended_is_outside_at_once(
    province: Unit, signed_in: SignIn, page: CriteriaSetPage
) -> None:
    from django.utils import timezone

    from snippets.domain.projection import project
    from snippets.models import Grant

    author = holder(province, Capability.AUTHOR, Capability.MANAGE_PEOPLE)
    client = signed_in(author)
    assert SECRET in client.get(f"/admin/pages/{page.pk}/edit/").content.decode()

    Grant.objects.filter(user=author, capability=Capability.AUTHOR).update(ends_on=date(2025, 12, 31))
    project(author, moment=timezone.now())

    assert SECRET not in client.get(f"/admin/pages/{page.pk}/edit/", follow=True).content.decode()
    assert client.get(f"/admin/bo-tieu-chi/{page.pk}/phien-ban/").status_code == 404
