"""Points taken off on the screen of a card: below 0, called so, and nothing counted for silence."""

from decimal import Decimal

import pytest
from django.urls import reverse

from criteria_pages.domain.publishing import specification_of
from criteria_pages.models import CriteriaSetPage
from kpi_cms.interfaces.workspace.forms.scores import part_name
from tests.factories.authored import bands, fields, of_kind, part, section
from tests.helpers import world as worlds
from tests.helpers.pages import body, text
from tests.helpers.thawed import repin

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(db):
    """Ten points in one criterion and what is taken off them."""
    common = section("C", "10", of_kind("number", "x"), of_kind("penalty", "off"))
    starts = bands(("dat", "5"), ("yeu", "0"))
    values = fields("TRU", [part("common", "10", common)], total_max=Decimal(10), bands=starts)
    spec = specification_of(CriteriaSetPage(**values))
    spec["applicability"] = {"staff_kinds": ["cong_chuc"], "leader": False}
    world = worlds.build()
    repin(world.period, world.staff, worlds.version(spec, "TRU"))
    worlds.open_month(world)
    return world.card(world.lan)


def test_what_is_taken_off_is_shown_below_0_and_by_its_name(card, sign_in):
    keys = {criterion.code: criterion.key for criterion in card.version.compiled().criteria}
    url, client = reverse("workspace:card", args=[card.pk]), sign_in(card.person)
    empty = text(client.get(url))
    assert "Số lần xảy ra của từng việc; để trống là không trừ." in empty
    assert "-10" in empty

    sent = {"expected": str(card.version_number), f"s-{keys['x']}": "9", part_name(keys["off"], 0): "2"}
    assert client.post(url, sent).status_code == 302

    shown = text(client.get(url))
    assert "-4,00" in shown  # twice 2 points
    assert "5,00" in shown
    assert 'data-score-form-target="total"' not in body(client.get(url))
    trace = text(client.get(reverse("workspace:trace", args=[card.pk, "tu-cham"])))
    assert "off. Tiêu chí off: điểm trừ" in trace
    assert "điểm cộng" not in trace.lower()


def test_a_minimum_is_said_at_the_field(card, sign_in):
    spec = card.version.specification
    assert "min" not in spec["sections"][0]["criteria"][0]["kind"]
    client = sign_in(card.person)
    assert "x, tối đa 10 điểm" in body(client.get(reverse("workspace:card", args=[card.pk])))
