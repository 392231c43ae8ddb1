"""The auditor's page of the ledger: whose units, which code, what does not hold; no name is shown."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from kpi_cms.evaluation.models import Score
from kpi_cms.foundation.audit import anchors, sealing
from kpi_cms.foundation.audit.models import Anchor
from kpi_cms.foundation.audit.verifying import Wrong
from kpi_cms.foundation.audit.wording import SENTENCES
from snippets.enums import Role
from tests.factories.snippets import in_role
from tests.helpers import month, sealed
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english(settings):
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def world(opened: World) -> World:
    made = opened
    sealed.register()
    month.submitted(made, made.lan)
    return made


@pytest.fixture
def auditor(world: World, client: Client) -> Client:
    client.force_login(in_role(world.agency, Role.AUDITOR))
    return client


def page(client: Client, name: str, *args: str, **query: str) -> str:
    answer = client.get(reverse(f"workspace:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_unit_holds_until_a_score_is_changed_past_the_software(world: World, auditor: Client) -> None:
    sealing.seal_waiting()
    shown = page(auditor, "ledger_unit", world.department.code)
    assert "Everything holds." in shown
    assert sealing.head_of("A").digest.hex()[:4].upper() in shown
    score = Score.objects.filter(value__isnull=False).first()
    assert score is not None
    Score.objects.filter(pk=score.pk).update(value=score.value + 1)
    shown = page(auditor, "ledger_unit", world.department.code)
    assert f"A record differs from its history. · evaluation_score {score.pk} · value" in shown
    assert "Hồ Thị Lan" not in shown
    assert "CC004" not in shown


def test_whose_units_they_are_not_sees_none(world: World, auditor: Client) -> None:
    assert auditor.get(reverse("workspace:ledger_unit", args=[world.other_agency.code])).status_code == 404
    auditor.force_login(world.lan.user)
    assert auditor.get(reverse("workspace:ledger")).status_code == 404
    assert auditor.get(reverse("workspace:ledger_unit", args=[world.department.code])).status_code == 404


def test_a_printed_code_is_looked_up(world: World, auditor: Client, tmp_path, settings) -> None:
    assert "was not anchored yet" in page(auditor, "ledger")
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path)
    anchors.make_anchor(moment=MOMENT, occasion="manual")
    code = anchors.printed_code("A", sealing.head_of("A")).short
    assert "The ledger had this code" in page(auditor, "ledger", ma=code)
    assert "has another code" in page(auditor, "ledger", ma=code[:-1] + ("0" if code[-1] != "0" else "1"))
    shown = page(auditor, "ledger", ma="không phải mã")
    assert "This is no code" in shown
    assert f"no. {Anchor.objects.get().number}" in shown
    assert world.agency.name in shown


def test_every_finding_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Wrong)


def test_many_findings_are_cut(world: World, auditor: Client, monkeypatch) -> None:
    from kpi_cms.interfaces.workspace.views import ledger

    monkeypatch.setattr(ledger, "SHOWN", 1)
    sealing.seal_waiting()
    Score.objects.filter(value__isnull=False).update(value=0.5)
    assert "more</p>" in page(auditor, "ledger_unit", world.department.code)
