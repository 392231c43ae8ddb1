"""The imports' place in the Wagtail admin: two pages and their menu items."""

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from snippets.enums import Capability


class ImportMenuItem(MenuItem):
    """Shown to those who hold a capability on some unit."""

    def __init__(self, *args: Any, capability: Capability, **options: Any) -> None:
        super().__init__(*args, **options)
        self.capability = capability

    def is_shown(self, request: HttpRequest) -> bool:
        shown: bool = request.scope.holds(self.capability)  # type: ignore[attr-defined]  # set by ScopeMiddleware
        return shown


@hooks.register("register_admin_urls")
def admin_urls() -> list[Any]:
    return [path("nhap/", include("kpi_cms.interfaces.exchange.urls"))]


@hooks.register("register_admin_menu_item")
def people_item() -> MenuItem:
    return ImportMenuItem(
        _("Import people"),
        reverse_lazy("exchange:people"),
        name="import-people",
        icon_name="group",
        order=210,
        capability=Capability.MANAGE_PEOPLE,
    )


@hooks.register("register_admin_menu_item")
def catalogue_item() -> MenuItem:
    return ImportMenuItem(
        _("Import a catalogue"),
        reverse_lazy("exchange:catalogue"),
        name="import-catalogue",
        icon_name="table",
        order=211,
        capability=Capability.MANAGE_CATALOGUE,
    )
