"""The second wall alone: the application forgets every filter, and still nobody is told about a foreign card or task.

On PostgreSQL, as the role that the application has in an installation.
"""

import pytest
from django.db.models import Q
from django.http import Http404

from kpi_cms.evaluation import queries
from kpi_cms.evaluation.models import Task
from kpi_cms.evaluation.models.scorecard import Scorecard, ScorecardQuerySet
from kpi_cms.foundation.access import decisions
from kpi_cms.foundation.access.scope import Means, Scope
from tests.access import sight
from tests.access.cells import Cell, all_cells, pairwise_cells, route_of
from tests.access.institution import ROLES
from tests.access.marks import (
    EVALUATION,
    EVIDENCE,
    FAULT,
    NOTE,
    PROOF,
    REASON,
    SELF,
    TASK,
    Mark,
    marks_in,
    texts_of,
)
from tests.access.routes import keys
from tests.helpers.roles import acting_as_the_application

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
WORKSPACE = [key for key in keys() if not route_of(key).in_admin]


@pytest.fixture
def forgetful(monkeypatch):
    """Every capability covers every unit, every list holds every row, and every answer to “may I” is yes."""
    monkeypatch.setattr(Scope, "covers", lambda *args: True)
    monkeypatch.setattr(Scope, "means", lambda *args, **kwargs: Means())
    monkeypatch.setattr(Scope, "holds", lambda *args: True)
    monkeypatch.setattr(Scope, "q", lambda *args, **kwargs: Q())
    monkeypatch.setattr(decisions.Decision, "require", lambda self: None)
    monkeypatch.setattr(ScorecardQuerySet, "visible_to", lambda self, scope: self.all())
    monkeypatch.setattr(queries, "tasks_visible_to", lambda scope: Task.objects.all())
    monkeypatch.setattr(queries, "cards_with_tasks_visible_to", lambda scope: Scorecard.objects.all())


def is_foreign(role: str, mark: Mark) -> bool:
    """Words of a card or a task whose rows are not the role's to read, whatever stage they are in."""
    if mark.kind in (SELF, EVALUATION, EVIDENCE, REASON):
        return mark.owner not in sight.cards(role)
    return mark.kind in (TASK, NOTE, FAULT, PROOF) and mark.owner not in sight.tasks(role)


def told(prober, cells: list[Cell]) -> dict[str, list[str]]:
    """Cell → the foreign words in its answer. A page that cannot be drawn without its rows tells nothing."""
    found = {}
    for cell in cells:
        try:
            answer = prober.ask(cell)
        except (Http404, AttributeError, AssertionError, LookupError, TypeError, ValueError):
            continue
        marks = {mark for text in texts_of(answer.response) for mark in marks_in(text)}
        foreign = sorted(str(mark) for mark in marks if is_foreign(cell.role, mark))
        if foreign:
            found[str(cell)] = foreign
    return found


def strangers(*chosen: str, method: str = "get") -> list[Cell]:
    """A person and a clerk of one department ask about two others, of the next agency and of the next department."""
    return [
        cell
        for cell in all_cells(chosen)
        if cell.method == method
        and cell.role in ("person", "clerk")
        and cell.relation in ("sibling", "unrelated")
        and cell.state == "notified"
    ]


def test_a_forgotten_filter_tells_nobody_about_foreign_cards_and_tasks(prober, forgetful, record_property):
    """Every page, as every role, about somebody of another relation each time; a printed form too."""
    cells = [
        cell for cell in pairwise_cells(WORKSPACE) if cell.method == "get" and cell.role in ROLES[1:]
    ] + strangers("reporting:form01", method="post")
    record_property("cells", len(cells))
    with acting_as_the_application():
        assert told(prober, cells) == {}


def test_without_the_wall_the_same_pages_tell(prober, forgetful):
    """So that the test above is known to ask for something."""
    pages = (
        "workspace:card", "workspace:card_history", "workspace:unit_history", "workspace:task",
        "workspace:person_tasks", "workspace:evidence",
    )  # fmt: skip
    found = told(prober, strangers(*pages))
    assert {name.split()[1].split("#")[0] for name in found} == set(pages)
    with acting_as_the_application():
        assert told(prober, strangers(*pages)) == {}
