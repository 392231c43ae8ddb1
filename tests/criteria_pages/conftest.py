from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from kpi_cms.foundation.accounts.models import User
from snippets.enums import Capability, Role
from snippets.models import Unit
from tests.factories.snippets import UnitFactory, holder, in_role


@pytest.fixture
def province(db: Any) -> Unit:
    return UnitFactory(code="TINH")


@pytest.fixture
def policy(province: Unit) -> User:
    """Writes and issues criteria sets."""
    return in_role(province, Role.POLICY, username="policy", display_name="Đặng Thị Soạn")


@pytest.fixture
def writer(province: Unit) -> User:
    """Writes, and may not issue."""
    return holder(province, Capability.AUTHOR, username="writer")


@pytest.fixture
def clerk(province: Unit) -> User:
    """In the admin for registers; criteria sets are none of theirs."""
    return in_role(province, Role.CLERK, username="clerk")


@pytest.fixture
def signed_in(client: Client) -> Any:
    """`signed_in(user)`: a client with that account's session."""

    def sign_in(user: User) -> Client:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture(autouse=True)
def _english() -> Any:
    """Sentences of the domain are compared by their message ids."""
    with translation.override("en"):
        yield
