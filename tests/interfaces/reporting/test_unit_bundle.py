"""The evidence of a unit's period: every card its auditor may take and no other, one slice of the ledger, signed."""

import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from kpi_cms.evaluation.models import Scorecard
from kpi_cms.foundation.accounts.domain import system_user
from kpi_cms.foundation.audit import anchors
from kpi_cms.foundation.audit.models import AccessLogEntry, LedgerEntry
from kpi_cms.foundation.audit.offline import check_bundle
from kpi_cms.foundation.core.models import Job, JobState
from kpi_cms.interfaces.reporting import unit_evidence
from snippets.domain.grants import end_grant
from snippets.enums import Role
from snippets.models import Grant, Unit
from tests.factories.snippets import hold, in_role
from tests.helpers import month, pages
from tests.helpers import world as worlds
from tests.helpers.roles import acting_as_the_application, require_roles
from tests.helpers.world import MOMENT, World

pytestmark = pytest.mark.django_db
ELSEWHERE = "Nhận xét riêng về người của cơ quan khác"
OF_LAN, OF_MINH = "Xem lại điểm của Lan", "Xem lại điểm của Minh"


@pytest.fixture
def world(tmp_path, settings, opened: World) -> World:
    settings.LEDGER_ANCHOR_FOLDER = str(tmp_path / "anchors")
    settings.LEDGER_SIGNING_KEY = str(tmp_path / "key.pem")
    anchors.make_key(tmp_path / "key.pem")
    for who, head, reason in (
        (opened.lan, opened.head, OF_LAN),
        (opened.minh, opened.head, OF_MINH),
        (opened.stranger, opened.other_head, ELSEWHERE),
    ):
        card = month.submitted(opened, who)
        month.stages.return_to_person(
            actor=head.user, moment=MOMENT, card=card, expected=card.version_number, reason=reason
        )
    anchors.make_anchor(moment=MOMENT + timedelta(minutes=1), occasion="manual")
    return opened


