"""Numbered checks of this room."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from wagtail import hooks


@register
def registers_are_guarded(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """access.E001: no unit-scoped model is in the Wagtail admin but behind a guarded viewset."""
    from wagtail.admin.viewsets import viewsets

    from .choosers import GuardedChooserViewSet
    from .viewsets import GuardedViewSet, is_unit_scoped

    hooks.search_for_hooks()
    return [
        Error(
            f"{viewset.model._meta.label} belongs to units and is registered with {type(viewset).__name__}.",
            hint="Register it with a GuardedViewSet: stock views ask about the model, never about the record.",
            obj=viewset.model,
            id="access.E001",
        )
        for viewset in viewsets.viewsets
        if isinstance(getattr(viewset, "model", None), type)
        and is_unit_scoped(viewset.model)
        and not isinstance(viewset, GuardedViewSet | GuardedChooserViewSet)
    ]
