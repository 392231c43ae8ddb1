"""A change that reaches fewer rows than it was meant for is an error, and nothing of it stays."""

import pytest
from django.db import transaction

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.history import save_tracked
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import NotWritten, WrongState
from kpi_cms.foundation.core.rows import bulk_update_each, update_each
from tests.factories.snippets import PersonFactory, UserFactory
from tests.helpers.world import MOMENT

pytestmark = pytest.mark.django_db


def test_every_row_is_changed():
    one, two = UserFactory(), UserFactory()
    update_each(User.objects.filter(pk__in=[one.pk, two.pk]), 2, display_name="mới")
    one.display_name = two.display_name = "khác"
    bulk_update_each(User, [one, two], ["display_name"])
    assert set(User.objects.values_list("display_name", flat=True)) == {"khác"}
    bulk_update_each(User, [], ["display_name"])


def test_a_row_that_is_not_there_takes_everything_back():
    kept, gone = UserFactory(display_name="cũ"), UserFactory()
    User.objects.filter(pk=gone.pk).delete()
    kept.display_name = gone.display_name = "mới"
    with pytest.raises(NotWritten), transaction.atomic():
        bulk_update_each(User, [kept, gone], ["display_name"], batch_size=1)
    with pytest.raises(NotWritten) as refused, transaction.atomic():
        update_each(User.objects.filter(pk__in=[kept.pk, gone.pk]), 2, display_name="mới")
    kept.refresh_from_db()
    assert kept.display_name == "cũ"
    assert isinstance(refused.value, WrongState)
    assert "reload the page" in str(refused.value.sentence)


@pytest.mark.parametrize("fields", [None, ["email"]])
def test_a_record_that_is_gone_is_not_saved_as_a_new_one(fields):
    person = PersonFactory()
    key = person.pk
    type(person).objects.filter(pk=key).delete()
    person.email = "a@example.vn"
    with pytest.raises(NotWritten), as_actor(UserFactory(), MOMENT):
        save_tracked(person, update_fields=fields)
    assert not type(person).objects.filter(pk=key).exists()


def test_what_the_database_says_itself_is_passed_on():
    one, two = PersonFactory(), PersonFactory()
    two.staff_code = one.staff_code
    with pytest.raises(Exception, match=r"(?i)unique"), as_actor(UserFactory(), MOMENT):
        save_tracked(two)
