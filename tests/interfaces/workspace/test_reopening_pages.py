"""The keyhole on screen: asked for, approved by policy staff, decided anew, printed before and after."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.models import CardResult, Reopening
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.interfaces.reporting.card_form import build_form01
from tests.factories.snippets import holder
from tests.helpers import month, pages
from tests.helpers.world import MOMENT, World
from tests.interfaces.workspace.conftest import Clock, SignIn


@pytest.fixture(autouse=True)
def _same_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpi_cms.interfaces.workspace.views.reopening.database_now", lambda: clock.now)


def test_the_whole_way_through_the_pages(world: World, sign_in: SignIn, clock: Clock) -> None:
    month.worked(world, world.lan)
    card = month.notified(world, world.lan)
    key = next(
        key for key, entry in month.entries(card, "evaluator").items() if isinstance(entry.value, Decimal)
    )
    evaluator, ask = sign_in(world.head), reverse("workspace:ask_reopening", args=[card.pk])
    decide = reverse("workspace:decide_anew", args=[card.pk])
    assert ask in pages.body(evaluator.get(reverse("workspace:card", args=[card.pk])))
    assert evaluator.get(decide).status_code == 302  # nothing is open
    sent = {
        "expected": str(card.version_number),
        "criteria": key,
        "until": "05/08/2026",
        "reason": "Chấm nhầm",
    }
    assert evaluator.get(ask).status_code == 200
    assert evaluator.post(ask, {**sent, "reason": ""}).status_code == 422
    assert evaluator.post(ask, {**sent, "until": "05/09/2026"}).status_code == 422
    assert evaluator.post(ask, {**sent, "expected": "0"}).status_code == 409
    assert evaluator.post(ask, sent).status_code == 302

    policy = Client()
    policy.force_login(holder(world.root, "manage_periods", username="CS01"))
    asked = Reopening.objects.get()
    answer = reverse("workspace:reopening", args=[asked.pk])
    assert answer in pages.body(policy.get(reverse("workspace:reopenings")))
    assert "Chấm nhầm" in pages.text(policy.get(answer))
    assert policy.post(answer, {"answer": "decline"}).status_code == 422
    assert policy.post(answer, {}).status_code == 422
    assert policy.get(reverse("workspace:reopening", args=[asked.pk + 9])).status_code == 404
    assert policy.post(answer, {"answer": "approve"}).status_code == 302

    before = CardResult.objects.get(card=card, stage="evaluator").shown
    clock.now = MOMENT + timedelta(minutes=5)
    page = evaluator.get(decide)
    values = {
        "expected": pages.field(page, "expected"),
        "seen": pages.field(page, "seen"),
        "reason": "Xem lại biên bản",
    }
    body = pages.body(page)
    assert body.count('inputmode="decimal"') == 1  # the open criterion alone
    assert evaluator.post(decide, {**values, f"s-{key}": "x"}).status_code == 422
    assert evaluator.post(decide, {**values, f"s-{key}": "1", "reason": ""}).status_code == 422
    assert evaluator.post(decide, {**values, f"s-{key}": "1", "seen": "x"}).status_code == 409
    assert evaluator.post(decide, {**values, f"s-{key}": "1"}).status_code == 302
    after = CardResult.objects.get(card=card, stage="evaluator").shown
    assert before != after

    notes = build_form01(world.card(world.lan), clock.now, Scope.of(world.head.user)).annex_notes
    assert any(before in note and after in note for note in notes)
    for_the_person = build_form01(world.card(world.lan), clock.now, Scope.of(world.lan.user)).annex_notes
    assert not any(before in note for note in for_the_person)  # before it is notified


def test_without_a_request_the_list_says_so_and_others_find_nothing(world: World, sign_in: SignIn) -> None:
    policy = Client()
    policy.force_login(holder(world.root, "manage_periods", username="CS01"))
    assert policy.get(reverse("workspace:reopenings")).status_code == 200
    assert sign_in(world.head).get(reverse("workspace:reopenings")).status_code == 404
