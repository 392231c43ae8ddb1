"""What the host's admin names and this product does not have answers nothing, to authors too."""

import pytest
from django.test import Client
from django.urls import reverse

from snippets.enums import Capability
from tests.factories.snippets import UnitFactory, holder


@pytest.mark.django_db
@pytest.mark.parametrize("endpoint", ["documents", "images"])
def test_documents_and_images_of_the_host_answer_nothing(client: Client, endpoint: str) -> None:
    client.force_login(holder(UnitFactory(), Capability.AUTHOR))
    assert client.get(reverse(f"wagtailadmin_api:{endpoint}:listing")).status_code == 404
