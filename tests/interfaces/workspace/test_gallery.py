"""The gallery of parts has an address in development and in tests, and nowhere else."""

import importlib

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms import urls


def test_the_suite_looks_at_the_gallery_by_its_address(db, client: Client) -> None:
    response = client.get(reverse("gallery"))
    assert response.status_code == 200
    assert next(template.name for template in response.templates) == "workspace/gallery.html"


@pytest.mark.parametrize(
    ("debug", "testing", "there"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_the_product_has_no_gallery(settings, debug: bool, testing: bool, there: bool) -> None:
    settings.DEBUG, settings.TESTING = debug, testing
    try:
        patterns = importlib.reload(urls).urlpatterns
        assert ("gallery" in {getattr(pattern, "name", "") for pattern in patterns}) == there
    finally:
        settings.DEBUG, settings.TESTING = False, True
        importlib.reload(urls)
