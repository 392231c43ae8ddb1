"""The imports' place in the Wagtail admin: two pages and their menu items."""

from typing import Any

from django.http import HttpRequest
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from criteria_pages.rule_table import IMPORT_SET
from kpi_cms.foundation.access.rules import Rule, somewhere
from snippets.rule_table import IMPORT_CATALOGUE, IMPORT_PEOPLE


class ImportMenuItem(MenuItem):
    """Shown to those who may import this into some unit."""

    def __init__(self, *args: Any, rule: Rule, **options: Any) -> None:
        super().__init__(*args, **options)
        self.rule = rule

    def is_shown(self, request: HttpRequest) -> bool:
        return somewhere(self.rule, request.scope)  # type: ignore[attr-defined]  # set by ScopeMiddleware


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
        rule=IMPORT_PEOPLE,
    )


@hooks.register("register_admin_menu_item")
def catalogue_item() -> MenuItem:
    return ImportMenuItem(
        _("Import a catalogue"),
        reverse_lazy("exchange:catalogue"),
        name="import-catalogue",
        icon_name="table",
        order=211,
        rule=IMPORT_CATALOGUE,
    )


@hooks.register("register_admin_menu_item")
def criteria_set_item() -> MenuItem:
    return ImportMenuItem(
        _("Import a criteria set"),
        reverse_lazy("exchange:criteria_set"),
        name="import-criteria-set",
        icon_name="list-ol",
        order=212,
        rule=IMPORT_SET,
    )