@pytest.fixture
def in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cards are many."""
    monkeypatch.setattr(unit_evidence, "AT_ONCE", 1)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def auditor(unit: Unit, name: str = "KT01") -> Client:
    return signed_in(in_role(unit, Role.AUDITOR, username=name))


def address(world: World, unit: Unit, name: str = "unit_bundle") -> str:
    return reverse(f"reporting:{name}", args=[unit.code, world.period.pk])


def read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def checked(path: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", check_bundle.__file__, str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def codes(world: World, *people: Any) -> list[str]:
    return [world.card(who).code for who in people]


def taken() -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(act="export.taken"))


# --- Who, and what is not in it -----------------------------------------------------------------------------
def test_whoever_does_not_audit_the_unit_takes_nothing_and_finds_no_page(world: World) -> None:
    refused = {
        "head": signed_in(world.head.user),
        "person": signed_in(world.lan.user),
        "personnel office": signed_in(in_role(world.root, Role.PERSONNEL)),
        "auditor of another agency": auditor(world.other_agency),
        "nobody": Client(),
    }
    for name in ("unit_bundle", "unit_bundle_file"):
        found = {
            who: client.get(address(world, world.department, name)).status_code
            for who, client in refused.items()
        }
        assert found == dict.fromkeys(refused, 404) | {"nobody": 302}
    posted = {
        who: client.post(address(world, world.department)).status_code for who, client in refused.items()
    }
    assert posted == dict.fromkeys(refused, 404) | {"nobody": 302}
    assert taken() == []


def test_no_card_outside_the_unit_is_in_it_and_none_of_its_words(world: World) -> None:
    everywhere = signed_in(in_role(world.root, Role.AUDITOR))
    for client in (auditor(world.agency), everywhere):
        inside = read(client.post(address(world, world.department)).content)
        assert {name.split("/")[1] for name in inside if name.startswith("cards/")} == set(
            codes(world, world.head, world.deputy, world.lan, world.minh)
        )
        everything = b"".join(inside.values())
        assert [words.encode() in everything for words in (OF_LAN, OF_MINH, ELSEWHERE)] == [True, True, False]
        assert b"CC102" not in everything


def test_one_s_own_card_is_left_out_and_counted(world: World) -> None:
    hold(world.lan.user, world.agency, "audit")
    client = signed_in(world.lan.user)
    inside = read(client.post(address(world, world.department)).content)
    [own] = codes(world, world.lan)
    assert not [name for name in inside if own in name]
    assert OF_LAN.encode() not in b"".join(inside.values())
    assert json.loads(inside["unit.json"])["left_out"] == 1
    [entry] = taken()
    assert (entry.after["cards"], entry.after["left_out"]) == (3, 1)


def test_a_unit_of_few_people_is_no_small_number_to_its_auditor(world: World) -> None:
    inside = read(auditor(world.other_agency).post(address(world, world.other_department)).content)
    assert json.loads(inside["unit.json"])["cards"] == sorted(
        codes(world, world.other_head, world.stranger), key=lambda code: int(code.split("-")[1])
    )


# --- What is in it ------------------------------------------------------------------------------------------
def test_every_card_has_its_form_and_its_words_and_the_checker_holds_all_of_it(
    world: World, tmp_path: Path
) -> None:
    answer = auditor(world.agency).post(address(world, world.department))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert f"bang-chung-A1-P{world.period.pk}.zip" in answer["Content-Disposition"]
    path = tmp_path / "unit.zip"
    path.write_bytes(answer.content)
    code, said = checked(path)
    assert (code, "not signed" in said, "Everything holds." in said) == (0, False, True), said
    inside = read(answer.content)
    for card in Scorecard.objects.with_context().filter(unit=world.department):
        assert inside[f"cards/{card.code}/form-01.pdf"].startswith(b"%PDF-")
        told = json.loads(inside[f"cards/{card.code}/card.json"])
        assert (told["card"], told["person"]["code"]) == (card.code, card.person.staff_code)
    assert {
        "unit.json",
        "chain.tsv",
        "texts.jsonl",
        "public_key.pem",
        "check_bundle.py",
        "manifest.json.sig",
    } <= set(inside)


def test_the_slice_says_each_entry_once_and_the_taking_last(world: World) -> None:
    inside = read(auditor(world.agency).post(address(world, world.department)).content)
    lines = [line.split(b"\t", 7) for line in inside["chain.tsv"].splitlines()]
    disclosed = [(fields[2], fields[3]) for fields in lines if len(fields) == 8]
    assert len(disclosed) == len(set(disclosed))
    assert b"export.taken" in lines[-1][7]
    entries = LedgerEntry.objects.filter(person_id__in=[world.lan.pk, world.minh.pk]).count()
    assert sum(1 for fields in lines if len(fields) == 8 and b"evaluation.Scorecard" in fields[7]) == entries
    [chain] = json.loads(inside["manifest.json"])["chains"]
    assert (chain["chain"], chain["last"]) == ("A", len(lines))


def test_the_taking_is_recorded_with_the_number_of_cards_and_the_digests(world: World) -> None:
    inside = read(auditor(world.agency).post(address(world, world.department)).content)
    [entry] = taken()
    assert (entry.actor_code, entry.unit_code, entry.period_id, entry.subject_type, entry.person_id) == (
        "KT01", "A1", world.period.pk, "snippets.Unit", None,
    )  # fmt: skip
    listed = "".join(
        f"{name}\t{sha256(content).hexdigest()}\n"
        for name, content in sorted(inside.items())
        if name.startswith("cards/")
    )
    assert entry.after == {
        "export": "unit_bundle", "cards": 4, "left_out": 0,
        "unit.json": sha256(inside["unit.json"]).hexdigest(), "files": sha256(listed.encode()).hexdigest(),
    }  # fmt: skip


def test_a_unit_above_several_chains_has_a_slice_of_each(world: World, tmp_path: Path) -> None:
    answer = signed_in(in_role(world.root, Role.AUDITOR)).post(address(world, world.root))
    inside = read(answer.content)
    chains = json.loads(inside["manifest.json"])["chains"]
    assert {each["chain"] for each in chains} >= {"@", "A", "B"}
    assert b"export.taken" in inside["chain.tsv"].splitlines()[-1]
    path = tmp_path / "all.zip"
    path.write_bytes(answer.content)
    assert checked(path)[0] == 0


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("cards/{lan}/card.json", "the file is not the one that was exported"),
        ("cards/{lan}/form-01.pdf", "the file is not the one that was exported"),
        ("unit.json", "the file is not the one that was exported"),
        ("chain.tsv", "the file is not the one that was exported"),
        ("texts.jsonl", "the file is not the one that was exported"),
    ],
)
def test_one_changed_byte_is_named(world: World, tmp_path: Path, name: str, sentence: str) -> None:
    inside = read(auditor(world.agency).post(address(world, world.department)).content)
    name = name.format(lan=world.card(world.lan).code)
    content = bytearray(inside[name])
    content[len(content) // 2] ^= 1
    inside[name] = bytes(content)
    for each, data in inside.items():
        (tmp_path / "b" / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / each).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-I", "-S", check_bundle.__file__, str(tmp_path / "b")],
        capture_output=True, check=False,
    )  # fmt: skip
    said = done.stdout.decode("utf-8", "replace")
    assert (done.returncode, f"{name}: {sentence}" in said) == (1, True), said + done.stderr.decode()


# --- In the background --------------------------------------------------------------------------------------
def test_a_large_one_is_made_by_the_worker_and_fetched_by_whoever_asked_alone(
    world: World, in_the_background: None, tmp_path: Path, django_capture_on_commit_callbacks
) -> None:
    client = auditor(world.agency)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(address(world, world.department))
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, reverse("workspace:job", args=[job.pk]))
    assert (job.state, job.done, job.total) == (JobState.DONE, 4, 4)
    page = pages.body(client.get(address(world, world.department)))
    assert address(world, world.department, "unit_bundle_file") in page
    state = client.get(reverse("workspace:job_state", args=[job.pk])).json()
    assert state["redirect"] == address(world, world.department)
    fetched = client.get(address(world, world.department, "unit_bundle_file"))
    path = tmp_path / "fetched.zip"
    path.write_bytes(b"".join(fetched.streaming_content))
    assert checked(path)[0] == 0
    assert set(read(path.read_bytes())) > {f"cards/{code}/card.json" for code in codes(world, world.lan)}
    [entry] = taken()
    assert (entry.after["cards"], entry.request_id, entry.actor_code) == (4, job.pk, "KT01")
    other = auditor(world.agency, "KT02")
    assert other.get(address(world, world.department, "unit_bundle_file")).status_code == 404
    assert address(world, world.department, "unit_bundle_file") not in pages.body(
        other.get(address(world, world.department))
    )


def test_what_was_made_is_not_handed_out_once_the_right_has_ended(
    world: World, in_the_background: None, django_capture_on_commit_callbacks
) -> None:
    user = in_role(world.agency, Role.AUDITOR, username="KT01")
    client = signed_in(user)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(world, world.department))
    assert client.get(address(world, world.department, "unit_bundle_file")).status_code == 200
    for grant in Grant.objects.filter(user=user):
        end_grant(
            actor=system_user(),
            moment=grant.given_at + timedelta(days=1),
            grant=grant,
            reason="Chuyển công tác",
        )
    assert client.get(address(world, world.department, "unit_bundle_file")).status_code == 404


def test_a_right_that_ended_before_the_worker_came_leaves_no_bundle(world: World) -> None:
    user = in_role(world.other_agency, Role.AUDITOR)
    job = Job.objects.create(
        name="unit_bundle", key="k", actor_id=user.pk, created_at=MOMENT,
        arguments={"unit": "A1", "period": world.period.pk},
    )  # fmt: skip
    with pytest.raises(unit_evidence.NotFound):
        list(unit_evidence.make_unit_bundle(job, user))
    assert taken() == []


def test_a_worker_that_was_killed_behind_its_commit_records_nothing_twice(
    world: World, in_the_background: None, django_capture_on_commit_callbacks
) -> None:
    client = auditor(world.agency)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(world, world.department))
    job = Job.objects.get()
    first = dict(job.cursor)
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED, cursor={}, finished_at=None)
    unit_evidence.jobs.run_job.enqueue(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.cursor, len(taken())) == (JobState.DONE, first, 1)


def test_a_second_one_waits_for_the_first(world: World, in_the_background: None) -> None:
    client = auditor(world.agency)
    assert client.post(address(world, world.department)).status_code == 302
    assert client.post(address(world, world.department)).status_code == 409
    job = Job.objects.get()
    page = pages.body(client.get(address(world, world.department)))
    assert reverse("workspace:job", args=[job.pk]) in page


def test_files_of_yesterday_are_forgotten(world: World) -> None:
    storages["exports"].save("old.zip", ContentFile(b"x"))
    now = storages["exports"].get_modified_time("old.zip")
    unit_evidence.forget_bundles(actor=system_user(), moment=now + timedelta(hours=23))
    assert storages["exports"].exists("old.zip")
    unit_evidence.forget_bundles(actor=system_user(), moment=now + timedelta(hours=25))
    assert not storages["exports"].exists("old.zip")


def test_handing_it_out_stands_in_the_access_log_with_the_unit(
    world: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    client = auditor(world.agency)

    def listed() -> list[tuple[str, str, int | None]]:
        rows = AccessLogEntry.objects.filter(kind="listed", route__startswith="reporting:").order_by("pk")
        return list(rows.values_list("route", "unit_code", "period_id"))

    client.get(address(world, world.department))
    assert listed() == []
    client.post(address(world, world.department))
    assert listed() == [("reporting:unit_bundle", "A1", world.period.pk)]
    monkeypatch.setattr(unit_evidence, "AT_ONCE", 1)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(world, world.department))
    assert len(listed()) == 1
    client.get(address(world, world.department, "unit_bundle_file"))
    assert listed()[1:] == [("reporting:unit_bundle_file", "A1", world.period.pk)]


def test_the_page_costs_the_same_for_two_cards_and_for_four(world: World) -> None:
    client = signed_in(in_role(world.root, Role.AUDITOR))
    few, more = address(world, world.other_department), address(world, world.department)
    client.get(few)
    assert pages.queries(client, few) == pages.queries(client, more)


# --- Bad input ----------------------------------------------------------------------------------------------
def test_what_cannot_be_is_one_sentence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = auditor(world.agency)
    for code, period in (("NONE", world.period.pk), ("A1", 999_999)):
        assert client.post(reverse("reporting:unit_bundle", args=[code, period])).status_code == 404
    empty = worlds.unit("A9", parent=world.agency, level=world.department.level)
    answer = client.post(address(world, empty))
    assert (answer.status_code, "Hãy chọn kỳ khác." in pages.text(answer)) == (409, True)
    assert "Hãy chọn kỳ khác." in pages.text(client.get(address(world, empty)))
    monkeypatch.setattr(unit_evidence, "MOST", 3)
    answer = client.post(address(world, world.department))
    assert (answer.status_code, "tối đa 3 phiếu" in pages.text(answer)) == (422, True)
    assert "tối đa 3 phiếu" in pages.text(client.get(address(world, world.department)))
    assert taken() == []


def test_the_button_stands_on_the_page_of_the_unit_s_period(world: World) -> None:
    """On the unit's history and on the bundle's own page, with the token without which it would be refused."""
    client = auditor(world.agency)
    client.handler.enforce_csrf_checks = True
    form = re.compile(
        rf'action="{address(world, world.department)}">\s*<input type="hidden" name="csrfmiddlewaretoken" value="(\w+)"'
    )
    tokens = []
    for place in (
        reverse("workspace:unit_history", args=["A1"]),
        address(world, world.department),
    ):
        [token] = form.findall(client.get(place).content.decode())
        tokens.append(token)
    assert client.post(address(world, world.department)).status_code == 403
    answer = client.post(address(world, world.department), {"csrfmiddlewaretoken": tokens[0]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")


@pytest.mark.postgresql
def test_the_application_s_own_role_takes_it_behind_the_second_wall(
    world: World, tmp_path: Path, in_the_background: None, django_capture_on_commit_callbacks
) -> None:
    require_roles()
    user = in_role(world.agency, Role.AUDITOR, username="KT01")
    with acting_as_the_application(), django_capture_on_commit_callbacks(execute=True):
        client = signed_in(user)
        assert client.post(address(world, world.department)).status_code == 302
    fetched = client.get(address(world, world.department, "unit_bundle_file"))
    path = tmp_path / "unit.zip"
    path.write_bytes(b"".join(fetched.streaming_content))
    assert checked(path)[0] == 0
    assert Job.objects.get().state == JobState.DONE
