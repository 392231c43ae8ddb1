"""More values than a statement takes are asked for in one array, and answered as a list is."""

from itertools import chain
from uuid import uuid4

import pytest

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit.models import ErasableText, TextKind
from snippets.models import Person, Unit
from tests.helpers.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
MANY = 70_000  # one statement binds 65,535
FAR = 10_000_000


def among(*found: int) -> list[int | None]:
    """Keys among 70,000 of nobody, one of them twice, and one missing."""
    return [*range(FAR, FAR + MANY), *found, *found, None]


def test_a_long_list_finds_and_leaves_out_the_same_rows(drafted: World, django_assert_num_queries) -> None:
    lan, minh = drafted.lan, drafted.minh
    everybody = set(Person.objects.values_list("pk", flat=True))
    with django_assert_num_queries(5):
        assert set(Person.objects.filter(pk__in=among(lan.pk, minh.pk)).values_list("pk", flat=True)) == {
            lan.pk,
            minh.pk,
        }
        assert set(
            Person.objects.exclude(pk__in=among(lan.pk)[:-1]).values_list("pk", flat=True)
        ) == everybody - {lan.pk}
        assert set(Person.objects.filter(unit__in=among(lan.unit_id)).values_list("unit_id", flat=True)) == {
            lan.unit_id
        }
        assert set(User.objects.filter(person__in=among(lan.pk)).values_list("pk", flat=True)) == {
            lan.user_id
        }
        assert not Person.objects.filter(pk__in=among()).exists()


def test_records_words_and_digests_are_such_values_too(drafted: World) -> None:
    code, key = drafted.lan.staff_code, uuid4()
    ErasableText.objects.create(key=key, kind=TextKind.NAME, text="x", salt="y")
    words = [*map(str, range(MANY)), code]
    assert [each.pk for each in Person.objects.filter(staff_code__in=words)] == [drafted.lan.pk]
    kinds = list(chain([TextKind.NAME], words))
    assert ErasableText.objects.filter(kind__in=kinds, pk=key).count() == 1
    assert ErasableText.objects.filter(key__in=[*(uuid4() for _each in range(2_000)), key]).get().text == "x"
    units = [*Unit.objects.all()] * 400
    assert len(units) > 1_000
    assert Person.objects.filter(unit__in=units).count() == Person.objects.count()
