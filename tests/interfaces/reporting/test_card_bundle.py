"""The evidence of a card: for whoever audits it, signed, recorded, checked without us, and telling of nobody else."""

import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.audit import anchors
from kpi_cms.foundation.audit.models import LedgerEntry
from kpi_cms.foundation.audit.offline import check_bundle
from snippets.enums import Role
from tests.factories.snippets import hold, in_role
from tests.helpers import month, pages
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
OF_ANOTHER = "Nhận xét riêng về đồng chí Minh"


@pytest.fixture
def world(tmp_path, settings, opened: World) -> World:
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "key.pem")
    anchors.make_key(tmp_path / "key.pem")
    made = opened
    month.submitted(made, made.lan)
    other = month.submitted(made, made.minh)
    month.stages.return_to_person(
        actor=made.head.user, moment=MOMENT, card=other, expected=other.version_number, reason=OF_ANOTHER
    )
    anchors.make_anchor(moment=MOMENT + timedelta(minutes=1), occasion="manual")
    return made


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def auditor(unit, name="KT01") -> Client:
    return signed_in(in_role(unit, Role.AUDITOR, username=name))


def address(card: Scorecard) -> str:
    return reverse("reporting:card_bundle", args=[card.pk])


def checked(path: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", check_bundle.__file__, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_an_auditor_takes_form_card_and_ledger_in_one_zip_that_holds(world: World, tmp_path: Path) -> None:
    card = world.card(world.lan)
    answer = auditor(world.agency).post(address(card))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    path = tmp_path / "b.zip"
    path.write_bytes(answer.content)
    code, said = checked(path)
    assert (code, "not signed" in said) == (0, False), said
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_DEFLATED}
        pdf, content = archive.read("form-01.pdf"), archive.read("card.json")
        everything = b"".join(archive.read(name) for name in sorted(names))
    assert {"chain.tsv", "texts.jsonl", "public_key.pem", "check_bundle.py", "manifest.json.sig"} <= names
    assert pdf.startswith(b"%PDF-")
    told = json.loads(content)
    assert (told["card"], told["person"]["code"], told["version"]) == (
        card.code, world.lan.staff_code, card.version.sha256,
    )  # fmt: skip
    entry = LedgerEntry.objects.get(act="export.taken")
    assert entry.after["form-01.pdf"] == sha256(pdf).hexdigest()
    assert entry.after["card.json"] == sha256(content).hexdigest()
    assert (entry.subject_id, entry.person_id) == (str(card.pk), world.lan.pk)
    assert OF_ANOTHER.encode() not in everything
    with zipfile.ZipFile(
        BytesIO(auditor(world.agency, "KT02").post(address(world.card(world.minh))).content)
    ) as archive:
        assert OF_ANOTHER in archive.read("texts.jsonl").decode()


def test_a_changed_form_is_found(world: World, tmp_path: Path) -> None:
    answer = auditor(world.agency).post(address(world.card(world.lan)))
    folder = tmp_path / "b"
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        archive.extractall(folder)
    (folder / "form-01.pdf").write_bytes(b"%PDF-1.7 other")
    code, said = checked(folder)
    assert (code, "form-01.pdf: the file is not the one that was exported" in said) == (1, True)


def test_whoever_does_not_audit_the_card_takes_nothing(world: World) -> None:
    card = world.card(world.lan)
    hold(world.lan.user, world.agency, "audit")
    refused = {
        "head": signed_in(world.head.user),
        "an auditor, and it is their own": signed_in(world.lan.user),
        "stranger": signed_in(world.stranger.user),
        "an auditor of another agency": auditor(world.other_agency),
        "nobody": Client(),
    }
    assert {who: client.post(address(card)).status_code for who, client in refused.items()} == {
        "head": 404, "an auditor, and it is their own": 403, "stranger": 404, "an auditor of another agency": 404,
        "nobody": 302,
    }  # fmt: skip
    assert refused["head"].get(address(card)).status_code == 405
    assert not LedgerEntry.objects.filter(act="export.taken").exists()


def test_the_button_stands_where_the_card_s_past_is_read_and_for_auditors_alone(world: World) -> None:
    card = world.card(world.lan)
    history, then = (reverse(f"workspace:{name}", args=[card.pk]) for name in ("card_history", "card_then"))
    reader = auditor(world.agency)
    for page in (history, then):
        assert f'action="{address(card)}"' in pages.body(reader.get(page))
    assert address(card) not in pages.body(signed_in(world.lan.user).get(history))
