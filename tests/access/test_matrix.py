"""The matrix, a subset of it on every run: each address by each method, each role, relation and state pairwise.

All of it: `make test-matrix`.
"""

import pytest
from django.db.models import Q

from kpi_cms.evaluation import rules as card_rules
from kpi_cms.evaluation.models.scorecard import ScorecardQuerySet
from kpi_cms.foundation.access.decisions import Decision
from kpi_cms.foundation.access.scope import Scope
from tests.access.cells import Cell, all_cells, pairwise_cells, route_of
from tests.access.routes import keys

pytestmark = pytest.mark.django_db
WORKSPACE = [key for key in keys() if not route_of(key).in_admin]
PARTS = {"workspace": WORKSPACE, "admin": [key for key in keys() if route_of(key).in_admin]}


def wrong(prober, cells) -> list[str]:
    """What is wrong with each of the cells that is not as the rules promise."""
    return [problem for cell in cells if (problem := prober.judge(cell))]


@pytest.mark.parametrize("part", PARTS)
def test_the_subset_is_answered_as_the_rules_promise(prober, record_property, part):
    cells = list(pairwise_cells(PARTS[part]))
    record_property("cells", len(cells))
    problems = wrong(prober, cells)
    assert problems == [], "\n".join(problems)


# --- The matrix bites ---------------------------------------------------------------------------------------
ABOUT_CARDS = [
    "workspace:card", "workspace:card_history", "workspace:evaluate", "workspace:confirm", "workspace:unit",
    "workspace:unit_tasks", "workspace:task", "workspace:person_tasks", "workspace:progress_unit",
    "reporting:form01",
]  # fmt: skip


def card_cells(*states: str) -> list[Cell]:
    """Of the pages about cards and tasks, every fifth cell in a few states: a broken wall shows in hundreds."""
    cells = [cell for cell in all_cells(ABOUT_CARDS) if cell.state in states and cell.method == "get"]
    return cells[::5]


def test_without_the_scope_every_page_about_cards_is_red(prober, monkeypatch):
    """Every capability covers every unit, and every list holds every row."""
    cells = card_cells("notified")
    monkeypatch.setattr(Scope, "covers", lambda *args: True)
    monkeypatch.setattr(Scope, "q", lambda *args, **kwargs: Q())
    monkeypatch.setattr(ScorecardQuerySet, "visible_to", lambda self, scope: self.all())

    red = wrong(prober, cells)
    assert len(red) >= 40
    assert {problem.split("#")[0].removeprefix("GET ") for problem in red} == set(ABOUT_CARDS) - {
        "reporting:form01"
    }


def test_a_page_that_tells_too_much_with_the_right_status_is_red(prober, monkeypatch):
    """The evaluator's remarks and points, before they are decided and told."""
    cells = card_cells("confirmed")
    monkeypatch.setattr(card_rules, "see_evaluation", lambda scope, card: True)

    red = wrong(prober, cells)
    assert len(red) >= 2
    assert all("tells" in problem for problem in red)


def test_an_act_that_asks_nobody_is_red(prober, monkeypatch):
    """Whoever sees a card may do everything with it: rows change where they must not."""
    acts = ["workspace:evaluate", "workspace:confirm", "workspace:return_card", "workspace:notify"]
    cells = [cell for cell in all_cells(acts) if cell.method == "post" and cell.relation == "same"]
    monkeypatch.setattr(Decision, "require", lambda self: None)

    assert len(wrong(prober, cells)) >= 10
