"""The tree of units, which stands above every room of the foundation and is known here by a setting."""

from typing import Any

from django.apps import apps
from django.conf import settings


def scope_model() -> Any:
    """The model that capabilities are held on and chains of the ledger are named by: a tree by paths."""
    return apps.get_model(settings.ACCESS_SCOPE_MODEL)
