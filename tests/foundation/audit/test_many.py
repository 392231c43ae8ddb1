"""Many tracked rows at once."""

from datetime import UTC, datetime

import pytest

from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit.many import create_many, update_few, update_many, write_history
from kpi_cms.foundation.core.actor import as_actor
from kpi_cms.foundation.core.errors import NotWritten
from snippets.models import Person, Position
from tests.factories.snippets import PersonFactory, PositionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def moment():
    return datetime(2026, 7, 15, 3, 0, tzinfo=UTC)


@pytest.fixture
def system(db):
    return system_user()


def test_rows_written_together_have_the_history_of_rows_written_alone(system, moment):
    rows = [Position(code=f"C{n}", title=f"Chức {n}", role="member") for n in range(3)]
    with as_actor(system, moment) as action:
        create_many(Position, rows)
        for row in rows:
            row.title += " mới"
        update_many(Position, rows, ["title"])

    history = Position.history.order_by("history_id")
    assert [(row.code, row.title, row.history_type) for row in history] == [
        *((f"C{n}", f"Chức {n}", "+") for n in range(3)),
        *((f"C{n}", f"Chức {n} mới", "~") for n in range(3)),
    ]
    assert {(row.history_user_id, row.history_date, row.history_request_id) for row in history} == {
        (system.pk, moment, action.origin.request_id)
    }


def test_nothing_is_written_for_nothing(system, moment):
    with as_actor(system, moment):
        create_many(Person, [])
        update_many(Person, [], ["phone"])
        update_few(Person, [], ["phone"])

    assert Person.history.count() == 0


def test_a_row_that_is_gone_takes_everything_back(system, moment):
    kept, gone = PositionFactory(), PositionFactory()
    Position.objects.filter(pk=gone.pk).delete()
    kept.title = gone.title = "Khác"
    with pytest.raises(NotWritten), as_actor(system, moment):
        update_few(Position, [kept, gone], ["title"])

    assert not Position.objects.filter(title="Khác").exists()
    assert not Position.history.filter(title="Khác").exists()


def test_history_has_an_actor():
    position = PositionFactory()

    with pytest.raises(RuntimeError):
        write_history(Position, [position])
    assert PersonFactory().history.count() == 1
