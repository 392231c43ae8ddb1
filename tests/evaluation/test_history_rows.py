"""History for many rows at once."""

import pytest

from kpi_cms.evaluation.domain import history
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.core.actor import as_actor
from tests.helpers.world import MOMENT


@pytest.mark.django_db
def test_no_rows_leave_no_history() -> None:
    with as_actor(system_user(), MOMENT):
        history.record_created(Scorecard, [])
        history.record_changed(Scorecard, [])
    assert Scorecard.history.count() == 0
