"""The registers' place in the Wagtail admin: their menu group, and nothing of the host's that shows other units."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from .viewsets.appointments import AppointmentViewSet, EvaluatorDecisionViewSet, FieldAssignmentViewSet
from .viewsets.calendar import CalendarDayViewSet
from .viewsets.catalogue import CatalogueViewSet, ProductViewSet
from .viewsets.grants import GrantViewSet
from .viewsets.organisation import UnitViewSet
from .viewsets.people import PersonViewSet
from .viewsets.periods import PeriodViewSet
from .viewsets.positions import JobPositionViewSet, PositionViewSet

HIDDEN_MENUS = frozenset({"reports", "help", "images", "documents", "settings", "snippets"})


class RegistersGroup(SnippetViewSetGroup):
    menu_label = _("Registers")
    menu_name = "registers"
    menu_icon = "list-ul"
    menu_order = 200
    items = (
        UnitViewSet,
        PersonViewSet,
        AppointmentViewSet,
        FieldAssignmentViewSet,
        EvaluatorDecisionViewSet,
        PositionViewSet,
        JobPositionViewSet,
        CatalogueViewSet,
        ProductViewSet,
        PeriodViewSet,
        CalendarDayViewSet,
        GrantViewSet,
    )


register_snippet(RegistersGroup)


@hooks.register("construct_main_menu")
def hide_host_menus(request: HttpRequest, menu_items: list[Any]) -> None:
    menu_items[:] = [item for item in menu_items if item.name not in HIDDEN_MENUS]


@hooks.register("construct_homepage_summary_items")
def hide_summary(request: HttpRequest, items: list[Any]) -> None:
    items.clear()


@hooks.register("before_delete_snippet")
def no_bulk_delete(request: HttpRequest, instances: Any) -> None:
    """The host's bulk page would name the records it refuses to delete. Nothing of a register is deleted."""
    raise Http404
