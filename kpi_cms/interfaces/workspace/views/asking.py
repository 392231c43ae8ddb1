"""Who asks, beyond what the screens share already."""

from django.http import HttpRequest

from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import NotFound


def actor_of(request: HttpRequest) -> User:
    """The signed-in account; `login_required` stands before every view that asks."""
    assert isinstance(request.user, User)
    return request.user


def require_any(scope: Scope, *capabilities: str) -> None:
    """The page exists for those who hold one of the capabilities somewhere. Raises NotFound for everybody else."""
    if not scope.holds(*capabilities):
        raise NotFound
