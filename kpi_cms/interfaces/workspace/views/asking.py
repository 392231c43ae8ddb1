"""Who asks, beyond what the screens share already."""

from django.http import HttpRequest

from kpi_cms.foundation.access.rules import Rule, somewhere
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import NotFound


def actor_of(request: HttpRequest) -> User:
    """The signed-in account; `login_required` stands before every view that asks."""
    assert isinstance(request.user, User)
    return request.user


def require_somewhere(rule: Rule, scope: Scope) -> None:
    """The page exists for those who may do this in some unit. Raises NotFound for everybody else."""
    if not somewhere(rule, scope):
        raise NotFound
