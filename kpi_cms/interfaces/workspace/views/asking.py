"""Who asks, beyond what the screens share already."""

from kpi_cms.foundation.access.rules import Rule, somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.core.errors import NotFound


def require_somewhere(rule: Rule, scope: Scope) -> None:
    """The page exists for those who may do this in some unit. Raises NotFound for everybody else."""
    if not somewhere(rule, scope):
        raise NotFound
