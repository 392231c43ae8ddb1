"""T15 at the door: the page of a decision carries what it shows; a change in between is shown, not decided."""

from datetime import timedelta
from decimal import Decimal

from django.urls import reverse

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.domain.saving import Entry
from tests.helpers import month, pages
from tests.helpers.world import MOMENT, World
from tests.interfaces.workspace.conftest import Clock, SignIn


def test_a_score_changed_between_review_and_decision_is_shown_and_agreed_to_anew(
    world: World, sign_in: SignIn, clock: Clock
) -> None:
    month.worked(world, world.lan)
    card = month.evaluated(world, world.lan)
    client, address = sign_in(world.head), reverse("workspace:confirm", args=[card.pk])
    page = client.get(address)
    sent = {name: pages.field(page, name) for name in ("expected", "shown", "seen")}
    clock.now = MOMENT + timedelta(minutes=1)
    key = next(iter(month.entries(card, "evaluator")))
    # A score that leaves the points as they are would still be found: the digest holds every value.
    stages.save_evaluation(
        actor=world.head.user, moment=clock.now, card=card, expected=card.version_number,
        entries={key: Entry(Decimal(1))},
    )  # fmt: skip
    clock.now = MOMENT + timedelta(minutes=2)
    refused = client.post(address, sent)
    assert refused.status_code == 409
    assert "<mark>1</mark>" in pages.body(refused)
    assert world.card(world.lan).state == "submitted"
    again = {name: pages.field(refused, name) for name in sent}
    assert again["seen"] != sent["seen"]
    assert client.post(address, again).status_code == 302
    assert world.card(world.lan).state == "confirmed"
