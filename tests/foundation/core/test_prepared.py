"""Questions whose text is written once, and on PostgreSQL plans that are kept."""

import importlib

import pytest
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.db.models import BigAutoField, CharField, F, QuerySet

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.plans import KEPT, _keep
from kpi_cms.foundation.core.prepared import Parameter, Prepared, PreparedRows
from snippets.models import Person
from tests.factories.snippets import PersonFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_the_text_is_written_once_and_asked_with_other_values(django_assert_num_queries) -> None:
    written = []

    def build() -> QuerySet:
        written.append("once")
        named = User.objects.filter(username=Parameter("name", CharField()), is_active=True)
        return named.annotate(said=F("username")).order_by("pk").values("pk", "said")

    lan, minh = UserFactory(username="lan"), UserFactory(username="minh")
    UserFactory(username="ha", is_active=False)
    question = Prepared(build)
    with django_assert_num_queries(4):
        assert question.first(name="lan") == (lan.pk, "lan")
        assert question.first(name="minh") == (minh.pk, "minh")
        assert question.first(name="ha") is None
        assert question.first(name="lan' OR '1' = '1") is None
    assert written == ["once"]


def test_a_value_that_is_missing_is_an_error_and_asks_nothing(django_assert_num_queries) -> None:
    question = Prepared(lambda: User.objects.filter(pk=Parameter("key", User._meta.pk)).values("pk"))
    with django_assert_num_queries(0), pytest.raises(KeyError, match="key"):
        question.first(name="lan")


def test_records_come_with_what_the_queryset_joins_and_defers(django_assert_num_queries) -> None:
    lan, minh = PersonFactory(full_name="Lan"), PersonFactory(full_name="Minh")
    question = PreparedRows(
        lambda: (
            Person.objects.select_related("unit")
            .defer("unit__name")
            .filter(pk=Parameter("key", BigAutoField()))
        )
    )
    for person in (lan, minh, lan):
        with django_assert_num_queries(1):
            [found] = question.all(key=person.pk)
            assert (found, found.full_name, found.unit.code) == (person, person.full_name, person.unit.code)
        with django_assert_num_queries(1):  # what was left behind is read when it is asked for
            assert found.unit.name == person.unit.name
    assert question.all(key=0) == []


def test_two_asked_alike_are_two_records() -> None:
    person = PersonFactory()
    question = PreparedRows(lambda: Person.objects.filter(pk=Parameter("key", BigAutoField())))
    [one], [other] = question.all(key=person.pk), question.all(key=person.pk)
    one.full_name = "changed"
    assert (other.full_name, other is one) == (person.full_name, False)


def test_rows_of_two_querysets_joined_are_written_once_too() -> None:
    lan, minh, _ha = (UserFactory(username=name) for name in ("lan", "minh", "ha"))
    name = Parameter("name", CharField())

    def build() -> QuerySet:
        named = User.objects.order_by().filter(username=name).values_list("pk", "username")
        after = User.objects.order_by().filter(username__gt=name).values_list("pk", "username")
        return named.union(after, all=True)

    question = PreparedRows(build)
    assert sorted(question.all(name="lan")) == sorted([(lan.pk, "lan"), (minh.pk, "minh")])
    assert question.all(name="minh") == [(minh.pk, "minh")]


def test_rows_are_locked_inside_a_transaction_only(django_assert_num_queries) -> None:
    person = PersonFactory()
    question = PreparedRows(
        lambda: Person.objects.select_for_update().filter(pk=Parameter("key", BigAutoField()))
    )
    assert question.all(key=person.pk) == [person]
    connection.in_atomic_block = False
    try:
        with django_assert_num_queries(0), pytest.raises(transaction.TransactionManagementError):
            question.all(key=person.pk)
    finally:
        connection.in_atomic_block = True


@pytest.mark.postgresql
def test_the_web_server_keeps_a_plan_from_the_fifth_time_on_and_a_background_process_none() -> None:
    def kept_after_seven_times() -> int:
        with connection.cursor() as cursor:
            for _time in range(7):
                User.objects.filter(username="nobody").only("pk").first()
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
                ['%"accounts_user"."username" = $1%LIMIT 1%'],
            )
            return cursor.fetchone()[0]

    assert kept_after_seven_times() == 0
    _keep(connection)  # as a connection of the web server is made
    try:
        assert kept_after_seven_times() == 1
    finally:
        connection.connection.prepare_threshold = None


@pytest.mark.postgresql
def test_no_plan_is_compiled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)


def test_the_web_server_is_who_keeps_plans() -> None:
    connection_created.disconnect(dispatch_uid=KEPT)
    importlib.reload(importlib.import_module("kpi_cms.wsgi"))  # what gunicorn loads
    assert connection_created.disconnect(dispatch_uid=KEPT) is True
    assert connection_created.disconnect(dispatch_uid=KEPT) is False
