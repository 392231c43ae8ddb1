"""What the tests of the registers share."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User

MOMENT = datetime(2026, 7, 15, 3, 0, tzinfo=UTC)


@pytest.fixture
def moment() -> datetime:
    """15/07/2026, 10:00 in Hà Nội."""
    return MOMENT


@pytest.fixture
def system(db: None) -> User:
    return system_user()


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
