"""The Wagtail admin wears the product's face and leads back to the workspace."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem, SubmenuMenuItem, admin_menu
from wagtail.admin.ui.components import Component

from criteria_pages import rules
from criteria_pages.models import CriteriaSetPage


@hooks.register("insert_global_admin_css")
def admin_colours() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("workspace/admin.css"))


@hooks.register("register_admin_menu_item")
def way_back() -> MenuItem:
    # The host marks an entry as the present one when the address begins with its own: "/" alone always would.
    address = f"{reverse('workspace:home')}?"
    return MenuItem(_("Workspace"), address, name="workspace", icon_name="home", order=10)


class WhereToWork(Component):
    """On the first page: everything the menu offers its reader, as plain links."""

    template_name = "workspace/admin_panel.html"
    order = 10

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        request = parent_context["request"]
        groups: list[tuple[Any, list[tuple[Any, str]]]] = []
        if rules.write(request.scope):
            sets = CriteriaSetPage.objects.order_by("title").values_list("title", "pk")
            links = [(title, reverse("wagtailadmin_pages:edit", args=[pk])) for title, pk in sets]
            groups.append((_("Criteria sets"), links))
        for item in admin_menu.menu_items_for_request(request):
            if isinstance(item, SubmenuMenuItem):
                links = [(entry.label, entry.url) for entry in item.menu.menu_items_for_request(request)]
                groups.append((item.label, links))
            elif item.url and item.name not in {"explorer", "workspace"}:
                groups.append((item.label, [(item.label, item.url)]))
        return {"groups": groups}


@hooks.register("construct_homepage_panels", order=1000)
def first_page(request: HttpRequest, panels: list[Any]) -> None:
    """After the registers' hook, which takes the host's own panels out."""
    panels.append(WhereToWork())
