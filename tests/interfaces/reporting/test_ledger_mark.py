"""A printed form carries the head of its unit's chain, sealed before it was printed."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from kpi_cms.foundation.audit import anchors, append_only, sealing
from kpi_cms.foundation.audit.models import LedgerEntry, Seal, SealWaiting
from kpi_cms.interfaces.reporting.forms.qr import qr_code
from tests.helpers import month
from tests.helpers.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(opened: World) -> World:
    made = opened
    month.submitted(made, made.lan)
    return made


def test_the_head_of_the_chain_stands_on_the_form(world: World, client: Client) -> None:
    assert SealWaiting.objects.exists()
    client.force_login(world.lan.user)
    answer = client.post(reverse("reporting:form01", args=[world.card(world.lan).pk]))
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    entry = LedgerEntry.objects.get(act="form.printed")
    code = entry.after["ledger"]
    assert code.startswith("A-")
    assert code in text.replace("\n", "")
    assert anchors.code_holds(code) is True
    assert list(SealWaiting.objects.values_list("source", "row_id")) == [("audit_ledgerentry", entry.pk)]
    with append_only.flush_allowed():
        Seal.objects.filter(chain="A").order_by("-number").first().delete()
    assert anchors.code_holds(code) is False


def test_an_export_seals_its_own_trace(world: World) -> None:
    from kpi_cms.foundation.audit import ledger
    from kpi_cms.foundation.audit.enums import Act
    from kpi_cms.foundation.core.actor import as_actor
    from tests.helpers.world import MOMENT

    with as_actor(world.lan.user, MOMENT):
        ledger.record(Act.EXPORT_TAKEN, subject=world.lan)
    assert not SealWaiting.objects.exists()
    assert sealing.heads()["@"].number > 0


def test_a_qr_code_is_the_same_each_time() -> None:
    assert qr_code("kpi-ledger-1 A 1 ff") == qr_code("kpi-ledger-1 A 1 ff")
    assert qr_code("x").startswith("<svg")
