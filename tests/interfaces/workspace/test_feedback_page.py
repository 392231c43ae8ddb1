"""The feedback form: who finds it, that nothing typed is lost, and how it is told once the period is closed."""

import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from kpi_cms.evaluation.models import CriterionFeedback
from kpi_cms.evaluation.models.feedback import Said
from snippets.enums import Role
from snippets.models import Person
from tests.evaluation.test_feedback import five, say
from tests.evaluation.test_fit import scored
from tests.factories.snippets import in_role
from tests.helpers.results import close
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


def form_of(world: World, about: Person) -> str:
    return reverse("workspace:give_feedback", args=[world.card(about).pk])


def text_of(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)).strip()


def test_the_person_finds_the_form_on_their_card_and_says_something(world: World, client: Client) -> None:
    client.force_login(world.lan.user)
    card = reverse("workspace:card", args=[world.card(world.lan).pk])
    assert form_of(world, world.lan) in client.get(card).content.decode()
    html = client.get(form_of(world, world.lan)).content.decode()
    assert html.count("<fieldset") == len(world.staff.compiled().criteria)
    assert "I.1 · Tiêu chí I.1" in text_of(html)
    response = client.post(
        form_of(world, world.lan), {"key-I.1-clear": "partly", "key-I.1-remark": " Khó đo "}
    )
    assert (response.status_code, response["Location"]) == (302, card)
    row = CriterionFeedback.objects.get()
    assert (row.person, row.clear, row.remark) == (world.lan, "partly", "Khó đo")
    again = client.get(form_of(world, world.lan)).content.decode()
    assert '<option value="partly" selected>' in again
    assert "Khó đo" in again


def test_what_is_too_long_or_not_offered_is_said_and_everything_typed_stays(
    world: World, client: Client
) -> None:
    client.force_login(world.lan.user)
    typed = {"key-I.1-remark": "dài " * 130, "key-I.2-clear": "maybe", "key-II.1-remark": "Giữ lại nhé"}
    response = client.post(form_of(world, world.lan), typed)
    html = response.content.decode()
    assert response.status_code == 422
    assert "Giữ lại nhé" in html
    assert "dài dài dài" in html
    assert text_of(html).count("500") >= 1
    assert CriterionFeedback.objects.count() == 0


def test_a_colleague_finds_nothing_and_a_reader_is_refused_in_words(world: World, client: Client) -> None:
    say(world, world.lan, Said("yes", remark="Chỉ mình tôi"))
    client.force_login(world.minh.user)
    assert client.get(form_of(world, world.lan)).status_code == 404
    client.force_login(in_role(world.root, Role.AUDITOR))
    for method in (client.get, client.post):
        response = method(form_of(world, world.lan), headers={"accept-language": "en"})
        assert response.status_code == 403
        assert "Chỉ mình tôi" not in response.content.decode()
        assert "commented on by those who were scored or score with them" in response.content.decode()


def test_the_evaluator_sees_their_own_words_and_not_those_of_the_person(world: World, client: Client) -> None:
    say(world, world.lan, Said("yes", remark="Lời của Lan"))
    say(world, world.head, Said("no", remark="Lời của Hà"), about=world.minh)
    worlds_card = form_of(world, world.minh)
    client.force_login(world.head.user)
    html = client.get(worlds_card).content.decode()
    assert "Lời của Hà" in html
    assert "Lời của Lan" not in html


def test_after_the_closing_the_form_is_gone_and_five_are_told_without_a_name(
    world: World, client: Client
) -> None:
    people = five(world)
    scored(world.card(people[0]), "4")
    close(world)
    client.force_login(people[0].user)
    assert client.get(form_of(world, people[0])).status_code == 409
    card = client.get(reverse("workspace:card", args=[world.card(people[0]).pk])).content.decode()
    assert form_of(world, people[0]) not in card
    client.force_login(in_role(world.root, Role.POLICY))
    html = client.get(reverse("workspace:fit")).content.decode()
    shown = text_of(html)
    assert "What those who scored with them say" in shown
    assert re.search(r"I\.1 Tiêu chí I\.1 5 80% – – 1 ", shown)
    assert "Ngắn gọn" in shown
    assert not [
        person for person in people if person.full_name in shown or person.staff_code in shown.split()
    ]
    response = client.post(reverse("workspace:export_fit"), {"ky": world.period.pk})
    _sheet, opinions = load_workbook(io.BytesIO(response.content)).worksheets
    rows = [[cell.value for cell in row] for row in opinions.iter_rows()]
    assert [row[1:] for row in rows if str(row[0]).startswith("I.1 ")] == [[5, 80, None, None, "Ngắn gọn"]]


def test_of_four_neither_number_nor_remark_is_told(world: World, client: Client) -> None:
    people = five(world)
    scored(world.card(people[0]), "4")
    say(world, people[0], Said())
    close(world)
    client.force_login(in_role(world.root, Role.POLICY))
    for html in (
        client.get(reverse("workspace:fit")).content,
        client.post(reverse("workspace:export_fit"), {"ky": world.period.pk}).content,
    ):
        assert "Ngắn gọn" not in html.decode("utf-8", "replace")
    shown = text_of(client.get(reverse("workspace:fit")).content.decode())
    assert "Not shown: groups of fewer than 5 people" in shown


@pytest.mark.parametrize("more", [0, 2])
def test_the_form_takes_the_same_queries_for_one_answer_and_for_three(
    world: World, client: Client, django_assert_num_queries, more: int
) -> None:
    for key in ("key-I.1", "key-I.2", "key-II.1")[: 1 + more]:
        say(world, world.lan, key=key)
    client.force_login(world.lan.user)
    address = form_of(world, world.lan)
    client.get(address)
    with django_assert_num_queries(7):
        client.get(address)
