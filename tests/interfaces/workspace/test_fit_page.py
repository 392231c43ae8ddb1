"""The page of how criteria fitted: who finds it, what it shows, and what it must not tell."""

import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.audit.enums import Act
from kpi_cms.foundation.audit.models import LedgerEntry
from snippets.enums import Role
from tests.evaluation.test_fit import scored
from tests.factories.snippets import in_role
from tests.helpers.results import close, more_people
from tests.helpers.world import World

pytestmark = pytest.mark.django_db
PAGE, TAKEN = reverse("workspace:fit"), reverse("workspace:export_fit")


@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(opened: World) -> World:
    """Five people of B with four, five, three, two and five points of five for I.1, who gave themselves five."""
    cards = more_people(opened, opened.other_department, 5, "B")
    for card, points in zip(cards, ("4", "5", "3", "2", "5"), strict=True):
        scored(card, points, own="5")
    return opened


def text_of(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)).strip()


def row_of(html: str, code: str) -> list[str]:
    """The cells of one criterion's row."""
    for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL):
        cells = [text.strip() for text in (re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)) for cell in
                 re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL))]  # fmt: skip
        if cells and cells[0].split(" ")[0] == code:
            return cells
    raise AssertionError(code)


def shown(client: Client, **query: str) -> str:
    response = client.get(PAGE, query, headers={"accept-language": "en"})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("role", [Role.HEAD, Role.CLERK, Role.ACCESS, None])
def test_without_progress_or_audit_the_page_is_missing(world: World, client: Client, role) -> None:
    close(world)
    client.force_login(in_role(world.root, role) if role else world.lan.user)
    for response in (client.get(PAGE), client.post(TAKEN, {"ky": world.period.pk})):
        assert response.status_code == 404
        assert "I.1" not in response.content.decode()
    assert not LedgerEntry.objects.filter(act=Act.EXPORT_TAKEN).exists()


def test_a_visitor_is_asked_to_sign_in(world: World, client: Client) -> None:
    for response in (client.get(PAGE), client.post(TAKEN)):
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("accounts:sign_in"))


def test_before_a_period_is_closed_no_number_is_told(world: World, client: Client) -> None:
    client.force_login(in_role(world.root, Role.POLICY))
    html = shown(client, ky=str(world.period.pk))
    assert "No period is closed yet" in text_of(html)
    assert "<table" not in html


def test_policy_staff_of_one_agency_are_told_nothing_of_a_period_of_two(world: World, client: Client) -> None:
    close(world)
    client.force_login(in_role(world.other_agency, Role.POLICY))
    assert "No period is closed yet" in text_of(shown(client, ky=str(world.period.pk)))
    assert client.post(TAKEN, {"ky": world.period.pk}).status_code == 404


def test_each_criterion_shows_its_spread_its_distance_and_what_nobody_was_given(
    world: World, client: Client
) -> None:
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    html = shown(client)
    assert row_of(html, "I.1")[1:] == [
        "5", "60%", "80%", "100%", "40%", "-24%", "40%", "0 – 1.75; 2.25 – 2.75; 3.25 – 3.75; 4.25 – 4.75", "0",
    ]  # fmt: skip
    assert row_of(html, "I.2")[1:] == ["not shown", *["–"] * 8]
    assert "Bộ NV" in text_of(html)


def test_no_name_and_no_staff_code_stands_on_the_page(world: World, client: Client) -> None:
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    html = shown(client)
    for person in Scorecard.objects.filter(period=world.period).values_list(
        "person__full_name", "person__staff_code"
    ):
        assert not [each for each in person if f">{each}<" in html or f"{each} " in html]


def test_four_people_are_not_shown_and_cannot_be_asked_for_by_a_filter(world: World, client: Client) -> None:
    Scorecard.objects.filter(person__staff_code="B0").update(state=CardState.SUBMITTED)
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    for query in (
        {},
        {"khoi": "government"},
        {"doi-tuong": "cong_chuc"},
        {"khoi": "x", "bo": "y", "ky": "z"},
    ):
        html = shown(client, **query)
        assert row_of(html, "I.1")[1:] == ["not shown", *["–"] * 8]
        assert "Not shown: groups of fewer than 5 people" in text_of(html)


def test_a_filter_keeps_what_was_chosen(world: World, client: Client) -> None:
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    html = shown(client, khoi="government", **{"doi-tuong": "cong_chuc"})
    assert "Government, Civil servant" in text_of(html)
    assert row_of(html, "I.1")[1] == "5"
    assert row_of(shown(client, khoi="party"), "I.1")[1] == "not shown"


def test_a_closed_period_without_a_result_says_so(world: World, client: Client) -> None:
    Scorecard.objects.update(state=CardState.SUBMITTED)
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    assert "Nothing was scored in this period" in text_of(shown(client))
    assert client.post(TAKEN, {"ky": world.period.pk}).status_code == 404


def test_the_table_is_taken_along_as_numbers_and_recorded(world: World, client: Client) -> None:
    close(world)
    policy = in_role(world.root, Role.POLICY)
    client.force_login(policy)
    response = client.post(TAKEN, {"ky": world.period.pk, "bo": "NV/1", "khoi": "government"})
    sheet, opinions = load_workbook(io.BytesIO(response.content)).worksheets
    assert [
        [cell.value for cell in row][1:]
        for row in opinions.iter_rows()
        if str(row[0].value).startswith("I.1 ")
    ] == [["not shown"] * 5]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    (first,) = [row for row in rows if str(row[0]).startswith("I.1 ")]
    assert first[1:] == [5, 60, 80, 100, 40, -24, 40, "0 – 1.75; 2.25 – 2.75; 3.25 – 3.75; 4.25 – 4.75", 0]
    (second,) = [row for row in rows if str(row[0]).startswith("I.2 ")]
    assert second[1:] == ["not shown"] * 9
    [entry] = LedgerEntry.objects.filter(act=Act.EXPORT_TAKEN)
    assert (entry.actor_id, entry.after) == (
        policy.pk, {"export": "fit", "version": "NV v1", "block": "government", "kind": ""},
    )  # fmt: skip


@pytest.mark.parametrize("more", [0, 3])
def test_the_page_takes_the_same_queries_for_a_few_and_for_more(
    world: World, client: Client, django_assert_num_queries, more: int
) -> None:
    for card in more_people(world, world.department, more, "C"):
        scored(card, "4")
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    client.get(PAGE)
    with django_assert_num_queries(14):
        client.get(PAGE)
