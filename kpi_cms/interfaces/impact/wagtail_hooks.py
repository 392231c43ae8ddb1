"""The way from the page editor: beside “Issued versions”."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets import Button
from wagtail.models import Page

from criteria_pages.models import CriteriaSetPage


@hooks.register("register_page_header_buttons")
def impact_button(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    if (
        issubclass(page.specific_class or Page, CriteriaSetPage)
        and page.permissions_for_user(user).can_edit()
    ):
        yield Button(
            _("Effect on past cards…"),
            url=reverse("impact:show", args=[page.pk]),
            icon_name="view",
            priority=16,
        )
