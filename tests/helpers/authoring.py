"""A set written by one person through the editor's form, and issued by another."""

from typing import Any

from django.test import Client
from django.urls import reverse

from criteria_pages.domain.setup import criteria_index
from criteria_pages.models import CriteriaSetPage, CriteriaVersion
from kpi_cms.foundation.accounts.models import User
from tests.helpers.page_form import form_data


def write_and_issue(client: Client, author: User, approver: User, values: dict[str, Any]) -> CriteriaVersion:
    """The author fills in the form and checks it, the approver opens “Issue”, sees the digest and confirms."""

    def as_(user: User) -> Client:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    typed = CriteriaSetPage(live=False, **values)
    index = ["criteria_pages", "criteriasetpage", criteria_index().pk]
    as_(author).post(reverse("wagtailadmin_pages:add", args=index), form_data(typed))
    page = CriteriaSetPage.objects.get(code=values["code"])
    checked = as_(author).post(
        reverse("wagtailadmin_pages:edit", args=[page.pk]), form_data(typed, **{"action-check": "1"})
    )
    assert checked.status_code == 302, checked.context["form"].errors
    confirmation = reverse("criteria_sets:issue", args=[page.pk])
    own = as_(author).post(confirmation, {"sha256": "0" * 64})
    assert own.status_code in (403, 409)
    shown = as_(approver).get(confirmation)
    done = as_(approver).post(confirmation, {"sha256": shown.context["summary"].sha256})
    assert done.status_code == 302
    version = CriteriaVersion.objects.get(set_code=values["code"])
    assert version.published_by == approver.pk
    return version
