"""Who reads which register, read off the guarded viewsets themselves: their rows of the rule table."""

from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.viewsets import viewsets

from .rules import Rule
from .viewsets import GuardedViewSet


def register_rules() -> list[Rule]:
    """One row for each register: list, record and history. What changes a record has rows of its own."""
    hooks.search_for_hooks()
    return [
        Rule(
            act=f"read_{viewset.model._meta.model_name}",
            label=format_lazy(
                _("Read the register: {name}"), name=capfirst(viewset.model._meta.verbose_name_plural)
            ),
            subject="register",
            capabilities=viewset.reads,
        )
        for viewset in viewsets.viewsets
        if isinstance(viewset, GuardedViewSet)
    ]
