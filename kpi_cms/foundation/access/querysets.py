"""Every list starts from a queryset that already holds only what its reader may see."""

from typing import Any, Self

from django.db import models

from .scope import Scope


class RestrictedQuerySet(models.QuerySet[Any]):
    """Rows of a unit-scoped model. `unit_path` is the lookup from the row to its unit's path."""

    unit_path = "unit__path"

    def within(self, scope: Scope, *capabilities: str) -> Self:
        """Rows whose unit carries any of the capabilities for this reader."""
        return self.filter(scope.q(*capabilities, path=self.unit_path))
