"""The page on which cards get the evaluator who is competent now: who finds it, what it offers, what it refuses."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.models import Scorecard
from kpi_cms.interfaces.workspace.views import naming
from snippets.enums import Capability, PeriodState
from snippets.models import EvaluatorDecision, Period
from tests.factories.snippets import UserFactory, hold
from tests.helpers.pages import body, text
from tests.helpers.world import MOMENT, SINCE, World

pytestmark = pytest.mark.django_db
PAGE = reverse("workspace:evaluators")


@pytest.fixture
def clerk(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Keeps the people of agency A; by a decision Minh evaluates Lan."""
    monkeypatch.setattr(naming, "database_now", lambda: MOMENT)
    decided(world, world.minh)
    client = Client()
    client.force_login(hold(UserFactory(), world.agency, Capability.MANAGE_PEOPLE))
    return client


def decided(world: World, evaluator: Any) -> None:
    EvaluatorDecision.objects.filter(person=world.lan).delete()
    EvaluatorDecision.objects.create(
        person=world.lan, evaluator=evaluator, starts_on=SINCE, decision_number="12/QĐ-UBND"
    )


def row(world: World) -> str:
    """What the box of Lan's card carries while Minh is competent."""
    return f"{world.card(world.lan).pk}-{world.minh.pk}-"


def test_nobody_finds_it_who_keeps_no_people(world: World, sign_in: Any) -> None:
    for who in (world.lan, world.head, world.chair):
        assert sign_in(who).get(PAGE).status_code == 404
        assert sign_in(who).post(PAGE, {"cards": row(world), "reason": "x"}).status_code == 404


def test_a_card_is_offered_with_its_reason_and_named_by_one_press(world: World, clerk: Client) -> None:
    [offered] = clerk.get(PAGE).context["rows"]
    assert (offered["card"].person, offered["now"], offered["evaluator"], offered["endorser"]) == (
        world.lan, world.head.full_name, world.minh.full_name, "",
    )  # fmt: skip
    assert (offered["value"], offered["checked"]) == (row(world), True)
    answer = clerk.post(PAGE, {"cards": row(world), "reason": "Theo quyết định"})
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?ky={world.period.pk}")
    assert world.card(world.lan).evaluator == world.minh
    assert clerk.get(PAGE).context["rows"] == []


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        ({"reason": ""}, 422, "Hãy nêu lý do."),
        ({"cards": "mọi phiếu"}, 422, "Hãy chọn ít nhất một phiếu cần chỉ định người đánh giá."),
        ({"reason": " "}, 422, "Hãy nêu lý do."),
    ],
)
def test_what_cannot_be_named_is_answered_with_the_page(
    world: World, clerk: Client, data: dict[str, str], status: int, sentence: str
) -> None:
    answer = clerk.post(PAGE, {"cards": row(world), "reason": "Theo quyết định"} | data)
    assert (answer.status_code, sentence in text(answer)) == (status, True)
    assert world.card(world.lan).evaluator == world.head


def test_whoever_is_competent_by_now_is_named_only_after_another_look(world: World, clerk: Client) -> None:
    seen = row(world)
    decided(world, world.deputy)
    answer = clerk.post(PAGE, {"cards": seen, "reason": "Theo quyết định"})
    assert answer.status_code == 409
    assert (world.minh.full_name in body(answer), world.deputy.full_name in body(answer)) == (True, True)
    assert world.card(world.lan).evaluator == world.head


def test_without_an_open_period_nothing_is_listed_and_nothing_named(world: World, clerk: Client) -> None:
    seen = row(world)
    Period.objects.update(state=PeriodState.CLOSED, closed_at=MOMENT)
    assert clerk.get(PAGE).context["rows"] == []
    assert clerk.post(PAGE, {"cards": seen, "reason": "x"}).status_code == 404
    assert Scorecard.objects.get(person=world.lan).evaluator == world.head
