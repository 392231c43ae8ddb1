"""The register of organisations' results as its readers see it: entered down the tree, corrected, withdrawn."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from kpi_cms.evaluation.domain.unit_results import (
    Recognised,
    record_unit_results,
    withdraw_unit_result,
)
from kpi_cms.evaluation.models import UnitResult
from kpi_cms.foundation.access.scope import Scope
from kpi_cms.foundation.accounts.models import User
from kpi_cms.interfaces.reporting.card_form import build_form01
from snippets.enums import Capability
from tests.evaluation.test_unit_results import WAITS, pinned
from tests.factories.snippets import UserFactory, hold
from tests.helpers import month
from tests.helpers.world import FIRST, MOMENT, World

pytestmark = pytest.mark.django_db
LIST = "/ket-qua-to-chuc/"


@pytest.fixture(autouse=True)
def _in_english(settings: Any) -> Any:
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def office(world: World) -> User:
    """The personnel office of the whole tree."""
    return hold(UserFactory(), world.root, Capability.RECEIVE_RESULTS, on=MOMENT)


def text_of(response: Any) -> str:
    html = response.content.decode()
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]*>", " ", html[html.index("<main") : html.index("</main>")])
    ).strip()


def recorded(world: World, office: User, *units: Any) -> list[UnitResult]:
    said = Recognised(Decimal("86.25"), "12/QĐ", FIRST)
    return record_unit_results(
        actor=office, moment=MOMENT, period=world.period, given={unit.pk: said for unit in units}
    )


def test_whoever_receives_no_results_and_reads_no_unit_finds_no_page(world: World, client: Client) -> None:
    (made,) = recorded(
        world, hold(UserFactory(), world.root, Capability.RECEIVE_RESULTS, on=MOMENT), world.department
    )
    for account in (world.lan.user, hold(UserFactory(), world.agency, Capability.MANAGE_PEOPLE, on=MOMENT)):
        client.force_login(account)
        answers = [
            client.get(LIST),
            client.get(f"{LIST}{made.pk}/"),
            client.post(f"{LIST}{made.pk}/thu-hoi/"),
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert not any(
            "86,25" in answer.content.decode() or "12/QĐ" in answer.content.decode() for answer in answers
        )


def test_a_reader_of_one_unit_reads_its_result_and_no_other_and_enters_nothing(
    world: World, office: User, client: Client
) -> None:
    own, _other = recorded(world, office, world.department, world.other_department)
    hold(world.head.user, world.department, Capability.VIEW, on=MOMENT)
    client.force_login(world.head.user)
    page = text_of(client.get(LIST))
    assert "Đơn vị A1" in page
    assert "86.25" in page
    assert "B1" not in page
    assert 'name="number"' not in client.get(LIST).content.decode()
    one = client.get(f"{LIST}{own.pk}/")
    assert ("12/QĐ" in text_of(one), "Correct it" in text_of(one)) == (True, False)
    refused = client.post(
        f"{LIST}{own.pk}/",
        {"points": "100", "number": "1", "on": "01/07/2026", "reason": "x", "expected": "1"},
    )
    assert (refused.status_code, UnitResult.objects.get(pk=own.pk).points) == (403, Decimal("86.25"))


def test_one_decision_recognises_many_organisations_in_one_go(
    world: World, office: User, client: Client
) -> None:
    client.force_login(office)
    html = client.get(LIST).content.decode()
    inputs = re.findall(r'name="(\d+)-points"', html)
    units = [world.agency, world.department, world.other_agency, world.other_department]
    assert inputs == [str(unit.pk) for unit in units]  # down the tree, by the tabulator
    sent = {
        "number": "12/QĐ", "on": "01/07/2026", f"{world.department.pk}-points": "86,25",
        f"{world.department.pk}-band": "Hoàn thành tốt nhiệm vụ", f"{world.other_department.pk}-points": "70",
    }  # fmt: skip
    answer = client.post(LIST, sent)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert dict(UnitResult.objects.values_list("unit__code", "points")) == {
        "A1": Decimal("86.25"), "B1": Decimal(70),
    }  # fmt: skip
    assert "2 results of organisations are recorded." in text_of(client.get(LIST))
    assert "4 organisations; 2 without a result." in text_of(client.get(LIST))
    assert "Đơn vị A1" not in text_of(client.get(f"{LIST}?thieu=1"))


def test_wrong_entries_are_told_at_their_fields_and_nothing_typed_is_lost(
    world: World, office: User, client: Client
) -> None:
    client.force_login(office)
    key = f"{world.department.pk}-points"
    for sent, sentence in (
        ({}, "Nothing was entered."),
        ({key: "86,255", "number": "1", "on": "01/07/2026"}, "Write at most 2 decimals."),
        ({key: "101", "number": "1", "on": "01/07/2026"}, "Give 0 to 100 points with at most two decimals."),
        ({key: "80"}, "Give the number of the decision that recognises the result."),
        ({key: "80", "number": "9/QĐ", "on": "01/07/2030"}, "The day of a decision is not in the future."),
    ):
        answer = client.post(LIST, sent)
        assert answer.status_code == 422
        assert sentence in text_of(answer)
        assert all(f'value="{value}"' in answer.content.decode() for value in sent.values())
    assert UnitResult.objects.count() == 0


def test_a_result_is_corrected_and_withdrawn_on_its_own_page_with_a_reason(
    world: World, office: User, client: Client
) -> None:
    (made,) = recorded(world, office, world.department)
    client.force_login(office)
    one = f"{LIST}{made.pk}/"
    sent = {"points": "80", "number": "12/QĐ", "on": "01/07/2026", "expected": "1", "reason": ""}
    assert "Give a reason." in text_of(client.post(one, sent))
    assert client.post(one, sent | {"reason": "Nhập nhầm"}).status_code == 302
    stale = client.post(one, sent | {"points": "70", "reason": "Lần nữa"})
    assert (stale.status_code, "Somebody changed this result" in text_of(stale)) == (409, True)
    page = text_of(client.get(one))
    assert [part in page for part in ("Nhập nhầm", "80.00", "86.25")] == [True, True, True]
    answer = client.post(f"{one}thu-hoi/", {"withdraw-reason": "Bị hủy", "withdraw-expected": "2"})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?ky={world.period.pk}")
    assert UnitResult.objects.standing().count() == 0
    assert "Withdrawn" in text_of(client.get(one))
    assert (
        client.post(f"{one}thu-hoi/", {"withdraw-reason": "x", "withdraw-expected": "3"}).status_code == 409
    )


def test_what_was_withdrawn_stays_in_the_list_beside_what_counts_now(
    world: World, office: User, client: Client
) -> None:
    first, other = recorded(world, office, world.department, world.other_department)
    withdraw_unit_result(actor=office, moment=MOMENT, result=first, expected=1, reason="Nhầm")
    client.force_login(office)
    address = reverse("workspace:unit_result", args=[first.pk])
    page = client.get(LIST)
    assert f'href="{address}"' in page.content.decode()
    assert text_of(page).count("Withdrawn") == 1
    (second,) = recorded(world, office, world.department)
    page = client.get(LIST)
    for result in (first, second, other):
        assert reverse("workspace:unit_result", args=[result.pk]) in page.content.decode()
    hold(world.stranger.user, world.other_department, Capability.VIEW, on=MOMENT)
    client.force_login(world.stranger.user)
    assert address not in client.get(LIST).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions_for_one_result_and_for_three(
    world: World, office: User, client: Client, count: int, django_assert_num_queries: Any
) -> None:
    recorded(world, office, *[world.department, world.other_department, world.agency][:count])
    client.force_login(office)
    client.get(LIST)
    with django_assert_num_queries(11):
        client.get(LIST)


def test_the_reader_of_a_card_is_told_which_result_it_counts(
    world: World, office: User, client: Client
) -> None:
    pinned(world)
    month.worked(world, world.lan)
    card = month.evaluated(world, world.lan)
    client.force_login(world.head.user)
    assert WAITS in text_of(client.get(reverse("workspace:confirm", args=[card.pk])))
    assert WAITS in text_of(client.get(reverse("workspace:evaluate", args=[card.pk])))
    recorded(world, office, world.department)
    month.notified_as_it_stands(world, world.lan)
    client.force_login(world.lan.user)
    told = text_of(client.get(reverse("workspace:trace", args=[card.pk, "danh-gia"])))
    assert "Đơn vị A1: 86.25 points, decision 12/QĐ of 01/07/2026." in told
    line = "Kết quả của Đơn vị A1: 86,25/100 điểm, theo quyết định số 12/QĐ ngày 01/07/2026."
    reader = Scope.of(world.lan.user)
    assert line in build_form01(world.card(world.lan), MOMENT, reader).annex_notes
    result = UnitResult.objects.get()
    withdraw_unit_result(actor=office, moment=MOMENT, result=result, expected=1, reason="Nhầm")
    notes = build_form01(world.card(world.lan), MOMENT, reader).annex_notes  # as it was confirmed
    assert not any("Kết quả của Đơn vị A1" in note for note in notes)
