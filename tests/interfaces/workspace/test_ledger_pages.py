"""The auditor's page of the ledger: whose units, which code, what does not hold; no name is shown."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from kpi_cms.evaluation.models import Score
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.accounts.models import User
from kpi_cms.foundation.audit import anchors, sealing
from kpi_cms.foundation.audit.models import Anchor
from kpi_cms.foundation.audit.verifying import Wrong
from kpi_cms.foundation.audit.wording import SENTENCES
from kpi_cms.foundation.core.errors import NotFound
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.interfaces.workspace import verifying
from snippets.domain.grants import end_grant
from snippets.enums import Role
from snippets.models import Grant
from tests.factories.snippets import hold, in_role
from tests.helpers import month, pages, sealed
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
    monkeypatch.setattr(verifying, "SHOWN", 1)
    sealing.seal_waiting()
    Score.objects.filter(value__isnull=False).update(value=0.5)
    assert "more</p>" in page(auditor, "ledger_unit", world.department.code)


# --- One card -----------------------------------------------------------------------------------------------
def test_a_card_is_verified_and_the_next_one_is_not(world: World, auditor: Client) -> None:
    month.submitted(world, world.minh)
    sealing.seal_waiting()
    lans, minhs = (
        reverse("workspace:ledger_card", args=[world.card(who).pk]) for who in (world.lan, world.minh)
    )
    score = Score.objects.filter(assessment__card=world.card(world.lan), value__isnull=False).first()
    assert score is not None
    Score.objects.filter(pk=score.pk).update(value=score.value + 1)
    shown = pages.text(auditor.get(lans))
    assert f"A record differs from its history. · evaluation_score {score.pk} · value" in shown
    assert "Hồ Thị Lan" not in shown
    assert "Everything holds." in pages.text(auditor.get(minhs))


@pytest.mark.parametrize(
    "typed", ["{code}", " {small} ", "https://kpi.vn/phieu/{pk}/lich-su/?x=1", "/phieu/{pk}/"]
)
def test_a_card_is_found_by_its_code_and_by_its_link(world: World, auditor: Client, typed: str) -> None:
    card = world.card(world.lan)
    text = typed.format(code=card.code, small=card.code.lower(), pk=card.pk)
    answer = auditor.get(reverse("workspace:ledger"), {"phieu": text})
    assert answer["Location"] == reverse("workspace:ledger_card", args=[card.pk])


@pytest.mark.parametrize("typed", ["", "Hồ Thị Lan", "P1", "1", "P1-" + "9" * 19])
def test_what_is_no_card_is_said(auditor: Client, typed: str) -> None:
    answer = auditor.get(reverse("workspace:ledger"), {"phieu": typed})
    assert answer.status_code == 422
    assert "card" in pages.text(answer)


def test_a_card_of_other_units_is_missing_and_one_s_own_is_refused(world: World, auditor: Client) -> None:
    address = reverse("workspace:ledger_card", args=[world.card(world.stranger).pk])
    assert auditor.get(address).status_code == 404
    assert auditor.post(address, {"neo": file(b"{}")}).status_code == 404
    hold(world.lan.user, world.agency, "audit")
    auditor.force_login(world.lan.user)
    assert auditor.get(reverse("workspace:ledger_card", args=[world.card(world.lan).pk])).status_code == 403


# --- Against an anchor that was kept ------------------------------------------------------------------------
def file(content: bytes, name: str = "kpi-anchor (1).json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/json")


@pytest.fixture
def kept(world: World, tmp_path: Any, settings: Any) -> bytes:
    """An anchor as it was mailed, signed, with its file and signature in the folder."""
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "keys" / "key.pem")
    anchors.make_key(tmp_path / "keys" / "key.pem")
    made = anchors.make_anchor(moment=MOMENT, occasion="manual")
    content: bytes = (tmp_path / "anchors" / made.file_name).read_bytes()
    return content


def test_a_kept_anchor_is_compared_with_its_signature(world: World, auditor: Client, kept: bytes) -> None:
    for address in addresses(world):
        shown = pages.text(auditor.post(address, {"neo": file(kept)}))
        assert "Compared with the file kpi-anchor (1).json and no other anchor." in shown
        assert "was checked with it" in shown
        assert "Everything holds." in shown
        assert "Anchors compared 1" in shown


def addresses(world: World) -> list[str]:
    return [
        reverse("workspace:ledger_unit", args=["A1"]),
        reverse("workspace:ledger_card", args=[world.card(world.lan).pk]),
    ]


def test_an_anchor_of_more_than_there_is_does_not_hold(world: World, auditor: Client, kept: bytes) -> None:
    """As a database stands that an older backup was restored into, while the folder was emptied."""
    said = json.loads(kept)
    said["chains"]["A"]["number"] += 1
    for address in addresses(world):
        shown = pages.text(auditor.post(address, {"neo": file(json.dumps(said).encode())}))
        assert "was not checked" in shown
        assert "The chain is shorter than the anchor says." in shown
        assert "The database does not know an anchor that was written." in shown


BROKEN: list[Any] = [
    [], {}, None, {"format": "kpi-anchor-9"}, {"number": "1"}, {"number": -1}, {"number": 10**30}, {"number": True},
    {"at": "2026-08-03"}, {"at": 1}, {"chains": []}, {"chains": {"A": {}}},
    {"chains": {"A": {"number": 1, "head": "xyz", "first": 1, "leaves": []}}},
    {"chains": {"A": {"number": 1, "head": None, "first": 1, "leaves": []}}},
    {"chains": {"A": {"number": 1, "head": "00", "first": "1", "leaves": []}}},
    {"chains": {"A": {"number": 1, "head": "00", "first": 1, "leaves": ["1"]}}},
    {"chains": {"A": {"number": 1, "head": "00", "first": 1, "leaves": 7}}},
]  # fmt: skip


def test_a_file_that_is_no_anchor_is_refused_with_one_sentence(
    world: World, auditor: Client, kept: bytes
) -> None:
    address = reverse("workspace:ledger_unit", args=["A1"])
    whole = [json.dumps(json.loads(kept) | each if each else each).encode() for each in BROKEN]
    for content in (b"", b"PK\x03\x04", b"\xff\xfe", b"[" * 100_000, kept[:-20], *whole):
        answer = auditor.post(address, {"neo": file(content)})
        assert answer.status_code == 422, content[:80]
        assert "This is no anchor of the ledger. Choose the file as it was written." in pages.text(answer)
        assert "Everything holds." not in pages.text(answer)
    assert "Choose the file of an anchor." in pages.text(auditor.post(address))


def test_a_file_that_is_too_large_is_refused(auditor: Client, kept: bytes, settings: Any) -> None:
    settings.UPLOAD_LIMIT_BYTES = 10
    answer = auditor.post(reverse("workspace:ledger_unit", args=["A1"]), {"neo": file(kept)})
    assert answer.status_code == 422
    assert "The file is larger than 20 MB." in pages.text(answer)


# --- Everything ---------------------------------------------------------------------------------------------
def begin(client: Client) -> Any:
    return client.post(reverse("workspace:ledger_everything"))


def test_only_whoever_audits_the_province_verifies_everything(
    world: World, auditor: Client, django_capture_on_commit_callbacks: Any
) -> None:
    assert begin(auditor).status_code == 404
    assert not Job.objects.exists()
    province = Client()
    province.force_login(in_role(world.root, Role.AUDITOR, username="KT09"))
    with django_capture_on_commit_callbacks(execute=True):
        begin(province)
    assert "Verified last" in page(province, "ledger")
    shown = page(auditor, "ledger")
    assert "Verified last" not in shown
    assert "Verify everything" not in shown


def test_everything_is_verified_in_the_background_and_told_on_the_page(
    world: World, client: Client, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The world names its people past the register: that much is found before anything is changed."""
    monkeypatch.setattr(verifying, "SHOWN", 10_000)
    client.force_login(in_role(world.root, Role.AUDITOR))
    sealing.seal_waiting()
    with django_capture_on_commit_callbacks(execute=True):
        answer = begin(client)
    job = Job.objects.get()
    assert answer["Location"] == reverse("workspace:job", args=[job.pk])
    assert (job.state, job.arguments) == (JobState.DONE, {"leads_to": reverse("workspace:ledger")})
    assert job.done == job.total == sum(head.number for head in sealing.heads().values()) > 0
    score = Score.objects.filter(value__isnull=False).first()
    assert score is not None
    finding = f"A record differs from its history. · evaluation_score {score.pk} · value"
    before = page(client, "ledger")
    assert "A kept text is gone. · snippets_historicalperson" in before
    assert finding not in before
    Score.objects.filter(pk=score.pk).update(value=score.value + 1)
    with django_capture_on_commit_callbacks(execute=True):
        begin(client)
    shown = page(client, "ledger")
    assert finding in shown
    assert "Hồ Thị Lan" not in shown


def test_everything_is_verified_once_at_a_time(world: World, client: Client) -> None:
    client.force_login(in_role(world.root, Role.AUDITOR))
    assert begin(client).status_code == 302  # no worker came yet
    assert "Everything is being verified." in page(client, "ledger")
    assert begin(client).status_code == 409
    assert Job.objects.count() == 1


def test_a_right_that_ended_before_the_worker_came_tells_nothing(world: World, client: Client) -> None:
    user = in_role(world.root, Role.AUDITOR)
    client.force_login(user)
    begin(client)
    [grant] = Grant.objects.filter(user=user)
    end_grant(
        actor=system_user(), moment=grant.given_at + timedelta(days=1), grant=grant, reason="Chuyển công tác"
    )
    with pytest.raises(NotFound):
        list(verifying.verify_everything(Job.objects.get(), User.objects.get(pk=user.pk)))
