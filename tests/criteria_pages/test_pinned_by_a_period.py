"""A version that a period uses, as evaluation says it: its set cannot be deleted, and the list names the period."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from criteria_pages.domain import pins
from criteria_pages.models import CriteriaSetPage
from kpi_cms.evaluation.models import VersionPin
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.errors import WrongState
from tests.factories.criteria_pages import edit, issue, issued, parts_with
from tests.factories.snippets import PeriodFactory

pytestmark = pytest.mark.django_db


def test_the_periods_of_a_version_are_named_oldest_first() -> None:
    page, first = issued()
    edit(page, parts=parts_with(I_1={"label": "Khác"}))
    second = issue(page)
    august = PeriodFactory(number=8, starts_on="2026-08-01", ends_on="2026-08-31")
    july = PeriodFactory()
    for period in (august, july):
        VersionPin.objects.create(period=period, version=first)

    assert pins.uses([first.pk, second.pk]) == {first.pk: [str(july), "Month 8/2026"]}
    assert pins.uses_of_page(page.pk) == [str(july), "Month 8/2026"]


def test_a_set_that_a_period_uses_stays(policy: User, signed_in: Callable[[User], Client]) -> None:
    page, version = issued()
    VersionPin.objects.create(period=PeriodFactory(), version=version)

    response = signed_in(policy).post(f"/admin/pages/{page.pk}/delete/", follow=True)
    with pytest.raises(WrongState), transaction.atomic():
        page.delete()

    assert "7/2026" in response.content.decode()
    assert CriteriaSetPage.objects.filter(pk=page.pk).exists()
