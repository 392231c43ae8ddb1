"""A card with criteria given item by item: its fields, what is saved, what is refused, and what others read."""

from decimal import Decimal

import pytest
from django.urls import reverse

from kpi_cms.evaluation.domain import stages
from kpi_cms.evaluation.models import Score
from kpi_cms.interfaces.workspace.forms.scores import part_name
from tests.evaluation.test_details import entries, itemised_set, save
from tests.helpers import month
from tests.helpers import world as worlds
from tests.helpers.pages import body, text
from tests.helpers.thawed import repin
from tests.helpers.world import MOMENT

pytestmark = pytest.mark.django_db

TYPED = {
    "checklist": ("1", "0"),
    "deduction": ("9", "1"),
    "bonus": ("1", ""),
    "indicator": ("16",),
    "formula": ("8", "6"),
}


@pytest.fixture
def month_of_items(db):
    world = worlds.build()
    repin(world.period, world.staff, worlds.version(itemised_set(), "TUNG-MUC"))
    worlds.open_month(world)
    month.worked(world, world.lan)
    return world


def posted(card, **change):
    keys = {criterion.code: criterion.key for criterion in card.version.compiled().criteria}
    data = {"expected": str(card.version_number), "strengths": "", "weaknesses": ""}
    for code, numbers in {**TYPED, **change}.items():
        data |= {part_name(keys[code], number): text for number, text in enumerate(numbers)}
    return data


def url(card):
    return reverse("workspace:card", args=[card.pk])


def stored():
    return dict(Score.objects.values_list("criterion__code", "choice"))


def test_every_item_has_its_field_and_nothing_is_preselected(month_of_items, sign_in):
    card = month_of_items.card(month_of_items.lan)
    page = body(sign_in(month_of_items.lan).get(url(card)))

    names = [
        part_name(criterion.key, number)
        for criterion in card.version.compiled().criteria
        for number in range(len(criterion.details))
    ]
    assert len(names) == 9
    assert all(f'name="{name}"' in page for name in names)
    assert " checked" not in page
    # No running total stands beside fields it cannot add up.
    assert 'data-score-form-target="total"' not in page


def test_what_is_typed_is_saved_computed_and_shown_again(month_of_items, sign_in):
    card = month_of_items.card(month_of_items.lan)
    client = sign_in(month_of_items.lan)

    response = client.post(url(card), posted(card))

    assert response.status_code == 302
    assert stored() == {
        "checklist": '{"1":"1","2":"0"}', "deduction": '{"1":"9","2":"1"}', "bonus": '{"1":"1"}',
        "indicator": '{"actual":"16"}', "formula": '{"nhan":"8","xong":"6"}',
    }  # fmt: skip
    page = body(client.get(url(card)))
    assert page.count(" checked") == 2
    assert "38,00" in text(client.get(url(card)))


def test_an_amount_in_dong_is_typed_whole_and_points_are_not(month_of_items, sign_in):
    card = month_of_items.card(month_of_items.lan)
    client = sign_in(month_of_items.lan)
    amounts = {"formula": ("800000000000000", "600000000000000"), "indicator": ("16000000,5",)}

    assert client.post(url(card), posted(card, **amounts)).status_code == 302

    assert stored()["formula"] == '{"nhan":"800000000000000","xong":"600000000000000"}'
    assert stored()["indicator"] == '{"actual":"16000000.5"}'
    page = body(client.get(url(card)))
    assert 'value="800000000000000"' in page
    assert 'value="16000000,5"' in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"deduction": ("x", "")}, "Nhập một số, ví dụ 4,5."),
        ({"indicator": ("-1",)}, "-1"),
        ({"formula": ("8", "")}, "Hãy điền cả “Số đơn xong”."),
        ({"deduction": ("0,5", "")}, "0,5"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_criterion_and_stays_typed(
    month_of_items, sign_in, change, sentence
):
    card = month_of_items.card(month_of_items.lan)
    key = next(criterion.key for criterion in card.version.compiled().criteria if criterion.code in change)

    response = sign_in(month_of_items.lan).post(url(card), posted(card, **change))

    assert response.status_code == 422
    assert not Score.objects.exists()
    page = body(response)
    assert f'href="#{part_name(key, 0)}"' in page
    assert f'id="s-{key}_error"' in page
    (code,) = change
    assert f'value="{change[code][0]}"' in page
    assert sentence in page


def test_the_evaluator_takes_over_a_criterion_whole(month_of_items, sign_in):
    world = month_of_items
    card = world.card(world.lan)
    save(card, entries(card))
    card.refresh_from_db()
    stages.submit_self(actor=world.lan.user, moment=MOMENT, card=card, expected=card.version_number)
    card.refresh_from_db()
    key = next(item.key for item in card.version.compiled().criteria if item.code == "deduction")
    address = reverse("workspace:evaluate", args=[card.pk])
    client = sign_in(world.head)

    shown = text(client.get(address))
    assert "Mục 1: 9; Mục 2: 1" in shown
    empty = {name: "" for name in posted(card) if name.startswith("s-")}
    taken = body(
        client.post(address, {**empty, "expected": str(card.version_number), "comment": "", "take": key})
    )

    assert (
        f'name="{part_name(key, 0)}" type="text" inputmode="decimal" autocomplete="off" maxlength="30" value="9"'
        in taken
    )
    assert Score.objects.filter(assessment__stage="evaluator").count() == 0


def test_form_01_says_the_points_of_each_criterion(month_of_items, sign_in):
    from kpi_cms.foundation.access.scope import Scope
    from kpi_cms.interfaces.reporting.card_form import build_form01

    world = month_of_items
    card = world.card(world.lan)
    save(card, entries(card))
    card.refresh_from_db()

    form = build_form01(card, MOMENT, Scope.of(world.lan.user))

    rows = {row.text: row.score for row in form.sections[0].rows}
    assert rows == {
        "Tiêu chí checklist": Decimal(6),
        "Tiêu chí deduction": Decimal(5),
        "Tiêu chí bonus": Decimal(2),
        "Tiêu chí indicator": Decimal("7.5"),
        "Tiêu chí formula": Decimal("7.5"),
    }
    assert (form.sections[0].score, form.total_score) == (Decimal(28), Decimal(28))
