"""The small world of the screens, its clock stopped on a day of the open month, and people signed in."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from snippets.models import Person
from tests.helpers.world import MOMENT, World

SignIn = Callable[[Person], Client]
CLOCK_READERS = (
    "assigning", "cards", "collective", "delegation", "evidence", "review", "sight", "steps",
    "task_actions", "unit_results",
)  # fmt: skip


class Clock:
    """The moment every screen of these tests acts at."""

    now: datetime = MOMENT


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timezone, "now", lambda: made.now)
    for name in CLOCK_READERS:
        monkeypatch.setattr(
            f"kpi_cms.interfaces.workspace.views.{name}.database_now", lambda: made.now, raising=True
        )
    return made


@pytest.fixture
def world(opened: World, clock: Clock) -> World:
    """An open month: Hà heads A1 and evaluates Lan, Minh and her deputy; Chí evaluates Hà."""
    return opened


@pytest.fixture
def sign_in(db: None, clock: Clock) -> SignIn:
    """A browser of one person. Its first request is made, so that later ones write nothing to the session."""

    def signed(who: Person) -> Client:
        client = Client()
        client.force_login(who.user)
        client.get("/suc-khoe/")
        return client

    return signed
