"""Who asks: the account of a request, for views behind a sign-in."""

from django.http import HttpRequest

from kpi_cms.foundation.accounts.models import User


def actor_of(request: HttpRequest) -> User:
    """The signed-in account; `login_required`, or the admin's door, stands before every view that asks."""
    assert isinstance(request.user, User)
    return request.user
