"""Many tracked rows at once."""

import pytest

from kpi_cms.foundation.core.actor import as_actor
from snippets.domain.tracking import create_many, update_many, write_history
from snippets.models import Person, Position
from tests.factories.snippets import PersonFactory, PositionFactory

pytestmark = pytest.mark.django_db


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

    assert Person.history.count() == 0


def test_history_has_an_actor():
    position = PositionFactory()

    with pytest.raises(RuntimeError):
        write_history(Position, [position])
    assert PersonFactory().history.count() == 1
