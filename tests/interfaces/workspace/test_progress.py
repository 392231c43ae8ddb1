"""Progress of a period by unit: how the work stands, means and bands, and nothing about fewer than five people."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from kpi_cms.evaluation.enums import CardState
from kpi_cms.evaluation.models import Scorecard
from kpi_cms.evaluation.progress_queries import PeriodProgress
from kpi_cms.evaluation.small_numbers import Behind, hidden_groups
from kpi_cms.foundation.access.scope import Scope
from snippets.enums import Capability, Role
from snippets.models import Unit
from tests.factories.snippets import hold, holder, in_role
from tests.helpers import world as worlds
from tests.helpers.results import close, decide, more_people
from tests.helpers.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(opened: World) -> World:
    return opened


def tables(client: Client, address: str) -> list[list[list[str]]]:
    """The rows of each table of a page, as words."""
    html = client.get(address).content.decode()
    found = []
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
        found.append(
            [[_words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]
        )
    return found


def _words(cell: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).strip()


def of(unit: Unit) -> str:
    return reverse("workspace:progress_unit", args=[unit.code])


def test_a_unit_shows_its_own_cards_and_those_below_by_state(world: World, client: Client) -> None:
    client.force_login(in_role(world.root, Role.POLICY))
    decide([world.card(world.lan)], "92.63", "excellent", CardState.NOTIFIED)
    Scorecard.objects.filter(person=world.minh).update(state=CardState.SUBMITTED)
    states, _results = tables(client, of(world.agency))
    assert states == [
        ["Unit", "Cards", "With the person", "Being evaluated", "Confirmed", "Notified"],
        ["Directly in this unit", "1", "1", "0", "0", "0"],
        ["Đơn vị A1", "4", "2", "1", "0", "1"],
        ["Together", "5", "3", "1", "0", "1"],
    ]


def test_means_and_bands_come_from_stored_results(world: World, client: Client) -> None:
    client.force_login(in_role(world.root, Role.POLICY))
    more_people(world, world.department, 4, "T")
    cards = list(Scorecard.objects.filter(unit=world.department).order_by("pk"))
    decide(cards[:3], "90.00", "excellent")
    decide(cards[3:6], "80.25", "good")
    close(world)
    _states, results = tables(client, of(world.department))
    assert results == [
        [
            "Unit",
            "Results",
            "Mean points",
            "Hoàn thành xuất sắc nhiệm vụ",
            "Hoàn thành tốt nhiệm vụ",
            "Hoàn thành nhiệm vụ",
            "Không hoàn thành nhiệm vụ",
        ],
        ["Đơn vị A1", "6", "85.13", "3", "3", "0", "0"],
        ["Together", "6", "85.13", "3", "3", "0", "0"],
    ]


def test_a_result_counts_once_it_is_decided(world: World, client: Client) -> None:
    client.force_login(in_role(world.department, Role.HEAD))
    decide([world.card(world.lan)], "71.37", state=CardState.CONFIRMED)
    decide([world.card(world.minh)], "33.33", "failed")
    Scorecard.objects.filter(person=world.minh).update(state=CardState.SUBMITTED)
    _states, results = tables(client, of(world.department))
    assert results[1][:3] == ["Đơn vị A1", "1", "71.37"]


@pytest.mark.parametrize(("people", "shown"), [(4, "not shown"), (5, "71.37")])
def test_fewer_than_five_results_are_not_shown_to_policy_staff(
    world: World, client: Client, people: int, shown: str
) -> None:
    client.force_login(in_role(world.root, Role.POLICY))
    decide(more_people(world, world.other_department, people, "B"), "71.37")
    close(world)
    html = client.get(of(world.other_agency)).content.decode()
    assert ("71.37" in html) == (shown == "71.37")
    _states, results = tables(client, of(world.other_agency))
    assert results[1][2] == shown
    assert results[2][2] == shown


def test_nothing_small_can_be_worked_out_from_a_total_beside_it(world: World, client: Client) -> None:
    """A has 6 results and B has 2: with A shown, B would be the total less A."""
    client.force_login(in_role(world.root, Role.POLICY))
    decide(more_people(world, world.department, 6, "A"), "88.88")
    decide(more_people(world, world.other_department, 2, "B"), "41.41", "failed")
    close(world)
    _states, results = tables(client, of(world.root))
    means = {row[0]: row[2] for row in results[1:]}
    assert means == {
        "Đơn vị QUAN-LY": "–",
        "Đơn vị A": "not shown",
        "Đơn vị B": "not shown",
        "Together": "77.01",
    }
    for hidden in (world.agency, world.department, world.other_agency, world.other_department):
        html = client.get(of(hidden)).content.decode()
        assert "88.88" not in html
        assert "41.41" not in html
        assert "Not shown: groups of fewer than 5 people" in html


def test_whoever_sees_the_cards_sees_the_means_of_any_size(world: World, client: Client) -> None:
    client.force_login(in_role(world.department, Role.HEAD))
    decide([world.card(world.lan)], "71.37")
    assert "71.37" in client.get(of(world.department)).content.decode()


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ({"a": 10, "b": 7}, set()),
        ({"a": 10, "b": 0}, set()),
        ({"a": 10, "b": 4}, {"a", "b"}),
        ({"a": 10, "b": 7, "c": 1}, {"b", "c"}),
        ({"a": 10, "b": 3, "c": 2}, {"b", "c"}),
        ({"a": 10, "b": 2, "c": 2, "d": 6}, {"b", "c", "d"}),
        ({"a": 4}, {"a"}),
        ({}, set()),
    ],
)
def test_groups_are_hidden_until_five_people_stand_behind_the_difference(sizes, hidden) -> None:
    assert hidden_groups({key: Behind(size, size) for key, size in sizes.items()}) == hidden


def test_one_unit_directly_and_below_are_two_groups(world: World) -> None:
    """A's own four results are hidden, and so are A1's, although A1 has nine."""
    decide(more_people(world, world.agency, 4, "O"), "60.00")
    decide(more_people(world, world.department, 9, "D"), "80.00")
    close(world)
    progress = PeriodProgress(world.period, "state", Scope())
    assert progress.told(world.agency.path, directly=True) is None
    assert progress.told(world.department.path) is None
    told = progress.told(world.agency.path)
    assert told is not None
    assert (told.results, told.points) == (13, Decimal("960.00"))


@pytest.mark.parametrize("who", ["lan", "clerk", "auditor", "access", "elsewhere", "period_keeper"])
def test_the_progress_of_a_unit_does_not_exist_for_others(world: World, client: Client, who: str) -> None:
    decide([world.card(world.lan)], "71.37")
    user = {
        "lan": lambda: world.lan.user,
        "clerk": lambda: in_role(world.agency, Role.CLERK),
        "auditor": lambda: in_role(world.agency, Role.AUDITOR),
        "access": lambda: in_role(world.root, Role.ACCESS),
        "elsewhere": lambda: in_role(world.other_agency, Role.PERSONNEL),
        "period_keeper": lambda: holder(world.root, Capability.MANAGE_PERIODS),
    }[who]()
    client.force_login(user)
    response = client.get(of(world.agency))
    assert response.status_code == 404
    assert "Đơn vị A1" not in response.content.decode()
    assert client.get(reverse("workspace:progress_unit", args=["KHONG-CO"])).status_code == 404


def test_a_visitor_is_asked_to_sign_in(world: World, client: Client) -> None:
    for address in (reverse("workspace:progress"), of(world.agency)):
        assert client.get(address)["Location"].startswith(reverse("accounts:sign_in"))


def test_the_way_goes_down_the_tree_and_never_above_the_reader(world: World, client: Client) -> None:
    client.force_login(in_role(world.agency, Role.PERSONNEL))
    index = client.get(reverse("workspace:progress"))
    assert index["Location"] == of(world.agency)
    html = client.get(of(world.department)).content.decode()
    assert f'href="{of(world.agency)}"' in html
    assert f'href="{of(world.root)}"' not in html
    assert client.get(of(world.root)).status_code == 404


def test_several_units_are_listed_one_by_one(world: World, client: Client) -> None:
    user = holder(world.department, Capability.VIEW)
    hold(user, world.other_agency, Capability.PROGRESS)
    client.force_login(user)
    states, _results = tables(client, reverse("workspace:progress"))
    assert [row[0] for row in states] == ["Unit", "Đơn vị A1", "Đơn vị B"]


def test_frames_are_never_added_up(world: World, client: Client) -> None:
    """Together less one frame would be the other frame."""
    client.force_login(in_role(world.root, Role.POLICY))
    Scorecard.objects.filter(person=world.stranger).update(frame="party")
    states, _results = tables(client, of(world.other_agency))
    assert states[-1][:2] == ["Together", "1"]
    states, _results = tables(client, of(world.other_agency) + "?khung=party")
    assert states[-1][:2] == ["Together", "1"]


@pytest.mark.parametrize("more", [0, 2])
@pytest.mark.parametrize(("closed", "queries"), [(False, 15), (True, 16)])
def test_a_unit_takes_the_same_queries_for_one_unit_below_and_for_three(
    world: World, client: Client, django_assert_num_queries, more: int, closed: bool, queries: int
) -> None:
    client.force_login(in_role(world.root, Role.POLICY))
    for number in range(more):
        below = worlds.unit(f"A{number + 2}", parent=world.agency, level=world.department.level)
        decide(more_people(world, below, 2, f"X{number}"), "70.00")
    decide([world.card(world.lan)], "92.63", "excellent")
    if closed:
        close(world)
    with django_assert_num_queries(queries):
        response = client.get(of(world.agency))
    assert response.content.decode().count(reverse("workspace:progress_unit", args=["A1"])) == 2


def test_before_any_period_is_open_there_is_a_sentence(drafted: World, client: Client) -> None:
    client.force_login(in_role(drafted.root, Role.POLICY))
    assert "No period is open yet" in client.get(of(drafted.root)).content.decode()
