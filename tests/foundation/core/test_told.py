"""What PostgreSQL is told lasts as long as its block and its transaction, and is said once."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kpi_cms.foundation.core.actor import as_actor, asked_by, business_verb
from kpi_cms.foundation.core.errors import Walled
from kpi_cms.foundation.core.told import is_broken, telling
from tests.factories.snippets import UserFactory
from tests.helpers.world import MOMENT

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def heard(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [f"kpi.{name}"])
        return cursor.fetchone()[0] or ""


def execute(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def said(caught):
    return [query["sql"] for query in caught if "set_config('kpi." in query["sql"]]


def test_a_setting_holds_inside_its_block_and_what_was_said_before_holds_after_it():
    with telling(beyond="one"):
        with telling(beyond="two", also="view"):
            assert (heard("beyond"), heard("also")) == ("two", "view")
        assert (heard("beyond"), heard("also")) == ("one", "")
    assert heard("beyond") == ""


def test_an_error_takes_back_what_was_said():
    with telling(beyond="one"):
        with pytest.raises(ValueError, match="no"), telling(beyond="two"):
            raise ValueError("no")
        assert heard("beyond") == "one"


def test_an_error_of_the_database_takes_back_what_was_said():
    """No statement is possible any more: going back to the savepoint does it."""
    with telling(beyond="one"):
        with pytest.raises(DatabaseError, match="division"), transaction.atomic(), telling(beyond="two"):
            execute("SELECT 1/0")
        assert not is_broken()
        assert heard("beyond") == "one"


def test_a_transaction_marked_for_rollback_is_broken():
    with transaction.atomic(), telling(beyond="two"):
        transaction.set_rollback(True)
        assert is_broken()
    assert heard("beyond") == ""


def test_the_same_is_not_said_twice():
    user = UserFactory()
    with asked_by(user), CaptureQueriesContext(connection) as caught, telling(actor=str(user.pk)):
        pass
    assert said(caught) == []


def test_a_verb_of_the_account_that_asks_says_only_its_own_request():
    user, other = UserFactory(), UserFactory()
    with asked_by(user):
        with as_actor(other, MOMENT):
            assert heard("actor") == str(other.pk)
        assert heard("actor") == str(user.pk)


def test_nothing_is_said_outside_a_transaction(scratch_database):
    with pytest.raises(RuntimeError, match="outside a transaction"), telling(beyond="one"):
        pass


def test_the_end_of_the_transaction_needs_no_word(scratch_database):
    with CaptureQueriesContext(connection) as caught, as_actor(UserFactory(), MOMENT):
        pass
    assert len(said(caught)) == 1
    assert heard("actor") == ""


def test_what_the_database_refuses_is_a_refusal_with_a_sentence_and_leaves_nothing(caplog):
    user = UserFactory()

    @business_verb
    def overreach(*, actor, moment):
        UserFactory(username="halb")
        execute("SET LOCAL ROLE kpi_verify", "DELETE FROM accounts_user")

    with pytest.raises(Walled) as refused:
        overreach(actor=user, moment=MOMENT)
    assert refused.value.status == 403
    assert str(refused.value.sentence)
    assert not type(user).objects.filter(username="halb").exists()
    assert f"row security refused a change by account {user.pk}" in caplog.text


def test_another_mistake_in_sql_is_no_refusal():
    with pytest.raises(DatabaseError, match="no_such_table"), as_actor(UserFactory(), MOMENT):
        execute("SELECT * FROM no_such_table")
