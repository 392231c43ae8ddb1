"""Questions whose text is written once, and on PostgreSQL plans that are kept."""

import pytest
from django.db import connection
from django.db.models import CharField, F, QuerySet

from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.core.prepared import Parameter, Prepared
from tests.factories.snippets import UserFactory

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


@pytest.mark.postgresql
def test_a_plan_is_kept_from_the_fifth_time_on_and_none_is_compiled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
        kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
        for _time in range(7):
            User.objects.filter(username="nobody").only("pk").first()
        cursor.execute(kept, ['%"accounts_user"."username" = $1%LIMIT 1%'])
        assert cursor.fetchone() == (1,)
